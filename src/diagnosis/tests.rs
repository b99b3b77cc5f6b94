//! The words of real ssh clients and servers, each with the cause it must be told as.

use std::time::Duration;

use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::target::RemotePath;
use crate::diagnosis::manual::causes;
use crate::diagnosis::route::Route;
use crate::diagnosis::table;
use crate::diagnosis::{
    Endpoint, PATTERNS, connect_failure, connection_lost, local_failure, log_failure, no_shell, ssh_failure,
};
use crate::failure::{Failure, Kind};
use crate::options;

mod hops;

/// A CVM at 10.0.0.1 with the parts a test varies.
pub(super) fn endpoint(port: Option<u16>, jump: Option<&str>) -> Endpoint {
    let address = Address::Ssh { host: "10.0.0.1".into(), port, user: Some("nutanix".into()), jump: None };
    let cvm = Cvm { name: "a".into(), address, source: "-c".into() };
    let ssh = options::SshOptions {
        jump: jump.map(str::to_owned),
        connect_timeout: Duration::from_secs(10),
        dead_after: Duration::from_secs(18),
        ..options::SshOptions::default()
    };
    Endpoint::new(&cvm, &ssh)
}

/// `failure`'s sentences in one text.
fn whole(failure: &Failure) -> String {
    format!("{} / {}", failure.message, failure.hint.as_deref().unwrap_or_default())
}

/// What ssh says when it does not connect, what that is, and a part of what is told of it.
const REFUSALS: &[(&str, Kind, &str)] = &[
    // Any version.
    (
        "ssh: Could not resolve hostname ntnx-a: Name or service not known\r\n",
        Kind::Resolve,
        "ntnx-a does not resolve",
    ),
    (
        "ssh: Could not resolve hostname ntnx-a: Temporary failure in name resolution\r\n",
        Kind::Resolve,
        "getent hosts ntnx-a",
    ),
    (
        "ssh: connect to host 10.0.0.9 port 2222: Connection refused\r\n",
        Kind::Refused,
        "port 2222 of 10.0.0.1",
    ),
    ("ssh: connect to host 10.0.0.1 port 22: No route to host\r\n", Kind::Unroutable, "ping 10.0.0.1"),
    ("ssh: connect to host 10.0.0.1 port 22: Network is unreachable\r\n", Kind::Unroutable, "no route"),
    ("ssh: connect to host 10.0.0.1 port 22: Connection timed out\r\n", Kind::TimedOut, "within 10 s"),
    ("Connection timed out during banner exchange\r\n", Kind::TimedOut, "sshd did not answer"),
    // 9.2 says two lines.
    (
        "Connection timed out during banner exchange\r\nConnection to 10.0.0.1 port 22 timed out\r\n",
        Kind::TimedOut,
        "sshd did not answer",
    ),
    (
        "ssh_dispatch_run_fatal: Connection to 10.0.0.1 port 22: Connection timed out\r\n",
        Kind::TimedOut,
        "port 22",
    ),
    // 7.4 names no user.
    (
        "Permission denied (publickey,gssapi-keyex,gssapi-with-mic,password).\r\n",
        Kind::Auth,
        "gssapi-with-mic,password",
    ),
    // 8.0 and later.
    ("nutanix@10.0.0.1: Permission denied (publickey).\r\n", Kind::Auth, "Cluster Lockdown"),
    ("root@10.0.0.1: Permission denied (publickey).\r\n", Kind::Auth, "--user nutanix"),
    (
        "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\r\nDisconnected from 10.0.0.1 port 22\r\n",
        Kind::Auth,
        "IdentitiesOnly=yes",
    ),
    // 7.4, then 8.1 and later.
    ("ssh_exchange_identification: Connection closed by remote host\r\n", Kind::Dropped, "MaxStartups"),
    ("ssh_exchange_identification: read: Connection reset by peer\r\n", Kind::Dropped, "MaxStartups"),
    (
        "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 10.0.0.1 port 22\r\n",
        Kind::Dropped,
        "MaxStartups",
    ),
    (
        "kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.0.0.1 port 22\r\n",
        Kind::Dropped,
        "MaxStartups",
    ),
    ("Connection closed by 10.0.0.1 port 22\r\n", Kind::Dropped, "hosts.allow"),
    // 9.2 after a reset; with 65535 it is what a proxy's end looks like.
    ("Connection reset by UNKNOWN port -1\r\n", Kind::Dropped, "sshd on 10.0.0.1"),
    ("ssh: connect to host 10.0.0.1 port 22: Connection reset by peer\r\n", Kind::Dropped, "resets every"),
    (
        "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss\r\n",
        Kind::Ssh,
        "ssh-rsa,ssh-dss",
    ),
    (
        "kex_exchange_identification: banner line contains invalid characters\r\nbanner exchange: Connection to 10.0.0.1 port 80: invalid format\r\n",
        Kind::Refused,
        "not sshd",
    ),
    ("command-line: line 0: Bad configuration option: foo\r\n", Kind::Ssh, "--ssh-option"),
    ("command-line line 0: Bad port 'abc'.\r\n", Kind::Ssh, "Bad port 'abc'"),
    (
        "/home/me/.ssh/config: line 3: Bad configuration option: foo\r\n/home/me/.ssh/config: terminating, 1 bad configuration options\r\n",
        Kind::Ssh,
        "config line 3: Bad",
    ),
    ("/home/me/.ssh/config line 7: missing argument.\r\n", Kind::Ssh, "line 7: missing argument"),
    ("Can't open user config file /nope: No such file or directory\r\n", Kind::Ssh, "/nope"),
    ("Bad owner or permissions on /home/me/.ssh/config\r\n", Kind::Ssh, "/home/me/.ssh/config"),
    ("jumphost loop via 10.0.0.1\r\n", Kind::Ssh, "loop"),
    (
        "unix_listener: path \"/a/1.KkmQwlHZli6yODwE\" too long for Unix domain socket\r\n",
        Kind::Ssh,
        "XDG_RUNTIME_DIR",
    ),
    (
        "socket: Too many open files\r\nssh: connect to host 10.0.0.1 port 22: failure\r\nsocket: Too many open files",
        Kind::Ssh,
        "ulimit",
    ),
    ("There were too many logins for 'nutanix'.\r\n", Kind::Sessions, "maxlogins"),
    ("something nobody has seen\r\n", Kind::Dropped, "something nobody has seen"),
    ("", Kind::Dropped, "did not say why"),
];

