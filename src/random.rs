//! Random bytes, for names and words that nobody else must be able to guess.

use std::fs::File;
use std::io::{self, Read as _};

/// `N` random bytes from the kernel.
pub fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_are_alike() {
        assert_ne!(super::bytes::<16>().expect("random bytes"), super::bytes::<16>().expect("random bytes"));
    }
}
