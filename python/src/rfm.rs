//! `patronomy._core.Rfm` and `patronomy._core.RfmModel`.

use std::path::PathBuf;

use patronomy::rfm::{RfmParams, SegmentMap};
use patronomy::saved::Saved;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use pyo3_arrow::error::PyArrowResult;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::table::{self, TableView};
use crate::transactions::{Transactions, to_json};

/// Scored customers.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Rfm(pub(crate) patronomy::rfm::Rfm);

/// What the Python face shows beside the rows.
#[derive(serde::Serialize)]
struct Summary<'a> {
    counts: &'a patronomy::RowCounts,
    reference: &'a str,
    notices: &'a [String],
    n_unassigned: usize,
}

#[pymethods]
impl Rfm {
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
    fn model(&self) -> RfmModel {
        RfmModel(self.0.model().clone())
    }

    fn summary_json(&self) -> PyResult<String> {
        let model = self.0.model();
        to_json(&Summary {
            counts: &model.counts,
            reference: &model.reference,
            notices: &model.notices,
            n_unassigned: self.0.n_unassigned(),
        })
    }

    fn segments(&self, py: Python<'_>) -> PyResult<TableView> {
        run(py, &self.call(), |_| self.0.segments()).map(TableView)
    }

    fn cells(&self, py: Python<'_>) -> PyResult<TableView> {
        run(py, &self.call(), |_| self.0.cells()).map(TableView)
    }

    fn unassigned_cells(&self, py: Python<'_>) -> PyResult<TableView> {
        run(py, &self.call(), |_| self.0.unassigned_cells()).map(TableView)
    }

    fn moves(&self, py: Python<'_>, earlier: &Self) -> PyResult<TableView> {
        run(py, &self.call(), |_| self.0.moves(&earlier.0)).map(TableView)
    }

    fn customer(&self, py: Python<'_>, id: &Bound<'_, PyAny>) -> PyResult<TableView> {
        self.0
            .customer(&table::id(id)?)
            .map(TableView)
            .map_err(|e| to_py(py, &e))
    }

    fn write(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let batch = self.0.batch();
        run(py, &self.call(), |_| {
            patronomy::io::write_batch(&path, batch)
        })
    }
}

impl Rfm {
    fn call(&self) -> Call<'_> {
        Call::quiet(self.0.batch().num_rows())
    }
}

/// Cut points with what they were learnt from.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct RfmModel(patronomy::rfm::RfmModel);

#[pymethods]
impl RfmModel {
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        patronomy::rfm::RfmModel::from_json(text)
            .map(Self)
            .map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.save(&path)).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| patronomy::rfm::RfmModel::load(&path))
            .map(Self)
            .map_err(|e| to_py(py, &e))
    }

    #[pyo3(signature = (tx, progress=None, n_jobs=None, memory_mb=None))]
    fn score(
        &self,
        py: Python<'_>,
        tx: &Transactions,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Rfm> {
        let call = Call {
            progress: progress.as_ref(),
            n_jobs,
            memory_mb,
            rows: tx.0.n_rows(),
        };
        Ok(Rfm(run(py, &call, |ctx| self.0.score(&tx.0, ctx))?))
    }
}

/// The default parameters as JSON.
#[pyfunction]
pub(crate) fn rfm_defaults() -> PyResult<String> {
    to_json(&RfmParams::default())
}

/// A built-in segment map as JSON.
#[pyfunction]
pub(crate) fn builtin_segment_map(py: Python<'_>, name: &str) -> PyResult<String> {
    to_json(&SegmentMap::builtin(name).map_err(|e| to_py(py, &e))?)
}