#[test]
fn each_way_not_to_connect_has_its_cause() {
    for (words, kind, part) in REFUSALS {
        let mut endpoint = endpoint(None, None);
        // What ssh makes of the name that was asked for.
        endpoint.set_route(Route { host: "ntnx-a".into(), port: 22, ..Route::default() });
        for failure in
            [ssh_failure(words.as_bytes(), &endpoint), connect_failure(words.as_bytes(), b"", &endpoint)]
        {
            assert_eq!(failure.kind, *kind, "{words:?}: {failure:?}");
            assert!(whole(&failure).contains(part), "{words:?}: {failure:?}");
        }
    }
}

#[test]
fn a_banner_decides_nothing() {
    let words = b"Permission denied (everywhere).\nssh: connect to host x port 1: Connection refused\nREMOTE HOST IDENTIFICATION\nnutanix@10.0.0.1: Permission denied (publickey).\r\n";
    assert_eq!(ssh_failure(words, &endpoint(None, None)).kind, Kind::Auth);
}

#[test]
fn debug_output_decides_nothing() {
    let words = b"nutanix@10.0.0.1: Permission denied (publickey).\r\ndebug1: Connection reset by peer\r\n";
    assert_eq!(ssh_failure(words, &endpoint(None, None)).kind, Kind::Auth);
}

#[test]
fn trouble_with_the_users_own_key_is_passed_on() {
    let words = b"Warning: Identity file /nokey not accessible: No such file or directory.\nnutanix@h: Permission denied (publickey).\r\n";
    assert!(ssh_failure(words, &endpoint(None, None)).message.contains("/nokey not accessible"));
}

#[test]
fn an_unknown_key_is_fetched_under_the_name_ssh_looked_for() {
    let strict = b"No ED25519 host key is known for [10.0.0.1]:2222 and you have requested strict checking.\r\nHost key verification failed.\r\n";
    let failure = ssh_failure(strict, &endpoint(Some(2222), None));
    assert_eq!(failure.kind, Kind::HostKeyUnknown);
    assert!(whole(&failure).contains("`ssh-keyscan -p 2222 10.0.0.1 >> ~/.ssh/known_hosts`"), "{failure:?}");
    // `StrictHostKeyChecking ask` under BatchMode says no more than this.
    let failure = ssh_failure(b"Host key verification failed.\r\n", &endpoint(Some(2222), None));
    assert_eq!(failure.kind, Kind::HostKeyUnknown);
    assert!(whole(&failure).contains("`ssh-keyscan -p 2222 10.0.0.1 >>"), "{failure:?}");
    let failure = ssh_failure(b"Host key verification failed.\r\n", &endpoint(None, None));
    assert!(whole(&failure).contains("`ssh-keyscan 10.0.0.1 >>"), "{failure:?}");
    let failure = ssh_failure(strict, &endpoint(Some(2222), Some("a,me@b:24")));
    assert!(
        whole(&failure).contains("`ssh -J a -p 24 -l me b ssh-keyscan -p 2222 10.0.0.1 >>"),
        "{failure:?}"
    );
}

