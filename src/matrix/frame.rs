//! Coordinates in which numbers of 32 bits lose least: the middle of the data is the origin, and nothing is larger than one.

use super::moments::Moments;

/// Where the origin is, and what a unit is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    /// The origin; of columns of 32 bits a number of 32 bits.
    pub(crate) middle: Vec<f64>,
    /// That, some times over.
    pub(super) middles: Vec<f64>,
    /// A power of two.
    pub(crate) scale: f64,
}

impl Frame {
    /// The frame of data with these moments.
    pub(crate) fn of(moments: &[Moments]) -> Self {
        let middle: Vec<f64> = moments
            .iter()
            .map(|m| {
                if m.is_narrow {
                    f64::from(m.mean as f32)
                } else {
                    m.mean
                }
            })
            .collect();
        let reach = moments
            .iter()
            .zip(&middle)
            .map(|(m, middle)| (m.max - middle).max(middle - m.min))
            .fold(0.0, f64::max);
        let is_narrow = moments.iter().any(|m| m.is_narrow);
        // Scaled numbers of 32 bits must have a scale of 32 bits.
        let most = if is_narrow { 120 } else { 1_000 };
        let scale = match reach {
            0.0 => 1.0,
            reach => 2.0_f64.powi(-(reach.log2().ceil() as i32).clamp(-most, most)),
        };
        Self::new(middle, scale)
    }

    pub(super) fn new(middle: Vec<f64>, scale: f64) -> Self {
        const TIMES: usize = 16;
        Self {
            middles: middle.repeat(TIMES),
            middle,
            scale,
        }
    }

    /// A point in these coordinates.
    pub(crate) fn of_point(&self, point: &[f64]) -> impl Iterator<Item = f64> {
        let scale = self.scale;
        point
            .iter()
            .zip(&self.middle)
            .map(move |(x, middle)| (x - middle) * scale)
    }
}

/// The squared distance of two points in the unit of a frame, in four sums: the same bits on every machine.
#[inline]
pub(crate) fn square(a: &[f64], b: &[f64], scale: f64) -> f64 {
    let off = |(x, y): (&f64, &f64)| {
        let off = (x - y) * scale;
        off * off
    };
    let (fours, rest) = a.as_chunks::<4>();
    let (b_fours, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in fours.iter().zip(b_fours) {
        for (sum, pair) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += off(pair);
        }
    }
    let rest: f64 = rest.iter().zip(b_rest).map(off).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
