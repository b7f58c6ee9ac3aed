//! What customers are worth: how often they buy, how long they stay, what they spend.
//!
//! | question | model |
//! |---|---|
//! | what each customer of some transactions is worth within a horizon | [`ValueParams`] |
//! | who is still a customer, and how many transactions are to come | [`LifetimeParams`] with a [`Law`], fitted on a [`CustomerSummary`] |
//! | what a transaction of each is worth | [`SpendParams`] on a [`SpendSummary`] |
//! | what each customer and order has brought: revenue, discounts, returns, costs, profit | [`ProfitParams`] |
//! | who is a prospect, new, active, lapsing, lost, and why | [`KindParams`] |
//! | whom to keep: of little value, settled, shopping around | [`RetentionParams`] |
//! | how long contracts are renewed | [`ContractParams`] on [`Tenures`] |
//! | how long contracts last, without a law | [`SurvivalParams`] on [`Durations`], [`LogRank`] between groups |
//! | how those who came in one month, say, return and pay in the months after | [`CohortParams`] |
//! | whether a later period bears a model out | [`LifetimeModel::holdout`], [`LifetimeModel::tracking`] |
//!
//! All are fitted by maximum likelihood: [`Estimates`] holds parameters with standard errors, the log-likelihood and the criteria that models are compared by. Equal customers
//! are computed once. A fit that does not converge is no error: [`Estimates::converged`] says so, and notices say why.
//!
//! ```
//! use patronomy::Context;
//! use patronomy::value::{Law, LifetimeParams, SpendParams, SpendSummary, simulate_customers};
//! let ctx = Context::new();
//! let ages: Vec<f64> = (0..1_000).map(|i| 27.0 + f64::from(i % 12)).collect();
//! let customers = simulate_customers(Law::ParetoNbd, [0.55, 10.6, 0.6, 11.7], &ages, 1)?;
//! let summary = customers.summary()?;
//! let model = LifetimeParams::new(Law::ParetoNbd).fit(&summary, &ctx)?;
//! // Each customer's transactions to come, worth less by 10 % a year of 52 weeks.
//! let transactions = model.discounted(&summary, f64::ln(1.1) / 52.0, &ctx)?;
//! // What one is worth; here the value falls with the row.
//! let value = |i: usize| if customers.frequency[i] > 0.0 { 20.0 + 9_000.0 / (i + 99) as f64 } else { 0.0 };
//! let mean: Vec<f64> = (0..1_000).map(value).collect();
//! let spend = SpendSummary::new(&customers.frequency, &mean)?;
//! let value = SpendParams::new().fit(&spend, &ctx)?.expected(&spend, &ctx)?;
//! let lifetime_value: Vec<f64> = transactions.iter().zip(&value).map(|(n, v)| n * v).collect();
//! assert!(lifetime_value.iter().all(|v| v.is_finite() && *v >= 0.0));
//! # Ok::<(), patronomy::Error>(())
//! ```

mod cohorts;
mod collapse;
mod columns;
mod contract;
mod fit;
mod holdout;
mod job;
mod kinds;
mod laws;
mod lifetime;
mod profit;
mod retention;
mod simulate;
mod spend;
mod summary;
mod survival;

pub use cohorts::{CohortMeasure, CohortParams, Cohorts};
pub use contract::{ContractModel, ContractParams, Tenures};
pub use fit::{Controls, Estimates, LikelihoodRatio, Parameter};
pub use holdout::{HoldoutBin, HoldoutTable, TrackingCurve};
pub use job::{
    CustomerValue, EquityChange, Movement, ValueErrors, ValueEvaluation, ValueModel, ValueParams,
};
pub use kinds::{CustomerKind, CustomerKinds, KindParams};
pub use laws::Law;
pub use lifetime::{
    Drawn, IntervalParams, Intervals, LifetimeModel, LifetimeParams, Prediction, TriedK,
};
pub use profit::{MarginModel, Money, Profit, ProfitParams, ProfitTotals};
pub use retention::{Retention, RetentionClass, RetentionParams};
pub use simulate::{SimulatedCustomers, simulate_customers};
pub use spend::{SpendModel, SpendParams, SpendSummary};
pub use summary::{CustomerSummary, SummaryColumns};
pub use survival::{
    Durations, LogRank, LogRankGroup, RestrictedMean, SurvivalCurve, SurvivalParams,
};
