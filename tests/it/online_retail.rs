//! UCI Online Retail, where it is at hand: the published figures, and every row accounted for.

use std::path::PathBuf;

use patronomy::quality::{Partners, QualityParams};
use patronomy::rfm::{RfmParams, SegmentMap};
use patronomy::{Context, Moment, Reason, Returns, Roles, Transactions, io};

pub(crate) fn path() -> Option<PathBuf> {
    data("retail_transactions/online_retail.parquet")
}

/// The file, or `None` with the reason printed; where the data is required its absence is a failure.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("PATRONOMY_DATA").map(|root| PathBuf::from(root).join(name));
    match found {
        Some(path) if path.is_file() => Some(path),
        other => {
            let why = other.map_or_else(
                || "PATRONOMY_DATA is not set".to_owned(),
                |p| format!("there is no {}", p.display()),
            );
            assert!(
                std::env::var_os("PATRONOMY_REQUIRE_DATA").is_none(),
                "{why}"
            );
            eprintln!("SKIPPED, as if passed: {why}");
            None
        }
    }
}

pub(crate) fn transactions(path: &std::path::Path, returns: Returns) -> Transactions {
    let roles = Roles::new("CustomerID", "InvoiceDate")
        .transaction("InvoiceNo")
        .item("StockCode")
        .item_name("Description")
        .quantity("Quantity")
        .price("UnitPrice");
    let columns: Vec<(&str, &str)> = roles.iter().collect();
    let table = io::read_table(path, &columns, &Context::new()).unwrap();
    Transactions::new(table, roles.clone())
        .unwrap()
        .with_returns(returns)
}

#[test]
fn the_published_figures_come_out() {
    let Some(path) = path() else { return };
    let ctx = Context::new();
    for returns in [Returns::Net, Returns::Exclude, Returns::Keep] {
        let tx = transactions(&path, returns);
        assert_eq!(tx.n_rows(), 541_909);
        let counts = tx.counts(&ctx).unwrap();
        assert_eq!(counts.rows_in, 541_909);
        // 135,080 lines name no customer.
        assert_eq!(counts.left_out[&Reason::NoCustomer], 135_080);
        assert_eq!(
            counts.rows_used + counts.left_out.values().sum::<u64>(),
            541_909
        );
        let rfm = RfmParams::new()
            .segments(SegmentMap::rf_grid())
            .fit(&tx, &ctx)
            .unwrap();
        assert_eq!(rfm.counts(), &counts);
        assert_eq!(rfm.n_unassigned(), 0);
        // Of the 4,372 customers 33 only ever sent something back; netting cancels the only orders of some more.
        let n = rfm.batch().num_rows();
        let expected = if returns == Returns::Net {
            n.min(4_339)
        } else {
            4_339
        };
        assert_eq!(n, expected, "{returns:?}");
        assert_eq!(rfm.model().reference, "2011-12-09");
    }
}

#[test]
fn without_returns_every_line_with_a_customer_is_an_order_or_a_return() {
    let Some(path) = path() else { return };
    let counts = transactions(&path, Returns::Exclude)
        .counts(&Context::new())
        .unwrap();
    // 406,829 lines name a customer; 8,905 of them are cancellations.
    assert_eq!(counts.left_out[&Reason::ReturnExcluded], 8_905);
    assert_eq!(counts.rows_used, 406_829 - 8_905);
}

#[test]
fn the_money_is_the_published_sum() {
    let Some(path) = path() else { return };
    // All money, those without a customer under one name: 9,747,747.93, and two bad debts of 11,062.06 are in it.
    let roles = Roles::new("Country", "InvoiceDate")
        .quantity("Quantity")
        .price("UnitPrice");
    let columns: Vec<(&str, &str)> = roles.iter().collect();
    let table = io::read_table(&path, &columns, &Context::new()).unwrap();
    let tx = Transactions::new(table, roles.clone())
        .unwrap()
        .with_returns(Returns::Keep);
    let rfm = RfmParams::new().fit(&tx, &Context::new()).unwrap();
    assert_eq!(rfm.counts().rows_used, 541_909);
    assert_eq!(rfm.batch().num_rows(), 38);
    let sum: f64 = crate::tables::floats(&rfm, "monetary")
        .values()
        .iter()
        .sum();
    // Prices have three decimals, so the sum is published rounded.
    assert!((sum - 9_747_747.93).abs() < 0.005, "{sum}");
}

#[test]
fn a_cut_leaves_the_later_rows_to_the_later_part() {
    let Some(path) = path() else { return };
    let tx = transactions(&path, Returns::Exclude);
    let (past, later) = tx.split(Moment::parse("2011-09-10").unwrap()).unwrap();
    let ctx = Context::new();
    let [all, before, after] = [&tx, &past, &later].map(|t| t.counts(&ctx).unwrap());
    assert_eq!(before.rows_used + after.rows_used, all.rows_used);
    assert_eq!(
        before.left_out[&Reason::AfterClock] + after.left_out[&Reason::BeforeWindow],
        541_909
    );
    let map = SegmentMap::rf_grid();
    let first = RfmParams::new().segments(map).fit(&past, &ctx).unwrap();
    let second = first.model().score(&later, &ctx).unwrap();
    let moves = second.moves(&first).unwrap();
    assert!(moves.num_rows() > 10);
}

#[test]
fn the_checks_find_what_is_known_of_it() {
    let Some(path) = path() else { return };
    let ctx = Context::new();
    let table = io::read_table(&path, &[], &ctx).unwrap();
    let tx = Transactions::new(table, transactions(&path, Returns::Net).roles().clone()).unwrap();
    let check = |tx: &Transactions| {
        tx.quality(&QualityParams::new(), &Partners::new(), &ctx)
            .unwrap()
    };
    let quality = check(&tx);
    let n = |name: &str| quality.finding(name).unwrap().n_rows;
    assert_eq!(quality.n_checked(), 541_909);
    assert_eq!(n("customer_missing"), 135_080);
    assert_eq!(n("cancellation"), 9_288);
    assert_eq!(n("negative_quantity"), 1_336);
    assert_eq!(n("price_negative"), 2);
    assert_eq!(n("item_name_missing"), 1_454);
    assert_eq!(n("duplicate"), 5_268);
    // Two lines differ in the spelling of the name alone.
    let coded = [
        "InvoiceNo",
        "StockCode",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
    ];
    let params = QualityParams::new().duplicate_columns(coded);
    let quality = tx.quality(&params, &Partners::new(), &ctx).unwrap();
    assert_eq!(quality.finding("duplicate").unwrap().n_rows, 5_270);
    // The two giant orders, and what cancelled them.
    let cancelled = &quality.finding("order_cancelled").unwrap().examples;
    assert_eq!(cancelled[..2], [540_421, 61_619]);
    assert_eq!(
        quality.finding("cancellation").unwrap().examples[..2],
        [540_422, 61_624]
    );
}
