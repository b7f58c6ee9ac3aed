//! The miner: each sequence grows by one item at a time, depth first.
//!
//! A sequence is where it ends in each history (Pei et al. 2001). One pass over what follows those places finds the items that may come next, with the
//! number of customers of each, and a second one where the sequences grown by them end. Where much of what follows is too rare to be in any longer
//! sequence, the histories are first written anew without it. Each depth has lists of its own, which are used again: no node allocates.

use std::sync::atomic::{AtomicBool, Ordering};

use super::database::{Coded, Database};
use super::extend::{Occurrence, Times, Ways, by_customer, each_extension};
use crate::error::Result;
use crate::itemsets::sink::{Sink, Tree};
use crate::itemsets::tasks::{Walk, each_item};
use crate::itemsets::watch::Shared;

/// The bit of a kept item that says it begins an element.
pub(super) const BEGINS: u32 = 1 << 31;

/// Most items of a sequence: a depth that the stack of a thread holds many times over.
pub(super) const MAX_ITEMS: usize = 500;

/// Limits of what a sequence is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) minimum: u32,
    pub(super) times: Times,
    pub(super) max_len: usize,
    pub(super) max_items: usize,
    pub(super) max_element_items: usize,
    /// Bytes of the lists that a thread may hold at once.
    pub(super) max_bytes: usize,
}

/// A job of mining.
#[derive(Debug)]
pub(super) struct Miner<'a> {
    pub(super) coded: &'a Coded,
    pub(super) limits: Limits,
    /// Whether sequences grew too long, or their lists too large.
    is_too_deep: AtomicBool,
}

/// A sequence while it grows.
#[derive(Debug, Clone, Copy)]
struct Node {
    n_items: usize,
    n_elements: usize,
    /// Items of its last element.
    n_last: usize,
    /// Bytes that its ancestors' lists take.
    bytes: usize,
}

/// Where a sequence ends, and in which histories.
#[derive(Debug, Clone, Copy)]
struct At<'a> {
    database: &'a Database,
    list: &'a [Occurrence],
}

#[derive(Debug, Clone, Copy, Default)]
struct Step {
    /// One more than the last customer met.
    last: u32,
    support: u32,
    n: u32,
}

#[derive(Debug, Clone, Copy)]
struct Child {
    step: u32,
    support: u32,
    n: u32,
}

/// What a depth holds.
#[derive(Debug, Default)]
struct Level {
    children: Vec<Child>,
    occurrences: Vec<Occurrence>,
    /// The histories written anew, and the list in them.
    database: Database,
    list: Vec<Occurrence>,
}

/// What a thread holds.
#[derive(Debug, Default)]
pub(super) struct Work {
    levels: Vec<Level>,
    /// For each step what is known of it at the node; nought between nodes.
    steps: Vec<Step>,
    touched: Vec<u32>,
    /// The items of the sequence.
    path: Vec<u32>,
    first: Vec<Occurrence>,
}

impl<'a> Miner<'a> {
    pub(super) fn new(coded: &'a Coded, limits: Limits) -> Self {
        Self {
            coded,
            limits,
            is_too_deep: AtomicBool::new(false),
        }
    }

    /// Whether the work was stopped because sequences are too long.
    pub(super) fn is_too_deep(&self) -> bool {
        self.is_too_deep.load(Ordering::Relaxed)
    }

