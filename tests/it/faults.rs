//! The matrix of injected faults: each kind of dirt is found where it is, and nothing is found where there is none.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use patronomy::quality::{CHECKS, Partners, Quality, QualityParams};
use patronomy::simulate::{CustomerIds, Dirt, Language, Shop, ShopParams};
use patronomy::{Context, Moment, Table};

const SEEDS: std::ops::Range<u64> = 1..6;

fn shop(seed: u64) -> ShopParams {
    // Every kind of id and of name comes up.
    let (ids, language) = match seed % 3 {
        0 => (CustomerIds::Integer, Language::English),
        1 => (CustomerIds::Text, Language::Chinese),
        _ => (CustomerIds::Text, Language::Mixed),
    };
    let params = ShopParams::new().seed(seed).n_customers(1_500).n_days(540);
    params.customer_ids(ids).language(language).amount(true)
}

fn check(shop: &Shop) -> Quality {
    let tx = shop.transactions().unwrap();
    let items = Table::from_batch(shop.truth().unwrap().items().unwrap());
    let partners = Partners::new().items(&items, "item").unwrap();
    let params = QualityParams::new().now(Moment::parse("2030-01-01").unwrap());
    tx.quality(&params, &partners, &Context::new()).unwrap()
}

/// The rows that the truth says are of this kind.
fn injected(dirt: &RecordBatch, kind: &str) -> BTreeSet<u64> {
    let rows = dirt
        .column_by_name("row")
        .unwrap()
        .as_primitive::<Int64Type>();
    let kinds = dirt.column_by_name("kind").unwrap().as_string::<i32>();
    (0..dirt.num_rows())
        .filter(|&i| rows.is_valid(i) && kinds.value(i) == kind)
        .map(|i| rows.value(i) as u64)
        .collect()
}

/// The first and the last day of the hole.
fn hole_days(dirt: &RecordBatch) -> Vec<String> {
    let details = dirt.column_by_name("detail").unwrap().as_string::<i32>();
    let hole = details.value(dirt.num_rows() - 1);
    hole.split('/').map(str::to_owned).collect()
}

/// Findings that a clean shop has too: what is sound business.
const BUSINESS: [&str; 3] = ["cancellation", "negative_quantity", "order_cancelled"];

#[test]
fn a_clean_shop_has_no_findings() {
    for seed in SEEDS {
        let quality = check(&shop(seed).shop());
        assert!(quality.n_rows() > 10_000);
        let found: Vec<String> = quality
            .findings()
            .iter()
            .filter(|f| (f.n_rows > 0 || !f.note.is_empty()) && !BUSINESS.contains(&&*f.check.name))
            .map(|f| format!("{}: {} rows {}", f.check.name, f.n_rows, f.note))
            .collect();
        assert_eq!(found, [""; 0], "seed {seed}");
        // All checks were made but one, for which there is no table of customers.
        assert_eq!(quality.findings().len(), CHECKS.len() - 1);
    }
}

#[test]
fn every_kind_of_dirt_is_found_where_it_is() {
    assert!(Dirt::ALL.len() >= 20);
    for seed in SEEDS {
        for &kind in Dirt::ALL {
            let share = if kind == Dirt::BulkBuyer {
                0.002
            } else {
                0.003
            };
            let shop = shop(seed).dirt(kind, share).shop();
            let quality = check(&shop);
            let truth = injected(&shop.truth().unwrap().dirt().unwrap(), kind.name());
            let found: BTreeSet<u64> = quality.rows(kind.name()).unwrap().into_iter().collect();
            let context = format!("{} at seed {seed}", kind.name());
            if kind == Dirt::TimeHole {
                let note = &quality.finding("time_hole").unwrap().note;
                for day in hole_days(&shop.truth().unwrap().dirt().unwrap()) {
                    assert!(note.contains(&day), "{context}: {day} in {note}");
                }
            } else {
                assert!(!truth.is_empty(), "{context}");
            }
            assert_eq!(found.difference(&truth).count(), 0, "{context}");
            // A name that is short may hide a fault; and thirty times what a customer of few means buys is no outlier among all.
            let spared = match kind {
                Dirt::ItemNameVaries => truth.len() / 20,
                Dirt::BulkBuyer => truth.len() / 5,
                _ => 0,
            };
            assert!(truth.difference(&found).count() <= spared, "{context}");
            let others: Vec<&str> = quality
                .findings()
                .iter()
                .filter(|f| f.n_rows > 0 || !f.note.is_empty())
                .map(|f| &*f.check.name)
                .filter(|&name| {
                    name != kind.name() && !BUSINESS.contains(&name) && !follows(kind, name)
                })
                .collect();
            assert_eq!(others, [""; 0], "{context}");
        }
    }
}

/// What a fault brings with it by its nature.
fn follows(kind: Dirt, other: &str) -> bool {
    match kind {
        // Their items are in no list, and a code that is written otherwise is another.
        Dirt::TestRow | Dirt::AdjustmentRow | Dirt::FullWidthText => other == "item_unknown",
        // A price a hundred times too high makes a large order.
        Dirt::PriceOutlier => other == "bulk_buyer",
        // The name is another way of writing the usual one.
        Dirt::UntrimmedText => other == "item_name_varies",
        Dirt::BrokenEncoding => ["item_name_varies", "untrimmed_text"].contains(&other),
        _ => false,
    }
}
