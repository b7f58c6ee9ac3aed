//! Rows of numbers as they lie in memory: what methods work on that know no customers.
//!
//! A [`Matrix`] borrows its numbers, in rows or in columns, 32 or 64 bits wide, and copies none of them.
//!
//! ```
//! use patronomy::Matrix;
//! let rows = [1.0_f64, 2.0, 3.0, 4.0];
//! let matrix = Matrix::from_rows(&rows[..], 2)?;
//! assert_eq!((matrix.n_rows(), matrix.n_columns()), (2, 2));
//! # Ok::<(), patronomy::Error>(())
//! ```

mod columns;
mod filled;
pub(crate) mod frame;
mod moments;

pub use columns::Columns;
pub use filled::{Filled, Missing};

use crate::error::{Error, Result};
use crate::kernels::distance::BLOCK;
use crate::kernels::distance::blocks::{
    Coordinate, column, fetch, moved, rows, turned, turned_some,
};
use frame::Frame;

/// Numbers one after the other.
#[derive(Debug, Clone, Copy)]
pub enum Numbers<'a> {
    /// Of 32 bits.
    F32(&'a [f32]),
    /// Of 64 bits.
    F64(&'a [f64]),
}

impl<'a> From<&'a [f32]> for Numbers<'a> {
    fn from(values: &'a [f32]) -> Self {
        Self::F32(values)
    }
}

impl<'a> From<&'a [f64]> for Numbers<'a> {
    fn from(values: &'a [f64]) -> Self {
        Self::F64(values)
    }
}

impl Numbers<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    fn get(&self, at: usize) -> f64 {
        match self {
            Self::F32(values) => f64::from(values[at]),
            Self::F64(values) => values[at],
        }
    }
}

#[derive(Debug, Clone)]
enum Layout<'a> {
    Rows(Numbers<'a>),
    Columns(Vec<Numbers<'a>>),
}

/// Numbers by row and column, borrowed.
#[derive(Debug, Clone)]
pub struct Matrix<'a> {
    layout: Layout<'a>,
    n_rows: usize,
    n_columns: usize,
    names: Vec<String>,
}

impl<'a> Matrix<'a> {
    /// Rows that stand one after the other.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no column, or the numbers are no multiple of the columns.
    pub fn from_rows(values: impl Into<Numbers<'a>>, n_columns: usize) -> Result<Self> {
        let values = values.into();
        if n_columns == 0 || !values.len().is_multiple_of(n_columns) {
            return Err(Error::parameter(
                "Matrix",
                "n_columns",
                format!(
                    "must be at least 1 and divide {}, the numbers",
                    values.len()
                ),
                n_columns,
            ));
        }
        Ok(Self {
            n_rows: values.len() / n_columns,
            layout: Layout::Rows(values),
            n_columns,
            names: Vec::new(),
        })
    }

    /// Columns, each with all rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no column, or they are not all equally long.
    pub fn from_columns(columns: Vec<Numbers<'a>>) -> Result<Self> {
        let Some(n_rows) = columns.first().map(Numbers::len) else {
            let rule = "must be at least one";
            return Err(Error::parameter("Matrix", "columns", rule, 0));
        };
        if let Some(other) = columns.iter().find(|c| c.len() != n_rows) {
            let rule = format!("must be equally long, {n_rows} numbers as the first");
            return Err(Error::parameter("Matrix", "columns", rule, other.len()));
        }
        Ok(Self {
            n_rows,
            n_columns: columns.len(),
            layout: Layout::Columns(columns),
            names: Vec::new(),
        })
    }

    /// With names of the columns, which messages then use.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is not one for each column.
    pub fn with_names(mut self, names: Vec<String>) -> Result<Self> {
        if names.len() != self.n_columns {
            let rule = format!("must be one for each of the {} columns", self.n_columns);
            return Err(Error::parameter("Matrix", "names", rule, names.len()));
        }
        self.names = names;
        Ok(self)
    }

    /// How many rows there are.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// How many columns there are.
    #[must_use]
    pub const fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// The names of the columns; none where they have none.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What messages call a column.
    pub(crate) fn name(&self, column: usize) -> String {
        let own = self.names.get(column).cloned();
        own.unwrap_or_else(|| column.to_string())
    }

    /// The number in that row and column.
    #[must_use]
    pub fn get(&self, row: usize, column: usize) -> f64 {
        match &self.layout {
            Layout::Rows(values) => values.get(row * self.n_columns + column),
            Layout::Columns(columns) => columns[column].get(row),
        }
    }

    /// Copies a row out, as it is.
    #[inline]
    pub(crate) fn row(&self, row: usize, to: &mut [f64]) {
        let from = row * self.n_columns;
        match &self.layout {
            Layout::Rows(Numbers::F32(values)) => {
                let values = &values[from..from + self.n_columns];
                to.iter_mut()
                    .zip(values)
                    .for_each(|(to, &x)| *to = f64::from(x));
            }
            Layout::Rows(Numbers::F64(values)) => {
                to.copy_from_slice(&values[from..from + self.n_columns]);
            }
            Layout::Columns(columns) => {
                for (to, column) in to.iter_mut().zip(columns) {
                    *to = column.get(row);
                }
            }
        }
    }

