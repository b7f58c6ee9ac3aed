//! `patronomy._core.MiniBatchModel`: centres learnt from batches.

use std::path::PathBuf;

use numpy::{PyArray1, PyArray2, PyReadonlyArray1};
use patronomy::cluster::mini_batch::{MiniBatchFit, MiniBatchParams};
use patronomy::saved::Saved;
use pyo3::prelude::*;

use crate::cluster::{Job, call, centers, figures, predict, score, transform};
use crate::errors::to_py;
use crate::gate::run;
use crate::transactions::{from_json, to_json};

/// Centres, and what it takes to go on learning.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct MiniBatchModel(patronomy::cluster::mini_batch::MiniBatchModel);

/// A model, and the labels of the rows that it has met last.
type Fitted<'py> = (MiniBatchModel, Bound<'py, PyArray1<i32>>);

fn out(py: Python<'_>, fitted: MiniBatchFit) -> Fitted<'_> {
    let labels = PyArray1::from_vec(py, fitted.labels);
    (MiniBatchModel(fitted.model), labels)
}

#[pymethods]
impl MiniBatchModel {
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
        let params: MiniBatchParams = from_json(py, "MiniBatchKMeans", params)?;
        let job = Job::new(data, weights)?;
        let (matrix, weights) = job.parts(py)?;
        let call = call(&matrix, params.n_clusters, progress.as_ref(), n_jobs);
        let fitted = run(py, &call, |ctx| params.fit(&matrix, weights, ctx))?;
        Ok(out(py, fitted))
    }

    #[staticmethod]
    fn start<'py>(
        data: &Bound<'py, PyAny>,
        params: &str,
        weights: Option<PyReadonlyArray1<'py, f64>>,
        n_jobs: Option<i64>,
    ) -> PyResult<Fitted<'py>> {
        let py = data.py();
        let params: MiniBatchParams = from_json(py, "MiniBatchKMeans", params)?;
        let job = Job::new(data, weights)?;
        let (matrix, weights) = job.parts(py)?;
        let call = call(&matrix, params.n_clusters, None, n_jobs);
        let fitted = run(py, &call, |ctx| params.start(&matrix, weights, ctx))?;
        Ok(out(py, fitted))
    }

    fn partial_fit<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        weights: Option<PyReadonlyArray1<'py, f64>>,
        n_jobs: Option<i64>,
    ) -> PyResult<Fitted<'py>> {
        let py = data.py();
        let job = Job::new(data, weights)?;
        let (matrix, weights) = job.parts(py)?;
        let call = call(&matrix, self.0.params.n_clusters, None, n_jobs);
        let fitted = run(py, &call, |ctx| {
            MiniBatchParams::partial_fit(&self.0, &matrix, weights, ctx)
        })?;
        Ok(out(py, fitted))
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
    fn counts<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.0.counts)
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
    fn n_iter(&self) -> u64 {
        self.0.n_iter
    }

    #[getter]
    fn n_steps(&self) -> u64 {
        self.0.n_steps
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
        let model = patronomy::cluster::mini_batch::MiniBatchModel::from_json(text);
        model.map(Self).map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(&path).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let model = patronomy::cluster::mini_batch::MiniBatchModel::load(&path);
        model.map(Self).map_err(|e| to_py(py, &e))
    }
}

/// The default parameters as JSON.
#[pyfunction]
pub(crate) fn mini_batch_defaults() -> PyResult<String> {
    to_json(&MiniBatchParams::default())
}
