//! The first and the last bytes of a text, as two words: all of it, if it is short.

/// Texts up to this length are their [`Ends`].
pub(crate) const WHOLE: usize = 16;

/// The first and the last eight bytes of a text, each with its first byte lowest; a shorter text stands in `tail`, at its upper end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) head: u64,
    pub(crate) tail: u64,
    pub(crate) len: usize,
}

impl Ends {
    #[inline]
    pub(crate) fn of(text: &[u8]) -> Self {
        let len = text.len();
        if let (Some(head), Some(tail)) = (text.first_chunk(), text.last_chunk()) {
            let (head, tail) = (u64::from_le_bytes(*head), u64::from_le_bytes(*tail));
            return Self { head, tail, len };
        }
        let mut bytes = [0; 8];
        bytes[..len].copy_from_slice(text);
        Self::of_short(u64::from_le_bytes(bytes), len)
    }

    /// Of a text of fewer than eight bytes, the first of these.
    #[inline]
    pub(crate) fn of_short(bytes: u64, len: usize) -> Self {
        let tail = if len == 0 {
            0
        } else {
            bytes << (8 * (8 - len))
        };
        Self { head: 0, tail, len }
    }

    /// The first byte; 0 of an empty text.
    #[inline]
    pub(crate) fn first_byte(&self) -> u8 {
        if self.len >= 8 {
            self.head as u8
        } else {
            self.tail
                .checked_shr(8 * (8 - self.len as u32))
                .unwrap_or(0) as u8
        }
    }

    /// The bytes of a text of up to 16, the first lowest.
    #[inline]
    pub(crate) fn bytes(&self) -> u128 {
        let all = u128::from(self.tail) << 64
            | if self.len >= 8 {
                u128::from(self.head) << (8 * (WHOLE - self.len))
            } else {
                0
            };
        // The head is moved up to where the tail overlaps it: both have the same bytes there.
        if self.len == 0 {
            0
        } else {
            all >> (8 * (WHOLE - self.len))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ends_hold_the_text(text in prop::collection::vec(any::<u8>(), 0..=WHOLE)) {
            let ends = Ends::of(&text);
            prop_assert_eq!(&ends.bytes().to_le_bytes()[..text.len()], &text);
            prop_assert!(ends.bytes().to_le_bytes()[text.len()..].iter().all(|&b| b == 0));
            prop_assert!(text.is_empty() || ends.first_byte() == text[0]);
            if text.len() < 8 {
                let mut bytes = [0xee; 8];
                bytes[..text.len()].copy_from_slice(&text);
                prop_assert_eq!(Ends::of_short(u64::from_le_bytes(bytes), text.len()), ends);
            }
        }
    }
}