    /// Up to [`BLOCK`] rows that stand anywhere, into a block of the frame's coordinates. What stands after them in the block is of no use.
    pub(crate) fn gather(
        &self,
        n: usize,
        row: impl Fn(usize) -> usize,
        frame: &Frame,
        to: &mut Block,
    ) {
        let d = self.n_columns;
        let Block { rows: near, block } = to;
        block.resize(BLOCK * d, 0.0);
        near.resize(BLOCK * d, 0.0);
        match &self.layout {
            Layout::Rows(Numbers::F32(values)) => {
                turned_some(values, n, &row, d, near, block);
                moved(block, &frame.middle, frame.scale);
            }
            Layout::Rows(Numbers::F64(values)) => {
                for (at, to) in near.chunks_exact_mut(d).take(n).enumerate() {
                    let values = values[row(at) * d..][..d].iter().zip(&frame.middle);
                    let to = to.iter_mut().zip(values);
                    to.for_each(|(to, (x, &middle))| *to = x.moved(middle, frame.scale));
                }
                turned(&near[..n * d], d, block);
            }
            Layout::Columns(columns) => {
                let columns = columns.iter().zip(&frame.middle);
                for ((numbers, &middle), to) in columns.zip(block.chunks_exact_mut(BLOCK)) {
                    for (at, to) in to.iter_mut().take(n).enumerate() {
                        *to = match numbers {
                            Numbers::F32(x) => x[row(at)].moved(middle, frame.scale),
                            Numbers::F64(x) => x[row(at)].moved(middle, frame.scale),
                        };
                    }
                }
            }
        }
    }

    /// Up to [`BLOCK`] rows from `first` on, into a block of the frame's coordinates. What stands after them in the block is
    /// of no use.
    pub(crate) fn block(&self, first: usize, n: usize, frame: &Frame, to: &mut Block) {
        let d = self.n_columns;
        let range = first * d..(first + n) * d;
        let next = range.end..self.n_rows.min(first + n + BLOCK) * d;
        let Block { rows: near, block } = to;
        block.resize(BLOCK * d, 0.0);
        match &self.layout {
            Layout::Rows(Numbers::F32(values)) => {
                turned(&values[range], d, block);
                fetch(&values[next]);
                moved(block, &frame.middle, frame.scale);
            }
            Layout::Rows(Numbers::F64(values)) => {
                near.resize(BLOCK * d, 0.0);
                rows(&values[range], &frame.middles, frame.scale, near);
                turned(&near[..n * d], d, block);
                fetch(&values[next]);
            }
            Layout::Columns(columns) => {
                for ((numbers, &middle), to) in columns
                    .iter()
                    .zip(&frame.middle)
                    .zip(block.chunks_exact_mut(BLOCK))
                {
                    match numbers {
                        Numbers::F32(x) => column(&x[first..first + n], middle, frame.scale, to),
                        Numbers::F64(x) => column(&x[first..first + n], middle, frame.scale, to),
                    }
                }
            }
        }
    }
}

/// Memory for a block of rows.
#[derive(Debug, Default)]
pub(crate) struct Block {
    rows: Vec<f32>,
    pub(crate) block: Vec<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_checked() {
        let values = [1.0_f32, 2.0, 3.0];
        let say = |e: Error| e.to_string();
        let refused = Matrix::from_rows(&values[..], 2).map_err(say).unwrap_err();
        assert_eq!(
            refused,
            "`n_columns` of `Matrix` must be at least 1 and divide 3, the numbers; got 2"
        );
        assert!(Matrix::from_rows(&values[..], 0).is_err());
        assert!(Matrix::from_columns(vec![]).is_err());
        let uneven = vec![Numbers::F32(&values), Numbers::F64(&[1.0])];
        assert!(Matrix::from_columns(uneven).is_err());
        let matrix = Matrix::from_rows(&values[..], 3).unwrap();
        assert!(matrix.clone().with_names(vec!["a".into()]).is_err());
        assert_eq!(matrix.name(2), "2");
    }

    #[test]
    fn each_layout_gives_the_same_blocks() {
        let (n, d) = (70, 9);
        let wide: Vec<f64> = (0..n * d)
            .map(|i| f64::from((i * 37 % 101) as u32))
            .collect();
        let narrow: Vec<f32> = wide.iter().map(|&x| x as f32).collect();
        let columns: Vec<Vec<f64>> = (0..d)
            .map(|j| wide.iter().skip(j).step_by(d).copied().collect())
            .collect();
        let by_column = columns.iter().map(|c| Numbers::F64(c)).collect();
        let frame = Frame::new((0..d).map(|j| f64::from(j as u32)).collect(), 0.25);
        let all = [
            Matrix::from_rows(&wide[..], d).unwrap(),
            Matrix::from_rows(&narrow[..], d).unwrap(),
            Matrix::from_columns(by_column).unwrap(),
        ];
        for matrix in &all {
            for (first, n) in [(0, 64), (64, 6), (3, 1)] {
                let mut block = Block::default();
                matrix.block(first, n, &frame, &mut block);
                let mut gathered = Block::default();
                // From the last to the first.
                matrix.gather(n, |at| first + n - 1 - at, &frame, &mut gathered);
                let mut row = vec![0.0; d];
                for p in 0..n {
                    matrix.row(first + p, &mut row);
                    for j in 0..d {
                        let expected = wide[(first + p) * d + j];
                        assert_eq!(row[j], expected);
                        assert_eq!(matrix.get(first + p, j), expected);
                        let moved = (expected - frame.middle[j]) * frame.scale;
                        assert_eq!(f64::from(block.block[j * BLOCK + p]), moved);
                        let turned = gathered.block[j * BLOCK + n - 1 - p];
                        assert_eq!(f64::from(turned), moved);
                    }
                }
            }
        }
    }
}
