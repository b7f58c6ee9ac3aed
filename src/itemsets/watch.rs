//! Stopping: when the caller asks, and when there are more sets than allowed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::sink::Sink;
use super::stream::{PassOn, Place};
use crate::error::Result;
use crate::parallel::Context;

/// What the threads of a job share.
#[derive(Debug)]
pub(crate) struct Shared<'a> {
    pub(crate) ctx: &'a Context,
    /// What progress calls the work.
    pub(crate) stage: &'static str,
    /// Whether sinks keep the sets, or only count them.
    pub(crate) keeps: bool,
    /// Where sets are passed on, if they are not to be held.
    pub(super) stream: Option<&'a dyn PassOn>,
    max_sets: u64,
    max_steps: u64,
    n_sets: AtomicU64,
    n_steps: AtomicU64,
    is_stopped: AtomicBool,
}

impl<'a> Shared<'a> {
    /// Stops beyond so many sets, or steps: a step is a set, or some rows that were looked at to find it.
    pub(crate) fn new(ctx: &'a Context, max_sets: u64, max_steps: u64) -> Self {
        Self {
            ctx,
            stage: "item sets",
            keeps: true,
            stream: None,
            max_sets,
            max_steps,
            n_sets: AtomicU64::new(0),
            n_steps: AtomicU64::new(0),
            is_stopped: AtomicBool::new(false),
        }
    }

    /// Whether all sets were found; false if there were too many, or it took too long.
    ///
    /// # Errors
    /// `Error::Cancelled` if that was why the work stopped.
    pub(crate) fn is_whole(&self) -> Result<bool> {
        self.ctx.cancel.poll()?;
        Ok(!self.is_stopped.load(Ordering::Relaxed))
    }

    /// Ends the work before it is whole.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Whether more sets were met than allowed.
    pub(crate) fn has_too_many(&self) -> bool {
        self.n_sets.load(Ordering::Relaxed) > self.max_sets
    }
}

/// Steps between two looks: a millisecond or so.
const STEPS: usize = 1 << 14;

/// One thread's part.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    shared: &'a Shared<'a>,
    ticks: usize,
    reported: u64,
    is_stopped: bool,
    place: Option<Place<'a>>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(shared: &'a Shared<'a>) -> Self {
        Self {
            shared,
            ticks: 0,
            reported: 0,
            is_stopped: shared.is_stopped.load(Ordering::Relaxed),
            place: None,
        }
    }

    /// Over the task of that number; where sets are passed on, it comes after those of lower ones.
    pub(super) fn of_task(shared: &'a Shared<'a>, task: usize) -> Self {
        let place = |stream| Place {
            stream,
            task,
            is_finished: false,
        };
        Self {
            place: shared.stream.map(place),
            ..Self::new(shared)
        }
    }

    /// Counts a step that looks at so many rows; true after a millisecond or so of them.
    #[inline(always)]
    pub(crate) fn is_due(&mut self, n_rows: usize) -> bool {
        self.ticks += 1 + n_rows / 16;
        if self.ticks < STEPS {
            return false;
        }
        self.ticks = 0;
        true
    }

    #[inline(always)]
    pub(crate) const fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Tells how many sets this thread has, and learns whether to go on.
    #[cold]
    pub(crate) fn look(&mut self, n_sets: u64) {
        let shared = self.shared;
        let new = n_sets - self.reported;
        self.reported = n_sets;
        let before = shared.n_sets.load(Ordering::Relaxed);
        // Not beyond the largest number: sets that are only counted can be that many.
        let new = new.min(u64::MAX - before);
        let all = before.max(shared.n_sets.fetch_add(new, Ordering::Relaxed) + new);
        let steps = shared.n_steps.fetch_add(STEPS as u64, Ordering::Relaxed);
        if all > shared.max_sets || steps > shared.max_steps || shared.ctx.cancel.poll().is_err() {
            shared.is_stopped.store(true, Ordering::Relaxed);
        }
        self.is_stopped = shared.is_stopped.load(Ordering::Relaxed);
    }

    /// The same for a task's sink, whose sets are passed on where that is wanted.
    #[cold]
    pub(super) fn look_at(&mut self, sink: &mut impl Sink) {
        self.look(sink.n_sets());
        let Some(place) = &self.place else { return };
        if self.is_stopped {
            place.stream.end();
        } else if sink.n_bytes() > place.stream.part_bytes()
            && !place.stream.pass_on(place.task, sink.take())
        {
            self.stop();
        }
    }

    fn stop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::Relaxed);
        self.is_stopped = true;
    }

    /// Ends the task; its sink is empty then if sets are passed on.
    pub(super) fn finish<S: Sink>(mut self, mut sink: S) -> S {
        self.look_at(&mut sink);
        sink.finish();
        if let Some(mut place) = self.place.take() {
            let goes_on = place.stream.finish(place.task, sink.take());
            // Not before: a sink that panics ends the stream.
            place.is_finished = true;
            if !goes_on {
                self.stop();
            }
        }
        sink
    }
}
