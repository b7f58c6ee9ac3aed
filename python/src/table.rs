//! Arrow in and out by capability: whatever gives a stream is a table, whatever takes one gets it.

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray, UInt64Array};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef};
use patronomy::{Error, Table};
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyInt, PyList};
use pyo3_arrow::error::PyArrowResult;
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};
use pyo3_arrow::input::AnyRecordBatch;
use std::sync::{Arc, Mutex, PoisonError};

use crate::errors::to_py;
use crate::gate::{INLINE_ROWS, pool, threads};

/// The batches behind an object that exports Arrow.
pub(crate) fn import(data: &Bound<'_, PyAny>) -> PyResult<Table> {
    let py = data.py();
    let input: AnyRecordBatch = data.extract().map_err(|e| not_a_table(data, &e))?;
    let reader = input.into_reader()?;
    let schema = reader.schema();
    let mut reader = reader;
    let mut batches = Vec::new();
    // In this thread, for what is behind the stream may belong to it; but others may run, and Ctrl-C is looked for.
    while let Some(batch) = py.detach(|| reader.next()) {
        py.check_signals()?;
        batches.push(batch.map_err(|e| {
            let (what, why) = ("the Arrow stream".into(), e.to_string());
            to_py(py, &Error::FeatureMismatch { what, why })
        })?);
    }
    Table::try_new(schema, batches).map_err(|e| to_py(py, &e))
}

fn not_a_table(data: &Bound<'_, PyAny>, cause: &PyErr) -> PyErr {
    let kind = data
        .get_type()
        .qualname()
        .map_or_else(|_| "object".into(), |n| n.to_string());
    let hint = match kind.as_str() {
        "LazyFrame" => "call .collect() first",
        "dict" | "list" => "make a DataFrame of it first",
        _ => {
            "give a pandas, polars or pyarrow table, a DuckDB relation, anything with __arrow_c_stream__, or a path"
        }
    };
    PyTypeError::new_err(format!(
        "`data` must be a table or a path; got {kind}: {hint} ({cause})"
    ))
}

/// A result's rows: Arrow out, and a few of them as Python values.
#[pyclass(frozen, name = "Table", module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct TableView(pub(crate) RecordBatch);

#[pymethods]
impl TableView {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        stream(py, &self.0, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyArrowResult<Bound<'py, PyCapsule>> {
        schema(py, &self.0)
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    #[getter]
    fn columns(&self) -> Vec<String> {
        columns(&self.0)
    }

    #[getter]
    fn time_columns(&self) -> Vec<String> {
        time_columns(&self.0)
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        to_dict(py, &self.0)
    }

    fn head<'py>(&self, py: Python<'py>, n: usize) -> PyResult<Bound<'py, PyDict>> {
        head(py, &self.0, n)
    }
}

type BatchIterator = Box<dyn Iterator<Item = Result<RecordBatch, Error>> + Send>;

/// Batches, made one at a time.
#[pyclass(frozen, module = "patronomy._core")]
pub(crate) struct Batches(Mutex<BatchIterator>);

impl Batches {
    /// Those of a result of so many rows.
    pub(crate) fn of(
        py: Python<'_>,
        rows: usize,
        made: impl Iterator<Item = Result<RecordBatch, Error>> + Send + 'static,
    ) -> PyResult<Self> {
        let made = pooled(rows, made).map_err(|e| to_py(py, &e))?;
        Ok(Self(Mutex::new(made)))
    }
}

#[pymethods]
impl Batches {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<TableView>> {
        let batch = py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).next());
        let batch = batch.transpose().map_err(|e| to_py(py, &e))?;
        Ok(batch.map(TableView))
    }
}

/// The batches of a result of so many rows, made by our own threads: after a fork those of another pool would not be there.
fn pooled(
    rows: usize,
    mut batches: impl Iterator<Item = Result<RecordBatch, Error>> + Send + 'static,
) -> Result<BatchIterator, Error> {
    if rows < INLINE_ROWS {
        return Ok(Box::new(batches));
    }
    let pool = pool(threads(None)?)?;
    Ok(Box::new(std::iter::from_fn(move || {
        pool.install(|| batches.next())
    })))
}

/// The same as an Arrow stream.
pub(crate) fn lazy_stream<'py>(
    py: Python<'py>,
    schema: Result<SchemaRef, Error>,
    rows: usize,
    made: impl Iterator<Item = Result<RecordBatch, Error>> + Send + 'static,
    requested: Option<Bound<'py, PyCapsule>>,
) -> PyArrowResult<Bound<'py, PyCapsule>> {
    let schema = schema.map_err(|e| to_py(py, &e))?;
    let made = pooled(rows, made).map_err(|e| to_py(py, &e))?;
    let made = made.map(|b| b.map_err(|e| ArrowError::ExternalError(Box::new(e))));
    batches(py, &schema, made, requested)
}

