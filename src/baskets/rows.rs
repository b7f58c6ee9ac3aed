//! Baskets given one after the other: each sorted, its repeated items dropped.

use crate::error::Result;
use crate::parallel::{Context, map_ordered};
use crate::table::codes::NONE;

/// The distinct items of all baskets, ascending in each.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    pub(super) items: Vec<u32>,
    pub(super) ends: Vec<usize>,
    pub(super) n_repeated: u64,
}

/// Of some baskets: how many items each has.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) items: Vec<u32>,
    pub(super) lengths: Vec<u32>,
    pub(super) n_repeated: u64,
}

impl Part {
    /// Takes the items from `from` on as a basket: sorts them, drops what it has twice.
    pub(super) fn end_basket(&mut self, from: usize) {
        let basket = &mut self.items[from..];
        if !basket.is_sorted_by(|a, b| a < b) {
            basket.sort_unstable();
            let mut kept = from + 1;
            for at in from + 1..self.items.len() {
                if self.items[at] != self.items[kept - 1] {
                    self.items[kept] = self.items[at];
                    kept += 1;
                }
            }
            self.n_repeated += (self.items.len() - kept) as u64;
            self.items.truncate(kept);
        }
        self.lengths.push((self.items.len() - from) as u32);
    }
}

impl Distinct {
    /// The baskets of all parts, one after the other.
    pub(super) fn of_parts(parts: Vec<Part>) -> Self {
        let n_items = parts.iter().map(|p| p.items.len()).sum();
        let n_baskets = parts.iter().map(|p| p.lengths.len()).sum();
        let mut all = Self {
            items: Vec::with_capacity(n_items),
            ends: Vec::with_capacity(n_baskets),
            n_repeated: 0,
        };
        let mut end = 0;
        for part in parts {
            all.n_repeated += part.n_repeated;
            all.items.extend_from_slice(&part.items);
            all.ends.extend(part.lengths.iter().map(|&n| {
                end += n as usize;
                end
            }));
        }
        all
    }
}

/// The distinct items of baskets of these lengths, their entries one after the other; entries without a number are no items.
pub(super) fn distinct(entries: &[u32], lengths: &[usize], ctx: &Context) -> Result<Distinct> {
    let parts = map_ordered(
        ctx,
        "sort baskets",
        cut(entries, lengths),
        |(entries, lengths)| {
            let mut part = Part {
                items: Vec::with_capacity(entries.len()),
                lengths: Vec::with_capacity(lengths.len()),
                n_repeated: 0,
            };
            let mut rest = entries;
            for &n in lengths {
                let (own, more) = rest.split_at(n);
                rest = more;
                let from = part.items.len();
                part.items.extend(own.iter().filter(|&&i| i != NONE));
                part.end_basket(from);
            }
            Ok(part)
        },
    )?;
    Ok(Distinct::of_parts(parts))
}

/// Some baskets: their entries, and how many each has.
type Cut<'a> = (&'a [u32], &'a [usize]);

/// Cuts baskets into pieces of work: by their number and their entries.
fn cut<'a>(entries: &'a [u32], lengths: &'a [usize]) -> Vec<Cut<'a>> {
    const ENTRIES: usize = 131_072;
    const BASKETS: usize = 131_072;
    let mut pieces = Vec::new();
    let (mut rest, mut first, mut n_entries) = (entries, 0, 0);
    for (i, &n) in lengths.iter().enumerate() {
        n_entries += n;
        if n_entries >= ENTRIES || i + 1 - first >= BASKETS || i + 1 == lengths.len() {
            let (own, more) = rest.split_at(n_entries);
            pieces.push((own, &lengths[first..=i]));
            (rest, first, n_entries) = (more, i + 1, 0);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baskets_are_sorted_and_told_apart_over_pieces() {
        // 40,000 baskets of 0 to 8 entries: more than one piece.
        let lengths: Vec<usize> = (0..40_000).map(|i| i * 7 % 9).collect();
        let n: usize = lengths.iter().sum();
        let entry = |i: usize| {
            if i.is_multiple_of(11) {
                NONE
            } else {
                (i * 7_919 % 5) as u32
            }
        };
        let entries: Vec<u32> = (0..n).map(entry).collect();
        let rows = distinct(&entries, &lengths, &Context::new()).unwrap();
        let (mut from, mut own_from, mut n_repeated) = (0, 0, 0);
        for (&length, &end) in lengths.iter().zip(&rows.ends) {
            let mut expected = entries[from..from + length].to_vec();
            expected.retain(|&i| i != NONE);
            expected.sort_unstable();
            let n = expected.len();
            expected.dedup();
            n_repeated += n - expected.len();
            assert_eq!(rows.items[own_from..end], expected);
            (from, own_from) = (from + length, end);
        }
        assert_eq!(
            (rows.ends.len(), rows.n_repeated as usize),
            (40_000, n_repeated)
        );
    }
}
