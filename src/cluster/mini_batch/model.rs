//! What mini-batch k-means has learnt so far.

use serde::{Deserialize, Serialize};

use super::params::MiniBatchParams;
use super::step::State;
use crate::cluster::kmeans::Places;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::parallel::Context;
use crate::saved::Saved;

/// Centres, with the parameters they came from and what it takes to go on learning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MiniBatchModel {
    /// The parameters it was fitted with.
    pub params: MiniBatchParams,
    /// The centres, one after the other.
    pub centers: Vec<f64>,
    /// How many columns there are.
    pub n_features: usize,
    /// Their names; none where they had none.
    pub feature_names: Vec<String>,
    /// The weight of the rows that each centre has met.
    pub counts: Vec<f64>,
    /// How many rows of the fit, or of the last batch, belong to each centre; empty where labels were not asked for.
    pub sizes: Vec<u64>,
    /// The weighted sum of the squared distances of these rows to their centres; without labels the smoothed one of the batches, for all rows.
    pub inertia: f64,
    /// How many batches were learnt from.
    pub n_steps: u64,
    /// How many times as many rows were drawn as there are; by batches that came one by one, these.
    pub n_iter: u64,
    /// Rows since centres were last looked at that have met few.
    pub n_since_reassignment: u64,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl MiniBatchModel {
    pub(super) fn new(
        params: &MiniBatchParams,
        matrix: &Matrix<'_>,
        state: State,
        n_steps: u64,
    ) -> Self {
        Self {
            params: params.clone(),
            centers: state.centers,
            n_features: matrix.n_columns(),
            feature_names: matrix.names().to_vec(),
            counts: state.counts,
            sizes: Vec::new(),
            inertia: 0.0,
            n_steps,
            n_iter: 0,
            n_since_reassignment: state.n_since,
            notices: Vec::new(),
        }
    }

    pub(super) fn state(&self) -> State {
        State {
            centers: self.centers.clone(),
            counts: self.counts.clone(),
            n_since: self.n_since_reassignment,
        }
    }

    /// The centres, to assign rows to.
    #[must_use]
    pub fn places(&self) -> Places<'_> {
        Places::new(&self.centers, self.n_features, &self.feature_names)
    }

    /// The number of the nearest centre of each row, the first of equally near ones.
    ///
    /// # Errors
    /// As [`Places::predict`].
    pub fn predict(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<i32>> {
        self.places().predict(matrix, ctx)
    }
}

impl Saved for MiniBatchModel {
    const KIND: &'static str = "mini_batch_kmeans";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        let k = self.params.n_clusters;
        let is_whole = self.counts.len() == k && [0, k].contains(&self.sizes.len());
        self.places().check("MiniBatchModel", k, is_whole)?;
        match self.counts.iter().find(|n| !(**n >= 0.0 && n.is_finite())) {
            Some(bad) => {
                let rule = "must be numbers of 0 or more";
                Err(Error::parameter("MiniBatchModel", "counts", rule, bad))
            }
            None => Ok(()),
        }
    }
}
