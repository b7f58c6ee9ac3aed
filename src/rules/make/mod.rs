//! Rules made of item sets: of all frequent ones, of closed ones and generators, or every split there is.

pub(super) mod basis;
pub(super) mod generate;
pub(super) mod splits;
