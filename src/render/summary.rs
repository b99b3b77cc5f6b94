//! The counts of a run, as a table for people and as an object for programs.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::human::{self, Table};
use crate::tally::{Counts, Tally};

/// INTERFACE's `summary`.
#[derive(Serialize)]
struct RunSummary<'a> {
    /// `summary`.
    r#type: &'static str,
    /// How long the run has lasted.
    elapsed_ms: u64,
    /// How many CVMs the streams are on.
    cvms: usize,
    /// How many streams there are.
    streams: usize,
    /// How many of them failed.
    streams_failed: usize,
    /// All streams together.
    #[serde(flatten)]
    total: Numbers,
    /// Each stream.
    per_stream: Vec<PerStream<'a>>,
}

/// One stream in a summary.
#[derive(Serialize)]
struct PerStream<'a> {
    /// The CVM's name.
    cvm: &'a str,
    /// The log's name.
    log: &'a str,
    /// The log's path on the CVM.
    path: String,
    /// Whether it failed.
    failed: bool,
    /// What was counted.
    #[serde(flatten)]
    counts: Numbers,
}

/// [`Counts`] under the names that scripts rely on.
#[derive(Serialize)]
struct Numbers {
    /// Lines that came in.
    lines_read: u64,
    /// Lines that went out.
    lines_printed: u64,
    /// Bytes that came in.
    bytes_read: u64,
    /// Broken connections.
    reconnects: u64,
    /// New files.
    rotations: u64,
    /// Parts that could not be had.
    gaps: u64,
    /// Their size.
    gap_bytes: u64,
    /// Lines held back.
    suppressed: u64,
}

impl From<Counts> for Numbers {
    fn from(counts: Counts) -> Self {
        let Counts {
            lines_read,
            lines_printed,
            bytes_read,
            reconnects,
            rotations,
            gaps,
            gap_bytes,
            suppressed,
        } = counts;
        Self { lines_read, lines_printed, bytes_read, reconnects, rotations, gaps, gap_bytes, suppressed }
    }
}

/// Appends the summary of a run that has lasted for `elapsed` as one JSON object and a newline.
pub fn json(out: &mut Vec<u8>, tally: &Tally, elapsed: Duration) {
    let streams = tally.streams().map(|stream| PerStream {
        cvm: &stream.target.cvm.name,
        log: &stream.target.log,
        path: stream.target.path.to_string(),
        failed: stream.state.is_failure(),
        counts: stream.counts.into(),
    });
    let globs = tally.globs().map(|(cvm, glob, state)| PerStream {
        cvm,
        log: glob,
        path: glob.to_owned(),
        failed: state.is_failure(),
        counts: Counts::default().into(),
    });
    let summary = RunSummary {
        r#type: "summary",
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        cvms: tally.cvms(),
        streams: tally.streams_known(),
        streams_failed: tally.streams_failed(),
        total: tally.total().into(),
        per_stream: streams.chain(globs).collect(),
    };
    let written = serde_json::to_writer(&mut *out, &summary);
    debug_assert!(written.is_ok(), "neither a map with odd keys nor a writer that fails");
    out.push(b'\n');
}

/// The columns of the table.
const COLUMNS: [&str; 9] =
    ["CVM", "LOG", "LINES", "PRINTED", "BYTES", "LINES/S", "RECONNECTS", "ROTATIONS", "GAPS"];

