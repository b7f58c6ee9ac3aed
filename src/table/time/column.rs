//! Time columns of any type as instants; text is parsed here, once.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, TimestampMicrosecondArray};
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::moment::{has_offset, parse_iso_instant};
use super::zone::is_known;
use super::{DAY, NO_TIME, Zone};
use crate::error::{Error, Result};
use crate::table::{Column, Segment};

const EXPECTED: &str =
    "date32, date64, a timestamp, or ISO 8601 text (other text with `time_format`)";

/// A checked time column.
#[derive(Debug, Clone)]
pub(crate) struct TimeColumn {
    column: Column,
    zone: Zone,
}

impl TimeColumn {
    /// Checks the type; text is parsed here, once. `format` is a strftime pattern for text that is not ISO 8601.
    pub(crate) fn bind(column: Column, role: &str, format: Option<&str>) -> Result<Self> {
        match column.data_type.clone() {
            DataType::Date32 | DataType::Date64 => Ok(Self {
                column,
                zone: Zone::naive(),
            }),
            DataType::Timestamp(_, zone) => {
                if let Some(name) = zone.as_deref().filter(|n| !is_known(n)) {
                    return Err(Error::parameter(
                        "Transactions",
                        role,
                        "has an unknown time zone; cast it to one of the tz database",
                        name,
                    ));
                }
                Ok(Self {
                    column,
                    zone: Zone(zone),
                })
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                parse_column(&column, role, format)
            }
            DataType::Dictionary(_, value) => {
                let plain = column.cast(&value, role, EXPECTED)?;
                Self::bind(plain, role, format)
            }
            DataType::Null => {
                let column = column.cast(&DataType::Date32, role, EXPECTED)?;
                Ok(Self {
                    column,
                    zone: Zone::naive(),
                })
            }
            _ => Err(column.type_error(role, EXPECTED)),
        }
    }

    pub(crate) const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Appends the segment's instants; [`NO_TIME`] where there is none. Instants out of range saturate.
    pub(crate) fn read(&self, at: &Segment, out: &mut Vec<i64>) {
        use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
        /// Days that still are microseconds of 64 bits, and lie far out of range.
        const FAR: i32 = 100_000_000;
        let chunk = &self.column.chunks[at.chunk];
        match chunk.data_type() {
            DataType::Date32 => {
                read_times::<Date32Type>(chunk, at, out, |d| i64::from(d.clamp(-FAR, FAR)) * DAY);
            }
            DataType::Date64 => read_times::<Date64Type>(chunk, at, out, |ms| scaled(ms, 1_000)),
            DataType::Timestamp(Second, _) => {
                read_times::<TimestampSecondType>(chunk, at, out, |s| scaled(s, 1_000_000));
            }
            DataType::Timestamp(Millisecond, _) => {
                read_times::<TimestampMillisecondType>(chunk, at, out, |ms| scaled(ms, 1_000));
            }
            DataType::Timestamp(Microsecond, _) => {
                read_times::<TimestampMicrosecondType>(chunk, at, out, |us| us);
            }
            DataType::Timestamp(Nanosecond, _) => {
                read_times::<TimestampNanosecondType>(chunk, at, out, |ns| ns.div_euclid(1_000));
            }
            other => unreachable!("bound time columns are dates or timestamps, not {other}"),
        }
    }
}

/// Saturates just short of [`NO_TIME`]: out of range is not missing.
fn scaled(value: i64, micros: i64) -> i64 {
    value.saturating_mul(micros).max(NO_TIME + 1)
}

fn read_times<T: ArrowPrimitiveType>(
    chunk: &ArrayRef,
    at: &Segment,
    out: &mut Vec<i64>,
    to_micros: impl Fn(T::Native) -> i64,
) {
    let array = chunk.as_primitive::<T>();
    let from = out.len();
    out.extend(
        array.values()[at.range.clone()]
            .iter()
            .map(|&v| to_micros(v)),
    );
    if let Some(nulls) = array.nulls().filter(|n| n.null_count() > 0) {
        for (slot, i) in out[from..].iter_mut().zip(at.range.clone()) {
            if nulls.is_null(i) {
                *slot = NO_TIME;
            }
        }
    }
}

