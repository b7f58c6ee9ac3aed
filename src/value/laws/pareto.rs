//! Pareto/NBD: purchases at random until a customer leaves at random, rates from two gamma distributions.
//!
//! With n = r + x,
//!
//! `L = Γ(n) / Γ(r) · α^r · (A + D)`, `A = (α + T)^-n · (β / (β + T))^s` of those still there, and
//! `D = ∫ s β^s (β + τ)^-(s+1) (α + τ)^-n dτ` over `τ` from `t_x` to `T` of those who left at `τ`.
//!
//! Source: Schmittlein, Morrison and Colombo (1987), Management Science 33(1); Fader and Hardie (2005), "A note on deriving the Pareto/NBD model". They write D as the difference
//! of two hypergeometric functions, which cancels where `T - t_x` is small and is slow or overflows elsewhere. Its integrand is positive, falls, and is smooth in
//! `v = ln(1 + (τ - t_x) / (min(α, β) + t_x))`: no singularity is nearer than π to the real line. Gauss' rule on pieces of v gives D to the last digits for all
//! parameters, and the derivatives of ln D are means of simple functions over the same points.

use rand_chacha::ChaCha8Rng;

use super::{Future, Law, Rates, RowLaw, Scored, from_gamma};
use crate::kernels::pareto::{self, LANES, Scores};
use crate::stats::gamma::{digamma_rise, ln_rising};
use crate::stats::quadrature::{GAUSS, Nodes, exp_m1_over};

#[derive(Debug, Clone, Copy)]
pub(in crate::value) struct ParetoNbd {
    r: f64,
    alpha: f64,
    s: f64,
    beta: f64,
}

/// What all rows of one frequency share.
pub(in crate::value) struct Run {
    n: f64,
    /// ln(Γ(n) / Γ(r) α^-x), and its derivative by r.
    ln_shared: f64,
    by_r: f64,
    /// ln(s / β).
    ln_hazard: f64,
}

impl ParetoNbd {
    /// The first of some customers of one frequency, with how many they are; others fill what is left of the lanes.
    fn lanes(&self, run: &Run, recency: &[f64], age: &[f64]) -> (Scores, usize) {
        let law = pareto::Law {
            alpha: self.alpha,
            s: self.s,
            beta: self.beta,
            n: run.n,
            ln_hazard: run.ln_hazard,
        };
        let n = recency.len().min(LANES);
        let (mut recencies, mut ages) = ([0.0; LANES], [0.0; LANES]);
        recencies[..n].copy_from_slice(&recency[..n]);
        ages[..n].copy_from_slice(&age[..n]);
        (pareto::scores(&law, &GAUSS, &recencies, &ages), n)
    }
}

impl RowLaw for ParetoNbd {
    type Run = Run;
    type Alive = Alive;

    fn new([r, alpha, s, beta]: [f64; 4], _: Law) -> Self {
        Self { r, alpha, s, beta }
    }

    fn run(&self, x: f64) -> Run {
        Run {
            n: self.r + x,
            ln_shared: ln_rising(self.r, x) - x * self.alpha.ln(),
            by_r: digamma_rise(self.r, x),
            ln_hazard: (self.s / self.beta).ln(),
        }
    }

    fn score(&self, run: &Run, recency: f64, age: f64) -> Scored {
        let mut own = (0.0, [0.0; 4]);
        self.score_each(run, &[recency], &[age], &mut |_, scored| own = scored);
        own
    }

    fn score_each(
        &self,
        run: &Run,
        recency: &[f64],
        age: &[f64],
        f: &mut impl FnMut(usize, Scored),
    ) {
        for from in (0..recency.len()).step_by(LANES) {
            let (found, n) = self.lanes(run, &recency[from..], &age[from..]);
            let [by_n, by_alpha, by_s, by_beta] = &found.by;
            for i in 0..n {
                let by = [
                    (run.by_r + by_n[i]) * self.r,
                    self.r + by_alpha[i] * self.alpha,
                    by_s[i] * self.s,
                    by_beta[i] * self.beta,
                ];
                f(from + i, (run.ln_shared + found.ln[i], by));
            }
        }
    }

