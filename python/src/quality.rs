//! `patronomy._core.Quality`.

use patronomy::quality::{Partners, QualityParams};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::table::{TableView, import};
use crate::transactions::{from_json, to_json};

/// What checks found.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Quality(pub(crate) patronomy::quality::Quality);

#[pymethods]
impl Quality {
    #[getter]
    fn n_rows(&self) -> u64 {
        self.0.n_rows()
    }

    #[getter]
    fn n_checked(&self) -> u64 {
        self.0.n_checked()
    }

    fn findings(&self, py: Python<'_>) -> PyResult<TableView> {
        self.table(py, patronomy::quality::Quality::findings_table)
    }

    fn scorecard(&self, py: Python<'_>) -> PyResult<TableView> {
        self.table(py, patronomy::quality::Quality::scorecard)
    }

    fn examples(&self, py: Python<'_>, check: &str) -> PyResult<TableView> {
        self.table(py, |q| q.examples(check))
    }

    fn flagged(&self, py: Python<'_>, check: &str, n: usize) -> PyResult<TableView> {
        self.table(py, |q| q.flagged(check, n))
    }

    fn flags(&self, py: Python<'_>) -> PyResult<TableView> {
        self.table(py, patronomy::quality::Quality::flags_table)
    }

    fn require(&self, py: Python<'_>, checks: Vec<String>) -> PyResult<()> {
        let names = checks.iter().map(String::as_str);
        self.0.require(names).map_err(|e| to_py(py, &e))
    }
}

impl Quality {
    fn table(
        &self,
        py: Python<'_>,
        make: impl FnOnce(&patronomy::quality::Quality) -> patronomy::Result<arrow_array::RecordBatch>
        + Send,
    ) -> PyResult<TableView> {
        let call = Call::quiet(self.0.n_rows() as usize);
        run(py, &call, |_| make(&self.0)).map(TableView)
    }
}

/// A table with the name of its column of keys.
type Keys<'py> = (Bound<'py, PyAny>, String);

/// Parameters and partner tables, read before the work begins.
pub(crate) fn inputs(
    py: Python<'_>,
    params: &str,
    customers: Option<Keys<'_>>,
    items: Option<Keys<'_>>,
) -> PyResult<(QualityParams, Partners)> {
    let mut partners = Partners::new();
    if let Some((table, column)) = customers {
        let table = import(&table)?;
        partners = partners
            .customers(&table, &column)
            .map_err(|e| to_py(py, &e))?;
    }
    if let Some((table, column)) = items {
        let table = import(&table)?;
        partners = partners.items(&table, &column).map_err(|e| to_py(py, &e))?;
    }
    Ok((from_json(py, "QualityParams", params)?, partners))
}

/// The default parameters as JSON.
#[pyfunction]
pub(crate) fn quality_defaults() -> PyResult<String> {
    to_json(&QualityParams::default())
}

/// The checks there are.
#[pyfunction]
pub(crate) fn quality_checks(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let of_check = |check: &patronomy::quality::CheckInfo| {
        let dict = PyDict::new(py);
        dict.set_item("name", &*check.name)?;
        dict.set_item("role", check.role)?;
        dict.set_item("dimension", check.dimension.name())?;
        dict.set_item("is_remark", check.is_remark)?;
        dict.set_item("finds", &*check.finds)?;
        Ok(dict)
    };
    patronomy::quality::CHECKS.iter().map(of_check).collect()
}
