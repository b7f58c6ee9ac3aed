//! Tails of the binomial and the hypergeometric distribution, exact to the last digits for counts of any size.
//!
//! Probabilities by Loader's saddle-point form (C. Loader 2000, "Fast and accurate computation of binomial probabilities"): no difference of large
//! logarithms. Tails by summing from their end, each term from the one before.

#![allow(
    clippy::float_cmp,
    reason = "counts are whole numbers, and a sum stops where it no longer changes"
)]

use std::f64::consts::PI;

/// ln(n!) beyond Stirling's formula.
fn stirling_error(n: f64) -> f64 {
    if n <= 15.0 {
        let factorial: f64 = (1..=n as u32).map(f64::from).product();
        if n == 0.0 {
            return 0.0;
        }
        return factorial.ln() - ((n + 0.5) * n.ln() - n + 0.5 * (2.0 * PI).ln());
    }
    let n2 = n * n;
    (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / n2) / n2) / n2) / n2)
        / n
}

/// x ln(x / m) + m - x, without cancelling where both are near; `d` is x - m.
pub(crate) fn deviance(x: f64, m: f64, d: f64) -> f64 {
    if x == 0.0 {
        return m;
    }
    if d.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() - d;
    }
    let v = d / (x + m);
    let mut sum = d * v;
    let mut term = 2.0 * x * v;
    let v2 = v * v;
    for j in 1..1000 {
        term *= v2;
        let next = sum + term / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// P(S = k) of `n` trials that each succeed with chance `p`; `q` is 1 - p.
fn binomial(k: f64, n: f64, p: f64, q: f64) -> f64 {
    if p <= 0.0 {
        return if k == 0.0 { 1.0 } else { 0.0 };
    }
    if q <= 0.0 {
        return if k == n { 1.0 } else { 0.0 };
    }
    if k == 0.0 || k == n {
        // Of one outcome alone: (1 - p)^n, or p^n.
        let (miss, hit) = if k == 0.0 { (p, q) } else { (q, p) };
        let ln = if miss < 0.1 {
            (-miss).ln_1p()
        } else {
            hit.ln()
        };
        return (n * ln).exp();
    }
    let ln = stirling_error(n)
        - stirling_error(k)
        - stirling_error(n - k)
        - deviance(k, n * p, k - n * p)
        - deviance(n - k, n * q, n * p - k);
    ln.exp() * (n / (2.0 * PI * k * (n - k))).sqrt()
}

/// The sum of terms that fall from the first, each by the ratio of its place, until they no longer count.
fn sum_falling(first: f64, mut ratio: impl FnMut(f64) -> f64) -> f64 {
    let (mut sum, mut term, mut at) = (first, first, 0.0);
    while term > sum * 1e-17 {
        term *= ratio(at);
        sum += term;
        at += 1.0;
    }
    sum
}

/// P(S >= k) of `n` trials that each succeed with chance `p`.
pub(crate) fn binomial_upper(k: u32, n: u32, p: f64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    if k > n {
        return 0.0;
    }
    let (k, n, p) = (f64::from(k), f64::from(n), p.clamp(0.0, 1.0));
    let q = 1.0 - p;
    if k > n * p {
        let odds = p / q;
        let first = binomial(k, n, p, q);
        return sum_falling(first, |i| (n - k - i) / (k + i + 1.0) * odds).min(1.0);
    }
    let below = k - 1.0;
    let odds = q / p;
    let first = binomial(below, n, p, q);
    let lower = sum_falling(first, |i| (below - i) / (n - below + i + 1.0) * odds);
    (1.0 - lower).max(0.0)
}

/// P(N = k) and P(N >= k) of a Poisson count of this mean, at most k.
fn poisson(k: f64, mean: f64) -> (f64, f64) {
    let first = (-stirling_error(k) - deviance(k, mean, k - mean)).exp() / (2.0 * PI * k).sqrt();
    (first, sum_falling(first, |i| mean / (k + i + 1.0)).min(1.0))
}

/// The smallest mean of a Poisson count that makes `k` or more with a chance of `level` or more: a limit below its mean (Garwood 1936).
pub(crate) fn poisson_lower_limit(k: u32, level: f64) -> f64 {
    if k == 0 {
        return 0.0;
    }
    let k = f64::from(k);
    // Newton in logarithms, from where P(N >= k) is less than (mean^k / k!): ln P is concave, so each step comes nearer from below.
    let ln_factorial = k * k.ln() - k + stirling_error(k) + 0.5 * (2.0 * PI * k).ln();
    let mut ln_mean = (level.ln() + ln_factorial) / k;
    if k > 30.0 {
        // That is so far off for large counts that their chance there is no number any more.
        ln_mean = ln_mean.max((k - 5.0 * k.sqrt()).ln());
    }
    for _ in 0..100 {
        let (one, upper) = poisson(k, ln_mean.exp());
        let step = (level.ln() - upper.ln()) * upper / (one * k);
        ln_mean += step;
        if step.abs() < 1e-14 {
            break;
        }
    }
    ln_mean.exp()
}

/// How many of `n_y` marked are among `n_x` drawn of `n` without putting back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hypergeometric {
    n: f64,
    n_x: f64,
    n_y: f64,
}

