//! No process is left when a run has ended, whatever it had started.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use crate::world::World;
use crate::world::poll::{SOON, must};

/// How soon a run ends that is asked to, on a busy machine; well below what a stuck one takes.
const PROMPTLY: Duration = Duration::from_secs(10);

/// What the user's ssh config has for a CVM at which nobody arrives, while the file named last is written.
const NEVER_THERE: [(&str, &str); 2] = [
    ("a `Match exec` that does not end", "Match host far exec \"echo >STARTED; sleep 1000\"\n  Port 22"),
    ("a ProxyCommand that does not answer", "Host far\n  ProxyCommand sh -c 'echo >STARTED; sleep 1000'"),
];

#[test]
fn what_ssh_started_itself_goes_with_the_run_whatever_the_verb_and_the_signal() {
    let world = World::new();
    let plain = fs::read_to_string(world.ssh_config()).expect("a config");
    let started = world.folder().join("started");
    for (what, config) in NEVER_THERE {
        let config = config.replace("STARTED", &started.display().to_string());
        fs::write(world.ssh_config(), format!("{config}\n\n{plain}")).expect("a config");
        for verb in ["", "snapshot", "check", "logs"] {
            for (signals, code) in [(&[Signal::INT][..], 130), (&[Signal::TERM, Signal::TERM], 143)] {
                let words = [verb, "-c", "far", "--connect-timeout", "1m", "genesis"];
                let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
                let run = world.cvmtail(&words).start();
                must(SOON, what, || started.exists());
                for signal in signals {
                    run.signal(*signal);
                }
                run.finish(PROMPTLY).expect(code);
                let left = world.left_here();
                assert!(left.is_nothing(), "{what}, {verb}, {signals:?}: {left:?}");
                fs::remove_file(&started).expect("a file");
            }
        }
    }
}
