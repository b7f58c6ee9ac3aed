//! How text identifiers become keys of 64 bits where their form allows it.
//!
//! A company's text ids mostly look alike: `C00012345`, `536365`, `DE-000017`. Such a form is learnt from a sample and holds for a whole
//! job, or the job does without: keys keep the order of the texts, and give them back.

use super::ends::{Ends, WHOLE};

/// The form of an id column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// Integers, which are keys as they are.
    Integer,
    /// Texts of one length: the same beginning, then digits.
    Digits(Digits),
    /// Texts of at most eight bytes without NUL.
    Short,
}

/// Texts of one length that differ in digits at their end only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digits {
    len: usize,
    /// How many of these are digits.
    width: usize,
    /// A text of the form, with noughts for digits.
    template: Ends,
    /// The bits where digits stand.
    places: Ends,
}

impl Codec {
    /// The form that all texts have, if there is one; none without a text.
    pub(crate) fn of_texts(texts: &[&[u8]]) -> Option<Self> {
        let len = texts.first()?.len();
        if len <= WHOLE && texts.iter().all(|t| t.len() == len) {
            let digits_of = |t: &&[u8]| t.iter().rev().take_while(|b| b.is_ascii_digit()).count();
            let width = texts.iter().map(digits_of).min()?;
            let prefix = &texts[0][..len - width];
            if texts.iter().all(|t| t.starts_with(prefix)) {
                return Some(Self::Digits(Digits::new(prefix, width)));
            }
        }
        let is_short = |t: &&[u8]| t.len() <= 8 && !t.contains(&0);
        texts.iter().all(is_short).then_some(Self::Short)
    }

    /// The key of a text; none where it has another form.
    #[inline(always)]
    pub(crate) fn encode(&self, text: Ends) -> Option<u64> {
        match self {
            Self::Digits(digits) => digits.encode(text),
            Self::Short => encode_short(text),
            Self::Integer => None,
        }
    }

    /// Appends the text of a key.
    pub(crate) fn decode(&self, key: u64, out: &mut Vec<u8>) {
        match self {
            Self::Digits(digits) => {
                let from = out.len();
                out.resize(from + digits.len, 0);
                digits.decode(key, &mut out[from..]);
            }
            Self::Short => {
                let bytes = key.to_be_bytes();
                let len = bytes.iter().position(|&b| b == 0).unwrap_or(8);
                out.extend_from_slice(&bytes[..len]);
            }
            Self::Integer => {}
        }
    }
}

impl Digits {
    fn new(prefix: &[u8], width: usize) -> Self {
        let len = prefix.len() + width;
        let mut template = prefix.to_vec();
        template.resize(len, b'0');
        let mut places = vec![0; prefix.len()];
        places.resize(len, u8::MAX);
        Self {
            len,
            width,
            template: Ends::of(&template),
            places: Ends::of(&places),
        }
    }