impl Hypergeometric {
    /// Margins are at most the total; which is which makes no difference.
    pub(crate) fn new(n: f64, n_x: f64, n_y: f64) -> Self {
        Self {
            n,
            n_x: n_x.min(n_y),
            n_y: n_x.max(n_y),
        }
    }

    fn lowest(&self) -> f64 {
        (self.n_x + self.n_y - self.n).max(0.0)
    }

    fn highest(&self) -> f64 {
        self.n_x.min(self.n_y)
    }

    fn mean(&self) -> f64 {
        self.n_x / self.n * self.n_y
    }

    /// P(N = k).
    pub(crate) fn probability(&self, k: f64) -> f64 {
        if !(k >= self.lowest() && k <= self.highest()) {
            return 0.0;
        }
        if self.n_x == 0.0 || self.n_x == self.n {
            return 1.0;
        }
        let p = self.n_x / self.n;
        let q = (self.n - self.n_x) / self.n;
        binomial(k, self.n_y, p, q) * binomial(self.n_x - k, self.n - self.n_y, p, q)
            / binomial(self.n_x, self.n, p, q)
    }

    /// P(N = k + 1) / P(N = k).
    fn ratio(&self, k: f64) -> f64 {
        (self.n_x - k) / (k + 1.0) * ((self.n_y - k) / (self.n - self.n_x - self.n_y + k + 1.0))
    }

    fn sum_up(&self, k: f64) -> f64 {
        sum_falling(self.probability(k), |i| self.ratio(k + i)).min(1.0)
    }

    fn sum_down(&self, k: f64) -> f64 {
        let step = |i: f64| {
            let at = k - i - 1.0;
            if at < self.lowest() {
                0.0
            } else {
                1.0 / self.ratio(at)
            }
        };
        sum_falling(self.probability(k), step).min(1.0)
    }

    /// P(N >= k).
    pub(crate) fn upper(&self, k: f64) -> f64 {
        if k <= self.lowest() {
            return 1.0;
        }
        if k > self.highest() {
            return 0.0;
        }
        if k > self.mean() {
            self.sum_up(k)
        } else {
            1.0 - self.sum_down(k - 1.0)
        }
    }

    /// P(N < k).
    pub(crate) fn below(&self, k: f64) -> f64 {
        if k <= self.lowest() {
            return 0.0;
        }
        if k > self.highest() {
            return 1.0;
        }
        if k > self.mean() {
            1.0 - self.sum_up(k)
        } else {
            self.sum_down(k - 1.0)
        }
    }

