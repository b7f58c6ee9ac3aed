//! Time columns of any type as instants; text is parsed here, once.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, TimestampMicrosecondArray};
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use super::moment::{has_offset, parse_iso_instant};
use super::zone::{canonical, is_known};
use super::{DAY, NO_TIME, Zone};
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};
use crate::table::{Column, Segment, read_values};

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
    pub(crate) fn bind(
        column: Column,
        role: &str,
        format: Option<&str>,
        ctx: &Context,
    ) -> Result<Self> {
        if let Some(format) = format.filter(|_| !holds_text(&column.data_type)) {
            return Err(Error::parameter(
                "Transactions",
                "time_format",
                format!(
                    "is for times given as text, and column `{}` has type {}; leave it away",
                    column.name, column.data_type
                ),
                format!("`{format}`"),
            ));
        }
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
                    zone: Zone(zone.map(canonical)),
                })
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                parse_column(&column, role, format, ctx)
            }
            DataType::Dictionary(_, value) => {
                let plain = column.cast(&value, role, EXPECTED)?;
                Self::bind(plain, role, format, ctx)
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

    /// The column with the rows of another after its own.
    pub(crate) fn joined(&self, other: &Self) -> Result<Self> {
        // Text that names offsets and text that does not are both read as timestamps, but of different zones.
        Ok(Self {
            column: self.column.joined(&other.column)?,
            zone: self.zone.clone(),
        })
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
                read_values::<Date32Type, _>(chunk, at, out, NO_TIME, |d| {
                    i64::from(d.clamp(-FAR, FAR)) * DAY
                });
            }
            DataType::Date64 => {
                read_values::<Date64Type, _>(chunk, at, out, NO_TIME, |ms| scaled(ms, 1_000));
            }
            DataType::Timestamp(Second, _) => {
                read_values::<TimestampSecondType, _>(chunk, at, out, NO_TIME, |s| {
                    scaled(s, 1_000_000)
                });
            }
            DataType::Timestamp(Millisecond, _) => {
                read_values::<TimestampMillisecondType, _>(chunk, at, out, NO_TIME, |ms| {
                    scaled(ms, 1_000)
                });
            }
            DataType::Timestamp(Microsecond, _) => {
                read_values::<TimestampMicrosecondType, _>(chunk, at, out, NO_TIME, |us| us);
            }
            DataType::Timestamp(Nanosecond, _) => {
                read_values::<TimestampNanosecondType, _>(chunk, at, out, NO_TIME, |ns| {
                    ns.div_euclid(1_000)
                });
            }
            other => unreachable!("bound time columns are dates or timestamps, not {other}"),
        }
    }
}

/// Saturates just short of [`NO_TIME`]: out of range is not missing.
fn scaled(value: i64, micros: i64) -> i64 {
    value.saturating_mul(micros).max(NO_TIME + 1)
}

fn holds_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => holds_text(value),
        _ => false,
    }
}

/// Texts that one task parses.
const PIECE: usize = 65_536;

/// Parses a text column into microseconds, saying what could not be read.
fn parse_column(
    column: &Column,
    role: &str,
    format: Option<&str>,
    ctx: &Context,
) -> Result<TimeColumn> {
    let tasks = column.chunks.iter().enumerate().flat_map(|(i, chunk)| {
        pieces(chunk.len(), PIECE).map(move |rows| (i, chunk.slice(rows.start, rows.len())))
    });
    let parsed = map_ordered(ctx, "parse times", tasks.collect(), |(i, texts)| {
        let mut seen = Seen::default();
        let times = parse_texts(&texts, &mut seen, format);
        Ok((i, times, seen))
    })?;
    let mut seen = Seen::default();
    let mut times = vec![Vec::new(); column.chunks.len()];
    for (i, some, seen_there) in parsed {
        times[i].extend(some);
        seen.append(seen_there);
    }
    seen.check(column, role, format)?;
    let zone = if seen.with_offset > 0 {
        Zone(Some("UTC".into()))
    } else {
        Zone::naive()
    };
    let array = |times| Arc::new(TimestampMicrosecondArray::from(times)) as ArrayRef;
    let column = Column {
        name: column.name.clone(),
        data_type: zone.data_type(),
        chunks: times.into_iter().map(array).collect(),
    };
    Ok(TimeColumn { column, zone })
}

fn parse_texts(texts: &ArrayRef, seen: &mut Seen, format: Option<&str>) -> Vec<i64> {
    let mut parse = |text: Option<&str>| seen.parse(text, format).unwrap_or(NO_TIME);
    match texts.data_type() {
        DataType::Utf8 => texts.as_string::<i32>().iter().map(&mut parse).collect(),
        DataType::LargeUtf8 => texts.as_string::<i64>().iter().map(&mut parse).collect(),
        _ => texts.as_string_view().iter().map(&mut parse).collect(),
    }
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

    /// Takes over what the rows behind these held.
    fn append(&mut self, later: Self) {
        let behind =
            |found: Option<(u64, String)>| found.map(|(row, text)| (row + self.rows, text));
        let (unreadable, without) = (
            behind(later.first_unreadable),
            behind(later.first_without_offset),
        );
        self.first_unreadable = self.first_unreadable.take().or(unreadable);
        self.first_without_offset = self.first_without_offset.take().or(without);
        self.rows += later.rows;
        self.with_offset += later.with_offset;
        self.without_offset += later.without_offset;
        self.unreadable += later.unreadable;
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

pub(super) fn parse_as(text: &str, format: &str) -> Option<(i64, bool)> {
    if let Ok(at) = DateTime::parse_from_str(text, format) {
        return Some((at.timestamp_micros(), true));
    }
    let wall = NaiveDateTime::parse_from_str(text, format)
        .or_else(|_| NaiveDate::parse_from_str(text, format).map(|d| d.and_time(NaiveTime::MIN)));
    wall.ok().map(|w| (w.and_utc().timestamp_micros(), false))
}
