//! What each part of the language means, and what it refuses.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int32Array, Int64Array, LargeStringArray, NullArray, RecordBatch,
    TimestampMillisecondArray, TimestampSecondArray, UInt64Array,
};

use super::*;
use crate::error::ErrorKind;
use crate::table::Table;

pub(super) fn column(array: impl arrow_array::Array + 'static) -> ArrayRef {
    Arc::new(array)
}

/// Four rows with one column of each kind.
fn table() -> Table {
    let words: DictionaryArray<Int8Type> = [Some("Tea"), None, Some("50% off"), Some("tea cup")]
        .into_iter()
        .collect();
    let cents = Decimal128Array::from(vec![Some(10), Some(-250), None, Some(0)]);
    let batch = RecordBatch::try_from_iter_with_nullable([
        (
            "n",
            column(Int32Array::from(vec![Some(2), Some(-3), None, Some(0)])),
            true,
        ),
        (
            "big",
            column(Int64Array::from(vec![
                9_007_199_254_740_993,
                i64::MAX,
                i64::MIN,
                0,
            ])),
            true,
        ),
        (
            "huge",
            column(UInt64Array::from(vec![u64::MAX, 1, 2, 3])),
            true,
        ),
        (
            "x",
            column(Float64Array::from(vec![
                Some(0.5),
                Some(f64::NAN),
                None,
                Some(-0.0),
            ])),
            true,
        ),
        (
            "narrow",
            column(Float32Array::from(vec![0.5, 1.5, f32::INFINITY, -1.0])),
            true,
        ),
        (
            "cents",
            column(cents.with_precision_and_scale(10, 2).unwrap()),
            true,
        ),
        ("word", column(words), true),
        (
            "text",
            column(LargeStringArray::from(vec![
                Some("a"),
                Some(""),
                None,
                Some(" ä "),
            ])),
            true,
        ),
        (
            "ok",
            column(BooleanArray::from(vec![
                Some(true),
                Some(false),
                None,
                Some(true),
            ])),
            true,
        ),
        (
            "day",
            column(Date32Array::from(vec![Some(0), Some(1), None, Some(365)])),
            true,
        ),
        (
            "at",
            column(TimestampSecondArray::from(vec![0, 86_399, 86_400, -1])),
            true,
        ),
        (
            "zoned",
            column(
                TimestampMillisecondArray::from(vec![0, 3_600_000, 7_200_000, -1])
                    .with_timezone("Europe/Paris"),
            ),
            true,
        ),
        ("none", column(NullArray::new(4)), true),
        (
            "Unit Price",
            column(Float64Array::from(vec![1.0, 2.0, 3.0, 4.0])),
            true,
        ),
        ("quantity", column(Int64Array::from(vec![1, 1, 1, 1])), true),
    ])
    .unwrap();
    Table::from_batch(batch)
}

pub(super) fn holds_in(table: &Table, text: &str) -> Result<Vec<usize>> {
    let names = Names {
        table,
        roles: vec![("price", "Unit Price"), ("quantity", "n")],
        time: None,
    };
    let predicate = Expression::parse("check", text)?.bind(&names)?;
    let mut rows = Vec::new();
    for at in table.segments(0..table.n_rows()) {
        let holds = predicate.holds(&at)?;
        rows.extend(holds.set_indices().map(|i| at.first_row + i));
    }
    Ok(rows)
}

#[track_caller]
fn holds(text: &str, rows: &[usize]) {
    assert_eq!(holds_in(&table(), text).unwrap(), rows, "{text}");
}

#[track_caller]
fn refuses(text: &str, kind: ErrorKind, words: &str) {
    let e = holds_in(&table(), text).unwrap_err();
    assert_eq!(e.kind(), kind, "{text}: {e}");
    assert!(e.to_string().contains(words), "{text}: {e}");
}

#[test]
fn numbers_of_all_types_compare_by_their_values() {
    holds("n > 0", &[0]);
    holds("n = -3 or n = 2.0", &[0, 1]);
    holds("n < 1.5", &[1, 3]);
    holds("1.5 > n", &[1, 3]);
    holds("big = 9007199254740993", &[0]);
    // 2^53, which a conversion of the column to floats would find equal.
    holds("big = 9007199254740992.0", &[]);
    holds("big > 9007199254740992.5", &[0, 1]);
    holds("big >= 9223372036854775807", &[1]);
    holds("big >= 1e19", &[]);
    holds("big <= -9223372036854775808", &[2]);
    holds("huge = 18446744073709551615", &[0]);
    holds("huge > big", &[0, 2, 3]);
    holds("huge > -1", &[0, 1, 2, 3]);
    holds("huge < 18446744073709551616", &[0, 1, 2, 3]);
    holds("cents = 0.1", &[0]);
    holds("cents <= -2.5", &[1]);
    holds("narrow = 0.5 or narrow > 1e300", &[0, 2]);
    holds("n = x", &[3]);
    holds("x = n", &[3]);
    holds("n == 0 and n <> 1 and n != 1", &[3]);
}

