//! Parameters of k-means.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::matrix::Missing;

pub(super) const OWNER: &str = "KMeansParams";

/// Where the centres are at first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Init {
    /// Rows drawn one after the other, each with a chance in proportion to its squared distance from those before; of some drawn at each step the one that
    /// lowers the inertia most (greedy k-means++, Arthur and Vassilvitskii 2007).
    #[default]
    #[serde(rename = "k-means++")]
    PlusPlus,
    /// Some rows drawn at once, in five rounds, each with a chance in proportion to its squared distance from those before; of these, about ten for each
    /// centre, k-means++ then draws the centres (k-means||, Bahmani et al. 2012). Fewer passes over the data than k-means++ if there are many centres.
    #[serde(rename = "k-means||")]
    Parallel,
    /// Different rows, each with a chance in proportion to its weight.
    Random,
    /// These centres, one after the other.
    Centers(Vec<f64>),
}

impl Init {
    /// How many starts there are, of rows drawn at random so many where nothing is said.
    pub(in crate::cluster) const fn n_starts(&self, asked: Option<u32>, random: u32) -> u32 {
        match (self, asked) {
            // Given centres start alike each time.
            (Self::Centers(_), _) | (Self::PlusPlus | Self::Parallel, None) => 1,
            (_, Some(n)) => n,
            (Self::Random, None) => random,
        }
    }
}

/// Parameters of k-means; [`fit`](Self::fit) finds the centres.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct KMeansParams {
    /// How many centres, at least 1.
    pub n_clusters: usize,
    /// Where they are at first.
    pub init: Init,
    /// How many starts are tried, the one with the least inertia being kept. None: 1, or 10 where rows are drawn at random.
    pub n_init: Option<u32>,
    /// Most iterations of a start, at least 1.
    pub max_iter: u32,
    /// A start ends when the sum of the squared moves of all centres is at most this times the mean variance of the columns; 0 or more.
    pub tol: f64,
    /// Of what is drawn.
    pub seed: u64,
    /// How many rows a cluster has at least. Where this or `max_size` is given, rows are assigned so that all sizes keep them, at the least sum of squared
    /// distances, and no cluster is empty.
    pub min_size: Option<usize>,
    /// How many rows a cluster has at most.
    pub max_size: Option<usize>,
    /// What becomes of missing numbers; the model fills those of new rows alike.
    pub missing: Missing,
}

impl Default for KMeansParams {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            init: Init::default(),
            n_init: None,
            max_iter: 300,
            tol: 1e-4,
            seed: 0,
            min_size: None,
            max_size: None,
            missing: Missing::Error,
        }
    }
}

impl KMeansParams {
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

    /// Sets how many starts are tried.
    #[must_use]
    pub const fn n_init(mut self, n: u32) -> Self {
        self.n_init = Some(n);
        self
    }

    /// Sets the most iterations of a start.
    #[must_use]
    pub const fn max_iter(mut self, n: u32) -> Self {
        self.max_iter = n;
        self
    }

    /// Sets when a start ends.
    #[must_use]
    pub const fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how many rows a cluster has at least.
    #[must_use]
    pub const fn min_size(mut self, n: usize) -> Self {
        self.min_size = Some(n);
        self
    }

    /// Sets how many rows a cluster has at most.
    #[must_use]
    pub const fn max_size(mut self, n: usize) -> Self {
        self.max_size = Some(n);
        self
    }

    /// Sets what becomes of missing numbers.
    #[must_use]
    pub const fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// How many starts there are.
    pub(super) fn n_starts(&self) -> u32 {
        self.init.n_starts(self.n_init, 10)
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        let counts = [
            ("n_init", self.n_init.unwrap_or(1).into()),
            ("max_iter", self.max_iter.into()),
        ];
        check_clusters(OWNER, self.n_clusters, &self.init)?;
        check_counts(OWNER, &counts)?;
        check_not_negative(OWNER, "tol", self.tol)?;
        self.check_sizes()
    }
}

/// There must be a cluster, not more than labels can name, and given centres must be numbers.
pub(in crate::cluster) fn check_clusters(owner: &str, n: usize, init: &Init) -> Result<()> {
    check_counts(owner, &[("n_clusters", n as u64)])?;
    if n > i32::MAX as usize {
        let rule = "must fit a label of 32 bits";
        return Err(Error::parameter(owner, "n_clusters", rule, n));
    }
    if let Init::Centers(centers) = init
        && let Some(bad) = centers.iter().find(|x| x.is_nan() || x.abs() > 1e150)
    {
        let rule = "must be finite numbers within 1e150";
        return Err(Error::parameter(owner, "init", rule, bad));
    }
    Ok(())
}

/// Each of these must be at least 1.
pub(in crate::cluster) fn check_counts(owner: &str, counts: &[(&str, u64)]) -> Result<()> {
    match counts.iter().find(|(_, n)| *n == 0) {
        Some((name, n)) => Err(Error::parameter(owner, name, "must be at least 1", n)),
        None => Ok(()),
    }
}

/// A number of 0 or more.
pub(in crate::cluster) fn check_not_negative(owner: &str, name: &str, x: f64) -> Result<()> {
    if x >= 0.0 && x.is_finite() {
        return Ok(());
    }
    let rule = "must be a number of 0 or more";
    Err(Error::parameter(owner, name, rule, x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_kept() {
        let good = KMeansParams::new(3);
        assert!(good.validate().is_ok());
        for (bad, name) in [
            (KMeansParams::new(0), "n_clusters"),
            (KMeansParams::new(1 << 40), "n_clusters"),
            (good.clone().n_init(0), "n_init"),
            (good.clone().max_iter(0), "max_iter"),
            (good.clone().tol(-1.0), "tol"),
            (good.clone().tol(f64::NAN), "tol"),
            (good.clone().min_size(0), "min_size"),
            (good.clone().min_size(3).max_size(2), "max_size"),
            (
                good.clone().init(Init::Centers(vec![f64::INFINITY])),
                "init",
            ),
        ] {
            let said = bad.validate().unwrap_err().to_string();
            assert!(
                said.starts_with(&format!("`{name}` of `KMeansParams`")),
                "{said}"
            );
        }
    }
}
