//! How many instructions a byte costs us: unlike time, the same on a machine that is busy.

use std::path::Path;

use crate::bulk::WHOLE;
use crate::cost::LONG;
use crate::cpu::RARE;
use crate::figure::{Reach, Table};
use crate::stage::{MB, Sample, Stage, count as number};
use crate::world::run::binary;

/// The forms that are counted, and how many instructions a byte may cost in each: about an eighth more than
/// it did when this was written, so that a copy or a pass too many is noticed.
const FORMS: [(&str, &[&str], i32, f64); 3] = [
    ("text", &[], 0, 1.75),
    ("NDJSON", &["--json"], 0, 22.0),
    ("a regex that rarely hits", &["-g", RARE], 1, 0.8),
];

/// Counts with callgrind. A small file is taken off a larger one, and with it the start and the end.
pub fn measure(stage: &Stage, table: &mut Table) {
    if !Path::new("/usr/bin/valgrind").exists() {
        table.skip("valgrind is not installed, so no instructions are counted");
        return;
    }
    let (small, large) = (stage.sample(MB), stage.sample(5 * MB));
    for (what, flags, code, most) in FORMS {
        let instructions = count(stage, flags, code, &large) - count(stage, flags, code, &small);
        let bytes = number(large.bytes() - small.bytes());
        let what = format!("instructions per byte, {what}");
        table.add(what, "callgrind", vec![instructions / bytes], Reach::AtMost(most));
    }
}

/// The instructions of a run over that file on this machine itself, which ends with status `code`.
fn count(stage: &Stage, flags: &[&str], code: i32, sample: &Sample) -> f64 {
    let finished = stage
        .run("valgrind", &["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(binary())
        .args(["-c", "local", "-q"])
        .args(WHOLE)
        .args(flags.iter().copied())
        .arg(&sample.path)
        .stdout_to(stage.place())
        .finish(LONG)
        .expect(code);
    let told = finished.err();
    let number = told.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, number)| number);
    number.and_then(|number| number.trim().parse().ok()).unwrap_or_else(|| panic!("no count in {told}"))
}
