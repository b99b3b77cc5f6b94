//! Ways over jump hosts: no hop is ever sent a password, and what refuses is not asked again.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::told::{LONG, events, nothing_left};
use crate::world::World;
use crate::world::client;
use crate::world::cvm::Cvm;
use crate::world::grade::Grade;
use crate::world::run::Run;
use crate::world::running::Finished;
use crate::world::trouble;

/// A world with jump hosts `near` and `deep` that take passwords as well, and a CVM `far` whose logs say `fine`.
fn world() -> (World, [Cvm; 3]) {
    let world = World::new();
    let jump = |name: &str| world.cvm(name).option("PasswordAuthentication yes");
    let cvms = World::start(vec![jump("near"), jump("deep"), world.cvm("far")]);
    let cvms: [Cvm; 3] = cvms.try_into().expect("three");
    for log in ["genesis.out", "stargate.out"] {
        cvms[2].log(log).put("fine\n");
    }
    (world, cvms)
}

/// Adds to the user's ssh config.
fn configure(world: &World, text: &str) {
    let file = world.ssh_config();
    let before = fs::read_to_string(&file).expect("a config");
    // The first value counts, and the config begins with the aliases' own blocks.
    fs::write(file, format!("{text}\n{before}")).expect("a config");
}

/// A run that follows two logs of `far` for as long as they can be followed.
fn follow(world: &World, far: &Cvm) -> Run {
    let logs = ["genesis.out", "stargate.out"].map(|log| far.log(log).path);
    world.cvmtail(&["--prefix", "cvm", "-n", "5", "-c", "far"]).args(logs)
}

/// How often a server's log says this.
fn count(server: &Cvm, words: &str) -> usize {
    let log = fs::read_to_string(server.folder().join("sshd.log")).unwrap_or_default();
    log.matches(words).count()
}

/// Ends the test unless the server saw so many connections since it had `before`, and never a password.
#[track_caller]
fn assert_asked(server: &Cvm, before: usize, connections: usize, what: &str) {
    let seen = count(server, "Connection from ") - before;
    assert_eq!(seen, connections, "{what}: connections at {}: {}", server.name(), server.words());
    for attempt in ["Failed password", "Failed none", "Failed keyboard-interactive"] {
        assert_eq!(count(server, attempt), 0, "{what}: {attempt} at {}: {}", server.name(), server.words());
    }
}

/// Ends the test unless the run ended by itself with one error that says this, and tried nothing again.
#[track_caller]
fn assert_final(done: &Finished, what: &str, message: &str, fix: &str) {
    let err = done.err();
    let errors = err.lines().filter(|line| line.contains(": error: ") && line.contains(message)).count();
    assert_eq!((errors, err.matches(": error: ").count()), (1, 1), "{what}: {message}: {err}");
    assert!(err.contains(fix), "{what}: {fix}: {err}");
    assert!(!err.contains("reconnecting"), "{what}: {err}");
}

/// The name under which the user was refused.
fn user(world: &World) -> String {
    if world.grade() == Grade::Namespaces { "nutanix".to_owned() } else { client::user() }
}

#[test]
fn a_jump_host_that_refuses_is_asked_once_and_sent_no_password() {
    let (world, [near, deep, far]) = world();
    let plain = fs::read_to_string(world.ssh_config()).expect("a config");
    trouble::lock_out(&deep);
    let by_near = format!("`ssh -J {} deep`", "near");
    let refused = format!("cannot connect through the jump host deep: {}@deep was refused", user(&world));
    let cases: &[(&str, &str, &[&str], &str)] = &[
        ("-J", "", &["-J", "deep"], "`ssh deep`"),
        ("-J of two", "", &["-J", "near,deep"], &by_near),
        ("ProxyJump", "Host far\n  ProxyJump deep", &[], "`ssh deep`"),
        ("ProxyJump of two", "Host far\n  ProxyJump near,deep", &[], &by_near),
        ("of a jump host", "Host far\n  ProxyJump deep\nHost deep\n  ProxyJump near", &[], &by_near),
        ("-J, whose own", "Host deep\n  ProxyJump near", &["-J", "deep"], &by_near),
        ("Match", "Match originalhost far exec \"true\"\n  ProxyJump deep", &[], "`ssh deep`"),
        ("as an option", "", &["--ssh-option", "ProxyJump=deep"], "`ssh deep`"),
        ("quiet", "Host *\n  LogLevel QUIET\n  BatchMode no", &["-J", "deep"], "`ssh deep`"),
    ];
    for (what, config, arguments, fix) in cases {
        fs::write(world.ssh_config(), &plain).expect("a config");
        configure(&world, config);
        let before = count(&deep, "Connection from ");
        let done = follow(&world, &far).args(*arguments).finish(LONG).expect(2);
        assert_final(&done, what, &refused, fix);
        assert_asked(&deep, before, 1, what);
        assert_asked(&near, count(&near, "Connection from "), 0, what);
    }
    assert_asked(&far, 0, 0, "it was never reached");
    nothing_left(&world, &[near, deep, far]);
}

