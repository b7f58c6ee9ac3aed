//! How customers differ in the share of their orders that have a discount: the beta-binomial distribution.

use crate::error::Result;
use crate::parallel::Context;
use crate::stats::gamma::{digamma_rise, ln_rising};
use crate::stats::sum::Sum;
use crate::value::fit::{Controls, Point, Task, estimate};

/// Orders of one customer, and those with a discount.
pub(super) type Orders = (u32, u32);

/// The distribution of customers' shares, Beta(a, b).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Deals {
    pub(super) a: f64,
    pub(super) b: f64,
}

impl Deals {
    /// The likeliest; none if no order has a discount.
    pub(super) fn learn(orders: &[Orders], ctx: &Context) -> Result<Option<Self>> {
        let mut counted: Vec<(u32, u32, f64)> = Vec::new();
        let mut sorted: Vec<Orders> = orders.iter().copied().filter(|o| o.0 > 0).collect();
        sorted.sort_unstable();
        for same in sorted.chunk_by(|a, b| a == b) {
            counted.push((same[0].0, same[0].1, same.len() as f64));
        }
        let total =
            |of: fn(&Orders) -> u32| -> f64 { sorted.iter().map(|o| f64::from(of(o))).sum() };
        let (n, with) = (total(|o| o.0), total(|o| o.1));
        if with == 0.0 {
            return Ok(None);
        }
        // Half an order of each kind keeps the start off the borders.
        let mean = (with + 0.5) / (n + 1.0);
        let names = ["a", "b"].map(|n| (n.to_owned(), true));
        let task = Task {
            names: &names,
            start: vec![mean.ln(), (1.0 - mean).ln()],
            inverse: None,
            n_observations: sorted.len() as f64,
            controls: &Controls::default(),
        };
        let found = estimate(task, &mut |at| {
            ctx.cancel.poll()?;
            Ok(likelihood(&counted, at))
        })?;
        let values: Vec<f64> = found.estimates.parameters.iter().map(|p| p.value).collect();
        Ok(Some(Self {
            a: values[0],
            b: values[1],
        }))
    }

    /// What is then known of one customer.
    pub(super) fn of(self, (n, with): Orders) -> Self {
        Self {
            a: self.a + f64::from(with),
            b: self.b + f64::from(n - with.min(n)),
        }
    }

    pub(super) fn mean(self) -> f64 {
        self.a / (self.a + self.b)
    }
}

/// The negative mean log-likelihood and its gradient by the logarithms of a and b.
fn likelihood(counted: &[(u32, u32, f64)], at: &[f64]) -> Point {
    let (a, b) = (at[0].exp(), at[1].exp());
    let mut sums = [Sum::default(); 4];
    for &(n, with, weight) in counted {
        let (n, with) = (f64::from(n), f64::from(with));
        let all = digamma_rise(a + b, n);
        let ln = ln_rising(a, with) + ln_rising(b, n - with) - ln_rising(a + b, n);
        sums[0].add(weight * ln);
        sums[1].add(weight * (digamma_rise(a, with) - all) * a);
        sums[2].add(weight * (digamma_rise(b, n - with) - all) * b);
        sums[3].add(weight);
    }
    let [value, by_a, by_b, total] = sums.map(Sum::total);
    Point {
        value: -value / total,
        gradient: vec![-by_a / total, -by_b / total],
    }
}

#[cfg(test)]
mod tests {
    use rand_distr::{Beta, Binomial, Distribution};

    use super::*;
    use crate::random::stream;

    #[test]
    fn the_distribution_is_found() {
        let mut rng = stream(3, "deals", 0);
        let shares = Beta::new(0.8, 2.4).unwrap();
        let draw = |n: u32, rng: &mut rand_chacha::ChaCha8Rng| {
            let with = Binomial::new(n.into(), shares.sample(rng)).unwrap();
            (n, with.sample(rng) as u32)
        };
        let orders: Vec<Orders> = (0..20_000).map(|i| draw(1 + i % 9, &mut rng)).collect();
        let found = Deals::learn(&orders, &Context::new()).unwrap().unwrap();
        assert!(
            (found.a - 0.8).abs() < 0.05 && (found.b - 2.4).abs() < 0.15,
            "{found:?}"
        );
        assert_eq!(found.of((3, 2)).a, found.a + 2.0);
    }

    #[test]
    fn orders_that_tell_nothing() {
        let learn = |orders: &[Orders]| Deals::learn(orders, &Context::new()).unwrap();
        assert_eq!(learn(&[(3, 0), (1, 0)]), None);
        assert_eq!(learn(&[]), None);
        let all = learn(&[(2, 2), (4, 4)]).unwrap();
        assert!(all.mean() > 0.9, "{all:?}");
        let alike = learn(&[(2, 1); 50]).unwrap();
        assert!((alike.mean() - 0.5).abs() < 1e-3, "{alike:?}");
    }

    #[test]
    fn gradients_are_slopes() {
        let counted = [(3, 1, 2.0), (1, 1, 5.0), (9, 0, 1.0)];
        let at = [0.3, 1.1];
        let found = likelihood(&counted, &at);
        for i in 0..2 {
            let value = |h: f64| {
                let mut shifted = at;
                shifted[i] += h;
                likelihood(&counted, &shifted).value
            };
            let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
            assert!((found.gradient[i] - slope).abs() < 1e-8);
        }
    }
}
