//! How far a job has come: counters that any thread may read while the job runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A job's progress in its current stage.
///
/// Jobs count finished chunks of work; readers call [`Progress::read`] as often as they like. Cost: one atomic add a chunk.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    shared: Arc<ProgressState>,
}

#[derive(Debug, Default)]
struct ProgressState {
    done: AtomicU64,
    announced: AtomicU64,
    planned: AtomicU64,
    stage: Mutex<&'static str>,
}

/// What [`Progress::read`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgressReading {
    /// Units of work finished, over all stages so far.
    pub done: u64,
    /// Units planned or announced so far; never less than `done`.
    pub total: u64,
    /// What is being done.
    pub stage: &'static str,
}

impl Progress {
    /// Nothing announced, nothing done.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says how many units the whole job will about take, so that the fraction does not jump from stage to stage.
    pub fn plan(&self, units: u64) {
        self.shared.planned.fetch_add(units, Ordering::Relaxed);
    }

    /// Says that the job has ended: nothing planned is left to do.
    pub fn finish(&self) {
        self.shared.planned.store(0, Ordering::Relaxed);
    }

    /// Begins a stage of `units` further units of work.
    pub fn stage(&self, name: &'static str, units: u64) {
        self.shared.announced.fetch_add(units, Ordering::Relaxed);
        *self
            .shared
            .stage
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = name;
    }

    /// Counts finished units.
    pub fn advance(&self, units: u64) {
        self.shared.done.fetch_add(units, Ordering::Relaxed);
    }

    /// The state now.
    #[must_use]
    pub fn read(&self) -> ProgressReading {
        let done = self.shared.done.load(Ordering::Relaxed);
        ProgressReading {
            done,
            total: [&self.shared.announced, &self.shared.planned]
                .into_iter()
                .map(|n| n.load(Ordering::Relaxed))
                .fold(done, u64::max),
            stage: *self
                .shared
                .stage
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_add_up() {
        let p = Progress::new();
        p.stage("read", 3);
        p.advance(3);
        p.stage("score", 2);
        p.advance(1);
        let r = p.read();
        assert_eq!((r.done, r.total, r.stage), (4, 5, "score"));
        p.plan(10);
        assert_eq!(p.read().total, 10);
        p.finish();
        assert_eq!(p.read().total, 5);
    }
}
