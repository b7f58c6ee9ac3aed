//! Rows with any number of items, as lists, and for each item where it stands.

use super::mid::{ITEMS, with_words};
use super::narrow::Node;
use super::{CLOSED, FREQUENT, MAXIMAL, Miner};
use crate::itemsets::sink::Sink;
use crate::kernels::itemsets::words::Words;

/// Rows one after the other, each ascending, and what is known on the way to them.
#[derive(Debug, Default)]
pub(super) struct Wide {
    items: Vec<u32>,
    ends: Vec<u32>,
    weights: Vec<u32>,
    /// Which item each number is.
    pub(super) codes: Vec<u32>,
    pub(super) supports: Vec<u32>,
    /// The items before it are done: they can only speak against a set.
    pub(super) first: usize,
    pub(super) depth: usize,
    pub(super) free: usize,
    pub(super) places: Places,
}

/// For each item where it stands.
#[derive(Debug, Default)]
pub(super) struct Places {
    starts: Vec<u32>,
    /// For each occurrence its position and its row.
    places: Vec<(u32, u32)>,
}

/// The rows of one item: whole, or what comes after it.
#[derive(Debug, Clone, Copy)]
struct Holders<'a> {
    db: &'a Wide,
    places: &'a [(u32, u32)],
    is_whole: bool,
}

/// What a thread counts with; between items all is cleared.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Vec<u32>,
    local: Vec<u32>,
    frequent: Vec<u32>,
}

/// No number among the items of a smaller table.
const NONE: u32 = u32::MAX;

impl Wide {
    pub(super) fn with_room(n_items: usize, n_rows: usize) -> Self {
        Self {
            items: Vec::with_capacity(n_items),
            ends: Vec::with_capacity(n_rows),
            weights: Vec::with_capacity(n_rows),
            ..Self::default()
        }
    }

    fn clear(&mut self) {
        self.items.clear();
        self.ends.clear();
        self.weights.clear();
        self.codes.clear();
        self.supports.clear();
    }

    /// Adds a row, if it has an item.
    pub(super) fn push(&mut self, row: impl Iterator<Item = u32>, weight: u32) {
        let before = self.items.len();
        self.items.extend(row);
        if self.items.len() > before {
            self.ends.push(self.items.len() as u32);
            self.weights.push(weight);
        }
    }

    /// Adds the rows of another.
    pub(super) fn append(&mut self, other: &Self) {
        let before = self.items.len() as u32;
        self.items.extend_from_slice(&other.items);
        self.ends.extend(other.ends.iter().map(|end| before + end));
        self.weights.extend_from_slice(&other.weights);
    }

    /// How many items and rows there are.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.items.len() as u32, self.ends.len() as u32)
    }
}

impl Places {
    /// Lists the rows of so many items.
    pub(super) fn fill(&mut self, db: &Wide, n_items: usize) {
        let Self { starts, places } = self;
        starts.clear();
        starts.resize(n_items + 2, 0);
        for &item in &db.items {
            starts[item as usize + 2] += 1;
        }
        for i in 2..starts.len() {
            starts[i] += starts[i - 1];
        }
        // What they were is of no matter: each is written.
        places.resize(db.items.len(), (0, 0));
        let mut from = 0;
        for (row, &end) in (0..).zip(&db.ends) {
            for at in from..end {
                let next = &mut starts[db.items[at as usize] as usize + 1];
                places[*next as usize] = (at, row);
                *next += 1;
            }
            from = end;
        }
    }

    pub(super) fn of(&self, item: usize) -> &[(u32, u32)] {
        &self.places[self.starts[item] as usize..self.starts[item + 1] as usize]
    }
}

