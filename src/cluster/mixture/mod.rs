//! Gaussian mixtures: clouds of any ellipsoid shape that overlap, and how likely each row is of each.
//!
//! Expectation-maximisation (Dempster, Laird and Rubin 1977) with a full covariance matrix for each cloud, from k-means. The fit is linfa-clustering's; it cannot be
//! cancelled within a start, therefore rows are limited ([`MIXTURE_ROWS`]). What the model then says of rows is computed here, in logarithms: a row that is far
//! from all clouds has a label too. Nothing is scaled.
//!
//! ```
//! use patronomy::{Context, Matrix, cluster::mixture::MixtureParams};
//! let rows: Vec<f64> = (0..40).map(|i| f64::from(i % 2) * 50.0 + f64::from(i / 2)).collect();
//! let matrix = Matrix::from_rows(&rows[..], 1)?;
//! let ctx = Context::new();
//! let model = MixtureParams::new(2).fit(&matrix, &ctx)?;
//! let labels = model.predict(&matrix, &ctx)?;
//! assert_ne!(labels[0], labels[1]);
//! let mut weights = model.weights.clone();
//! weights.sort_by(f64::total_cmp);
//! assert!((weights[0] - 0.5).abs() < 1e-6);
//! # Ok::<(), patronomy::Error>(())
//! ```

mod fit;
mod gaussians;
mod model;
mod params;

pub use model::MixtureModel;
pub use params::{MIXTURE_ROWS, MixtureParams};
