//! Models of how long customers stay and how often they buy.

mod fit;
mod intervals;
mod model;
mod params;
mod rows;

pub use intervals::{Drawn, IntervalParams, Intervals, Prediction};
pub use model::{LifetimeModel, TriedK};
pub use params::LifetimeParams;
