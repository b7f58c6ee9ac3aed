//! Latent classes, and how likely each is for a customer.

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::counts::{Counts, LARGEST};
use super::season::Season;
use crate::error::{Error, Result};
use crate::features::Orders;
use crate::features::basket::numbers;
use crate::parallel::{Context, map_ordered};

/// A mixture of kinds of customers; each kind has a chance of its own for each item, and for each size of a basket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LatentClasses {
    /// The items, as text.
    pub items: Vec<String>,
    /// The share of customers of each class, in logarithms.
    pub log_shares: Vec<f64>,
    /// Item by item, then size by size, the logarithm of its chance in each class; of items with a [`season`](Self::season), how much more the class likes it than all do in that week.
    pub log_chances: Vec<f64>,
    /// What makes chances of likings, week by week; none where classes are told without a season.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub season: Option<Season>,
    /// How likely each class is by the number of baskets; none where it is the same for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<Activity>,
    /// The logarithm of the likelihood of the customers it was fitted on.
    pub log_likelihood: f64,
    /// Bayes' information criterion of each number of classes that was tried, from one on; none where the number was given.
    pub criteria: Vec<f64>,
}

impl LatentClasses {
    /// How many classes there are.
    #[must_use]
    pub fn n_classes(&self) -> usize {
        self.log_shares.len()
    }

    pub(in crate::features) fn validate(&self) -> Result<()> {
        let k = self.n_classes();
        let columns = self.items.len() + LARGEST;
        let of_items = if self.season.is_some() {
            self.items.len() * k
        } else {
            0
        };
        let has_columns = k > 0 && self.log_chances.len() == columns * k;
        let are_chances = |logs: &[f64]| logs.iter().all(|x| x.is_finite() && *x <= 0.0);
        if has_columns
            && are_chances(&self.log_shares)
            && are_chances(&self.log_chances[of_items..])
            && self.log_chances[..of_items].iter().all(|x| x.is_finite())
            && self.season.as_ref().is_none_or(|s| s.is_valid(k))
            && self.activity.as_ref().is_none_or(|a| a.is_valid(k))
        {
            return Ok(());
        }
        let rule =
            "must be logarithms of chances, as many for each item and size as there are classes";
        Err(Error::parameter(
            "LatentClasses",
            "log_chances",
            rule,
            self.log_chances.len(),
        ))
    }

    /// The probability of each class for each customer, a list for each class.
    pub(in crate::features) fn place(
        &self,
        orders: &Orders,
        notices: &mut Vec<String>,
        ctx: &Context,
    ) -> Result<Vec<Vec<f64>>> {
        let numbers = numbers(&self.items, orders.baskets.labels())?;
        let counts = Counts::new(orders, &numbers, self.items.len(), ctx)?;
        let k = self.n_classes();
        let parts = map_ordered(ctx, "place customers", counts.chunks(), |rows| {
            let mut found = Vec::with_capacity(rows.len() * k);
            let mut chances = vec![0.0; k];
            for row in rows {
                self.chances(&counts, row, &mut chances);
                found.extend_from_slice(&chances);
            }
            Ok(found)
        })?;
        let n_nowhere = (0..counts.len())
            .filter(|&row| counts.row(row).next().is_none())
            .count();
        if n_nowhere > 0 {
            notices.push(format!(
                "{n_nowhere} customers have no basket: their classes are those of all"
            ));
        }
        let column = |j: usize| {
            parts
                .iter()
                .flat_map(|p| p.iter().skip(j).step_by(k))
                .copied()
                .collect()
        };
        Ok((0..k).map(column).collect())
    }

    /// Writes the probability of each class for a customer; returns the logarithm of the likelihood.
    pub(super) fn chances(&self, counts: &Counts, row: usize, to: &mut [f64]) -> f64 {
        let k = to.len();
        to.copy_from_slice(match &self.activity {
            Some(activity) => activity.of_baskets(counts.n_baskets(row), k),
            None => &self.log_shares,
        });
        if let Some(season) = &self.season {
            for &(week, n) in counts.weeks(row) {
                let sums = season.of(week);
                to.iter_mut().zip(sums).for_each(|(to, z)| *to -= n * z);
            }
        }
        for (column, n) in counts.row(row) {
            let own = &self.log_chances[column * k..][..k];
            to.iter_mut().zip(own).for_each(|(to, x)| *to += n * x);
        }
        let most = to.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        to.iter_mut().for_each(|x| *x = (*x - most).exp());
        let sum: f64 = to.iter().sum();
        to.iter_mut().for_each(|x| *x /= sum);
        most + sum.ln()
    }
}
