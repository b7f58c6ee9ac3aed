//! `patronomy._core.Baskets`.

use std::path::PathBuf;

use arrow_array::ArrayRef;
use patronomy::baskets::{BasketFormat, LongTable};
use patronomy::io::ReadOptions;
use patronomy::itemsets::{ItemsetParams, Textbook};
use patronomy::rules::{RuleParams, contrasts};
use patronomy::{Context, Error, Table};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyList;
use pyo3_arrow::input::AnyArray;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::itemsets::Itemsets;
use crate::labels;
use crate::rules::Rules;
use crate::table::{TableView, import, values};
use crate::transactions::{from_json, to_json};

/// Transactions as sets of items.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Baskets(pub(crate) patronomy::baskets::Baskets);

type Done = PyResult<Baskets>;

fn of_job(
    py: Python<'_>,
    rows: usize,
    job: impl FnOnce(&Context) -> Result<patronomy::baskets::Baskets, Error> + Send,
) -> Done {
    run(py, &Call::quiet(rows), job).map(Baskets)
}

fn columns(transaction: &str, item: &str, weight: Option<String>) -> LongTable {
    let mut columns = LongTable::new(transaction, item);
    columns.weight = weight;
    columns
}

#[pymethods]
impl Baskets {
    #[staticmethod]
    fn from_table(
        data: &Bound<'_, PyAny>,
        transaction: &str,
        item: &str,
        weight: Option<String>,
    ) -> Done {
        let table = import(data)?;
        let columns = columns(transaction, item, weight);
        of_job(data.py(), table.n_rows(), |ctx| {
            patronomy::baskets::Baskets::from_long(&table, &columns, ctx)
        })
    }

    #[staticmethod]
    fn from_path(
        py: Python<'_>,
        path: PathBuf,
        transaction: &str,
        item: &str,
        weight: Option<String>,
        reading: &str,
    ) -> Done {
        let reading: ReadOptions = from_json(py, "Reading", reading)?;
        let reading = reading.roles(&[("transaction", transaction), ("item", item)]);
        let columns = columns(transaction, item, weight);
        of_job(py, usize::MAX, |ctx| {
            let table = patronomy::io::read(&path, &reading, ctx)?;
            patronomy::baskets::Baskets::from_long(&table, &columns, ctx)
        })
    }

    #[staticmethod]
    fn from_list_table(data: &Bound<'_, PyAny>, column: Option<String>) -> Done {
        let table = import(data)?;
        of_job(data.py(), usize::MAX, |ctx| {
            patronomy::baskets::Baskets::from_list_column(&table, column.as_deref(), ctx)
        })
    }

    #[staticmethod]
    fn from_list_array(data: &Bound<'_, PyAny>) -> Done {
        let (chunks, _) = data
            .extract::<AnyArray>()?
            .into_chunked_array()?
            .into_inner();
        of_lists(data.py(), &chunks)
    }

    #[staticmethod]
    fn from_lists(data: &Bound<'_, PyAny>) -> Done {
        let lists = labels::lists("Baskets.from_lists", data)?;
        of_lists(data.py(), &[lists])
    }

    #[staticmethod]
    fn from_one_hot(data: &Bound<'_, PyAny>) -> Done {
        let table: Table = import(data)?;
        of_job(data.py(), usize::MAX, |ctx| {
            patronomy::baskets::Baskets::from_one_hot(&table, ctx)
        })
    }

    #[staticmethod]
    fn from_csr(
        py: Python<'_>,
        indptr: &Bound<'_, PyAny>,
        indices: &Bound<'_, PyAny>,
        n_columns: usize,
        labels: Option<Bound<'_, PyAny>>,
    ) -> Done {
        let labels = labels.map(|l| labels::labels("Baskets.from_sparse", &l));
        let labels = labels.transpose()?;
        let (indptr, indices) = (integers(indptr)?, integers(indices)?);
        of_job(py, indices.len(), |ctx| {
            patronomy::baskets::Baskets::from_csr(&indptr, &indices, n_columns, labels, ctx)
        })
    }

    #[staticmethod]
    fn read(py: Python<'_>, path: PathBuf, format: &str) -> Done {
        let format: BasketFormat = from_json(py, "Baskets.read", format)?;
        of_job(py, usize::MAX, |ctx| {
            patronomy::baskets::Baskets::read(&path, format, ctx)
        })
    }

    fn with_weights(&self, py: Python<'_>, weights: Vec<u32>) -> Done {
        let weighted = self.0.with_weights(weights);
        weighted.map(Self).map_err(|e| to_py(py, &e))
    }

    fn with_parents(&self, children: &Bound<'_, PyAny>, parents: &Bound<'_, PyAny>) -> Done {
        let py = children.py();
        let children = labels::labels("taxonomy", children)?;
        let parents = labels::labels("taxonomy", parents)?;
        of_job(py, self.0.len(), |_| {
            self.0.with_parents(&children, &parents)
        })
    }

