//! BG/BB: discrete opportunities, each used by chance until a customer leaves by chance.
//!
//! With `m = t_x, t_x + 1, ..., n - 1` the last opportunity of those who left after it,
//!
//! `L = B(α + x, β + n - x) / B(α, β) · B(γ, δ + n) / B(γ, δ) + Σ_m B(α + x, β + m - x) / B(α, β) · B(γ + 1, δ + m) / B(γ, δ)`.
//!
//! Source: Fader, Hardie and Shang (2010), Marketing Science 29(6), equation 7. All terms are positive, and each follows from the one before by a ratio.

use rand_chacha::ChaCha8Rng;

use super::{Future, Law, Rates, RowLaw, Scored, from_beta};
use crate::stats::gamma::{digamma_rise, ln_rising};
use crate::stats::quadrature::Nodes;
use crate::value::laws::beta_geometric::geometric_sum;

#[derive(Debug, Clone, Copy)]
pub(in crate::value) struct BetaBinomial {
    alpha: f64,
    beta: f64,
    gamma: f64,
    delta: f64,
}

/// What all rows of one frequency share.
pub(in crate::value) struct Run {
    x: f64,
    ln_shared: f64,
    by_alpha: f64,
}

/// Terms of the likelihood beside the one of those who left at once.
struct Terms {
    /// Of those still there after the last opportunity, and the sum of all.
    stays: f64,
    sum: f64,
    /// The sum of terms times the derivatives of their logarithms, beyond the derivatives of the first.
    by: [f64; 4],
}

impl BetaBinomial {
    fn terms(&self, x: f64, recency: f64, age: f64) -> Terms {
        let Self {
            alpha,
            beta,
            gamma,
            delta,
        } = *self;
        let (mut term, mut sum, mut by) = (1.0, 0.0, [0.0; 4]);
        // Derivatives of the logarithm of the term, beyond those of the first.
        let mut grown = [0.0; 4];
        let mut m = recency;
        let add = |term: f64, grown: &[f64; 4], by: &mut [f64; 4]| {
            by.iter_mut().zip(grown).for_each(|(b, g)| *b += term * g);
        };
        while m < age {
            sum += term;
            add(term, &grown, &mut by);
            let (miss, all) = (beta + m - x, alpha + beta + m);
            let (stay, whole) = (delta + m, gamma + delta + m + 1.0);
            grown[0] -= 1.0 / all;
            grown[1] += 1.0 / miss - 1.0 / all;
            grown[2] -= 1.0 / whole;
            grown[3] += 1.0 / stay - 1.0 / whole;
            term *= miss / all * stay / whole;
            m += 1.0;
        }
        // The term of those who leave after the last opportunity has the factor γ / (γ + δ + n) too much.
        let last = gamma + delta + age;
        let stays = term * last / gamma;
        grown[2] += 1.0 / last - 1.0 / gamma;
        grown[3] += 1.0 / last;
        add(stays, &grown, &mut by);
        Terms {
            stays,
            sum: sum + stays,
            by,
        }
    }
}

impl RowLaw for BetaBinomial {
    type Run = Run;
    type Alive = Alive;

    fn new([alpha, beta, gamma, delta]: [f64; 4], _: Law) -> Self {
        Self {
            alpha,
            beta,
            gamma,
            delta,
        }
    }

    fn run(&self, x: f64) -> Run {
        Run {
            x,
            ln_shared: ln_rising(self.alpha, x) + self.gamma.ln(),
            by_alpha: digamma_rise(self.alpha, x),
        }
    }

    fn score(&self, run: &Run, recency: f64, age: f64) -> Scored {
        let Self {
            alpha,
            beta,
            gamma,
            delta,
        } = *self;
        let terms = self.terms(run.x, recency, age);
        let missed = recency - run.x;
        let ln = run.ln_shared + ln_rising(beta, missed) - ln_rising(alpha + beta, recency)
            + ln_rising(delta, recency)
            - ln_rising(gamma + delta, recency + 1.0)
            + terms.sum.ln();
        let tried = digamma_rise(alpha + beta, recency);
        let stayed = digamma_rise(gamma + delta, recency + 1.0);
        let [by_alpha, by_beta, by_gamma, by_delta] = terms.by.map(|b| b / terms.sum);
        (
            ln,
            [
                (run.by_alpha - tried + by_alpha) * alpha,
                (digamma_rise(beta, missed) - tried + by_beta) * beta,
                (1.0 / gamma - stayed + by_gamma) * gamma,
                (digamma_rise(delta, recency) - stayed + by_delta) * delta,
            ],
        )
    }

