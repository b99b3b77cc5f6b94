//! The names of the directory and of the sockets in it.

use std::io;
use std::process;

use crate::random;

/// What the names of our directories begin with. No other program uses it, and a directory of any other name is
/// never touched.
const PREFIX: &str = "cvmtail-sockets-";

/// How many random hexadecimal digits such a name ends with.
const RANDOM: usize = 16;

/// How many random characters ssh puts behind a socket's name while it binds it (openssh `mux.c`,
/// `muxserver_listen`).
const BINDING: usize = 16;

/// A new name for a directory: `cvmtail-sockets-<pid>-<random>`.
pub(super) fn new_directory() -> io::Result<String> {
    let random = u64::from_ne_bytes(random::bytes()?);
    Ok(format!("{PREFIX}{}-{random:0RANDOM$x}", process::id()))
}

/// Whether a run of this program gives that name to its directory.
pub(super) fn is_directory(name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX.as_bytes()) else { return false };
    let Some(at) = rest.iter().position(|byte| *byte == b'-') else { return false };
    let (pid, random) = (&rest[..at], &rest[at + 1..]);
    is_number(pid)
        && random.len() == RANDOM
        && random.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a socket here may have that name: `<number>`, and while ssh binds it `<number>.<random>`.
pub(super) fn is_socket(name: &[u8]) -> bool {
    match name.iter().position(|byte| *byte == b'.') {
        None => is_number(name),
        Some(at) => {
            let random = &name[at + 1..];
            is_number(&name[..at]) && random.len() == BINDING && random.iter().all(u8::is_ascii_alphanumeric)
        }
    }
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}
