//! Characters and texts in one form.

use serde::{Deserialize, Serialize};

/// Letters in one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Case {
    /// Small letters.
    Lower,
    /// Capital letters.
    Upper,
}

/// The character of usual width for a full-width one; others stay.
pub(crate) fn narrow(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// A text with characters of usual width, single blanks between its words and none around them, in one case if one is given, and read in the
/// encoding it was written in.
pub(super) fn text(text: &str, case: Option<Case>) -> String {
    let mut text = once(text, case);
    // What is narrow now may read as something else: each further step makes the text shorter.
    loop {
        let again = once(&text, case);
        if again == text {
            return text;
        }
        text = again;
    }
}

fn once(text: &str, case: Option<Case>) -> String {
    let narrow: String = repaired(text).chars().map(narrow).collect();
    let narrow = match case {
        None => narrow,
        Some(Case::Lower) => narrow.to_lowercase(),
        Some(Case::Upper) => narrow.to_uppercase(),
    };
    let words = narrow.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

/// A code: capital letters, characters of usual width, one kind of dash, no blanks.
pub(super) fn code(text: &str) -> String {
    let one = |c: char| match narrow(c) {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        c => c,
    };
    let kept = text.chars().map(one);
    let kept: String = kept
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    kept.to_uppercase()
}

/// What was UTF-8 and was read as Windows-1252, as often as that was done.
fn repaired(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(better) = utf8_read_as_western(&text) {
        text = better;
    }
    text
}

/// The text as which the bytes of this one in Windows-1252 read in UTF-8, if they do and differ: `Café` of `CafÃ©`.
pub(crate) fn utf8_read_as_western(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(western_byte).collect();
    String::from_utf8(bytes?).ok()
}

/// The byte of a character in Windows-1252, or in Latin-1, which has control characters where that has signs.
fn western_byte(c: char) -> Option<u8> {
    /// Those of 0x80 to 0x9f; five of the bytes have none.
    const HIGH: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match c {
        '\0'..='\u{ff}' => u8::try_from(u32::from(c)).ok(),
        _ => HIGH.chars().position(|h| h == c).map(|i| 0x80 + i as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_into_one_form() {
        assert_eq!(text("  ＲＥＤ　mug\t x ", Some(Case::Lower)), "red mug x");
        assert_eq!(text("CafÃ© crÃ¨me", None), "Café crème");
        assert_eq!(text("Ã\u{83}Â©", None), "é");
        assert_eq!(text("茶杯（大）", None), "茶杯(大)");
        assert_eq!(code(" ab‑12 ３a "), "AB-123A");
    }
}
