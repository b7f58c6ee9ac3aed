//! The result of RFM: one row per customer.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int8Array, Int32Array, RecordBatch,
    StringArray, TimestampMicrosecondArray, UInt8Array, UInt32Array,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{Field, Schema};

use super::fit::RfmModel;
use super::params::Monetary;
use crate::error::{Error, Result};
use crate::parallel::{Context, filled, map_ordered, pieces};
use crate::table::time::{Calendar, DAY, Zone};
use crate::transactions::counts::RowCounts;
use crate::transactions::customers::Customers;

const PIECE: usize = 262_144;

/// What is scored, per customer, and what goes with it.
pub(super) struct Measures {
    customers: Customers,
    reference_day: i32,
    calendar: Calendar,
    recency: Vec<f64>,
    frequency: Vec<f64>,
    monetary: Vec<f64>,
    breadth: Option<Vec<u32>>,
}

/// The three scores of each customer.
pub(super) struct Scores {
    pub(super) r: Vec<u8>,
    pub(super) f: Vec<u8>,
    pub(super) m: Vec<u8>,
}

impl Measures {
    pub(super) fn new(
        mut customers: Customers,
        monetary: Monetary,
        calendar: Calendar,
        reference: i64,
        breadth: Option<Vec<u32>>,
        ctx: &Context,
    ) -> Result<Self> {
        let reference_day = calendar.day(reference);
        let n = customers.len();
        let recency = filled(ctx, "recency", n, |i| {
            f64::from(reference_day - calendar.day(customers.last[i]))
        })?;
        let frequency = filled(ctx, "frequency", n, |i| f64::from(customers.orders[i]))?;
        let mut money = std::mem::take(&mut customers.amount);
        if monetary == Monetary::Mean {
            money
                .iter_mut()
                .zip(&customers.orders)
                .for_each(|(m, &n)| *m /= f64::from(n));
        }
        Ok(Self {
            customers,
            reference_day,
            calendar,
            recency,
            frequency,
            monetary: money,
            breadth,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.recency.len()
    }

    /// Recency days, frequency, monetary.
    pub(super) fn axes(&self) -> [&[f64]; 3] {
        [&self.recency, &self.frequency, &self.monetary]
    }

    /// A hash of the axes in customer order, hexadecimal.
    pub(super) fn hash(&self, ctx: &Context) -> Result<String> {
        // Odd multipliers of the golden ratio's and pi's digits: one multiplication a value, three chains at once.
        const ODD: [u64; 3] = [
            0x9e37_79b9_7f4a_7c15,
            0x2437_54a8_8853_a309,
            0x1319_8a2e_0370_7345,
        ];
        let step = |h: u64, v: f64, odd: u64| (h ^ v.to_bits()).wrapping_mul(odd).rotate_left(29);
        let parts = map_ordered(ctx, "hash", pieces(self.len(), PIECE).collect(), |range| {
            let mut h = ODD;
            for i in range {
                h[0] = step(h[0], self.recency[i], ODD[0]);
                h[1] = step(h[1], self.frequency[i], ODD[1]);
                h[2] = step(h[2], self.monetary[i], ODD[2]);
            }
            Ok(h)
        })?;
        let hash = parts.iter().flatten().fold(self.len() as u64, |h, &part| {
            (h ^ part).wrapping_mul(ODD[0]).rotate_left(29)
        });
        Ok(format!("{hash:016x}"))
    }
}

/// Scored customers, sorted by customer, with the model that scored them.
///
/// Columns of [`batch`](Self::batch): `customer`, `recency_days`, `frequency`, `monetary`, `first_order`, `last_order`, `tenure_days`,
/// `mean_gap_days` (null for one order), `breadth` where asked for, `r_score`, `f_score`, `m_score`, `rfm_score`, and
/// `segment` where there is a map (null where it assigns none).
#[derive(Debug, Clone)]
pub struct Rfm {
    model: Arc<RfmModel>,
    batch: RecordBatch,
}

impl Rfm {
    pub(super) fn new(
        model: RfmModel,
        measures: Measures,
        scores: &Scores,
        zone: &Zone,
        ctx: &Context,
    ) -> Result<Self> {
        let batch = build(&model, measures, scores, zone, ctx)?;
        Ok(Self {
            model: Arc::new(model),
            batch,
        })
    }

    /// The cut points, the parameters, and the counts.
    #[must_use]
    pub fn model(&self) -> &RfmModel {
        &self.model
    }

    /// One row per customer.
    #[must_use]
    pub const fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// Where the rows went.
    #[must_use]
    pub fn counts(&self) -> &RowCounts {
        &self.model.counts
    }

    /// Scored customers that no rule of the map covers; 0 without a map.
    #[must_use]
    pub fn n_unassigned(&self) -> usize {
        self.batch
            .column_by_name("segment")
            .map_or(0, arrow_array::Array::null_count)
    }

    /// The row of a customer, given the identifier as an array of one.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such customer among the scored.
    pub fn customer(&self, id: &ArrayRef) -> Result<RecordBatch> {
        let ids = self.batch.column(0);
        let missing = || {
            Error::parameter(
                "Rfm",
                "customer",
                "is not among the scored customers",
                "an id that is not there",
            )
        };
        let cast = |a: &ArrayRef, to| arrow_cast::cast(a, to).map_err(|_| missing());
        let given = id;
        let id = cast(given, ids.data_type())?;
        if id.len() != 1 || id.is_null(0) {
            return Err(missing());
        }
        // 1.5 must not find customer 1: what the cast has changed is another id.
        let back = cast(&id, given.data_type())?;
        if !super::moves::id_order(&back, given)?(0, 0).is_eq() {
            return Err(missing());
        }
        let order = super::moves::id_order(ids, &id)?;
        let (mut from, mut to) = (0, ids.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            if order(middle, 0).is_lt() {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        if from < ids.len() && order(from, 0).is_eq() {
            return Ok(self.batch.slice(from, 1));
        }
        Err(missing())
    }
}

fn build(
    model: &RfmModel,
    measures: Measures,
    scores: &Scores,
    zone: &Zone,
    ctx: &Context,
) -> Result<RecordBatch> {
    let n = measures.len();
    let Measures {
        customers,
        reference_day,
        calendar,
        recency,
        frequency: _,
        monetary,
        breadth,
    } = measures;
    let mut columns: Vec<(&str, ArrayRef)> = Vec::with_capacity(14);
    let recency = filled(ctx, "write", n, |i| recency[i] as i32)?;
    let tenure = filled(ctx, "write", n, |i| {
        reference_day - calendar.day(customers.first[i])
    })?;
    let gap = filled(ctx, "write", n, |i| {
        mean_gap(customers.first[i], customers.last[i], customers.orders[i])
    })?;
    let repeated = customers
        .orders
        .iter()
        .map(|&n| n > 1)
        .collect::<NullBuffer>();
    let weights = model.params.weights;
    let total = filled(ctx, "write", n, |i| {
        let s = [scores.r[i], scores.f[i], scores.m[i]];
        s.iter()
            .zip(weights)
            .map(|(&s, w)| f64::from(s) * w)
            .sum::<f64>()
    })?;
    let segment = segments(model, scores, n, ctx)?;
    columns.push(("customer", customers.ids));
    columns.push(("recency_days", Arc::new(Int32Array::from(recency))));
    columns.push(("frequency", Arc::new(UInt32Array::from(customers.orders))));
    columns.push(("monetary", Arc::new(Float64Array::from(monetary))));
    for (name, instants) in [
        ("first_order", customers.first),
        ("last_order", customers.last),
    ] {
        let times = TimestampMicrosecondArray::from(instants).with_data_type(zone.data_type());
        columns.push((name, Arc::new(times)));
    }
    columns.push(("tenure_days", Arc::new(Int32Array::from(tenure))));
    columns.push((
        "mean_gap_days",
        Arc::new(Float64Array::new(gap.into(), Some(repeated))),
    ));
    if let Some(breadth) = breadth {
        columns.push(("breadth", Arc::new(UInt32Array::from(breadth))));
    }
    for (name, score) in [
        ("r_score", &scores.r),
        ("f_score", &scores.f),
        ("m_score", &scores.m),
    ] {
        columns.push((name, Arc::new(UInt8Array::from(score.clone()))));
    }
    columns.push(("rfm_score", Arc::new(Float64Array::from(total))));
    columns.extend(segment.map(|s| ("segment", s)));
    to_batch(columns)
}

fn mean_gap(first: i64, last: i64, orders: u32) -> f64 {
    if orders < 2 {
        0.0
    } else {
        (last - first) as f64 / DAY as f64 / f64::from(orders - 1)
    }
}

/// The segment of each customer, if there is a map.
fn segments(
    model: &RfmModel,
    scores: &Scores,
    n: usize,
    ctx: &Context,
) -> Result<Option<ArrayRef>> {
    let Some(map) = &model.params.segments else {
        return Ok(None);
    };
    let bins = model.breaks.n_bins();
    let cells = map.lookup(bins);
    let [_, k_f, k_m] = bins.map(usize::from);
    let at = |s: u8| usize::from(s) - 1;
    let codes = filled(ctx, "name segments", n, |i| {
        cells[(at(scores.r[i]) * k_f + at(scores.f[i])) * k_m + at(scores.m[i])]
    })?;
    let named = codes.iter().map(|&c| c >= 0).collect::<NullBuffer>();
    let codes: Vec<i8> = codes.into_iter().map(|c| c.max(0)).collect();
    let keys = Int8Array::new(codes.into(), (named.null_count() > 0).then_some(named));
    let names: ArrayRef = Arc::new(StringArray::from(map.names()));
    let segment = DictionaryArray::<Int8Type>::try_new(keys, names).map_err(internal)?;
    Ok(Some(Arc::new(segment)))
}

/// Columns that may hold nulls; the others never do.
const NULLABLE: [&str; 7] = [
    "mean_gap_days",
    "segment",
    "share",
    "monetary_share",
    "mean_recency_days",
    "mean_frequency",
    "mean_monetary",
];

/// A batch of named columns, whose schema does not depend on what they hold.
pub(super) fn to_batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let fields = columns
        .iter()
        .map(|(name, c)| Field::new(*name, c.data_type().clone(), NULLABLE.contains(name)));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(
        Arc::new(schema),
        columns.into_iter().map(|(_, c)| c).collect(),
    )
    .map_err(internal)
}

pub(super) fn internal(e: impl std::fmt::Display) -> Error {
    Error::FeatureMismatch {
        what: "the result's columns".into(),
        why: e.to_string(),
    }
}
