//! What is kept of lines that are understood, and how it looks: stdout as a whole.

use crate::told::{LONG, nothing_left};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::grade::Grade;
use crate::world::run::Run;

/// A Python service: records of several lines, levels in words.
const GENESIS: &str = "\
2025-06-11 03:12:44,001Z INFO 81234512 node_manager.py:2210 Starting stub_service service
2025-06-11 03:12:44,650Z DEBUG 81234512 service_utils.py:88 pids for stub_service: [22110, 22111]
2025-06-11 03:12:45,333Z WARNING 81234640 cluster_manager.py:5120 Peer 10.20.30.43 did not answer ping
2025-06-11 03:12:45,700Z INFO MainThread cluster:1007 Discovered node:
ip: 10.20.30.44

2025-06-11 03:12:46,010Z ERROR 81234640 disk_manager.py:914 Failed to read SMART data of /dev/sdc
Traceback (most recent call last):
  File \"/home/nutanix/stub/disk_manager.py\", line 911, in _read_smart
IOError: [Errno 5] Input/output error
2025-06-11 03:12:47,100Z INFO 81234512 node_manager.py:2230 Service stub_service is up
2025-06-11 03:12:48,200Z INFO 81234512 node_manager.py:2231 All is well
";

/// A C++ service: levels in letters, one line a record.
const STARGATE: &str = "\
I20250611 03:12:45.123456Z 21034 vdisk_controller.cc:1187] vdisk_id=90211 opened, oplog episodes=3
W20250611 03:12:45.902113Z 21041 extent_store.cc:733] disk_id=37 slow fsync 218 ms
E20250611 03:12:46.115010Z 21041 oplog_replicator.cc:619] Replica write failed with error kTimeout
F20250611 03:12:52.009930Z 21062 block_map.cc:512] Check failed: used_bytes_ <= total_bytes_
";

/// The system's log: no levels, and a zone of its own.
const MESSAGES: &str = "\
2025-06-11T12:12:44.413144+09:00 NTNX-A-CVM kernel: [106064.317871] IPTables Packet Dropped: IN=eth0
2025-06-11T12:12:48.014411+09:00 NTNX-A-CVM kernel: [106068.001204] sd 2:0:1:0: [sdc] Sense Key
";

/// The logs by their files.
const LOGS: [(&str, &str); 3] =
    [("genesis.out", GENESIS), ("stargate.INFO", STARGATE), ("messages.log", MESSAGES)];

/// A world with a CVM that has the three logs.
fn world() -> (World, Cvm) {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    for (name, text) in LOGS {
        cvm.log(name).put(text);
    }
    (world, cvm)
}

/// A run that reads these logs from their first lines to their last, each line alone.
fn read(world: &World, cvm: &Cvm, logs: &[&str], more: &[&str]) -> Run {
    let paths = logs.iter().map(|log| cvm.log(log).path);
    let run = world.cvmtail(&["-c", &cvm.target(), "--no-follow"]).args(paths).args(more);
    if more.contains(&"--since") { run } else { run.args(["-n", "+1"]) }
}

/// The lines of that log with these numbers, counted from 1; 0 is what stands between groups.
fn lines(text: &str, numbers: &[usize]) -> String {
    let line =
        |number: &usize| number.checked_sub(1).map_or("--", |at| text.lines().nth(at).expect("a line"));
    numbers.iter().map(|number| line(number).to_owned() + "\n").collect()
}

