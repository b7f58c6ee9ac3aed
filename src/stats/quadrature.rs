//! Integrals by a few values of a smooth function: Gauss' rule for pieces, and the beta and the gamma distribution as points with weights.

use super::gamma::{ln_gamma, ln_rising};

/// Places in [0, 1] and weights of the Gauss-Legendre rule of twelve points (mpmath 1.3: roots of `legendre(12, x)` with 40 digits).
#[allow(
    clippy::unreadable_literal,
    clippy::excessive_precision,
    reason = "a table of digits"
)]
pub(crate) const GAUSS: [(f64, f64); 12] = [
    (0.00921968287664037465, 0.0235876681932559136),
    (0.0479413718147625717, 0.0534696629976592155),
    (0.115048662902847656, 0.0800391642716731132),
    (0.206341022856691276, 0.101583713361532961),
    (0.316084250500909903, 0.116746268269177404),
    (0.437383295744265542, 0.124573522906701393),
    (0.562616704255734458, 0.124573522906701393),
    (0.683915749499090097, 0.116746268269177404),
    (0.793658977143308724, 0.101583713361532961),
    (0.884951337097152344, 0.0800391642716731132),
    (0.952058628185237428, 0.0534696629976592155),
    (0.990780317123359625, 0.0235876681932559136),
];

/// A distribution as points: a mean over it is the sum of a function at the points times their weights, exact to about ten digits for functions that are smooth in the
/// logarithm of their argument.
#[derive(Debug, Clone)]
pub(crate) struct Nodes {
    pub(crate) at: Vec<f64>,
    pub(crate) weight: Vec<f64>,
}

/// Below this logarithm a function of the argument is what it is at zero.
const NOTHING: f64 = -26.0;
/// Weights below `e` to this of the largest do not count.
const NEGLIGIBLE: f64 = -28.0;

impl Nodes {
    /// The mean of a function.
    #[inline]
    pub(crate) fn mean(&self, f: impl Fn(f64) -> f64) -> f64 {
        // Sums side by side, so that vector instructions may hold them; their order is fixed.
        const LANES: usize = 8;
        let mut sums = [0.0; LANES];
        let (at, weight) = (self.at.chunks_exact(LANES), self.weight.chunks_exact(LANES));
        let rest = at.remainder().iter().zip(weight.remainder());
        let rest: f64 = rest.map(|(&x, w)| w * f(x)).sum();
        for (at, weight) in at.zip(weight) {
            for i in 0..LANES {
                sums[i] += weight[i] * f(at[i]);
            }
        }
        rest + sums.iter().sum::<f64>()
    }

    /// The gamma distribution of this shape and scale 1.
    ///
    /// By the trapezoid rule in ln x, which converges faster than any power of the step (Trefethen and Weideman 2014). The left tail is a geometric series: its sum stands at zero.
    pub(crate) fn gamma(shape: f64) -> Self {
        let step = (0.6 / shape.sqrt()).min(0.27);
        let middle = shape.ln();
        let ln_density = |y: f64| shape * y - y.exp() - ln_gamma(shape);
        Self::trapezoid(step, middle, (shape, f64::INFINITY), f64::exp, ln_density)
    }

    /// The beta distribution.
    pub(crate) fn beta(a: f64, b: f64) -> Self {
        let spread = (1.0 / a + 1.0 / b).sqrt();
        // The larger the sum, the faster the density turns.
        let step = (0.6 * spread).min(if a + b < 4.0 { 0.5 } else { 0.3 });
        let middle = (a / b).ln();
        // ln Γ(small) - (ln Γ(large + small) - ln Γ(large)).
        let ln_beta = ln_gamma(a.min(b)) - ln_rising(a.max(b), a.min(b));
        let ln_density = |y: f64| -a * softplus(-y) - b * softplus(y) - ln_beta;
        Self::trapezoid(
            step,
            middle,
            (a, b),
            |y| 1.0 / (1.0 + (-y).exp()),
            ln_density,
        )
    }

    /// Points from the middle outwards until weights no longer count, or until tails are exponential with these rates: then their sum is one more point.
    fn trapezoid(
        step: f64,
        middle: f64,
        (left, right): (f64, f64),
        place: impl Fn(f64) -> f64,
        ln_density: impl Fn(f64) -> f64,
    ) -> Self {
        let mut nodes = Self {
            at: Vec::new(),
            weight: Vec::new(),
        };
        let top = ln_density(middle);
        let mut push = |at: f64, weight: f64| {
            nodes.at.push(at);
            nodes.weight.push(weight);
        };
        push(place(middle), top.exp() * step);
        for (side, rate, end) in [(-1.0, left, 0.0), (1.0, right, 1.0)] {
            for i in 1.. {
                let y = middle + side * step * f64::from(i);
                let ln = ln_density(y);
                if ln - top <= NEGLIGIBLE {
                    break;
                }
                let weight = ln.exp() * step;
                push(place(y), weight);
                if side * y > -NOTHING {
                    push(end, weight / (rate * step).exp_m1());
                    break;
                }
            }
        }
        // What rounding and the step have left: weights are those of a distribution.
        let total: f64 = nodes.weight.iter().sum();
        nodes.weight.iter_mut().for_each(|w| *w /= total);
        nodes
    }
}

/// ln(1 + e^x).
#[inline]
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// (e^(s x) - 1) / s, which is `x` where `s` is zero.
pub(crate) fn exp_m1_over(s: f64, x: f64) -> f64 {
    if s.abs() * x.abs() < 1e-150 {
        x
    } else {
        (s * x).exp_m1() / s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauss_integrates_polynomials() {
        for power in 0..24 {
            let sum: f64 = GAUSS.iter().map(|(x, w)| w * x.powi(power)).sum();
            assert!((sum - 1.0 / f64::from(power + 1)).abs() < 1e-15, "{power}");
        }
    }

    #[test]
    fn means_are_those_of_the_distributions() {
        for shape in [0.01, 0.24, 1.0, 3.7, 250.0, 1e6] {
            let nodes = Nodes::gamma(shape);
            let mean = nodes.mean(|x| x);
            assert!((mean / shape - 1.0).abs() < 1e-9, "{shape}: {mean}");
            // E 1/(1 + x)^... has no simple form; the Laplace transform has.
            for s in [0.01, 1.0, 7.0] {
                let found = nodes.mean(|x| (-s * x).exp());
                let expected = (-shape * f64::ln_1p(s)).exp();
                assert!(
                    (found - expected).abs() < 1e-9 * expected.max(1e-6),
                    "{shape} {s}: {found} {expected}"
                );
            }
        }
        for (a, b) in [
            (0.79, 2.43),
            (0.01, 0.02),
            (3.0, 400.0),
            (1e5, 2e5),
            (0.3, 1e4),
        ] {
            let nodes = Nodes::beta(a, b);
            let (mean, square) = (nodes.mean(|p| p), nodes.mean(|p| p * p));
            let expected = a / (a + b);
            assert!((mean / expected - 1.0).abs() < 1e-9, "{a} {b}: {mean}");
            let expected = expected * (a + 1.0) / (a + b + 1.0);
            assert!((square / expected - 1.0).abs() < 1e-9, "{a} {b}: {square}");
            assert!(nodes.at.len() < 200, "{}", nodes.at.len());
        }
    }

    #[test]
    fn limits_are_smooth() {
        assert_eq!(exp_m1_over(0.0, -0.3), -0.3);
        assert!((exp_m1_over(1e-9, -0.3) + 0.3).abs() < 1e-9);
        assert!((softplus(800.0) - 800.0).abs() < 1e-12 && softplus(-800.0) == 0.0);
    }
}
