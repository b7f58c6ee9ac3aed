//! Customers with their kinds.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    UInt32Array,
};
use serde::{Deserialize, Serialize};

use super::params::KindParams;
use crate::error::Result;
use crate::table::time::Moment;
use crate::transactions::{RowCounts, Transactions};
use crate::value::columns::{named, to_batch};

/// What is not known of all.
const NULLABLE: [&str; 9] = [
    "first_order",
    "last_order",
    "age_days",
    "recency_days",
    "usual_gap_days",
    "rhythm",
    "silence",
    "last_return",
    "last_contact",
];

/// What kind of customer one is, as of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CustomerKind {
    /// Known, but without a purchase.
    Prospect,
    /// First bought a short while ago.
    New,
    /// Buys as usual.
    Active,
    /// Silent for longer than usual.
    Lapsing,
    /// Silent for much longer than usual.
    Lost,
    /// Bought on one day only, a while ago.
    OneTime,
    /// Too little is known to tell what silence means.
    Unclear,
}

impl CustomerKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Prospect,
        Self::New,
        Self::Active,
        Self::Lapsing,
        Self::Lost,
        Self::OneTime,
        Self::Unclear,
    ];

    /// Its name, as in serialised form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prospect => "prospect",
            Self::New => "new",
            Self::Active => "active",
            Self::Lapsing => "lapsing",
            Self::Lost => "lost",
            Self::OneTime => "one_time",
            Self::Unclear => "unclear",
        }
    }
}

/// Whose gaps silence is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rhythm {
    Own,
    Shop,
}

/// What is kept of a customer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub(super) kind: CustomerKind,
    pub(super) n_days: u32,
    /// Instants of the first order and of the last.
    pub(super) orders: Option<(i64, i64)>,
    /// Days since then.
    pub(super) days: Option<(i32, i32)>,
    pub(super) usual_gap: Option<f64>,
    pub(super) rhythm: Option<Rhythm>,
    pub(super) silence: Option<f64>,
    pub(super) last_return: Option<i64>,
    pub(super) last_contact: Option<i64>,
}

impl Kept {
    pub(super) const fn prospect() -> Self {
        Self {
            kind: CustomerKind::Prospect,
            n_days: 0,
            orders: None,
            days: None,
            usual_gap: None,
            rhythm: None,
            silence: None,
            last_return: None,
            last_contact: None,
        }
    }
}

/// Customers with their kinds, sorted by customer.
///
/// Columns of [`batch`](Self::batch): `customer`; `kind`; `n_purchase_days`; `first_order`, `last_order`; `age_days`, `recency_days` since then; `usual_gap_days` between purchases, and whose `rhythm` that is, `own` or `shop`; `silence`, recency in usual gaps (of
/// [`least_gap_days`](KindParams::least_gap_days) or more); `last_return`, `last_contact`; `reason` in words. What is not known, as of prospects, is null.
#[derive(Debug, Clone)]
pub struct CustomerKinds {
    params: KindParams,
    batch: RecordBatch,
    counts: [u64; 7],
    reference: String,
    rows: RowCounts,
    notices: Vec<String>,
}

