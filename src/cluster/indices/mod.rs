//! How well rows and groups fit each other: figures that are compared between numbers of groups.
//!
//! None of them says that there are groups at all: a single cloud has a best number of parts too.

mod scan;
mod silhouette;

pub use scan::{Indices, indices};
pub use silhouette::{Silhouette, silhouette};

use crate::error::{Error, Result};
use crate::matrix::Matrix;

/// Labels must be there for each row, and from 0 to one less than the number of groups.
fn check(matrix: &Matrix<'_>, labels: &[i32], n_groups: usize) -> Result<()> {
    let refused =
        |rule: String, value: String| Err(Error::parameter("indices", "labels", rule, value));
    if labels.len() != matrix.n_rows() {
        let rule = format!("must be one for each of {} rows", matrix.n_rows());
        return refused(rule, labels.len().to_string());
    }
    let is_bad = |&&l: &&i32| usize::try_from(l).map_or(true, |l| l >= n_groups);
    match labels.iter().find(is_bad) {
        Some(bad) => refused(
            format!("must be from 0 to below {n_groups}"),
            bad.to_string(),
        ),
        None => Ok(()),
    }
}
