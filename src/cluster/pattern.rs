//! A glob over paths on a CVM, such as `/home/nutanix/data/logs/*.FATAL`.

use std::fmt;

use crate::cluster::catalogue;
use crate::cluster::target::RemotePath;

/// What the names of packed files end with; a glob means them only if it ends so itself.
pub const PACKED: [&[u8]; 7] = [b".gz", b".xz", b".bz2", b".zst", b".lz4", b".Z", b".lzma"];

/// A glob over paths: `*`, `?` and `[...]` stand for what they stand for in a shell, within one directory level.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathPattern(RemotePath);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternPart<'a> {
    /// Bytes that stand for themselves.
    Text(&'a [u8]),
    /// `*`
    Any,
    /// `?`
    One,
    /// `[...]`
    Class {
        /// It is what the members are not.
        negated: bool,
        /// What stands between the brackets: members, and `-` between two for a range.
        members: &'a [u8],
    },
}

impl PathPattern {
    /// The pattern of a word of the command line; without a `/` it is relative to the log directory.
    pub fn new(word: &[u8]) -> Self {
        let path =
            if word.contains(&b'/') { word.to_vec() } else { [catalogue::FOLDER.as_bytes(), word].concat() };
        Self(RemotePath(path))
    }

    /// The pattern as it is written.
    pub fn path(&self) -> &RemotePath {
        &self.0
    }

    /// Whether a match is meant: a compressed file is not, unless the pattern has the same ending.
    pub fn wants(&self, path: &RemotePath) -> bool {
        !PACKED.iter().any(|end| path.0.ends_with(end) && !self.0.0.ends_with(end))
    }

    /// The directory of all matches; `None`: there may be several.
    pub fn only_folder(&self) -> Option<RemotePath> {
        let folder = self.folder();
        let name = self.0.0.strip_prefix(folder.0.as_slice())?;
        let name = name.strip_prefix(b"/").unwrap_or(name);
        (!name.contains(&b'/')).then_some(folder)
    }

    /// The directory that has all matches in it, or below it.
    pub fn folder(&self) -> RemotePath {
        let text = |piece| if let PatternPart::Text(text) = piece { Some(text) } else { None };
        let mut plain = self.pieces().into_iter().map_while(text).collect::<Vec<_>>().concat();
        let end = plain.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        plain.truncate(end.max(1));
        RemotePath(plain)
    }

    /// The directories that a shell lists for it, as patterns: from [`Self::folder`] on, level by level.
    pub fn directories(&self) -> impl Iterator<Item = Self> {
        let first = self.folder().0.len();
        let text = self.0.0.as_slice();
        let slashes = (first.min(text.len())..text.len()).filter(|&at| text[at] == b'/');
        let levels = slashes.map(|at| Self(RemotePath(text[..at].to_vec())));
        // The root is nothing but its slash.
        std::iter::once(Self(self.folder())).filter(|root| root.0.0 == b"/").chain(levels)
    }

    /// The pattern, piece by piece. A `[` that is not closed, or has a `/` in it, stands for itself.
    pub fn pieces(&self) -> Vec<PatternPart<'_>> {
        let mut pieces = Vec::new();
        let mut rest = self.0.0.as_slice();
        while let Some(&first) = rest.first() {
            let (piece, length) = match first {
                b'*' => (PatternPart::Any, 1),
                b'?' => (PatternPart::One, 1),
                b'[' => class(rest).unwrap_or((PatternPart::Text(&rest[..1]), 1)),
                _ => {
                    let length = rest.iter().position(|byte| b"*?[".contains(byte)).unwrap_or(rest.len());
                    (PatternPart::Text(&rest[..length]), length)
                }
            };
            pieces.push(piece);
            rest = &rest[length..];
        }
        pieces
    }
}

/// The class that `text` begins with, and its length.
fn class(text: &[u8]) -> Option<(PatternPart<'_>, usize)> {
    let negated = matches!(text.get(1), Some(b'!' | b'^'));
    let start = 1 + usize::from(negated);
    // A `]` that comes first is one of the members.
    let end = start + 1 + text.get(start + 1..)?.iter().position(|&byte| byte == b']')?;
    let members = &text[start..end];
    (!members.contains(&b'/')).then_some((PatternPart::Class { negated, members }, end + 1))
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{PathPattern, PatternPart};
    use crate::cluster::target::RemotePath;

    #[test]
    fn a_pattern_falls_into_pieces() {
        use PatternPart::{Any, Class, One, Text};
        let class = |negated, members| Class { negated, members };
        for (pattern, wanted) in [
            ("/a*.b?", vec![Text(b"/a"), Any, Text(b".b"), One]),
            ("/[]x]", vec![Text(b"/"), class(false, b"]x")]),
            ("/[!a-c]d", vec![Text(b"/"), class(true, b"a-c"), Text(b"d")]),
            ("/[a/b]", vec![Text(b"/"), Text(b"["), Text(b"a/b]")]),
            ("/x[", vec![Text(b"/x"), Text(b"[")]),
        ] {
            assert_eq!(PathPattern::new(pattern.as_bytes()).pieces(), wanted, "{pattern}");
        }
        assert_eq!(PathPattern::new(b"*.FATAL").to_string(), "/home/nutanix/data/logs/*.FATAL");
        for (pattern, folder, is_only) in [
            ("*.FATAL", "/home/nutanix/data/logs", true),
            ("/x*", "/", true),
            ("/*/x.[ab]", "/", false),
            ("/a/b?/c/*", "/a", false),
            ("/a[/b/*", "/a[/b", true),
        ] {
            let pattern = PathPattern::new(pattern.as_bytes());
            assert_eq!(
                (pattern.folder().to_string(), pattern.only_folder().is_some()),
                (folder.into(), is_only)
            );
        }
    }

    #[test]
    fn compressed_files_do_not_match_unless_the_pattern_ends_so() {
        let wants = |pattern: &str, path: &str| {
            PathPattern::new(pattern.as_bytes()).wants(&RemotePath(path.as_bytes().to_vec()))
        };
        assert!(wants("/x/genesis*", "/x/genesis.out"));
        assert!(!wants("/x/genesis*", "/x/genesis.out.20260312-002450Z.xz"));
        assert!(wants("/x/genesis*.xz", "/x/genesis.out.20260312-002450Z.xz"));
    }
}
