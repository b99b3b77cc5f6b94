//! The ways to name CVMs, each followed for real, and the ways to be told what was wrong with one.

use std::collections::BTreeSet;
use std::fs;

use crate::told::{LONG, nothing_left, nothing_left_of_local};
use crate::world::World;
use crate::world::client;
use crate::world::cvm::Cvm;
use crate::world::poll::SOON;
use crate::world::run::Run;

/// A world with two CVMs, each with a log that says so.
fn world() -> (World, Vec<Cvm>) {
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm"]);
    for cvm in &cvms {
        cvm.log("genesis.out").put("one\n");
    }
    (world, cvms)
}

/// A run that reads the log of the first CVM on those that the flags name.
fn read(world: &World, cvms: &[Cvm], flags: &[&str]) -> Run {
    let path = cvms[0].log("genesis.out").path;
    world.cvmtail(&["--no-follow", "--prefix", "cvm", &path]).args(flags)
}

/// Which CVMs printed something; the run must be without failure.
#[track_caller]
fn who(run: Run) -> BTreeSet<String> {
    let out = run.finish(LONG).expect(0).out();
    out.lines().filter_map(|line| Some(line.split_once(" | ")?.0.to_owned())).collect()
}

/// The set of these words.
fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Writes the config of the person.
fn config(world: &World, text: &str) -> String {
    let folder = world.home().join(".config/cvmtail");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("config.toml");
    fs::write(&file, text).expect("a config");
    file.display().to_string()
}

#[test]
fn every_way_to_name_cvms_reaches_them() {
    let (world, cvms) = world();
    let user = if cvms[0].port() == 22 { "nutanix".to_owned() } else { client::user() };
    let (address, port) = (cvms[0].address(), cvms[0].port());
    let full = format!("{user}@{address}:{port}");
    assert_eq!(who(read(&world, &cvms, &["-c", &full])).len(), 1);
    let both = set(&["ntnx-a-cvm", "ntnx-b-cvm"]);
    assert_eq!(who(read(&world, &cvms, &["-c", "ntnx-a-cvm", "-c", "ntnx-b-cvm"])), both);
    assert_eq!(who(read(&world, &cvms, &["-c", "ntnx-a-cvm,ntnx-b-cvm"])), both);
    assert_eq!(who(read(&world, &cvms, &["-c", "ntnx-[a-b]-cvm"])), both);
    let one = set(&["ntnx-b-cvm"]);
    assert_eq!(who(read(&world, &cvms, &["-c", "ntnx-[a-b]-cvm", "--exclude-cvm", "ntnx-a-cvm"])), one);
    let file = world.folder().join("cvms");
    fs::write(&file, "# the lab\n\nntnx-a-cvm # left\n  ntnx-b-cvm\n").expect("a file");
    assert_eq!(who(read(&world, &cvms, &["--cvm-file", &file.display().to_string()])), both);
    assert_eq!(who(read(&world, &cvms, &["--cvm-file", "-"]).stdin("ntnx-b-cvm\n")), one);
    assert_eq!(who(read(&world, &cvms, &[]).env("CVMTAIL_CVMS", "ntnx-[a-b]-cvm")), both);
    assert_eq!(who(read(&world, &cvms, &["-c", "ntnx-b-cvm"]).env("CVMTAIL_CVMS", "ntnx-a-cvm")), one);
    config(
        &world,
        "default_cluster = \"one\"\n[clusters.lab]\ncvms = [\"ntnx-[a-b]-cvm\"]\n[clusters.one]\ncvms = [\"ntnx-b-cvm\"]\n",
    );
    assert_eq!(who(read(&world, &cvms, &["-c", "@lab"])), both);
    assert_eq!(who(read(&world, &cvms, &[])), one);
    nothing_left(&world, &cvms);
}