impl CustomerKinds {
    pub(super) fn new(
        params: KindParams,
        ids: ArrayRef,
        kept: &[Kept],
        today: i32,
        tx: &Transactions,
        rows: RowCounts,
        notices: Vec<String>,
    ) -> Result<Self> {
        let mut counts = [0; 7];
        kept.iter().for_each(|k| counts[k.kind as usize] += 1);
        let instants = |of: &dyn Fn(&Kept) -> Option<i64>| -> ArrayRef {
            let times: TimestampMicrosecondArray = kept.iter().map(of).collect();
            Arc::new(times.with_data_type(tx.zone().data_type()))
        };
        let days = |of: &dyn Fn(&Kept) -> Option<i32>| -> ArrayRef {
            Arc::new(kept.iter().map(of).collect::<Int32Array>())
        };
        let numbers = |of: &dyn Fn(&Kept) -> Option<f64>| -> ArrayRef {
            Arc::new(kept.iter().map(of).collect::<Float64Array>())
        };
        let date = |at: i64| Moment::Day(tx.zone().calendar().day(at)).to_text(tx.zone());
        let reasons = kept.iter().map(|k| Some(reason(k, &params, &date)));
        let n_days: UInt32Array = kept.iter().map(|k| Some(k.n_days)).collect();
        let kinds = kept.iter().map(|k| k.kind as i8);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("customer", ids),
            (
                "kind",
                named(kinds, &CustomerKind::ALL.map(CustomerKind::name))?,
            ),
            ("n_purchase_days", Arc::new(n_days)),
            ("first_order", instants(&|k| Some(k.orders?.0))),
            ("last_order", instants(&|k| Some(k.orders?.1))),
            ("age_days", days(&|k| Some(k.days?.0))),
            ("recency_days", days(&|k| Some(k.days?.1))),
            ("usual_gap_days", numbers(&|k| k.usual_gap)),
            ("rhythm", rhythms(kept)),
            ("silence", numbers(&|k| k.silence)),
            ("last_return", instants(&|k| k.last_return)),
            ("last_contact", instants(&|k| k.last_contact)),
            ("reason", Arc::new(reasons.collect::<StringArray>())),
        ];
        Ok(Self {
            params,
            batch: to_batch(columns, &NULLABLE, "kinds of customers")?,
            counts,
            reference: Moment::Day(today).to_text(tx.zone()),
            rows,
            notices,
        })
    }

    /// One row per customer.
    #[must_use]
    pub const fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// How many customers are of a kind.
    #[must_use]
    pub const fn n_customers(&self, kind: CustomerKind) -> u64 {
        self.counts[kind as usize]
    }

    /// The parameters.
    #[must_use]
    pub const fn params(&self) -> &KindParams {
        &self.params
    }

    /// The day of the clock, as ISO text.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Where the rows went.
    #[must_use]
    pub const fn counts(&self) -> &RowCounts {
        &self.rows
    }

    /// What the user should know.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }
}

fn rhythms(kept: &[Kept]) -> ArrayRef {
    let name = |r: Rhythm| match r {
        Rhythm::Own => "own",
        Rhythm::Shop => "shop",
    };
    let names = kept.iter().map(|k| k.rhythm.map(name));
    Arc::new(names.collect::<StringArray>())
}

/// Why a customer is of its kind, with what happened last.
fn reason(kept: &Kept, params: &KindParams, date: &dyn Fn(i64) -> String) -> String {
    let mut said = Vec::new();
    match (kept.orders, kept.days) {
        (Some((first, last)), Some((age, recency))) => {
            said.push(match kept.kind {
                CustomerKind::New => format!("first bought on {}, {age} days ago", date(first)),
                CustomerKind::OneTime => {
                    format!("bought on {} only, {recency} days ago", date(last))
                }
                _ => format!("last bought on {}, {recency} days ago", date(last)),
            });
            if let (Some(gap), Some(silence), Some(rhythm)) =
                (kept.usual_gap, kept.silence, kept.rhythm)
                && !matches!(kept.kind, CustomerKind::New | CustomerKind::OneTime)
            {
                let gap = gap.max(params.least_gap_days);
                said.push(match rhythm {
                    Rhythm::Own => format!("{silence:.1} of its usual gaps of {gap:.1} days"),
                    Rhythm::Shop => format!(
                        "{silence:.1} of the shop's usual gaps of {gap:.1} days; too few purchases for a rhythm of its own"
                    ),
                });
            }
            said.extend(
                kept.last_return
                    .filter(|&t| t >= last)
                    .map(|t| format!("returned goods on {}, after that", date(t))),
            );
        }
        _ => said.push("has not bought".into()),
    }
    said.extend(
        kept.last_contact
            .map(|t| format!("last contact on {}", date(t))),
    );
    said.join("; ")
}
