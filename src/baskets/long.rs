//! Baskets from a long table: a row for each item of each transaction.

use super::group::grouped;
use super::{Baskets, OWNER};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::Table;
use crate::table::codes::{Codes, NONE};
use crate::table::labels::Labels;
use crate::table::number::{self, NumberColumn};
use crate::transactions::{Reason, RowCounts};

/// Which columns of a long table say what.
///
/// ```
/// use patronomy::baskets::LongTable;
/// let columns = LongTable::new("invoice", "product").weight("copies");
/// assert_eq!(columns.weight.as_deref(), Some("copies"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LongTable {
    /// The transaction: rows that share it are a basket.
    pub transaction: String,
    /// The item.
    pub item: String,
    /// For how many baskets the transaction stands, the same in all its rows: a whole number of 1 or more.
    pub weight: Option<String>,
}

impl LongTable {
    /// A basket is the rows that share a value of one column; its items are in another.
    pub fn new(transaction: impl Into<String>, item: impl Into<String>) -> Self {
        Self {
            transaction: transaction.into(),
            item: item.into(),
            weight: None,
        }
    }

    /// Names the column of weights.
    #[must_use]
    pub fn weight(mut self, column: impl Into<String>) -> Self {
        self.weight = Some(column.into());
        self
    }
}

impl Baskets {
    /// A basket for each distinct transaction of a long table, in ascending order of the transaction.
    ///
    /// Both columns may hold integers, text, whole floats, booleans, dates, times, or a dictionary of these. Rows with a null or blank transaction
    /// or item are left out and counted; a transaction without any item is an empty basket. Cost: one pass over each column, and a sort of the
    /// lines by transaction in pieces; memory: 24 bytes a row while it runs.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    /// use patronomy::{Context, Table, baskets::Baskets};
    ///
    /// let batch = RecordBatch::try_from_iter([
    ///     ("order", Arc::new(Int64Array::from(vec![2, 1, 2, 1])) as ArrayRef),
    ///     ("item", Arc::new(StringArray::from(vec!["milk", "milk", "bread", "milk"]))),
    /// ])?;
    /// let baskets = Baskets::from_table(&Table::from_batch(batch), "order", "item", &Context::new())?;
    /// let all: Vec<_> = baskets.iter().map(|(items, _)| items.to_vec()).collect();
    /// assert_eq!(all, [vec![1], vec![0, 1]]);
    /// assert_eq!(baskets.n_repeated(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`], [`Error::ColumnType`]; [`Error::BadValues`] if float ids are not whole; [`Error::Parameter`] if two columns
    /// share a name that is meant; [`Error::Cancelled`].
    pub fn from_table(table: &Table, transaction: &str, item: &str, ctx: &Context) -> Result<Self> {
        Self::from_long(table, &LongTable::new(transaction, item), ctx)
    }

    /// As [`from_table`](Self::from_table), with weights where they are named.
    ///
    /// # Errors
    /// As [`from_table`](Self::from_table); [`Error::BadValues`] if a weight is no whole number of 1 or more, if a transaction has none, or has two
    /// that differ; as [`with_weights`](Self::with_weights).
    pub fn from_long(table: &Table, columns: &LongTable, ctx: &Context) -> Result<Self> {
        let labels =
            |name: &str, role: &str| Labels::bind(table.column(table.position(name, role)?), role);
        let transaction = labels(&columns.transaction, "transaction")?;
        let item = labels(&columns.item, "item")?;
        let weight = columns.weight.as_deref();
        let weight = weight.map(|name| Weights::bind(table, name)).transpose()?;
        let transactions = transaction.codes(table, ctx)?;
        let items = item.codes_of_some(table, &transactions.codes, ctx)?;
        let counts = counts(&transactions.codes, &items.codes);
        let n = transactions.values.len();
        let rows = grouped(&transactions.codes, &items.codes, n, ctx)?;
        let weights = weight.map(|w| w.of(&transactions)).transpose()?;
        let ids = transactions.values;
        let mut baskets = Self::of_distinct(rows, items.values, counts)?;
        if let Some(weights) = weights {
            baskets = baskets.with_weights(weights)?;
        }
        ctx.progress.finish();
        Ok(baskets.with(|inner| inner.ids = Some(ids)))
    }
}

/// Where the rows went.
fn counts(transactions: &[u32], items: &[u32]) -> RowCounts {
    let without = |numbers: &[u32]| numbers.iter().filter(|&&n| n == NONE).count() as u64;
    let no_transaction = without(transactions);
    // Items are read of rows with a transaction only.
    let no_item = without(items) - no_transaction;
    let rows_in = transactions.len() as u64;
    let left_out = [
        (Reason::NoTransaction, no_transaction),
        (Reason::NoItem, no_item),
    ];
    RowCounts {
        rows_in,
        rows_used: rows_in - no_transaction - no_item,
        left_out: left_out.into_iter().filter(|&(_, n)| n > 0).collect(),
        ..RowCounts::default()
    }
}

/// A column of weights.
struct Weights<'a> {
    name: &'a str,
    table: &'a Table,
    column: NumberColumn,
}

impl<'a> Weights<'a> {
    fn bind(table: &'a Table, name: &'a str) -> Result<Self> {
        let column = table.column(table.position(name, "weight")?);
        Ok(Self {
            name,
            table,
            column: NumberColumn::bind(column, "weight")?,
        })
    }

    /// One weight for each transaction.
    fn of(&self, transactions: &Codes) -> Result<Vec<u32>> {
        let mut weights = vec![0u32; transactions.values.len()];
        let mut values = Vec::new();
        for at in self.table.segments(0..self.table.n_rows()) {
            values.clear();
            self.column.read(&at, &mut values);
            for (row, &value) in (at.first_row..).zip(&values) {
                let transaction = transactions.codes[row];
                if transaction == NONE || number::is_null(value) {
                    continue;
                }
                let weight = &mut weights[transaction as usize];
                let is_whole = value >= 1.0 && value <= f64::from(u32::MAX) && value.fract() == 0.0;
                if !is_whole {
                    let remedy = "leave out transactions that do not count";
                    return Err(self.bad(
                        row,
                        value,
                        "are no whole numbers from 1 to 2^32 - 1",
                        remedy,
                    ));
                }
                if *weight != 0 && *weight != value as u32 {
                    let rule = "differ within a transaction";
                    return Err(self.bad(row, value, rule, "give each transaction one weight"));
                }
                *weight = value as u32;
            }
        }
        if let Some(without) = weights.iter().position(|&w| w == 0) {
            let row = transactions
                .codes
                .iter()
                .position(|&t| t as usize == without);
            let remedy = "give each transaction a weight";
            return Err(self.bad(row.unwrap_or(0), "null", "are missing", remedy));
        }
        Ok(weights)
    }

    fn bad(&self, row: usize, value: impl std::fmt::Display, rule: &str, remedy: &str) -> Error {
        Error::BadValues {
            column: self.name.into(),
            count: 1,
            first_row: Some(row as u64),
            value: value.to_string(),
            rule: format!("of {OWNER} {rule}"),
            remedy: remedy.into(),
        }
    }
}
