//! Linear algebra of a few dimensions: as many as a model has parameters.

#![allow(
    clippy::needless_range_loop,
    reason = "formulas over rows and columns read best with their indices"
)]

/// A symmetric matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::value) struct Symmetric {
    pub(in crate::value) n: usize,
    pub(in crate::value) values: Vec<f64>,
}

/// Pivots below this fraction of the diagonal make a matrix singular.
const SINGULAR: f64 = 1e-13;

impl Symmetric {
    pub(in crate::value) fn diagonal(n: usize, value: f64) -> Self {
        let mut values = vec![0.0; n * n];
        (0..n).for_each(|i| values[i * n + i] = value);
        Self { n, values }
    }

    pub(in crate::value) fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.n + j]
    }

    pub(in crate::value) fn times(&self, v: &[f64]) -> Vec<f64> {
        let rows = self.values.chunks_exact(self.n.max(1));
        rows.map(|row| dot(row, v)).collect()
    }

    /// The lower triangle L of A = L L'; none if the matrix is not positive definite.
    pub(in crate::value) fn cholesky(&self) -> Option<Self> {
        let n = self.n;
        let mut l = Self::diagonal(n, 0.0);
        for i in 0..n {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| l.at(i, k) * l.at(j, k)).sum();
                let rest = self.at(i, j) - known;
                l.values[i * n + j] = if i != j {
                    rest / l.at(j, j)
                } else if rest > SINGULAR * self.at(i, i).abs() {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
        }
        Some(l)
    }

    /// The inverse; none if the matrix is not positive definite.
    pub(in crate::value) fn inverse(&self) -> Option<Self> {
        let n = self.n;
        let l = self.cholesky()?;
        let mut inverse = Self::diagonal(n, 0.0);
        for column in 0..n {
            let mut v = vec![0.0; n];
            for i in column..n {
                let known: f64 = (0..i).map(|k| l.at(i, k) * v[k]).sum();
                v[i] = (f64::from(u8::from(i == column)) - known) / l.at(i, i);
            }
            for i in (0..n).rev() {
                let known: f64 = (i + 1..n).map(|k| l.at(k, i) * v[k]).sum();
                v[i] = (v[i] - known) / l.at(i, i);
            }
            (0..n).for_each(|i| inverse.values[i * n + column] = v[i]);
        }
        inverse
            .values
            .iter()
            .all(|x| x.is_finite())
            .then_some(inverse)
    }
}

pub(in crate::value) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

pub(in crate::value) fn largest(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |m: f64, x| m.max(x.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_undoes() {
        let a = Symmetric {
            n: 3,
            values: vec![4.0, 1.0, 0.5, 1.0, 3.0, -0.2, 0.5, -0.2, 2.0],
        };
        let inverse = a.inverse().unwrap();
        for i in 0..3 {
            let unit: Vec<f64> = (0..3).map(|j| f64::from(u8::from(i == j))).collect();
            let back = a.times(&inverse.times(&unit));
            assert!(back.iter().zip(&unit).all(|(x, y)| (x - y).abs() < 1e-14));
        }
        let flat = Symmetric {
            n: 2,
            values: vec![1.0, 1.0, 1.0, 1.0],
        };
        assert_eq!(flat.inverse(), None);
    }
}
