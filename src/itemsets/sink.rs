//! Where item sets go while they are found.

use super::result::Found;

/// Takes item sets from a miner.
pub(crate) trait Sink: Send + Sized {
    /// Whether frequent sets are wanted one by one, in order; else only their number is.
    const EACH: bool;

    /// Keeps the sets, or only counts them by their number of items where sets are seen one by one.
    fn new(keeps: bool) -> Self;

    /// A frequent set: the first `depth` items of the one before, and `item`.
    fn set(&mut self, depth: usize, item: u32, support: u32);

    /// The number of frequent sets found at once; any of `n_free` items may be added to each.
    fn many(&mut self, n: u64, n_free: usize);

    /// A closed or maximal set. Where sets are only counted its items may be missing.
    fn list(&mut self, items: &[u32], support: u32);

    /// How many sets came in, up to the largest number.
    fn n_sets(&self) -> u64;

    /// Bytes of the sets that are kept.
    fn n_bytes(&self) -> usize {
        0
    }

    /// Takes out the sets that are kept, for someone else to have them.
    fn take(&mut self) -> Found;

    /// Called when the sets of a task are complete.
    fn finish(&mut self) {}
}

/// Counts sets.
#[derive(Debug, Default)]
pub(super) struct Count {
    /// By the number of items that may be added.
    by_free: Vec<u64>,
}

impl Count {
    /// The number of sets, up to the largest number.
    pub(super) fn total(&self) -> u128 {
        let by_free = self.by_free.iter().enumerate();
        by_free.fold(0, |sum: u128, (n_free, &n)| {
            let all = u32::try_from(n_free)
                .ok()
                .and_then(|f| 2u128.checked_pow(f));
            let sets = all.and_then(|all| all.checked_mul(n.into()));
            sum.saturating_add(match (n, sets) {
                (0, _) => 0,
                (_, None) => u128::MAX,
                (_, Some(sets)) => sets,
            })
        })
    }
}

impl Sink for Count {
    const EACH: bool = false;

    fn new(_: bool) -> Self {
        Self::default()
    }

    fn set(&mut self, _: usize, _: u32, _: u32) {
        self.many(1, 0);
    }

    #[inline]
    fn many(&mut self, n: u64, n_free: usize) {
        if self.by_free.len() <= n_free {
            self.by_free.resize(n_free + 1, 0);
        }
        self.by_free[n_free] += n;
    }

    #[inline]
    fn list(&mut self, _: &[u32], _: u32) {
        self.many(1, 0);
    }

    fn n_sets(&self) -> u64 {
        u64::try_from(self.total()).unwrap_or(u64::MAX)
    }

    fn take(&mut self) -> Found {
        Found::Trees(Vec::new())
    }
}

/// How many sets have so many items.
#[derive(Debug, Default)]
pub(crate) struct Lengths(pub(crate) Vec<u64>);

impl Lengths {
    fn add(&mut self, length: usize) {
        if self.0.len() <= length {
            self.0.resize(length + 1, 0);
        }
        self.0[length] += 1;
    }

    fn n_sets(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// Keeps frequent sets as a tree in preorder: each is the set before it, cut to `depths` items, and one item more. 12 bytes a set.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    keeps: bool,
    n_taken: u64,
    pub(crate) lengths: Lengths,
    pub(crate) depths: Vec<u32>,
    pub(crate) items: Vec<u32>,
    pub(crate) supports: Vec<u32>,
}

impl Sink for Tree {
    const EACH: bool = true;

    fn new(keeps: bool) -> Self {
        Self {
            keeps,
            ..Self::default()
        }
    }

    #[inline]
    fn set(&mut self, depth: usize, item: u32, support: u32) {
        if !self.keeps {
            return self.lengths.add(depth + 1);
        }
        self.depths.push(depth as u32);
        self.items.push(item);
        self.supports.push(support);
    }

    fn many(&mut self, n: u64, _: usize) {
        debug_assert!(false, "{n} sets came without their items");
    }

    fn list(&mut self, items: &[u32], _: u32) {
        debug_assert!(false, "{items:?} came whole");
    }

    fn n_sets(&self) -> u64 {
        self.n_taken + self.items.len() as u64 + self.lengths.n_sets()
    }

    fn n_bytes(&self) -> usize {
        12 * self.items.len()
    }

    fn take(&mut self) -> Found {
        let rest = Self {
            n_taken: self.n_sets(),
            ..Self::new(self.keeps)
        };
        Found::Trees(vec![std::mem::replace(self, rest)])
    }
}

/// Keeps sets as lists, sorted when they are complete.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    keeps: bool,
    n_taken: u64,
    pub(super) lengths: Lengths,
    pub(super) ends: Vec<usize>,
    pub(super) items: Vec<u32>,
    pub(super) supports: Vec<u32>,
}

impl Lists {
    pub(super) fn get(&self, i: usize) -> &[u32] {
        let from = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.items[from..self.ends[i]]
    }
}

impl Sink for Lists {
    const EACH: bool = true;

    fn new(keeps: bool) -> Self {
        Self {
            keeps,
            ..Self::default()
        }
    }

    fn set(&mut self, depth: usize, item: u32, _: u32) {
        debug_assert!(false, "item {item} came alone at depth {depth}");
    }

    fn many(&mut self, n: u64, _: usize) {
        debug_assert!(false, "{n} sets came without their items");
    }

    fn list(&mut self, items: &[u32], support: u32) {
        if !self.keeps {
            return self.lengths.add(items.len());
        }
        let from = self.items.len();
        self.items.extend_from_slice(items);
        self.items[from..].sort_unstable();
        self.ends.push(self.items.len());
        self.supports.push(support);
    }

    fn n_sets(&self) -> u64 {
        self.n_taken + self.supports.len() as u64 + self.lengths.n_sets()
    }

    fn n_bytes(&self) -> usize {
        12 * self.supports.len() + 4 * self.items.len()
    }

    fn take(&mut self) -> Found {
        let rest = Self {
            n_taken: self.n_sets(),
            ..Self::new(self.keeps)
        };
        let mut taken = std::mem::replace(self, rest);
        taken.finish();
        Found::Lists(vec![taken])
    }

    fn finish(&mut self) {
        let n = self.supports.len();
        if (1..n).all(|i| self.get(i - 1) <= self.get(i)) {
            return;
        }
        let mut order: Vec<u32> = (0..n as u32).collect();
        order.sort_unstable_by(|&a, &b| self.get(a as usize).cmp(self.get(b as usize)));
        let mut sorted = Self {
            ends: Vec::with_capacity(self.ends.len()),
            items: Vec::with_capacity(self.items.len()),
            supports: Vec::with_capacity(self.supports.len()),
            ..Self::new(true)
        };
        for &set in &order {
            sorted.items.extend_from_slice(self.get(set as usize));
            sorted.ends.push(sorted.items.len());
            sorted.supports.push(self.supports[set as usize]);
        }
        *self = sorted;
    }
}
