//! Moves: who went from which segment to which, between two periods scored with the same cut points.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Float64Array, Int8Array, RecordBatch, StringArray, UInt64Array,
};
use arrow_ord::ord::make_comparator;
use arrow_schema::SortOptions;

use super::result::{Rfm, internal, to_batch};
use crate::error::{Error, Result};

/// Compares positions of two arrays of ids of one type.
pub(super) fn id_order(
    a: &ArrayRef,
    b: &ArrayRef,
) -> Result<impl Fn(usize, usize) -> Ordering + use<>> {
    make_comparator(a, b, SortOptions::default()).map_err(internal)
}

impl Rfm {
    /// How many customers moved from each segment of `earlier` to each segment of this result.
    ///
    /// Columns: `from_segment` (`(new)`: not scored earlier), `to_segment` (`(gone)`: not scored now), `n_customers`, `share` (of the
    /// customers of `from_segment`); `(unassigned)` where the map names none. Rows without customers are left out.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the two were not scored with the same cut points and the same map: freshly cut bins are
    /// relative, and would show moves where nobody moved. [`Error::FeatureMismatch`] if there is no map or the ids differ in type.
    pub fn moves(&self, earlier: &Self) -> Result<RecordBatch> {
        check_alike(self, earlier)?;
        let (from_codes, names) = earlier.segment_codes()?;
        let (to_codes, _) = self.segment_codes()?;
        // Behind the segments: unassigned, then absent.
        let n = names.len() + 2;
        let code = |codes: &Int8Array, i: usize| {
            if codes.is_null(i) {
                n - 2
            } else {
                codes.value(i) as usize
            }
        };
        let mut counts = vec![0u64; n * n];
        let (a, b) = (earlier.batch().column(0), self.batch().column(0));
        let order = id_order(a, b)?;
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let next = match (i < a.len(), j < b.len()) {
                (true, true) => order(i, j),
                (true, false) => Ordering::Less,
                _ => Ordering::Greater,
            };
            let from = if next.is_le() {
                code(from_codes, i)
            } else {
                n - 1
            };
            let to = if next.is_ge() {
                code(to_codes, j)
            } else {
                n - 1
            };
            counts[from * n + to] += 1;
            i += usize::from(next.is_le());
            j += usize::from(next.is_ge());
        }
        table(&names, &counts)
    }
}

fn check_alike(later: &Rfm, earlier: &Rfm) -> Result<()> {
    if later.model().breaks != earlier.model().breaks {
        return Err(Error::parameter(
            "Rfm",
            "breaks",
            "must be those of the earlier result, because freshly cut bins are relative; score with `breaks=earlier.breaks`",
            "other cut points",
        ));
    }
    if later.model().params.segments != earlier.model().params.segments {
        return Err(Error::parameter(
            "Rfm",
            "segments",
            "must be those of the earlier result",
            "another map",
        ));
    }
    let (a, b) = (
        earlier.batch().column(0).data_type(),
        later.batch().column(0).data_type(),
    );
    if a != b {
        return Err(Error::FeatureMismatch {
            what: "the customers of the two results".into(),
            why: format!(
                "ids are {a} in the earlier and {b} in the later; give both with one type"
            ),
        });
    }
    Ok(())
}

fn table(names: &[Option<String>], counts: &[u64]) -> Result<RecordBatch> {
    let n = names.len() + 2;
    let name = |code: usize, absent: &str| match names.get(code) {
        Some(name) => name.clone().unwrap_or_default(),
        None if code == n - 2 => "(unassigned)".into(),
        None => absent.into(),
    };
    let cells: Vec<usize> = (0..n * n).filter(|&c| counts[c] > 0).collect();
    let share = |c: usize| {
        let from = c / n * n;
        counts[c] as f64 / counts[from..from + n].iter().sum::<u64>() as f64
    };
    to_batch(vec![
        (
            "from_segment",
            Arc::new(StringArray::from_iter_values(
                cells.iter().map(|c| name(c / n, "(new)")),
            )) as ArrayRef,
        ),
        (
            "to_segment",
            Arc::new(StringArray::from_iter_values(
                cells.iter().map(|c| name(c % n, "(gone)")),
            )),
        ),
        (
            "n_customers",
            Arc::new(UInt64Array::from_iter_values(
                cells.iter().map(|&c| counts[c]),
            )),
        ),
        (
            "share",
            Arc::new(Float64Array::from_iter_values(
                cells.iter().map(|&c| share(c)),
            )),
        ),
    ])
}
