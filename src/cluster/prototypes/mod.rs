//! k-prototypes: k-means for numbers and categories together (Huang 1998).
//!
//! A prototype has the mean of its rows' numbers and, of each category column, the value that most of them have. A row is as far from it as the squared distance of the numbers
//! and `gamma` for each category that differs. Distances are made in 64 bits, labels are the first of the least.
//!
//! ```
//! use patronomy::cluster::prototypes::{Categories, PrototypesParams};
//! use patronomy::{Context, Matrix};
//! let ctx = Context::new();
//! let spent = [1.0_f64, 2.0, 1.5, 1.5];
//! let numbers = Matrix::from_rows(&spent[..], 1)?;
//! let channel = Categories::of("channel", &["shop", "shop", "web", "web"])?;
//! let fitted = PrototypesParams::new(2).gamma(4.0).fit(&numbers, &[channel], &ctx)?;
//! assert_eq!(fitted.labels[0], fitted.labels[1]);
//! assert_ne!(fitted.labels[1], fitted.labels[2]);
//! // What was not there is different from everything, and said.
//! let new = Categories::of("channel", &["phone"])?;
//! let found = fitted.model.predict(&Matrix::from_rows(&[1.5][..], 1)?, &[new], &ctx)?;
//! assert_eq!(found.notices, ["column `channel`: 1 row(s) have a category that the fit had not"]);
//! # Ok::<(), patronomy::Error>(())
//! ```

mod categories;
mod fit;
mod mixed;
mod model;
mod params;

pub use categories::Categories;
pub use fit::PrototypesFit;
pub use model::{Assigned, PrototypesModel};
pub use params::PrototypesParams;
