//! The hybrid miner: one recursion, and rows in the form that fits their number of items.
//!
//! A set grows by items from the rarest to the most frequent; the rows that have it are its conditional database. Of these rows, items that are
//! not frequent with the set are dropped and equal rows become one, so databases shrink quickly: from lists ([`wide`]) to rows of some words
//! ([`mid`]) to one word ([`narrow`]), and where few items or few rows are left all sets are answered at once ([`leaf`]).
//!
//! Rows keep the items that were **done** before: those that may not extend the set any more because the sets with them come elsewhere. A set is
//! closed if none of them is in all its rows (the prefix-preserving closure extension of LCM, Uno et al. 2004), and maximal if none is
//! frequent with it. So no set found before needs to be kept or looked up, and top-level items are independent tasks.

mod leaf;
mod mid;
mod narrow;
mod wide;

use super::apriori::partners;
use super::database::Database;
use super::sink::Sink;
use super::tasks::in_order;
use super::watch::{Shared, Watch};
use crate::error::Result;
use crate::kernels::itemsets::powerset::Few;
use crate::parallel::{Spares, map_ordered, pieces};
use mid::{ITEMS, Lists, Mid, Pools, Scan, Width, with_words};
use narrow::{Node, Rows};
use std::ops::Range;
use wide::{Places, Tally, Wide};

/// What is looked for, as a constant: each has a recursion of its own.
pub(super) const FREQUENT: u8 = 0;
pub(super) const CLOSED: u8 = 1;
pub(super) const MAXIMAL: u8 = 2;

/// Buffers that a thread keeps from task to task.
#[derive(Debug, Default)]
struct Scratch {
    levels: Vec<Rows>,
    narrow: Rows,
    with: Rows,
    close: Vec<[u64; 1]>,
    scan: Scan,
    pools: Pools,
    tallies: Vec<Tally>,
    wides: Vec<Wide>,
    numbers: Vec<u32>,
    places: Vec<(u32, u32)>,
    slots: Vec<u32>,
    sets: Vec<(u64, u32)>,
    few: Few,
    bytes: Vec<u8>,
    shorts: Vec<u16>,
    words: Vec<u32>,
    flags: Vec<u8>,
}

/// One thread's way through the sets.
#[derive(Debug)]
struct Miner<'a, S, const T: u8> {
    database: &'a Database,
    minimum: u32,
    /// Longest set wanted, where each is seen.
    max_len: usize,
    sink: S,
    path: Vec<u32>,
    scratch: Box<Scratch>,
    watch: Watch<'a>,
}

impl<S: Sink, const T: u8> Miner<'_, S, T> {
    /// Whether to leave off; asked once for each set, with the rows it takes to find it.
    #[inline(always)]
    fn is_stopped(&mut self, n_rows: usize) -> bool {
        if self.watch.is_due(n_rows) {
            self.watch.look_at(&mut self.sink);
        }
        self.watch.is_stopped()
    }
}

/// Mines a database. Sinks come back in the order of the sets; fewer where the watch stopped the work.
pub(super) fn mine<S: Sink, const T: u8>(
    database: &Database,
    max_len: usize,
    shared: &Shared<'_>,
) -> Result<Vec<S>> {
    let run = Run::<S, T> {
        database,
        max_len,
        shared,
        spares: Spares::default(),
        path: run_path::<S, T>(database),
    };
    run.all()
}

/// How many baskets of so many are indexed by one thread at a time.
fn piece(n_baskets: usize) -> usize {
    const LEAST: usize = 4_096;
    const PARTS: usize = 32;
    n_baskets.div_ceil(PARTS).max(LEAST)
}

/// Items in every basket belong to every closed and every maximal set.
fn run_path<S: Sink, const T: u8>(database: &Database) -> Vec<u32> {
    if T == FREQUENT {
        return Vec::new();
    }
    let codes = 0..database.n_items() as u32;
    codes
        .filter(|&c| database.supports[c as usize] == database.total)
        .collect()
}

/// What the tasks of a job share.
struct Run<'a, S, const T: u8> {
    database: &'a Database,
    max_len: usize,
    shared: &'a Shared<'a>,
    spares: Spares<(Box<Scratch>, std::marker::PhantomData<S>)>,
    path: Vec<u32>,
}