    /// All sequences, those of each first item in one piece. Where they are only counted, those that `is_wanted`: by the items and the elements.
    pub(super) fn mine(
        &self,
        shared: &Shared<'_>,
        is_wanted: impl Fn(&[u32], usize) -> bool + Sync,
    ) -> Result<Vec<Tree>> {
        let items: Vec<u32> = (0..self.coded.n_items() as u32).collect();
        let run = |walk: &mut Walk<'_, Tree>, work: &mut Work, item: u32| {
            work.steps.resize(2 * items.len(), Step::default());
            let mut first = std::mem::take(&mut work.first);
            self.coded.list(item, &mut first);
            let at = At {
                database: &self.coded.database,
                list: &first,
            };
            let node = Node {
                n_items: 0,
                n_elements: 0,
                n_last: 0,
                bytes: 0,
            };
            let child = Child {
                step: items.len() as u32 + item,
                support: self.coded.support(item),
                n: 0,
            };
            let growing = &mut Growing {
                miner: self,
                shared,
                walk,
                is_wanted: &is_wanted,
            };
            growing.take(work, at, node, child);
            work.first = first;
        };
        each_item(shared, &items, run)
    }

    /// How a sequence may grow.
    fn ways(&self, node: Node) -> Ways {
        let may_grow = node.n_items < self.limits.max_items;
        Ways {
            within: may_grow && node.n_last < self.limits.max_element_items,
            after: may_grow && node.n_elements < self.limits.max_len,
        }
    }

    /// How those may grow that have grown within the last element, or after it.
    fn ways_of_children(&self, node: Node) -> Ways {
        let may_grow = |step: usize| self.ways(self.grown(node, step as u32)).any();
        Ways {
            within: may_grow(0),
            after: may_grow(self.coded.n_items()),
        }
    }

    /// Whether a sequence with children is too long, or its lists too large.
    fn is_beyond(&self, node: Node) -> bool {
        node.n_items >= MAX_ITEMS || node.bytes > self.limits.max_bytes
    }

    /// The node grown by a step.
    fn grown(&self, node: Node, step: u32) -> Node {
        let begins = step as usize >= self.coded.n_items();
        Node {
            n_items: node.n_items + 1,
            n_elements: node.n_elements + usize::from(begins),
            n_last: if begins { 1 } else { node.n_last + 1 },
            bytes: node.bytes,
        }
    }
}

/// One thread's way down.
struct Growing<'a, 'w, 's, F> {
    miner: &'a Miner<'a>,
    shared: &'a Shared<'a>,
    walk: &'w mut Walk<'s, Tree>,
    is_wanted: &'a F,
}

