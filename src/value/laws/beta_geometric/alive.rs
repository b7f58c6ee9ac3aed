//! What lies ahead of a customer who is still there: the rate is then from Gamma(n, exposure), the chance to leave after a purchase from Beta(a, b), independent of each other.
//!
//! All follows from that: transactions of one who is there at first and leaves with chance p after each.

use rand_chacha::ChaCha8Rng;

use crate::stats::gamma::{digamma_rise, ln_rising};
use crate::stats::quadrature::{Nodes, exp_m1_over};
use crate::value::laws::{Future, Rates, from_beta, from_gamma};

#[derive(Debug, Clone, Copy)]
pub(in crate::value) struct Alive {
    pub(super) n: f64,
    pub(super) exposure: f64,
    pub(super) a: f64,
    pub(super) b: f64,
    pub(super) k: u32,
    /// Time since the last purchase, in which some of the k steps to the next may be done.
    pub(super) since: f64,
}

/// The distributions of rates and of chances to leave.
pub(in crate::value) struct Points {
    /// Of rates, in units of 1 / exposure.
    pub(super) rates: Nodes,
    pub(super) leaving: Nodes,
}

/// Series of more terms are left to quadrature.
const MAX_TERMS: u32 = 400;
/// More steps are as good as a continuum of them.
const MANY_STEPS: f64 = 100_000.0;

impl Future for Alive {
    type Points = Points;

    fn expected(&self, time: f64) -> f64 {
        if self.k == 1 {
            return expected_at_random(self.n, self.a, self.b, time / self.exposure);
        }
        self.over_stages(time, |shape, j, share| self.steps(shape, j, share).0)
    }

    fn discounted(&self, points: &Points, rate: f64) -> f64 {
        let k = self.k as i32;
        let (mut sum, mut total) = (0.0, 0.0);
        for (&place, &weight) in points.rates.at.iter().zip(&points.rates.weight) {
            let speed = place / self.exposure;
            // What a step is worth, and how likely so many are done.
            let step = speed / (speed + rate);
            let (mut likely, mut ahead, mut worth) = (1.0, 0.0, 0.0);
            for j in 0..k {
                ahead += likely;
                worth += likely * step.powi(k - j);
                likely *= speed * self.since / f64::from(j + 1);
            }
            let purchase = step.powi(k);
            let rest = -(f64::from(k) * -(rate / speed).ln_1p()).exp_m1();
            total += weight * ahead;
            if speed > 0.0 {
                sum += weight * worth * points.leaving.mean(|p| 1.0 / (rest + p * purchase));
            }
        }
        sum / total
    }

    /// E[(1 - p)^M] over the number M of transactions of one who does not leave.
    fn stays(&self, points: &Points, time: f64) -> f64 {
        if self.k == 1 {
            return stays_at_random(&points.leaving, self.n, time / self.exposure);
        }
        self.over_stages(time, |shape, j, share| {
            if window(shape, share).1 > MANY_STEPS {
                let time = share / (1.0 - share) / f64::from(self.k);
                return stays_at_random(&points.leaving, shape, time);
            }
            self.steps(shape, j, share).1
        })
    }

    /// Of regular buyers too as if they bought at random, as often.
    fn drawn(&self, rng: &mut ChaCha8Rng) -> Rates {
        let buying = from_gamma(rng, self.n, self.exposure) / f64::from(self.k);
        Rates {
            buying,
            leaving: buying * from_beta(rng, self.a, self.b),
        }
    }

    fn counts(&self, time: f64, chances: &mut [f64]) {
        chances.fill(0.0);
        let share = time / (self.exposure + time);
        for (j, weight) in self.stages().into_iter().enumerate() {
            self.add_counts(j as u32, weight, share, chances);
        }
    }
}

impl Alive {
    /// The chances that 0, 1, ... k - 1 steps to the next purchase are done.
    fn stages(&self) -> Vec<f64> {
        let y = self.since / self.exposure;
        let mut terms = vec![1.0];
        for j in 1..self.k {
            let before = f64::from(j) - 1.0;
            let last = terms[terms.len() - 1];
            terms.push(last * (self.n + before) * y / f64::from(j));
        }
        let total: f64 = terms.iter().sum();
        terms.into_iter().map(|t| t / total).collect()
    }

