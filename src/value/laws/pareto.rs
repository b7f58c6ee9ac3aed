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
use crate::kernels::elementary::{exp, falling, ln, ln_1p, ln_1p_each};
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

/// Pieces end where the integrand has fallen by this power of e, or at this length: there Gauss' rule of twelve points is exact to 1e-14.
const FALL: f64 = 10.0;
const LENGTH: f64 = 2.0;
/// What comes after the integrand has fallen by this power of e does not count.
const NOTHING: f64 = 42.0;

/// The integral over those who left, and means of functions of their time over it.
#[derive(Default)]
struct Left {
    /// `∫ ((β + τ) / (β + t_x))^-(s+1) ((α + τ) / (α + t_x))^-n dτ`.
    integral: f64,
    /// Of `ln((α + τ) / (α + t_x))`, `ln((β + τ) / (β + t_x))`, `1 / (α + τ)`, `1 / (β + τ)`.
    means: [f64; 4],
}

/// Both factors of the integrand are (1 + y / size)^-power, `y = τ - t_x`.
#[derive(Clone, Copy)]
struct Factor {
    size: f64,
    power: f64,
}

/// The integral over y from 0 to `end`, with means of ln(1 + y / size) and 1 / (size + y) for the small and the large size.
fn integrate(small: Factor, large: Factor, end: f64) -> (f64, [f64; 4]) {
    let q = small.size / large.size;
    let (at_end, ln_end) = (1.0 + end / small.size, ln_1p(end / small.size));
    // How fast the logarithm of the integrand falls along v where u is e^v.
    let slope = |u: f64| small.power - 1.0 + large.power * q * u / (1.0 + q * (u - 1.0));
    let (mut integral, mut sums) = (0.0, [0.0; 4]);
    let (mut from, mut at_from) = (0.0, 1.0);
    loop {
        let rest = ln_end - from;
        // The slope grows along v, so it is that of the end of the longest piece at most.
        let (mut width, mut at_to) = if rest <= LENGTH {
            (rest, at_end)
        } else {
            (LENGTH, at_from * exp(LENGTH))
        };
        let longest = FALL / slope(at_to).abs();
        if width > longest {
            (width, at_to) = (longest, at_from * exp(longest));
        }
        let piece = falling(
            &GAUSS,
            (from, at_from, width),
            q,
            (small.power - 1.0, large.power),
        );
        integral += piece[0];
        sums.iter_mut()
            .zip(&piece[1..])
            .for_each(|(to, x)| *to += x);
        from += width;
        at_from = at_to;
        // Not "greater": what is not a number ends here too.
        let is_before_end = from < ln_end;
        if !is_before_end {
            break;
        }
        let fallen = (small.power - 1.0) * from + large.power * ln(1.0 + q * (at_from - 1.0));
        if fallen >= NOTHING {
            break;
        }
    }
    if integral > 0.0 {
        sums.iter_mut().for_each(|s| *s /= integral);
    }
    let [ln_small, ln_large, by_small, by_large] = sums;
    (
        integral * small.size,
        [
            ln_small,
            ln_large,
            by_small / small.size,
            by_large / large.size,
        ],
    )
}

/// Logarithms that the likelihood of one customer and its derivatives share.
struct Logs {
    /// ln(1 + age / α), ln(1 + recency / α).
    buying: [f64; 2],
    /// The same with β.
    leaving: [f64; 2],
}

impl ParetoNbd {
    fn logs(&self, recency: f64, age: f64) -> Logs {
        let [a, b, c, d] = ln_1p_each([
            age / self.alpha,
            recency / self.alpha,
            age / self.beta,
            recency / self.beta,
        ]);
        Logs {
            buying: [a, b],
            leaving: [c, d],
        }
    }

    fn left(&self, n: f64, recency: f64, age: f64) -> Left {
        let end = age - recency;
        if end <= 0.0 {
            return Left::default();
        }
        let buying = Factor {
            size: self.alpha + recency,
            power: n,
        };
        let leaving = Factor {
            size: self.beta + recency,
            power: self.s + 1.0,
        };
        if self.alpha <= self.beta {
            let (integral, [a, b, c, d]) = integrate(buying, leaving, end);
            Left {
                integral,
                means: [a, b, c, d],
            }
        } else {
            let (integral, [b, a, d, c]) = integrate(leaving, buying, end);
            Left {
                integral,
                means: [a, b, c, d],
            }
        }
    }

    /// ln A and ln D, both with α^n.
    fn ln_parts(&self, run: &Run, logs: &Logs, left: &Left) -> (f64, f64) {
        let stays = -run.n * logs.buying[0] - self.s * logs.leaving[0];
        let leaves = run.ln_hazard - (self.s + 1.0) * logs.leaving[1] - run.n * logs.buying[1]
            + left.integral.ln();
        (stays, leaves)
    }
}

/// e^a / (e^a + e^b), its complement, and ln(e^a + e^b).
#[inline]
fn shares(a: f64, b: f64) -> (f64, f64, f64) {
    let (large, small) = (a.max(b), a.min(b));
    let shrunk = exp(small - large);
    let minor = shrunk / (1.0 + shrunk);
    let ln = large + ln_1p(shrunk);
    if a >= b {
        (1.0 - minor, minor, ln)
    } else {
        (minor, 1.0 - minor, ln)
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

    #[inline]
    fn score(&self, run: &Run, recency: f64, age: f64) -> Scored {
        let Self { alpha, s, beta, .. } = *self;
        let n = run.n;
        let (logs, left) = (self.logs(recency, age), self.left(n, recency, age));
        let (stays, leaves) = self.ln_parts(run, &logs, &left);
        let (p_alive, p_left, ln) = shares(stays, leaves);
        let [ln_buying, ln_leaving, by_buying, by_leaving] = left.means;
        let by_r = -p_alive * logs.buying[0] - p_left * (logs.buying[1] + ln_buying);
        let by_alpha = self.r / alpha - n * (p_alive / (alpha + age) + p_left * by_buying);
        let by_s = -p_alive * logs.leaving[0] + p_left * (1.0 / s - logs.leaving[1] - ln_leaving);
        let by_beta = p_alive * s * (1.0 / beta - 1.0 / (beta + age))
            + p_left * (s / beta - (s + 1.0) * by_leaving);
        (
            run.ln_shared + ln,
            [
                (run.by_r + by_r) * self.r,
                by_alpha * alpha,
                by_s * s,
                by_beta * beta,
            ],
        )
    }

    fn p_alive(&self, run: &Run, recency: f64, age: f64) -> f64 {
        let left = self.left(run.n, recency, age);
        let (stays, leaves) = self.ln_parts(run, &self.logs(recency, age), &left);
        shares(stays, leaves).0
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
