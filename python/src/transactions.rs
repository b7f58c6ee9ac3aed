//! `patronomy._core.Transactions`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use patronomy::io::ReadOptions;
use patronomy::quality::CustomCheck;
use patronomy::rfm::RfmParams;
use patronomy::{Context, Error, Moment, Returns, Roles, Table};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::baskets::Baskets;
use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::quality::{self, Quality};
use crate::rfm::Rfm;
use crate::sequences::Histories;
use crate::table::import;

/// A transaction table with roles and a clock.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Transactions(pub(crate) patronomy::Transactions);

/// Plain data from Python as a struct of the core, which names what it does not know.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(
    py: Python<'_>,
    owner: &str,
    text: &str,
) -> PyResult<T> {
    serde_json::from_str(text).map_err(|e| {
        let said = e.to_string();
        let said = said.split(" at line ").next().unwrap_or(&said);
        // The core's own words name the parameter already.
        match said.strip_prefix('`').and_then(|s| s.split_once("` of `")) {
            Some(_) => crate::errors::by_name(py, "ParameterError", said),
            None => to_py(
                py,
                &Error::parameter(owner, "parameters", format!("cannot be read: {said}"), text),
            ),
        }
    })
}

pub(crate) fn to_json(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value)
        .map_err(|e| pyo3::exceptions::PyRuntimeError::new_err(e.to_string()))
}

/// Column names by role.
type RoleMap = BTreeMap<String, String>;

/// What names the columns, checked before a table is read.
struct Bindings {
    roles: Roles,
    returns: Returns,
    time_format: Option<String>,
}

impl Bindings {
    fn new(
        py: Python<'_>,
        roles: &RoleMap,
        returns: &str,
        time_format: Option<String>,
    ) -> PyResult<Self> {
        Ok(Self {
            roles: from_json(py, "Transactions", &to_json(roles)?)?,
            returns: from_json(py, "Transactions", &to_json(&returns)?)?,
            time_format,
        })
    }

    fn bind(self, table: Table, ctx: &Context) -> Result<Transactions, Error> {
        let format = self.time_format.as_deref();
        let tx = patronomy::Transactions::bind(table, self.roles, format, ctx)?;
        Ok(Transactions(tx.with_returns(self.returns)))
    }
}

#[pymethods]
impl Transactions {
    #[staticmethod]
    fn from_arrow(
        data: &Bound<'_, PyAny>,
        roles: RoleMap,
        returns: &str,
        time_format: Option<String>,
    ) -> PyResult<Self> {
        let py = data.py();
        let bindings = Bindings::new(py, &roles, returns, time_format)?;
        let table = import(data)?;
        let call = Call::quiet(table.n_rows());
        run(py, &call, |ctx| bindings.bind(table, ctx))
    }

    #[staticmethod]
    fn from_path(
        py: Python<'_>,
        path: PathBuf,
        roles: RoleMap,
        returns: &str,
        time_format: Option<String>,
        reading: &str,
    ) -> PyResult<Self> {
        let bindings = Bindings::new(py, &roles, returns, time_format)?;
        let reading: ReadOptions = from_json(py, "Reading", reading)?;
        run(py, &Call::quiet(usize::MAX), |ctx| {
            let columns: Vec<_> = bindings.roles.iter().collect();
            let table = patronomy::io::read(&path, &reading.roles(&columns), ctx)?;
            bindings.bind(table, ctx)
        })
    }

    fn as_of(&self, py: Python<'_>, text: &str) -> PyResult<Self> {
        let view = Moment::parse(text).and_then(|m| self.0.as_of(m));
        view.map(Self).map_err(|e| to_py(py, &e))
    }

    fn split(&self, py: Python<'_>, text: &str) -> PyResult<(Self, Self)> {
        let views = Moment::parse(text).and_then(|m| self.0.split(m));
        views
            .map(|(past, later)| (Self(past), Self(later)))
            .map_err(|e| to_py(py, &e))
    }

    #[getter]
    fn n_rows(&self) -> usize {
        self.0.n_rows()
    }

