//! Who is worth keeping: customers of little value, valuable ones who are settled, and valuable ones who shop around.

mod deals;
mod fit;
mod params;
mod result;

pub use params::RetentionParams;
pub use result::{Retention, RetentionClass};
