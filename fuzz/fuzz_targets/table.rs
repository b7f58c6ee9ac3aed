//! The table boundary: columns of any type, any nulls, any values, in any chunks, for every role; any parameters.
//!
//! Nothing may panic. What comes back is either an error whose message can be read, or a result whose rows add up and whose model can
//! be saved and loaded.
#![no_main]

use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use arrow_array::types::{Int8Type, Int32Type, UInt16Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array,
    DictionaryArray, DurationSecondArray, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, LargeStringArray, NullArray, PrimitiveArray, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array,
    UInt64Array,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{Field, Schema};
use libfuzzer_sys::fuzz_target;
use patronomy::quality::{Partners, QualityParams};
use patronomy::rfm::{
    Breaks, Convention, Monetary, Nesting, RfmModel, RfmParams, SegmentMap, SegmentRule,
};
use patronomy::saved::Saved;
use patronomy::{Budget, Cancel, Context, ErrorKind, Moment, Returns, Roles, Table, Transactions};

const MAX_ROWS: usize = 40;
const ZONES: [&str; 6] = [
    "UTC",
    "+05:30",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Nowhere/At_All",
];
const TEXTS: [&str; 16] = [
    "",
    " ",
    "a",
    "b",
    "2024-01-01",
    "2024-01-02T03:04:05",
    "2024-01-02T03:04:05+02:00",
    "1899-12-31",
    "0000-00-00",
    "99999-01-01",
    "a text of more than fifteen bytes",
    "a text of more than fifteen bytes!",
    "Ä\0ß",
    "17850",
    "31/12/2011 23:59",
    "fifteen bytes..",
];

/// The values and nulls that all types of a column are made from.
struct Raw {
    bits: Vec<u64>,
    texts: Vec<String>,
    valid: Option<Vec<bool>>,
}

impl Raw {
    fn draw(u: &mut Unstructured<'_>, n: usize) -> Result<Self> {
        // Few distinct values, so that groups form; now and then anything.
        let small: bool = u.arbitrary()?;
        let mut bits = Vec::with_capacity(n);
        let mut texts = Vec::with_capacity(n);
        for _ in 0..n {
            let b = match (small, u.int_in_range(0..=15)?) {
                (true, 1..) => u64::from(u.int_in_range(0..=5u8)?),
                (_, 0) => *u.choose(&[
                    u64::MAX,
                    1 << 63,
                    (1 << 63) - 1,
                    f64::NAN.to_bits(),
                    f64::INFINITY.to_bits(),
                    f64::MAX.to_bits(),
                ])?,
                _ => u.arbitrary()?,
            };
            bits.push(b);
            texts.push(match u.int_in_range(0..=9)? {
                0 => u.arbitrary()?,
                _ => (*u.choose(&TEXTS)?).to_owned(),
            });
        }
        let valid = if u.arbitrary()? {
            Some((0..n).map(|_| u.ratio(4, 5)).collect::<Result<_>>()?)
        } else {
            None
        };
        Ok(Self { bits, texts, valid })
    }

    fn nulls(&self) -> Option<NullBuffer> {
        self.valid.clone().map(NullBuffer::from)
    }

    fn texts(&self) -> impl Iterator<Item = Option<&str>> {
        let valid = |i: usize| self.valid.as_ref().is_none_or(|v| v[i]);
        self.texts
            .iter()
            .enumerate()
            .map(move |(i, t)| valid(i).then_some(t.as_str()))
    }

    /// The float of a value: its bits, or a plain number.
    fn float(b: u64) -> f64 {
        match b % 4 {
            0 => (b / 4) as f64,
            1 => (b % 4096) as f64 / 100.0 - 10.0,
            _ => f64::from_bits(b),
        }
    }
}

macro_rules! primitive {
    ($raw:expr, $array:ty, $f:expr) => {{
        let values: Vec<_> = $raw.bits.iter().copied().map($f).collect();
        Arc::new(<$array>::new(values.into(), $raw.nulls())) as ArrayRef
    }};
}

/// The number of types [`array`] knows.
const N_TYPES: u8 = 34;

/// One array; the type depends on `kind` alone.
fn array(kind: u8, raw: &Raw) -> ArrayRef {
    let days = |b: u64| {
        if b < 1 << 20 {
            19_000 + (b % 900) as i64
        } else {
            b as i64
        }
    };
    let micros = |b: u64| {
        if b % 2 == 0 {
            (19_000 + (b / 2 % 900) as i64) * 86_400_000_000
        } else {
            b as i64
        }
    };
    match kind % N_TYPES {
        0 => primitive!(raw, Int8Array, |b| b as i8),
        1 => primitive!(raw, Int16Array, |b| b as i16),
        2 => primitive!(raw, Int32Array, |b| b as i32),
        3 => primitive!(raw, Int64Array, |b| b as i64),
        4 => primitive!(raw, UInt8Array, |b| b as u8),
        5 => primitive!(raw, UInt16Array, |b| b as u16),
        6 => primitive!(raw, UInt32Array, |b| b as u32),
        7 => primitive!(raw, UInt64Array, |b| b),
        8 => primitive!(raw, Float32Array, |b| Raw::float(b) as f32),
        9 => primitive!(raw, Float64Array, Raw::float),
        10 => primitive!(raw, Float64Array, |b| (b % 1000) as f64),
        11 => primitive!(raw, Date32Array, |b| days(b) as i32),
        12 => primitive!(raw, Date64Array, |b| days(b).wrapping_mul(86_400_000)),
        13 => primitive!(raw, TimestampSecondArray, |b| micros(b) / 1_000_000),
        14 => primitive!(raw, TimestampSecondArray, |b| b as i64),
        15 => primitive!(raw, TimestampMillisecondArray, |b| micros(b) / 1_000),
        16 => primitive!(raw, TimestampMicrosecondArray, micros),
        17 => primitive!(raw, TimestampNanosecondArray, |b| micros(b)
            .wrapping_mul(1_000)),
        18..=23 => {
            let values: Vec<i64> = raw.bits.iter().copied().map(micros).collect();
            let array = TimestampMicrosecondArray::new(values.into(), raw.nulls());
            Arc::new(array.with_timezone(ZONES[usize::from(kind % N_TYPES) - 18]))
        }
        24 => Arc::new(raw.texts().collect::<StringArray>()),
        25 => Arc::new(raw.texts().collect::<LargeStringArray>()),
        26 => Arc::new(raw.texts().collect::<StringViewArray>()),
        27 => Arc::new(raw.texts().collect::<DictionaryArray<Int32Type>>()),
        28 => Arc::new(raw.texts().collect::<DictionaryArray<Int8Type>>()),
        29 => {
            let keys = primitive!(raw, UInt16Array, |b| (b % 7) as u16);
            let keys: &PrimitiveArray<UInt16Type> = keys.as_any().downcast_ref().unwrap();
            let values = Int64Array::from(vec![
                Some(1),
                None,
                Some(i64::MAX),
                Some(i64::MIN),
                Some(0),
                Some(1),
                Some(7),
            ]);
            Arc::new(DictionaryArray::new(keys.clone(), Arc::new(values)))
        }
        30 => {
            let values: Vec<i128> = raw.bits.iter().map(|&b| i128::from(b as i64)).collect();
            let array = Decimal128Array::new(values.into(), raw.nulls());
            Arc::new(array.with_precision_and_scale(38, 2).unwrap())
        }
        31 => {
            let wide = |&b: &u64| i128::from(b) * if b % 3 == 0 { 1_000_000_007 } else { 1 };
            let values: Vec<i128> = raw.bits.iter().map(wide).collect();
            let array = Decimal128Array::new(values.into(), raw.nulls());
            Arc::new(array.with_precision_and_scale(38, 0).unwrap())
        }
        32 => Arc::new(NullArray::new(raw.bits.len())),
        _ => match raw.bits.len() % 3 {
            0 => Arc::new(
                raw.bits
                    .iter()
                    .map(|b| Some(b % 2 == 0))
                    .collect::<BooleanArray>(),
            ),
            1 => primitive!(raw, DurationSecondArray, |b| b as i64),
            _ => Arc::new(
                raw.texts()
                    .map(|t| t.map(str::as_bytes))
                    .collect::<BinaryArray>(),
            ),
        },
    }
}

fn kind(u: &mut Unstructured<'_>, likely: &[u8]) -> Result<u8> {
    Ok(if u.ratio(3, 4)? {
        *u.choose(likely)?
    } else {
        u.int_in_range(0..=N_TYPES - 1)?
    })
}

const ID: [u8; 14] = [0, 2, 3, 4, 7, 10, 24, 25, 26, 27, 28, 29, 31, 32];
const TIME: [u8; 15] = [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24, 26, 27];
const NUMBER: [u8; 8] = [2, 3, 5, 8, 9, 10, 30, 31];

fn table(u: &mut Unstructured<'_>) -> Result<Option<(Table, Roles)>> {
    let mut columns = vec![
        ("customer", kind(u, &ID)?),
        ("time", kind(u, &TIME)?),
        ("amount", kind(u, &NUMBER)?),
    ];
    let mut roles = Roles::new("customer", "time");
    let money: u8 = u.int_in_range(0..=7)?;
    if money & 1 == 0 {
        roles = roles.amount("amount");
    }
    if money & 6 != 6 {
        roles = roles.quantity("quantity").price("price");
        columns.push(("quantity", kind(u, &NUMBER)?));
        columns.push(("price", kind(u, &NUMBER)?));
    }
    if u.arbitrary()? {
        roles = roles.transaction("transaction");
        columns.push(("transaction", kind(u, &ID)?));
    }
    if u.arbitrary()? {
        roles = roles.item("item");
        columns.push(("item", kind(u, &ID)?));
    }
    if u.ratio(1, 30)? {
        columns.push(("time", kind(u, &TIME)?));
    }
    let mut batches = Vec::new();
    let mut schema = None;
    for _ in 0..u.int_in_range(1..=3)? {
        let n = u.int_in_range(0..=MAX_ROWS)?;
        let skip = u.int_in_range(0..=n)?;
        let mut arrays = Vec::new();
        for &(_, kind) in &columns {
            arrays.push(array(kind, &Raw::draw(u, n)?));
        }
        // The last kind has types that depend on the length; such chunks do not fit together and are refused.
        let fields = columns.iter().zip(&arrays);
        let fields = fields.map(|(&(name, _), a)| Field::new(name, a.data_type().clone(), true));
        let own = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let Ok(batch) = RecordBatch::try_new(Arc::clone(&own), arrays) else {
            return Ok(None);
        };
        schema.get_or_insert(own);
        batches.push(batch.slice(skip, n - skip));
    }
    let Some(schema) = schema else {
        return Ok(None);
    };
    Ok(Table::try_new(schema, batches).ok().map(|t| (t, roles)))
}

fn moment(u: &mut Unstructured<'_>) -> Result<Moment> {
    Ok(match u.int_in_range(0..=5)? {
        0 => Moment::Day(u.arbitrary()?),
        1 => Moment::Wall(u.arbitrary()?),
        2 => Moment::Instant(u.arbitrary()?),
        _ => Moment::Day(u.int_in_range(18_990..=19_910)?),
    })
}

fn params(u: &mut Unstructured<'_>) -> Result<RfmParams> {
    let mut p = RfmParams::new()
        .convention(*u.choose(&[
            Convention::Together,
            Convention::Ntile,
            Convention::RowNumber,
            Convention::QcutRankFirst,
            Convention::Qcut,
            Convention::QcutDrop,
            Convention::LeftClosed,
        ])?)
        .nesting(*u.choose(&[Nesting::Independent, Nesting::Nested])?)
        .monetary(*u.choose(&[Monetary::Sum, Monetary::Mean])?)
        .breadth(u.arbitrary()?);
    if u.arbitrary()? {
        let bins = |u: &mut Unstructured<'_>| {
            if u.ratio(9, 10)? {
                u.int_in_range(2..=9)
            } else {
                u.arbitrary()
            }
        };
        p = p.n_bins([bins(u)?, bins(u)?, bins(u)?]);
    }
    if u.ratio(1, 3)? {
        p = p.reference(moment(u)?);
    }
    if u.ratio(1, 3)? {
        p = p.period_days(if u.arbitrary()? {
            u.arbitrary()?
        } else {
            u.int_in_range(1..=400)?
        });
    }
    if u.ratio(1, 4)? {
        p = p.breaks(Breaks::new(u.arbitrary()?, u.arbitrary()?, u.arbitrary()?));
    }
    if u.ratio(1, 8)? {
        p = p.weights(u.arbitrary()?);
    }
    p = match u.int_in_range(0..=3)? {
        0 => p.segments(SegmentMap::rf_grid()),
        1 => p.segments(SegmentMap::rfm_package()),
        2 => {
            let rules: Vec<(String, (u8, u8), (u8, u8), (u8, u8))> = u.arbitrary()?;
            let rules = rules
                .into_iter()
                .map(|(s, r, f, m)| SegmentRule::new(s, r, f, m));
            p.segments(SegmentMap::new("drawn", rules.collect()))
        }
        _ => p,
    };
    Ok(p)
}

