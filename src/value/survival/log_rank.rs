//! Whether groups of contracts last equally long.

use super::rows::{Durations, State};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::stats::sum::Sum;
use crate::stats::tails::chi_squared_upper;

const OWNER: &str = "LogRank";
/// Every end costs a step for each pair of groups.
const MOST_GROUPS: usize = 100;
/// A pivot below this fraction of its variance is none: the group's ends follow from the others'.
const SINGULAR: f64 = 1e-9;

/// The log-rank test of two groups of contracts or more.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogRank {
    /// Chi-squared of observed and expected ends; large where groups differ.
    pub statistic: f64,
    /// Degrees of freedom: groups less one, less those never at risk at an end beside another group.
    pub df: u32,
    /// The chance of a statistic as large or larger where all groups last equally long.
    pub p_value: f64,
    /// What each group did, in the order of their numbers.
    pub groups: Vec<LogRankGroup>,
}

/// A group beside what would be expected of it if all lasted equally long.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LogRankGroup {
    /// Contracts, as their weights say.
    pub n_contracts: f64,
    /// Those that have ended.
    pub n_ended: f64,
    /// Those that would have ended.
    pub expected: f64,
}

impl LogRank {
    /// Tests whether contracts of all groups end at the same rates at all times: those that end at a time are shared out by who is at risk, and what is expected so is held against what was
    /// (Mantel 1966, "Evaluation of survival data and two new rank order statistics arising in its consideration", Cancer Chemotherapy Reports 50; the variance is that of drawing without putting
    /// back, so ties are exact).
    ///
    /// `group` numbers the rows from 0; each number up to the largest must be there, of at most 100. The test is sharp where one group ends at a constant multiple of the other's rate, and may miss
    /// curves that cross. Cost: one sort, and for each different time of an end a step for each pair of groups.
    ///
    /// # Errors
    /// As [`SurvivalParams::fit`](super::SurvivalParams::fit); [`Error::Parameter`] for fewer than two groups, more than 100, and numbers that no row has; [`Error::BadValues`] for weights that are no
    /// counts; [`Error::TooFewRows`] where no contract ended while two groups were at risk.
    ///
    /// ```
    /// use patronomy::Context;
    /// use patronomy::value::{Durations, LogRank};
    /// let rows = Durations::new(&[1.0, 2.0, 3.0, 4.0], &[true, true, true, false]);
    /// let test = LogRank::of(&rows, &[0, 0, 1, 1], &Context::new())?;
    /// assert_eq!(test.df, 1);
    /// // Of the ends at 1, 2 and 3 the first group was expected to have 2 / 4, 1 / 3 and none.
    /// assert!((test.groups[0].expected - 5.0 / 6.0).abs() < 1e-15);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    pub fn of(durations: &Durations<'_>, group: &[u32], ctx: &Context) -> Result<Self> {
        durations.check()?;
        durations.check_counts()?;
        let n_groups = count_groups(durations.len(), group)?;
        let mut sums = Sums::new(n_groups);
        durations.sweep(Some(group), n_groups, ctx, |_, at| sums.add(at))?;
        let variance: Vec<f64> = sums.variance.iter().map(|s| s.total()).collect();
        let off: Vec<f64> = sums.groups.iter().map(|g| g.off.total()).collect();
        let (statistic, df) = quadratic(variance, off);
        if df == 0 {
            return Err(Error::TooFewRows {
                job: "the log-rank test".into(),
                what: "ends of contracts while some of another group were at risk".into(),
                needed: 1,
                found: 0,
                reason: "groups can be compared where contracts of both were observed".into(),
            });
        }
        Ok(Self {
            statistic,
            df,
            p_value: chi_squared_upper(statistic, df),
            groups: sums.groups.iter().map(GroupSums::told).collect(),
        })
    }
}

