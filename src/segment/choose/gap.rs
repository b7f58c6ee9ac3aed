//! The gap statistic: how much better rows fit centres than rows without groups do.

use rand::Rng;

use super::sweep::{ChooseParams, sampled};
use crate::cluster::kmeans::KMeansParams;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::parallel::Context;
use crate::random::stream;
use crate::segment::axes::{along, principal};

/// For each number of centres from 1 to `last` the gap and its standard error (Tibshirani, Walther and Hastie 2001), on a sample of the rows; beside it stand rows spread evenly
/// over the ranges of the sample along its principal axes.
pub(super) fn gaps(
    params: &ChooseParams,
    matrix: &Matrix<'_>,
    last: usize,
    ctx: &Context,
) -> Result<Vec<(f64, f64)>> {
    let d = matrix.n_columns();
    let n = matrix.n_rows().min(params.sample);
    let mut random = stream(params.seed, "gap", 0);
    let rows = sampled(matrix, n, &mut random);
    let own = log_inertias(params, &rows, d, last, ctx)?;
    let even = Even::of(&rows, d, ctx)?;
    let mut others = Vec::new();
    for i in 0..params.n_resamples {
        let mut random = stream(params.seed, "gap", 1 + u64::from(i));
        others.push(log_inertias(
            params,
            &even.rows(n, &mut random),
            d,
            last,
            ctx,
        )?);
    }
    let b = f64::from(params.n_resamples);
    let gap = |k: usize| {
        let mean = others.iter().map(|o| o[k]).sum::<f64>() / b;
        let squares: f64 = others.iter().map(|o| (o[k] - mean).powi(2)).sum();
        (mean - own[k], (squares / b * (1.0 + 1.0 / b)).sqrt())
    };
    Ok((0..last).map(gap).collect())
}

fn log_inertias(
    params: &ChooseParams,
    rows: &[f64],
    d: usize,
    last: usize,
    ctx: &Context,
) -> Result<Vec<f64>> {
    let matrix = Matrix::from_rows(rows, d)?;
    let last_here = last.min(matrix.n_rows());
    let inertia = |k: usize| -> Result<f64> {
        let params = KMeansParams::new(k.min(last_here)).seed(params.seed);
        let found = params.n_init(1).fit(&matrix, None, ctx)?.model.inertia;
        // Rows that fit exactly have no logarithm.
        Ok(found.max(f64::MIN_POSITIVE).ln())
    };
    (1..=last).map(inertia).collect()
}

/// Where rows without groups may lie.
struct Even {
    middle: Vec<f64>,
    /// Axis by axis.
    axes: Vec<f64>,
    ranges: Vec<(f64, f64)>,
}

impl Even {
    fn of(rows: &[f64], d: usize, ctx: &Context) -> Result<Self> {
        let (middle, axes) = principal(rows, d, ctx)?;
        let range = |axis: &[f64]| {
            let all = rows.chunks_exact(d).map(|row| along(axis, row, &middle));
            all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| {
                (a.min(x), b.max(x))
            })
        };
        let ranges = axes.chunks_exact(d).map(range).collect();
        Ok(Self {
            middle,
            axes,
            ranges,
        })
    }

    fn rows(&self, n: usize, random: &mut impl Rng) -> Vec<f64> {
        let d = self.middle.len();
        let mut rows = Vec::with_capacity(n * d);
        for _ in 0..n {
            let from = rows.len();
            rows.extend_from_slice(&self.middle);
            for (axis, &(low, high)) in self.axes.chunks_exact(d).zip(&self.ranges) {
                let at = low + (high - low) * random.r#gen::<f64>();
                rows[from..]
                    .iter_mut()
                    .zip(axis)
                    .for_each(|(x, a)| *x += at * a);
            }
        }
        rows
    }
}
