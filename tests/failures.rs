//! Every way in which a CVM or a log can fail, produced for real: cause, fix, exit status, and the others go on.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::told::{LONG, events, nothing_left};
use crate::world::World;
use crate::world::client;
use crate::world::cvm::Cvm;
use crate::world::grade::Grade;
use crate::world::run::Run;
use crate::world::running::Finished;
use crate::world::trouble::{self, SWALLOWING, command};

/// A world with one CVM that is well, whose log says `fine`.
fn world() -> (World, Cvm) {
    with_good(World::new())
}

/// That world with a CVM that is well, and its log `genesis.out`.
fn with_good(world: World) -> (World, Cvm) {
    trouble::beside_good(world, "genesis.out")
}

/// Reads the log of the good CVM on `bad` and on the good one, and does not follow it.
fn both(world: &World, bad: &str, good: &Cvm) -> Run {
    let cvms = format!("{bad},good");
    world.cvmtail(&["--no-follow", "--prefix", "cvm", "-c", &cvms, &good.log("genesis.out").path])
}

/// Ends the test unless the run failed with exactly this cause, a fix that has these words, status 2, and
/// the line of the good CVM printed all the same.
#[track_caller]
fn assert_told(run: Run, message: &str, fix: &str) -> Finished {
    let done = run.finish(LONG).expect(2);
    let err = done.err();
    let lines: Vec<&str> = err.lines().collect();
    let at = lines.iter().position(|line| line.contains(": error: "));
    let at = at.unwrap_or_else(|| panic!("no error is told:\n{err}"));
    assert_eq!(lines[at].split_once(": error: ").map(|(_, told)| told), Some(message), "{err}");
    let hint = lines.get(at + 1).and_then(|line| line.strip_prefix("  hint: "));
    assert!(hint.is_some_and(|hint| hint.contains(fix)), "the fix has {fix:?}:\n{err}");
    assert_eq!(err.matches(": error: ").count(), 1, "one failure is told once:\n{err}");
    assert!(done.out().lines().any(|line| line == "good | fine"), "the good CVM goes on:\n{}", done.out());
    assert!(done.closed, "nobody holds the output open");
    done
}

#[test]
fn a_name_that_does_not_resolve() {
    let (world, good) = world();
    let run = both(&world, "no-such-host.invalid", &good);
    let fix = "check the name with `getent hosts no-such-host.invalid`";
    assert_told(run, "the name no-such-host.invalid does not resolve", fix);
    nothing_left(&world, &[good]);
}

#[test]
fn no_route() {
    let Some(world) = World::namespaces() else { return };
    let (world, good) = with_good(world);
    assert_told(both(&world, "192.0.2.7", &good), "there is no route to 192.0.2.7", "`ping 192.0.2.7`");
    // Nobody has that address in a network that is near.
    let run = both(&world, "10.20.254.254", &good);
    assert_told(run, "there is no route to 10.20.254.254", "check that the CVM is powered on");
}

#[test]
fn nothing_listens() {
    let (world, good) = world();
    let address = good.address();
    let run = both(&world, &format!("{address}:1"), &good);
    assert_told(run, &format!("nothing listens on port 1 of {address}"), "1 is the right port (`--port`)");
}

#[test]
fn a_network_that_swallows_every_packet() {
    let Some(world) = World::namespaces() else { return };
    let (world, good) = with_good(world);
    trouble::swallow(&world);
    let run = both(&world, SWALLOWING, &good).args(["--connect-timeout", "5s"]);
    let message = format!("no answer from port 22 of {SWALLOWING} within 5 s");
    assert_told(run, &message, "`--connect-timeout` allows more than 5 s");
}

#[test]
fn a_port_that_is_open_and_silent() {
    let (world, good) = world();
    let bad = world.cvm("bad").relayed().start();
    bad.relay().silence(true);
    let run = both(&world, "bad", &good).args(["--connect-timeout", "5s"]);
    let port = bad.port();
    let message = format!("port {port} of bad is open, but sshd did not answer within 5 s");
    assert_told(run, &message, "try `ssh bad`");
    nothing_left(&world, &[good, bad]);
}

#[test]
fn an_sshd_that_hangs_up() {
    let (world, good) = world();
    let bad = world.cvm("bad").relayed().start();
    bad.relay().refuse(true);
    let message = "sshd on bad ended the connection before it was set up";
    assert_told(both(&world, "bad", &good), message, "MaxStartups; a lower `--parallel` helps");
    assert!(bad.relay().accepted() > 1, "it was tried more than once");
}

