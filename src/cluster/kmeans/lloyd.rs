//! Lloyd's iterations: rows to the nearest centre, centres to the mean of their rows.

use super::assign::{Centres, Data};
use super::bounds::{Bounds, Step};
use super::repair;
use super::step::step;
use crate::error::Result;
use crate::parallel::{Context, Spares};

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

/// Iterates from these centres.
pub(in crate::cluster) fn run(
    data: &Data<'_>,
    centers: Vec<f64>,
    labels: Vec<i32>,
    limits: Limits,
    ctx: &Context,
) -> Result<Run> {
    iterate(data, centers, labels, limits, Bounds::default(), ctx)
}

fn iterate(
    data: &Data<'_>,
    mut centers: Vec<f64>,
    mut labels: Vec<i32>,
    limits: Limits,
    mut bounds: Bounds,
    ctx: &Context,
) -> Result<Run> {
    let d = data.matrix.n_columns();
    let k = centers.len() / d;
    let mut totals = Totals::new(k, d);
    let spares = Spares::default();
    labels.fill(NONE);
    let (mut n_iter, mut converged, mut is_settled) = (0, false, false);
    while n_iter < limits.max_iter && !converged {
        n_iter += 1;
        let now = Centres::new(&centers, data.frame);
        let n_moved = step(
            data,
            &now,
            &mut labels,
            &mut totals,
            &mut bounds,
            &spares,
            ctx,
        )?;
        let is_repaired = totals.counts.contains(&0);
        if is_repaired {
            repair::empty(data, &centers, &mut labels, &mut totals, ctx)?;
        }
        let means = totals.means(&centers, d);
        is_settled = n_moved == 0;
        let scale = data.frame.scale;
        let moves = crate::matrix::frame::square(&means, &centers, scale);
        converged = is_settled || moves <= limits.moves;
        let done = Step {
            n_moved,
            n_columns: d,
            n_clusters: k,
            is_repaired,
        };
        bounds.moved(data, &now, &means, done);
        centers = means;
    }
    let last = Centres::new(&centers, data.frame);
    // The centres have moved since: the rows are to belong to the nearest.
    if !is_settled {
        step(
            data,
            &last,
            &mut labels,
            &mut totals,
            &mut bounds,
            &spares,
            ctx,
        )?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::kmeans::bounds::Rule;
    use crate::matrix::frame::{Frame, square};
    use crate::matrix::{Matrix, Numbers};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn found(matrix: &Matrix<'_>, start: &[f64], weights: Option<&[f64]>, rule: Rule) -> Run {
        let ctx = Context::new();
        let frame = Frame::of(&matrix.moments(&ctx).unwrap());
        let data = Data {
            matrix,
            frame: &frame,
            weights,
        };
        let limits = Limits {
            max_iter: 40,
            moves: 0.0,
        };
        let labels = vec![0; matrix.n_rows()];
        let mut bounds = Bounds::default();
        bounds.rule = rule;
        iterate(&data, start.to_vec(), labels, limits, bounds, &ctx).unwrap()
    }

    fn same(one: &Run, other: &Run) -> bool {
        let bits = |run: &Run| run.centers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let rest = |run: &Run| (run.inertia.to_bits(), run.n_iter, run.converged);
        one.labels == other.labels && bits(one) == bits(other) && rest(one) == rest(other)
    }

    proptest! {
        /// Bounds change no bit: not of the labels, nor of the centres; and each row is at its nearest centre, the first of equally near ones.
        #[test]
        fn bounds_give_what_a_look_at_every_row_gives(
            grid in vec(-300_i32..300, 200..6_000), d in 1_usize..12, k in 1_usize..40, coarse in 1_i32..100, far in 0_u32..3,
            is_weighted in any::<bool>(), layout in 0..3,
        ) {
            let n = grid.len() / d;
            prop_assume!(n >= k);
            let far = [0.0, 1e4, 1e9][far as usize];
            let values: Vec<f64> = grid[..n * d].iter().map(|&x| far + f64::from(x / coarse * coarse) / 7.0).collect();
            let narrow: Vec<f32> = values.iter().map(|&x| x as f32).collect();
            let columns: Vec<Vec<f64>> = (0..d).map(|j| values.iter().skip(j).step_by(d).copied().collect()).collect();
            let matrix = match layout {
                0 => Matrix::from_rows(&values[..], d).unwrap(),
                1 => Matrix::from_rows(&narrow[..], d).unwrap(),
                _ => Matrix::from_columns(columns.iter().map(|c| Numbers::F64(c)).collect()).unwrap(),
            };
            let weights: Vec<f64> = (0..n).map(|i| f64::from(i as u32 % 5)).collect();
            let weights = is_weighted.then_some(&weights[..]);
            let row = |i: usize| (0..d).map(|j| matrix.get(i, j)).collect::<Vec<f64>>();
            let start: Vec<f64> = (0..k).flat_map(|c| row(c * n / k)).collect();
            let with = found(&matrix, &start, weights, Rule::Always);
            prop_assert!(same(&with, &found(&matrix, &start, weights, Rule::Never)));
            prop_assert!(same(&with, &found(&matrix, &start, weights, Rule::WherePays)));
            for i in 0..n {
                let apart = |c: usize| square(&row(i), &with.centers[c * d..][..d], 1.0);
                let own = apart(with.labels[i] as usize);
                let least = (0..k).map(apart).fold(f64::INFINITY, f64::min);
                prop_assert!(own <= least * (1.0 + 1e-9), "{own} {least}");
            }
        }
    }

    /// Long runs are where bounds leave out most.
    #[test]
    fn bounds_hold_in_long_runs() {
        let (n, d, k) = (40_000, 3, 30);
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        let values: Vec<f32> = (0..n * d).map(|_| next() + next() * next()).collect();
        let matrix = Matrix::from_rows(&values[..], d).unwrap();
        let start: Vec<f64> = values[..k * d].iter().map(|&x| f64::from(x)).collect();
        let with = found(&matrix, &start, None, Rule::Always);
        assert!(with.n_iter > 30);
        assert!(same(&with, &found(&matrix, &start, None, Rule::Never)));
        assert!(same(&with, &found(&matrix, &start, None, Rule::WherePays)));
    }
}
