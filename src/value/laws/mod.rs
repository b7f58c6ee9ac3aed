//! Laws of how customers buy and leave. Each is a way to compute the likelihood of one customer, and what lies ahead of one who is still there.

mod beta_binomial;
mod beta_geometric;
mod pareto;

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma};
use serde::{Deserialize, Serialize};

use crate::stats::quadrature::exp_m1_over;

pub(super) use beta_binomial::BetaBinomial;
pub(super) use beta_geometric::BetaGeometric;
pub(super) use pareto::ParetoNbd;

/// How customers buy and leave. All laws say that customers differ: rates and chances are drawn, one for each customer, from distributions whose parameters are learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Law {
    /// BG/NBD (Fader, Hardie and Lee 2005): purchases at random with a rate from Gamma(r, alpha); after each repeat purchase a customer leaves with a chance from Beta(a, b). Who has
    /// not bought again cannot have left.
    #[default]
    BgNbd,
    /// MBG/NBD (Batislam, Denizel and Filiztekin 2007; Hoppe and Wagner 2007): the same, and a customer may leave after the first purchase too.
    MbgNbd,
    /// BG/CNBD-k (Platzer and Reutterer 2016; Reutterer, Platzer and Schröder 2021): BG/NBD with regular purchases, whose intervals are Erlang-`k`. None: the `k` from 1 to 6 that makes
    /// the data likeliest.
    BgCnbd {
        /// How regular: 1 is at random, 20 is the most.
        k: Option<u32>,
    },
    /// MBG/CNBD-k: MBG/NBD with regular purchases.
    MbgCnbd {
        /// How regular: 1 is at random, 20 is the most.
        k: Option<u32>,
    },
    /// Pareto/NBD (Schmittlein, Morrison and Colombo 1987): purchases at random with a rate from Gamma(r, alpha); a customer leaves at any time, with a rate from Gamma(s, beta).
    ParetoNbd,
    /// BG/BB (Fader, Hardie and Shang 2010), of discrete opportunities, such as years: a customer uses each with a chance from Beta(alpha, beta), and has left before it with a
    /// chance from Beta(gamma, delta). Frequencies, recencies and ages count opportunities.
    BgBb,
}

/// The largest `k`: purchases by the clock, nearly. Powers of counts to it are still floats.
pub(super) const MAX_K: u32 = 20;
/// The largest `k` that is tried where it is chosen.
pub(super) const TRIED_K: u32 = 6;

impl Law {
    /// Names of the parameters, in the order of the paper.
    #[must_use]
    pub const fn parameter_names(self) -> [&'static str; 4] {
        match self {
            Self::BgNbd | Self::MbgNbd | Self::BgCnbd { .. } | Self::MbgCnbd { .. } => {
                ["r", "alpha", "a", "b"]
            }
            Self::ParetoNbd => ["r", "alpha", "s", "beta"],
            Self::BgBb => ["alpha", "beta", "gamma", "delta"],
        }
    }

    /// How regular purchases are, and whether a customer may leave after the first; none for laws of another kind.
    pub(super) const fn beta_geometric(self) -> Option<(Option<u32>, bool)> {
        match self {
            Self::BgNbd => Some((Some(1), false)),
            Self::MbgNbd => Some((Some(1), true)),
            Self::BgCnbd { k } => Some((k, false)),
            Self::MbgCnbd { k } => Some((k, true)),
            Self::ParetoNbd | Self::BgBb => None,
        }
    }

    /// The same law with this `k`, where it has one.
    pub(super) const fn with_k(self, k: u32) -> Self {
        match self {
            Self::BgCnbd { .. } => Self::BgCnbd { k: Some(k) },
            Self::MbgCnbd { .. } => Self::MbgCnbd { k: Some(k) },
            other => other,
        }
    }
}

/// Logarithm of the likelihood of one customer, and its derivatives by the logarithms of the four parameters.
pub(super) type Scored = (f64, [f64; 4]);

/// How fast one customer buys and leaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    /// Transactions in a unit of time.
    pub(super) buying: f64,
    /// The hazard of leaving.
    pub(super) leaving: f64,
}

impl Rates {
    /// Transactions expected within a time of one who is there: ∫ buying e^(-leaving u) du.
    pub(super) fn expected(self, time: f64) -> f64 {
        self.buying * exp_m1_over(-self.leaving, time)
    }

    /// The chance to be still there after a time.
    pub(super) fn stays(self, time: f64) -> f64 {
        (-self.leaving * time).exp()
    }
}

/// A number from Gamma(shape, rate); 0 where the shape is no shape.
fn from_gamma(rng: &mut ChaCha8Rng, shape: f64, rate: f64) -> f64 {
    Gamma::new(shape, 1.0).map_or(0.0, |g| g.sample(rng)) / rate
}

/// A number from Beta(a, b).
fn from_beta(rng: &mut ChaCha8Rng, a: f64, b: f64) -> f64 {
    let (x, y) = (from_gamma(rng, a, 1.0), from_gamma(rng, b, 1.0));
    if x + y > 0.0 {
        x / (x + y)
    } else {
        a / (a + b)
    }
}

/// A law with its parameters. Rows of one frequency are computed together: what they share is a `Run`.
pub(super) trait RowLaw: Sync {
    type Run;
    type Alive: Future;
    fn new(parameters: [f64; 4], law: Law) -> Self;
    fn run(&self, frequency: f64) -> Self::Run;
    fn score(&self, run: &Self::Run, recency: f64, age: f64) -> Scored;
    /// The scores of customers of one frequency, with their places.
    fn score_each(
        &self,
        run: &Self::Run,
        recency: &[f64],
        age: &[f64],
        f: &mut impl FnMut(usize, Scored),
    ) {
        for (i, (&t_x, &age)) in recency.iter().zip(age).enumerate() {
            f(i, self.score(run, t_x, age));
        }
    }
    /// The chance that the customer is still there.
    fn p_alive(&self, run: &Self::Run, recency: f64, age: f64) -> f64;
    /// The same of customers of one frequency.
    fn p_alive_each(&self, run: &Self::Run, recency: &[f64], age: &[f64], out: &mut [f64]) {
        for (to, (&t_x, &age)) in out.iter_mut().zip(recency.iter().zip(age)) {
            *to = self.p_alive(run, t_x, age);
        }
    }
    /// What lies ahead of the customer if so.
    fn alive(&self, run: &Self::Run, recency: f64, age: f64) -> Self::Alive;
    /// Of one who has just bought for the first time: the chance to be still there, and what lies ahead then.
    fn newcomer(&self) -> (f64, Self::Alive);
    /// Points of the distributions that a mean over customers of one frequency needs; shared, for they are costly.
    fn points(&self, frequency: f64) -> <Self::Alive as Future>::Points;
    /// Those of [`newcomer`](Self::newcomer).
    fn newcomer_points(&self) -> <Self::Alive as Future>::Points;
}

/// What lies ahead of a customer who is still there.
pub(super) trait Future {
    type Points;
    /// Transactions expected within a time.
    fn expected(&self, time: f64) -> f64;
    /// All transactions to come, each worth exp(-rate · time until it).
    fn discounted(&self, points: &Self::Points, rate: f64) -> f64;
    /// The chance to be still there after a time.
    fn stays(&self, points: &Self::Points, time: f64) -> f64;
    /// The rates of one such customer, drawn.
    fn drawn(&self, rng: &mut ChaCha8Rng) -> Rates;
    /// The chances of 0, 1, 2, ... transactions within a time.
    fn counts(&self, time: f64, chances: &mut [f64]);
}
