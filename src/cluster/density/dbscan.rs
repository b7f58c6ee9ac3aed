//! DBSCAN: clusters are what is within reach of dense places.

use linfa::traits::Transformer;
use linfa_clustering::Dbscan;
use serde::{Deserialize, Serialize};

use super::{DensityFit, NOISE, check_distance, check_min_samples, rows};
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::parallel::Context;

const OWNER: &str = "DbscanParams";

/// Most rows that DBSCAN takes.
pub const DBSCAN_ROWS: usize = 50_000;

/// Parameters of DBSCAN; [`fit`](Self::fit) finds the clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DbscanParams {
    /// How near rows must be to each other to be neighbours; above 0.
    pub eps: f64,
    /// How many neighbours, the row itself included, make a row the core of a cluster; at least 2.
    pub min_samples: usize,
}

impl Default for DbscanParams {
    fn default() -> Self {
        Self {
            eps: 0.5,
            min_samples: 5,
        }
    }
}

impl DbscanParams {
    /// Neighbours within this distance, and five of them for a core.
    #[must_use]
    pub fn new(eps: f64) -> Self {
        Self {
            eps,
            ..Self::default()
        }
    }

    /// Sets how many neighbours make a core.
    #[must_use]
    pub const fn min_samples(mut self, n: usize) -> Self {
        self.min_samples = n;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        check_distance(OWNER, "eps", self.eps)?;
        check_min_samples(OWNER, self.min_samples)
    }

    /// The clusters of these rows: cores that are neighbours are in one cluster, and so are their neighbours, of several clusters in the first; other rows are noise.
    ///
    /// Cost: for each row the search of its neighbours in a tree, and each pair of neighbours once: the square of the rows where all are near each other. It cannot
    /// be stopped on the way, therefore at most [`DBSCAN_ROWS`].
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules, no rows and too many; [`Error::BadValues`] for what is no finite number; [`Error::Cancelled`]
    /// before the search.
    pub fn fit(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<DensityFit> {
        self.validate()?;
        let rows = rows(OWNER, matrix, DBSCAN_ROWS, ctx)?;
        let search = Dbscan::params(self.min_samples).tolerance(self.eps);
        let refused = |e| Error::parameter(OWNER, "eps", "must be above 0", e);
        let found = linfa::ParamGuard::check(search).map_err(refused)?;
        let labels = found.transform(&rows);
        let labels = labels.iter().map(|l| l.map_or(NOISE, |l| l as i32));
        ctx.progress.finish();
        Ok(DensityFit::new(labels.collect()))
    }
}