/// Its columns, as an Arrow schema.
pub(crate) fn lazy_schema(
    py: Python<'_>,
    schema: Result<SchemaRef, Error>,
) -> PyArrowResult<Bound<'_, PyCapsule>> {
    to_schema_pycapsule(py, schema.map_err(|e| to_py(py, &e))?.as_ref())
}

/// Its first rows as Python values.
pub(crate) fn lazy_head(
    py: Python<'_>,
    rows: usize,
    made: impl Iterator<Item = Result<RecordBatch, Error>> + Send + 'static,
    n: usize,
) -> PyResult<Bound<'_, PyDict>> {
    let mut made = pooled(rows, made).map_err(|e| to_py(py, &e))?;
    let first = py.detach(|| made.next());
    let first = first.unwrap_or_else(|| unreachable!("there is always a batch"));
    head(py, &first.map_err(|e| to_py(py, &e))?, n)
}

pub(crate) fn columns(batch: &RecordBatch) -> Vec<String> {
    batch
        .schema_ref()
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect()
}

/// Columns of instants, which become text on the way to Python.
pub(crate) fn time_columns(batch: &RecordBatch) -> Vec<String> {
    let fields = batch.schema_ref().fields().iter();
    let times = fields.filter(|f| matches!(f.data_type(), DataType::Timestamp(..)));
    times.map(|f| f.name().clone()).collect()
}

pub(crate) fn stream<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
    requested: Option<Bound<'py, PyCapsule>>,
) -> PyArrowResult<Bound<'py, PyCapsule>> {
    batches(
        py,
        batch.schema_ref(),
        std::iter::once(Ok(batch.clone())),
        requested,
    )
}

/// The stream of batches that share a schema.
pub(crate) fn batches<'py>(
    py: Python<'py>,
    schema: &SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static,
    requested: Option<Bound<'py, PyCapsule>>,
) -> PyArrowResult<Bound<'py, PyCapsule>> {
    let field = Field::new_struct("", schema.fields().clone(), false);
    let rows = batches.map(|b| b.map(|b| Arc::new(StructArray::from(b)) as ArrayRef));
    let reader = ArrayIterator::new(rows, Arc::new(field));
    to_stream_pycapsule(py, Box::new(reader), requested)
}

pub(crate) fn schema<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
) -> PyArrowResult<Bound<'py, PyCapsule>> {
    to_schema_pycapsule(py, batch.schema_ref().as_ref())
}

/// Columns as lists of Python values.
pub(crate) fn to_dict<'py>(py: Python<'py>, batch: &RecordBatch) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        dict.set_item(field.name(), values(py, column)?)?;
    }
    Ok(dict)
}

pub(crate) fn head<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
    n: usize,
) -> PyResult<Bound<'py, PyDict>> {
    to_dict(py, &batch.slice(0, n.min(batch.num_rows())))
}

/// One column as a list; instants as ISO text, which the Python side turns into datetimes.
pub(crate) fn values<'py>(py: Python<'py>, column: &ArrayRef) -> PyResult<Bound<'py, PyList>> {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, Int64Type, UInt64Type};

    let cast = |to: &DataType| {
        arrow_cast::cast(column, to)
            .map_err(|e| PyTypeError::new_err(format!("a column of {}: {e}", column.data_type())))
    };
    match column.data_type() {
        DataType::Boolean => PyList::new(py, column.as_boolean().iter()),
        DataType::Float64 => PyList::new(py, column.as_primitive::<Float64Type>().iter()),
        DataType::List(_) => {
            let lists = PyList::empty(py);
            for items in column.as_list::<i32>().iter() {
                lists.append(items.map(|items| values(py, &items)).transpose()?)?;
            }
            Ok(lists)
        }
        t if t.is_unsigned_integer() => PyList::new(
            py,
            cast(&DataType::UInt64)?.as_primitive::<UInt64Type>().iter(),
        ),
        t if t.is_integer() => PyList::new(
            py,
            cast(&DataType::Int64)?.as_primitive::<Int64Type>().iter(),
        ),
        // A dictionary is cast whole, however few of its values are meant.
        DataType::Dictionary(..) => {
            let codes = column.as_any_dictionary();
            let few = arrow_select::take::take(codes.values(), codes.keys(), None);
            values(py, &few.map_err(|e| PyTypeError::new_err(e.to_string()))?)
        }
        _ => PyList::new(py, cast(&DataType::LargeUtf8)?.as_string::<i64>().iter()),
    }
}

/// An identifier from Python as an array of one.
pub(crate) fn id(value: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    if let Ok(number) = value.extract::<i64>() {
        return Ok(Arc::new(Int64Array::from(vec![number])));
    }
    if let Ok(number) = value.extract::<u64>() {
        return Ok(Arc::new(UInt64Array::from(vec![number])));
    }
    if value.is_instance_of::<PyInt>() {
        return Err(PyOverflowError::new_err(
            "an integer beyond 64 bits is no id",
        ));
    }
    let text: String = value.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "`customer` must be an integer or text; got {}",
            value.get_type()
        ))
    })?;
    Ok(Arc::new(StringArray::from(vec![text])))
}
