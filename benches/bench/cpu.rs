//! What we ourselves cost the processor.

use std::path::Path;

use crate::bulk::WHOLE;
use crate::cost::{self, Cost};
use crate::figure::{Reach, Table};
use crate::stage::{MB, Stage, count};

/// Matches nothing in the sample.
pub const RARE: &str = r"FATAL.*egroup \d+ is lost";

/// Matches every line of the sample.
const ALWAYS: &str = r"node_manager\.py:\d+";

/// How often ripgrep runs for each run of ours: its time is a few ticks of the kernel's clock.
const TIMES: u8 = 5;

/// The forms of output, and patterns beside ripgrep's.
pub fn measure(stage: &Stage, table: &mut Table) {
    let sample = stage.sample(stage.either(100 * MB, 500 * MB));
    let gb = count(sample.bytes()) / 1e9;
    let cvm = &stage.cvms(1)[0];
    let log = Stage::log_at(cvm, "cpu.out", &sample.path);
    let output = stage.place();
    let rounds = || stage.rounds(2, 5);
    let ours = |more: &[&str], code: i32| -> Cost {
        let flags: Vec<&str> = WHOLE.iter().chain(more).copied().collect();
        let run = stage.cvmtail(std::slice::from_ref(cvm), &flags, [&log]).stdout_to(&output);
        cost::ending(vec![run], code)
    };
    let ndjson = rounds().map(|_| ours(&["--json"], 0).user / gb).collect();
    table.add("own user time, NDJSON with time and level", "s per GB", ndjson, Reach::AtMost(2.0));
    if !Path::new("/usr/bin/rg").exists() {
        table.skip("rg is not installed (ripgrep)");
        return;
    }
    let path = sample.path.display().to_string();
    for (what, pattern, code, reach) in
        [("a regex that rarely hits", RARE, 1, 1.3), ("a regex that always hits", ALWAYS, 0, 2.0)]
    {
        let mut ratios = Vec::new();
        for _ in rounds() {
            let rg = ["--no-config", "--color=never", "-N", "--no-heading", "-j1", pattern, &path];
            let theirs = || cost::ending(vec![stage.run("rg", &rg).stdout_to(&output)], code).user;
            let theirs = (0..TIMES).map(|_| theirs()).sum::<f64>() / f64::from(TIMES);
            let ours = ours(&["-g", pattern], code);
            ratios.push(ours.user / theirs.max(0.01));
        }
        table.add(format!("own user time, {what}"), "rg on the same file", ratios, Reach::AtMost(reach));
    }
    let _ = std::fs::remove_file(&output);
    let _ = std::fs::remove_file(&sample.path);
}