    /// A mean over the steps that may be done, given the shape of the count of steps ahead, the steps done, and the share of time that lies ahead.
    fn over_stages(&self, time: f64, of: impl Fn(f64, u32, f64) -> f64) -> f64 {
        let share = time / (self.exposure + time);
        let stages = self.stages().into_iter().zip(0_u32..);
        stages
            .map(|(weight, j)| weight * of(self.n + f64::from(j), j, share))
            .sum()
    }

    /// Transactions expected where `j` steps are done, and the chance to be there after them: the number N of steps ahead is negative binomial, and N + j steps make (N + j) / k
    /// chances of a transaction. Of very many steps the transactions alone.
    fn steps(&self, shape: f64, j: u32, share: f64) -> (f64, f64) {
        let k = f64::from(self.k);
        let (from, to) = window(shape, share);
        if to > MANY_STEPS {
            // Steps done and steps missing are nothing beside so many.
            let time = share / (1.0 - share) / k;
            return (expected_at_random(shape, self.a, self.b, time), f64::NAN);
        }
        let mut made = ((from + f64::from(j)) / k).floor();
        let mut sum_made = geometric_sum(self.a, self.b, made);
        // (b)_m / (a + b)_m: the chance to be there for one more after `made`.
        let mut there = (ln_rising(self.b, made) - ln_rising(self.a + self.b, made)).exp();
        let mut chance = ln_steps(shape, share, from).exp();
        let (mut expected, mut stays, mut total, mut steps) = (0.0, 0.0, 0.0, from);
        while steps <= to {
            expected += chance * sum_made;
            stays += chance * there;
            total += chance;
            chance *= (shape + steps) / (steps + 1.0) * share;
            steps += 1.0;
            if ((steps + f64::from(j)) / k).floor() > made {
                sum_made += there;
                there *= (self.b + made) / (self.a + self.b + made);
                made += 1.0;
            }
        }
        (expected / total, stays / total)
    }

    /// Adds the chances of counts where `j` steps are done.
    fn add_counts(&self, j: u32, weight: f64, share: f64, chances: &mut [f64]) {
        let shape = self.n + f64::from(j);
        let (a, b) = (self.a, self.b);
        // (b)_m / (a + b)_m.
        let mut there = 1.0;
        let (mut steps, mut ln_chance) = (0.0, shape * (-share).ln_1p());
        let mut before = 0.0_f64;
        for (m, slot) in (0_u32..).zip(chances.iter_mut()) {
            let mut exactly = 0.0;
            let last = f64::from(m) * f64::from(self.k) + f64::from(self.k - 1 - j);
            while steps <= last {
                exactly += f64::exp(ln_chance);
                ln_chance += ((shape + steps) / (steps + 1.0) * share).ln();
                steps += 1.0;
            }
            let at_least = (1.0 - before).max(0.0);
            before += exactly;
            if m == 0 {
                *slot += weight * exactly;
                continue;
            }
            let m = f64::from(m);
            let left = there * a / (a + b + m - 1.0);
            there *= (b + m - 1.0) / (a + b + m - 1.0);
            *slot += weight * (there * exactly + left * at_least);
        }
    }
}

/// The chance that one who buys at random is there after `time` in units of exposure: E[e^(-λ p t)].
fn stays_at_random(leaving: &Nodes, n: f64, time: f64) -> f64 {
    leaving.mean(|p| (-n * (p * time).ln_1p()).exp())
}

/// The logarithm of the chance of so many steps.
fn ln_steps(shape: f64, share: f64, steps: f64) -> f64 {
    ln_rising(shape, steps) - ln_rising(1.0, steps)
        + shape * (-share).ln_1p()
        + if steps > 0.0 { steps * share.ln() } else { 0.0 }
}

/// Where nearly all chance of the number of steps is.
fn window(shape: f64, share: f64) -> (f64, f64) {
    let mean = shape * share / (1.0 - share);
    let spread = (mean / (1.0 - share)).sqrt();
    // The right tail is geometric in the end.
    let tail = 36.0 / -share.ln();
    let from = (mean - 9.0 * spread).max(0.0).floor();
    (from, (mean + 9.0 * spread + tail).ceil())
}

