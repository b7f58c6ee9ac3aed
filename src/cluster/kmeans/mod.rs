//! k-means: each row belongs to the nearest of `k` centres, and each centre is the mean of its rows.
//!
//! Lloyd's algorithm (1982) from the starts of Arthur and Vassilvitskii (2007). What decides is exact: a row's label is the centre with the least squared
//! distance in numbers of 64 bits, the first of equal ones. Numbers of 32 bits find it, and where they cannot be certain all centres are looked at
//! again: so labels do not depend on the instruction set, nor on the number of threads.
//!
//! ```
//! use patronomy::{Context, Matrix, cluster::kmeans::KMeansParams};
//! let rows = [0.0_f64, 0.1, 10.0, 10.1];
//! let matrix = Matrix::from_rows(&rows[..], 1)?;
//! let fitted = KMeansParams::new(2).fit(&matrix, None, &Context::new())?;
//! assert_eq!(fitted.labels[0], fitted.labels[1]);
//! assert!((fitted.model.inertia - 0.01).abs() < 1e-12);
//! # Ok::<(), patronomy::Error>(())
//! ```

pub(in crate::cluster) mod assign;
mod bounds;
pub(in crate::cluster) mod fit;
pub(in crate::cluster) mod init;
pub(in crate::cluster) mod lloyd;
mod model;
pub(in crate::cluster) mod params;
mod places;
mod repair;
mod sized;
mod step;
#[cfg(feature = "linfa")]
mod traits;

pub use fit::KMeansFit;
pub use model::KMeansModel;
pub use params::{Init, KMeansParams};
pub use places::Places;
