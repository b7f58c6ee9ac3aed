//! Columns of truth values, whichever way they are written.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_cast::display::array_value_to_string;
use arrow_schema::DataType;

use super::number::{self, NumberColumn};
use super::{Column, Segment};
use crate::error::{Error, Result, shorten};

/// A column of truth values.
#[derive(Debug)]
pub(crate) struct Cells {
    name: String,
    /// The column as it was given, for what is said of it.
    given: Vec<ArrayRef>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Truths(Vec<ArrayRef>),
    Numbers(NumberColumn),
}

/// What a cell says that is not false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    Yes,
    Null,
}

impl Cells {
    /// Checks the type: booleans, numbers, or text that says one or the other.
    pub(crate) fn bind(column: Column) -> Result<Self> {
        const EXPECTED: &str = "booleans, or numbers that are 0 or 1";
        let (name, given) = (column.name.clone(), column.chunks.clone());
        let value_type = match &column.data_type {
            DataType::Dictionary(_, value) => value.as_ref(),
            other => other,
        };
        let values = match value_type {
            DataType::Boolean | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Values::Truths(column.cast(&DataType::Boolean, "item", EXPECTED)?.chunks)
            }
            t if t.is_numeric() || *t == DataType::Null => {
                Values::Numbers(NumberColumn::bind(column, "item")?)
            }
            _ => return Err(column.type_error("item", EXPECTED)),
        };
        Ok(Self {
            name,
            given,
            values,
        })
    }

    /// Calls `set` with the place in the segment of each cell that is not false.
    ///
    /// # Errors
    /// [`Error::BadValues`] if a cell says something else.
    pub(crate) fn read(
        &self,
        at: &Segment,
        numbers: &mut Vec<f64>,
        mut set: impl FnMut(u32, Cell),
    ) -> Result<()> {
        match &self.values {
            Values::Truths(chunks) => {
                let cells = chunks[at.chunk].as_boolean();
                let given = &self.given[at.chunk];
                for (place, row) in at.range.clone().enumerate() {
                    if cells.is_valid(row) {
                        if cells.value(row) {
                            set(place as u32, Cell::Yes);
                        }
                    } else if given.is_null(row)
                        || array_value_to_string(given, row).is_ok_and(|t| t.is_empty())
                    {
                        set(place as u32, Cell::Null);
                    } else {
                        return Err(self.bad(at, place));
                    }
                }
            }
            Values::Numbers(column) => {
                numbers.clear();
                column.read(at, numbers);
                for (place, &value) in numbers.iter().enumerate() {
                    // A float's missing value is NaN.
                    if number::is_null(value) || value.is_nan() {
                        set(place as u32, Cell::Null);
                    } else if value.to_bits() == 1f64.to_bits() {
                        set(place as u32, Cell::Yes);
                    } else if value != 0.0 {
                        return Err(self.bad(at, place));
                    }
                }
            }
        }
        Ok(())
    }

    fn bad(&self, at: &Segment, place: usize) -> Error {
        let row = at.range.start + place;
        let value = array_value_to_string(&self.given[at.chunk], row).unwrap_or_default();
        Error::BadValues {
            column: self.name.clone(),
            count: 1,
            first_row: Some((at.first_row + place) as u64),
            value: shorten(&value),
            rule: "are neither true nor false, neither 1 nor 0".into(),
            remedy: "give quantities as `value > 0`, and leave out columns that are no items"
                .into(),
        }
    }
}
