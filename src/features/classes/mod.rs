//! Latent classes: kinds of customers that what they buy, and how much at once, would come from.

mod activity;
mod counts;
mod learn;
mod model;
mod season;
mod tastes;

pub use activity::Activity;
pub(super) use learn::learn;
pub use model::LatentClasses;
pub use season::Season;
