//! Dense regions as clusters, and rows outside of them as noise: DBSCAN (Ester et al. 1996) and OPTICS (Ankerst et al. 1999).
//!
//! Both look at how the rows lie to each other and learn no centres, so there is no model that could assign new rows: a fit is the labels of its rows, -1 for noise. The
//! searches are those of linfa-clustering; they cannot be cancelled on the way, therefore rows are limited ([`DBSCAN_ROWS`], [`OPTICS_ROWS`]). Nothing is scaled.
//!
//! ```
//! use patronomy::{Context, Matrix, cluster::density::DbscanParams};
//! let rows = [0.0_f64, 0.1, 0.2, 5.0, 5.1, 5.2, 90.0];
//! let matrix = Matrix::from_rows(&rows[..], 1)?;
//! let found = DbscanParams::new(0.5).min_samples(3).fit(&matrix, &Context::new())?;
//! assert_eq!(found.labels, [0, 0, 0, 1, 1, 1, -1]);
//! # Ok::<(), patronomy::Error>(())
//! ```

mod dbscan;
mod optics;

pub use dbscan::{DBSCAN_ROWS, DbscanParams};
pub use optics::{OPTICS_ROWS, OpticsFit, OpticsParams};

use crate::cluster::arrays::array;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::parallel::Context;

/// The label of noise.
pub const NOISE: i32 = -1;

/// Where the rows are.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DensityFit {
    /// For each row the number of its cluster, by the first row of each, or [`NOISE`].
    pub labels: Vec<i32>,
    /// How many clusters there are.
    pub n_clusters: usize,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl DensityFit {
    fn new(labels: Vec<i32>) -> Self {
        let n_clusters = labels.iter().max().map_or(0, |&most| (most + 1) as usize);
        let n_noise = labels.iter().filter(|&&l| l == NOISE).count();
        let mut notices = Vec::new();
        if n_clusters == 0 {
            notices.push(
                "all rows are noise: no region is as dense as `eps` and `min_samples` ask".into(),
            );
        } else if 2 * n_noise > labels.len() {
            let n = labels.len();
            notices.push(format!("{n_noise} of {n} rows are noise"));
        }
        Self {
            labels,
            n_clusters,
            notices,
        }
    }
}

/// The smallest number of rows, a row itself included, that makes a region dense.
fn check_min_samples(owner: &str, n: usize) -> Result<()> {
    if n >= 2 {
        return Ok(());
    }
    let rule = "must be at least 2: every row is near itself";
    Err(Error::parameter(owner, "min_samples", rule, n))
}

fn check_distance(owner: &str, name: &str, x: f64) -> Result<()> {
    // Squares of larger and smaller ones could not be compared.
    if x > 1e-150 && x < 1e150 {
        return Ok(());
    }
    let rule = "must be a distance above 0, from 1e-150 to 1e150";
    Err(Error::parameter(owner, name, rule, x))
}

/// The rows as an array, checked: some, not too many, all finite.
fn rows(
    owner: &str,
    matrix: &Matrix<'_>,
    most: usize,
    ctx: &Context,
) -> Result<ndarray::Array2<f64>> {
    let n = matrix.n_rows();
    if n == 0 || n > most {
        let rule = format!(
            "must be from 1 to {most}: the time grows with their square, and the search cannot be stopped; take a sample"
        );
        return Err(Error::parameter(owner, "rows", rule, n));
    }
    matrix.moments(ctx)?;
    ctx.cancel.poll()?;
    array(matrix)
}
