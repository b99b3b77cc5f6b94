//! `--since`, held against what was written: files of all sizes, and the rotated ones before them.

use std::time::{Duration, SystemTime};

use super::{Made, instant};
use crate::told::{LONG, nothing_left};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::layout::Layout;
use crate::world::rotate::Packer;
use crate::world::run::Run;
use crate::world::writer::Log;

/// How much a CVM may send before the first line that is wanted.
const SEARCH: usize = 1_000_000;

/// A log of at least so many bytes in which a tenth has one instant and a tenth tells none; gives it with the first
/// heads of these two parts.
fn log(size: usize, layout: Layout, more: usize) -> (Made, [usize; 2]) {
    let mut log = Made::new(layout, size as u64);
    let mut now = 0;
    let mut parts = [0; 2];
    while log.bytes.len() < size {
        now += 10 * i64::try_from(log.seed.below(100)).expect("a pause");
        let part = log.bytes.len() * 10 / size;
        if part == 3 && parts[0] == 0 {
            parts[0] = log.heads.len();
            while log.bytes.len() < size * 2 / 5 {
                log.long_head(now, more);
            }
            now += 10;
        } else if part == 6 && parts[1] == 0 {
            parts[1] = log.heads.len();
            log.head(now);
            while log.bytes.len() < size * 6 / 10 + (size / 10).min(150_000) {
                log.follow(20);
            }
            now += 10;
        } else {
            log.long_head(now, more);
            let following = if log.seed.percent(10) { log.seed.index(4) } else { 0 };
            log.follow(following);
        }
    }
    (log, parts)
}

/// Instants worth a try: around the first, the last, a common one, many of one, and in the silence.
fn instants(log: &Made, [same, silent]: [usize; 2]) -> Vec<i64> {
    let (last, middle) = (log.heads.len() - 1, log.heads.len() / 2);
    let mut instants = vec![log.time(0) - 1, log.time(0)];
    for head in [log.heads.len() / 10, same, middle, silent, last] {
        instants.extend([log.time(head), log.time(head) + 1]);
    }
    instants
}

/// A run that prints what a CVM's log has from that instant on.
fn since(world: &World, cvm: &Cvm, log: &Log, milli: i64) -> Run {
    let when = instant(milli).to_string();
    world.cvmtail(&["-c", &cvm.target(), "--no-follow", "-q", "-o", "raw", "--since", &when, &log.path])
}

/// Ends the test unless what comes from each instant on is what stands there, and little more was sent.
fn assert_found(made: &Made, instants: &[i64]) {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").relayed().start();
    let log = cvm.log("genesis.out");
    log.put(&made.bytes);
    for &milli in instants {
        let expected = &made.bytes[made.since(milli)..];
        let sent = cvm.relay().bytes();
        let done = since(&world, &cvm, &log, milli).finish(LONG).expect(i32::from(expected.is_empty()));
        let (came, sent) = (done.stdout.len(), cvm.relay().bytes() - sent);
        assert!(done.stdout == expected, "{milli}: {came} bytes, not {}", expected.len());
        let searched = usize::try_from(sent).expect("a count") - came;
        assert!(searched < SEARCH, "{milli}: {searched} bytes before the first line");
        eprintln!("{} bytes of log, {milli}: {searched} bytes searched", made.bytes.len());
    }
    nothing_left(&world, &[cvm]);
}

#[test]
fn small_files_begin_at_the_first_line_that_is_not_earlier() {
    let (made, parts) = log(1_000, Layout::Zookeeper, 0);
    assert_found(&made, &instants(&made, parts));
}

#[test]
fn files_of_a_hundred_kilobytes_begin_at_the_first_line_that_is_not_earlier() {
    let (made, parts) = log(100_000, Layout::Glog, 0);
    assert_found(&made, &instants(&made, parts));
}

#[test]
fn files_of_ten_megabytes_begin_there_too_and_are_hardly_looked_at() {
    let (made, parts) = log(10_000_000, Layout::Python, 300);
    let all = instants(&made, parts);
    assert_found(&made, &[&all[1..2], &all[4..]].concat());
}

#[test]
fn of_two_hundred_megabytes_less_than_one_is_looked_at() {
    let (mut made, _) = log(200_000_000, Layout::Python, 8_000);
    // A burst in one instant, then silence, then some more.
    let burst = made.time(made.heads.len() - 1) + 10;
    (0..3_000).for_each(|_| made.head(burst));
    made.follow(10_000);
    (1..100).for_each(|head| made.head(burst + 10 * head));
    assert_found(&made, &[burst, burst + 1, burst + 990, burst + 991]);
}

/// How a rotated file is kept.
const KEPT: [Option<Packer>; 3] = [None, Some(Packer::Gzip), Some(Packer::Xz)];