#[test]
fn nan_is_null_and_minus_zero_is_zero() {
    holds("x is null", &[1, 2]);
    holds("x = 0", &[3]);
    holds("not x < 100", &[]);
    holds("not (x > 0.1)", &[3]);
    holds("-x = 0", &[3]);
    // Infinity less infinity.
    holds("narrow - narrow = 0", &[0, 1, 3]);
    holds("(narrow - narrow) is null", &[2]);
}

#[test]
fn arithmetic_is_in_floats_and_never_panics() {
    holds("n * 2 + 1 = 5", &[0]);
    holds("n % 2 = -1", &[1]);
    holds("10 / n < 0", &[1]);
    holds("10 / n is null", &[2, 3]);
    holds("10 % n is null", &[2, 3]);
    holds("1 / 0 is null", &[0, 1, 2, 3]);
    holds("5 / 2 = 2.5", &[0, 1, 2, 3]);
    holds("big + big > 18446744073709551000", &[1]);
    holds("-big > 0", &[2]);
    holds("abs(n) = 3", &[1]);
    holds("abs(big) > 9e18", &[1, 2]);
    holds("- - n = 2", &[0]);
    holds("+n = 2", &[0]);
    holds("2 + 3 * 4 = 14 and (2 + 3) * 4 = 20", &[0, 1, 2, 3]);
}

#[test]
fn logic_has_three_values() {
    holds("n > 0 or x > 0", &[0]);
    holds("n < 0 or n is null", &[1, 2]);
    holds("not n > 0", &[1, 3]);
    holds("ok", &[0, 3]);
    holds("not ok", &[1]);
    holds("ok = false", &[1]);
    holds("ok <> true or ok is null", &[1, 2]);
    holds("true", &[0, 1, 2, 3]);
    holds("false or n = 2", &[0]);
    holds("n between -3 and 0", &[1, 3]);
    holds("n not between -3 and 0", &[0]);
    holds("n in (2, 0, 7)", &[0, 3]);
    holds("n not in (2, 0)", &[1]);
    holds("none = 1", &[]);
    holds("none is null and not none", &[]);
    holds("none is null", &[0, 1, 2, 3]);
    holds("none + 1 = 1 or none like 'a'", &[]);
}

#[test]
fn texts_of_all_types_are_texts() {
    holds("word = 'Tea'", &[0]);
    holds("word <> 'Tea'", &[2, 3]);
    holds("word like 'tea%'", &[3]);
    holds("word ilike 'tea%'", &[0, 3]);
    holds("word not ilike 'tea%'", &[2]);
    holds("word like '50\\% ___'", &[2]);
    holds("word like '50% ___' and word like '%off'", &[2]);
    holds("lower(word) = 'tea' and upper(word) = 'TEA'", &[0]);
    holds("length(text) = 3 and length(trim(text)) = 1", &[3]);
    holds("text = ''", &[1]);
    holds("text < 'b'", &[0, 1, 3]);
    holds("text in ('a', 'b')", &[0]);
    holds("word = 'it''s' or text = word", &[]);
}

#[test]
fn times_compare_with_days_and_instants() {
    holds("day = '1970-01-02'", &[1]);
    holds("day > '1970-01-01'", &[1, 3]);
    holds("'1970-01-01' < day", &[1, 3]);
    // A date is the whole day.
    holds("at <= '1970-01-01'", &[0, 1, 3]);
    holds("at = '1970-01-01'", &[0, 1]);
    holds("at <> '1970-01-01'", &[2, 3]);
    holds("at > '1970-01-01'", &[2]);
    holds("at >= '1970-01-01'", &[0, 1, 2]);
    holds("at < '1970-01-01T00:00:00'", &[3]);
    holds("at between '1970-01-01' and '1970-01-02'", &[0, 1, 2]);
    holds("at in ('1970-01-02', '1969-12-31')", &[2, 3]);
    // Midnight in Paris is 23 o'clock in Greenwich, the day before.
    holds("zoned >= '1970-01-01T01:00:00'", &[0, 1, 2]);
    holds("zoned >= '1970-01-01T01:00:00Z'", &[1, 2]);
    holds("day = at", &[0]);
    refuses(
        "at > '1970-01-01T00:00Z'",
        ErrorKind::Parameter,
        "without an offset",
    );
    refuses("at > zoned", ErrorKind::Parameter, "with a zone");
    refuses("at > 'soon'", ErrorKind::Parameter, "ISO 8601");
    refuses("at > 3", ErrorKind::Parameter, "a time with a number");
    refuses("at + 1 > at", ErrorKind::Parameter, "compute with numbers");
}