    fn with_parents_table(&self, data: &Bound<'_, PyAny>) -> Done {
        let table = import(data)?;
        of_job(data.py(), self.0.len(), |_| {
            self.0.with_parents_table(&table)
        })
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[getter]
    fn n_items(&self) -> usize {
        self.0.n_items()
    }

    #[getter]
    fn n_repeated(&self) -> u64 {
        self.0.n_repeated()
    }

    #[getter]
    fn total_weight(&self) -> u32 {
        self.0.total_weight()
    }

    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        values(py, self.0.labels())
    }

    #[getter]
    fn names<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.0.names().map(|names| values(py, names)).transpose()
    }

    fn counts(&self) -> PyResult<String> {
        to_json(self.0.counts())
    }

    fn support_counts(&self) -> Vec<u32> {
        self.0.support_counts()
    }

    fn numbers(&self, labels: &Bound<'_, PyAny>, what: &str) -> PyResult<Vec<u32>> {
        let wanted = labels::labels(what, labels)?;
        let numbers = self.0.numbers(&wanted, what);
        numbers.map_err(|e| to_py(labels.py(), &e))
    }

    #[pyo3(signature = (params, progress=None, n_jobs=None, memory_mb=None))]
    fn itemsets(
        &self,
        py: Python<'_>,
        params: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Itemsets> {
        let params: ItemsetParams = from_json(py, "ItemsetParams", params)?;
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        run(py, &call, |ctx| params.fit(&self.0, ctx)).map(Itemsets)
    }

    #[pyo3(signature = (params, progress=None, n_jobs=None, memory_mb=None))]
    fn rules(
        &self,
        py: Python<'_>,
        params: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Rules> {
        let params: RuleParams = from_json(py, "RuleParams", params)?;
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        run(py, &call, |ctx| params.fit(&self.0, ctx)).map(Rules)
    }

    #[pyo3(signature = (groups, labels, params, alpha, progress=None, n_jobs=None, memory_mb=None))]
    #[allow(
        clippy::too_many_arguments,
        reason = "each is an argument of Python's method"
    )]
    fn contrasts(
        &self,
        py: Python<'_>,
        groups: Vec<u32>,
        labels: &Bound<'_, PyAny>,
        params: &str,
        alpha: f64,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<TableView> {
        let params: ItemsetParams = from_json(py, "ItemsetParams", params)?;
        let labels = labels::labels("groups", labels)?;
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        let job = |ctx: &Context| contrasts(&self.0, &groups, &labels, &params, alpha, ctx);
        run(py, &call, job).map(TableView)
    }

    #[getter]
    fn customers<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.0.customers().map(|ids| values(py, ids)).transpose()
    }

    fn by_customer(&self, py: Python<'_>) -> Done {
        of_job(py, self.0.len(), |ctx| self.0.by_customer(ctx))
    }

    fn shuffled(&self, py: Python<'_>, seed: u64) -> Done {
        of_job(py, usize::MAX, |ctx| self.0.shuffled(seed, ctx))
    }

    #[getter]
    fn ids<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.0.ids().map(|ids| values(py, ids)).transpose()
    }

    #[pyo3(signature = (params, progress=None, n_jobs=None, memory_mb=None))]
    fn count_itemsets(
        &self,
        py: Python<'_>,
        params: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<u128> {
        let params: ItemsetParams = from_json(py, "ItemsetParams", params)?;
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        run(py, &call, |ctx| params.count(&self.0, ctx))
    }
}

/// Frequent or maximal sets of these items, the rarest first, in the order in which mlxtend finds them.
#[pyfunction]
#[pyo3(signature = (baskets, items, minimum, max_len, is_maximal))]
pub(crate) fn textbook_itemsets(
    py: Python<'_>,
    baskets: &Baskets,
    items: Vec<u32>,
    minimum: u32,
    max_len: Option<usize>,
    is_maximal: bool,
) -> PyResult<TableView> {
    let mut book = Textbook::new(items, minimum);
    book.max_len = max_len;
    book.is_maximal = is_maximal;
    let call = Call::quiet(usize::MAX);
    run(py, &call, |ctx| book.fit(&baskets.0, ctx)).map(TableView)
}

fn of_lists(py: Python<'_>, chunks: &[ArrayRef]) -> Done {
    let rows = chunks.iter().map(arrow_array::Array::len).sum();
    of_job(py, rows, |ctx| {
        patronomy::baskets::Baskets::from_lists(chunks, ctx)
    })
}

/// The numbers of an array with the buffer protocol, of 32 or 64 bits.
fn integers(array: &Bound<'_, PyAny>) -> PyResult<Vec<i64>> {
    let py = array.py();
    if let Ok(buffer) = PyBuffer::<i32>::get(array) {
        return Ok(buffer.to_vec(py)?.into_iter().map(i64::from).collect());
    }
    PyBuffer::<i64>::get(array)?.to_vec(py)
}

/// The default parameters as JSON.
#[pyfunction]
pub(crate) fn itemset_defaults() -> PyResult<String> {
    to_json(&ItemsetParams::default())
}
