//! Customers in numbers, as of the clock: what segmentation and models work on.
//!
//! ```
//! use patronomy::features::{FeatureParams, FeatureSet};
//! use patronomy::{Context, simulate::Shop};
//! let tx = Shop::new(200, 365, 1).transactions()?;
//! let features = FeatureParams::new([FeatureSet::Rfm]).fit(&tx, &Context::new())?;
//! assert_eq!(features.names(), ["recency_days", "frequency", "monetary"]);
//! # Ok::<(), patronomy::Error>(())
//! ```

mod basket;
mod behaviour;
mod classes;
mod decompose;
mod fit;
mod orders;
mod params;
mod result;

pub use basket::BasketSpace;
pub use classes::{Activity, LatentClasses, Season};
pub(crate) use orders::Orders;
pub use params::{FeatureParams, FeatureSet};
pub use result::{FeatureRecipe, Features, Kind};
