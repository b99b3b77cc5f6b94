//! The schedule: one thread per CVM and one for the machine of the user, each with chances of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::kind::{Fault, Here, Life};
use super::play::Record;
use super::reading::Reader;
use super::service::{Order, Service};
use crate::world::World;

use crate::world::cvm::Cvm;
use crate::world::grade::Grade;
use crate::world::process::{freeze, send};
use crate::world::seed::Seed;

/// How long cvmtail waits for a CVM in these runs (`--dead-after`).
pub const DEAD_AFTER: Duration = Duration::from_secs(3);

/// How long the guard on a CVM waits for beats at most: two rounds of 12 s, and a little.
const GUARD: Duration = Duration::from_secs(26);

/// Lines of about 2 KB that make 100 MB.
const GROWTH: usize = 50_000;

/// How hard it is made.
#[derive(Clone, Debug)]
pub struct Weather {
    /// The faults of CVMs.
    pub faults: Vec<Fault>,
    /// The faults here.
    pub here: Vec<Here>,
    /// About how long a CVM is left alone between two faults.
    pub calm: Duration,
    /// About how long it is between two faults here.
    pub calm_here: Duration,
    /// The longest time that nothing comes through.
    pub longest: Duration,
}

/// Where and with what the drivers work.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Where everything is noted.
    pub record: Record,
    /// Set when no more faults are wanted.
    pub over: Arc<AtomicBool>,
    /// What comes.
    pub weather: Weather,
}

impl Stage {
    /// Waits, but not beyond the end.
    fn wait(&self, time: Duration) {
        let end = Instant::now() + time;
        while !self.over.load(Ordering::Relaxed) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20).min(end.saturating_duration_since(Instant::now())));
        }
    }

    /// True when no more faults are wanted.
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// The next kind: all of them in a shuffled row, again and again, so that none is left out.
struct Deck<T>(Vec<T>, Vec<T>);

impl<T: Copy> Deck<T> {
    /// A deck of these kinds.
    fn new(kinds: &[T]) -> Self {
        Self(kinds.to_vec(), Vec::new())
    }

    /// The next kind.
    fn draw(&mut self, seed: &mut Seed) -> Option<T> {
        if self.1.is_empty() {
            self.1.clone_from(&self.0);
        }
        let at = seed.index(self.1.len());
        (!self.1.is_empty()).then(|| self.1.swap_remove(at))
    }
}

/// Drives the faults of one CVM until the end, then heals it.
pub fn drive_cvm(stage: &Stage, cvm: &Cvm, grade: Grade, services: &[Service], mut seed: Seed) {
    let mut kinds = stage.weather.faults.clone();
    kinds.retain(|kind| *kind != Fault::Unplug || grade == Grade::Namespaces);
    let mut deck = Deck::new(&kinds);
    loop {
        let calm = stage.weather.calm;
        stage.wait(seed.between(calm / 4, calm * 7 / 4));
        if stage.is_over() {
            return;
        }
        let Some(fault) = deck.draw(&mut seed) else { return };
        stage.record.fault(&format!("{fault:?}"), &format!("{} {}", cvm.name(), cvm.target()));
        strike(stage, fault, cvm, services, &mut seed);
        stage.record.note(&format!("{} {fault:?} is over", cvm.name()));
        // Half of the time the next fault meets streams that are well, half of the time such as come back.
        if seed.percent(50) {
            let end = Instant::now() + Duration::from_secs(20);
            while !stage.is_over() && Instant::now() < end && !caught_up(stage, services) {
                stage.wait(Duration::from_millis(100));
            }
        }
    }
}

/// True if what these services wrote some moments ago has come.
fn caught_up(stage: &Stage, services: &[Service]) -> bool {
    let near = |service: &Service| {
        let (cvm, path, count) = {
            let ledger = service.ledger.open();
            (ledger.cvm.clone(), ledger.path.clone(), ledger.lines.len() as u64)
        };
        stage.record.next_of(&cvm, &path) + 300 >= count
    };
    services.iter().all(near)
}

