//! The table of causes: what ssh, sshd, a shell or tail say, what it means, and what to do about it.

use crate::diagnosis::cause::{Cause, Stage, row};
use crate::failure::{Kind, Refusal};

/// A cause that cvmtail finds out by itself.
const fn own(kind: Kind, sentence: &'static str, fix: &'static str) -> Cause {
    row(kind, Stage::Nowhere, "", sentence, fix)
}

/// For a connection that broke.
const FIX_LOST: &str = "the CVM may be rebooting or being upgraded, or the network may be down; the stream resumes where it stopped once the CVM is back";

/// The master was started and stalled after the server's greeting.
pub const STALLED: Cause = own(
    Kind::TimedOut,
    "the ssh handshake with {host} did not finish within {detail}",
    "the CVM may be overloaded, or large packets get lost on the way (MTU)[; try `{login}`]",
);
/// A channel was asked for on a connection that is up, and no answer came.
pub const SILENT: Cause = own(Kind::TimedOut, "{host} does not answer on the open connection", FIX_LOST);
/// There is no `ssh` to run.
pub const NO_SSH: Cause = own(
    Kind::Ssh,
    "your ssh cannot be started: {detail}",
    "install the OpenSSH client (`apt install openssh-client`, `dnf install openssh-clients`) and see that `ssh -V` works",
);
/// `ssh -G` does not come to an end.
pub const CONFIG_SLOW: Cause = own(
    Kind::TimedOut,
    "ssh -G did not resolve {host} in time",
    "a `Match exec` or `CanonicalizeHostname` of your ssh config may hang[: try `{login} -G`]",
);
/// The user's ssh config has jump hosts for jump hosts without end.
pub const CIRCLE: Cause = own(
    Kind::Ssh,
    "the jump hosts for {host} form a loop: {detail}",
    "give the first jump host `ProxyJump none` in your ssh config",
);
/// This process may not open more files.
pub const FILES: Cause = own(
    Kind::Ssh,
    "too many open files on this machine",
    "raise the limit with `ulimit -n 65536` (hard limit: `ulimit -Hn`), or follow fewer logs at once",
);
/// The folder of the control sockets does not fit into a socket's name.
pub const LONG_PATH: Cause = own(
    Kind::Ssh,
    "the path for control sockets is too long: {detail}",
    "set XDG_RUNTIME_DIR or TMPDIR to a short directory, such as /tmp",
);
/// This machine cannot set up what a connection needs.
pub const HERE: Cause = own(
    Kind::Ssh,
    "this machine could not set up the connection: {detail}",
    "free what is exhausted, and start again",
);
/// A new connection does not accept a single channel.
pub const SESSIONS: Cause = own(
    Kind::Sessions,
    "sshd on {host} accepts the login but opens no session",
    "raise MaxSessions in the CVM's sshd_config (0 forbids every session), or follow fewer logs on it",
);
/// The connection broke and ssh did not say why.
pub const LOST: Cause = own(Kind::Lost, "the connection to {host} broke{detail}", FIX_LOST);
/// Something else than a shell answers.
pub const NO_SHELL: Cause = own(
    Kind::NoShell,
    "no shell answered on {host}: {detail}",
    "[see what `{login} exec sh` prints; ]a menu, a forced command (ForceCommand, `command=` of the key) or a login script runs instead of the shell: give {user} a plain shell, such as bash in the CVM's settings",
);
/// `svmips` gave no addresses.
pub const DISCOVERY: Cause = own(
    Kind::NoShell,
    "{host} did not list its cluster: {detail}",
    "check that it is a CVM of a cluster[: see what `{login} /usr/local/nutanix/cluster/bin/svmips` prints], or name the CVMs with -c",
);
/// The remote command ran longer than it may.
pub const SLOW: Cause = own(Kind::TimedOut, "{host} did not answer within {detail}", FIX_LOST);
/// The remote command said more than it may.
pub const CHATTY: Cause =
    own(Kind::Read, "{host} answered with more than {detail}", "see what `{login}` prints");
