//! Every way in which a run ends: its status, and that nothing stays here or on a CVM.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::told::{LONG, nothing_left, nothing_left_of_local, nothing_left_there};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::poll::{SOON, eventually, must};
use crate::world::process::{Process, freeze};
use crate::world::run::{Run, binary};
use crate::world::running::Running;

/// How soon a run ends that is asked to, on a busy machine; well below what a stuck one takes.
const PROMPTLY: Duration = Duration::from_secs(10);

/// A world with two CVMs and a log of three lines on each.
fn world() -> (World, Vec<Cvm>) {
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm"]);
    for cvm in &cvms {
        cvm.log("genesis.out").put("one\ntwo\nthree\n");
    }
    (world, cvms)
}

/// A run that follows the log of the first CVM on all of them.
fn follow(world: &World, cvms: &[Cvm]) -> Run {
    let names: Vec<&str> = cvms.iter().map(Cvm::name).collect();
    world.cvmtail(&["-c", &names.join(","), &cvms[0].log("genesis.out").path])
}

/// The run, started, with all its backlog printed.
fn up(run: Run, cvms: &[Cvm]) -> Running {
    let run = run.start();
    run.wait_for_lines(3 * cvms.len());
    run
}

#[test]
fn a_signal_ends_it_with_its_own_status_and_nothing_stays() {
    let (world, cvms) = world();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let run = up(follow(&world, &cvms), &cvms);
        let told = Instant::now();
        run.signal(signal);
        let done = run.finish(PROMPTLY).expect(code);
        assert!(done.closed, "nobody holds its output open");
        let ended = told.elapsed();
        nothing_left(&world, &cvms);
        eprintln!("{signal:?}: ended after {ended:?}, the CVMs were clean after {:?}", told.elapsed());
    }
}

#[test]
fn ctrl_c_on_a_terminal_reaches_all_of_its_processes_and_nothing_stays() {
    let (world, cvms) = world();
    let mut run = up(follow(&world, &cvms).terminal(80, 24), &cvms);
    run.keys(b"\x03");
    run.finish(PROMPTLY).expect(130);
    nothing_left(&world, &cvms);
}

#[test]
fn a_kill_leaves_nothing() {
    let (world, cvms) = world();
    let run = up(follow(&world, &cvms), &cvms);
    run.signal(Signal::KILL);
    run.finish(PROMPTLY).expect(137);
    must(SOON, "nothing stays here", || world.left_here().is_nothing());
    nothing_left_there(&cvms, SOON);
}

#[test]
fn ctrl_c_while_it_connects_leaves_nothing() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").relayed().start();
    cvm.relay().silence(true);
    let run = world.cvmtail(&["-c", "ntnx-a-cvm", "genesis"]).start();
    must(SOON, "ssh connects", || !world.masters().is_empty());
    run.interrupt();
    run.finish(PROMPTLY).expect(130);
    nothing_left(&world, &[]);
}

#[test]
fn a_reader_that_goes_ends_it_without_a_word() {
    let (world, cvms) = world();
    let binary = binary().display().to_string();
    let path = cvms[0].log("genesis.out").path;
    let line = format!("'{binary}' -q -c ntnx-a-cvm,ntnx-b-cvm --prefix none '{path}' | head -n 2");
    let done = world.run("sh", &["-c", &line]).finish(LONG).expect(0);
    assert_eq!((done.out().as_str(), done.err().as_str()), ("one\ntwo\n", ""));
    nothing_left(&world, &cvms);
    // The reader goes while nothing is to be written.
    let run = up(follow(&world, &cvms).arg("-q"), &cvms);
    run.close_stdout();
    let done = run.finish(PROMPTLY).expect(0);
    assert_eq!(done.err(), "");
    nothing_left(&world, &cvms);
}

