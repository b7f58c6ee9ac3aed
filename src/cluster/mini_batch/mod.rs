//! Mini-batch k-means: centres learnt from a few rows at a time, for more rows than memory holds or patience has.
//!
//! Each row of a batch draws the nearest centre towards itself, by the share that it has of all rows the centre has met (Sculley 2010): a centre is the
//! mean of the rows it has met, and the more these are the less it moves. What comes out is near to what k-means finds, not equal to it: the inertia is some
//! per cent higher. What is drawn depends on the seed and the number of the step alone, so a model that was saved and read goes on as if it had not been.
//!
//! ```
//! use patronomy::{Context, Matrix, cluster::mini_batch::MiniBatchParams};
//! let ctx = Context::new();
//! let mut model = None;
//! for batch in [[0.0_f64, 0.2, 10.0, 10.2], [0.1, 0.1, 9.9, 10.3]] {
//!     let batch = Matrix::from_rows(&batch[..], 1)?;
//!     let fitted = match &model {
//!         None => MiniBatchParams::new(2).start(&batch, None, &ctx)?,
//!         Some(model) => MiniBatchParams::partial_fit(model, &batch, None, &ctx)?,
//!     };
//!     model = Some(fitted.model);
//! }
//! let model = model.expect("there were batches");
//! assert_eq!(model.counts, [4.0, 4.0]);
//! # Ok::<(), patronomy::Error>(())
//! ```

mod draw;
mod fit;
mod model;
mod params;
mod step;

pub use fit::MiniBatchFit;
pub use model::MiniBatchModel;
pub use params::MiniBatchParams;
