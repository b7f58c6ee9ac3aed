//! Baskets from lists of labels.

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use super::rows::distinct;
use super::{Baskets, OWNER, counts_of};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::Table;
use crate::table::codes::NONE;
use crate::table::lists::Lists;

impl Baskets {
    /// A basket for each list of a column, given as its chunks: lists of any kind, of integers, text, whole floats, booleans, dates, times, or a
    /// dictionary of these.
    ///
    /// Items are numbered in ascending order of their labels. A null or blank element is no item; it is left out and counted, as is a null list,
    /// which is an empty basket. Cost: one pass over the values, a hash look-up each.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ListArray, types::Int32Type};
    /// use patronomy::{Context, baskets::Baskets};
    ///
    /// let lists = vec![Some(vec![Some(30), Some(10)]), None, Some(vec![Some(10), None])];
    /// let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
    /// let baskets = Baskets::from_lists(&[Arc::new(lists)], &Context::new())?;
    /// let all: Vec<_> = baskets.iter().map(|(items, _)| items.to_vec()).collect();
    /// assert_eq!(all, [vec![0, 1], vec![], vec![0]]);
    /// assert_eq!(baskets.counts().rows_used, 3);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ColumnType`] if the column holds no lists, or lists of what can be no label;
    /// [`Error::FeatureMismatch`] if chunks differ in type; [`Error::BadValues`] if floats
    /// are not whole; [`Error::Cancelled`].
    pub fn from_lists(chunks: &[ArrayRef], ctx: &Context) -> Result<Self> {
        let baskets = Self::of_lists(&Lists::bind(chunks)?, ctx)?;
        ctx.progress.finish();
        Ok(baskets)
    }

    /// As [`from_lists`](Self::from_lists), of a column of a table: the one that is named, or else the only one of lists.
    ///
    /// # Errors
    /// As [`from_lists`](Self::from_lists); [`Error::ColumnNotFound`] if there is no such column;
    /// [`Error::Parameter`] if none is named and it is not plain which is meant.
    pub fn from_list_column(table: &Table, column: Option<&str>, ctx: &Context) -> Result<Self> {
        let position = match column {
            Some(name) => table.position(name, "baskets")?,
            None => only_lists(table)?,
        };
        Self::from_lists(&table.column(position).chunks, ctx)
    }

    pub(super) fn of_lists(lists: &Lists, ctx: &Context) -> Result<Self> {
        let codes = lists.labels.codes(&lists.table, ctx)?;
        let n_null = codes.codes.iter().filter(|&&c| c == NONE).count() as u64;
        let rows = distinct(&codes.codes, &lists.lengths, ctx)?;
        let n = codes.codes.len() as u64 + lists.n_null;
        Self::of_distinct(rows, codes.values, counts_of(n, n_null + lists.n_null))
    }
}

/// The only column of lists.
fn only_lists(table: &Table) -> Result<usize> {
    let fields = table.schema().fields();
    let is_list = |t: &DataType| {
        matches!(
            t,
            DataType::List(_)
                | DataType::LargeList(_)
                | DataType::FixedSizeList(..)
                | DataType::ListView(_)
                | DataType::LargeListView(_)
        )
    };
    let lists: Vec<usize> = (0..fields.len())
        .filter(|&i| is_list(fields[i].data_type()))
        .collect();
    if let [one] = lists[..] {
        return Ok(one);
    }
    let rule = "must name the column of lists, unless the table has one alone";
    let n = format!("none, and {} columns of lists", lists.len());
    Err(Error::parameter(OWNER, "column", rule, n))
}