/// Has one fault strike and heals it.
fn strike(stage: &Stage, fault: Fault, cvm: &Cvm, services: &[Service], seed: &mut Seed) {
    let order = |order| services.iter().for_each(|service| service.order(order));
    let seconds = |low: u64, high: u64, seed: &mut Seed| {
        seed.between(Duration::from_millis(low), Duration::from_millis(high))
    };
    let relay = cvm.relay();
    match fault {
        Fault::Cut => {
            relay.cut();
        }
        Fault::ShortSilence | Fault::LongSilence => {
            let (low, high) = (DEAD_AFTER + Duration::from_secs(1), stage.weather.longest);
            relay.silence(true);
            stage.wait(match fault {
                Fault::ShortSilence => seconds(500, 1_800, seed),
                // Seldom the longest.
                _ if seed.percent(20) => seed.between(low, high.max(low)),
                _ => seed.between(low, low * 2),
            });
            relay.silence(false);
        }
        Fault::Unplug => {
            cvm.unplug();
            stage.wait(seconds(500, 8_000, seed));
            cvm.plug();
        }
        Fault::Latency => {
            relay.latency(Duration::from_millis(200));
            stage.wait(seconds(2_000, 6_000, seed));
            relay.latency(Duration::ZERO);
        }
        Fault::IdleTen | Fault::IdleSoon => {
            let (idle, still) = if fault == Fault::IdleTen { (10_000, 12_000) } else { (400, 2_000) };
            order(Order::Hold);
            relay.cut_idle(Duration::from_millis(idle));
            stage.wait(Duration::from_millis(still));
            relay.cut_idle(Duration::ZERO);
            order(Order::Go);
        }
        Fault::Trickle => {
            relay.trickle(20_000);
            stage.wait(seconds(2_000, 5_000, seed));
            relay.trickle(0);
        }
        Fault::KillSessions => {
            cvm.kill_sessions();
        }
        Fault::RestartSshd => {
            cvm.kill_sshd();
            stage.wait(seconds(200, 2_500, seed));
            cvm.start_sshd();
        }
        Fault::FreezeSshd => {
            cvm.freeze_sshd();
            // What is written meanwhile has room in the pipe: a tail that is held up cannot see a cut.
            stage.wait(seconds(500, 5_000, seed));
            cvm.thaw();
        }
        Fault::FreezeCvm => {
            order(Order::Hold);
            cvm.freeze();
            stage.wait(seconds(500, 7_000, seed));
            cvm.thaw();
            order(Order::Go);
        }
        Fault::KillTails => {
            cvm.kill_commands("tail");
        }
        Fault::Reboot => {
            order(Order::Hold);
            cvm.shut_down();
            stage.wait(seconds(1_000, 5_000, seed));
            cvm.boot();
            order(Order::Go);
        }
        Fault::RotationsInOutage => {
            relay.silence(true);
            stage.wait(seconds(500, 1_000, seed));
            order(Order::Rotate(2 + seed.index(4)));
            stage.wait(DEAD_AFTER + seconds(0, 2_000, seed));
            relay.silence(false);
        }
        Fault::RotationInReconnect => {
            relay.cut();
            for _ in 0..6 {
                order(Order::RotateLong);
                stage.wait(seconds(50, 400, seed));
            }
        }
        Fault::Growth => {
            relay.silence(true);
            stage.wait(Duration::from_millis(500));
            for service in services.iter().filter(|service| service.life == Life::Wide) {
                service.order(Order::Grow(GROWTH));
            }
            stage.wait(DEAD_AFTER + seconds(0, 2_000, seed));
            relay.silence(false);
        }
    }
}

/// Drives the faults of the user's machine until the end.
pub fn drive_here(stage: &Stage, world: &World, pid: i32, reader: &Reader, mut seed: Seed) {
    let mut deck = Deck::new(&stage.weather.here);
    loop {
        let calm = stage.weather.calm_here;
        stage.wait(seed.between(calm / 2, calm * 3 / 2));
        if stage.is_over() {
            return;
        }
        let Some(fault) = deck.draw(&mut seed) else { return };
        stage.record.fault(&format!("{fault:?}"), "here");
        match fault {
            Here::FreezeCvmtail | Here::FreezeLong => {
                let time = if fault == Here::FreezeLong { GUARD } else { DEAD_AFTER * 2 };
                freeze([pid]);
                stage.wait(time);
                send(pid, Signal::CONT);
            }
            Here::KillMasters => _ = world.signal_masters(Signal::KILL),
            Here::Sleep => {
                let asleep = world.masters();
                freeze([pid].into_iter().chain(asleep.iter().map(|master| master.pid)));
                stage.wait(DEAD_AFTER * 3);
                // KILL needs no waking up.
                for master in &asleep {
                    master.signal(Signal::KILL);
                }
                send(pid, Signal::CONT);
            }
            Here::Stall => {
                reader.stall(true);
                stage.wait(DEAD_AFTER * 3);
                reader.stall(false);
            }
        }
        stage.record.note(&format!("here {fault:?} is over"));
    }
}
