//! What lines look like: into pipes, on terminals, as text, as they are, as objects, by template.

use std::collections::BTreeSet;

use crate::told::{LONG, bytes, events, nothing_left, objects};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::poll::SOON;
use crate::world::run::Run;

/// A line that a terminal would obey, and what is shown instead.
const EVIL: &str = "\x1b[31mred\x07\x1b]0;title\x07\rx\ty\u{202e}\u{9b}2J";
/// How it is shown.
const HARMLESS: &str = "^[[31mred\\x07^[]0;title\\x07^Mx\ty<U+202E><U+009B>2J";

/// A world with two CVMs whose names differ in length, each with that log.
fn world(text: &str) -> (World, Vec<Cvm>) {
    let world = World::new();
    let cvms = world.cvms(&["a", "ntnx-b-cvm"]);
    for cvm in &cvms {
        cvm.log("genesis.out").put(text);
    }
    (world, cvms)
}

/// A run that reads the log of the first CVM on both, and does not follow it.
fn read(world: &World, cvms: &[Cvm]) -> Run {
    world.cvmtail(&["-c", "a,ntnx-b-cvm", "--no-follow", &cvms[0].log("genesis.out").path])
}

/// The rows of a terminal after all that was printed: what a line was before it was erased is gone.
fn rows(screen: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(screen).into_owned();
    let row = |row: &str| row.trim_end_matches('\r').rsplit("\x1b[2K").next().unwrap_or_default().to_owned();
    text.split('\n').map(row).collect()
}

/// The text without the escapes that colour it.
fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[test]
fn prefixes_are_padded_on_terminals_only() {
    let (world, cvms) = world("one\n");
    let sorted = |text: String| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let log = if cvms[0].log("x").path.starts_with("/home/") { "genesis" } else { "genesis.out" };
    let piped =
        |prefix: &str| sorted(read(&world, &cvms).args(["--prefix", prefix]).finish(LONG).expect(0).out());
    let set = |lines: &[String]| lines.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(piped("full"), set(&[format!("a {log} | one"), format!("ntnx-b-cvm {log} | one")]));
    assert_eq!(piped("cvm"), set(&["a | one".into(), "ntnx-b-cvm | one".into()]));
    assert_eq!(piped("log"), set(&[format!("{log} | one")]));
    assert_eq!(piped("none"), set(&["one".into()]));
    let done = read(&world, &cvms).args(["--color", "never", "-q"]).terminal(80, 24).finish(LONG).expect(0);
    let shown: BTreeSet<String> = rows(&done.stdout).into_iter().filter(|row| !row.is_empty()).collect();
    assert_eq!(shown, set(&[format!("a          {log} | one"), format!("ntnx-b-cvm {log} | one")]));
    nothing_left(&world, &cvms);
}

#[test]
fn a_terminal_is_never_obeyed_and_a_pipe_loses_nothing() {
    let (world, cvms) = world(&format!("{EVIL}\nERROR {EVIL}\n"));
    for form in ["text", "raw", "ndjson"] {
        for color in ["never", "always"] {
            let run =
                read(&world, &cvms).args(["-o", form, "--color", color, "-g", "red", "--highlight", "x"]);
            let done = run.terminal(200, 24).finish(LONG).expect(0);
            let text = plain(&rows(&done.stdout).join("\n"));
            let shown = if form == "ndjson" { "\\u001b[31mred\\u0007" } else { HARMLESS };
            assert!(text.contains(shown), "{form}, {color}: {text:?}");
            let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r') || c == '\u{202e}';
            assert!(!text.contains(obeyed), "{form}, {color}: {text:?}");
        }
    }
    let done =
        read(&world, &cvms).args(["--template", "{line}", "-q"]).terminal(200, 24).finish(LONG).expect(0);
    assert_eq!(plain(&rows(&done.stdout)[0]), HARMLESS);
    for form in ["text", "raw"] {
        let done = read(&world, &cvms).args(["-o", form]).terminal(200, 24).piped().finish(LONG).expect(0);
        assert_eq!(done.out().matches(EVIL).count(), 4, "{form}");
    }
    let done = read(&world, &cvms).arg("--json").finish(LONG).expect(0);
    assert_eq!(String::from_utf8_lossy(&bytes(&done.stdout)).matches(EVIL).count(), 4);
}