/// A run whose stdout nobody reads, and which has filled everything between the log and stdout.
fn stuck(world: &World) -> (Cvm, Running) {
    let cvm = world.cvm("ntnx-a-cvm").relayed().start();
    let log = cvm.log("genesis.out");
    log.put("a line that fills every pipe on its way\n".repeat(500_000));
    let run = world.cvmtail(&["-c", "ntnx-a-cvm", "-n", "+1", &log.path]).stalled().start();
    let mut last = (0, Instant::now());
    must(SOON, "nothing moves any more", || {
        let bytes = cvm.relay().bytes();
        if bytes != last.0 {
            last = (bytes, Instant::now());
        }
        bytes > 1 << 20 && last.1.elapsed() > Duration::from_millis(500)
    });
    (cvm, run)
}

#[test]
fn ctrl_c_works_while_stdout_is_not_read() {
    let world = World::new();
    let (cvm, run) = stuck(&world);
    run.interrupt();
    run.finish(PROMPTLY).expect(130);
    nothing_left(&world, &[cvm]);
}

#[test]
fn ctrl_c_ends_a_flood_into_a_file() {
    let (world, cvms) = world();
    let log = cvms[0].log("stargate.out");
    fs::File::create(&log.file).unwrap().set_len(1 << 40).unwrap();
    let output = world.folder().join("output");
    let run = world.cvmtail(&["-c", cvms[0].name(), "--no-follow", "-n", "+1", "-o", "raw", &log.path]);
    let run = run.stdout_to(&output).start();
    must(SOON, "it floods", || fs::metadata(&output).is_ok_and(|about| about.len() > 8 << 20));
    run.interrupt();
    run.finish(PROMPTLY).expect(130);
    nothing_left(&world, &cvms);
}

#[test]
fn a_second_ctrl_c_ends_it_at_once() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let mut run = world.cvmtail(&["-c", "ntnx-a-cvm", &log.path]).start();
    run.wait_for_lines(1);
    // An ssh that does not listen is given a second to end, then it is made to.
    let masters = world.masters();
    freeze(masters.iter().map(|master| master.pid));
    run.interrupt();
    // Signals of one kind that come at once are one.
    must(SOON, "the first has been taken", || masters.iter().any(is_told_to_end));
    run.interrupt();
    let told = Instant::now();
    must(SOON, "it has ended", || run.has_ended());
    assert!(told.elapsed() < Duration::from_secs(1), "{:?}", told.elapsed());
    run.finish(SOON).expect(130);
    world.signal_masters(Signal::CONT);
    must(SOON, "nothing stays here", || world.left_here().is_nothing());
    nothing_left_commands(&cvm, Duration::from_secs(30));
}

/// True if a SIGTERM waits for that process, which is stopped.
fn is_told_to_end(process: &Process) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid)).unwrap_or_default();
    let waiting = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
    let waiting = waiting.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    waiting & 1 << (Signal::TERM.as_raw() - 1) != 0
}

/// A bounded run that has read everything and hung up while nobody reads what it prints; gives how much that is.
fn left(world: &World) -> (Cvm, Running, usize) {
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    // A little too much for the pipe of 1 MiB that stdout is given: the rest is read from the CVM before anything is
    // taken, in however small pieces it comes.
    let text = "a line that waits until somebody takes it\n".repeat(25_500);
    log.put(&text);
    let bounded = ["-c", "ntnx-a-cvm", "-n", "+1", "--no-follow", "--prefix", "none", &log.path];
    let run = world.cvmtail(&bounded).stalled().start();
    run.wait_for_word("everything was read");
    must(LONG, "the CVM has been left", || world.here().iter().all(|process| process.name != "ssh"));
    (cvm, run, text.len())
}

#[test]
fn what_was_asked_for_waits_for_a_slow_reader() {
    let world = World::new();
    let (cvm, run, printed) = left(&world);
    // As long as anybody was ever given.
    let left = Instant::now();
    must(SOON, "nobody reads for a while", || left.elapsed() > Duration::from_millis(2500));
    run.resume_reading();
    let done = run.finish(LONG).expect(0);
    assert_eq!(done.stdout.len(), printed, "{}", done.err());
    nothing_left(&world, &[cvm]);
}

