//! Many CVMs that are lost at once are not stormed.

use std::time::{Duration, Instant};

use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::poll::{SOON, eventually, must};
use crate::world::writer::Writer;

#[test]
fn sixty_four_cvms_that_are_lost_together_are_dialled_ever_more_rarely() {
    const CVMS: usize = 64;
    let world = World::new();
    let names: Vec<String> = (1..=CVMS).map(|n| format!("ntnx-{n:02}-cvm")).collect();
    let cvms = World::start(names.iter().map(|name| world.cvm(name).relayed()).collect());
    let mut writers: Vec<Writer> = cvms.iter().map(|cvm| Writer::new(&cvm.log("genesis.out"), 1)).collect();
    for writer in &mut writers {
        writer.append(1);
    }
    let mut paths: Vec<String> = writers.iter().map(|writer| writer.log.path.clone()).collect();
    paths.dedup();
    // Below a world of ports each CVM has paths of its own, and the others are missing on it.
    let targets = cvms.iter().map(Cvm::target).collect::<Vec<_>>().join(",");
    let run = world
        .cvmtail(&["-o", "raw", "-n", "+1", "--dead-after", "3s", "-c", &targets])
        .args(&paths[..1])
        .start();
    let first = if paths.len() == 1 { CVMS } else { 1 };
    let came = |out: &[u8], count: usize| memchr::memchr_iter(b'\n', out).count() >= count;
    run.wait_for("a line of each", SOON * 4, |out| came(out, first));
    let dialled = || cvms.iter().map(|cvm| cvm.relay().accepted()).collect::<Vec<u64>>();
    for cvm in &cvms {
        cvm.relay().refuse(true);
    }
    let (before, began) = (dialled(), Instant::now());
    for cvm in &cvms {
        cvm.relay().cut();
    }
    // A busy machine knocks later, never earlier.
    while began.elapsed() < Duration::from_secs(10) {
        let each: Vec<u64> = dialled().iter().zip(&before).map(|(now, before)| now - before).collect();
        let (most, passed) = (most_within(began.elapsed()), began.elapsed());
        assert!(each.iter().all(|knocks| *knocks <= most), "more than {most} after {passed:?}: {each:?}");
        eventually(Duration::from_millis(50), || false);
    }
    must(SOON, "all are tried", || dialled().iter().zip(&before).all(|(now, before)| now > before));
    for cvm in &cvms {
        cvm.relay().refuse(false);
    }
    for writer in &mut writers {
        writer.append(1);
    }
    must(SOON * 3, "all come back", || came(&run.stdout(), 2 * first));
    assert!(came(&run.stdout(), 2 * first) && !came(&run.stdout(), 2 * first + 1), "each line came once");
}

/// How often one CVM may have been dialled so long after it was lost: the pauses before are at least half of 0.5, 1, 2,
/// … s, up to half of 30 s.
fn most_within(passed: Duration) -> u64 {
    let pauses = (0..).map(|tries| Duration::from_millis(250 << tries.min(6)).min(Duration::from_secs(15)));
    let moments = pauses.scan(Duration::ZERO, |sum, pause| {
        *sum += pause;
        Some(*sum)
    });
    moments.take_while(|moment| *moment <= passed).count() as u64
}
