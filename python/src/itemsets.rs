//! `patronomy._core.Itemsets` and its batches.

use patronomy::rules::RuleParams;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use pyo3_arrow::error::PyArrowResult;

use crate::baskets::Baskets;
use crate::gate::{Call, run};
use crate::rules::Rules;
use crate::table::{Batches, TableView, lazy_head, lazy_schema, lazy_stream};
use crate::transactions::{from_json, to_json};

/// However few the sets: columns are always written by all threads.
const ROWS: usize = usize::MAX;

/// Item sets, kept as they were found; columns are made of them when asked for.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Itemsets(pub(crate) patronomy::itemsets::Itemsets);

#[pymethods]
impl Itemsets {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        let batches = self.0.batches_of(usize::MAX);
        lazy_stream(py, self.0.schema(), ROWS, batches, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyArrowResult<Bound<'py, PyCapsule>> {
        lazy_schema(py, self.0.schema())
    }

    fn __len__(&self) -> usize {
        self.0.n_itemsets() as usize
    }

    #[getter]
    #[allow(clippy::unused_self, reason = "every table of ours is asked for it")]
    fn time_columns(&self) -> Vec<String> {
        Vec::new()
    }

    fn head<'py>(&self, py: Python<'py>, n: usize) -> PyResult<Bound<'py, PyDict>> {
        lazy_head(py, ROWS, self.0.batches_of(n.max(1)), n)
    }

    fn batches(&self, py: Python<'_>, n: usize) -> PyResult<Batches> {
        Batches::of(py, ROWS, self.0.batches_of(n))
    }

    fn strongest(&self, py: Python<'_>, n: usize, min_len: usize) -> PyResult<TableView> {
        let call = Call::quiet(self.0.n_itemsets() as usize);
        run(py, &call, |_| self.0.strongest(n, min_len)).map(TableView)
    }

    #[pyo3(signature = (params, progress=None, n_jobs=None, memory_mb=None))]
    fn rules(
        &self,
        py: Python<'_>,
        params: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Rules> {
        let params: RuleParams = from_json(py, "RuleParams", params)?;
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        let call = call.rows(params.work(&self.0));
        run(py, &call, |ctx| params.fit_itemsets(&self.0, ctx)).map(Rules)
    }

    #[getter]
    fn baskets(&self) -> Baskets {
        Baskets(self.0.baskets().clone())
    }

    #[getter]
    fn min_support_count(&self) -> u32 {
        self.0.min_support_count()
    }

    fn params_json(&self) -> PyResult<String> {
        to_json(self.0.params())
    }
}
