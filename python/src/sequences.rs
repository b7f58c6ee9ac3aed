//! `patronomy._core.Histories`, and the sequences mined from them.

use std::path::PathBuf;

use patronomy::io::ReadOptions;
use patronomy::sequences::SequenceParams;
use patronomy::{Context, Error};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};
use pyo3_arrow::error::PyArrowResult;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::labels;
use crate::table::{Batches, TableView, import, lazy_head, lazy_schema, lazy_stream, values};
use crate::transactions::{from_json, to_json};

/// The baskets of each customer in order of time.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Histories(pub(crate) patronomy::sequences::Histories);

fn of_job(
    py: Python<'_>,
    rows: usize,
    job: impl FnOnce(&Context) -> Result<patronomy::sequences::Histories, Error> + Send,
) -> PyResult<Histories> {
    run(py, &Call::quiet(rows), job).map(Histories)
}

#[pymethods]
impl Histories {
    #[staticmethod]
    fn from_table(
        data: &Bound<'_, PyAny>,
        customer: &str,
        time: &str,
        item: &str,
        time_format: Option<&str>,
    ) -> PyResult<Self> {
        let table = import(data)?;
        of_job(data.py(), table.n_rows(), |ctx| {
            patronomy::sequences::Histories::from_table(
                &table,
                customer,
                time,
                item,
                time_format,
                ctx,
            )
        })
    }

    #[staticmethod]
    fn from_path(
        py: Python<'_>,
        path: PathBuf,
        customer: &str,
        time: &str,
        item: &str,
        time_format: Option<&str>,
        reading: &str,
    ) -> PyResult<Self> {
        let reading: ReadOptions = from_json(py, "Reading", reading)?;
        let reading = reading.roles(&[("customer", customer), ("time", time), ("item", item)]);
        of_job(py, usize::MAX, |ctx| {
            let table = patronomy::io::read(&path, &reading, ctx)?;
            patronomy::sequences::Histories::from_table(
                &table,
                customer,
                time,
                item,
                time_format,
                ctx,
            )
        })
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[getter]
    fn n_elements(&self) -> usize {
        self.0.n_elements()
    }

    #[getter]
    fn n_items(&self) -> usize {
        self.0.baskets().n_items()
    }

    #[getter]
    fn n_merged(&self) -> u64 {
        self.0.n_merged()
    }

    #[getter]
    fn n_without_customer(&self) -> u64 {
        self.0.n_without_customer()
    }

    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        values(py, self.0.baskets().labels())
    }

    #[getter]
    fn names<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let names = self.0.baskets().names();
        names.map(|names| values(py, names)).transpose()
    }

    fn counts(&self) -> PyResult<String> {
        to_json(self.0.counts())
    }

    fn numbers(&self, labels: &Bound<'_, PyAny>, what: &str) -> PyResult<Vec<u32>> {
        let wanted = labels::labels(what, labels)?;
        let numbers = self.0.baskets().numbers(&wanted, what);
        numbers.map_err(|e| to_py(labels.py(), &e))
    }

    #[pyo3(signature = (params, progress=None, n_jobs=None, memory_mb=None))]
    fn sequences(
        &self,
        py: Python<'_>,
        params: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Sequences> {
        let params: SequenceParams = from_json(py, "SequenceParams", params)?;
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        run(py, &call, |ctx| params.fit(&self.0, ctx)).map(Sequences)
    }

    #[pyo3(signature = (params, progress=None, n_jobs=None, memory_mb=None))]
    fn count_sequences(
        &self,
        py: Python<'_>,
        params: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<u64> {
        let params: SequenceParams = from_json(py, "SequenceParams", params)?;
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        run(py, &call, |ctx| params.count(&self.0, ctx))
    }
}

/// Sequences, kept as they were found; columns are made of them when asked for.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Sequences(patronomy::sequences::Sequences);

#[pymethods]
impl Sequences {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        let batches = self.0.batches_of(usize::MAX);
        lazy_stream(py, self.0.schema(), usize::MAX, batches, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyArrowResult<Bound<'py, PyCapsule>> {
        lazy_schema(py, self.0.schema())
    }

    fn __len__(&self) -> usize {
        self.0.n_sequences() as usize
    }

    #[getter]
    #[allow(clippy::unused_self, reason = "every table of ours is asked for it")]
    fn time_columns(&self) -> Vec<String> {
        Vec::new()
    }

    fn head<'py>(&self, py: Python<'py>, n: usize) -> PyResult<Bound<'py, PyDict>> {
        lazy_head(py, usize::MAX, self.0.batches_of(n.max(1)), n)
    }

    fn batches(&self, py: Python<'_>, n: usize) -> PyResult<Batches> {
        Batches::of(py, usize::MAX, self.0.batches_of(n))
    }

    fn strongest(&self, py: Python<'_>, n: usize, min_len: usize) -> PyResult<TableView> {
        let call = Call::quiet(self.0.n_sequences() as usize);
        run(py, &call, |_| self.0.strongest(n, min_len)).map(TableView)
    }

    #[getter]
    fn histories(&self) -> Histories {
        Histories(self.0.histories().clone())
    }

    #[getter]
    fn min_support_count(&self) -> u32 {
        self.0.min_support_count()
    }

    fn params_json(&self) -> PyResult<String> {
        to_json(self.0.params())
    }
}

/// The default parameters as JSON.
#[pyfunction]
pub(crate) fn sequence_defaults() -> PyResult<String> {
    to_json(&SequenceParams::default())
}
