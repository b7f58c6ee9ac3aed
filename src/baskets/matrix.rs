//! Baskets from matrices: a row for each basket, a column for each item.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray};

use super::rows::{Distinct, Part, distinct};
use super::{Baskets, OWNER, counts_of};
use crate::error::{Error, Result};
use crate::parallel::{Context, filled, map_ordered, pieces};
use crate::table::Table;
use crate::table::cells::{Cell, Cells};

impl Baskets {
    /// A basket for each row of a table whose columns are items: those whose cell is true, or 1.
    ///
    /// Items are numbered in the order of the columns, and labelled by their names: not in ascending order of the label, as everywhere else, so that
    /// results can be had in the order of other libraries that take such tables. Cells are booleans, numbers, or text that says one or the
    /// other; a null, NaN or empty one is no item, and is counted as left out. The rows of [`counts`](Self::counts) are the cells that are not
    /// false. Cost: every cell is looked at once; lists are the lighter form.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ArrayRef, BooleanArray, Int8Array, RecordBatch};
    /// use patronomy::{Context, Table, baskets::Baskets};
    ///
    /// let batch = RecordBatch::try_from_iter([
    ///     ("milk", Arc::new(BooleanArray::from(vec![true, false])) as ArrayRef),
    ///     ("bread", Arc::new(Int8Array::from(vec![1, 1]))),
    /// ])?;
    /// let baskets = Baskets::from_one_hot(&Table::from_batch(batch), &Context::new())?;
    /// let all: Vec<_> = baskets.iter().map(|(items, _)| items.to_vec()).collect();
    /// assert_eq!(all, [vec![0, 1], vec![1]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadValues`] names the column, the row and the value of a cell that is something else; [`Error::ColumnType`] a column that holds
    /// no such cells; [`Error::Parameter`] if two columns share a name; [`Error::Cancelled`].
    pub fn from_one_hot(table: &Table, ctx: &Context) -> Result<Self> {
        let names = table.names();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|w| w[0] == w[1]) {
            let rule = "must differ: each is an item";
            return Err(Error::parameter(OWNER, "columns", rule, twice[0]));
        }
        let columns = (0..names.len()).map(|i| Cells::bind(table.column(i)));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        // Cells, not rows, are the work.
        let piece = (1 << 22) / columns.len().max(1);
        let rows = pieces(table.n_rows(), piece.clamp(64, 1 << 16)).collect();
        let parts = map_ordered(ctx, "read cells", rows, |rows: std::ops::Range<usize>| {
            let mut reader = Reader::new(rows.len());
            for (item, column) in columns.iter().enumerate() {
                for at in table.segments(rows.clone()) {
                    let first = (at.first_row - rows.start) as u32;
                    column.read(&at, &mut reader.numbers, |place, cell| match cell {
                        Cell::Yes => {
                            reader.rows.push(first + place);
                            reader.lengths[(first + place) as usize] += 1;
                        }
                        Cell::Null => reader.n_null += 1,
                    })?;
                }
                reader.ends.push((item as u32, reader.rows.len()));
            }
            Ok(reader.finish())
        })?;
        let n_null = parts.iter().map(|(_, n)| n).sum();
        let rows = Distinct::of_parts(parts.into_iter().map(|(part, _)| part).collect());
        let counts = counts_of(rows.items.len() as u64 + n_null, n_null);
        let labels: ArrayRef = Arc::new(StringArray::from(names));
        ctx.progress.finish();
        Self::of_distinct(rows, labels, counts)
    }

    /// A basket for each row of a sparse matrix in compressed rows: the columns of row `i` are `indices[indptr[i]..indptr[i + 1]]`, in any order,
    /// and every entry counts, so explicit zeros must be taken out before.
    ///
    /// Labels belong to the columns; without them items are labelled by their numbers. Cost: one pass.
    ///
    /// ```
    /// use patronomy::{Context, baskets::Baskets};
    /// let baskets = Baskets::from_csr(&[0, 2, 2, 3], &[2, 0, 1], 3, None, &Context::new())?;
    /// let all: Vec<_> = baskets.iter().map(|(items, _)| items.to_vec()).collect();
    /// assert_eq!(all, [vec![0, 2], vec![], vec![1]]);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if `indptr` does not ascend from 0 to the number of indices, if an index is no column, or if there is not one label
    /// for each column; [`Error::Cancelled`].
    pub fn from_csr(
        indptr: &[i64],
        indices: &[i64],
        n_columns: usize,
        labels: Option<ArrayRef>,
        ctx: &Context,
    ) -> Result<Self> {
        if n_columns >= u32::MAX as usize {
            let rule = "must be less than 2^32 - 1";
            return Err(Error::parameter(OWNER, "n_columns", rule, n_columns));
        }
        let labels = labels.unwrap_or_else(|| {
            Arc::new(arrow_array::Int64Array::from_iter_values(
                0..n_columns as i64,
            ))
        });
        if labels.len() != n_columns {
            let rule = format!("must be {n_columns}, one for each column");
            return Err(Error::parameter(OWNER, "labels", rule, labels.len()));
        }
        let is_column = |&i: &i64| usize::try_from(i).is_ok_and(|i| i < n_columns);
        if let Some(index) = indices.iter().find(|i| !is_column(i)) {
            let rule = format!("must be numbers of the {n_columns} columns");
            return Err(Error::parameter(OWNER, "indices", rule, index));
        }
        let lengths = lengths(indptr, indices.len())?;
        let items = filled(ctx, "read entries", indices.len(), |i| indices[i] as u32)?;
        let rows = distinct(&items, &lengths, ctx)?;
        ctx.progress.finish();
        Self::of_distinct(rows, labels, counts_of(items.len() as u64, 0))
    }
}

