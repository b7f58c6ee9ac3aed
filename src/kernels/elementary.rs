//! Exponentials and logarithms of many numbers at once: without branches, so that loops over them become vector instructions.
//!
//! Both are within 2 units in the last place, and give the same bits whatever they are compiled for.

/// 1.5 · 2^52: adding it rounds to a whole number, and leaves that in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
const EXPONENT_BITS: u32 = 52;
const ONE: u64 = 1.0_f64.to_bits();

/// e^x for x from -708 to 709; beyond it is that of the nearer end.
///
/// x = n ln 2 + r with |r| up to half of ln 2, and the Taylor series of e^r to r^13. ln 2 is the sum of two numbers, of which the first has zeros at its end.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    const HIGH: f64 = 6.931_471_803_691_238e-1;
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = x.clamp(-708.0, 709.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * HIGH) - n * LOW;
    let mut sum = 1.0 / 6_227_020_800.0;
    for factorial in [
        479_001_600.0,
        39_916_800.0,
        3_628_800.0,
        362_880.0,
        40_320.0,
        5_040.0,
        720.0,
        120.0,
        24.0,
        6.0,
        2.0,
        1.0,
        1.0,
    ] {
        sum = sum * r + 1.0 / factorial;
    }
    sum * f64::from_bits((shifted.to_bits() << EXPONENT_BITS).wrapping_add(ONE))
}

/// The natural logarithm of a positive normal number.
///
/// x = 2^e m with m from the root of 1/2 to that of 2, and ln m = 2 artanh((m - 1) / (m + 1)) as a series to the 21st power.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    const HALF_ROOT: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    const HIGH: f64 = 6.931_471_803_691_238e-1;
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    let bits = x.to_bits();
    let biased = bits.wrapping_sub(HALF_ROOT).wrapping_add(ONE) >> EXPONENT_BITS;
    let m = f64::from_bits(bits.wrapping_sub(biased << EXPONENT_BITS).wrapping_add(ONE));
    // The exponent as a float: 1023 is its bias.
    let e = f64::from_bits(ROUND.to_bits().wrapping_add(biased)) - ROUND - 1023.0;
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let mut sum = 1.0 / 21.0;
    for n in [19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        sum = sum * z + 1.0 / n;
    }
    // ln m = f - s (f - 2 z sum): the largest part is exact.
    e * HIGH + (f - (s * (f - 2.0 * z * sum) - e * LOW))
}

/// ln(1 + x) for x of 0 or more, without loss where x is small; not a number where x is none.
///
/// Source: Kahan's correction of the rounding of 1 + x (Higham 2002, *Accuracy and Stability of Numerical Algorithms*, section 1.14.1).
#[inline(always)]
pub(crate) fn ln_1p(x: f64) -> f64 {
    let u = 1.0 + x;
    ln(u) + (x - (u - 1.0)) / u
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 3.0 * f64::EPSILON * expected.abs()
    }

    proptest! {
        #[test]
        fn exponentials_are_those_of_the_library(x in -707.9..708.9_f64, small in -1e-3..1e-3_f64) {
            prop_assert!(near(exp(x), x.exp()), "{x}: {} {}", exp(x), x.exp());
            prop_assert!(near(exp(small), small.exp()));
        }

        #[test]
        fn logarithms_are_those_of_the_library(power in -300.0..300.0_f64, off in -1e-2..1e-2_f64) {
            let x = 10_f64.powf(power);
            prop_assert!(near(ln(x), x.ln()), "{x}: {} {}", ln(x), x.ln());
            prop_assert!(near(ln_1p(x), x.ln_1p()), "{x}: {} {}", ln_1p(x), x.ln_1p());
            let x = 1.0 + off;
            prop_assert!((ln(x) - x.ln()).abs() <= 3.0 * f64::EPSILON * x.ln().abs() + 1e-300, "{x}");
        }
    }

    #[test]
    fn edges() {
        assert_eq!((exp(0.0), ln(1.0), exp(-0.0)), (1.0, 0.0, 1.0));
        assert_eq!(exp(-1e300), exp(-708.0));
        assert!(exp(1e300).is_finite());
        assert!(near(ln(f64::MIN_POSITIVE), f64::MIN_POSITIVE.ln()));
        assert!(near(ln(f64::MAX), f64::MAX.ln()));
        assert!(ln_1p(0.0) == 0.0 && ln_1p(1e-300) == 1e-300);
        assert!(ln_1p(f64::NAN).is_nan() && exp(f64::NAN).is_nan());
    }
}
