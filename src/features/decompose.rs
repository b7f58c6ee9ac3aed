//! Truncated singular value decomposition of customers by items, scaled as correspondence analysis has it.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use single_svdlib::SparseMat;
use single_svdlib::irlba::{IrlbaConfig, svd_with};

use super::orders::Orders;
use super::params::OWNER;
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};

/// Purchases of a piece of work.
const PIECE: usize = 1 << 16;
/// Most pieces: each has sums of its own for all items.
const PIECES: usize = 32;

/// Counts of purchases, customer by customer, each divided by the roots of its row's and its column's sum.
pub(super) struct Sparse {
    items: Vec<u32>,
    values: Vec<f64>,
    ends: Vec<usize>,
    item_sums: Vec<f64>,
    /// The roots of the customers' shares of all purchases.
    row_roots: Vec<f64>,
    total: f64,
    /// Rows with about as many purchases in each piece.
    chunks: Vec<Range<usize>>,
}

impl Sparse {
    /// The purchases of items that so many customers bought, and which items these are. Customers who bought none of them have no row.
    pub(super) fn of_customers(
        orders: &Orders,
        min_customers: u32,
        ctx: &Context,
    ) -> Result<(Self, Vec<usize>)> {
        let n_labels = orders.baskets.n_items();
        let ranges = pieces(orders.len(), 1 << 12).collect();
        let bought = map_ordered(ctx, "count purchases", ranges, |range: Range<usize>| {
            Ok(range.map(|c| orders.items(c)).collect::<Vec<_>>())
        })?;
        let mut buyers = vec![0_u32; n_labels];
        let rows = || bought.iter().flatten();
        rows()
            .flatten()
            .for_each(|&(item, _)| buyers[item as usize] += 1);
        let kept: Vec<usize> = (0..n_labels)
            .filter(|&i| buyers[i] >= min_customers)
            .collect();
        let mut number = vec![u32::MAX; n_labels];
        kept.iter().zip(0..).for_each(|(&i, at)| number[i] = at);
        let mut all = Self {
            items: Vec::new(),
            values: Vec::new(),
            ends: Vec::new(),
            item_sums: vec![0.0; kept.len()],
            row_roots: Vec::new(),
            total: 0.0,
            chunks: Vec::new(),
        };
        let mut row_sums = Vec::new();
        for row in rows() {
            let from = all.items.len();
            for &(item, n) in row {
                let at = number[item as usize];
                if at != u32::MAX {
                    all.items.push(at);
                    all.values.push(f64::from(n));
                    all.item_sums[at as usize] += f64::from(n);
                }
            }
            if all.items.len() > from {
                row_sums.push(all.values[from..].iter().sum::<f64>());
                all.ends.push(all.items.len());
            }
        }
        all.total = all.item_sums.iter().sum();
        all.row_roots = row_sums
            .iter()
            .map(|sum| (sum / all.total).sqrt())
            .collect();
        all.scale(&row_sums);
        all.cut();
        Ok((all, kept))
    }

    fn scale(&mut self, row_sums: &[f64]) {
        let mut from = 0;
        for (&end, sum) in self.ends.iter().zip(row_sums) {
            for at in from..end {
                self.values[at] /= (sum * self.item_sums[self.items[at] as usize]).sqrt();
            }
            from = end;
        }
    }

    fn cut(&mut self) {
        let (mut first, mut from) = (0, 0);
        for (row, &end) in self.ends.iter().enumerate() {
            let piece = PIECE.max(self.items.len() / PIECES);
            if end - from >= piece || row + 1 == self.ends.len() {
                self.chunks.push(first..row + 1);
                (first, from) = (row + 1, end);
            }
        }
    }

    /// Customers and items.
    pub(super) fn shape(&self) -> (usize, usize) {
        (self.ends.len(), self.item_sums.len())
    }

    /// All purchases.
    pub(super) fn total(&self) -> f64 {
        self.total
    }

    /// The roots of the items' shares of all purchases.
    fn item_roots(&self) -> impl Iterator<Item = f64> {
        self.item_sums.iter().map(|sum| (sum / self.total).sqrt())
    }

    /// What takes a singular vector's number to the item's place: one over the root of the item's share.
    pub(super) fn item_scale(&self, item: usize) -> f64 {
        (self.total / self.item_sums[item]).sqrt()
    }

    fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> {
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        let items = self.items[from..self.ends[row]].iter();
        items
            .zip(&self.values[from..])
            .map(|(&i, &v)| (i as usize, v))
    }
}

/// The products that the decomposition asks for, by all threads; stops where the job is to stop. What would be if purchases were independent is taken away: the
/// roots of the customers' shares times those of the items'.
struct Products<'a> {
    matrix: &'a Sparse,
    ctx: &'a Context,
    stopped: Mutex<Option<Error>>,
}

impl Products<'_> {
    fn forward(&self, x: &[f64]) -> Result<Vec<Vec<f64>>> {
        let chunks = self.matrix.chunks.clone();
        map_ordered(self.ctx, "decompose", chunks, |rows| {
            let dot = |row| self.matrix.row(row).map(|(i, v)| v * x[i]).sum::<f64>();
            Ok(rows.map(dot).collect())
        })
    }

    fn backward(&self, x: &[f64]) -> Result<Vec<Vec<f64>>> {
        let chunks = self.matrix.chunks.clone();
        map_ordered(self.ctx, "decompose", chunks, |rows: Range<usize>| {
            let mut sums = vec![0.0; self.matrix.item_sums.len()];
            for row in rows {
                self.matrix
                    .row(row)
                    .for_each(|(i, v)| sums[i] += v * x[row]);
            }
            Ok(sums)
        })
    }
}

impl SparseMat<f64> for Products<'_> {
    fn rows(&self) -> usize {
        self.matrix.shape().0
    }

    fn cols(&self) -> usize {
        self.matrix.shape().1
    }

    fn nnz(&self) -> usize {
        self.matrix.values.len()
    }

    fn mul_vec(&self, x: &[f64], y: &mut [f64], trans: bool) {
        y.fill(0.0);
        let found = if trans {
            self.backward(x)
        } else {
            self.forward(x)
        };
        match (found, trans) {
            (Ok(parts), false) => {
                let even: f64 = self.matrix.item_roots().zip(x).map(|(r, x)| r * x).sum();
                let all = parts.into_iter().flatten().zip(&self.matrix.row_roots);
                y.iter_mut()
                    .zip(all)
                    .for_each(|(y, (x, r))| *y = x - even * r);
            }
            (Ok(parts), true) => {
                for part in parts {
                    y.iter_mut().zip(part).for_each(|(y, x)| *y += x);
                }
                let roots = self.matrix.row_roots.iter();
                let even: f64 = roots.zip(x).map(|(r, x)| r * x).sum();
                let items = self.matrix.item_roots();
                y.iter_mut().zip(items).for_each(|(y, r)| *y -= even * r);
            }
            (Err(error), _) => {
                let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
                stopped.get_or_insert(error);
            }
        }
    }

    fn squared_frobenius(&self) -> f64 {
        self.matrix.values.iter().map(|v| v * v).sum::<f64>() - 1.0
    }
}

/// Singular values, largest first, and the vectors of the items.
pub(super) struct Singular {
    pub(super) values: Vec<f64>,
    vectors: Vec<Vec<f64>>,
    pub(super) converged: bool,
}

impl Singular {
    /// The vector of the items that belongs to a value.
    pub(super) fn right(&self, at: usize) -> impl Iterator<Item = f64> {
        self.vectors[at].iter().copied()
    }
}

/// The largest singular values and their vectors, by restarted Lanczos bidiagonalisation (Baglama and Reichel 2005).
pub(super) fn singular(matrix: &Sparse, rank: usize, seed: u64, ctx: &Context) -> Result<Singular> {
    let products = Products {
        matrix,
        ctx,
        stopped: Mutex::new(None),
    };
    let config = IrlbaConfig::new(rank).seed(seed).allow_unconverged();
    let found = svd_with(&products, &config, None);
    if let Some(error) = products
        .stopped
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        return Err(error);
    }
    let found =
        found.map_err(|e| Error::parameter(OWNER, "n_components", "could not be worked out", e))?;
    Ok(Singular {
        converged: found.converged(),
        values: found.s.to_vec(),
        vectors: found.vt.outer_iter().map(|row| row.to_vec()).collect(),
    })
}
