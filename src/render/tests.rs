//! Lines in each output format, and that no format loses a byte.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use proptest::prelude::{Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use serde_json::Value;

use super::annotated_line::{AnnotatedLine, lines};
use super::renderer::Renderer;
use crate::batch::{Batch, Ending, FileId};
use crate::cluster::target::Target;
use crate::event::{Event, Status, Subject};
use crate::line::level::Level;
use crate::options::{Format, OutputOptions, Prefix};
use crate::tally::tests::target;

/// Two streams of one log on two CVMs.
fn targets() -> Vec<Arc<Target>> {
    vec![target(0, "10.0.0.1", "genesis"), target(1, "10.0.0.12", "genesis")]
}

/// A renderer into a pipe without colors.
fn piped(format: Format) -> Renderer {
    made(format, false, false)
}

fn output(format: Format, color: bool, terminal: bool) -> OutputOptions {
    OutputOptions { format, color, terminal, timestamps: None, zone: jiff::tz::TimeZone::UTC }
}

/// A renderer.
fn made(format: Format, color: bool, terminal: bool) -> Renderer {
    Renderer::new(&output(format, color, terminal), &targets()).unwrap()
}

/// When all lines of the tests arrive.
fn received() -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(1_795_662_764_120_931)
}

/// A batch of stream `id`.
fn batch(id: usize, bytes: &[u8], continues: bool, ending: Ending) -> Batch {
    Batch {
        target: Arc::clone(&targets()[id]),
        file: FileId { device: 0xfd00, inode: 131_090 },
        offset: 40_211,
        received: received(),
        bytes: Bytes::copy_from_slice(bytes),
        continues,
        ending,
    }
}

/// The output for whole batches, up to the end of the run.
fn rendered(mut renderer: Renderer, batches: &[Batch]) -> Vec<u8> {
    let mut out = Vec::new();
    for batch in batches {
        renderer.batch(&mut out, batch, 0..batch.bytes.len());
    }
    renderer.finish(&mut out);
    out
}

/// The same as text.
fn shown(renderer: Renderer, batches: &[Batch]) -> String {
    String::from_utf8(rendered(renderer, batches)).unwrap()
}

