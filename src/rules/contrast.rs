//! Contrasts: what one group of baskets holds together and the others do not.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, UInt32Array};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};

use super::chance::significance::{Chance, Trials};
use super::chance::sizes::SizeClasses;
use super::fit::{code_of, tree_of};
use super::sets::counting::{ClassCounts, Coded};
use super::sets::tree::{ROOT, SetTree};
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::itemsets::ItemsetParams;
use crate::itemsets::columns::{batch_of, labelled, lists, named};
use crate::parallel::Context;
use crate::stats::multiple::holm;

const OWNER: &str = "contrasts";
/// Groups at most.
const GROUPS: usize = 1_000;

/// Item sets that are more frequent in a group of baskets than in all, tested.
///
/// The hypothesis: a set is in a basket of the group as often as in any other basket of its size. `groups` has for each basket the number of its group, a
/// place in `labels`. Sets are those of `params`, which must ask for all frequent ones; p-values are adjusted by Holm for every set of the lengths found that could have
/// been frequent, in every group, each length with half the weight of the one below it; those above `alpha` are left out.
///
/// Groups must be defined by something other than what is in the baskets: groups made by what was bought differ in it by construction, and a test of that means
/// nothing.
///
/// One row for each set and group where it is more frequent, by group, then in the order of the sets: `group`, `itemset`, `names` where items have names,
/// `support_count` (baskets of the group with it), `group_count` (baskets of the group), `share` and `other_share` (of the group's baskets, and of the others),
/// `expected_count`, `ratio` (to it), `p_value`, `p_adjusted`.
///
/// # Errors
/// [`Error::Parameter`] if there is not one group for each basket, if there are more than 1,000, or if `alpha` is not in (0, 1]; as [`ItemsetParams::fit`].
pub fn contrasts(
    baskets: &Baskets,
    groups: &[u32],
    labels: &ArrayRef,
    params: &ItemsetParams,
    alpha: f64,
    ctx: &Context,
) -> Result<RecordBatch> {
    if !(alpha > 0.0 && alpha <= 1.0) {
        return Err(Error::parameter(OWNER, "alpha", "must be in (0, 1]", alpha));
    }
    let n_groups = labels.len();
    check(baskets, groups, n_groups)?;
    let itemsets = params.fit(baskets, ctx)?;
    let tree = tree_of(&itemsets)?;
    let codes = itemsets.codes();
    let classes = SizeClasses::new(baskets);
    let pairs = classes.of_basket.iter().zip(groups);
    let class_of: Vec<u16> = pairs
        .map(|(&class, &group)| (usize::from(class) * n_groups + group as usize) as u16)
        .collect();
    let n_cells = classes.len() * n_groups;
    let mut cells = vec![0_u32; n_cells];
    for (cell, (_, weight)) in class_of.iter().zip(baskets.iter()) {
        cells[usize::from(*cell)] += weight;
    }
    let coded = Coded::new(baskets, &code_of(codes, baskets.n_items()), codes.len());
    let mut is_wanted = vec![true; tree.len()];
    is_wanted[ROOT as usize] = false;
    let counts = ClassCounts::new(&tree, &is_wanted, &coded, &class_of, n_cells, ctx)?;
    let groups = Groups {
        n: n_groups,
        cells,
        classes: &classes,
    };
    let found = groups.contrasts(&tree, &counts, ctx)?;
    let found = groups.adjusted(found, &tree, codes.len(), alpha);
    groups.batch(baskets, labels, codes, &tree, found)
}

fn check(baskets: &Baskets, groups: &[u32], n_groups: usize) -> Result<()> {
    if groups.len() != baskets.len() {
        let rule = format!("must be {}, one for each basket", baskets.len());
        return Err(Error::parameter(OWNER, "groups", rule, groups.len()));
    }
    if n_groups > GROUPS {
        let rule = format!("must be at most {GROUPS}");
        return Err(Error::parameter(OWNER, "groups", rule, n_groups));
    }
    if let Some(group) = groups.iter().find(|&&g| g as usize >= n_groups) {
        let rule = format!("must be numbers of the {n_groups} groups");
        return Err(Error::parameter(OWNER, "groups", rule, group));
    }
    Ok(())
}

struct Groups<'a> {
    n: usize,
    /// Baskets by class and group.
    cells: Vec<u32>,
    classes: &'a SizeClasses,
}

/// A set in a group.
struct Contrast {
    group: usize,
    set: u32,
    count: u32,
    chance: Chance,
}

