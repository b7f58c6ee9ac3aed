//! What k-means has learnt.

use serde::{Deserialize, Serialize};

use super::assign::{Centres, Data};
use super::params::KMeansParams;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::matrix::frame::{Frame, square};
use crate::parallel::{Context, map_ordered};
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

    /// The number of the nearest centre of each row, the first of equally near ones.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if the columns are not those of the fit; [`Error::BadValues`] for what is no finite number; [`Error::Cancelled`].
    pub fn predict(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<i32>> {
        let frame = self.frame(matrix, ctx)?;
        let data = Data {
            matrix,
            frame: &frame,
            weights: None,
        };
        let mut labels = vec![0; matrix.n_rows()];
        Centres::new(&self.centers, &frame).labels(&data, &mut labels, ctx)?;
        Ok(labels)
    }

    /// The distance of each row to each centre, row by row.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn transform(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<f64>> {
        const ROWS: usize = 4_096;
        let Frame { scale, .. } = self.frame(matrix, ctx)?;
        let k = self.params.n_clusters;
        let mut distances = vec![0.0; matrix.n_rows() * k];
        let pieces = distances.chunks_mut(ROWS * k).enumerate().collect();
        map_ordered(
            ctx,
            "distances",
            pieces,
            |(piece, to): (usize, &mut [f64])| {
                let mut row = vec![0.0; self.n_features];
                for (i, to) in to.chunks_exact_mut(k).enumerate() {
                    matrix.row(piece * ROWS + i, &mut row);
                    let centers = self.centers.chunks_exact(self.n_features);
                    for (to, centre) in to.iter_mut().zip(centers) {
                        *to = square(&row, centre, scale).sqrt() / scale;
                    }
                }
                Ok(())
            },
        )?;
        Ok(distances)
    }

    /// The negative weighted sum of the squared distances of the rows to their nearest centres.
    ///
    /// # Errors
    /// As [`predict`](Self::predict); and [`Error::Parameter`] as in the fit for the weights.
    pub fn score(
        &self,
        matrix: &Matrix<'_>,
        weights: Option<&[f64]>,
        ctx: &Context,
    ) -> Result<f64> {
        super::fit::check_weights(matrix, weights)?;
        let frame = self.frame(matrix, ctx)?;
        let data = Data {
            matrix,
            frame: &frame,
            weights,
        };
        let centres = Centres::new(&self.centers, &frame);
        let mut labels = vec![0; matrix.n_rows()];
        centres.labels(&data, &mut labels, ctx)?;
        Ok(-centres.inertia(&data, &labels, ctx)?)
    }

    fn frame(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Frame> {
        let mismatch = |why: String| Error::FeatureMismatch {
            what: "the matrix".into(),
            why,
        };
        if matrix.n_columns() != self.n_features {
            let (n, own) = (matrix.n_columns(), self.n_features);
            let why = format!("it has {n} columns, the model was fitted with {own}");
            return Err(mismatch(why));
        }
        let both = matrix.names().iter().zip(&self.feature_names);
        if let Some((name, own)) = both.into_iter().find(|(name, own)| name != own) {
            let why = format!("it has column `{name}` where the model was fitted with `{own}`");
            return Err(mismatch(why));
        }
        Ok(Frame::of(&matrix.moments(ctx)?))
    }
}

impl Saved for KMeansModel {
    const KIND: &'static str = "kmeans";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        let k = self.params.n_clusters;
        let is_whole = self.n_features > 0
            && k.checked_mul(self.n_features) == Some(self.centers.len())
            && self.sizes.len() == k
            && [0, self.n_features].contains(&self.feature_names.len());
        if is_whole && self.centers.iter().all(|x| x.abs() <= 1e150) {
            return Ok(());
        }
        let rule = "must be finite numbers, `n_features` for each of `n_clusters`";
        Err(Error::parameter(
            "KMeansModel",
            "centers",
            rule,
            self.centers.len(),
        ))
    }
}
