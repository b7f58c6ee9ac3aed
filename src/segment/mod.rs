//! Segments of customers: the features of customers are scaled, the number of segments is chosen ([`choose`]), k-means finds them ([`job`]), what is special in each is said
//! ([`profile`], [`explain`], [`class_gap`]), and what experts say of them is kept.

mod axes;
pub mod choose;
pub mod class_gap;
pub mod explain;
pub mod job;
pub mod profile;
pub mod scaling;
