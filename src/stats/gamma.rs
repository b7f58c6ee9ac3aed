//! The logarithm of the gamma function, its derivative, and how both rise over an interval, without cancelling.
//!
//! Source: Stirling's series with Bernoulli numbers (Abramowitz and Stegun 6.1.40, 6.3.18). Likelihoods hold differences such as ln Γ(a + n) - ln Γ(a); where `a` runs off
//! to large values two logarithms of ten million would leave seven digits of their difference.

/// From here on seven terms of Stirling's series are exact to the last digits.
const LARGE: f64 = 10.0;
/// A rise over less is told by derivatives.
const LITTLE: f64 = 1e-4;
/// So many factors are multiplied out.
const FEW: f64 = 8.0;

pub(crate) fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// ln Γ(x) beyond (x - 1/2) ln x - x + ln(2π)/2, for large `x`.
fn stirling(x: f64) -> f64 {
    let s = 1.0 / (x * x);
    let tail = 1.0 / 1188.0 - s * (691.0 / 360_360.0 - s / 156.0);
    let tail = 1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s * tail));
    (1.0 / 12.0 - s * tail) / x
}

/// ln x - 1/(2x) - ψ(x), for large `x`.
fn digamma_tail(x: f64) -> f64 {
    let s = 1.0 / (x * x);
    let tail = 1.0 / 132.0 - s * (691.0 / 32_760.0 - s / 12.0);
    let tail = 1.0 / 120.0 - s * (1.0 / 252.0 - s * (1.0 / 240.0 - s * tail));
    s * (1.0 / 12.0 - s * tail)
}

/// ψ(x), the derivative of ln Γ(x), for x > 0.
pub(crate) fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < LARGE {
        below += 1.0 / x;
        x += 1.0;
    }
    x.ln() - 0.5 / x - digamma_tail(x) - below
}

fn is_few(n: f64) -> bool {
    (0.0..=FEW).contains(&n) && n.fract() == 0.0
}

/// ln Γ(a + n) - ln Γ(a), for a > 0 and a + n > 0, of a large `a` in proportion to `n`: the logarithm of a (a + 1) ... (a + n - 1) where `n` is whole.
pub(crate) fn ln_rising(a: f64, n: f64) -> f64 {
    if is_few(n) && a < 1e30 {
        return (0..n as u32)
            .map(|i| a + f64::from(i))
            .product::<f64>()
            .ln();
    }
    if a < LARGE {
        return ln_gamma(a + n) - ln_gamma(a);
    }
    if n.abs() < LITTLE {
        // Two terms of Taylor's series; the second derivative by its own series.
        let curve = (1.0 + (0.5 + 1.0 / (6.0 * a)) / a) / a;
        return n * (digamma(a) + 0.5 * n * curve);
    }
    let end = a + n;
    (a - 0.5) * (n / a).ln_1p() + n * (end.ln() - 1.0) + (stirling(end) - stirling(a))
}

/// ψ(a + n) - ψ(a), the derivative of [`ln_rising`] by `a`.
pub(crate) fn digamma_rise(a: f64, n: f64) -> f64 {
    if is_few(n) {
        return (0..n as u32).map(|i| 1.0 / (a + f64::from(i))).sum();
    }
    if a < LARGE {
        return digamma(a + n) - digamma(a);
    }
    let end = a + n;
    (n / a).ln_1p() + 0.5 * n / (a * end) + (digamma_tail(a) - digamma_tail(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, digits: i32) {
        let off = (found - expected).abs();
        assert!(
            off <= expected.abs().max(1e-3) * 10_f64.powi(-digits),
            "{found} {expected}"
        );
    }

    /// mpmath 1.3 with 40 digits: `loggamma(a + n) - loggamma(a)` and `digamma(a + n) - digamma(a)`.
    #[test]
    fn rises_are_those_of_forty_digits() {
        let cases = [
            (0.2426, 26.0, 57.470_688_907_637_28, 7.606_571_919_659_788),
            (1e-6, 3.0, -13.122_361_877_404_954, 1_000_001.499_998_75),
            (9.5, 100.0, 391.586_142_014_263_9, 2.493_613_512_774_512_4),
            (
                12.25,
                0.5,
                1.242_561_714_513_465_5,
                0.041_648_621_215_986_51,
            ),
            (1e9, 7.0, 145.062_860_879_624_88, 6.999_999_979e-9),
            (1e6, 1e6, 14_201_804.572_510_53, 0.693_147_430_560_007_8),
            (0.5, 1e6, 12_815_510.904_537_823, 15.779_020_583_985_74),
            (3.75, 6.25, 11.315_011_901_488_05, 1.069_215_200_454_925),
        ];
        for (a, n, rise, slope) in cases {
            close(ln_rising(a, n), rise, 14);
            close(digamma_rise(a, n), slope, 13);
        }
        assert_eq!(ln_rising(3.0, 0.0), 0.0);
        assert_eq!(digamma_rise(3.0, 0.0), 0.0);
    }

    /// mpmath 1.3: `digamma`.
    #[test]
    fn digamma_is_that_of_forty_digits() {
        let cases = [
            (1e-6, -1_000_000.577_214_02),
            (0.3, -3.502_524_222_200_133),
            (5.5, 1.611_093_148_581_751),
            (80.25, 4.378_903_292_783_01),
            (1e8, 18.420_680_738_952_366),
        ];
        for (x, expected) in cases {
            close(digamma(x), expected, 14);
        }
    }
}