#[test]
fn this_machine_needs_no_ssh() {
    let world = World::new();
    let log = world.folder().join("here.out");
    fs::write(&log, "one\n").expect("a log");
    let run = world.cvmtail(&["-c", "local", "--prefix", "cvm"]).arg(&log).start();
    run.wait_for_line("local | one");
    assert!(world.here().iter().all(|process| process.name != "ssh"), "{:?}", world.here());
    fs::rename(&log, world.folder().join("here.out.1")).expect("a rotation");
    fs::write(&log, "two\n").expect("a log");
    run.wait_for_line("local | two");
    run.interrupt();
    run.finish(SOON).expect(130);
    nothing_left_of_local(&world);
    let run = world.cvmtail(&["-c", "local"]).arg(&log).start();
    run.wait_for_line("two");
    run.signal(rustix::process::Signal::KILL);
    drop(run);
    nothing_left_of_local(&world);
}

#[test]
fn an_ipv6_address_with_and_without_a_port() {
    let (world, cvms) = world();
    let Some(six) = cvms[0].address6() else { return };
    let option = ["--ssh-option", "StrictHostKeyChecking=no"];
    for name in [six.clone(), format!("[{six}]"), format!("[{six}]:22"), format!("nutanix@[{six}]:22")] {
        let done = read(&world, &cvms, &["-c", &name]).args(option).finish(LONG).expect(0);
        assert!(done.out().ends_with(" | one\n"), "{}", done.out());
    }
}

#[test]
fn a_cvm_named_twice_is_told_and_followed_once() {
    let (world, cvms) = world();
    let run = read(&world, &cvms, &["-c", "ntnx-a-cvm,ntnx-b-cvm", "-c", "ntnx-a-cvm"]);
    let done = run.finish(LONG).expect(0);
    assert_eq!(done.out().lines().filter(|line| *line == "ntnx-a-cvm | one").count(), 1);
    assert!(done.err().contains("ntnx-a-cvm") && done.err().contains("twice"), "{}", done.err());
}

#[test]
fn flags_for_ssh_reach_it() {
    let (world, cvms) = world();
    let cvm = &cvms[0];
    let (address, port) = (cvm.address().to_string(), cvm.port().to_string());
    let key = world.home().join(".ssh/id_ed25519").display().to_string();
    let known = format!("UserKnownHostsFile={}", world.home().join(".ssh/known_hosts").display());
    let user = if port == "22" { "nutanix".to_owned() } else { client::user() };
    // Nothing of the person's own config: all of it by flags.
    let empty = world.home().join("empty");
    fs::write(&empty, "").expect("an empty config");
    let bare = ["-c", &address, "-F", &empty.display().to_string(), "--ssh-option", &known];
    let flags = ["--user", &user, "--port", &port, "--identity", &key];
    assert_eq!(who(read(&world, &cvms, &bare).args(flags)), set(&[&address]));
    let wrong = read(&world, &cvms, &["-c", "ntnx-a-cvm", "--user", "nobody"]).finish(LONG).expect(2);
    assert!(wrong.err().contains("nobody@ntnx-a-cvm "), "{}", wrong.err());
    let wrong = read(&world, &cvms, &["-c", &address, "--port", "1"]).finish(LONG).expect(2);
    assert!(wrong.err().contains(&format!("nothing listens on port 1 of {address}")), "{}", wrong.err());
    let wrong =
        read(&world, &cvms, &["-c", "ntnx-a-cvm", "--ssh-option", "Nonsense=yes"]).finish(LONG).expect(2);
    assert!(wrong.err().contains("ssh does not accept an option of the command line"), "{}", wrong.err());
    nothing_left(&world, &cvms);
}

#[test]
fn a_jump_through_another_cvm_and_one_that_fails() {
    let (world, cvms) = world();
    assert_eq!(who(read(&world, &cvms, &["-c", "ntnx-b-cvm", "-J", "ntnx-a-cvm"])), set(&["ntnx-b-cvm"]));
    let said = cvms[0].words();
    assert!(said.contains("Accepted publickey"), "the jump host was passed: {said}");
    let done = read(&world, &cvms, &["-c", "ntnx-b-cvm", "-J", "nowhere.invalid"]).finish(LONG).expect(2);
    let message =
        "cannot connect through the jump host nowhere.invalid: the name nowhere.invalid does not resolve";
    assert!(done.err().contains(message), "{}", done.err());
    let target = format!("{}:1", cvms[1].address());
    let done = read(&world, &cvms, &["-c", &target, "-J", "ntnx-a-cvm"]).finish(LONG).expect(2);
    assert!(done.err().contains("seen from the jump host ntnx-a-cvm"), "{}", done.err());
    config(&world, "[clusters.far]\ncvms = [\"ntnx-b-cvm\"]\njump = \"ntnx-a-cvm\"\n");
    assert_eq!(who(read(&world, &cvms, &["-c", "@far"])), set(&["ntnx-b-cvm"]));
    nothing_left(&world, &cvms);
}