impl<'a> Holders<'a> {
    /// Each with its weight.
    #[inline(always)]
    fn rows(self) -> impl Iterator<Item = (&'a [u32], u32)> {
        let db = self.db;
        self.places.iter().map(move |&(at, row)| {
            let row = row as usize;
            let from = match (self.is_whole, row) {
                (false, _) => at as usize + 1,
                (true, 0) => 0,
                (true, _) => db.ends[row - 1] as usize,
            };
            (&db.items[from..db.ends[row] as usize], db.weights[row])
        })
    }
}

impl Tally {
    /// Makes room for the items of a table.
    pub(super) fn fit(&mut self, n_items: usize) {
        if self.counts.len() < n_items {
            self.counts.resize(n_items, 0);
            self.local.resize(n_items, NONE);
        }
        self.frequent
            .resize(n_items.max(self.frequent.len()) + 1, 0);
    }

    /// Counts the items of these rows. Returns how many reach the minimum, the first of `frequent`, and how many items were met.
    fn count(&mut self, holders: Holders<'_>, minimum: u32) -> (usize, usize) {
        let (mut n, mut met) = (0, 0);
        for (row, weight) in holders.rows() {
            met += row.len();
            for &other in row {
                let before = self.counts[other as usize];
                self.counts[other as usize] = before + weight;
                // Written always, kept if it reaches the minimum now: that cannot be foreseen.
                self.frequent[n] = other;
                n += usize::from((before < minimum) & (before + weight >= minimum));
            }
        }
        self.frequent[..n].sort_unstable();
        (n, met)
    }

    /// Sets the counts to zero again.
    fn clear(&mut self, holders: Holders<'_>, met: usize) {
        let n_items = holders.db.codes.len();
        if met < n_items / 8 {
            for &other in holders.rows().flat_map(|(row, _)| row) {
                self.counts[other as usize] = 0;
            }
        } else {
            self.counts[..n_items].fill(0);
        }
    }
}

