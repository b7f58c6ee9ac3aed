//! Other parameters that may be the true ones as well, and limits of what they say.

use rand_distr::{Distribution, StandardNormal};

use super::estimates::{Estimates, REACH};
use super::linear::Symmetric;
use crate::random::stream;

impl Estimates {
    /// Parameters as they are searched for, drawn from the normal distribution around the estimates; none without a covariance.
    pub(in crate::value) fn drawn(
        &self,
        n_draws: u32,
        seed: u64,
        purpose: &str,
    ) -> Option<Vec<Vec<f64>>> {
        let middle = self.searched();
        let covariance = self.covariance.as_ref()?;
        let at = |i: usize, j: usize| covariance[i * middle.len() + j];
        // Others are taken as they stand.
        let free: Vec<usize> = (0..middle.len()).filter(|&i| at(i, i) > 0.0).collect();
        let rows = free.iter().flat_map(|&i| free.iter().map(move |&j| (i, j)));
        let n = free.len();
        let values = rows.map(|(i, j)| at(i, j)).collect();
        let lower = Symmetric { n, values }.cholesky()?;
        let draw = |i: u32| {
            let mut rng = stream(seed, purpose, i.into());
            let z: Vec<f64> = (0..n).map(|_| StandardNormal.sample(&mut rng)).collect();
            let mut drawn = middle.clone();
            for (&place, off) in free.iter().zip(lower.times(&z)) {
                drawn[place] += off.clamp(-REACH, REACH);
            }
            drawn
        };
        Some((0..n_draws).map(draw).collect())
    }
}

/// The limits that hold the middle `level` of some values, which are sorted for it.
pub(in crate::value) fn limits(values: &mut [f64], level: f64) -> (f64, f64) {
    values.sort_unstable_by(f64::total_cmp);
    let tail = 0.5 * (1.0 - level);
    (quantile(values, tail), quantile(values, 1.0 - tail))
}

/// The type-7 quantile (Hyndman and Fan 1996).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_values() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 1.0), 4.0);
        assert_eq!(limits(&mut [4.0, 1.0, 2.0], 0.5), (1.5, 3.0));
    }
}
