//! DBSCAN and OPTICS: labels of rows, and no model, for new rows have no place in them.

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use patronomy::cluster::density::{DbscanParams, OpticsParams};
use patronomy::cluster::mixture::MixtureParams;
use patronomy::saved::Saved;
use pyo3::prelude::*;

use crate::cluster::{Job, call};
use crate::errors::to_py;
use crate::gate::run;
use crate::transactions::{from_json, to_json};

/// What a row is compared with is about as much work as so many centres.
const NEIGHBOURS: usize = 64;

/// Labels and notices.
type Found<'py> = (Bound<'py, PyArray1<i32>>, Vec<String>);

/// Order, reachabilities, core distances.
type Order<'py> = (
    Bound<'py, PyArray1<u64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
);

#[pyfunction]
pub(crate) fn dbscan<'py>(
    data: &Bound<'py, PyAny>,
    params: &str,
    n_jobs: Option<i64>,
) -> PyResult<Found<'py>> {
    let py = data.py();
    let params: DbscanParams = from_json(py, "DBSCAN", params)?;
    let job = Job::new(data, None)?;
    let (matrix, _) = job.parts(py)?;
    let call = call(&matrix, NEIGHBOURS, None, n_jobs);
    let found = run(py, &call, |ctx| params.fit(&matrix, ctx))?;
    Ok((PyArray1::from_vec(py, found.labels), found.notices))
}

#[pyfunction]
pub(crate) fn optics<'py>(
    data: &Bound<'py, PyAny>,
    params: &str,
    n_jobs: Option<i64>,
) -> PyResult<(Found<'py>, Order<'py>)> {
    let py = data.py();
    let params: OpticsParams = from_json(py, "OPTICS", params)?;
    let job = Job::new(data, None)?;
    let (matrix, _) = job.parts(py)?;
    let call = call(&matrix, NEIGHBOURS, None, n_jobs);
    let fitted = run(py, &call, |ctx| params.fit(&matrix, ctx))?;
    let found = (
        PyArray1::from_vec(py, fitted.found.labels),
        fitted.found.notices,
    );
    let ordering = fitted.ordering.into_iter().map(|row| row as u64);
    let order = (
        PyArray1::from_iter(py, ordering),
        PyArray1::from_vec(py, fitted.reachability),
        PyArray1::from_vec(py, fitted.core_distances),
    );
    Ok((found, order))
}

/// The default parameters of DBSCAN, OPTICS and mixtures as JSON.
#[pyfunction]
pub(crate) fn density_defaults() -> PyResult<(String, String, String)> {
    Ok((
        to_json(&DbscanParams::default())?,
        to_json(&OpticsParams::default())?,
        to_json(&MixtureParams::default())?,
    ))
}

/// Clouds.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct MixtureModel(patronomy::cluster::mixture::MixtureModel);

#[pymethods]
impl MixtureModel {
    #[staticmethod]
    fn fit(data: &Bound<'_, PyAny>, params: &str, n_jobs: Option<i64>) -> PyResult<Self> {
        let py = data.py();
        let params: MixtureParams = from_json(py, "GaussianMixture", params)?;
        let job = Job::new(data, None)?;
        let (matrix, _) = job.parts(py)?;
        let call = call(&matrix, NEIGHBOURS, None, n_jobs);
        run(py, &call, |ctx| params.fit(&matrix, ctx)).map(Self)
    }

    fn predict<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray1<i32>>> {
        let py = data.py();
        let job = Job::new(data, None)?;
        let (matrix, _) = job.parts(py)?;
        let call = call(&matrix, self.0.params.n_components, None, n_jobs);
        let labels = run(py, &call, |ctx| self.0.predict(&matrix, ctx))?;
        Ok(PyArray1::from_vec(py, labels))
    }

    fn predict_proba<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let py = data.py();
        let job = Job::new(data, None)?;
        let (matrix, _) = job.parts(py)?;
        let k = self.0.params.n_components;
        let call = call(&matrix, k, None, n_jobs);
        let shares = run(py, &call, |ctx| self.0.predict_proba(&matrix, ctx))?;
        PyArray1::from_vec(py, shares).reshape([matrix.n_rows(), k])
    }

    fn score_samples<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let py = data.py();
        let job = Job::new(data, None)?;
        let (matrix, _) = job.parts(py)?;
        let call = call(&matrix, self.0.params.n_components, None, n_jobs);
        let scores = run(py, &call, |ctx| self.0.score_samples(&matrix, ctx))?;
        Ok(PyArray1::from_vec(py, scores))
    }

    #[getter]
    fn weights<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.0.weights)
    }

    #[getter]
    fn means<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.0.means)
    }

    #[getter]
    fn covariances<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.0.covariances)
    }

    #[getter]
    fn log_likelihood(&self) -> f64 {
        self.0.log_likelihood
    }

    #[getter]
    fn n_parameters(&self) -> usize {
        self.0.n_parameters()
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
        let model = patronomy::cluster::mixture::MixtureModel::from_json(text);
        model.map(Self).map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: std::path::PathBuf) -> PyResult<()> {
        self.0.save(&path).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: std::path::PathBuf) -> PyResult<Self> {
        let model = patronomy::cluster::mixture::MixtureModel::load(&path);
        model.map(Self).map_err(|e| to_py(py, &e))
    }
}
