//! Which centre is nearest to each point of a block.

use super::{BLOCK, Points, points};
use crate::kernels::widest;

/// Centres that are looked at together.
const GROUP: usize = 4;

/// Centres as the kernel reads them: those of a group side by side, with the sign turned.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packed {
    turned: Vec<f32>,
    /// Half the squared length of each; infinite where a group has none.
    halves: Vec<f32>,
}

impl Packed {
    /// Packs centres of `d` coordinates that stand one after the other.
    pub(crate) fn new(centres: &[f64], d: usize) -> Self {
        let k = centres.len() / d.max(1);
        let n_groups = k.div_ceil(GROUP);
        let mut packed = Self {
            turned: vec![0.0; n_groups * GROUP * d],
            halves: vec![f32::INFINITY; n_groups * GROUP],
        };
        for (c, centre) in centres.chunks_exact(d.max(1)).enumerate() {
            let group = &mut packed.turned[c / GROUP * GROUP * d..];
            for (j, &x) in centre.iter().enumerate() {
                group[j * GROUP + c % GROUP] = -x as f32;
            }
            packed.halves[c] = (centre.iter().map(|x| x * x).sum::<f64>() / 2.0) as f32;
        }
        packed
    }
}

/// What is found of each point: its squared length; the centre with the least `s = |c|²/2 - x·c`, that `s`, and the least `s` of the others. The squared
/// distance is the squared length and twice `s`.
#[derive(Debug, Clone)]
pub(crate) struct Nearest {
    pub(crate) square: [f32; BLOCK],
    pub(crate) label: [u32; BLOCK],
    pub(crate) first: [f32; BLOCK],
    pub(crate) second: [f32; BLOCK],
}

impl Default for Nearest {
    fn default() -> Self {
        Self {
            square: [0.0; BLOCK],
            label: [0; BLOCK],
            first: [0.0; BLOCK],
            second: [0.0; BLOCK],
        }
    }
}

impl Nearest {
    /// How far `first` and `second` must lie apart, in parts of `8 square + 3 (first + second)`, to say for certain which centre is nearer.
    ///
    /// Sums of d products and the rounding of their factors are off by at most (d + 8) u (|c|²/2 + |x||c|), u = 2^-24 (Higham 2002, section 3.1); with
    /// |c| <= |x| + D that is at most (d + 8) u (2.5 |x|² + 1.5 D²), D² = |x|² + 2 s.
    pub(crate) fn margin(d: usize) -> f32 {
        (d as f32 + 8.0) * (f32::EPSILON / 2.0) * 1.05
    }
}

widest! {
    /// The points of which it is not certain which centre is nearest.
    fn unsure, unsure_at(found: &Nearest, margin: f32) -> Points {
        let mut flags = [0; BLOCK];
        for (p, flag) in flags.iter_mut().enumerate() {
            let (first, second) = (found.first[p], found.second[p]);
            let off = margin * (8.0 * found.square[p] + 3.0 * (first + second)) + TINY;
            // Of what is not a number it is not certain either.
            let is_sure = second - first > off;
            *flag = u8::from(!is_sure);
        }
        points(&flags)
    }
}

widest! {
    /// The points whose labels are not these.
    fn unlike, unlike_at(found: &[u32; BLOCK], labels: &[i32]) -> Points {
        let mut flags = [0; BLOCK];
        for ((flag, &new), &old) in flags.iter_mut().zip(found).zip(labels) {
            *flag = u8::from(new as i32 != old);
        }
        points(&flags)
    }
}

/// What rounding to subnormal numbers may take away.
const TINY: f32 = 1e-30;

#[inline(always)]
fn add_product(fused: bool, sum: f32, a: f32, b: f32) -> f32 {
    if fused {
        a.mul_add(b, sum)
    } else {
        a * b + sum
    }
}

widest! {
    /// Finds the nearest centres of the points of a block.
    fn nearest, nearest_at(block: &[f32], centres: &Packed, found: &mut Nearest; fused, wide) {
        let mut square = [0.0; BLOCK];
        for x in block.chunks_exact(BLOCK) {
            for (sum, &x) in square.iter_mut().zip(x) {
                *sum = add_product(fused, *sum, x, x);
            }
        }
        found.square = square;
        // As many points at once as the sums of a group fill registers.
        if wide {
            tiles::<64>(fused, block, centres, found);
        } else {
            tiles::<16>(fused, block, centres, found);
        }
    }
}