impl<'a, S: Sink, const T: u8> Run<'a, S, T> {
    /// For the task of that number; what needs no task is found before the first, as number nought.
    fn miner(&self, task: usize) -> Miner<'a, S, T> {
        Miner {
            database: self.database,
            minimum: self.database.minimum,
            max_len: self.max_len,
            sink: S::new(self.shared.keeps),
            path: self.path.clone(),
            scratch: self.spares.take().0,
            watch: Watch::of_task(self.shared, task),
        }
    }

    fn finish(&self, miner: Miner<'_, S, T>) -> S {
        self.spares
            .give_back((miner.scratch, std::marker::PhantomData));
        miner.watch.finish(miner.sink)
    }

    /// Runs a task for each item, or for some of them together where they are many; their sets come after those of `root`.
    fn each<I: Send + Sync>(
        &self,
        root: Miner<'a, S, T>,
        items: &[I],
        run: impl Fn(&mut Miner<'a, S, T>, &I) + Sync,
    ) -> Result<Vec<S>> {
        const TASKS: usize = 1024;
        let tasks: Vec<&[I]> = items.chunks(items.len().div_ceil(TASKS).max(1)).collect();
        let mut sinks = vec![self.finish(root)];
        sinks.extend(in_order(self.shared, tasks.len(), |task| {
            let mut miner = self.miner(task + 1);
            for item in tasks[task] {
                run(&mut miner, item);
            }
            self.finish(miner)
        })?);
        Ok(sinks)
    }

    fn all(self) -> Result<Vec<S>> {
        let database = self.database;
        let n = database.n_items();
        let mut miner = self.miner(0);
        // Items in every basket, where sets are only counted: each doubles them. Not where items have minimums of their own.
        let mut free = 0;
        let mut is_open = vec![true; n];
        if T == FREQUENT && !S::EACH && database.minimums.is_empty() {
            for (code, open) in is_open.iter_mut().enumerate() {
                if database.supports[code] == database.total {
                    *open = false;
                    miner.sink.many(1, free);
                    free += 1;
                }
            }
        } else if T != FREQUENT {
            self.path.iter().for_each(|&c| is_open[c as usize] = false);
            let is_all = self.path.len() == n;
            if !self.path.is_empty() && (T == CLOSED || is_all) {
                miner.sink.list(&self.path, database.total);
            }
        }
        let open: Vec<u32> = (0..n as u32).filter(|&c| is_open[c as usize]).collect();
        if open.is_empty() {
            Ok(vec![self.finish(miner)])
        } else if open.len() <= 64 {
            self.narrow(miner, &open, free)
        } else if open.len() <= ITEMS && database.suits_bits(open.len()) {
            with_words!(open.len(), R => self.mid::<R>(miner, open, free))
        } else {
            self.wide(miner, &open, free)
        }
    }

    fn narrow(&self, mut root: Miner<'a, S, T>, open: &[u32], free: usize) -> Result<Vec<S>> {
        let mut codes = [0; 64];
        codes[..open.len()].copy_from_slice(open);
        let local = self.local(open);
        let row = |row: &[u32]| {
            let bits = row.iter().map(|&code| local[code as usize]);
            bits.fold(0, |mask, to| mask | u64::from(to < 64) << (to & 63))
        };
        let mut rows = Mid::narrow_rows(self.database.rows().map(|(r, w)| (row(r), w)));
        let node = Node {
            items: u64::MAX >> (64 - open.len()),
            done: 0,
            total: self.database.total,
            depth: 0,
            free,
        };
        let is_whole = self.database.minimums.is_empty();
        if is_whole && root.is_small(&mut rows, &codes, node) {
            return Ok(vec![self.finish(root)]);
        }
        let mut left = node;
        let steps = Miner::<S, T>::order(&rows, node).map(|item| {
            left.items &= !(1 << item);
            let step = (item, left);
            left.done |= 1 << item;
            step
        });
        let steps: Vec<(u32, Node)> = steps.collect();
        self.each(root, &steps, |miner, &(item, left)| {
            if miner.begin(codes[item as usize]) {
                miner.narrow_child(&rows, &mut Rows::default(), &codes, item, left);
            }
        })
    }

    fn mid<R: Width>(&self, root: Miner<'a, S, T>, open: Vec<u32>, free: usize) -> Result<Vec<S>> {
        let local = self.local(&open);
        let mut db = Mid::<R> {
            codes: open,
            free,
            weights: self.database.weights.clone(),
            rows: vec![R::NONE; self.database.ends.len()],
            ..Mid::default()
        };
        (0..db.codes.len()).for_each(|b| db.items.set(b));
        let items = (db.items, db.codes.len());
        let n = piece(db.rows.len());
        let parts: Vec<(usize, &mut [R])> = db.rows.chunks_mut(n).enumerate().collect();
        let ctx = self.shared.ctx;
        let parts = map_ordered(ctx, "baskets indexed", parts, |(part, rows)| {
            let first = part * n;
            let baskets = self.database.between(first..first + rows.len());
            for (bits, (basket, _)) in rows.iter_mut().zip(baskets) {
                let places = basket.iter().map(|&code| local[code as usize]);
                places
                    .filter(|&to| to != u32::MAX)
                    .for_each(|to| bits.set(to as usize));
            }
            let mut lists = Lists::default();
            lists.fill((rows, first), items, &mut Scan::default());
            Ok(lists)
        })?;
        let (mut rest, mut done) = (db.items, db.done);
        let n_rows = |item| parts.iter().map(|p| p.of(item).len()).sum();
        let steps = db.order::<T>(n_rows).into_iter().map(|item| {
            rest.clear(item as usize);
            let step = (item as usize, rest, done);
            done.set(item as usize);
            step
        });
        let steps: Vec<(usize, R, R)> = steps.collect();
        self.each(root, &steps, |miner, &(item, rest, done)| {
            if miner.begin(db.codes[item]) {
                let mut numbers = std::mem::take(&mut miner.scratch.numbers);
                numbers.clear();
                let lists = parts.iter().map(|p| p.of(item));
                lists.for_each(|of_part| numbers.extend_from_slice(of_part));
                miner.mid_item(&db, &numbers, item, rest, done);
                miner.scratch.numbers = numbers;
            }
        })
    }

    fn wide(&self, root: Miner<'a, S, T>, open: &[u32], free: usize) -> Result<Vec<S>> {
        let local = self.local(open);
        let has_partner = partners(self.database, self.shared)?;
        let is_used = |&to: &u32| match &has_partner {
            _ if to == u32::MAX => false,
            None => true,
            // What is in no frequent pair is in no larger set either.
            Some(has) => has[open[to as usize] as usize],
        };
        let n_rows = self.database.ends.len();
        let ranges = pieces(n_rows, piece(n_rows)).collect();
        let ctx = self.shared.ctx;
        let parts = map_ordered(ctx, "baskets indexed", ranges, |range: Range<usize>| {
            let mut part = Wide::default();
            for (basket, weight) in self.database.between(range) {
                let items = basket.iter().map(|&code| local[code as usize]);
                part.push(items.filter(is_used), weight);
            }
            let mut places = Places::default();
            places.fill(&part, open.len());
            part.places = places;
            Ok(part)
        })?;
        let supports = open
            .iter()
            .map(|&code| self.database.supports[code as usize]);
        let mut db = Wide::with_room(self.database.items.len(), n_rows);
        (db.supports, db.codes, db.free) = (supports.collect(), open.to_vec(), free);
        let append = |part: Wide| {
            let before = db.size();
            db.append(&part);
            (part.places, before)
        };
        let parts: Vec<(Places, (u32, u32))> = parts.into_iter().map(append).collect();
        let items: Vec<usize> = (0..open.len()).collect();
        self.each(root, &items, |miner, &item| {
            if !miner.begin(db.codes[item]) {
                return;
            }
            let mut tally = miner.scratch.tallies.pop().unwrap_or_default();
            tally.fit(db.codes.len());
            let mut places = std::mem::take(&mut miner.scratch.places);
            places.clear();
            for (of_part, (at, row)) in &parts {
                let of_part = of_part.of(item).iter();
                places.extend(of_part.map(|(a, r)| (a + at, r + row)));
            }
            miner.wide_item(&db, &places, &mut tally, item);
            miner.scratch.places = places;
            miner.scratch.tallies.push(tally);
        })
    }

    /// For each item its number among the open ones.
    fn local(&self, open: &[u32]) -> Vec<u32> {
        let mut local = vec![u32::MAX; self.database.n_items()];
        for (to, &code) in (0..).zip(open) {
            local[code as usize] = to;
        }
        local
    }
}

impl<S: Sink, const T: u8> Miner<'_, S, T> {
    /// Takes the minimum of the sets whose rarest item this is. False where it has too few rows itself.
    fn begin(&mut self, code: u32) -> bool {
        if let Some(&minimum) = self.database.minimums.get(code as usize) {
            self.minimum = minimum;
        }
        self.database.supports[code as usize] >= self.minimum
    }

    /// Answers a root that needs no tasks. Otherwise its rows are merged.
    fn is_small(&mut self, rows: &mut Rows, codes: &[u32; 64], node: Node) -> bool {
        let is_answered = T == MAXIMAL && self.look_ahead(rows, codes, node);
        if !is_answered && !self.is_leaf(rows, node) {
            self.merge(rows, node);
            return false;
        }
        if !is_answered {
            self.leaf(rows, codes, node);
        }
        true
    }
}
