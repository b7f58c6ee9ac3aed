//! Parameters of k-prototypes.

use serde::{Deserialize, Serialize};

use crate::cluster::kmeans::Init;
use crate::cluster::kmeans::params::{check_clusters, check_counts};
use crate::error::{Error, Result};

pub(super) const OWNER: &str = "PrototypesParams";

/// Parameters of k-prototypes; [`fit`](Self::fit) finds the prototypes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PrototypesParams {
    /// How many prototypes, at least 1.
    pub n_clusters: usize,
    /// What a category that differs adds to the squared distance of the numbers; 0 or more. None: half the mean of the standard deviations of the number columns
    /// (Huang 1998).
    pub gamma: Option<f64>,
    /// How many starts are tried, the one with the least inertia being kept; at least 1.
    pub n_init: u32,
    /// Most iterations of a start, at least 1.
    pub max_iter: u32,
    /// Of what is drawn.
    pub seed: u64,
}

impl Default for PrototypesParams {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            gamma: None,
            n_init: 3,
            max_iter: 100,
            seed: 0,
        }
    }
}

impl PrototypesParams {
    /// So many prototypes, and the defaults.
    #[must_use]
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            ..Self::default()
        }
    }

    /// Sets what a category that differs adds.
    #[must_use]
    pub const fn gamma(mut self, gamma: f64) -> Self {
        self.gamma = Some(gamma);
        self
    }

    /// Sets how many starts are tried.
    #[must_use]
    pub const fn n_init(mut self, n: u32) -> Self {
        self.n_init = n;
        self
    }

    /// Sets the most iterations of a start.
    #[must_use]
    pub const fn max_iter(mut self, n: u32) -> Self {
        self.max_iter = n;
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
        check_clusters(OWNER, self.n_clusters, &Init::Random)?;
        let counts = [
            ("n_init", self.n_init.into()),
            ("max_iter", self.max_iter.into()),
        ];
        check_counts(OWNER, &counts)?;
        match self.gamma {
            Some(gamma) if !(0.0..=1e150).contains(&gamma) => {
                let rule = "must be a number of 0 or more, up to 1e150";
                Err(Error::parameter(OWNER, "gamma", rule, gamma))
            }
            _ => Ok(()),
        }
    }
}
