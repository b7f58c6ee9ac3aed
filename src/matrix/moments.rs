//! Mean, variance and range of each column, in one pass that also finds what is no number.

use std::ops::Range;

use super::{Layout, Matrix, Numbers};
use crate::error::{Error, Result};
use crate::kernels::distance::blocks::Coordinate;
use crate::parallel::{Context, map_ordered, pieces};

/// Squares of larger numbers could not be summed.
const LARGEST: f64 = 1e150;

/// What is known of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    pub(crate) n: usize,
    pub(crate) mean: f64,
    /// The sum of the squared deviations from the mean.
    squares: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Whether its numbers have 32 bits.
    pub(crate) is_narrow: bool,
}

impl Moments {
    /// The mean of the squared deviations from the mean.
    pub(crate) fn variance(&self) -> f64 {
        self.squares / self.n.max(1) as f64
    }

    /// Of no rows.
    const fn none(is_narrow: bool) -> Self {
        Self {
            n: 0,
            mean: 0.0,
            squares: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            is_narrow,
        }
    }

    /// Of both together (Chan, Golub and `LeVeque` 1979).
    fn and(self, other: Self) -> Self {
        let n = self.n + other.n;
        let share = other.n as f64 / n.max(1) as f64;
        let off = other.mean - self.mean;
        Self {
            n,
            mean: self.mean + off * share,
            squares: self.squares + other.squares + off * off * share * self.n as f64,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            is_narrow: self.is_narrow,
        }
    }

    fn is_good(&self) -> bool {
        // What is not a number is in the mean.
        self.mean.is_finite() && self.min >= -LARGEST && self.max <= LARGEST
    }
}

/// Sums over the columns of some rows, as deviations from the first.
struct Sums {
    first: Vec<f64>,
    offs: Vec<f64>,
    squares: Vec<f64>,
    min: Vec<f64>,
    max: Vec<f64>,
}

impl Sums {
    fn of_rows<T: Coordinate>(values: &[T], d: usize) -> Self {
        let first: Vec<f64> = values[..d].iter().map(|&x| x.into()).collect();
        let mut all = Self {
            offs: vec![0.0; d],
            squares: vec![0.0; d],
            min: vec![f64::INFINITY; d],
            max: vec![f64::NEG_INFINITY; d],
            first,
        };
        for row in values.chunks_exact(d) {
            for (j, &x) in row.iter().enumerate() {
                let x: f64 = x.into();
                let off = x - all.first[j];
                all.offs[j] += off;
                all.squares[j] += off * off;
                all.min[j] = if x < all.min[j] { x } else { all.min[j] };
                all.max[j] = if x > all.max[j] { x } else { all.max[j] };
            }
        }
        all
    }

    /// One column, as rows of some numbers that are columns for a moment.
    fn of_column<T: Coordinate>(values: &[T]) -> Moments {
        const LANES: usize = 8;
        let (lanes, rest) = values.as_chunks::<LANES>();
        let whole = lanes.as_flattened();
        let mut parts = Vec::with_capacity(LANES + rest.len());
        if !whole.is_empty() {
            parts.extend(Self::of_rows(whole, LANES).moments(lanes.len(), T::IS_NARROW));
        }
        for x in rest {
            parts.extend(Self::of_rows(std::slice::from_ref(x), 1).moments(1, T::IS_NARROW));
        }
        let all = parts.into_iter().reduce(Moments::and);
        all.unwrap_or(Moments::none(T::IS_NARROW))
    }

    fn moments(&self, n: usize, is_narrow: bool) -> impl Iterator<Item = Moments> {
        (0..self.first.len()).map(move |j| Moments {
            n,
            mean: self.first[j] + self.offs[j] / n as f64,
            squares: (self.squares[j] - self.offs[j] * self.offs[j] / n as f64).max(0.0),
            min: self.min[j],
            max: self.max[j],
            is_narrow,
        })
    }
}