#[test]
fn a_changed_key_is_forgotten_in_the_file_that_holds_it() {
    let words = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\nIT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\nThe fingerprint for the ED25519 key sent by the remote host is\nSHA256:ARmb.\r\nPlease contact your system administrator.\r\nAdd correct host key in /home/my own/kh to get rid of this message.\r\nOffending ED25519 key in /home/my own/kh:1\r\n  remove with:\r\n  ssh-keygen -f \"/home/my own/kh\" -R \"[10.0.0.1]:2222\"\r\nHost key for [10.0.0.1]:2222 has changed and you have requested strict checking.\r\nHost key verification failed.\r\n";
    let mut endpoint = endpoint(None, None);
    let keys = vec!["/home/my own/kh /home/me/.ssh/known_hosts2".to_owned()];
    endpoint.set_route(Route { host: "10.0.0.1".into(), port: 2222, known_hosts: keys, ..Route::default() });
    let failure = connect_failure(words.as_bytes(), b"", &endpoint);
    assert_eq!(failure.kind, Kind::HostKeyChanged);
    assert!(
        whole(&failure).contains("`ssh-keygen -f '/home/my own/kh' -R '[10.0.0.1]:2222'`"),
        "{failure:?}"
    );
}

#[test]
fn a_broken_connection_is_lost_whatever_was_said() {
    let cases: &[(&str, &str)] = &[
        ("Timeout, server 10.0.0.1 not responding.\r\n", "not answered for 18 s"),
        ("Connection to 10.0.0.1 closed by remote host.\r\n", "closed the connection"),
        (
            "channel 3: open failed: administratively prohibited\r\nConnection to 10.0.0.1 closed by remote host.\r\n",
            "closed the connection",
        ),
        ("packet_write_wait: Connection to 10.0.0.1 port 22: Broken pipe\r\n", "was reset"),
        ("client_loop: send disconnect: Broken pipe\r\n", "was reset"),
        ("Read from remote host 10.0.0.1: Connection reset by peer\r\n", "was reset"),
        (
            "Read from remote host 10.0.0.1: No route to host\r\nclient_loop: send disconnect: No route to host\r\n",
            "network",
        ),
        (
            "Received disconnect from 10.0.0.1 port 22:11: shutting down\r\nDisconnected from 10.0.0.1 port 22\r\n",
            "shutting down",
        ),
        ("Killed by signal 15.\r\n", "was killed"),
        ("", "broke"),
    ];
    for (words, part) in cases {
        let failure = connection_lost(words.as_bytes(), b"", &endpoint(None, None));
        assert_eq!(failure.kind, Kind::Lost);
        assert!(failure.message.contains(part), "{words:?}: {failure:?}");
    }
}

#[test]
fn what_answers_instead_of_a_shell_is_shown() {
    let cases: &[(&str, &str, Option<u8>, Kind, &str)] = &[
        (
            "Welcome to the SSH Service Menu\npick one\n",
            "",
            Some(0),
            Kind::NoShell,
            "“Welcome to the SSH Service Menu”",
        ),
        ("", "rbash: exec: restricted\n", Some(1), Kind::NoShell, "restricted"),
        ("This account is currently not available.\n", "", Some(1), Kind::NoShell, "--user nutanix"),
        (
            "",
            "WARNING: Your password has expired.\nPassword change required but no TTY available.\n",
            Some(1),
            Kind::NoShell,
            "expired",
        ),
        ("", "", Some(1), Kind::NoShell, "status 1"),
        ("", "sh: 1: tail: not found\n", Some(127), Kind::NoTail, "no usable tail"),
        ("", "sh: line 9: stat: command not found\n", Some(127), Kind::NoTail, "no usable stat"),
        ("There were too many logins for 'nutanix'.\n", "", Some(254), Kind::Sessions, "maxlogins"),
    ];
    for (stdout, stderr, code, kind, part) in cases {
        let failure = no_shell(stdout.as_bytes(), stderr.as_bytes(), *code, &endpoint(None, None));
        assert_eq!(failure.kind, *kind, "{stdout:?} {stderr:?}: {failure:?}");
        assert!(whole(&failure).contains(part), "{stdout:?} {stderr:?}: {failure:?}");
    }
}

#[test]
fn a_failure_of_a_log_names_the_user_and_the_log() {
    let path = RemotePath(b"/data/genesis.out".to_vec());
    let failure = log_failure(&table::UNREADABLE, &path, &endpoint(None, None));
    assert_eq!(failure.message, "nutanix may not read /data/genesis.out");
}

#[test]
fn running_out_of_descriptors_is_no_fault_of_the_cvm() {
    assert!(
        local_failure(&std::io::Error::from_raw_os_error(24), &endpoint(None, None))
            .message
            .contains("too many open files")
    );
}

#[test]
fn every_row_is_whole_and_fills_completely() {
    assert_eq!(
        PATTERNS
            .iter()
            .zip(causes())
            .filter(|(words, cause)| words.is_none() != cause.pattern.is_empty())
            .count(),
        0
    );
    for cause in causes() {
        let failure = log_failure(cause, &RemotePath(b"/x".into()), &endpoint(Some(2222), Some("bastion")));
        assert!(!failure.message.contains(['{', '}']), "{failure:?}");
        assert!(!failure.message.ends_with('.'), "{failure:?}");
        assert!(failure.hint.is_some_and(|hint| !hint.contains(['{', '}']) && !hint.ends_with('.')));
    }
}
