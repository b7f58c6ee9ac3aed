//! BG/NBD, MBG/NBD, and both with regular purchases: one likelihood for all.
//!
//! With n = r + k x, and B = b + x (one more where a customer may leave after the first purchase):
//!
//! `L = B(a, B) / B(a, b) · Γ(n) / Γ(r) · α^r / (α + T)^n · (S₁ + S₂)`,
//! `S₁ = a / (B - 1) · ((α + T) / (α + t_x))^n` for those who may have left, and `S₂ = Σ_{j<k} (n)_j / j! · ((T - t_x) / (α + T))^j`.
//!
//! S₁ is the share of those who left at their last purchase, S₂ of those still there: k - 1 or fewer of the k steps to the next purchase are done. The product of the
//! intervals to the power k - 1 does not depend on parameters and is added where it is known. Source: Reutterer, Platzer and Schröder (2021), "Leveraging purchase regularity for
//! predicting customer behavior the easy way", IJRM 38(1); for k = 1 Fader, Hardie and Lee (2005), Marketing Science 24(2).

mod alive;

use super::{Law, RowLaw, Scored};
use crate::stats::gamma::{digamma_rise, ln_gamma, ln_rising};
use crate::stats::quadrature::{Nodes, softplus};
pub(in crate::value) use alive::geometric_sum;
use alive::{Alive, Points};

#[derive(Debug, Clone, Copy)]
pub(in crate::value) struct BetaGeometric {
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
    k: u32,
    /// 1 where a customer may leave after the first purchase, else 0.
    at_first: f64,
    ln_alpha: f64,
}

/// What all rows of one frequency share.
pub(in crate::value) struct Run {
    x: f64,
    /// r + k x.
    n: f64,
    /// The logarithm of what does not depend on times.
    ln_shared: f64,
    /// ln(a / (B - 1)), and B - 1; nobody can have left where it is none.
    left: Option<(f64, f64)>,
    /// Derivatives of `ln_shared` by r, a, b.
    by_r: f64,
    by_a: f64,
    by_b: f64,
}

/// The share of those still there, S₂, and its derivatives by n and by y.
fn still(k: u32, n: f64, y: f64) -> (f64, f64, f64) {
    let (mut term, mut sum, mut by_n, mut by_y) = (1.0, 1.0, 0.0, 0.0);
    let mut rise = 0.0;
    for j in 1..k {
        let j = f64::from(j);
        by_y += term * (n + j - 1.0);
        rise += 1.0 / (n + j - 1.0);
        term *= (n + j - 1.0) * y / j;
        sum += term;
        by_n += term * rise;
    }
    (sum, by_n, by_y)
}

impl BetaGeometric {
    /// The logarithm of S₁ / S₂.
    fn ln_odds_left(&self, run: &Run, recency: f64, age: f64) -> Option<f64> {
        let (ln_left, _) = run.left?;
        let since = ((age - recency) / (self.alpha + recency)).ln_1p();
        let stays = if self.k == 1 {
            0.0
        } else {
            still(self.k, run.n, (age - recency) / (self.alpha + age))
                .0
                .ln()
        };
        Some(ln_left + run.n * since - stays)
    }
}

impl RowLaw for BetaGeometric {
    type Run = Run;
    type Alive = Alive;

    fn new([r, alpha, a, b]: [f64; 4], law: Law) -> Self {
        let (k, at_first) = law.beta_geometric().unwrap_or((Some(1), false));
        Self {
            r,
            alpha,
            a,
            b,
            k: k.unwrap_or(1),
            at_first: f64::from(u8::from(at_first)),
            ln_alpha: alpha.ln(),
        }
    }

    fn run(&self, x: f64) -> Run {
        let k = f64::from(self.k);
        let stayed = x + self.at_first;
        let shrinks = digamma_rise(self.a + self.b, stayed);
        let last = self.b + stayed - 1.0;
        Run {
            x,
            n: self.r + k * x,
            ln_shared: ln_rising(self.b, stayed) - ln_rising(self.a + self.b, stayed)
                + ln_rising(self.r, k * x)
                + self.r * self.ln_alpha
                - x * ln_gamma(k),
            left: (stayed > 0.0).then(|| ((self.a / last).ln(), last)),
            by_r: digamma_rise(self.r, k * x) + self.ln_alpha,
            by_a: -shrinks,
            by_b: digamma_rise(self.b, stayed) - shrinks,
        }
    }

    #[inline]
    fn score(&self, run: &Run, recency: f64, age: f64) -> Scored {
        let n = run.n;
        let end = self.alpha + age;
        let ln_end = end.ln();
        let mut ln = run.ln_shared - n * ln_end;
        let mut by = [
            run.by_r - ln_end,
            self.r / self.alpha - n / end,
            run.by_a,
            run.by_b,
        ];
        let y = (age - recency) / end;
        let (stays, by_n, by_y) = if self.k == 1 {
            (1.0, 0.0, 0.0)
        } else {
            still(self.k, n, y)
        };
        let ln_stays = if self.k == 1 { 0.0 } else { stays.ln() };
        let mut p_alive = 1.0;
        if let Some((ln_left, last)) = run.left {
            let start = self.alpha + recency;
            let since = ln_end - start.ln();
            let ln_odds = ln_left + n * since - ln_stays;
            let shrunk = (-ln_odds.abs()).exp();
            let smaller = shrunk / (1.0 + shrunk);
            let p_left = if ln_odds > 0.0 {
                1.0 - smaller
            } else {
                smaller
            };
            p_alive = if ln_odds > 0.0 {
                smaller
            } else {
                1.0 - smaller
            };
            ln += ln_odds.max(0.0) + shrunk.ln_1p();
            by[0] += p_left * since;
            by[1] += p_left * n * (1.0 / end - 1.0 / start);
            by[2] += p_left / self.a;
            by[3] -= p_left / last;
        }
        ln += ln_stays;
        by[0] += p_alive * by_n / stays;
        by[1] -= p_alive * by_y * y / (end * stays);
        (
            ln,
            [
                by[0] * self.r,
                by[1] * self.alpha,
                by[2] * self.a,
                by[3] * self.b,
            ],
        )
    }

    fn p_alive(&self, run: &Run, recency: f64, age: f64) -> f64 {
        match self.ln_odds_left(run, recency, age) {
            Some(ln_odds) => (-softplus(ln_odds)).exp(),
            None => 1.0,
        }
    }

    fn alive(&self, run: &Run, recency: f64, age: f64) -> Alive {
        Alive {
            n: run.n,
            exposure: self.alpha + age,
            a: self.a,
            b: self.b + run.x + self.at_first,
            k: self.k,
            since: age - recency,
        }
    }

    fn newcomer(&self) -> (f64, Alive) {
        let alive = Alive {
            n: self.r,
            exposure: self.alpha,
            a: self.a,
            b: self.b + self.at_first,
            k: self.k,
            since: 0.0,
        };
        let stays = 1.0 - self.at_first * self.a / (self.a + self.b);
        (stays, alive)
    }

    fn points(&self, x: f64) -> Points {
        Points {
            rates: Nodes::gamma(self.r + f64::from(self.k) * x),
            leaving: Nodes::beta(self.a, self.b + x + self.at_first),
        }
    }

    fn newcomer_points(&self) -> Points {
        self.points(0.0)
    }
}
