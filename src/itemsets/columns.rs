//! Item sets as columns, all of them batch by batch or the strongest.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use arrow_array::types::UInt32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int64Array, ListArray, RecordBatch, UInt32Array,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::result::{Found, Itemsets};
use crate::error::{Error, Result};

/// Sets of a batch, where nothing else is said.
const SETS: usize = 1 << 20;
/// Items of a batch at most: places in lists have 31 bits.
const ITEMS: usize = 1 << 28;

impl Itemsets {
    /// The sets as record batches of at most a million sets: `itemset` (lists of items; text as dictionaries), `support_count`, `support` (a
    /// fraction of the baskets), `length`.
    ///
    /// # Errors
    /// Never, but for labels that Arrow cannot take.
    pub fn batches(&self) -> Result<Vec<RecordBatch>> {
        self.batches_of(SETS).collect()
    }

    /// The same, of so many sets each, and one at a time: what is not asked for takes no memory. At least one batch, if an empty one.
    #[must_use]
    pub fn batches_of(&self, n: usize) -> Batches {
        Batches {
            itemsets: self.clone(),
            n: n.clamp(1, SETS),
            cursor: Cursor::default(),
            is_begun: false,
        }
    }

    /// Names and types of the columns.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub fn schema(&self) -> Result<SchemaRef> {
        Ok(Columns::default().batch(self, false)?.schema())
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
        columns.batch(self, true)
    }

    /// The next set, its items in `cursor.numbers`.
    fn next_set(&self, cursor: &mut Cursor) -> Option<u32> {
        let n = self.given.len();
        if !cursor.is_begun {
            cursor.is_begun = true;
            cursor.numbers.extend(&self.given);
            if self.given_support.is_some() {
                return self.given_support;
            }
        }
        match &*self.found {
            Found::Trees(trees) => {
                let tree = loop {
                    let tree = trees.get(cursor.part)?;
                    if cursor.at < tree.items.len() {
                        break tree;
                    }
                    cursor.next_part();
                };
                let at = cursor.at;
                cursor.at += 1;
                cursor.numbers.truncate(n + tree.depths[at] as usize);
                let item = self.codes[tree.items[at] as usize];
                cursor.numbers.push(item);
                Some(tree.supports[at])
            }
            Found::Lists(parts) => {
                let part = loop {
                    let part = parts.get(cursor.part)?;
                    if cursor.at < part.supports.len() {
                        break part;
                    }
                    cursor.next_part();
                };
                let at = cursor.at;
                cursor.at += 1;
                cursor.numbers.truncate(n);
                let items = part.get(at).iter().map(|&c| self.codes[c as usize]);
                cursor.numbers.extend(items);
                Some(part.supports[at])
            }
        }
    }
}

/// A place among the sets.
#[derive(Debug, Default)]
struct Cursor {
    is_begun: bool,
    part: usize,
    at: usize,
    numbers: Vec<u32>,
}

impl Cursor {
    const fn next_part(&mut self) {
        self.part += 1;
        self.at = 0;
    }
}

/// Record batches of item sets, made when they are asked for: [`Itemsets::batches_of`].
#[derive(Debug)]
pub struct Batches {
    itemsets: Itemsets,
    n: usize,
    cursor: Cursor,
    is_begun: bool,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut columns = Columns::default();
        while columns.supports.len() < self.n && columns.items.len() < ITEMS {
            let Some(support) = self.itemsets.next_set(&mut self.cursor) else {
                break;
            };
            columns.push(&self.cursor.numbers, support);
        }
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        (is_first || !columns.supports.is_empty()).then(|| columns.batch(&self.itemsets, false))
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

    fn batch(mut self, itemsets: &Itemsets, with_names: bool) -> Result<RecordBatch> {
        if self.ends.is_empty() {
            self.ends.push(0);
        }
        let baskets = itemsets.baskets();
        let total = f64::from(baskets.total_weight());
        let support: Float64Array = self.supports.iter().map(|&n| n as f64 / total).collect();
        let length: UInt32Array = self.ends.windows(2).map(|w| (w[1] - w[0]) as u32).collect();
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        let numbers = UInt32Array::from(self.items);
        let names = baskets.names().filter(|_| with_names);
        let names = names.map(|names| named(names, &numbers)).transpose()?;
        let itemset = lists(&ends, labelled(baskets.labels(), numbers)?);
        let mut columns: Vec<(&str, ArrayRef)> = vec![("itemset", itemset)];
        columns.extend(names.map(|names| ("names", lists(&ends, names))));
        columns.push(("support_count", Arc::new(Int64Array::from(self.supports))));
        columns.push(("support", Arc::new(support)));
        columns.push(("length", Arc::new(length)));
        batch_of(columns)
    }
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

/// A batch of columns without nulls.
pub(crate) fn batch_of(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), false))
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