impl<S: Sink, const T: u8> Miner<'_, S, T> {
    pub(super) fn wide(&mut self, mut db: Wide) {
        let mut places = std::mem::take(&mut db.places);
        places.fill(&db, db.codes.len());
        let mut tally = std::mem::take(&mut self.scratch.tallies)
            .pop()
            .unwrap_or_default();
        tally.fit(db.codes.len());
        for item in db.first..db.codes.len() {
            self.wide_item(&db, places.of(item), &mut tally, item);
        }
        self.scratch.tallies.push(tally);
        db.places = places;
        self.scratch.wides.push(db);
    }

    /// The sets that have `item`, which stands at these places, and others after it.
    pub(super) fn wide_item(
        &mut self,
        db: &Wide,
        places: &[(u32, u32)],
        tally: &mut Tally,
        item: usize,
    ) {
        if self.is_stopped(places.len()) {
            return;
        }
        let (code, support) = (db.codes[item], db.supports[item]);
        let is_whole = T != FREQUENT;
        let holders = Holders {
            db,
            places,
            is_whole,
        };
        if T == FREQUENT && S::EACH {
            self.sink.set(db.depth, code, support);
            if db.depth + 1 >= self.max_len {
                return;
            }
        }
        let length = self.path.len();
        let (n, met) = tally.count(holders, self.minimum);
        if is_whole && S::EACH {
            self.path.push(code);
        }
        let (n, n_full, is_old) = self.split(db, tally, item, n);
        let mut free = db.free;
        if T == FREQUENT && !S::EACH {
            free += n_full;
            self.sink.many(1, free);
        }
        let first = tally.frequent[..n].partition_point(|&other| (other as usize) < item);
        if (T == CLOSED || T == MAXIMAL && n == 0) && !is_old {
            self.sink.list(&self.path, support);
        }
        if is_old || first == n {
            tally.clear(holders, met);
        } else {
            self.wide_descend(holders, tally, item, (n, first, met), free);
        }
        self.path.truncate(length);
    }

    /// Takes out of the frequent items those that are in all rows: they belong to every set, or say that it was found before.
    ///
    /// Returns how many are left, how many were in all rows, and whether one of these was done before.
    fn split(
        &mut self,
        db: &Wide,
        tally: &mut Tally,
        item: usize,
        n: usize,
    ) -> (usize, usize, bool) {
        let ancestors = self.database.ancestors.get(db.codes[item] as usize);
        let (mut kept, mut n_full, mut is_old) = (0, 0, false);
        for r in 0..n {
            let other = tally.frequent[r] as usize;
            let code = db.codes[other];
            let is_related = ancestors.is_some_and(|a| a.contains(&code));
            if other == item || is_related {
                continue;
            }
            let is_full = tally.counts[other] == db.supports[item] && !(T == FREQUENT && S::EACH);
            if is_full {
                n_full += 1;
                is_old |= T != FREQUENT && other < item;
                if T != FREQUENT && S::EACH {
                    self.path.push(code);
                }
            } else {
                tally.frequent[kept] = other as u32;
                kept += 1;
            }
        }
        (kept, n_full, is_old)
    }

    fn wide_descend(
        &mut self,
        holders: Holders<'_>,
        tally: &mut Tally,
        item: usize,
        (n, first, met): (usize, usize, usize),
        free: usize,
    ) {
        let db = holders.db;
        let depth = db.depth + 1;
        for (to, &other) in tally.frequent[..n].iter().enumerate() {
            tally.local[other as usize] = to as u32;
        }
        let codes = tally.frequent[..n]
            .iter()
            .map(|&other| db.codes[other as usize]);
        if n <= 64 {
            let mut local = [0; 64];
            local
                .iter_mut()
                .zip(codes)
                .for_each(|(to, code)| *to = code);
            let mut rows = std::mem::take(&mut self.scratch.narrow);
            rows.clear();
            let done = (1u64 << first) - 1;
            let items = (u64::MAX >> (64 - n)) & !done;
            for (row, weight) in holders.rows() {
                let mut mask = 0;
                for &other in row {
                    let to = tally.local[other as usize];
                    mask |= u64::from(to < 64) << (to & 63);
                }
                if mask & items != 0 {
                    rows.push(mask, weight);
                }
            }
            tally.leave(holders, n, met);
            let node = Node {
                items,
                done,
                total: db.supports[item],
                depth,
                free,
            };
            self.narrow(&mut rows, &local, node);
            self.scratch.narrow = rows;
        } else if n <= ITEMS {
            with_words!(n, R => {
                let mut child = self.fresh::<R>(codes, depth, free);
                (0..first).for_each(|b| child.done.set(b));
                (first..n).for_each(|b| child.items.set(b));
                for (row, weight) in holders.rows() {
                    let mut bits = R::NONE;
                    let local = row.iter().map(|&other| tally.local[other as usize]);
                    local.filter(|&to| to != NONE).for_each(|to| bits.set(to as usize));
                    if !bits.is_none() {
                        child.rows.push(bits);
                        child.weights.push(weight);
                    }
                }
                if child.weights.iter().all(|&w| w == 1) {
                    child.weights.clear();
                }
                tally.leave(holders, n, met);
                self.mid(child);
            });
        } else {
            let mut child = self.scratch.wides.pop().unwrap_or_default();
            child.clear();
            child.codes.extend(codes);
            (child.first, child.depth, child.free) = (first, depth, free);
            let supports = tally.frequent[..n]
                .iter()
                .map(|&o| tally.counts[o as usize]);
            child.supports.extend(supports);
            for (row, weight) in holders.rows() {
                let local = row.iter().map(|&other| tally.local[other as usize]);
                child.push(local.filter(|&to| to != NONE), weight);
            }
            tally.leave(holders, n, met);
            self.wide(child);
        }
    }
}

impl Tally {
    /// Clears what was written for an item, before its own table is mined.
    fn leave(&mut self, holders: Holders<'_>, n: usize, met: usize) {
        for &other in &self.frequent[..n] {
            self.local[other as usize] = NONE;
        }
        self.clear(holders, met);
    }
}