impl Groups<'_> {
    fn contrasts(
        &self,
        tree: &SetTree,
        counts: &ClassCounts,
        ctx: &Context,
    ) -> Result<Vec<Contrast>> {
        let (mut found, mut with) = (Vec::new(), Vec::new());
        for group in 0..self.n {
            ctx.cancel.poll()?;
            let own: Vec<u32> = self
                .cells
                .iter()
                .copied()
                .skip(group)
                .step_by(self.n)
                .collect();
            for set in 1..tree.len() as u32 {
                let of_set = counts.of(set);
                let by_class = of_set.chunks(self.n).map(|class| class.iter().sum::<u32>());
                with.clear();
                with.extend(by_class);
                let count = of_set.iter().skip(group).step_by(self.n).sum();
                let trials = Trials::of_classes(&self.classes.n, &with, &own, |_| f64::INFINITY);
                let chance = trials.chance(count);
                if f64::from(count) > chance.expected {
                    found.push(Contrast {
                        group,
                        set,
                        count,
                        chance,
                    });
                }
            }
        }
        Ok(found)
    }

    /// Those whose adjusted p-value is at most `alpha`, with these.
    fn adjusted(
        &self,
        found: Vec<Contrast>,
        tree: &SetTree,
        n_items: usize,
        alpha: f64,
    ) -> (Vec<Contrast>, Vec<f64>) {
        let lengths = (1..tree.len() as u32).map(|s| tree.length(s));
        let longest = lengths.max().unwrap_or(1);
        let all: f64 = (1..=longest).map(|l| 0.5_f64.powi(l as i32)).sum();
        let weight = |length: usize| {
            let candidates = super::chance::family::choose(n_items, length) * self.n as f64;
            0.5_f64.powi(length as i32) / all / candidates
        };
        let p_values: Vec<f64> = found.iter().map(|c| c.chance.p_value).collect();
        let weights: Vec<f64> = found.iter().map(|c| weight(tree.length(c.set))).collect();
        let adjusted = holm(&p_values, &weights);
        let kept = found.into_iter().zip(adjusted).filter(|(_, p)| *p <= alpha);
        kept.unzip()
    }

    fn total(&self, group: usize) -> u32 {
        self.cells.iter().skip(group).step_by(self.n).sum()
    }

    fn batch(
        &self,
        baskets: &Baskets,
        labels: &ArrayRef,
        codes: &[u32],
        tree: &SetTree,
        (found, adjusted): (Vec<Contrast>, Vec<f64>),
    ) -> Result<RecordBatch> {
        let items: Vec<u32> = found
            .iter()
            .flat_map(|c| tree.items_of(c.set))
            .map(|code| codes[code as usize])
            .collect();
        let lengths = found.iter().scan(0, |end, c| {
            *end += tree.length(c.set) as i32;
            Some(*end)
        });
        let ends: Vec<i32> = std::iter::once(0).chain(lengths).collect();
        let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
        let items = UInt32Array::from(items);
        let names = baskets
            .names()
            .map(|names| named(names, &items))
            .transpose()?;
        let total = baskets.total_weight();
        let totals: Vec<u32> = (0..self.n).map(|g| self.total(g)).collect();
        let whole = |of: &dyn Fn(&Contrast) -> u32| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(
                found.iter().map(|c| i64::from(of(c))),
            ))
        };
        let real = |of: &dyn Fn(&Contrast) -> f64| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(found.iter().map(of)))
        };
        let other = |c: &Contrast| {
            let with = tree.support(c.set) - c.count;
            f64::from(with) / f64::from(total - totals[c.group])
        };
        let groups = UInt32Array::from_iter_values(found.iter().map(|c| c.group as u32));
        let mut columns: Vec<(&str, ArrayRef)> = vec![("group", labelled(labels, groups)?)];
        columns.push(("itemset", lists(&ends, labelled(baskets.labels(), items)?)));
        columns.extend(names.map(|names| ("names", lists(&ends, names))));
        columns.push(("support_count", whole(&|c| c.count)));
        columns.push(("group_count", whole(&|c| totals[c.group])));
        columns.push((
            "share",
            real(&|c| f64::from(c.count) / f64::from(totals[c.group])),
        ));
        columns.push(("other_share", real(&other)));
        columns.push(("expected_count", real(&|c| c.chance.expected)));
        columns.push(("ratio", real(&|c| f64::from(c.count) / c.chance.expected)));
        columns.push(("p_value", real(&|c| c.chance.p_value)));
        columns.push(("p_adjusted", Arc::new(Float64Array::from(adjusted))));
        batch_of(columns)
    }
}
