//! Item sets that a thread of its own finds, and that are taken batch by batch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use patronomy::itemsets::{ItemsetParams, schema};
use patronomy::{Cancel, Context, Error, Progress};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::error::PyArrowResult;
use pyo3_arrow::ffi::to_schema_pycapsule;

use crate::baskets::Baskets;
use crate::errors::{defect, to_py};
use crate::gate::{TICK, budget, new_pool, threads};
use crate::table::{self, TableView};
use crate::transactions::from_json;

/// A batch, or why there are no more: an error of the job, or what a defect of ours said.
type Step = std::thread::Result<Result<RecordBatch, Error>>;

/// A job that was begun; dropped, it ends.
struct Mined {
    steps: Receiver<Step>,
    cancel: Cancel,
}

impl Drop for Mined {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Iterator for Mined {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.steps.recv().ok()?;
        let outcome = step.unwrap_or_else(|_| {
            let what = "a defect of patronomy ended the search for item sets";
            Err(Error::parameter("ItemsetScan", "job", what, "a panic"))
        });
        Some(outcome.map_err(|e| ArrowError::ExternalError(Box::new(e))))
    }
}

/// A search for item sets that begins when somebody asks for its batches, and begins anew each time.
#[pyclass(frozen, module = "patronomy._core")]
#[derive(Debug)]
pub(crate) struct ItemsetScan {
    baskets: patronomy::baskets::Baskets,
    params: ItemsetParams,
    schema: SchemaRef,
    threads: usize,
    memory_mb: Option<f64>,
}

impl ItemsetScan {
    fn begin(&self, n: usize) -> Result<Mined, Error> {
        let ctx = Context {
            budget: budget(self.memory_mb)?,
            cancel: Cancel::new(),
            progress: Progress::new(),
        };
        let cancel = ctx.cancel.clone();
        // Threads of its own: they wait while nobody takes a batch, and must not keep other jobs waiting.
        let pool = new_pool(self.threads)?;
        let (sender, steps) = sync_channel(1);
        let (params, baskets) = (self.params.clone(), self.baskets.clone());
        std::thread::spawn(move || {
            let job = || params.stream_batches(&baskets, &ctx, n, |batch| send(&sender, batch));
            match catch_unwind(AssertUnwindSafe(|| pool.install(job))) {
                Ok(Ok(_)) => {}
                // Nobody may be there to hear it.
                Ok(Err(error)) => drop(sender.send(Ok(Err(error)))),
                Err(defect) => drop(sender.send(Err(defect))),
            }
        });
        Ok(Mined { steps, cancel })
    }
}

fn send(sender: &SyncSender<Step>, batch: RecordBatch) -> Result<(), Error> {
    sender.send(Ok(Ok(batch))).map_err(|_| Error::Cancelled)
}

#[pymethods]
impl ItemsetScan {
    #[new]
    fn new(
        py: Python<'_>,
        baskets: &Baskets,
        params: &str,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> PyResult<Self> {
        let params: ItemsetParams = from_json(py, "ItemsetParams", params)?;
        let checked = || {
            params.validate()?;
            budget(memory_mb)?;
            Ok((threads(n_jobs)?, schema(&baskets.0)?))
        };
        let (threads, schema) = checked().map_err(|e: Error| to_py(py, &e))?;
        Ok(Self {
            baskets: baskets.0.clone(),
            params,
            schema,
            threads,
            memory_mb,
        })
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        let mined = self.begin(usize::MAX).map_err(|e| to_py(py, &e))?;
        table::batches(py, &self.schema, mined, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyArrowResult<Bound<'py, PyCapsule>> {
        to_schema_pycapsule(py, self.schema.as_ref())
    }

    fn batches(&self, py: Python<'_>, n: usize) -> PyResult<MinedBatches> {
        let mined = self.begin(n).map_err(|e| to_py(py, &e))?;
        Ok(MinedBatches(Mutex::new(mined)))
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

/// Batches as they are found.
#[pyclass(frozen, module = "patronomy._core")]
pub(crate) struct MinedBatches(Mutex<Mined>);

#[pymethods]
impl MinedBatches {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<TableView>> {
        loop {
            let step = py.detach(|| {
                let mined = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                mined.steps.recv_timeout(TICK)
            });
            match step {
                Ok(Ok(Ok(batch))) => return Ok(Some(TableView(batch))),
                Ok(Ok(Err(error))) => return Err(to_py(py, &error)),
                Ok(Err(payload)) => return Err(defect(payload.as_ref())),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            }
        }
    }
}