#[test]
fn a_port_that_is_not_sshd() {
    let (world, good) = with_good(World::ports());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"SSH-what?\r\n");
            // Closed with words unread it would be a reset.
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    let message = format!("the service on port {} of 127.0.0.1 is not sshd", address.port());
    assert_told(both(&world, &address.to_string(), &good), &message, "check that it is a CVM");
}

#[test]
fn a_key_that_is_not_accepted() {
    let (world, good) = world();
    let bad = world.cvm("bad").start();
    trouble::lock_out(&bad);
    let done = both(&world, "bad", &good).finish(LONG).expect(2);
    let user = if world.grade() == Grade::Namespaces { "nutanix".to_owned() } else { client::user() };
    let named = format!("{user}@bad");
    let message = format!("{named} was refused: none of your keys was accepted (allowed methods: publickey)");
    assert_told(both(&world, "bad", &good), &message, "in Prism Element under Settings > Cluster Lockdown");
    assert!(done.err().contains("try `ssh bad`"), "{}", done.err());
    if user == "nutanix" {
        assert!(!done.err().contains("--user nutanix"), "{}", done.err());
    }
}

#[test]
fn a_key_file_of_the_users_choice_is_named_in_the_hint() {
    let (world, good) = world();
    let bad = world.cvm("bad").start();
    trouble::lock_out(&bad);
    let key = world.home().join("other");
    client::make_key(&key);
    let run = both(&world, "bad", &good).args(["--identity", "other"]);
    let done = run.finish(LONG).expect(2);
    assert!(done.err().contains("your public key (other.pub)"), "{}", done.err());
    assert!(done.err().contains("`ssh -i other bad`"), "{}", done.err());
}

#[test]
fn an_unknown_host_key_and_the_command_that_fetches_it() {
    let (world, good) = world();
    let bad = world.cvm("bad").start();
    bad.log("genesis.out").put("found\n");
    trouble::forget(&world, &bad);
    let message =
        format!("the host key of {} is in no known_hosts, so this could be any machine", bad.address());
    let done = assert_told(both(&world, "bad", &good), &message, "compare its fingerprint");
    let keyscan = command(&done.err(), "ssh-keyscan ");
    world.run("sh", &["-c", &keyscan]).finish(LONG).expect(0);
    both(&world, "bad", &good).finish(LONG).expect(0);
}

#[test]
fn a_changed_host_key_and_the_commands_that_accept_it() {
    let (world, good) = world();
    let bad = world.cvm("bad").start();
    bad.log("genesis.out").put("anew\n");
    trouble::mistake(&world, &bad, &good);
    let message = "the host key of bad has changed: the CVM was reinstalled, or this is another machine";
    let done = assert_told(both(&world, "bad", &good), message, "someone may be intercepting the connection");
    let forget = command(&done.err(), "ssh-keygen -f ");
    world.run("sh", &["-c", &forget]).finish(LONG).expect(0);
    let done = both(&world, "bad", &good).finish(LONG).expect(2);
    let keyscan = command(&done.err(), "ssh-keyscan ");
    world.run("sh", &["-c", &keyscan]).finish(LONG).expect(0);
    both(&world, "bad", &good).finish(LONG).expect(0);
}

#[test]
fn logs_that_cannot_be_read() {
    let (world, good) = world();
    let fine = good.log("genesis.out").path;
    let read = |path: &str| world.cvmtail(&["--no-follow", "--prefix", "cvm", "-c", "good", path, &fine]);
    let missing = good.log("missing.out").path;
    let fix = "without --no-follow the stream waits for the file";
    assert_told(read(&missing), &format!("{missing} is not there"), fix);
    let deep = "/no/such/folder/x.out";
    assert_told(read(deep), &format!("{deep} is not there"), "`cvmtail logs` lists names and paths");
    let folder = fine.trim_end_matches("/genesis.out");
    assert_told(read(folder), &format!("{folder} is not a file that can be followed"), "name a regular file");
    let device = "/dev/null";
    assert_told(read(device), "/dev/null is not a file that can be followed", "name a regular file");
    let dangling = good.log("dangling.out");
    symlink("nowhere", &dangling.file).expect("a link");
    assert_told(read(&dangling.path), &format!("{} is not there", dangling.path), fix);
    let secret = good.log("secret.out");
    secret.put("x\n");
    if !trouble::close(&world, &secret) {
        return;
    }
    let message = format!("your user may not read {}", secret.path);
    assert_told(read(&secret.path), &message, "logs that only root reads need `sudo` on the CVM");
    let closed = good.log("closed/x.out");
    closed.put("x\n");
    let parent = closed.file.parent().expect("a folder");
    fs::set_permissions(parent, fs::Permissions::from_mode(0o000)).expect("chmod");
    assert_told(
        read(&closed.path),
        &format!("your user may not read {}", closed.path),
        "a user in the file's group",
    );
}

