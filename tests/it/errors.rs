//! Every kind of error that can occur, from the call that gives it; messages name the thing, the value and the remedy.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use patronomy::rfm::{Breaks, Convention, RfmModel, RfmParams, SegmentMap, SegmentRule};
use patronomy::saved::Saved;
use patronomy::simulate::Shop;
use patronomy::{
    Budget, Cancel, Context, Error, ErrorKind, Moment, Roles, Table, Transactions, io,
};

use crate::tables::batch;

fn column(name: &str) -> ArrayRef {
    match name {
        "id" => Arc::new(Int64Array::from(vec![1, 2, 2])),
        "day" => Arc::new(Date32Array::from(vec![19_000, 19_001, 19_010])),
        "paid" => Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0])),
        "yes" => Arc::new(BooleanArray::from(vec![true, false, true])),
        "words" => Arc::new(StringArray::from(vec!["soon", "later", "never"])),
        "mixed" => Arc::new(StringArray::from(vec![
            "2024-01-01",
            "2024-01-02T10:00:00Z",
            "2024-01-03",
        ])),
        "half" => Arc::new(Float64Array::from(vec![1.0, 2.0, 2.5])),
        other => panic!("no column {other}"),
    }
}

fn small() -> RecordBatch {
    let names = ["id", "day", "paid", "yes", "words", "mixed", "half"];
    batch(names.map(|n| (n, column(n))).to_vec())
}

fn bind(roles: Roles) -> Result<Transactions, Error> {
    Transactions::new(Table::from_batch(small()), roles)
}

fn plain() -> Transactions {
    bind(Roles::new("id", "day").amount("paid")).unwrap()
}

fn fit(params: &RfmParams) -> Result<(), Error> {
    params.fit(&plain(), &Context::new()).map(|_| ())
}

fn with(cancel: Cancel, budget: Budget) -> Context {
    Context {
        cancel,
        budget,
        ..Context::new()
    }
}