#[test]
fn a_config_that_is_wrong_is_told_with_line_and_column() {
    let world = World::new();
    for (text, place, says) in [
        ("default_logs = [\"genesis\"]\ncolour = true\n", ":2:1", "colour"),
        ("[defaults]\nlines = 5\n  liens = 5\n", ":3:3", "liens"),
        ("[clusters.lab]\ncvms = [\"a\"\n", ":2:12", "array"),
        ("[clusters.lab]\ncvms = 5\n", ":2:8", "5"),
        ("[defaults]\nquiet = \"yes\"\n", ":2:1", "quiet"),
        ("[clusters.lab]\ncvms = [\"a\"]\nusr = \"x\"\n", ":3:1", "usr"),
    ] {
        let file = config(&world, text);
        let done = world.cvmtail(&["-c", "local", "/x/y"]).finish(SOON).expect(2);
        let told = done.err();
        assert!(told.contains(&format!("{file}{place}")), "{text:?} is wrong at {place}: {told}");
        assert!(told.contains(says), "{says}: {told}");
    }
    config(&world, "");
    let missing = world.cvmtail(&["--config", "no.toml", "-c", "local", "/x/y"]).finish(SOON).expect(2);
    assert!(missing.err().contains("no.toml"), "{}", missing.err());
}

#[test]
fn defaults_of_the_config_hold_and_the_command_line_wins() {
    let (world, cvms) = world();
    cvms[0].log("genesis.out").put("one\ntwo\nthree\n");
    let path = cvms[0].log("genesis.out").path;
    config(
        &world,
        &format!(
            "default_logs = [\"mine\"]\n[logs]\nmine = {path:?}\n[defaults]\nlines = 2\noutput = \"raw\"\nno-follow = true\nquiet = true\n"
        ),
    );
    let done = world.cvmtail(&["-c", "ntnx-a-cvm"]).finish(LONG).expect(0);
    assert_eq!((done.out().as_str(), done.err().as_str()), ("two\nthree\n", ""));
    let done = world.cvmtail(&["-c", "ntnx-a-cvm", "-n", "1", "-o", "text", "mine"]).finish(LONG).expect(0);
    assert_eq!(done.out(), "ntnx-a-cvm mine | three\n");
}

#[test]
fn words_that_mean_nothing_are_usage_errors_with_a_way_out() {
    let world = World::new();
    for (arguments, says) in [
        (&["-c", "local"][..], "no log given"),
        (&["genesis"], "no CVM"),
        (&["-c", "local", "gensis"], "genesis"),
        (&["-c", "local", "zzz*"], "no log name matches"),
        (&["-c", "@nope", "genesis"], "nope"),
        (&["-c", "10.0.0.[4-1]", "genesis"], "10.0.0.[4-1]"),
        (&["-c", "host:99999", "genesis"], "99999"),
        (&["--cvm=-oProxyCommand=touch owned", "genesis"], "-oProxyCommand"),
        (&["-c", "local", "-n", "x", "genesis"], "--lines"),
        (&["-c", "local", "-m", "0", "genesis"], "--max-count"),
        (&["--cvm-file", "/no/such/file", "genesis"], "/no/such/file"),
    ] {
        let done = world.cvmtail(arguments).finish(SOON).expect(2);
        assert!(done.err().contains(says), "{arguments:?}: {}", done.err());
        assert_eq!(done.out(), "", "{arguments:?}");
    }
    assert!(!world.home().join("owned").exists());
}
