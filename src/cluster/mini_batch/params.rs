//! Parameters of mini-batch k-means.

use serde::{Deserialize, Serialize};

use crate::cluster::kmeans::params::{check_clusters, check_counts, check_not_negative};
use crate::cluster::kmeans::{Init, KMeansParams};
use crate::error::{Error, Result};

pub(super) const OWNER: &str = "MiniBatchParams";

/// Parameters of mini-batch k-means, with the names and defaults of scikit-learn; [`fit`](Self::fit) draws its batches from rows in memory,
/// [`start`](Self::start) and [`partial_fit`](Self::partial_fit) take them as they come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MiniBatchParams {
    /// How many centres, at least 1.
    pub n_clusters: usize,
    /// Where they are at first.
    pub init: Init,
    /// Most times that as many rows are drawn as there are, at least 1.
    pub max_iter: u32,
    /// Rows of a batch, at least 1.
    pub batch_size: usize,
    /// Whether the rows get labels in the end: a pass over all of them.
    pub compute_labels: bool,
    /// Of what is drawn.
    pub seed: u64,
    /// The fit ends when the sum of the squared moves of all centres is at most this times the mean variance of the columns; 0 (never) or more.
    pub tol: f64,
    /// The fit ends when so many batches in a row have not lowered the smoothed inertia; none: it does not.
    pub max_no_improvement: Option<u32>,
    /// Rows that a start is drawn from, at least one for each centre. None: three batches, or three rows for each centre where that is more.
    pub init_size: Option<usize>,
    /// How many starts are tried, the one that fits some drawn rows best being kept. None: 1, or 3 where rows are drawn at random.
    pub n_init: Option<u32>,
    /// A centre that has met less than this share of the rows of the fullest one is now and then put on a row of the batch; 0 (never) or more.
    pub reassignment_ratio: f64,
}

impl Default for MiniBatchParams {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            init: Init::default(),
            max_iter: 100,
            batch_size: 1_024,
            compute_labels: true,
            seed: 0,
            tol: 0.0,
            max_no_improvement: Some(10),
            init_size: None,
            n_init: None,
            reassignment_ratio: 0.01,
        }
    }
}

impl MiniBatchParams {
    /// So many centres, and the defaults of scikit-learn.
    #[must_use]
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            ..Self::default()
        }
    }

    /// Sets where the centres are at first.
    #[must_use]
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// Sets the most times that as many rows are drawn as there are.
    #[must_use]
    pub const fn max_iter(mut self, n: u32) -> Self {
        self.max_iter = n;
        self
    }

    /// Sets the rows of a batch.
    #[must_use]
    pub const fn batch_size(mut self, n: usize) -> Self {
        self.batch_size = n;
        self
    }

    /// Sets whether the rows get labels in the end.
    #[must_use]
    pub const fn compute_labels(mut self, is_wanted: bool) -> Self {
        self.compute_labels = is_wanted;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the moves at which the fit ends.
    #[must_use]
    pub const fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Sets how many batches without a lower inertia end the fit.
    #[must_use]
    pub const fn max_no_improvement(mut self, n: Option<u32>) -> Self {
        self.max_no_improvement = n;
        self
    }

    /// Sets the rows that a start is drawn from.
    #[must_use]
    pub const fn init_size(mut self, n: usize) -> Self {
        self.init_size = Some(n);
        self
    }

    /// Sets how many starts are tried.
    #[must_use]
    pub const fn n_init(mut self, n: u32) -> Self {
        self.n_init = Some(n);
        self
    }

    /// Sets which centres are put elsewhere.
    #[must_use]
    pub const fn reassignment_ratio(mut self, ratio: f64) -> Self {
        self.reassignment_ratio = ratio;
        self
    }

    pub(super) const fn n_starts(&self) -> u32 {
        self.init.n_starts(self.n_init, 3)
    }

    /// Rows that a start is drawn from, of so many.
    pub(super) fn n_first(&self, n_rows: usize) -> usize {
        let batches = self.batch_size.min(n_rows).saturating_mul(3);
        let few = self.n_clusters.saturating_mul(3);
        let usual = if batches < self.n_clusters {
            few
        } else {
            batches
        };
        self.init_size.unwrap_or(usual).min(n_rows)
    }

    /// How k-means would draw the first centres.
    pub(super) fn starting(&self) -> KMeansParams {
        KMeansParams::new(self.n_clusters)
            .init(self.init.clone())
            .seed(self.seed)
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        check_clusters(OWNER, self.n_clusters, &self.init)?;
        let counts = [
            ("n_init", self.n_init.unwrap_or(1).into()),
            ("max_iter", self.max_iter.into()),
            ("batch_size", self.batch_size as u64),
        ];
        check_counts(OWNER, &counts)?;
        check_not_negative(OWNER, "tol", self.tol)?;
        check_not_negative(OWNER, "reassignment_ratio", self.reassignment_ratio)?;
        if let Some(n) = self.init_size.filter(|&n| n < self.n_clusters) {
            let rule = format!("must be at least {}, one row a cluster", self.n_clusters);
            return Err(Error::parameter(OWNER, "init_size", rule, n));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_kept() {
        let good = MiniBatchParams::new(3);
        assert!(good.validate().is_ok());
        for (bad, name) in [
            (MiniBatchParams::new(0), "n_clusters"),
            (good.clone().n_init(0), "n_init"),
            (good.clone().max_iter(0), "max_iter"),
            (good.clone().batch_size(0), "batch_size"),
            (good.clone().tol(f64::NAN), "tol"),
            (good.clone().reassignment_ratio(-0.1), "reassignment_ratio"),
            (good.clone().init_size(2), "init_size"),
            (good.clone().init(Init::Centers(vec![f64::NAN])), "init"),
        ] {
            let said = bad.validate().unwrap_err().to_string();
            assert!(
                said.starts_with(&format!("`{name}` of `MiniBatchParams`")),
                "{said}"
            );
        }
    }

    #[test]
    fn a_start_is_drawn_from_enough_rows() {
        let params = MiniBatchParams::new(8);
        assert_eq!(params.n_first(1_000_000), 3 * 1_024);
        assert_eq!(params.n_first(100), 100);
        assert_eq!(params.clone().batch_size(2).n_first(1_000), 24);
        assert_eq!(params.init_size(50).n_first(1_000), 50);
    }
}
