//! The silhouette of each row: how much nearer its group is than the next.

use super::check;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::matrix::frame::{Frame, square};
use crate::parallel::{Context, map_ordered, pieces};
use crate::random::stream;

/// The mean silhouette, and of how many rows it is.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Silhouette {
    /// The mean over the rows looked at: -1 to 1, more is better.
    pub mean: f64,
    /// The standard error of that mean as an estimate of the mean over all rows; 0 where all were looked at.
    pub standard_error: f64,
    /// How many rows were looked at.
    pub n_rows: usize,
}

/// The mean silhouette (Rousseeuw 1987): (b - a) / max(a, b), a being the mean distance of a row to the others of its group, b the least mean distance to the rows
/// of another. A row that is alone in its group has 0.
///
/// Of more rows than `sample` only so many are drawn, and compared with each other. Cost: the square of their number x columns. None with fewer than two groups
/// among them.
///
/// ```
/// use patronomy::{Context, Matrix, cluster::indices::silhouette};
/// let rows = [0.0_f64, 1.0, 10.0, 11.0];
/// let matrix = Matrix::from_rows(&rows[..], 1)?;
/// let found = silhouette(&matrix, &[0, 0, 1, 1], 2, 1_000, 0, &Context::new())?.unwrap();
/// assert!((found.mean - (1.0 - 1.0 / 10.5 + 1.0 - 1.0 / 9.5) / 2.0).abs() < 1e-12);
/// # Ok::<(), patronomy::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] if a label is missing or names none of the groups, or fewer than two rows are to be drawn; [`Error::BadValues`] for what is no finite
/// number; [`Error::Cancelled`].
pub fn silhouette(
    matrix: &Matrix<'_>,
    labels: &[i32],
    n_groups: usize,
    sample: usize,
    seed: u64,
    ctx: &Context,
) -> Result<Option<Silhouette>> {
    check(matrix, labels, n_groups)?;
    if sample < 2 {
        let rule = "must be at least 2 rows";
        return Err(Error::parameter("silhouette", "sample", rule, sample));
    }
    let scale = Frame::of(&matrix.moments(ctx)?).scale;
    let n = matrix.n_rows();
    let drawn = if n <= sample {
        (0..n).collect()
    } else {
        let mut random = stream(seed, "silhouette", 0);
        let mut drawn = rand::seq::index::sample(&mut random, n, sample).into_vec();
        drawn.sort_unstable();
        drawn
    };
    let rows = Drawn::new(matrix, labels, n_groups, &drawn);
    if rows.sizes.iter().filter(|&&n| n > 0).count() < 2 {
        return Ok(None);
    }
    // So many numbers that a stop is never far.
    let piece = (1 << 23) / (drawn.len() * rows.d);
    let ranges = pieces(drawn.len(), piece).collect();
    let parts = map_ordered(
        ctx,
        "silhouettes",
        ranges,
        |range: std::ops::Range<usize>| {
            let own = range.map(|i| rows.silhouette(i, scale));
            let sums = own.fold((0.0, 0.0), |(sum, squares), s| (sum + s, squares + s * s));
            Ok(sums)
        },
    )?;
    let add = |a: (f64, f64), b: &(f64, f64)| (a.0 + b.0, a.1 + b.1);
    let (sum, squares) = parts.iter().fold((0.0, 0.0), add);
    let m = drawn.len() as f64;
    let mean = sum / m;
    let variance = (squares / m - mean * mean).max(0.0) * m / (m - 1.0);
    // Drawn without putting back: nothing is left to chance where all are drawn.
    let left = 1.0 - m / n as f64;
    Ok(Some(Silhouette {
        mean,
        standard_error: (variance / m * left).sqrt(),
        n_rows: drawn.len(),
    }))
}

/// The rows looked at, copied.
struct Drawn {
    rows: Vec<f64>,
    labels: Vec<usize>,
    sizes: Vec<usize>,
    d: usize,
}

impl Drawn {
    fn new(matrix: &Matrix<'_>, labels: &[i32], n_groups: usize, drawn: &[usize]) -> Self {
        let d = matrix.n_columns();
        let mut rows = vec![0.0; drawn.len() * d];
        for (to, &i) in rows.chunks_exact_mut(d).zip(drawn) {
            matrix.row(i, to);
        }
        let labels: Vec<usize> = drawn.iter().map(|&i| labels[i] as usize).collect();
        let mut sizes = vec![0; n_groups];
        labels.iter().for_each(|&l| sizes[l] += 1);
        Self {
            rows,
            labels,
            sizes,
            d,
        }
    }

    fn silhouette(&self, i: usize, scale: f64) -> f64 {
        let label = self.labels[i];
        if self.sizes[label] < 2 {
            return 0.0;
        }
        let row = &self.rows[i * self.d..][..self.d];
        let mut sums = vec![0.0; self.sizes.len()];
        for (other, &label) in self.rows.chunks_exact(self.d).zip(&self.labels) {
            sums[label] += square(row, other, scale).sqrt();
        }
        let own = sums[label] / (self.sizes[label] - 1) as f64;
        let others = sums.iter().zip(&self.sizes).enumerate();
        let others = others.filter(|(other, (_, n))| *other != label && **n > 0);
        let means = others.map(|(_, (sum, &n))| sum / n as f64);
        let next = means.fold(f64::INFINITY, f64::min);
        let most = own.max(next);
        if most > 0.0 { (next - own) / most } else { 0.0 }
    }
}
