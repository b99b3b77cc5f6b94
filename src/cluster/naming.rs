//! Names of logs that the user gave as a path or as a glob over paths.

use std::collections::HashMap;

use crate::cluster::target::RemotePath;

/// Names the paths that are found on CVMs; a path has the same name on every CVM.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// The names of known logs, and of those named so far.
    names: HashMap<RemotePath, String>,
    /// How many paths claim each short name.
    taken: HashMap<String, usize>,
}

impl Naming {
    pub fn new(known: impl IntoIterator<Item = (String, RemotePath)>) -> Self {
        let mut naming = Self::default();
        for (name, path) in known {
            *naming.taken.entry(name.clone()).or_default() += 1;
            naming.names.insert(path, name);
        }
        naming
    }

    /// Whether the path has a name already.
    pub fn knows(&self, path: &RemotePath) -> bool {
        self.names.contains_key(path)
    }

    /// The name of the log at `path`: of the known log, else the file's own name, or the whole path if another log has
    /// that name.
    pub fn name(&mut self, path: &RemotePath) -> String {
        if let Some(name) = self.names.get(path) {
            return name.clone();
        }
        let short = file_name(path);
        let taken = self.taken.entry(short.clone()).or_default();
        *taken += 1;
        let name = if *taken > 1 { shown(&path.0) } else { short };
        self.names.insert(path.clone(), name.clone());
        name
    }
}

/// The last part of a path, as text.
pub fn file_name(path: &RemotePath) -> String {
    shown(path.0.rsplit(|&byte| byte == b'/').next().unwrap_or(&path.0))
}

/// A path or a word as text on one line: control characters and invalid UTF-8 become `\xHH`.
///
/// Different paths look different, unless one of them contains such an escape literally.
pub fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                let mut buffer = [0; 4];
                c.encode_utf8(&mut buffer).bytes().for_each(|byte| push_hex(&mut text, byte));
            } else {
                text.push(c);
            }
        }
        chunk.invalid().iter().for_each(|&byte| push_hex(&mut text, byte));
    }
    text
}

/// Appends `\xHH`.
fn push_hex(text: &mut String, byte: u8) {
    text.push_str("\\x");
    text.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('?')));
}

#[cfg(test)]
mod tests {
    use super::Naming;
    use crate::cluster::target::RemotePath;

    #[test]
    fn a_found_log_has_its_known_name_or_its_files_unless_that_is_taken() {
        let at = |path: &str| RemotePath(path.into());
        let mut naming = Naming::new([("genesis".to_owned(), at("/logs/genesis.out"))]);
        for (path, wanted) in [
            ("/logs/genesis.out", "genesis"),
            ("/logs/stargate.FATAL", "stargate.FATAL"),
            ("/other/stargate.FATAL", "/other/stargate.FATAL"),
            ("/logs/stargate.FATAL", "stargate.FATAL"),
            ("/tmp/genesis", "/tmp/genesis"),
            ("/x/new\nline", "new\\x0aline"),
        ] {
            assert_eq!(naming.name(&at(path)), wanted, "{path}");
        }
        assert!(naming.knows(&at("/x/new\nline")) && !naming.knows(&at("/x")));
    }
}
