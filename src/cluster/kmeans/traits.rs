//! linfa's traits: k-means among linfa's own estimators.
//!
//! ```
//! use linfa::traits::{Fit, Predict, Transformer};
//! use linfa::DatasetBase;
//! use ndarray::array;
//! use patronomy::cluster::kmeans::KMeansParams;
//! let rows = array![[0.0], [0.1], [10.0], [10.1]];
//! let model = Fit::fit(&KMeansParams::new(2), &DatasetBase::from(rows.clone()))?;
//! let labels = Predict::predict(&model, &rows);
//! assert_eq!((labels[0], labels[2]), (labels[1], labels[3]));
//! assert_eq!(Transformer::transform(&model, &rows).dim(), (4, 2));
//! # Ok::<(), patronomy::Error>(())
//! ```

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace, Transformer};
use ndarray::{Array1, Array2, ArrayBase, Data, Ix2};

use super::{KMeansModel, KMeansParams};
use crate::cluster::arrays::with_matrix;
use crate::error::{Error, Result};
use crate::matrix::Numbers;
use crate::parallel::Context;

impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Self::FeatureMismatch {
            what: "the data set".into(),
            why: error.to_string(),
        }
    }
}

impl<F, D, T> Fit<ArrayBase<D, Ix2>, T, Error> for KMeansParams
where
    F: linfa::Float,
    D: Data<Elem = F>,
    for<'a> Numbers<'a>: From<&'a [F]>,
{
    type Object = KMeansModel;

    /// The model of a data set, by its weights if it has any; as [`KMeansParams::fit`], without limits.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<KMeansModel> {
        let weights: Option<Vec<f64>> = dataset
            .weights()
            .map(|w| w.iter().copied().map(f64::from).collect());
        let fitted = with_matrix(&dataset.records, |matrix| {
            self.fit(matrix, weights.as_deref(), &Context::new())
        })?;
        Ok(fitted.model)
    }
}

impl<F, D> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for KMeansModel
where
    F: linfa::Float,
    D: Data<Elem = F>,
    for<'a> Numbers<'a>: From<&'a [F]>,
{
    /// Writes the numbers of the nearest centres.
    ///
    /// # Panics
    /// Where [`KMeansModel::predict`] gives an error, with its message: the trait has no place for one.
    fn predict_inplace(&self, rows: &ArrayBase<D, Ix2>, labels: &mut Array1<usize>) {
        let found = with_matrix(rows, |matrix| self.predict(matrix, &Context::new()));
        let found = found.unwrap_or_else(|e| panic!("{e}"));
        *labels = found.into_iter().map(|label| label as usize).collect();
    }

    fn default_target(&self, rows: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(rows.nrows())
    }
}

impl<F, D> Transformer<&ArrayBase<D, Ix2>, Array2<f64>> for KMeansModel
where
    F: linfa::Float,
    D: Data<Elem = F>,
    for<'a> Numbers<'a>: From<&'a [F]>,
{
    /// The distances of the rows to the centres.
    ///
    /// # Panics
    /// Where [`KMeansModel::transform`] gives an error, with its message: the trait has no place for one.
    fn transform(&self, rows: &ArrayBase<D, Ix2>) -> Array2<f64> {
        let found = with_matrix(rows, |matrix| self.transform(matrix, &Context::new()));
        let found = found.unwrap_or_else(|e| panic!("{e}"));
        let shape = (rows.nrows(), self.params.n_clusters);
        Array2::from_shape_vec(shape, found).unwrap_or_else(|e| panic!("{e}"))
    }
}
