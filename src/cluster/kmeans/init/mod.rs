//! Where the centres are at first.

mod parallel;
mod plus_plus;

use rand::seq::index::{sample, sample_weighted};
use rand_chacha::ChaCha8Rng;

use super::assign::Data;
use super::params::{Init, KMeansParams, OWNER};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::random::stream;
use plus_plus::Drawing;

/// The centres that a start begins with. `memory` is what the labels will stand in.
pub(in crate::cluster) fn centers(
    params: &KMeansParams,
    data: &Data<'_>,
    start: u32,
    memory: &mut [i32],
    ctx: &Context,
) -> Result<Vec<f64>> {
    let k = params.n_clusters;
    let mut random = stream(params.seed, "kmeans", start.into());
    let rows = match &params.init {
        Init::Centers(centers) => return Ok(centers.clone()),
        Init::Random => any(data, k, &mut random)?,
        Init::PlusPlus => Drawing::new(data, memory).all(k, &mut random, ctx)?,
        Init::Parallel => {
            let seed = (params.seed, start);
            parallel::rows(Drawing::new(data, memory), k, seed, &mut random, ctx)?
        }
    };
    Ok(rows_of(data, &rows))
}

/// Rows one after the other.
fn rows_of(data: &Data<'_>, rows: &[usize]) -> Vec<f64> {
    let d = data.matrix.n_columns();
    let mut all = vec![0.0; rows.len() * d];
    for (to, &row) in all.chunks_exact_mut(d).zip(rows) {
        data.matrix.row(row, to);
    }
    all
}

/// Different rows, by weight.
fn any(data: &Data<'_>, k: usize, random: &mut ChaCha8Rng) -> Result<Vec<usize>> {
    let n = data.matrix.n_rows();
    let Some(weights) = data.weights else {
        return Ok(sample(random, n, k).into_vec());
    };
    let drawn = sample_weighted(random, n, |i| weights[i], k);
    let refused = |e| Error::parameter(OWNER, "weights", "must be numbers of 0 or more", e);
    Ok(drawn.map_err(refused)?.into_vec())
}
