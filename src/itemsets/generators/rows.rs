//! Sets of rows, as bits or as lists.

use crate::kernels::itemsets::columns::{both, common, meet, missing, share, weight};

pub(super) trait Rows: Sized + Send + Sync {
    /// From ascending numbers of rows.
    fn new(rows: impl Iterator<Item = u32>, n_rows: usize) -> Self;
    fn and(&self, other: &Self) -> Self;
    fn minus(&self, other: &Self) -> Self;
    /// Whether both share a row.
    fn meets(&self, other: &Self) -> bool;
    fn n_rows(&self) -> usize;
    /// The weight of the rows; all weights are one where there are none.
    fn weight(&self, weights: &[u32]) -> u32;
    /// How much work it is to look at them, in numbers of a list.
    fn cost(&self) -> usize;
}

/// A bit for each row.
#[derive(Debug)]
pub(super) struct Bits {
    words: Vec<u64>,
    n: u32,
}

impl Rows for Bits {
    fn new(rows: impl Iterator<Item = u32>, n_rows: usize) -> Self {
        let mut words = vec![0; n_rows.div_ceil(64)];
        let mut n = 0;
        for row in rows {
            words[row as usize / 64] |= 1 << (row % 64);
            n += 1;
        }
        Self { words, n }
    }

    fn and(&self, other: &Self) -> Self {
        let mut words = vec![0; self.words.len()];
        let n = both(&self.words, &other.words, &mut words);
        Self { words, n }
    }

    fn minus(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words);
        let words: Vec<u64> = words.map(|(a, b)| a & !b).collect();
        let n = words.iter().map(|w| w.count_ones()).sum();
        Self { words, n }
    }

    fn meets(&self, other: &Self) -> bool {
        meet(&self.words, &other.words)
    }

    fn n_rows(&self) -> usize {
        self.n as usize
    }

    fn weight(&self, weights: &[u32]) -> u32 {
        if weights.is_empty() {
            return self.n;
        }
        weight(&self.words, weights)
    }

    fn cost(&self) -> usize {
        self.words.len() / 4
    }
}

impl Rows for Vec<u32> {
    fn new(rows: impl Iterator<Item = u32>, _: usize) -> Self {
        rows.collect()
    }

    fn and(&self, other: &Self) -> Self {
        let mut rows = Vec::new();
        common(self, other, &mut rows);
        rows
    }

    fn minus(&self, other: &Self) -> Self {
        let mut rows = Vec::new();
        missing(self, other, &mut rows);
        rows
    }

    fn meets(&self, other: &Self) -> bool {
        share(self, other)
    }

    fn n_rows(&self) -> usize {
        self.len()
    }

    fn weight(&self, weights: &[u32]) -> u32 {
        if weights.is_empty() {
            return self.len() as u32;
        }
        self.iter().map(|&row| weights[row as usize]).sum()
    }

    fn cost(&self) -> usize {
        self.len()
    }
}
