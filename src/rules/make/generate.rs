//! Rules of item sets: which part of a set speaks for the rest.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};
use crate::rules::params::{Keep, OWNER, RuleParams};
use crate::rules::sets::index::SetIndex;
use crate::rules::sets::tree::{ROOT, SetTree};

/// A rule: the places of its antecedent, its consequent, and both together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) struct Rule {
    pub(in crate::rules) x: u32,
    pub(in crate::rules) y: u32,
    pub(in crate::rules) xy: u32,
}

/// Rules in memory at most where nothing else is said: 1.2 GB.
const MAX_RULES: u64 = 100_000_000;
/// A rule in memory.
const RULE_BYTES: u64 = 12;
/// Sets of a piece.
const PIECE: usize = 1 << 14;

/// Which items a side may have, by code.
#[derive(Debug)]
pub(in crate::rules) struct Sides {
    pub(in crate::rules) antecedent: Vec<bool>,
    pub(in crate::rules) consequent: Vec<bool>,
}

/// Makes the rules of all sets of a tree.
pub(in crate::rules) struct Generator<'a> {
    pub(in crate::rules) params: &'a RuleParams,
    pub(in crate::rules) tree: &'a SetTree,
    pub(in crate::rules) index: &'a SetIndex,
    pub(in crate::rules) sides: &'a Sides,
    /// The place of each item's own set.
    singles: Vec<u32>,
    /// Whether any item may be in an antecedent.
    any_antecedent: bool,
    /// By set, where only the basis is wanted.
    basis: Option<Basis>,
    n_rules: AtomicU64,
    allowed: u64,
}

/// Of each set, whether all smaller ones have more support, and whether all larger ones have less.
struct Basis {
    is_generator: Vec<bool>,
    is_closed: Vec<bool>,
}

/// What is reused from set to set.
#[derive(Default)]
struct Scratch {
    items: Vec<u32>,
    keys: Vec<u64>,
    /// Places in `items` of the consequent at hand.
    consequent: Vec<usize>,
    /// A stack of lists, one for each item of the consequent: places in `items` that may come next, each with the antecedent that is left.
    next: Vec<(usize, u32)>,
    rules: Vec<Rule>,
}

impl<'a> Generator<'a> {
    pub(in crate::rules) fn new(
        params: &'a RuleParams,
        tree: &'a SetTree,
        index: &'a SetIndex,
        sides: &'a Sides,
        ctx: &Context,
    ) -> Self {
        let basis = (params.keep == Keep::Basis).then(|| Basis::new(tree, index));
        Self {
            params,
            tree,
            index,
            sides,
            singles: (0..sides.antecedent.len() as u32)
                .map(|item| index.find(index.key(item)))
                .collect(),
            any_antecedent: sides.antecedent.iter().all(|&is| is),
            basis,
            n_rules: AtomicU64::new(0),
            allowed: allowed(params, ctx),
        }
    }

    /// The rules, in the order of the sets that they make of both sides, then of their consequents.
    pub(in crate::rules) fn rules(&self, ctx: &Context) -> Result<Vec<Rule>> {
        let ranges = pieces(self.tree.len(), PIECE).collect();
        let parts = map_ordered(ctx, "rules", ranges, |range| {
            let mut scratch = Scratch::default();
            for set in range {
                if set % 256 == 0 {
                    ctx.cancel.poll()?;
                }
                self.of_set(set as u32, &mut scratch);
                if scratch.rules.len() as u64 > self.allowed {
                    break;
                }
            }
            let n = scratch.rules.len() as u64;
            if self.n_rules.fetch_add(n, Ordering::Relaxed) + n > self.allowed {
                return Err(too_many(self.params, self.allowed));
            }
            Ok(scratch.rules)
        })?;
        Ok(joined(parts))
    }