fn context(u: &mut Unstructured<'_>) -> Result<Context> {
    Ok(Context {
        budget: if u.ratio(1, 8)? {
            Budget::bytes(u.int_in_range(0..=10_000)?)
        } else {
            Budget::unlimited()
        },
        cancel: if u.ratio(1, 16)? {
            Cancel::at_poll(u.int_in_range(1..=40)?)
        } else {
            Cancel::new()
        },
        ..Context::new()
    })
}

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let Some((table, roles)) = table(u)? else {
        return Ok(());
    };
    let format: Option<&str> = *u.choose(&[
        None,
        None,
        None,
        Some("%d/%m/%Y %H:%M"),
        Some("%s"),
        Some("%"),
    ])?;
    let mut tx = match Transactions::bind(table, roles, format, &Context::new()) {
        Ok(tx) => tx,
        Err(e) => return readable(&e),
    };
    tx = tx.with_returns(*u.choose(&[Returns::Net, Returns::Exclude, Returns::Keep])?);
    if u.ratio(1, 3)? {
        match tx.as_of(moment(u)?) {
            Ok(view) => tx = view,
            Err(e) => return readable(&e),
        }
    }
    let later = match tx.split(moment(u)?) {
        Ok((past, later)) => {
            if u.arbitrary()? {
                tx = past;
            }
            later
        }
        Err(e) => return readable(&e),
    };
    let (params, ctx) = (params(u)?, context(u)?);
    if let Err(e) = tx.counts(&Context::new()) {
        readable(&e)?;
    }
    checked(&tx)?;
    let rfm = match params.fit(&tx, &ctx) {
        Ok(rfm) => rfm,
        Err(e) => return readable(&e),
    };
    let counts = rfm.counts();
    assert_eq!(counts.rows_in, tx.n_rows() as u64);
    assert_eq!(
        counts.rows_used + counts.left_out.values().sum::<u64>(),
        counts.rows_in
    );
    for i in [0, rfm.batch().num_rows() - 1] {
        let id = rfm.batch().column(0).slice(i, 1);
        assert_eq!(rfm.customer(&id).unwrap().num_rows(), 1);
    }
    rfm.cells().unwrap();
    let model = RfmModel::from_json(&rfm.model().to_json().unwrap()).unwrap();
    assert_eq!(&model, rfm.model());
    match model.score(&later, &Context::new()) {
        Ok(again) => {
            if params.segments.is_some() {
                rfm.segments().unwrap();
                rfm.unassigned_cells().unwrap();
                again.moves(&rfm).unwrap();
            }
        }
        Err(e) => readable(&e)?,
    }
    Ok(())
}

