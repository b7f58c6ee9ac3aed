//! The likelihood of several customers at once under the Pareto/NBD law: one customer in each lane of a vector.
//!
//! With a power of α taken out, `A = (1 + T / α)^-n (1 + T / β)^-s` is of those still there, and `D = (s / β) ∫ (1 + τ / β)^-(s+1) (1 + τ / α)^-n dτ`, τ from `t_x` to T,
//! of those who left at τ. Both factors of the integrand are (1 + y / size)^-power, `y = τ - t_x`, and with `u = 1 + y / small size = e^v` the integral is that of
//! `u^-(power - 1) (1 + q (u - 1))^-power' dv`, q the small size by the large. Gauss' rule takes pieces of v.

use super::elementary::{exp, ln, ln_1p};
use super::widest;

/// Customers at once.
pub(crate) const LANES: usize = 8;
/// Points of the rule.
pub(crate) const POINTS: usize = 12;
/// A number of each customer.
pub(crate) type Lanes = [f64; LANES];

/// Pieces end where the integrand has fallen by this power of e, or at this length: there Gauss' rule of twelve points is exact to 1e-14.
const FALL: f64 = 10.0;
const LENGTH: f64 = 2.0;
/// What comes after the integrand has fallen by this power of e does not count.
const NOTHING: f64 = 42.0;

/// The law for customers of one frequency.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Law {
    pub(crate) alpha: f64,
    pub(crate) s: f64,
    pub(crate) beta: f64,
    /// r and the frequency.
    pub(crate) n: f64,
    /// ln(s / β).
    pub(crate) ln_hazard: f64,
}

/// What is said of each customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scores {
    pub(crate) p_alive: Lanes,
    /// ln(A + D).
    pub(crate) ln: Lanes,
    /// The derivatives of that by n and, where the power of α is put back, by α, s and β.
    pub(crate) by: [Lanes; 4],
}

widest! {
    /// Customers of one frequency by their recencies and ages; `rule` has places in [0, 1] and weights.
    fn scores, scores_at(law: &Law, rule: &[(f64, f64); POINTS], recency: &Lanes, age: &Lanes) -> Scores {
        let Law { alpha, s, beta, n, ln_hazard } = *law;
        let is_buying_small = alpha <= beta;
        let (small, large) = if is_buying_small { (alpha, beta) } else { (beta, alpha) };
        let powers = if is_buying_small { (n - 1.0, s + 1.0) } else { (s, n) };
        let mut end = [0.0; LANES];
        let mut q = [0.0; LANES];
        for i in 0..LANES {
            end[i] = (age[i] - recency[i]).max(0.0) / (small + recency[i]);
            q[i] = (small + recency[i]) / (large + recency[i]);
        }
        let sums = integral(rule, powers, &end, &q);
        let mut out = Scores { p_alive: [0.0; LANES], ln: [0.0; LANES], by: [[0.0; LANES]; 4] };
        for i in 0..LANES {
            let (to_small, to_large) = (small + recency[i], large + recency[i]);
            let whole = sums[0][i];
            let share = if whole > 0.0 { 1.0 / whole } else { 0.0 };
            let of_small = (sums[1][i] * share, sums[3][i] * share / to_small);
            let of_large = (sums[2][i] * share, sums[4][i] * share / to_large);
            let (buying, leaving) = if is_buying_small { (of_small, of_large) } else { (of_large, of_small) };
            let (buys, bought) = (ln_1p(age[i] / alpha), ln_1p(recency[i] / alpha));
            let (lives, lived) = (ln_1p(age[i] / beta), ln_1p(recency[i] / beta));
            // Nobody can have left within no time; what is not a number stays none.
            let left = whole * to_small;
            let ln_left = if left == 0.0 { f64::NEG_INFINITY } else { ln(left) + 0.0 * left };
            let stays = -n * buys - s * lives;
            let leaves = ln_hazard - (s + 1.0) * lived - n * bought + ln_left;
            let likelier = if stays >= leaves { stays } else { leaves };
            let ratio = exp(-(stays - leaves).abs());
            let minor = ratio / (1.0 + ratio);
            let p_left = if stays >= leaves { minor } else { 1.0 - minor };
            let p_alive = if stays >= leaves { 1.0 - minor } else { minor };
            out.p_alive[i] = p_alive;
            out.ln[i] = likelier + ln_1p(ratio);
            out.by[0][i] = -p_alive * buys - p_left * (bought + buying.0);
            out.by[1][i] = -n * (p_alive / (alpha + age[i]) + p_left * buying.1);
            out.by[2][i] = -p_alive * lives + p_left * (1.0 / s - lived - leaving.0);
            out.by[3][i] = p_alive * s * (age[i] / beta / (beta + age[i])) + p_left * (s / beta - (s + 1.0) * leaving.1);
        }
        out
    }
}

