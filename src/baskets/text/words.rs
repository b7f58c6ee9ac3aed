//! Text of any items: cut into words, which are then numbered as the elements of lists are.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, LargeStringBuilder};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::BasketFormat;
use super::lines::{Piece, Text, is_comment};
use crate::baskets::Baskets;
use crate::error::Result;
use crate::parallel::{Context, map_ordered};
use crate::table::lists::Lists;

/// The baskets of any text that is UTF-8.
pub(super) fn baskets(text: &Text<'_>, ctx: &Context) -> Result<Baskets> {
    let read = |piece| Ok(Words::read(text, piece));
    let parts = map_ordered(ctx, "read baskets", text.pieces(), read)?;
    let are_integers = parts.iter().all(|w| w.integers.is_some());
    let (mut values, mut lengths): (Vec<ArrayRef>, _) = (Vec::new(), Vec::new());
    for mut part in parts {
        lengths.extend(part.lengths);
        values.push(match part.integers {
            Some(mut integers) if are_integers => Arc::new(integers.finish()),
            _ => Arc::new(part.texts.finish()),
        });
    }
    let data_type = values
        .first()
        .map_or(DataType::Int64, |v| v.data_type().clone());
    let lists = Lists::of_values(data_type, values, lengths, 0)?;
    Baskets::of_lists(&lists, ctx)
}

/// The words of some lines.
struct Words {
    texts: LargeStringBuilder,
    /// As long as all words are integers.
    integers: Option<Int64Builder>,
    /// How many words each line has.
    lengths: Vec<usize>,
    n: usize,
}

impl Words {
    fn read(text: &Text<'_>, piece: Piece) -> Self {
        let mut words = Self {
            texts: LargeStringBuilder::new(),
            integers: Some(Int64Builder::new()),
            lengths: Vec::new(),
            n: 0,
        };
        for line in text.lines(piece) {
            let before = words.n;
            match text.format {
                BasketFormat::Spmf if is_comment(line) => continue,
                BasketFormat::Fimi | BasketFormat::Spmf => words.push_all(line),
                BasketFormat::Separated(c) => words.push_separated(line, c as u8),
            }
            if text.format == BasketFormat::Spmf && words.n == before {
                continue;
            }
            words.lengths.push(words.n - before);
        }
        words
    }

    fn push_all(&mut self, line: &[u8]) {
        let words = line.split(|b| matches!(b, b' ' | b'\t'));
        words.filter(|w| !w.is_empty()).for_each(|w| self.push(w));
    }

    fn push_separated(&mut self, line: &[u8], separator: u8) {
        let is_blank = |b: &u8| *b != separator && matches!(b, b' ' | b'\t');
        if line.iter().all(is_blank) {
            return;
        }
        let mut rest = line;
        loop {
            let blanks = rest.iter().take_while(|b| is_blank(b)).count();
            rest = &rest[blanks..];
            let end = if rest.first() == Some(&b'"') {
                let (word, len) = unquoted(rest);
                // What stands between the quote and the separator is part of the item.
                let more = rest[len..].iter().take_while(|&&b| b != separator).count();
                let mut word = word;
                word.extend_from_slice(rest[len..len + more].trim_ascii_end());
                self.push(&word);
                len + more
            } else {
                let len = rest.iter().take_while(|&&b| b != separator).count();
                self.push(rest[..len].trim_ascii_end());
                len
            };
            if end >= rest.len() {
                return;
            }
            rest = &rest[end + 1..];
        }
    }

    fn push(&mut self, word: &[u8]) {
        self.n += 1;
        if word.is_empty() {
            self.texts.append_null();
            if let Some(integers) = &mut self.integers {
                integers.append_null();
            }
            return;
        }
        // Words are cut at ASCII bytes, and stay what they were: UTF-8.
        self.texts.append_value(String::from_utf8_lossy(word));
        if let Some(integers) = &mut self.integers {
            match integer(word) {
                Some(value) => integers.append_value(value),
                None => self.integers = None,
            }
        }
    }
}

/// A quoted item without its quotes, and how many bytes it takes; a quote that is not closed goes to the end of the line.
fn unquoted(text: &[u8]) -> (Vec<u8>, usize) {
    let (mut word, mut at) = (Vec::new(), 1);
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            (b'"', Some(b'"')) => at += 1,
            (b'"', _) => return (word, at + 1),
            _ => {}
        }
        word.push(text[at]);
        at += 1;
    }
    (word, at)
}

/// The integer that would be written like this.
fn integer(word: &[u8]) -> Option<i64> {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    let is_written_so = match digits {
        [b'0'] => digits.len() == word.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !is_written_so {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_be_written_is_an_integer() {
        for (word, value) in [
            ("0", Some(0)),
            ("-3", Some(-3)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-0", None),
            ("+1", None),
            ("01", None),
            ("", None),
            ("-", None),
            ("1.0", None),
        ] {
            assert_eq!(integer(word.as_bytes()), value, "{word}");
        }
    }

    #[test]
    fn quotes_are_taken_off() {
        assert_eq!(unquoted(b"\"a,\"\"b\",c"), (b"a,\"b".to_vec(), 8));
        assert_eq!(unquoted(b"\"open"), (b"open".to_vec(), 5));
    }
}
