//! What is special in each segment: by how much it differs from the others, in words, and in whom it shows.

mod attributes;
mod describe;
mod traits;
mod words;

pub use attributes::Attributes;
pub use describe::{Profile, ProfileParams};
pub use traits::{Basis, Trait};
