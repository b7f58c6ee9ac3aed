//! Text as what it stands for: what files without types hold.
//!
//! A column is read a piece at a time, and what it is depends on all of its pieces. So a piece is kept in the narrowest form that can
//! still become any other: integers that are written as such can be written again.

mod written;

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, StringArray, new_null_array};
use arrow_schema::DataType;

use written::{Notation, plain_integer, point_zero};

/// How the text of a column is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As it is.
    Text,
    /// As integers where each value is written as one would be.
    Id,
    /// As numbers where there are any; what is none is missing.
    Number,
    /// As numbers where there is nothing else.
    Any,
}

/// What holds for all text of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TextRules {
    /// Whether numbers have a decimal comma.
    pub(crate) decimal_comma: bool,
    /// Words that stand for a missing value.
    pub(crate) nulls: Vec<String>,
}

impl TextRules {
    fn is_null(&self, text: &str) -> bool {
        text.is_empty() || (!self.nulls.is_empty() && self.nulls.iter().any(|n| n == text))
    }

    const fn notation(&self, reading: Reading) -> Notation {
        Notation {
            decimal_comma: self.decimal_comma,
            grouped: matches!(reading, Reading::Number),
        }
    }
}

/// What the text of a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    Text,
    Integers,
    /// Integers as floats are written: `17.0`.
    PointZero,
    Floats,
}

impl TextKind {
    pub(crate) const fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integers | Self::PointZero => DataType::Int64,
            Self::Floats => DataType::Float64,
        }
    }
}

/// A column, its text read in a certain way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextReader<'a> {
    pub(crate) reading: Reading,
    pub(crate) rules: &'a TextRules,
}

/// Some rows of a column.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    seen: Seen,
    kind: TextKind,
    values: ArrayRef,
}

impl Piece {
    pub(crate) fn n_bytes(&self) -> usize {
        self.values.get_array_memory_size()
    }
}

/// What these pieces, taken together, are.
pub(crate) fn kind_of<'a>(pieces: impl Iterator<Item = &'a Piece>, reading: Reading) -> TextKind {
    let mut seen = Seen::default();
    pieces.for_each(|p| seen.add(&p.seen));
    seen.kind(reading)
}

/// The number that a text stands for, thousands set apart or not.
#[cfg(feature = "excel")]
pub(crate) fn number(text: &str) -> Option<f64> {
    TextRules::default()
        .notation(Reading::Number)
        .number(text.trim())
}

/// The first text that is not what its column was decided to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) row: usize,
    pub(crate) text: String,
}

