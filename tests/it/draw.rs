//! Drawn order lines, and the Arrow columns of every sensible type that can hold them.

use std::sync::Arc;

use arrow_array::builder::PrimitiveDictionaryBuilder;
use arrow_array::types::{Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int8Array, Int32Array,
    Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray, UInt32Array, UInt64Array,
};
use patronomy::{Roles, Table};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::tables::{DAY, FIRST_DAY, batch};

/// One order line before it has a type; identifiers are small numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) customer: Option<u8>,
    pub(crate) transaction: Option<u8>,
    pub(crate) item: Option<u8>,
    pub(crate) time: Option<i64>,
    pub(crate) quantity: Option<f64>,
    /// Price of a piece, or money of the line.
    pub(crate) money: Option<f64>,
    /// How a missing text is written: null, empty, blanks.
    blank: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdKind {
    Int8,
    Int32,
    Int64,
    UInt32,
    UInt64,
    WholeFloat,
    WholeDecimal,
    IntDictionary,
    Utf8,
    LargeUtf8,
    Utf8View,
    Dictionary,
    LongUtf8,
    LongView,
    LongDictionary,
}

const ID_KINDS: [IdKind; 15] = [
    IdKind::Int8,
    IdKind::Int32,
    IdKind::Int64,
    IdKind::UInt32,
    IdKind::UInt64,
    IdKind::WholeFloat,
    IdKind::WholeDecimal,
    IdKind::IntDictionary,
    IdKind::Utf8,
    IdKind::LargeUtf8,
    IdKind::Utf8View,
    IdKind::Dictionary,
    IdKind::LongUtf8,
    IdKind::LongView,
    IdKind::LongDictionary,
];

/// An identifier as a value: its order is the order results are sorted in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Id {
    Integer(i128),
    Text(String),
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(v) => write!(f, "{v}"),
            Self::Text(v) => write!(f, "{v}"),
        }
    }
}

impl IdKind {
    pub(crate) fn id(self, number: u8) -> Id {
        let n = usize::from(number) % 8;
        let small = i128::from(number) - 3;
        match self {
            Self::Int8 | Self::Int32 | Self::IntDictionary => Id::Integer(small),
            Self::UInt32 => Id::Integer(i128::from(number)),
            Self::Int64 | Self::WholeDecimal => Id::Integer(i128::from(
                [0, i64::MIN, -1, 1, i64::MAX, i64::MAX - 1, 42, i64::MIN + 1][n],
            )),
            Self::UInt64 => Id::Integer(i128::from(
                [0, u64::MAX, 1 << 63, 1, (1 << 63) - 1, u64::MAX - 1, 42, 7][n],
            )),
            Self::WholeFloat => Id::Integer(i128::from(
                [0, 1 << 53, -1, 1, -(1i64 << 53), 17_850, 42, 7][n],
            )),
            Self::Utf8 | Self::LargeUtf8 | Self::Utf8View | Self::Dictionary => Id::Text(
                [
                    "a",
                    "b",
                    "ab",
                    "Ä",
                    "a\0",
                    " a",
                    "fifteen bytes..",
                    "12+ bytes in",
                ][n]
                    .into(),
            ),
            // Short ones among them: order must be that of the texts though some keys are hashes.
            _ => Id::Text(
                [
                    "a customer of more than fifteen bytes",
                    "a customer of more than fifteen bytes, another",
                    "b",
                    "sixteen bytes...",
                    "Ä customer of more than fifteen bytes",
                    "a",
                    "sixteen bytes..",
                    "  a name that begins with blanks",
                ][n]
                    .into(),
            ),
        }
    }

    fn integer(self, number: u8) -> i128 {
        match self.id(number) {
            Id::Integer(v) => v,
            Id::Text(t) => panic!("{t} is text"),
        }
    }

