//! `patronomy._core.Shop` and `patronomy._core.Oracle`.

use patronomy::Error;
use patronomy::simulate::{CustomerIds, Difficulty, Dirt, Language, ShopParams, Task};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::error::PyArrowResult;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::table::{self, TableView};
use crate::transactions::{Transactions, from_json, to_json};

/// Drawing a shop is always worth a pool.
const CALL: Call<'_> = Call::quiet(usize::MAX);

/// The parameters of a shop that says nothing else.
#[pyfunction]
pub(crate) fn shop_defaults() -> PyResult<String> {
    to_json(&ShopParams::new())
}

/// The names that a parameter takes, in the core's own order.
#[pyfunction]
pub(crate) fn shop_choices() -> PyResult<String> {
    let languages = [Language::English, Language::Chinese, Language::Mixed];
    to_json(&serde_json::json!({
        "difficulty": Difficulty::ALL,
        "language": languages,
        "customer_ids": [CustomerIds::Integer, CustomerIds::Text],
        "dirt": Dirt::ALL,
        "task": Task::ALL,
    }))
}

/// A shop whose truth is known.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Shop(patronomy::simulate::Shop);

#[pymethods]
impl Shop {
    #[new]
    fn new(py: Python<'_>, params: &str, n_lines: Option<usize>) -> PyResult<Self> {
        let params: ShopParams = from_json(py, "Shop", params)?;
        params.validate().map_err(|e| to_py(py, &e))?;
        let sized = n_lines.map_or_else(|| params.clone(), |n| params.clone().lines(n));
        sized.validate().map_err(|e| to_py(py, &e))?;
        Ok(Self(sized.shop()))
    }

    fn params_json(&self) -> PyResult<String> {
        to_json(self.0.params())
    }

    #[pyo3(signature = (progress=None, n_jobs=None, memory_mb=None))]
    fn transactions(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Transactions> {
        let call = Call {
            progress,
            n_jobs,
            memory_mb,
            ..CALL
        };
        run(py, &call, |ctx| self.0.transactions_in(ctx)).map(Transactions)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        let lines = run(py, &CALL, |ctx| self.0.table_in(ctx))?;
        let batches = lines.batches().to_vec().into_iter().map(Ok);
        table::batches(py, lines.schema(), batches, requested_schema)
    }

    fn truth(&self, py: Python<'_>, name: &str) -> PyResult<TableView> {
        run(py, &CALL, |ctx| {
            let truth = self.0.truth_in(ctx)?;
            match name {
                "customers" => truth.customers(),
                "items" => truth.items(),
                "rules" => truth.rules(),
                "deviations" => truth.deviations(),
                "campaign" => truth.campaign(),
                "returns" => truth.returns(),
                "dirt" => truth.dirt(),
                _ => Err(Error::parameter("Truth", "name", "must be a table", name)),
            }
        })
        .map(TableView)
    }

    #[pyo3(signature = (progress=None, n_jobs=None, memory_mb=None))]
    fn oracle(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Oracle> {
        let call = Call {
            progress,
            n_jobs,
            memory_mb,
            ..CALL
        };
        run(py, &call, |ctx| self.0.oracle_in(ctx)).map(Oracle)
    }
}

/// The oracle's answers.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Oracle(patronomy::simulate::Oracle);

fn task(py: Python<'_>, name: &str) -> PyResult<Task> {
    let unknown = || Error::parameter("Oracle", "task", "must be a task", name);
    Task::from_name(name).ok_or_else(|| to_py(py, &unknown()))
}

#[pymethods]
impl Oracle {
    fn scores(&self, py: Python<'_>) -> PyResult<TableView> {
        run(py, &CALL, |_| self.0.scores()).map(TableView)
    }

    fn predictions(&self, py: Python<'_>, name: &str) -> PyResult<TableView> {
        let task = task(py, name)?;
        run(py, &CALL, |_| self.0.predictions(task)).map(TableView)
    }

    fn evaluate(&self, py: Python<'_>, name: &str, values: Vec<f64>) -> PyResult<Option<f64>> {
        let task = task(py, name)?;
        run(py, &CALL, |_| self.0.evaluate(task, &values))
    }
}
