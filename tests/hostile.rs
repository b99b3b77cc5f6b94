//! Names and bytes that break careless programs: nothing is lost, nothing is run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use crate::told::{LONG, bytes, events, nothing_left, objects};
use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::poll::SOON;
use crate::world::writer::HOSTILE;

/// Names of files that a shell, a parser or a terminal would stumble over.
const NAMES: [&[u8]; 18] = [
    b"with spaces  two.out",
    b"it's.out",
    b"'.out",
    b"''.out",
    b"dou\"ble.out",
    b"$(touch owned).out",
    b"`touch owned`.out",
    b"; touch owned; .out",
    b"$HOME ${PATH}.out",
    b"new\nline.out",
    b"ends with a newline\n",
    b"-n.out",
    b"--help",
    b"back\\slash\\n.out",
    b"!history #comment & | > <.out",
    b"tab\tand\x01control.out",
    b"%s%n.out",
    "grüße \u{202e}.out".as_bytes(),
];

/// A folder of the CVM's logs with that name's file in it, here, and its path there.
fn place(cvm: &Cvm, name: &[u8]) -> (PathBuf, OsString) {
    let folder = cvm.log("odd/x");
    let parent = folder.file.parent().expect("a folder").to_owned();
    let there = folder.path.strip_suffix('x').expect("a folder");
    let file = parent.join(OsString::from_vec(name.to_vec()));
    (file, OsString::from_vec([there.as_bytes(), name].concat()))
}

/// Ends the test if a name was run as a command.
#[track_caller]
fn nothing_was_run(world: &World, cvm: &Cvm) {
    let found = std::process::Command::new("find").arg(world.folder()).args(["-name", "owned"]).output();
    let found = String::from_utf8_lossy(&found.expect("find").stdout).into_owned();
    assert_eq!(found, "", "nothing of {} was run", cvm.name());
}

#[test]
fn a_log_may_have_any_name_and_nothing_in_it_is_run() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let mut paths = Vec::new();
    for name in NAMES {
        let (file, path) = place(&cvm, name);
        fs::write(&file, [name.escape_ascii().to_string().as_bytes(), b"\n"].concat()).expect("a log");
        paths.push((file, path));
    }
    let run = world.cvmtail(&["-c", &cvm.target(), "--json", "--"]).args(paths.iter().map(|path| &path.1));
    let run = run.start();
    run.wait_for("all have started", LONG, |out| events(out, "started").len() == NAMES.len());
    // Each is rotated, so that its name is listed and compared too.
    for (file, _) in &paths {
        let mut old = file.clone().into_os_string();
        old.push(".20260101-000000Z");
        fs::rename(file, old).expect("a rotation");
        fs::write(file, "rotated\n").expect("a log");
    }
    let count = |out: &[u8]| objects(out).iter().filter(|object| object["type"] == "line").count();
    run.wait_for("every line has come", LONG, |out| count(out) == 2 * NAMES.len());
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    let mut came: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in objects(&done.stdout).iter().filter(|object| object["type"] == "line") {
        let word = |key: &str| line[key].as_str().expect(key).to_owned();
        came.entry(word("path")).or_default().push(word("line"));
    }
    for (name, (_, path)) in NAMES.iter().zip(&paths) {
        let path = path.to_string_lossy().into_owned();
        let expected = vec![name.escape_ascii().to_string(), "rotated".to_owned()];
        assert_eq!(came.get(&path), Some(&expected), "{path:?}");
    }
    nothing_was_run(&world, &cvm);
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_name_that_is_not_utf_8_is_followed_and_failures_of_odd_names_stay_on_one_line() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let (file, path) = place(&cvm, b"bad \xff\xfe.out");
    fs::write(&file, "found\n").expect("a log");
    let (_, missing) = place(&cvm, b"missing\n\x1b]0;title\x07.out");
    let run = world.cvmtail(&["-c", "ntnx-a-cvm", "--no-follow", "--prefix", "none"]);
    let done = run.args([path, missing]).finish(LONG).expect(2);
    assert_eq!(done.out(), "found\n", "{}", done.err());
    assert!(!done.stderr.contains(&0x1b), "{}", done.err());
    assert_eq!(done.err().lines().filter(|line| line.contains(" is not there")).count(), 1);
    nothing_left(&world, &[cvm]);
}

