//! The job on transactions: what each customer is worth within a horizon.

mod fit;
mod params;
mod result;

pub use fit::ValueModel;
pub use params::ValueParams;
pub use result::CustomerValue;
