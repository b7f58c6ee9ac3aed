//! The rows of an item: a bit for each row of all, or a list of their numbers.

use super::words::bits_of;
use crate::kernels::widest;

widest! {
    /// Writes the bits that both have, and returns their number.
    fn both, both_at(a: &[u64], b: &[u64], out: &mut [u64]) -> u32 {
        let mut n = 0;
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = a & b;
            n += u64::from(out.count_ones());
        }
        n as u32
    }
}

widest! {
    /// Whether a bit is set in both.
    fn meet, meet_at(a: &[u64], b: &[u64]) -> bool {
        // Eight words at a time: as fast as one, and soon done where rows are shared.
        let mut blocks = a.chunks(8).zip(b.chunks(8));
        blocks.any(|(a, b)| a.iter().zip(b).fold(0, |all, (a, b)| all | a & b) != 0)
    }
}

widest! {
    /// Moves the bits of `column` that `mask` has close together.
    fn squeeze, squeeze_at(column: &[u64], mask: &[u64], out: &mut [u64]) {
        let (mut to, mut shift) = (0, 0);
        out.fill(0);
        for (&column, &mask) in column.iter().zip(mask) {
            let n = mask.count_ones();
            if n == 0 {
                continue;
            }
            let close = super::words::extract(column, mask);
            out[to] |= close << shift;
            if shift + n >= 64 {
                to += 1;
                if shift + n > 64 {
                    out[to] = close >> (64 - shift);
                }
            }
            shift = (shift + n) % 64;
        }
    }
}

/// The weight of the rows whose bits are set.
pub(crate) fn weight(column: &[u64], weights: &[u32]) -> u32 {
    let words = column.iter().zip(weights.chunks(64));
    let of = |(&word, weights): (&u64, &[u32])| -> u32 {
        bits_of(word).map(|bit| weights[bit as usize]).sum()
    };
    words.map(of).sum()
}

/// Where one list is so many times longer, places in it are looked up.
const LONGER: usize = 32;

/// Calls with each number of `short`, and whether `long` has it.
#[inline(always)]
fn look_up(short: &[u32], long: &[u32], mut each: impl FnMut(u32, bool)) {
    let mut rest = long;
    for &number in short {
        // Doubling steps: the next place is likely to be near.
        let mut step = 1;
        while step < rest.len() && rest[step] < number {
            step *= 2;
        }
        let within = &rest[..rest.len().min(step + 1)];
        rest = &rest[within.partition_point(|&r| r < number)..];
        each(number, rest.first() == Some(&number));
    }
}

/// Appends the numbers that both lists have. Both ascend.
pub(crate) fn common(a: &[u32], b: &[u32], out: &mut Vec<u32>) {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() * LONGER < long.len() {
        return look_up(short, long, |number, is_in| {
            if is_in {
                out.push(number);
            }
        });
    }
    let from = out.len();
    out.resize(from + short.len() + 1, 0);
    let to = &mut out[from..];
    let (mut i, mut j, mut n) = (0, 0, 0);
    while i < short.len() && j < long.len() {
        let (a, b) = (short[i], long[j]);
        // Written always, kept if wanted: whether numbers agree cannot be foreseen.
        to[n] = a;
        n += usize::from(a == b);
        i += usize::from(a <= b);
        j += usize::from(b <= a);
    }
    out.truncate(from + n);
}

/// Appends the numbers of `a` that `b` has not. Both ascend.
pub(crate) fn missing(a: &[u32], b: &[u32], out: &mut Vec<u32>) {
    if a.len() * LONGER < b.len() {
        return look_up(a, b, |number, is_in| {
            if !is_in {
                out.push(number);
            }
        });
    }
    let from = out.len();
    out.resize(from + a.len() + 1, 0);
    let to = &mut out[from..];
    let (mut i, mut j, mut n) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        to[n] = x;
        n += usize::from(x < y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    let rest = a.len() - i;
    to[n..n + rest].copy_from_slice(&a[i..]);
    out.truncate(from + n + rest);
}

/// Whether two ascending lists share a number.
pub(crate) fn share(a: &[u32], b: &[u32]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() * LONGER < long.len() {
        let mut rest = long;
        return short.iter().any(|number| {
            rest = &rest[rest.partition_point(|r| r < number)..];
            rest.first() == Some(number)
        });
    }
    let (mut i, mut j) = (0, 0);
    while i < short.len() && j < long.len() {
        let (a, b) = (short[i], long[j]);
        if a == b {
            return true;
        }
        i += usize::from(a < b);
        j += usize::from(b < a);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn bits(rows: &BTreeSet<u32>, n: usize) -> Vec<u64> {
        let mut column = vec![0; n];
        rows.iter()
            .for_each(|&r| column[r as usize / 64] |= 1 << (r % 64));
        column
    }

    fn rows() -> impl Strategy<Value = BTreeSet<u32>> {
        prop_oneof![
            prop::collection::btree_set(0..700u32, 0..4),
            prop::collection::btree_set(0..700u32, 0..600),
        ]
    }

    proptest! {
        #[test]
        fn bits_and_lists_say_what_sets_say(a in rows(), b in rows()) {
            let list = |s: &BTreeSet<u32>| s.iter().copied().collect::<Vec<u32>>();
            let expected: BTreeSet<u32> = &a & &b;
            let (mut out, mut left) = (vec![7], vec![7]);
            common(&list(&a), &list(&b), &mut out);
            missing(&list(&a), &list(&b), &mut left);
            prop_assert_eq!(&out[1..], list(&expected));
            prop_assert_eq!(&left[1..], list(&(&a - &b)));
            prop_assert_eq!(share(&list(&a), &list(&b)), !expected.is_empty());
            let weights: Vec<u32> = (1..=700).collect();
            let (x, y) = (bits(&a, 11), bits(&b, 11));
            for level in crate::kernels::levels() {
                let mut with = vec![1; 11];
                prop_assert_eq!(both_at(level, &x, &y, &mut with) as usize, expected.len());
                prop_assert_eq!(&with, &bits(&expected, 11));
                prop_assert_eq!(meet_at(level, &x, &y), !expected.is_empty());
                prop_assert_eq!(weight(&with, &weights), expected.iter().map(|r| r + 1).sum::<u32>());
                let places = (0..).zip(&b).filter(|(_, r)| a.contains(r)).map(|(to, _)| to);
                let mut close = vec![1; b.len().div_ceil(64)];
                squeeze_at(level, &x, &y, &mut close);
                prop_assert_eq!(&close, &bits(&places.collect(), b.len().div_ceil(64)));
            }
        }
    }
}
