//! Rows of numbers and categories, and how far they are from prototypes.

use std::ops::Range;

use crate::error::Result;
use crate::matrix::Matrix;
use crate::matrix::frame::square;
use crate::parallel::{Context, map_ordered, pieces};

/// Rows that one thread takes at a time.
const ROWS: usize = 4_096;

/// Rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mixed<'a> {
    pub(super) numbers: &'a Matrix<'a>,
    /// Of each category column the number of each row's value.
    pub(super) codes: &'a [Vec<u32>],
    /// The frame's scale, which keeps squares within range.
    pub(super) scale: f64,
    /// In the frame's unit.
    pub(super) gamma: f64,
}

/// Means and most frequent values, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prototypes {
    pub(super) means: Vec<f64>,
    pub(super) modes: Vec<u32>,
}

/// The number of the nearest prototype, and how far it is.
pub(super) type Nearest = (i32, f64);

impl Mixed<'_> {
    /// Hands out rows, with memory for one.
    pub(super) fn each<T: Send>(
        &self,
        ctx: &Context,
        each: impl Fn(usize, &[f64]) -> T + Sync,
    ) -> Result<Vec<T>> {
        let pieces = pieces(self.numbers.n_rows(), ROWS).collect();
        let parts = map_ordered(ctx, "k-prototypes", pieces, |rows: Range<usize>| {
            let mut row = vec![0.0; self.numbers.n_columns()];
            let mut all = Vec::with_capacity(rows.len());
            for i in rows {
                self.numbers.row(i, &mut row);
                all.push(each(i, &row));
            }
            Ok(all)
        })?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// How far a row is from a prototype.
    pub(super) fn apart(&self, i: usize, row: &[f64], mean: &[f64], mode: &[u32]) -> f64 {
        let differ = self.codes.iter().zip(mode).filter(|(c, m)| c[i] != **m);
        square(row, mean, self.scale) + self.gamma * differ.count() as f64
    }

    /// The nearest prototype of each row, the first of equally near ones.
    pub(super) fn nearest(&self, to: &Prototypes, ctx: &Context) -> Result<Vec<Nearest>> {
        let (d, e) = (self.numbers.n_columns(), self.codes.len());
        self.each(ctx, |i, row| {
            let mut best = (0, f64::INFINITY);
            for (c, mean) in to.means.chunks_exact(d).enumerate() {
                let off = self.apart(i, row, mean, &to.modes[c * e..][..e]);
                if off < best.1 {
                    best = (c as i32, off);
                }
            }
            best
        })
    }

    /// Rows as prototypes.
    pub(super) fn rows(&self, rows: &[usize]) -> Prototypes {
        let d = self.numbers.n_columns();
        let mut means = vec![0.0; rows.len() * d];
        for (to, &row) in means.chunks_exact_mut(d).zip(rows) {
            self.numbers.row(row, to);
        }
        let of = |&row: &usize| self.codes.iter().map(move |c| c[row]);
        Prototypes {
            means,
            modes: rows.iter().flat_map(of).collect(),
        }
    }
}
