//! The fast way of a byte, from the channel to stdout, beside a slow one that takes a line at a time.

use std::fmt::Write as _;
use std::time::UNIX_EPOCH;

use proptest::prelude::*;

use crate::agent::framing::Intake;
use crate::agent::protocol::{RANDOM, Secret};
use crate::batch::{Batch, Ending, FileId};
use crate::flow::filter::Filter;
use crate::options::{Case, Format, OutputOptions, PatternSyntax, Prefix};
use crate::render::renderer::Renderer;
use crate::tally::tests::target;

/// What is looked for where something is.
const WANTED: &str = "ab";

/// The file that all of it stands in.
const FILE: FileId = FileId { device: 0xfd00, inode: 7 };

/// What is printed of a log that comes in pieces of these sizes, again and again, and then ends.
fn fast(log: &[u8], cuts: &[usize], tailing: bool, form: &Format, filtering: bool) -> Vec<u8> {
    let secret = Secret::new(&[7; RANDOM]);
    let mut intake = Intake::new(&secret);
    intake.expect_messages(&secret.message_prefix(b"/usr/bin/tail"));
    intake.tail(tailing);
    let patterns = PatternSyntax { case: Case::Sensitive, word: false, fixed: false };
    let keep = filtering.then(|| WANTED.to_owned()).into_iter().collect();
    let plan = crate::options::FilterOptions { keep, patterns, ..crate::options::FilterOptions::default() };
    let mut filter = Filter::new(&plan).expect("a good pattern");
    let target = target(0, "10.0.0.1", "genesis");
    let output = OutputOptions {
        format: form.clone(),
        color: false,
        terminal: false,
        timestamps: None,
        zone: jiff::tz::TimeZone::UTC,
    };
    let mut renderer = Renderer::new(&output, std::slice::from_ref(&target)).expect("a good form");
    let (mut out, mut offset) = (Vec::new(), 0);
    let mut print = |bytes: bytes::Bytes, ending| {
        let length = bytes.len() as u64;
        let batch = Batch {
            target: target.clone(),
            file: FILE,
            offset,
            received: UNIX_EPOCH,
            bytes,
            continues: false,
            ending,
        };
        offset += length;
        filter.for_each_kept(&batch, |range| renderer.batch(&mut out, &batch, range));
    };
    let (mut rest, mut sizes) = (log, cuts.iter().cycle());
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.len().min(*sizes.next().expect("at least one")));
        rest = behind;
        intake.space().extend_from_slice(piece);
        intake.filled(piece.len());
        assert_eq!(intake.scan().1, None, "all of it is of the log");
        while let Some((bytes, ending)) = intake.take_lines() {
            print(bytes, ending);
        }
    }
    // What looks like the beginning of something else is of the log when no more comes.
    intake.clean = intake.buffer.len();
    if let Some(bytes) = intake.take_rest() {
        print(bytes, Ending::EndOfFile);
    }
    renderer.finish(&mut out);
    out
}

/// The same, by the book.
fn slow(log: &[u8], form: &Format, filtering: bool) -> Vec<u8> {
    let (mut out, mut offset) = (Vec::new(), 0);
    for line in log.split_inclusive(|&byte| byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        if !filtering || text.windows(WANTED.len()).any(|window| window == WANTED.as_bytes()) {
            match form {
                Format::Text(_) => {
                    out.extend_from_slice(b"10.0.0.1 genesis | ");
                    out.extend_from_slice(text);
                    out.push(b'\n');
                }
                Format::Raw => out.extend_from_slice(line),
                _ => out.extend_from_slice(object(text, offset).as_bytes()),
            }
        }
        offset += line.len();
    }
    out
}

/// The object of one line, as INTERFACE has it.
fn object(text: &[u8], offset: usize) -> String {
    use base64::Engine as _;
    let lossy = serde_json::Value::from(String::from_utf8_lossy(text));
    let mut object = String::from(
        "{\"type\":\"line\",\"cvm\":\"10.0.0.1\",\"log\":\"genesis\",\"path\":\"/home/nutanix/data/logs/genesis.out\",\
         \"time\":null,\"received\":\"1970-01-01T00:00:00.000000Z\",\"level\":null,",
    );
    let _ = write!(object, "\"line\":{lossy}");
    if std::str::from_utf8(text).is_err() {
        let exact = base64::prelude::BASE64_STANDARD.encode(text);
        let _ = write!(object, ",\"line_base64\":\"{exact}\"");
    }
    let _ = writeln!(object, ",\"file\":\"fd00:7\",\"offset\":{offset}}}");
    object
}

proptest! {
    #[test]
    fn the_fast_way_prints_what_the_slow_way_prints(
        log in prop::collection::vec(
            prop_oneof![
                6 => prop::sample::select(b"ab\n\n\r\t\"\\/.\x1e\0\x1b\xc3\xa9\xff".to_vec()),
                1 => any::<u8>(),
            ],
            0..400,
        ),
        cuts in prop::collection::vec(1usize..60, 1..20),
        tailing in any::<bool>(),
        filtering in any::<bool>(),
    ) {
        for form in [Format::Text(Prefix::Full), Format::Raw, Format::Ndjson] {
            let fast = fast(&log, &cuts, tailing, &form, filtering);
            let slow = slow(&log, &form, filtering);
            prop_assert_eq!(fast.escape_ascii().to_string(), slow.escape_ascii().to_string(), "{:?}", form);
        }
    }
}
