//! The form of what a check tells: signs, colours, and the exit status.

use std::time::Duration;

use super::{check, world};
use crate::told::{LONG, nothing_left, objects};

#[test]
fn text_has_signs_in_a_utf_8_locale_and_ascii_elsewhere() {
    let (world, good) = world();
    let one = world.cvm("one").option("MaxSessions 1").start();
    let dead = format!("{}:1", good.address());
    let cvms = format!("one,{dead}");
    let run = || world.cvmtail(&["check", "-c", &cvms, &good.log("own.out").path]);
    one.log("own.out").put("fine\n");
    let text = run().finish(LONG).expect(1).out();
    let has = |text: &str, line: &str| text.lines().any(|it| it.trim_start().starts_with(line));
    for line in [
        "✓ resolve",
        "! sessions",
        "hint: cvmtail makes as many",
        "✗ connect",
        "- host key, auth, shell,",
        "- own.out: not tried",
    ] {
        assert!(has(&text, line), "{line}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours in a pipe: {text}");
    let last = text.lines().last().expect("a summary");
    assert!(
        last.starts_with("✗ 2 CVMs in ") && last.contains(": 10 passed, 1 warned, 1 failed, 8 skipped"),
        "{last}"
    );
    let plain = run().env("LC_ALL", "C").finish(LONG).expect(1).out();
    assert!(plain.is_ascii(), "{plain}");
    for line in [
        "ok resolve",
        "!  sessions",
        "hint: cvmtail makes as many",
        "X  connect",
        "-  host key, auth, shell,",
    ] {
        assert!(has(&plain, line), "{line}: {plain}");
    }
    let shown = run().terminal(120, 40).finish(LONG).expect(1).out();
    assert!(shown.contains("\u{1b}[32m✓"), "{shown}");
    nothing_left(&world, &[good, one]);
}

#[test]
fn a_mistake_is_status_2_and_a_hung_cvm_does_not_hold_up_the_others() {
    let (world, good) = world();
    for arguments in
        [&["check"][..], &["check", "-c", "good", "gensis"], &["check", "-c", "good", "--nonsense"]]
    {
        let done = world.cvmtail(arguments).finish(LONG).expect(2);
        assert!(done.out().is_empty() && !done.err().is_empty(), "{arguments:?}");
    }
    let bad = world.cvm("bad").relayed().start();
    bad.relay().silence(true);
    let run = check(&world, "bad,good", &good).args(["--connect-timeout", "1m"]).start();
    run.wait_for("the good CVM is checked to its end", LONG, |out| {
        objects(out)
            .iter()
            .any(|it| it["cvm"] == "good" && it["step"] == "log_fresh" && it["status"] == "passed")
    });
    run.interrupt();
    let done = run.finish(Duration::from_secs(20)).expect(130);
    assert!(done.closed);
    nothing_left(&world, &[good, bad]);
}