#[test]
fn ctrl_c_ends_the_wait_for_a_slow_reader() {
    let world = World::new();
    let (cvm, run, _) = left(&world);
    run.interrupt();
    run.finish(PROMPTLY).expect(130);
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_cut_cable_leaves_nothing_here_at_once_and_nothing_there_within_30_s() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").relayed().start();
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let run = world.cvmtail(&["-c", "ntnx-a-cvm", &log.path]).start();
    run.wait_for_lines(1);
    cvm.relay().silence(true);
    let cut = Instant::now();
    run.interrupt();
    run.finish(PROMPTLY).expect(130);
    let left = world.left_here();
    assert!(left.is_nothing(), "{left:?}");
    nothing_left_commands(&cvm, Duration::from_secs(30));
    eprintln!("cut: the CVM was clean after {:?}", cut.elapsed());
}

/// Ends the test unless the CVM's commands end within the time; sshd itself may wait for TCP.
fn nothing_left_commands(cvm: &Cvm, within: Duration) {
    let gone = eventually(within, || cvm.commands().is_empty());
    assert!(gone, "{:#?} {:#?}", cvm.commands(), cvm.processes());
}

#[test]
fn a_peer_that_falls_silent_is_noticed_within_20_s() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").relayed().start();
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let run = world.cvmtail(&["-c", "ntnx-a-cvm", "--no-reconnect", &log.path]).start();
    run.wait_for_lines(1);
    cvm.relay().silence(true);
    let cut = Instant::now();
    let done = run.finish(Duration::from_secs(30)).expect(2);
    assert!(cut.elapsed() < Duration::from_secs(22), "{:?}", cut.elapsed());
    assert!(done.err().contains("error: "), "{}", done.err());
}

#[test]
fn it_ends_by_itself_when_it_was_told_when() {
    let (world, cvms) = world();
    let code = |arguments: &[&str]| follow(&world, &cvms).args(arguments).finish(LONG).code();
    assert_eq!(code(&["--no-follow"]), 0);
    assert_eq!(code(&["--no-follow", "-g", "four"]), 1);
    assert_eq!(code(&["--no-follow", "-n", "0"]), 1);
    assert_eq!(code(&["--for", "1s", "-n", "0"]), 1);
    assert_eq!(code(&["--for", "0.01"]), 1);
    assert_eq!(code(&["-m", "1"]), 0);
    // Without a handshake, so that a busy machine has something to print in that time.
    let log = cvms[0].log("genesis.out").file.display().to_string();
    let done = world.cvmtail(&["-c", "local", "--for", "3s", &log]).finish(LONG).expect(0);
    assert!(done.took >= Duration::from_secs(3), "{:?}", done.took);
    nothing_left_of_local(&world);
    nothing_left(&world, &cvms);
}

#[test]
fn a_maximum_of_lines_is_exact() {
    let (world, cvms) = world();
    let log = cvms[0].log("genesis.out");
    for (count, form) in [("1", "raw"), ("5", "text"), ("1234", "ndjson")] {
        log.put("a line\n".repeat(5_000));
        let run = follow(&world, &cvms[..1]).args(["-n", "+1", "-m", count, "-o", form, "-q"]);
        let done = run.finish(LONG).expect(0);
        let lines = done.out().lines().filter(|line| line.contains("a line")).count();
        assert_eq!(lines.to_string(), count);
    }
    // It counts what is printed, over all streams, and waits for what is to come.
    log.put("one\n");
    let run = follow(&world, &cvms[..1]).args(["-m", "3", "-v", "no", "--prefix", "none"]).start();
    run.wait_for_lines(1);
    log.push("no\ntwo\nno\nthree\nfour\n");
    let done = run.finish(SOON).expect(0);
    assert_eq!(done.out(), "one\ntwo\nthree\n");
    nothing_left(&world, &cvms);
}

