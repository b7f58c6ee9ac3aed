//! Sequences that were found.

use std::sync::Arc;

use super::grow::BEGINS;
use super::histories::Histories;
use super::params::SequenceParams;
use crate::itemsets::sink::{Sink, Tree};

/// A sequence of elements, each with its items in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence<'a> {
    items: &'a [u32],
    /// Where each element begins.
    starts: &'a [usize],
}

impl<'a> Sequence<'a> {
    pub(super) fn of_parts(items: &'a [u32], starts: &'a [usize]) -> Self {
        Self { items, starts }
    }

    /// Its items, and where its elements begin.
    pub(super) fn to_parts(self) -> (Vec<u32>, Vec<usize>) {
        (self.items.to_vec(), self.starts.to_vec())
    }

    /// The numbers of the items of each element.
    pub fn elements(self) -> impl Iterator<Item = &'a [u32]> {
        let ends = self.starts.iter().skip(1).copied();
        let ends = ends.chain([self.items.len()]);
        let both = self.starts.iter().zip(ends);
        both.map(move |(&start, end)| &self.items[start..end])
    }

    /// The items of all elements, one after the other.
    #[must_use]
    pub fn items(self) -> &'a [u32] {
        self.items
    }

    /// How many elements it has.
    #[must_use]
    pub fn len(self) -> usize {
        self.starts.len()
    }

    /// Never: a sequence has an element.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.starts.is_empty()
    }
}

/// Sequences with their support counts: in how many histories each is found within the limits of time.
///
/// In a fixed order, whatever the number of threads: a sequence stands before all that begin with it, of which those that have one more item in its
/// last element stand before those that go on with another element; of either, they are sorted by that item.
#[derive(Debug, Clone)]
pub struct Sequences {
    trees: Arc<Vec<Tree>>,
    /// Of each code the item's number.
    codes: Arc<Vec<u32>>,
    n: u64,
    histories: Histories,
    min_support_count: u32,
    params: SequenceParams,
}

impl Sequences {
    pub(super) fn new(
        params: &SequenceParams,
        histories: &Histories,
        codes: Vec<u32>,
        trees: Vec<Tree>,
        min_support_count: u32,
    ) -> Self {
        let mut sequences = Self {
            n: trees.iter().map(Sink::n_sets).sum(),
            trees: Arc::new(trees),
            codes: Arc::new(codes),
            histories: histories.clone(),
            min_support_count,
            params: params.clone(),
        };
        if params.min_len > 1 || !params.required.is_empty() {
            sequences.n = 0;
            let mut cursor = Cursor::default();
            while sequences.next_in(&mut cursor).is_some() {
                sequences.n += 1;
            }
        }
        sequences
    }

    /// How many sequences there are.
    #[must_use]
    pub fn n_sequences(&self) -> u64 {
        self.n
    }

    /// The histories they were mined from.
    #[must_use]
    pub fn histories(&self) -> &Histories {
        &self.histories
    }

    /// The parameters they were mined with.
    #[must_use]
    pub fn params(&self) -> &SequenceParams {
        &self.params
    }

    /// The smallest support, as a number of customers.
    #[must_use]
    pub fn min_support_count(&self) -> u32 {
        self.min_support_count
    }

    /// Calls with each sequence and its support count.
    pub fn for_each(&self, mut each: impl FnMut(Sequence<'_>, u32)) {
        let mut cursor = Cursor::default();
        while let Some(support) = self.next_in(&mut cursor) {
            each(cursor.sequence(), support);
        }
    }

    /// Moves to the next sequence that is wanted, and returns its support.
    pub(super) fn next_in(&self, cursor: &mut Cursor) -> Option<u32> {
        loop {
            let support = self.next_kept(cursor)?;
            let has = |item| cursor.items.contains(&item);
            if self.params.is_wanted(has, cursor.starts.len()) {
                return Some(support);
            }
        }
    }

    fn next_kept(&self, cursor: &mut Cursor) -> Option<u32> {
        let tree = loop {
            let tree = self.trees.get(cursor.part)?;
            if cursor.at < tree.items.len() {
                break tree;
            }
            cursor.part += 1;
            cursor.at = 0;
        };
        let at = cursor.at;
        cursor.at += 1;
        let depth = tree.depths[at] as usize;
        cursor.items.truncate(depth);
        let n_elements = cursor.starts.partition_point(|&start| start < depth);
        cursor.starts.truncate(n_elements);
        if tree.items[at] & BEGINS != 0 {
            cursor.starts.push(depth);
        }
        let code = tree.items[at] & !BEGINS;
        cursor.items.push(self.codes[code as usize]);
        Some(tree.supports[at])
    }
}

/// A place among the sequences.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    part: usize,
    at: usize,
    items: Vec<u32>,
    starts: Vec<usize>,
}

impl Cursor {
    pub(super) fn sequence(&self) -> Sequence<'_> {
        Sequence::of_parts(&self.items, &self.starts)
    }
}