/// What the call gives, its kind, and what its message must hold.
#[allow(clippy::too_many_lines, reason = "a list of cases")]
fn cases() -> Vec<(Result<(), Error>, ErrorKind, Vec<&'static str>)> {
    use ErrorKind as K;
    let none = |r: Result<Transactions, Error>| r.map(|_| ());
    let empty = || {
        Transactions::new(
            Table::from_batch(small().slice(0, 0)),
            Roles::new("id", "day").amount("paid"),
        )
        .unwrap()
    };
    let shop = || Shop::new(20_000, 365, 1).transactions().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let junk = folder.path().join("junk.parquet");
    std::fs::write(&junk, b"PAR1 is not enough").unwrap();
    let own = |name: &str, r: (u8, u8)| {
        SegmentMap::new("own", vec![SegmentRule::new(name, r, (1, 5), (1, 5))])
    };
    let fitted = || RfmParams::new().fit(&plain(), &Context::new()).unwrap();
    vec![
        (
            none(bind(Roles::new("ID", "day").amount("paid"))),
            K::ColumnNotFound,
            vec!["`ID`", "role `customer`", "did you mean `id`", "`paid`"],
        ),
        (
            none(bind(Roles::new("id", "when").amount("paid"))),
            K::ColumnNotFound,
            vec!["`when`", "role `time`"],
        ),
        (
            none(bind(Roles::new("id", "day").channel("shop"))),
            K::ColumnNotFound,
            vec!["`shop`", "role `channel`"],
        ),
        (
            bind(Roles::new("id", "day"))
                .unwrap()
                .counts(&Context::new())
                .map(|_| ()),
            K::ColumnNotFound,
            vec!["`amount`", "`quantity` and `price`"],
        ),
        (
            RfmParams::new()
                .breadth(true)
                .fit(&plain(), &Context::new())
                .map(|_| ()),
            K::ColumnNotFound,
            vec!["name role `item`"],
        ),
        (
            none(bind(Roles::new("yes", "day").amount("paid"))),
            K::ColumnType,
            vec![
                "`yes`",
                "role `customer`",
                "Boolean",
                "expected integers, text",
            ],
        ),
        (
            none(bind(Roles::new("id", "paid").amount("paid"))),
            K::ColumnType,
            vec!["`paid`", "role `time`", "Float64", "ISO 8601"],
        ),
        (
            none(bind(Roles::new("id", "day").amount("words"))),
            K::ColumnType,
            vec![
                "`words`",
                "role `amount`",
                "Utf8",
                "expected integers, floats",
            ],
        ),
        (
            none(bind(Roles::new("id", "words").amount("paid"))),
            K::BadValues,
            vec!["`words`", "3 value(s)", "row 0", "soon", "`time_format`"],
        ),
        (
            none(bind(Roles::new("id", "mixed").amount("paid"))),
            K::BadValues,
            vec![
                "`mixed`",
                "2 value(s)",
                "2024-01-01",
                "with an offset, or none",
            ],
        ),
        (
            none(bind(Roles::new("half", "day").amount("paid"))),
            K::BadValues,
            vec![
                "`half`",
                "1 value(s)",
                "row 2",
                "2.5",
                "give ids as integers or text",
            ],
        ),
        (
            fit(&RfmParams::new().n_bins([5, 1, 5])),
            K::Parameter,
            vec!["`n_bins` of `RfmParams`", "2..=100", "got 1"],
        ),
        (
            fit(&RfmParams::new().n_bins([5, 101, 5])),
            K::Parameter,
            vec!["`n_bins`", "got 101"],
        ),
        (
            fit(&RfmParams::new().weights([1.0, f64::NAN, 1.0])),
            K::Parameter,
            vec!["`weights`", "finite", "NaN"],
        ),
        (
            fit(&RfmParams::new().period_days(0)),
            K::Parameter,
            vec!["`period_days`", "at least 1", "got 0"],
        ),
        (
            fit(&RfmParams::new().breaks(Breaks::new(vec![2.0, 1.0], vec![], vec![]))),
            K::Parameter,
            vec!["`recency` of `Breaks`", "ascend", "2 before 1"],
        ),
        (
            fit(&RfmParams::new().breaks(Breaks::new(vec![], vec![], vec![f64::NAN]))),
            K::Parameter,
            vec!["`monetary` of `Breaks`", "finite"],
        ),
        (
            fit(&RfmParams::new().segments(own("a", (1, 6)))),
            K::Parameter,
            vec!["`segments`", "score 6", "5 bins"],
        ),
        (
            fit(&RfmParams::new().segments(own("a", (3, 2)))),
            K::Parameter,
            vec!["`r` of `SegmentMap`", "(3, 2)"],
        ),
        (
            fit(&RfmParams::new().segments(own(" ", (1, 5)))),
            K::Parameter,
            vec!["`segment`", "blank"],
        ),
        (
            RfmParams::new()
                .convention(Convention::Qcut)
                .fit(
                    &plain().as_of(Moment::Day(19_001)).unwrap(),
                    &Context::new(),
                )
                .map(|_| ()),
            K::Parameter,
            vec!["`convention`", "coincide", "take `together`"],
        ),
        (
            SegmentMap::builtin("rf").map(|_| ()),
            K::Parameter,
            vec!["`rf_grid`", "a map of your own", "`rf`"],
        ),
        (
            Moment::parse("10/09/2011").map(|_| ()),
            K::Parameter,
            vec!["ISO 8601", "`10/09/2011`"],
        ),
        (
            none(plain().as_of(Moment::Instant(0))),
            K::Parameter,
            vec!["offset", "1970-01-01"],
        ),
        (
            Shop::new(0, 1, 1).transactions().map(|_| ()),
            K::Parameter,
            vec!["`n_customers`", "got 0"],
        ),
        (
            Shop::new(1, 0, 1).transactions().map(|_| ()),
            K::Parameter,
            vec!["`n_days`", "got 0"],
        ),
        (
            fitted()
                .customer(&(Arc::new(Int64Array::from(vec![77])) as ArrayRef))
                .map(|_| ()),
            K::Parameter,
            vec!["`customer` of `Rfm`"],
        ),
        (
            RfmParams::new().fit(&empty(), &Context::new()).map(|_| ()),
            K::TooFewRows,
            vec!["rfm", "at least 1", "found 0", "the table is empty"],
        ),
        (
            RfmParams::new()
                .fit(&plain().as_of(Moment::Day(1)).unwrap(), &Context::new())
                .map(|_| ()),
            K::TooFewRows,
            vec!["3 after_clock"],
        ),
        (
            fitted().segments().map(|_| ()),
            K::FeatureMismatch,
            vec!["without a segment map", "pass `segments`"],
        ),
        (
            shop()
                .counts(&with(Cancel::new(), Budget::bytes(1)))
                .map(|_| ()),
            K::Budget,
            vec!["MB", "raise the memory budget"],
        ),
        (
            RfmModel::from_json("{}").map(|_| ()),
            K::SavedFormat,
            vec!["cannot be loaded"],
        ),
        (
            plain()
                .counts(&with(Cancel::at_poll(1), Budget::unlimited()))
                .map(|_| ()),
            K::Cancelled,
            vec!["cancelled"],
        ),
        (
            io::read_table(Path::new("none.csv"), &[], &Context::new()).map(|_| ()),
            K::Io,
            vec!["none.csv"],
        ),
        (
            io::read_table(Path::new("table.xlsx"), &[], &Context::new()).map(|_| ()),
            K::Io,
            vec!["table.xlsx"],
        ),
        (
            io::read_table(Path::new("table.json"), &[], &Context::new()).map(|_| ()),
            K::Io,
            vec!["table.json", ".parquet", ".csv", ".xlsx"],
        ),
        (
            io::write_batch(Path::new("table.xlsx"), &small()),
            K::Io,
            vec!["table.xlsx", ".parquet or .csv"],
        ),
        (
            io::read_table(&junk, &[], &Context::new()).map(|_| ()),
            K::Io,
            vec!["junk.parquet", "Parquet"],
        ),
        (
            io::write_batch(Path::new("no/such/folder/x.csv"), &small()),
            K::Io,
            vec!["x.csv"],
        ),
        (
            RfmModel::load(Path::new("none.json")).map(|_| ()),
            K::Io,
            vec!["none.json"],
        ),
    ]
}

