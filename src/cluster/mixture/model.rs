//! What a mixture is, and what it says of rows.

use std::ops::Range;

use linfa_clustering::GaussianMixtureModel;
use serde::{Deserialize, Serialize};

use super::gaussians::Gaussians;
use super::params::MixtureParams;
use crate::cluster::kmeans::Places;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::parallel::{Context, map_ordered, pieces};
use crate::saved::Saved;

/// Clouds, with the parameters they came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MixtureModel {
    /// The parameters it was fitted with.
    pub params: MixtureParams,
    /// The share of each cloud.
    pub weights: Vec<f64>,
    /// The means, one after the other.
    pub means: Vec<f64>,
    /// The covariance matrices, one after the other, each row by row.
    pub covariances: Vec<f64>,
    /// How many columns there are.
    pub n_features: usize,
    /// Their names; none where they had none.
    pub feature_names: Vec<String>,
    /// The mean of the logarithms of the rows' densities.
    pub log_likelihood: f64,
}

impl MixtureModel {
    pub(super) fn new(
        params: &MixtureParams,
        matrix: &Matrix<'_>,
        found: &GaussianMixtureModel<f64>,
    ) -> Self {
        Self {
            params: params.clone(),
            weights: found.weights().iter().copied().collect(),
            means: found.means().iter().copied().collect(),
            covariances: found.covariances().iter().copied().collect(),
            n_features: matrix.n_columns(),
            feature_names: matrix.names().to_vec(),
            log_likelihood: 0.0,
        }
    }

    /// The number of the likeliest cloud of each row, the first of equally likely ones.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if the columns are not those of the fit; [`Error::BadValues`] for what is no finite number; [`Error::Cancelled`].
    pub fn predict(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<i32>> {
        self.each(matrix, ctx, |densities, _, to| {
            let more = |best: usize, next: usize| {
                if densities[next] > densities[best] {
                    next
                } else {
                    best
                }
            };
            to.push((1..densities.len()).fold(0, more) as i32);
        })
    }

    /// How likely each row is of each cloud, row by row; those of a row add up to 1.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_proba(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<f64>> {
        self.each(matrix, ctx, |densities, all, to| {
            to.extend(densities.iter().map(|x| (x - all).exp()));
        })
    }

    /// The logarithm of the density at each row.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn score_samples(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<f64>> {
        self.each(matrix, ctx, |_, all, to| to.push(all))
    }

    /// How many numbers the model has learnt, for criteria that count them.
    #[must_use]
    pub const fn n_parameters(&self) -> usize {
        let (k, d) = (self.params.n_components, self.n_features);
        k * d * (d + 1) / 2 + k * d + k - 1
    }

    /// Hands out the logarithms of weight times density of each row, and of their sum.
    fn each<T: Send>(
        &self,
        matrix: &Matrix<'_>,
        ctx: &Context,
        each: impl Fn(&[f64], f64, &mut Vec<T>) + Sync,
    ) -> Result<Vec<T>> {
        const ROWS: usize = 4_096;
        let d = self.n_features;
        Places::new(&self.means, d, &self.feature_names).same_columns(matrix)?;
        matrix.moments(ctx)?;
        let clouds = self.clouds()?;
        let parts = map_ordered(
            ctx,
            "densities",
            pieces(matrix.n_rows(), ROWS).collect(),
            |rows: Range<usize>| {
                let (mut row, mut off) = (vec![0.0; d], vec![0.0; d]);
                let mut densities = vec![0.0; self.weights.len()];
                let mut to = Vec::new();
                for i in rows {
                    matrix.row(i, &mut row);
                    let all = clouds.at(&row, &mut off, &mut densities);
                    each(&densities, all, &mut to);
                }
                Ok(to)
            },
        )?;
        Ok(parts.into_iter().flatten().collect())
    }

    fn clouds(&self) -> Result<Gaussians<'_>> {
        let clouds = Gaussians::new(
            &self.weights,
            &self.means,
            &self.covariances,
            self.n_features,
        );
        clouds.ok_or_else(|| {
            let rule = "must be positive definite; fit with more `reg_covar`";
            Error::parameter("MixtureModel", "covariances", rule, "one that is not")
        })
    }
}

impl Saved for MixtureModel {
    const KIND: &'static str = "gaussian_mixture";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        let (k, d) = (self.params.n_components, self.n_features);
        let is_whole = self.weights.len() == k
            && self.weights.iter().all(|w| (0.0..=1.0 + 1e-9).contains(w))
            && k.checked_mul(d).and_then(|n| n.checked_mul(d)) == Some(self.covariances.len());
        Places::new(&self.means, d, &self.feature_names).check("MixtureModel", k, is_whole)?;
        self.clouds().map(|_| ())
    }
}
