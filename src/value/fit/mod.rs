//! Maximum likelihood: the search, and what it finds.

mod estimates;
mod linear;
mod minimise;

pub use estimates::{Controls, Estimates, LikelihoodRatio, Parameter};
pub(in crate::value) use estimates::{Found, REACH, Task, estimate};
pub(in crate::value) use linear::Symmetric;
pub(in crate::value) use minimise::Point;
