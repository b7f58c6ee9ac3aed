//! What all customers buy week by week, and how classes part from it.
//!
//! In week w a class buys item i with the chance p(i | w) ρ(i) / Z(w): what all buy in that week, times how much more the class likes the item, over a sum that makes chances of it. So a class is
//! told by its likings, and not by the weeks in which its customers came.

use serde::{Deserialize, Serialize};

use super::counts::{Counts, week_of};
use super::tastes::{self, Bought, Tastes};
use crate::error::Result;
use crate::features::Orders;
use crate::parallel::{Context, fill_rows};

/// Fewer weeks with purchases tell no season.
const FEWEST_WEEKS: usize = 8;
/// Numbers of a table of weeks by items at most: 80 MB, and as much again while it is smoothed.
const MOST_NUMBERS: usize = 10_000_000;
/// Standard deviation, in weeks, of the normal kernel that smooths what is bought.
const SMOOTHED: f64 = 2.0;
/// Weeks of a year.
const YEAR: i32 = 52;
/// Rounds between likings and sums.
const ROUNDS: usize = 4;
/// So many purchases as all customers make are added to each class.
const PRIOR: f64 = 500.0;
/// Logarithms beyond are those of no sums.
const MOST_LOG: f64 = 700.0;
/// No sum is smaller.
const LEAST: f64 = 1e-9;

/// Z(w) of each class: over what all buy in a week, the sum of how much more the class likes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Season {
    /// The first week, from Monday to Sunday, counted from that of 1970-01-01.
    pub first_week: i32,
    /// Week by week the logarithm of the sum in each class.
    pub log_sums: Vec<f64>,
    /// The same over all weeks, for weeks of which nothing is known.
    pub usual: Vec<f64>,
}

impl Season {
    /// The logarithms of the sums in a week: of one that was not learnt from, those of the nearest year whose week was; else the usual ones.
    pub(super) fn of(&self, week: i32) -> &[f64] {
        let k = self.usual.len();
        let n_weeks = (self.log_sums.len() / k) as i32;
        let last = self.first_week + n_weeks - 1;
        let mut known = week;
        if known > last {
            known -= (known - last + YEAR - 1) / YEAR * YEAR;
        } else if known < self.first_week {
            known += (self.first_week - known + YEAR - 1) / YEAR * YEAR;
        }
        if (self.first_week..=last).contains(&known) {
            &self.log_sums[(known - self.first_week) as usize * k..][..k]
        } else {
            &self.usual
        }
    }

    pub(super) fn is_valid(&self, k: usize) -> bool {
        let numbers = self.log_sums.iter().chain(&self.usual);
        self.usual.len() == k
            && !self.log_sums.is_empty()
            && self.log_sums.len().is_multiple_of(k)
            && numbers.clone().all(|x| x.abs() <= MOST_LOG)
            && self.first_week.abs() < 100_000
    }
}

/// What all customers buy, week by week.
pub(super) struct Weekly {
    pub(super) first_week: i32,
    pub(super) n_weeks: usize,
    n_items: usize,
    /// Week by week the share of each item, smoothed over weeks.
    shares: Vec<f64>,
    /// The share of each item over all weeks.
    overall: Vec<f64>,
}

impl Weekly {
    /// None where the weeks are too few, or too many for so many items.
    pub(super) fn new(
        orders: &Orders,
        number: &[Option<usize>],
        counts: &Counts,
        notices: &mut Vec<String>,
        ctx: &Context,
    ) -> Result<Option<Self>> {
        let all = (0..counts.len()).flat_map(|row| counts.weeks(row));
        let weeks: Vec<i32> = all.map(|(week, _)| *week).collect();
        let (Some(&first), Some(&last)) = (weeks.iter().min(), weeks.iter().max()) else {
            return Ok(None);
        };
        let (n_weeks, n_items) = ((last - first) as usize + 1, counts.n_items);
        let mut is_there = vec![false; n_weeks.min(MOST_NUMBERS)];
        if n_weeks.saturating_mul(n_items) > MOST_NUMBERS {
            notices.push(format!(
                "{n_items} items in {n_weeks} weeks are too many to tell a season: classes are told as if there were none"
            ));
            return Ok(None);
        }
        weeks
            .iter()
            .for_each(|w| is_there[(w - first) as usize] = true);
        if is_there.iter().filter(|&&there| there).count() < FEWEST_WEEKS {
            return Ok(None);
        }
        let mut bought = vec![0.0; n_weeks * n_items];
        for customer in 0..orders.len() {
            if customer % 4_096 == 0 {
                ctx.cancel.poll()?;
            }
            for &basket in orders.of(customer) {
                let week = (week_of(orders.time(basket)) - first) as usize;
                let own = &mut bought[week * n_items..][..n_items];
                let items = orders.baskets.items_of(basket as usize).iter();
                items
                    .filter_map(|&i| number[i as usize])
                    .for_each(|at| own[at] += 1.0);
            }
        }
        let mut overall = vec![0.0; n_items];
        for week in bought.chunks_exact(n_items) {
            overall.iter_mut().zip(week).for_each(|(to, n)| *to += n);
        }
        to_shares(&mut overall);
        let mut shares = smoothed(&bought, n_items);
        for week in shares.chunks_exact_mut(n_items) {
            if week.iter().sum::<f64>() > 0.0 {
                to_shares(week);
            } else {
                week.copy_from_slice(&overall);
            }
        }
        Ok(Some(Self {
            first_week: first,
            n_weeks,
            n_items,
            shares,
            overall,
        }))
    }

