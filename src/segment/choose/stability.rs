//! Whether the same segments come out of other rows.

use super::sweep::{ChooseParams, sampled};
use crate::cluster::kmeans::KMeansParams;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::parallel::Context;
use crate::random::stream;
use crate::stats::agreement::{adjusted_rand, contingency};

/// The mean adjusted Rand index of `labels` and the segments that k-means finds on halves of the rows (at most `sample` of them), all rows assigned to the nearest of
/// their centres. None where a half has too few rows, or the index is not defined.
pub(super) fn stability(
    params: &ChooseParams,
    matrix: &Matrix<'_>,
    labels: &[i32],
    k: usize,
    ctx: &Context,
) -> Result<Option<f64>> {
    let half = (matrix.n_rows() / 2).min(params.sample);
    if half < k {
        return Ok(None);
    }
    let mut sum = 0.0;
    for i in 0..params.n_resamples {
        let mut random = stream(params.seed, "stability", i.into());
        let rows = sampled(matrix, half, &mut random);
        let half = Matrix::from_rows(&rows[..], matrix.n_columns())?;
        let seed = params.seed.wrapping_add(1 + u64::from(i));
        let other = KMeansParams::new(k).seed(seed).n_init(params.n_init);
        let mut other = other.fit(&half, None, ctx)?.model;
        // The halves have the columns of all, and these may have names.
        other.feature_names = matrix.names().to_vec();
        let found = other.predict(matrix, ctx)?;
        match adjusted_rand(&contingency(labels, &found, k, k), k) {
            Some(index) => sum += index,
            None => return Ok(None),
        }
    }
    Ok(Some(sum / f64::from(params.n_resamples)))
}
