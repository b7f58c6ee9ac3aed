//! Rows with up to 1,024 items, in a few words, and for each item the rows that have it.

use super::narrow::{Node, Rows};
use super::{CLOSED, FREQUENT, MAXIMAL, Miner};
use crate::itemsets::sink::Sink;
use crate::kernels::itemsets::planes::reach;
use crate::kernels::itemsets::words::{Chosen, Words, scan};

/// Most items that such rows hold.
pub(super) const ITEMS: usize = 1024;

/// Runs a block with `$words` standing for the narrowest rows that hold so many items.
macro_rules! with_words {
    ($n_items:expr, $words:ident => $run:expr) => {
        match $n_items.div_ceil(64) {
            0..=2 => {
                type $words = [u64; 2];
                $run
            }
            3..=4 => {
                type $words = [u64; 4];
                $run
            }
            5..=8 => {
                type $words = [u64; 8];
                $run
            }
            _ => {
                type $words = [u64; 16];
                $run
            }
        }
    };
}
pub(super) use with_words;

/// Rows, and what is known on the way to them.
#[derive(Debug)]
pub(super) struct Mid<R> {
    pub(super) rows: Vec<R>,
    /// Of each row; none where all are one.
    pub(super) weights: Vec<u32>,
    /// Which item each bit is.
    pub(super) codes: Vec<u32>,
    pub(super) items: R,
    pub(super) done: R,
    pub(super) depth: usize,
    pub(super) free: usize,
    pub(super) lists: Lists,
}

/// For each item the numbers of the rows that have it.
#[derive(Debug, Default)]
pub(super) struct Lists {
    starts: Vec<u32>,
    numbers: Vec<u32>,
}

/// Buffers for these lists.
#[derive(Debug, Default)]
pub(super) struct Scan {
    bits: Vec<u16>,
    ends: Vec<u32>,
}

impl<R: Words> Default for Mid<R> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            weights: Vec::new(),
            codes: Vec::new(),
            items: R::NONE,
            done: R::NONE,
            depth: 0,
            free: 0,
            lists: Lists::default(),
        }
    }
}

impl<R: Words> Mid<R> {
    fn clear(&mut self, depth: usize, free: usize) {
        self.rows.clear();
        self.weights.clear();
        self.codes.clear();
        (self.items, self.done) = (R::NONE, R::NONE);
        (self.depth, self.free) = (depth, free);
    }

    /// The items in the order in which sets are extended by them, if they have so many rows.
    pub(super) fn order<const T: u8>(&self, n_rows: impl Fn(usize) -> usize) -> Vec<u32> {
        let mut order: Vec<u32> = self.items.ones().map(|item| item as u32).collect();
        if T == MAXIMAL {
            order.sort_by_key(|&item| n_rows(item as usize));
        }
        order
    }
}

impl Lists {
    /// Lists rows of so many items, `first` being the number of the first of them.
    pub(super) fn fill<R: Words>(
        &mut self,
        (rows, first): (&[R], usize),
        (items, n_items): (R, usize),
        buffers: &mut Scan,
    ) {
        let Self { starts, numbers } = self;
        let Scan { bits, ends } = buffers;
        bits.clear();
        ends.clear();
        starts.clear();
        starts.resize(n_items + 2, 0);
        scan(rows, items, bits, ends, starts);
        for b in 2..starts.len() {
            starts[b] += starts[b - 1];
        }
        numbers.clear();
        numbers.resize(bits.len(), 0);
        let mut from = 0;
        for (row, &end) in (first..).zip(&*ends) {
            for &bit in &bits[from as usize..end as usize] {
                let next = &mut starts[bit as usize + 1];
                numbers[*next as usize] = row as u32;
                *next += 1;
            }
            from = end;
        }
    }

    pub(super) fn of(&self, item: usize) -> &[u32] {
        &self.numbers[self.starts[item] as usize..self.starts[item + 1] as usize]
    }
}

/// Rows that were mined, for the next ones of their width: most databases are small, and getting memory for them would take longer than mining.
#[derive(Debug, Default)]
pub(super) struct Pools(
    Vec<Mid<[u64; 2]>>,
    Vec<Mid<[u64; 4]>>,
    Vec<Mid<[u64; 8]>>,
    Vec<Mid<[u64; 16]>>,
);

/// Widths that have a pool.
pub(super) trait Width: Words {
    fn pool(pools: &mut Pools) -> &mut Vec<Mid<Self>>;
}

macro_rules! width {
    ($($n:literal $place:tt),*) => {$(
        impl Width for [u64; $n] {
            fn pool(pools: &mut Pools) -> &mut Vec<Mid<Self>> {
                &mut pools.$place
            }
        }
    )*};
}
width!(2 0, 4 1, 8 2, 16 3);

