//! Columns of categories.

use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::Table;
use crate::table::categories::{Category, categories};

/// A category that a fit had not: no prototype has it.
pub(super) const UNSEEN: u32 = u32::MAX;

/// A column of categories: the distinct values in ascending order, and for each row the number of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Categories {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    pub(super) codes: Vec<u32>,
}

impl Categories {
    /// A column of these values, one a row.
    ///
    /// # Errors
    /// [`Error::Parameter`] for four thousand million different ones.
    pub fn of(name: &str, rows: &[impl AsRef<str>]) -> Result<Self> {
        let mut values: Vec<&str> = rows.iter().map(AsRef::as_ref).collect();
        values.sort_unstable();
        values.dedup();
        if values.len() >= UNSEEN as usize {
            let rule = "must have fewer than 2^32 - 1 different values";
            return Err(Error::parameter("Categories", name, rule, values.len()));
        }
        let code = |row: &str| values.partition_point(|v| *v < row) as u32;
        Ok(Self {
            name: name.into(),
            codes: rows.iter().map(|row| code(row.as_ref())).collect(),
            values: values.iter().map(|&v| v.to_owned()).collect(),
        })
    }

    /// All columns of a table: text, integers, booleans, dates, or dictionaries of these.
    ///
    /// # Errors
    /// [`Error::ColumnType`] for what can be no category, [`Error::BadValues`] for missing values; [`Error::Cancelled`].
    pub fn of_table(table: &Table, ctx: &Context) -> Result<Vec<Self>> {
        categories(table, ctx)?.iter().map(Self::sorted).collect()
    }

    /// By the order of the texts, which need not be that of the values: 10 comes after 9.
    fn sorted(column: &Category) -> Result<Self> {
        let texts = Self::of(&column.name, &column.values)?;
        let codes = column.codes.iter().map(|&c| texts.codes[c as usize]);
        Ok(Self {
            codes: codes.collect(),
            ..texts
        })
    }

    /// How many rows there are.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.codes.len()
    }

    /// The rows by the numbers of other values, and how many have none of these.
    pub(super) fn by(&self, values: &[String]) -> (Vec<u32>, usize) {
        let number = |own: &String| values.binary_search(own).map_or(UNSEEN, |i| i as u32);
        let numbers: Vec<u32> = self.values.iter().map(number).collect();
        let codes: Vec<u32> = self.codes.iter().map(|&c| numbers[c as usize]).collect();
        let n_unseen = codes.iter().filter(|&&c| c == UNSEEN).count();
        (codes, n_unseen)
    }
}
