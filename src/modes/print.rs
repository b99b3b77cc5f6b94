//! Lists on stdout: JSON objects, one a line, and text that is printed at once.

use serde::Serialize;

use crate::exit::Exit;
use crate::modes::stop::Stop;
use crate::output;
use crate::render::json::make_harmless;

/// Appends `object`, its fields in the order they are declared in, and a newline; on a terminal, what that would obey
/// or hide as JSON escapes.
pub fn push_object(out: &mut Vec<u8>, terminal: bool, object: &impl Serialize) {
    let start = out.len();
    let written = serde_json::to_writer(&mut *out, object);
    debug_assert!(written.is_ok(), "neither a map with odd keys nor a writer that fails");
    out.push(b'\n');
    if terminal {
        make_harmless(out, start);
    }
}

/// Prints all that a verb has to print.
pub fn print(text: &[u8]) -> Result<Exit, Stop> {
    output::print(text).map_or_else(Stop::for_stdout, |()| Ok(Exit::Found))
}
