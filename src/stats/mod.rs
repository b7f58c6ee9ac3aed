//! Statistics that several families share.

pub(crate) mod multiple;
pub(crate) mod quantile;
pub(crate) mod sum;
pub(crate) mod tails;
