//! Who moved from which segment to which.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_ord::ord::make_comparator;
use arrow_ord::sort::sort_to_indices;
use arrow_schema::{ArrowError, SortOptions};

use super::result::{Segments, to_batch};
use crate::error::{Error, Result};

const NEW: &str = "(new)";
const GONE: &str = "(gone)";
const NONE: &str = "(none)";

impl Segments {
    /// How many customers went from each segment of `earlier` to each of these: `from_segment` (`(new)`: not there earlier), `to_segment` (`(gone)`: not there now),
    /// `n_customers`, and `share` of the customers of `from_segment`. `(none)` are those of rejected segments. Pairs without customers are left out.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if the identifiers differ in type.
    pub fn moves(&self, earlier: &Self) -> Result<RecordBatch> {
        let (from, to) = (earlier.names_with(NEW), self.names_with(GONE));
        let mut counts = vec![0_u64; from.len() * to.len()];
        earlier.side_by_side(self, |a, b| counts[a * to.len() + b] += 1)?;
        let mut columns: [Vec<usize>; 2] = Default::default();
        let (mut sizes, mut shares) = (Vec::new(), Vec::new());
        for (a, row) in counts.chunks_exact(to.len()).enumerate() {
            let all = row.iter().sum::<u64>() as f64;
            for (b, &n) in row.iter().enumerate().filter(|(_, n)| **n > 0) {
                columns[0].push(a);
                columns[1].push(b);
                sizes.push(n);
                shares.push(n as f64 / all);
            }
        }
        let names = |places: &[usize], names: &[String]| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(
                places.iter().map(|&p| &names[p]),
            ))
        };
        to_batch(vec![
            ("from_segment", names(&columns[0], &from)),
            ("to_segment", names(&columns[1], &to)),
            ("n_customers", Arc::new(UInt64Array::from(sizes))),
            ("share", Arc::new(Float64Array::from(shares))),
        ])
    }

    /// Names of the segments, of none, and of being absent.
    fn names_with(&self, absent: &str) -> Vec<String> {
        let names = self.model.segments.iter().map(|s| s.name.clone());
        names.chain([NONE.into(), absent.into()]).collect()
    }

    /// Calls `each` with both places of every customer of either.
    fn side_by_side(&self, other: &Self, mut each: impl FnMut(usize, usize)) -> Result<()> {
        let refused = |e: ArrowError| Error::FeatureMismatch {
            what: "the customers".into(),
            why: e.to_string(),
        };
        let (a, b) = (self.features.customers(), other.features.customers());
        let order = make_comparator(a, b, SortOptions::default()).map_err(refused)?;
        let by_a = sort_to_indices(a, None, None).map_err(refused)?;
        let by_b = sort_to_indices(b, None, None).map_err(refused)?;
        let place = |s: &Self, i: usize| {
            let n = s.model.segments.len();
            usize::try_from(s.labels()[i]).unwrap_or(n)
        };
        let absent = |s: &Self| s.model.segments.len() + 1;
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let at = |by: &arrow_array::UInt32Array, i: usize| by.value(i) as usize;
            let next = match (i < a.len(), j < b.len()) {
                (true, true) => order(at(&by_a, i), at(&by_b, j)),
                (true, false) => Ordering::Less,
                _ => Ordering::Greater,
            };
            let from = if next.is_le() {
                place(self, at(&by_a, i))
            } else {
                absent(self)
            };
            let to = if next.is_ge() {
                place(other, at(&by_b, j))
            } else {
                absent(other)
            };
            each(from, to);
            i += usize::from(next.is_le());
            j += usize::from(next.is_ge());
        }
        Ok(())
    }
}
