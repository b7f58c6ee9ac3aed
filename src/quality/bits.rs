//! One bit per row.

use arrow_array::BooleanArray;
use arrow_buffer::{BooleanBuffer, Buffer};

/// A set of rows.
#[derive(Clone, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    n_rows: usize,
}

impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} rows", self.count(), self.n_rows)
    }
}

impl Bits {
    pub(crate) fn new(n_rows: usize) -> Self {
        Self {
            words: vec![0; n_rows.div_ceil(64)],
            n_rows,
        }
    }

    pub(crate) const fn from_words(words: Vec<u64>, n_rows: usize) -> Self {
        Self { words, n_rows }
    }

    pub(crate) fn set(&mut self, row: usize) {
        self.words[row / 64] |= 1 << (row % 64);
    }

    pub(crate) fn get(&self, row: usize) -> bool {
        self.words[row / 64] >> (row % 64) & 1 == 1
    }

    pub(crate) const fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(crate) fn count(&self) -> u64 {
        self.words.iter().map(|w| u64::from(w.count_ones())).sum()
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// Keeps the rows that are in both.
    pub(crate) fn intersect(&mut self, other: &Self) {
        for (own, other) in self.words.iter_mut().zip(&other.words) {
            *own &= other;
        }
    }

    /// Takes in the rows of the other.
    pub(crate) fn unite(&mut self, other: &Self) {
        for (own, other) in self.words.iter_mut().zip(&other.words) {
            *own |= other;
        }
    }

    /// Takes out the rows of the other.
    pub(crate) fn subtract(&mut self, other: &Self) {
        for (own, other) in self.words.iter_mut().zip(&other.words) {
            *own &= !other;
        }
    }

    /// Whether any of these rows is in the set.
    pub(crate) fn any_in(&self, rows: std::ops::Range<usize>) -> bool {
        if rows.is_empty() {
            return false;
        }
        let words = &self.words[rows.start / 64..=(rows.end - 1) / 64];
        let (first, last) = (
            !0u64 << (rows.start % 64),
            !0u64 >> (63 - (rows.end - 1) % 64),
        );
        let n = words.len();
        words.iter().enumerate().any(|(i, &w)| {
            let w = if i == 0 { w & first } else { w };
            let w = if i + 1 == n { w & last } else { w };
            w != 0
        })
    }

    /// The rows, in order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        ones(&self.words, 0)
    }

    pub(crate) fn to_array(&self) -> BooleanArray {
        let bytes = Buffer::from_vec(self.words.clone());
        BooleanArray::new(BooleanBuffer::new(bytes, 0, self.n_rows), None)
    }
}

/// The positions of the ones, counted from `first` at the first bit.
pub(crate) fn ones(words: &[u64], first: usize) -> impl Iterator<Item = usize> + '_ {
    words.iter().enumerate().flat_map(move |(i, &word)| {
        std::iter::successors(Some(word), |&w| Some(w & w.wrapping_sub(1)))
            .take_while(|&w| w != 0)
            .map(move |w| first + 64 * i + w.trailing_zeros() as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_set_are_found() {
        let rows = [0, 1, 63, 64, 127, 130];
        let mut bits = Bits::new(131);
        rows.iter().for_each(|&r| bits.set(r));
        assert_eq!(bits.rows().collect::<Vec<_>>(), rows);
        assert_eq!(bits.count(), 6);
        for from in 0..=131 {
            for to in from..=131 {
                let expected = rows.iter().any(|r| (from..to).contains(r));
                assert_eq!(bits.any_in(from..to), expected, "{from}..{to}");
            }
        }
        assert_eq!(bits.to_array().true_count(), 6);
    }

    #[test]
    fn sets_are_combined() {
        let of = |rows: &[usize]| {
            let mut bits = Bits::new(100);
            rows.iter().for_each(|&r| bits.set(r));
            bits
        };
        let list = |bits: &Bits| bits.rows().collect::<Vec<_>>();
        let mut a = of(&[1, 70]);
        a.unite(&of(&[2]));
        assert_eq!(list(&a), [1, 2, 70]);
        a.intersect(&of(&[2, 70]));
        assert_eq!(list(&a), [2, 70]);
        a.subtract(&of(&[70]));
        assert_eq!(list(&a), [2]);
    }
}
