//! Pure: what a CVM says about one file, and the one parser of it.

use jiff::Timestamp;

use crate::batch::FileId;
use crate::cluster::target::RemotePath;
use crate::series;

/// A file's time of last change on its CVM: seconds and nanoseconds since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Modified(pub i64, pub u32);

impl Modified {
    /// That instant, as a file's time.
    pub fn of(instant: Timestamp) -> Self {
        Self(instant.as_second(), instant.subsec_nanosecond().unsigned_abs())
    }

    /// Parses `seconds[.fraction]`; a fraction that is none (a `date` without `%N`) is zero.
    pub fn parse(text: &str) -> Option<Self> {
        let (seconds, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
        let is_number = fraction.bytes().all(|byte| byte.is_ascii_digit());
        let fraction = if is_number { fraction } else { "" };
        let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
        Some(Self(seconds.parse().ok()?, nanoseconds))
    }

    /// As an instant, where there is one.
    pub fn timestamp(self) -> Option<Timestamp> {
        Timestamp::new(self.0, i32::try_from(self.1).ok()?).ok()
    }

    /// As seconds since the epoch.
    pub fn seconds(self) -> f64 {
        // As one text, because the sum of two numbers would be rounded twice.
        format!("{}.{:09}", self.0, self.1).parse().unwrap_or_default()
    }

    /// How many seconds it is before `later`; negative: after it.
    pub fn seconds_before(self, later: Self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "ages are far below 2^52 seconds")]
        let whole = later.0.saturating_sub(self.0) as f64;
        whole + (f64::from(later.1) - f64::from(self.1)) / 1e9
    }
}

/// A file as the CVM lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sibling {
    pub id: FileId,
    /// Its length in bytes.
    pub size: u64,
    /// When it was last written to.
    pub modified: Modified,
    /// Where it is, links resolved as far as known.
    pub path: RemotePath,
    /// It can be opened.
    pub readable: bool,
}

impl Sibling {
    /// True if the file is compressed, by its name.
    pub fn is_packed(&self) -> bool {
        series::is_packed(&self.path)
    }
}

/// The checksum of the bytes before a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// As `cksum` prints it.
    pub checksum: u32,
    /// Of how many bytes: fewer than asked for where the file is too short.
    pub count: u64,
    /// How long the file is; `None` of a compressed one.
    pub size: Option<u64>,
}

/// What `stat` says about a file; its `path` is whatever the script put behind that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStat {
    pub file: Sibling,
    /// Type and permissions, as in `st_mode`.
    pub mode: u32,
    /// How many names it has; 0: it was deleted.
    pub links: u64,
}

impl FileStat {
    /// Parses `[!]mode device:inode size seconds[.nanoseconds] links[ path]`, the mode in hexadecimal.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let closed = text.strip_prefix(b"!");
        let (text, readable) = (closed.unwrap_or(text), closed.is_none());
        let mut parts = text.splitn(6, |&byte| byte == b' ');
        let mut word = || std::str::from_utf8(parts.next()?).ok();
        let mode = u32::from_str_radix(word()?, 16).ok()?;
        let (device, inode) = word()?.split_once(':')?;
        let id = FileId { device: device.parse().ok()?, inode: inode.parse().ok()? };
        let size = word()?.parse().ok()?;
        let modified = Modified::parse(word()?)?;
        let links = word()?.parse().ok()?;
        let path = RemotePath(parts.next().unwrap_or_default().to_vec());
        Some(Self { file: Sibling { id, size, modified, path, readable }, mode, links })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::agent::file::{FileStat, Modified};

    #[test]
    fn times_are_parsed_with_and_without_a_fraction() {
        for (text, wanted) in [
            ("12", Some(Modified(12, 0))),
            ("12.5", Some(Modified(12, 500_000_000))),
            ("12,000000001", Some(Modified(12, 1))),
            ("12.%N", Some(Modified(12, 0))),
            ("12.", Some(Modified(12, 0))),
            ("-", None),
        ] {
            assert_eq!(Modified::parse(text), wanted, "{text}");
        }
    }

    #[test]
    fn ages_are_differences() {
        assert!((Modified(10, 500_000_000).seconds_before(Modified(12, 0)) - 1.5).abs() < 1e-9);
        assert!((Modified(12, 0).seconds_before(Modified(10, 0)) + 2.0).abs() < 1e-9);
        assert!((Modified(12, 250_000_000).seconds() - 12.25).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused(text in proptest::collection::vec(prop_oneof![Just(b' '), Just(b'7'), Just(b':'), any::<u8>()], 0..60)) {
            let _ = FileStat::parse(&text);
        }
    }
}
