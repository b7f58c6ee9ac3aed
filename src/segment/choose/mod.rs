//! How many segments: what speaks for each number, and which one is recommended.

mod gap;
mod recommend;
mod stability;
mod sweep;

pub use recommend::Choice;
pub use sweep::{Candidate, ChooseParams};
