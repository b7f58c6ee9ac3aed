//! A shop whose truth is known: transactions of any size drawn from a seed, the truth as tables, and the oracle's scores.
//!
//! Methods are tested against what is planted here, and not against perfection: the [`Oracle`] says how well anyone could do who knows the
//! mechanism but sees only the data. The mechanism shares no code with the library's own estimators.
//!
//! ```
//! use patronomy::simulate::{Difficulty, Dirt, ShopParams, Task};
//! let shop = ShopParams::new().difficulty(Difficulty::Hard).dirt(Dirt::Duplicate, 0.01).lines(10_000).shop();
//! let tx = shop.transactions()?;
//! assert!((8_000..12_500).contains(&tx.n_rows()));
//! assert!(shop.truth()?.dirt()?.num_rows() > 50);
//! assert!(shop.oracle()?.score(Task::Churn).score < Some(1.0));
//! # Ok::<(), patronomy::Error>(())
//! ```
//!
//! # The mechanism
//!
//! Let `D` be the days the shop is open. A customer `i` is drawn from a stream of numbers of its own, so customers are independent.
//!
//! **Classes.** Five segments `k` of private customers (shares .30 .25 .20 .15 .10), and wholesale buyers, who are marked in `customer_kind`. A
//! class has a mean rate, a distribution of basket sizes, a taste for categories, and one for dear or cheap items. Each category is one
//! segment's favourite.
//!
//! **Lives** (Schmittlein, Morrison & Colombo 1987, Counting your customers: the Pareto/NBD model). The first order comes at
//! `t0 ~ U(0, 0.7 D)`. Orders follow as a Poisson process of rate `λ ~ Gamma(r, r / mean rate of the class)` until the drop-out, which comes
//! at rate `μ ~ Gamma(2.5, 750 days)`. Time runs in business hours, 8 to 20 o'clock on every day.
//!
//! **Baskets.** `m` different items, `P(m) ∝ exp(-ln²(m/middle) / 2σ²) / m` for `m = 1..60` with `σ = 0.75`: a log-normal tail, cut off. Each
//! is drawn by category, `P(c) ∝ popularity · season(c, week) · e^preference` (the last for favourites), then by item within it,
//! `P(i) ∝ popularity · (price / 8)^taste · trend(i, t)`; an item that is there already is drawn again from its category. The season is
//! `1 + a cos(2π (day - peak) / 365.25)`, one value a week. One item in twenty rises and one falls, linearly from the opening to
//! the end. Quantities follow Zipf's law, `P(q) ∝ q^-2.2` for `q = 1..12`; wholesale buyers take dozens, `P(d) ∝ d^-1.2` for `d = 1..20`.
//!
//! **Prices** are log-normal around 8.00, in whole cents. Every 90 days, on days of its own, an item changes its price in one case of three, to
//! 0.8 to 1.45 times the base.
//!
//! **Rules.** A basket that holds the antecedent (one item or two) gets the consequent with the rule's probability, if it has not got it. No
//! item is in two rules; a quarter have rare antecedents. Probabilities lie in even ratios between the difficulty's ends.
//!
//! **Deviations.** From day `0.6 D` on, one private customer in twenty departs from the segment: in half of the cases a share of the lines moves
//! to one category that is no favourite, in the others quantities are tilted, `P'(q) ∝ P(q) q^tilt`.
//!
//! **Campaign.** On day `0.5 D` all private customers with an order get a letter (treated) or none (control), by a fair coin. Those who have
//! not dropped out respond with the probability of their segment, plus its uplift if treated; one segment's uplift is 0, one's is
//! negative. A response is an order within 14 days, by channel `mail`, beside the others.
//!
//! **Returns and cancellations.** A line comes back with the return rate after 1 to 20 days, whole or in part, in a transaction of its own. An
//! order is cancelled with the cancellation rate within three days: all its lines once more, negated, under a number that begins with `C`. What
//! would fall after the last day does not happen.
//!
//! **Dirt** spoils the finished table; see [`Dirt`]. It leaves truth and oracle as they are.
//!
//! # The difficulties
//!
//! | | easy | medium | hard |
//! |---|---|---|---|
//! | preference for favourites (logarithm) | 2.2 | 1.1 | 0.5 |
//! | spread of the segments' rates, sizes, tastes | 1 | 0.7 | 0.4 |
//! | days between orders, middle segment | 15 | 25 | 50 |
//! | shape `r` of the rates | 4 | 1.5 | 1 |
//! | probability of rules | .3 to .8 | .02 to .45 | .005 to .25 |
//! | a trend's lowest factor | 0.1 | 0.4 | 0.6 |
//! | lines a deviating customer moves | 0.7 | 0.45 | 0.25 |
//! | tilt of quantities | 2 | 1.3 | 0.7 |
//! | scale of the uplifts .05 .35 0 .18 -.06 | 1 | 0.7 | 0.4 |
//!
//! # The oracle
//!
//! Forecasts are made at day `0.75 D` for 90 days, or for what is left of the shop. What the oracle knows are the numbers above, the
//! catalog and the rules; what it sees are the lines. By Bayes' rule it weighs the segments by all of a customer's orders (when, how many items,
//! which), integrates over the unknown rates, and answers:
//!
//! | task | answer | metric |
//! |---|---|---|
//! | segments | the likeliest one | adjusted Rand index |
//! | churn | P(no order that stands within the horizon) | area under the ROC curve |
//! | value | E(orders) · mean money of an order, over segments | Spearman's correlation |
//! | `rule_baskets` | the item whose basket is the likeliest | hit rate of one guess |
//! | `rule_pairs` | likelihood ratio of a rule in either direction | average precision |
//! | deviations | likelihood ratio of a deviation of any kind | average precision |
//! | campaign | P(alive) · uplift, over segments | Qini's coefficient of the true uplift |
//! | trends | likelihood ratio given the category's sales | average precision |
//!
//! Three things are approximated, none to a visible effect: that items in a basket differ, prices' changes in an order's money, and how seasons
//! make items of like seasons meet. Beside the score stands that of a clairvoyant, who also knows each customer's rates and segment.
//! Rules by basket and trends need data: in a small shop the oracle itself finds little.
//!
//! Scores of 2,000 customers over 730 days, seed 5:
//!
//! | task | chance | easy | medium | hard |
//! |---|---|---|---|---|
//! | segments | 0.000 | 0.968 | 0.730 | 0.229 |
//! | churn | 0.500 | 0.951 | 0.923 | 0.879 |
//! | value | 0.000 | 0.773 | 0.702 | 0.587 |
//! | rule_baskets | 0.013 | 0.124 | 0.044 | 0.026 |
//! | rule_pairs | 0.000 | 1.000 | 0.824 | 0.574 |
//! | deviations | 0.046 | 0.998 | 0.890 | 0.514 |
//! | campaign | 0.000 | 0.970 | 0.835 | 0.568 |
//! | trends | 0.100 | 1.000 | 0.960 | 0.419 |

mod alias;
mod catalog;
mod class;
mod dirt;
mod drawn;
mod mechanism;
mod names;
mod oracle;
mod params;
mod person;
mod planted;
mod shop;
mod strength;
mod truth;
mod visits;
mod write;

pub use dirt::Dirt;
pub use oracle::{Oracle, OracleScore, Task};
pub use params::{CustomerIds, Difficulty, Language, ShopParams};
pub use shop::Shop;
pub use truth::Truth;
