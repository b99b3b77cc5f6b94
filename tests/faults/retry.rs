//! Many CVMs that come back at once are not stormed.

use std::time::{Duration, Instant};

use crate::world::World;
use crate::world::cvm::Cvm;
use crate::world::poll::{SOON, eventually, must};
use crate::world::writer::Writer;

#[test]
fn sixty_four_cvms_that_come_back_together_are_dialled_a_few_at_a_time() {
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
    let before = dialled();
    for cvm in &cvms {
        cvm.relay().cut();
    }
    // How many knock in each half second while nobody opens.
    let (mut last, mut rates, began) = (before.clone(), Vec::new(), Instant::now());
    while began.elapsed() < Duration::from_secs(10) {
        let window = Instant::now();
        eventually(Duration::from_millis(500), || false);
        let now = dialled();
        let knocks = u128::from(now.iter().sum::<u64>() - last.iter().sum::<u64>());
        // A busy machine may look later than after half a second.
        rates.push(u64::try_from(knocks * 500 / window.elapsed().as_millis().max(500)).unwrap_or(u64::MAX));
        last = now;
    }
    let each: Vec<u64> = last.iter().zip(&before).map(|(now, before)| now - before).collect();
    let total: u64 = each.iter().sum();
    eprintln!("in 10 s {total} connections to {CVMS} CVMs, {rates:?} in each half second, each {each:?}");
    let greatest = each.iter().max().copied().unwrap_or(0);
    assert!(greatest <= 8, "one CVM is not dialled all the time: {each:?}");
    // The first knock at each comes after 0.25 to 0.5 s; from then on they spread.
    assert!(rates[0].max(rates[1]) <= CVMS as u64 * 3 / 2, "{rates:?} in each half second");
    // The second comes 0.5 to 1 s later, so half a second can hold one of nearly all; then they thin out.
    assert!(rates[2..6].iter().all(|rate| *rate <= CVMS as u64), "{rates:?} in each half second");
    assert!(rates[6..].iter().all(|rate| *rate <= CVMS as u64 / 2), "{rates:?} in each half second");
    for cvm in &cvms {
        cvm.relay().refuse(false);
    }
    for writer in &mut writers {
        writer.append(1);
    }
    must(SOON * 3, "all come back", || came(&run.stdout(), 2 * first));
    assert!(came(&run.stdout(), 2 * first) && !came(&run.stdout(), 2 * first + 1), "each line came once");
}