impl<S: Sink, const T: u8> Miner<'_, S, T> {
    /// Rows without any yet, for these items.
    pub(super) fn fresh<R: Width>(
        &mut self,
        codes: impl Iterator<Item = u32>,
        depth: usize,
        free: usize,
    ) -> Mid<R> {
        let mut db = R::pool(&mut self.scratch.pools).pop().unwrap_or_default();
        db.clear(depth, free);
        db.codes.extend(codes);
        db
    }

    pub(super) fn mid<R: Width>(&mut self, mut db: Mid<R>) {
        let mut buffers = std::mem::take(&mut self.scratch.scan);
        let items = (db.items, db.codes.len());
        db.lists.fill((&db.rows, 0), items, &mut buffers);
        self.scratch.scan = buffers;
        let (mut rest, mut done) = (db.items, db.done);
        for item in db.order::<T>(|item| db.lists.of(item).len()) {
            let item = item as usize;
            rest.clear(item);
            self.mid_item(&db, db.lists.of(item), item, rest, done);
            done.set(item);
        }
        R::pool(&mut self.scratch.pools).push(db);
    }

    /// The sets that have `item`, which these rows have, and others of `rest`.
    pub(super) fn mid_item<R: Width>(
        &mut self,
        db: &Mid<R>,
        numbers: &[u32],
        item: usize,
        rest: R,
        done: R,
    ) {
        if self.is_stopped(numbers.len()) {
            return;
        }
        let found = reach(&db.rows, &db.weights, numbers, self.minimum);
        let done = if T == FREQUENT { R::NONE } else { done };
        if T != FREQUENT && !found.all.and(done).is_none() {
            return;
        }
        let mut items = found.reached.and(rest);
        let mut free = db.free;
        let length = self.path.len();
        let code = db.codes[item];
        if T == FREQUENT && S::EACH {
            self.sink.set(db.depth, code, found.total);
            if db.depth + 1 >= self.max_len {
                return;
            }
            if let Some(ancestors) = self.database.ancestors.get(code as usize) {
                let is_one = |b: &usize| ancestors.contains(&db.codes[*b]);
                items.ones().filter(is_one).for_each(|b| items.clear(b));
            }
        } else {
            let all = found.all.and(rest);
            items = items.without(all);
            if T == FREQUENT {
                free += all.n_ones();
                self.sink.many(1, free);
            } else if S::EACH {
                self.path.push(code);
                self.path.extend(all.ones().map(|b| db.codes[b]));
            }
            if T == CLOSED {
                self.sink.list(&self.path, found.total);
            }
        }
        let done = found.reached.and(done);
        if !items.is_none() {
            self.mid_descend(db, numbers, (items, done), found.total, free);
        } else if T == MAXIMAL && done.is_none() {
            self.sink.list(&self.path, found.total);
        }
        self.path.truncate(length);
    }

    fn mid_descend<R: Width>(
        &mut self,
        db: &Mid<R>,
        numbers: &[u32],
        (items, done): (R, R),
        total: u32,
        free: usize,
    ) {
        let both = items.or(done);
        let n = both.n_ones();
        let chosen = Chosen::new(both);
        let depth = db.depth + 1;
        let codes = both.ones().map(|b| db.codes[b]);
        if n > 64 {
            with_words!(n, Q => {
                let mut child = self.fresh::<Q>(codes, depth, free);
                child.rows.resize(numbers.len(), Q::NONE);
                chosen.of_rows(&db.rows, numbers, &mut child.rows);
                if !db.weights.is_empty() {
                    let weights = numbers.iter().map(|&r| db.weights[r as usize]);
                    child.weights.extend(weights);
                }
                (child.items, child.done) = (chosen.of(items), chosen.of(done));
                return self.mid(child);
            });
        }
        let mut local = [0; 64];
        local
            .iter_mut()
            .zip(codes)
            .for_each(|(to, code)| *to = code);
        let ([items], [done]) = (chosen.of(items), chosen.of(done));
        let mut close = std::mem::take(&mut self.scratch.close);
        close.resize(numbers.len(), [0]);
        chosen.of_rows(&db.rows, numbers, &mut close);
        let mut rows = std::mem::take(&mut self.scratch.narrow);
        rows.clear();
        for (&[mask], &r) in close.iter().zip(numbers) {
            if mask & items != 0 {
                rows.push(mask, db.weights.get(r as usize).copied().unwrap_or(1));
            }
        }
        self.scratch.close = close;
        let node = Node {
            items,
            done,
            total,
            depth,
            free,
        };
        self.narrow(&mut rows, &local, node);
        self.scratch.narrow = rows;
    }
}

/// One word a row where that is enough.
impl Mid<[u64; 1]> {
    pub(super) fn narrow_rows(rows: impl Iterator<Item = (u64, u32)>) -> Rows {
        let mut all = Rows::default();
        rows.for_each(|(mask, weight)| all.push(mask, weight));
        all
    }
}
