//! Statistics that several families share.

pub(crate) mod quantile;
pub(crate) mod sum;
