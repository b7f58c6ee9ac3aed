//! Moments: points in time as a user names them.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};

use super::{DAY, Zone};
use crate::error::{Error, Result};

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
            let day = Self::Day(days_of(date));
            return day.check("Moment", "time").map(|()| day);
        }
        let parsed = match parse_iso_instant(trimmed) {
            Some(at) if has_offset(trimmed) => Self::Instant(at),
            Some(at) => Self::Wall(at),
            None => {
                return Err(Error::parameter(
                    "Moment",
                    "time",
                    "must be an ISO 8601 date or time such as 2011-09-10 or 2011-09-10T12:30:00",
                    format!("`{text}`"),
                ));
            }
        };
        parsed.check("Moment", "time").map(|()| parsed)
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

    /// Whether ISO text can name the moment, as a saved model must.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it lies outside the years 1 to 9999.
    pub(crate) fn check(self, owner: &str, name: &str) -> Result<()> {
        let day = match self {
            Self::Day(day) => i64::from(day),
            Self::Wall(at) | Self::Instant(at) => at.div_euclid(DAY),
        };
        if (FIRST_DAY..=LAST_DAY).contains(&day) {
            return Ok(());
        }
        let rule = "must lie in the years 1 to 9999";
        Err(Error::parameter(
            owner,
            name,
            rule,
            format!("day {day} after 1970-01-01"),
        ))
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
            Self::Wall(wall) => Zone::naive().text(wall),
            Self::Instant(micros) => {
                let zoned = if zone.name().is_some() {
                    zone.clone()
                } else {
                    Zone(Some("UTC".into()))
                };
                zoned.text(micros)
            }
        }
    }
}

/// 0001-01-01.
const FIRST_DAY: i64 = -719_162;
/// 9999-12-31.
const LAST_DAY: i64 = 2_932_896;

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

/// The instant of ISO 8601 text in microseconds, of UTC where it names no offset; seconds may be left away.
pub(super) fn parse_iso_instant(text: &str) -> Option<i64> {
    if let Ok(at) = arrow_cast::parse::string_to_datetime(&Utc, text) {
        return Some(at.timestamp_micros());
    }
    let minutes = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let wall = minutes
        .iter()
        .find_map(|f| NaiveDateTime::parse_from_str(text, f).ok());
    if let Some(wall) = wall {
        return Some(wall.and_utc().timestamp_micros());
    }
    let offsets = ["%Y-%m-%dT%H:%M%#z", "%Y-%m-%d %H:%M%#z"];
    let at = offsets
        .iter()
        .find_map(|f| DateTime::parse_from_str(text, f).ok());
    at.map(|at| at.timestamp_micros())
}

/// Whether ISO text names an offset from UTC.
pub(super) fn has_offset(text: &str) -> bool {
    // Behind the date and what parts it from the time, a sign or a letter can only belong to an offset or the name of a zone.
    text.get(11..)
        .is_some_and(|rest| rest.contains(|c: char| c == '+' || c == '-' || c.is_alphabetic()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::time::{EARLIEST, LATEST};

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
        assert_eq!(sp.text(start), "2018-11-04T01:00:00-02:00");
        assert_eq!(sp.text(start - 1), "2018-11-03T23:59:59.999999-03:00");
    }

    #[test]
    fn seconds_may_be_left_away_and_zones_may_have_names() {
        let minute = Moment::Wall(12 * 3_600_000_000 + 30 * 60_000_000);
        assert_eq!(Moment::parse("1970-01-01T12:30").unwrap(), minute);
        assert_eq!(Moment::parse("1970-01-01 12:30").unwrap(), minute);
        let offset = Moment::Instant(10 * 3_600_000_000 + 30 * 60_000_000);
        for text in [
            "1970-01-01T12:30+02:00",
            "1970-01-01 12:30+02",
            "1970-01-01T10:30Z",
        ] {
            assert_eq!(Moment::parse(text).unwrap(), offset, "{text}");
        }
        let named = Moment::parse("1970-01-01T05:30:00EST").unwrap();
        assert_eq!(named, offset);
        assert!(Moment::parse("1970-01-01T12").is_err());
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
    fn moments_that_no_text_names_are_told_apart() {
        let check = |m: Moment| m.check("RfmParams", "reference");
        for text in ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999"] {
            let m = Moment::parse(text).unwrap();
            assert!(check(m).is_ok(), "{text}");
            assert_eq!(Moment::parse(&m.to_text(&Zone::naive())).unwrap(), m);
        }
        for m in [
            Moment::Day(FIRST_DAY as i32 - 1),
            Moment::Day(LAST_DAY as i32 + 1),
            Moment::Day(i32::MAX),
            Moment::Wall(i64::MIN),
            Moment::Instant(i64::MAX),
        ] {
            let e = check(m).unwrap_err().to_string();
            assert!(e.contains("years 1 to 9999"), "{e}");
        }
    }

    #[test]
    fn an_offset_needs_a_zone() {
        let m = Moment::parse("2011-09-10T12:30:00Z").unwrap();
        assert!(m.start(&Zone::naive()).is_err());
        assert!(Moment::parse("10/09/2011").is_err());
    }
}
