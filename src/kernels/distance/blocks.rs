//! Points into blocks, moved so that the middle of all is the origin, and scaled.

use super::BLOCK;
use crate::kernels::widest;

/// Coordinates as they lie in memory.
pub(crate) trait Coordinate: Copy + Into<f64> + Send + Sync {
    /// Whether it has 32 bits.
    const IS_NARROW: bool;

    /// (x - middle) · scale. What is taken away is exact in this type.
    fn moved(self, middle: f64, scale: f64) -> f32;
}

impl Coordinate for f32 {
    const IS_NARROW: bool = true;

    #[inline(always)]
    fn moved(self, middle: f64, scale: f64) -> f32 {
        (self - middle as f32) * scale as f32
    }
}

impl Coordinate for f64 {
    const IS_NARROW: bool = false;

    #[inline(always)]
    fn moved(self, middle: f64, scale: f64) -> f32 {
        ((self - middle) * scale) as f32
    }
}

widest! {
    /// One coordinate of some points, into its row of a block.
    fn column, column_at<T: Coordinate>(xs: &[T], middle: f64, scale: f64, to: &mut [f32]) {
        for (to, &x) in to.iter_mut().zip(xs) {
            *to = x.moved(middle, scale);
        }
    }
}

widest! {
    /// Points that stand one after the other, moved; they stay as they stand. `middles` is the middle some times over: a loop over one point's few
    /// coordinates would fill no vector.
    fn rows, rows_at<T: Coordinate>(xs: &[T], middles: &[f64], scale: f64, to: &mut [f32]) {
        let n = middles.len();
        for (to, xs) in to.chunks_mut(n).zip(xs.chunks(n)) {
            for ((to, &x), &m) in to.iter_mut().zip(xs).zip(middles) {
                *to = x.moved(m, scale);
            }
        }
    }
}

widest! {
    /// A block moved where it stands.
    fn moved, moved_at(block: &mut [f32], middle: &[f64], scale: f64) {
        for (x, &m) in block.chunks_exact_mut(BLOCK).zip(middle) {
            for x in x {
                *x = x.moved(m, scale);
            }
        }
    }
}

