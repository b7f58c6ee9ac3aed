//! `patronomy._core.CustomerSummary` and the models of what customers are worth: columns of numpy in, columns of numpy out.

use std::path::PathBuf;

use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use patronomy::saved::Saved;
use patronomy::value::{
    self, ContractParams, Estimates, IntervalParams, LifetimeParams, Prediction, SpendParams,
    SummaryColumns, Tenures,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::transactions::{from_json, to_json};

/// A column of Python's.
pub(crate) type Column<'py> = PyReadonlyArray1<'py, f64>;
/// A column for Python.
pub(crate) type Array<'py> = Bound<'py, PyArray1<f64>>;

/// A prediction costs some dozens of terms a row.
const TERMS: usize = 32;

pub(crate) fn slice<'a>(name: &str, column: &'a Column<'_>) -> PyResult<&'a [f64]> {
    let found = column.as_slice();
    found.map_err(|e| PyTypeError::new_err(format!("`{name}`: {e}")))
}

pub(crate) fn slice_of<'a>(
    name: &str,
    column: Option<&'a Column<'_>>,
) -> PyResult<Option<&'a [f64]>> {
    column.map(|c| slice(name, c)).transpose()
}

fn call<'a>(
    n_rows: usize,
    n_jobs: Option<i64>,
    progress: Option<&'a Bound<'a, PyAny>>,
) -> Call<'a> {
    Call {
        progress,
        n_jobs,
        memory_mb: None,
        rows: n_rows.saturating_mul(TERMS),
    }
}

/// How often customers bought, when last, and since when.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct CustomerSummary(value::CustomerSummary);

#[pymethods]
impl CustomerSummary {
    /// `times` are frequency, recency and age.
    #[new]
    fn new(
        py: Python<'_>,
        times: (Column<'_>, Column<'_>, Column<'_>),
        weights: Option<Column<'_>>,
        log_intervals: Option<Column<'_>>,
        covariates: Vec<(String, Column<'_>)>,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        let frequency = slice("frequency", &times.0)?;
        let (recency, age) = (slice("recency", &times.1)?, slice("T", &times.2)?);
        let mut columns = SummaryColumns::new(frequency, recency, age);
        if let Some(weights) = slice_of("weights", weights.as_ref())? {
            columns = columns.weights(weights);
        }
        if let Some(sums) = slice_of("log_intervals", log_intervals.as_ref())? {
            columns = columns.log_intervals(sums);
        }
        for (name, values) in &covariates {
            columns = columns.covariate(name, slice(name, values)?);
        }
        let call = call(frequency.len(), n_jobs, None);
        run(py, &call, |ctx| columns.collect(ctx)).map(Self)
    }

    #[getter]
    fn n_customers(&self) -> usize {
        self.0.n_customers()
    }

    #[getter]
    fn n_groups(&self) -> usize {
        self.0.n_groups()
    }
}

/// A law of buying and leaving.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct LifetimeModel(value::LifetimeModel);

/// Numbers for all customers of a summary.
fn ask<'py>(
    py: Python<'py>,
    summary: &CustomerSummary,
    n_jobs: Option<i64>,
    job: impl FnOnce(&patronomy::Context) -> Result<Vec<f64>, patronomy::Error> + Send,
) -> PyResult<Array<'py>> {
    let found = run(py, &call(summary.0.n_groups(), n_jobs, None), job)?;
    Ok(PyArray1::from_vec(py, found))
}

