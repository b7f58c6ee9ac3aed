//! Columns of a table as a matrix.

use super::{Matrix, Numbers};
use crate::error::{Error, Result};
use crate::table::floats::Floats;
use crate::table::{Column, Table};

/// Number columns of a table, from which matrices borrow.
#[derive(Debug, Clone)]
pub struct Columns {
    names: Vec<String>,
    floats: Vec<Floats>,
}

impl Columns {
    /// All columns of a table. Those of floats in one piece are shared, others copied.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{Float32Array, Int64Array, RecordBatch};
    /// use patronomy::{Table, matrix::Columns};
    /// let batch = RecordBatch::try_from_iter([
    ///     ("spent", Arc::new(Float32Array::from(vec![9.5, 0.5])) as _),
    ///     ("orders", Arc::new(Int64Array::from(vec![3, 1])) as _),
    /// ])?;
    /// let columns = Columns::new(&Table::from_batch(batch))?;
    /// assert_eq!(columns.matrix()?.get(0, 1), 3.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ColumnType`] names a column that holds no numbers, [`Error::BadValues`] one with nulls; [`Error::Parameter`] if there is no column.
    pub fn new(table: &Table) -> Result<Self> {
        Self::of(table, Floats::bind)
    }

    /// The same, with what is no number for null: a column that has nulls is copied.
    ///
    /// # Errors
    /// As [`new`](Self::new), but for nulls.
    pub fn with_missing(table: &Table) -> Result<Self> {
        Self::of(table, Floats::with_missing)
    }

    fn of(table: &Table, bind: fn(&Column) -> Result<Floats>) -> Result<Self> {
        let names: Vec<String> = table.names().into_iter().map(String::from).collect();
        if names.is_empty() {
            let rule = "must be at least one";
            return Err(Error::parameter("Matrix", "columns", rule, 0));
        }
        let floats = (0..names.len()).map(|i| bind(&table.column(i)));
        let floats = floats.collect::<Result<_>>()?;
        Ok(Self { names, floats })
    }

    /// The columns as a matrix.
    ///
    /// # Errors
    /// None: columns of one table are equally long.
    pub fn matrix(&self) -> Result<Matrix<'_>> {
        let numbers = self.floats.iter().map(|floats| match floats {
            Floats::F32(array) => Numbers::F32(array.values()),
            Floats::F64(array) => Numbers::F64(array.values()),
        });
        Matrix::from_columns(numbers.collect())?.with_names(self.names.clone())
    }
}
