//! What customers are worth: how often they buy, how long they stay, what they spend.

mod collapse;
mod contract;
mod fit;
mod holdout;
mod laws;
mod lifetime;
mod simulate;
mod spend;
mod summary;

pub use contract::{ContractModel, ContractParams, Tenures};
pub use fit::{Controls, Estimates, LikelihoodRatio, Parameter};
pub use holdout::{HoldoutBin, HoldoutTable, TrackingCurve};
pub use laws::Law;
pub use lifetime::{Drawn, IntervalParams, Intervals, LifetimeModel, LifetimeParams, TriedK};
pub use simulate::{SimulatedCustomers, simulate_customers};
pub use spend::{SpendModel, SpendParams, SpendSummary};
pub use summary::{CustomerSummary, SummaryColumns};