/// Parses a text column into microseconds, saying what could not be read.
fn parse_column(column: &Column, role: &str, format: Option<&str>) -> Result<TimeColumn> {
    let mut seen = Seen::default();
    let mut chunks: Vec<ArrayRef> = Vec::with_capacity(column.chunks.len());
    for chunk in &column.chunks {
        let text = arrow_cast::cast(chunk, &DataType::Utf8View)
            .map_err(|_| column.type_error(role, EXPECTED))?;
        let times: TimestampMicrosecondArray = text
            .as_string_view()
            .iter()
            .map(|t| seen.parse(t, format))
            .collect();
        chunks.push(Arc::new(times));
    }
    seen.check(column, role, format)?;
    let zone = if seen.with_offset > 0 {
        Zone(Some("UTC".into()))
    } else {
        Zone::naive()
    };
    let column = Column {
        name: column.name.clone(),
        data_type: zone.data_type(),
        chunks,
    };
    Ok(TimeColumn { column, zone })
}

/// What a text column held so far.
#[derive(Default)]
struct Seen {
    rows: u64,
    with_offset: u64,
    without_offset: u64,
    unreadable: u64,
    first_unreadable: Option<(u64, String)>,
    first_without_offset: Option<(u64, String)>,
}

impl Seen {
    fn parse(&mut self, text: Option<&str>, format: Option<&str>) -> Option<i64> {
        let row = self.rows;
        self.rows += 1;
        let text = text?.trim();
        if text.is_empty() {
            return None;
        }
        let parsed = format.map_or_else(|| parse_iso(text), |f| parse_as(text, f));
        match parsed {
            Some((micros, true)) => {
                self.with_offset += 1;
                Some(micros)
            }
            Some((micros, false)) => {
                self.without_offset += 1;
                self.first_without_offset
                    .get_or_insert_with(|| (row, text.into()));
                Some(micros)
            }
            None => {
                self.unreadable += 1;
                self.first_unreadable
                    .get_or_insert_with(|| (row, text.into()));
                None
            }
        }
    }

    fn check(&self, column: &Column, role: &str, format: Option<&str>) -> Result<()> {
        let readable = self.with_offset + self.without_offset;
        let bad = |count, found: &Option<(u64, String)>, rule: String, remedy: &str| {
            let (first_row, value) = found.clone().unwrap_or_default();
            Err(Error::BadValues {
                column: column.name.clone(),
                count,
                first_row: Some(first_row),
                value: crate::error::shorten(&value),
                rule,
                remedy: remedy.into(),
            })
        };
        if self.unreadable > 0 && readable == 0 {
            let expected =
                format.map_or_else(|| "ISO 8601".into(), |f| format!("of the form `{f}`"));
            let rule = format!("of role `{role}` are not times {expected}");
            return bad(
                self.unreadable,
                &self.first_unreadable,
                rule,
                "give `time_format`, such as `%d/%m/%Y %H:%M`",
            );
        }
        if self.with_offset > 0 && self.without_offset > 0 {
            let rule = format!(
                "of role `{role}` have no offset from UTC, while {} have one",
                self.with_offset
            );
            return bad(
                self.without_offset,
                &self.first_without_offset,
                rule,
                "give all times with an offset, or none",
            );
        }
        Ok(())
    }
}

/// Microseconds, and whether the text named an offset.
fn parse_iso(text: &str) -> Option<(i64, bool)> {
    let at = parse_iso_instant(text)?;
    Some((at, has_offset(text)))
}

fn parse_as(text: &str, format: &str) -> Option<(i64, bool)> {
    if let Ok(at) = DateTime::parse_from_str(text, format) {
        return Some((at.timestamp_micros(), true));
    }
    let wall = NaiveDateTime::parse_from_str(text, format)
        .or_else(|_| NaiveDate::parse_from_str(text, format).map(|d| d.and_time(NaiveTime::MIN)));
    wall.ok().map(|w| (w.and_utc().timestamp_micros(), false))
}
