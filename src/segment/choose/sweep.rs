//! One number of segments after the other, each from the last one's centres.

use serde::{Deserialize, Serialize};

use super::gap::gaps;
use super::recommend::Choice;
use super::stability::stability;
use crate::cluster::indices::{indices, silhouette};
use crate::cluster::kmeans::{Init, KMeansFit, KMeansParams};
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::parallel::Context;

pub(super) const OWNER: &str = "ChooseParams";

/// What a number of segments is judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Candidate {
    /// The number of segments.
    pub n_segments: usize,
    /// The sum of the squared distances to the centres.
    pub inertia: f64,
    /// By distances to centres; see [`indices`](crate::cluster::indices::indices()).
    pub simplified_silhouette: Option<f64>,
    /// By distances to other rows, of a sample; see [`silhouette`](crate::cluster::indices::silhouette()).
    pub silhouette: Option<f64>,
    /// Its standard error.
    pub silhouette_standard_error: Option<f64>,
    /// Calinski and Harabasz.
    pub calinski_harabasz: Option<f64>,
    /// Davies and Bouldin.
    pub davies_bouldin: Option<f64>,
    /// How much smaller the logarithm of the inertia is than that of rows spread evenly over the same axes (Tibshirani, Walther and Hastie 2001).
    pub gap: f64,
    /// Its standard error.
    pub gap_standard_error: f64,
    /// The mean adjusted Rand index of these segments and those found on halves of the rows: 1 if the same segments come out each time.
    pub stability: Option<f64>,
    /// Rows of the smallest segment over all.
    pub smallest_share: f64,
    /// Rows of the largest segment over all.
    pub largest_share: f64,
}

/// Parameters of the choice; [`fit`](Self::fit) tries all numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ChooseParams {
    /// Least number of segments, at least 2.
    pub min_segments: usize,
    /// Most segments.
    pub max_segments: usize,
    /// Starts of k-means for each number, beside the one from the last number's centres.
    pub n_init: u32,
    /// Rows of the samples for silhouette, gap and stability.
    pub sample: usize,
    /// Halves of the rows, and sets of even rows.
    pub n_resamples: u32,
    /// A number whose smallest segment has a smaller share of the rows is not recommended.
    pub min_share: f64,
    /// Of what is drawn.
    pub seed: u64,
}

impl Default for ChooseParams {
    fn default() -> Self {
        Self {
            min_segments: 2,
            max_segments: 10,
            n_init: 5,
            sample: 5_000,
            n_resamples: 10,
            min_share: 0.01,
            seed: 0,
        }
    }
}

