//! Parses eight bytes of digits and separators at once.

/// The highest bit of each of eight bytes.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A pattern of eight bytes, each a digit or a fixed separator.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Exclusive or with the bytes turns digits into 0 to 9 and the right separators into 0.
    marks: u64,
    /// What can be added to each valid byte after that with a result below 128.
    room: u64,
}

impl Shape {
    /// `hh:mm:ss`.
    pub const CLOCK: Self = Self::new(*b"00:00:00");
    /// `yyyy-mm-`.
    pub const DASHED: Self = Self::new(*b"0000-00-");
    /// `yyyy/mm/`.
    pub const SLASHED: Self = Self::new(*b"0000/00/");
    /// `yyyymmdd`.
    pub const DAY: Self = Self::new(*b"00000000");

    /// In `pattern`, `0` stands for any digit and any other byte for itself.
    const fn new(pattern: [u8; 8]) -> Self {
        let mut room = [0x7f; 8];
        let mut at = 0;
        while at < 8 {
            if pattern[at] == b'0' {
                room[at] = 0x76;
            }
            at += 1;
        }
        Self { marks: u64::from_le_bytes(pattern), room: u64::from_le_bytes(room) }
    }

    /// Parses the eight bytes at `at`. The result has the number of each pair of digits at the index of the first one;
    /// its other bytes are meaningless. `None` if the bytes do not have this shape.
    pub fn read(self, bytes: &[u8], at: usize) -> Option<[u8; 8]> {
        let digits = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?) ^ self.marks;
        // For an invalid byte the high bit is set, or gets set by the addition; a byte that carries into its neighbor
        // had its own high bit set.
        if (digits | digits.wrapping_add(self.room)) & HIGH != 0 {
            return None;
        }
        Some((digits * 10 + (digits >> 8)).to_le_bytes())
    }
}

/// The digits at the start of the eight bytes at `at`, padded with zeros to a number of eight digits, and their count.
pub fn leading(bytes: &[u8], at: usize) -> (u32, usize) {
    let mut chunk = [0; 8];
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first_chunk() {
        Some(whole) => chunk = *whole,
        None => chunk[..rest.len()].copy_from_slice(rest),
    }
    let digits = u64::from_le_bytes(chunk) ^ u64::from_le_bytes([b'0'; 8]);
    let others = (digits | digits.wrapping_add(u64::from_le_bytes([0x76; 8]))) & HIGH;
    // A carry can come only from a byte that is not a digit, so the first one found is right.
    let count = others.trailing_zeros() / 8;
    let digits = if count == 8 { digits } else { digits & ((1 << (count * 8)) - 1) };
    // Pairs, fours, eights: each step joins neighbors, the left one being the more significant.
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let eight = (fours * 10_000 + (fours >> 32)) & 0xffff_ffff;
    (eight as u32, count as usize)
}

#[cfg(test)]
mod tests {
    use super::{Shape, leading};

    #[test]
    fn leading_digits_are_counted_and_read() {
        for (bytes, number, count) in [
            (&b""[..], 0, 0),
            (b"x", 0, 0),
            (b"1", 10_000_000, 1),
            (b"001Z INFO", 100_000, 3),
            (b"123456", 12_345_600, 6),
            (b"123456Z 2", 12_345_600, 6),
            (b"99999999", 99_999_999, 8),
            (b"999999999", 99_999_999, 8),
            (b"1\xff345678", 10_000_000, 1),
            (b"12:34567", 12_000_000, 2),
            (b"12/34567", 12_000_000, 2),
        ] {
            assert_eq!(leading(bytes, 0), (number, count), "{bytes:?}");
        }
    }

    #[test]
    fn every_byte_in_every_place_is_digit_mark_or_refused() {
        let shapes =
            [(Shape::CLOCK, b"12:34:56"), (Shape::DASHED, b"2025-06-"), (Shape::SLASHED, b"2025/06/")];
        for (shape, right) in shapes.into_iter().chain([(Shape::DAY, b"20250611")]) {
            assert!(shape.read(right, 0).is_some());
            for place in 0..8 {
                for byte in 0..=u8::MAX {
                    let mut bytes = *right;
                    bytes[place] = byte;
                    let fits =
                        byte == right[place] || (right[place].is_ascii_digit() && byte.is_ascii_digit());
                    assert_eq!(shape.read(&bytes, 0).is_some(), fits, "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn pairs_stand_where_they_begin() {
        let read = |shape: Shape, bytes: &[u8]| shape.read(bytes, 1);
        assert!(matches!(read(Shape::CLOCK, b"x23:59:07"), Some([23, _, _, 59, _, _, 7, _])));
        assert!(matches!(read(Shape::DASHED, b"x2025-06-"), Some([20, _, 25, _, _, 6, _, _])));
        assert!(matches!(read(Shape::DAY, b"x19991231"), Some([19, _, 99, _, 12, _, 31, _])));
        assert_eq!(read(Shape::DAY, b"x1999123"), None);
    }
}