    /// The logarithms of likings, item by item, and the season, that would most likely have these purchases: of each item by class, and of each week by class.
    pub(super) fn likings(
        &self,
        of_items: &[f64],
        of_weeks: &[f64],
        before: Option<&Season>,
        tastes: Option<&Tastes>,
        ctx: &Context,
    ) -> Result<(Vec<f64>, Season)> {
        let k = of_items.len() / self.n_items;
        let mut sums = self.sums(before, k);
        let mut likings = vec![0.0; self.n_items * k];
        for _ in 0..ROUNDS {
            likings = self.expected(of_weeks, &sums, ctx)?;
            for (item, own) in likings.chunks_exact_mut(k).enumerate() {
                self.liking(item, &of_items[item * k..][..k], tastes, own);
            }
            fill_rows(ctx, "seasons", &mut sums, k, |first, part| {
                for (w, own) in part.chunks_exact_mut(k).enumerate() {
                    let shares = &self.shares[(first + w) * self.n_items..][..self.n_items];
                    add_up(shares, &likings, own);
                }
            })?;
        }
        let mut usual = vec![0.0; k];
        add_up(&self.overall, &likings, &mut usual);
        let season = Season {
            first_week: self.first_week,
            log_sums: sums.into_iter().map(f64::ln).collect(),
            usual: usual.into_iter().map(f64::ln).collect(),
        };
        likings.iter_mut().for_each(|x| *x = x.ln());
        Ok((likings, season))
    }

    fn sums(&self, season: Option<&Season>, k: usize) -> Vec<f64> {
        match season {
            Some(season) => season.log_sums.iter().map(|x| x.exp()).collect(),
            None => vec![1.0; self.n_weeks * k],
        }
    }

    /// What each class would have bought of each item, if it liked it as all do, in these weeks.
    fn expected(&self, of_weeks: &[f64], sums: &[f64], ctx: &Context) -> Result<Vec<f64>> {
        let weights: Vec<f64> = of_weeks.iter().zip(sums).map(|(n, z)| n / z).collect();
        let k = of_weeks.len() / self.n_weeks;
        let mut expected = vec![0.0; self.n_items * k];
        fill_rows(ctx, "likings", &mut expected, k, |first, part| {
            for (i, own) in part.chunks_exact_mut(k).enumerate() {
                for (w, weights) in weights.chunks_exact(k).enumerate() {
                    let share = self.shares[w * self.n_items + first + i];
                    own.iter_mut()
                        .zip(weights)
                        .for_each(|(to, x)| *to += share * x);
                }
            }
        })?;
        Ok(expected)
    }

    /// What is expected of likings, from purchases of each item by class and of each week by class.
    pub(super) fn tastes(
        &self,
        of_items: &[f64],
        of_weeks: &[f64],
        season: Option<&Season>,
        (log_prices, seed): (&[f64], u64),
        ctx: &Context,
    ) -> Result<Option<Tastes>> {
        let k = of_items.len() / self.n_items;
        let expected = self.expected(of_weeks, &self.sums(season, k), ctx)?;
        let bought = Bought {
            observed: of_items,
            expected: &expected,
            n_classes: k,
        };
        tastes::learn(bought, log_prices, seed, ctx)
    }

    /// How much more each class likes an item: what it bought over what it would have, and as many purchases of all added to both, or as was expected. `to` has what it would have bought.
    fn liking(&self, item: usize, bought: &[f64], tastes: Option<&Tastes>, to: &mut [f64]) {
        if let Some(tastes) = tastes {
            let means = &tastes.means[item * to.len()..][..to.len()];
            for ((to, n), mean) in to.iter_mut().zip(bought).zip(means) {
                *to = (n + tastes.shape) / (*to + tastes.shape / mean);
            }
            return;
        }
        // Half a purchase keeps an item that nobody of a class bought from being impossible.
        let base = PRIOR * self.overall[item] + 0.5;
        to.iter_mut()
            .zip(bought)
            .for_each(|(to, n)| *to = (n + base) / (*to + base));
    }
}