    /// At the next opportunity, as in equation 11 of the paper: a customer who leaves before it is gone.
    fn p_alive(&self, run: &Run, recency: f64, age: f64) -> f64 {
        let terms = self.terms(run.x, recency, age);
        let next = (self.delta + age) / (self.gamma + self.delta + age);
        terms.stays / terms.sum * next
    }

    fn alive(&self, run: &Run, _: f64, age: f64) -> Alive {
        Alive {
            used: self.alpha + run.x,
            missed: self.beta + age - run.x,
            gamma: self.gamma,
            delta: self.delta + age + 1.0,
        }
    }

    fn newcomer(&self) -> (f64, Alive) {
        let alive = Alive {
            used: self.alpha,
            missed: self.beta,
            gamma: self.gamma,
            delta: self.delta + 1.0,
        };
        (self.delta / (self.gamma + self.delta), alive)
    }

    fn points(&self, _: f64) -> (f64, f64) {
        (self.gamma, self.delta)
    }

    fn newcomer_points(&self) -> (f64, f64) {
        (self.gamma, self.delta)
    }
}

/// A customer who is there at the next opportunity: each is used with a chance from Beta(used, missed), and the customer leaves after it with one from Beta(gamma, delta).
#[derive(Debug, Clone, Copy)]
pub(in crate::value) struct Alive {
    used: f64,
    missed: f64,
    gamma: f64,
    delta: f64,
}

impl Future for Alive {
    type Points = (f64, f64);

    fn expected(&self, opportunities: f64) -> f64 {
        self.used / (self.used + self.missed)
            * geometric_sum(self.gamma, self.delta, opportunities.floor())
    }

    /// The next opportunity is one unit of time away: `Σ_i E[(1 - θ)^i] e^(-rate (i + 1))`.
    fn discounted(&self, _: &(f64, f64), rate: f64) -> f64 {
        let soon = (-rate).exp();
        let leaving = Nodes::beta(self.gamma, self.delta);
        let gone = -(-rate).exp_m1();
        let sum = leaving.mean(|p| soon / (gone + p * soon));
        self.used / (self.used + self.missed) * sum
    }

    fn stays(&self, _: &(f64, f64), opportunities: f64) -> f64 {
        let n = opportunities.floor();
        (ln_rising(self.delta, n) - ln_rising(self.gamma + self.delta, n)).exp()
    }

    /// As if opportunities had no end and no number: a rate for each of them.
    fn drawn(&self, rng: &mut ChaCha8Rng) -> Rates {
        Rates {
            buying: from_beta(rng, self.used, self.missed),
            leaving: -(-from_beta(rng, self.gamma, self.delta)).ln_1p(),
        }
    }

    fn counts(&self, opportunities: f64, chances: &mut [f64]) {
        chances.fill(0.0);
        let n = opportunities.floor();
        if n < 1.0 {
            chances.iter_mut().take(1).for_each(|c| *c = 1.0);
            return;
        }
        // The chance to be there for exactly so many opportunities: left after the i-th, or still there.
        let (mut there, mut i) = (1.0, 1.0);
        while i <= n {
            let whole = self.gamma + self.delta + i - 1.0;
            let leaves = if i < n { self.gamma / whole } else { 1.0 };
            self.add_used(i, there * leaves, chances);
            there *= (self.delta + i - 1.0) / whole;
            i += 1.0;
        }
    }
}

impl Alive {
    /// Adds the chances to use 0, 1, 2, ... of `n` opportunities.
    fn add_used(&self, n: f64, weight: f64, chances: &mut [f64]) {
        let mut ln = ln_rising(self.missed, n) - ln_rising(self.used + self.missed, n);
        let mut m = 0.0;
        for slot in chances {
            if m > n {
                break;
            }
            *slot += weight * ln.exp();
            let ratio = (n - m) / (m + 1.0) * (self.used + m) / (self.missed + n - m - 1.0);
            ln += ratio.ln();
            m += 1.0;
        }
    }
}
