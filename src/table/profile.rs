//! What a sample of a column looks like, whatever its type.

use std::collections::HashSet;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::Table;
use super::time::{WrittenAs, written_as};

/// Rows of a window, and windows of a sample: neighbours show what belongs together, distance shows what varies.
const WINDOW: usize = 1_024;
const WINDOWS: usize = 16;
/// Texts that are tried as times.
const TIMES: usize = 200;

/// The type of a column, as far as roles care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Integer,
    Fraction,
    Text,
    Time,
    Other,
}

/// A sample of a column.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    /// Values of the sample that are there.
    pub(crate) n_values: usize,
    pub(crate) n_distinct: usize,
    /// The numbers of the sample, NaN where there is none; empty where the column holds none.
    pub(crate) numbers: Vec<f64>,
    /// How its texts are written, where they are times.
    pub(crate) text_time: Option<WrittenAs>,
    /// The mean number of characters of its values as text.
    pub(crate) mean_chars: f64,
}

/// The rows that are looked at: windows, evenly spaced.
fn windows(n_rows: usize) -> Vec<std::ops::Range<usize>> {
    if n_rows <= WINDOW * WINDOWS {
        return std::iter::once(0..n_rows).collect();
    }
    let last = n_rows - WINDOW;
    let start = |i: usize| last / (WINDOWS - 1) * i;
    (0..WINDOWS).map(|i| start(i)..start(i) + WINDOW).collect()
}

/// A profile of each column, from at most 16,384 rows.
pub(crate) fn profiles(table: &Table) -> Vec<Profile> {
    let rows = windows(table.n_rows());
    let column = |i: usize| {
        let column = table.column(i);
        let segments = rows.iter().flat_map(|r| table.segments(r.clone()));
        let parts = segments.map(|s| column.chunks[s.chunk].slice(s.range.start, s.range.len()));
        profile(&column.name, &column.data_type, &parts.collect::<Vec<_>>())
    };
    (0..table.schema().fields().len()).map(column).collect()
}

fn profile(name: &str, data_type: &DataType, parts: &[ArrayRef]) -> Profile {
    let shape = shape_of(data_type);
    let texts = cast(parts, &DataType::LargeUtf8);
    let values = || texts.iter().flat_map(|t| t.as_string::<i64>().iter());
    let present = || values().flatten().filter(|t| !t.trim().is_empty());
    let n_values = present().count();
    let n_distinct = present().collect::<HashSet<_>>().len();
    let is_text = shape == Shape::Text;
    let tried: Vec<&str> = present().take(if is_text { TIMES } else { 0 }).collect();
    let n_chars: usize = present().map(|t| t.chars().count()).sum();
    Profile {
        name: name.into(),
        shape,
        n_values,
        n_distinct,
        numbers: numbers(shape, parts),
        text_time: written_as(&tried),
        mean_chars: n_chars as f64 / n_values.max(1) as f64,
    }
}

fn shape_of(data_type: &DataType) -> Shape {
    match data_type {
        DataType::Dictionary(_, value) => shape_of(value),
        t if t.is_integer() => Shape::Integer,
        t if t.is_numeric() => Shape::Fraction,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Shape::Text,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Shape::Time,
        _ => Shape::Other,
    }
}

/// The parts as another type; nothing of what cannot be cast.
fn cast(parts: &[ArrayRef], to: &DataType) -> Vec<ArrayRef> {
    let cast = parts.iter().map(|p| arrow_cast::cast(p, to));
    cast.collect::<Result<_, _>>().unwrap_or_default()
}

fn numbers(shape: Shape, parts: &[ArrayRef]) -> Vec<f64> {
    if !matches!(shape, Shape::Integer | Shape::Fraction) {
        return Vec::new();
    }
    let floats = cast(parts, &DataType::Float64);
    let values = floats
        .iter()
        .flat_map(|f| f.as_primitive::<Float64Type>().iter());
    values.map(|v| v.unwrap_or(f64::NAN)).collect()
}

impl Profile {
    /// The share of the numbers that hold a condition; 0 where there is none.
    pub(crate) fn share(&self, holds: impl Fn(f64) -> bool) -> f64 {
        let finite = self.numbers.iter().filter(|n| n.is_finite());
        let n = finite.clone().count();
        finite.filter(|n| holds(**n)).count() as f64 / n.max(1) as f64
    }

    /// Whether all numbers are whole.
    pub(crate) fn is_whole(&self) -> bool {
        self.shape == Shape::Integer
            || (self.shape == Shape::Fraction && self.share(|n| n.fract() == 0.0) >= 1.0)
    }

    /// Whether the values are numbers.
    pub(crate) const fn is_number(&self) -> bool {
        matches!(self.shape, Shape::Integer | Shape::Fraction)
    }

    /// The format of times that are text, and not of ISO 8601.
    pub(crate) const fn time_format(&self) -> Option<&'static str> {
        match self.text_time {
            Some(WrittenAs::Format(format)) => Some(format),
            _ => None,
        }
    }

    /// Whether the column holds times, or text that is them.
    pub(crate) fn is_time(&self) -> bool {
        self.shape == Shape::Time || self.text_time.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Float64Array, RecordBatch, StringArray};
    use arrow_schema::{Field, Schema};
    use std::sync::Arc;

    #[test]
    fn windows_are_spread_over_all_rows() {
        assert_eq!(windows(0).len(), 1);
        assert_eq!(windows(10)[0], 0..10);
        let many = windows(1_000_000);
        assert_eq!((many.len(), many[0].start, many[1].len()), (16, 0, 1_024));
        assert!(many[15].end <= 1_000_000 && many[15].end > 990_000);
    }

    #[test]
    fn a_profile_counts_what_is_there() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![
            Some("2024-01-05"),
            None,
            Some(" "),
            Some("2024-01-06 10:00"),
        ]));
        let number: ArrayRef = Arc::new(Float64Array::from(vec![
            Some(1.0),
            Some(1.0),
            None,
            Some(2.0),
        ]));
        let fields =
            [("t", &text), ("n", &number)].map(|(n, a)| Field::new(n, a.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.to_vec()));
        let table = Table::from_batch(RecordBatch::try_new(schema, vec![text, number]).unwrap());
        let found = profiles(&table);
        assert_eq!((found[0].n_values, found[0].n_distinct), (2, 2));
        assert!(found[0].is_time() && !found[1].is_time());
        assert_eq!(
            (found[1].n_values, found[1].n_distinct, found[1].is_whole()),
            (3, 2, true)
        );
    }
}
