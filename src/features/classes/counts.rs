//! What customers did, in counts: baskets with each item, baskets of each size, and purchases in each week.

use std::ops::Range;

use crate::error::Result;
use crate::features::Orders;
use crate::parallel::{Context, map_ordered, pieces};
use crate::table::time::DAY;

/// Baskets of this size and larger ones are counted together.
pub(super) const LARGEST: usize = 40;
/// Most pieces of a pass: each has sums of its own.
const PIECES: usize = 32;

/// Customer by customer the columns that are not zero: items first, then sizes of baskets.
pub(super) struct Counts {
    columns: Vec<u32>,
    values: Vec<f64>,
    ends: Vec<usize>,
    weeks: Vec<(i32, f64)>,
    week_ends: Vec<usize>,
    baskets: Vec<u32>,
    pub(super) n_items: usize,
}

/// The counts of one customer.
struct Row {
    columns: Vec<(u32, f64)>,
    weeks: Vec<(i32, f64)>,
    n_baskets: u32,
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
            weeks: Vec::new(),
            week_ends: Vec::new(),
            baskets: Vec::new(),
            n_items,
        };
        for row in parts.into_iter().flatten() {
            for (column, n) in row.columns {
                all.columns.push(column);
                all.values.push(n);
            }
            all.ends.push(all.columns.len());
            all.weeks.extend(row.weeks);
            all.week_ends.push(all.weeks.len());
            all.baskets.push(row.n_baskets);
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

    /// The weeks in which a customer bought, each with its purchases of items that are counted.
    pub(super) fn weeks(&self, row: usize) -> &[(i32, f64)] {
        let from = if row == 0 { 0 } else { self.week_ends[row - 1] };
        &self.weeks[from..self.week_ends[row]]
    }

    /// Baskets of a customer.
    pub(super) fn n_baskets(&self, row: usize) -> u32 {
        self.baskets[row]
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

/// The week of an instant, from Monday to Sunday in UTC, counted from that of 1970-01-01.
pub(super) fn week_of(time: i64) -> i32 {
    // That was a Thursday.
    (time.div_euclid(DAY) + 3).div_euclid(7) as i32
}

fn row(orders: &Orders, customer: usize, number: &[Option<usize>], n_items: usize) -> Row {
    let bought = orders.items(customer);
    let known = bought
        .into_iter()
        .filter_map(|(item, n)| Some((number[item as usize]?, n)));
    let mut columns: Vec<(u32, f64)> = known.map(|(at, n)| (at as u32, f64::from(n))).collect();
    columns.sort_unstable_by_key(|(at, _)| *at);
    let own = orders.of(customer);
    let items = |b: u32| orders.baskets.items_of(b as usize);
    let mut sizes: Vec<usize> = own
        .iter()
        .map(|&b| items(b).len().clamp(1, LARGEST))
        .collect();
    sizes.sort_unstable();
    for same in sizes.chunk_by(|a, b| a == b) {
        columns.push(((n_items + same[0] - 1) as u32, same.len() as f64));
    }
    let purchases = |b: u32| {
        items(b)
            .iter()
            .filter(|&&i| number[i as usize].is_some())
            .count()
    };
    let mut in_weeks: Vec<(i32, f64)> = own
        .iter()
        .map(|&b| (week_of(orders.time(b)), purchases(b) as f64))
        .collect();
    in_weeks.sort_unstable_by_key(|(week, _)| *week);
    let same = in_weeks.chunk_by(|a, b| a.0 == b.0);
    let weeks = same.map(|w| (w[0].0, w.iter().map(|(_, n)| n).sum()));
    Row {
        columns,
        weeks: weeks.filter(|(_, n)| *n > 0.0).collect(),
        n_baskets: own.len() as u32,
    }
}
