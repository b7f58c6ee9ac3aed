//! Lloyd's iterations: rows to the nearest centre, centres to the mean of their rows.

use super::assign::{Centres, Data, Scratch};
use super::repair;
use crate::error::Result;
use crate::kernels::distance::BLOCK;
use crate::kernels::distance::nearest::unlike;
use crate::parallel::{Context, Spares, map_ordered};

/// No centre yet.
pub(in crate::cluster) const NONE: i32 = -1;

/// What belongs to each centre.
#[derive(Debug, Default, Clone)]
pub(in crate::cluster) struct Totals {
    /// The weighted sums of the rows.
    pub(in crate::cluster) sums: Vec<f64>,
    pub(in crate::cluster) weights: Vec<f64>,
    pub(in crate::cluster) counts: Vec<i64>,
}

impl Totals {
    pub(in crate::cluster) fn new(k: usize, d: usize) -> Self {
        Self {
            sums: vec![0.0; k * d],
            weights: vec![0.0; k],
            counts: vec![0; k],
        }
    }

    /// A row comes to a centre, or goes from it if `sign` is -1.
    pub(in crate::cluster) fn add(&mut self, centre: usize, row: &[f64], weight: f64, sign: i8) {
        let signed = weight * f64::from(sign);
        let d = row.len();
        for (sum, x) in self.sums[centre * d..][..d].iter_mut().zip(row) {
            *sum += signed * x;
        }
        self.weights[centre] += signed;
        self.counts[centre] += i64::from(sign);
    }

    pub(in crate::cluster) fn merge(&mut self, other: &Self) {
        let add = |to: &mut [f64], from: &[f64]| to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
        add(&mut self.sums, &other.sums);
        add(&mut self.weights, &other.weights);
        let counts = self.counts.iter_mut().zip(&other.counts);
        counts.for_each(|(to, from)| *to += from);
    }

    /// The mean of each centre's rows. One without weight stays where it was.
    pub(in crate::cluster) fn means(&self, before: &[f64], d: usize) -> Vec<f64> {
        let mut means = before.to_vec();
        for (c, mean) in means.chunks_exact_mut(d).enumerate() {
            let weight = self.weights[c];
            if self.counts[c] > 0 && weight > 0.0 {
                let sums = &self.sums[c * d..][..d];
                mean.iter_mut().zip(sums).for_each(|(m, s)| *m = s / weight);
            }
        }
        means
    }
}

/// A start, and where it led.
#[derive(Debug)]
pub(in crate::cluster) struct Run {
    pub(in crate::cluster) centers: Vec<f64>,
    pub(in crate::cluster) labels: Vec<i32>,
    pub(in crate::cluster) inertia: f64,
    pub(in crate::cluster) n_iter: u32,
    pub(in crate::cluster) converged: bool,
}

/// When to end.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster) struct Limits {
    pub(in crate::cluster) max_iter: u32,
    /// The sum of the squared moves of all centres, in the frame's unit.
    pub(in crate::cluster) moves: f64,
}

/// One chunk's changes, and how many rows they are.
#[derive(Debug, Default)]
struct Change {
    totals: Totals,
    scratch: Scratch,
    n_moved: usize,
}

/// Iterates from these centres.
pub(in crate::cluster) fn run(
    data: &Data<'_>,
    mut centers: Vec<f64>,
    mut labels: Vec<i32>,
    limits: Limits,
    ctx: &Context,
) -> Result<Run> {
    let d = data.matrix.n_columns();
    let k = centers.len() / d;
    let mut totals = Totals::new(k, d);
    let spares = Spares::<Change>::default();
    labels.fill(NONE);
    let (mut n_iter, mut converged, mut is_settled) = (0, false, false);
    while n_iter < limits.max_iter && !converged {
        n_iter += 1;
        let n_moved = step(data, &centers, &mut labels, &mut totals, &spares, ctx)?;
        if totals.counts.contains(&0) {
            repair::empty(data, &centers, &mut labels, &mut totals, ctx)?;
        }
        let means = totals.means(&centers, d);
        is_settled = n_moved == 0;
        let moves = crate::matrix::frame::square(&means, &centers, data.frame.scale);
        converged = is_settled || moves <= limits.moves;
        centers = means;
    }
    let last = Centres::new(&centers, data.frame);
    // The centres have moved since: the rows are to belong to the nearest.
    if !is_settled {
        last.labels(data, &mut labels, ctx)?;
    }
    let inertia = last.inertia(data, &labels, ctx)?;
    Ok(Run {
        centers,
        labels,
        inertia,
        n_iter,
        converged,
    })
}

/// Takes each row to its nearest centre. Returns how many were elsewhere.
fn step(
    data: &Data<'_>,
    centers: &[f64],
    labels: &mut [i32],
    totals: &mut Totals,
    spares: &Spares<Change>,
    ctx: &Context,
) -> Result<usize> {
    let d = data.matrix.n_columns();
    let centres = Centres::new(centers, data.frame);
    let chunks = data.chunks_of(labels);
    let changes = map_ordered(ctx, "k-means", chunks, |(start, labels)| {
        let mut change = spares.take();
        let Change {
            totals,
            scratch,
            n_moved,
        } = &mut change;
        *n_moved = 0;
        *totals = Totals::new(centers.len() / d, d);
        let rows = start..start + labels.len();
        centres.label(data, rows, scratch, |first, found, row| {
            let n = BLOCK.min(labels.len() + start - first);
            let before = &mut labels[first - start..][..n];
            let mut moved = unlike(found, before);
            *n_moved += moved.count_ones() as usize;
            while moved != 0 {
                let at = moved.trailing_zeros() as usize;
                moved &= moved - 1;
                data.matrix.row(first + at, row);
                let weight = data.weight(first + at);
                let (old, new) = (before[at], found[at]);
                before[at] = new as i32;
                totals.add(new as usize, row, weight, 1);
                if old != NONE {
                    totals.add(old as usize, row, weight, -1);
                }
            }
        });
        Ok(change)
    })?;
    let mut n_moved = 0;
    for change in changes {
        if change.n_moved > 0 {
            n_moved += change.n_moved;
            totals.merge(&change.totals);
        }
        spares.give_back(change);
    }
    // What is left of sums of floats where nothing is left.
    for c in (0..totals.counts.len()).filter(|&c| totals.counts[c] == 0) {
        totals.weights[c] = 0.0;
        totals.sums[c * d..][..d].fill(0.0);
    }
    Ok(n_moved)
}
