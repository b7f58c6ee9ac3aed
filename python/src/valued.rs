//! `patronomy._core.CustomerValue` and `patronomy._core.ValueModel`.

use std::path::PathBuf;

use patronomy::saved::Saved;
use patronomy::value::{self, RetentionClass, RetentionParams, ValueParams};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use pyo3_arrow::error::PyArrowResult;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::profit::Profit;
use crate::table::{self, TableView};
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
        profit: Option<&Profit>,
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
        run(py, &call, |ctx| match profit {
            Some(profit) => params.fit_profit(&tx.0, &profit.0, ctx),
            None => params.fit(&tx.0, ctx),
        })
        .map(Self)
    }

    #[getter]
    fn equity(&self, py: Python<'_>) -> PyResult<f64> {
        let found = self.0.equity().map_err(|e| to_py(py, &e))?;
        Ok(found.units())
    }

    /// Movements as a table, with opening and closing.
    fn equity_change(
        &self,
        py: Python<'_>,
        earlier: &Self,
        lost_below: f64,
    ) -> PyResult<(TableView, f64, f64)> {
        let call = Call::quiet(self.0.batch().num_rows());
        let (change, table) = run(py, &call, |_| {
            let change = self.0.equity_change(&earlier.0, lost_below)?;
            let table = change.batch()?;
            Ok((change, table))
        })?;
        let (opening, closing) = (change.opening().units(), change.closing().units());
        Ok((TableView(table), opening, closing))
    }

    /// Tiers as a table, and what it says of all as JSON.
    fn evaluate(
        &self,
        py: Python<'_>,
        later: &Transactions,
        contacts: Option<&Transactions>,
        progress: Option<&Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<(TableView, String)> {
        let call = Call {
            progress,
            n_jobs,
            memory_mb,
            rows: later.0.n_rows(),
        };
        let contacts = contacts.map(|c| &c.0);
        let told = run(py, &call, |ctx| self.0.evaluate(&later.0, contacts, ctx))?;
        let summary = (
            (&told.period, told.n_customers, told.n_unknown, told.n_new),
            (told.actual, told.expected, told.repeated, told.gain),
        );
        Ok((TableView(told.batch().clone()), to_json(&summary)?))
    }

    /// Classes as a table; counts by class, the least value and notices as JSON.
    fn retention(
        &self,
        py: Python<'_>,
        profit: Option<&Profit>,
        params: &str,
        progress: Option<&Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<(TableView, String)> {
        let params: RetentionParams = from_json(py, "RetentionParams", params)?;
        let rows = self.0.batch().num_rows();
        let call = Call {
            progress,
            n_jobs,
            memory_mb: None,
            rows: rows.saturating_mul(params.n_draws as usize),
        };
        let profit = profit.map(|p| &p.0);
        let found = run(py, &call, |ctx| params.fit(&self.0, profit, ctx))?;
        let names = RetentionClass::ALL.map(RetentionClass::name);
        let counts: Vec<_> = names.into_iter().zip(found.counts()).collect();
        let summary = (counts, found.min_value(), found.notices());
        Ok((TableView(found.batch().clone()), to_json(&summary)?))
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
        profit: Option<&Profit>,
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
        run(py, &call, |ctx| match profit {
            Some(profit) => self.0.score_profit(&tx.0, &profit.0, ctx),
            None => self.0.score(&tx.0, ctx),
        })
        .map(CustomerValue)
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

/// The default parameters of the job and of retention classes as JSON.
#[pyfunction]
pub(crate) fn customer_value_defaults() -> PyResult<(String, String)> {
    Ok((
        to_json(&ValueParams::default())?,
        to_json(&RetentionParams::default())?,
    ))
}
