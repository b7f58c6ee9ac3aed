//! Squared distances of the points of a block to one point. No products are fused: each form gives the same bits.

use super::BLOCK;
use crate::kernels::widest;

#[inline(always)]
fn squares(block: &[f32], point: &[f32]) -> [f32; BLOCK] {
    let mut sums = [0.0; BLOCK];
    for (x, &c) in block.chunks_exact(BLOCK).zip(point) {
        for (sum, &x) in sums.iter_mut().zip(x) {
            let off = x - c;
            *sum += off * off;
        }
    }
    sums
}

widest! {
    /// Brings squared distances down to those from `point`, where these are less.
    fn lower, lower_at(block: &[f32], point: &[f32], to: &mut [f32; BLOCK]) {
        let squares = squares(block, point);
        for (to, square) in to.iter_mut().zip(squares) {
            *to = if square < *to { square } else { *to };
        }
    }
}

widest! {
    /// The weighted sum of what squared distances would be if they were brought down so.
    fn lowered, lowered_at(block: &[f32], point: &[f32], squares_now: &[f32; BLOCK], weights: Option<&[f64; BLOCK]>) -> f64 {
        let squares = squares(block, point);
        let mut sums = [0.0; 8];
        for at in (0..BLOCK).step_by(8) {
            for lane in 0..8 {
                let (now, square) = (squares_now[at + lane], squares[at + lane]);
                let least = f64::from(if square < now { square } else { now });
                sums[lane] += match weights {
                    None => least,
                    Some(weights) => least * weights[at + lane],
                };
            }
        }
        let [a, b, c, d, e, f, g, h] = sums;
        ((a + b) + (c + d)) + ((e + f) + (g + h))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::levels;
    use crate::random::stream;
    use rand::Rng;

    #[test]
    fn every_level_gives_the_same_bits() {
        let mut random = stream(0, "squares", 0);
        for d in 1..20 {
            let mut draw =
                |n: usize| -> Vec<f32> { (0..n).map(|_| random.gen_range(-1.0..1.0)).collect() };
            let (block, point) = (draw(d * BLOCK), draw(d));
            let now: [f32; BLOCK] = std::array::from_fn(|p| if p < 40 { 0.9 } else { 0.0 });
            let weights: [f64; BLOCK] = std::array::from_fn(|p| 1.0 / (p + 1) as f64);
            let each = |p: usize| {
                (0..d).fold(0.0, |sum, j| {
                    let off = block[j * BLOCK + p] - point[j];
                    sum + off * off
                })
            };
            let expected: [f32; BLOCK] = std::array::from_fn(|p| now[p].min(each(p)));
            let sums = [None, Some(&weights)].map(|w| {
                let bits = levels().map(|l| lowered_at(l, &block, &point, &now, w).to_bits());
                let bits: Vec<u64> = bits.collect();
                assert!(bits.iter().all(|&b| b == bits[0]));
                f64::from_bits(bits[0])
            });
            for level in levels() {
                let mut found = now;
                lower_at(level, &block, &point, &mut found);
                assert_eq!(found, expected);
            }
            let plain: f64 = expected.iter().map(|&x| f64::from(x)).sum();
            let weighted = expected.iter().zip(weights);
            let weighted: f64 = weighted.map(|(&x, w)| f64::from(x) * w).sum();
            assert!((sums[0] - plain).abs() < 1e-12 && (sums[1] - weighted).abs() < 1e-12);
        }
    }
}
