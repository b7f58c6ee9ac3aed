//! What miners share: a task for each item, the first of its sets.

use super::database::Database;
use super::sink::Sink;
use super::watch::{Shared, Watch};
use crate::error::Result;
use crate::parallel::{Spares, map_begun_in_order, map_ordered};

/// One thread's way through the sets.
#[derive(Debug)]
pub(crate) struct Walk<'a, S> {
    pub(crate) sink: S,
    watch: Watch<'a>,
}

impl<S: Sink> Walk<'_, S> {
    /// Whether to leave off; asked once for each set, with the rows it takes to find it.
    #[inline(always)]
    pub(crate) fn is_stopped(&mut self, n_rows: usize) -> bool {
        if self.watch.is_due(n_rows) {
            self.watch.look_at(&mut self.sink);
        }
        self.watch.is_stopped()
    }
}

/// Runs a task for each item, or for some of them together where they are many. Sinks come back in the order of the items; `B` is what a thread keeps
/// from task to task.
pub(crate) fn each_item<'a, S: Sink, B: Default + Send>(
    shared: &'a Shared<'a>,
    items: &[u32],
    run: impl Fn(&mut Walk<'a, S>, &mut B, u32) + Sync,
) -> Result<Vec<S>> {
    const TASKS: usize = 1024;
    let spares = Spares::<B>::default();
    let tasks: Vec<&[u32]> = items.chunks(items.len().div_ceil(TASKS).max(1)).collect();
    in_order(shared, tasks.len(), |task| {
        let mut buffers = spares.take();
        let mut walk = Walk {
            sink: S::new(shared.keeps),
            watch: Watch::of_task(shared, task),
        };
        for &item in tasks[task] {
            if !walk.is_stopped(0) {
                run(&mut walk, &mut buffers, item);
            }
        }
        spares.give_back(buffers);
        walk.watch.finish(walk.sink)
    })
}

/// Runs tasks by number; begun in order where their sets are passed on, for then they wait for each other.
pub(super) fn in_order<S: Sink>(
    shared: &Shared<'_>,
    n: usize,
    run: impl Fn(usize) -> S + Sync,
) -> Result<Vec<S>> {
    if shared.stream.is_some() {
        return Ok(map_begun_in_order(shared.ctx, shared.stage, n, run));
    }
    map_ordered(shared.ctx, shared.stage, (0..n).collect(), |task| {
        Ok(run(task))
    })
}

impl Database {
    /// The smallest support of sets whose first item this is.
    pub(super) fn minimum_of(&self, code: u32) -> u32 {
        let own = self.minimums.get(code as usize);
        own.copied().unwrap_or(self.minimum)
    }

    /// The items that are sets themselves.
    pub(super) fn frequent(&self) -> impl Iterator<Item = u32> {
        let codes = 0..self.n_items() as u32;
        codes.filter(|&c| self.supports[c as usize] >= self.minimum_of(c))
    }

    /// Whether `later` may not be in a set with an item before it because one is an ancestor of the other.
    #[inline(always)]
    pub(super) fn is_related(&self, item: u32, later: u32) -> bool {
        let related = self.ancestors.get(item as usize);
        related.is_some_and(|r| r.contains(&later))
    }

    /// Items in every basket, where sets are only counted: each doubles their number. None where items have minimums of their own.
    pub(super) fn n_in_all<S: Sink>(&self) -> usize {
        if S::EACH || !self.minimums.is_empty() {
            return 0;
        }
        // The most frequent have the last codes.
        let last = self.supports.iter().rev();
        last.take_while(|&&s| s == self.total).count()
    }
}

/// A sink with the sets of the items that are in every basket.
pub(super) fn sets_in_all<S: Sink>(n: usize) -> S {
    let mut sink = S::new(true);
    (0..n).for_each(|free| sink.many(1, free));
    sink
}
