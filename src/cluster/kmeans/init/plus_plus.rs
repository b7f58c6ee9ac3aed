//! Rows drawn far from those drawn before (k-means++).
//!
//! Meanwhile the memory of the labels holds the bits of each row's squared distance to the nearest row drawn before.

use std::ops::Range;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::cluster::kmeans::assign::{CELL, Data};
use crate::error::Result;
use crate::kernels::distance::BLOCK;
use crate::kernels::distance::squares::{lower, lowered};
use crate::matrix::Block;
use crate::parallel::{Context, Spares, map_ordered};

/// A point in the frame's coordinates, as the kernel compares it.
pub(super) type Point = Vec<f32>;

/// Rows drawn so far, and how far each row is from them.
pub(super) struct Drawing<'a> {
    pub(super) data: &'a Data<'a>,
    /// The bits of each row's squared distance to the nearest of the drawn rows, the pending ones not yet seen to.
    pub(super) closest: &'a mut [i32],
    pub(super) pending: Vec<Point>,
    /// The weighted sums of these distances, the pending rows seen to, by cell.
    pub(super) sums: Vec<f64>,
    spares: Spares<Scratch>,
}

#[derive(Default)]
struct Scratch {
    block: Block,
}

impl<'a> Drawing<'a> {
    pub(super) fn new(data: &'a Data<'a>, memory: &'a mut [i32]) -> Self {
        memory.fill(f32::INFINITY.to_bits() as i32);
        Self {
            data,
            closest: memory,
            pending: Vec::new(),
            sums: Vec::new(),
            spares: Spares::default(),
        }
    }

    /// Draws so many rows.
    pub(super) fn all(
        mut self,
        k: usize,
        random: &mut ChaCha8Rng,
        ctx: &Context,
    ) -> Result<Vec<usize>> {
        // As many as Arthur and Vassilvitskii's own programme tries.
        let n_trials = 2 + (k as f64).ln() as usize;
        let mut rows = vec![self.first(random, ctx)?];
        while rows.len() < k {
            let drawn: Vec<usize> = (0..n_trials).map(|_| self.draw(random, &rows)).collect();
            let points: Vec<Point> = drawn.iter().map(|&row| self.point(row)).collect();
            let best = self.try_points(&points, ctx)?;
            rows.push(drawn[best]);
        }
        Ok(rows)
    }

    /// The first row, by weight.
    pub(super) fn first(&mut self, random: &mut ChaCha8Rng, ctx: &Context) -> Result<usize> {
        let row = self.any(random);
        let point = self.point(row);
        self.try_points(&[point], ctx)?;
        Ok(row)
    }

    fn any(&self, random: &mut ChaCha8Rng) -> usize {
        let n = self.data.matrix.n_rows();
        let Some(weights) = self.data.weights else {
            return random.gen_range(0..n);
        };
        let mut left = random.r#gen::<f64>() * weights.iter().sum::<f64>();
        let has_weight = |i: &usize| weights[*i] > 0.0;
        let is_it = |i: &usize| {
            left -= weights[*i];
            left < 0.0
        };
        let found = (0..n).filter(has_weight).find(is_it);
        found.unwrap_or_else(|| (0..n).rfind(has_weight).unwrap_or(0))
    }

    /// A row, by weight times squared distance; where none is away from those drawn, any other row.
    pub(super) fn draw(&self, random: &mut ChaCha8Rng, drawn: &[usize]) -> usize {
        let total: f64 = self.sums.iter().sum();
        let mut left = random.r#gen::<f64>() * total;
        if total <= 0.0 {
            let n = self.data.matrix.n_rows();
            let any = random.gen_range(0..n);
            return (any..n)
                .chain(0..any)
                .find(|i| !drawn.contains(i))
                .unwrap_or(any);
        }
        let last = self.sums.iter().rposition(|&s| s > 0.0).unwrap_or(0);
        let mut cell = 0;
        while cell < last && left >= self.sums[cell] {
            left -= self.sums[cell];
            cell += 1;
        }
        let mut found = cell * CELL;
        let rows = found..self.data.matrix.n_rows().min(found + CELL);
        let mut near = self.closest[rows.clone()].to_vec();
        let mut block = Block::default();
        closer(
            self.data,
            rows.clone(),
            &self.pending,
            &mut near,
            &mut block,
            |_, _, _| {},
        );
        for (i, bits) in rows.zip(near) {
            let share = f64::from(f32::from_bits(bits as u32)) * self.data.weight(i);
            if share > 0.0 {
                found = i;
                left -= share;
                if left < 0.0 {
                    break;
                }
            }
        }
        found
    }

    pub(super) fn point(&self, row: usize) -> Point {
        let mut block = Block::default();
        self.data.matrix.block(row, 1, self.data.frame, &mut block);
        block.block.iter().step_by(BLOCK).copied().collect()
    }

    /// Sees to the pending rows, and takes as the next that of these points which leaves the least sum; its number comes out.
    pub(super) fn try_points(&mut self, points: &[Point], ctx: &Context) -> Result<usize> {
        let (data, spares) = (self.data, &self.spares);
        let pending = std::mem::take(&mut self.pending);
        let chunks = data.chunks_of(self.closest);
        let sums = map_ordered(ctx, "first centres", chunks, |(start, near)| {
            let mut scratch = spares.take();
            let rows = start..start + near.len();
            let mut sums = vec![0.0; points.len() * rows.len().div_ceil(CELL)];
            let memory = &mut scratch.block;
            closer(data, rows, &pending, near, memory, |first, block, near| {
                let weights = data.block_of_weights(first);
                let of_cell = &mut sums[(first - start) / CELL * points.len()..];
                for (sum, point) in of_cell.iter_mut().zip(points) {
                    *sum += lowered(block, point, near, weights.as_ref());
                }
            });
            spares.give_back(scratch);
            Ok(sums)
        })?;
        let cells = sums.concat();
        let of = |p: usize| cells.iter().skip(p).step_by(points.len());
        let totals: Vec<f64> = (0..points.len()).map(|p| of(p).sum()).collect();
        let is_less = |best: usize, p: usize| if totals[p] < totals[best] { p } else { best };
        let least = (1..points.len()).fold(0, is_less);
        self.sums = of(least).copied().collect();
        self.pending = vec![points[least].clone()];
        Ok(least)
    }
}

/// Brings the squared distances of some rows down to those from more points, and hands out each block and its distances; where there is no row, it is 0.
pub(super) fn closer(
    data: &Data<'_>,
    rows: Range<usize>,
    points: &[Point],
    bits: &mut [i32],
    memory: &mut Block,
    mut each: impl FnMut(usize, &[f32], &[f32; BLOCK]),
) {
    for (first, bits) in rows.step_by(BLOCK).zip(bits.chunks_mut(BLOCK)) {
        data.matrix.block(first, bits.len(), data.frame, memory);
        let mut near = [0.0; BLOCK];
        for (near, &bits) in near.iter_mut().zip(&*bits) {
            *near = f32::from_bits(bits as u32);
        }
        for point in points {
            lower(&memory.block, point, &mut near);
        }
        for (bits, near) in bits.iter_mut().zip(near) {
            *bits = near.to_bits() as i32;
        }
        each(first, &memory.block, &near);
    }
}
