//! The causes that ssh tells before a connection is up.

use crate::diagnosis::cause::{Cause, Stage, row};
use crate::diagnosis::table::{FILES, LONG_PATH};
use crate::failure::Kind;

/// For a name without an address.
const FIX_RESOLVE: &str = "[check the name with `getent hosts {host}`, or ]name the CVM by its IP address";
/// For a network that knows no way.
const FIX_ROUTE: &str = "check that the CVM is powered on and that its network is reachable from here (VPN, routing, firewall)[: `ping {host}`]";
/// For a port on which sshd does not listen.
const FIX_REFUSED: &str = "check that it is a CVM, that its sshd runs, and that {port} is the right port (`--port`); on its console: `sudo systemctl status sshd; sudo ss -ltnp`";
/// For a CVM that does not answer.
const FIX_TIMEOUT: &str = "check that the CVM is up and that no firewall blocks port {port}; `--connect-timeout` allows more than {timeout}";
/// For a server that hangs up early.
const FIX_DROPPED: &str = "sshd may have too many logins in progress (MaxStartups; a lower `--parallel` helps) or reject this machine (firewall, /etc/hosts.allow)";
/// For a refused user.
const FIX_AUTH: &str = "add your public key ({public_key}) to the CVM: in Prism Element under Settings > Cluster Lockdown, or with `ssh-copy-id` where passwords are allowed[; then try `{login}`]";
/// For a key that nobody vouched for.
const FIX_UNKNOWN: &str = "fetch it with `{keyscan}`, compare its fingerprint with the CVM's own (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on its console), and start again";
/// For another key than the known one.
const FIX_CHANGED: &str = "if the CVM was reinstalled, remove the old key with `{forget}` and accept the new one; if not, someone may be intercepting the connection: find out before you go on";
/// For a fault in the user's ssh config.
const FIX_CONFIG: &str =
    "correct it, or choose another file with `-F`[; `{login} -G` shows how ssh reads it]";

