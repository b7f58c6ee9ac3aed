//! Counting many bits at once: a counter for each, stored across, its lowest digits in the first plane.
//!
//! Adding a row is a ripple of half adders over whole words, so that 64 counters (or 512, in the widest registers) advance together.

use super::words::Words;
use crate::kernels::widest;

/// Counters of all bits of a row. The plane after the last takes what overflows, for good.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planes<R, const P: usize = 33> {
    planes: [R; P],
    n: usize,
}

impl<R: Words, const P: usize> Planes<R, P> {
    #[inline(always)]
    fn new(start: u32, n: usize) -> Self {
        let mut planes = [R::NONE; P];
        for (j, plane) in planes[..n].iter_mut().enumerate() {
            let digit = u64::from(start >> j & 1).wrapping_neg();
            plane.words_mut().fill(digit);
        }
        Self { planes, n }
    }

    /// Counters that tell who has at least `minimum`: they start so far from overflowing.
    #[inline(always)]
    pub(crate) fn reaching(minimum: u32) -> Self {
        let n = u32::BITS - (minimum.max(1) - 1).leading_zeros();
        let start = (1u64 << n) - u64::from(minimum.max(1));
        Self::new(start as u32, n as usize)
    }

    /// Counters that tell all counts up to `total`.
    #[inline(always)]
    pub(crate) fn exact(total: u32) -> Self {
        Self::new(0, (u32::BITS - total.leading_zeros()) as usize)
    }

    #[inline(always)]
    fn carry(&mut self, from: usize, mut carry: R) {
        for plane in &mut self.planes[from.min(self.n)..self.n] {
            let next = plane.and(carry);
            *plane = plane.xor(carry);
            carry = next;
        }
        self.planes[self.n] = self.planes[self.n].or(carry);
    }

    /// Adds a weight to the counters of the bits that are set.
    #[inline(always)]
    pub(crate) fn add(&mut self, row: R, weight: u32) {
        let mut left = weight;
        while left != 0 {
            self.carry(left.trailing_zeros() as usize, row);
            left &= left - 1;
        }
    }

    #[inline(always)]
    fn full_add(&mut self, plane: usize, b: R, c: R) -> R {
        let a = self.planes[plane];
        let half = a.xor(b);
        self.planes[plane] = half.xor(c);
        a.and(b).or(half.and(c))
    }

    /// Adds eight rows, where there are at least three planes: a tree of full adders.
    #[inline(always)]
    fn add_eight(&mut self, rows: &[R; 8]) {
        let [a, b, c, d, e, f, g, h] = *rows;
        let twos = (self.full_add(0, a, b), self.full_add(0, c, d));
        let fours = self.full_add(1, twos.0, twos.1);
        let twos = (self.full_add(0, e, f), self.full_add(0, g, h));
        let other_fours = self.full_add(1, twos.0, twos.1);
        let eights = self.full_add(2, fours, other_fours);
        self.carry(3, eights);
    }

    /// Who has overflowed: of counters made by [`Self::reaching`], those that have the minimum.
    #[inline(always)]
    pub(crate) fn reached(&self) -> R {
        self.planes[self.n]
    }

    /// The count of a bit, of exact counters.
    #[inline(always)]
    pub(crate) fn count(&self, bit: usize) -> u32 {
        let digit = |plane: &R| (plane.words()[bit / 64] >> (bit % 64) & 1) as u32;
        let planes = self.planes[..self.n].iter().enumerate();
        planes.fold(0, |sum, (j, plane)| sum | digit(plane) << j)
    }

    /// The digits of all counts, lowest first, of exact counters.
    #[inline(always)]
    pub(crate) fn digits(&self) -> &[R] {
        &self.planes[..self.n]
    }

    /// Who has at least `minimum`, of exact counters.
    #[inline(always)]
    pub(crate) fn at_least(&self, minimum: u32) -> R {
        if self.n < 32 && minimum >> self.n != 0 {
            return R::NONE;
        }
        let mut equal = R::NONE.zip(R::NONE, |_, _| u64::MAX);
        let mut greater = R::NONE;
        for (j, &plane) in self.digits().iter().enumerate().rev() {
            if minimum >> j & 1 == 0 {
                greater = greater.or(equal.and(plane));
                equal = equal.without(plane);
            } else {
                equal = equal.and(plane);
            }
        }
        greater.or(equal)
    }
}

