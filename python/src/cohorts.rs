//! `patronomy._core.Cohorts`.

use patronomy::value::{self, CohortMeasure, CohortParams};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use pyo3_arrow::error::PyArrowResult;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::table::{self, TableView};
use crate::transactions::{Transactions, from_json, to_json};

/// Customers by their first order, period after period.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Cohorts(value::Cohorts);

#[pymethods]
impl Cohorts {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        tx: &Transactions,
        params: &str,
        progress: Option<&Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Self> {
        let params: CohortParams = from_json(py, "CohortParams", params)?;
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

    /// `measure` as JSON text.
    fn wide(&self, py: Python<'_>, measure: &str) -> PyResult<TableView> {
        let measure: CohortMeasure = from_json(py, "Cohorts", measure)?;
        let found = self.0.wide(measure);
        found.map(TableView).map_err(|e| to_py(py, &e))
    }

    /// Parameters, the day on which observation ended, counts and notices, as JSON.
    fn about(&self) -> PyResult<String> {
        let cohorts = &self.0;
        to_json(&(
            cohorts.params(),
            cohorts.reference(),
            cohorts.counts(),
            cohorts.notices(),
        ))
    }
}

/// The default parameters of cohorts as JSON.
#[pyfunction]
pub(crate) fn cohort_defaults() -> PyResult<String> {
    to_json(&CohortParams::default())
}
