//! From baskets to rules.

use std::sync::Arc;

use super::chance::family::Family;
use super::chance::significance::{Chance, Tester, needed};
use super::chance::sizes::SizeClasses;
use super::make::basis::{Generators, basis};
use super::make::generate::{Generator, Rule, Sides, side};
use super::params::{Keep, OWNER, RuleParams, Test};
use super::result::{Rules, Shared, Tests};
use super::sets::counting::{ClassCounts, Coded};
use super::sets::index::SetIndex;
use super::sets::tree::SetTree;
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::itemsets::{ItemsetParams, Itemsets, Target};
use crate::parallel::Context;

impl RuleParams {
    /// The rules of the baskets.
    ///
    /// The [basis](super::Keep::Basis) of rules of any length is made of closed sets and generators where frequent sets are more than a million, or than allowed.
    ///
    /// Cost: the item sets, two look-ups for each rule that could be, and for the tests a walk of each basket through the antecedents. Memory: 12 bytes a
    /// rule and 24 more if it is tested, 40 for each frequent set, and in tests up to 256 for each antecedent.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a value breaks its rule; [`Error::Budget`] where there are more item sets or rules than allowed, or than the memory
    /// limit holds; [`Error::Cancelled`].
    pub fn fit(&self, baskets: &Baskets, ctx: &Context) -> Result<Rules> {
        self.validate()?;
        let params = self.of_itemsets();
        let rules = if self.is_of_closed(&params) && !baskets.has_taxonomy() {
            self.basis_of(&params, baskets, ctx)?
        } else {
            self.of_sets(&params.fit(baskets, ctx)?, ctx)?
        };
        ctx.progress.finish();
        Ok(rules)
    }

    /// The rules of item sets that are there already: all frequent ones of some support, for rules need those of every part. Of closed sets or generators
    /// follows the [basis](super::Keep::Basis). The parameters' own support is not looked at.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::Parameter`] too if sets were left out.
    pub fn fit_itemsets(&self, itemsets: &Itemsets, ctx: &Context) -> Result<Rules> {
        self.validate()?;
        let params = itemsets.params();
        let is_all = params.min_len <= 1
            && params.required.is_empty()
            && params.item_min_support_counts.is_empty();
        let rules = match params.target {
            Target::Frequent if is_all => self.of_sets(itemsets, ctx)?,
            Target::Closed if is_all && self.is_of_closed(params) => {
                self.of_closed(itemsets, ctx)?
            }
            Target::Generators if is_all && self.is_of_closed(params) => {
                let closed = params.clone().target(Target::Closed);
                self.of_both(&closed.fit(itemsets.baskets(), ctx)?, itemsets, ctx)?
            }
            target => {
                let rule = "must be frequent item sets of one minimum support, none left out: rules need the supports of all parts; where `keep` is `basis`, all closed ones or generators serve too";
                let target = format!("{target:?}").to_lowercase();
                return Err(Error::parameter(OWNER, "itemsets", rule, target));
            }
        };
        ctx.progress.finish();
        Ok(rules)
    }

