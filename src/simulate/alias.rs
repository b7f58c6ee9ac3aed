//! Draws from a list of weights in constant time.

use rand::RngCore;

/// Walker's alias table: one random word gives a place in the list, each as often as its weight says.
///
/// Source: Walker (1977), An efficient method for generating discrete random variables with general distributions; built by Vose's
/// two stacks (1991).
#[derive(Debug, Clone)]
pub(super) struct Alias {
    /// Of each place: the share of its slot that is its own, in 2^32, and who has the rest.
    slots: Vec<(u32, u32)>,
}

impl Alias {
    /// Of weights at least 0, of which one is above 0.
    pub(super) fn new(weights: &[f64]) -> Self {
        const WHOLE: f64 = 4_294_967_296.0;
        let scale = weights.len() as f64 / weights.iter().sum::<f64>();
        let mut left: Vec<f64> = weights.iter().map(|w| w * scale).collect();
        let mut slots: Vec<(u32, u32)> = (0..left.len() as u32).map(|i| (u32::MAX, i)).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..left.len()).partition(|&i| left[i] < 1.0);
        while let (Some(s), Some(&l)) = (small.pop(), large.last()) {
            slots[s] = ((left[s] * WHOLE) as u32, l as u32);
            left[l] -= 1.0 - left[s];
            if left[l] < 1.0 {
                large.pop();
                small.push(l);
            }
        }
        Self { slots }
    }

    pub(super) fn draw(&self, rng: &mut impl RngCore) -> usize {
        let word = rng.next_u64();
        // High half: the slot, without division. Low half: owner or guest.
        let slot = ((word >> 32) * self.slots.len() as u64) >> 32;
        let (own, guest) = self.slots[slot as usize];
        if (word as u32) < own {
            slot as usize
        } else {
            guest as usize
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;

    #[test]
    fn places_come_as_often_as_their_weights_say() {
        const N: usize = 100_000;
        let weights = [5.0, 0.0, 1.0, 3.0, 1.0];
        let alias = Alias::new(&weights);
        let mut rng = stream(1, "alias", 0);
        let mut counts = [0.0; 5];
        (0..N).for_each(|_| counts[alias.draw(&mut rng)] += 1.0);
        assert_eq!(counts[1], 0.0);
        for (count, weight) in counts.iter().zip(weights) {
            let p: f64 = weight / 10.0;
            // Five standard deviations.
            let slack = 5.0 * (p * (1.0 - p) * N as f64).sqrt();
            assert!((count - p * N as f64).abs() <= slack, "{counts:?}");
        }
    }

    #[test]
    fn one_place_is_always_drawn() {
        assert_eq!(Alias::new(&[0.3]).draw(&mut stream(1, "alias", 0)), 0);
    }
}