/// One whole line of stream 0, annotated by `annotate`, as text.
fn one(mut renderer: Renderer, bytes: &[u8], annotate: impl Fn(&mut AnnotatedLine)) -> String {
    let batch = batch(0, bytes, false, Ending::EndOfFile);
    let mut line = lines(&batch, 0..bytes.len()).next().unwrap();
    annotate(&mut line);
    let mut out = Vec::new();
    renderer.line(&mut out, &line);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_prefix_is_padded_on_terminals_only() {
    let two = [batch(0, b"a\nb\n", false, Ending::Newline), batch(1, b"c", false, Ending::EndOfFile)];
    for (prefix, terminal, expected) in [
        (Prefix::Full, false, "10.0.0.1 genesis | a\n10.0.0.1 genesis | b\n10.0.0.12 genesis | c\n"),
        (Prefix::Full, true, "10.0.0.1  genesis | a\n10.0.0.1  genesis | b\n10.0.0.12 genesis | c\n"),
        (Prefix::Cvm, false, "10.0.0.1 | a\n10.0.0.1 | b\n10.0.0.12 | c\n"),
        (Prefix::Log, false, "genesis | a\ngenesis | b\ngenesis | c\n"),
        (Prefix::None, true, "a\nb\nc\n"),
    ] {
        assert_eq!(shown(made(Format::Text(prefix), false, terminal), &two), expected);
    }
}

#[test]
fn a_stream_added_later_widens_the_prefix_and_cannot_break_it() {
    let mut renderer = made(Format::Text(Prefix::Full), false, true);
    let mut out = Vec::new();
    let mut late = batch(0, b"x\n", false, Ending::Newline);
    renderer.batch(&mut out, &late, 0..2);
    late.target = target(7, "10.0.0.1", "odd\nname");
    renderer.batch(&mut out, &late, 0..2);
    renderer.batch(&mut out, &batch(0, b"y\n", false, Ending::Newline), 0..2);
    let expected = "10.0.0.1  genesis | x\n10.0.0.1  odd\\x0aname | x\n10.0.0.1  genesis     | y\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn a_late_line_has_a_tilde() {
    assert_eq!(
        one(piped(Format::Text(Prefix::Full)), b"x", |line| line.late = true),
        "10.0.0.1 genesis ~ x\n"
    );
}

#[test]
fn pieces_of_a_line_follow_each_other_unless_another_stream_comes_between() {
    let pieces = [
        batch(0, b"on", false, Ending::Partial),
        batch(0, b"e\n", true, Ending::Newline),
        batch(0, b"tw", false, Ending::Partial),
        batch(1, b"x\n", false, Ending::Newline),
        batch(0, b"o", true, Ending::Partial),
    ];
    let text = shown(piped(Format::Text(Prefix::Cvm)), &pieces);
    assert_eq!(text, "10.0.0.1 | one\n10.0.0.1 | tw\n10.0.0.12 | x\n10.0.0.1 | o\n");
    assert_eq!(shown(piped(Format::Raw), &pieces), "one\ntw\nx\no");
    assert_eq!(shown(made(Format::Raw, false, true), &pieces), "one\ntw\nx\no\n");
}

#[test]
fn raw_adds_a_newline_only_between_files() {
    let end = batch(0, b"a\nb", false, Ending::EndOfFile);
    assert_eq!(shown(piped(Format::Raw), std::slice::from_ref(&end)), "a\nb");
    assert_eq!(shown(piped(Format::Raw), &[end, batch(1, b"c\n", false, Ending::Newline)]), "a\nb\nc\n");
}

/// Two ranges of a line.
const RANGES: [Range<usize>; 2] = [0..1, 2..4];

#[test]
fn matches_levels_and_names_are_colored() {
    let text = || made(Format::Text(Prefix::None), true, true);
    let matched = one(text(), b"a\x1bbc\td", |line| line.matches = &RANGES);
    assert_eq!(matched, "\x1b[30;43;1ma\x1b[0m^[\x1b[30;43;1mbc\x1b[0m\td\n");
    let both = one(text(), b"abc", |line| (line.matches, line.level) = (&RANGES[..1], Some(Level::Error)));
    assert_eq!(both, "\x1b[30;43;1ma\x1b[0m\x1b[31mbc\x1b[0m\n");
    assert_eq!(one(text(), b"abc", |line| line.level = Some(Level::Info)), "abc\n");
    let named = one(made(Format::Text(Prefix::Full), true, false), b"\x1b", |_| ());
    assert!(named.starts_with("\x1b[38;5;") && named.ends_with("genesis\x1b[0m | \x1b\n"), "{named:?}");
    let raw = one(made(Format::Raw, true, false), b"abc", |line| line.matches = &RANGES[..1]);
    assert_eq!(raw, "abc");
}

#[test]
fn ndjson_has_the_documented_fields() {
    let bare = one(piped(Format::Ndjson), b"a\"\x1b", |_| ());
    assert_eq!(
        bare,
        r#"{"type":"line","cvm":"10.0.0.1","log":"genesis","path":"/home/nutanix/data/logs/genesis.out","time":null,"received":"2026-11-26T03:12:44.120931Z","level":null,"line":"a\"\u001b","file":"fd00:131090","offset":40211}"#.to_owned() + "\n"
    );
    let full = one(piped(Format::Ndjson), b"a\xff", |line| {
        line.time = Some("2026-11-20T03:12:44.001Z".parse().unwrap());
        line.level = Some(Level::Info);
        line.ending = Ending::Partial;
        (line.record, line.late) = (Some(7), true);
    });
    assert_eq!(
        full,
        r#"{"type":"line","cvm":"10.0.0.1","log":"genesis","path":"/home/nutanix/data/logs/genesis.out","time":"2026-11-20T03:12:44.001000Z","received":"2026-11-26T03:12:44.120931Z","level":"info","line":"a�","line_base64":"Yf8=","file":"fd00:131090","offset":40211,"partial":true,"record":7,"late":true}"#.to_owned() + "\n"
    );
    let terminal = one(made(Format::Ndjson, false, true), "\u{9b}2J\u{202e}".as_bytes(), |_| ());
    assert!(terminal.contains(r#""line":"\u009b2J\u202e""#), "{terminal}");
}

#[test]
fn events_are_objects_in_ndjson_and_nothing_elsewhere() {
    let targets = targets();
    let event = Event {
        time: received(),
        hint: Some("do \"it\"".into()),
        attempt: Some(2),
        place: Some((FileId { device: 1, inode: 2 }, 3)),
        bytes: Some(4),
        ..Event::new(Status::Gap, Subject::Stream(Arc::clone(&targets[0])), "lost")
    };
    let cvm = Event {
        time: received(),
        ..Event::new(Status::Connected, Subject::Cvm(Arc::clone(&targets[0].cvm)), "")
    };
    let mut out = Vec::new();
    let mut renderer = piped(Format::Ndjson);
    renderer.event(&mut out, &event);
    renderer.event(&mut out, &cvm);
    assert_eq!(
        String::from_utf8(std::mem::take(&mut out)).unwrap(),
        concat!(
            r#"{"type":"status","status":"gap","cvm":"10.0.0.1","log":"genesis","path":"/home/nutanix/data/logs/genesis.out","time":"2026-11-26T03:12:44.120931Z","message":"lost","hint":"do \"it\"","attempt":2,"file":"1:2","offset":3,"bytes":4}"#,
            "\n",
            r#"{"type":"status","status":"connected","cvm":"10.0.0.1","log":null,"path":null,"time":"2026-11-26T03:12:44.120931Z","message":"","hint":null,"attempt":null,"file":null,"offset":null,"bytes":null}"#,
            "\n"
        )
    );
    piped(Format::Raw).event(&mut out, &event);
    assert!(out.is_empty());
}

#[test]
fn a_template_fills_in_all_its_fields() {
    let all = "{time} {received} {cvm} {log} {path} {level} {file} {offset}\\t{line}";
    assert_eq!(
        one(piped(Format::Template(all.into())), b"x", |line| line.level = Some(Level::Fatal)),
        "- 2026-11-26T03:12:44.120931Z 10.0.0.1 genesis /home/nutanix/data/logs/genesis.out fatal fd00:131090 40211\tx\n"
    );
    let colored = one(made(Format::Template("{cvm}>{line}".into()), true, true), b"\x07", |_| ());
    assert!(
        colored.starts_with("\x1b[38;5;") && colored.ends_with("m10.0.0.1\x1b[0m>\\x07\n"),
        "{colored:?}"
    );
}

/// Batches of two streams that keep the invariants of batches.
fn batches() -> impl Strategy<Value = Vec<Batch>> {
    let byte =
        prop_oneof![6 => prop::sample::select(b"ab\"\\\t\r\x1b\n\xc3\xa9\xff\0".to_vec()), 1 => any::<u8>()];
    let piece = (0..2usize, prop::collection::vec(byte, 1..20), any::<bool>());
    prop::collection::vec(piece, 1..12).prop_map(|pieces| {
        let mut open = [false; 2];
        let last: [Option<usize>; 2] = [0, 1].map(|id| pieces.iter().rposition(|piece| piece.0 == id));
        let mut offsets = [0; 2];
        let mut batches = Vec::new();
        for (index, (id, mut bytes, cut)) in pieces.into_iter().enumerate() {
            let continues = open[id];
            if continues || cut {
                bytes.retain(|&byte| byte != b'\n');
                bytes.push(b'x');
            }
            let ending = match (cut, last[id] == Some(index)) {
                (true, false) => Ending::Partial,
                (true, true) => Ending::EndOfFile,
                (false, _) => {
                    bytes.push(b'\n');
                    Ending::Newline
                }
            };
            open[id] = ending == Ending::Partial;
            batches.push(Batch { offset: offsets[id], ..batch(id, &bytes, continues, ending) });
            offsets[id] += bytes.len() as u64;
        }
        batches
    })
}

/// The bytes of each stream.
fn files<'a>(batches: impl IntoIterator<Item = &'a Batch>) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::<_, Vec<u8>>::new();
    for batch in batches {
        files.entry(batch.target.cvm.name.clone()).or_default().extend_from_slice(&batch.bytes);
    }
    files
}

proptest! {
    #[test]
    fn batches_are_rendered_like_their_lines(batches in batches(), color in any::<bool>(), terminal in any::<bool>()) {
        for format in [Format::Text(Prefix::Full), Format::Raw, Format::Ndjson, Format::Template("{line}".into())] {
            let mut renderer = made(format.clone(), color, terminal);
            let mut out = Vec::new();
            for batch in &batches {
                lines(batch, 0..batch.bytes.len()).for_each(|line| renderer.line(&mut out, &line));
            }
            renderer.finish(&mut out);
            prop_assert_eq!(rendered(made(format, color, terminal), &batches), out);
        }
    }

    #[test]
    fn ndjson_loses_no_byte(batches in batches(), terminal in any::<bool>()) {
        let mut back = BTreeMap::<String, Vec<u8>>::new();
        for object in shown(made(Format::Ndjson, false, terminal), &batches).lines() {
            let object: Value = serde_json::from_str(object).unwrap();
            let text = object["line"].as_str().unwrap();
            let bytes = object.get("line_base64").map_or_else(
                || text.as_bytes().to_vec(),
                |exact| STANDARD.decode(exact.as_str().unwrap()).unwrap(),
            );
            prop_assert_eq!(String::from_utf8_lossy(&bytes), text);
            let file = back.entry(object["cvm"].as_str().unwrap().to_owned()).or_default();
            prop_assert_eq!(object["offset"].as_u64(), Some(file.len() as u64));
            file.extend(bytes);
            if object.get("partial").is_none() {
                file.push(b'\n');
            }
        }
        for (cvm, mut file) in files(&batches) {
            if file.last() != Some(&b'\n') {
                file.push(b'\n');
            }
            prop_assert_eq!(&back[&cvm], &file);
        }
    }

    #[test]
    fn raw_of_one_stream_is_its_file(batches in batches()) {
        for id in 0..2 {
            let own: Vec<Batch> = batches.iter().filter(|batch| batch.target.id == id).cloned().collect();
            let file = files(&own).into_values().next().unwrap_or_default();
            prop_assert_eq!(rendered(piped(Format::Raw), &own), file);
        }
    }

    #[test]
    fn text_of_one_stream_is_its_file_after_the_prefix(batches in batches()) {
        for id in 0..2 {
            let own: Vec<Batch> = batches.iter().filter(|batch| batch.target.id == id).cloned().collect();
            let file = files(&own).into_values().next().unwrap_or_default();
            let mut expected = Vec::new();
            for line in file.split_inclusive(|&byte| byte == b'\n') {
                expected.extend_from_slice(format!("{} | ", targets()[id].cvm.name).as_bytes());
                expected.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
                expected.push(b'\n');
            }
            prop_assert_eq!(rendered(piped(Format::Text(Prefix::Cvm)), &own), expected);
        }
    }

    #[test]
    fn a_terminal_gets_no_control_bytes(batches in batches()) {
        for format in [Format::Text(Prefix::Full), Format::Raw, Format::Ndjson, Format::Template("{path} {line}".into())] {
            let text = shown(made(format, false, true), &batches);
            prop_assert_eq!(text.chars().find(|&character| character != '\n' && crate::sanitize::is_shapeless(character)), None);
        }
    }
}
