//! `patronomy._core.Rules` and what follows from them.

use std::path::PathBuf;

use patronomy::rules::{
    CompiledRules, Every, Measure, RecommendParams, RuleParams, RulesFile, splits,
};
use patronomy::saved::Saved;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};
use pyo3_arrow::error::PyArrowResult;

use crate::baskets::Baskets;
use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::labels;
use crate::table::{self, Batches, TableView, lazy_head, lazy_schema, lazy_stream, values};
use crate::transactions::{Transactions, from_json, to_json};

/// Rules, kept as they were found; columns are made of them when asked for.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Rules(pub(crate) patronomy::rules::Rules);

impl Rules {
    fn quiet(
        &self,
        py: Python<'_>,
        job: impl FnOnce(&patronomy::Context) -> Result<patronomy::rules::Rules, patronomy::Error>
        + Send,
    ) -> PyResult<Self> {
        run(py, &Call::quiet(self.0.len()), job).map(Self)
    }
}

#[pymethods]
impl Rules {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        let batches = self.0.batches_of(usize::MAX);
        lazy_stream(py, self.0.schema(), self.0.len(), batches, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyArrowResult<Bound<'py, PyCapsule>> {
        lazy_schema(py, self.0.schema())
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[getter]
    #[allow(clippy::unused_self, reason = "every table of ours is asked for it")]
    fn time_columns(&self) -> Vec<String> {
        Vec::new()
    }

    /// The first rules; with the items' names, where there are some and they are wanted.
    #[pyo3(signature = (n, with_names=false))]
    fn head<'py>(
        &self,
        py: Python<'py>,
        n: usize,
        with_names: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        if with_names {
            let first = self.0.head(n).map_err(|e| to_py(py, &e))?;
            return table::head(py, &first, n);
        }
        lazy_head(py, n, self.0.batches_of(n.max(1)), n)
    }

    fn batches(&self, py: Python<'_>, n: usize) -> PyResult<Batches> {
        Batches::of(py, self.0.len(), self.0.batches_of(n))
    }

    #[getter]
    fn n_baskets(&self) -> u32 {
        self.0.n_baskets()
    }

    #[getter]
    fn n_candidates(&self) -> f64 {
        self.0.n_candidates()
    }

