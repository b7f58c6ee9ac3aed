//! What is done to rows before they are mined, by explicit choice only.

pub(crate) mod returns;
