//! Statistics that several families share.

pub(crate) mod agreement;
pub(crate) mod gamma;
pub(crate) mod matching;
pub(crate) mod multiple;
pub(crate) mod quadrature;
pub(crate) mod quantile;
pub(crate) mod ranks;
pub(crate) mod shift;
pub(crate) mod sum;
pub(crate) mod tails;
