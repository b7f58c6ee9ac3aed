//! Item sets as columns: their names and types, the strongest sets, and sets that come one by one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use arrow_array::types::UInt32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int64Array, ListArray, RecordBatch, UInt32Array,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::result::Itemsets;
use crate::baskets::Baskets;
use crate::error::{Error, Result};

/// Sets of a batch, where nothing else is said.
pub(super) const SETS: usize = 1 << 20;
/// Items of a batch at most: places in lists have 31 bits.
pub(super) const ITEMS: usize = 1 << 28;

impl Itemsets {
    /// Names and types of the columns.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub fn schema(&self) -> Result<SchemaRef> {
        schema(&self.baskets)
    }

    /// The sets with the highest supports, of so many items or more; of equal supports the longer first. Columns as in
    /// [`batches`](Self::batches), and `names` where the baskets know what people call the items. Cost: one pass.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub fn strongest(&self, n: usize, min_len: usize) -> Result<RecordBatch> {
        let mut best = Strongest::new(n);
        self.for_each(|items, support| {
            if items.len() >= min_len {
                best.offer(support, items.len(), || items.to_vec());
            }
        });
        let mut columns = Columns::default();
        for (support, items) in best.into_sorted() {
            columns.push(&items, support);
        }
        columns.batch(&self.baskets, true)
    }
}

/// Names and types of the columns that item sets of these baskets have.
///
/// # Errors
/// As [`Itemsets::batches`].
pub fn schema(baskets: &Baskets) -> Result<SchemaRef> {
    Ok(Columns::default().batch(baskets, false)?.schema())
}

/// Makes batches of sets that come one by one.
pub(super) struct Batcher<'a> {
    baskets: &'a Baskets,
    n: usize,
    columns: Columns,
}

impl<'a> Batcher<'a> {
    /// Of so many sets each.
    pub(super) fn new(baskets: &'a Baskets, n: usize) -> Self {
        Self {
            baskets,
            n: n.clamp(1, SETS),
            columns: Columns::default(),
        }
    }

    /// Adds a set. Returns a batch when it is full.
    pub(super) fn push(&mut self, items: &[u32], support: u32) -> Result<Option<RecordBatch>> {
        self.columns.push(items, support);
        if self.columns.supports.len() < self.n && self.columns.items.len() < ITEMS {
            return Ok(None);
        }
        self.rest()
    }

    /// The sets that fill no batch, if there are some.
    pub(super) fn rest(&mut self) -> Result<Option<RecordBatch>> {
        let columns = std::mem::take(&mut self.columns);
        if columns.supports.is_empty() {
            return Ok(None);
        }
        columns.batch(self.baskets, false).map(Some)
    }
}

#[derive(Default)]
struct Columns {
    ends: Vec<i32>,
    items: Vec<u32>,
    supports: Vec<i64>,
}

impl Columns {
    fn push(&mut self, items: &[u32], support: u32) {
        if self.ends.is_empty() {
            self.ends.push(0);
        }
        self.items.extend_from_slice(items);
        self.ends.push(self.items.len() as i32);
        self.supports.push(support.into());
    }

    fn batch(mut self, baskets: &Baskets, with_names: bool) -> Result<RecordBatch> {
        if self.ends.is_empty() {
            self.ends.push(0);
        }
        let numbers = UInt32Array::from(self.items);
        let names = baskets.names().filter(|_| with_names);
        let names = names.map(|names| named(names, &numbers)).transpose()?;
        let items = labelled(baskets.labels(), numbers)?;
        record(baskets, self.ends, items, self.supports, names)
    }
}

/// A batch of sets whose items end at `ends`.
pub(super) fn record(
    baskets: &Baskets,
    ends: Vec<i32>,
    items: ArrayRef,
    supports: Vec<i64>,
    names: Option<ArrayRef>,
) -> Result<RecordBatch> {
    let total = f64::from(baskets.total_weight());
    let support: Float64Array = supports.iter().map(|&n| n as f64 / total).collect();
    let length: UInt32Array = ends.windows(2).map(|w| (w[1] - w[0]) as u32).collect();
    let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
    let mut columns: Vec<(&str, ArrayRef)> = vec![("itemset", lists(&ends, items))];
    columns.extend(names.map(|names| ("names", lists(&ends, names))));
    columns.push(("support_count", Arc::new(Int64Array::from(supports))));
    columns.push(("support", Arc::new(support)));
    columns.push(("length", Arc::new(length)));
    batch_of(columns)
}

/// Keeps the strongest of what is offered: those with the highest supports; of equal supports the longer first, then those that came first.
pub(crate) struct Strongest<T> {
    n: usize,
    place: u64,
    best: BinaryHeap<Reverse<(Rank, T)>>,
}

/// Support, number of items, and place among all.
type Rank = (u32, usize, Reverse<u64>);

impl<T: Ord> Strongest<T> {
    pub(crate) fn new(n: usize) -> Self {
        Self {
            n,
            place: 0,
            best: BinaryHeap::new(),
        }
    }

    pub(crate) fn offer(&mut self, support: u32, n_items: usize, make: impl FnOnce() -> T) {
        self.place += 1;
        let rank = (support, n_items, Reverse(self.place));
        let worst = self.best.peek();
        if self.best.len() < self.n || worst.is_some_and(|Reverse((worst, _))| rank > *worst) {
            self.best.push(Reverse((rank, make())));
            if self.best.len() > self.n {
                self.best.pop();
            }
        }
    }

    /// The strongest first, with their supports.
    pub(crate) fn into_sorted(self) -> impl Iterator<Item = (u32, T)> {
        // Ascending order of what is reversed.
        let best = self.best.into_sorted_vec().into_iter();
        best.map(|Reverse(((support, ..), value))| (support, value))
    }
}

/// The values as lists that end there.
pub(crate) fn lists(ends: &OffsetBuffer<i32>, values: ArrayRef) -> ArrayRef {
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    Arc::new(ListArray::new(field, ends.clone(), values, None))
}

/// A batch of columns; those without nulls are said to have none.
pub(crate) fn batch_of(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), column.is_nullable()))
        .collect();
    let columns = columns.into_iter().map(|c| c.1).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(cannot)
}

fn cannot(error: impl std::fmt::Display) -> Error {
    Error::BadValues {
        column: "itemset".into(),
        count: 1,
        first_row: None,
        value: error.to_string(),
        rule: "cannot be written".into(),
        remedy: "give labels of another type".into(),
    }
}

/// The names of these items.
pub(crate) fn named(names: &ArrayRef, numbers: &UInt32Array) -> Result<ArrayRef> {
    arrow_select::take::take(names, numbers, None).map_err(cannot)
}

/// The labels of these items: text by dictionary, other types as they are.
pub(crate) fn labelled(labels: &ArrayRef, numbers: UInt32Array) -> Result<ArrayRef> {
    match labels.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let codes = DictionaryArray::<UInt32Type>::try_new(numbers, Arc::clone(labels));
            Ok(Arc::new(codes.map_err(cannot)?))
        }
        _ => arrow_select::take::take(labels, &numbers, None).map_err(cannot),
    }
}
