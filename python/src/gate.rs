//! The one gate every computing call goes through: releases the GIL, picks the pool, arms Ctrl-C, carries progress, maps errors.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use patronomy::{Budget, Cancel, Context, Error, Progress};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::errors::{defect, to_py};

/// How often the waiting thread looks for Ctrl-C and reports progress.
pub(crate) const TICK: Duration = Duration::from_millis(100);
/// Below so many rows a job takes less than waking a thread would be worth: it runs where it was called, and never enters a pool.
pub(crate) const INLINE_ROWS: usize = 50_000;

/// What a call brings along.
pub(crate) struct Call<'a> {
    /// Called as `progress(done, total, stage)`.
    pub(crate) progress: Option<&'a Bound<'a, PyAny>>,
    /// Threads; all cores where it is not given.
    pub(crate) n_jobs: Option<i64>,
    /// Memory for what grows with the rows, in megabytes; each job's own default where it is not given.
    pub(crate) memory_mb: Option<f64>,
    /// Rows to work on.
    pub(crate) rows: usize,
}

impl<'a> Call<'a> {
    /// A call to mine: little may hold very many sets, so it always runs where Ctrl-C reaches it.
    pub(crate) const fn mining(
        progress: Option<&'a Bound<'a, PyAny>>,
        n_jobs: Option<i64>,
        memory_mb: Option<f64>,
    ) -> Self {
        Self {
            progress,
            n_jobs,
            memory_mb,
            rows: usize::MAX,
        }
    }

    /// The same where no more than so many rows can be at work, so that few of them run at once.
    pub(crate) const fn rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    /// A call that nobody watches, on so many rows.
    pub(crate) const fn quiet(rows: usize) -> Self {
        Self {
            progress: None,
            n_jobs: None,
            memory_mb: None,
            rows,
        }
    }
}

type Outcome<T> = std::thread::Result<Result<T, Error>>;

/// Runs `job` outside the GIL.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    call: &Call<'_>,
    job: impl FnOnce(&Context) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let ctx = Context {
        budget: budget(call.memory_mb).map_err(|e| to_py(py, &e))?,
        cancel: Cancel::new(),
        progress: Progress::new(),
    };
    let asked = asked(call.n_jobs).map_err(|e| to_py(py, &e))?;
    let outcome = if call.rows < INLINE_ROWS {
        py.detach(|| catch_unwind(AssertUnwindSafe(|| job(&ctx))))
    } else {
        in_pool(py, call, &ctx, asked.unwrap_or_else(cores), job)?
    };
    match outcome {
        Ok(Ok(value)) => report(call, &ctx.progress).map(|()| value),
        Ok(Err(error)) => Err(to_py(py, &error)),
        Err(payload) => Err(defect(payload.as_ref())),
    }
}

/// Starts the job on a pool and waits for it, looking up once a tick.
fn in_pool<T: Send>(
    py: Python<'_>,
    call: &Call<'_>,
    ctx: &Context,
    threads: usize,
    job: impl FnOnce(&Context) -> Result<T, Error> + Send,
) -> PyResult<Outcome<T>> {
    let pool = pool(threads).map_err(|e| to_py(py, &e))?;
    let done = Done::default();
    std::thread::scope(|scope| {
        scope.spawn(|| done.set(catch_unwind(AssertUnwindSafe(|| pool.install(|| job(ctx))))));
        let mut stop = None;
        loop {
            if let Some(outcome) = py.detach(|| done.wait()) {
                // What the caller raised meanwhile goes first: the job may have been stopped for it.
                return stop.map_or(Ok(outcome), Err);
            }
            if stop.is_none()
                && let Err(raised) = py
                    .check_signals()
                    .and_then(|()| report(call, &ctx.progress))
            {
                ctx.cancel.cancel();
                stop = Some(raised);
            }
        }
    })
}

/// A slot that one thread fills and another waits for.
struct Done<T> {
    slot: Mutex<Option<Outcome<T>>>,
    filled: Condvar,
}

impl<T> Default for Done<T> {
    fn default() -> Self {
        Self {
            slot: Mutex::new(None),
            filled: Condvar::new(),
        }
    }
}

impl<T> Done<T> {
    fn set(&self, outcome: Outcome<T>) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        self.filled.notify_one();
    }

    /// The outcome, if it comes within a tick.
    fn wait(&self) -> Option<Outcome<T>> {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.filled.wait_timeout_while(slot, TICK, |s| s.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }
}

fn report(call: &Call<'_>, progress: &Progress) -> PyResult<()> {
    let Some(callback) = call.progress else {
        return Ok(());
    };
    let reading = progress.read();
    callback.call1((reading.done, reading.total, reading.stage))?;
    Ok(())
}

pub(crate) fn budget(memory_mb: Option<f64>) -> Result<Budget, Error> {
    match memory_mb {
        None => Ok(Budget::unlimited()),
        Some(mb) if mb.is_finite() && mb > 0.0 => Ok(Budget::bytes((mb * 1e6) as u64)),
        Some(mb) => Err(Error::parameter(
            "the job",
            "memory_mb",
            "must be a positive number of megabytes",
            mb,
        )),
    }
}

/// The threads meant by `n_jobs`, after scikit-learn: none or -1 is all cores.
pub(crate) fn threads(n_jobs: Option<i64>) -> Result<usize, Error> {
    Ok(asked(n_jobs)?.unwrap_or_else(cores))
}

/// The cores this process may use. The system is asked each time, which takes longer than a small job.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The threads that were asked for; none where all cores were.
fn asked(n_jobs: Option<i64>) -> Result<Option<usize>, Error> {
    match n_jobs {
        None | Some(-1) => Ok(None),
        Some(n @ 1..=1024) => Ok(Some(n as usize)),
        Some(n) => Err(Error::parameter(
            "the job",
            "n_jobs",
            "must be -1 (all cores) or in 1..=1024",
            n,
        )),
    }
}

/// Pools by size, and the process they belong to: after a fork the child's threads are gone, so it makes its own.
struct Pools {
    process: u32,
    by_threads: HashMap<usize, Arc<ThreadPool>>,
}

static POOLS: Mutex<Option<Pools>> = Mutex::new(None);

pub(crate) fn pool(threads: usize) -> Result<Arc<ThreadPool>, Error> {
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    let pools = match &mut *pools {
        Some(known) if known.process == process => known,
        stale => {
            // Dropping the parent's pools would wait for threads that this process does not have.
            std::mem::forget(stale.take());
            stale.insert(Pools {
                process,
                by_threads: HashMap::new(),
            })
        }
    };
    if let Some(pool) = pools.by_threads.get(&threads) {
        return Ok(Arc::clone(pool));
    }
    let pool = Arc::new(new_pool(threads)?);
    pools.by_threads.insert(threads, Arc::clone(&pool));
    Ok(pool)
}

/// Threads that no other job uses.
pub(crate) fn new_pool(threads: usize) -> Result<ThreadPool, Error> {
    let built = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("patronomy-{i}"))
        .build();
    built.map_err(|e| {
        let rule = format!("threads could not be started: {e}");
        Error::parameter("the job", "n_jobs", rule, threads)
    })
}
