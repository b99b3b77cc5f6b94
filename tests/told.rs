//! What the tests of the real binary share: how CVMs are named to it, what it told, and what it left.

use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;

use crate::world::World;
use crate::world::checker::Checker;
use crate::world::cvm::Cvm;
use crate::world::grade::Grade;
use crate::world::poll::{SOON, must};
use crate::world::writer::Writer;

/// How long a run may take that has much to do on a busy machine.
pub const LONG: Duration = Duration::from_mins(1);

/// The CVMs as one value of `-c`.
pub fn list(cvms: &[Cvm]) -> String {
    cvms.iter().map(Cvm::target).collect::<Vec<_>>().join(",")
}

/// The name under which `genesis.out` of a CVM is shown: without namespaces its path is not the catalogue's.
pub fn genesis(world: &World) -> &'static str {
    match world.grade() {
        Grade::Namespaces => "genesis",
        Grade::Ports => "genesis.out",
    }
}

/// The CVM as a run calls it that follows it alone: without a port.
pub fn alone(cvm: &Cvm) -> String {
    cvm.address().to_string()
}

/// A judge of what these services wrote, for a run that follows their CVM alone.
pub fn judge_alone<'a>(writers: impl IntoIterator<Item = &'a Writer>) -> Checker {
    let alone = |writer: &'a Writer| {
        let mut ledger = writer.ledger.open();
        let host = ledger.cvm.split(':').next().unwrap_or_default().to_owned();
        ledger.cvm = host;
        &writer.ledger
    };
    Checker::new(writers.into_iter().map(alone))
}

/// The whole NDJSON objects in some output; a line that is none ends the test.
#[track_caller]
pub fn objects(output: &[u8]) -> Vec<Value> {
    output
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| line.ends_with(b"\n"))
        .map(|line| {
            serde_json::from_slice(line)
                .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)))
        })
        .collect()
}

/// The events of that kind in some NDJSON.
#[track_caller]
pub fn events(output: &[u8], status: &str) -> Vec<Value> {
    objects(output)
        .into_iter()
        .filter(|object| object["type"] == "status" && object["status"] == status)
        .collect()
}

/// The exact bytes of the lines in some NDJSON, pieces of long ones put together, each with a newline.
#[track_caller]
pub fn bytes(output: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    for object in objects(output).iter().filter(|object| object["type"] == "line") {
        match object["line_base64"].as_str() {
            Some(text) => {
                all.extend(base64::engine::general_purpose::STANDARD.decode(text).expect("base64"));
            }
            None => all.extend_from_slice(object["line"].as_str().expect("a line").as_bytes()),
        }
        if object["partial"] != true {
            all.push(b'\n');
        }
    }
    all
}

/// Ends the test unless nothing is left on the client's side now, and soon nothing on the CVMs.
#[track_caller]
pub fn nothing_left(world: &World, cvms: &[Cvm]) {
    let left = world.left_here();
    assert!(left.is_nothing(), "left here: {left:?}");
    nothing_left_there(cvms, SOON);
}

/// Ends the test unless nothing is left on this machine now, of a run that follows its own logs.
#[track_caller]
pub fn nothing_left_of_local(world: &World) {
    nothing_left(world, &[]);
}

/// Ends the test unless within the time nothing is left on the CVMs.
#[track_caller]
pub fn nothing_left_there(cvms: &[Cvm], within: Duration) {
    for cvm in cvms {
        must(within, &format!("nothing is left on {}", cvm.name()), || cvm.processes().is_empty());
    }
}