    #[getter]
    fn roles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let roles = PyDict::new(py);
        for (role, column) in self.0.roles().iter() {
            roles.set_item(role, column)?;
        }
        Ok(roles)
    }

    #[getter]
    fn returns(&self) -> PyResult<String> {
        Ok(to_json(&self.0.returns())?.trim_matches('"').to_owned())
    }

    #[getter]
    fn clock(&self) -> Option<String> {
        self.0.clock().map(|at| self.0.zone().text(at))
    }

    #[pyo3(signature = (progress=None, n_jobs=None, memory_mb=None))]
    fn counts(
        &self,
        py: Python<'_>,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<String> {
        let call = Call {
            progress: progress.as_ref(),
            n_jobs,
            memory_mb,
            rows: self.0.n_rows(),
        };
        to_json(&run(py, &call, |ctx| self.0.counts(ctx))?)
    }

    fn append(&self, rows: &Bound<'_, PyAny>) -> PyResult<Self> {
        let rows_table = import(rows)?;
        let call = Call::quiet(rows_table.n_rows());
        run(rows.py(), &call, |ctx| self.0.append(&rows_table, ctx)).map(Self)
    }

    fn append_path(&self, py: Python<'_>, path: PathBuf, reading: &str) -> PyResult<Self> {
        let reading: ReadOptions = from_json(py, "Reading", reading)?;
        let tx = run(py, &Call::quiet(usize::MAX), |ctx| {
            let columns: Vec<_> = self.0.roles().iter().collect();
            let rows = patronomy::io::read(&path, &reading.roles(&columns), ctx)?;
            self.0.append(&rows, ctx)
        })?;
        Ok(Self(tx))
    }

    fn without(&self, py: Python<'_>, checks: Vec<String>, own: &str) -> PyResult<Self> {
        let names: Vec<&str> = checks.iter().map(String::as_str).collect();
        let own: Vec<CustomCheck> = from_json(py, "Transactions", own)?;
        let view = self.0.without_checks(&names, &own);
        view.map(Self).map_err(|e| to_py(py, &e))
    }

    fn of_kinds(&self, py: Python<'_>, kinds: Vec<String>, are_left_out: bool) -> PyResult<Self> {
        let names: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let view = if are_left_out {
            self.0.without_kinds(&names)
        } else {
            self.0.only_kinds(&names)
        };
        view.map(Self).map_err(|e| to_py(py, &e))
    }

    #[pyo3(signature = (progress=None, n_jobs=None, memory_mb=None))]
    fn baskets(
        &self,
        py: Python<'_>,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Baskets> {
        let call = Call {
            progress: progress.as_ref(),
            n_jobs,
            memory_mb,
            rows: self.0.n_rows(),
        };
        run(py, &call, |ctx| {
            patronomy::baskets::Baskets::from_transactions(&self.0, ctx)
        })
        .map(Baskets)
    }

    #[pyo3(signature = (progress=None, n_jobs=None, memory_mb=None))]
    fn histories(
        &self,
        py: Python<'_>,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Histories> {
        let call = Call {
            progress: progress.as_ref(),
            n_jobs,
            memory_mb,
            rows: self.0.n_rows(),
        };
        run(py, &call, |ctx| {
            patronomy::sequences::Histories::from_transactions(&self.0, ctx)
        })
        .map(Histories)
    }

    #[pyo3(signature = (params, customers=None, items=None, progress=None, n_jobs=None, memory_mb=None))]
    #[allow(clippy::too_many_arguments, reason = "each is one of the call's own")]
    fn quality(
        &self,
        py: Python<'_>,
        params: &str,
        customers: Option<(Bound<'_, PyAny>, String)>,
        items: Option<(Bound<'_, PyAny>, String)>,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Quality> {
        let (params, partners) = quality::inputs(py, params, customers, items)?;
        let call = Call {
            progress: progress.as_ref(),
            n_jobs,
            memory_mb,
            rows: self.0.n_rows(),
        };
        let quality = run(py, &call, |ctx| self.0.quality(&params, &partners, ctx))?;
        Ok(Quality(quality))
    }

    #[pyo3(signature = (params, progress=None, n_jobs=None, memory_mb=None))]
    fn rfm(
        &self,
        py: Python<'_>,
        params: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Rfm> {
        let params: RfmParams = from_json(py, "RfmParams", params)?;
        let call = Call {
            progress: progress.as_ref(),
            n_jobs,
            memory_mb,
            rows: self.0.n_rows(),
        };
        Ok(Rfm(run(py, &call, |ctx| params.fit(&self.0, ctx))?))
    }
}
