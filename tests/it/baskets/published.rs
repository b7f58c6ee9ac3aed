//! Published data: their counts come out of every source.

use super::*;
use crate::online_retail::data;

#[test]
fn the_figures_of_fimi() {
    for (name, n_baskets, n_items, mean) in [
        ("retail.dat", 88_162, 16_470, 10.31),
        ("T10I4D100K.dat", 100_000, 870, 10.10),
        ("mushroom.dat", 8_124, 119, 23.0),
        ("chess.dat", 3_196, 75, 37.0),
        ("BMS-WebView-1.dat", 59_602, 497, 2.51),
        #[cfg(feature = "csv")]
        ("connect_noclass.dat.zst", 67_557, 126, 42.0),
    ] {
        let Some(path) = data(&format!("market_basket/fimi/{name}")) else {
            return;
        };
        let baskets = Baskets::read(&path, BasketFormat::Fimi, &Context::new()).unwrap();
        assert_eq!(
            (baskets.len(), baskets.n_items()),
            (n_baskets, n_items),
            "{name}"
        );
        let n: usize = baskets.iter().map(|b| b.0.len()).sum();
        assert!(
            (n as f64 / n_baskets as f64 - mean).abs() < 0.006,
            "{name}: {n}"
        );
    }
}

#[cfg(feature = "parquet")]
#[test]
fn groceries_from_text_and_from_a_table() {
    let Some(path) = data("market_basket/groceries.basket") else {
        return;
    };
    let ctx = Context::new();
    let baskets = Baskets::read(&path, BasketFormat::Separated(','), &ctx).unwrap();
    assert_eq!((baskets.len(), baskets.n_items()), (9_835, 169));
    let counts = baskets.support_counts();
    assert_eq!(counts.iter().sum::<u32>(), 43_367);
    let labels = texts(baskets.labels());
    let milk = labels
        .iter()
        .position(|l| l.as_deref() == Some("whole milk"))
        .unwrap();
    assert_eq!(counts[milk], 2_513);
    let Some(path) = data("market_basket/groceries.parquet") else {
        return;
    };
    let table = patronomy::io::read(&path, &patronomy::io::ReadOptions::new(), &ctx).unwrap();
    let long = Baskets::from_table(&table, "basket_id", "item", &ctx).unwrap();
    assert_eq!((long.len(), long.n_items()), (9_835, 169));
    // Some names in the table end in a blank, which text drops at the end of a field.
    let sorted = |baskets: &Baskets| {
        let mut all = shown(baskets);
        for items in &mut all {
            items.iter_mut().for_each(|i| *i = i.trim_end().to_owned());
            items.sort();
        }
        all.sort();
        all
    };
    assert_eq!(sorted(&long), sorted(&baskets));
}

/// The published file holds every invoice that is no cancellation; we hold purchases. 1,338 of these invoices are write-offs or bad debts, lines
/// without a positive quantity or with negative money, and 118 codes are in no others.
#[cfg(feature = "parquet")]
#[test]
fn online_retail_from_lines_and_from_the_published_file() {
    let (Some(path), Some(fimi)) = (
        data("retail_transactions/online_retail.parquet"),
        data("market_basket/fimi/online_retail.dat"),
    ) else {
        return;
    };
    let ctx = Context::new();
    let roles = Roles::new("CustomerID", "InvoiceDate")
        .transaction("InvoiceNo")
        .item("StockCode")
        .item_name("Description")
        .quantity("Quantity")
        .price("UnitPrice");
    let columns: Vec<(&str, &str)> = roles.iter().collect();
    let table = patronomy::io::read_table(&path, &columns, &ctx).unwrap();
    let n_entries = |b: &Baskets| b.iter().map(|b| b.0.len()).sum::<usize>();
    let figures = |b: &Baskets| (b.len(), b.n_items(), n_entries(b));

    let fimi = Baskets::read(&fimi, BasketFormat::Fimi, &ctx).unwrap();
    let kept: Vec<RecordBatch> = table.batches().iter().map(without_cancellations).collect();
    let kept = Table::try_new(table.schema().clone(), kept).unwrap();
    let long = Baskets::from_table(&kept, "InvoiceNo", "StockCode", &ctx).unwrap();
    assert_eq!(figures(&fimi), (22_064, 4_059, 522_086));
    assert_eq!(figures(&long), figures(&fimi));
    let sorted = |mut all: Vec<u32>| {
        all.sort_unstable();
        all
    };
    let sizes = |b: &Baskets| sorted(b.iter().map(|b| b.0.len() as u32).collect());
    assert_eq!(sizes(&long), sizes(&fimi));
    assert_eq!(sorted(long.support_counts()), sorted(fimi.support_counts()));

    let tx = Transactions::new(table, roles).unwrap();
    let lines = tx.clone().with_returns(Returns::Exclude);
    let lines = Baskets::from_transactions(&lines, &ctx).unwrap();
    assert_eq!(figures(&lines), (20_726, 3_941, 520_748));
    let left_out = &lines.counts().left_out;
    // 10,624 lines without a positive quantity, and two of negative money.
    assert_eq!(
        left_out,
        &BTreeMap::from([(Reason::ReturnExcluded, 10_626)])
    );
    assert_adds_up(&lines);
    let labels = texts(lines.labels());
    let place = labels
        .iter()
        .position(|l| l.as_deref() == Some("85123A"))
        .unwrap();
    let name = &texts(lines.names().unwrap())[place];
    assert_eq!(name.as_deref(), Some("WHITE HANGING HEART T-LIGHT HOLDER"));
    // Lines without a customer are purchases too.
    assert!(lines.customers().unwrap().null_count() > 1_000);

    let net = Baskets::from_transactions(&tx, &ctx).unwrap();
    assert!(net.len() < lines.len() && net.counts().left_out[&Reason::CancelledByReturn] > 0);
    assert_adds_up(&net);
}

#[cfg(feature = "parquet")]
fn without_cancellations(batch: &RecordBatch) -> RecordBatch {
    let invoices = batch.column_by_name("InvoiceNo").unwrap();
    let invoices = texts(invoices);
    let is_kept = |i: &Option<String>| i.as_ref().is_some_and(|i| !i.starts_with('C'));
    let kept: BooleanArray = invoices.iter().map(|i| Some(is_kept(i))).collect();
    arrow_select::filter::filter_record_batch(batch, &kept).unwrap()
}
