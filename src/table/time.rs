//! Time columns, instants and calendar days.
//!
//! Every time is an instant in microseconds since 1970 (of UTC, or of the wall clock where the column has no zone).

use std::str::FromStr;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::timezone::Tz;
use arrow_array::types::{
    Date32Type, Date64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, TimestampMicrosecondArray};
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};

use super::{Column, Segment};
use crate::error::{Error, Result};

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;
/// A missing or unreadable time.
pub(crate) const NO_TIME: i64 = i64::MIN;
/// First instant taken for real: 1900-01-01.
pub(crate) const EARLIEST: i64 = -25_567 * DAY;
/// First instant no longer taken for real: 2200-01-01.
pub(crate) const LATEST: i64 = 84_006 * DAY;

const EXPECTED: &str =
    "date32, date64, a timestamp, or ISO 8601 text (other text with `time_format`)";

/// The zone of a time column: what its calendar days are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zone(Option<Arc<str>>);

impl Zone {
    /// Wall-clock times without a zone.
    #[must_use]
    pub const fn naive() -> Self {
        Self(None)
    }

    /// The zone's name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// An instant (microseconds since 1970) as ISO 8601 text, with the zone's offset where there is a zone.
    #[must_use]
    pub fn text(&self, micros: i64) -> String {
        instant_text(micros, self)
    }

    fn tz(&self) -> Option<Tz> {
        self.0
            .as_deref()
            .filter(|n| !is_utc(n))
            .and_then(|n| Tz::from_str(n).ok())
    }

    /// What turns instants into days of this zone.
    #[must_use]
    pub(crate) fn calendar(&self) -> Calendar {
        Calendar(self.tz())
    }

    /// The Arrow type of an instant in this zone.
    #[must_use]
    pub(crate) fn data_type(&self) -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, self.0.clone())
    }
}

fn is_utc(name: &str) -> bool {
    ["UTC", "Etc/UTC", "Z", "+00:00", "GMT"].contains(&name)
}

/// Instants to calendar days and back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar(Option<Tz>);

impl Calendar {
    /// The day an instant falls on, counted from 1970-01-01.
    pub(crate) fn day(self, micros: i64) -> i32 {
        let local = self
            .0
            .map_or(0, |tz| offset_seconds(tz, micros) * 1_000_000);
        (micros + local).div_euclid(DAY) as i32
    }

    /// The first instant of a day.
    pub(crate) fn start_of(self, day: i32) -> i64 {
        self.instant(i64::from(day).saturating_mul(DAY))
    }

    /// The instant at which clocks show `wall`: the first of two where clocks go back, the first after it where they skip it.
    pub(crate) fn instant(self, wall: i64) -> i64 {
        let Some(tz) = self.0 else { return wall };
        let shifted = |around: i64| wall - offset_seconds(tz, around) * 1_000_000;
        let (before, after) = (
            shifted(wall.saturating_sub(DAY)),
            shifted(wall.saturating_add(DAY)),
        );
        let shows = |at: i64| at + offset_seconds(tz, at) * 1_000_000 == wall;
        [before.min(after), before.max(after)]
            .into_iter()
            .find(|&at| shows(at))
            .unwrap_or(before.max(after))
    }
}

fn offset_seconds(tz: Tz, micros: i64) -> i64 {
    DateTime::<Utc>::from_timestamp_micros(micros).map_or(0, |utc| {
        i64::from(
            tz.offset_from_utc_datetime(&utc.naive_utc())
                .fix()
                .local_minus_utc(),
        )
    })
}

/// A point in time as a user names it: an instant, or a whole day.
///
/// ```
/// use patronomy::Moment;
/// assert_eq!(Moment::parse("1970-01-02")?, Moment::Day(1));
/// assert_eq!(Moment::parse("1970-01-01T00:00:01")?, Moment::Wall(1_000_000));
/// assert_eq!(Moment::parse("1970-01-01T02:00:00+02:00")?, Moment::Instant(0));
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A calendar day, counted from 1970-01-01, in the zone of the data.
    Day(i32),
    /// A wall-clock time in the zone of the data, in microseconds.
    Wall(i64),
    /// An instant: microseconds since 1970-01-01 UTC.
    Instant(i64),
}

impl Moment {
    /// From ISO 8601 text: a date, or a date and a time, with or without an offset.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the text is neither.
    pub fn parse(text: &str) -> Result<Self> {
        let trimmed = text.trim();
        if let Ok(date) = NaiveDate::parse_from_str(trimmed, "%Y-%m-%d") {
            return Ok(Self::Day(days_of(date)));
        }
        let parsed = match arrow_cast::parse::string_to_datetime(&Utc, trimmed) {
            Ok(at) if has_offset(trimmed) => Self::Instant(at.timestamp_micros()),
            Ok(at) => Self::Wall(at.timestamp_micros()),
            Err(_) => {
                return Err(Error::parameter(
                    "Moment",
                    "time",
                    "must be an ISO 8601 date or time such as 2011-09-10 or 2011-09-10T12:30:00",
                    format!("`{text}`"),
                ));
            }
        };
        Ok(parsed)
    }

    /// The last instant that belongs to this moment.
    pub(crate) fn end(self, zone: &Zone) -> Result<i64> {
        match self {
            Self::Day(day) => Ok(zone
                .calendar()
                .start_of(day.saturating_add(1))
                .saturating_sub(1)),
            _ => self.start(zone),
        }
    }

    /// The first instant that belongs to this moment.
    pub(crate) fn start(self, zone: &Zone) -> Result<i64> {
        match self {
            Self::Day(day) => Ok(zone.calendar().start_of(day)),
            Self::Wall(wall) => Ok(zone.calendar().instant(wall)),
            Self::Instant(micros) if zone.name().is_some() => Ok(micros),
            Self::Instant(_) => Err(Error::parameter(
                "Transactions",
                "time",
                "must have no offset, because the time column has no zone; leave the offset away",
                self.to_text(zone),
            )),
        }
    }

