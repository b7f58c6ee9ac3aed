//! Time columns, instants and calendar days.
//!
//! Every time is an instant in microseconds since 1970 (of UTC, or of the wall clock where the column has no zone).

pub(crate) mod column;
mod moment;
mod zone;

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
