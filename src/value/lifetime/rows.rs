//! What is computed over all groups of a summary: the likelihood with its gradient, and answers for each group.

use rand_chacha::ChaCha8Rng;

use super::params::Effect;
use crate::error::Result;
use crate::parallel::{Context, map_ordered, pieces};
use crate::stats::sum::Sum;
use crate::value::fit::Point;
use crate::value::laws::{BetaBinomial, BetaGeometric, Future, Law, ParetoNbd, Rates, RowLaw};
use crate::value::summary::Groups;

/// Groups of a piece of work: some hundred microseconds of the costliest law.
const PIECE: usize = 1024;

/// Calls a generic function for the type of a law.
macro_rules! for_law {
    ($law:expr, $function:ident ( $($argument:expr),* )) => {
        match $law {
            Law::ParetoNbd => $function::<ParetoNbd>($($argument),*),
            Law::BgBb => $function::<BetaBinomial>($($argument),*),
            _ => $function::<BetaGeometric>($($argument),*),
        }
    };
}

/// Groups with their covariates, under a law.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) law: Law,
    pub(super) groups: &'a Groups,
    /// Rows of covariates, as wide as `n_covariates`.
    pub(super) patterns: &'a [f64],
    pub(super) n_covariates: usize,
    pub(super) effects: &'a [Effect],
}

/// What may be asked of a customer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ask {
    PAlive,
    Expected {
        time: f64,
    },
    Discounted {
        rate: f64,
    },
    /// Whether who is there stays.
    Stays {
        time: f64,
    },
    Counts {
        time: f64,
        width: usize,
    },
    LogLikelihood,
}

impl Ask {
    /// Numbers in an answer.
    pub(super) const fn width(self) -> usize {
        match self {
            Self::Counts { width, .. } => width,
            _ => 1,
        }
    }
}

impl Rows<'_> {
    /// The parameters of the law for a row of covariates.
    pub(super) fn parameters(&self, searched: &[f64], covariates: &[f64]) -> [f64; 4] {
        let mut ln = [searched[0], searched[1], searched[2], searched[3]];
        for (effect, size) in self.effects.iter().zip(&searched[4..]) {
            ln[effect.parameter] += effect.sign * size * covariates[effect.column];
        }
        // Beyond there are no floats; effects of covariates may lead there.
        ln.map(|x| x.clamp(-300.0, 300.0).exp())
    }

    fn covariates(&self, pattern: u32) -> &[f64] {
        &self.patterns[pattern as usize * self.n_covariates..][..self.n_covariates]
    }

    /// Ends of the longest runs of groups within a piece that share covariates and frequency.
    fn run_end(&self, from: usize, end: usize) -> usize {
        let Groups {
            frequency, pattern, ..
        } = self.groups;
        let (x, p) = (frequency[from].to_bits(), pattern[from]);
        let is_other = |&i: &usize| frequency[i].to_bits() != x || pattern[i] != p;
        (from + 1..end).find(is_other).unwrap_or(end)
    }

    /// The negative mean log-likelihood and its gradient; `weights` stand for those of the groups.
    pub(super) fn mean(&self, searched: &[f64], weights: &[f64], ctx: &Context) -> Result<Point> {
        let n = self.groups.weight.len();
        let parts = map_ordered(ctx, "likelihood", pieces(n, PIECE).collect(), |range| {
            Ok(for_law!(self.law, score(self, searched, weights, range)))
        })?;
        let mut sums = vec![Sum::default(); searched.len() + 1];
        let mut total = Sum::default();
        for (part, weight) in parts {
            sums.iter_mut().zip(part).for_each(|(s, x)| s.add(x));
            total.add(weight);
        }
        let scale = -1.0 / total.total();
        let mut means = sums.into_iter().map(|s| s.total() * scale);
        Ok(Point {
            value: means.next().unwrap_or(f64::NAN),
            gradient: means.collect(),
        })
    }

    /// An answer for each group, one after the other.
    pub(super) fn answers(&self, searched: &[f64], ask: Ask, ctx: &Context) -> Result<Vec<f64>> {
        let n = self.groups.weight.len();
        let parts = map_ordered(ctx, "predict", pieces(n, PIECE).collect(), |range| {
            Ok(self.answer_piece(searched, ask, range))
        })?;
        Ok(parts.concat())
    }

    /// Answers for some groups.
    pub(super) fn answer_piece(
        &self,
        searched: &[f64],
        ask: Ask,
        range: std::ops::Range<usize>,
    ) -> Vec<f64> {
        let mut out = vec![0.0; range.len() * ask.width()];
        for_law!(self.law, answer(self, searched, ask, range, &mut out));
        out
    }
}

