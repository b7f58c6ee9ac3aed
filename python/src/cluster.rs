//! `patronomy._core.KMeansModel`: fitted on arrays of numpy or tables of Arrow, as they lie in memory.

use std::path::PathBuf;

use numpy::{
    Element, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use patronomy::cluster::indices::{indices, silhouette};
use patronomy::cluster::kmeans::{KMeansParams, Places};
use patronomy::matrix::{Columns, Filled, Missing, Numbers};
use patronomy::saved::Saved;
use patronomy::{Error, Matrix};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::table::import;
use crate::transactions::{from_json, to_json};

/// How columns of a table are read: nulls refused, or as what is no number.
type Reader = fn(&patronomy::Table) -> Result<Columns, Error>;

/// What holds the numbers while a job runs.
enum Held<'py> {
    F32(PyReadonlyArray2<'py, f32>),
    F64(PyReadonlyArray2<'py, f64>),
    Table(Columns),
}

impl<'py> Held<'py> {
    fn new(data: &Bound<'py, PyAny>, columns: Reader) -> PyResult<Self> {
        if let Ok(array) = data.extract::<PyReadonlyArray2<'py, f32>>() {
            return Ok(Self::F32(array));
        }
        if let Ok(array) = data.extract::<PyReadonlyArray2<'py, f64>>() {
            return Ok(Self::F64(array));
        }
        let columns = columns(&import(data)?);
        columns.map(Self::Table).map_err(|e| to_py(data.py(), &e))
    }

    fn matrix(&self) -> Result<Matrix<'_>, Error> {
        match self {
            Self::F32(array) => of_array(array),
            Self::F64(array) => of_array(array),
            Self::Table(columns) => columns.matrix(),
        }
    }
}

fn of_array<'a, T: Element>(array: &'a PyReadonlyArray2<'_, T>) -> Result<Matrix<'a>, Error>
where
    Numbers<'a>: From<&'a [T]>,
{
    let [n_rows, n_columns] = *array.shape() else {
        unreachable!("the array has two dimensions");
    };
    let values = array.as_slice().map_err(|_| {
        let rule = "must be contiguous, by rows or by columns";
        Error::parameter("KMeans", "X", rule, "a strided array")
    })?;
    if array.is_c_contiguous() || n_rows == 0 {
        return Matrix::from_rows(values, n_columns);
    }
    let columns = values.chunks_exact(n_rows).map(Numbers::from);
    Matrix::from_columns(columns.collect())
}

/// Where a matrix is, and how much work it is.
pub(crate) struct Job<'py> {
    held: Held<'py>,
    weights: Option<PyReadonlyArray1<'py, f64>>,
}

impl<'py> Job<'py> {
    pub(crate) fn new(
        data: &Bound<'py, PyAny>,
        weights: Option<PyReadonlyArray1<'py, f64>>,
    ) -> PyResult<Self> {
        let held = Held::new(data, Columns::new)?;
        Ok(Self { held, weights })
    }

    /// The same, where missing numbers may be filled.
    pub(crate) fn with_missing(
        data: &Bound<'py, PyAny>,
        weights: Option<PyReadonlyArray1<'py, f64>>,
        fills: bool,
    ) -> PyResult<Self> {
        let reader = if fills {
            Columns::with_missing
        } else {
            Columns::new
        };
        let held = Held::new(data, reader)?;
        Ok(Self { held, weights })
    }

    pub(crate) fn parts(&self, py: Python<'_>) -> PyResult<(Matrix<'_>, Option<&[f64]>)> {
        let matrix = self.held.matrix().map_err(|e| to_py(py, &e))?;
        let weights = self.weights.as_ref().map(|w| w.as_slice());
        let weights = weights.transpose();
        let weights = weights.map_err(|e| PyTypeError::new_err(format!("`sample_weight`: {e}")))?;
        Ok((matrix, weights))
    }
}

/// So many numbers are as much work as a row of other jobs.
const NUMBERS_A_ROW: usize = 16;

pub(crate) fn call<'a>(
    matrix: &Matrix<'_>,
    k: usize,
    progress: Option<&'a Bound<'a, PyAny>>,
    n_jobs: Option<i64>,
) -> Call<'a> {
    let numbers = matrix.n_rows().saturating_mul(matrix.n_columns());
    Call {
        progress,
        n_jobs,
        memory_mb: None,
        rows: numbers.saturating_mul(k) / NUMBERS_A_ROW,
    }
}

/// The labels of rows.
pub(crate) fn predict<'py>(
    places: Places<'_>,
    data: &Bound<'py, PyAny>,
    n_jobs: Option<i64>,
) -> PyResult<Bound<'py, PyArray1<i32>>> {
    let py = data.py();
    let job = Job::with_missing(data, None, places.fills())?;
    let (matrix, _) = job.parts(py)?;
    let call = call(&matrix, places.n_clusters(), None, n_jobs);
    let labels = run(py, &call, |ctx| places.predict(&matrix, ctx))?;
    Ok(PyArray1::from_vec(py, labels))
}

