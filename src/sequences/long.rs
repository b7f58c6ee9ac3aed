//! Histories of a long table.

use super::histories::{Histories, Place};
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::Table;
use crate::table::codes::NONE;
use crate::table::labels::Labels;
use crate::table::time::NO_TIME;
use crate::table::time::column::TimeColumn;
use crate::transactions::{Reason, RowCounts};

impl Histories {
    /// The histories of a long table, a row an item that the customer bought at that time: what has no transactions.
    ///
    /// Customers and items may be of any type that [`from_baskets`](Self::from_baskets) takes for customers; times are dates, timestamps, or text in
    /// ISO form or in `time_format`. Rows that lack one of the three are left out and [counted](Self::counts). Cost: one pass over each column, and a
    /// sort of the rows.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    /// use patronomy::{Context, Table, sequences::Histories};
    ///
    /// let batch = RecordBatch::try_from_iter([
    ///     ("who", Arc::new(Int64Array::from(vec![7, 7, 7])) as ArrayRef),
    ///     ("when", Arc::new(StringArray::from(vec!["2024-03-01", "2024-02-01", "2024-03-01"]))),
    ///     ("what", Arc::new(StringArray::from(vec!["ink", "printer", "paper"]))),
    /// ])?;
    /// let table = Table::from_batch(batch);
    /// let histories = Histories::from_table(&table, "who", "when", "what", None, &Context::new())?;
    /// let elements: Vec<Vec<u32>> = histories.iter().flatten().map(|(_, items)| items.to_vec()).collect();
    /// assert_eq!(elements, [vec![2], vec![0, 1]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`], [`Error::ColumnType`]; [`Error::BadValues`] if ids are not whole or times cannot be read; [`Error::Parameter`] if
    /// there are 2^32 rows or more; [`Error::Cancelled`].
    pub fn from_table(
        table: &Table,
        customer: &str,
        time: &str,
        item: &str,
        time_format: Option<&str>,
        ctx: &Context,
    ) -> Result<Self> {
        let column =
            |name: &str, role: &str| Ok::<_, Error>(table.column(table.position(name, role)?));
        let customer = Labels::bind(column(customer, "customer")?, "customer")?;
        let item = Labels::bind(column(item, "item")?, "item")?;
        let time = TimeColumn::bind(column(time, "time")?, "time", time_format, ctx)?;
        let mut times = Vec::with_capacity(table.n_rows());
        let segments = table.segments(0..table.n_rows());
        segments.for_each(|at| time.read(&at, &mut times));
        let mut items = item.codes(table, ctx)?;
        // An item without a time is none; and only customers of items get a number.
        let timed = items.codes.iter_mut().zip(&times);
        let timed = timed.filter(|(_, time)| **time == NO_TIME);
        timed.for_each(|(code, _)| *code = NONE);
        let customers = customer.codes_of_some(table, &items.codes, ctx)?;
        let counts = counts(&times, &items.codes, &customers.codes);
        let rows = customers.codes.iter().zip(times).zip(&items.codes);
        let rows = rows
            .filter(|((customer, _), _)| **customer != NONE)
            .zip(0..);
        let (places, items_bought): (Vec<Place>, Vec<u32>) = rows
            .map(|(((&customer, time), &item), row)| ((customer, time, row), item))
            .unzip();
        let ends = (1..=places.len()).collect();
        let baskets = Baskets::from_numbers(ends, items_bought, items.values)?;
        Self::of_places(&baskets, customers.values, places, counts, ctx)
    }
}

/// Where the rows went; rows without time have no item, those without item no customer.
fn counts(times: &[i64], items: &[u32], customers: &[u32]) -> RowCounts {
    let without = |codes: &[u32]| codes.iter().filter(|&&c| c == NONE).count() as u64;
    let no_time = times.iter().filter(|&&t| t == NO_TIME).count() as u64;
    let (no_item, no_customer) = (without(items), without(customers));
    let left_out = [
        (Reason::NoTime, no_time),
        (Reason::NoItem, no_item - no_time),
        (Reason::NoCustomer, no_customer - no_item),
    ];
    let rows_in = times.len() as u64;
    RowCounts {
        rows_in,
        rows_used: rows_in - no_customer,
        left_out: left_out.into_iter().filter(|&(_, n)| n > 0).collect(),
        ..RowCounts::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};

    use super::*;

    #[test]
    fn rows_that_lack_something_are_counted() {
        let text =
            |values: [Option<&str>; 5]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
        let batch = RecordBatch::try_from_iter_with_nullable([
            (
                "who",
                Arc::new(Int64Array::from(vec![
                    Some(1),
                    None,
                    Some(2),
                    Some(3),
                    Some(2),
                ])) as ArrayRef,
                true,
            ),
            (
                "when",
                text([
                    Some("2024-01-02"),
                    Some("2024-01-02"),
                    None,
                    Some("2024-01-01"),
                    Some("2024-01-01"),
                ]),
                true,
            ),
            (
                "what",
                text([Some("b"), Some("b"), Some("b"), Some(" "), Some("a")]),
                true,
            ),
        ]);
        let table = Table::from_batch(batch.unwrap());
        let ctx = Context::new();
        let found = Histories::from_table(&table, "who", "when", "what", None, &ctx).unwrap();
        let counts = found.counts();
        assert_eq!((counts.rows_in, counts.rows_used), (5, 2));
        assert!(counts.left_out.values().eq(&[1, 1, 1]));
        let all: Vec<usize> = found.iter().map(|history| history.len()).collect();
        assert_eq!((all, found.customers().len()), (vec![1, 1], 2));
        let error = Histories::from_table(&table, "wo", "when", "what", None, &ctx).unwrap_err();
        assert!(error.to_string().contains("`who`"), "{error}");
    }
}