/// What a log may hold: everything that has ever broken a follower.
fn contents() -> Vec<Vec<u8>> {
    let mut seed = crate::world::seed::Seed::new(7);
    let random: Vec<u8> = (0..300_000).map(|_| u8::try_from(seed.below(256)).unwrap_or(0)).collect();
    let long = [b"x".repeat(3_000_000), b"\nafter\n".to_vec()].concat();
    let broken = [b"\xff".repeat(1_300_000), b"\n".to_vec()].concat();
    vec![
        HOSTILE.join(&b'\n'),
        [HOSTILE.join(&b'\n'), b"\n".to_vec()].concat(),
        b"no final newline".to_vec(),
        b"\n\n\n".to_vec(),
        b"dos\r\nmac\runix\n\r\n".to_vec(),
        (0..=255).collect(),
        random,
        long,
        broken,
        b"y".repeat(1 << 20),
        [b"z".repeat(1 << 20), b"\n".to_vec()].concat(),
        "é".repeat(700_000).into_bytes(),
    ]
}

#[test]
fn raw_and_ndjson_lose_no_byte() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    for (n, content) in contents().into_iter().enumerate() {
        let log = cvm.log(&format!("log_{n}.out"));
        log.put(&content);
        let read = |form: &str| {
            let run =
                world.cvmtail(&["-c", "ntnx-a-cvm", "-n", "+1", "--no-follow", "-q", "-o", form, &log.path]);
            run.finish(LONG).expect(0).stdout
        };
        let whole = if content.ends_with(b"\n") { content.clone() } else { [&content[..], b"\n"].concat() };
        let raw = read("raw");
        assert!(raw == content, "raw, content {n}: {} of {} bytes", raw.len(), content.len());
        let ndjson = read("ndjson");
        assert!(bytes(&ndjson) == whole, "NDJSON, content {n}");
        let mut place = 0;
        for line in objects(&ndjson).iter().filter(|object| object["type"] == "line") {
            assert_eq!(line["offset"].as_u64(), Some(place), "content {n}: {}", line["offset"]);
            let base64 = line["line_base64"].as_str();
            let length = base64.map_or_else(
                || line["line"].as_str().map_or(0, str::len),
                |text| text.len() / 4 * 3 - text.bytes().rev().take_while(|byte| *byte == b'=').count(),
            );
            assert!(length <= 1 << 20, "content {n}: a piece of {length} bytes");
            place += length as u64 + u64::from(line["partial"] != true);
        }
    }
    nothing_left(&world, &[cvm]);
}

#[test]
fn bytes_that_come_while_it_follows_are_not_lost_either() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    log.put("");
    let run = world.cvmtail(&["-c", "ntnx-a-cvm", "-o", "raw", &log.path]).start();
    run.wait_for_word("+ ntnx-a-cvm genesis");
    let mut all = Vec::new();
    for content in contents() {
        log.push(&content);
        log.push("\n");
        all.extend_from_slice(&content);
        all.push(b'\n');
    }
    run.wait_for("every byte has come", LONG, |out| out.len() >= all.len());
    run.interrupt();
    let done = run.finish(SOON).expect(130);
    assert!(done.stdout == all, "{} of {} bytes", done.stdout.len(), all.len());
}

#[test]
fn a_line_that_is_not_ended_waits_for_its_end() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let log = cvm.log("genesis.out");
    log.put("whole\nhalf");
    let run = world.cvmtail(&["-c", "ntnx-a-cvm", "--prefix", "none", &log.path]).start();
    run.wait_for_line("whole");
    log.push(" and half\nnext\n");
    run.wait_for_line("next");
    run.interrupt();
    assert_eq!(run.finish(SOON).expect(130).out(), "whole\nhalf and half\nnext\n");
}
