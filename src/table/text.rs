//! Text as what it stands for: what files without types hold.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Float64Array, Int64Array};
use arrow_schema::DataType;

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

/// What the values of these chunks, taken together, are.
pub(crate) fn kind_of<'a>(
    chunks: impl Iterator<Item = &'a ArrayRef>,
    reading: Reading,
) -> TextKind {
    let mut seen = Seen::default();
    if reading == Reading::Text {
        return TextKind::Text;
    }
    for text in chunks.flat_map(|c| c.as_string::<i32>().iter()).flatten() {
        seen.note(text);
        // An id column of text is known for one by its first text.
        if seen.can_only_be_text(reading) {
            return TextKind::Text;
        }
    }
    seen.kind(reading)
}

/// The values of a chunk as that kind; what is blank or cannot be read is missing.
pub(crate) fn taken_as(chunk: &ArrayRef, kind: TextKind) -> ArrayRef {
    let texts = chunk.as_string::<i32>().iter();
    match kind {
        TextKind::Text => Arc::clone(chunk),
        TextKind::Integers => Arc::new(
            texts
                .map(|t| t?.trim().parse().ok())
                .collect::<Int64Array>(),
        ),
        TextKind::PointZero => {
            Arc::new(texts.map(|t| point_zero(t?.trim())).collect::<Int64Array>())
        }
        TextKind::Floats => Arc::new(
            texts
                .map(|t| t?.trim().parse().ok())
                .collect::<Float64Array>(),
        ),
    }
}

fn point_zero(text: &str) -> Option<i64> {
    plain_integer(text.strip_suffix(".0")?)
}

/// An integer, if the text is as it would be written: `007` is not.
fn plain_integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits == "0" && digits == text || !digits.starts_with('0');
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if is_plain && is_number {
        text.parse().ok()
    } else {
        None
    }
}

/// How many values were of which form so far.
#[derive(Debug, Default)]
struct Seen {
    integers: u64,
    point_zero: u64,
    floats: u64,
    others: u64,
}

impl Seen {
    fn note(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let count = if plain_integer(text).is_some() {
            &mut self.integers
        } else if point_zero(text).is_some() {
            &mut self.point_zero
        } else if text.parse::<f64>().is_ok() {
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
    use arrow_array::types::{Float64Type, Int64Type};
    use arrow_array::{Array, StringArray};

    fn taken(texts: &[&str], reading: Reading) -> ArrayRef {
        let chunk: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
        let kind = kind_of(std::iter::once(&chunk), reading);
        let taken = taken_as(&chunk, kind);
        assert_eq!(*taken.data_type(), kind.data_type());
        taken
    }

    #[test]
    fn integers_are_those_that_are_written_as_such() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-7", Some(-7)),
            ("007", None),
            ("-0", None),
            ("+7", None),
            ("", None),
            ("-", None),
            ("9223372036854775808", None),
        ] {
            assert_eq!(plain_integer(text), expected, "{text}");
        }
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
}