    /// The basis, whichever way is short: few frequent sets are listed sooner than generators are found.
    fn basis_of(&self, params: &ItemsetParams, baskets: &Baskets, ctx: &Context) -> Result<Rules> {
        const FEW: u64 = 1 << 20;
        let few = self.max_itemsets.map_or(FEW, |most| most.min(FEW));
        match params.clone().max_itemsets(few).fit(baskets, ctx) {
            Ok(frequent) => self.of_sets(&frequent, ctx),
            Err(Error::Budget { .. }) => {
                let closed = params.clone().target(Target::Closed);
                self.of_closed(&closed.fit(baskets, ctx)?, ctx)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether closed sets and generators are enough: those that are all, whatever their lengths.
    fn is_of_closed(&self, params: &ItemsetParams) -> bool {
        self.keep == Keep::Basis && params.max_len.is_none() && params.top_k.is_none()
    }

    /// About how many rows are looked at to make rules of item sets: what tells a caller whether a thread is worth waking.
    #[must_use]
    pub fn work(&self, itemsets: &Itemsets) -> usize {
        // A set of many items is split in many ways, but all of its parts are among the sets, so there are few such.
        const SPLITS: u64 = 6;
        let walked = match self.test {
            Test::None => 0,
            _ => itemsets.baskets().n_entries() as u64,
        };
        let rows = itemsets.n_itemsets().saturating_add(walked);
        usize::try_from(rows.saturating_mul(SPLITS)).unwrap_or(usize::MAX)
    }

    fn of_sets(&self, itemsets: &Itemsets, ctx: &Context) -> Result<Rules> {
        let codes = itemsets.codes();
        let tree = tree_of(itemsets)?;
        let index = SetIndex::new(&tree, codes.len());
        let sides = self.sides(codes, itemsets.baskets())?;
        let rules = Generator::new(self, &tree, &index, &sides, ctx).rules(ctx)?;
        self.tested(itemsets, (tree, rules), &index, &sides, None, ctx)
    }

    fn of_closed(&self, closed: &Itemsets, ctx: &Context) -> Result<Rules> {
        let generators = closed.params().clone().target(Target::Generators);
        self.of_both(closed, &generators.fit(closed.baskets(), ctx)?, ctx)
    }

    fn of_both(&self, closed: &Itemsets, generators: &Itemsets, ctx: &Context) -> Result<Rules> {
        debug_assert_eq!(closed.codes(), generators.codes());
        let sides = self.sides(closed.codes(), closed.baskets())?;
        let generators = Generators::new(generators)?;
        let (tree, rules) = basis(self, closed, &generators, &sides, ctx)?;
        let index = SetIndex::new(&tree, closed.codes().len());
        let generators = Some(generators);
        self.tested(closed, (tree, rules), &index, &sides, generators, ctx)
    }

    /// The rules of a tree with what tests say, and those alone that are wanted for it.
    fn tested(
        &self,
        itemsets: &Itemsets,
        (tree, rules): (SetTree, Vec<Rule>),
        index: &SetIndex,
        sides: &Sides,
        generators: Option<Generators>,
        ctx: &Context,
    ) -> Result<Rules> {
        let (baskets, codes) = (itemsets.baskets(), itemsets.codes());
        let family = self.family(sides, baskets);
        let chances = self.chances(baskets, &tree, index, codes, &rules, ctx)?;
        let tests = chances.map(|chances| {
            let weight = |at: usize| {
                let rule = rules[at];
                family.weight(tree.length(rule.x), tree.length(rule.y))
            };
            Arc::new(Tests::new(chances, self.correction, weight))
        });
        let rules = Rules {
            shared: Arc::new(Shared {
                codes: codes.to_vec(),
                labels: baskets.labels().clone(),
                names: baskets.names().cloned(),
                params: self.clone(),
                min_support_count: itemsets.min_support_count(),
                n_candidates: family.n_candidates(),
                tree,
                generators,
            }),
            list: Arc::new(rules),
            tests,
            measures: Vec::new(),
        };
        self.alpha
            .map_or(Ok(rules.clone()), |alpha| rules.significant(alpha))
    }

    /// Which of the frequent items may be on which side.
    pub(super) fn sides(&self, codes: &[u32], baskets: &Baskets) -> Result<Sides> {
        let n_items = baskets.n_items();
        Ok(Sides {
            antecedent: side("antecedents", self.antecedents.as_ref(), codes, n_items)?,
            consequent: side("consequents", self.consequents.as_ref(), codes, n_items)?,
        })
    }

    /// The rules that could be found in the baskets.
    pub(super) fn family(&self, sides: &Sides, baskets: &Baskets) -> Family {
        Family::new(self, sides, baskets.longest())
    }

    fn chances(
        &self,
        baskets: &Baskets,
        tree: &SetTree,
        index: &SetIndex,
        codes: &[u32],
        rules: &[Rule],
        ctx: &Context,
    ) -> Result<Option<Vec<Chance>>> {
        match self.test {
            Test::None => Ok(None),
            Test::Fisher => {
                let tester = Tester {
                    tree,
                    index,
                    sizes: None,
                };
                tester.chances(rules, ctx).map(Some)
            }
            Test::SizeConditional => {
                let classes = SizeClasses::new(baskets);
                let is_needed = needed(tree, index, rules);
                let coded = Coded::new(baskets, &code_of(codes, baskets.n_items()), codes.len());
                let counts = ClassCounts::new(
                    tree,
                    &is_needed,
                    &coded,
                    &classes.of_basket,
                    classes.len(),
                    ctx,
                )?;
                let sizes = Some((&classes, &counts));
                let tester = Tester { tree, index, sizes };
                tester.chances(rules, ctx).map(Some)
            }
        }
    }
}

/// Of each item its code.
pub(super) fn code_of(codes: &[u32], n_items: usize) -> Vec<Option<u32>> {
    let mut code_of = vec![None; n_items];
    for (code, &item) in codes.iter().enumerate() {
        code_of[item as usize] = Some(code as u32);
    }
    code_of
}

pub(super) fn tree_of(itemsets: &Itemsets) -> Result<SetTree> {
    let mut tree = SetTree::new(itemsets.baskets().total_weight());
    tree.reserve(itemsets.n_itemsets())?;
    // The sets above the one at hand.
    let mut path = vec![super::sets::tree::ROOT];
    itemsets.for_each_coded(|codes, support| {
        path.truncate(codes.len());
        let set = tree.add(path[codes.len() - 1], codes[codes.len() - 1], support);
        path.push(set);
    });
    Ok(tree)
}