impl ChooseParams {
    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        let refused =
            |name: &str, rule: &str, value: String| Err(Error::parameter(OWNER, name, rule, value));
        if self.min_segments < 2 {
            return refused(
                "min_segments",
                "must be at least 2",
                self.min_segments.to_string(),
            );
        }
        if !(self.min_segments..=1_000).contains(&self.max_segments) {
            let rule = format!(
                "must be from {} (`min_segments`) to 1000",
                self.min_segments
            );
            return refused("max_segments", &rule, self.max_segments.to_string());
        }
        if self.n_init == 0 {
            return refused("n_init", "must be at least 1", "0".into());
        }
        if self.sample < 10 {
            return refused(
                "sample",
                "must be at least 10 rows",
                self.sample.to_string(),
            );
        }
        if !(2..=1_000).contains(&self.n_resamples) {
            return refused(
                "n_resamples",
                "must be from 2 to 1000",
                self.n_resamples.to_string(),
            );
        }
        if !(self.min_share >= 0.0 && self.min_share < 0.5) {
            return refused(
                "min_share",
                "must be in [0, 0.5)",
                self.min_share.to_string(),
            );
        }
        Ok(())
    }

    /// Tries all numbers of segments, at most as many as there are rows, and recommends one.
    ///
    /// Cost: k-means for each number, and again on samples; the square of `sample` for each.
    ///
    /// # Errors
    /// [`Error::Parameter`]; [`Error::TooFewRows`] for fewer rows than segments; [`Error::BadValues`] for what is no finite number; [`Error::Cancelled`].
    pub fn fit(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<(Choice, KMeansFit)> {
        self.validate()?;
        let n = matrix.n_rows();
        if n < self.min_segments {
            return Err(Error::TooFewRows {
                job: "choosing the number of segments".into(),
                what: "rows".into(),
                needed: self.min_segments as u64,
                found: n as u64,
                reason: "each segment needs one".into(),
            });
        }
        let last = self.max_segments.min(n);
        let gaps = gaps(self, matrix, last, ctx)?;
        let mut fits: Vec<KMeansFit> = Vec::new();
        let mut candidates = Vec::new();
        for k in self.min_segments..=last {
            let fit = self.fit_of(k, matrix, fits.last(), ctx)?;
            candidates.push(self.judged(&fit, gaps[k - 1], matrix, ctx)?);
            fits.push(fit);
        }
        let choice = Choice::of(self, candidates, &gaps);
        let at = choice.n_segments - self.min_segments;
        Ok((choice, fits.swap_remove(at)))
    }

    /// The better of fresh starts and one from the centres before and the row farthest from them.
    fn fit_of(
        &self,
        k: usize,
        matrix: &Matrix<'_>,
        before: Option<&KMeansFit>,
        ctx: &Context,
    ) -> Result<KMeansFit> {
        let params = KMeansParams::new(k).seed(self.seed);
        let fresh = params.clone().n_init(self.n_init).fit(matrix, None, ctx)?;
        let Some(before) = before else {
            return Ok(fresh);
        };
        let mut centers = before.model.centers.clone();
        centers.extend(farthest(matrix, before));
        let warm = params.init(Init::Centers(centers)).fit(matrix, None, ctx)?;
        Ok(if warm.model.inertia < fresh.model.inertia {
            warm
        } else {
            fresh
        })
    }

    fn judged(
        &self,
        fit: &KMeansFit,
        (gap, gap_standard_error): (f64, f64),
        matrix: &Matrix<'_>,
        ctx: &Context,
    ) -> Result<Candidate> {
        let k = fit.model.params.n_clusters;
        let found = indices(matrix, &fit.model.centers, &fit.labels, ctx)?;
        let sampled = silhouette(matrix, &fit.labels, k, self.sample, self.seed, ctx)?;
        let n = matrix.n_rows() as f64;
        let sizes = fit.model.sizes.iter().map(|&n| n as f64);
        Ok(Candidate {
            n_segments: k,
            inertia: fit.model.inertia,
            simplified_silhouette: found.simplified_silhouette,
            silhouette: sampled.as_ref().map(|s| s.mean),
            silhouette_standard_error: sampled.map(|s| s.standard_error),
            calinski_harabasz: found.calinski_harabasz,
            davies_bouldin: found.davies_bouldin,
            gap,
            gap_standard_error,
            stability: stability(self, matrix, &fit.labels, k, ctx)?,
            smallest_share: sizes.clone().fold(f64::INFINITY, f64::min) / n,
            largest_share: sizes.fold(0.0, f64::max) / n,
        })
    }
}

/// The row that is farthest from its centre, the first of equally far ones.
fn farthest(matrix: &Matrix<'_>, fit: &KMeansFit) -> Vec<f64> {
    let d = matrix.n_columns();
    let mut row = vec![0.0; d];
    let (mut most, mut found) = (-1.0, 0);
    for (i, &label) in fit.labels.iter().enumerate() {
        matrix.row(i, &mut row);
        let off = crate::matrix::frame::square(&row, fit.model.center(label), 1.0);
        if off > most {
            (most, found) = (off, i);
        }
    }
    matrix.row(found, &mut row);
    row
}

/// So many rows, drawn and copied.
pub(super) fn sampled(
    matrix: &Matrix<'_>,
    n: usize,
    random: &mut rand_chacha::ChaCha8Rng,
) -> Vec<f64> {
    let d = matrix.n_columns();
    let mut drawn = rand::seq::index::sample(random, matrix.n_rows(), n).into_vec();
    drawn.sort_unstable();
    let mut rows = vec![0.0; n * d];
    for (to, i) in rows.chunks_exact_mut(d).zip(drawn) {
        matrix.row(i, to);
    }
    rows
}