/// The log is not there.
pub const MISSING: Cause = own(
    Kind::Missing,
    "{path} is not there",
    "check that the service runs on this CVM and that the name is right; `cvmtail logs` lists names and paths; the stream starts by itself once the file appears",
);
/// The log is not there, and nobody wants to wait for it.
pub const ABSENT: Cause = own(
    Kind::Missing,
    "{path} is not there",
    "check that the service runs on this CVM and that the name is right; `cvmtail logs` lists names and paths; without --no-follow the stream waits for the file",
);
/// The log is not there, seen by a check.
pub const NOWHERE: Cause = own(
    Kind::Missing,
    "{path} is not there",
    "check that the service runs on this CVM and that the name is right[; `cvmtail logs {reach}` lists what is there]",
);
/// A file stands where the log's path needs a directory.
pub const NOT_A_DIRECTORY: Cause = own(
    Kind::Missing,
    "{path} is not there: one of the directories in its path is a file",
    "check the path; `cvmtail logs {reach}` lists what is there",
);
/// The links of the log's path never arrive.
pub const LINK_LOOP: Cause = own(
    Kind::Missing,
    "{path} is not there: its symbolic links form a loop",
    "point the links at a file, or name the file itself; `cvmtail logs {reach}` lists what is there",
);
/// The log may not be read.
pub const UNREADABLE: Cause = own(
    Kind::Unreadable,
    "{user} may not read {path}",
    "log in as nutanix (`--user nutanix`), or as a user in the file's group[ (`{login} ls -l {path}` shows it)]; logs that only root reads need `sudo` on the CVM",
);
/// The path is no file to follow.
pub const NOT_A_FILE: Cause = own(
    Kind::NotAFile,
    "{path} is not a file that can be followed",
    "name a regular file: directories, devices, pipes and sockets cannot be followed",
);
/// Lines are asked for by their time, and no line of the log tells it.
pub const UNDATED: Cause = own(
    Kind::Undated,
    "{path} has no timestamps, so --since cannot be applied",
    "limit it by lines instead: `cvmtail -n 100 {reach} {path}`",
);
/// Reading the log failed.
pub const READ: Cause = own(
    Kind::Read,
    "reading {path} failed on the CVM{detail}",
    "check the CVM's disk and /home/log/messages",
);
/// Where rotated files are, nobody knows which there are.
pub const UNLISTED: Cause = own(
    Kind::Unreadable,
    "{path} could not be listed: rotated files of the log may be missing",
    "log in as a user who may list it (`{login} ls -ld {path}` shows who may), or read a window that begins within the live file",
);
/// A name of the series, or one that a glob matches, leads to something that cannot be examined.
pub const HIDDEN: Cause = own(
    Kind::Unreadable,
    "{path} could not be examined: if it is a file, it was not read",
    "see by hand what `{login} ls -lL {path}` says; log in as a user who may follow it, or remove it if it is a stale link",
);
/// Where a glob looks.
pub const UNSEARCHED: Cause = own(
    Kind::Unreadable,
    "{path} could not be listed: files in it that match may be missing",
    "log in as a user who may list it (`{login} ls -ld {path}` shows who may)",
);
/// The CVM did not answer a question to its end.
pub const UNANSWERED: Cause = own(
    Kind::Read,
    "{host} did not list its files to the end{detail}",
    "the CVM may be out of processes or memory: see what `{login} ulimit -u; free -m` gives",
);
/// The CVM does not have what decompresses the file.
pub const NO_UNPACKER: Cause = own(
    Kind::Unreadable,
    "{path} was not read: the CVM does not have the program that decompresses it",
    "install gzip, xz, bzip2, zstd or lz4 on the CVM, or decompress the file elsewhere",
);
/// The compressed file ends before its end.
pub const DAMAGED: Cause = own(
    Kind::Read,
    "{path} is damaged or truncated: what follows the damage was not read",
    "see by hand what its decompressor says, such as `{login} gzip -t {path}`",
);
/// The file was deleted before it could be read.
pub const DELETED: Cause = own(
    Kind::Missing,
    "{path} was deleted before it was read",
    "keep more rotated files on the CVM, or read them sooner",
);
/// The CVM cannot run what reads the file.
pub const UNREAD: Cause = own(
    Kind::Read,
    "{path} was not read to its end: the CVM could not run what reads it",
    "the CVM may be out of processes or memory: see what `{login} ulimit -u; free -m` gives",
);
/// The CVM lacks what the remote script runs.
pub const NO_TAIL: Cause = row(
    Kind::NoTail,
    Stage::Shell,
    r"\b(?<tool>tail|stat|cat|cksum|head|wc|dd|readlink|sleep): (command )?not found$|: (?<program>tail|stat|cat|cksum): No such file or directory$",
    "the CVM has no usable {tool}{program}",
    "the remote side needs sh and coreutils[: see what `{login} command -v tail stat; echo $PATH` prints]",
);