/// What some rows have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach<R> {
    /// The bits that all of them have.
    pub(crate) all: R,
    /// The bits that enough of them have, by weight.
    pub(crate) reached: R,
    /// Their weight.
    pub(crate) total: u32,
}

widest! {
    /// What the rows of these numbers, at least one, have in common. All weights are one where there are none.
    fn reach, reach_at<R: Words>(rows: &[R], weights: &[u32], numbers: &[u32], minimum: u32) -> Reach<R> {
        let n = numbers.len() as u32;
        // As few planes as will do: they are cleared first.
        if weights.is_empty() && n == minimum {
            shared(rows, numbers)
        } else if minimum <= 16 {
            counted::<R, 5>(rows, weights, numbers, minimum)
        } else if minimum <= 2048 {
            counted::<R, 12>(rows, weights, numbers, minimum)
        } else {
            counted::<R, 33>(rows, weights, numbers, minimum)
        }
    }
}

/// With no row to spare, what enough rows have is what all have.
#[inline(always)]
fn shared<R: Words>(rows: &[R], numbers: &[u32]) -> Reach<R> {
    let row = |&r: &u32| rows[r as usize];
    let all = numbers[1..].iter().map(row).fold(row(&numbers[0]), R::and);
    Reach {
        all,
        reached: all,
        total: numbers.len() as u32,
    }
}

#[inline(always)]
fn counted<R: Words, const P: usize>(
    rows: &[R],
    weights: &[u32],
    numbers: &[u32],
    minimum: u32,
) -> Reach<R> {
    let mut planes = Planes::<R, P>::reaching(minimum);
    let row = |r: u32| rows[r as usize];
    let mut all = row(numbers[0]);
    let mut total = numbers.len() as u32;
    let (eights, rest) = if weights.is_empty() && planes.n >= 3 {
        numbers.as_chunks::<8>()
    } else {
        (&[][..], numbers)
    };
    for e in eights {
        let [a, b, c, d, e, f, g, h] = *e;
        let eight = [
            row(a),
            row(b),
            row(c),
            row(d),
            row(e),
            row(f),
            row(g),
            row(h),
        ];
        planes.add_eight(&eight);
        let [a, b, c, d, e, f, g, h] = eight;
        all = all.and(a.and(b).and(c.and(d)).and(e.and(f).and(g.and(h))));
    }
    if weights.is_empty() {
        for &r in rest {
            planes.carry(0, row(r));
            all = all.and(row(r));
        }
    } else {
        total = 0;
        for &r in rest {
            planes.add(row(r), weights[r as usize]);
            all = all.and(row(r));
            total += weights[r as usize];
        }
    }
    Reach {
        all,
        reached: planes.reached(),
        total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn count(rows: &[[u64; 2]], weights: &[u32], bit: usize) -> u32 {
        let has = rows.iter().map(|r| (r[bit / 64] >> (bit % 64) & 1) as u32);
        has.zip(weights).map(|(h, w)| h * w).sum()
    }

    proptest! {
        #[test]
        fn planes_count_as_one_by_one(
            rows in prop::collection::vec((any::<[u64; 2]>(), 1..100u32), 1..60),
            minimum in 1..3000u32,
            is_weighted: bool,
        ) {
            let (rows, mut weights): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            if !is_weighted {
                weights.fill(1);
            }
            let total = weights.iter().sum();
            let mut exact = Planes::<[u64; 2]>::exact(total);
            for (&row, &weight) in rows.iter().zip(&weights) {
                exact.add(row, weight);
            }
            let numbers: Vec<u32> = (0..rows.len() as u32).collect();
            let given: &[u32] = if is_weighted { &weights } else { &[] };
            for level in crate::kernels::levels() {
                for minimum in [minimum, 1, 2, 9, total] {
                    let reach = reach_at(level, &rows, given, &numbers, minimum);
                    prop_assert_eq!(reach.total, total);
                    for bit in 0..128 {
                        let n = count(&rows, &weights, bit);
                        prop_assert_eq!(exact.count(bit), n);
                        let is_set = |r: [u64; 2]| r[bit / 64] >> (bit % 64) & 1 == 1;
                        prop_assert_eq!(is_set(exact.at_least(minimum)), n >= minimum);
                        prop_assert_eq!(is_set(reach.reached), n >= minimum, "bit {}, count {}, minimum {}", bit, n, minimum);
                        prop_assert_eq!(is_set(reach.all), n == total);
                    }
                }
            }
        }
    }
}