#[test]
fn a_cvm_without_tail() {
    let Some(world) = World::namespaces() else { return };
    let (world, good) = with_good(world);
    let bad = world.cvm("bad").start();
    let hidden = bad.exec(&["mount", "--bind", "/dev/null", "/usr/bin/tail"]);
    assert!(hidden.status.success(), "{hidden:?}");
    let run = both(&world, "bad", &good);
    assert_told(run, "the CVM has no usable tail", "the remote side needs sh and coreutils");
    nothing_left(&world, &[good, bad]);
}

#[test]
fn a_menu_is_told_and_is_fed_nothing_but_a_greeting() {
    let (world, good) = world();
    let (menu, fed) = trouble::menu(&world);
    let bad = world.cvm("bad").option(&format!("ForceCommand {}", menu.display())).start();
    let message = "no shell answered on bad: “1) status”";
    assert_told(both(&world, "bad", &good), message, "a menu, a forced command (ForceCommand");
    let fed = fs::read_to_string(fed).expect("what it was fed");
    assert_eq!(fed.lines().count(), 1, "{fed}");
    assert!(fed.starts_with("printf '\\036%s clock %s\\000' "), "{fed}");
    nothing_left(&world, &[good, bad]);
}

#[test]
fn no_shell_at_all() {
    let (world, good) = world();
    let _talks = world.cvm("talks").option("ForceCommand echo go away; exit 3").start();
    let hint = "see what `ssh talks exec sh` prints";
    assert_told(both(&world, "talks", &good), "no shell answered on talks: “go away”", hint);
    let _mute = world.cvm("mute").option("ForceCommand exit 1").start();
    let message = "no shell answered on mute: the command ended with status 1 without output";
    assert_told(both(&world, "mute", &good), message, "a login script runs instead of the shell");
    let _nologin = world.cvm("nologin").login_shell("/usr/sbin/nologin").start();
    assert_told(both(&world, "nologin", &good), "nologin has no shell on the CVM", "`--user nutanix`");
}

#[test]
fn an_sshd_that_opens_no_session() {
    let (world, good) = world();
    let bad = world.cvm("bad").option("MaxSessions 0").start();
    let message = "sshd on bad accepts the login but opens no session";
    assert_told(both(&world, "bad", &good), message, "raise MaxSessions in the CVM's sshd_config");
    nothing_left(&world, &[good, bad]);
}

#[test]
fn no_algorithm_in_common() {
    let (world, good) = world();
    let _old = world.cvm("old").option("KexAlgorithms diffie-hellman-group1-sha1").start();
    let done = both(&world, "old", &good).finish(LONG).expect(2);
    let message = "your ssh and the CVM's sshd have no key exchange method in common; the CVM offers diffie-hellman-group1-sha1";
    assert!(done.err().contains(message), "{}", done.err());
}

#[test]
fn an_ssh_that_is_not_there() {
    let (world, good) = with_good(World::ports());
    let path = world.folder().join("poor");
    fs::create_dir(&path).expect("a folder");
    for tool in ["sh", "rm", "sleep"] {
        symlink(client::find(tool), path.join(tool)).expect("a link");
    }
    let run = both(&world, "bad", &good).env("PATH", &path);
    let done = run.finish(LONG).expect(2);
    assert!(done.err().contains("your ssh cannot be started"), "{}", done.err());
    assert!(done.err().contains("apt install openssh-client"), "{}", done.err());
}

#[test]
fn ndjson_carries_cause_and_fix_of_a_failure() {
    let (world, good) = world();
    let done = both(&world, "no-such-host.invalid", &good).arg("--json").finish(LONG).expect(2);
    assert_eq!(done.err(), "");
    let errors = events(&done.stdout, "error");
    assert_eq!(errors.len(), 1, "{}", done.out());
    let error = &errors[0];
    assert_eq!(error["cvm"], "no-such-host.invalid");
    assert_eq!(error["path"], good.log("genesis.out").path.as_str());
    assert_eq!(error["message"], "the name no-such-host.invalid does not resolve");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.starts_with("check the name")), "{error}");
    assert!(done.out().contains("\"line\":\"fine\""), "{}", done.out());
}
