//! The job on transactions: what each customer is worth within a horizon, whether it was, and what has become of it.

mod equity;
mod evaluation;
mod fit;
mod params;
mod result;
mod seen;

pub use equity::{EquityChange, Movement};
pub use evaluation::{ValueErrors, ValueEvaluation};
pub use fit::ValueModel;
pub use params::ValueParams;
pub use result::CustomerValue;

pub(super) use seen::summaries;
