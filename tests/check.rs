//! `cvmtail check` on real sshds: every cause at its step, in the words of a follow, and what depends on it skipped.

mod form;

use serde_json::Value;

use crate::told::{LONG, events, list, nothing_left, objects};
use crate::world::World;
use crate::world::client;
use crate::world::cvm::Cvm;
use crate::world::grade::Grade;
use crate::world::run::Run;
use crate::world::running::Finished;
use crate::world::trouble::{self, SWALLOWING, command};

/// The steps of a CVM, in their order.
const OF_CVM: [&str; 7] = ["resolve", "connect", "host_key", "auth", "shell", "sessions", "clock"];

/// The steps of a log, in their order.
const OF_LOG: [&str; 3] = ["log_exists", "log_readable", "log_fresh"];

/// A world with one CVM that is well, with a log.
fn world() -> (World, Cvm) {
    with_good(World::new())
}

/// That world with a CVM that is well, and its log `own.out`.
fn with_good(world: World) -> (World, Cvm) {
    trouble::beside_good(world, "own.out")
}

/// A check of that CVM and of the log `own.out`, as objects.
fn check(world: &World, cvm: &str, good: &Cvm) -> Run {
    world.cvmtail(&["check", "--json", "-c", cvm, &good.log("own.out").path])
}

/// The steps of a CVM (`log`: of one of its logs) in the order told.
#[track_caller]
fn steps(done: &Finished, cvm: &str, log: Option<&str>) -> Vec<Value> {
    let all = objects(&done.stdout).into_iter();
    all.filter(|it| it["type"] == "step" && it["cvm"] == cvm && it["log"].as_str() == log).collect()
}

/// How the steps went: `resolve passed`, in their order.
fn way(steps: &[Value]) -> Vec<String> {
    let word = |step: &Value, key: &str| step[key].as_str().expect("a word").to_owned();
    steps.iter().map(|step| format!("{} {}", word(step, "step"), word(step, "status"))).collect()
}

/// How they go if those before `failed` pass, it fails, and those after it are skipped.
fn failing_at(names: &[&str], failed: &str) -> Vec<String> {
    let at = names.iter().position(|name| *name == failed).unwrap_or(0);
    let status = |index: usize| match index.cmp(&at) {
        std::cmp::Ordering::Less => "passed",
        std::cmp::Ordering::Equal if names[at] == failed => "failed",
        _ => "skipped",
    };
    names.iter().enumerate().map(|(index, name)| format!("{name} {}", status(index))).collect()
}

/// Who is logged in on a CVM.
fn user(world: &World) -> String {
    if world.grade() == Grade::Namespaces { "nutanix".to_owned() } else { client::user() }
}

/// Checks the CVM; ends the test unless it fails at that step with exactly this cause and a fix that has these
/// words, skips all that depends on it, says what a follow says, and is status 1. Gives the step.
#[track_caller]
fn assert_fails(
    world: &World,
    (cvm, good): (&str, &Cvm),
    more: &[&str],
    step: &str,
    (message, fix): (&str, &str),
) -> Value {
    let done = check(world, cvm, good).args(more).finish(LONG).expect(1);
    assert_eq!((done.err().as_str(), done.closed), ("", true));
    let of_cvm = steps(&done, cvm, None);
    assert_eq!(way(&of_cvm), failing_at(&OF_CVM, step), "{}", done.out());
    assert_eq!(way(&steps(&done, cvm, Some("own.out"))), failing_at(&OF_LOG, ""), "{}", done.out());
    for skipped in of_cvm.iter().filter(|it| it["status"] == "skipped") {
        assert_eq!(skipped["message"], format!("not tried: {step} comes first"));
        assert!(skipped["hint"].is_null() && skipped["duration_ms"].is_null(), "{skipped}");
    }
    let failed = of_cvm.into_iter().find(|it| it["status"] == "failed").expect("the failed step");
    assert_eq!(failed["message"], message);
    assert!(failed["hint"].as_str().is_some_and(|hint| hint.contains(fix)), "{fix}: {failed}");
    let last = objects(&done.stdout).pop().expect("a summary");
    assert_eq!((&last["type"], &last["cvms"], &last["failed"]), (&"summary".into(), &1.into(), &1.into()));
    let path = good.log("own.out").path;
    let followed =
        world.cvmtail(&["--no-follow", "--json", "-c", cvm, &path]).args(more).finish(LONG).expect(2);
    let errors = events(&followed.stdout, "error");
    assert_eq!(errors.len(), 1, "{}", followed.out());
    let told = errors[0]["message"].as_str().expect("a message");
    // A check of a refused user also tells what was offered.
    assert!(message == told || (step == "auth" && message.starts_with(told)), "{message}, but: {told}");
    // It knows who is logged in, too.
    let hint = failed["hint"]
        .as_str()
        .expect("a hint")
        .replace(&format!("give {} ", user(world)), "give your user ");
    assert_eq!(errors[0]["hint"], hint);
    failed
}

