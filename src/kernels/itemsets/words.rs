//! Rows of items as bits, in one or more words.

use crate::kernels::{level, widest};

/// A row of bits in `N` words.
pub(crate) trait Words: Copy + Send + Sync + std::fmt::Debug + 'static {
    /// Words in the row.
    const N: usize;
    /// The row without a bit.
    const NONE: Self;

    fn words(&self) -> &[u64];
    fn words_mut(&mut self) -> &mut [u64];
    /// Word by word.
    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self;

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }

    #[inline(always)]
    fn without(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    #[inline(always)]
    fn is_none(&self) -> bool {
        self.words().iter().fold(0, |all, word| all | word) == 0
    }

    #[inline(always)]
    fn n_ones(&self) -> usize {
        self.words().iter().map(|w| w.count_ones() as usize).sum()
    }

    #[inline(always)]
    fn set(&mut self, bit: usize) {
        self.words_mut()[bit / 64] |= 1 << (bit % 64);
    }

    #[inline(always)]
    fn clear(&mut self, bit: usize) {
        self.words_mut()[bit / 64] &= !(1 << (bit % 64));
    }

    /// The set bits, ascending.
    #[inline(always)]
    fn ones(self) -> impl Iterator<Item = usize> {
        (0..Self::N).flat_map(move |w| bits_of(self.words()[w]).map(move |b| w * 64 + b as usize))
    }
}

impl<const N: usize> Words for [u64; N] {
    const N: usize = N;
    const NONE: Self = [0; N];

    #[inline(always)]
    fn words(&self) -> &[u64] {
        self
    }

    #[inline(always)]
    fn words_mut(&mut self) -> &mut [u64] {
        self
    }

    #[inline(always)]
    fn zip(mut self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        for w in 0..N {
            self[w] = f(self[w], other[w]);
        }
        self
    }
}

/// The set bits of a word, ascending.
#[inline(always)]
pub(crate) fn bits_of(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        if word == 0 {
            return None;
        }
        word &= word - 1;
        Some(bit)
    })
}

/// Which words of a row are not zero, a bit each.
#[inline(always)]
fn used<R: Words>(row: &R) -> u32 {
    let words = row.words().iter().enumerate();
    words.fold(0, |all, (w, &word)| all | u32::from(word != 0) << w)
}

widest! {
    /// The bits of each row that are among `items`: one after the other, with the end of each row. `counts` gets how often each is set, two places
    /// further on, where sums of them are wanted.
    fn scan, scan_at<R: Words>(rows: &[R], items: R, bits: &mut Vec<u16>, ends: &mut Vec<u32>, counts: &mut [u32]) {
        for row in rows {
            let row = row.and(items);
            for w in bits_of(u64::from(used(&row))) {
                for b in bits_of(row.words()[w as usize]) {
                    let bit = w * 64 + b;
                    bits.push(bit as u16);
                    counts[bit as usize + 2] += 1;
                }
            }
            ends.push(bits.len() as u32);
        }
    }
}

/// Chosen bits, and where those of each word go when they are moved close together.
#[derive(Debug)]
pub(crate) struct Chosen<R> {
    bits: R,
    kept: Vec<Kept>,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    chosen: u64,
    to: u32,
    n: u32,
}

impl<R: Words> Chosen<R> {
    pub(crate) fn new(bits: R) -> Self {
        let mut to = 0;
        let kept = bits.words().iter().map(|&chosen| {
            let n = chosen.count_ones();
            to += n;
            Kept {
                chosen,
                to: to - n,
                n,
            }
        });
        Self {
            kept: kept.collect(),
            bits,
        }
    }

    /// The chosen bits of a row, close together.
    pub(crate) fn of<Q: Words>(&self, row: R) -> Q {
        let mut out = [Q::NONE];
        self.of_rows(&[row], &[0], &mut out);
        out[0]
    }