#[test]
fn levels_records_context_and_times_keep_what_they_say() {
    let (world, cvm) = world();
    let cases: &[(&str, &[&str], &[usize])] = &[
        (GENESIS, &["--level", "warning"], &[3, 7, 8, 9, 10]),
        (GENESIS, &["--level", "debug", "-v", "stub_service"], &[3, 4, 5, 6, 7, 8, 9, 10, 12]),
        (GENESIS, &["--level", "error", "-g", "Errno"], &[10]),
        (GENESIS, &["--level", "error", "-M", "-g", "Errno"], &[7, 8, 9, 10]),
        (GENESIS, &["-M", "-g", "10.20.30.44"], &[4, 5, 6]),
        (GENESIS, &["-M", "-v", "Errno|Discovered"], &[1, 2, 3, 11, 12]),
        (GENESIS, &["-g", "WARNING|Errno|well", "-B", "1"], &[2, 3, 0, 9, 10, 11, 12]),
        (GENESIS, &["-g", "DEBUG|_read_smart", "-A", "1"], &[2, 3, 0, 9, 10]),
        (GENESIS, &["-g", "Starting|Discovered|well", "-C", "1"], &[1, 2, 3, 4, 5, 0, 11, 12]),
        (GENESIS, &["-M", "-g", "Errno|DEBUG", "-C", "1"], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        (GENESIS, &["-M", "-g", "Errno", "-B", "1", "--level", "error"], &[4, 5, 6, 7, 8, 9, 10]),
        (GENESIS, &["--until", "2025-06-11T03:12:45.700Z"], &[1, 2, 3]),
        (GENESIS, &["--until", "2025-06-11T03:12:45.701Z"], &[1, 2, 3, 4, 5, 6]),
        (
            GENESIS,
            &["--since", "2025-06-11T03:12:45.4Z", "--until", "2025-06-11T03:12:47Z", "--level", "error"],
            &[7, 8, 9, 10],
        ),
        (GENESIS, &["-M", "-m", "4"], &[1, 2, 3, 4, 5, 6]),
        (STARGATE, &["--level", "warning"], &[2, 3, 4]),
        (STARGATE, &["--level", "fatal"], &[4]),
        (MESSAGES, &["--level", "trace"], &[]),
        (MESSAGES, &["--since", "2025-06-11T03:12:45Z"], &[2]),
    ];
    for (text, arguments, numbers) in cases {
        let name = LOGS.iter().find(|(_, log)| log == text).expect("one of them").0;
        let more = [&["-q", "--prefix", "none"], *arguments].concat();
        let done = read(&world, &cvm, &[name], &more).finish(LONG).expect(i32::from(numbers.is_empty()));
        assert_eq!(done.out(), lines(text, numbers), "{arguments:?}");
    }
    nothing_left(&world, &[cvm]);
}

#[test]
fn lines_of_all_layouts_have_their_time_in_front_written_alike() {
    let (world, cvm) = world();
    let logs = LOGS.map(|(name, _)| name);
    let more =
        ["-q", "-t=utc", "--order", "time", "--prefix", "log", "-g", "Peer|vdisk_id|Errno|kTimeout|kernel"];
    let done = read(&world, &cvm, &logs, &more).finish(LONG).expect(0);
    // Below a world of ports these are not the files of the catalogue, and a name of the catalogue means no other.
    let log = |name: &str| match (world.grade(), name) {
        (Grade::Namespaces, "genesis.out") => "genesis".to_owned(),
        (Grade::Ports, "stargate.INFO") => cvm.log(name).path,
        _ => name.to_owned(),
    };
    let expected = [
        ("messages.log", "2025-06-11T03:12:44.413Z", MESSAGES, 1),
        ("stargate.INFO", "2025-06-11T03:12:45.123Z", STARGATE, 1),
        ("genesis.out", "2025-06-11T03:12:45.333Z", GENESIS, 3),
        ("genesis.out", "2025-06-11T03:12:46.010Z", GENESIS, 10),
        ("stargate.INFO", "2025-06-11T03:12:46.115Z", STARGATE, 3),
        ("messages.log", "2025-06-11T03:12:48.014Z", MESSAGES, 2),
    ]
    .map(|(name, time, text, number)| format!("{} | {time} {}", log(name), lines(text, &[number])))
    .concat();
    assert_eq!(done.out(), expected);
    nothing_left(&world, &[cvm]);
}

#[test]
fn repeats_are_folded_and_a_flood_is_held_back_and_both_are_told() {
    let (world, cvm) = world();
    let log = cvm.log("genesis.out");
    let said = |second: u32, thread: u32, level: &str, message: &str| {
        format!("2025-06-11 03:12:{second:02},000Z {level} 812345{thread} x.py:10 {message}\n")
    };
    let same: Vec<String> = (10..15).map(|second| said(second, second, "INFO", "same")).collect();
    let (other, graver) = (said(15, 15, "INFO", "other"), said(16, 16, "ERROR", "other"));
    log.put(same.concat() + &other + &graver + &graver);
    let run = |more: &[&str]| {
        read(&world, &cvm, &["genesis.out"], &["--prefix", "none"]).args(more).finish(LONG).expect(0)
    };
    let folded = run(&["-q", "--dedup"]);
    let expected = format!("{}(repeated 4 times)\n{other}{graver}(repeated once)\n", same[0]);
    assert_eq!(folded.out(), expected);
    let limited = run(&["--rate-limit", "3"]);
    assert_eq!(limited.out(), same[..3].concat());
    assert!(limited.err().contains("5 lines over the limit of 3 per second"), "{}", limited.err());
    let both = run(&["--dedup", "--rate-limit", "3"]);
    assert_eq!(both.out(), expected, "what is folded is no flood");
    assert!(!both.err().contains("over the limit"), "{}", both.err());
    let wanted = run(&["-q", "--rate-limit", "1", "--level", "error"]);
    assert_eq!(wanted.out(), graver, "what is not wanted is not counted");
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_pipe_no_colour_and_a_terminal_show_the_same_lines() {
    let (world, cvm) = world();
    let run = || {
        let more = ["-q", "-t", "--order", "time", "--level", "info", "-C", "1", "-g", "Peer|Errno|slow"];
        read(&world, &cvm, &["genesis.out", "stargate.INFO"], &more).args(["--prefix", "cvm"])
    };
    // A terminal says where lines end in its own way, and erases the progress line before the first of them.
    let shown = |run: Run| {
        let done = run.finish(LONG).expect(0);
        let text = done.out().replace("\r\n", "\n");
        let rows = text.lines().map(|row| row.rsplit("\x1b[2K").next().unwrap_or_default().to_owned() + "\n");
        rows.filter(|row| row != "\n").collect::<String>()
    };
    let piped = run().finish(LONG).expect(0).out();
    assert!(piped.contains("\n--\n") && !piped.contains('\x1b'), "{piped}");
    assert_eq!(run().env("NO_COLOR", "1").finish(LONG).expect(0).out(), piped, "a pipe, NO_COLOR");
    assert_eq!(shown(run().env("NO_COLOR", "1").terminal(240, 50)), piped, "a terminal, NO_COLOR");
    let coloured = shown(run().terminal(240, 50));
    assert_ne!(coloured, piped);
    let mut parts = coloured.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest)));
    assert_eq!(plain, piped, "a terminal, its colours taken away");
    assert_eq!(run().args(["--color", "always"]).finish(LONG).expect(0).out(), coloured, "a pipe, always");
    nothing_left(&world, &[cvm]);
}
