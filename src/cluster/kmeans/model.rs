//! What k-means has learnt.

use serde::{Deserialize, Serialize};

use super::params::KMeansParams;
use super::places::Places;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::parallel::Context;
use crate::saved::Saved;

/// Centres, with the parameters and the data they came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KMeansModel {
    /// The parameters it was fitted with.
    pub params: KMeansParams,
    /// The centres, one after the other.
    pub centers: Vec<f64>,
    /// How many columns there are.
    pub n_features: usize,
    /// Their names; none where they had none.
    pub feature_names: Vec<String>,
    /// What stands in for missing numbers, one for each column; none where they are refused.
    #[serde(default)]
    pub fill: Option<Vec<f64>>,
    /// How many rows belong to each centre.
    pub sizes: Vec<u64>,
    /// The weighted sum of the squared distances of the rows to their centres.
    pub inertia: f64,
    /// Iterations of the start that was kept.
    pub n_iter: u32,
    /// Whether that start ended before the most iterations.
    pub converged: bool,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl KMeansModel {
    /// The centre with this label.
    #[must_use]
    pub fn center(&self, label: i32) -> &[f64] {
        &self.centers[label as usize * self.n_features..][..self.n_features]
    }

    /// The centres, to assign rows to.
    #[must_use]
    pub fn places(&self) -> Places<'_> {
        Places::new(&self.centers, self.n_features, &self.feature_names)
            .with_fill(self.fill.as_deref())
    }

    /// The number of the nearest centre of each row, the first of equally near ones.
    ///
    /// # Errors
    /// As [`Places::predict`].
    pub fn predict(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<i32>> {
        self.places().predict(matrix, ctx)
    }

    /// The distance of each row to each centre, row by row.
    ///
    /// # Errors
    /// As [`Places::predict`].
    pub fn transform(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<f64>> {
        self.places().transform(matrix, ctx)
    }

    /// The negative weighted sum of the squared distances of the rows to their nearest centres.
    ///
    /// # Errors
    /// As [`Places::score`].
    pub fn score(
        &self,
        matrix: &Matrix<'_>,
        weights: Option<&[f64]>,
        ctx: &Context,
    ) -> Result<f64> {
        self.places().score(matrix, weights, ctx)
    }
}

impl Saved for KMeansModel {
    const KIND: &'static str = "kmeans";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        let k = self.params.n_clusters;
        self.places().check("KMeansModel", k, self.sizes.len() == k)
    }
}