#[test]
fn no_verb_asks_a_refusing_jump_host_twice() {
    let (world, [near, deep, far]) = world();
    trouble::lock_out(&near);
    configure(&world, "Host far\n  ProxyJump near");
    let log = far.log("genesis.out").path;
    let glob = log.replace("genesis.out", "gen*.out");
    let verbs: &[(&[&str], i32)] = &[
        (&["snapshot", "-c", "far", &log], 2),
        (&["check", "-c", "far", &log], 1),
        (&["logs", "-c", "far"], 2),
        (&["--discover", "far", &log], 2),
        (&["-c", "far", &log, &glob, "--no-follow"], 2),
        (&["-c", "far", &glob], 2),
    ];
    for (arguments, status) in verbs {
        let before = count(&near, "Connection from ");
        let done = world.cvmtail(arguments).finish(LONG).expect(*status);
        let told = done.out() + &done.err();
        assert!(told.contains("cannot connect through the jump host near"), "{arguments:?}: {told}");
        assert_asked(&near, before, 1, &format!("{arguments:?}"));
    }
    nothing_left(&world, &[near, deep, far]);
}

#[test]
fn a_proxy_command_of_the_user_that_is_refused_sends_no_password_either() {
    let (world, [near, deep, far]) = world();
    trouble::lock_out(&near);
    // As a person has it who works under a desktop.
    let (asked, popup) = (world.folder().join("asked"), world.folder().join("popup"));
    fs::write(&popup, format!("#!/bin/sh\ntouch {}\necho secret\n", asked.display())).expect("a script");
    fs::set_permissions(&popup, fs::Permissions::from_mode(0o755)).expect("chmod");
    let plain = fs::read_to_string(world.ssh_config()).expect("a config");
    for (what, command) in [
        ("plain", "ssh -W %h:%p near"),
        ("quiet", "ssh -q -W %h:%p near"),
        ("no key", "ssh -o PubkeyAuthentication=no -W %h:%p near"),
        ("through a jump host", "ssh -J near -W %h:%p deep"),
    ] {
        fs::write(world.ssh_config(), &plain).expect("a config");
        configure(&world, &format!("Host far\n  ProxyCommand {command}"));
        let before = count(&near, "Connection from ");
        let run = follow(&world, &far).env("SSH_ASKPASS", &popup).env("DISPLAY", ":0");
        let done = run.env("SSH_ASKPASS_REQUIRE", "prefer").finish(LONG).expect(2);
        let message = "the ProxyCommand of your ssh config does not connect: none of your keys was accepted";
        let port = far.port();
        let by_hand = command.replace("%h", &far.address().to_string()).replace("%p", &port.to_string());
        assert_final(&done, what, message, &format!("see what `{by_hand}` says"));
        assert!(done.err().contains(&format!("{}@", user(&world))), "{what}: who: {}", done.err());
        assert_asked(&near, before, 1, what);
    }
    assert!(!asked.exists(), "nobody was asked");
    nothing_left(&world, &[near, deep, far]);
}

