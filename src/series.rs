//! Pure: the names of rotated files, and which of them belong together.

use crate::cluster::pattern::PACKED;
use crate::cluster::target::RemotePath;

/// True if the file is compressed, by its name.
pub fn is_packed(path: &RemotePath) -> bool {
    unpacked_name(&path.0).len() < path.0.len()
}

/// The name without the ending of a compressor.
pub fn unpacked_name(path: &[u8]) -> &[u8] {
    PACKED.iter().find_map(|ending| path.strip_suffix(*ending)).unwrap_or(path)
}

/// The part of a path that all files of its rotation series begin with: without a trailing date, time
/// or number.
///
/// `…log.INFO.20190618-053640.3103` (glog), `stargate.out.20260312-002450Z`, `messages-20260101`,
/// `genesis.out.1` and the live `genesis.out` each lose what rotation put there.
pub fn stem(path: &RemotePath) -> &[u8] {
    let path = unpacked_name(&path.0);
    let name = path.iter().rposition(|&b| b == b'/').map_or(0, |slash| slash + 1);
    let stamp = path.len() - path.iter().rev().take_while(|b| is_stamp(**b)).count();
    let cut = (stamp.max(name + 1)..path.len()).find(|&at| {
        matches!(path[at], b'.' | b'-' | b'_') && path.get(at + 1).is_some_and(u8::is_ascii_digit)
    });
    &path[..cut.unwrap_or(path.len())]
}

/// The bytes of dates, times and numbers in the names of rotated files.
const fn is_stamp(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'T' | b'Z')
}

/// True if the path is the stem with nothing or a mark of rotation behind it.
pub fn is_of_series(stem: &[u8], path: &RemotePath) -> bool {
    let Some(mut rest) = unpacked_name(&path.0).strip_prefix(stem) else { return false };
    for word in [b".old".as_slice(), b".bak", b".prev", b".save", b".orig", b"~"] {
        rest = rest.strip_suffix(word).unwrap_or(rest);
    }
    match rest {
        [] => true,
        [b'.' | b'-' | b'_', digit, ..] => digit.is_ascii_digit() && rest.iter().copied().all(is_stamp),
        _ => false,
    }
}

/// True if rotation gave `path` its name after `other`: a greater date, or a smaller number.
pub fn is_later_name(path: &RemotePath, other: &RemotePath) -> bool {
    let number = |path: &RemotePath| {
        let name = unpacked_name(&path.0);
        let digits = name.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let number = std::str::from_utf8(&name[name.len() - digits..]).ok()?.parse::<u64>().ok()?;
        (digits <= 4 && stem(path).len() + 1 + digits == name.len()).then_some(number)
    };
    match (number(path), number(other)) {
        (Some(this), Some(other)) => this < other,
        (None, None) => unpacked_name(&path.0) > unpacked_name(&other.0),
        _ => false,
    }
}
