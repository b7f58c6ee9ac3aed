//! The basis of all rules, from closed sets and generators: from the least that must be bought to the most that follows (Bastide, Pasquier, Taouil,
//! Stumme and Lakhal, Mining minimal non-redundant association rules using frequent closed itemsets, 2000).
//!
//! Every rule X -> Y has the counts of the one from a generator in X to the closure of both; so these rules, exact ones and others, say all. Of frequent sets
//! there may be very many more than of closed sets and generators together, and none of the others is looked at: a set is in as many baskets as the rarest of the
//! generators in it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::generate::{Rule, Sides, allowed, too_many};
use crate::error::Result;
use crate::itemsets::Itemsets;
use crate::parallel::{Context, fill, map_ordered, pieces};
use crate::rules::fit::tree_of;
use crate::rules::params::RuleParams;
use crate::rules::sets::matcher::{Marks, Matcher};
use crate::rules::sets::tree::{ROOT, SetTree, TreeBuilder};

/// Frequent generators, which know the support of every frequent set.
#[derive(Debug)]
pub(in crate::rules) struct Generators {
    tree: SetTree,
    matcher: Matcher,
}

impl Generators {
    pub(in crate::rules) fn new(itemsets: &Itemsets) -> Result<Self> {
        let tree = tree_of(itemsets)?;
        let is_wanted = vec![true; tree.len()];
        let matcher = Matcher::new(&tree, &is_wanted, itemsets.codes().len());
        Ok(Self { tree, matcher })
    }

    /// Calls with each generator in a set whose codes ascend; the empty one is left away.
    fn visit(&self, items: &[u32], marks: &mut Marks, mut each: impl FnMut(u32)) {
        self.matcher
            .visit(items, 0..u32::MAX, marks, |at| each(self.matcher.set(at)));
    }

    /// How many baskets have a frequent set whose codes ascend. Cost: a walk through the generators in it.
    pub(in crate::rules) fn support(&self, items: &[u32], marks: &mut Marks) -> u32 {
        let mut least = self.tree.support(ROOT);
        self.visit(items, marks, |set| {
            least = least.min(self.tree.support(set));
        });
        least
    }

    /// The highest confidence that proper parts of an antecedent have for a consequent, as two counts.
    pub(in crate::rules) fn best_part(
        &self,
        x: &[u32],
        y: &[u32],
        marks: &mut Marks,
    ) -> (u64, u64) {
        let mut best = (0, 1);
        let mut both = Vec::new();
        for left in 1..1_u64 << x.len() {
            let rest = (0..x.len()).filter(|i| left >> i & 1 == 0);
            let part: Vec<u32> = rest.map(|i| x[i]).collect();
            both.clear();
            both.extend(part.iter().chain(y));
            both.sort_unstable();
            let n_x = u64::from(self.support(&part, marks));
            let n_xy = u64::from(self.support(&both, marks));
            if n_xy * best.1 > best.0 * n_x {
                best = (n_xy, n_x);
            }
        }
        best
    }
}

/// Closed sets, one after the other.
#[derive(Default)]
struct Closed {
    items: Vec<u32>,
    ends: Vec<usize>,
    supports: Vec<u32>,
}

impl Closed {
    /// Those of two items and more: others leave nothing to follow.
    fn new(itemsets: &Itemsets) -> Self {
        let mut closed = Self::default();
        itemsets.for_each_coded(|items, support| {
            if items.len() > 1 {
                closed.items.extend_from_slice(items);
                closed.ends.push(closed.items.len());
                closed.supports.push(support);
            }
        });
        closed
    }

    fn get(&self, set: usize) -> &[u32] {
        let from = set.checked_sub(1).map_or(0, |s| self.ends[s]);
        &self.items[from..self.ends[set]]
    }
}

/// A rule: its consequent, and the generator that is its antecedent. In the order of consequents.
type Found = (Vec<u32>, u32);

/// Finds the rules of the basis.
struct Finder<'a> {
    params: &'a RuleParams,
    generators: &'a Generators,
    closed: &'a Closed,
    sides: &'a Sides,
}

