//! Customers who do what a law says, with parameters that are known: what models are tried on.

use rand::Rng;
use rand_distr::{Beta, Distribution, Exp1, Gamma};

use super::laws::Law;
use super::summary::{CustomerSummary, SummaryColumns};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::random::stream;

/// What simulated customers did.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct SimulatedCustomers {
    /// Repeat transactions.
    pub frequency: Vec<f64>,
    /// Time from the first transaction to the last.
    pub recency: Vec<f64>,
    /// Time from the first transaction to the end of observation, as given.
    pub age: Vec<f64>,
    /// Sums of the logarithms of the times between transactions; all 0 of the BG/BB law.
    pub log_intervals: Vec<f64>,
    /// Whether the customer is still there at the end: of the BG/BB law, at the next opportunity.
    pub is_alive: Vec<bool>,
}

impl SimulatedCustomers {
    /// Their summary, with the intervals.
    ///
    /// # Errors
    /// As [`SummaryColumns::collect`].
    pub fn summary(&self) -> Result<CustomerSummary> {
        SummaryColumns::new(&self.frequency, &self.recency, &self.age)
            .log_intervals(&self.log_intervals)
            .collect(&Context::new())
    }
}

/// A customer for each age, under a law with these parameters, in the order of [`Law::parameter_names`].
///
/// Each customer has a stream of random numbers of its own: the first hundred are the same, whoever follows. Who buys more than a million times is observed no longer.
///
/// # Errors
/// [`Error::Parameter`] for parameters and ages that are not above 0, for a law whose `k` is open, and for ages that do not count opportunities where the law is BG/BB.
pub fn simulate_customers(
    law: Law,
    parameters: [f64; 4],
    ages: &[f64],
    seed: u64,
) -> Result<SimulatedCustomers> {
    let owner = "simulate_customers";
    for (name, value) in law.parameter_names().iter().zip(parameters) {
        if !(value > 0.0 && value <= 1e100) {
            let rule = "must be above 0 and at most 1e100";
            return Err(Error::parameter(owner, name, rule, value));
        }
    }
    let is_bad = |age: &&f64| {
        let is_no_count = law == Law::BgBb && (age.fract() != 0.0 || **age > 1e6);
        !(**age > 0.0 && **age <= 1e100) || is_no_count
    };
    if let Some(bad) = ages.iter().find(is_bad) {
        let rule = "must be above 0, and whole where the law is BG/BB";
        return Err(Error::parameter(owner, "ages", rule, bad));
    }
    if let Some((None, _)) = law.beta_geometric() {
        return Err(Error::parameter(owner, "k", "must be given", "none"));
    }
    let mut all = SimulatedCustomers::default();
    for (i, &age) in (0..).zip(ages) {
        let mut rng = stream(seed, "simulated customers", i);
        let history = history(law, parameters, age, &mut rng);
        all.frequency.push(history.count);
        all.recency.push(history.last);
        all.age.push(age);
        all.log_intervals.push(history.log_intervals);
        all.is_alive.push(history.is_alive);
    }
    Ok(all)
}

/// What one customer did.
#[derive(Default)]
struct History {
    count: f64,
    last: f64,
    log_intervals: f64,
    is_alive: bool,
}

const MOST: f64 = 1e6;

fn gamma(shape: f64, rng: &mut impl Rng) -> f64 {
    Gamma::new(shape, 1.0).map_or(shape, |g| g.sample(rng))
}

fn beta(a: f64, b: f64, rng: &mut impl Rng) -> f64 {
    Beta::new(a, b).map_or(a / (a + b), |d| d.sample(rng))
}

fn history(law: Law, p: [f64; 4], age: f64, rng: &mut impl Rng) -> History {
    match law {
        Law::ParetoNbd => {
            let rate = gamma(p[0], rng) / p[1];
            let wait: f64 = Exp1.sample(rng);
            let life = wait / (gamma(p[2], rng) / p[3]);
            let mut h = buys(rate, 1, life.min(age), rng, |_| false);
            h.is_alive = life > age;
            h
        }
        Law::BgBb => {
            let (uses, leaves) = (beta(p[0], p[1], rng), beta(p[2], p[3], rng));
            opportunities(uses, leaves, age, rng)
        }
        _ => {
            let (k, at_first) = law.beta_geometric().unwrap_or((Some(1), false));
            let rate = gamma(p[0], rng) / p[1];
            let leaves = beta(p[2], p[3], rng);
            if at_first && rng.r#gen::<f64>() < leaves {
                return History::default();
            }
            buys(rate, k.unwrap_or(1), age, rng, |rng| {
                rng.r#gen::<f64>() < leaves
            })
        }
    }
}

/// Purchases each after `k` exponential steps, until the end, or until the customer leaves after one.
fn buys<R: Rng>(
    rate: f64,
    k: u32,
    end: f64,
    rng: &mut R,
    mut leaves: impl FnMut(&mut R) -> bool,
) -> History {
    let mut h = History {
        is_alive: true,
        ..History::default()
    };
    while h.count < MOST {
        let steps: f64 = (0..k).map(|_| -> f64 { Exp1.sample(rng) }).sum();
        let wait = steps / rate;
        if !(h.last + wait <= end && wait > 0.0) {
            break;
        }
        h.last += wait;
        h.count += 1.0;
        h.log_intervals += wait.ln();
        if leaves(rng) {
            h.is_alive = false;
            break;
        }
    }
    h
}

fn opportunities(uses: f64, leaves: f64, n: f64, rng: &mut impl Rng) -> History {
    let mut h = History::default();
    let mut i = 1.0;
    while i <= n {
        if rng.r#gen::<f64>() < leaves {
            return h;
        }
        if rng.r#gen::<f64>() < uses {
            h.count += 1.0;
            h.last = i;
        }
        i += 1.0;
    }
    h.is_alive = rng.r#gen::<f64>() >= leaves;
    h
}
