//! Zones: instants to calendar days and back.

use std::str::FromStr;
use std::sync::Arc;

use arrow_array::timezone::Tz;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, Offset, TimeZone, Utc};

use super::DAY;

/// The zone of a time column: what its calendar days are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zone(pub(super) Option<Arc<str>>);

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

/// Whether the time zone database or Arrow knows the name.
pub(super) fn is_known(name: &str) -> bool {
    is_utc(&canonical(name.into())) || Tz::from_str(name).is_ok()
}

/// The name under which Arrow and everyone else know the zone.
pub(super) fn canonical(name: Arc<str>) -> Arc<str> {
    if name.eq_ignore_ascii_case("z") || name.eq_ignore_ascii_case("utc") {
        "UTC".into()
    } else {
        name
    }
}

fn is_utc(name: &str) -> bool {
    ["UTC", "Etc/UTC", "+00:00", "GMT"].contains(&name)
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

fn instant_text(micros: i64, zone: &Zone) -> String {
    let Some(utc) = DateTime::<Utc>::from_timestamp_micros(micros) else {
        return micros.to_string();
    };
    let offset = zone.tz().map_or(0, |tz| offset_seconds(tz, micros));
    let offset_from_utc = chrono::TimeDelta::seconds(offset);
    let Some(wall) = utc.naive_utc().checked_add_signed(offset_from_utc) else {
        return micros.to_string();
    };
    let text = wall.format("%Y-%m-%dT%H:%M:%S%.f").to_string();
    if zone.name().is_some() {
        let (sign, o) = (if offset < 0 { '-' } else { '+' }, offset.abs());
        return format!("{text}{sign}{:02}:{:02}", o / 3600, o / 60 % 60);
    }
    text
}
