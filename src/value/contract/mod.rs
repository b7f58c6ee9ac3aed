//! Contracts that are renewed or not: the shifted beta-geometric model.

mod fit;
mod model;

pub use fit::{ContractParams, Tenures};
pub use model::ContractModel;