/// How many groups there are; every one has a row.
fn count_groups(n: usize, group: &[u32]) -> Result<usize> {
    if group.len() != n {
        let rule = format!("must have one value for each of {n} contracts");
        return Err(Error::parameter(OWNER, "group", rule, group.len()));
    }
    let n_groups = group.iter().max().map_or(0, |&g| g as usize + 1);
    if !(2..=MOST_GROUPS).contains(&n_groups) {
        let rule = format!("must be numbers of 2 to {MOST_GROUPS} groups, from 0");
        return Err(Error::parameter(OWNER, "group", rule, n_groups));
    }
    let mut is_there = vec![false; n_groups];
    group.iter().for_each(|&g| is_there[g as usize] = true);
    match is_there.iter().position(|there| !there) {
        None => Ok(n_groups),
        Some(missing) => {
            let rule = format!(
                "must have a contract of every number up to {}",
                n_groups - 1
            );
            let found = format!("none of {missing}");
            Err(Error::parameter(OWNER, "group", rule, found))
        }
    }
}

#[derive(Clone, Default)]
struct GroupSums {
    leaving: Sum,
    ended: Sum,
    expected: Sum,
    /// Ended less expected.
    off: Sum,
}

impl GroupSums {
    fn told(&self) -> LogRankGroup {
        LogRankGroup {
            n_contracts: self.leaving.total(),
            n_ended: self.ended.total(),
            expected: self.expected.total(),
        }
    }
}

/// Sums over the times of ends.
struct Sums {
    groups: Vec<GroupSums>,
    /// Covariances of the ends, row by row; the lower triangle.
    variance: Vec<Sum>,
}

impl Sums {
    fn new(n_groups: usize) -> Self {
        Self {
            groups: vec![GroupSums::default(); n_groups],
            variance: vec![Sum::default(); n_groups * n_groups],
        }
    }

    fn add(&mut self, at: &[State]) {
        let n: f64 = at.iter().map(|g| g.at_risk).sum();
        let ended: f64 = at.iter().map(|g| g.ended).sum();
        let width = at.len();
        for (sums, g) in self.groups.iter_mut().zip(at) {
            sums.leaving.add(g.ended + g.censored);
            if ended > 0.0 {
                let expected = ended * (g.at_risk / n);
                sums.ended.add(g.ended);
                sums.expected.add(expected);
                sums.off.add(g.ended - expected);
            }
        }
        if ended == 0.0 || n <= 1.0 {
            return;
        }
        let scale = ended * ((n - ended) / (n - 1.0));
        for (i, a) in at.iter().enumerate().filter(|(_, g)| g.at_risk > 0.0) {
            let share = a.at_risk / n;
            for (j, b) in at.iter().enumerate().take(i) {
                self.variance[i * width + j].add(-scale * share * (b.at_risk / n));
            }
            self.variance[i * width + i].add(scale * share * ((n - a.at_risk) / n));
        }
    }
}

/// x' V⁻ x and the rank of V, by elimination that steps over pivots which follow from others: with any inverse of a singular covariance the form is the same for what it is the covariance of.
fn quadratic(mut v: Vec<f64>, mut x: Vec<f64>) -> (f64, u32) {
    let n = x.len();
    let scale: Vec<f64> = (0..n).map(|i| v[i * n + i]).collect();
    let (mut form, mut rank) = (Sum::default(), 0);
    for k in 0..n {
        let pivot = v[k * n + k];
        if pivot <= SINGULAR * scale[k] {
            continue;
        }
        rank += 1;
        form.add(x[k] * x[k] / pivot);
        for i in k + 1..n {
            let factor = v[i * n + k] / pivot;
            x[i] -= factor * x[k];
            for j in k + 1..=i {
                v[i * n + j] -= factor * v[j * n + k];
            }
        }
    }
    (form.total(), rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_singular_matrices_are_those_of_their_rank() {
        // Rank 2: the rows add up to 0, as the counts of three groups do.
        let v = vec![2.0, 0.0, 0.0, -1.0, 2.0, 0.0, -1.0, -1.0, 2.0];
        let (form, rank) = quadratic(v, vec![1.0, 0.5, -1.5]);
        // Of the first two alone: the inverse of [[2, -1], [-1, 2]] is [[2, 1], [1, 2]] / 3.
        assert_eq!(rank, 2);
        assert!((form - (2.0 + 1.0 + 0.5) / 3.0).abs() < 1e-12);
        assert_eq!(quadratic(vec![0.0; 4], vec![0.0; 2]), (0.0, 0));
    }
}
