//! The principal axes of rows: directions in which they vary most.

use ndarray_of_svd::ArrayView2;
use single_svdlib::dense::small_svd;

use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered};

/// The mean of rows of `d` numbers, and their axes one after the other, the one with most variance first (Pearson 1901). An axis and its negative are as good: its
/// largest number is positive. Cost: rows x the square of `d`.
pub(super) fn principal(rows: &[f64], d: usize, ctx: &Context) -> Result<(Vec<f64>, Vec<f64>)> {
    let n = (rows.len() / d).max(1) as f64;
    let add = |mut a: Vec<f64>, b: Vec<f64>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    };
    let parts = || rows.chunks(d << 10).collect::<Vec<&[f64]>>();
    let sums = map_ordered(ctx, "mean", parts(), |part| {
        let mut sums = vec![0.0; d];
        for row in part.chunks_exact(d) {
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        Ok(sums)
    })?;
    let middle = sums.into_iter().fold(vec![0.0; d], add);
    let middle: Vec<f64> = middle.into_iter().map(|sum| sum / n).collect();
    let products = map_ordered(ctx, "covariance", parts(), |part| {
        let mut sums = vec![0.0; d * d];
        for row in part.chunks_exact(d) {
            for (i, sums) in sums.chunks_exact_mut(d).enumerate() {
                let off = row[i] - middle[i];
                let others = row.iter().zip(&middle);
                sums.iter_mut()
                    .zip(others)
                    .for_each(|(sum, (x, m))| *sum += off * (x - m));
            }
        }
        Ok(sums)
    })?;
    let covariance = products.into_iter().fold(vec![0.0; d * d], add);
    let covariance: Vec<f64> = covariance.into_iter().map(|sum| sum / n).collect();
    let refused = |e: &dyn std::fmt::Display| Error::FeatureMismatch {
        what: "the axes of the columns".into(),
        why: e.to_string(),
    };
    let view = ArrayView2::from_shape((d, d), &covariance).map_err(|e| refused(&e))?;
    let found = small_svd(view).map_err(|e| refused(&e))?;
    let mut axes: Vec<f64> = found.vt.iter().copied().collect();
    for axis in axes.chunks_exact_mut(d) {
        let larger = |a: f64, &x: &f64| if x.abs() > a.abs() { x } else { a };
        if axis.iter().fold(0.0, larger) < 0.0 {
            axis.iter_mut().for_each(|x| *x = -*x);
        }
    }
    Ok((middle, axes))
}

/// How far a row is from the middle along an axis.
pub(super) fn along(axis: &[f64], row: &[f64], middle: &[f64]) -> f64 {
    let off = row.iter().zip(middle).zip(axis);
    off.map(|((x, m), a)| (x - m) * a).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_those_of_most_variance() {
        // On the diagonal, with a little across it.
        let rows = [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 1.6, 1.4, 1.4, 1.6];
        let (middle, axes) = principal(&rows, 2, &Context::new()).unwrap();
        assert!(middle.iter().all(|m| (m - 1.5).abs() < 1e-12));
        let half = std::f64::consts::FRAC_1_SQRT_2;
        assert!((axes[0] - half).abs() < 1e-9 && (axes[1] - half).abs() < 1e-9);
        assert!((along(&axes[..2], &[3.0, 3.0], &middle) - 1.5 * 2.0_f64.sqrt()).abs() < 1e-9);
    }
}
