//! Time columns, instants and calendar days.
//!
//! Every time is an instant in microseconds since 1970 (of UTC, or of the wall clock where the column has no zone).

pub(crate) mod column;
mod every;
mod moment;
mod zone;

pub use every::Every;
pub use moment::Moment;
pub(crate) use zone::Calendar;
pub use zone::Zone;

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;
/// A missing or unreadable time.
pub(crate) const NO_TIME: i64 = i64::MIN;
/// First instant taken for real: 1900-01-01.
pub(crate) const EARLIEST: i64 = -25_567 * DAY;
/// First instant no longer taken for real: 2200-01-01.
pub(crate) const LATEST: i64 = 84_006 * DAY;

/// Common ways to write a time that is not ISO 8601; where the day and the month could be either, the day comes first.
const FORMATS: [&str; 12] = [
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d-%b-%Y",
];

/// How texts write times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrittenAs {
    Iso,
    /// A strftime pattern.
    Format(&'static str),
}

/// How nearly all texts write times, if they do.
pub(crate) fn written_as(texts: &[&str]) -> Option<WrittenAs> {
    let fits = |reads: &dyn Fn(&str) -> bool| {
        let n_read = texts.iter().filter(|t| reads(t.trim())).count();
        n_read > 0 && n_read * 10 > texts.len() * 9
    };
    if fits(&|t| moment::parse_iso_instant(t).is_some()) {
        return Some(WrittenAs::Iso);
    }
    let found = FORMATS
        .iter()
        .find(|f| fits(&|t| column::parse_as(t, f).is_some()));
    found.map(|f| WrittenAs::Format(f))
}
