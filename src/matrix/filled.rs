//! Missing numbers, and what stands in for them.

use serde::{Deserialize, Serialize};

use super::{Layout, Matrix, Numbers};
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered};

/// What becomes of missing numbers (not a number, or null).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Missing {
    /// They are refused, and their column is named.
    #[default]
    Error,
    /// The mean of the numbers that the column has stands in for them.
    Mean,
    /// The median of these does: the mean of the two in the middle where they are even in number.
    Median,
}

/// A matrix whose missing numbers are filled. Where a column has none it is shared, as it lies in memory; rows are copied whole.
#[derive(Debug)]
pub struct Filled<'a> {
    matrix: Matrix<'a>,
    /// All rows, or none where they are shared.
    rows: Option<Vec<f64>>,
    /// The columns that have missing numbers.
    columns: Vec<Option<Vec<f64>>>,
    /// How many numbers each column lacks.
    pub n_missing: Vec<u64>,
}

impl Missing {
    /// What stands in for the missing numbers of each column; none where they are refused.
    ///
    /// ```
    /// use patronomy::{Context, Matrix, matrix::Missing};
    /// let rows = [1.0, f64::NAN, 2.0, 9.0];
    /// let matrix = Matrix::from_rows(&rows[..], 1)?;
    /// let fill = Missing::Median.learn(&matrix, &Context::new())?;
    /// assert_eq!(fill, Some(vec![2.0]));
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadValues`] names a column without numbers; [`Error::Cancelled`].
    pub fn learn(self, matrix: &Matrix<'_>, ctx: &Context) -> Result<Option<Vec<f64>>> {
        let middle: fn(Vec<f64>) -> f64 = match self {
            Self::Error => return Ok(None),
            Self::Mean => mean,
            Self::Median => median,
        };
        let columns = (0..matrix.n_columns()).collect();
        let fill = map_ordered(ctx, "missing values", columns, |column: usize| {
            let all = (0..matrix.n_rows()).map(|row| matrix.get(row, column));
            let known: Vec<f64> = all.filter(|x| !x.is_nan()).collect();
            if known.is_empty() {
                return Err(Error::BadValues {
                    column: matrix.name(column),
                    count: matrix.n_rows() as u64,
                    first_row: None,
                    value: "NaN".into(),
                    rule: "are missing, all of them".into(),
                    remedy: "leave the column out".into(),
                });
            }
            Ok(middle(known))
        })?;
        Ok(Some(fill))
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Mean => "mean",
            Self::Median => "median",
        }
    }
}

/// Of deviations from the first, so that a large mean loses nothing.
fn mean(values: Vec<f64>) -> f64 {
    let n = values.len() as f64;
    let first = values[0];
    first + values.into_iter().map(|x| (x - first) / n).sum::<f64>()
}

fn median(mut values: Vec<f64>) -> f64 {
    let is_even = values.len().is_multiple_of(2);
    let middle = values.len() / 2;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if !is_even {
        return *upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    lower / 2.0 + *upper / 2.0
}

impl<'a> Matrix<'a> {
    /// With these numbers, one for each column, for the missing ones.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is not one for each column; [`Error::Cancelled`].
    pub fn filled(&self, fill: &[f64], ctx: &Context) -> Result<Filled<'a>> {
        if fill.len() != self.n_columns {
            let rule = format!("must be one for each of {} columns", self.n_columns);
            return Err(Error::parameter("Matrix", "fill", rule, fill.len()));
        }
        let columns = (0..self.n_columns).collect();
        let n_missing = map_ordered(ctx, "missing values", columns, |column: usize| {
            let all = (0..self.n_rows).map(|row| self.get(row, column));
            Ok(all.filter(|x| x.is_nan()).count() as u64)
        })?;
        let known = |x: f64, column: usize| if x.is_nan() { fill[column] } else { x };
        let mut filled = Filled {
            matrix: self.clone(),
            rows: None,
            columns: Vec::new(),
            n_missing,
        };
        let has_missing = filled.n_missing.iter().any(|&n| n > 0);
        match &self.layout {
            Layout::Rows(_) if has_missing => {
                let all = (0..self.n_rows * self.n_columns).map(|i| {
                    let column = i % self.n_columns;
                    known(self.get(i / self.n_columns, column), column)
                });
                filled.rows = Some(all.collect());
            }
            Layout::Rows(_) => {}
            Layout::Columns(_) => {
                let of = |column: usize| {
                    let all = (0..self.n_rows).map(|row| known(self.get(row, column), column));
                    (filled.n_missing[column] > 0).then(|| all.collect())
                };
                filled.columns = (0..self.n_columns).map(of).collect();
            }
        }
        Ok(filled)
    }
}

impl Filled<'_> {
    /// The matrix without missing numbers.
    ///
    /// # Errors
    /// None: the shape is that of the matrix it came from.
    pub fn matrix(&self) -> Result<Matrix<'_>> {
        let mut matrix = match (&self.rows, &self.matrix.layout) {
            (Some(rows), _) => Matrix::from_rows(&rows[..], self.matrix.n_columns)?,
            (None, Layout::Rows(_)) => return Ok(self.matrix.clone()),
            (None, Layout::Columns(columns)) => {
                let mut both = Vec::with_capacity(columns.len());
                for (&shared, own) in columns.iter().zip(&self.columns) {
                    both.push(match own {
                        Some(own) => Numbers::F64(own),
                        None => shared,
                    });
                }
                Matrix::from_columns(both)?
            }
        };
        matrix.names.clone_from(&self.matrix.names);
        Ok(matrix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layout_is_filled_alike() {
        let nan = f64::NAN;
        let rows = [1.0, nan, 3.0, 8.0, nan, 2.0, 5.0, 2.0];
        let columns = [[1.0, 3.0, nan, 5.0], [nan, 8.0, 2.0, 2.0]];
        let by_column = columns.iter().map(|c| Numbers::F64(&c[..])).collect();
        let ctx = Context::new();
        for matrix in [
            Matrix::from_rows(&rows[..], 2).unwrap(),
            Matrix::from_columns(by_column).unwrap(),
        ] {
            let matrix = matrix.with_names(vec!["a".into(), "b".into()]).unwrap();
            for (how, expected) in [(Missing::Mean, [3.0, 4.0]), (Missing::Median, [3.0, 2.0])] {
                let fill = how.learn(&matrix, &ctx).unwrap().unwrap();
                assert_eq!(fill, expected);
                let filled = matrix.filled(&fill, &ctx).unwrap();
                assert_eq!(filled.n_missing, [1, 1]);
                let filled = filled.matrix().unwrap();
                assert_eq!(filled.get(0, 1), expected[1]);
                assert_eq!(filled.get(2, 0), expected[0]);
                assert_eq!(filled.get(3, 0), 5.0);
                assert_eq!(filled.names(), ["a", "b"]);
            }
            assert_eq!(Missing::Error.learn(&matrix, &ctx).unwrap(), None);
            assert!(matrix.filled(&[1.0], &ctx).is_err());
        }
    }

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0]), 2.5);
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![7.0, 1.0, 5.0, 3.0]), 4.0);
    }

    #[test]
    fn a_column_without_numbers_is_named() {
        let rows = [f64::NAN, 1.0, f64::NAN, 2.0];
        let matrix = Matrix::from_rows(&rows[..], 2).unwrap();
        let said = Missing::Mean.learn(&matrix, &Context::new()).unwrap_err();
        let said = said.to_string();
        assert!(
            said.contains("column `0`: 2 value(s) are missing, all of them"),
            "{said}"
        );
    }
}
