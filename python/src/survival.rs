//! `patronomy._core.SurvivalCurve` and the log-rank test.

use std::path::PathBuf;

use numpy::{PyArray1, PyReadonlyArray1};
use patronomy::saved::Saved;
use patronomy::value::{self, Durations, LogRank, SurvivalParams};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::table::TableView;
use crate::transactions::{from_json, to_json};
use crate::value::{Array, Column, slice, slice_of};

/// Durations, whether ended, weights, entries.
type Rows<'py> = (
    Column<'py>,
    PyReadonlyArray1<'py, bool>,
    Option<Column<'py>>,
    Option<Column<'py>>,
);

fn durations<'a>(rows: &'a Rows<'_>) -> PyResult<Durations<'a>> {
    let ended = rows.1.as_slice();
    let ended = ended.map_err(|e| PyTypeError::new_err(format!("`ended`: {e}")))?;
    let mut found = Durations::new(slice("durations", &rows.0)?, ended);
    if let Some(weights) = slice_of("weights", rows.2.as_ref())? {
        found = found.weights(weights);
    }
    if let Some(entry) = slice_of("entry", rows.3.as_ref())? {
        found = found.entry(entry);
    }
    Ok(found)
}

fn numbers(py: Python<'_>, found: Vec<Option<f64>>) -> Array<'_> {
    PyArray1::from_iter(py, found.into_iter().map(|x| x.unwrap_or(f64::NAN)))
}

/// How many contracts last how long.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct SurvivalCurve(value::SurvivalCurve);

#[pymethods]
impl SurvivalCurve {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        rows: Rows<'_>,
        params: &str,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Self> {
        let params: SurvivalParams = from_json(py, "KaplanMeier", params)?;
        let durations = durations(&rows)?;
        let call = Call {
            progress: None,
            n_jobs,
            memory_mb,
            rows: rows.0.as_array().len(),
        };
        run(py, &call, |ctx| params.fit(&durations, ctx)).map(Self)
    }

    fn survival(&self) -> TableView {
        TableView(self.0.survival_batch())
    }

    fn hazard(&self) -> TableView {
        TableView(self.0.hazard_batch())
    }

    fn survival_at<'py>(&self, py: Python<'py>, times: Column<'_>) -> PyResult<Array<'py>> {
        let found = self.0.survival_at(slice("times", &times)?);
        Ok(numbers(py, found.map_err(|e| to_py(py, &e))?))
    }

    fn hazard_at<'py>(&self, py: Python<'py>, times: Column<'_>) -> PyResult<Array<'py>> {
        let found = self.0.hazard_at(slice("times", &times)?);
        Ok(numbers(py, found.map_err(|e| to_py(py, &e))?))
    }

    fn quantile(&self, py: Python<'_>, p: f64) -> PyResult<Option<f64>> {
        self.0.quantile(p).map_err(|e| to_py(py, &e))
    }

    fn quantile_interval(&self, py: Python<'_>, p: f64) -> PyResult<(Option<f64>, Option<f64>)> {
        self.0.quantile_interval(p).map_err(|e| to_py(py, &e))
    }

    /// The mean and its standard error.
    fn restricted_mean(&self, py: Python<'_>, time: f64) -> PyResult<(f64, f64)> {
        let found = self.0.restricted_mean(time).map_err(|e| to_py(py, &e))?;
        Ok((found.mean, found.standard_error))
    }

    #[getter]
    fn level(&self) -> f64 {
        self.0.params.level
    }

    #[getter]
    fn n_rows(&self) -> u64 {
        self.0.n_rows
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
        let curve = value::SurvivalCurve::from_json(text);
        curve.map(Self).map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(&path).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let curve = value::SurvivalCurve::load(&path);
        curve.map(Self).map_err(|e| to_py(py, &e))
    }
}

/// Statistic, degrees of freedom, p-value; and of each group contracts, ended and expected.
type Tested = (f64, u32, f64, Vec<(f64, f64, f64)>);

#[pyfunction]
pub(crate) fn log_rank(
    py: Python<'_>,
    rows: Rows<'_>,
    group: PyReadonlyArray1<'_, u32>,
    n_jobs: Option<i64>,
) -> PyResult<Tested> {
    let durations = durations(&rows)?;
    let group = group.as_slice();
    let group = group.map_err(|e| PyTypeError::new_err(format!("`groups`: {e}")))?;
    let call = Call {
        n_jobs,
        ..Call::quiet(group.len())
    };
    let found = run(py, &call, |ctx| LogRank::of(&durations, group, ctx))?;
    let groups = found.groups.iter();
    let groups = groups.map(|g| (g.n_contracts, g.n_ended, g.expected));
    Ok((found.statistic, found.df, found.p_value, groups.collect()))
}

/// The default parameters of survival curves as JSON.
#[pyfunction]
pub(crate) fn survival_defaults() -> PyResult<String> {
    to_json(&SurvivalParams::default())
}
