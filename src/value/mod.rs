//! What customers are worth: how often they buy, how long they stay, what they spend.

mod collapse;
mod fit;
mod laws;
mod lifetime;
mod simulate;
mod summary;

pub use fit::{Controls, Estimates, LikelihoodRatio, Parameter};
pub use laws::Law;
pub use lifetime::{Drawn, IntervalParams, Intervals, LifetimeModel, LifetimeParams, TriedK};
pub use simulate::{SimulatedCustomers, simulate_customers};
pub use summary::{CustomerSummary, SummaryColumns};
