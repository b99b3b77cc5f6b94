//! Pieces of a channel, cut anywhere, come out in their place.

use proptest::prelude::*;

use crate::agent::framing::{Intake, Interjection, LINE_CAP};
use crate::agent::protocol::{RANDOM, Secret};
use crate::batch::Ending;

/// One piece of what a channel carries.
#[derive(Clone, Debug)]
enum PatternPart {
    Log(Vec<u8>),
    Record,
    Message,
}

fn intake() -> (Intake, Vec<u8>, Vec<u8>) {
    let secret = Secret::new(&[7; RANDOM]);
    let prefix = secret.message_prefix(b"/usr/bin/tail");
    let mut intake = Intake::new(&secret);
    intake.expect_messages(&prefix);
    intake.tail(true);
    (
        intake,
        format!("\x1e{} moved\0", secret.nonce).into_bytes(),
        [&prefix[..], b"x: file truncated\n"].concat(),
    )
}

fn pieces() -> impl Strategy<Value = Vec<PatternPart>> {
    let byte = prop_oneof![Just(b'\n'), Just(0x1e), Just(0), Just(b'/'), any::<u8>()];
    let piece = prop_oneof![
        4 => prop::collection::vec(byte, 0..40).prop_map(PatternPart::Log),
        1 => Just(PatternPart::Record),
        1 => Just(PatternPart::Message),
    ];
    prop::collection::vec(piece, 0..20)
}

proptest! {
    #[test]
    fn whatever_the_reads_log_bytes_come_out_whole_and_the_rest_in_its_place(
        pieces in pieces(),
        cuts in prop::collection::vec(1usize..60, 1..40),
    ) {
        let (mut intake, record, message) = intake();
        let (mut wire, mut log, mut marks) = (Vec::new(), Vec::new(), Vec::new());
        for piece in &pieces {
            match piece {
                PatternPart::Log(bytes) => {
                    wire.extend_from_slice(bytes);
                    log.extend_from_slice(bytes);
                }
                PatternPart::Record => {
                    wire.extend_from_slice(&record);
                    marks.push((log.len(), true));
                }
                PatternPart::Message => {
                    wire.extend_from_slice(&message);
                    marks.push((log.len(), false));
                }
            }
        }
        let (mut out, mut found, mut counted, mut rest) = (Vec::new(), Vec::new(), 0, wire.as_slice());
        let mut cuts = cuts.iter().cycle();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            intake.space().extend_from_slice(now);
            rest = later;
            loop {
                let (fresh, what) = intake.scan();
                counted += fresh;
                while let Some((lines, ending)) = intake.take_lines() {
                    prop_assert_eq!(ending, Ending::Newline);
                    prop_assert_eq!(lines.last(), Some(&b'\n'));
                    out.extend_from_slice(&lines);
                }
                match what {
                    Some(Interjection::Record(text)) => {
                        prop_assert_eq!(&text[..], b"moved");
                        found.push((counted, true));
                    }
                    Some(Interjection::Message(_)) => found.push((counted, false)),
                    None => break,
                }
            }
        }
        out.extend_from_slice(&intake.take_rest().unwrap_or_default());
        out.extend_from_slice(intake.noise());
        prop_assert_eq!(out, log);
        prop_assert_eq!(found, marks);
    }
}

#[test]
fn a_line_beyond_the_cap_comes_in_pieces_and_nothing_of_it_is_lost() {
    let (mut intake, ..) = intake();
    let mut sent = vec![b'x'; 3 * LINE_CAP + 10];
    sent.extend_from_slice(b"\nnext\n");
    let (mut got, mut endings) = (Vec::new(), Vec::new());
    for chunk in sent.chunks(100_000) {
        intake.space().extend_from_slice(chunk);
        intake.scan();
        while let Some((bytes, ending)) = intake.take_lines() {
            got.extend_from_slice(&bytes);
            endings.push(ending);
        }
    }
    assert!(got == sent, "the bytes differ");
    assert_eq!(endings, [Ending::Partial, Ending::Partial, Ending::Partial, Ending::Newline]);
}

#[test]
fn a_message_that_tail_did_not_live_to_finish_ends_with_it() {
    let (mut intake, record, message) = intake();
    let halted = [&record[..record.len() - 6], b"halted\0"].concat();
    let pieces = [b"line\n", &message[..message.len() - 3], &record, &halted, b"next\n"];
    intake.space().extend_from_slice(&pieces.concat());
    assert_eq!(intake.scan(), (5, Some(Interjection::Record("moved".into()))));
    assert_eq!(intake.scan(), (0, Some(Interjection::Record("halted".into()))));
    intake.tail(false);
    assert_eq!(intake.scan(), (5, None));
    assert_eq!(&intake.take_lines().unwrap().0[..], b"line\nnext\n");
}

#[test]
fn rejected_bytes_are_gone_and_the_half_line_before_them_stays() {
    let (mut intake, ..) = intake();
    intake.space().extend_from_slice(b"whole\nha");
    intake.scan();
    assert_eq!(&intake.take_lines().unwrap().0[..], b"whole\n");
    intake.hold();
    intake.space().extend_from_slice(b"of another file\n");
    intake.scan();
    assert_eq!(intake.take_lines(), None);
    assert_eq!(intake.reject(), 16);
    intake.space().extend_from_slice(b"lf\n");
    intake.scan();
    assert_eq!(&intake.take_lines().unwrap().0[..], b"half\n");
}