#[test]
fn what_was_rotated_away_is_read_from_there_plain_or_packed() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let mut made = Made::new(Layout::Python, 11);
    for record in 0..900 {
        made.head(1_000 * record);
        made.follow(usize::from(record % 10 == 9));
    }
    // Whole records in each file, or the continuation of the one before at its beginning.
    for torn in [0, 1] {
        let cuts = [300, 600].map(|head| made.lines[made.heads[head] - torn].0);
        let parts = [&made.bytes[..cuts[0]], &made.bytes[cuts[0]..cuts[1]], &made.bytes[cuts[1]..]];
        for kept in KEPT {
            let log = cvm.log(&format!("genesis{torn}{kept:?}.out").replace(['(', ')'], ""));
            for (part, name) in parts.iter().zip(["20250611-031744Z", "20250611-032244Z"]) {
                let rotated = Log { file: log.file.with_extension(format!("out.{name}")), ..log.clone() };
                rotated.put(part);
                // It was last written to when its last line says so; packers leave that as it is.
                let last = if name.contains("0317") { 299_000 } else { 599_000 };
                rotated.date(instant(last).into());
                if let Some(packer) = kept {
                    packer.pack(&rotated.file);
                }
            }
            log.put(parts[2]);
            for milli in [120_500, 599_000, 600_000] {
                let done = since(&world, &cvm, &log, milli).finish(LONG).expect(0);
                let expected = &made.bytes[made.since(milli)..];
                let same = done.stdout == expected;
                assert!(same, "{torn} {kept:?} {milli}: {} bytes, not {}", done.stdout.len(), expected.len());
            }
        }
    }
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_link_and_a_glob_reach_the_older_files_once() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let name = |n: u8| format!("svc.ntnx-a-cvm.nutanix.log.FATAL.2026112{n}-030000.4{n}");
    let line = |n: i64| format!("F1122 03:00:0{n}.000000Z 12 svc.cc:7] Check failed: {n}\n");
    let text: String = (1..=4).map(line).collect();
    for n in 1..=4 {
        cvm.log(&name(n)).put(line(n.into()));
    }
    let link = cvm.log("svc.FATAL");
    std::os::unix::fs::symlink(cvm.log(&name(4)).file, &link.file).expect("a link");
    // A continuation begins the newest one.
    cvm.log(&name(4)).put(format!("    the rest of the one before\n{}", line(4)));
    let folder = link.path.trim_end_matches("svc.FATAL");
    let read = |what: &str| {
        let arguments = ["-c", &cvm.target(), "--no-follow", "-q", "-o", "raw", "--since", "2020-01-01"];
        let out = world.cvmtail(&arguments).args([format!("{folder}{what}")]).finish(LONG).expect(0).out();
        let mut lines: Vec<&str> = out.split_inclusive('\n').filter(|line| line.starts_with('F')).collect();
        lines.sort_unstable();
        lines.concat()
    };
    for what in ["svc.FATAL", "*.FATAL", "*.FATAL.*", "svc*"] {
        assert_eq!(read(what), text, "{what}");
    }
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_line_that_is_being_written_is_old_or_new_as_a_whole() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    let line = |ago: i64, text: &str| {
        let time = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(ago);
        format!("{} INFO a.py:1 {text}", time.strftime("%Y-%m-%d %H:%M:%S,%3fZ"))
    };
    log.put(format!("{}\n{}", line(1800, "old"), line(1200, "half")));
    let run = world.cvmtail(&["-c", &cvm.target(), "--since", "10m", "-o", "raw", &log.path]).start();
    run.wait_for_word("genesis");
    let new = line(0, "new\n");
    log.push(format!(" and the rest of it\n{new}"));
    run.wait_for_lines(1);
    run.interrupt();
    assert_eq!(run.finish(LONG).expect(130).out(), new);
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_log_that_tells_no_times_is_told_of_and_what_comes_is_printed() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let (log, late, begun) = (cvm.log("plain.out"), cvm.log("late.out"), cvm.log("begun.out"));
    log.put("one\ntwo\n");
    begun.put("fi");
    let told = format!("{} has no timestamps, so --since cannot be applied", log.path);
    let reading =
        |more: &[&str]| world.cvmtail(&["-c", &cvm.target(), "--since", "10m", &log.path]).args(more);
    // What is not known is not passed off as nothing.
    let done = reading(&["--no-follow"]).finish(LONG).expect(2);
    assert!(done.stdout.is_empty() && done.err().contains(&format!("error: {told}")), "{}", done.err());
    let done = world.cvmtail(&["snapshot", "-c", &cvm.target(), &log.path]).finish(LONG).expect(2);
    assert!(done.out().contains(&told) && done.out().contains("unreadable"), "{}", done.out());
    // What comes is new, whatever it tells.
    let run = reading(&["-o", "raw", &late.path, &begun.path]).start();
    for event in ["plain.out: suppressed: ", "late.out: missing: ", "begun.out: suppressed: "] {
        run.wait_for_word(event);
    }
    log.push("three\n");
    run.wait_for_lines(1);
    late.push("four\n");
    run.wait_for_lines(2);
    begun.push("ve\n");
    run.wait_for_lines(3);
    run.interrupt();
    assert_eq!(run.finish(LONG).expect(130).out(), "three\nfour\nfive\n");
    // The lines of a traceback go on with those of the file before.
    let rotated = Log { file: late.file.with_extension("out.1"), ..late.clone() };
    let head = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S,%3fZ ERROR a.py:1 boom\n").to_string();
    rotated.put(&head);
    late.put("  File a.py\n");
    let done = world
        .cvmtail(&["-c", &cvm.target(), "--since", "10m", "--no-follow", "-q", "-o", "raw", &late.path])
        .finish(LONG);
    assert_eq!(done.expect(0).out(), format!("{head}  File a.py\n"));
    // What was not written to since then has nothing of it.
    log.date(SystemTime::now() - Duration::from_hours(1));
    let done = reading(&["--no-follow"]).finish(LONG).expect(1);
    assert!(!done.err().contains(&told), "{}", done.err());
    nothing_left(&world, &[cvm]);
}