#[test]
fn a_maximum_of_lines_ends_with_a_whole_line_however_long() {
    let (world, cvms) = world();
    let log = cvms[0].log("genesis.out");
    let text = "x".repeat(3_000_000);
    log.put(format!("{text}\nnext\n"));
    let run = follow(&world, &cvms[..1]).args(["-n", "+1", "-m", "1", "-o", "raw"]);
    let done = run.finish(LONG).expect(0);
    assert_eq!(done.stdout.len(), text.len() + 1);
}

#[test]
fn nohup_keeps_it_from_ending_with_the_terminal() {
    let (world, cvms) = world();
    let binary = binary().display().to_string();
    let log = cvms[0].log("genesis.out");
    let run = world.run("nohup", &[&binary, "-c", "ntnx-a-cvm", "--prefix", "none", &log.path]).start();
    run.wait_for_lines(3);
    run.signal(Signal::HUP);
    log.push("four\n");
    run.wait_for_lines(4);
    run.signal(Signal::TERM);
    run.finish(PROMPTLY).expect(143);
    nothing_left(&world, &cvms);
}

#[test]
fn closed_ends_of_its_own_do_no_harm() {
    let (world, cvms) = world();
    let binary = binary().display().to_string();
    let path = cvms[0].log("genesis.out").path;
    let run = |ends: &str| {
        let line = format!("'{binary}' -c ntnx-a-cvm --no-follow --prefix none '{path}' {ends}");
        world.run("sh", &["-c", &line]).finish(LONG)
    };
    assert_eq!(run("<&-").expect(0).out(), "one\ntwo\nthree\n");
    assert_eq!(run("2>&-").expect(0).out(), "one\ntwo\nthree\n");
    assert_eq!(run("<&- 2>&-").expect(0).out(), "one\ntwo\nthree\n");
    assert_eq!(run(">/dev/full").code(), 2);
    assert!(run(">/dev/full").err().contains("stdout cannot be written: No space left"));
    assert_eq!(run(">/dev/null").code(), 0);
    let file = world.folder().join("out");
    run(&format!("> {}", file.display())).expect(0);
    assert_eq!(fs::read_to_string(file).expect("what it printed"), "one\ntwo\nthree\n");
    nothing_left(&world, &cvms);
}

#[test]
fn directories_that_only_look_like_ours_outlive_every_run() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    log.put("fine\n");
    let run = world.folder().join("run");
    let others =
        ["cvmtail-0.1.0", "cvmtail-incident-4711", "cvmtail-4711", "cvmtail-sockets-4711-0123456789abcdef"];
    for name in others {
        fs::create_dir(run.join(name)).expect("a directory");
        fs::set_permissions(run.join(name), Permissions::from_mode(0o700)).expect("chmod");
        fs::write(run.join(name).join("0"), "precious\n").expect("a file");
    }
    let dead = run.join("cvmtail-sockets-4711-00000000deadbeef");
    fs::create_dir(&dead).expect("a directory");
    fs::set_permissions(&dead, Permissions::from_mode(0o700)).expect("chmod");
    drop(UnixListener::bind(dead.join("0")).expect("a socket"));
    let arguments = ["-c", &cvm.target(), "-n", "+1", &log.path];
    world.cvmtail(&arguments).arg("--no-follow").finish(LONG).expect(0);
    assert!(!dead.exists(), "what a dead run left is gone");
    let killed = world.cvmtail(&arguments).start();
    killed.wait_for("the line has come", LONG, |out| out.ends_with(b"fine\n"));
    killed.signal(Signal::KILL);
    killed.finish(LONG);
    let names = || {
        let entries = fs::read_dir(&run).expect("readable").flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let mut wanted = others.map(str::to_owned);
    wanted.sort();
    must(SOON, "the killed run's own directory is gone", || names() == wanted);
    for name in others {
        assert_eq!(fs::read_to_string(run.join(name).join("0")).expect("there"), "precious\n");
    }
    nothing_left_there(&[cvm], LONG);
}