impl Matrix<'_> {
    /// The moments of each column.
    ///
    /// # Errors
    /// [`Error::BadValues`] names the first column that has what is no number, is infinite or beyond 1e150; [`Error::Cancelled`].
    pub(crate) fn moments(&self, ctx: &Context) -> Result<Vec<Moments>> {
        // Numbers, not rows, are the work.
        let piece = ((1 << 18) / self.n_columns).max(64);
        let ranges = pieces(self.n_rows, piece).collect();
        let parts = map_ordered(ctx, "numbers checked", ranges, |range: Range<usize>| {
            Ok(self.moments_of(range))
        })?;
        let together = |a: Vec<Moments>, b: Vec<Moments>| -> Vec<Moments> {
            a.into_iter().zip(b).map(|(a, b)| a.and(b)).collect()
        };
        let none = || vec![Moments::none(false); self.n_columns];
        let all = parts.into_iter().reduce(together).unwrap_or_else(none);
        match all.iter().position(|m| !m.is_good()) {
            Some(column) => Err(self.bad(column)),
            None => Ok(all),
        }
    }

    fn moments_of(&self, rows: Range<usize>) -> Vec<Moments> {
        let d = self.n_columns;
        let (n, of_rows) = (rows.len(), rows.start * d..rows.end * d);
        match &self.layout {
            Layout::Rows(Numbers::F32(values)) => {
                let sums = Sums::of_rows(&values[of_rows], d);
                sums.moments(n, true).collect()
            }
            Layout::Rows(Numbers::F64(values)) => {
                let sums = Sums::of_rows(&values[of_rows], d);
                sums.moments(n, false).collect()
            }
            Layout::Columns(columns) => {
                let of = |numbers: &Numbers<'_>| match numbers {
                    Numbers::F32(values) => Sums::of_column(&values[rows.clone()]),
                    Numbers::F64(values) => Sums::of_column(&values[rows.clone()]),
                };
                columns.iter().map(of).collect()
            }
        }
    }

    /// Says what is wrong with a column.
    fn bad(&self, column: usize) -> Error {
        let values = (0..self.n_rows).map(|row| self.get(row, column));
        let is_bad = |x: &f64| x.is_nan() || x.abs() > LARGEST;
        let first = values.clone().position(|x| is_bad(&x)).unwrap_or(0);
        let value = self.get(first, column);
        Error::BadValues {
            column: self.name(column),
            count: values.filter(is_bad).count() as u64,
            first_row: Some(first as u64),
            value: value.to_string(),
            rule: if value.is_nan() {
                "are missing (not a number)".into()
            } else {
                "are infinite or beyond 1e150".into()
            },
            remedy: "leave these rows out, or fill the cells".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_textbook() {
        let (n, d) = (300_000, 3);
        let values: Vec<f64> = (0..n * d)
            .map(|i| {
                1e9 + f64::from((i * 7919 % 1_000) as u32) * if i % d == 1 { 0.0 } else { 1.0 }
            })
            .collect();
        let columns: Vec<Vec<f64>> = (0..d)
            .map(|j| values.iter().skip(j).step_by(d).copied().collect())
            .collect();
        let rows = Matrix::from_rows(&values[..], d).unwrap();
        let by_column = columns.iter().map(|c| Numbers::F64(c)).collect();
        for matrix in [rows, Matrix::from_columns(by_column).unwrap()] {
            let moments = matrix.moments(&Context::new()).unwrap();
            for (m, column) in moments.iter().zip(&columns) {
                let mean = column.iter().map(|x| x - 1e9).sum::<f64>() / n as f64;
                let off = column.iter().map(|x| (x - 1e9 - mean).powi(2));
                let variance = off.sum::<f64>() / n as f64;
                assert_eq!(m.n, n);
                assert!((m.mean - 1e9 - mean).abs() < 1e-5);
                assert!((m.variance() - variance).abs() <= 1e-9 * variance);
                assert_eq!(m.min, column.iter().copied().fold(f64::INFINITY, f64::min));
                assert_eq!(m.max, column.iter().copied().fold(0.0, f64::max));
            }
        }
    }

    #[test]
    fn what_is_no_number_is_named() {
        for (bad, said) in [
            (
                f64::NAN,
                "column `1`: 1 value(s) are missing (not a number), first at row 5: `NaN`",
            ),
            (f64::INFINITY, "are infinite or beyond 1e150"),
            (-1e200, "are infinite or beyond 1e150"),
        ] {
            let mut values = vec![0.5; 40];
            values[11] = bad;
            let matrix = Matrix::from_rows(&values[..], 2).unwrap();
            let error = matrix.moments(&Context::new()).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
