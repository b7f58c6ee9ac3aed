//! Keys: the value of an identifier as one integer whose order is the order of the values.
//!
//! Integers become `u64`. Text of up to 15 bytes becomes a `u128` that holds the bytes and the length; longer text becomes 120 bits
//! of its SipHash-1-3, marked as such: of a thousand million distinct texts two share a key with a probability under 1e-18.

use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

/// An identifier as an integer.
pub(crate) trait Key: Copy + Ord + Default + Send + Sync + 'static {
    /// From an integer identifier.
    fn from_u64(value: u64) -> Self;
    /// From a text identifier; only the wide key can hold one.
    fn from_text(text: &[u8]) -> Self;
    /// From a packed text.
    fn from_packed(packed: u128) -> Self;
    /// The key as it stands, widened.
    fn widen(self) -> u128;
    /// Well-mixed bits for a hash table.
    fn mix(self) -> u64;
    /// The leading 64 bits, monotone in the key.
    fn high(self) -> u64;
}

impl Key for u64 {
    fn from_u64(value: u64) -> Self {
        value
    }
    fn from_text(_: &[u8]) -> Self {
        unreachable!("text identifiers are read with the wide key")
    }
    fn from_packed(_: u128) -> Self {
        unreachable!("text identifiers are read with the wide key")
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
}

impl Key for u128 {
    fn from_u64(value: u64) -> Self {
        Self::from(value)
    }
    fn from_text(text: &[u8]) -> Self {
        pack(text)
    }
    fn from_packed(packed: u128) -> Self {
        packed
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
}

/// Both halves of the product: every bit of the input reaches every bit of the result.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// Longest text that a key holds whole.
pub(crate) const PACKED_BYTES: usize = 15;
const HASHED: u128 = 0xff;

/// The key of a text: its bytes in order, then its length; or a marked hash.
pub(crate) fn pack(text: &[u8]) -> u128 {
    if text.len() > PACKED_BYTES {
        return hashed(text);
    }
    let mut bytes = [0; 16];
    bytes[..text.len()].copy_from_slice(text);
    bytes[15] = text.len() as u8;
    u128::from_be_bytes(bytes)
}

/// The key of the first `len <= 15` of 16 loaded bytes.
pub(crate) fn pack_loaded(bytes: [u8; 16], len: usize) -> u128 {
    let keep = !(u128::MAX >> (8 * len));
    (u128::from_be_bytes(bytes) & keep) | len as u128
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

/// The text of a key that is not a hash.
pub(crate) fn unpack(key: u128) -> Vec<u8> {
    let bytes = key.to_be_bytes();
    bytes[..usize::from(bytes[15]).min(PACKED_BYTES)].to_vec()
}

/// The order-preserving key of a signed integer.
pub(crate) fn from_signed(value: i64) -> u64 {
    value as u64 ^ (1 << 63)
}

/// The integer of such a key.
pub(crate) fn to_signed(key: u64) -> i64 {
    (key ^ (1 << 63)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packing_keeps_text_and_order(a in "\\PC{0,6}", b in "\\PC{0,6}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            if a.len() <= PACKED_BYTES && b.len() <= PACKED_BYTES {
                prop_assert_eq!(unpack(pack(a)), a);
                prop_assert_eq!(a.cmp(b), pack(a).cmp(&pack(b)));
                prop_assert!(!is_hashed(pack(a)));
            }
        }

        #[test]
        fn loading_sixteen_bytes_is_the_same(bytes: [u8; 16], len in 0usize..=15) {
            prop_assert_eq!(pack_loaded(bytes, len), pack(&bytes[..len]));
        }

        #[test]
        fn signed_keys_keep_order(a: i64, b: i64) {
            prop_assert_eq!(to_signed(from_signed(a)), a);
            prop_assert_eq!(a.cmp(&b), from_signed(a).cmp(&from_signed(b)));
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
