//! What a customer's orders say of the future, given the class: the Pareto/NBD model with its rates unknown.
//!
//! Source: Schmittlein, Morrison & Colombo (1987). Their results contain Gauss' hypergeometric function; here the day of the drop-out is
//! what is integrated over, in one dimension and by Simpson's rule, after both rates have been integrated out by hand: the order rate
//! leaves powers of `scale + exposure`, the drop-out rate a Lomax distribution of the life.

use crate::simulate::class::{DROPOUT_DAYS, DROPOUT_SHAPE};
use crate::simulate::drawn::days_alive;

/// Steps of Simpson's rule; even.
const STEPS: usize = 64;
/// Beyond so many scale lengths the integrand is nothing.
const FAR: f64 = 40.0;

/// What is seen of a customer's orders. Ages count in days from the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Orders after the first, without those that the campaign has brought.
    pub(super) repeats: f64,
    /// Age at which the customer was last known to be alive.
    pub(super) alive: f64,
    /// Age at the end of what is seen.
    pub(super) age: f64,
}

/// The gamma distribution of the rates of a class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    pub(super) shape: f64,
    /// Days: the mean rate is `shape / scale`.
    pub(super) scale: f64,
}

/// What lies ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outlook {
    /// Logarithm of the likelihood of what is seen, up to what all classes share.
    pub(super) ln_likelihood: f64,
    pub(super) alive: f64,
    /// Probability of no order within the horizon.
    pub(super) quiet: f64,
    /// Orders expected within it.
    pub(super) orders: f64,
}

/// Life beyond an age.
fn survival(age: f64) -> f64 {
    (DROPOUT_DAYS / (DROPOUT_DAYS + age)).powf(DROPOUT_SHAPE)
}

fn dropout_density(age: f64) -> f64 {
    DROPOUT_SHAPE / (DROPOUT_DAYS + age) * survival(age)
}

/// The outlook where rates are unknown; a share `kept` of orders counts as such in the horizon.
pub(super) fn outlook(rates: Rates, seen: Seen, horizon: f64, kept: f64) -> Outlook {
    let n = rates.shape + seen.repeats;
    let from = rates.scale + seen.alive;
    // Likelihood of no more orders over an exposure, beside that at the age last known.
    let still = |exposure: f64| (from / (rates.scale + exposure)).powf(n);
    let end = seen.age + horizon;
    let gone = simpson(seen.alive, seen.age, rates.scale, n, |d| {
        dropout_density(d) * still(d)
    });
    let here = survival(seen.age) * still(seen.age);
    let exposed = |age: f64| seen.age + kept * (age - seen.age);
    let quiet = simpson(seen.age, end, rates.scale, n, |d| {
        dropout_density(d) * still(exposed(d))
    }) + survival(end) * still(exposed(end));
    let rate = n / (rates.scale + seen.age);
    let all = gone + here;
    Outlook {
        ln_likelihood: rates.shape * rates.scale.ln() - n * from.ln() + all.ln(),
        alive: here / all,
        quiet: (gone + quiet) / all,
        orders: rate * still(seen.age) * days_alive(seen.age, end) / all,
    }
}

/// The outlook of one whose rates are known.
pub(super) fn known_outlook(
    rate: f64,
    dropout: f64,
    seen: Seen,
    horizon: f64,
    kept: f64,
) -> Outlook {
    let both = rate + dropout;
    let gone = dropout / both * (-(both * (seen.age - seen.alive))).exp_m1().abs();
    let here = (-(both * (seen.age - seen.alive))).exp();
    let alive = here / (here + gone);
    let (effective, total) = (rate * kept, rate * kept + dropout);
    let ordering = effective / total * (-(total * horizon)).exp_m1().abs();
    Outlook {
        ln_likelihood: 0.0,
        alive,
        quiet: 1.0 - alive * ordering,
        orders: alive * rate / dropout * (-(dropout * horizon)).exp_m1().abs(),
    }
}

/// The integral over ages, in steps that are even in `ln(scale + age)`: a power of `n` then falls evenly.
fn simpson(from: f64, to: f64, scale: f64, n: f64, f: impl Fn(f64) -> f64) -> f64 {
    let first = (scale + from).ln();
    let width = ((scale + to).ln() - first).min(FAR / n);
    if width <= 0.0 {
        return 0.0;
    }
    let value = |i: usize| {
        let at = (first + width * i as f64 / STEPS as f64).exp();
        let weight = match i {
            0 | STEPS => 1.0,
            i if i.is_multiple_of(2) => 2.0,
            _ => 4.0,
        };
        weight * at * f(at - scale)
    };
    (0..=STEPS).map(value).sum::<f64>() * width / STEPS as f64 / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates = Rates {
        shape: 1.5,
        scale: 37.5,
    };

    fn seen(repeats: f64, alive: f64, age: f64) -> Seen {
        Seen {
            repeats,
            alive,
            age,
        }
    }

    #[test]
    fn the_outlook_is_the_mean_of_those_with_known_rates() {
        use rand_distr::{Distribution, Gamma};
        let mut rng = crate::random::stream(1, "lifetimes", 0);
        let (rate, dropout) = (
            Gamma::new(1.5, 1.0 / 37.5).unwrap(),
            Gamma::new(DROPOUT_SHAPE, 1.0 / DROPOUT_DAYS).unwrap(),
        );
        for s in [
            seen(0.0, 0.0, 300.0),
            seen(6.0, 150.0, 200.0),
            seen(2.0, 100.0, 101.0),
        ] {
            let (mut weight, mut alive, mut quiet, mut orders) = (0.0, 0.0, 0.0, 0.0);
            for _ in 0..200_000 {
                let (l, m) = (rate.sample(&mut rng), dropout.sample(&mut rng));
                let both: f64 = l + m;
                // Likelihood of the history, given the rates.
                let w = l.powf(s.repeats)
                    * (m / both * (-(both * s.alive)).exp() + l / both * (-(both * s.age)).exp());
                let known = known_outlook(l, m, s, 90.0, 0.95);
                weight += w;
                alive += w * known.alive;
                quiet += w * known.quiet;
                orders += w * known.orders;
            }
            let o = outlook(RATES, s, 90.0, 0.95);
            for (drawn, known) in [(alive, o.alive), (quiet, o.quiet), (orders, o.orders)] {
                let drawn = drawn / weight;
                assert!((drawn / known - 1.0).abs() < 0.03, "{s:?}: {drawn} {known}");
            }
        }
    }

    #[test]
    fn long_histories_stay_numbers() {
        let o = outlook(RATES, seen(5_000.0, 36_000.0, 36_100.0), 90.0, 1.0);
        assert!(o.alive > 0.0 && o.alive < 1e-2 && o.ln_likelihood.is_finite());
        let fresh = outlook(RATES, seen(0.0, 0.0, 0.0), 90.0, 1.0);
        assert!((fresh.alive - 1.0).abs() < 1e-12 && fresh.quiet < 0.5);
    }
}
