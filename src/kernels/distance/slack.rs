//! How much nearer points are to their centre than to any other, in whole units.

use super::nearest::Nearest;
use super::{BLOCK, Points, points};
use crate::kernels::widest;

/// Centres whose moves are looked up without a test of where they stand.
const FEW: usize = 256;

widest! {
    /// How many units the second centre of each point is farther than the first, at least: distances, not squares. 0 where it is not certain.
    ///
    /// `margin` is [`Nearest::margin`]: three times what it bounds covers both distances, and the rounding of these few sums.
    fn gaps, gaps_at(found: &Nearest, margin: f32, per_unit: f32, to: &mut [u16]) {
        let mut gaps = [0; BLOCK];
        for (p, gap) in gaps.iter_mut().enumerate() {
            let (square, first, second) = (found.square[p], found.first[p], found.second[p]);
            let off = 3.0 * (margin * (8.0 * square + 3.0 * (first + second)) + TINY);
            let near = (square + 2.0 * first + off).max(0.0).sqrt();
            let far = (square + 2.0 * second - off).max(0.0).sqrt();
            // A square root and a product are off by half of the last digit each.
            let apart = far * (1.0 - 4.0 * f32::EPSILON) - near * (1.0 + 4.0 * f32::EPSILON);
            // Of no number it is 0, above the largest the largest.
            *gap = (apart * per_unit) as u16;
        }
        let n = to.len();
        to.copy_from_slice(&gaps[..n]);
    }
}

widest! {
    /// Takes from what is left of each point what its centre and the others have spent; what is left then counts `1 << finer` times as many units. The
    /// points of which nothing is left.
    fn spend, spend_at(left: &mut [u16], labels: &[i32], spent: &[u32], finer: u32) -> Points {
        let mut flags = [0; BLOCK];
        match spent.first_chunk::<FEW>() {
            Some(spent) => each(left, labels, finer, &mut flags, |label| spent[label % FEW]),
            None => each(left, labels, finer, &mut flags, |label| spent[label]),
        }
        points(&flags)
    }
}

/// What centres have spent, as [`spend`] reads it: few of them with room to spare.
pub(crate) fn padded(mut spent: Vec<u32>) -> Vec<u32> {
    if spent.len() <= FEW {
        spent.resize(FEW, 0);
    }
    spent
}

#[inline(always)]
fn each(
    left: &mut [u16],
    labels: &[i32],
    finer: u32,
    flags: &mut [u8; BLOCK],
    spent: impl Fn(usize) -> u32,
) {
    for ((left, &label), flag) in left.iter_mut().zip(labels).zip(flags) {
        let rest = u32::from(*left).saturating_sub(spent(label as u32 as usize));
        *flag = u8::from(rest == 0);
        *left = (rest << finer).min(MOST) as u16;
    }
}

/// What rounding to subnormal numbers may take away.
const TINY: f32 = 1e-30;
/// The most units that are counted.
const MOST: u32 = u16::MAX as u32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::distance::nearest::{Packed, nearest};
    use crate::kernels::levels;
    use crate::random::stream;
    use rand::Rng;

    #[test]
    fn gaps_are_never_more_than_there_is() {
        let mut random = stream(0, "gaps", 0);
        let mut n_wide = 0;
        for round in 0..200 {
            let (d, k) = (random.gen_range(1..30), random.gen_range(2..20));
            let step = [1e-6, 0.25, 1.0][round % 3];
            let mut draw = || (random.gen_range(-1.0..1.0_f64) / step).round() * step;
            let block: Vec<f32> = (0..d * BLOCK).map(|_| draw() as f32).collect();
            let centres: Vec<f64> = (0..d * k).map(|_| draw()).collect();
            let packed = Packed::new(&centres, d);
            let per_unit = [1e2_f32, 1e4, 1e7][round % 3];
            for level in levels() {
                let mut found = Nearest::default();
                nearest(&block, &packed, &mut found);
                let mut gaps = [0; BLOCK];
                gaps_at(level, &found, Nearest::margin(d), per_unit, &mut gaps);
                for (p, &gap) in gaps.iter().enumerate() {
                    let apart = |centre: &[f64]| {
                        let x = block.iter().skip(p).step_by(BLOCK);
                        let squares = x.zip(centre).map(|(&x, c)| (f64::from(x) - c).powi(2));
                        squares.sum::<f64>().sqrt()
                    };
                    let mut all: Vec<f64> = centres.chunks(d).map(apart).collect();
                    all.sort_by(f64::total_cmp);
                    let true_gap = (all[1] - all[0]) * f64::from(per_unit);
                    assert!(f64::from(gap) <= true_gap, "{level:?} {d} {gap} {true_gap}");
                    n_wide += usize::from(f64::from(gap) > 0.9 * true_gap.min(65_535.0) && gap > 0);
                }
            }
        }
        assert!(n_wide > 1_000, "{n_wide}");
    }

    #[test]
    fn what_is_no_number_has_no_gap() {
        let packed = Packed::new(&[0.0, 1.0], 1);
        let mut block = [0.25; BLOCK];
        block[3] = f32::NAN;
        block[9] = f32::INFINITY;
        block[10] = 0.5;
        let mut found = Nearest::default();
        nearest(&block, &packed, &mut found);
        for level in levels() {
            let mut to = [7; BLOCK];
            gaps_at(level, &found, Nearest::margin(1), 100.0, &mut to);
            let expected = std::array::from_fn(|p| if [3, 9, 10].contains(&p) { 0 } else { 49 });
            assert_eq!(to, expected, "{level:?}");
        }
    }

    #[test]
    fn what_is_spent_is_taken_and_the_rest_counted_finer() {
        for n_centres in [3, 300] {
            let mut spent = vec![0; n_centres];
            spent[1] = 5;
            spent[2] = MOST;
            let spent = padded(spent);
            assert_eq!(spent.len(), n_centres.max(FEW));
            for level in levels() {
                let mut left = [0, 1, 5, 6, 7, 60_000, u16::MAX, 9, 40];
                let labels = [0, 0, 1, 1, 1, 1, 2, 0, 1];
                let due = spend_at(level, &mut left, &labels, &spent, 2);
                assert_eq!(left, [0, 4, 0, 4, 8, u16::MAX, 0, 36, 140]);
                // Where there is no point nothing is due.
                assert_eq!(due, 1 | 1 << 2 | 1 << 6, "{level:?}");
            }
        }
    }
}