/// The distances of rows to all centres.
pub(crate) fn transform<'py>(
    places: Places<'_>,
    data: &Bound<'py, PyAny>,
    n_jobs: Option<i64>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let py = data.py();
    let job = Job::with_missing(data, None, places.fills())?;
    let (matrix, _) = job.parts(py)?;
    let k = places.n_clusters();
    let call = call(&matrix, k, None, n_jobs);
    let distances = run(py, &call, |ctx| places.transform(&matrix, ctx))?;
    PyArray1::from_vec(py, distances).reshape([matrix.n_rows(), k])
}

/// The negative inertia of rows.
pub(crate) fn score<'py>(
    places: Places<'_>,
    data: &Bound<'py, PyAny>,
    weights: Option<PyReadonlyArray1<'py, f64>>,
    n_jobs: Option<i64>,
) -> PyResult<f64> {
    let py = data.py();
    let job = Job::with_missing(data, weights, places.fills())?;
    let (matrix, weights) = job.parts(py)?;
    let call = call(&matrix, places.n_clusters(), None, n_jobs);
    run(py, &call, |ctx| places.score(&matrix, weights, ctx))
}

/// How well rows and centres fit each other, as JSON.
pub(crate) fn figures(
    places: Places<'_>,
    data: &Bound<'_, PyAny>,
    sample: usize,
    seed: u64,
    n_jobs: Option<i64>,
) -> PyResult<String> {
    let py = data.py();
    let job = Job::with_missing(data, None, places.fills())?;
    let (matrix, _) = job.parts(py)?;
    let k = places.n_clusters();
    let call = call(&matrix, k, None, n_jobs);
    let found = run(py, &call, |ctx| {
        let filled = places.filled(&matrix, ctx)?;
        let filled = filled.as_ref().map(Filled::matrix).transpose()?;
        let matrix = filled.as_ref().unwrap_or(&matrix);
        let labels = places.predict(matrix, ctx)?;
        let scanned = indices(matrix, places.centers(), &labels, ctx)?;
        let sampled = silhouette(matrix, &labels, k, sample, seed, ctx)?;
        Ok((scanned, sampled))
    })?;
    to_json(&found)
}

/// The centres, one a row.
pub(crate) fn centers<'py>(
    places: Places<'_>,
    py: Python<'py>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let shape = [places.n_clusters(), places.n_features()];
    PyArray1::from_slice(py, places.centers()).reshape(shape)
}

/// Centres.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct KMeansModel(patronomy::cluster::kmeans::KMeansModel);

/// A model, and the labels of the rows that it was fitted on.
type Fitted<'py> = (KMeansModel, Bound<'py, PyArray1<i32>>);

#[pymethods]
impl KMeansModel {
    #[staticmethod]
    #[pyo3(signature = (data, params, weights=None, progress=None, n_jobs=None))]
    fn fit<'py>(
        data: &Bound<'py, PyAny>,
        params: &str,
        weights: Option<PyReadonlyArray1<'py, f64>>,
        progress: Option<Bound<'py, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<Fitted<'py>> {
        let py = data.py();
        let params: KMeansParams = from_json(py, "KMeans", params)?;
        let fills = params.missing != Missing::Error;
        let job = Job::with_missing(data, weights, fills)?;
        let (matrix, weights) = job.parts(py)?;
        let call = call(&matrix, params.n_clusters, progress.as_ref(), n_jobs);
        let fitted = run(py, &call, |ctx| params.fit(&matrix, weights, ctx))?;
        let labels = PyArray1::from_vec(py, fitted.labels);
        Ok((Self(fitted.model), labels))
    }

    fn predict<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray1<i32>>> {
        predict(self.0.places(), data, n_jobs)
    }

    fn transform<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        transform(self.0.places(), data, n_jobs)
    }

    fn score<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        weights: Option<PyReadonlyArray1<'py, f64>>,
        n_jobs: Option<i64>,
    ) -> PyResult<f64> {
        score(self.0.places(), data, weights, n_jobs)
    }

    fn indices(
        &self,
        data: &Bound<'_, PyAny>,
        sample: usize,
        seed: u64,
        n_jobs: Option<i64>,
    ) -> PyResult<String> {
        figures(self.0.places(), data, sample, seed, n_jobs)
    }

    #[getter]
    fn centers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        centers(self.0.places(), py)
    }

    #[getter]
    fn fill<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        let fill = self.0.fill.as_ref();
        fill.map(|fill| PyArray1::from_slice(py, fill))
    }

    #[getter]
    fn sizes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        PyArray1::from_slice(py, &self.0.sizes)
    }

    #[getter]
    fn inertia(&self) -> f64 {
        self.0.inertia
    }

    #[getter]
    fn n_iter(&self) -> u32 {
        self.0.n_iter
    }

    #[getter]
    fn notices(&self) -> Vec<String> {
        self.0.notices.clone()
    }

    #[getter]
    fn feature_names(&self) -> Vec<String> {
        self.0.feature_names.clone()
    }

    #[getter]
    fn n_features(&self) -> usize {
        self.0.n_features
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let model = patronomy::cluster::kmeans::KMeansModel::from_json(text);
        model.map(Self).map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(&path).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let model = patronomy::cluster::kmeans::KMeansModel::load(&path);
        model.map(Self).map_err(|e| to_py(py, &e))
    }
}

/// The default parameters as JSON.
#[pyfunction]
pub(crate) fn kmeans_defaults() -> PyResult<String> {
    to_json(&KMeansParams::default())
}