    fn of_set(&self, set: u32, scratch: &mut Scratch) {
        let length = self.tree.length(set);
        let is_left = self
            .basis
            .as_ref()
            .is_some_and(|b| !b.is_closed[set as usize]);
        if length < 2 || is_left {
            return;
        }
        self.tree.items_into(set, &mut scratch.items);
        let keys = scratch.items.iter().map(|&item| self.index.key(item));
        scratch.keys.clear();
        scratch.keys.extend(keys);
        let all = scratch.keys.iter().fold(0, |a: u64, &k| a.wrapping_add(k));
        let may_be = |&at: &usize| self.sides.consequent[scratch.items[at] as usize];
        scratch.next.clear();
        scratch
            .next
            .extend((0..length).filter(may_be).map(|at| (at, set)));
        self.extend(set, all, 0, 0..scratch.next.len(), scratch);
    }

    /// Consequents that have the items at hand and one or more of `free`, a list of the stack. An antecedent that shrinks is no rarer: its confidence only
    /// falls.
    fn extend(&self, set: u32, x_key: u64, y_key: u64, free: Range<usize>, scratch: &mut Scratch) {
        let n = scratch.consequent.len() + 1;
        let longest = self.params.max_consequent_len.unwrap_or(usize::MAX);
        if n > longest.min(scratch.items.len() - 1) {
            return;
        }
        let n_xy = f64::from(self.tree.support(set));
        let from = scratch.next.len();
        for i in free {
            let at = scratch.next[i].0;
            let x = self.index.find(x_key.wrapping_sub(scratch.keys[at]));
            if n_xy / f64::from(self.tree.support(x)) >= self.params.min_confidence {
                scratch.next.push((at, x));
            }
        }
        let to = scratch.next.len();
        for i in from..to {
            let (at, x) = scratch.next[i];
            let (x_key, y_key) = (
                x_key.wrapping_sub(scratch.keys[at]),
                y_key.wrapping_add(scratch.keys[at]),
            );
            scratch.consequent.push(at);
            let y = if n == 1 {
                self.singles[scratch.items[at] as usize]
            } else {
                self.index.find(y_key)
            };
            let rule = Rule { x, y, xy: set };
            if self.is_wanted(rule, scratch) {
                scratch.rules.push(rule);
            }
            self.extend(set, x_key, y_key, i + 1..to, scratch);
            scratch.consequent.pop();
        }
        scratch.next.truncate(from);
    }

    fn is_wanted(&self, rule: Rule, scratch: &Scratch) -> bool {
        let tree = self.tree;
        let longest = self.params.max_antecedent_len.unwrap_or(usize::MAX);
        if tree.length(rule.x) > longest || !self.is_antecedent(scratch) {
            return false;
        }
        if let Some(least) = self.params.min_lift {
            let [n, n_x, n_y, n_xy] =
                [ROOT, rule.x, rule.y, rule.xy].map(|set| f64::from(tree.support(set)));
            if (n * n_xy) / (n_x * n_y) < least {
                return false;
            }
        }
        match self.params.keep {
            Keep::All => true,
            Keep::Productive => self.is_productive(rule, scratch),
            Keep::Basis => {
                let basis = self.basis.as_ref();
                basis.is_some_and(|b| b.is_generator[rule.x as usize])
            }
        }
    }

    fn is_antecedent(&self, scratch: &Scratch) -> bool {
        let mut items = scratch.items.iter().enumerate();
        self.any_antecedent
            || items.all(|(at, &item)| {
                self.sides.antecedent[item as usize] || scratch.consequent.contains(&at)
            })
    }

    /// Whether no part of the antecedent says as much.
    fn is_productive(&self, rule: Rule, scratch: &Scratch) -> bool {
        let antecedent: Vec<u64> = (0..scratch.items.len())
            .filter(|at| !scratch.consequent.contains(at))
            .map(|at| scratch.keys[at])
            .collect();
        let y_key = scratch
            .consequent
            .iter()
            .fold(0, |sum: u64, &at| sum.wrapping_add(scratch.keys[at]));
        let best = best_part(self.tree, self.index, &antecedent, y_key);
        let [n_x, n_xy] = [rule.x, rule.xy].map(|set| u64::from(self.tree.support(set)));
        n_xy * best.1 > best.0 * n_x
    }
}

