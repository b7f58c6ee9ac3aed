//! The formulas of the measures; each is written so that no two large numbers are subtracted. What they mean stands at [`Measure`](super::Measure).

use crate::rules::measures::Counts;
use crate::stats::tails::{Hypergeometric, deviance};

/// The counts of a rule and what follows from them.
#[derive(Debug)]
pub(in crate::rules) struct Cells {
    n: f64,
    x: f64,
    y: f64,
    xy: f64,
    not_x: f64,
    not_y: f64,
    x_only: f64,
    y_only: f64,
    neither: f64,
    /// `n n_xy - n_x n_y`, exact before it is rounded.
    d: f64,
}

impl Cells {
    #[inline(always)]
    pub(in crate::rules) fn new(counts: Counts) -> Self {
        let [n, x, y, xy] = [counts.n, counts.n_x, counts.n_y, counts.n_xy].map(i64::from);
        // The difference is at most n²/4 of either sign, so that it does not matter if a product is more than an `i64`.
        let d = n.wrapping_mul(xy).wrapping_sub(x.wrapping_mul(y));
        Self {
            n: n as f64,
            x: x as f64,
            y: y as f64,
            xy: xy as f64,
            not_x: (n - x) as f64,
            not_y: (n - y) as f64,
            x_only: (x - xy) as f64,
            y_only: (y - xy) as f64,
            neither: (n - x - y + xy) as f64,
            d: d as f64,
        }
    }

    fn hypergeometric(&self) -> Hypergeometric {
        Hypergeometric::new(self.n, self.x, self.y)
    }

    /// Observed and expected count of each cell, and their difference.
    fn observed(&self) -> [(f64, f64, f64); 4] {
        let (n, by) = (self.n, self.d / self.n);
        [
            (self.xy, self.x * self.y / n, by),
            (self.x_only, self.x * self.not_y / n, -by),
            (self.y_only, self.not_x * self.y / n, -by),
            (self.neither, self.not_x * self.not_y / n, by),
        ]
    }

    /// The sum of O ln(O / E) over so many cells whose differences cancel.
    fn information(&self, n_cells: usize) -> f64 {
        // Deviances have O ln(O / E) - (O - E), and the differences add up to nothing.
        let cells = self.observed();
        let terms = cells[..n_cells].iter().map(
            |&(o, e, by)| {
                if e == 0.0 { 0.0 } else { deviance(o, e, by) }
            },
        );
        terms.sum()
    }
}

/// -p ln p - (1 - p) ln (1 - p), from counts.
fn entropy(a: f64, b: f64, n: f64) -> f64 {
    let term = |k: f64, rest: f64| {
        let ln = if k > rest {
            (-rest / n).ln_1p()
        } else {
            (k / n).ln()
        };
        if k == 0.0 { 0.0 } else { -k / n * ln }
    };
    term(a, b) + term(b, a)
}

#[inline]
pub(in crate::rules) fn support(c: &Cells) -> f64 {
    c.xy / c.n
}

#[inline]
pub(in crate::rules) fn confidence(c: &Cells) -> f64 {
    c.xy / c.x
}

pub(in crate::rules) fn shrunken_lift(c: &Cells) -> f64 {
    (c.xy + 0.5) / (c.x * c.y / c.n + 0.5)
}

#[inline]
pub(in crate::rules) fn lift(c: &Cells) -> f64 {
    c.n * c.xy / (c.x * c.y)
}

pub(in crate::rules) fn antecedent_support(c: &Cells) -> f64 {
    c.x / c.n
}

pub(in crate::rules) fn consequent_support(c: &Cells) -> f64 {
    c.y / c.n
}

pub(in crate::rules) fn leverage(c: &Cells) -> f64 {
    c.d / (c.n * c.n)
}

pub(in crate::rules) fn conviction(c: &Cells) -> f64 {
    if c.x_only == 0.0 {
        return f64::INFINITY;
    }
    c.x * c.not_y / (c.n * c.x_only)
}

pub(in crate::rules) fn zhangs_metric(c: &Cells) -> f64 {
    let most = (c.xy * c.not_x).max(c.x * c.y_only);
    if most == 0.0 { 0.0 } else { c.d / most }
}

pub(in crate::rules) fn jaccard(c: &Cells) -> f64 {
    c.xy / (c.x + c.y_only)
}

pub(in crate::rules) fn certainty(c: &Cells) -> f64 {
    if c.not_y == 0.0 {
        return 0.0;
    }
    c.d / (c.x * c.not_y)
}

pub(in crate::rules) fn kulczynski(c: &Cells) -> f64 {
    f64::midpoint(c.xy / c.x, c.xy / c.y)
}

pub(in crate::rules) fn representativity(_: &Cells) -> f64 {
    1.0
}

pub(in crate::rules) fn added_value(c: &Cells) -> f64 {
    c.d / (c.n * c.x)
}

pub(in crate::rules) fn casual_confidence(c: &Cells) -> f64 {
    f64::midpoint(c.xy / c.x, c.neither / c.not_y)
}

pub(in crate::rules) fn casual_support(c: &Cells) -> f64 {
    (c.xy + c.neither) / c.n
}

/// Chi-squared of a difference `d`.
fn chi_squared_of(c: &Cells, d: f64) -> f64 {
    c.n * (d / (c.x * c.not_x)) * (d / (c.y * c.not_y))
}

pub(in crate::rules) fn chi_squared(c: &Cells) -> f64 {
    chi_squared_of(c, c.d)
}

