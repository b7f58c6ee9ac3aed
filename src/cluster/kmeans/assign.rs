//! Which centre each row belongs to.

use std::ops::Range;

use crate::error::Result;
use crate::kernels::distance::BLOCK;
use crate::kernels::distance::nearest::{Nearest, Packed, nearest, unsure};
use crate::matrix::frame::{Frame, square};
use crate::matrix::{Block, Matrix};
use crate::parallel::{Context, map_ordered, pieces};

/// Rows whose distances are summed together.
pub(in crate::cluster) const CELL: usize = 1 << 10;

/// Data in its frame, with its rows' weights.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster) struct Data<'a> {
    pub(in crate::cluster) matrix: &'a Matrix<'a>,
    pub(in crate::cluster) frame: &'a Frame,
    pub(in crate::cluster) weights: Option<&'a [f64]>,
}

impl Data<'_> {
    pub(in crate::cluster) fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |w| w[row])
    }

    /// Those of the rows of a block; 0 where there is no row.
    pub(in crate::cluster) fn block_of_weights(&self, first: usize) -> Option<[f64; BLOCK]> {
        self.weights.map(|weights| {
            let mut block = [0.0; BLOCK];
            let weights = &weights[first..];
            block.iter_mut().zip(weights).for_each(|(to, &w)| *to = w);
            block
        })
    }

    /// Rows that one thread takes at a time, whatever the number of threads: whole cells.
    pub(in crate::cluster) fn chunk(&self) -> usize {
        const CHUNKS: usize = 64;
        const MOST: usize = 1 << 14;
        let even = self.matrix.n_rows() / CHUNKS;
        even.next_multiple_of(CELL).clamp(CELL, MOST)
    }

    /// The chunks of the rows.
    pub(in crate::cluster) fn chunks(&self) -> Vec<Range<usize>> {
        pieces(self.matrix.n_rows(), self.chunk()).collect()
    }

    /// Chunks of something that is there for each row, with the first row of each.
    pub(in crate::cluster) fn chunks_of<'b, T>(
        &self,
        all: &'b mut [T],
    ) -> Vec<(usize, &'b mut [T])> {
        let chunk = self.chunk();
        let chunks = all.chunks_mut(chunk).enumerate();
        chunks.map(|(i, part)| (i * chunk, part)).collect()
    }
}

/// Centres, ready to be compared with rows.
#[derive(Debug)]
pub(in crate::cluster) struct Centres<'a> {
    /// One after the other.
    pub(in crate::cluster) exact: &'a [f64],
    packed: Packed,
    scale: f64,
    d: usize,
}

/// Memory of a thread.
#[derive(Debug, Default)]
pub(in crate::cluster) struct Scratch {
    block: Block,
    found: Nearest,
    row: Vec<f64>,
}

impl<'a> Centres<'a> {
    pub(in crate::cluster) fn new(exact: &'a [f64], frame: &Frame) -> Self {
        let d = frame.middle.len();
        let moved = exact.chunks_exact(d).flat_map(|c| frame.of_point(c));
        let moved: Vec<f64> = moved.collect();
        Self {
            packed: Packed::new(&moved, d),
            scale: frame.scale,
            exact,
            d,
        }
    }

    /// The nearest centre, and how far it is, squared and in the frame's unit; the first of equally near ones.
    pub(in crate::cluster) fn nearest(&self, row: &[f64]) -> (u32, f64) {
        let squares = self.exact.chunks_exact(self.d);
        let squares = (0..).zip(squares.map(|c| square(row, c, self.scale)));
        let least = |best: (u32, f64), next: (u32, f64)| if next.1 < best.1 { next } else { best };
        squares.reduce(least).unwrap_or_default()
    }

    /// Hands out what is found of some rows, block by block, with the number of the first row of each. That of the last block is the first of what is handed
    /// out.
    pub(in crate::cluster) fn label(
        &self,
        data: &Data<'_>,
        rows: Range<usize>,
        scratch: &mut Scratch,
        mut each: impl FnMut(usize, &Nearest, &mut Vec<f64>),
    ) {
        for first in rows.clone().step_by(BLOCK) {
            let n = BLOCK.min(rows.end - first);
            data.matrix.block(first, n, data.frame, &mut scratch.block);
            self.find(data, n, scratch, |at| first + at);
            each(first, &scratch.found, &mut scratch.row);
        }
    }

    /// The same for rows that stand anywhere from `first` on, with where they stand.
    pub(super) fn label_some(
        &self,
        data: &Data<'_>,
        (first, rows): (usize, &[u32]),
        scratch: &mut Scratch,
        mut each: impl FnMut(&[u32], &Nearest, &mut Vec<f64>),
    ) {
        for rows in rows.chunks(BLOCK) {
            let row = |at: usize| first + rows[at] as usize;
            data.matrix
                .gather(rows.len(), row, data.frame, &mut scratch.block);
            self.find(data, rows.len(), scratch, row);
            each(rows, &scratch.found, &mut scratch.row);
        }
    }

    /// Which centres are nearest to the `n` rows of the block.
    fn find(&self, data: &Data<'_>, n: usize, scratch: &mut Scratch, row: impl Fn(usize) -> usize) {
        scratch.row.resize(self.d, 0.0);
        nearest(&scratch.block.block, &self.packed, &mut scratch.found);
        let margin = Nearest::margin(self.d);
        let mut unsure = unsure(&scratch.found, margin) & (u64::MAX >> (BLOCK - n));
        while unsure != 0 {
            let at = unsure.trailing_zeros() as usize;
            unsure &= unsure - 1;
            data.matrix.row(row(at), &mut scratch.row);
            scratch.found.label[at] = self.nearest(&scratch.row).0;
        }
    }

    /// Writes the labels of all rows.
    pub(in crate::cluster) fn labels(
        &self,
        data: &Data<'_>,
        labels: &mut [i32],
        ctx: &Context,
    ) -> Result<()> {
        map_ordered(
            ctx,
            "rows assigned",
            data.chunks_of(labels),
            |(start, to)| {
                let mut scratch = Scratch::default();
                let rows = start..start + to.len();
                self.label(data, rows, &mut scratch, |first, found, _| {
                    let to = &mut to[first - start..];
                    for (to, &label) in to.iter_mut().zip(&found.label) {
                        *to = label as i32;
                    }
                });
                Ok(())
            },
        )?;
        Ok(())
    }

    /// The weighted sum of the squared distances of the rows to their centres.
    pub(in crate::cluster) fn inertia(
        &self,
        data: &Data<'_>,
        labels: &[i32],
        ctx: &Context,
    ) -> Result<f64> {
        let sums = map_ordered(ctx, "inertia", data.chunks(), |rows: Range<usize>| {
            let mut row = vec![0.0; self.d];
            let mut sum = 0.0;
            for i in rows {
                data.matrix.row(i, &mut row);
                let centre = &self.exact[labels[i] as usize * self.d..][..self.d];
                sum += data.weight(i) * square(&row, centre, self.scale);
            }
            Ok(sum)
        })?;
        Ok(sums.into_iter().sum::<f64>() / self.scale / self.scale)
    }
}