#[test]
fn colours_come_where_they_are_wanted_and_stay_the_same() {
    let (world, cvms) = world("ERROR one\n");
    let colour = |run: Run| run.finish(LONG).expect(0).stdout.contains(&0x1b);
    let run = || read(&world, &cvms).arg("-q");
    assert!(colour(run().terminal(80, 24)), "a terminal");
    assert!(!colour(run()), "a pipe");
    assert!(colour(run().args(["--color", "always"])), "a pipe, always");
    assert!(!colour(run().args(["--color", "never"]).terminal(80, 24)), "a terminal, never");
    assert!(!colour(run().env("NO_COLOR", "1").terminal(80, 24)), "NO_COLOR");
    assert!(colour(run().env("NO_COLOR", "").terminal(80, 24)), "an empty NO_COLOR");
    assert!(!colour(run().env("TERM", "dumb").terminal(80, 24)), "a dumb terminal");
    assert!(colour(run().env("CLICOLOR_FORCE", "1")), "CLICOLOR_FORCE");
    assert!(!colour(run().args(["-o", "raw"]).env("CLICOLOR_FORCE", "1")), "raw into a pipe is bytes alone");
    let cvms_log = cvms[0].log("genesis.out").path;
    let prefix = |cvm: &str, cvms: &str| {
        let done = world
            .cvmtail(&["-c", cvms, "--no-follow", "-q", "--color", "always", "--prefix", "cvm"])
            .arg(&cvms_log)
            .finish(LONG);
        let line =
            done.out().lines().find(|line| plain(line).starts_with(&format!("{cvm} |"))).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{}", done.err()))
    };
    let first = prefix("a", "a,ntnx-b-cvm");
    assert_eq!(first, prefix("a", "ntnx-b-cvm,a"), "the colour of a CVM does not hang on the order");
    assert_ne!(first.replace('a', ""), prefix("ntnx-b-cvm", "a,ntnx-b-cvm").replace("ntnx-b-cvm", ""));
}

#[test]
fn matches_are_marked_on_a_terminal_and_nothing_else_is_lost() {
    let (world, cvms) = world("one error in three\nnothing\n");
    let run = read(&world, &cvms).args(["-q", "--prefix", "none", "--highlight", "error|three"]);
    let done = run.terminal(80, 24).finish(LONG).expect(0);
    let rows = rows(&done.stdout);
    assert_eq!(rows.iter().filter(|row| plain(row) == "one error in three").count(), 2, "{rows:?}");
    assert_eq!(rows.iter().filter(|row| plain(row) == "nothing").count(), 2, "--highlight filters nothing");
    let marked = rows.iter().find(|row| row.contains("error")).expect("the line");
    assert!(marked.contains("\x1b[0m in ") && marked.contains("merror\x1b["), "{marked:?}");
    let run = read(&world, &cvms).args(["-q", "--prefix", "none", "-g", "err"]).terminal(80, 24);
    let done = run.finish(LONG).expect(0);
    assert!(done.out().contains("merr\x1b[0mor"), "{:?}", done.out());
}

#[test]
fn a_progress_line_does_not_run_into_lines() {
    let world = World::new();
    let good = world.cvm("good").start();
    let bad = world.cvm("bad").relayed().start();
    bad.relay().silence(true);
    let log = good.log("genesis.out");
    log.put("one\ntwo\n");
    let run =
        world.cvmtail(&["-c", "good,bad", "--connect-timeout", "30s", &log.path]).terminal(80, 24).start();
    run.wait_for_line(" | two");
    for n in 0..5 {
        log.push(format!("more {n}\n"));
        run.wait_for_line(&format!(" | more {n}"));
    }
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    assert!(done.out().contains("connecting 1/2"), "{:?}", done.out());
    for row in rows(&done.stdout) {
        assert!(!row.contains("connecting") || !row.contains(" | "), "{row:?}\n{:?}", done.out());
        assert!(!row.contains("connecting "), "a progress line stays behind: {row:?}\n{:?}", done.out());
    }
    let lines = rows(&done.stdout).iter().filter(|row| plain(row).contains(" | ")).count();
    assert_eq!(lines, 7, "{:?}", done.out());
}

#[test]
fn a_raw_file_without_a_last_newline_does_not_swallow_what_is_said_after_it() {
    let (world, cvms) = world("no newline");
    let done =
        read(&world, &cvms).args(["-o", "raw", "--color", "never"]).terminal(80, 24).finish(LONG).expect(0);
    let rows = rows(&done.stdout);
    assert_eq!(rows.iter().filter(|row| *row == "no newline").count(), 2, "{rows:?}");
}

#[test]
fn a_template_is_filled_and_a_wrong_one_is_a_usage_error() {
    let (world, cvms) = world("one\ntwo\n");
    let template = "{cvm}|{path}|{offset}|{line}|{{x}}|{time}";
    let done = read(&world, &cvms).args(["--template", template]).finish(LONG).expect(0);
    let path = &cvms[0].log("genesis.out").path;
    let lines: BTreeSet<String> = done.out().lines().map(str::to_owned).collect();
    assert!(lines.contains(&format!("a|{path}|4|two|{{x}}|-")), "{lines:?}");
    let fails =
        |template: &str| read(&world, &cvms).args(["--template", template]).finish(LONG).expect(2).err();
    assert!(fails("{nope}").contains("unknown field {nope}; there are {time} {received} {cvm}"));
    assert!(fails("{line").contains("never closed"));
    let both = read(&world, &cvms).args(["--template", "{line}", "--json"]).finish(LONG).expect(2);
    assert!(both.err().contains("cannot be used with"), "{}", both.err());
}

