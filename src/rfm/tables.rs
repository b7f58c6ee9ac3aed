//! Small tables drawn from the result: segments, cells, cells that no segment covers.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int32Type, UInt8Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, Float64Array, Int8Array, RecordBatch, StringArray, UInt8Array, UInt64Array,
};

use super::result::{Rfm, to_batch};
use crate::error::{Error, Result};
use crate::stats::sum::Sum;

/// What is added up per group of customers.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: u64,
    recency: i64,
    frequency: u64,
    monetary: Sum,
}

/// The columns a table is drawn from.
struct View<'a> {
    scores: [&'a [u8]; 3],
    recency: &'a [i32],
    frequency: &'a [u32],
    monetary: &'a [f64],
}

impl Rfm {
    fn view(&self) -> Result<View<'_>> {
        let column = |name: &str| {
            self.batch()
                .column_by_name(name)
                .ok_or_else(|| super::result::internal(name))
        };
        let score = |name| Ok::<_, Error>(&column(name)?.as_primitive::<UInt8Type>().values()[..]);
        Ok(View {
            scores: [score("r_score")?, score("f_score")?, score("m_score")?],
            recency: column("recency_days")?.as_primitive::<Int32Type>().values(),
            frequency: column("frequency")?.as_primitive::<UInt32Type>().values(),
            monetary: column("monetary")?.as_primitive::<Float64Type>().values(),
        })
    }

    /// One row per segment of the map, in its order, those without customers too; unassigned customers last, if there are any.
    ///
    /// Columns: `segment` (null for the unassigned), `n_customers`, `share`, `monetary_sum`, `monetary_share`, and the means
    /// `mean_recency_days`, `mean_frequency`, `mean_monetary` (null for an empty segment).
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if the customers were scored without a map.
    pub fn segments(&self) -> Result<RecordBatch> {
        let view = self.view()?;
        let (keys, mut names) = self.segment_codes()?;
        let mut sums = vec![Sums::default(); names.len() + 1];
        for i in 0..keys.len() {
            let group = if keys.is_null(i) {
                names.len()
            } else {
                keys.value(i) as usize
            };
            sums[group].add(&view, i);
        }
        if sums[names.len()].n == 0 {
            sums.pop();
        } else {
            names.push(None);
        }
        let n_all: u64 = sums.iter().map(|s| s.n).sum();
        let mut money_all = Sum::default();
        sums.iter().for_each(|s| money_all.add(s.monetary.total()));
        let money_all = money_all.total();
        let floats = |f: &dyn Fn(&Sums) -> Option<f64>| -> ArrayRef {
            Arc::new(sums.iter().map(f).collect::<Float64Array>())
        };
        let mean = |value: fn(&Sums) -> f64| floats(&|s| (s.n > 0).then(|| value(s) / s.n as f64));
        to_batch(vec![
            ("segment", Arc::new(StringArray::from(names)) as ArrayRef),
            (
                "n_customers",
                Arc::new(UInt64Array::from_iter_values(sums.iter().map(|s| s.n))),
            ),
            ("share", floats(&|s| Some(s.n as f64 / n_all as f64))),
            ("monetary_sum", floats(&|s| Some(s.monetary.total()))),
            (
                "monetary_share",
                floats(&|s| (money_all.abs() > 0.0).then(|| s.monetary.total() / money_all)),
            ),
            ("mean_recency_days", mean(|s| s.recency as f64)),
            ("mean_frequency", mean(|s| s.frequency as f64)),
            ("mean_monetary", mean(|s| s.monetary.total())),
        ])
    }

    /// Every cell of the recency-frequency grid: `r_score`, `f_score`, `n_customers`, `monetary_sum`.
    ///
    /// # Errors
    /// None in practice; the columns are those of a fit.
    pub fn cells(&self) -> Result<RecordBatch> {
        let view = self.view()?;
        let [k_r, k_f, _] = self.model().breaks.n_bins().map(usize::from);
        let mut sums = vec![Sums::default(); k_r * k_f];
        for i in 0..view.recency.len() {
            let at = |axis: usize| usize::from(view.scores[axis][i]) - 1;
            sums[at(0) * k_f + at(1)].add(&view, i);
        }
        let scores = |f: &dyn Fn(usize) -> usize| -> ArrayRef {
            Arc::new(UInt8Array::from_iter_values(
                (0..sums.len()).map(|c| f(c) as u8 + 1),
            ))
        };
        to_batch(vec![
            ("r_score", scores(&|c| c / k_f)),
            ("f_score", scores(&|c| c % k_f)),
            (
                "n_customers",
                Arc::new(UInt64Array::from_iter_values(sums.iter().map(|s| s.n))),
            ),
            (
                "monetary_sum",
                Arc::new(Float64Array::from_iter_values(
                    sums.iter().map(|s| s.monetary.total()),
                )),
            ),
        ])
    }

    /// The cells of scored customers that no rule of the map covers: `r_score`, `f_score`, `m_score`, `n_customers`.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if the customers were scored without a map.
    pub fn unassigned_cells(&self) -> Result<RecordBatch> {
        let view = self.view()?;
        let (keys, _) = self.segment_codes()?;
        let mut cells: BTreeMap<[u8; 3], u64> = BTreeMap::new();
        for i in (0..keys.len()).filter(|&i| keys.is_null(i)) {
            *cells.entry(view.scores.map(|s| s[i])).or_default() += 1;
        }
        let axis = |a: usize| -> ArrayRef {
            Arc::new(UInt8Array::from_iter_values(cells.keys().map(|c| c[a])))
        };
        to_batch(vec![
            ("r_score", axis(0)),
            ("f_score", axis(1)),
            ("m_score", axis(2)),
            (
                "n_customers",
                Arc::new(UInt64Array::from_iter_values(cells.values().copied())),
            ),
        ])
    }

    /// The segment of each customer as a code, and the names.
    pub(super) fn segment_codes(&self) -> Result<(&Int8Array, Vec<Option<String>>)> {
        let column =
            self.batch()
                .column_by_name("segment")
                .ok_or_else(|| {
                    Error::FeatureMismatch {
                what: "this result and a table of segments".into(),
                why:
                    "the customers were scored without a segment map; pass `segments` when scoring"
                        .into(),
            }
                })?;
        let dictionary = column.as_dictionary::<Int8Type>();
        let names = dictionary
            .values()
            .as_string::<i32>()
            .iter()
            .map(|n| n.map(Into::into))
            .collect();
        Ok((dictionary.keys(), names))
    }
}

impl Sums {
    fn add(&mut self, view: &View<'_>, i: usize) {
        self.n += 1;
        self.recency += i64::from(view.recency[i]);
        self.frequency += u64::from(view.frequency[i]);
        self.monetary.add(view.monetary[i]);
    }
}