/// How many rules there may be.
pub(in crate::rules) fn allowed(params: &RuleParams, ctx: &Context) -> u64 {
    let held = ctx.budget.max_bytes().map_or(u64::MAX, |b| b / RULE_BYTES);
    params.max_rules.unwrap_or(MAX_RULES).min(held)
}

pub(in crate::rules) fn too_many(params: &RuleParams, allowed: u64) -> Error {
    Error::Budget {
        job: format!("mining more than {allowed} rules"),
        needed_bytes: (allowed + 1).saturating_mul(RULE_BYTES),
        limit_bytes: allowed.saturating_mul(RULE_BYTES),
        remedy: format!(
            "raise `min_confidence` ({}) or the minimum support, limit the lengths, keep `productive` rules, or set `max_rules`",
            params.min_confidence
        ),
    }
}

/// All rules in one list. Each part is given back before the next is copied, so that hardly more than one list is held at a time.
fn joined(mut parts: Vec<Vec<Rule>>) -> Vec<Rule> {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for part in parts {
        all.extend_from_slice(&part);
    }
    all
}

/// The highest confidence that proper parts of an antecedent have for a consequent, as two counts; items are given by their keys.
pub(in crate::rules) fn best_part(
    tree: &SetTree,
    index: &SetIndex,
    antecedent: &[u64],
    y_key: u64,
) -> (u64, u64) {
    let mut best = (0, 1);
    let mut visit = |x_key: u64| {
        let n_x = u64::from(tree.support(index.find(x_key)));
        let n_xy = u64::from(tree.support(index.find(x_key.wrapping_add(y_key))));
        if n_xy * best.1 > best.0 * n_x {
            best = (n_xy, n_x);
        }
    };
    parts(antecedent, 0, antecedent.len(), &mut visit);
    best
}

/// Calls with the key of each part that lacks one item or more.
fn parts(keys: &[u64], sum: u64, n_all: usize, visit: &mut impl FnMut(u64)) {
    let Some((&first, rest)) = keys.split_first() else {
        if n_all > 0 {
            visit(sum);
        }
        return;
    };
    // `n_all` counts down while every item was taken; at the end it is the number of items left away, or 0.
    parts(
        rest,
        sum.wrapping_add(first),
        n_all.saturating_sub(1),
        visit,
    );
    parts(rest, sum, n_all, visit);
}

impl Basis {
    fn new(tree: &SetTree, index: &SetIndex) -> Self {
        let mut basis = Self {
            is_generator: vec![true; tree.len()],
            is_closed: vec![true; tree.len()],
        };
        let mut items = Vec::new();
        for set in 1..tree.len() as u32 {
            tree.items_into(set, &mut items);
            let key = index.key_of(&items);
            for &item in &items {
                let smaller = index.find(key.wrapping_sub(index.key(item)));
                if tree.support(smaller) == tree.support(set) {
                    basis.is_generator[set as usize] = false;
                    basis.is_closed[smaller as usize] = false;
                }
            }
        }
        basis
    }
}

/// Marks of the items that a side may have.
pub(in crate::rules) fn side(
    name: &str,
    wanted: Option<&Vec<u32>>,
    codes: &[u32],
    n_items: usize,
) -> Result<Vec<bool>> {
    let Some(wanted) = wanted else {
        return Ok(vec![true; codes.len()]);
    };
    let mut is_wanted = vec![false; n_items];
    for &item in wanted {
        let Some(mark) = is_wanted.get_mut(item as usize) else {
            let rule = format!("must be numbers of the {n_items} items");
            return Err(Error::parameter(OWNER, name, rule, item));
        };
        *mark = true;
    }
    Ok(codes.iter().map(|&item| is_wanted[item as usize]).collect())
}
