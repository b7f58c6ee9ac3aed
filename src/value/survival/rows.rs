//! Contracts with their durations, and who is at risk when.

use crate::error::{Error, Result};
use crate::parallel::{Context, sorted};
use crate::stats::sum::Sum;
use crate::value::summary::{WEIGHT, check, check_size};

const OWNER: &str = "Durations";
/// Bytes a row takes while it is sorted.
const ROW_BYTES: u64 = 48;
/// Rows between two looks at whether to stop.
const POLL: usize = 65_536;

/// How long each contract has lasted and whether it has ended: what the survival curve and the log-rank test read. Checked by them.
///
/// ```
/// use patronomy::Context;
/// use patronomy::value::{Durations, SurvivalParams};
/// // Two contracts ended, after 3 and 8 months; one is still running in its fifth.
/// let rows = Durations::new(&[3.0, 5.0, 8.0], &[true, false, true]);
/// let curve = SurvivalParams::new().fit(&rows, &Context::new())?;
/// assert_eq!(curve.n_at_risk, [3.0, 2.0, 1.0]);
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Durations<'a> {
    times: &'a [f64],
    ended: &'a [bool],
    weights: Option<&'a [f64]>,
    entry: Option<&'a [f64]>,
}

impl<'a> Durations<'a> {
    /// `durations`: the time from the start of each contract to its end or, where it is still running, to the last look at it; finite, 0 or more, at most 1e100, all in one unit of the caller's
    /// choice. `ended`: whether it has ended; a running one is censored there, which must say nothing of when it will end.
    #[must_use]
    pub const fn new(durations: &'a [f64], ended: &'a [bool]) -> Self {
        Self {
            times: durations,
            ended,
            weights: None,
            entry: None,
        }
    }

    /// How many contracts each row stands for; numbers above 0. Standard errors take them as counts: weights that are none make them too small or too large.
    #[must_use]
    pub const fn weights(mut self, weights: &'a [f64]) -> Self {
        self.weights = Some(weights);
        self
    }

    /// Since when each contract was observed, on the clock of its duration (late entry, left truncation): one that was two years old when the records began, and would not be in them had it ended
    /// before, entered at 2. It is at risk after its entry, not at it: an end at exactly that time was before it came. 0 is entry from the start, at risk at 0 too; any other entry must be below
    /// the duration.
    #[must_use]
    pub const fn entry(mut self, entry: &'a [f64]) -> Self {
        self.entry = Some(entry);
        self
    }

    pub(super) const fn len(&self) -> usize {
        self.times.len()
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |w| w[row])
    }

    pub(super) fn check(&self) -> Result<()> {
        let n = self.len();
        let lengths = [
            ("ended", self.ended.len()),
            ("weights", self.weights.map_or(n, <[f64]>::len)),
            ("entry", self.entry.map_or(n, <[f64]>::len)),
        ];
        if let Some((name, length)) = lengths.into_iter().find(|(_, length)| *length != n) {
            let rule = format!("must have one value for each of {n} contracts");
            return Err(Error::parameter(OWNER, name, rule, length));
        }
        check_size(OWNER, n)?;
        let durations = self.times;
        let is_time = |t: f64| (0.0..=1e100).contains(&t);
        let rule = (
            "are not from 0 to 1e100",
            "give the time from each contract's start to its end, or to the last look at it",
        );
        check("durations", durations, |i| is_time(durations[i]), rule)?;
        if let Some(entry) = self.entry {
            let rule = (
                "are not from 0 to 1e100",
                "give the age of each contract when it was first observed, 0 from the start",
            );
            check("entry", entry, |i| is_time(entry[i]), rule)?;
            let rule = (
                "are not below the duration",
                "leave out contracts that were never observed while they ran",
            );
            let is_before = |i: usize| entry[i] == 0.0 || entry[i] < durations[i];
            check("entry", entry, is_before, rule)?;
        }
        self.weights.map_or(Ok(()), |w| {
            check("weights", w, |i| w[i] > 0.0 && w[i] <= 1e100, WEIGHT)
        })
    }

    /// The log-rank test counts contracts one by one.
    pub(super) fn check_counts(&self) -> Result<()> {
        let rule = (
            "are no whole numbers of 1 or more",
            "the variance of the log-rank test counts contracts: give counts",
        );
        self.weights.map_or(Ok(()), |w| {
            check("weights", w, |i| w[i].fract() == 0.0, rule)
        })
    }

    /// Goes through the different durations in ascending order and tells of each what happened in every group, of `n_groups`, that rows are numbered with (one group where they are not).
    ///
    /// The rows must have been checked. Cost: one sort of the durations, and one of late entries.
    pub(super) fn sweep(
        &self,
        group: Option<&[u32]>,
        n_groups: usize,
        ctx: &Context,
        mut tell: impl FnMut(f64, &[State]),
    ) -> Result<()> {
        let n = self.len();
        let bytes = n as u64 * ROW_BYTES * if self.entry.is_some() { 2 } else { 1 };
        let remedy = "give one row with a weight for contracts that are alike";
        ctx.budget.check("survival", bytes, remedy)?;
        let of = |row: u32| group.map_or(0, |g| g[row as usize] as usize);
        let ends = by_time(self.times, |_| true, ctx)?;
        let mut entries = match self.entry {
            Some(entry) => by_time(entry, |t| t > 0.0, ctx)?,
            None => Vec::new(),
        }
        .into_iter()
        .peekable();
        let mut risk = vec![Risk::default(); n_groups];
        for row in 0..n {
            if self.entry.is_none_or(|entry| entry[row] == 0.0) {
                risk[of(row as u32)].enter(self.weight(row));
            }
        }
        let mut states = vec![State::default(); n_groups];
        let mut n_polled = 0;
        for same in ends.chunk_by(|a, b| a.0 == b.0) {
            n_polled += same.len();
            if n_polled >= POLL {
                ctx.cancel.poll()?;
                n_polled = 0;
            }
            while let Some((_, row)) = entries.next_if(|(at, _)| *at < same[0].0) {
                risk[of(row)].enter(self.weight(row as usize));
            }
            for &(_, row) in same {
                risk[of(row)].leave(self.weight(row as usize), self.ended[row as usize]);
            }
            for (state, risk) in states.iter_mut().zip(&mut risk) {
                *state = risk.step();
            }
            tell(f64::from_bits(same[0].0), &states);
        }
        ctx.progress.finish();
        Ok(())
    }
}