/// Asks memory for numbers that are read next, while the processor is busy with others.
#[inline]
pub(crate) fn fetch<T>(next: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in next.chunks(64 / size_of::<T>().clamp(1, 64)) {
        // SAFETY: SSE is part of every x86-64, and a prefetch reads nothing that a program could see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = next;
}

/// Points of `d` coordinates that stand one after the other, into a block.
pub(crate) fn turned(rows: &[f32], d: usize, block: &mut [f32]) {
    turned_at(crate::kernels::level(), rows, d, block);
}

/// Points that stand anywhere among others, into a block. `near` has room for as many.
pub(crate) fn turned_some(
    all: &[f32],
    n: usize,
    row: &impl Fn(usize) -> usize,
    d: usize,
    near: &mut [f32],
    block: &mut [f32],
) {
    match d {
        1 => few_of::<1>(all, n, row, block),
        2 => few_of::<2>(all, n, row, block),
        3 => few_of::<3>(all, n, row, block),
        4 => few_of::<4>(all, n, row, block),
        5 => few_of::<5>(all, n, row, block),
        6 => few_of::<6>(all, n, row, block),
        7 => few_of::<7>(all, n, row, block),
        _ => {
            for (p, to) in near.chunks_exact_mut(d).take(n).enumerate() {
                to.copy_from_slice(&all[row(p) * d..][..d]);
            }
            turned(&near[..n * d], d, block);
        }
    }
}

#[inline(always)]
fn few_of<const D: usize>(all: &[f32], n: usize, row: &impl Fn(usize) -> usize, block: &mut [f32]) {
    let (rows, _) = all.as_chunks::<D>();
    for p in 0..n {
        for (j, &x) in rows[row(p)].iter().enumerate() {
            block[j * BLOCK + p] = x;
        }
    }
}

fn turned_at(level: crate::kernels::Level, rows: &[f32], d: usize, block: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if level.0 > 0 && d >= 8 && rows.len() == d * BLOCK {
        // SAFETY: every level above the portable one has AVX2.
        return unsafe { turned_avx2(rows, d, block) };
    }
    let _ = level;
    match d {
        1 => turned_few::<1>(rows, block),
        2 => turned_few::<2>(rows, block),
        3 => turned_few::<3>(rows, block),
        4 => turned_few::<4>(rows, block),
        5 => turned_few::<5>(rows, block),
        6 => turned_few::<6>(rows, block),
        7 => turned_few::<7>(rows, block),
        _ => {
            for (p, row) in rows.chunks_exact(d).enumerate() {
                for (j, &x) in row.iter().enumerate() {
                    block[j * BLOCK + p] = x;
                }
            }
        }
    }
}

/// The number of coordinates is a constant: the loops have no tests.
#[inline(always)]
fn turned_few<const D: usize>(rows: &[f32], block: &mut [f32]) {
    let (rows, _) = rows.as_chunks::<D>();
    for (p, row) in rows.iter().enumerate() {
        for (j, &x) in row.iter().enumerate() {
            block[j * BLOCK + p] = x;
        }
    }
}

/// Eight points by eight coordinates at a time; the last of these overlap those before, where eight do not go into `d`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn turned_avx2(rows: &[f32], d: usize, block: &mut [f32]) {
    // Point by point: the rows are read as they stand, which memory is fastest at.
    for p in (0..BLOCK).step_by(8) {
        let rows = &rows[p * d..(p + 8) * d];
        let mut j = 0;
        while j < d {
            let from = j.min(d - 8);
            let row = |i: usize| load(&rows[i * d + from..]);
            let columns = turned_eight([0, 1, 2, 3, 4, 5, 6, 7].map(row));
            for (l, column) in columns.into_iter().enumerate() {
                store(&mut block[(from + l) * BLOCK + p..], column);
            }
            j += 8;
        }
    }
}

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256, _MM_HINT_T0, _mm_prefetch, _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_shuffle_ps,
    _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn load(from: &[f32]) -> __m256 {
    // SAFETY: the slice has the eight numbers that are read, or its indexing panics.
    unsafe { _mm256_loadu_ps(from[..8].as_ptr()) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn store(to: &mut [f32], eight: __m256) {
    // SAFETY: the slice has the eight numbers that are written, or its indexing panics.
    unsafe { _mm256_storeu_ps(to[..8].as_mut_ptr(), eight) }
}

/// The columns of eight rows: pairs, then fours, then eights.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn turned_eight(r: [__m256; 8]) -> [__m256; 8] {
    let pairs = |i: usize| {
        let low = _mm256_unpacklo_ps(r[i], r[i + 1]);
        (low, _mm256_unpackhi_ps(r[i], r[i + 1]))
    };
    let fours = |i: usize| {
        let ((a, b), (c, d)) = (pairs(i), pairs(i + 2));
        [
            _mm256_shuffle_ps::<0x44>(a, c),
            _mm256_shuffle_ps::<0xee>(a, c),
            _mm256_shuffle_ps::<0x44>(b, d),
            _mm256_shuffle_ps::<0xee>(b, d),
        ]
    };
    let (upper, lower) = (fours(0), fours(4));
    let low = |i: usize| _mm256_permute2f128_ps::<0x20>(upper[i], lower[i]);
    let high = |i: usize| _mm256_permute2f128_ps::<0x31>(upper[i], lower[i]);
    [
        low(0),
        low(1),
        low(2),
        low(3),
        high(0),
        high(1),
        high(2),
        high(3),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::levels;

    #[test]
    fn every_level_turns_alike() {
        for d in 1..40 {
            for n in [1, 7, 63, BLOCK] {
                let rows: Vec<f32> = (0..n * d).map(|i| i as f32).collect();
                for level in levels() {
                    let mut block = vec![-1.0; d * BLOCK];
                    turned_at(level, &rows, d, &mut block);
                    for p in 0..n {
                        for j in 0..d {
                            assert_eq!(block[j * BLOCK + p], rows[p * d + j], "{d} {p} {j}");
                        }
                    }
                    let rest = block.chunks_exact(BLOCK).flat_map(|x| &x[n..]);
                    assert!(rest.into_iter().all(|&x| x == -1.0));
                }
            }
        }
    }

    #[test]
    fn points_are_moved_in_their_own_precision() {
        // 2^24 + 1 is no f32: what is near the middle must not be lost.
        let middle = [16_777_216.0];
        let mut to = [0.0];
        for level in levels() {
            rows_at(level, &[16_777_217.0_f64], &middle, 0.5, &mut to);
            assert_eq!(to, [0.5]);
            let mut block = [16_777_218.0; BLOCK];
            moved_at(level, &mut block, &middle, 0.5);
            assert_eq!(block, [1.0; BLOCK]);
            column_at(level, &[16_777_217.0_f64], middle[0], 2.0, &mut to);
            assert_eq!(to, [2.0]);
            column_at(level, &[16_777_218.0_f32], middle[0], 2.0, &mut to);
            assert_eq!(to, [4.0]);
        }
    }
}
