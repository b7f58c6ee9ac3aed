//! Rules as columns.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, UInt32Array};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::SchemaRef;

use super::generate::Rule;
use super::result::Rules;
use crate::error::Result;
use crate::itemsets::columns::{batch_of, labelled, lists, named};
use crate::parallel::{Context, map_ordered, pieces};

/// Rules of a batch, where nothing else is said.
const RULES: usize = 1 << 20;

impl Rules {
    /// The rules as record batches of at most a million: `antecedent`, `consequent` (lists of items, text as dictionaries), `support_count`,
    /// `antecedent_count`, `consequent_count`, `support`, `confidence`, `lift`; the measures asked for; and where rules were tested `expected_count`,
    /// `p_value` and `p_adjusted`.
    ///
    /// # Errors
    /// Never, but for labels that Arrow cannot take.
    pub fn batches(&self) -> Result<Vec<RecordBatch>> {
        self.batches_of(RULES).collect()
    }

    /// The same, of so many rules each, and one at a time. At least one batch, if an empty one.
    pub fn batches_of(&self, n: usize) -> impl Iterator<Item = Result<RecordBatch>> + Send + use<> {
        let rules = self.clone();
        let ranges = pieces(self.len().max(1), n.clamp(1, RULES));
        ranges.map(move |range| rules.batch(range.start..range.end.min(rules.len()), false))
    }

    /// Names and types of the columns.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub fn schema(&self) -> Result<SchemaRef> {
        Ok(self.batch(0..0, false)?.schema())
    }

    /// The first rules, with columns `antecedent_names` and `consequent_names` where the items have names.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub fn head(&self, n: usize) -> Result<RecordBatch> {
        self.batch(0..n.min(self.len()), true)
    }

    pub(super) fn batch(&self, range: Range<usize>, with_names: bool) -> Result<RecordBatch> {
        let rules = &self.list[range.clone()];
        let ctx = Context::new();
        let sides = |set: fn(&Rule) -> u32| self.sides(rules, set, with_names, &ctx);
        let (antecedent, antecedent_names) = sides(|r| r.x)?;
        let (consequent, consequent_names) = sides(|r| r.y)?;
        let tree = &self.shared.tree;
        let counts = |set: fn(&Rule) -> u32| -> ArrayRef {
            let counts = rules.iter().map(|r| i64::from(tree.support(set(r))));
            Arc::new(Int64Array::from_iter_values(counts))
        };
        let mut columns: Vec<(&str, ArrayRef)> =
            vec![("antecedent", antecedent), ("consequent", consequent)];
        columns.extend(antecedent_names.map(|names| ("antecedent_names", names)));
        columns.extend(consequent_names.map(|names| ("consequent_names", names)));
        columns.push(("support_count", counts(|r| r.xy)));
        columns.push(("antecedent_count", counts(|r| r.x)));
        columns.push(("consequent_count", counts(|r| r.y)));
        for measure in self.shown() {
            let mut values = vec![0.0; rules.len()];
            measure.fill(rules.iter().map(|&r| self.shared.counts(r)), &mut values);
            columns.push((measure.name(), Arc::new(Float64Array::from(values))));
        }
        if let Some(tests) = &self.tests {
            let chances = &tests.chances[range.clone()];
            let adjusted = tests.adjusted[range].to_vec();
            let expected = chances.iter().map(|c| c.expected);
            let p_values = chances.iter().map(|c| c.p_value);
            columns.push(("expected_count", floats(expected)));
            columns.push(("p_value", floats(p_values)));
            columns.push(("p_adjusted", Arc::new(Float64Array::from(adjusted))));
        }
        batch_of(columns)
    }

    /// One side of rules as lists of labels, and of names where they are wanted and there are some.
    fn sides(
        &self,
        rules: &[Rule],
        set: fn(&Rule) -> u32,
        with_names: bool,
        ctx: &Context,
    ) -> Result<(ArrayRef, Option<ArrayRef>)> {
        const PIECE: usize = 1 << 16;
        let (tree, codes) = (&self.shared.tree, &self.shared.codes);
        let parts = map_ordered(
            ctx,
            "rules",
            pieces(rules.len(), PIECE).collect(),
            |range| {
                let (mut items, mut all) = (Vec::new(), Vec::new());
                for rule in &rules[range] {
                    tree.items_into(set(rule), &mut items);
                    all.extend(items.iter().map(|&code| codes[code as usize]));
                }
                Ok(all)
            },
        )?;
        let lengths = rules.iter().map(|r| tree.length(set(r)) as i32);
        let ends = std::iter::once(0).chain(lengths.scan(0, |end, length| {
            *end += length;
            Some(*end)
        }));
        let ends = OffsetBuffer::new(ScalarBuffer::from(ends.collect::<Vec<i32>>()));
        let numbers = UInt32Array::from(parts.concat());
        let names = self.names().filter(|_| with_names);
        let names = names.map(|names| named(names, &numbers)).transpose()?;
        let labels = labelled(self.labels(), numbers)?;
        Ok((lists(&ends, labels), names.map(|names| lists(&ends, names))))
    }
}

fn floats(values: impl Iterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}
