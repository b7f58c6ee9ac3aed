//! The cohorts as a table.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, RecordBatch, UInt16Array, UInt32Array,
};
use arrow_schema::{Field, Schema};
use serde::{Deserialize, Serialize};

use super::CohortParams;
use super::cells::Cells;
use crate::error::{Error, Result};
use crate::stats::sum::Sum;
use crate::transactions::RowCounts;

/// A column of [`Cohorts`] that can be laid out by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CohortMeasure {
    /// Customers with an order.
    NActive,
    /// Their share of the cohort.
    Retention,
    /// Money of the cohort.
    Revenue,
    /// Money of a customer of the cohort.
    RevenuePerCustomer,
    /// The same from the first period on.
    CumulativeRevenuePerCustomer,
}

/// Cohorts of customers through the periods since their first orders.
///
/// Columns of [`batch`](Self::batch), one row for each cohort that has a customer and each period from its own to the one in which observation ended, sorted by both: `cohort` and `period`, their
/// first days; `age`, periods between, from 0; `n_customers` of the cohort; `n_active`, those with an order in the period; `retention`, their share, in [0, 1] and 1 at age 0; `revenue` of the
/// cohort in the period, in the unit of the data; `revenue_per_customer`, of all customers of the cohort, active or not; `cumulative_revenue_per_customer`, from age 0 on; `is_complete`, whether the
/// period was observed to its end. Columns of revenue are null where no role tells money.
#[derive(Debug, Clone)]
pub struct Cohorts {
    params: CohortParams,
    cells: Arc<Cells>,
    batch: RecordBatch,
    last_day: String,
    counts: RowCounts,
    notices: Vec<String>,
}

impl Cohorts {
    pub(super) fn new(
        params: CohortParams,
        cells: Cells,
        last_day: String,
        counts: RowCounts,
    ) -> Result<Self> {
        let mut notices = Vec::new();
        if cells.revenue.is_none() {
            notices.push("no role tells the money of a line: the columns of revenue are null; name role `amount`, or both `quantity` and `price`".into());
        }
        let without = cells.n_without_order;
        if without > 0 {
            notices.push(format!(
                "{without} customer(s) without an order are in no cohort"
            ));
        }
        Ok(Self {
            params,
            batch: batch(&cells)?,
            cells: Arc::new(cells),
            last_day,
            counts,
            notices,
        })
    }

    /// The parameters they were made with.
    #[must_use]
    pub const fn params(&self) -> &CohortParams {
        &self.params
    }

    /// One row for each cohort and age.
    #[must_use]
    pub const fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The day on which observation ended, as ISO text.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.last_day
    }

    /// Where the rows went.
    #[must_use]
    pub const fn counts(&self) -> &RowCounts {
        &self.counts
    }

    /// What the user should know.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }
}

impl Cohorts {
    /// A measure with a row for each cohort and a column for each age: `cohort`, `n_customers`, then `0`, `1` and so on; null where a period lies after observation, or no role tells money.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if Arrow refuses the columns, which would be a defect.
    pub fn wide(&self, measure: CohortMeasure) -> Result<RecordBatch> {
        let cells = &*self.cells;
        let n = cells.n_periods();
        let cohorts: Vec<usize> = (0..n).filter(|&c| cells.n_customers[c] > 0).collect();
        let n_ages = cohorts.first().map_or(0, |first| n - first);
        let mut columns: Vec<(String, ArrayRef)> = vec![
            ("cohort".into(), dates(cells, cohorts.iter().copied())),
            ("n_customers".into(), sizes(cells, cohorts.iter().copied())),
        ];
        let money = (measure != CohortMeasure::NActive && measure != CohortMeasure::Retention)
            .then(|| money(cells));
        for age in 0..n_ages {
            let places = cohorts.iter().map(|&c| (c + age < n).then(|| c * n + age));
            let of_money = |which: usize| -> ArrayRef {
                let list = money.as_ref().and_then(|m| m[which].as_ref());
                let of = |at: Option<usize>| list.zip(at).map(|(list, at)| list[at]);
                Arc::new(places.clone().map(of).collect::<Float64Array>())
            };
            let column: ArrayRef = match measure {
                CohortMeasure::NActive => {
                    let of = |at: Option<usize>| at.map(|at| cells.n_active[at]);
                    Arc::new(places.map(of).collect::<UInt32Array>())
                }
                CohortMeasure::Retention => {
                    let of = |at: Option<usize>| at.map(|at| retention(cells, at));
                    Arc::new(places.map(of).collect::<Float64Array>())
                }
                CohortMeasure::Revenue => of_money(0),
                CohortMeasure::RevenuePerCustomer => of_money(1),
                CohortMeasure::CumulativeRevenuePerCustomer => of_money(2),
            };
            columns.push((age.to_string(), column));
        }
        batch_of(columns, |name| !matches!(name, "cohort" | "n_customers"))
    }
}

