//! What a transaction is worth: the gamma-gamma model.

mod fit;
mod model;
mod summary;

pub use fit::SpendParams;
pub use model::SpendModel;
pub use summary::SpendSummary;
