//! `patronomy._core.PrototypesModel`: k-prototypes of numbers and categories.

use std::path::PathBuf;

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use patronomy::Context;
use patronomy::cluster::prototypes::{Categories, PrototypesParams};
use patronomy::saved::Saved;
use pyo3::prelude::*;

use crate::cluster::{Job, call};
use crate::errors::to_py;
use crate::gate::run;
use crate::table::import;
use crate::transactions::{from_json, to_json};

/// Category columns: a table of Arrow, or a name and texts for each.
fn categories(data: &Bound<'_, PyAny>) -> PyResult<Vec<Categories>> {
    let py = data.py();
    if let Ok(columns) = data.extract::<Vec<(String, Vec<String>)>>() {
        let of = |(name, rows): &(String, Vec<String>)| Categories::of(name, rows);
        let columns: Result<_, _> = columns.iter().map(of).collect();
        return columns.map_err(|e| to_py(py, &e));
    }
    let table = import(data)?;
    let columns = py.detach(|| Categories::of_table(&table, &Context::new()));
    columns.map_err(|e| to_py(py, &e))
}

/// Prototypes.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct PrototypesModel(patronomy::cluster::prototypes::PrototypesModel);

/// Labels, and what is to be known of them.
type Assigned<'py> = (Bound<'py, PyArray1<i32>>, Vec<String>);

#[pymethods]
impl PrototypesModel {
    #[staticmethod]
    #[pyo3(signature = (data, columns, params, progress=None, n_jobs=None))]
    fn fit<'py>(
        data: &Bound<'py, PyAny>,
        columns: &Bound<'py, PyAny>,
        params: &str,
        progress: Option<Bound<'py, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<(Self, Bound<'py, PyArray1<i32>>)> {
        let py = data.py();
        let params: PrototypesParams = from_json(py, "KPrototypes", params)?;
        let columns = categories(columns)?;
        let job = Job::new(data, None)?;
        let (matrix, _) = job.parts(py)?;
        let call = call(&matrix, params.n_clusters, progress.as_ref(), n_jobs);
        let fitted = run(py, &call, |ctx| params.fit(&matrix, &columns, ctx))?;
        let labels = PyArray1::from_vec(py, fitted.labels);
        Ok((Self(fitted.model), labels))
    }

    fn predict<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        columns: &Bound<'py, PyAny>,
        n_jobs: Option<i64>,
    ) -> PyResult<Assigned<'py>> {
        let py = data.py();
        let columns = categories(columns)?;
        let job = Job::new(data, None)?;
        let (matrix, _) = job.parts(py)?;
        let call = call(&matrix, self.0.params.n_clusters, None, n_jobs);
        let found = run(py, &call, |ctx| self.0.predict(&matrix, &columns, ctx))?;
        Ok((PyArray1::from_vec(py, found.labels), found.notices))
    }

    #[getter]
    fn means<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let shape = [self.0.params.n_clusters, self.0.n_features];
        PyArray1::from_slice(py, &self.0.means).reshape(shape)
    }

    /// The most frequent category of each column, prototype by prototype.
    #[getter]
    fn modes(&self) -> Vec<Vec<String>> {
        self.0.modes()
    }

    #[getter]
    fn gamma(&self) -> f64 {
        self.0.gamma
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

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let model = patronomy::cluster::prototypes::PrototypesModel::from_json(text);
        model.map(Self).map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(&path).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let model = patronomy::cluster::prototypes::PrototypesModel::load(&path);
        model.map(Self).map_err(|e| to_py(py, &e))
    }
}

/// The default parameters as JSON.
#[pyfunction]
pub(crate) fn prototypes_defaults() -> PyResult<String> {
    to_json(&PrototypesParams::default())
}
