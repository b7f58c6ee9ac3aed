//! Candidates: sets that share all but their last items are joined, and dropped if a subset is not frequent.

use std::sync::atomic::{AtomicU64, Ordering};

use super::super::database::Database;
use super::super::watch::{Shared, Watch};
use super::levels::{Level, Levels};
use crate::error::Result;
use crate::parallel::map_ordered;

/// What extends the sets of the last level: the candidates without supports. None if there are more than `most`.
pub(super) fn join(
    database: &Database,
    levels: &Levels,
    most: u64,
    shared: &Shared<'_>,
) -> Result<Option<Level>> {
    let n_kept = AtomicU64::new(0);
    let items: Vec<u32> = (0..database.n_items() as u32).collect();
    let tasks: Vec<&[u32]> = items.chunks(items.len().div_ceil(256).max(1)).collect();
    let parts = map_ordered(shared.ctx, "candidates", tasks, |task| {
        let mut join = Join {
            database,
            levels,
            most,
            n_kept: &n_kept,
            watch: Watch::new(shared),
            path: Vec::new(),
            kept: Vec::new(),
            lengths: Vec::new(),
            items: Vec::new(),
        };
        for &item in task {
            join.path.push(item);
            join.descend(0, item as usize);
            join.path.pop();
        }
        Ok((join.lengths, join.items))
    })?;
    if n_kept.into_inner() > most {
        return Ok(None);
    }
    let lengths = parts.iter().flat_map(|(lengths, _)| lengths);
    let starts = Level::starts_of(lengths.copied());
    let items = parts.iter().flat_map(|(_, items)| items).copied();
    Ok(Some(Level {
        items: items.collect(),
        starts,
        supports: Vec::new(),
    }))
}

struct Join<'a> {
    database: &'a Database,
    levels: &'a Levels,
    most: u64,
    n_kept: &'a AtomicU64,
    watch: Watch<'a>,
    path: Vec<u32>,
    kept: Vec<u32>,
    lengths: Vec<u32>,
    items: Vec<u32>,
}

impl Join<'_> {
    fn is_stopped(&self) -> bool {
        self.watch.is_stopped() || self.n_kept.load(Ordering::Relaxed) > self.most
    }

    /// Joins the sets below one; the path is its items.
    fn descend(&mut self, level: usize, parent: usize) {
        let here = &self.levels.levels[level];
        if level + 1 == self.levels.levels.len() {
            return self.family(parent);
        }
        for set in here.of(parent) {
            self.path.push(here.items[set]);
            self.descend(level + 1, set);
            self.path.pop();
        }
    }

    /// Joins the sets of one parent.
    fn family(&mut self, parent: usize) {
        let levels = &self.levels.levels[..];
        let [.., last] = levels else { return };
        let range = last.of(parent);
        let below = self.below();
        for set in range.clone() {
            let item = last.items[set];
            self.kept.clear();
            let others = last.items[set + 1..range.end].iter().copied();
            let database = self.database;
            self.kept
                .extend(others.filter(|&other| !database.is_related(item, other)));
            for &node in &below {
                if self.kept.is_empty() {
                    break;
                }
                self.keep_known(node, item);
            }
            self.lengths.push(self.kept.len() as u32);
            self.items.extend_from_slice(&self.kept);
            self.n_kept
                .fetch_add(self.kept.len() as u64, Ordering::Relaxed);
            if self.watch.is_due(self.kept.len() * below.len()) {
                self.watch.look(0);
            }
            if self.is_stopped() {
                return;
            }
        }
    }

    /// The path without each of its items: where it stands; none where nothing is left of it.
    ///
    /// With minimums of their own for items, a subset without the first item may be rare though the set is not.
    fn below(&self) -> Vec<Option<usize>> {
        let first = usize::from(!self.database.minimums.is_empty());
        let without = (first..self.path.len()).map(|left_out| {
            let items = self.path.iter().enumerate();
            let mut items = items.filter(|(i, _)| *i != left_out).map(|(_, &item)| item);
            let start = items.next()? as usize;
            let mut steps = items.zip(&self.levels.levels);
            steps.try_fold(start, |at, (item, level)| level.find(at, item))
        });
        without.collect()
    }

    /// Keeps the last items that extend this subset and `item` to a frequent set.
    fn keep_known(&mut self, node: Option<usize>, item: u32) {
        let levels = &self.levels.levels[..];
        let [.., last] = levels else { return };
        let set = match (node, levels) {
            (None, _) => Some(item as usize),
            (Some(node), [.., before, _]) => before.find(node, item),
            (Some(_), _) => None,
        };
        let known = set.map_or(&[][..], |set| &last.items[last.of(set)]);
        let mut at = 0;
        self.kept.retain(|&other| {
            at += known[at..].partition_point(|&k| k < other);
            known.get(at) == Some(&other)
        });
    }
}