/// The weighted sums of a piece: log-likelihood, then its derivatives; and the sum of weights.
fn score<L: RowLaw>(
    rows: &Rows<'_>,
    searched: &[f64],
    weights: &[f64],
    range: std::ops::Range<usize>,
) -> (Vec<f64>, f64) {
    let groups = rows.groups;
    let mut sums = vec![0.0; searched.len() + 1];
    let mut total = 0.0;
    let mut from = range.start;
    while from < range.end {
        let end = rows.run_end(from, range.end);
        let covariates = rows.covariates(groups.pattern[from]);
        let law = L::new(rows.parameters(searched, covariates), rows.law);
        let run = law.run(groups.frequency[from]);
        let mut own = [0.0; 5];
        let weights = &weights[from..end];
        let (recency, age) = (&groups.recency[from..end], &groups.age[from..end]);
        law.score_each(&run, recency, age, &mut |i, (ln, by)| {
            let weight = weights[i];
            own[0] += weight * ln;
            own[1..]
                .iter_mut()
                .zip(by)
                .for_each(|(s, d)| *s += weight * d);
            total += weight;
        });
        sums[..5].iter_mut().zip(own).for_each(|(s, x)| *s += x);
        for (sum, effect) in sums[5..].iter_mut().zip(rows.effects) {
            *sum += own[1 + effect.parameter] * effect.sign * covariates[effect.column];
        }
        from = end;
    }
    (sums, total)
}

fn answer<L: RowLaw>(
    rows: &Rows<'_>,
    searched: &[f64],
    ask: Ask,
    range: std::ops::Range<usize>,
    out: &mut [f64],
) {
    let groups = rows.groups;
    let (first, width) = (range.start, ask.width());
    let mut from = range.start;
    while from < range.end {
        let end = rows.run_end(from, range.end);
        let covariates = rows.covariates(groups.pattern[from]);
        let law = L::new(rows.parameters(searched, covariates), rows.law);
        let x = groups.frequency[from];
        let run = law.run(x);
        let needs_points = matches!(ask, Ask::Discounted { .. } | Ask::Stays { .. });
        let points = needs_points.then(|| law.points(x));
        let (recency, age) = (&groups.recency[from..end], &groups.age[from..end]);
        let out = &mut out[(from - first) * width..(end - first) * width];
        let mut p_alive = vec![1.0; end - from];
        match ask {
            Ask::LogLikelihood => law.score_each(&run, recency, age, &mut |i, (ln, _)| out[i] = ln),
            Ask::Stays { .. } => {}
            _ => law.p_alive_each(&run, recency, age, &mut p_alive),
        }
        for (i, out) in out.chunks_exact_mut(width).enumerate() {
            let ahead = || law.alive(&run, recency[i], age[i]);
            match (ask, &points) {
                (Ask::PAlive, _) => out[0] = p_alive[i],
                (Ask::Expected { time }, _) => out[0] = p_alive[i] * ahead().expected(time),
                (Ask::Discounted { rate }, Some(points)) => {
                    out[0] = p_alive[i] * ahead().discounted(points, rate);
                }
                (Ask::Stays { time }, Some(points)) => out[0] = ahead().stays(points, time),
                (Ask::LogLikelihood | Ask::Discounted { .. } | Ask::Stays { .. }, _) => {}
                (Ask::Counts { time, .. }, _) => {
                    ahead().counts(time, out);
                    or_gone(p_alive[i], out);
                }
            }
        }
        from = end;
    }
}

/// What is made of customers whose rates can be drawn: of the row, of the chance to be there, of what draws if so.
pub(in crate::value) type OfDrawn<'a> =
    dyn Fn(usize, f64, &dyn Fn(&mut ChaCha8Rng) -> Rates) -> [f64; 3] + Sync + 'a;

impl Rows<'_> {
    /// Three numbers for each of some customers, of these groups; rows are counted from `first`.
    pub(super) fn with_drawn(
        &self,
        searched: &[f64],
        group_of: &[u32],
        first: usize,
        f: &OfDrawn<'_>,
    ) -> Vec<[f64; 3]> {
        for_law!(self.law, drawn(self, searched, group_of, first, f))
    }
}

