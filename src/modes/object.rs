//! One JSON object on one line.

use std::io::{self, Write};

use serde::Serialize;

/// Writes `object`, its fields in the order they are declared in, and a newline.
pub fn write(out: &mut impl Write, object: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    out.write_all(b"\n")
}