#[test]
fn objects_have_every_promised_field_in_the_promised_order() {
    let (world, cvms) = world("one\n");
    let done = read(&world, &cvms).args(["--json", "--stats"]).finish(LONG).expect(0);
    let text = done.out();
    let keys = |line: &str| -> Vec<String> {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let mut keys: Vec<(usize, String)> = object
            .as_object()
            .expect("an object")
            .keys()
            .map(|key| (line.find(&format!("\"{key}\":")).expect("the key"), key.clone()))
            .collect();
        keys.sort();
        keys.into_iter().map(|(_, key)| key).collect()
    };
    let line = text.lines().find(|line| line.contains("\"type\":\"line\"")).expect("a line");
    let fields = ["type", "cvm", "log", "path", "time", "received", "level", "line", "file", "offset"];
    assert_eq!(keys(line), fields);
    let status = text.lines().find(|line| line.contains("\"type\":\"status\"")).expect("an event");
    let fields = ["type", "status", "cvm", "log", "path", "time", "message", "hint", "attempt"];
    assert_eq!(keys(status)[..9], fields);
    let all = objects(text.as_bytes());
    assert_eq!(all.last().expect("an object")["type"], "summary", "{text}");
    assert_eq!(events(text.as_bytes(), "stopped").len(), 2);
    assert_eq!(done.err(), "");
}

#[test]
fn quiet_says_nothing_and_verbose_says_what_ssh_says() {
    let world = World::new();
    let banner = world.folder().join("banner");
    std::fs::write(&banner, "Nutanix Controller VM\n").expect("a banner");
    let cvm = world.cvm("a").option(&format!("Banner {}", banner.display())).start();
    let log = cvm.log("genesis.out");
    log.put("one\n");
    let run = |more: &str| {
        world.cvmtail(&["-c", "a", "--no-follow", "--prefix", "none", more, &log.path]).finish(LONG)
    };
    let quiet = run("-q").expect(0);
    assert_eq!((quiet.out().as_str(), quiet.err().as_str()), ("one\n", ""));
    let verbose = run("--verbose").expect(0);
    assert_eq!(verbose.out(), "one\n", "the banner is no line of a log");
    assert!(verbose.err().contains("a: ssh: Nutanix Controller VM"), "{}", verbose.err());
    // The same words in every verb.
    for verb in [&["--no-follow"][..], &["snapshot"], &["check"]] {
        let done = world.cvmtail(verb).args(["-c", "a", "--verbose", &log.path]).finish(LONG);
        let words = "cvmtail: a: ssh: Nutanix Controller VM";
        assert!(done.err().lines().any(|line| line == words), "{verb:?}: {}", done.err());
    }
    let usual = run("--reconnect").expect(0);
    assert!(!usual.err().contains("Nutanix Controller VM"), "{}", usual.err());
}

#[test]
fn what_ends_a_run_on_stderr_stands_below_its_lines() {
    let (world, cvms) = world("one\ntwo\n");
    let binary = crate::world::run::binary().display().to_string();
    let path = &cvms[0].log("genesis.out").path;
    let line =
        format!("'{binary}' -c a,ntnx-b-cvm --no-follow --stats --prefix none '{path}' /nope/x.log 2>&1");
    let out = world.run("sh", &["-c", &line]).finish(LONG).expect(2).out();
    let lines: Vec<&str> = out.lines().collect();
    let table = lines.iter().position(|line| line.starts_with("CVM ")).expect("a summary");
    let last = lines.iter().rposition(|line| *line == "two").expect("a line");
    assert!(last < table && lines.iter().filter(|line| **line == "two").count() == 2, "{out}");
    assert!(out.contains("\n  hint: "), "{out}");
    assert!(lines.last().expect("a line").ends_with("2 streams failed"), "{out}");
    nothing_left(&world, &cvms);
}

#[test]
fn help_and_mistakes_have_colours_on_a_terminal_only() {
    let world = World::new();
    for (arguments, code) in [(&["--help"][..], 0), (&["--nonsense"], 2)] {
        let run = || world.cvmtail(arguments);
        let shown = run().terminal(80, 24).finish(LONG).expect(code);
        assert!(shown.out().contains("\x1b["), "{:?}", shown.out());
        let plain = run().finish(LONG).expect(code);
        assert!(!plain.out().contains('\x1b') && !plain.err().contains('\x1b'), "{}", plain.err());
        assert_eq!(plain.out().is_empty(), code == 2);
        let never = run().env("NO_COLOR", "1").terminal(80, 24).finish(LONG).expect(code);
        assert!(!never.out().contains('\x1b'), "{:?}", never.out());
    }
}