impl<F: Fn(&[u32], usize) -> bool> Growing<'_, '_, '_, F> {
    /// Takes in a sequence, and all that grows from it.
    fn take(&mut self, work: &mut Work, at: At<'_>, node: Node, child: Child) {
        let n = self.miner.coded.n_items() as u32;
        let item = child.step.checked_sub(n).map_or(child.step, |i| i | BEGINS);
        work.path.push(item & !BEGINS);
        let grown = self.miner.grown(node, child.step);
        if self.shared.keeps || (self.is_wanted)(&work.path, grown.n_elements) {
            self.walk.sink.set(node.n_items, item, child.support);
        }
        self.grow(work, at, grown);
        work.path.pop();
    }

    fn grow(&mut self, work: &mut Work, at: At<'_>, mut node: Node) {
        let ways = self.miner.ways(node);
        if !ways.any() || self.walk.is_stopped(0) {
            return;
        }
        let mut level = work.take_level(node);
        let n_met = self.find_children(work, &mut level.children, at, node, ways);
        let further = self.miner.ways_of_children(node);
        if self.walk.is_stopped(n_met) || level.children.is_empty() {
            return work.give_back(node, level);
        }
        let n: usize = level.children.iter().map(|c| c.n as usize).sum();
        node.bytes += n * size_of::<Occurrence>();
        if further.any() && self.miner.is_beyond(node) {
            self.miner.is_too_deep.store(true, Ordering::Relaxed);
            self.shared.stop();
            return work.give_back(node, level);
        }
        // It pays where most of what was met leads nowhere, and several children would meet it again.
        let is_anew = further.any() && level.children.len() > 2 && n_met >= 2 * n;
        if is_anew {
            self.write_anew(work, &mut level, at);
        }
        let own = At {
            database: &level.database,
            list: &level.list,
        };
        let at = if is_anew { own } else { at };
        if further.any() {
            self.project(work, &level.children, &mut level.occurrences, at, further);
        }
        let mut rest = &level.occurrences[..];
        for &child in &level.children {
            let list;
            (list, rest) = rest.split_at(if further.any() { child.n as usize } else { 0 });
            self.take(work, At { list, ..at }, node, child);
        }
        work.give_back(node, level);
    }

    /// Finds the steps with enough support, in order; returns how many items were met.
    fn find_children(
        &self,
        work: &mut Work,
        children: &mut Vec<Child>,
        at: At<'_>,
        node: Node,
        ways: Ways,
    ) -> usize {
        let coded = self.miner.coded;
        let n_items = coded.n_items() as u32;
        let (steps, touched) = (&mut work.steps, &mut work.touched);
        let times = &self.miner.limits.times;
        each_extension(
            at.database,
            at.list,
            times,
            ways,
            n_items,
            |step, owner, _| {
                meet(steps, touched, step, owner);
            },
        );
        let last = &work.path[work.path.len() - node.n_last..];
        let mut n_met = 0;
        children.clear();
        for step in touched.drain(..) {
            let Step { support, n, .. } = std::mem::take(&mut steps[step as usize]);
            n_met += n as usize;
            if support >= self.miner.limits.minimum
                && (step >= n_items || !coded.is_related(step, last))
            {
                children.push(Child { step, support, n });
            }
        }
        children.sort_unstable_by_key(|child| child.step);
        n_met
    }

    /// Writes where the children end, one child after the other.
    fn project(
        &self,
        work: &mut Work,
        children: &[Child],
        occurrences: &mut Vec<Occurrence>,
        at: At<'_>,
        further: Ways,
    ) {
        let mut n = 0;
        for child in children {
            let step = &mut work.steps[child.step as usize];
            (step.support, step.n) = (child.support, n);
            n += child.n;
        }
        occurrences.clear();
        occurrences.resize(n as usize, Occurrence::default());
        let n_items = self.miner.coded.n_items() as u32;
        let times = &self.miner.limits.times;
        each_extension(
            at.database,
            at.list,
            times,
            further,
            n_items,
            |step, _, next| {
                let step = &mut work.steps[step as usize];
                if step.support > 0 {
                    occurrences[step.n as usize] = next;
                    step.n += 1;
                }
            },
        );
        for child in children {
            work.steps[child.step as usize] = Step::default();
        }
    }

    /// Writes the histories anew, from each customer's first occurrence on and as far as the window reaches, without items too rare there.
    ///
    /// Whatever grows from here is found in this part of the histories, so an item that too few customers have in it is in none of that.
    fn write_anew(&self, work: &mut Work, level: &mut Level, at: At<'_>) {
        let minimum = self.miner.limits.minimum;
        let window = self.miner.limits.times.window;
        let (steps, touched) = (&mut work.steps, &mut work.touched);
        for own in by_customer(at.database, at.list) {
            let owner = at.database.owners[own[0].element as usize];
            for &item in &at.database.items[at.database.reach(own, window).1] {
                meet(steps, touched, item, owner);
            }
        }
        level.database.clear();
        level.list.clear();
        for own in by_customer(at.database, at.list) {
            let is_kept = |item: u32| steps[item as usize].support >= minimum;
            at.database
                .write(own, window, is_kept, &mut level.database, &mut level.list);
        }
        for item in touched.drain(..) {
            steps[item as usize] = Step::default();
        }
    }
}

/// Counts a step for a customer, and that it was met.
#[inline(always)]
fn meet(steps: &mut [Step], touched: &mut Vec<u32>, step: u32, owner: u32) {
    let known = &mut steps[step as usize];
    if known.n == 0 {
        touched.push(step);
    }
    known.n += 1;
    if known.last != owner + 1 {
        known.last = owner + 1;
        known.support += 1;
    }
}

impl Work {
    fn take_level(&mut self, node: Node) -> Level {
        if self.levels.len() < node.n_items {
            self.levels.resize_with(node.n_items, Level::default);
        }
        std::mem::take(&mut self.levels[node.n_items - 1])
    }

    fn give_back(&mut self, node: Node, level: Level) {
        self.levels[node.n_items - 1] = level;
    }
}
