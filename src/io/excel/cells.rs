//! Cells as columns: what a column holds decides on its type.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Float64Array, Int64Array, TimestampMicrosecondArray};
use chrono::DateTime;

use super::workbook::Placed;
use crate::error::Result;
use crate::io::options::ReadOptions;
use crate::table::text::{Reading, number};

/// What a cell holds; errors and blanks hold nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Number(f64),
    Text(String),
    /// Microseconds of the wall clock.
    Time(i64),
    Bool(bool),
}

impl Cell {
    pub(super) fn text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::Text(text.into()))
    }

    /// A time given as ISO text; as text where it is none.
    pub(super) fn time(text: &str) -> Option<Self> {
        let parsed = arrow_cast::parse::string_to_datetime(&chrono::Utc, text);
        let time = parsed.ok().map(|at| Self::Time(at.timestamp_micros()));
        time.or_else(|| Self::text(text))
    }

    /// As a person would write it.
    fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(n) => n.to_string(),
            Self::Bool(b) => b.to_string(),
            Self::Time(at) => DateTime::from_timestamp_micros(*at).map_or_else(String::new, |at| {
                at.format("%Y-%m-%d %H:%M:%S%.f").to_string()
            }),
        }
    }

    /// The number it is, or is the text of.
    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            Self::Text(text) => number(text),
            Self::Time(_) | Self::Bool(_) => None,
        }
    }
}

/// Named columns of cells, as a list of row, column and cell.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) names: Vec<String>,
    pub(super) n_rows: usize,
    pub(super) cells: Vec<(usize, usize, Cell)>,
}

impl Grid {
    /// Rows that hold nothing are left out, as blank lines of text are. The first one that is left has the names.
    pub(super) fn of(mut cells: Vec<Placed>, options: &ReadOptions) -> Self {
        cells.retain(|((row, _), _)| u64::from(*row) >= options.skip_lines);
        // Nearly always sorted; of two cells in one place, the later counts.
        cells.sort_by_key(|(at, _)| *at);
        let has_header = options.has_header.unwrap_or(true);
        let first_row = cells.first().map(|((row, _), _)| *row);
        let mut columns: BTreeMap<u32, String> = BTreeMap::new();
        for ((row, column), cell) in &cells {
            let name = if has_header && Some(*row) == first_row {
                cell.written()
            } else {
                format!("column_{}", column + 1)
            };
            columns.entry(*column).or_insert(name);
        }
        let place: BTreeMap<u32, usize> = columns.keys().copied().zip(0..).collect();
        let (mut n_rows, mut last) = (0, None);
        let mut kept = Vec::with_capacity(cells.len());
        for ((row, column), cell) in cells {
            if has_header && Some(row) == first_row {
                continue;
            }
            n_rows += usize::from(last != Some(row));
            last = Some(row);
            kept.push((n_rows - 1, place[&column], cell));
        }
        Self {
            names: columns.into_values().collect(),
            n_rows,
            cells: kept,
        }
    }

    /// The names of the columns that are to be read.
    pub(super) fn wanted(&self, options: &ReadOptions) -> Result<Vec<String>> {
        let wanted = options.positions(&self.names)?;
        Ok(wanted.into_iter().map(|i| self.names[i].clone()).collect())
    }

    /// Appends rows whose columns stand where `places` says.
    pub(super) fn append(&mut self, more: Self, places: &[usize]) {
        let mut column_of = vec![usize::MAX; more.names.len()];
        for (column, &place) in places.iter().enumerate() {
            column_of[place] = column;
        }
        let before = self.n_rows;
        let cells = more.cells.into_iter();
        self.cells
            .extend(cells.map(|(row, place, cell)| (before + row, column_of[place], cell)));
        self.n_rows += more.n_rows;
    }
}

/// What kinds of cells a column has.
#[derive(Debug, Default)]
struct Seen {
    numbers: usize,
    fractions: usize,
    times: usize,
    others: usize,
}

impl Seen {
    fn of(cells: &[(usize, Cell)]) -> Self {
        /// Beyond it, a float does not hold every integer.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let mut seen = Self::default();
        for (_, cell) in cells {
            match cell {
                Cell::Number(n) => {
                    seen.numbers += 1;
                    seen.fractions += usize::from(!(n.fract() == 0.0 && n.abs() <= EXACT));
                }
                Cell::Time(_) => seen.times += 1,
                Cell::Text(_) | Cell::Bool(_) => seen.others += 1,
            }
        }
        seen
    }
}

/// A column of cells, in order of their rows: numbers as integers where they are whole, times, numbers and words among measures, else text.
pub(super) fn column(
    cells: Vec<(usize, Cell)>,
    n_rows: usize,
    name: &str,
    options: &ReadOptions,
) -> ArrayRef {
    let reading = options.reading(name);
    let is_forced = options.as_text.iter().any(|n| n == name);
    let mut cells = cells;
    cells.retain(|(_, cell)| !matches!(cell, Cell::Text(t) if options.nulls.contains(t)));
    let seen = Seen::of(&cells);
    let is_only = |n: usize| n == cells.len() && n > 0 && !is_forced;
    if is_only(seen.numbers) && seen.fractions == 0 {
        let whole = |c: &Cell| c.number().map(|n| n as i64);
        return Arc::new(Int64Array::from(spread(&cells, n_rows, whole)));
    }
    if is_only(seen.times) {
        let time = |c: &Cell| match c {
            Cell::Time(at) => Some(*at),
            _ => None,
        };
        return Arc::new(TimestampMicrosecondArray::from(spread(
            &cells, n_rows, time,
        )));
    }
    let values = spread(&cells, n_rows, Cell::number);
    let has_numbers = values.iter().any(Option::is_some) || cells.is_empty();
    if is_only(seen.numbers) || (reading == Reading::Number && has_numbers) {
        return Arc::new(Float64Array::from(values));
    }
    let mut texts = StringBuilder::new();
    for text in spread(&cells, n_rows, |c| Some(c.written())) {
        texts.append_option(text);
    }
    Arc::new(texts.finish())
}

/// The values by row; of two in one row, the later.
fn spread<T: Clone>(
    cells: &[(usize, Cell)],
    n_rows: usize,
    value: impl Fn(&Cell) -> Option<T>,
) -> Vec<Option<T>> {
    let mut values = vec![None; n_rows];
    for (row, cell) in cells {
        values[*row] = value(cell);
    }
    values
}