impl TextReader<'_> {
    /// Reads texts, looking at nothing but them.
    pub(crate) fn piece<'t>(&self, texts: impl Iterator<Item = &'t str> + Clone) -> Piece {
        let read = match self.reading {
            Reading::Text => None,
            Reading::Id => self
                .canonical(texts.clone(), TextKind::Integers)
                .or_else(|| self.canonical(texts.clone(), TextKind::PointZero)),
            Reading::Any => self.canonical(texts.clone(), TextKind::Integers),
            Reading::Number => self
                .canonical(texts.clone(), TextKind::Integers)
                .or_else(|| self.floats(texts.clone())),
        };
        read.unwrap_or_else(|| self.text(texts))
    }

    /// Integers, if all texts are written as one form of them would be.
    fn canonical<'t>(&self, texts: impl Iterator<Item = &'t str>, kind: TextKind) -> Option<Piece> {
        let mut values = Int64Builder::with_capacity(texts.size_hint().0);
        let mut n = 0;
        for text in texts {
            // A measure is a number with blanks around it too; an id would lose them, should it be text after all.
            let text = match self.reading {
                Reading::Number => text.trim(),
                _ => text,
            };
            match self.integer(text, kind) {
                Some(value) => {
                    values.append_value(value);
                    n += 1;
                }
                None if self.rules.is_null(text) => values.append_null(),
                None => return None,
            }
        }
        let mut seen = Seen::default();
        match kind {
            TextKind::PointZero => seen.point_zero = n,
            _ => seen.integers = n,
        }
        let values = Arc::new(values.finish());
        Some(Piece { seen, kind, values })
    }

    fn integer(&self, text: &str, kind: TextKind) -> Option<i64> {
        let value = match kind {
            TextKind::PointZero => point_zero(text)?,
            _ => plain_integer(text)?,
        };
        (self.rules.nulls.is_empty() || !self.rules.is_null(text)).then_some(value)
    }

    /// Floats, if any text is a number: then the column will be numbers, and what is none is missing.
    fn floats<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Option<Piece> {
        let mut values = Float64Builder::with_capacity(texts.size_hint().0);
        let mut seen = Seen::default();
        let notation = self.rules.notation(self.reading);
        for text in texts {
            let trimmed = text.trim();
            let value = notation
                .number(trimmed)
                .filter(|_| !self.rules.is_null(text));
            match value {
                Some(v) if v.fract() == 0.0 && plain_integer(trimmed).is_some() => {
                    seen.integers += 1;
                }
                Some(_) => seen.floats += 1,
                None if trimmed.is_empty() || self.rules.is_null(text) => {}
                None => seen.others += 1,
            }
            values.append_option(value);
        }
        let kind = TextKind::Floats;
        let values = Arc::new(values.finish());
        (seen.integers + seen.floats > 0).then_some(Piece { seen, kind, values })
    }

    fn text<'t>(&self, texts: impl Iterator<Item = &'t str> + Clone) -> Piece {
        let n_bytes = texts.clone().map(str::len).sum();
        let mut values = StringBuilder::with_capacity(texts.size_hint().0, n_bytes);
        let mut seen = Seen::default();
        let notation = self.rules.notation(self.reading);
        for text in texts {
            let is_blank = self.reading == Reading::Number && text.trim().is_empty();
            if is_blank || self.rules.is_null(text) {
                values.append_null();
                continue;
            }
            values.append_value(text);
            // An id column of text is known for one by its first text.
            if !seen.can_only_be_text(self.reading) {
                seen.note(text, notation);
            }
        }
        let values = Arc::new(values.finish());
        let kind = TextKind::Text;
        Piece { seen, kind, values }
    }

    /// The values of a piece as what the column is; what is blank or cannot be read is missing.
    pub(crate) fn taken_as(&self, piece: Piece, kind: TextKind) -> ArrayRef {
        let notation = self.rules.notation(self.reading);
        match (piece.kind, kind) {
            (from, to) if from == to => piece.values,
            (TextKind::Integers, TextKind::Text) => written_again(&piece.values, ""),
            (TextKind::PointZero, TextKind::Text) => written_again(&piece.values, ".0"),
            (TextKind::Integers | TextKind::PointZero, TextKind::Floats) => {
                let values = piece.values.as_primitive::<Int64Type>();
                Arc::new(values.unary::<_, Float64Type>(|v| v as f64))
            }
            (TextKind::Text, TextKind::Integers) => {
                let read = |t: Option<&str>| plain_integer(t?.trim());
                Arc::new(
                    texts(&piece.values)
                        .iter()
                        .map(read)
                        .collect::<Int64Array>(),
                )
            }
            (TextKind::Text, TextKind::PointZero) => {
                let read = |t: Option<&str>| point_zero(t?.trim());
                Arc::new(
                    texts(&piece.values)
                        .iter()
                        .map(read)
                        .collect::<Int64Array>(),
                )
            }
            (TextKind::Text, TextKind::Floats) => {
                let read = |t: Option<&str>| notation.number(t?.trim());
                Arc::new(
                    texts(&piece.values)
                        .iter()
                        .map(read)
                        .collect::<Float64Array>(),
                )
            }
            // Only a piece without a value has a form that says nothing about its column.
            _ => new_null_array(&kind.data_type(), piece.values.len()),
        }
    }

    /// Texts of a column that was decided before they were seen. Words among measures are missing, and counted.
    pub(crate) fn fixed<'t>(
        &self,
        texts: impl Iterator<Item = &'t str> + Clone,
        kind: TextKind,
    ) -> Result<(ArrayRef, u64), Misfit> {
        let piece = self.piece(texts.clone());
        let fits = match kind {
            TextKind::Text => true,
            TextKind::Floats if self.reading == Reading::Number => true,
            TextKind::Floats => piece.seen.others == 0,
            TextKind::Integers => piece.seen.is_only(piece.seen.integers),
            TextKind::PointZero => piece.seen.is_only(piece.seen.point_zero),
        };
        if !fits {
            return Err(self.misfit(texts, kind));
        }
        let missing = if self.reading == Reading::Number {
            piece.seen.others
        } else {
            0
        };
        Ok((self.taken_as(piece, kind), missing))
    }

    fn misfit<'t>(&self, mut texts: impl Iterator<Item = &'t str>, kind: TextKind) -> Misfit {
        let notation = self.rules.notation(self.reading);
        let is_one = |text: &str| match kind {
            TextKind::Integers => plain_integer(text).is_some(),
            TextKind::PointZero => point_zero(text).is_some(),
            _ => notation.number(text).is_some(),
        };
        let mut row = 0;
        let found = texts.find(|text| {
            let is_misfit =
                !text.trim().is_empty() && !self.rules.is_null(text) && !is_one(text.trim());
            row += usize::from(!is_misfit);
            is_misfit
        });
        let text = found.unwrap_or_default().to_owned();
        Misfit { row, text }
    }
}