#[test]
fn all_is_well() {
    let world = World::new();
    let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm"]);
    for cvm in &cvms {
        cvm.log("own.out").put("one\n");
        cvm.log("other.out").put("two\n");
    }
    let paths = ["own.out", "other.out"].map(|name| cvms[0].log(name).path);
    let run = || world.cvmtail(&["check", "-c", &list(&cvms)]).args(&paths);
    let done = run().args(["-o", "ndjson"]).finish(LONG).expect(0);
    assert_eq!((done.err().as_str(), done.closed), ("", true));
    let all = objects(&done.stdout);
    for cvm in &cvms {
        let own = steps(&done, &cvm.target(), None);
        assert_eq!(way(&own), OF_CVM.map(|name| format!("{name} passed")), "{}", done.out());
        assert!(own.iter().all(|it| it["duration_ms"].is_u64() && it["hint"].is_null()), "{own:?}");
        assert!(
            own[3]["message"]
                .as_str()
                .is_some_and(|told| told.starts_with("authenticated as ") && told.contains(" with key ")),
            "{}",
            own[3]
        );
        let limit =
            "sshd opens 10 sessions on one connection (MaxSessions 10), the 2 logs need one connection";
        assert_eq!(own[5]["message"], limit);
        for log in ["own.out", "other.out"] {
            let of_log = way(&steps(&done, &cvm.target(), Some(log)));
            assert_eq!(of_log, OF_LOG.map(|name| format!("{name} passed")), "{}", done.out());
        }
    }
    let last = all.last().expect("a summary");
    assert_eq!((&last["type"], &last["cvms"], &last["passed"]), (&"summary".into(), &2.into(), &26.into()));
    assert_eq!((&last["warned"], &last["failed"], &last["skipped"]), (&0.into(), &0.into(), &0.into()));
    assert_eq!(all.len(), 27, "every step is told once");
    let text = run().finish(LONG).expect(0).out();
    let blocks: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        blocks[..2],
        [cvms[0].target(), cvms[1].target()],
        "a block per CVM, as they were named: {text}"
    );
    assert!(
        blocks[2].starts_with("✓ 2 CVMs in ")
            && blocks[2].ends_with(": 26 passed, 0 warned, 0 failed, 0 skipped")
    );
    nothing_left(&world, &cvms);
}

#[test]
fn a_name_without_an_address() {
    let (world, good) = world();
    let told = ("the name no-such-host.invalid does not resolve", "`getent hosts no-such-host.invalid`");
    assert_fails(&world, ("no-such-host.invalid", &good), &[], "resolve", told);
    nothing_left(&world, &[good]);
}

#[test]
fn a_closed_port() {
    let (world, good) = world();
    let address = good.address().to_string();
    let message = format!("nothing listens on port 1 of {address}");
    let told =
        (message.as_str(), "1 is the right port (`--port`); on its console: `sudo systemctl status sshd;");
    assert_fails(&world, (&address, &good), &["--port", "1"], "connect", told);
}

#[test]
fn packets_that_are_dropped() {
    let Some(world) = World::namespaces() else { return };
    let (world, good) = with_good(world);
    trouble::swallow(&world);
    let message = format!("no answer from port 22 of {SWALLOWING} within 5 s");
    let told = (message.as_str(), "`--connect-timeout` allows more than 5 s");
    let failed = assert_fails(&world, (SWALLOWING, &good), &["--connect-timeout", "5s"], "connect", told);
    assert!(failed["duration_ms"].as_u64().is_some_and(|took| (5_000..20_000).contains(&took)), "{failed}");
}

#[test]
fn a_port_that_is_open_and_silent() {
    let (world, good) = world();
    let bad = world.cvm("bad").relayed().start();
    bad.relay().silence(true);
    let message = format!("port {} of bad is open, but sshd did not answer within 5 s", bad.port());
    let told = (message.as_str(), "try `ssh bad`");
    assert_fails(&world, ("bad", &good), &["--connect-timeout", "5s"], "connect", told);
    nothing_left(&world, &[good, bad]);
}

