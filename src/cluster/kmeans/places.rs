//! Centres as places that rows are assigned to.

use super::assign::{Centres, Data};
use super::fit::check_weights;
use crate::error::{Error, Result};
use crate::matrix::frame::{Frame, square};
use crate::matrix::{Filled, Matrix};
use crate::parallel::{Context, map_ordered};

/// The centres of a model, one after the other, with the columns that they were learnt on: what every model of centres assigns rows by.
///
/// ```
/// use patronomy::{Context, Matrix, cluster::kmeans::KMeansParams};
/// let rows = [0.0_f64, 0.1, 10.0, 10.1];
/// let matrix = Matrix::from_rows(&rows[..], 1)?;
/// let model = KMeansParams::new(2).fit(&matrix, None, &Context::new())?.model;
/// let labels = model.places().predict(&matrix, &Context::new())?;
/// assert_eq!((labels[0], labels[2]), (labels[1], labels[3]));
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    centers: &'a [f64],
    n_features: usize,
    feature_names: &'a [String],
    fill: Option<&'a [f64]>,
}

impl<'a> Places<'a> {
    pub(in crate::cluster) const fn new(
        centers: &'a [f64],
        n_features: usize,
        feature_names: &'a [String],
    ) -> Self {
        Self {
            centers,
            n_features,
            feature_names,
            fill: None,
        }
    }

    /// With what stands in for missing numbers.
    pub(in crate::cluster) const fn with_fill(mut self, fill: Option<&'a [f64]>) -> Self {
        self.fill = fill;
        self
    }

    /// Whether missing numbers are filled.
    #[must_use]
    pub const fn fills(&self) -> bool {
        self.fill.is_some()
    }

    /// Rows as the centres compare them: with missing numbers filled as those of the fit were, if they were.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if the columns are not those of the fit; [`Error::Cancelled`].
    pub fn filled<'m>(&self, matrix: &Matrix<'m>, ctx: &Context) -> Result<Option<Filled<'m>>> {
        self.same_columns(matrix)?;
        let fill = self.fill.map(|fill| matrix.filled(fill, ctx));
        fill.transpose()
    }

    /// Hands out rows as the centres compare them, in their frame.
    fn with_data<R>(
        &self,
        matrix: &Matrix<'_>,
        weights: Option<&[f64]>,
        ctx: &Context,
        then: impl FnOnce(&Data<'_>) -> Result<R>,
    ) -> Result<R> {
        let filled = self.filled(matrix, ctx)?;
        let filled = filled.as_ref().map(Filled::matrix).transpose()?;
        let matrix = filled.as_ref().unwrap_or(matrix);
        let frame = Frame::of(&matrix.moments(ctx)?);
        then(&Data {
            matrix,
            frame: &frame,
            weights,
        })
    }

    /// The centres, one after the other.
    #[must_use]
    pub const fn centers(&self) -> &'a [f64] {
        self.centers
    }

    /// How many there are.
    #[must_use]
    pub const fn n_clusters(&self) -> usize {
        self.centers.len() / self.n_features
    }

    /// How many columns there are.
    #[must_use]
    pub const fn n_features(&self) -> usize {
        self.n_features
    }

    /// Their names; none where they had none.
    #[must_use]
    pub const fn feature_names(&self) -> &'a [String] {
        self.feature_names
    }

    /// The number of the nearest centre of each row, the first of equally near ones.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if the columns are not those of the fit; [`Error::BadValues`] for what is no finite number; [`Error::Cancelled`].
    pub fn predict(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<i32>> {
        self.with_data(matrix, None, ctx, |data| {
            let mut labels = vec![0; data.matrix.n_rows()];
            Centres::new(self.centers, data.frame).labels(data, &mut labels, ctx)?;
            Ok(labels)
        })
    }

    /// The distance of each row to each centre, row by row.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn transform(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<f64>> {
        self.with_data(matrix, None, ctx, |data| self.distances(data, ctx))
    }

    fn distances(&self, data: &Data<'_>, ctx: &Context) -> Result<Vec<f64>> {
        const ROWS: usize = 4_096;
        let (k, scale) = (self.n_clusters(), data.frame.scale);
        let mut distances = vec![0.0; data.matrix.n_rows() * k];
        let pieces = distances.chunks_mut(ROWS * k).enumerate().collect();
        map_ordered(
            ctx,
            "distances",
            pieces,
            |(piece, to): (usize, &mut [f64])| {
                let mut row = vec![0.0; self.n_features];
                for (i, to) in to.chunks_exact_mut(k).enumerate() {
                    data.matrix.row(piece * ROWS + i, &mut row);
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
        check_weights("score", matrix, weights)?;
        self.with_data(matrix, weights, ctx, |data| {
            let centres = Centres::new(self.centers, data.frame);
            let mut labels = vec![0; data.matrix.n_rows()];
            centres.labels(data, &mut labels, ctx)?;
            Ok(-centres.inertia(data, &labels, ctx)?)
        })
    }

    /// Whether a fit could have produced them.
    pub(in crate::cluster) fn check(&self, owner: &str, k: usize, is_whole: bool) -> Result<()> {
        let is_whole = is_whole
            && self.n_features > 0
            && k.checked_mul(self.n_features) == Some(self.centers.len())
            && [0, self.n_features].contains(&self.feature_names.len())
            && self.fill.is_none_or(|fill| fill.len() == self.n_features);
        if is_whole && self.centers.iter().all(|x| x.abs() <= 1e150) {
            return Ok(());
        }
        let rule = "must be finite numbers, `n_features` for each of `n_clusters`";
        let n = self.centers.len();
        Err(Error::parameter(owner, "centers", rule, n))
    }

    /// Whether the columns are those of the fit.
    pub(in crate::cluster) fn same_columns(&self, matrix: &Matrix<'_>) -> Result<()> {
        let mismatch = |why: String| Error::FeatureMismatch {
            what: "the matrix".into(),
            why,
        };
        if matrix.n_columns() != self.n_features {
            let (n, own) = (matrix.n_columns(), self.n_features);
            let why = format!("it has {n} columns, the model was fitted with {own}");
            return Err(mismatch(why));
        }
        let both = matrix.names().iter().zip(self.feature_names);
        if let Some((name, own)) = both.into_iter().find(|(name, own)| name != own) {
            let why = format!("it has column `{name}` where the model was fitted with `{own}`");
            return Err(mismatch(why));
        }
        Ok(())
    }
}