    /// ISO 8601 text that [`Moment::parse`] reads back.
    #[must_use]
    pub fn to_text(self, zone: &Zone) -> String {
        match self {
            Self::Day(day) => date_of(day).map_or_else(|| day.to_string(), |d| d.to_string()),
            Self::Wall(wall) => instant_text(wall, &Zone::naive()),
            Self::Instant(micros) => {
                let zoned = if zone.name().is_some() {
                    zone.clone()
                } else {
                    Zone(Some("UTC".into()))
                };
                instant_text(micros, &zoned)
            }
        }
    }
}

fn instant_text(micros: i64, zone: &Zone) -> String {
    let Some(utc) = DateTime::<Utc>::from_timestamp_micros(micros) else {
        return micros.to_string();
    };
    let offset = zone.tz().map_or(0, |tz| offset_seconds(tz, micros));
    let wall = utc.naive_utc() + chrono::TimeDelta::seconds(offset);
    let text = wall.format("%Y-%m-%dT%H:%M:%S%.f").to_string();
    if zone.name().is_some() {
        let (sign, o) = (if offset < 0 { '-' } else { '+' }, offset.abs());
        return format!("{text}{sign}{:02}:{:02}", o / 3600, o / 60 % 60);
    }
    text
}

fn days_of(date: NaiveDate) -> i32 {
    date.signed_duration_since(NaiveDate::default()).num_days() as i32
}

fn date_of(day: i32) -> Option<NaiveDate> {
    let days = Days::new(u64::from(day.unsigned_abs()));
    if day < 0 {
        NaiveDate::default().checked_sub_days(days)
    } else {
        NaiveDate::default().checked_add_days(days)
    }
}

/// Whether ISO text names an offset from UTC.
fn has_offset(text: &str) -> bool {
    text.get(10..)
        .is_some_and(|rest| rest.contains(['Z', 'z', '+', '-']) || rest.trim().contains(' '))
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text(&Zone::naive()))
    }
}

impl<'de> serde::Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

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
                if let Some(name) = zone
                    .as_deref()
                    .filter(|n| !is_utc(n) && Tz::from_str(n).is_err())
                {
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
    let at = arrow_cast::parse::string_to_datetime(&Utc, text).ok()?;
    Some((at.timestamp_micros(), has_offset(text)))
}

fn parse_as(text: &str, format: &str) -> Option<(i64, bool)> {
    if let Ok(at) = DateTime::parse_from_str(text, format) {
        return Some((at.timestamp_micros(), true));
    }
    let wall = NaiveDateTime::parse_from_str(text, format)
        .or_else(|_| NaiveDate::parse_from_str(text, format).map(|d| d.and_time(NaiveTime::MIN)));
    wall.ok().map(|w| (w.and_utc().timestamp_micros(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone(Some(name.into()))
    }

    #[test]
    fn the_plausible_range_is_1900_to_2200() {
        assert_eq!(
            Moment::parse("1900-01-01")
                .unwrap()
                .start(&Zone::naive())
                .unwrap(),
            EARLIEST
        );
        assert_eq!(
            Moment::parse("2200-01-01")
                .unwrap()
                .start(&Zone::naive())
                .unwrap(),
            LATEST
        );
    }

    #[test]
    fn a_day_ends_before_the_next_begins() {
        let day = Moment::parse("2011-09-10").unwrap();
        assert_eq!(
            day.end(&Zone::naive()).unwrap() + 1,
            day.start(&Zone::naive()).unwrap() + DAY
        );
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // 2020-03-08 02:00 does not exist in New York; the day has 23 hours.
        let ny = zone("America/New_York");
        let day = Moment::parse("2020-03-08").unwrap();
        let hours = (day.end(&ny).unwrap() + 1 - day.start(&ny).unwrap()) / 3_600_000_000;
        assert_eq!(hours, 23);
        let c = ny.calendar();
        assert_eq!(c.day(day.start(&ny).unwrap()), c.day(day.end(&ny).unwrap()));
        assert_ne!(
            c.day(day.start(&ny).unwrap()),
            c.day(day.start(&ny).unwrap() - 1)
        );
    }

    #[test]
    fn a_day_that_begins_in_a_gap_begins_after_it() {
        // Sao Paulo, 2018-11-04: clocks went from 23:59:59 to 01:00.
        let sp = zone("America/Sao_Paulo");
        let start = Moment::parse("2018-11-04").unwrap().start(&sp).unwrap();
        assert_eq!(instant_text(start, &sp), "2018-11-04T01:00:00-02:00");
        assert_eq!(
            instant_text(start - 1, &sp),
            "2018-11-03T23:59:59.999999-03:00"
        );
    }

    #[test]
    fn text_of_moments_reads_back() {
        for text in [
            "2011-09-10",
            "2011-09-10T12:30:00",
            "2011-09-10T12:30:00.000001",
        ] {
            let m = Moment::parse(text).unwrap();
            assert_eq!(Moment::parse(&m.to_text(&Zone::naive())).unwrap(), m);
        }
        let m = Moment::parse("2011-09-10T12:30:00+02:00").unwrap();
        assert_eq!(Moment::parse(&m.to_text(&zone("Europe/Paris"))).unwrap(), m);
    }

    #[test]
    fn an_offset_needs_a_zone() {
        let m = Moment::parse("2011-09-10T12:30:00Z").unwrap();
        assert!(m.start(&Zone::naive()).is_err());
        assert!(Moment::parse("10/09/2011").is_err());
    }
}