#[test]
fn each_call_gives_its_kind_and_says_what_to_mend() {
    for (i, (result, kind, parts)) in cases().into_iter().enumerate() {
        let e = result.expect_err(&format!("case {i}, {kind:?}"));
        assert_eq!(e.kind(), kind, "case {i}: {e}");
        let message = e.to_string();
        for part in parts {
            assert!(
                message.contains(part),
                "case {i}: no {part:?} in {message:?}"
            );
        }
        let first = message.trim_start_matches('`').chars().next().unwrap();
        let named = message.starts_with('`') || message.starts_with("Parquet");
        assert!(named || !first.is_uppercase(), "case {i}: {message}");
        assert!(!message.ends_with('.'), "case {i}: {message}");
    }
}

#[test]
fn every_kind_that_can_occur_is_among_them() {
    let seen: Vec<ErrorKind> = cases().iter().map(|c| c.1).collect();
    for kind in ErrorKind::ALL {
        // No job asks for consent yet.
        assert!(
            seen.contains(&kind) || kind == ErrorKind::Consent,
            "{kind:?}"
        );
    }
}

#[test]
fn two_columns_of_one_name_are_refused_only_where_meant() {
    use arrow_schema::{DataType, Field, Schema};
    let fields = ["id", "day", "paid", "paid"].map(|n| {
        let t = match n {
            "id" => DataType::Int64,
            "day" => DataType::Date32,
            _ => DataType::Float64,
        };
        Field::new(n, t, true)
    });
    let columns = ["id", "day", "paid", "paid"].map(column).to_vec();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), columns).unwrap();
    let table = Table::from_batch(batch);
    assert!(Transactions::new(table.clone(), Roles::new("id", "day")).is_ok());
    let e = Transactions::new(table, Roles::new("id", "day").amount("paid")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Parameter);
    assert!(e.to_string().contains("2 columns share the name"), "{e}");
}

#[test]
fn moves_need_the_same_cuts_map_and_ids() {
    let ctx = Context::new();
    let with_map = |params: RfmParams| {
        params
            .segments(SegmentMap::rf_grid())
            .fit(&plain(), &ctx)
            .unwrap()
    };
    let a = with_map(RfmParams::new());
    let other_cuts =
        with_map(RfmParams::new().breaks(Breaks::new(vec![1.0; 4], vec![1.0; 4], vec![1.0; 4])));
    let e = other_cuts.moves(&a).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Parameter);
    assert!(e.to_string().contains("breaks=earlier.breaks"), "{e}");
    let no_map = RfmParams::new()
        .breaks(a.model().breaks.clone())
        .fit(&plain(), &ctx)
        .unwrap();
    assert_eq!(no_map.moves(&a).unwrap_err().kind(), ErrorKind::Parameter);
    let text_ids = bind(Roles::new("words", "day").amount("paid")).unwrap();
    let text = a.model().score(&text_ids, &ctx).unwrap();
    let e = text.moves(&a).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::FeatureMismatch);
    assert!(
        e.to_string().contains("Int64") && e.to_string().contains("Utf8"),
        "{e}"
    );
}