fn batch(cells: &Cells) -> Result<RecordBatch> {
    let n = cells.n_periods();
    // Cohort and age of each row.
    let rows = || {
        let cohorts = (0..n).filter(|&c| cells.n_customers[c] > 0);
        cohorts.flat_map(|cohort| (0..n - cohort).map(move |age| (cohort, age)))
    };
    let places = || rows().map(|(cohort, age)| cohort * n + age);
    let ages = UInt16Array::from_iter_values(rows().map(|at| at.1 as u16));
    let active = UInt32Array::from_iter_values(places().map(|at| cells.n_active[at]));
    let retention = Float64Array::from_iter_values(places().map(|at| retention(cells, at)));
    let complete = rows().map(|(c, age)| Some(c + age + 1 < n || cells.is_last_complete));
    let money = money(cells).map(|list| -> ArrayRef {
        let of = |at: usize| list.as_ref().map(|list| list[at]);
        Arc::new(places().map(of).collect::<Float64Array>())
    });
    let [revenue, per_customer, cumulative] = money;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("cohort", dates(cells, rows().map(|at| at.0))),
        ("period", dates(cells, rows().map(|at| at.0 + at.1))),
        ("age", Arc::new(ages)),
        ("n_customers", sizes(cells, rows().map(|at| at.0))),
        ("n_active", Arc::new(active)),
        ("retention", Arc::new(retention)),
        ("revenue", revenue),
        ("revenue_per_customer", per_customer),
        ("cumulative_revenue_per_customer", cumulative),
        ("is_complete", Arc::new(complete.collect::<BooleanArray>())),
    ];
    let columns = columns.into_iter().map(|(name, c)| (name.to_owned(), c));
    batch_of(columns.collect(), |name| name.contains("revenue"))
}

fn batch_of(
    columns: Vec<(String, ArrayRef)>,
    is_nullable: impl Fn(&str) -> bool,
) -> Result<RecordBatch> {
    let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = columns
        .into_iter()
        .map(|(name, column)| {
            let may_be_null = is_nullable(&name);
            (
                Field::new(name, column.data_type().clone(), may_be_null),
                column,
            )
        })
        .unzip();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns);
    batch.map_err(|e| Error::FeatureMismatch {
        what: "columns of cohorts".into(),
        why: e.to_string(),
    })
}

/// First days of periods.
fn dates(cells: &Cells, periods: impl Iterator<Item = usize>) -> ArrayRef {
    let days = periods.map(|period| cells.periods[period]);
    Arc::new(Date32Array::from_iter_values(days))
}

/// Customers of cohorts.
fn sizes(cells: &Cells, cohorts: impl Iterator<Item = usize>) -> ArrayRef {
    let sizes = cohorts.map(|cohort| cells.n_customers[cohort]);
    Arc::new(UInt32Array::from_iter_values(sizes))
}

/// The share of the cohort with an order, of a place in the square.
fn retention(cells: &Cells, at: usize) -> f64 {
    let size = cells.n_customers[at / cells.n_periods()];
    f64::from(cells.n_active[at]) / f64::from(size)
}

/// Revenue, that of a customer, and that of a customer so far: squares as the cells are; none where no role tells money.
fn money(cells: &Cells) -> [Option<Vec<f64>>; 3] {
    let Some(revenue) = &cells.revenue else {
        return [const { None }; 3];
    };
    let n = cells.n_periods();
    let mut per_customer = vec![0.0; n * n];
    let mut cumulative = vec![0.0; n * n];
    for (cohort, &size) in cells.n_customers.iter().enumerate() {
        let mut so_far = Sum::default();
        for at in cohort * n..(cohort + 1) * n - cohort {
            so_far.add(revenue[at]);
            per_customer[at] = revenue[at] / f64::from(size);
            cumulative[at] = so_far.total() / f64::from(size);
        }
    }
    [Some(revenue.clone()), Some(per_customer), Some(cumulative)]
}
