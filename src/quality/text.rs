//! What is odd about a text: seen from its bytes alone.

use crate::clean::text::utf8_read_as_western;
use crate::table::values::folded;

/// Null, empty, or nothing but blanks.
pub(super) const BLANK: u8 = 1;
/// Begins or ends with a blank.
pub(super) const UNTRIMMED: u8 = 2;
/// Holds full-width letters, digits or spaces.
pub(super) const FULL_WIDTH: u8 = 4;
/// Was read in another encoding than it was written in.
pub(super) const BROKEN: u8 = 8;
/// Holds control characters.
pub(super) const CONTROL: u8 = 16;

/// Words that stand where an id is not known.
const STAND_INS: &[&str] = &[
    "null",
    "none",
    "nan",
    "nil",
    "n/a",
    "na",
    "n.a.",
    "unknown",
    "undefined",
    "missing",
    "test",
    "xxx",
    "tbd",
    "-",
    "--",
    "?",
    "??",
    "???",
    ".",
    "0",
    "#n/a",
    "未知",
    "无",
    "不详",
    "空",
    "测试",
];

/// The marks of a text.
pub(super) fn marks_of(text: &[u8]) -> u8 {
    let Some((first, last)) = text.first().zip(text.last()) else {
        return BLANK;
    };
    if !text.is_ascii() {
        return std::str::from_utf8(text).map_or(BROKEN, marks_of_unicode);
    }
    let mut marks = 0;
    if text.iter().any(|&b| b < 0x20 || b == 0x7f) {
        marks |= CONTROL;
    }
    if first.is_ascii_whitespace() || last.is_ascii_whitespace() {
        marks |= UNTRIMMED;
    }
    if marks != 0 && text.iter().all(|&b| b <= 0x20 || b == 0x7f) {
        marks |= BLANK;
    }
    marks
}

fn marks_of_unicode(text: &str) -> u8 {
    let trimmed = text.trim();
    let mut marks = 0;
    if trimmed.len() < text.len() {
        marks |= UNTRIMMED;
    }
    if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
        marks |= BLANK;
    }
    if text.chars().any(is_full_width) {
        marks |= FULL_WIDTH;
    }
    if text.chars().any(|c| c.is_control() && c < '\u{80}') {
        marks |= CONTROL;
    }
    if is_broken(text) {
        marks |= BROKEN;
    }
    marks
}

/// Full-width letters and digits, and the space that goes with them; full-width punctuation is how Chinese is written.
fn is_full_width(c: char) -> bool {
    matches!(c, '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' | '\u{3000}')
}

fn is_broken(text: &str) -> bool {
    /// Accented letters never stand so many in a row.
    const RUN: usize = 4;
    let is_lost = |c: char| c == '\u{fffd}' || ('\u{80}'..='\u{9f}').contains(&c);
    if text.chars().any(is_lost) || utf8_read_as_western(text).is_some() {
        return true;
    }
    let mut run = 0;
    text.chars().any(|c| {
        run = if ('\u{a1}'..='\u{ff}').contains(&c) {
            run + 1
        } else {
            0
        };
        run >= RUN
    })
}

/// Whether a text stands for an id that is not known.
pub(super) fn is_stand_in(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    STAND_INS
        .iter()
        .any(|s| s.as_bytes().eq_ignore_ascii_case(text))
}

/// The form of a text: which kinds of characters follow each other, however many of each. `C1234` and `C99` are of one form.
pub(super) fn form_of(text: &[u8]) -> u64 {
    let mut last = 0u8;
    let mut form = 0;
    for &byte in text {
        let class = match byte {
            b'0'..=b'9' => b'9',
            b'A'..=b'Z' => b'A',
            b'a'..=b'z' => b'a',
            0x80.. => 0x80,
            other => other,
        };
        if class != last {
            form = folded(form ^ u64::from(class));
            last = class;
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_what_a_reader_sees() {
        for (text, marks) in [
            ("", BLANK),
            ("  ", BLANK | UNTRIMMED),
            ("mug", 0),
            (" mug", UNTRIMMED),
            ("mug\u{3000}", UNTRIMMED | FULL_WIDTH),
            ("a\u{1}b", CONTROL),
            ("\u{1}", BLANK | CONTROL),
            ("Café crème", 0),
            ("CafÃ©", BROKEN),
            ("donâ€™t", BROKEN),
            ("no\u{fffd}", BROKEN),
            ("ÖÐ¹ú", BROKEN),
            ("Ａ１", FULL_WIDTH),
            ("茶杯（大）", 0),
            ("£5 gift", 0),
            ("Œuf à la coque", 0),
        ] {
            assert_eq!(marks_of(text.as_bytes()), marks, "{text:?}");
        }
    }

    #[test]
    fn forms_forget_lengths() {
        let same = |a: &str, b: &str| form_of(a.as_bytes()) == form_of(b.as_bytes());
        assert!(same("C00012", "K9"));
        assert!(same("85123A", "1B"));
        assert!(!same("C12", "12C"));
        assert!(!same("C-1", "C1"));
        assert!(same("客户1", "客2"));
    }

    #[test]
    fn stand_ins_are_known_in_any_case() {
        assert!(is_stand_in(b" N/A ") && is_stand_in("未知".as_bytes()));
        assert!(!is_stand_in(b"17850") && !is_stand_in(b"Nadia"));
    }
}