#[test]
fn a_cvm_that_refuses_behind_a_good_jump_host_is_asked_once() {
    let (world, [near, deep, far]) = world();
    trouble::lock_out(&far);
    let plain = fs::read_to_string(world.ssh_config()).expect("a config");
    for (what, config, arguments) in [
        ("-J", "", &["-J", "near,deep"][..]),
        ("ProxyJump", "Host far\n  ProxyJump near", &[]),
        ("ProxyCommand", "Host far\n  ProxyCommand ssh -W %h:%p near", &[]),
    ] {
        fs::write(world.ssh_config(), &plain).expect("a config");
        configure(&world, config);
        let before = (count(&near, "Connection from "), count(&far, "Connection from "));
        let done = follow(&world, &far).args(arguments).finish(LONG).expect(2);
        assert_final(&done, what, &format!("{}@far was refused", user(&world)), "`ssh");
        assert_asked(&near, before.0, 1, what);
        assert_asked(&far, before.1, 1, what);
    }
    nothing_left(&world, &[near, deep, far]);
}

#[test]
fn a_jump_host_with_an_unknown_or_changed_key_and_one_that_forbids_forwarding_are_final() {
    let (world, [near, deep, far]) = world();
    let strict = world.cvm("strict").option("AllowTcpForwarding no").start();
    let before = count(&strict, "Connection from ");
    let done = follow(&world, &far).args(["-J", "strict"]).finish(LONG).expect(2);
    assert_final(&done, "forwarding", "the jump host strict forbids forwarding", "AllowTcpForwarding");
    assert_asked(&strict, before, 1, "forwarding");
    trouble::mistake(&world, &deep, &near);
    let before = count(&deep, "Connection from ");
    let done = follow(&world, &far).args(["-J", "deep"]).finish(LONG).expect(2);
    assert_final(
        &done,
        "changed",
        "cannot connect through the jump host deep: the host key of",
        "ssh-keygen -f ",
    );
    assert_asked(&deep, before, 1, "changed");
    trouble::forget(&world, &near);
    let before = count(&near, "Connection from ");
    let done = follow(&world, &far).args(["-J", "near"]).finish(LONG).expect(2);
    assert_final(
        &done,
        "unknown",
        "cannot connect through the jump host near: the host key of",
        "ssh-keyscan ",
    );
    assert_asked(&near, before, 1, "unknown");
    nothing_left(&world, &[near, deep, far, strict]);
}

#[test]
fn jump_hosts_that_lead_round_in_a_circle_end_the_run() {
    let (world, [near, deep, far]) = world();
    configure(&world, "Host near\n  ProxyJump deep\nHost deep\n  ProxyJump near");
    let done = follow(&world, &far).args(["-J", "near"]).finish(LONG).expect(2);
    assert_final(&done, "two", "form a loop", "ProxyJump none");
    configure(&world, "Host *\n  ProxyJump near");
    let done = follow(&world, &far).finish(LONG).expect(2);
    assert_final(&done, "itself", "form a loop: near,near", "ProxyJump none");
    nothing_left(&world, &[near, deep, far]);
}

