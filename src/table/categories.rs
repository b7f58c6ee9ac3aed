//! Columns of categories: numbers of their distinct values, and these as text.

use super::Table;
use super::codes::NONE;
use super::labels::{Labels, texts};
use crate::error::{Error, Result};
use crate::parallel::Context;

/// A column of categories.
#[derive(Debug)]
pub(crate) struct Category {
    pub(crate) name: String,
    /// For each row the number of its value.
    pub(crate) codes: Vec<u32>,
    /// The distinct values as text.
    pub(crate) values: Vec<String>,
}

/// All columns of a table as categories.
///
/// # Errors
/// [`Error::ColumnType`] for what can be no label, [`Error::BadValues`] for missing values; [`Error::Cancelled`].
pub(crate) fn categories(table: &Table, ctx: &Context) -> Result<Vec<Category>> {
    let one = |index: usize| {
        let column = table.column(index);
        let name = column.name.clone();
        let found = Labels::bind(column, "category")?.codes(table, ctx)?;
        let is_missing = |code: &&u32| **code == NONE;
        let count = found.codes.iter().filter(is_missing).count() as u64;
        if count > 0 {
            let first = found.codes.iter().position(|&code| code == NONE);
            return Err(missing(name, count, first.map(|row| row as u64)));
        }
        let what = format!("column `{name}`");
        Ok(Category {
            name,
            codes: found.codes,
            values: texts(&found.values, &what)?,
        })
    };
    (0..table.schema().fields().len()).map(one).collect()
}

fn missing(column: String, count: u64, first_row: Option<u64>) -> Error {
    Error::BadValues {
        column,
        count,
        first_row,
        value: "null".into(),
        rule: "are missing".into(),
        remedy: "leave these rows out, or give them a category of their own".into(),
    }
}
