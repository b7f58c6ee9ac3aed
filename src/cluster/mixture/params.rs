//! Parameters of Gaussian mixtures.

use serde::{Deserialize, Serialize};

use crate::cluster::kmeans::params::{check_counts, check_not_negative};
use crate::error::{Error, Result};

pub(super) const OWNER: &str = "MixtureParams";

/// Most rows that a mixture is fitted on.
pub const MIXTURE_ROWS: usize = 200_000;

/// Parameters of a Gaussian mixture, with the names and defaults of scikit-learn; [`fit`](Self::fit) finds the clouds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MixtureParams {
    /// How many clouds, at least 1.
    pub n_components: usize,
    /// A start ends when an iteration changes the mean log-likelihood of the rows by less than this; above 0.
    pub tol: f64,
    /// What is added to each column's variance, so that no cloud becomes flat; 0 or more.
    pub reg_covar: f64,
    /// Most iterations of a start, at least 1.
    pub max_iter: u32,
    /// How many starts are tried, the one with the greatest likelihood being kept; at least 1.
    pub n_init: u32,
    /// Of what is drawn.
    pub seed: u64,
}

impl Default for MixtureParams {
    fn default() -> Self {
        Self {
            n_components: 1,
            tol: 1e-3,
            reg_covar: 1e-6,
            max_iter: 100,
            n_init: 1,
            seed: 0,
        }
    }
}

impl MixtureParams {
    /// So many clouds, and the defaults of scikit-learn.
    #[must_use]
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            ..Self::default()
        }
    }

    /// Sets when a start ends.
    #[must_use]
    pub const fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Sets what is added to variances.
    #[must_use]
    pub const fn reg_covar(mut self, variance: f64) -> Self {
        self.reg_covar = variance;
        self
    }

    /// Sets the most iterations of a start.
    #[must_use]
    pub const fn max_iter(mut self, n: u32) -> Self {
        self.max_iter = n;
        self
    }

    /// Sets how many starts are tried.
    #[must_use]
    pub const fn n_init(mut self, n: u32) -> Self {
        self.n_init = n;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        let counts = [
            ("n_components", self.n_components as u64),
            ("max_iter", self.max_iter.into()),
            ("n_init", self.n_init.into()),
        ];
        check_counts(OWNER, &counts)?;
        check_not_negative(OWNER, "reg_covar", self.reg_covar)?;
        if !(self.tol > 0.0 && self.tol.is_finite()) {
            let rule = "must be a number above 0";
            return Err(Error::parameter(OWNER, "tol", rule, self.tol));
        }
        Ok(())
    }
}