    /// The smallest k with P(N <= k) of `level` or more.
    pub(crate) fn quantile(&self, level: f64) -> f64 {
        let mut k = self.mean().floor().clamp(self.lowest(), self.highest());
        let mut term = self.probability(k);
        let mut up_to = self.below(k + 1.0);
        while up_to < level && k < self.highest() {
            term *= self.ratio(k);
            k += 1.0;
            up_to += term;
        }
        while k > self.lowest() && up_to - term >= level {
            up_to -= term;
            k -= 1.0;
            term /= self.ratio(k);
        }
        k
    }
}

/// P(|Z| >= |z|) of a standard normal, to about twelve digits (complementary error function by its continued fraction, or its series).
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    if x < 2.0 {
        // erf(x) = 2 / sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (1 3 5 ... (2n+1)).
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return (1.0 - 2.0 / PI.sqrt() * (-x * x).exp() * sum).max(0.0);
    }
    // Lentz's form, from the end.
    let fraction = (1..=120)
        .rev()
        .fold(x, |below, n| x + f64::from(n) / 2.0 / below);
    (-x * x).exp() / (PI.sqrt() * fraction)
}

/// P(X >= x) of a chi-squared variable with `df` degrees of freedom, at least 1: a finite sum that begins with the tail of one or of two degrees.
pub(crate) fn chi_squared_upper(x: f64, df: u32) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let half = 0.5 * x;
    let (mut tail, mut term, more) = if df % 2 == 1 {
        let first = (-half).exp() * 2.0 * (half / PI).sqrt();
        (normal_two_sided(x.sqrt()), first, 1)
    } else {
        ((-half).exp(), (-half).exp() * half, 2)
    };
    for n in 1..=(df - more) / 2 {
        tail += term;
        term *= x / f64::from(2 * n + more);
    }
    tail
}

