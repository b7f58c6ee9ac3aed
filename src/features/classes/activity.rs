//! How likely each class is for customers of so many baskets.
//!
//! Classes differ in how often their customers buy. Were they taken as equally likely for all, those who buy much, and so are placed surely, would set the shares of those who buy little.

use serde::{Deserialize, Serialize};

use super::counts::Counts;

/// Groups of equally many customers by their baskets.
const GROUPS: usize = 8;
/// So many customers as all are added to each group.
const PRIOR: f64 = 20.0;

/// The shares of classes among customers of few baskets, and of many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Activity {
    /// The fewest baskets of each group but the first, ascending.
    pub cuts: Vec<u32>,
    /// Group by group the logarithm of the share of each class.
    pub log_shares: Vec<f64>,
}

/// Where groups part.
pub(super) fn cuts(counts: &Counts) -> Vec<u32> {
    let mut baskets: Vec<u32> = (0..counts.len()).map(|row| counts.n_baskets(row)).collect();
    baskets.sort_unstable();
    let mut cuts: Vec<u32> = (1..GROUPS)
        .map(|i| baskets[i * baskets.len() / GROUPS])
        .collect();
    cuts.dedup();
    cuts.retain(|&cut| cut > baskets[0]);
    cuts
}

/// The group of a customer.
pub(super) fn group_of(cuts: &[u32], n_baskets: u32) -> usize {
    cuts.partition_point(|&cut| cut <= n_baskets)
}

impl Activity {
    /// From the customers of each class in each group.
    pub(super) fn of(cuts: &[u32], customers: &[f64], k: usize) -> Self {
        let mut all = vec![0.0; k];
        for own in customers.chunks_exact(k) {
            all.iter_mut().zip(own).for_each(|(to, n)| *to += n);
        }
        let total: f64 = all.iter().sum();
        // Half a customer keeps every class possible.
        let overall = |class: usize| (all[class] + 0.5) / (total + 0.5 * k as f64);
        let group = |own: &[f64]| {
            let n: f64 = own.iter().sum::<f64>() + PRIOR;
            let share = |(class, x): (usize, &f64)| ((x + PRIOR * overall(class)) / n).ln();
            own.iter().enumerate().map(share).collect::<Vec<_>>()
        };
        Self {
            cuts: cuts.to_vec(),
            log_shares: customers.chunks_exact(k).flat_map(group).collect(),
        }
    }

    pub(super) fn of_baskets(&self, n_baskets: u32, k: usize) -> &[f64] {
        &self.log_shares[group_of(&self.cuts, n_baskets) * k..][..k]
    }

    pub(super) fn is_valid(&self, k: usize) -> bool {
        self.log_shares.len() == (self.cuts.len() + 1) * k
            && self.cuts.windows(2).all(|w| w[0] < w[1])
            && self.log_shares.iter().all(|x| x.is_finite() && *x <= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_shares_of_their_own() {
        let a = Activity::of(&[3, 9], &[80.0, 20.0, 50.0, 50.0, 0.0, 0.0], 2);
        assert_eq!(
            (a.of_baskets(2, 2), a.of_baskets(3, 2)),
            (&a.log_shares[..2], &a.log_shares[2..4])
        );
        let share = |n: u32| a.of_baskets(n, 2)[0].exp();
        let overall = 130.5 / 201.0;
        assert!((share(1) - (80.0 + 20.0 * overall) / 120.0).abs() < 1e-15);
        assert!((share(100) - overall).abs() < 1e-15);
        assert!(a.is_valid(2) && !a.is_valid(3));
    }
}