fn texts(values: &ArrayRef) -> &StringArray {
    values.as_string::<i32>()
}

fn written_again(values: &ArrayRef, end: &str) -> ArrayRef {
    use std::fmt::Write as _;
    let values = values.as_primitive::<Int64Type>();
    let mut texts = StringBuilder::with_capacity(values.len(), values.len() * 8);
    for value in values {
        match value {
            // Writing to a builder in memory does not fail.
            Some(value) => {
                let _ = write!(texts, "{value}{end}");
                texts.append_value("");
            }
            None => texts.append_null(),
        }
    }
    Arc::new(texts.finish())
}

/// How many values were of which form so far.
#[derive(Debug, Clone, Default)]
struct Seen {
    integers: u64,
    point_zero: u64,
    floats: u64,
    others: u64,
}

impl Seen {
    fn add(&mut self, more: &Self) {
        self.integers += more.integers;
        self.point_zero += more.point_zero;
        self.floats += more.floats;
        self.others += more.others;
    }

    const fn is_only(&self, n: u64) -> bool {
        self.integers + self.point_zero + self.floats + self.others == n
    }

    fn note(&mut self, text: &str, notation: Notation) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let count = if plain_integer(text).is_some() {
            &mut self.integers
        } else if point_zero(text).is_some() {
            &mut self.point_zero
        } else if notation.number(text).is_some() {
            &mut self.floats
        } else {
            &mut self.others
        };
        *count += 1;
    }

    const fn can_only_be_text(&self, reading: Reading) -> bool {
        match reading {
            Reading::Text => true,
            Reading::Id => {
                self.others + self.floats > 0 || (self.integers > 0 && self.point_zero > 0)
            }
            Reading::Any => self.others > 0,
            Reading::Number => false,
        }
    }

    const fn kind(&self, reading: Reading) -> TextKind {
        let numbers = self.integers + self.point_zero + self.floats;
        if self.can_only_be_text(reading) || (numbers == 0 && self.others > 0) {
            return TextKind::Text;
        }
        match (numbers - self.integers, numbers - self.point_zero) {
            (0, _) if numbers > 0 && self.others == 0 => TextKind::Integers,
            (_, 0) if numbers > 0 && matches!(reading, Reading::Id) => TextKind::PointZero,
            // A column without a value is whatever its reader takes.
            _ if numbers == 0 && matches!(reading, Reading::Id | Reading::Any) => TextKind::Text,
            _ => TextKind::Floats,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READINGS: [Reading; 4] = [Reading::Text, Reading::Id, Reading::Number, Reading::Any];

    /// The texts, read in pieces of so many.
    fn taken_in(texts: &[&str], reading: Reading, rules: &TextRules, size: usize) -> ArrayRef {
        let reader = TextReader { reading, rules };
        let pieces: Vec<Piece> = texts
            .chunks(size)
            .map(|c| reader.piece(c.iter().copied()))
            .collect();
        let kind = kind_of(pieces.iter(), reading);
        let empty = new_null_array(&kind.data_type(), 0);
        let chunks = pieces.into_iter().map(|p| reader.taken_as(p, kind));
        let chunks: Vec<ArrayRef> = chunks.chain([empty]).collect();
        let chunks: Vec<&dyn Array> = chunks.iter().map(AsRef::as_ref).collect();
        arrow_select::concat::concat(&chunks).unwrap()
    }

    fn taken(texts: &[&str], reading: Reading) -> ArrayRef {
        taken_in(texts, reading, &TextRules::default(), texts.len().max(1))
    }

    #[test]
    fn blanks_and_words_among_numbers_are_missing() {
        let numbers = taken(&["1.5", " ", "n/a", "-2", "1e3"], Reading::Number);
        let numbers = numbers.as_primitive::<Float64Type>();
        let found: Vec<Option<f64>> = numbers.iter().collect();
        assert_eq!(found, [Some(1.5), None, None, Some(-2.0), Some(1000.0)]);
        let ids = taken(&["17.0", "", "3.0"], Reading::Id);
        let found: Vec<Option<i64>> = ids.as_primitive::<Int64Type>().iter().collect();
        assert_eq!(found, [Some(17), None, Some(3)]);
    }

    #[test]
    fn columns_without_values_are_decided_too() {
        assert_eq!(*taken(&[], Reading::Number).data_type(), DataType::Float64);
        assert_eq!(*taken(&["", " "], Reading::Id).data_type(), DataType::Utf8);
    }

    #[test]
    fn where_pieces_end_does_not_matter() {
        let rules = TextRules {
            nulls: vec!["NULL".into(), "0".into()],
            ..TextRules::default()
        };
        let some = [
            "1", "-7", "2.0", "", "0.5", "x", " 3", "0", "007", "NULL", "1,234.5", "1e3", " ",
            "-0.0", "4.0",
        ];
        for a in 0..some.len() {
            for b in 0..some.len() {
                for c in 0..some.len() {
                    let texts = [some[a], some[b], some[c], some[a]];
                    for reading in READINGS {
                        for rules in [&TextRules::default(), &rules] {
                            let whole = taken_in(&texts, reading, rules, 4);
                            for size in [1, 3] {
                                let parts = taken_in(&texts, reading, rules, size);
                                assert_eq!(&whole, &parts, "{texts:?} {reading:?}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_decided_column_refuses_what_does_not_fit() {
        let rules = TextRules::default();
        let fixed = |texts: &[&'static str], reading, kind| {
            TextReader {
                reading,
                rules: &rules,
            }
            .fixed(texts.iter().copied(), kind)
        };
        let misfit = |row, text: &str| Misfit {
            row,
            text: text.into(),
        };
        let e = fixed(&["1", "", "x", "y"], Reading::Id, TextKind::Integers).unwrap_err();
        assert_eq!(e, misfit(2, "x"));
        let e = fixed(&["1", "2.5"], Reading::Any, TextKind::Integers).unwrap_err();
        assert_eq!(e, misfit(1, "2.5"));
        let e = fixed(&["1", "2.5", "x"], Reading::Any, TextKind::Floats).unwrap_err();
        assert_eq!(e, misfit(2, "x"));
        let (values, missing) = fixed(&["1", "x", ""], Reading::Number, TextKind::Floats).unwrap();
        assert_eq!((values.null_count(), missing), (2, 1));
        let (values, missing) = fixed(&["x"], Reading::Number, TextKind::Floats).unwrap();
        assert_eq!((values.null_count(), missing), (1, 1));
        let (values, _) = fixed(&["7", ""], Reading::Id, TextKind::Text).unwrap();
        assert_eq!(values.as_string::<i32>().value(0), "7");
    }
}
