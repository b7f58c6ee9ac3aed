//! `patronomy._core.CustomerValue` and `patronomy._core.ValueModel`.

use std::path::PathBuf;

use patronomy::saved::Saved;
use patronomy::value::{self, ValueParams};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use pyo3_arrow::error::PyArrowResult;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::table;
use crate::transactions::{Transactions, from_json, to_json};

/// Customers with their values.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct CustomerValue(value::CustomerValue);

#[pymethods]
impl CustomerValue {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        tx: &Transactions,
        params: &str,
        progress: Option<&Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Self> {
        let params: ValueParams = from_json(py, "ValueParams", params)?;
        let call = Call {
            progress,
            n_jobs,
            memory_mb,
            rows: usize::MAX,
        };
        run(py, &call, |ctx| params.fit(&tx.0, ctx)).map(Self)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        table::stream(py, self.0.batch(), requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyArrowResult<Bound<'py, PyCapsule>> {
        table::schema(py, self.0.batch())
    }

    fn __len__(&self) -> usize {
        self.0.batch().num_rows()
    }

    #[getter]
    fn columns(&self) -> Vec<String> {
        table::columns(self.0.batch())
    }

    #[getter]
    fn time_columns(&self) -> Vec<String> {
        table::time_columns(self.0.batch())
    }

    fn head<'py>(&self, py: Python<'py>, n: usize) -> PyResult<Bound<'py, PyDict>> {
        table::head(py, self.0.batch(), n)
    }

    #[getter]
    fn model(&self) -> ValueModel {
        ValueModel(self.0.model().clone())
    }
}

/// What customers are valued with.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct ValueModel(value::ValueModel);

#[pymethods]
impl ValueModel {
    fn score(
        &self,
        py: Python<'_>,
        tx: &Transactions,
        progress: Option<&Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<CustomerValue> {
        let call = Call {
            progress,
            n_jobs,
            memory_mb,
            rows: usize::MAX,
        };
        run(py, &call, |ctx| self.0.score(&tx.0, ctx)).map(CustomerValue)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let model = value::ValueModel::from_json(text);
        model.map(Self).map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(&path).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        value::ValueModel::load(&path)
            .map(Self)
            .map_err(|e| to_py(py, &e))
    }
}

/// The default parameters of the job as JSON.
#[pyfunction]
pub(crate) fn customer_value_defaults() -> PyResult<String> {
    to_json(&ValueParams::default())
}
