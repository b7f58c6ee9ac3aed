//! How long contracts last, without a law: survival by Kaplan and Meier, cumulative hazard by Nelson and Aalen, and the log-rank test between groups.

mod answers;
mod curve;
mod log_rank;
mod rows;
mod saved;

pub use answers::RestrictedMean;
pub use curve::{SurvivalCurve, SurvivalParams};
pub use log_rank::{LogRank, LogRankGroup};
pub use rows::Durations;
