//! `patronomy._core.Features`, `Segments` and `SegmentModel`.

use std::path::PathBuf;
use std::sync::Arc;

use patronomy::features::{FeatureParams, Features as Numbers};
use patronomy::saved::Saved;
use patronomy::segment::class_gap::ClassGapParams;
use patronomy::segment::explain::ExplainParams;
use patronomy::segment::job::{Judgement, SegmentParams, Segments as Found};
use patronomy::segment::profile::{Attributes, ProfileParams};
use patronomy::{Context, Error};
use pyo3::prelude::*;

use crate::errors::to_py;
use crate::gate::{Call, run};
use crate::table::{TableView, import};
use crate::transactions::{Transactions, from_json, to_json};

/// Customers in numbers.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Features(Numbers);

#[pymethods]
impl Features {
    #[staticmethod]
    #[pyo3(signature = (tx, params, progress=None, n_jobs=None))]
    fn fit(
        py: Python<'_>,
        tx: &Transactions,
        params: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        let params: FeatureParams = from_json(py, "features", params)?;
        let call = watched(progress.as_ref(), n_jobs, tx.0.n_rows());
        run(py, &call, |ctx| params.fit(&tx.0, ctx)).map(Self)
    }

    #[staticmethod]
    fn from_table(data: &Bound<'_, PyAny>, customer: &str) -> PyResult<Self> {
        let table = import(data)?;
        let call = Call::quiet(table.n_rows());
        let found = run(data.py(), &call, |ctx| {
            Numbers::from_table(&table, customer, ctx)
        });
        found.map(Self)
    }

    fn table(&self, py: Python<'_>) -> PyResult<TableView> {
        self.0.batch().map(TableView).map_err(|e| to_py(py, &e))
    }

    #[getter]
    fn names(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    #[getter]
    fn notices(&self) -> Vec<String> {
        self.0.notices().to_vec()
    }

    fn counts_json(&self) -> PyResult<String> {
        to_json(self.0.counts())
    }

    fn recipe_json(&self) -> PyResult<String> {
        to_json(self.0.recipe())
    }

    #[pyo3(signature = (params, progress=None, n_jobs=None))]
    fn segment(
        &self,
        py: Python<'_>,
        params: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<Segments> {
        let params: SegmentParams = from_json(py, "segment", params)?;
        let call = watched(progress.as_ref(), n_jobs, usize::MAX);
        run(py, &call, |ctx| params.fit(&self.0, ctx)).map(Segments)
    }
}

fn watched<'a>(
    progress: Option<&'a Bound<'a, PyAny>>,
    n_jobs: Option<i64>,
    rows: usize,
) -> Call<'a> {
    Call {
        progress,
        n_jobs,
        memory_mb: None,
        rows,
    }
}

/// Customers in segments.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct Segments(Found);

impl Segments {
    fn made<T: Send>(
        &self,
        py: Python<'_>,
        job: impl FnOnce(&Found, &Context) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        let rows = self
            .0
            .features()
            .len()
            .saturating_mul(self.0.model().n_features());
        run(py, &Call::quiet(rows), |ctx| job(&self.0, ctx))
    }
}

/// What a job wrote in tables, and what is to be known of it as JSON.
type Tables = (Vec<TableView>, String);

#[pymethods]
impl Segments {
    fn table(&self, py: Python<'_>) -> PyResult<TableView> {
        self.made(py, |s, _| s.batch()).map(TableView)
    }

    fn segments(&self, py: Python<'_>) -> PyResult<TableView> {
        self.made(py, |s, _| s.segments()).map(TableView)
    }

    fn projection(&self, py: Python<'_>) -> PyResult<TableView> {
        self.made(py, Found::projection).map(TableView)
    }

    fn moves(&self, py: Python<'_>, earlier: &Self) -> PyResult<TableView> {
        self.made(py, |s, _| s.moves(&earlier.0)).map(TableView)
    }

    #[getter]
    fn features(&self) -> Features {
        Features(self.0.features().clone())
    }

    #[getter]
    fn model(&self) -> SegmentModel {
        SegmentModel(Arc::clone(self.0.model()))
    }

    /// Whoever judged, why, and when.
    fn name(&self, py: Python<'_>, segment: i32, name: &str, said: [String; 3]) -> PyResult<Self> {
        let job =
            |s: &Found, ctx: &Context| s.under(s.model().named(segment, name, judged(&said))?, ctx);
        self.made(py, job).map(Self)
    }

    fn describe(
        &self,
        py: Python<'_>,
        segment: i32,
        text: &str,
        said: [String; 3],
    ) -> PyResult<Self> {
        let job = |s: &Found, ctx: &Context| {
            s.under(s.model().described(segment, text, judged(&said))?, ctx)
        };
        self.made(py, job).map(Self)
    }

    fn merge(&self, py: Python<'_>, segments: Vec<i32>, said: [String; 3]) -> PyResult<Self> {
        let job =
            |s: &Found, ctx: &Context| s.under(s.model().merged(&segments, judged(&said))?, ctx);
        self.made(py, job).map(Self)
    }

    fn reject(&self, py: Python<'_>, segment: i32, said: [String; 3]) -> PyResult<Self> {
        let job =
            |s: &Found, ctx: &Context| s.under(s.model().rejected(segment, judged(&said))?, ctx);
        self.made(py, job).map(Self)
    }