fn drawn<L: RowLaw>(
    rows: &Rows<'_>,
    searched: &[f64],
    group_of: &[u32],
    first: usize,
    f: &OfDrawn<'_>,
) -> Vec<[f64; 3]> {
    let groups = rows.groups;
    let of = |(i, &group): (usize, &u32)| {
        let g = group as usize;
        let covariates = rows.covariates(groups.pattern[g]);
        let law = L::new(rows.parameters(searched, covariates), rows.law);
        let run = law.run(groups.frequency[g]);
        let (t_x, age) = (groups.recency[g], groups.age[g]);
        let alive = law.alive(&run, t_x, age);
        f(first + i, law.p_alive(&run, t_x, age), &|rng| {
            alive.drawn(rng)
        })
    };
    group_of.iter().enumerate().map(of).collect()
}

/// Chances of counts of one who is there become those of one who may be gone.
fn or_gone(p_alive: f64, chances: &mut [f64]) {
    chances.iter_mut().for_each(|c| *c *= p_alive);
    if let Some(none) = chances.first_mut() {
        *none += 1.0 - p_alive;
    }
}

/// The answer for one who has just bought for the first time.
pub(super) fn newcomer(law: Law, parameters: [f64; 4], ask: Ask) -> Vec<f64> {
    fn of<L: RowLaw>(law: Law, parameters: [f64; 4], ask: Ask) -> Vec<f64> {
        let own = L::new(parameters, law);
        let (p_alive, alive) = own.newcomer();
        match ask {
            Ask::PAlive | Ask::LogLikelihood => vec![p_alive],
            Ask::Expected { time } => vec![p_alive * alive.expected(time)],
            Ask::Discounted { rate } => {
                vec![p_alive * alive.discounted(&own.newcomer_points(), rate)]
            }
            Ask::Stays { time } => vec![alive.stays(&own.newcomer_points(), time)],
            Ask::Counts { time, width } => {
                let mut chances = vec![0.0; width];
                alive.counts(time, &mut chances);
                or_gone(p_alive, &mut chances);
                chances
            }
        }
    }
    for_law!(law, of(law, parameters, ask))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn laws() -> impl Strategy<Value = Law> {
        prop_oneof![
            Just(Law::BgNbd),
            Just(Law::MbgNbd),
            (2_u32..5).prop_map(|k| Law::BgCnbd { k: Some(k) }),
            (2_u32..5).prop_map(|k| Law::MbgCnbd { k: Some(k) }),
            Just(Law::ParetoNbd),
            Just(Law::BgBb),
        ]
    }

    /// Frequency, opportunities until the last use, opportunities after: whole numbers serve all laws.
    fn customer() -> impl Strategy<Value = (f64, f64, f64)> {
        let times = (0_u32..40, 0_u32..60, 1_u32..60);
        times.prop_map(|(x, more, after)| {
            let last = if x == 0 { 0 } else { x + more };
            (
                f64::from(x),
                f64::from(last),
                f64::from(last + after - u32::from(last > 0)),
            )
        })
    }

    proptest! {
        /// The gradient is that of differences of the value, effects of covariates included.
        #[test]
        fn gradients_are_slopes(
            law in laws(),
            who in proptest::collection::vec(customer(), 1..6),
            ln in proptest::array::uniform4(-3.0..4.0_f64),
            effects in proptest::array::uniform2(-0.5..0.5_f64),
        ) {
            let n = who.len();
            let groups = Groups {
                frequency: who.iter().map(|w| w.0).collect(),
                recency: who.iter().map(|w| w.1).collect(),
                age: who.iter().map(|w| w.2).collect(),
                weight: (0..n).map(|i| 1.0 + i as f64).collect(),
                pattern: (0..n as u32).collect(),
            };
            let patterns: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
            let effect = |parameter, sign| Effect { parameter, sign, column: 0 };
            let touched = [effect(1, -1.0), effect(3, 1.0)];
            let rows = Rows { law, groups: &groups, patterns: &patterns, n_covariates: 1, effects: &touched };
            let at: Vec<f64> = ln.into_iter().chain(effects).collect();
            let ctx = Context::new();
            let found = rows.mean(&at, &groups.weight, &ctx).unwrap();
            for i in 0..at.len() {
                let h = 1e-5;
                let value = |by: f64| {
                    let mut shifted = at.clone();
                    shifted[i] += by;
                    rows.mean(&shifted, &groups.weight, &ctx).unwrap().value
                };
                let slope = (value(h) - value(-h)) / (2.0 * h);
                let scale = 1.0 + slope.abs() + 1e-2 * found.value.abs();
                prop_assert!((found.gradient[i] - slope).abs() < 2e-7 * scale, "{law:?} {i}: {} {slope}", found.gradient[i]);
            }
        }
    }
}
