//! Failures on the way over jump hosts: whose they are, and whether they are tried again.

use crate::diagnosis::tests::{Route, endpoint, ssh_failure, whole};
use crate::failure::Kind;

#[test]
fn a_jump_host_that_cannot_be_passed_is_named() {
    // As 9.2 ends; 7.4 ends with the first of the two lines, under its older name.
    let new = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
    let old = "ssh_exchange_identification: Connection closed by remote host\r\n";
    let cases: &[(&str, Kind, &str)] = &[
        (
            "ssh: connect to host bastion port 22: Connection refused\r\n",
            Kind::Jump,
            "nothing listens on port 22 of bastion",
        ),
        (
            "ssh: Could not resolve hostname bastion: Name or service not known\r\n",
            Kind::Jump,
            "bastion does not resolve",
        ),
        (
            "me@bastion: Permission denied (publickey).\r\n",
            Kind::JumpRefused,
            "try `ssh -p 2022 -l me bastion`",
        ),
        ("Host key verification failed.\r\n", Kind::JumpRefused, "with `ssh-keyscan -p 2022 bastion"),
        ("/bin/bash: line 1: /nonexist: No such file or directory\n", Kind::Jump, "/nonexist"),
        (
            "channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\n",
            Kind::Refused,
            "seen from the jump host me@bastion:2022",
        ),
        (
            "channel 0: open failed: connect failed: Name or service not known\r\nstdio forwarding failed\r\n",
            Kind::Resolve,
            "jump host",
        ),
        (
            "channel 0: open failed: connect failed: No route to host\r\nstdio forwarding failed\r\n",
            Kind::Unroutable,
            "jump host",
        ),
        (
            "channel 0: open failed: administratively prohibited: open failed\r\nstdio forwarding failed\r\n",
            Kind::JumpRefused,
            "AllowTcpForwarding",
        ),
        (
            "Received disconnect from 10.9.9.9 port 22:2: Too many authentication failures\r\n",
            Kind::JumpRefused,
            "too many keys were offered",
        ),
        ("cvmtail: ssh asks: me@bastion's password:\r\n", Kind::JumpRefused, "asks “me@bastion's password:”"),
        ("/etc/ssh/ssh_config: line 3: Bad configuration option: x\r\n", Kind::JumpRefused, "line 3"),
    ];
    for (words, kind, part) in cases {
        for end in [new, old] {
            let failure =
                ssh_failure(format!("{words}{end}").as_bytes(), &endpoint(None, Some("me@bastion:2022")));
            assert_eq!(failure.kind, *kind, "{words:?}: {failure:?}");
            assert!(whole(&failure).contains(part), "{words:?}: {failure:?}");
        }
    }
}

#[test]
fn of_several_jump_hosts_the_one_that_failed_is_named() {
    let end = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
    let refused = "channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\n";
    for (words, ends, kind, part) in [
        ("me@a: Permission denied (publickey).\r\n", 3, Kind::JumpRefused, "try `ssh -p 2022 -l me a`"),
        ("u@b: Permission denied (publickey).\r\n", 2, Kind::JumpRefused, "try `ssh -J me@a:2022 b`"),
        (refused, 3, Kind::Jump, "nothing listens on port 22 of b, seen from the jump host me@a:2022 /"),
        (refused, 2, Kind::Jump, "port 23 of c, seen from the jump host b /"),
        (refused, 1, Kind::Refused, "port 22 of 10.0.0.1, seen from the jump host c:23 /"),
        ("u@10.0.0.1: Permission denied (publickey).\r\n", 0, Kind::Auth, "u@10.0.0.1 was refused"),
    ] {
        let words = format!("{words}{}", end.repeat(ends));
        let failure = ssh_failure(words.as_bytes(), &endpoint(None, Some("me@a:2022,b,c:23")));
        assert_eq!(failure.kind, kind, "{words:?}: {failure:?}");
        assert!(whole(&failure).contains(part), "{words:?}: {failure:?}");
    }
}

#[test]
fn a_busy_jump_host_and_a_busy_cvm_are_both_dropped() {
    let busy = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 10.9.9.9 port 22\r\n";
    let end = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
    let failure = ssh_failure(format!("{busy}{end}").as_bytes(), &endpoint(None, Some("bastion")));
    assert_eq!(failure.kind, Kind::Dropped);
    assert!(failure.message.contains("jump host bastion"), "{failure:?}");
    let failure = ssh_failure(
        format!("Warning: Identity file /x not accessible: gone.\n{busy}").as_bytes(),
        &endpoint(None, None),
    );
    assert_eq!(failure.kind, Kind::Dropped);
    assert!(!failure.message.contains("jump"), "{failure:?}");
}

#[test]
fn the_cvm_behind_a_jump_host_keeps_its_own_causes() {
    let failure = ssh_failure(
        b"nutanix@10.0.0.1: Permission denied (publickey).\r\n",
        &endpoint(None, Some("bastion")),
    );
    assert_eq!(failure.kind, Kind::Auth);
}

#[test]
fn the_key_of_a_jump_host_behind_an_alias_is_kept_under_its_real_name() {
    let mut endpoint = endpoint(None, Some("near,gate"));
    let route = Route { host: "10.9.9.9".into(), port: 2222, ..Route::default() };
    endpoint.set_hop_routes(vec![None, Some(route)]);
    let end = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
    for (words, part) in [
        (
            "No ED25519 host key is known for [10.9.9.9]:2222 and you have requested strict checking.\r\nHost key verification failed.\r\n",
            "`ssh near ssh-keyscan -p 2222 10.9.9.9 >>",
        ),
        ("Host key verification failed.\r\n", "`ssh near ssh-keyscan -p 2222 10.9.9.9 >>"),
        (
            "Host key for [10.9.9.9]:2222 has changed and you have requested strict checking.\r\nHost key verification failed.\r\n",
            "`ssh-keygen -R '[10.9.9.9]:2222'`",
        ),
        (
            "Host key for evil has changed and you have requested strict checking.\r\nHost key verification failed.\r\n",
            "`ssh-keygen -R '[10.9.9.9]:2222'`",
        ),
    ] {
        let failure = ssh_failure(format!("{words}{end}").as_bytes(), &endpoint);
        assert_eq!(failure.kind, Kind::JumpRefused, "{words:?}: {failure:?}");
        assert!(whole(&failure).contains(part), "{words:?}: {failure:?}");
    }
}
