//! A snapshot that nobody watches: bounded in time, without a terminal or a home, ended by signals.

use std::time::Duration;

use rustix::process::Signal;

use super::{LOGS, document, fine, line, snapshot, troubled};
use crate::told::{LONG, list, nothing_left};
use crate::world::World;
use crate::world::run::Run;

#[test]
fn a_cvm_that_hangs_costs_no_more_than_the_timeout() {
    let Some((world, cvms)) = troubled() else { return };
    cvms[0].freeze();
    let run = snapshot(&world, &cvms[..2], &LOGS, &["--json", "--timeout", "3s", "--connect-timeout", "1m"]);
    let done = run.finish(LONG).expect(2);
    assert!(done.took < Duration::from_secs(9), "{:?}", done.took);
    assert!(done.closed);
    let told = document(&done);
    assert_eq!(told["cvms"][0]["message"], "not reached within 3 s (--timeout)");
    assert_eq!(told["cvms"][1]["logs"][0]["status"], "ok");
    cvms[0].thaw();
    nothing_left(&world, &cvms[..2]);
}

#[test]
fn a_log_that_does_not_end_in_time_is_reported_as_far_as_it_was_read() {
    let Some(world) = World::namespaces() else { return };
    let cvm = world.cvm("slow").relayed().start();
    let log = cvm.log("genesis.out");
    let lines: String = (0..200_000).map(|n| line(30, "ERROR", &format!("Rpc {n} failed"))).collect();
    log.put(&lines);
    cvm.relay().trickle(200_000);
    let run = world.cvmtail(&["snapshot", "-c", "slow", "--json", "--timeout", "4s", &log.path]);
    let done = run.finish(LONG).expect(2);
    assert!(done.took < Duration::from_secs(10), "{:?}", done.took);
    let told = document(&done);
    let genesis = &told["cvms"][0]["logs"][0];
    assert_eq!(
        (&genesis["status"], &genesis["message"]),
        (&"unreadable".into(), &"not read to its end within 4 s (--timeout)".into())
    );
    assert!((1..200_000).contains(&genesis["lines"].as_u64().expect("a number")), "{}", genesis["lines"]);
    nothing_left(&world, &[cvm]);
}

#[test]
fn cron_has_no_terminal_no_home_and_no_reader() {
    let Some((world, cvms)) = troubled() else { return };
    let bare =
        |run: Run| run.no_env("HOME").no_env("XDG_CONFIG_HOME").no_env("XDG_RUNTIME_DIR").env("LC_ALL", "C");
    let config = world.ssh_config().display().to_string();
    let run = || bare(snapshot(&world, &cvms[..2], &LOGS, &["-F", &config]));
    let out = run().finish(LONG).expect(0).out();
    assert!(out.is_ascii() && !out.contains('\u{1b}'), "{out}");
    // Two at once, and one without stdout.
    let binary = env!("CARGO_BIN_EXE_cvmtail");
    let both = [run().start(), run().start()];
    let paths: Vec<String> = LOGS.iter().map(|log| cvms[0].log(log).path).collect();
    let closed = format!(
        "exec {binary} snapshot -c {} --max-errors 3 -F {config} {} >&- 2>&-",
        list(&cvms[..2]),
        paths.join(" ")
    );
    bare(world.run("sh", &["-c", &closed])).finish(LONG).expect(1);
    for running in both {
        running.finish(LONG).expect(0);
    }
    nothing_left(&world, &cvms[..2]);
}

#[test]
fn signals_end_it_and_nothing_stays() {
    let Some((world, cvms)) = troubled() else { return };
    cvms[1].freeze_sshd();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let running = snapshot(&world, &cvms[..2], &LOGS, &["--connect-timeout", "1m", "--verbose"]).start();
        crate::world::poll::must(LONG, "it is on the first CVM", || !cvms[0].processes().is_empty());
        running.signal(signal);
        let done = running.finish(Duration::from_secs(10)).expect(code);
        assert!(done.stdout.is_empty() && done.closed, "{}", done.out());
        nothing_left(&world, &cvms[..1]);
    }
    cvms[1].thaw();
    nothing_left(&world, &cvms[..2]);
}

#[test]
fn a_terminal_gets_bars_and_colours() {
    let Some((world, cvms)) = troubled() else { return };
    let done =
        snapshot(&world, &cvms[..2], &LOGS, &["--max-errors", "3"]).terminal(120, 40).finish(LONG).expect(1);
    let out = done.out();
    assert!(out.contains("████████") && out.contains("\u{1b}[31m"), "{out}");
    assert!(!out.contains("\u{1b}[31m<&"), "{out}");
    let cold =
        snapshot(&world, &cvms[..2], &LOGS, &["--color", "never"]).terminal(120, 40).env("LC_ALL", "C");
    let out = cold.finish(LONG).expect(0).out();
    assert!(out.contains("########") && !out.contains('█'), "{out}");
}

#[test]
fn a_menu_is_fed_a_greeting_only_and_few_sessions_are_enough() {
    let Some(world) = World::namespaces() else { return };
    let menu = world
        .cvm("menu")
        .option("ForceCommand sh -c 'echo 1: reboot; while read x; do echo \"what is $x\" >>~/fed; done'");
    let cvms = World::start(vec![menu, world.cvm("narrow").option("MaxSessions 1")]);
    for log in LOGS {
        cvms[1].log(log).put(fine());
    }
    let done = snapshot(&world, &cvms, &LOGS, &["--json"]).finish(LONG).expect(2);
    let told = document(&done);
    let message = told["cvms"][0]["message"].as_str().expect("a cause");
    assert!(message.starts_with("no shell answered on ") && message.contains("1: reboot"), "{message}");
    let fed = std::fs::read_to_string(cvms[0].home().join("fed")).unwrap_or_default();
    assert_eq!(fed.lines().count(), 1, "{fed}");
    let logs = told["cvms"][1]["logs"].as_array().expect("logs");
    assert!(logs.len() == 3 && logs.iter().all(|log| log["status"] == "ok" && log["lines"] == 2), "{told}");
    nothing_left(&world, &cvms);
}