/// The script looked for `tail` and found none.
pub const TAILLESS: Cause = own(Kind::NoTail, "the CVM has no usable tail", NO_TAIL.fix);

/// The row for a log that cannot be opened; `absent`: the one where nothing is at its path.
pub const fn refused(refusal: Refusal, absent: &'static Cause) -> &'static Cause {
    match refusal {
        Refusal::Missing => absent,
        Refusal::NotADirectory => &NOT_A_DIRECTORY,
        Refusal::LinkLoop => &LINK_LOOP,
        Refusal::Denied => &UNREADABLE,
        Refusal::Directory | Refusal::Special => &NOT_A_FILE,
    }
}

/// What ssh and the CVM say once the connection is up, and what cvmtail finds out by itself.
pub const CONNECTED: &[Cause] = &[
    row(
        Kind::Lost,
        Stage::Connected,
        r"^Timeout, server .* not responding",
        "{host} has not answered for {dead}",
        FIX_LOST,
    ),
    row(
        Kind::Lost,
        Stage::Connected,
        r"^Connection to \S+( port \d+)? closed by remote host|^Connection closed by ",
        "sshd on {host} closed the connection",
        FIX_LOST,
    ),
    row(
        Kind::Lost,
        Stage::Connected,
        r"^Received disconnect from \S+( port \d+)?:\s*\d+: (?<why>.*)$",
        "sshd on {host} ended the connection: {why}",
        FIX_LOST,
    ),
    row(
        Kind::Lost,
        Stage::Connected,
        r"Connection reset|Broken pipe$|[Cc]onnection corrupted|message authentication code incorrect|Bad packet length",
        "the connection to {host} was reset",
        FIX_LOST,
    ),
    row(
        Kind::Lost,
        Stage::Connected,
        r"timed out$|No route to host|Network is unreachable|Network is down",
        "the network to {host} is down",
        FIX_LOST,
    ),
    row(
        Kind::Lost,
        Stage::Connected,
        r"^(Killed by|Exiting on) signal",
        "the ssh process of the connection to {host} was killed",
        "find out what killed it (out of memory, a clean-up script); the stream resumes where it stopped",
    ),
    NO_TAIL,
    TAILLESS,
    row(
        Kind::NoShell,
        Stage::Shell,
        r"[Pp]assword change required|[Pp]assword has expired|required to change your password",
        "the password of {who} has expired, so the CVM gives no shell",
        "log in once interactively[ with `{login}`] and change it",
    ),
    row(
        Kind::NoShell,
        Stage::Shell,
        r"account is (currently )?not available|nologin",
        "{who} has no shell on the CVM",
        "log in as a user who has one: `--user nutanix`",
    ),
    row(
        Kind::Sessions,
        Stage::Shell,
        r"[Tt]oo many logins for",
        "{who} has too many logins (maxlogins on the CVM)",
        "end other sessions of this user on the CVM, or follow fewer logs at once",
    ),
    MISSING,
    ABSENT,
    NOWHERE,
    NOT_A_DIRECTORY,
    LINK_LOOP,
    UNREADABLE,
    NOT_A_FILE,
    UNDATED,
    READ,
    UNLISTED,
    HIDDEN,
    UNSEARCHED,
    UNANSWERED,
    NO_UNPACKER,
    DAMAGED,
    DELETED,
    UNREAD,
    STALLED,
    SILENT,
    NO_SSH,
    CONFIG_SLOW,
    CIRCLE,
    DISCOVERY,
    FILES,
    LONG_PATH,
    HERE,
    SESSIONS,
    LOST,
    NO_SHELL,
    SLOW,
    CHATTY,
];
