//! Baskets from every source, held to plain restatements, and to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, DictionaryArray, FixedSizeListArray, Float64Array,
    Int8Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray, UInt64Array,
};
use arrow_cast::display::array_value_to_string;
use arrow_schema::DataType;
use patronomy::baskets::{BasketFormat, Baskets, LongTable};
use patronomy::simulate::Shop;
use patronomy::{
    Cancel, Context, Error, ErrorKind, Moment, Reason, Returns, Roles, Table, Transactions,
};
use proptest::prelude::*;

use crate::tables::{Ids, batch, chunked, orders, roles, with_threads};

mod published;
mod sources;
mod text;
mod transactions;

use transactions::{LINES, by_hand};

/// The baskets with their items' labels as text, each in the order of its numbers.
fn shown(baskets: &Baskets) -> Vec<Vec<String>> {
    let labels = baskets.labels();
    let label = |&i: &u32| array_value_to_string(labels, i as usize).unwrap();
    baskets
        .iter()
        .map(|(items, _)| items.iter().map(label).collect())
        .collect()
}

fn numbers(baskets: &Baskets) -> Vec<Vec<u32>> {
    baskets.iter().map(|(items, _)| items.to_vec()).collect()
}

fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let text = |i| array_value_to_string(array, i).unwrap();
    (0..array.len())
        .map(|i| array.is_valid(i).then(|| text(i)))
        .collect()
}

/// Everything there is to know of baskets, to be compared.
fn assert_same(a: &Baskets, b: &Baskets, what: &str) {
    assert_eq!(numbers(a), numbers(b), "{what}");
    assert_eq!(a.labels().to_data(), b.labels().to_data(), "{what}");
    assert_eq!(a.counts(), b.counts(), "{what}");
    assert_eq!(a.n_repeated(), b.n_repeated(), "{what}");
    let data = |c: Option<&ArrayRef>| c.map(Array::to_data);
    assert_eq!(data(a.ids()), data(b.ids()), "{what}");
    assert_eq!(data(a.names()), data(b.names()), "{what}");
    assert_eq!(data(a.customers()), data(b.customers()), "{what}");
}

fn assert_adds_up(baskets: &Baskets) {
    let counts = baskets.counts();
    let left_out: u64 = counts.left_out.values().sum();
    assert_eq!(counts.rows_in, counts.rows_used + left_out);
    let n_items: usize = baskets.iter().map(|(items, _)| items.len()).sum();
    assert_eq!(counts.rows_used, n_items as u64 + baskets.n_repeated());
}

fn words(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}