pub(in crate::rules) fn chi_squared_yates(c: &Cells) -> f64 {
    chi_squared_of(c, (c.d.abs() - c.n / 2.0).max(0.0))
}

pub(in crate::rules) fn g_test(c: &Cells) -> f64 {
    2.0 * c.information(4)
}

pub(in crate::rules) fn collective_strength(c: &Cells) -> f64 {
    let agree = c.x * c.y + c.not_x * c.not_y;
    let differ = c.x * c.not_y + c.not_x * c.y;
    (c.xy + c.neither) * differ / (agree * (c.x_only + c.y_only))
}

pub(in crate::rules) fn confirmed_confidence(c: &Cells) -> f64 {
    (c.xy - c.x_only) / c.x
}

pub(in crate::rules) fn cosine(c: &Cells) -> f64 {
    c.xy / (c.x * c.y).sqrt()
}

pub(in crate::rules) fn counterexample(c: &Cells) -> f64 {
    (c.xy - c.x_only) / c.xy
}

pub(in crate::rules) fn doc(c: &Cells) -> f64 {
    c.d / (c.x * c.not_x)
}

pub(in crate::rules) fn fishers_exact_test(c: &Cells) -> f64 {
    c.hypergeometric().upper(c.xy)
}

pub(in crate::rules) fn gini(c: &Cells) -> f64 {
    2.0 * (c.d / (c.n * c.x)) * (c.d / (c.n * c.not_x))
}

pub(in crate::rules) fn hyper_confidence(c: &Cells) -> f64 {
    c.hypergeometric().below(c.xy)
}

pub(in crate::rules) fn hyper_lift(c: &Cells) -> f64 {
    c.xy / c.hypergeometric().quantile(0.99)
}

pub(in crate::rules) fn imbalance(c: &Cells) -> f64 {
    (c.x - c.y).abs() / (c.x + c.y_only)
}

pub(in crate::rules) fn implication_index(c: &Cells) -> f64 {
    -c.d / (c.n * c.x * c.not_y).sqrt()
}

pub(in crate::rules) fn importance(c: &Cells) -> f64 {
    (((c.xy + 1.0) * (c.not_x + 2.0)) / ((c.y_only + 1.0) * (c.x + 2.0))).log10()
}

pub(in crate::rules) fn j_measure(c: &Cells) -> f64 {
    c.information(2) / c.n
}

pub(in crate::rules) fn kappa(c: &Cells) -> f64 {
    2.0 * c.d / (c.x * c.not_y + c.not_x * c.y)
}

pub(in crate::rules) fn lambda(c: &Cells) -> f64 {
    let most = c.y.max(c.not_y);
    (c.xy.max(c.x_only) + c.y_only.max(c.neither) - most) / (c.n - most)
}

pub(in crate::rules) fn laplace(c: &Cells) -> f64 {
    (c.xy + 1.0) / (c.x + 2.0)
}

pub(in crate::rules) fn least_contradiction(c: &Cells) -> f64 {
    (c.xy - c.x_only) / c.y
}

pub(in crate::rules) fn lerman(c: &Cells) -> f64 {
    c.d / (c.n * c.x * c.y).sqrt()
}

pub(in crate::rules) fn max_confidence(c: &Cells) -> f64 {
    // Not `max`: NaN where a margin is empty.
    c.xy / c.x.min(c.y)
}

pub(in crate::rules) fn mutual_information(c: &Cells) -> f64 {
    let least = entropy(c.x, c.not_x, c.n).min(entropy(c.y, c.not_y, c.n));
    c.information(4) / c.n / least
}

pub(in crate::rules) fn odds_ratio(c: &Cells) -> f64 {
    c.xy * c.neither / (c.x_only * c.y_only)
}

pub(in crate::rules) fn phi(c: &Cells) -> f64 {
    c.d / ((c.x * c.not_x).sqrt() * (c.y * c.not_y).sqrt())
}

pub(in crate::rules) fn ralambondrainy(c: &Cells) -> f64 {
    c.x_only / c.n
}

pub(in crate::rules) fn relative_risk(c: &Cells) -> f64 {
    c.xy * c.not_x / (c.y_only * c.x)
}

pub(in crate::rules) fn rld(c: &Cells) -> f64 {
    let d = c.d / c.n;
    if d > 0.0 {
        d / (d + c.x_only.min(c.y_only))
    } else {
        d / (d - c.xy.min(c.neither))
    }
}

pub(in crate::rules) fn rule_power_factor(c: &Cells) -> f64 {
    c.xy / c.n * (c.xy / c.x)
}

pub(in crate::rules) fn sebag(c: &Cells) -> f64 {
    c.xy / c.x_only
}

pub(in crate::rules) fn standardized_lift(c: &Cells) -> f64 {
    let least = (c.x + c.y - c.n).max(1.0);
    (c.xy - least) / (c.x.min(c.y) - least)
}

pub(in crate::rules) fn varying_rates_liaison(c: &Cells) -> f64 {
    c.d / (c.x * c.y)
}

pub(in crate::rules) fn yule_q(c: &Cells) -> f64 {
    c.d / (c.xy * c.neither + c.x_only * c.y_only)
}

pub(in crate::rules) fn yule_y(c: &Cells) -> f64 {
    let roots = (c.xy * c.neither).sqrt() + (c.x_only * c.y_only).sqrt();
    c.d / (roots * roots)
}
