//! Normalisers: a column in one form, the original kept beside it.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Float64Array, TimestampMicrosecondArray};
use arrow_schema::DataType;
use serde::{Deserialize, Serialize};

use super::dates::{self, Date};
use super::money::money;
use super::text::{self, Case};
use super::units::unit;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::Table;
use crate::table::strings::Texts;

/// How a column is brought into one form. Applying one twice changes nothing.
///
/// ```
/// use patronomy::clean::Normaliser;
/// let lower: Normaliser = serde_json::from_str(r#"{"kind": "text", "case": "lower"}"#)?;
/// assert_ne!(lower, Normaliser::Code);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Normaliser {
    /// Characters of usual width, single blanks between words, one case if one is given, read in the encoding it was written in.
    Text {
        /// The case of letters; as they are by default.
        #[serde(default)]
        case: Option<Case>,
    },
    /// Codes of items: capital letters, usual width, one kind of dash, no blanks.
    Code,
    /// Money as numbers, with the currency in a column `<name>_currency`: `1.234,50 €` is 1234.5 and EUR.
    Money {
        /// What begins the decimals, `.` or `,`; found out for each value by default.
        #[serde(default)]
        decimal: Option<char>,
        /// The currency of the sign ¥, which two countries share.
        #[serde(default = "yuan")]
        yen: String,
    },
    /// Dates and times as timestamps in microseconds without a zone.
    Date {
        /// Whether `1/2/2024` is the first of February; found out from dates that tell, by default.
        #[serde(default)]
        day_first: Option<bool>,
    },
    /// Amounts with a unit in the base unit of what they measure (g, ml, mm, piece), which goes into a column `<name>_unit`.
    Unit,
}

fn yuan() -> String {
    "CNY".into()
}

/// What became of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Normalised {
    /// The column.
    pub column: String,
    /// Values that are written otherwise now.
    pub n_changed: u64,
    /// Values that could not be read, and are null now; the original keeps them.
    pub n_unreadable: u64,
    /// The row of the first of those.
    pub first_unreadable: Option<u64>,
}

/// The table with columns in one form: each in its place, with its original as `<name>_original` at the end, unless it is there from before. A column whose
/// type is that form already, such as numbers where money is wanted, stays as it is.
///
/// Cost: linear in the values.
///
/// # Errors
/// [`Error::ColumnNotFound`]; [`Error::ColumnType`] if a column is no text; [`Error::BadValues`] if dates can be read in two ways, and none tells which;
/// [`Error::Cancelled`].
pub fn normalise(
    table: &Table,
    how: &[(&str, Normaliser)],
    ctx: &Context,
) -> Result<(Table, Vec<Normalised>)> {
    let mut table = table.clone();
    let mut report = Vec::new();
    for (name, normaliser) in how {
        ctx.cancel.poll()?;
        let (next, normalised) = of_column(&table, name, normaliser)?;
        table = next;
        report.push(normalised);
    }
    Ok((table, report))
}

fn of_column(table: &Table, name: &str, how: &Normaliser) -> Result<(Table, Normalised)> {
    let column = table.column(table.position(name, "normalise")?);
    let mut report = Normalised {
        column: name.into(),
        n_changed: 0,
        n_unreadable: 0,
        first_unreadable: None,
    };
    let is_done = match how {
        Normaliser::Text { .. } | Normaliser::Code => column.data_type == DataType::Null,
        Normaliser::Money { .. } | Normaliser::Unit => column.data_type.is_numeric(),
        Normaliser::Date { .. } => column.data_type.is_temporal(),
    };
    if is_done {
        return Ok((table.clone(), report));
    }
    let texts = Texts::bind(&column, "normalise")?;
    let (values, extra) = written(&texts, how, &mut report)?;
    let mut table = table.with_column(name, &values)?;
    let original = format!("{name}_original");
    let has = |table: &Table, name: &str| table.names().contains(&name);
    if !has(&table, &original) {
        table = table.with_column(&original, &column.chunks)?;
    }
    if let Some((suffix, chunks)) = extra {
        table = table.with_column(&format!("{name}_{suffix}"), &chunks)?;
    }
    Ok((table, report))
}

/// Values in their chunks.
type Chunks = Vec<ArrayRef>;

