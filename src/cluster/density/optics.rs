//! OPTICS: an order of the rows in which clusters of every density are valleys.

use linfa::traits::Transformer;
use linfa_clustering::Optics;
use serde::{Deserialize, Serialize};

use super::{DensityFit, NOISE, check_distance, check_min_samples, rows};
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::parallel::Context;

const OWNER: &str = "OpticsParams";

/// Most rows that OPTICS takes.
pub const OPTICS_ROWS: usize = 10_000;

/// Parameters of OPTICS; [`fit`](Self::fit) finds the order, and cuts it into clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct OpticsParams {
    /// How many neighbours, the row itself included, make a row the core of a cluster; at least 2.
    pub min_samples: usize,
    /// The reachability at which the order is cut into clusters; above 0. The order does not depend on it.
    pub eps: f64,
}

impl Default for OpticsParams {
    fn default() -> Self {
        Self {
            min_samples: 5,
            eps: 0.5,
        }
    }
}

/// The order of the rows, and their clusters.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OpticsFit {
    /// The clusters, nearly those of DBSCAN with this `eps`: rows at the edge of one may be noise here.
    pub found: DensityFit,
    /// The numbers of the rows, in order.
    pub ordering: Vec<usize>,
    /// For each row, not in order, how far it is from the rows before it; infinite for what nothing before reaches.
    pub reachability: Vec<f64>,
    /// For each row how far its `min_samples` nearest reach, itself included; infinite where there are not as many.
    pub core_distances: Vec<f64>,
}

impl OpticsParams {
    /// Clusters at this reachability, and five neighbours for a core.
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

    /// The order of these rows, each the one that is reached next from those before it, and the clusters of it: a row that is farther than `eps` from all before
    /// begins one if it is a core within `eps`, and is noise if not.
    ///
    /// Cost: the square of the rows times its logarithm, whatever `eps`: neighbours are sought at any distance. It cannot be stopped on the way, therefore at most
    /// [`OPTICS_ROWS`].
    ///
    /// # Errors
    /// As [`DbscanParams::fit`](super::DbscanParams::fit).
    pub fn fit(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<OpticsFit> {
        self.validate()?;
        let n = matrix.n_rows();
        let rows = rows(OWNER, matrix, OPTICS_ROWS, ctx)?;
        let search = Optics::params(self.min_samples);
        let refused = |e| Error::parameter(OWNER, "min_samples", "must be at least 2", e);
        let search = linfa::ParamGuard::check(search).map_err(refused)?;
        let order = search.transform(rows.view());
        let mut reachability = vec![f64::INFINITY; n];
        let mut core_distances = vec![f64::INFINITY; n];
        // The search begins at the first row, but hands it out among its neighbours; nothing after it depends on when.
        let rest = order.iter().map(linfa_clustering::Sample::index);
        let ordering: Vec<usize> = std::iter::once(0).chain(rest.filter(|&i| i > 0)).collect();
        for row in order.iter() {
            let far = f64::INFINITY;
            core_distances[row.index()] = row.core_distance().unwrap_or(far);
            reachability[row.index()] = row.reachability_distance().unwrap_or(far);
        }
        // It is reached from nowhere.
        reachability[0] = f64::INFINITY;
        let labels = self.cut(&ordering, &reachability, &core_distances);
        ctx.progress.finish();
        Ok(OpticsFit {
            found: DensityFit::new(labels),
            ordering,
            reachability,
            core_distances,
        })
    }

    fn cut(&self, ordering: &[usize], reachability: &[f64], core: &[f64]) -> Vec<i32> {
        let mut labels = vec![NOISE; ordering.len()];
        let mut label = NOISE;
        for &row in ordering {
            if reachability[row] > self.eps {
                if core[row] > self.eps {
                    continue;
                }
                label += 1;
            }
            labels[row] = label;
        }
        labels
    }
}
