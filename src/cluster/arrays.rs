//! Arrays of ndarray, which linfa speaks, as matrices, and back.

use ndarray::{Array2, ArrayBase, Data, Ix2};

use crate::error::{Error, Result};
use crate::matrix::{Matrix, Numbers};

/// Hands out an array as a matrix: as it lies in memory where it is contiguous, by rows or by columns, else a copy.
pub(super) fn with_matrix<F, D, R>(
    array: &ArrayBase<D, Ix2>,
    then: impl FnOnce(&Matrix<'_>) -> Result<R>,
) -> Result<R>
where
    F: linfa::Float,
    D: Data<Elem = F>,
    for<'a> Numbers<'a>: From<&'a [F]>,
{
    let (n_rows, n_columns) = array.dim();
    let turned = array.t();
    if let Some(values) = turned.to_slice().filter(|_| n_rows > 1 && n_columns > 0) {
        let columns = values.chunks_exact(n_rows).map(Numbers::from).collect();
        return then(&Matrix::from_columns(columns)?);
    }
    let rows = array.as_standard_layout();
    let values = rows.as_slice().unwrap_or_default();
    then(&Matrix::from_rows(values, n_columns)?)
}

/// The numbers of a matrix as an array.
pub(super) fn array(matrix: &Matrix<'_>) -> Result<Array2<f64>> {
    let (n, d) = (matrix.n_rows(), matrix.n_columns());
    let mut values = vec![0.0; n * d];
    for (row, to) in values.chunks_exact_mut(d).enumerate() {
        matrix.row(row, to);
    }
    let shape = |e: ndarray::ShapeError| Error::parameter("Matrix", "shape", "must hold", e);
    Array2::from_shape_vec((n, d), values).map_err(shape)
}