/// Checks flag no more rows than there are, and leaving those out adds up.
fn checked(tx: &Transactions) -> Result<()> {
    let found = match tx.quality(&QualityParams::new(), &Partners::new(), &Context::new()) {
        Ok(found) => found,
        Err(e) => return readable(&e),
    };
    let n = found.n_checked();
    assert!(n <= tx.n_rows() as u64 && found.findings().iter().all(|f| f.n_rows <= n));
    found.scorecard().unwrap();
    found.flags_table().unwrap();
    let names: Vec<&str> = found.findings().iter().map(|f| &*f.check.name).collect();
    names.iter().for_each(|name| drop(found.examples(name).unwrap()));
    match tx.without(&names).unwrap().counts(&Context::new()) {
        Ok(counts) => {
            let out: u64 = counts.left_out.values().sum();
            assert_eq!(counts.rows_used + out, counts.rows_in);
            Ok(())
        }
        Err(e) => readable(&e),
    }
}

/// An error anybody can be shown; what only our own columns could cause must not happen.
fn readable(e: &patronomy::Error) -> Result<()> {
    let message = e.to_string();
    assert!(!message.is_empty() && message.len() < 4_000, "{message}");
    assert!(!message.contains("the result's columns"), "{message}");
    let _: ErrorKind = e.kind();
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    // Running out of bytes is no finding.
    let _ = run(&mut Unstructured::new(data));
});
