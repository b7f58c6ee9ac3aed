//! Segments of customers, held to plain restatements of what they are.

mod classes;
mod features;
mod job;
mod kept;
mod later;
mod people;
mod shops;
