//! The fault world, for as long as a test may take.

use std::time::Duration;

use super::driver::Weather;
use super::kind::{Fault, Here};
use super::play::Play;
use super::service::Pace;

#[test]
fn no_line_is_lost_or_comes_twice_in_a_minute_of_every_kind_of_fault() {
    let play = Play {
        seed: 20_261_121,
        time: Duration::from_secs(75),
        cvms: 3,
        logs: 8,
        pace: Pace { burst: 8, pause: Duration::from_millis(80), rotate_every: Duration::from_secs(6) },
        weather: Weather {
            faults: Fault::ALL.to_vec(),
            // What waits for the guards of the CVMs takes too long here; the program has it.
            here: vec![Here::KillMasters, Here::FreezeCvmtail, Here::Stall, Here::Sleep],
            calm: Duration::from_millis(500),
            calm_here: Duration::from_secs(6),
            longest: Duration::from_secs(6),
        },
        told: false,
        look_every: Duration::from_secs(5),
    };
    let outcome = play.run();
    eprintln!("{outcome}");
    assert!(outcome.is_good(), "{outcome}\n{}", outcome.story());
    assert!(outcome.expected > 20_000, "too little was written to show anything: {}", outcome.expected);
    assert!(outcome.faults.len() >= 12, "few kinds of fault struck: {:?}", outcome.faults);
    assert!(outcome.rotations.len() >= 8, "few kinds of rotation were made: {:?}", outcome.rotations);
    let most = outcome.looks.iter().map(|look| look.memory).max().unwrap_or(0);
    assert!(most < 64 * 1024, "{most} KiB");
}
