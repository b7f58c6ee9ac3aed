//! The ends of the recursion: few items, where every set has a place in a table, or few rows, where every choice of rows is tried.

use super::narrow::{Node, Rows};
use super::{CLOSED, FREQUENT, MAXIMAL, Miner};
use crate::itemsets::sink::Sink;
use crate::kernels::itemsets::planes::Planes;
use crate::kernels::itemsets::powerset::{
    Cell, FEW, SUBSETS, WITH, closed, few_closed, few_frequent, maximal, n_at_least, supports,
};
use crate::kernels::itemsets::words::{bits_of, extract, spread};

/// Up to so many items every set is a bit of one word.
const TINY: u32 = 6;

/// Up to so many items every set is a cell of a table. Closed sets make more of each cell.
const fn table_items<const T: u8>() -> u32 {
    if T == CLOSED { 10 } else { 12 }
}

/// The items of a node by their bits close together.
struct Local {
    codes: [u32; 64],
    n: usize,
}

impl Local {
    fn new(codes: &[u32; 64], items: u64) -> Self {
        let mut local = [0; 64];
        for (to, bit) in local.iter_mut().zip(bits_of(items)) {
            *to = codes[bit as usize];
        }
        Self {
            codes: local,
            n: items.count_ones() as usize,
        }
    }
}

