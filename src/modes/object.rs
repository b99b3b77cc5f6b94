//! One JSON object on one line.

use std::io::{self, Write};

use serde::Serialize;

use crate::render::json::make_harmless;

/// Writes `object`, its fields in the order they are declared in, and a newline; on a terminal, what that would obey
/// or hide as JSON escapes.
pub fn write(out: &mut impl Write, terminal: bool, object: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(object)?;
    line.push(b'\n');
    if terminal {
        make_harmless(&mut line, 0);
    }
    out.write_all(&line)
}
