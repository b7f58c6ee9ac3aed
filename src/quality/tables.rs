//! The findings as tables.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{Field, Schema};
use arrow_select::interleave::interleave;

use super::Made;
use super::bits::Bits;
use super::checks::Dimension;
use super::report::Quality;
use crate::error::{Error, Result};

impl Quality {
    /// The findings: one row for each check that was made, with columns `check`, `dimension`, `role`, `is_remark`, `n_rows`, `share`, `money`, `finds`, `note`.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn findings_table(&self) -> Result<RecordBatch> {
        let list = &self.findings;
        let texts = |f: &dyn Fn(&super::Finding) -> Option<String>| -> ArrayRef {
            Arc::new(list.iter().map(f).collect::<StringArray>())
        };
        let note = |text: &String| (!text.is_empty()).then(|| text.clone());
        batch(vec![
            ("check", texts(&|f| Some(f.check.name.to_string()))),
            (
                "dimension",
                texts(&|f| Some(f.check.dimension.name().into())),
            ),
            ("role", texts(&|f| f.check.role.map(Into::into))),
            (
                "is_remark",
                Arc::new(
                    list.iter()
                        .map(|f| Some(f.check.is_remark))
                        .collect::<BooleanArray>(),
                ),
            ),
            (
                "n_rows",
                Arc::new(UInt64Array::from_iter_values(list.iter().map(|f| f.n_rows))),
            ),
            (
                "share",
                Arc::new(Float64Array::from_iter_values(list.iter().map(|f| f.share))),
            ),
            (
                "money",
                Arc::new(
                    list.iter()
                        .map(|f| f.money.is_finite().then_some(f.money))
                        .collect::<Float64Array>(),
                ),
            ),
            ("finds", texts(&|f| Some(f.check.finds.to_string()))),
            ("note", texts(&|f| note(&f.note))),
        ])
    }

    /// The scorecard: a row for each role and one for the table, with columns `role`, `column`, and for each dimension the share of rows in [0, 1] without a fault in it;
    /// null where nothing was checked. Remarks, which may be sound business, do not count.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn scorecard(&self) -> Result<RecordBatch> {
        let mut rows: Vec<(Option<&str>, &str, Option<&str>)> = Vec::new();
        for (role, column) in &self.roles {
            rows.push((Some(role), role, Some(column)));
        }
        if !self.roles.iter().any(|(role, _)| *role == "amount") {
            rows.push((Some("amount"), "amount", None));
        }
        let is_checked = |role: Option<&str>| {
            let mut made = self.flags.made.iter();
            made.any(|m| m.info.role == role && !m.info.is_remark)
        };
        rows.retain(|(role, ..)| is_checked(*role));
        rows.push((None, "table", None));
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            (
                "role",
                Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.1))),
            ),
            (
                "column",
                Arc::new(rows.iter().map(|r| r.2).collect::<StringArray>()),
            ),
        ];
        for dimension in Dimension::ALL {
            let scores = rows.iter().map(|&(role, ..)| self.score(role, dimension));
            columns.push((dimension.name(), Arc::new(scores.collect::<Float64Array>())));
        }
        batch(columns)
    }

    /// The share of rows without a fault of a role, or of any, in a dimension.
    fn score(&self, role: Option<&str>, dimension: Dimension) -> Option<f64> {
        let is_of = |made: &&Made| {
            let info = &made.info;
            info.dimension == dimension && !info.is_remark && (role.is_none() || info.role == role)
        };
        let checks: Vec<&Made> = self.flags.made.iter().filter(is_of).collect();
        if checks.is_empty() {
            return None;
        }
        let n = self.n_checked();
        let mut any = Bits::new(self.flags.seen.n_rows());
        checks
            .iter()
            .filter_map(|made| made.rows.as_ref())
            .for_each(|bits| any.unite(bits));
        Some(if n == 0 {
            1.0
        } else {
            1.0 - any.count() as f64 / n as f64
        })
    }

    /// Rows as they stand in the table, after a column `row` with their numbers: the examples of a finding.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such check.
    pub fn examples(&self, check: &str) -> Result<RecordBatch> {
        self.known(check, "check")?;
        let rows = self.finding(check).map_or(&[][..], |f| &f.examples);
        self.take(rows)
    }

    /// The first rows that a check flagged, at most `n` of them, as in [`examples`](Self::examples).
    ///
    /// # Errors
    /// As there.
    pub fn flagged(&self, check: &str, n: usize) -> Result<RecordBatch> {
        let mut rows = self.rows(check)?;
        rows.truncate(n);
        self.take(&rows)
    }

    /// Which rows each check flagged: a column of booleans for each that flagged any, as long as the table.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn flags_table(&self) -> Result<RecordBatch> {
        let columns = self.flags.made.iter().filter_map(|made| {
            let bits = made.rows.as_ref()?;
            Some((&*made.info.name, Arc::new(bits.to_array()) as ArrayRef))
        });
        let columns: Vec<_> = columns.collect();
        if columns.is_empty() {
            let rows =
                arrow_array::RecordBatchOptions::new().with_row_count(Some(self.table.n_rows()));
            return RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &rows)
                .map_err(|e| broken(&e));
        }
        batch(columns)
    }

    fn take(&self, rows: &[u64]) -> Result<RecordBatch> {
        let places: Vec<(usize, usize)> =
            rows.iter().map(|&r| self.table.place(r as usize)).collect();
        let mut fields = vec![Arc::new(Field::new(
            "row",
            arrow_schema::DataType::UInt64,
            false,
        ))];
        let mut columns: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(rows.to_vec()))];
        for (i, field) in self.table.schema().fields().iter().enumerate() {
            let chunks: Vec<&dyn arrow_array::Array> = self
                .table
                .batches()
                .iter()
                .map(|b| b.column(i).as_ref())
                .collect();
            let column = if chunks.is_empty() {
                arrow_array::new_empty_array(field.data_type())
            } else {
                interleave(&chunks, &places).map_err(|e| broken(&e))?
            };
            fields.push(Arc::new(field.as_ref().clone().with_nullable(true)));
            columns.push(column);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|e| broken(&e))
    }
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
        .map_err(|e| broken(&e))
}

fn broken(e: &arrow_schema::ArrowError) -> Error {
    Error::FeatureMismatch {
        what: "a table of findings".into(),
        why: e.to_string(),
    }
}