    fn restore(&self, py: Python<'_>, segment: i32, said: [String; 3]) -> PyResult<Self> {
        let job =
            |s: &Found, ctx: &Context| s.under(s.model().restored(segment, judged(&said))?, ctx);
        self.made(py, job).map(Self)
    }

    fn split(
        &self,
        py: Python<'_>,
        segment: i32,
        parts: usize,
        said: [String; 3],
    ) -> PyResult<Self> {
        self.made(py, |s, ctx| s.split(segment, parts, judged(&said), ctx))
            .map(Self)
    }

    fn within(&self, py: Python<'_>, segment: i32, params: &str) -> PyResult<Self> {
        let params: SegmentParams = from_json(py, "within", params)?;
        let call = Call::quiet(usize::MAX);
        run(py, &call, |ctx| self.0.within(segment, &params, ctx)).map(Self)
    }

    #[pyo3(signature = (params, attributes=None, customer="customer"))]
    fn profile(
        &self,
        py: Python<'_>,
        params: &str,
        attributes: Option<Bound<'_, PyAny>>,
        customer: &str,
    ) -> PyResult<Tables> {
        let params: ProfileParams = from_json(py, "profile", params)?;
        let attributes = attributes.map(|data| import(&data)).transpose()?;
        let (tables, notices) = self.made(py, |s, ctx| {
            let attributes = attributes
                .as_ref()
                .map(|t| Attributes::new(t, customer, ctx));
            let found = params.fit(s, attributes.transpose()?.as_ref(), ctx)?;
            let tables = vec![found.summary()?, found.batch()?, found.representatives()?];
            Ok((tables, found.notices))
        })?;
        Ok((
            tables.into_iter().map(TableView).collect(),
            to_json(&notices)?,
        ))
    }

    fn explain(&self, py: Python<'_>, params: &str) -> PyResult<Tables> {
        let params: ExplainParams = from_json(py, "explain", params)?;
        let (table, said) = self.made(py, |s, ctx| {
            let found = params.fit(s, ctx)?;
            let said = (found.fidelity, found.baseline, found.n_held_out);
            Ok((found.batch()?, said))
        })?;
        Ok((vec![TableView(table)], to_json(&said)?))
    }

    #[pyo3(signature = (tx, params, progress=None, n_jobs=None))]
    fn class_gap(
        &self,
        py: Python<'_>,
        tx: &Transactions,
        params: &str,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<Tables> {
        let params: ClassGapParams = from_json(py, "class_gap", params)?;
        let call = watched(progress.as_ref(), n_jobs, tx.0.n_rows());
        let (tables, notices) = run(py, &call, |ctx| {
            let found = params.fit(&self.0, &tx.0, ctx)?;
            Ok((vec![found.batch()?, found.segment_items()?], found.notices))
        })?;
        Ok((
            tables.into_iter().map(TableView).collect(),
            to_json(&notices)?,
        ))
    }
}

fn judged([by, why, at]: &[String; 3]) -> Judgement {
    Judgement::new(by, why, at)
}

/// What a segmentation has learnt.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct SegmentModel(Arc<patronomy::segment::job::SegmentModel>);

#[pymethods]
impl SegmentModel {
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let model = patronomy::segment::job::SegmentModel::from_json(text);
        model.map(|m| Self(Arc::new(m))).map_err(|e| to_py(py, &e))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.save(&path)).map_err(|e| to_py(py, &e))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let model = py.detach(|| patronomy::segment::job::SegmentModel::load(&path));
        model.map(|m| Self(Arc::new(m))).map_err(|e| to_py(py, &e))
    }

    /// The features of other transactions, made as those of the fit.
    #[pyo3(signature = (tx, progress=None, n_jobs=None))]
    fn features(
        &self,
        py: Python<'_>,
        tx: &Transactions,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<Features> {
        let call = watched(progress.as_ref(), n_jobs, tx.0.n_rows());
        run(py, &call, |ctx| self.0.recipe.apply(&tx.0, ctx)).map(Features)
    }

    #[pyo3(signature = (features, progress=None, n_jobs=None))]
    fn assign(
        &self,
        py: Python<'_>,
        features: &Features,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<Segments> {
        let numbers = features.0.len().saturating_mul(self.0.n_features());
        let call = watched(progress.as_ref(), n_jobs, numbers);
        run(py, &call, |ctx| self.0.assign(&features.0, ctx)).map(Segments)
    }

    #[pyo3(signature = (features, n_segments=None, progress=None, n_jobs=None))]
    fn refit(
        &self,
        py: Python<'_>,
        features: &Features,
        n_segments: Option<usize>,
        progress: Option<Bound<'_, PyAny>>,
        n_jobs: Option<i64>,
    ) -> PyResult<(Segments, String)> {
        let call = watched(progress.as_ref(), n_jobs, usize::MAX);
        let job = |ctx: &Context| self.0.refit(&features.0, n_segments, ctx);
        let (found, changes) = run(py, &call, job)?;
        Ok((Segments(found), to_json(&changes)?))
    }
}

/// The default parameters as JSON.
#[pyfunction]
pub(crate) fn segment_defaults() -> PyResult<String> {
    to_json(&(
        FeatureParams::default(),
        SegmentParams::default(),
        ProfileParams::default(),
        ExplainParams::default(),
        ClassGapParams::default(),
    ))
}
