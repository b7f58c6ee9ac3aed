//! What customers did, in counts: baskets with each item, and baskets of each size.

use std::ops::Range;

use crate::error::Result;
use crate::features::Orders;
use crate::parallel::{Context, map_ordered, pieces};

/// Baskets of this size and larger ones are counted together.
pub(super) const LARGEST: usize = 40;
/// Most pieces of a pass: each has sums of its own.
const PIECES: usize = 32;

/// Customer by customer the columns that are not zero: items first, then sizes of baskets.
pub(super) struct Counts {
    columns: Vec<u32>,
    values: Vec<f64>,
    ends: Vec<usize>,
    pub(super) n_items: usize,
}

impl Counts {
    /// `number` has the column of each item; items without one are not counted.
    pub(super) fn new(
        orders: &Orders,
        number: &[Option<usize>],
        n_items: usize,
        ctx: &Context,
    ) -> Result<Self> {
        let ranges = pieces(orders.len(), 1 << 12).collect();
        let parts = map_ordered(ctx, "count purchases", ranges, |range: Range<usize>| {
            Ok(range
                .map(|c| row(orders, c, number, n_items))
                .collect::<Vec<_>>())
        })?;
        let mut all = Self {
            columns: Vec::new(),
            values: Vec::new(),
            ends: Vec::new(),
            n_items,
        };
        for row in parts.into_iter().flatten() {
            for (column, n) in row {
                all.columns.push(column);
                all.values.push(n);
            }
            all.ends.push(all.columns.len());
        }
        Ok(all)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn n_columns(&self) -> usize {
        self.n_items + LARGEST
    }

    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> {
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        let columns = self.columns[from..self.ends[row]].iter();
        columns
            .zip(&self.values[from..])
            .map(|(&c, &n)| (c as usize, n))
    }

    /// Items that a customer bought, each as often as in a basket.
    pub(super) fn purchases(&self, row: usize) -> f64 {
        self.row(row)
            .filter(|(c, _)| *c < self.n_items)
            .map(|(_, n)| n)
            .sum()
    }

    /// The rows of each piece of a pass.
    pub(super) fn chunks(&self) -> Vec<Range<usize>> {
        pieces(self.len(), self.len().div_ceil(PIECES).max(256)).collect()
    }
}

fn row(
    orders: &Orders,
    customer: usize,
    number: &[Option<usize>],
    n_items: usize,
) -> Vec<(u32, f64)> {
    let bought = orders.items(customer);
    let known = bought
        .into_iter()
        .filter_map(|(item, n)| Some((number[item as usize]?, n)));
    let mut row: Vec<(u32, f64)> = known.map(|(at, n)| (at as u32, f64::from(n))).collect();
    row.sort_unstable_by_key(|(at, _)| *at);
    let own = orders.of(customer).iter();
    let mut sizes: Vec<usize> = own
        .map(|&b| orders.baskets.items_of(b as usize).len().clamp(1, LARGEST))
        .collect();
    sizes.sort_unstable();
    for same in sizes.chunk_by(|a, b| a == b) {
        row.push(((n_items + same[0] - 1) as u32, same.len() as f64));
    }
    row
}