/// So many terms are added one by one.
const FIRST_TERMS: f64 = 64.0;

/// `Σ_{i<m} (b)_i / (a + b)_i`: transactions expected of `m` chances, each taken by those who have not left after one before.
///
/// The first terms are added. The rest telescopes to `(a + b - 1) / (a - 1) · (1 - (b)_m / (a + b - 1)_m)`, with `b` so large then that the logarithm of the ratio is known in
/// proportion to `a - 1`, which is no pole.
pub(in crate::value) fn geometric_sum(a: f64, b: f64, m: f64) -> f64 {
    let (mut sum, mut term, mut i) = (0.0, 1.0, 0.0);
    while i < m.min(FIRST_TERMS) {
        sum += term;
        term *= (b + i) / (a + b + i);
        i += 1.0;
    }
    let (more, b, rest) = (a - 1.0, b + i, m - i);
    if rest <= 0.0 {
        return sum;
    }
    if more == 0.0 {
        return sum + term * b * digamma_rise(b, rest);
    }
    let ln_ratio = ln_rising(b, more) - ln_rising(b + rest, more);
    sum - term * (a + b - 1.0) * ln_ratio.exp_m1() / more
}

/// Transactions at random expected of a customer who is there: E[(1 - e^(-λ p t)) / p], with λ from Gamma(n, exposure), p from Beta(a, b), and `time` in units of exposure.
///
/// With z = time / (1 + time) and c = a + b - 1 it is c / (a - 1) · (1 - (1 - z)^(a - 1) · ₂F₁(a - 1, c - n; c; z)): Euler's form of the hypergeometric function in Fader, Hardie and
/// Lee (2005), equation 10, whose terms fall soonest where there were many transactions. It is summed so that a = 1 is no pole. Where the series is slow or cancels,
/// points of the beta distribution do.
pub(super) fn expected_at_random(n: f64, a: f64, b: f64, time: f64) -> f64 {
    let z = time / (1.0 + time);
    let ln_rest = -time.ln_1p();
    let c = a + b - 1.0;
    let first = -c * exp_m1_over(a - 1.0, ln_rest);
    let mut term = (c - n) * z;
    let (mut sum, mut size) = (0.0, 0.0);
    let mut i = 1.0;
    let mut is_summed = term == 0.0;
    for _ in 0..MAX_TERMS {
        sum += term;
        size += term.abs();
        let ratio = (a + i - 1.0) * (c - n + i) / ((c + i) * (i + 1.0)) * z;
        term *= ratio;
        i += 1.0;
        if ratio.abs() < 1.0 && term.abs() < 1e-16 * size * (1.0 - z) {
            is_summed = true;
            break;
        }
    }
    let factor = ((a - 1.0) * ln_rest).exp();
    let expected = first - factor * sum;
    let lost = f64::EPSILON * (first.abs() + factor * size);
    if is_summed && expected > 0.0 && lost < 1e-11 * expected {
        return expected;
    }
    Nodes::beta(a, b).mean(|p| {
        if p * time < 1e-100 {
            n * time
        } else {
            -(-n * (p * time).ln_1p()).exp_m1() / p
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_telescopes_is_the_sum() {
        for (a, b) in [
            (0.79, 2.43),
            (1.0, 2.0),
            (1.0 + 1e-12, 2.0),
            (0.2, 0.1),
            (7.0, 0.5),
            (30.0, 1e4),
            (1e-6, 3.0),
        ] {
            let (mut sum, mut term) = (0.0, 1.0);
            for i in 0..5_000 {
                let i = f64::from(i);
                if [0.0, 1.0, 64.0, 65.0, 200.0, 4_999.0].contains(&i) {
                    let found = geometric_sum(a, b, i);
                    assert!(
                        (found - sum).abs() <= 1e-11 * sum,
                        "{a} {b} {i}: {found} {sum}"
                    );
                }
                sum += term;
                term *= (b + i) / (a + b + i);
            }
        }
    }
}