impl<S: Sink, const T: u8> Miner<'_, S, T> {
    pub(super) fn is_leaf(&self, rows: &Rows, node: Node) -> bool {
        let n = node.items.count_ones();
        if T == FREQUENT && S::EACH {
            // Items that exclude each other need to be looked at one by one.
            return self.database.ancestors.is_empty()
                && (n <= table_items::<T>() || rows.len() == 1);
        }
        n <= table_items::<T>() || (rows.len() <= FEW && n <= 62)
    }

    pub(super) fn leaf(&mut self, rows: &Rows, codes: &[u32; 64], node: Node) {
        let n = node.items.count_ones();
        if n <= TINY {
            self.tiny(rows, codes, node);
        } else if T == FREQUENT && S::EACH && rows.len() == 1 {
            let local = Local::new(codes, node.items);
            self.power(
                &local.codes[..local.n],
                node.total.min(rows.weights[0]),
                node.depth,
            );
        } else if rows.len() <= FEW && n <= 62 && !(T == FREQUENT && S::EACH) {
            self.few(rows, codes, node);
        } else if node.total < 1 << 8 {
            let mut table = std::mem::take(&mut self.scratch.bytes);
            self.table(&mut table, rows, codes, node);
            self.scratch.bytes = table;
        } else if node.total < 1 << 16 {
            let mut table = std::mem::take(&mut self.scratch.shorts);
            self.table(&mut table, rows, codes, node);
            self.scratch.shorts = table;
        } else {
            let mut table = std::mem::take(&mut self.scratch.words);
            self.table(&mut table, rows, codes, node);
            self.scratch.words = table;
        }
    }

    /// Few rows: each choice of them shares a set.
    fn few(&mut self, rows: &Rows, codes: &[u32; 64], node: Node) {
        let mut few = std::mem::take(&mut self.scratch.few);
        let (masks, weights, items) = (&rows.masks, &rows.weights, node.items);
        if T == FREQUENT {
            // The empty set was counted with the path.
            let n = few_frequent(&mut few, masks, weights, items, self.minimum) - 1;
            self.sink.many(n, node.free);
        } else {
            let n = few_closed(&mut few, masks, weights, items, self.minimum);
            let mut sets = std::mem::take(&mut self.scratch.sets);
            sets.clear();
            let wanted = (1..n).filter(|&c| few.flags[c] != 0 && few.shared[c] & items != 0);
            sets.extend(wanted.map(|c| (few.shared[c] & items, few.sums[c])));
            for &(set, support) in &sets {
                let is_in = |&(other, _): &(u64, u32)| other & set == set && other != set;
                if T == MAXIMAL && sets.iter().any(is_in) {
                    continue;
                }
                if self.stands(rows, set, node.done) {
                    self.emit(set, support, codes);
                }
            }
            self.scratch.sets = sets;
        }
        self.scratch.few = few;
    }

    /// At most six items: 64 sets, a bit each, counted by planes.
    fn tiny(&mut self, rows: &Rows, codes: &[u32; 64], node: Node) {
        let row = |(mask, weight)| ([SUBSETS[extract(mask, node.items) as usize]], weight);
        if T == FREQUENT && !S::EACH {
            let mut planes = Planes::<[u64; 1]>::reaching(self.minimum);
            for (subsets, weight) in rows.iter().map(row) {
                planes.add(subsets, weight);
            }
            // The empty set was counted with the path.
            let n = (planes.reached()[0] & !1).count_ones();
            return self.sink.many(u64::from(n), node.free);
        }
        let mut planes = Planes::<[u64; 1]>::exact(node.total);
        for (subsets, weight) in rows.iter().map(row) {
            planes.add(subsets, weight);
        }
        if T == FREQUENT {
            let local = Local::new(codes, node.items);
            let count = |set: usize| planes.count(set);
            return self.each(&count, &local.codes[..local.n], 0, 0, node.depth);
        }
        let frequent = planes.at_least(self.minimum)[0];
        let mut beaten = 1;
        for (item, with) in WITH.into_iter().enumerate() {
            let shift = 1 << item;
            let by = if T == CLOSED {
                let digits = planes.digits().iter().map(|&[d]| d);
                !digits.fold(0, |differ, d| differ | (d ^ d >> shift))
            } else {
                frequent >> shift
            };
            beaten |= by & !with;
        }
        for close in bits_of(frequent & !beaten) {
            let set = spread(u64::from(close), node.items);
            if self.stands(rows, set, node.done) {
                self.emit(set, planes.count(close as usize), codes);
            }
        }
    }

    /// Some more items: a cell for each set.
    fn table<C: Cell>(&mut self, table: &mut Vec<C>, rows: &Rows, codes: &[u32; 64], node: Node) {
        table.clear();
        table.resize(1 << node.items.count_ones(), C::default());
        for (mask, weight) in rows.iter() {
            table[extract(mask, node.items) as usize] += C::of(weight);
        }
        supports(&mut table[..]);
        if T != FREQUENT {
            return self.flagged(table, rows, codes, node);
        }
        if S::EACH {
            let local = Local::new(codes, node.items);
            let count = |set: usize| table[set].get();
            return self.each(&count, &local.codes[..local.n], 0, 0, node.depth);
        }
        // The empty set was counted with the path.
        table[0] = C::default();
        let n = n_at_least(&table[..], C::of(self.minimum));
        self.sink.many(n, node.free);
    }

    fn flagged<C: Cell>(&mut self, table: &[C], rows: &Rows, codes: &[u32; 64], node: Node) {
        let mut flags = std::mem::take(&mut self.scratch.flags);
        flags.resize(table.len(), 0);
        let minimum = C::of(self.minimum);
        if T == CLOSED {
            closed(table, minimum, &mut flags);
        } else {
            maximal(table, minimum, &mut flags);
        }
        // The empty set is the path.
        flags[0] = 0;
        for (e, eight) in flags.chunks(8).enumerate() {
            if eight.iter().all(|&flag| flag == 0) {
                continue;
            }
            for (close, _) in (e * 8..).zip(eight).filter(|(_, flag)| **flag != 0) {
                let set = spread(close as u64, node.items);
                if self.stands(rows, set, node.done) {
                    self.emit(set, table[close].get(), codes);
                }
            }
        }
        self.scratch.flags = flags;
    }

    /// Frequent sets in order, by their counts.
    fn each(
        &mut self,
        count: &impl Fn(usize) -> u32,
        codes: &[u32],
        set: usize,
        from: usize,
        depth: usize,
    ) {
        for item in from..codes.len() {
            let with = set | 1 << item;
            let support = count(with);
            if support < self.minimum || self.is_stopped(0) {
                continue;
            }
            self.sink.set(depth, codes[item], support);
            if depth + 1 < self.max_len {
                self.each(count, codes, with, item + 1, depth + 1);
            }
        }
    }

    /// All sets of these items, which have one support.
    fn power(&mut self, codes: &[u32], support: u32, depth: usize) {
        for (i, &code) in codes.iter().enumerate() {
            if self.is_stopped(0) {
                return;
            }
            self.sink.set(depth, code, support);
            if depth + 1 < self.max_len {
                self.power(&codes[i + 1..], support, depth + 1);
            }
        }
    }
}