#[test]
fn a_plain_name_is_a_role_and_a_quoted_one_a_column() {
    holds("price > 3", &[3]);
    holds("\"Unit Price\" > 3", &[3]);
    holds("`Unit Price` > 3", &[3]);
    holds("quantity = 2", &[0]);
    holds("\"quantity\" = 1", &[0, 1, 2, 3]);
    holds("\"price\" > 3", &[3]);
    refuses(
        "prize > 3",
        ErrorKind::ColumnNotFound,
        "did you mean `price`",
    );
    refuses(
        "\"unit price\" > 3",
        ErrorKind::ColumnNotFound,
        "did you mean `Unit Price`",
    );
}

#[test]
fn what_does_not_fit_is_named() {
    refuses("word > 3", ErrorKind::Parameter, "a text with a number");
    refuses("n = '3'", ErrorKind::Parameter, "a number with a text");
    refuses("n", ErrorKind::Parameter, "`n`, which is a number");
    refuses("n + 1", ErrorKind::Parameter, "must be a condition");
    refuses(
        "n and ok",
        ErrorKind::Parameter,
        "true or false for each row",
    );
    refuses("ok > false", ErrorKind::Parameter, "by = or <> alone");
    refuses(
        "ok in (true)",
        ErrorKind::Parameter,
        "combine conditions by OR",
    );
    refuses("n like '1%'", ErrorKind::Parameter, "a text before LIKE");
    refuses(
        "word like text",
        ErrorKind::Parameter,
        "in single quotes behind LIKE",
    );
    refuses(
        "length(n) > 1",
        ErrorKind::Parameter,
        "give `length` a text",
    );
    refuses(
        "abs(n, n) > 1",
        ErrorKind::Parameter,
        "give `abs` one value",
    );
    refuses(
        "sqrt(n) > 1",
        ErrorKind::Parameter,
        "has no function `sqrt` at character 1;",
    );
    refuses("n = null", ErrorKind::Parameter, "IS NULL");
    refuses("n > 1e999", ErrorKind::Parameter, "a float can hold");
    refuses(
        "n = 1 n = 2",
        ErrorKind::Parameter,
        "found n at character 7",
    );
    refuses("n >", ErrorKind::Parameter, "cannot be read: expected");
    refuses("n = 'a", ErrorKind::Parameter, "at character 5");
    refuses("n = 1;", ErrorKind::Parameter, "has no `;` at character 6");
    refuses("n = 1 -- all", ErrorKind::Parameter, "has no `comment`");
    refuses("t.n = 1", ErrorKind::Parameter, "has no `.`");
    refuses("n::int = 1", ErrorKind::Parameter, "has no `::`");
    refuses(
        "case when ok then 1 end = 1",
        ErrorKind::Parameter,
        "has no `CASE` at character 1",
    );
    refuses("n in (select n)", ErrorKind::Parameter, "has no `SELECT`");
    refuses(
        "n is not distinct from 2",
        ErrorKind::Parameter,
        "cannot be read",
    );
    refuses("ok is true", ErrorKind::Parameter, "this is something else");
    refuses(
        "(n, n) = (1, 2)",
        ErrorKind::Parameter,
        "this is something else",
    );
    refuses("time '10:00' > 1", ErrorKind::Parameter, "`check`");
    refuses(
        "'; drop table x; --",
        ErrorKind::Parameter,
        "cannot be read",
    );
}

#[test]
fn hostile_texts_are_refused_in_bounded_time_and_depth() {
    refuses("", ErrorKind::Parameter, "must be a condition such as");
    refuses(" \n\t", ErrorKind::Parameter, "must be a condition such as");
    refuses(
        &"n = 1 or ".repeat(100_000),
        ErrorKind::Parameter,
        "bytes long",
    );
    refuses(
        &"1+".repeat(8_000),
        ErrorKind::Parameter,
        "at most 2000 names",
    );
    refuses(
        &format!("n = {}", "9".repeat(400)),
        ErrorKind::Parameter,
        "a float can hold",
    );
    refuses(
        &format!("word like '{}'", "%_".repeat(60)),
        ErrorKind::Parameter,
        "at most 100",
    );
    for deep in [
        "(",
        "not ",
        "- ",
        "abs(",
        "n in (",
        "((n,",
        "n between (",
        "+ ",
        "n = -(",
        "trim((",
    ] {
        for times in [39, 60, 600] {
            let text = format!("{}n", deep.repeat(times));
            assert!(holds_in(&table(), &text).is_err(), "{text}");
        }
    }
    for chain in ["n", "n = 1", "n is null", "'a'"] {
        for sign in [
            " + ",
            " and ",
            " or ",
            " = ",
            " < ",
            " is null ",
            " in (1) ",
            " * ",
        ] {
            let text = vec![chain; 390].join(sign);
            // Understood or refused: what counts is that it ends.
            let _ = holds_in(&table(), &text);
        }
    }
    holds(&vec!["n = 2"; 499].join(" or "), &[0]);
    for nested in 1..38 {
        let text = format!("{}ok{}", "(not ".repeat(nested), ")".repeat(nested));
        let _ = holds_in(&table(), &text);
    }
    holds(&format!("{}n = 2{}", "(".repeat(20), ")".repeat(20)), &[0]);
}