/// The rows of some times, ascending; times of 0 or more have the order of their bits. Rows of one time keep their order, so that sums do not depend on threads.
fn by_time(
    times: &[f64],
    is_meant: impl Fn(f64) -> bool,
    ctx: &Context,
) -> Result<Vec<(u64, u32)>> {
    // Both zeros are one time.
    let rows = (0..).zip(times).filter(|(_, t)| is_meant(**t));
    let keys = rows.map(|(row, t)| ((t + 0.0).to_bits(), row)).collect();
    sorted(ctx, "durations", keys, |&(time, _)| time)
}

/// What happens in a group at one time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct State {
    pub(super) at_risk: f64,
    pub(super) ended: f64,
    pub(super) censored: f64,
}

/// Who is under observation. Rows are counted beside their weights: where all of them leave, nothing is left of the sum of weights either.
#[derive(Debug, Clone, Copy, Default)]
struct Risk {
    n: u64,
    weight: Sum,
    n_ended: u64,
    ended: Sum,
    n_censored: u64,
    censored: Sum,
}

impl Risk {
    fn enter(&mut self, weight: f64) {
        self.n += 1;
        self.weight.add(weight);
    }

    fn leave(&mut self, weight: f64, has_ended: bool) {
        let (n, sum) = if has_ended {
            (&mut self.n_ended, &mut self.ended)
        } else {
            (&mut self.n_censored, &mut self.censored)
        };
        *n += 1;
        sum.add(weight);
    }

    /// Tells of the time, and takes those out who left at it.
    fn step(&mut self) -> State {
        let (ended, censored) = (self.ended.total(), self.censored.total());
        let is_last = self.n == self.n_ended + self.n_censored;
        let at = State {
            at_risk: if is_last {
                ended + censored
            } else {
                self.weight.total()
            },
            ended,
            censored,
        };
        let n = self.n - self.n_ended - self.n_censored;
        let mut weight = Sum::default();
        if !is_last {
            weight = self.weight;
            weight.add(-ended);
            weight.add(-censored);
        }
        *self = Self {
            n,
            weight,
            ..Self::default()
        };
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Counts by looking at every row at every time.
        #[test]
        fn those_at_risk_are_those_of_a_look_at_every_row(
            rows in proptest::collection::vec((0_u8..9, 0_u8..9, proptest::bool::ANY, 1_u8..4, 0_u32..3), 1..40),
        ) {
            let ends: Vec<f64> = rows.iter().map(|r| f64::from(r.0) / 2.0).collect();
            let entry: Vec<f64> = rows.iter().map(|r| if r.1 < r.0 { f64::from(r.1) / 2.0 } else { 0.0 }).collect();
            let ended: Vec<bool> = rows.iter().map(|r| r.2).collect();
            let weights: Vec<f64> = rows.iter().map(|r| f64::from(r.3)).collect();
            let group: Vec<u32> = rows.iter().map(|r| r.4).collect();
            let durations = Durations::new(&ends, &ended).weights(&weights).entry(&entry);
            durations.check().unwrap();
            let mut found = Vec::new();
            durations.sweep(Some(&group), 3, &Context::new(), |t, at| found.push((t, at.to_vec()))).unwrap();
            prop_assert!(found.windows(2).all(|w| w[0].0 < w[1].0));
            for (t, at) in &found {
                prop_assert!(ends.contains(t));
                for (g, found) in at.iter().enumerate() {
                    let sum = |meant: &dyn Fn(usize) -> bool| -> f64 {
                        (0..rows.len()).filter(|&i| group[i] as usize == g && meant(i)).map(|i| weights[i]).sum()
                    };
                    let is_in = |i: usize| ends[i] >= *t && (entry[i] == 0.0 || entry[i] < *t);
                    prop_assert_eq!(*found, State {
                        at_risk: sum(&is_in),
                        ended: sum(&|i| ends[i] == *t && ended[i]),
                        censored: sum(&|i| ends[i] == *t && !ended[i]),
                    });
                }
            }
            prop_assert_eq!(found.len(), {
                let mut times = ends.clone();
                times.sort_by(f64::total_cmp);
                times.dedup();
                times.len()
            });
        }
    }
}
