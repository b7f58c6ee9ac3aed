//! What a later period says of a model: counts of customers beside what was expected of them, and all transactions over time.

mod calibration;
mod tracking;

pub use calibration::{HoldoutBin, HoldoutTable};
pub use tracking::TrackingCurve;
