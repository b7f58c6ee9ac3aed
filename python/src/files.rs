//! Files: tables read whole or as a stream, what a file is, and roles that are guessed.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};
use patronomy::io::{self, BatchStream, Inspection, ReadOptions, RoleGuess};
use patronomy::{Context, Error};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};
use pyo3_arrow::error::PyArrowResult;
use pyo3_arrow::ffi::to_schema_pycapsule;

use crate::errors::to_py;
use crate::gate::{Call, pool, run, threads};
use crate::table::{batches, import, time_columns, values};
use crate::transactions::{from_json, to_json};

/// A table of several batches.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct FileTable(pub(crate) patronomy::Table);

#[pymethods]
impl FileTable {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        let rows = self.0.batches().to_vec().into_iter().map(Ok);
        batches(py, self.0.schema(), rows, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyArrowResult<Bound<'py, PyCapsule>> {
        to_schema_pycapsule(py, self.0.schema().as_ref())
    }

    fn __len__(&self) -> usize {
        self.0.n_rows()
    }

    #[getter]
    fn columns(&self) -> Vec<String> {
        let fields = self.0.schema().fields().iter();
        fields.map(|f| f.name().clone()).collect()
    }

    #[getter]
    fn time_columns(&self) -> Vec<String> {
        time_columns(&RecordBatch::new_empty(Arc::clone(self.0.schema())))
    }

    fn head<'py>(&self, py: Python<'py>, n: usize) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (i, field) in self.0.schema().fields().iter().enumerate() {
            let list = PyList::empty(py);
            let mut left = n;
            for batch in self.0.batches() {
                let column = batch.column(i).slice(0, left.min(batch.num_rows()));
                left -= column.len();
                list.call_method1("extend", (values(py, &column)?,))?;
            }
            dict.set_item(field.name(), list)?;
        }
        Ok(dict)
    }
}

/// A file whose batches are read when somebody asks for them.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Scan {
    path: PathBuf,
    options: ReadOptions,
    schema: SchemaRef,
    threads: usize,
}

#[pymethods]
impl Scan {
    #[new]
    fn new(py: Python<'_>, path: PathBuf, options: &str, n_jobs: Option<i64>) -> PyResult<Self> {
        let options: ReadOptions = from_json(py, "Reading", options)?;
        let threads = threads(n_jobs).map_err(|e| to_py(py, &e))?;
        let stream = run(py, &Call::quiet(0), |ctx| io::scan(&path, &options, ctx))?;
        let schema = Arc::clone(stream.schema());
        Ok(Self {
            path,
            options,
            schema,
            threads,
        })
    }

    /// Each stream begins anew.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        let opened = run(py, &Call::quiet(0), |_| {
            Ok((
                io::scan(&self.path, &self.options, &Context::new())?,
                pool(self.threads)?,
            ))
        });
        let (mut file, pool): (BatchStream, _) = opened?;
        let rows = std::iter::from_fn(move || pool.install(|| file.next()));
        let rows = rows.map(|b| b.map_err(|e| ArrowError::ExternalError(Box::new(e))));
        batches(py, &self.schema, rows, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyArrowResult<Bound<'py, PyCapsule>> {
        to_schema_pycapsule(py, self.schema.as_ref())
    }

    #[getter]
    fn columns(&self) -> Vec<String> {
        let fields = self.schema.fields().iter();
        fields.map(|f| f.name().clone()).collect()
    }

    #[getter]
    fn types(&self) -> Vec<String> {
        let fields = self.schema.fields().iter();
        fields.map(|f| f.data_type().to_string()).collect()
    }
}

#[pyfunction]
#[pyo3(signature = (path, options, progress=None, n_jobs=None, memory_mb=None))]
pub(crate) fn read_table(
    py: Python<'_>,
    path: PathBuf,
    options: &str,
    progress: Option<Bound<'_, PyAny>>,
    n_jobs: Option<i64>,
    memory_mb: Option<f64>,
) -> PyResult<FileTable> {
    let options: ReadOptions = from_json(py, "Reading", options)?;
    let call = Call {
        progress: progress.as_ref(),
        n_jobs,
        memory_mb,
        rows: usize::MAX,
    };
    run(py, &call, |ctx| io::read(&path, &options, ctx)).map(FileTable)
}

/// What a file is, its first rows' types, and the roles guessed from them, as JSON.
#[pyfunction]
pub(crate) fn inspect_file(py: Python<'_>, path: PathBuf, options: &str) -> PyResult<String> {
    let options: ReadOptions = from_json(py, "Reading", options)?;
    let found = run(py, &Call::quiet(0), |ctx| {
        let found = io::inspect(&path, &options, ctx)?;
        let guess = io::guess_roles(&found.head);
        Ok((found, guess))
    })?;
    to_json(&description(&found.0, &found.1))
}

fn description(found: &Inspection, guess: &RoleGuess) -> serde_json::Value {
    let fields = found.head.schema().fields().iter();
    let columns: Vec<_> = fields
        .map(|f| serde_json::json!([f.name(), f.data_type().to_string()]))
        .collect();
    let files: Vec<_> = found.files.iter().map(|f| f.to_string_lossy()).collect();
    serde_json::json!({
        "files": files,
        "format": found.format,
        "dialect": found.dialect,
        "sheets": found.sheets,
        "columns": columns,
        "guess": guess,
    })
}

#[pyfunction]
pub(crate) fn guess_roles(data: &Bound<'_, PyAny>) -> PyResult<String> {
    let table = import(data)?;
    let guess = run(data.py(), &Call::quiet(0), |_| {
        Ok::<_, Error>(io::guess_roles(&table))
    })?;
    to_json(&guess)
}
