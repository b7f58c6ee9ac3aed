//! `patronomy._core.Profit`, and kinds of customers.

use patronomy::value::{self, CustomerKind, KindParams, ProfitParams};
use pyo3::prelude::*;

use crate::gate::{Call, run};
use crate::table::TableView;
use crate::transactions::{Transactions, from_json, to_json};

/// A ledger of customers and orders.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Profit(pub(crate) value::Profit);

#[pymethods]
impl Profit {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        tx: &Transactions,
        contacts: Option<&Transactions>,
        params: &str,
        progress: Option<&Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Self> {
        let params: ProfitParams = from_json(py, "ProfitParams", params)?;
        let call = call(tx, progress, n_jobs, memory_mb);
        let contacts = contacts.map(|c| &c.0);
        run(py, &call, |ctx| params.fit(&tx.0, contacts, ctx)).map(Self)
    }

    fn customers(&self) -> TableView {
        TableView(self.0.batch().clone())
    }

    fn orders(&self) -> TableView {
        TableView(self.0.orders().clone())
    }

    /// Totals, row counts, the day it reaches to, and notices, as JSON.
    fn summary(&self) -> PyResult<String> {
        let p = &self.0;
        to_json(&(p.totals(), p.counts(), p.reference(), p.notices()))
    }
}

/// Kinds of customers as a table; counts by kind, row counts, the day of the clock, and notices, as JSON.
#[pyfunction]
pub(crate) fn customer_kinds(
    py: Python<'_>,
    tx: &Transactions,
    contacts: Option<&Transactions>,
    params: &str,
    progress: Option<&Bound<'_, PyAny>>,
    n_jobs: Option<i64>,
    memory_mb: Option<f64>,
) -> PyResult<(TableView, String)> {
    let params: KindParams = from_json(py, "KindParams", params)?;
    let call = call(tx, progress, n_jobs, memory_mb);
    let contacts = contacts.map(|c| &c.0);
    let found = run(py, &call, |ctx| params.fit(&tx.0, contacts, ctx))?;
    let counts = CustomerKind::ALL.map(|kind| (kind.name(), found.n_customers(kind)));
    let summary = (counts, found.counts(), found.reference(), found.notices());
    Ok((TableView(found.batch().clone()), to_json(&summary)?))
}

fn call<'a>(
    tx: &Transactions,
    progress: Option<&'a Bound<'a, PyAny>>,
    n_jobs: Option<i64>,
    memory_mb: Option<f64>,
) -> Call<'a> {
    Call {
        progress,
        n_jobs,
        memory_mb,
        rows: tx.0.n_rows(),
    }
}

/// The default parameters of the ledger and of kinds, as JSON.
#[pyfunction]
pub(crate) fn profit_defaults() -> PyResult<(String, String)> {
    Ok((
        to_json(&ProfitParams::default())?,
        to_json(&KindParams::default())?,
    ))
}