/// `∫ u^-a (1 + q (u - 1))^-b dv` over v from 0 to ln(1 + end), with the integrals of that times `v`, `ln(1 + q (u - 1))`, `1 / u` and `1 / (1 + q (u - 1))`.
#[inline(always)]
fn integral(rule: &[(f64, f64); POINTS], (a, b): (f64, f64), end: &Lanes, q: &Lanes) -> [Lanes; 5] {
    let mut sums = [[0.0; LANES]; 5];
    let mut ln_end = [0.0; LANES];
    for i in 0..LANES {
        ln_end[i] = ln_1p(end[i]);
    }
    let (mut from, mut at_from) = ([0.0; LANES], [1.0; LANES]);
    loop {
        let (mut width, mut to, mut at_to) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            // The slope of the logarithm grows along v, so it is that of the end of the longest piece at most.
            let is_last = ln_end[i] - from[i] <= LENGTH;
            width[i] = (ln_end[i] - from[i]).min(LENGTH);
            at_to[i] = if is_last {
                1.0 + end[i]
            } else {
                at_from[i] * exp(LENGTH)
            };
            to[i] = if is_last { ln_end[i] } else { from[i] + LENGTH };
            let slope = a + b * q[i] * at_to[i] / (1.0 + q[i] * (at_to[i] - 1.0));
            let longest = FALL / slope.abs();
            let is_steep = width[i] > longest;
            width[i] = if is_steep { longest } else { width[i] };
            at_to[i] = if is_steep {
                at_from[i] * exp(longest)
            } else {
                at_to[i]
            };
            to[i] = if is_steep { from[i] + longest } else { to[i] };
        }
        for &(place, weight) in rule {
            for i in 0..LANES {
                let v = width[i] * place;
                let u = at_from[i] * exp(v);
                let on_large = 1.0 + q[i] * (u - 1.0);
                let (ln_small, ln_large) = (from[i] + v, ln(on_large));
                let f = weight * width[i] * exp(-a * ln_small - b * ln_large);
                let both = f / (u * on_large);
                sums[0][i] += f;
                sums[1][i] += f * ln_small;
                sums[2][i] += f * ln_large;
                sums[3][i] += both * on_large;
                sums[4][i] += both * u;
            }
        }
        let mut is_left = false;
        for i in 0..LANES {
            let fallen = a * to[i] + b * ln(1.0 + q[i] * (at_to[i] - 1.0));
            ln_end[i] = if fallen >= NOTHING { to[i] } else { ln_end[i] };
            is_left |= to[i] < ln_end[i];
        }
        if !is_left {
            return sums;
        }
        (from, at_from) = (to, at_to);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::levels;
    use super::*;

    /// Any rule serves here: the midpoints of twelve equal parts.
    fn rule() -> [(f64, f64); POINTS] {
        std::array::from_fn(|i| ((i as f64 + 0.5) / 12.0, 1.0 / 12.0))
    }

    proptest! {
        #[test]
        fn every_form_gives_the_same_bits(
            ln in proptest::array::uniform4(-6.0..6.0_f64),
            recency in proptest::array::uniform8(0.0..90.0_f64),
            more in proptest::array::uniform8(0.0..90.0_f64),
        ) {
            let [alpha, s, beta, n] = ln.map(f64::exp);
            let law = Law { alpha, s, beta, n, ln_hazard: (s / beta).ln() };
            let mut age = recency;
            age.iter_mut().zip(more).for_each(|(a, m)| *a += m);
            let rule = rule();
            let portable = scores(&law, &rule, &recency, &age);
            for level in levels() {
                prop_assert_eq!(scores_at(level, &law, &rule, &recency, &age), portable);
            }
            // Each lane is on its own.
            for i in 0..LANES {
                let alone = scores(&law, &rule, &[recency[i]; LANES], &[age[i]; LANES]);
                prop_assert_eq!((alone.p_alive[0], alone.ln[7]), (portable.p_alive[i], portable.ln[i]));
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        let law = Law {
            alpha: 1.0,
            s: f64::NAN,
            beta: 2.0,
            n: 3.0,
            ln_hazard: 0.0,
        };
        let found = scores(&law, &rule(), &[1.0; LANES], &[9.0; LANES]);
        assert!(found.ln.iter().chain(&found.p_alive).all(|x| x.is_nan()));
    }
}