/// Sums of likings over the shares of items.
fn add_up(shares: &[f64], likings: &[f64], to: &mut [f64]) {
    to.fill(0.0);
    for (share, own) in shares.iter().zip(likings.chunks_exact(to.len())) {
        to.iter_mut().zip(own).for_each(|(to, x)| *to += share * x);
    }
    to.iter_mut().for_each(|x| *x = x.max(LEAST));
}

fn to_shares(counts: &mut [f64]) {
    let sum: f64 = counts.iter().sum();
    counts.iter_mut().for_each(|n| *n /= sum);
}

/// Rows averaged with those near them.
fn smoothed(rows: &[f64], width: usize) -> Vec<f64> {
    let n = rows.len() / width;
    let reach = (4.0 * SMOOTHED) as usize;
    let weight = |distance: usize| (-0.5 * (distance as f64 / SMOOTHED).powi(2)).exp();
    let mut out = vec![0.0; rows.len()];
    for (w, own) in out.chunks_exact_mut(width).enumerate() {
        for other in w.saturating_sub(reach)..(w + reach + 1).min(n) {
            let factor = weight(w.abs_diff(other));
            let row = &rows[other * width..][..width];
            own.iter_mut()
                .zip(row)
                .for_each(|(to, n)| *to += factor * n);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn season() -> Season {
        Season {
            first_week: 100,
            log_sums: (0..60).map(f64::from).collect(),
            usual: vec![-1.0],
        }
    }

    #[test]
    fn other_years_are_like_the_one_that_is_known() {
        let s = season();
        let at = |week: i32| s.of(week)[0];
        assert_eq!((at(100), at(159)), (0.0, 59.0));
        assert_eq!(at(160), 8.0); // 160 - 52 is the ninth week.
        assert_eq!(at(159 + 52), 59.0);
        assert_eq!(at(99), 51.0);
        assert_eq!(at(100 - 52), 0.0);
        let mut short = season();
        short.log_sums.truncate(10);
        assert_eq!(short.of(130)[0], -1.0);
        assert_eq!(short.of(155)[0], 3.0);
        assert!(s.is_valid(1) && !s.is_valid(7));
    }

    #[test]
    fn smoothing_keeps_what_is_constant() {
        let rows: Vec<f64> = (0..30).flat_map(|_| [2.0, 6.0]).collect();
        for week in smoothed(&rows, 2).chunks_exact(2) {
            assert!((week[1] / week[0] - 3.0).abs() < 1e-12);
        }
    }

    /// Two classes that like an item twice and half as much as all do, whose customers came in different seasons.
    #[test]
    fn likings_are_told_apart_from_seasons() {
        let shares = [[0.6, 0.2, 0.2], [0.1, 0.3, 0.6]];
        let weekly = Weekly {
            first_week: 0,
            n_weeks: 2,
            n_items: 3,
            shares: shares.concat(),
            overall: vec![0.35, 0.25, 0.4],
        };
        let likings = [[2.0, 0.5], [1.0, 1.0], [0.5, 2.0]];
        // A class comes mostly in one of the weeks; a million purchases leave no room for what is added.
        let of_weeks = [[9e8, 1e8], [1e8, 9e8]];
        let mut of_items = vec![0.0; 6];
        for (w, p) in shares.iter().enumerate() {
            for c in 0..2 {
                let z: f64 = (0..3).map(|i| p[i] * likings[i][c]).sum();
                for i in 0..3 {
                    of_items[2 * i + c] += of_weeks[w][c] * p[i] * likings[i][c] / z;
                }
            }
        }
        let ctx = Context::new();
        let mut season = None;
        let mut found = Vec::new();
        for _ in 0..200 {
            let (logs, own) = weekly
                .likings(&of_items, &of_weeks.concat(), season.as_ref(), None, &ctx)
                .unwrap();
            (found, season) = (logs, Some(own));
        }
        for c in 0..2 {
            for i in 1..3 {
                let ratio = (found[2 * i + c] - found[c]).exp();
                let truth = likings[i][c] / likings[0][c];
                assert!(
                    (ratio / truth - 1.0).abs() < 1e-3,
                    "{c} {i}: {ratio} {truth}"
                );
            }
        }
    }
}
