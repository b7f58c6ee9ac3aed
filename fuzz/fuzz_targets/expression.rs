//! Expressions: any text as a check of one's own, and texts put together from the language's words, over a small table of many types. Nothing
//! may panic or overflow; what is understood flags the same rows whatever the chunks, and never more than there are.
#![no_main]

use std::sync::{Arc, LazyLock};

use arbitrary::{Result, Unstructured};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampSecondArray, UInt64Array,
};
use libfuzzer_sys::fuzz_target;
use patronomy::quality::{CHECKS, Partners, QualityParams};
use patronomy::{Context, Roles, Table, Transactions};

const WORDS: [&str; 56] = [
    "customer",
    "time",
    "quantity",
    "price",
    "amount",
    "a",
    "u",
    "b",
    "t",
    "day",
    "\"Unit Price\"",
    "`a`",
    "and",
    "or",
    "not",
    "between",
    "in",
    "is",
    "null",
    "like",
    "ilike",
    "true",
    "false",
    "=",
    "==",
    "<>",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "(",
    ")",
    "(",
    ")",
    ",",
    "0",
    "1",
    "2.5",
    "1e308",
    "9223372036854775808",
    "'x'",
    "'%_%'",
    "'2024-01-02'",
    "'2024-01-02T03:04Z'",
    "abs",
    "length",
    "lower",
    "upper",
    "trim",
    "''",
];

static TABLES: LazyLock<[Transactions; 2]> = LazyLock::new(|| {
    let columns: [(&str, ArrayRef); 9] = [
        (
            "who",
            Arc::new(StringArray::from(vec![
                Some("x"),
                None,
                Some("y"),
                Some(""),
            ])),
        ),
        (
            "at",
            Arc::new(TimestampSecondArray::from(vec![
                Some(0),
                None,
                Some(1_704_164_645),
                Some(i64::MAX),
            ])),
        ),
        (
            "n",
            Arc::new(Int64Array::from(vec![
                Some(i64::MAX),
                Some(i64::MIN),
                None,
                Some(0),
            ])),
        ),
        (
            "Unit Price",
            Arc::new(Float64Array::from(vec![
                Some(f64::NAN),
                Some(-0.0),
                None,
                Some(f64::INFINITY),
            ])),
        ),
        ("a", Arc::new(Int64Array::from(vec![1, -1, 0, 7]))),
        ("u", Arc::new(UInt64Array::from(vec![u64::MAX, 0, 1, 2]))),
        (
            "b",
            Arc::new(BooleanArray::from(vec![
                Some(true),
                None,
                Some(false),
                None,
            ])),
        ),
        (
            "t",
            Arc::new(StringArray::from(vec![
                Some("tea"),
                Some("50%"),
                None,
                Some("茶"),
            ])),
        ),
        (
            "day",
            Arc::new(Date32Array::from(vec![
                Some(0),
                Some(i32::MAX),
                Some(i32::MIN),
                None,
            ])),
        ),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true)));
    let batch = batch.expect("a table");
    let cut = vec![batch.slice(0, 1), batch.slice(1, 3)];
    let tables = [
        Table::from_batch(batch.clone()),
        Table::try_new(batch.schema(), cut).expect("the same table"),
    ];
    tables.map(|table| {
        let roles = Roles::new("who", "at").quantity("n").price("Unit Price");
        Transactions::new(table, roles).expect("roles that fit")
    })
});

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    if u.ratio(1, 3)? {
        return u.arbitrary();
    }
    let mut words = Vec::new();
    while words.len() < 60 && !u.is_empty() {
        words.push(*u.choose(&WORDS)?);
    }
    Ok(words.join(" "))
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = text(&mut Unstructured::new(data)) else {
        return;
    };
    let built_in = CHECKS.iter().map(|c| c.name.to_string());
    let params = QualityParams::new().skip(built_in).check("own", text);
    let found = TABLES.each_ref().map(|tx| {
        let quality = tx.quality(&params, &Partners::new(), &Context::new());
        quality.map(|q| q.rows("own").expect("a check that was made"))
    });
    match found {
        [Ok(whole), Ok(cut)] => {
            assert_eq!(whole, cut);
            assert!(whole.iter().all(|&row| row < 4));
        }
        [Err(a), Err(b)] => assert_eq!(a.to_string(), b.to_string()),
        [a, b] => panic!("{a:?} of the whole, {b:?} of the pieces"),
    }
});