#[pymethods]
impl LifetimeModel {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        summary: &CustomerSummary,
        params: &str,
        progress: Option<&Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        let params: LifetimeParams = from_json(py, "LifetimeParams", params)?;
        let call = call(summary.0.n_groups(), n_jobs, progress);
        run(py, &call, |ctx| params.fit(&summary.0, ctx)).map(Self)
    }

    /// The same law with parameters that are known from elsewhere.
    #[staticmethod]
    fn given(py: Python<'_>, params: &str, values: [f64; 4]) -> PyResult<Self> {
        let params: LifetimeParams = from_json(py, "LifetimeParams", params)?;
        let model = value::LifetimeModel::from_parameters(params.law, values);
        model.map(Self).map_err(|e| to_py(py, &e))
    }

    fn p_alive<'py>(
        &self,
        py: Python<'py>,
        summary: &CustomerSummary,
        n_jobs: Option<i64>,
    ) -> PyResult<Array<'py>> {
        ask(py, summary, n_jobs, |ctx| self.0.p_alive(&summary.0, ctx))
    }

    fn expected<'py>(
        &self,
        py: Python<'py>,
        summary: &CustomerSummary,
        time: f64,
        n_jobs: Option<i64>,
    ) -> PyResult<Array<'py>> {
        ask(py, summary, n_jobs, |ctx| {
            self.0.expected(&summary.0, time, ctx)
        })
    }

    fn discounted<'py>(
        &self,
        py: Python<'py>,
        summary: &CustomerSummary,
        rate: f64,
        n_jobs: Option<i64>,
    ) -> PyResult<Array<'py>> {
        ask(py, summary, n_jobs, |ctx| {
            self.0.discounted(&summary.0, rate, ctx)
        })
    }

    fn log_likelihoods<'py>(
        &self,
        py: Python<'py>,
        summary: &CustomerSummary,
        n_jobs: Option<i64>,
    ) -> PyResult<Array<'py>> {
        ask(py, summary, n_jobs, |ctx| {
            self.0.log_likelihoods(&summary.0, ctx)
        })
    }

    fn count_probabilities<'py>(
        &self,
        py: Python<'py>,
        summary: &CustomerSummary,
        time: f64,
        n_max: u32,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let found = ask(py, summary, n_jobs, |ctx| {
            self.0.count_probabilities(&summary.0, time, n_max, ctx)
        })?;
        found.reshape([summary.0.n_customers(), n_max as usize + 1])
    }

    fn intervals<'py>(
        &self,
        py: Python<'py>,
        summary: &CustomerSummary,
        prediction: &str,
        params: &str,
        progress: Option<&Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<(Array<'py>, Array<'py>)> {
        let prediction: Prediction = from_json(py, "Prediction", prediction)?;
        let params: IntervalParams = from_json(py, "IntervalParams", params)?;
        let rows = summary.0.n_groups().saturating_mul(params.n_draws as usize);
        let call = call(rows, n_jobs, progress);
        let found = run(py, &call, |ctx| {
            self.0.intervals(&summary.0, prediction, &params, ctx)
        })?;
        Ok((
            PyArray1::from_vec(py, found.low),
            PyArray1::from_vec(py, found.high),
        ))
    }

    fn p_stay<'py>(
        &self,
        py: Python<'py>,
        summary: &CustomerSummary,
        time: f64,
        n_jobs: Option<i64>,
    ) -> PyResult<Array<'py>> {
        ask(py, summary, n_jobs, |ctx| {
            self.0.p_stay(&summary.0, time, ctx)
        })
    }

    fn interval_new(
        &self,
        py: Python<'_>,
        prediction: &str,
        covariates: Vec<f64>,
        params: &str,
    ) -> PyResult<(f64, f64)> {
        let prediction: Prediction = from_json(py, "Prediction", prediction)?;
        let params: IntervalParams = from_json(py, "IntervalParams", params)?;
        let found = self.0.interval_new(prediction, &covariates, &params);
        found.map_err(|e| to_py(py, &e))
    }

    fn expected_new(&self, py: Python<'_>, time: f64, covariates: Vec<f64>) -> PyResult<f64> {
        let found = self.0.expected_new(time, &covariates);
        found.map_err(|e| to_py(py, &e))
    }

    fn discounted_new(&self, py: Python<'_>, rate: f64, covariates: Vec<f64>) -> PyResult<f64> {
        let found = self.0.discounted_new(rate, &covariates);
        found.map_err(|e| to_py(py, &e))
    }

    fn count_probabilities_new<'py>(
        &self,
        py: Python<'py>,
        time: f64,
        n_max: u32,
        covariates: Vec<f64>,
    ) -> PyResult<Array<'py>> {
        let found = self.0.count_probabilities_new(time, n_max, &covariates);
        let found = found.map_err(|e| to_py(py, &e))?;
        Ok(PyArray1::from_vec(py, found))
    }

    /// By frequency: whether it and above, customers, actual and expected means; then of all: totals, errors and correlation, as JSON.
    fn holdout(
        &self,
        py: Python<'_>,
        summary: &CustomerSummary,
        actual: Column<'_>,
        time: f64,
        max_frequency: u32,
        n_jobs: Option<i64>,
    ) -> PyResult<String> {
        let actual = slice("actual", &actual)?;
        let call = call(summary.0.n_groups(), n_jobs, None);
        let table = run(py, &call, |ctx| {
            self.0.holdout(&summary.0, actual, time, max_frequency, ctx)
        })?;
        to_json(&table)
    }

    /// Times, expected transactions until them and between them, and actual ones, as JSON.
    fn tracking(
        &self,
        py: Python<'_>,
        summary: &CustomerSummary,
        ends: Vec<f64>,
        actual_increments: Option<Vec<f64>>,
        n_jobs: Option<i64>,
    ) -> PyResult<String> {
        let rows = summary.0.n_groups().saturating_mul(ends.len());
        let curve = run(py, &call(rows, n_jobs, None), |ctx| {
            let actual = actual_increments.as_deref();
            self.0.tracking(&summary.0, &ends, actual, ctx)
        })?;
        to_json(&curve)
    }

    /// Statistic, degrees of freedom and p-value of this model as a special case of the other.
    fn likelihood_ratio(&self, py: Python<'_>, full: &Self) -> PyResult<(f64, u32, f64)> {
        let found = self.0.estimates.likelihood_ratio(&full.0.estimates);
        let found = found.map_err(|e| to_py(py, &e))?;
        Ok((found.statistic, found.df, found.p_value))
    }

    #[getter]
    fn criteria(&self) -> (f64, f64) {
        criteria(&self.0.estimates)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let model = value::LifetimeModel::from_json(text);
        model.map(Self).map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(&path).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let model = value::LifetimeModel::load(&path);
        model.map(Self).map_err(|e| to_py(py, &e))
    }
}