/// The summary of a run that has lasted for `elapsed` as a table: each stream, then all of them.
pub fn text(tally: &Tally, elapsed: Duration) -> String {
    let mut table = Table::new(COLUMNS).with_numbers(2..COLUMNS.len());
    for stream in tally.streams() {
        let names = [stream.target.cvm.name.clone(), stream.target.log.clone()];
        table.row(row(names, &stream.counts, elapsed).each_ref().map(String::as_str));
    }
    for (cvm, glob, _) in tally.globs() {
        let names = [cvm.to_owned(), glob.to_owned()];
        table.row(row(names, &Counts::default(), elapsed).each_ref().map(String::as_str));
    }
    let total = tally.total();
    let names = [human::count(tally.cvms(), "CVM"), human::count(tally.streams_known(), "stream")];
    table.row(row(names, &total, elapsed).each_ref().map(String::as_str));
    let mut text = table.text();
    text.push_str(&human::duration(elapsed));
    let failed = tally.streams_failed();
    if failed > 0 {
        let _ = write!(text, ", {} failed", human::count(failed, "stream"));
    }
    if total.suppressed > 0 {
        let _ = write!(text, ", {} suppressed by limits", human::count(total.suppressed, "line"));
    }
    text.push('\n');
    text
}

/// One row: who, and the counts.
fn row([cvm, log]: [String; 2], counts: &Counts, elapsed: Duration) -> [String; COLUMNS.len()] {
    let gaps = match (counts.gaps, counts.gap_bytes) {
        (gaps, 0) => human::number(gaps),
        (gaps, bytes) => format!("{} ({})", human::number(gaps), human::size(bytes)),
    };
    [
        cvm,
        log,
        human::number(counts.lines_read),
        human::number(counts.lines_printed),
        human::size(counts.bytes_read),
        rate(counts.lines_read, elapsed),
        human::number(counts.reconnects),
        human::number(counts.rotations),
        gaps,
    ]
}

/// How many a second: with a digit behind the point as long as that says something.
fn rate(count: u64, elapsed: Duration) -> String {
    let tenths = u128::from(count) * 10_000 / elapsed.as_millis().max(1);
    let whole = u64::try_from(tenths / 10).unwrap_or(u64::MAX);
    if whole < 100 { format!("{whole}.{}", tenths % 10) } else { human::number(whole) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{json, text};
    use crate::event::{Event, Status, Subject};
    use crate::tally::Tally;
    use crate::tally::tests::target;

    /// A run with something of everything.
    fn tally() -> Tally {
        let targets = [target(0, "10.0.0.1", "genesis"), target(1, "10.0.0.12", "stargate")];
        let mut tally = Tally::new(&targets);
        tally.read(&targets[0], 1_234_567, 165_000_000);
        tally.printed(&targets[0], 12);
        tally.read(&targets[1], 30, 4_020);
        tally.observe(&Event {
            bytes: Some(4096),
            ..Event::new(Status::Gap, Subject::Stream(targets[1].clone()), "")
        });
        tally.observe(&Event::new(Status::Error, Subject::Stream(targets[1].clone()), ""));
        tally
    }

    #[test]
    fn a_table_for_people() {
        let expected = "\
CVM        LOG            LINES  PRINTED      BYTES  LINES/S  RECONNECTS  ROTATIONS         GAPS
10.0.0.1   genesis    1,234,567       12  157.4 MiB  123,456           0          0            0
10.0.0.12  stargate          30        0    3.9 KiB      3.0           0          0  1 (4.0 KiB)
2 CVMs     2 streams  1,234,597       12  157.4 MiB  123,459           0          0  1 (4.0 KiB)
10 s, 1 stream failed
";
        assert_eq!(text(&tally(), Duration::from_secs(10)), expected);
        assert!(text(&Tally::new(&[]), Duration::ZERO).contains("0 CVMs  0 streams"));
    }

    #[test]
    fn an_object_for_programs() {
        let mut out = Vec::new();
        json(&mut out, &tally(), Duration::from_millis(1500));
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with(r#"{"type":"summary","elapsed_ms":1500,"cvms":2,"streams":2,"streams_failed":1,"lines_read":1234597,"lines_printed":12,"bytes_read":165004020,"reconnects":0,"rotations":0,"gaps":1,"gap_bytes":4096,"suppressed":0,"per_stream":[{"cvm":"10.0.0.1","log":"genesis","path":"/home/nutanix/data/logs/genesis.out","failed":false,"#), "{text}");
        assert!(text.ends_with("}]}\n"));
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}
