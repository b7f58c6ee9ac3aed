//! Latent classes: kinds of customers that what they buy, and how much at once, would come from.

mod counts;
mod learn;
mod model;

pub(super) use learn::learn;
pub use model::LatentClasses;
