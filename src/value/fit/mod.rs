//! Maximum likelihood: the search, and what it finds.

mod drawn;
mod estimates;
mod linear;
mod minimise;

pub(in crate::value) use drawn::limits;
pub use estimates::{Controls, Estimates, LikelihoodRatio, Parameter};
pub(in crate::value) use estimates::{Found, Task, estimate};
pub(in crate::value) use linear::Symmetric;
pub(in crate::value) use minimise::Point;
