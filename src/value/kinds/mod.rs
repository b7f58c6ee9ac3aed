//! Kinds of customers by the clock: prospects, new, active, lapsing, lost, one-time.

mod events;
mod fit;
mod params;
mod result;

pub use params::KindParams;
pub use result::{CustomerKind, CustomerKinds};
