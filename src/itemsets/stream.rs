//! Item sets passed on while they are found, in order, so that they never have to be held together.
//!
//! Tasks are begun in order. The first that is not finished passes its sets on as it goes; the others hold theirs, and where these get many they wait
//! for their turn. Nobody waits for ever: what all wait for is running.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::result::Found;
use crate::error::{Error, Result};

/// Takes item sets one by one, as they are found: [`ItemsetParams::stream`](super::ItemsetParams::stream) calls it.
///
/// Every `FnMut(&[u32], u32) -> Result<()>` is one. [`stream_batches`](super::ItemsetParams::stream_batches) makes record batches of the sets.
pub trait ItemsetSink: Send {
    /// A set: the numbers of its items, and its support count.
    ///
    /// # Errors
    /// Whatever should end the mining; the caller of `stream` gets it.
    fn itemset(&mut self, items: &[u32], support_count: u32) -> Result<()>;
}

impl<F: FnMut(&[u32], u32) -> Result<()> + Send> ItemsetSink for F {
    fn itemset(&mut self, items: &[u32], support_count: u32) -> Result<()> {
        self(items, support_count)
    }
}

/// What tasks know of a stream; a trait, so that whoever shares it need not name how long its sink lives.
pub(super) trait PassOn: Sync + fmt::Debug {
    /// Bytes of sets with which a task asks to pass them on.
    fn part_bytes(&self) -> usize;

    /// Passes on a part of a task's sets, when it is the task's turn. False if no more sets are wanted.
    fn pass_on(&self, task: usize, part: Found) -> bool;

    /// Takes the last part of a task's sets. False if no more sets are wanted.
    fn finish(&self, task: usize, part: Found) -> bool;

    /// Passes nothing on any more, and nobody waits.
    fn end(&self);
}

/// Where the tasks of a job pass on their sets.
pub(super) struct Stream<'a> {
    line: Mutex<Line<'a>>,
    moved: Condvar,
    /// Bytes of sets that a task has when it asks to pass them on, and that finished tasks hold together.
    part_bytes: usize,
    held_bytes: usize,
}

struct Line<'a> {
    sink: &'a mut dyn ItemsetSink,
    /// The items of the last set.
    path: Vec<u32>,
    /// The task that may pass on.
    first: usize,
    /// Finished before their turn.
    finished: BTreeMap<usize, Found>,
    bytes: usize,
    is_ended: bool,
    error: Option<Error>,
}

impl fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("part_bytes", &self.part_bytes)
            .finish_non_exhaustive()
    }
}

impl<'a> Stream<'a> {
    /// Passes on to a sink. Finished tasks together hold up to half of these bytes, and each that runs an eighth: what a part is must not depend on how
    /// many run.
    pub(super) fn new(sink: &'a mut dyn ItemsetSink, bytes: usize) -> Self {
        Self {
            line: Mutex::new(Line {
                sink,
                path: Vec::new(),
                first: 0,
                finished: BTreeMap::new(),
                bytes: 0,
                is_ended: false,
                error: None,
            }),
            moved: Condvar::new(),
            part_bytes: bytes / 8,
            held_bytes: bytes / 2,
        }
    }

    fn line(&self) -> MutexGuard<'_, Line<'a>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The line, once it is so.
    fn wait(&self, until: impl Fn(&Line<'a>) -> bool) -> MutexGuard<'_, Line<'a>> {
        let waits = |line: &mut Line<'a>| !line.is_ended && !until(line);
        let line = self.moved.wait_while(self.line(), waits);
        line.unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes on sets that were found without tasks of their own. Returns what the sink said of all.
    pub(super) fn close(self, rest: &Found) -> Result<()> {
        let line = self.line.into_inner();
        let mut line = line.unwrap_or_else(PoisonError::into_inner);
        line.pass_on(rest);
        line.error.map_or(Ok(()), Err)
    }
}

impl PassOn for Stream<'_> {
    fn part_bytes(&self) -> usize {
        self.part_bytes
    }

    fn pass_on(&self, task: usize, part: Found) -> bool {
        let mut line = self.wait(|line| line.first == task);
        line.pass_on(&part);
        let goes_on = !line.is_ended;
        drop(line);
        if !goes_on {
            self.moved.notify_all();
        }
        goes_on
    }

    fn finish(&self, task: usize, part: Found) -> bool {
        let bytes = part.n_bytes();
        let mut line =
            self.wait(|line| line.first == task || line.bytes + bytes <= self.held_bytes);
        line.bytes += bytes;
        line.finished.insert(task, part);
        line.advance();
        let goes_on = !line.is_ended;
        drop(line);
        self.moved.notify_all();
        goes_on
    }

    fn end(&self) {
        self.line().is_ended = true;
        self.moved.notify_all();
    }
}

impl Line<'_> {
    fn pass_on(&mut self, part: &Found) {
        if self.is_ended {
            return;
        }
        let (sink, mut outcome) = (&mut self.sink, Ok(()));
        part.for_each(&mut self.path, |items, support| {
            if outcome.is_ok() {
                outcome = sink.itemset(items, support);
            }
        });
        if let Err(error) = outcome {
            self.is_ended = true;
            self.error = Some(error);
        }
    }

    /// Passes on what is finished, up to the first task that is not.
    fn advance(&mut self) {
        while let Some(part) = self.finished.remove(&self.first) {
            self.bytes -= part.n_bytes();
            self.first += 1;
            self.pass_on(&part);
        }
    }
}

/// A task's place in the line. Dropped before the task is finished, as in a panic, it ends the stream, for others would wait for ever.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) stream: &'a dyn PassOn,
    pub(super) task: usize,
    pub(super) is_finished: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.is_finished {
            self.stream.end();
        }
    }
}
