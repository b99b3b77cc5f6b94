//! What heals by itself is waited for; what only the user can heal is told, and the others go on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::told::judge_alone;
use crate::world::World;
use crate::world::checker::Checker;
use crate::world::client::make_key;
use crate::world::cvm::Cvm;
use crate::world::poll::{SOON, must};
use crate::world::running::Running;
use crate::world::writer::Writer;

/// Two CVMs, followed; the first of them reboots into something else, the second goes on.
fn reboots_into(change: impl FnOnce(&Cvm), words: &[&str], after: impl FnOnce(&Cvm)) {
    let world = World::new();
    let cvms: Vec<Cvm> =
        World::start(["ntnx-a-cvm", "ntnx-b-cvm"].map(|name| world.cvm(name).relayed()).into());
    let [a, b] = &cvms[..] else { unreachable!() };
    let mut writers: Vec<Writer> = cvms.iter().map(|cvm| Writer::new(&cvm.log("genesis.out"), 1)).collect();
    for writer in &mut writers {
        writer.append(5);
    }
    let mut paths: Vec<String> = writers.iter().map(|writer| writer.log.path.clone()).collect();
    paths.dedup();
    let targets = [a.target(), b.target()].join(",");
    let mut run = world
        .cvmtail(&["--json", "-n", "+1", "--dead-after", "3s", "-c", &targets, "-m", "30"])
        .args(&paths)
        .start();
    run.wait_for("ten lines", SOON, |out| lines(out) == 10);
    a.shut_down();
    change(a);
    // What the network forgets with the machine; else it takes the time of `--dead-after`.
    a.relay().cut();
    a.boot();
    run.wait_for("an error of the first CVM", SOON * 3, |out| {
        events(out, "error").iter().any(|event| event["cvm"] == *a.target())
    });
    let told = events(&run.stdout(), "error");
    let first = told.iter().find(|event| event["cvm"] == *a.target()).expect("just seen").to_string();
    for word in words {
        assert!(first.contains(word), "{word:?} in {first}");
    }
    assert!(!told[0]["hint"].is_null(), "the fix is told: {first}");
    // Nobody goes on knocking.
    let knocks = a.relay().accepted();
    writers[1].append(25);
    must(SOON, "it ends by itself", || run.has_ended());
    assert_eq!(a.relay().accepted(), knocks);
    let done = run.finish(SOON).expect(2);
    after(a);
    let report = Checker::new([&writers[1].ledger]).ndjson(&only(&done.stdout, &b.target()));
    assert!(report.is_clean() && report.seen == 25, "{report}");
}

/// How many line objects there are.
fn lines(out: &[u8]) -> usize {
    String::from_utf8_lossy(out).lines().filter(|line| line.contains("\"type\":\"line\"")).count()
}

/// The events of that status.
fn events(out: &[u8], status: &str) -> Vec<serde_json::Value> {
    let out = String::from_utf8_lossy(out);
    out.lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|object| object["status"] == status)
        .collect()
}

/// The objects of one CVM.
fn only(out: &[u8], cvm: &str) -> Vec<u8> {
    let out = String::from_utf8_lossy(out);
    let name = format!("\"cvm\":\"{cvm}\"");
    out.lines()
        .filter(|line| line.contains(&name))
        .flat_map(|line| format!("{line}\n").into_bytes())
        .collect()
}

#[test]
fn a_cvm_that_comes_back_with_another_host_key_is_told_of_and_left_alone() {
    reboots_into(
        |cvm| {
            for name in ["host_key", "host_key.pub"] {
                fs::remove_file(cvm.folder().join(name)).expect("the host key");
            }
            make_key(&cvm.folder().join("host_key"));
        },
        &["has changed: the CVM was reinstalled, or this is another machine", "ssh-keygen"],
        |_| {},
    );
}

#[test]
fn a_cvm_that_comes_back_and_refuses_the_key_is_told_of_and_left_alone() {
    reboots_into(
        |cvm| fs::write(cvm.folder().join("authorized_keys"), "").expect("room in /tmp"),
        &["was refused", "ssh-copy-id"],
        |_| {},
    );
}

