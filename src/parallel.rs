//! Ordered parallelism: the same bits whatever the number of threads.
//!
//! Work is cut by the data, never by the threads, and partial results come back in the order of the cut.
//! The core runs in the caller's rayon pool; this is the only module that names rayon.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::budget::{Budget, Cancel};
use crate::error::Result;
use crate::progress::Progress;

/// What a job may use and must obey: limits, a stop flag, a place to report progress.
///
/// Clones share the flag and the counters.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Memory beside input and result.
    pub budget: Budget,
    /// Polled once per piece of work.
    pub cancel: Cancel,
    /// Advanced once per piece of work.
    pub progress: Progress,
}

impl Context {
    /// No limits, nobody watching.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// The pieces `0..len` is cut into: all of `piece` elements but the last.
pub(crate) fn pieces(
    len: usize,
    piece: usize,
) -> impl ExactSizeIterator<Item = Range<usize>> + Clone {
    let piece = piece.max(1);
    (0..len.div_ceil(piece)).map(move |i| i * piece..((i + 1) * piece).min(len))
}

/// Applies `f` to every item, in the pool where there is more than one, and returns the results in order.
///
/// Polls `ctx.cancel` before each item and advances progress after it. The first error in item order wins.
pub(crate) fn map_ordered<T: Send, R: Send>(
    ctx: &Context,
    stage: &'static str,
    items: Vec<T>,
    f: impl Fn(T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    ctx.progress.stage(stage, items.len() as u64);
    let step = |item: T| {
        ctx.cancel.poll()?;
        let result = f(item)?;
        ctx.progress.advance(1);
        Ok(result)
    };
    if items.len() <= 1 {
        return items.into_iter().map(step).collect();
    }
    // Collected before the errors are looked at: which error is reported must not depend on timing.
    let results: Vec<Result<R>> = items.into_par_iter().with_max_len(1).map(step).collect();
    results.into_iter().collect()
}

/// Runs `f` for each of `0..n`, in the pool, and returns the results in order.
///
/// They are begun in ascending order, each on a thread that does nothing else meanwhile: so a task may wait for those before it. Advances progress after
/// each, and leaves the stop flag to `f`.
pub(crate) fn map_begun_in_order<R: Send>(
    ctx: &Context,
    stage: &'static str,
    n: usize,
    f: impl Fn(usize) -> R + Sync,
) -> Vec<R> {
    ctx.progress.stage(stage, n as u64);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(n));
    let work = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= n {
                break;
            }
            let result = f(i);
            ctx.progress.advance(1);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((i, result));
        }
    };
    rayon::scope(|scope| {
        for _ in 1..rayon::current_num_threads().min(n) {
            scope.spawn(|_| work());
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Memory that tasks hand on to each other. What is in it must not change what a task computes.
#[derive(Debug)]
pub(crate) struct Spares<T>(Mutex<Vec<T>>);

impl<T> Default for Spares<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T: Default> Spares<T> {
    /// Used memory where there is some, else new.
    pub(crate) fn take(&self) -> T {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_default()
    }

    pub(crate) fn give_back(&self, spare: T) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(spare);
    }
}

/// A list of `n` values, each computed from its position; filled in place, a piece at a time.
///
/// The list starts as zero pages of the operating system: threads that fill it also take its page faults.
pub(crate) fn filled<T: Copy + Default + Send>(
    ctx: &Context,
    stage: &'static str,
    n: usize,
    value: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>> {
    let mut list = vec![T::default(); n];
    fill(ctx, stage, &mut list, |at, piece| {
        for (i, slot) in piece.iter_mut().enumerate() {
            *slot = value(at + i);
        }
    })?;
    Ok(list)
}

/// Hands out a list in pieces, each with the position of its first element.
pub(crate) fn fill<T: Send>(
    ctx: &Context,
    stage: &'static str,
    list: &mut [T],
    write: impl Fn(usize, &mut [T]) + Sync,
) -> Result<()> {
    fill_rows(ctx, stage, list, 1, write)
}

/// The same of a list that holds rows of `width` elements: pieces hold whole rows, and the position is that of the first row.
pub(crate) fn fill_rows<T: Send>(
    ctx: &Context,
    stage: &'static str,
    list: &mut [T],
    width: usize,
    write: impl Fn(usize, &mut [T]) + Sync,
) -> Result<()> {
    const PIECE: usize = 65_536;
    let parts: Vec<_> = list.chunks_mut(PIECE * width.max(1)).enumerate().collect();
    map_ordered(ctx, stage, parts, |(i, piece)| {
        write(i * PIECE, piece);
        Ok(())
    })?;
    Ok(())
}

/// The items sorted by a key; equal ones keep their order.
///
/// Cut points from a sample spread the items over buckets, and each bucket is a piece of work.
pub(crate) fn sorted<T: Copy + Send + Sync, K: Ord>(
    ctx: &Context,
    stage: &'static str,
    mut items: Vec<T>,
    key: impl Fn(&T) -> K + Sync,
) -> Result<Vec<T>> {
    const BUCKET: usize = 65_536;
    const SAMPLES: usize = 16;
    let n = items.len();
    if n < 2 * BUCKET {
        items.sort_by_key(key);
        return Ok(items);
    }
    let n_buckets = n.div_ceil(BUCKET);
    let n_samples = n_buckets * SAMPLES;
    let mut cuts: Vec<T> = (0..n_samples).map(|i| items[i * n / n_samples]).collect();
    cuts.sort_by_key(&key);
    let cuts: Vec<T> = cuts.into_iter().skip(SAMPLES).step_by(SAMPLES).collect();
    let spread = map_ordered(
        ctx,
        stage,
        pieces(n, BUCKET).collect(),
        |range: Range<usize>| {
            let mut buckets = vec![Vec::new(); n_buckets];
            for item in &items[range] {
                let own = key(item);
                buckets[cuts.partition_point(|cut| key(cut) <= own)].push(*item);
            }
            Ok(buckets)
        },
    )?;
    drop(items);
    let sorted = map_ordered(ctx, stage, (0..n_buckets).collect(), |bucket: usize| {
        let mut all: Vec<T> = spread.iter().flat_map(|b| &b[bucket]).copied().collect();
        all.sort_by_key(&key);
        Ok(all)
    })?;
    Ok(sorted.concat())
}

/// Below so many elements two threads are not worth waking.
const SERIAL: usize = 50_000;

/// Runs two closures over `n` elements each, in parallel where that is worth it and the pool has room.
pub(crate) fn join<A: Send, B: Send>(
    n: usize,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    if n < SERIAL {
        (a(), b())
    } else {
        rayon::join(a, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn pieces_cover_everything_once() {
        let all: Vec<_> = pieces(10, 4).collect();
        assert_eq!(all, [0..4, 4..8, 8..10]);
        assert_eq!(pieces(0, 4).len(), 0);
        assert_eq!(pieces(3, 0).len(), 3);
    }

    #[test]
    fn results_come_back_in_order() {
        let ctx = Context::new();
        let squares = map_ordered(&ctx, "square", (0..1000u64).collect(), |i| Ok(i * i)).unwrap();
        assert!(
            squares
                .iter()
                .enumerate()
                .all(|(i, &s)| s == (i * i) as u64)
        );
        assert_eq!(ctx.progress.read().done, 1000);
        assert_eq!(ctx.cancel.polls(), 1000);
    }

    #[test]
    fn a_task_may_wait_for_those_before_it() {
        let ctx = Context::new();
        let done = AtomicUsize::new(0);
        let in_turn = map_begun_in_order(&ctx, "wait", 200, |i| {
            while done.load(Ordering::Acquire) < i {
                std::thread::yield_now();
            }
            done.fetch_add(1, Ordering::AcqRel)
        });
        assert!(in_turn.into_iter().eq(0..200));
        assert_eq!(ctx.progress.read().done, 200);
        assert!(map_begun_in_order(&ctx, "none", 0, |i| i).is_empty());
    }

    #[test]
    fn the_first_error_in_order_wins() {
        let e = map_ordered(&Context::new(), "x", (0..100).collect(), |i: u64| {
            if i >= 7 {
                Err(Error::parameter("t", "i", "is bad", i))
            } else {
                Ok(i)
            }
        });
        assert!(e.unwrap_err().to_string().ends_with("got 7"));
    }

    #[test]
    fn sorting_is_stable_and_whole() {
        for n in [0, 1, 1000, 300_000] {
            // Few different keys in one half, many in the other.
            let items: Vec<(u64, u64)> = (0..n)
                .map(|i: u64| (i * 7919 % if i.is_multiple_of(2) { 5 } else { 1 << 40 }, i))
                .collect();
            let mut expected = items.clone();
            expected.sort_unstable();
            assert_eq!(
                sorted(&Context::new(), "sort", items, |&(k, _)| k).unwrap(),
                expected
            );
        }
    }

    #[test]
    fn a_cancel_stops_at_the_next_piece() {
        let ctx = Context {
            cancel: Cancel::at_poll(3),
            ..Context::new()
        };
        assert!(matches!(
            map_ordered(&ctx, "x", vec![(); 50], |()| Ok(())),
            Err(Error::Cancelled)
        ));
        assert!(ctx.progress.read().done <= 49);
    }
}
