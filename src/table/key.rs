//! Keys: the value of an identifier as one integer whose order is the order of the values.
//!
//! Integers become `u64`. Text of up to 15 bytes becomes a `u128` that holds the bytes and the length; longer text becomes 120 bits
//! of its SipHash-1-3, marked as such: of a thousand million distinct texts two share a key with a probability under 1e-18.

use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

use super::ids::ends::Ends;

/// An identifier as an integer.
pub(crate) trait Key:
    Copy + Ord + Default + Send + Sync + std::fmt::Debug + 'static
{
    const ZERO: Self;
    /// From an integer identifier.
    fn from_u64(value: u64) -> Self;
    /// From a text, whole or by its hash; none where the key is too narrow.
    fn from_text<'a>(ends: Ends, text: impl FnOnce() -> &'a [u8]) -> Option<Self>;
    /// The key as it stands, widened.
    fn widen(self) -> u128;
    /// Well-mixed bits for a hash table.
    fn mix(self) -> u64;
    /// The leading 64 bits, monotone in the key.
    fn high(self) -> u64;
    /// The lowest key with these leading bits.
    fn from_high(high: u64) -> Self;
    /// The next lower key, of one that is not the lowest.
    fn before(self) -> Self;
}

impl Key for u64 {
    const ZERO: Self = 0;
    fn from_u64(value: u64) -> Self {
        value
    }
    fn from_text<'a>(_: Ends, _: impl FnOnce() -> &'a [u8]) -> Option<Self> {
        None
    }
    fn widen(self) -> u128 {
        u128::from(self)
    }
    fn mix(self) -> u64 {
        fold(self ^ 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93)
    }
    fn high(self) -> u64 {
        self
    }
    fn from_high(high: u64) -> Self {
        high
    }
    fn before(self) -> Self {
        self - 1
    }
}

impl Key for u128 {
    const ZERO: Self = 0;
    fn from_u64(value: u64) -> Self {
        Self::from(value)
    }
    fn from_text<'a>(ends: Ends, text: impl FnOnce() -> &'a [u8]) -> Option<Self> {
        Some(if ends.len <= PACKED_BYTES {
            packed(ends)
        } else {
            hashed(text())
        })
    }
    fn widen(self) -> u128 {
        self
    }
    fn mix(self) -> u64 {
        fold(
            self as u64 ^ 0x9e37_79b9_7f4a_7c15,
            (self >> 64) as u64 ^ 0xd6e8_feb8_6659_fd93,
        )
    }
    fn high(self) -> u64 {
        (self >> 64) as u64
    }
    fn from_high(high: u64) -> Self {
        Self::from(high) << 64
    }
    fn before(self) -> Self {
        self - 1
    }
}

/// Both halves of the product: every bit of the input reaches every bit of the result.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// Longest text that a key holds whole.
const PACKED_BYTES: usize = 15;
const HASHED: u128 = 0xff;

/// The key of a text of at most 15 bytes: its bytes in order, then its length.
fn packed(text: Ends) -> u128 {
    text.bytes().swap_bytes() | text.len as u128
}

fn hashed(text: &[u8]) -> u128 {
    let mut hasher = SipHasher13::new();
    hasher.write(text);
    hasher.finish128().as_u128() | HASHED
}

/// Whether the key is a hash: its order means nothing and its text must be looked up.
pub(crate) fn is_hashed(key: u128) -> bool {
    key & 0xff == HASHED
}

/// Appends the text of a key that is not a hash.
pub(crate) fn unpack(key: u128, out: &mut Vec<u8>) {
    let bytes = key.to_be_bytes();
    out.extend_from_slice(&bytes[..usize::from(bytes[15]).min(PACKED_BYTES)]);
}

/// Integers as 64 bits whose unsigned order is theirs.
pub(crate) trait OrderedBits: Copy {
    fn ordered_bits(self) -> u64;
}

macro_rules! ordered_bits {
    ($($signed:ty, $unsigned:ty);*) => {
        $(impl OrderedBits for $signed {
            #[inline]
            fn ordered_bits(self) -> u64 {
                i64::from(self) as u64 ^ (1 << 63)
            }
        }
        impl OrderedBits for $unsigned {
            #[inline]
            fn ordered_bits(self) -> u64 {
                u64::from(self)
            }
        })*
    };
}
ordered_bits!(i8, u8; i16, u16; i32, u32; i64, u64);

/// The signed integer of such bits.
pub(crate) fn to_signed(key: u64) -> i64 {
    (key ^ (1 << 63)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pack(text: &[u8]) -> u128 {
        u128::from_text(Ends::of(text), || text).unwrap()
    }

    fn text(key: u128) -> Vec<u8> {
        let mut out = Vec::new();
        unpack(key, &mut out);
        out
    }

    proptest! {
        #[test]
        fn packing_keeps_text_and_order(a in "\\PC{0,6}", b in "\\PC{0,6}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            if a.len() <= PACKED_BYTES && b.len() <= PACKED_BYTES {
                prop_assert_eq!(text(pack(a)), a);
                prop_assert_eq!(a.cmp(b), pack(a).cmp(&pack(b)));
                prop_assert!(!is_hashed(pack(a)));
            }
        }

        #[test]
        fn signed_keys_keep_order(a: i64, b: i64) {
            prop_assert_eq!(to_signed(a.ordered_bits()), a);
            prop_assert_eq!(a.cmp(&b), a.ordered_bits().cmp(&b.ordered_bits()));
        }
    }

    #[test]
    fn nul_bytes_are_part_of_the_text() {
        assert_ne!(pack(b"a"), pack(b"a\0"));
        assert!(pack(b"a") < pack(b"a\0") && pack(b"a\0") < pack(b"ab"));
    }

    #[test]
    fn long_text_is_hashed_and_marked() {
        let (a, b) = (pack(b"0123456789abcdef"), pack(b"0123456789abcdeg"));
        assert!(is_hashed(a) && is_hashed(b) && a != b);
        assert!(!is_hashed(pack(&[0xff; 15])));
    }
}