#[test]
fn every_way_over_good_jump_hosts_is_taken() {
    let (world, [near, deep, far]) = world();
    let plain = fs::read_to_string(world.ssh_config()).expect("a config");
    let read = |arguments: &[&str]| {
        let run = follow(&world, &far).arg("--no-follow").args(arguments);
        let done = run.finish(LONG).expect(0);
        assert_eq!(done.out(), "far | fine\nfar | fine\n", "{arguments:?}: {}", done.err());
    };
    let spelt = |cvm: &Cvm| format!("{}@{}:{}", user(&world), cvm.address(), cvm.port());
    let (near_spelt, deep_spelt) = (spelt(&near), spelt(&deep));
    let both = format!("{near_spelt},{deep_spelt}");
    let uri = format!("ssh://{near_spelt}");
    let mut cases: Vec<(&str, String, Vec<&str>, [usize; 2])> = vec![
        ("-J", String::new(), vec!["-J", "near"], [1, 0]),
        ("-J of two", String::new(), vec!["-J", "near,deep"], [1, 1]),
        ("user, host and port", String::new(), vec!["-J", &both], [1, 1]),
        ("a URI", String::new(), vec!["-J", &uri], [1, 0]),
        ("ProxyJump", "Host far\n  ProxyJump near,deep".into(), vec![], [1, 1]),
        ("of a jump host", "Host far\n  ProxyJump deep\nHost deep\n  ProxyJump near".into(), vec![], [1, 1]),
        ("Match exec", "Match originalhost far exec true\n  ProxyJump near".into(), vec![], [1, 0]),
        ("not matched", "Match originalhost far exec false\n  ProxyJump near".into(), vec![], [0, 0]),
        ("none", "Host far\n  ProxyJump none\nHost far deep\n  ProxyJump near".into(), vec![], [0, 0]),
        (
            "a token",
            format!("Host f%r\n  HostName x\nHost far\n  ProxyJump %r@{near_spelt}")
                .replace(&format!("{}@", user(&world)), ""),
            vec![],
            [1, 0],
        ),
        ("fdpass", "Host *\n  ProxyUseFdpass yes".into(), vec!["-J", "near,deep"], [1, 1]),
        ("ProxyCommand", "Host far\n  ProxyCommand ssh -W %h:%p near".into(), vec![], [1, 0]),
        (
            "of a jump host, ProxyCommand",
            "Host deep\n  ProxyCommand ssh -W %h:%p near".into(),
            vec!["-J", "deep"],
            [1, 1],
        ),
    ];
    let six = near.address6().map(|address| format!("[{address}]"));
    if let Some(six) = &six {
        let mut known = fs::read_to_string(world.home().join(".ssh/known_hosts")).expect("known hosts");
        let key = fs::read_to_string(near.folder().join("host_key.pub")).expect("a key");
        let _ = writeln!(known, "{} {}", six.trim_matches(['[', ']']), key.trim());
        fs::write(world.home().join(".ssh/known_hosts"), known).expect("known hosts");
        cases.push(("IPv6", String::new(), vec!["-J", six], [1, 0]));
    }
    for (what, config, arguments, passed) in cases {
        fs::write(world.ssh_config(), &plain).expect("a config");
        configure(&world, &config);
        let before = [&near, &deep].map(|hop| count(hop, "Accepted publickey"));
        read(&arguments);
        let after = [&near, &deep].map(|hop| count(hop, "Accepted publickey"));
        assert_eq!([after[0] - before[0], after[1] - before[1]], passed, "{what}");
    }
    // A config whose path no shell would take as it is, with aliases that only it has.
    let own = world.home().join("my 100% 'own' $(id) \"config\"");
    let aliases = format!(
        "Host alias-one\n  HostName {}\n  Port {}\nHost alias-two\n  HostName {}\n  Port {}\n",
        near.address(),
        near.port(),
        deep.address(),
        deep.port()
    );
    fs::write(&own, aliases + &plain).expect("a config");
    fs::write(
        world.ssh_config(),
        plain.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"),
    )
    .expect("a config");
    let own = own.to_string_lossy().into_owned();
    for shell in ["/bin/sh", "/usr/bin/fish", "/bin/tcsh", "/bin/zsh"] {
        if fs::exists(shell).is_ok_and(|there| there) {
            let run = follow(&world, &far).args(["--no-follow", "-F", &own, "-J", "alias-one,alias-two"]);
            let done = run.env("SHELL", shell).finish(LONG).expect(0);
            assert_eq!(done.out(), "far | fine\nfar | fine\n", "{shell}: {}", done.err());
        }
    }
    nothing_left(&world, &[near, deep, far]);
}

#[test]
fn a_stream_over_jump_hosts_resumes_after_a_cut() {
    let (world, [near, deep, far]) = world();
    let log = far.log("genesis.out");
    let run = world.cvmtail(&["--json", "-n", "+1", "-c", "far", "-J", "near,deep", &log.path]).start();
    run.wait_for("it has started", LONG, |out| !events(out, "started").is_empty());
    assert!(world.signal_masters(rustix::process::Signal::KILL) > 0);
    run.wait_for("it is resumed", LONG, |out| !events(out, "resumed").is_empty());
    run.interrupt();
    run.finish(LONG).expect(130);
    nothing_left(&world, &[near, deep, far]);
}