#[inline(always)]
fn tiles<const W: usize>(fused: bool, block: &[f32], centres: &Packed, found: &mut Nearest) {
    let d = block.len() / BLOCK;
    for at in (0..BLOCK).step_by(W) {
        let (mut first, mut second) = ([f32::INFINITY; W], [f32::INFINITY; W]);
        let mut label = [0; W];
        let groups = centres.turned.chunks_exact((d * GROUP).max(1));
        for (g, (group, halves)) in groups.zip(centres.halves.chunks_exact(GROUP)).enumerate() {
            let mut sums = [[0.0; W]; GROUP];
            for (sums, &half) in sums.iter_mut().zip(halves) {
                *sums = [half; W];
            }
            for (x, centre) in block.chunks_exact(BLOCK).zip(group.chunks_exact(GROUP)) {
                let x = &x[at..at + W];
                for (sums, &c) in sums.iter_mut().zip(centre) {
                    for (sum, &x) in sums.iter_mut().zip(x) {
                        *sum = add_product(fused, *sum, x, c);
                    }
                }
            }
            for (c, sums) in sums.iter().enumerate() {
                let number = (g * GROUP + c) as u32;
                for w in 0..W {
                    let s = sums[w];
                    let is_less = s < first[w];
                    let later = if is_less { first[w] } else { s };
                    second[w] = if later < second[w] { later } else { second[w] };
                    label[w] = if is_less { number } else { label[w] };
                    first[w] = if is_less { s } else { first[w] };
                }
            }
        }
        found.first[at..at + W].copy_from_slice(&first);
        found.second[at..at + W].copy_from_slice(&second);
        found.label[at..at + W].copy_from_slice(&label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::levels;
    use crate::random::stream;
    use rand::Rng;

    fn apart(block: &[f32], p: usize, centre: &[f64]) -> f64 {
        let x = block.iter().skip(p).step_by(BLOCK);
        x.zip(centre)
            .map(|(&x, c)| (f64::from(x) - c).powi(2))
            .sum()
    }

    #[test]
    fn every_level_is_right_or_unsure() {
        let mut random = stream(0, "nearest", 0);
        let mut n_unsure = 0;
        for round in 0..200 {
            let (d, k) = (random.gen_range(1..40), random.gen_range(1..30));
            // Coarse numbers tie often.
            let step = [1e-6, 0.25, 1.0][round % 3];
            let mut draw = || (random.gen_range(-1.0..1.0_f64) / step).round() * step;
            let block: Vec<f32> = (0..d * BLOCK).map(|_| draw() as f32).collect();
            let centres: Vec<f64> = (0..d * k).map(|_| draw()).collect();
            let packed = Packed::new(&centres, d);
            for level in levels() {
                let mut found = Nearest::default();
                nearest_at(level, &block, &packed, &mut found);
                let unsure = unsure_at(level, &found, Nearest::margin(d));
                n_unsure += unsure.count_ones();
                for p in (0..BLOCK).filter(|p| unsure >> p & 1 == 0) {
                    let own = apart(&block, p, &centres[found.label[p] as usize * d..][..d]);
                    let others = centres.chunks(d).enumerate();
                    for (c, centre) in others.filter(|o| o.0 != found.label[p] as usize) {
                        let other = apart(&block, p, centre);
                        assert!(
                            own < other,
                            "{level:?} {d} {p}: {own} at {}, {other} at {c}",
                            found.label[p]
                        );
                    }
                }
            }
        }
        assert!(n_unsure > 0);
    }

    /// Points so near the middle between two centres that 32 bits cannot tell them.
    #[test]
    fn what_rounding_hides_is_unsure() {
        let mut random = stream(1, "nearest", 0);
        for d in [1, 3, 20] {
            for _ in 0..50 {
                let mut draw = || random.gen_range(-1.0..1.0_f64);
                let centres: Vec<f64> = (0..2 * d).map(|_| draw()).collect();
                let block = (0..d * BLOCK).map(|i| {
                    let middle = f64::midpoint(centres[i / BLOCK], centres[d + i / BLOCK]);
                    (middle + 1e-8 * draw()) as f32
                });
                let block: Vec<f32> = block.collect();
                let packed = Packed::new(&centres, d);
                for level in levels() {
                    let mut found = Nearest::default();
                    nearest_at(level, &block, &packed, &mut found);
                    let unsure = unsure_at(level, &found, Nearest::margin(d));
                    for p in (0..BLOCK).filter(|p| unsure >> p & 1 == 0) {
                        let [one, two] = [0, 1].map(|c| apart(&block, p, &centres[c * d..][..d]));
                        assert_eq!(
                            found.label[p],
                            u32::from(two < one),
                            "{level:?} {d} {one} {two}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_unsure() {
        let packed = Packed::new(&[0.0, 1.0], 1);
        let mut block = [0.25; BLOCK];
        block[3] = f32::NAN;
        block[9] = f32::INFINITY;
        block[10] = 0.5;
        for level in levels() {
            let mut found = Nearest::default();
            nearest_at(level, &block, &packed, &mut found);
            let unsure = unsure_at(level, &found, Nearest::margin(1));
            assert_eq!(unsure, 1 << 3 | 1 << 9 | 1 << 10);
        }
    }
}