/// What `ssh` says, in the order in which a line is held against it.
pub const CONNECTING: &[Cause] = &[
    row(
        Kind::Resolve,
        Stage::Connecting,
        r"^ssh: Could not resolve hostname (?<host>.*): [^:]+$",
        "the name {host} does not resolve",
        FIX_RESOLVE,
    ),
    row(
        Kind::Refused,
        Stage::Connecting,
        r"^ssh: connect to host (?<host>\S+) port (?<port>\d+): Connection refused$",
        "nothing listens on port {port} of {host}",
        FIX_REFUSED,
    ),
    row(
        Kind::TimedOut,
        Stage::Connecting,
        r"^ssh: connect to host (?<host>\S+) port (?<port>\d+): (Connection|Operation) timed out$",
        "no answer from port {port} of {host} within {timeout}",
        FIX_TIMEOUT,
    ),
    row(
        Kind::Dropped,
        Stage::Connecting,
        r"^ssh: connect to host (?<host>\S+) port (?<port>\d+): Connection reset by peer$",
        "port {port} of {host} resets every connection",
        FIX_DROPPED,
    ),
    row(
        Kind::Unroutable,
        Stage::Connecting,
        r"^ssh: connect to host (?<host>\S+) port (?<port>\d+): ",
        "there is no route to {host}",
        FIX_ROUTE,
    ),
    row(
        Kind::TimedOut,
        Stage::Connecting,
        r"^Connection timed out during banner exchange$|^(ssh_dispatch_run_fatal: )?Connection to \S+( port (?<port>\d+))?:? ([Cc]onnection )?timed out$|^Timeout, server \S+ not responding",
        "port {port} of {host} is open, but sshd did not answer within {timeout}",
        "sshd may be overloaded or frozen, or something else uses the port[; try `{login}`]",
    ),
    row(
        Kind::Refused,
        Stage::Connecting,
        r"^banner exchange: Connection to (?<host>\S+) port (?<port>\d+): invalid format$|^Bad remote protocol version identification|banner line contains invalid characters$|^Protocol major versions differ",
        "the service on port {port} of {host} is not sshd",
        FIX_REFUSED,
    ),
    row(
        Kind::HostKeyChanged,
        Stage::Connecting,
        r"^Host key for (?<known>\S+) has changed and you have requested strict checking|^\S+ host key for (?<revoked>\S+) was revoked|^@ +WARNING: (REMOTE HOST IDENTIFICATION HAS CHANGED|REVOKED HOST KEY DETECTED)!",
        "the host key of {host} has changed: the CVM was reinstalled, or this is another machine",
        FIX_CHANGED,
    ),
    row(
        Kind::HostKeyUnknown,
        Stage::Connecting,
        r"^No \S+ host key is known for (?<known>\S+) and you have requested strict checking",
        "the host key of {host} is in no known_hosts, so this could be any machine",
        FIX_UNKNOWN,
    ),
    row(
        Kind::HostKeyUnknown,
        Stage::Echo,
        r"^Host key verification failed",
        "the host key of {host} is in no known_hosts, so this could be any machine",
        FIX_UNKNOWN,
    ),
    row(
        Kind::Ssh,
        Stage::Connecting,
        r"^Unable to negotiate with \S+( port \d+)?: no matching (?<what>.+) found\. Their offer: (?<offer>.*)$",
        "your ssh and the CVM's sshd have no {what} in common; the CVM offers {offer}",
        "allow what it offers in your ssh config or with `--ssh-option`, such as HostKeyAlgorithms=+ssh-rsa, and update the older side",
    ),
    row(
        Kind::Auth,
        Stage::Connecting,
        r"^cvmtail: ssh asks: (?<question>.*)$",
        "none of your keys was accepted, and ssh asks “{question}”, which cvmtail does not answer",
        FIX_AUTH,
    ),
    row(
        Kind::Auth,
        Stage::Connecting,
        r"Too many authentication failures",
        "too many keys were offered, and {host} gave up before the right one",
        "name the key with `--identity FILE --ssh-option IdentitiesOnly=yes`",
    ),
    row(
        Kind::Auth,
        Stage::Connecting,
        r"^((?<user>[^@ ]+)@\S+: )?Permission denied \((?<methods>[a-z0-9,-]*)\)\.?$",
        "{who} was refused: none of your keys was accepted (allowed methods: {methods})",
        FIX_AUTH,
    ),
    row(
        Kind::Auth,
        Stage::Connecting,
        r"^Authentication failed\.?$|^No (more )?(supported )?authentication methods|[Yy]our account has expired",
        "{who} was refused",
        FIX_AUTH,
    ),
    row(
        Kind::Sessions,
        Stage::Connecting,
        r"[Tt]oo many logins for",
        "{who} has too many logins (maxlogins on the CVM)",
        "end other sessions of this user on the CVM, or follow fewer logs at once",
    ),
    row(
        Kind::JumpRefused,
        Stage::BehindJump,
        r"^channel \d+: open failed: administratively prohibited",
        "the jump host {jump} forbids forwarding to {host}",
        "allow it there (AllowTcpForwarding, PermitOpen in its sshd_config), or use another jump host",
    ),
    row(
        Kind::Resolve,
        Stage::BehindJump,
        r"^channel \d+: open failed: .*(Name or service not known|name resolution|No address associated|nodename nor servname)",
        "the jump host {jump} cannot resolve {host}",
        "name the CVM by its IP address: the jump host resolves the name",
    ),
    row(
        Kind::Refused,
        Stage::BehindJump,
        r"^channel \d+: open failed: .*Connection refused$",
        "nothing listens on port {port} of {host}, seen from the jump host {jump}",
        FIX_REFUSED,
    ),
    row(
        Kind::TimedOut,
        Stage::BehindJump,
        r"^channel \d+: open failed: .*timed out$",
        "no answer from {host}, seen from the jump host {jump}",
        FIX_TIMEOUT,
    ),
    row(
        Kind::Unroutable,
        Stage::BehindJump,
        r"^channel \d+: open failed: .*(No route to host|unreachable)$",
        "the jump host {jump} has no route to {host}",
        "check that the CVM is powered on and that this is the jump host for its network",
    ),
    row(
        Kind::Jump,
        Stage::BehindJump,
        r"^channel \d+: open failed: (?<why>.*)$",
        "the jump host {jump} cannot reach {host}: {why}",
        "log in to the jump host and try `ssh -p {port} {who}` from there",
    ),
    row(
        Kind::Ssh,
        Stage::Connecting,
        r"^command-line:? line \d+: (?<what>.+?)\.?$",
        "ssh does not accept an option of the command line: {what}",
        "correct the `--ssh-option`; `man ssh_config` has their names, `ssh -V` your ssh's version",
    ),
    row(
        Kind::Ssh,
        Stage::Connecting,
        r"^(?<file>\S+): line (?<line>\d+): (?<what>Bad configuration option: .+)$",
        "your ssh configuration is wrong, {file} line {line}: {what}",
        FIX_CONFIG,
    ),
    row(
        Kind::Ssh,
        Stage::Connecting,
        r"^(?<file>\S*[^:\s]) line (?<line>\d+): (?<what>.+?)\.?$",
        "your ssh configuration is wrong, {file} line {line}: {what}",
        FIX_CONFIG,
    ),
    row(
        Kind::Ssh,
        Stage::Connecting,
        r"^(?<what>Can't open user config file .*|Bad owner or permissions on .*)$",
        "ssh cannot use its configuration: {what}",
        FIX_CONFIG,
    ),
    row(
        Kind::Ssh,
        Stage::Connecting,
        r"^(?<what>jumphost loop via .*|hostname contains invalid characters|Bad port '.*'|Invalid -J argument.*|Cannot specify -J .*|Only a single -J .*|(ssh: )?(unknown|illegal) option -- .*|OpenSSL version mismatch.*)$",
        "ssh does not accept how it is called: {what}",
        "check --jump, --port, --ssh-option and the CVM's name[; try `{login}`]",
    ),
    row(Kind::Ssh, Stage::Connecting, r"too long for Unix domain socket$", LONG_PATH.sentence, LONG_PATH.fix),
    row(
        Kind::Ssh,
        Stage::Connecting,
        r"^(?<what>unix_listener: .*|muxserver_listen.*|ControlSocket .* already exists, disabling multiplexing)$",
        "ssh cannot create its control socket: {what}",
        "set XDG_RUNTIME_DIR or TMPDIR to a short, private directory on a local disk",
    ),
    row(Kind::Ssh, Stage::Connecting, r"Too many open files", FILES.sentence, FILES.fix),
    row(
        Kind::Dropped,
        Stage::Echo,
        r"^(kex|ssh)_exchange_identification: |^Connection (closed|reset) by UNKNOWN port|^banner exchange: Connection to UNKNOWN port -?\d+: Broken pipe$",
        "sshd on {host} ended the connection before it was set up",
        FIX_DROPPED,
    ),
    row(
        Kind::Dropped,
        Stage::Echo,
        r"^stdio forwarding failed$|^Disconnected from |: terminating, \d+ bad configuration options$|^Permission denied, please try again|^usage: ssh ",
        "ssh gave up on {host}: {detail}",
        FIX_DROPPED,
    ),
    row(
        Kind::Dropped,
        Stage::Connecting,
        r"^Connection (closed|reset) by \S+|^(read: )?Connection reset by peer|^banner exchange: |^ssh_dispatch_run_fatal: |^(ssh_)?packet_(write|read)|: Broken pipe$",
        "sshd on {host} ended the connection before it was set up",
        FIX_DROPPED,
    ),
    row(
        Kind::Dropped,
        Stage::Connecting,
        r"^Received disconnect from \S+( port \d+)?:\s*\d+: (?<why>.*)$",
        "sshd on {host} refused the login: {why}",
        FIX_DROPPED,
    ),
];
