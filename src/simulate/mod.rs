//! A shop whose truth is known.

mod alias;
mod catalog;
mod class;
mod dirt;
mod drawn;
mod mechanism;
mod names;
mod oracle;
mod params;
mod person;
mod planted;
mod shop;
mod strength;
mod truth;
mod visits;
mod write;

pub use dirt::Dirt;
pub use oracle::{Oracle, OracleScore, Task};
pub use params::{CustomerIds, Difficulty, Language, ShopParams};
pub use shop::Shop;
pub use truth::Truth;
