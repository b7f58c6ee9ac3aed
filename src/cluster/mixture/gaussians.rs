//! Densities of normal distributions, in logarithms.

/// A cloud, ready to be compared with rows.
#[derive(Debug)]
struct Gaussian<'a> {
    mean: &'a [f64],
    /// The lower triangle whose product with itself turned is the covariance, row by row.
    root: Vec<f64>,
    /// The logarithm of weight and of the density at the mean.
    top: f64,
}

/// All clouds of a mixture.
#[derive(Debug)]
pub(super) struct Gaussians<'a>(Vec<Gaussian<'a>>);

impl<'a> Gaussians<'a> {
    /// Clouds by their weights, means and covariances; none if a covariance is not positive definite.
    pub(super) fn new(
        weights: &[f64],
        means: &'a [f64],
        covariances: &[f64],
        d: usize,
    ) -> Option<Self> {
        let all = weights
            .iter()
            .zip(means.chunks_exact(d))
            .zip(covariances.chunks_exact(d * d));
        let clouds = all.map(|((weight, mean), covariance)| {
            let root = root(covariance, d)?;
            let size: f64 = (0..d).map(|i| root[i * d + i].ln()).sum();
            let top = weight.ln() - size - d as f64 / 2.0 * std::f64::consts::TAU.ln();
            Some(Gaussian { mean, root, top })
        });
        clouds.collect::<Option<_>>().map(Self)
    }

    /// Writes the logarithm of weight times density of each cloud, and returns that of their sum.
    pub(super) fn at(&self, row: &[f64], off: &mut [f64], to: &mut [f64]) -> f64 {
        for (cloud, to) in self.0.iter().zip(&mut *to) {
            *to = cloud.top - cloud.squared(row, off) / 2.0;
        }
        let most = to.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + to.iter().map(|x| (x - most).exp()).sum::<f64>().ln()
    }
}

impl Gaussian<'_> {
    /// The squared distance from the mean, in the cloud's own measure (Mahalanobis).
    fn squared(&self, row: &[f64], off: &mut [f64]) -> f64 {
        let d = row.len();
        for i in 0..d {
            let before = off[..i].iter().zip(&self.root[i * d..]);
            let known: f64 = before.map(|(x, l)| x * l).sum();
            off[i] = (row[i] - self.mean[i] - known) / self.root[i * d + i];
        }
        off.iter().map(|x| x * x).sum()
    }
}

/// The root of Cholesky (1924); none if the matrix has none.
fn root(matrix: &[f64], d: usize) -> Option<Vec<f64>> {
    let mut root = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let known: f64 = (0..j).map(|l| root[i * d + l] * root[j * d + l]).sum();
            let left = matrix[i * d + j] - known;
            root[i * d + j] = if i > j {
                left / root[j * d + j]
            } else if left > 0.0 && left.is_finite() {
                left.sqrt()
            } else {
                return None;
            };
        }
    }
    Some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_are_those_of_the_textbook() {
        let covariance = [4.0, 1.0, 1.0, 2.0];
        let all = Gaussians::new(&[1.0], &[1.0, -1.0], &covariance, 2).unwrap();
        let (mut off, mut to) = ([0.0; 2], [0.0]);
        let found = all.at(&[3.0, 0.0], &mut off, &mut to);
        // The inverse of the covariance is [2, -1; -1, 4] / 7.
        let square = (2.0 * 4.0 - 2.0 * 2.0 + 4.0) / 7.0_f64;
        let expected = -square / 2.0 - (2.0 * std::f64::consts::PI * 7.0_f64.sqrt()).ln();
        assert!((found - expected).abs() < 1e-12);
        assert!((to[0] - found).abs() < 1e-12);
        // Far away it is still a number.
        assert!(all.at(&[1e9, 0.0], &mut off, &mut to).is_finite());
        assert!(Gaussians::new(&[1.0], &[0.0, 0.0], &[1.0, 2.0, 2.0, 1.0], 2).is_none());
    }
}