#[test]
fn a_host_key_that_nobody_knows() {
    let (world, good) = world();
    let bad = world.cvm("bad").start();
    bad.log("own.out").put("found\n");
    trouble::forget(&world, &bad);
    let message =
        format!("the host key of {} is in no known_hosts, so this could be any machine", bad.address());
    let told = (message.as_str(), "compare its fingerprint");
    let failed = assert_fails(&world, ("bad", &good), &[], "host_key", told);
    let keyscan = command(failed["hint"].as_str().expect("a hint"), "ssh-keyscan ");
    world.run("sh", &["-c", &keyscan]).finish(LONG).expect(0);
    check(&world, "bad", &good).finish(LONG).expect(0);
}

#[test]
fn a_host_key_that_has_changed() {
    let (world, good) = world();
    let bad = world.cvm("bad").start();
    trouble::mistake(&world, &bad, &good);
    let message = "the host key of bad has changed: the CVM was reinstalled, or this is another machine";
    let failed = assert_fails(&world, ("bad", &good), &[], "host_key", (message, "`ssh-keygen -f "));
    let forget = command(failed["hint"].as_str().expect("a hint"), "ssh-keygen -f ");
    world.run("sh", &["-c", &forget]).finish(LONG).expect(0);
    let unknown = check(&world, "bad", &good).finish(LONG).expect(1);
    assert!(unknown.out().contains("is in no known_hosts"), "{}", unknown.out());
    nothing_left(&world, &[good, bad]);
}

#[test]
fn a_key_that_is_not_accepted() {
    let (world, good) = world();
    let bad = world.cvm("bad").start();
    trouble::lock_out(&bad);
    let key = world.home().join(".ssh/id_ed25519.pub");
    let print = world.run("ssh-keygen", &["-lf", &key.display().to_string()]).finish(LONG).expect(0).out();
    let print = print.split(' ').nth(1).expect("a fingerprint").to_owned();
    let done = check(&world, "bad", &good).finish(LONG).expect(1);
    let auth = steps(&done, "bad", None).remove(3);
    let message = auth["message"].as_str().expect("a message");
    let refused = format!(
        "{}@bad was refused: none of your keys was accepted (allowed methods: publickey); offered: ",
        user(&world)
    );
    assert!(message.starts_with(&refused) && message.contains(&print), "{message}");
    assert_fails(&world, ("bad", &good), &[], "auth", (message, "under Settings > Cluster Lockdown"));
    assert_eq!(command(auth["hint"].as_str().expect("a hint"), "ssh bad"), "ssh bad");
    nothing_left(&world, &[good, bad]);
}

#[test]
fn a_menu_in_place_of_a_shell() {
    let (world, good) = world();
    let (menu, fed) = trouble::menu(&world);
    let bad = world.cvm("bad").option(&format!("ForceCommand {}", menu.display())).start();
    let told = (
        "no shell answered on bad: “1) status”",
        "see what `ssh bad exec sh` prints; a menu, a forced command",
    );
    assert_fails(&world, ("bad", &good), &[], "shell", told);
    let fed = std::fs::read_to_string(fed).expect("what it was fed");
    // Once by the check, once by the follow.
    assert_eq!(fed.lines().count(), 2, "{fed}");
    assert!(fed.lines().all(|line| line.starts_with("printf '\\036")), "{fed}");
    let _forced = world.cvm("forced").option("ForceCommand echo go away; exit 3").start();
    let told = ("no shell answered on forced: “go away”", "`ssh forced exec sh`");
    assert_fails(&world, ("forced", &good), &[], "shell", told);
    nothing_left(&world, &[good, bad]);
}

#[test]
fn few_sessions_are_a_warning_and_none_a_failure() {
    let (world, good) = world();
    let one = world.cvm("one").option("MaxSessions 1").start();
    let paths = ["a.out", "b.out", "c.out"].map(|name| one.log(name));
    for log in &paths {
        log.put("x\n");
    }
    let done = world.cvmtail(&["check", "--json", "-c", "one"]).args(paths.map(|log| log.path)).finish(LONG);
    let done = done.expect(0);
    let sessions = steps(&done, "one", None).remove(5);
    assert_eq!(sessions["status"], "warned");
    let message = "sshd opens 1 session on one connection (MaxSessions 1), the 3 logs need 3 connections";
    assert_eq!(sessions["message"], message);
    assert!(sessions["hint"].as_str().is_some_and(|hint| hint.contains("raise MaxSessions")), "{sessions}");
    let none = world.cvm("none").option("MaxSessions 0").start();
    let told =
        ("sshd on none accepts the login but opens no session", "raise MaxSessions in the CVM's sshd_config");
    let failed = check(&world, "none", &good).finish(LONG).expect(1);
    let sessions = steps(&failed, "none", None);
    let sessions = sessions.iter().find(|step| step["step"] == "sessions").expect("the step");
    assert_eq!((&sessions["status"], &sessions["message"]), (&"failed".into(), &told.0.into()));
    assert!(sessions["hint"].as_str().is_some_and(|hint| hint.contains(told.1)), "{sessions}");
    nothing_left(&world, &[good, one, none]);
}