    fn p_alive(&self, run: &Run, recency: f64, age: f64) -> f64 {
        self.lanes(run, &[recency], &[age]).0.p_alive[0]
    }

    fn p_alive_each(&self, run: &Run, recency: &[f64], age: &[f64], out: &mut [f64]) {
        for from in (0..recency.len()).step_by(LANES) {
            let (found, n) = self.lanes(run, &recency[from..], &age[from..]);
            out[from..from + n].copy_from_slice(&found.p_alive[..n]);
        }
    }

    fn alive(&self, run: &Run, _: f64, age: f64) -> Alive {
        Alive {
            n: run.n,
            exposure: self.alpha + age,
            s: self.s,
            life: self.beta + age,
        }
    }

    fn newcomer(&self) -> (f64, Alive) {
        let alive = Alive {
            n: self.r,
            exposure: self.alpha,
            s: self.s,
            life: self.beta,
        };
        (1.0, alive)
    }

    fn points(&self, _: f64) -> Nodes {
        Nodes::gamma(self.s)
    }

    fn newcomer_points(&self) -> Nodes {
        Nodes::gamma(self.s)
    }
}

/// A customer who is still there: a rate of purchases from Gamma(n, exposure), one of leaving from Gamma(s, life), independent of each other.
#[derive(Debug, Clone, Copy)]
pub(in crate::value) struct Alive {
    n: f64,
    exposure: f64,
    s: f64,
    life: f64,
}

impl Future for Alive {
    type Points = Nodes;

    /// n / exposure times the time expected to be there: ∫ (life / (life + u))^s du.
    fn expected(&self, time: f64) -> f64 {
        let there = -exp_m1_over(self.s - 1.0, -(time / self.life).ln_1p());
        self.n / self.exposure * self.life * there
    }

    /// n / exposure times E[1 / (μ + rate)].
    fn discounted(&self, points: &Nodes, rate: f64) -> f64 {
        self.n / self.exposure * points.mean(|m| 1.0 / (m / self.life + rate))
    }

    fn stays(&self, _: &Nodes, time: f64) -> f64 {
        (-self.s * (time / self.life).ln_1p()).exp()
    }

    fn drawn(&self, rng: &mut ChaCha8Rng) -> Rates {
        Rates {
            buying: from_gamma(rng, self.n, self.exposure),
            leaving: from_gamma(rng, self.s, self.life),
        }
    }

    /// Of those who stay, and of those who leave at u, the count is negative binomial: Fader and Hardie (2006), "Deriving an expression for P(X(t) = x) under the Pareto/NBD model".
    fn counts(&self, time: f64, chances: &mut [f64]) {
        let ends = (time / self.life).ln_1p();
        let stays = (-self.s * ends).exp();
        add_negative_binomial(self.n, time / (self.exposure + time), stays, chances);
        // Where ln(1 + u / smallest scale) is even pieces.
        let scale = self.life.min(self.exposure / (1.0 + self.n));
        let whole = (time / scale).ln_1p();
        let n_pieces = whole.ceil().max(1.0);
        let width = whole / n_pieces;
        let mut from = 0.0;
        while from < n_pieces {
            for (place, weight) in GAUSS {
                let v = width * (from + place);
                let u = scale * v.exp_m1();
                let leaves = self.s / (self.life + u) * (-self.s * (u / self.life).ln_1p()).exp();
                let density = weight * width * scale * v.exp() * leaves;
                add_negative_binomial(self.n, u / (self.exposure + u), density, chances);
            }
            from += 1.0;
        }
    }
}

/// Adds the chances of a negative binomial count times a weight.
fn add_negative_binomial(shape: f64, share: f64, weight: f64, chances: &mut [f64]) {
    let mut ln = shape * (-share).ln_1p();
    let ln_share = share.ln();
    for (m, slot) in (0_u32..).map(f64::from).zip(chances) {
        *slot += weight * ln.exp();
        ln += ((shape + m) / (m + 1.0)).ln() + ln_share;
    }
}