    fn array(self, lines: &[Line], of: impl Fn(&Line) -> Option<u8>) -> ArrayRef {
        macro_rules! integers {
            ($array:ty, $native:ty) => {
                Arc::new(
                    lines
                        .iter()
                        .map(|l| of(l).map(|n| self.integer(n) as $native))
                        .collect::<$array>(),
                )
            };
        }
        let texts: Vec<Option<String>> = match self.id(0) {
            Id::Integer(_) => Vec::new(),
            Id::Text(_) => lines
                .iter()
                .map(|l| match of(l) {
                    Some(n) => Some(self.id(n).to_string()),
                    None => [
                        None,
                        Some(String::new()),
                        Some(" \t ".into()),
                        Some(" ".repeat(20)),
                    ][usize::from(l.blank) % 4]
                        .clone(),
                })
                .collect(),
        };
        let refs = texts.iter().map(Option::as_deref);
        match self {
            Self::Int8 => integers!(Int8Array, i8),
            Self::Int32 => integers!(Int32Array, i32),
            Self::Int64 => integers!(Int64Array, i64),
            Self::UInt32 => integers!(UInt32Array, u32),
            Self::UInt64 => integers!(UInt64Array, u64),
            Self::WholeFloat => integers!(Float64Array, f64),
            Self::WholeDecimal => {
                let values = lines.iter().map(|l| of(l).map(|n| self.integer(n)));
                let array = values.collect::<Decimal128Array>();
                Arc::new(array.with_precision_and_scale(38, 0).unwrap())
            }
            Self::IntDictionary => {
                let mut b = PrimitiveDictionaryBuilder::<Int16Type, Int64Type>::new();
                lines
                    .iter()
                    .for_each(|l| b.append_option(of(l).map(|n| self.integer(n) as i64)));
                Arc::new(b.finish())
            }
            Self::Utf8 | Self::LongUtf8 => Arc::new(refs.collect::<StringArray>()),
            Self::LargeUtf8 => Arc::new(refs.collect::<LargeStringArray>()),
            Self::Utf8View | Self::LongView => Arc::new(refs.collect::<StringViewArray>()),
            Self::Dictionary => Arc::new(refs.collect::<DictionaryArray<Int32Type>>()),
            Self::LongDictionary => Arc::new(refs.collect::<DictionaryArray<Int8Type>>()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeKind {
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Date32,
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberKind {
    Float,
    Int32,
    Int64,
    Decimal,
}

/// Lines and the types of their columns.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    pub(crate) lines: Vec<Line>,
    pub(crate) customer: IdKind,
    pub(crate) transaction: Option<IdKind>,
    pub(crate) item: Option<IdKind>,
    pub(crate) time: TimeKind,
    pub(crate) quantity: Option<NumberKind>,
    pub(crate) money: NumberKind,
    /// Whether money is of the line, not of a piece; always so without quantities.
    pub(crate) is_amount: bool,
    /// Rows at which chunks begin.
    pub(crate) chunks: Vec<usize>,
}

pub(crate) fn drawn() -> impl Strategy<Value = Drawn> {
    let types = (
        select(&ID_KINDS[..]),
        prop::option::weighted(0.8, select(&ID_KINDS[..])),
        prop::option::weighted(0.7, select(&ID_KINDS[..])),
        select(vec![
            TimeKind::Second,
            TimeKind::Millisecond,
            TimeKind::Microsecond,
            TimeKind::Nanosecond,
            TimeKind::Date32,
            TimeKind::Text,
        ]),
        prop::option::weighted(0.8, number_kind()),
        number_kind(),
        any::<bool>(),
    );
    let lines = prop::collection::vec(line(), 0..60);
    (types, lines).prop_flat_map(|(types, lines)| {
        let rows: Vec<usize> = (0..=lines.len()).collect();
        subsequence(rows, 0..=lines.len().min(5)).prop_map(move |chunks| {
            let (customer, transaction, item, time, quantity, money, is_amount) = types;
            let mut drawn = Drawn {
                lines: lines.clone(),
                customer,
                transaction,
                item,
                time,
                quantity,
                money,
                is_amount: is_amount || quantity.is_none(),
                chunks,
            };
            drawn.round_to_types();
            drawn
        })
    })
}

fn number_kind() -> impl Strategy<Value = NumberKind> {
    select(vec![
        NumberKind::Float,
        NumberKind::Float,
        NumberKind::Int32,
        NumberKind::Int64,
        NumberKind::Decimal,
    ])
}

fn line() -> impl Strategy<Value = Line> {
    let id = |n: u8| prop::option::weighted(0.95, 0..n);
    let time = prop_oneof![
        40 => (0i64..40, select(vec![0, 1, 43_200_000_000, DAY - 1])).prop_map(|(d, t)| Some((i64::from(FIRST_DAY) + d) * DAY + t)),
        1 => Just(None),
        // 1850, 2250, and the first and last instants taken for real.
        1 => select(vec![-43_829 * DAY, 102_268 * DAY, -25_567 * DAY, -25_567 * DAY - 1, 84_006 * DAY - 1, 84_006 * DAY]).prop_map(Some),
    ];
    let quantity = select(vec![
        Some(1.0),
        Some(1.0),
        Some(2.0),
        Some(3.0),
        Some(3.0),
        Some(-1.0),
        Some(-2.0),
        Some(0.0),
        Some(0.5),
        None,
        Some(f64::NAN),
        Some(f64::INFINITY),
    ]);
    let money = select(vec![
        Some(1.0),
        Some(2.5),
        Some(2.5),
        Some(2.5),
        Some(0.1),
        Some(0.0),
        Some(19.9999),
        Some(-2.5),
        None,
        Some(f64::NAN),
        Some(f64::NEG_INFINITY),
        Some(1.0 / 3.0),
        Some(1e12),
    ]);
    (id(8), id(12), id(4), time, quantity, money, 0u8..4).prop_map(
        |(customer, transaction, item, time, quantity, money, blank)| Line {
            customer,
            transaction,
            item,
            time,
            quantity,
            money,
            blank,
        },
    )
}

impl Drawn {
    /// Makes the lines hold what their types can.
    fn round_to_types(&mut self) {
        let unit = match self.time {
            TimeKind::Second | TimeKind::Text => 1_000_000,
            TimeKind::Millisecond => 1_000,
            TimeKind::Microsecond | TimeKind::Nanosecond => 1,
            TimeKind::Date32 => DAY,
        };
        for l in &mut self.lines {
            l.time = l.time.map(|t| t.div_euclid(unit) * unit);
            l.quantity = self.quantity.map_or(Some(1.0), |k| k.round(l.quantity));
            l.money = self.money.round(l.money);
        }
    }

    pub(crate) fn roles(&self) -> Roles {
        let mut roles = Roles::new("who", "when");
        if self.transaction.is_some() {
            roles = roles.transaction("order");
        }
        if self.item.is_some() {
            roles = roles.item("what");
        }
        if self.quantity.is_some() {
            roles = roles.quantity("pieces");
        }
        if self.is_amount {
            roles.amount("money")
        } else {
            roles.price("money")
        }
    }

    /// The lines as a table; every chunk has arrays of its own that begin in their middle.
    pub(crate) fn table(&self) -> Table {
        let mut bounds = vec![0];
        bounds.extend(&self.chunks);
        bounds.push(self.lines.len());
        let chunks: Vec<RecordBatch> = bounds
            .windows(2)
            .map(|w| {
                let pad = self.lines.first().copied().unwrap_or(PAD);
                let lines: Vec<Line> = std::iter::once(pad)
                    .chain(self.lines[w[0]..w[1]].iter().copied())
                    .collect();
                self.batch(&lines).slice(1, w[1] - w[0])
            })
            .collect();
        Table::try_new(chunks[0].schema(), chunks).unwrap()
    }

    fn batch(&self, lines: &[Line]) -> RecordBatch {
        let mut columns = vec![
            (
                "unused",
                Arc::new(Int64Array::from(vec![0; lines.len()])) as ArrayRef,
            ),
            ("who", self.customer.array(lines, |l| l.customer)),
            ("when", self.time.array(lines)),
            ("money", self.money.array(lines, |l| l.money)),
        ];
        if let Some(kind) = self.transaction {
            columns.push(("order", kind.array(lines, |l| l.transaction)));
        }
        if let Some(kind) = self.item {
            columns.push(("what", kind.array(lines, |l| l.item)));
        }
        if let Some(kind) = self.quantity {
            columns.push(("pieces", kind.array(lines, |l| l.quantity)));
        }
        batch(columns)
    }
}

const PAD: Line = Line {
    customer: Some(0),
    transaction: Some(0),
    item: Some(0),
    time: Some(0),
    quantity: Some(1.0),
    money: Some(1.0),
    blank: 0,
};

impl TimeKind {
    fn array(self, lines: &[Line]) -> ArrayRef {
        let scaled = |unit: i64| {
            lines
                .iter()
                .map(move |l| l.time.map(|t| t.div_euclid(unit)))
        };
        match self {
            Self::Second => Arc::new(scaled(1_000_000).collect::<TimestampSecondArray>()),
            Self::Millisecond => Arc::new(scaled(1_000).collect::<TimestampMillisecondArray>()),
            Self::Microsecond => Arc::new(scaled(1).collect::<TimestampMicrosecondArray>()),
            Self::Nanosecond => Arc::new(
                scaled(1)
                    .map(|t| t.map(|t| t * 1_000))
                    .collect::<TimestampNanosecondArray>(),
            ),
            Self::Date32 => Arc::new(
                scaled(DAY)
                    .map(|d| d.map(|d| d as i32))
                    .collect::<Date32Array>(),
            ),
            Self::Text => {
                let text = |l: &Line| {
                    let at = chrono::DateTime::from_timestamp_micros(l.time?).unwrap();
                    Some(at.naive_utc().format("%Y-%m-%d %H:%M:%S").to_string())
                };
                Arc::new(lines.iter().map(text).collect::<StringArray>())
            }
        }
    }
}

impl NumberKind {
    fn round(self, value: Option<f64>) -> Option<f64> {
        match self {
            Self::Float => value,
            Self::Int32 => value.filter(|v| v.is_finite()).map(|v| v.trunc().min(1e9)),
            Self::Int64 => value.filter(|v| v.is_finite()).map(f64::trunc),
            Self::Decimal => value
                .filter(|v| v.is_finite())
                .map(|v| (v * 1e4).round() / 1e4),
        }
    }

    fn array(self, lines: &[Line], of: impl Fn(&Line) -> Option<f64>) -> ArrayRef {
        let values = lines.iter().map(of);
        match self {
            Self::Float => Arc::new(values.collect::<Float64Array>()),
            Self::Int32 => Arc::new(values.map(|v| v.map(|v| v as i32)).collect::<Int32Array>()),
            Self::Int64 => Arc::new(values.map(|v| v.map(|v| v as i64)).collect::<Int64Array>()),
            Self::Decimal => {
                let minor = values.map(|v| v.map(|v| (v * 1e4).round() as i128));
                let array = minor.collect::<Decimal128Array>();
                Arc::new(array.with_precision_and_scale(20, 4).unwrap())
            }
        }
    }
}