#[test]
fn a_cvm_that_comes_back_with_a_menu_hears_nothing_that_could_do_harm() {
    reboots_into(
        |cvm| {
            let (menu, typed) = (cvm.folder().join("home/menu"), cvm.folder().join("home/typed"));
            fs::write(&typed, "").expect("room in /tmp");
            fs::set_permissions(&typed, fs::Permissions::from_mode(0o666)).expect("chmod");
            // In its own file tree its home is /home; below a world of ports it is not.
            let seen = if crate::world::grade::Grade::best() == crate::world::grade::Grade::Namespaces {
                "/home".to_owned()
            } else {
                cvm.folder().join("home").display().to_string()
            };
            let text = format!(
                "#!/bin/sh\necho 'Welcome. 1) status 2) reboot'\nwhile IFS= read -r line; do\n\
                 printf '%s\\n' \"$line\" >>{seen}/typed; echo 'No such choice. 1) status 2) reboot'; done\n"
            );
            fs::write(&menu, text).expect("room in /tmp");
            fs::set_permissions(&menu, fs::Permissions::from_mode(0o755)).expect("chmod");
            let config = cvm.folder().join("sshd_config");
            let old = fs::read_to_string(&config).expect("the config");
            fs::write(&config, format!("ForceCommand {seen}/menu\n{old}")).expect("room in /tmp");
        },
        &["shell", "reboot"],
        |cvm| {
            let typed = fs::read_to_string(cvm.folder().join("home/typed")).expect("what was typed");
            assert_eq!(typed.lines().count(), 1, "one line that does no harm, and no script: {typed}");
            assert!(typed.starts_with("printf "), "{typed}");
        },
    );
}

/// Follows one log of a relayed CVM and waits for its first lines.
fn follow_one(world: &World, flags: &[&str]) -> (Cvm, Writer, Running) {
    let cvm = world.cvm("ntnx-a-cvm").relayed().start();
    let mut writer = Writer::new(&cvm.log("genesis.out"), 1);
    writer.append(5);
    let run = world
        .cvmtail(&["--json", "-n", "+1", "--dead-after", "3s", "-c", &cvm.target(), &writer.log.path])
        .args(flags)
        .start();
    run.wait_for("five lines", SOON, |out| lines(out) == 5);
    (cvm, writer, run)
}

#[test]
fn without_reconnecting_a_broken_stream_has_failed() {
    let world = World::new();
    let (cvm, _writer, mut run) = follow_one(&world, &["--no-reconnect"]);
    let accepted = cvm.relay().accepted();
    cvm.relay().cut();
    must(SOON, "it ends by itself", || run.has_ended());
    let done = run.finish(SOON).expect(2);
    assert_eq!(cvm.relay().accepted(), accepted);
    assert!(events(&done.stdout, "reconnecting").is_empty());
    assert_eq!(events(&done.stdout, "error").len(), 1);
}

#[test]
fn a_limit_of_tries_counts_those_in_a_row() {
    let world = World::new();
    let (cvm, mut writer, mut run) = follow_one(&world, &["--retry-limit", "2"]);
    for round in 1..=4_usize {
        cvm.relay().cut();
        writer.append(5);
        run.wait_for("the lines after a cut", SOON, |out| lines(out) == 5 + 5 * round);
    }
    cvm.shut_down();
    must(SOON * 2, "it gives up", || run.has_ended());
    let done = run.finish(SOON).expect(2);
    let attempts: Vec<u64> =
        events(&done.stdout, "reconnecting").iter().filter_map(|event| event["attempt"].as_u64()).collect();
    assert_eq!(attempts, [1, 1, 1, 1, 1, 2], "{}", done.out());
    judge_alone([&writer]).ndjson(&done.stdout).assert_exact();
}

#[test]
fn a_dead_peer_is_noticed_in_time_and_a_slow_one_is_not_called_dead() {
    let world = World::new();
    let (cvm, mut writer, run) = follow_one(&world, &[]);
    cvm.relay().latency(Duration::from_millis(500));
    // ssh counts whole packets, of 32 KiB at most: this is more than one a second.
    cvm.relay().trickle(40_000);
    writer.append(1_500);
    run.wait_for("all lines of a slow CVM", SOON * 2, |out| lines(out) == 1_505);
    assert!(events(&run.stdout(), "reconnecting").is_empty(), "slow is not dead");
    cvm.relay().latency(Duration::ZERO);
    cvm.relay().trickle(0);
    let silent = std::time::Instant::now();
    cvm.relay().silence(true);
    run.wait_for("a word about the silence", SOON, |out| !events(out, "reconnecting").is_empty());
    // Three seconds were asked for; a busy machine may be late.
    assert!(silent.elapsed() < Duration::from_secs(8), "{:?}", silent.elapsed());
    cvm.relay().silence(false);
    writer.append(5);
    run.wait_for("the lines after it", SOON * 2, |out| lines(out) == 1_510);
    judge_alone([&writer]).ndjson(&run.stdout()).assert_exact();
}
