//! Lines to baskets: each line's item to the basket of its transaction.
//!
//! A line becomes one integer, its transaction before its item. The lines of a piece of the table are spread over parts by ranges of transactions; a
//! part is gathered from all pieces and sorted, and then holds its baskets one after the other.

use super::rows::{Distinct, Part};
use crate::error::Result;
use crate::parallel::{Context, map_ordered};
use crate::table::codes::{NONE, piece_rows};

/// Lines of a part, about: few enough that they are sorted within the second-level cache.
const PART_LINES: usize = 65_536;
const MAX_PARTS: usize = 1024;

/// The baskets of transactions `0..n_transactions`; lines without transaction or item are none.
pub(super) fn grouped(
    transactions: &[u32],
    items: &[u32],
    n_transactions: usize,
    ctx: &Context,
) -> Result<Distinct> {
    let n_parts = transactions
        .len()
        .div_ceil(PART_LINES)
        .next_power_of_two()
        .min(MAX_PARTS);
    // Parts of equally many transactions: a power of two, so that a shift finds the part.
    let width = n_transactions.div_ceil(n_parts).next_power_of_two().max(1);
    let shift = width.trailing_zeros();
    let n_parts = n_transactions.div_ceil(width);
    let piece = piece_rows(transactions.len());
    let pieces: Vec<(&[u32], &[u32])> = transactions
        .chunks(piece)
        .zip(items.chunks(piece))
        .collect();
    let spread = map_ordered(ctx, "spread lines", pieces, |(transactions, items)| {
        Ok(spread(transactions, items, shift, n_parts))
    })?;
    let parts = map_ordered(ctx, "sort baskets", (0..n_parts).collect(), |part| {
        let first = part * width;
        let last = (first + width).min(n_transactions);
        let lines: Vec<&[u64]> = spread.iter().map(|s| s.part(part)).collect();
        Ok(baskets_of(lines.concat(), first as u32..last as u32))
    })?;
    drop(spread);
    Ok(Distinct::of_parts(parts))
}

/// The lines of a piece, by part.
struct Spread {
    lines: Vec<u64>,
    ends: Vec<u32>,
}

impl Spread {
    fn part(&self, part: usize) -> &[u64] {
        let from = if part == 0 { 0 } else { self.ends[part - 1] };
        &self.lines[from as usize..self.ends[part] as usize]
    }
}

fn spread(transactions: &[u32], items: &[u32], shift: u32, n_parts: usize) -> Spread {
    let is_line = |transaction: u32, item: u32| transaction != NONE && item != NONE;
    let mut next = vec![0u32; n_parts + 1];
    for (&transaction, &item) in transactions.iter().zip(items) {
        if is_line(transaction, item) {
            next[(transaction >> shift) as usize + 1] += 1;
        }
    }
    for part in 0..n_parts {
        next[part + 1] += next[part];
    }
    let mut lines = vec![0u64; next[n_parts] as usize];
    for (&transaction, &item) in transactions.iter().zip(items) {
        if is_line(transaction, item) {
            let at = &mut next[(transaction >> shift) as usize];
            lines[*at as usize] = u64::from(transaction) << 32 | u64::from(item);
            *at += 1;
        }
    }
    next.pop();
    Spread { lines, ends: next }
}

/// The baskets of a range of transactions.
fn baskets_of(mut lines: Vec<u64>, transactions: std::ops::Range<u32>) -> Part {
    lines.sort_unstable();
    let n_lines = lines.len();
    lines.dedup();
    let mut part = Part {
        items: lines.iter().map(|&line| line as u32).collect(),
        lengths: Vec::with_capacity(transactions.len()),
        n_repeated: (n_lines - lines.len()) as u64,
    };
    let mut at = 0;
    for transaction in transactions {
        let from = at;
        while lines
            .get(at)
            .is_some_and(|&l| (l >> 32) as u32 == transaction)
        {
            at += 1;
        }
        part.lengths.push((at - from) as u32);
    }
    part
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_become_the_baskets_of_a_map(
            lines in prop::collection::vec((0u32..40, 0u32..9), 0..300),
            many in 0usize..3,
        ) {
            // Once with so many transactions that there are several parts, and nearly all have none.
            let scale = [1, 100, 4_000][many];
            let transactions: Vec<u32> = lines.iter().map(|l| if l.0 == 39 { NONE } else { l.0 * scale }).collect();
            let items: Vec<u32> = lines.iter().map(|l| if l.1 == 8 { NONE } else { l.1 }).collect();
            let n = 39 * scale as usize;
            let mut expected: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            let mut n_lines = 0;
            for (&t, &i) in transactions.iter().zip(&items).filter(|(t, i)| **t != NONE && **i != NONE) {
                expected.entry(t).or_default().insert(i);
                n_lines += 1;
            }
            let rows = grouped(&transactions, &items, n, &Context::new()).unwrap();
            prop_assert_eq!(rows.ends.len(), n);
            prop_assert_eq!(rows.n_repeated as usize, n_lines - rows.items.len());
            let mut from = 0;
            for (transaction, &end) in rows.ends.iter().enumerate() {
                let own = expected.remove(&(transaction as u32)).unwrap_or_default();
                prop_assert!(own.iter().eq(&rows.items[from..end]));
                from = end;
            }
            prop_assert!(expected.is_empty());
        }
    }

    #[test]
    fn a_part_holds_what_several_pieces_have() {
        // Two pieces and more; each transaction has a line in each.
        let n = 300_000u32;
        let transactions: Vec<u32> = (0..n).map(|i| i % 50_000).collect();
        let items: Vec<u32> = (0..n).map(|i| i / 50_000).collect();
        let rows = grouped(&transactions, &items, 50_000, &Context::new()).unwrap();
        assert!(rows.items.chunks(6).all(|b| b == [0, 1, 2, 3, 4, 5]));
        assert!(
            rows.ends
                .iter()
                .enumerate()
                .all(|(i, &end)| end == 6 * (i + 1))
        );
    }
}