/// How many entries each row has.
fn lengths(indptr: &[i64], n_entries: usize) -> Result<Vec<usize>> {
    let refuse = |rule: &str, value: i64| Err(Error::parameter(OWNER, "indptr", rule, value));
    let (Some(&first), Some(&last)) = (indptr.first(), indptr.last()) else {
        let rule = "must have one number more than there are rows";
        return Err(Error::parameter(OWNER, "indptr", rule, "none"));
    };
    if first != 0 {
        return refuse("must begin with 0", first);
    }
    if let Some(pair) = indptr.windows(2).find(|w| w[1] < w[0]) {
        return refuse("must ascend", pair[1]);
    }
    if usize::try_from(last) != Ok(n_entries) {
        return refuse("must end with the number of indices", last);
    }
    Ok(indptr.windows(2).map(|w| (w[1] - w[0]) as usize).collect())
}

/// The cells of some rows, read column by column.
struct Reader {
    /// Rows with the first item, with the second, and so on.
    rows: Vec<u32>,
    ends: Vec<(u32, usize)>,
    /// How many items each row has.
    lengths: Vec<u32>,
    numbers: Vec<f64>,
    n_null: u64,
}

impl Reader {
    fn new(n_rows: usize) -> Self {
        Self {
            rows: Vec::new(),
            ends: Vec::new(),
            lengths: vec![0; n_rows],
            numbers: Vec::new(),
            n_null: 0,
        }
    }

    /// The items row by row.
    fn finish(self) -> (Part, u64) {
        let mut next = Vec::with_capacity(self.lengths.len());
        let mut end = 0;
        for &n in &self.lengths {
            next.push(end);
            end += n as usize;
        }
        let mut items = vec![0; end];
        let mut from = 0;
        for (item, end) in self.ends {
            for &row in &self.rows[from..end] {
                let at = &mut next[row as usize];
                items[*at] = item;
                *at += 1;
            }
            from = end;
        }
        let part = Part {
            items,
            lengths: self.lengths,
            n_repeated: 0,
        };
        (part, self.n_null)
    }
}
