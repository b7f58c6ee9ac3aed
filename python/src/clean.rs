//! Normalisers: columns in one form.

use std::collections::BTreeMap;

use patronomy::clean::{self, Normaliser};
use pyo3::prelude::*;

use crate::files::FileTable;
use crate::gate::{Call, run};
use crate::table::import;
use crate::transactions::{from_json, to_json};

/// The table with columns in one form, and what became of each as JSON.
#[pyfunction]
pub(crate) fn normalise(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    how: &str,
) -> PyResult<(FileTable, String)> {
    let how: BTreeMap<String, Normaliser> = from_json(py, "Normaliser", how)?;
    let how: Vec<(&str, Normaliser)> = how.iter().map(|(c, n)| (c.as_str(), n.clone())).collect();
    let table = import(data)?;
    let call = Call::quiet(table.n_rows());
    let (table, report) = run(py, &call, |ctx| clean::normalise(&table, &how, ctx))?;
    Ok((FileTable(table), to_json(&report)?))
}