    /// The chosen bits of the rows of these numbers, close together.
    pub(crate) fn of_rows<Q: Words>(&self, rows: &[R], numbers: &[u32], out: &mut [Q]) {
        match level().0 {
            // SAFETY: `Level` can only be made where its features were found.
            #[cfg(target_arch = "x86_64")]
            2 => unsafe { compact_avx512(self, rows, numbers, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            1 => unsafe { compact_avx2(self, rows, numbers, out) },
            _ => compact(self, rows, numbers, out, extract_plain),
        }
    }
}

#[inline(always)]
fn compact<R: Words, Q: Words>(
    chosen: &Chosen<R>,
    rows: &[R],
    numbers: &[u32],
    out: &mut [Q],
    extract: impl Fn(u64, u64) -> u64,
) {
    for (out, &r) in out.iter_mut().zip(numbers) {
        let row = rows[r as usize].and(chosen.bits);
        let mut close = Q::NONE;
        let words = close.words_mut();
        for w in bits_of(u64::from(used(&row))) {
            let kept = chosen.kept[w as usize];
            let bits = extract(row.words()[w as usize], kept.chosen);
            let (to, shift) = (kept.to as usize / 64, kept.to % 64);
            words[to] |= bits << shift;
            if Q::N > 1 && shift + kept.n > 64 {
                words[to + 1] |= bits >> (64 - shift);
            }
        }
        *out = close;
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn compact_avx2<R: Words, Q: Words>(c: &Chosen<R>, rows: &[R], numbers: &[u32], out: &mut [Q]) {
    compact(c, rows, numbers, out, |word, bits| {
        std::arch::x86_64::_pext_u64(word, bits)
    });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"
)]
fn compact_avx512<R: Words, Q: Words>(c: &Chosen<R>, rows: &[R], numbers: &[u32], out: &mut [Q]) {
    compact(c, rows, numbers, out, |word, bits| {
        std::arch::x86_64::_pext_u64(word, bits)
    });
}

/// The chosen bits of a word, close together.
#[inline(always)]
pub(crate) fn extract(word: u64, chosen: u64) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if level().0 > 0 {
        // SAFETY: every level above the portable one has BMI2.
        return unsafe { extract_bmi2(word, chosen) };
    }
    extract_plain(word, chosen)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "bmi2")]
fn extract_bmi2(word: u64, chosen: u64) -> u64 {
    std::arch::x86_64::_pext_u64(word, chosen)
}

#[inline(always)]
fn extract_plain(word: u64, chosen: u64) -> u64 {
    let places = bits_of(chosen).zip(0..);
    places.fold(0, |out, (bit, to)| out | (word >> bit & 1) << to)
}

/// Bits that stood close together, where they came from.
pub(crate) fn spread(close: u64, chosen: u64) -> u64 {
    let places = bits_of(chosen).zip(0..);
    places.fold(0, |out, (bit, from): (u32, u32)| {
        out | (close >> from & 1) << bit
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_are_moved_close_together_and_back(word: u64, chosen: u64) {
            let close = extract(word, chosen);
            prop_assert_eq!(close, extract_plain(word, chosen));
            prop_assert_eq!(spread(close, chosen), word & chosen);
        }

        #[test]
        fn rows_of_several_words_keep_their_order(row: [u64; 4], chosen: [u64; 4]) {
            let kept: Vec<bool> = chosen.ones().map(|b| row[b / 64] >> (b % 64) & 1 == 1).collect();
            let close: [u64; 4] = Chosen::new(chosen).of(row);
            for (to, &is_set) in kept.iter().enumerate() {
                prop_assert_eq!(close[to / 64] >> (to % 64) & 1 == 1, is_set);
            }
            prop_assert_eq!(close.n_ones(), kept.iter().filter(|&&k| k).count());
        }

        #[test]
        fn every_level_scans_alike(rows in prop::collection::vec(any::<[u64; 2]>(), 0..20), items: [u64; 2]) {
            for level in crate::kernels::levels() {
                let (mut bits, mut ends, mut counts) = (Vec::new(), Vec::new(), vec![0; 130]);
                scan_at(level, &rows, items, &mut bits, &mut ends, &mut counts);
                let expected: Vec<u16> = rows.iter().flat_map(|r| r.and(items).ones()).map(|b| b as u16).collect();
                prop_assert_eq!(&bits, &expected);
                prop_assert_eq!(ends.len(), rows.len());
                prop_assert_eq!(counts.iter().sum::<u32>() as usize, bits.len());
            }
        }
    }
}