/// Akaike's criterion, and Schwarz's.
fn criteria(estimates: &Estimates) -> (f64, f64) {
    (estimates.aic(), estimates.bic())
}

/// What a transaction is worth.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct SpendModel(value::SpendModel);

#[pymethods]
impl SpendModel {
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        frequency: Column<'_>,
        mean_value: Column<'_>,
        weights: Option<Column<'_>>,
        params: &str,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        let params: SpendParams = from_json(py, "SpendParams", params)?;
        let frequency = slice("frequency", &frequency)?;
        let mean_value = slice("mean_value", &mean_value)?;
        let weights = slice_of("weights", weights.as_ref())?;
        let call = call(frequency.len(), n_jobs, None);
        run(py, &call, |ctx| {
            let summary = value::SpendSummary::collect(frequency, mean_value, weights, ctx)?;
            params.fit(&summary, ctx)
        })
        .map(Self)
    }

    fn expected<'py>(
        &self,
        py: Python<'py>,
        frequency: Column<'_>,
        mean_value: Column<'_>,
        n_jobs: Option<i64>,
    ) -> PyResult<Array<'py>> {
        let frequency = slice("frequency", &frequency)?;
        let mean_value = slice("mean_value", &mean_value)?;
        let found = run(py, &call(frequency.len(), n_jobs, None), |ctx| {
            let summary = value::SpendSummary::collect(frequency, mean_value, None, ctx)?;
            self.0.expected(&summary, ctx)
        })?;
        Ok(PyArray1::from_vec(py, found))
    }

    /// Limits of what is expected; none without standard errors.
    fn intervals<'py>(
        &self,
        py: Python<'py>,
        frequency: Column<'_>,
        mean_value: Column<'_>,
        params: &str,
        n_jobs: Option<i64>,
    ) -> PyResult<Option<(Array<'py>, Array<'py>)>> {
        let params: IntervalParams = from_json(py, "IntervalParams", params)?;
        let frequency = slice("frequency", &frequency)?;
        let mean_value = slice("mean_value", &mean_value)?;
        let rows = frequency.len().saturating_mul(params.n_draws as usize);
        let found = run(py, &call(rows, n_jobs, None), |ctx| {
            let summary = value::SpendSummary::collect(frequency, mean_value, None, ctx)?;
            self.0.expected_intervals(&summary, &params, ctx)
        })?;
        let array = |values| PyArray1::from_vec(py, values);
        Ok(found.map(|limits| (array(limits.low), array(limits.high))))
    }

    #[getter]
    fn population_mean(&self) -> Option<f64> {
        self.0.population_mean()
    }

    #[getter]
    fn criteria(&self) -> (f64, f64) {
        criteria(&self.0.estimates)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let model = value::SpendModel::from_json(text);
        model.map(Self).map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(&path).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        value::SpendModel::load(&path)
            .map(Self)
            .map_err(|e| to_py(py, &e))
    }
}

