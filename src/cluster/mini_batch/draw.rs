//! Rows drawn from a matrix.

use rand::Rng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use crate::matrix::Matrix;

/// What rows are drawn by.
pub(super) struct Urn<'a> {
    matrix: &'a Matrix<'a>,
    /// The sums of the weights up to each row; none where each row weighs the same.
    up_to: Option<Vec<f64>>,
}

impl<'a> Urn<'a> {
    pub(super) fn new(matrix: &'a Matrix<'a>, weights: Option<&[f64]>) -> Self {
        let up_to = weights.map(|weights| {
            let add = |sum: &mut f64, w: &f64| {
                *sum += w;
                Some(*sum)
            };
            weights.iter().scan(0.0, add).collect()
        });
        Self { matrix, up_to }
    }

    /// The weight of all rows.
    pub(super) fn weight(&self) -> f64 {
        match &self.up_to {
            Some(up_to) => up_to.last().copied().unwrap_or(0.0),
            None => self.matrix.n_rows() as f64,
        }
    }

    /// Numbers of rows, each drawn from all.
    pub(super) fn again(&self, n: usize, random: &mut ChaCha8Rng) -> Vec<usize> {
        let n_rows = self.matrix.n_rows();
        let Some(up_to) = &self.up_to else {
            return (0..n).map(|_| random.gen_range(0..n_rows)).collect();
        };
        let all = self.weight();
        // Rows without weight end where the row before them does, and are not found; nor is what rounding leaves over.
        let last = up_to.partition_point(|&sum| sum < all);
        let draw = |_| {
            let at = random.r#gen::<f64>() * all;
            up_to.partition_point(|&sum| sum <= at).min(last)
        };
        (0..n).map(draw).collect()
    }

    /// Numbers of different rows; where rows have weights, each drawn from all.
    pub(super) fn once(&self, n: usize, random: &mut ChaCha8Rng) -> Vec<usize> {
        match self.up_to {
            Some(_) => self.again(n, random),
            None => sample(random, self.matrix.n_rows(), n).into_vec(),
        }
    }

    /// The rows with these numbers, one after the other.
    pub(super) fn rows(&self, numbers: &[usize], to: &mut Vec<f64>) {
        let d = self.matrix.n_columns();
        to.resize(numbers.len() * d, 0.0);
        for (to, &row) in to.chunks_exact_mut(d).zip(numbers) {
            self.matrix.row(row, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;

    #[test]
    fn rows_are_drawn_by_weight() {
        let values = [0.0_f64, 1.0, 2.0, 3.0];
        let matrix = Matrix::from_rows(&values[..], 1).unwrap();
        let weights = [0.0, 1.0, 3.0, 0.0];
        let urn = Urn::new(&matrix, Some(&weights));
        let drawn = urn.again(10_000, &mut stream(0, "test", 0));
        let of = |row| drawn.iter().filter(|&&r| r == row).count();
        assert_eq!((of(0), of(3)), (0, 0));
        // Three standard deviations of a binomial count.
        assert!(of(1).abs_diff(2_500) < 130, "{}", of(1));
        let mut once = Urn::new(&matrix, None).once(4, &mut stream(0, "test", 1));
        once.sort_unstable();
        assert_eq!(once, [0, 1, 2, 3]);
    }
}