#[test]
fn logs_that_are_missing_or_closed() {
    let (world, good) = world();
    let (missing, secret) = (good.log("missing.out"), good.log("secret.out"));
    secret.put("x\n");
    let closed = trouble::close(&world, &secret);
    let fine = good.log("own.out").path;
    let done =
        world.cvmtail(&["check", "--json", "-c", "good", &missing.path, &secret.path, &fine]).finish(LONG);
    let done = done.expect(1);
    assert_eq!(way(&steps(&done, "good", None)), OF_CVM.map(|name| format!("{name} passed")));
    let of_missing = steps(&done, "good", Some("missing.out"));
    assert_eq!(way(&of_missing), failing_at(&OF_LOG, "log_exists"), "{}", done.out());
    assert_eq!(of_missing[0]["message"], format!("{} is not there", missing.path));
    assert_eq!(of_missing[1]["message"], "not tried: log_exists comes first");
    let fix = command(of_missing[0]["hint"].as_str().expect("a hint"), "cvmtail logs ");
    assert_eq!(fix, "cvmtail logs -c good");
    assert_eq!(way(&steps(&done, "good", Some("own.out"))), OF_LOG.map(|name| format!("{name} passed")));
    if closed {
        let of_secret = steps(&done, "good", Some("secret.out"));
        assert_eq!(way(&of_secret), ["log_exists passed", "log_readable failed", "log_fresh passed"]);
        let message = of_secret[1]["message"].as_str().expect("a message");
        let id = |flag: &str| world.run("id", &[flag]).finish(LONG).expect(0).out().trim_end().to_owned();
        let (user, owner, group) = (user(&world), id("-un"), id("-gn"));
        let told =
            format!("{user} may not read {}: it is owned by {owner}, group {group}, mode 0", secret.path);
        assert!(message.starts_with(&told), "{message}");
        let fix = format!("setfacl -m u:{user}:r {}", secret.path);
        assert!(of_secret[1]["hint"].as_str().is_some_and(|hint| hint.contains(&fix)), "{}", of_secret[1]);
    }
    nothing_left(&world, &[good]);
}

#[test]
fn a_dead_jump_host_is_named() {
    let (world, good) = world();
    let names = ["bastion", "far"];
    let cvms = world.cvms(&names);
    let nowhere = format!("{}:1", good.address());
    let by = |jump: &str, message: &str, fix: &str| {
        assert_fails(&world, ("far", &good), &["-J", jump], "connect", (message, fix));
    };
    by(
        "nowhere.invalid",
        "cannot connect through the jump host nowhere.invalid: the name nowhere.invalid does not resolve",
        "`getent hosts nowhere.invalid`",
    );
    let told = format!("nothing listens on port 1 of {}", good.address());
    by(&nowhere, &format!("cannot connect through the jump host {nowhere}: {told}"), "1 is the right port");
    by(
        &format!("bastion,{nowhere}"),
        &format!("cannot connect through the jump host {nowhere}: {told}, seen from the jump host bastion"),
        "1 is the right port",
    );
    trouble::lock_out(&cvms[0]);
    let refused = format!(
        "{}@bastion was refused: none of your keys was accepted (allowed methods: publickey)",
        user(&world)
    );
    trouble::forget(&world, &cvms[1]);
    let done = check(&world, "far", &good).args(["-J", "good"]).finish(LONG).expect(1);
    let key = steps(&done, "far", None).remove(2);
    let keyscan = command(key["hint"].as_str().expect("a hint"), "ssh good ssh-keyscan ");
    world.run("sh", &["-c", &keyscan]).finish(LONG).expect(0);
    cvms[1].log("own.out").put("far away\n");
    check(&world, "far", &good).args(["-J", "good"]).finish(LONG).expect(0);
    by(
        "good,bastion",
        &format!("cannot connect through the jump host bastion: {refused}"),
        "`ssh -J good bastion`",
    );
    nothing_left(&world, &cvms);
}