/// The values in their new form, and a further column where there is one.
fn written(
    texts: &Texts,
    how: &Normaliser,
    report: &mut Normalised,
) -> Result<(Chunks, Option<(&'static str, Chunks)>)> {
    Ok(match how {
        Normaliser::Text { case } => (plain(texts, |t| text::text(t, *case), report), None),
        Normaliser::Code => (plain(texts, text::code, report), None),
        Normaliser::Money { decimal, yen } => {
            check_decimal(*decimal)?;
            let (numbers, currencies) = numbers(texts, |t| money(t, *decimal, yen), report);
            (numbers, Some(("currency", currencies)))
        }
        Normaliser::Unit => {
            let of = |t: &str| unit(t).map(|(value, base)| (value, Some(base.to_owned())));
            let (numbers, units) = numbers(texts, of, report);
            (numbers, Some(("unit", units)))
        }
        Normaliser::Date { day_first } => (moments(texts, *day_first, report)?, None),
    })
}

fn check_decimal(decimal: Option<char>) -> Result<()> {
    match decimal {
        None | Some('.' | ',') => Ok(()),
        Some(other) => Err(Error::parameter(
            "Normaliser",
            "decimal",
            "must be `.` or `,`",
            other,
        )),
    }
}

/// Texts in another form; nothing of them is unreadable.
fn plain(texts: &Texts, of: impl Fn(&str) -> String, report: &mut Normalised) -> Chunks {
    texts.map(
        |_, text| {
            text.map(|text| {
                let new = of(text);
                report.n_changed += u64::from(new != text);
                new
            })
        },
        |values| {
            let mut builder = StringBuilder::new();
            values.for_each(|v| builder.append_option(v));
            Arc::new(builder.finish())
        },
    )
}

/// Numbers, and what each is counted in.
fn numbers(
    texts: &Texts,
    of: impl Fn(&str) -> Option<(f64, Option<String>)>,
    report: &mut Normalised,
) -> (Chunks, Chunks) {
    let mut found: Vec<Option<(f64, Option<String>)>> = Vec::new();
    texts.for_each(|row, text| {
        let value = text.and_then(&of);
        note(report, row, text, value.is_some());
        found.push(value);
    });
    let values = found.iter().map(|f| f.as_ref().map(|(v, _)| *v));
    let names = found
        .iter()
        .map(|f| f.as_ref().and_then(|(_, name)| name.as_deref()));
    let values: ArrayRef = Arc::new(values.collect::<Float64Array>());
    let names: ArrayRef = Arc::new(names.collect::<arrow_array::StringArray>());
    (texts.cut(&values), texts.cut(&names))
}

fn moments(texts: &Texts, day_first: Option<bool>, report: &mut Normalised) -> Result<Chunks> {
    let mut dates: Vec<Option<Date>> = Vec::new();
    texts.for_each(|row, text| {
        let date = text.and_then(dates::date);
        note(report, row, text, date.is_some());
        dates.push(date);
    });
    let day_first = match day_first {
        Some(known) => known,
        None => day_comes_first(&dates, &report.column)?,
    };
    let moment = |(row, date): (usize, &Option<Date>), report: &mut Normalised| {
        let settled = date.and_then(|d| dates::settled(d, day_first));
        if date.is_some() && settled.is_none() {
            report.n_changed -= 1;
            note(report, row as u64, Some("x"), false);
        }
        settled.map(|d| d.and_utc().timestamp_micros())
    };
    let micros = dates.iter().enumerate().map(|d| moment(d, report));
    let micros: ArrayRef = Arc::new(micros.collect::<TimestampMicrosecondArray>());
    Ok(texts.cut(&micros))
}

/// Whether days come before months, as told by dates whose numbers allow one reading only.
fn day_comes_first(dates: &[Option<Date>], column: &str) -> Result<bool> {
    let either = || {
        dates.iter().flatten().filter_map(|d| match d {
            Date::Either(a, b, ..) => Some((*a, *b)),
            Date::Known(_) => None,
        })
    };
    let (day, month) = (either().any(|(a, _)| a > 12), either().any(|(_, b)| b > 12));
    let unclear = either()
        .filter(|(a, b)| a != b && *a <= 12 && *b <= 12)
        .count();
    if day != month || unclear == 0 {
        return Ok(day || !month);
    }
    Err(Error::BadValues {
        column: column.into(),
        count: unclear as u64,
        first_row: None,
        value: either()
            .find(|(a, b)| a != b)
            .map_or_else(String::new, |(a, b)| format!("{a}/{b}")),
        rule: "may be day and month or month and day".into(),
        remedy: "say which with `day_first`".into(),
    })
}

/// Counts a value that was there: as read, or as one that could not be.
fn note(report: &mut Normalised, row: u64, text: Option<&str>, is_read: bool) {
    if text.is_none_or(|t| t.trim().is_empty()) {
        return;
    }
    if is_read {
        report.n_changed += 1;
    } else {
        report.n_unreadable += 1;
        report.first_unreadable = Some(report.first_unreadable.map_or(row, |first| first.min(row)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{RecordBatch, StringArray};
    use proptest::prelude::*;

    fn table(texts: &[Option<&str>]) -> Table {
        let column: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        Table::from_batch(RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap())
    }

    fn kinds() -> Vec<Normaliser> {
        vec![
            Normaliser::Text { case: None },
            Normaliser::Text {
                case: Some(Case::Lower),
            },
            Normaliser::Text {
                case: Some(Case::Upper),
            },
            Normaliser::Code,
            Normaliser::Money {
                decimal: None,
                yen: yuan(),
            },
            Normaliser::Date {
                day_first: Some(true),
            },
            Normaliser::Unit,
        ]
    }

    proptest! {
        #[test]
        fn applying_one_twice_changes_nothing(
            texts in prop::collection::vec(prop::option::of(prop_oneof![
                "[ -~]{0,12}", "\\PC{0,8}", "[0-9]{1,3}[.,/ -][0-9]{1,3}[.,/ -]?[0-9]{0,4} ?(€|kg|ml|£)?",
                "[ÃÂâ€™©é　Ａ-Ｚ０-９\t]{0,6}",
            ]), 0..12),
            which in 0usize..7,
        ) {
            let how = [("x", kinds()[which].clone())];
            let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
            let (once, _) = normalise(&table(&texts), &how, &Context::new()).unwrap();
            let (twice, report) = normalise(&once, &how, &Context::new()).unwrap();
            prop_assert_eq!(once.batches(), twice.batches());
            prop_assert_eq!((report[0].n_changed, report[0].n_unreadable), (0, 0));
            // The original is there as it was.
            prop_assert_eq!(once.column(once.position("x_original", "").unwrap()).chunks, table(&texts).column(0).chunks);
        }
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_kept() {
        let t = table(&[Some("£5"), None, Some("free"), Some(" "), Some("5 USD")]);
        let how = [(
            "x",
            Normaliser::Money {
                decimal: None,
                yen: yuan(),
            },
        )];
        let (new, report) = normalise(&t, &how, &Context::new()).unwrap();
        assert_eq!(
            (
                report[0].n_changed,
                report[0].n_unreadable,
                report[0].first_unreadable
            ),
            (2, 1, Some(2))
        );
        assert_eq!(new.names(), ["x", "x_original", "x_currency"]);
    }

    #[test]
    fn days_and_months_are_told_apart_or_asked_for() {
        let dates = |texts: &[Option<&str>]| {
            normalise(
                &table(texts),
                &[("x", Normaliser::Date { day_first: None })],
                &Context::new(),
            )
        };
        assert!(dates(&[Some("1/2/2024"), Some("25/2/2024")]).is_ok());
        let (_, report) = dates(&[Some("2/25/2024"), Some("25/2/2024")]).unwrap();
        assert_eq!(report[0].n_unreadable, 0);
        let e = dates(&[Some("1/2/2024")]).unwrap_err();
        assert!(e.to_string().contains("day_first"), "{e}");
        let (_, report) = dates(&[Some("2024-01-02"), Some("later")]).unwrap();
        assert_eq!(report[0].n_unreadable, 1);
    }

    #[test]
    fn a_column_that_is_no_text_is_named() {
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
        let t = Table::from_batch(RecordBatch::try_from_iter([("x", numbers)]).unwrap());
        let e = normalise(&t, &[("x", Normaliser::Code)], &Context::new()).unwrap_err();
        assert!(e.to_string().contains("`x`"), "{e}");
        assert!(normalise(&t, &[("y", Normaliser::Code)], &Context::new()).is_err());
        let money = Normaliser::Money {
            decimal: Some(';'),
            yen: yuan(),
        };
        assert!(normalise(&t, &[("x", money.clone())], &Context::new()).is_ok());
        assert!(normalise(&table(&[Some("1")]), &[("x", money)], &Context::new()).is_err());
    }
}