    #[inline(always)]
    pub(crate) fn encode(&self, text: Ends) -> Option<u64> {
        let (head, tail) = (
            text.head ^ self.template.head,
            text.tail ^ self.template.tail,
        );
        // A digit differs from nought by its value; what is no digit, by more than nine; and the rest, not at all.
        let alike = (head & !self.places.head) | (tail & !self.places.tail) == 0;
        if self.width <= 8 {
            let fits = (text.len == self.len) & alike & are_digits(tail);
            return fits.then(|| eight_digits(tail));
        }
        // The head's digits that the tail does not have, with noughts before them.
        let head = head << (8 * (WHOLE - self.len));
        let fits = (text.len == self.len) & alike & are_digits(head) & are_digits(tail);
        fits.then(|| eight_digits(head) * 100_000_000 + eight_digits(tail))
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Writes the text of a key, which is as long as all.
    pub(crate) fn decode(&self, key: u64, text: &mut [u8]) {
        text.copy_from_slice(&self.template.bytes().to_le_bytes()[..self.len]);
        let mut left = key;
        for slot in text.iter_mut().rev().take(self.width) {
            *slot = b'0' + (left % 10) as u8;
            left /= 10;
        }
    }
}

#[inline(always)]
fn encode_short(text: Ends) -> Option<u64> {
    if text.len > 8 {
        return None;
    }
    // Noughts follow the text in its key; within it they would hide where it ends.
    let bytes = if text.len == 0 {
        0
    } else {
        text.tail >> (8 * (8 - text.len))
    };
    let end = if text.len == 8 {
        0
    } else {
        u64::MAX << (8 * text.len)
    };
    (!has_zero(bytes | end)).then(|| bytes.swap_bytes())
}

const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Whether each byte is 0 to 9.
#[inline(always)]
fn are_digits(values: u64) -> bool {
    (values | values.wrapping_add(0x7676_7676_7676_7676)) & HIGHS == 0
}

/// The number whose digits are these bytes, the first in the lowest.
#[inline(always)]
pub(crate) fn eight_digits(values: u64) -> u64 {
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

fn has_zero(bytes: u64) -> bool {
    bytes.wrapping_sub(0x0101_0101_0101_0101) & !bytes & HIGHS != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(codec: Codec, text: &str) -> Option<u64> {
        codec.encode(Ends::of(text.as_bytes()))
    }

    fn text(codec: Codec, key: u64) -> String {
        let mut out = Vec::new();
        codec.decode(key, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn learn(texts: &[&str]) -> Option<Codec> {
        Codec::of_texts(&texts.iter().map(|t| t.as_bytes()).collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn digits_are_their_number(prefix in "[A-Z-]{0,4}", a in 0u64..1_000_000_000_000, b in 0u64..1_000_000_000_000, width in 1usize..=12) {
            let limit = 10u64.pow(width as u32);
            let name = |n: u64| format!("{prefix}{:0width$}", n % limit);
            let codec = learn(&[&name(a), &name(b)]).unwrap();
            let (ka, kb) = (code(codec, &name(a)).unwrap(), code(codec, &name(b)).unwrap());
            prop_assert_eq!(name(a).cmp(&name(b)), ka.cmp(&kb));
            prop_assert_eq!(text(codec, ka), name(a));
            prop_assert_eq!(text(codec, kb), name(b));
        }

        #[test]
        fn short_texts_keep_their_order(a in "[ -~]{0,8}", b in "[ -~]{0,8}") {
            let codec = Codec::Short;
            let (ka, kb) = (code(codec, &a).unwrap(), code(codec, &b).unwrap());
            prop_assert_eq!(a.cmp(&b), ka.cmp(&kb));
            prop_assert_eq!(text(codec, ka), a);
        }

        #[test]
        fn what_a_codec_takes_it_gives_back(sample in prop::collection::vec("[A-C]?[0-9]{1,3}", 1..5), other in "\\PC{0,9}") {
            let Some(codec) = Codec::of_texts(&sample.iter().map(String::as_bytes).collect::<Vec<_>>()) else { return Ok(()) };
            for t in sample.iter().chain([&other]) {
                if let Some(key) = code(codec, t) {
                    prop_assert_eq!(&text(codec, key), t);
                }
            }
            prop_assert!(sample.iter().all(|t| code(codec, t).is_some()));
        }
    }

    #[test]
    fn forms_are_told_apart() {
        assert!(matches!(learn(&["C01", "C77"]), Some(Codec::Digits(_))));
        assert!(matches!(learn(&["C01", "D77"]), Some(Codec::Short)));
        assert!(matches!(learn(&["536365", "C536379"]), Some(Codec::Short)));
        assert!(matches!(learn(&["same"]), Some(Codec::Digits(_))));
        assert_eq!(learn(&["much longer", "than eight"]), None);
        assert_eq!(learn(&["nul\0"; 2]).and_then(|c| code(c, "nul\0")), Some(0));
        assert_eq!(learn(&["nul\0", "x"]), None);
        assert_eq!(learn(&[]), None);
    }

    #[test]
    fn another_form_is_no_key() {
        let codec = learn(&["C0001", "C9999"]).unwrap();
        for other in [
            "C001",
            "C00001",
            "D0001",
            "C00/1",
            "C00:1",
            "C\u{661}01",
            "",
        ] {
            assert_eq!(code(codec, other), None, "{other}");
        }
        assert_eq!(code(Codec::Short, "nine bytes"), None);
        assert_eq!(code(Codec::Short, "a\0"), None);
        let sixteen = learn(&["0000000000000000", "9999999999999999"]).unwrap();
        assert_eq!(
            code(sixteen, "1234567890123456"),
            Some(1_234_567_890_123_456)
        );
    }
}