    #[getter]
    fn min_support_count(&self) -> u32 {
        self.0.min_support_count()
    }

    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        values(py, self.0.labels())
    }

    #[getter]
    fn is_tested(&self) -> bool {
        self.0.is_tested()
    }

    fn params_json(&self) -> PyResult<String> {
        to_json(self.0.params())
    }

    fn numbers(&self, labels: &Bound<'_, PyAny>, what: &str) -> PyResult<Vec<u32>> {
        let wanted = labels::labels(what, labels)?;
        let numbers = self.0.numbers(&wanted, what);
        numbers.map_err(|e| to_py(labels.py(), &e))
    }

    fn with_measures(&self, py: Python<'_>, names: Vec<String>) -> PyResult<Self> {
        let measures: Result<Vec<Measure>, _> = names.iter().map(|n| Measure::parse(n)).collect();
        let measures = measures.map_err(|e| to_py(py, &e))?;
        Ok(Self(self.0.with_measures(&measures)))
    }

    fn values(&self, py: Python<'_>, name: &str) -> PyResult<Vec<f64>> {
        run(py, &Call::quiet(self.0.len()), |ctx| {
            self.0.values(name, ctx)
        })
    }

    fn filter(&self, py: Python<'_>, expression: &str) -> PyResult<Self> {
        self.quiet(py, |ctx| self.0.filter(expression, ctx))
    }

    fn sort_by(&self, py: Python<'_>, name: &str, is_descending: bool) -> PyResult<Self> {
        self.quiet(py, |ctx| self.0.sort_by(name, is_descending, ctx))
    }

    fn significant(&self, py: Python<'_>, alpha: f64) -> PyResult<Self> {
        self.quiet(py, |_| self.0.significant(alpha))
    }

    fn take(&self, py: Python<'_>, places: Vec<usize>) -> PyResult<Self> {
        self.quiet(py, |_| self.0.take(&places))
    }

    #[pyo3(signature = (tx, every, progress=None, n_jobs=None, memory_mb=None))]
    fn trend(
        &self,
        py: Python<'_>,
        tx: &Transactions,
        every: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<TableView> {
        let every: Every = from_json(py, "Rules.trend", every)?;
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        run(py, &call, |ctx| self.0.trend(&tx.0, every, ctx)).map(TableView)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        run(py, &Call::quiet(usize::MAX), |_| {
            self.0.to_file()?.to_json()
        })
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let job = |_: &patronomy::Context| RulesFile::from_json(text)?.rules();
        run(py, &Call::quiet(usize::MAX), job).map(Self)
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        run(py, &Call::quiet(usize::MAX), |_| {
            self.0.to_file()?.save(&path)
        })
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let job = |_: &patronomy::Context| RulesFile::load(&path)?.rules();
        run(py, &Call::quiet(usize::MAX), job).map(Self)
    }

    #[pyo3(signature = (later, alpha, progress=None, n_jobs=None, memory_mb=None))]
    fn evaluate(
        &self,
        py: Python<'_>,
        later: &Baskets,
        alpha: f64,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Evaluation> {
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        run(py, &call, |ctx| self.0.evaluate(&later.0, alpha, ctx)).map(Evaluation)
    }

    #[pyo3(signature = (baskets, level, progress=None, n_jobs=None, memory_mb=None))]
    fn intervals(
        &self,
        py: Python<'_>,
        baskets: &Baskets,
        level: f64,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<TableView> {
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        run(py, &call, |ctx| self.0.intervals(&baskets.0, level, ctx)).map(TableView)
    }

    #[pyo3(signature = (before, after, progress=None, n_jobs=None, memory_mb=None))]
    fn changes(
        &self,
        py: Python<'_>,
        before: &Baskets,
        after: &Baskets,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<TableView> {
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        run(py, &call, |ctx| self.0.changes(&before.0, &after.0, ctx)).map(TableView)
    }

    fn shelf_pairs(&self, py: Python<'_>, k: usize) -> PyResult<TableView> {
        run(py, &Call::quiet(self.0.len()), |_| self.0.shelf_pairs(k)).map(TableView)
    }

    fn to_pmml(&self, py: Python<'_>) -> PyResult<String> {
        run(py, &Call::quiet(self.0.len()), |_| self.0.to_pmml())
    }

    fn save_pmml(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        run(py, &Call::quiet(self.0.len()), |_| self.0.save_pmml(&path))
    }

    #[pyo3(signature = (baskets, params, unit, is_strongest_first, progress=None, n_jobs=None, memory_mb=None))]
    #[allow(
        clippy::too_many_arguments,
        reason = "each is an argument of Python's method"
    )]
    fn recommend(
        &self,
        py: Python<'_>,
        baskets: &Baskets,
        params: &str,
        unit: &str,
        is_strongest_first: bool,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<TableView> {
        let params: RecommendParams = from_json(py, "RecommendParams", params)?;
        let call = Call::mining(progress.as_ref(), n_jobs, memory_mb);
        let job = |ctx: &patronomy::Context| {
            let compiled = CompiledRules::new(&self.0, &params, ctx)?;
            let mut found = compiled.recommend(&baskets.0, ctx)?;
            if is_strongest_first {
                found = found.strongest_first();
            }
            found.batch(unit)
        };
        run(py, &call, job).map(TableView)
    }
}

/// Rules in later baskets.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Evaluation(patronomy::rules::Evaluation);

#[pymethods]
impl Evaluation {
    fn table(&self, py: Python<'_>, with_names: bool) -> PyResult<TableView> {
        run(py, &Call::quiet(self.0.later().len()), |_| {
            self.0.batch(with_names)
        })
        .map(TableView)
    }

    #[getter]
    fn n_holding(&self) -> usize {
        self.0.n_holding()
    }

    #[getter]
    fn n_unknown_items(&self) -> usize {
        self.0.n_unknown_items()
    }

    #[getter]
    fn rules(&self) -> Rules {
        Rules(self.0.rules().clone())
    }

    fn holding(&self) -> Rules {
        Rules(self.0.holding())
    }
}

/// Every measure: its name, and what it is.
#[pyfunction]
pub(crate) fn measures() -> Vec<(&'static str, &'static str)> {
    Measure::ALL
        .iter()
        .map(|m| (m.name(), m.description()))
        .collect()
}

/// Every split of each set in two, in the order of mlxtend: places of antecedents, consequents and sets.
#[pyfunction]
pub(crate) fn rule_splits(
    py: Python<'_>,
    ends: Vec<usize>,
    items: Vec<u32>,
) -> PyResult<TableView> {
    let job = |ctx: &patronomy::Context| splits(&ends, &items, ctx)?.batch();
    run(py, &Call::quiet(usize::MAX), job).map(TableView)
}

/// The default parameters as JSON: of rules, and of what they recommend.
#[pyfunction]
pub(crate) fn rule_defaults() -> PyResult<(String, String)> {
    Ok((
        to_json(&RuleParams::default())?,
        to_json(&RecommendParams::default())?,
    ))
}
