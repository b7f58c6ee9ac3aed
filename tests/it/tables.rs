//! Tables of orders, small and large, and what results are compared by.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use patronomy::rfm::Rfm;
use patronomy::{Roles, Table, Transactions};

pub(crate) const DAY: i64 = 86_400_000_000;
/// 2024-01-01, counted from 1970.
pub(crate) const FIRST_DAY: i32 = 19_723;

pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
        .unwrap()
}

/// All roles a job reads, under plain names.
pub(crate) fn roles() -> Roles {
    Roles::new("customer", "time")
        .transaction("transaction")
        .item("item")
        .quantity("quantity")
        .price("price")
}

pub(crate) fn transactions(batch: RecordBatch, roles: Roles) -> Transactions {
    Transactions::new(Table::from_batch(batch), roles).unwrap()
}

/// The batch as a table of uneven chunks, an empty one among them.
pub(crate) fn chunked(batch: &RecordBatch, chunk_rows: usize) -> Table {
    let mut chunks = vec![batch.slice(0, 0)];
    let mut from = 0;
    while from < batch.num_rows() {
        let n = (chunk_rows + from % 7).min(batch.num_rows() - from);
        chunks.push(batch.slice(from, n));
        from += n;
    }
    Table::try_new(batch.schema(), chunks).unwrap()
}

/// How the customers of [`orders`] are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ids {
    Integer,
    ShortText,
    /// Longer than a key holds: these are hashed inside.
    LongText,
}

/// Many lines in no order, a fiftieth of them returns, some customers and money missing.
///
/// With `decimal` prices have two decimals; else their sums depend on the order of addition.
pub(crate) fn orders(n_rows: usize, n_customers: u64, ids: Ids, decimal: bool) -> RecordBatch {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut draw = |below: u64| {
        // splitmix64: enough for tests, and the same everywhere.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    };
    let (mut customer, mut transaction) = (Vec::new(), Vec::new());
    let (mut item, mut time) = (Vec::new(), Vec::new());
    let (mut quantity, mut price) = (Vec::new(), Vec::new());
    while customer.len() < n_rows {
        let who = (draw(100) > 0).then(|| draw(n_customers));
        let order = (customer.len() as i64) / 2;
        let at = (i64::from(FIRST_DAY) + draw(400) as i64) * DAY + draw(86_400) as i64 * 1_000_000;
        for _ in 0..=draw(4) {
            let p = if decimal {
                draw(5_000) as f64 / 100.0
            } else {
                draw(5_000) as f64 / 7.0
            };
            customer.push(who);
            transaction.push(order);
            item.push(draw(50) as i64);
            time.push(at);
            quantity.push(if draw(50) == 0 {
                -1
            } else {
                1 + draw(3) as i64
            });
            price.push((draw(200) > 0).then_some(p));
        }
    }
    let customer: ArrayRef = match ids {
        Ids::Integer => Arc::new(
            customer
                .into_iter()
                .map(|c| c.map(|c| c as i64 * 7919 - 1_000_000))
                .collect::<Int64Array>(),
        ),
        Ids::ShortText => texts(&customer, "c"),
        Ids::LongText => texts(&customer, "a customer with a long name "),
    };
    let all = batch(vec![
        ("customer", customer),
        ("transaction", Arc::new(Int64Array::from(transaction))),
        ("item", Arc::new(Int64Array::from(item))),
        ("time", Arc::new(TimestampMicrosecondArray::from(time))),
        ("quantity", Arc::new(Int64Array::from(quantity))),
        ("price", Arc::new(Float64Array::from(price))),
    ]);
    all.slice(0, n_rows)
}

fn texts(customers: &[Option<u64>], prefix: &str) -> ArrayRef {
    let text = |c: &Option<u64>| c.map(|c| format!("{prefix}{c}"));
    Arc::new(customers.iter().map(text).collect::<StringArray>())
}

/// Equal in every bit: values, nulls, cut points, counts and the hash of what was learnt from.
pub(crate) fn assert_same(a: &Rfm, b: &Rfm, context: &str) {
    assert_eq!(a.batch(), b.batch(), "{context}");
    assert_eq!(a.model(), b.model(), "{context}");
    // `==` on floats takes -0.0 for 0.0; the text of the model does not.
    let bits = |r: &Rfm| -> Vec<u64> {
        floats(r, "monetary")
            .values()
            .iter()
            .map(|v| v.to_bits())
            .collect()
    };
    assert_eq!(bits(a), bits(b), "{context}");
}

pub(crate) fn floats<'a>(rfm: &'a Rfm, name: &str) -> &'a Float64Array {
    let column = rfm.batch().column_by_name(name).unwrap();
    column.as_any().downcast_ref().unwrap()
}

/// Runs `f` in a pool of so many threads.
pub(crate) fn with_threads<R: Send>(n: usize, f: impl FnOnce() -> R + Send) -> R {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n)
        .build()
        .unwrap();
    pool.install(f)
}
