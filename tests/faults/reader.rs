//! A reader of stdout that is slow, stalled or gone.

use std::time::Duration;

use super::flood;
use crate::world::World;
use crate::world::poll::{SOON, must};
use crate::world::writer::Writer;

#[test]
fn a_stalled_reader_costs_bounded_memory_no_line_and_no_connection() {
    // Longer than four times the time after which a CVM is taken for dead.
    let flooded = flood::stall(4, 14, 8_000, Duration::from_secs(13));
    eprintln!("{flooded}");
    flooded.report.assert_exact();
    assert!(flooded.memory < 64 * 1024 && flooded.after < 64 * 1024, "{flooded}");
    assert!(flooded.connections.0 == flooded.connections.1 && flooded.made == 0, "{flooded}");
    assert_eq!(flooded.code, 130, "{flooded}");
    // The last words get two seconds to be read.
    assert!(flooded.ended < Duration::from_secs(5), "{flooded}");
}

#[test]
fn a_reader_that_goes_away_ends_the_run_without_a_word_and_leaves_nothing() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let mut writer = Writer::new(&cvm.log("genesis.out"), 1);
    writer.append(50_000);
    let run = world.cvmtail(&["-o", "raw", "-n", "+1", "-c", &cvm.target(), &writer.log.path, "-q"]).start();
    run.wait_for_lines(10);
    run.close_stdout();
    let done = run.finish(SOON).expect(0);
    assert_eq!(done.err(), "");
    must(Duration::from_secs(30), "nothing is left on the CVM", || cvm.processes().is_empty());
    assert!(world.here().is_empty());
}