impl Finder<'_> {
    /// The rules of one closed set.
    fn of_set(&self, set: usize, marks: &mut Marks) -> Vec<Found> {
        let (items, n_xy) = (self.closed.get(set), self.closed.supports[set]);
        let mut candidates = Vec::new();
        let tree = &self.generators.tree;
        let longest = self.params.max_antecedent_len.unwrap_or(usize::MAX);
        self.generators.visit(items, marks, |x| {
            let length = tree.length(x);
            let confidence = f64::from(n_xy) / f64::from(tree.support(x));
            if length < items.len() && length <= longest && confidence >= self.params.min_confidence
            {
                candidates.push(x);
            }
        });
        let mut found: Vec<Found> = Vec::with_capacity(candidates.len());
        for x in candidates {
            let x_items = tree.items_of(x);
            let y = without(items, &x_items);
            if self.are_sides(&x_items, &y) && self.is_lifted(x, &y, n_xy, marks) {
                found.push((y, x));
            }
        }
        found.sort_unstable();
        found
    }

    fn are_sides(&self, x: &[u32], y: &[u32]) -> bool {
        let may_be = |items: &[u32], side: &[bool]| items.iter().all(|&i| side[i as usize]);
        may_be(x, &self.sides.antecedent) && may_be(y, &self.sides.consequent)
    }

    fn is_lifted(&self, x: u32, y: &[u32], n_xy: u32, marks: &mut Marks) -> bool {
        self.params.min_lift.is_none_or(|least| {
            let tree = &self.generators.tree;
            let n_y = self.generators.support(y, marks);
            let [n, n_x, n_y, n_xy] =
                [tree.support(ROOT), tree.support(x), n_y, n_xy].map(f64::from);
            (n * n_xy) / (n_x * n_y) >= least
        })
    }

    /// The rules of all closed sets, in their order.
    fn rules(&self, ctx: &Context) -> Result<Vec<Vec<Found>>> {
        const PIECE: usize = 256;
        let most = allowed(self.params, ctx);
        let n_rules = AtomicU64::new(0);
        let ranges = pieces(self.closed.supports.len(), PIECE).collect();
        let parts = map_ordered(ctx, "rules", ranges, |range| {
            let mut marks = Marks::default();
            let mut found = Vec::with_capacity(range.len());
            for set in range {
                found.push(self.of_set(set, &mut marks));
                let n = found[found.len() - 1].len() as u64;
                if n_rules.fetch_add(n, Ordering::Relaxed) + n > most {
                    return Err(too_many(self.params, most));
                }
            }
            Ok(found)
        })?;
        Ok(parts.into_iter().flatten().collect())
    }
}

/// The rules of the basis, and the sets that they and their tests are made of.
pub(in crate::rules) fn basis(
    params: &RuleParams,
    closed: &Itemsets,
    generators: &Generators,
    sides: &Sides,
    ctx: &Context,
) -> Result<(SetTree, Vec<Rule>)> {
    let closed = Closed::new(closed);
    let finder = Finder {
        params,
        generators,
        closed: &closed,
        sides,
    };
    let found = finder.rules(ctx)?;
    placed(generators, &closed, found, ctx)
}

/// Rules as places in a tree, which has antecedents, consequents, both; and these without each item of the antecedent, which tests look at.
fn placed(
    generators: &Generators,
    closed: &Closed,
    found: Vec<Vec<Found>>,
    ctx: &Context,
) -> Result<(SetTree, Vec<Rule>)> {
    const SETS: usize = 1_024;
    // A node, and twice an entry of the map that finds it.
    const SET_BYTES: u64 = 64;
    let mut builder = TreeBuilder::new(generators.tree.support(ROOT));
    let mut rules = Vec::with_capacity(found.iter().map(Vec::len).sum());
    for (set, of_set) in found.into_iter().enumerate() {
        if set.is_multiple_of(SETS) {
            ctx.cancel.poll()?;
            let remedy =
                "raise the minimum support or `min_confidence`, or set `max_antecedent_len`";
            let n_bytes = builder.len() as u64 * SET_BYTES;
            ctx.budget
                .check("the basis of the rules", n_bytes, remedy)?;
        }
        for (y, x) in of_set {
            let items = closed.get(set);
            let x_items = generators.tree.items_of(x);
            for &item in &x_items {
                builder.place(&without(&x_items, &[item]));
                builder.place(&without(items, &[item]));
            }
            rules.push(Rule {
                x: builder.place(&x_items),
                y: builder.place(&y),
                xy: builder.place(items),
            });
        }
    }
    let tree = builder.finish();
    // Sets on the way to others have their supports too, so that the tree is one of frequent sets.
    let mut supports = vec![0; tree.len()];
    fill(ctx, "sets counted", &mut supports, |from, piece| {
        let mut marks = Marks::default();
        for (set, support) in (from as u32..).zip(piece) {
            *support = generators.support(&tree.items_of(set), &mut marks);
        }
    })?;
    Ok((tree.with_supports(supports), rules))
}

/// Ascending items without others that are among them.
fn without(items: &[u32], others: &[u32]) -> Vec<u32> {
    let mut left = others;
    let mut rest = Vec::with_capacity(items.len().saturating_sub(others.len()));
    for &item in items {
        match left.split_first() {
            Some((&first, next)) if first == item => left = next,
            _ => rest.push(item),
        }
    }
    rest
}