/// The number of standard deviations that a normal deviate stays within with a chance of `level`.
pub(crate) fn normal_within(level: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if normal_two_sided(middle) > 1.0 - level {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Binomial coefficients of small numbers.
    fn choose(n: u32, k: u32) -> f64 {
        (0..k).fold(1.0, |c, i| c * f64::from(n - i) / f64::from(i + 1))
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 * b.abs().max(1e-300)
    }

    /// mpmath 1.3: `gammainc(df / 2, x / 2, inf, regularized=True)`.
    #[test]
    fn chi_squared_tails_are_those_of_mpmath() {
        for (x, df, expected) in [
            (3.84, 1, 0.050_043_521_248_705_1),
            (5.99, 2, 0.050_036_627_086_586_28),
            (20.5, 3, 0.000_133_694_784_020_836),
            (1.0, 4, 0.909_795_989_568_95),
            (700.0, 5, 4.911_986_103_573_201e-149),
            (0.0, 3, 1.0),
        ] {
            let found = chi_squared_upper(x, df);
            assert!((found / expected - 1.0).abs() < 1e-11, "{x} {df}: {found}");
        }
    }

    #[test]
    fn binomial_tails_are_the_sums_of_their_terms() {
        for (n, p) in [(1, 0.5_f64), (7, 0.02), (30, 0.37), (40, 0.93)] {
            for k in 0..=n {
                let terms = (k..=n)
                    .map(|i| choose(n, i) * p.powi(i as i32) * (1.0_f64 - p).powi((n - i) as i32));
                let sum: f64 = terms.sum();
                let tail = binomial_upper(k, n, p);
                assert!((tail - sum).abs() < 1e-13, "{n} {p} {k}: {tail} {sum}");
                assert!(tail > 0.01 || near(tail, sum), "{n} {p} {k}: {tail} {sum}");
            }
        }
        assert_eq!(binomial_upper(3, 2, 0.5), 0.0);
        assert_eq!(binomial_upper(1, 5, 0.0), 0.0);
        assert_eq!(binomial_upper(5, 5, 1.0), 1.0);
    }

    /// Quantiles of the gamma distribution by scipy 1.16: `gamma.ppf(level, k)`.
    #[test]
    fn limits_of_means_are_quantiles() {
        for (k, level, limit) in [
            (1, 0.001, 0.001_000_500_333_583_534),
            (1, 0.05, 0.051_293_294_387_550_53),
            (2, 0.001, 0.045_402_017_769_489_544),
            (5, 0.001, 0.739_371_731_917_832_3),
            (20, 0.001, 8.958_213_267_626_01),
            (20, 0.05, 13.254_651_598_346_555),
            (1_000, 0.001, 905.120_790_934_976_6),
            (100_000, 0.05, 99_480.420_746_788_72),
        ] {
            let found = poisson_lower_limit(k, level);
            assert!((found / limit - 1.0).abs() < 1e-11, "{k} {level}: {found}");
        }
        assert_eq!(poisson_lower_limit(0, 0.001), 0.0);
        assert!((normal_within(0.95) - 1.959_963_984_540_054).abs() < 1e-9);
    }

    #[test]
    fn hypergeometric_tails_are_the_sums_of_their_terms() {
        for (n, n_x, n_y) in [
            (10, 4, 5),
            (20, 20, 3),
            (25, 1, 24),
            (40, 30, 25),
            (5, 0, 3),
        ] {
            let h = Hypergeometric::new(f64::from(n), f64::from(n_x), f64::from(n_y));
            let term = |k: u32| {
                if k > n_x || k > n_y || n_x - k > n - n_y {
                    return 0.0;
                }
                choose(n_y, k) * choose(n - n_y, n_x - k) / choose(n, n_x)
            };
            for k in 0..=n_x.min(n_y) + 1 {
                let upper: f64 = (k..=n_x.min(n_y)).map(term).sum();
                let at = f64::from(k);
                assert!((h.upper(at) - upper).abs() < 1e-12, "{h:?} {k}");
                assert!((h.below(at) - (1.0 - upper)).abs() < 1e-12, "{h:?} {k}");
                assert!((h.probability(at) - term(k)).abs() < 1e-12, "{h:?} {k}");
            }
            for level in [0.0, 0.5, 0.99, 1.0] {
                let mut sum = 0.0;
                let mut least = 0;
                while least < n_x.min(n_y) && sum + term(least) < level - 1e-12 {
                    sum += term(least);
                    least += 1;
                }
                let low = (n_x + n_y).saturating_sub(n);
                assert_eq!(
                    h.quantile(level),
                    f64::from(least.max(low)),
                    "{h:?} {level}"
                );
            }
        }
    }

    /// Tabulated values (Abramowitz and Stegun 1964, table 26.1, doubled).
    #[test]
    fn normal_tails_are_those_of_tables() {
        for (z, p) in [
            (0.0, 1.0),
            (1.0, 0.317_310_507_862_914),
            (-1.96, 0.049_995_790_296_440),
            (3.0, 0.002_699_796_063_260),
            (6.0, 1.973_175_290_075e-9),
            (40.0, 0.0),
        ] {
            let tail = normal_two_sided(z);
            assert!((tail - p).abs() <= 1e-11 * p + 1e-300, "{z}: {tail} {p}");
        }
    }

    /// That all of three marked are drawn has a closed form.
    #[test]
    fn large_counts_keep_their_digits() {
        let (n, n_x) = (2_000_000_000.0_f64, 1_000_000_000.0_f64);
        let h = Hypergeometric::new(n, n_x, 3.0);
        let all = n_x / n * ((n_x - 1.0) / (n - 1.0)) * ((n_x - 2.0) / (n - 2.0));
        assert!(near(h.upper(3.0), all), "{} {all}", h.upper(3.0));
        let even = Hypergeometric::new(n, n_x, n_x);
        let half = even.upper(n_x / 2.0) + even.below(n_x / 2.0);
        assert!((half - 1.0).abs() < 1e-12);
    }
}
