//! Periods of the calendar.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// The length of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Every {
    /// From Monday to Sunday.
    Week,
    /// A month of the calendar.
    #[default]
    Month,
    /// A quarter of the calendar.
    Quarter,
    /// A year of the calendar.
    Year,
}

impl Every {
    /// The first day of the period that a day is in; days count from 1970.
    pub(crate) fn first_day(self, day: i32) -> i32 {
        const EPOCH: i32 = 719_163;
        let Some(date) = NaiveDate::from_num_days_from_ce_opt(day.saturating_add(EPOCH)) else {
            return day;
        };
        let month = match self {
            Self::Week => return day - date.weekday().num_days_from_monday() as i32,
            Self::Month => date.month(),
            Self::Quarter => date.month0() / 3 * 3 + 1,
            Self::Year => 1,
        };
        let first = NaiveDate::from_ymd_opt(date.year(), month, 1).unwrap_or(date);
        first.num_days_from_ce() - EPOCH
    }

    /// The first day of the period after the one that begins at `first`.
    pub(crate) fn next(self, first: i32) -> i32 {
        // A day of the next period, whatever the lengths of months and years.
        let longest = match self {
            Self::Week => 7,
            Self::Month => 31,
            Self::Quarter => 92,
            Self::Year => 366,
        };
        self.first_day(first.saturating_add(longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        let date: NaiveDate = text.parse().unwrap();
        date.num_days_from_ce() - 719_163
    }

    #[test]
    fn periods_begin_where_the_calendar_says() {
        for (every, of, first) in [
            (Every::Week, "2024-02-29", "2024-02-26"),
            (Every::Week, "2024-02-26", "2024-02-26"),
            (Every::Month, "2024-02-29", "2024-02-01"),
            (Every::Quarter, "2023-12-31", "2023-10-01"),
            (Every::Quarter, "1969-05-05", "1969-04-01"),
            (Every::Year, "2024-12-31", "2024-01-01"),
        ] {
            assert_eq!(every.first_day(day(of)), day(first), "{every:?} {of}");
        }
        assert_eq!(Every::Month.first_day(i32::MAX), i32::MAX);
    }

    #[test]
    fn periods_follow_each_other_without_a_gap() {
        for every in [Every::Week, Every::Month, Every::Quarter, Every::Year] {
            let mut first = every.first_day(day("1899-06-15"));
            while first < day("2030-01-01") {
                let next = every.next(first);
                assert_eq!(every.first_day(next - 1), first, "{every:?}");
                assert_eq!(every.first_day(next), next, "{every:?}");
                first = next;
            }
        }
    }
}