/// How long contracts are renewed.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct ContractModel(value::ContractModel);

#[pymethods]
impl ContractModel {
    #[staticmethod]
    fn fit_retained(py: Python<'_>, retained: Column<'_>, params: &str) -> PyResult<Self> {
        let params: ContractParams = from_json(py, "ContractParams", params)?;
        let retained = slice("retained", &retained)?;
        run(py, &Call::quiet(0), |ctx| {
            params.fit(&Tenures::from_retained(retained)?, ctx)
        })
        .map(Self)
    }

    #[staticmethod]
    fn fit(
        py: Python<'_>,
        periods: Column<'_>,
        has_left: PyReadonlyArray1<'_, bool>,
        weights: Option<Column<'_>>,
        params: &str,
    ) -> PyResult<Self> {
        let params: ContractParams = from_json(py, "ContractParams", params)?;
        let periods = slice("periods", &periods)?;
        let has_left = has_left.as_slice();
        let has_left = has_left.map_err(|e| PyTypeError::new_err(format!("`has_left`: {e}")))?;
        let weights = slice_of("weights", weights.as_ref())?;
        run(py, &Call::quiet(periods.len()), |ctx| {
            let tenures = Tenures::from_customers(periods, has_left, weights, ctx)?;
            params.fit(&tenures, ctx)
        })
        .map(Self)
    }

    fn survival<'py>(&self, py: Python<'py>, periods: u32) -> Array<'py> {
        PyArray1::from_vec(py, self.0.survival(periods))
    }

    fn retention<'py>(&self, py: Python<'py>, periods: u32) -> Array<'py> {
        PyArray1::from_vec(py, self.0.retention(periods))
    }

    fn discounted<'py>(
        &self,
        py: Python<'py>,
        renewals: Column<'_>,
        rate: f64,
    ) -> PyResult<Array<'py>> {
        let renewals = slice("renewals", &renewals)?;
        let found = self.0.discounted(renewals, rate);
        let found = found.map_err(|e| to_py(py, &e))?;
        Ok(PyArray1::from_vec(py, found))
    }

    #[getter]
    fn criteria(&self) -> (f64, f64) {
        criteria(&self.0.estimates)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let model = value::ContractModel::from_json(text);
        model.map(Self).map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(&path).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        value::ContractModel::load(&path)
            .map(Self)
            .map_err(|e| to_py(py, &e))
    }
}

/// The default parameters of lifetime models, of their intervals, of spend and of contracts, as JSON.
#[pyfunction]
pub(crate) fn value_defaults() -> PyResult<(String, String, String, String)> {
    Ok((
        to_json(&LifetimeParams::default())?,
        to_json(&IntervalParams::default())?,
        to_json(&SpendParams::default())?,
        to_json(&ContractParams::default())?,
    ))
}
