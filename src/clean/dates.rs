//! Dates in the forms that people write them in.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::text::narrow;

/// A date whose first two numbers may be day and month, or month and day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Date {
    Known(NaiveDateTime),
    /// First number, second number, year, time.
    Either(u32, u32, i32, NaiveTime),
}

/// Reads a date, with or without a time.
pub(super) fn date(text: &str) -> Option<Date> {
    let text: String = text.chars().map(narrow).collect();
    let text = text.trim();
    if let Some(known) = chinese(text)
        .or_else(|| year_first(text))
        .or_else(|| month_by_name(text))
    {
        return Some(Date::Known(known));
    }
    let (date, time) = parted(text)?;
    let parts: Vec<&str> = date.split(['/', '-', '.']).collect();
    let [a, b, year] = parts[..] else {
        return None;
    };
    let (a, b): (u32, u32) = (a.parse().ok()?, b.parse().ok()?);
    let year = year_of(year)?;
    let is_possible = (1..=31).contains(&a) && (1..=31).contains(&b) && a.min(b) <= 12;
    is_possible.then_some(Date::Either(a, b, year, time))
}

/// The date that the two numbers make: read so, unless they allow the other reading only.
pub(super) fn settled(date: Date, day_first: bool) -> Option<NaiveDateTime> {
    match date {
        Date::Known(known) => Some(known),
        Date::Either(a, b, year, time) => {
            let day_first = a > 12 || (day_first && b <= 12);
            let (day, month) = if day_first { (a, b) } else { (b, a) };
            NaiveDate::from_ymd_opt(year, month, day).map(|d| d.and_time(time))
        }
    }
}

/// Date and time of day, which is midnight where there is none.
fn parted(text: &str) -> Option<(&str, NaiveTime)> {
    match text.split_once([' ', 'T']) {
        None => Some((text, NaiveTime::MIN)),
        Some((date, time)) => {
            let time = time.trim();
            let formats = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M%p"];
            let time = formats
                .iter()
                .find_map(|f| NaiveTime::parse_from_str(time, f).ok())?;
            Some((date, time))
        }
    }
}

/// Four digits, or two of this century or, from 70 on, of the last.
fn year_of(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 => Some(if year < 70 {
            2_000 + year
        } else {
            1_900 + year
        }),
        _ => None,
    }
}

fn year_first(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = parted(text)?;
    if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) {
        return NaiveDate::parse_from_str(date, "%Y%m%d")
            .ok()
            .map(|d| d.and_time(time));
    }
    let parts: Vec<&str> = date.split(['/', '-', '.']).collect();
    let [year, month, day] = parts[..] else {
        return None;
    };
    if year.len() != 4 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    Some(date.and_time(time))
}

/// `2024年1月5日`, with `8时30分`, `8点30分` or `8:30` after it, or nothing.
fn chinese(text: &str) -> Option<NaiveDateTime> {
    let (year, rest) = text.split_once('年')?;
    let (month, rest) = rest.split_once('月')?;
    let (day, rest) = rest.split_once(['日', '号'])?;
    let number = |t: &str| t.trim().parse::<u32>().ok();
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(year)?).ok()?,
        number(month)?,
        number(day)?,
    )?;
    let time = rest
        .trim()
        .trim_end_matches(['秒', '分'])
        .replace(['时', '点', '分'], ":");
    let time = time.trim_end_matches(':');
    if time.is_empty() {
        return Some(date.and_time(NaiveTime::MIN));
    }
    let parts: Option<Vec<u32>> = time.split(':').map(number).collect();
    let parts = parts?;
    let at = |i: usize| parts.get(i).copied().unwrap_or(0);
    let time = NaiveTime::from_hms_opt(at(0), at(1), at(2)).filter(|_| parts.len() <= 3)?;
    Some(date.and_time(time))
}

/// `5-Jan-2024`, `5 January 2024`, `Jan 5, 2024`.
fn month_by_name(text: &str) -> Option<NaiveDateTime> {
    const FORMATS: [&str; 6] = [
        "%d-%b-%Y", "%d %b %Y", "%b %d %Y", "%d-%B-%Y", "%d %B %Y", "%B %d %Y",
    ];
    if !text.chars().any(char::is_alphabetic) {
        return None;
    }
    let plain = text.replace(',', " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    // The date is the first one or three words; a time may follow.
    [1, 3]
        .into_iter()
        .filter(|&n| n <= words.len())
        .find_map(|n| {
            let (date, time) = words.split_at(n);
            let date = date.join(" ");
            let date = FORMATS
                .iter()
                .find_map(|f| NaiveDate::parse_from_str(&date, f).ok())?;
            let time = if time.is_empty() {
                "0:0".into()
            } else {
                time.join(" ")
            };
            let (_, time) = parted(&format!("x {time}")).map(|(d, t)| (d.len(), t))?;
            Some(date.and_time(time))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_many_forms() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        let at = |h, m, s| day(2024, 1, 5).and_hms_opt(h, m, s).unwrap();
        for (text, expected) in [
            ("2024-01-05", at(0, 0, 0)),
            ("2024/1/5 08:30", at(8, 30, 0)),
            ("20240105", at(0, 0, 0)),
            ("2024.01.05", at(0, 0, 0)),
            ("2024年1月5日", at(0, 0, 0)),
            ("２０２４年1月5日 8时30分", at(8, 30, 0)),
            ("2024年1月5日 8:30:15", at(8, 30, 15)),
            ("5-Jan-2024", at(0, 0, 0)),
            ("5 January 2024 14:00", at(14, 0, 0)),
            ("Jan 5, 2024", at(0, 0, 0)),
            ("2024-01-05T08:30:15", at(8, 30, 15)),
        ] {
            assert_eq!(date(text), Some(Date::Known(expected)), "{text}");
        }
        let either = date("1/5/24 2:30 PM").unwrap();
        assert_eq!(settled(either, false).unwrap(), at(14, 30, 0));
        assert_eq!(settled(either, true).unwrap().date(), day(2024, 5, 1));
        for text in [
            "",
            "soon",
            "13/13/2024",
            "2024-13-01",
            "5/1",
            "1/5/24 25:00",
            "2024年13月1日",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
