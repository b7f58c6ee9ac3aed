//! Baskets from their sources: `cargo bench --bench baskets`.
//!
//! Under `cargo test` each runs once on a small table. Either way the counts are asserted: a bench whose result is wrong measures nothing.
#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot go on has failed; the panic says where"
)]

use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Int64Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, Float64Array, PrimitiveArray, RecordBatch, StringArray};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use patronomy::baskets::{BasketFormat, Baskets};
use patronomy::{Context, Roles, Table, Transactions};

const ITEMS: u64 = 4_000;

fn is_bench() -> bool {
    std::env::args().any(|a| a == "--bench")
}

fn mix(i: u64) -> u64 {
    let z = (i ^ (i >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn column<T: ArrowPrimitiveType<Native = i64>>(values: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter_values(
        values.map(|v| v as i64),
    ))
}

/// Lines of five an order, in batches of a quarter of a million.
fn transactions(is_shuffled: bool, is_text: bool) -> Transactions {
    let n: u64 = if is_bench() { 10_000_000 } else { 10_000 };
    let line = |i: u64| if is_shuffled { mix(i) % n } else { i };
    let batch = |from: u64| {
        let lines = || (from..(from + 250_000).min(n)).map(line);
        let id = |of: fn(u64) -> u64, prefix: &str| -> ArrayRef {
            if is_text {
                let texts = lines().map(|l| format!("{prefix}{:07}", of(l)));
                Arc::new(StringArray::from_iter_values(texts))
            } else {
                column::<Int64Type>(lines().map(of))
            }
        };
        let names = lines().map(|l| format!("A NAME OF SOME LENGTH {}", mix(l) % ITEMS));
        RecordBatch::try_from_iter([
            ("customer", id(|l| mix(l / 5) % 1_000_000, "c")),
            ("transaction", id(|l| l / 5, "t")),
            ("item", id(|l| mix(l) % ITEMS, "i")),
            (
                "name",
                Arc::new(StringArray::from_iter_values(names)) as ArrayRef,
            ),
            (
                "time",
                column::<TimestampMicrosecondType>(lines().map(|l| l * 1_000_000)),
            ),
            (
                "quantity",
                Arc::new(Float64Array::from_iter_values(lines().map(|_| 1.0))),
            ),
        ])
        .unwrap()
    };
    let batches: Vec<RecordBatch> = (0..n).step_by(250_000).map(batch).collect();
    let table = Table::try_new(batches[0].schema(), batches).unwrap();
    let roles = Roles::new("customer", "time")
        .transaction("transaction")
        .item("item")
        .item_name("name")
        .quantity("quantity");
    Transactions::new(table, roles).unwrap()
}

fn from_transactions(c: &mut Criterion) {
    let mut group = c.benchmark_group("baskets from transactions");
    group.sample_size(10);
    for (name, is_shuffled, is_text) in [
        ("ordered int64", false, false),
        ("ordered text", false, true),
        ("shuffled text", true, true),
    ] {
        let tx = transactions(is_shuffled, is_text);
        group.throughput(Throughput::Elements(tx.n_rows() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                let baskets = Baskets::from_transactions(black_box(&tx), &Context::new()).unwrap();
                assert!(is_shuffled || baskets.len() == tx.n_rows() / 5);
                baskets
            });
        });
    }
    group.finish();
}

/// Ten items a basket, drawn from so many; small numbers are more frequent.
fn text(prefix: &str, n_items: u64) -> String {
    let n: u64 = if is_bench() { 2_000_000 } else { 2_000 };
    let mut text = String::new();
    for basket in 0..n {
        let draw = |i: u64| mix(basket * 10 + i) % n_items * (mix(basket + i) % n_items) / n_items;
        let mut items: Vec<u64> = (0..10).map(draw).collect();
        items.sort_unstable();
        for item in items {
            write!(text, "{prefix}{item} ").unwrap();
        }
        text.push('\n');
    }
    text
}

fn from_text(c: &mut Criterion) {
    let mut group = c.benchmark_group("baskets from text");
    group.sample_size(10);
    for (name, prefix) in [
        ("integers", ""),
        ("large integers", "100000000"),
        ("words", "item"),
    ] {
        let text = text(prefix, 16_470);
        let n_baskets = text.lines().count();
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                let bytes = black_box(text.as_bytes());
                let baskets = Baskets::parse(bytes, BasketFormat::Fimi, &Context::new()).unwrap();
                assert_eq!(baskets.len(), n_baskets);
                baskets
            });
        });
    }
    group.finish();
}

criterion_group!(benches, from_transactions, from_text);
criterion_main!(benches);
