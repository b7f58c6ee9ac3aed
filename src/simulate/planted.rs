//! Planted rules: items that bring others into the basket.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::catalog::Catalog;
use super::strength::Strength;
use crate::random::stream;

/// One rule for so many items, and never more than [`MOST_RULES`].
const ITEMS_PER_RULE: usize = 12;
const MOST_RULES: usize = 20;
const NONE: u16 = u16::MAX;

/// A basket that holds the antecedent gets the consequent with the probability, if it has not got it already.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// One item, or two.
    pub(super) antecedent: Vec<u32>,
    pub(super) consequent: u32,
    pub(super) probability: f64,
}

/// All rules. No item stands in two of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub(super) rules: Vec<Rule>,
    /// Of each item: the rule whose antecedent starts with it.
    starts: Vec<u16>,
}

impl Rules {
    pub(super) fn draw(seed: u64, strength: &Strength, catalog: &Catalog) -> Self {
        let n = (catalog.items.len() / ITEMS_PER_RULE).min(MOST_RULES);
        let mut rng = stream(seed, "shop rules", 0);
        let mut deck = Deck::new(catalog, &mut rng);
        let mut rules: Vec<Rule> = (0..n).filter_map(|r| deck.rule(r)).collect();
        let (low, high) = strength.rule;
        let n_steps = rules.len().max(2) as f64 - 1.0;
        let mut steps: Vec<usize> = (0..rules.len()).collect();
        steps.shuffle(&mut rng);
        for (rule, step) in rules.iter_mut().zip(steps) {
            rule.probability = low * (high / low).powf(step as f64 / n_steps);
        }
        let mut starts = vec![NONE; catalog.items.len()];
        for (r, rule) in rules.iter().enumerate() {
            starts[rule.antecedent[0] as usize] = r as u16;
        }
        Self { rules, starts }
    }

    /// The rule whose antecedent starts with the item and is in the basket.
    pub(super) fn triggered(&self, item: u32, basket: &[u32]) -> Option<&Rule> {
        let rule = self.rules.get(self.starts[item as usize] as usize)?;
        rule.antecedent[1..]
            .iter()
            .all(|a| basket.contains(a))
            .then_some(rule)
    }

    /// The rule that brings in the item.
    pub(super) fn bringing(&self, item: u32) -> Option<&Rule> {
        self.rules.iter().find(|r| r.consequent == item)
    }

    /// Adds to the basket what its first `n_drawn` items bring along.
    pub(super) fn apply(&self, basket: &mut Vec<u32>, rng: &mut ChaCha8Rng) {
        for at in 0..basket.len() {
            let Some(rule) = self.triggered(basket[at], basket) else {
                continue;
            };
            if rng.gen_bool(rule.probability) && !basket.contains(&rule.consequent) {
                basket.push(rule.consequent);
            }
        }
    }
}

/// Items not yet in a rule, the popular ones of each category and the rare ones apart.
struct Deck {
    /// Categories in random order, each with its items from the most to the least popular.
    categories: Vec<Vec<u32>>,
    next: usize,
}

impl Deck {
    fn new(catalog: &Catalog, rng: &mut ChaCha8Rng) -> Self {
        let sorted = |range: std::ops::Range<usize>| {
            let mut items: Vec<u32> = (range.start as u32..range.end as u32).collect();
            let rank = |i: &u32| catalog.items[*i as usize].popularity;
            items.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
            items
        };
        let mut categories: Vec<Vec<u32>> = catalog
            .categories
            .iter()
            .map(|c| sorted(c.items.clone()))
            .collect();
        categories.shuffle(rng);
        Self {
            categories,
            next: 0,
        }
    }

    /// Every third rule has two antecedents, every fourth rare ones; the consequent is of another category, and of middle rank.
    fn rule(&mut self, r: usize) -> Option<Rule> {
        let is_rare = r % 4 == 3;
        let n_antecedents = if r % 3 == 2 { 2 } else { 1 };
        let from = self.category(n_antecedents)?;
        let antecedent = (0..n_antecedents)
            .map(|_| {
                let left = &mut self.categories[from];
                let at = if is_rare { left.len() * 3 / 4 } else { 0 };
                left.remove(at.min(left.len() - 1))
            })
            .collect();
        let to = self.category(1)?;
        let middle = self.categories[to].len() / 2;
        Some(Rule {
            antecedent,
            consequent: self.categories[to].remove(middle),
            probability: 0.0,
        })
    }

    /// The next category that has so many items left.
    fn category(&mut self, n: usize) -> Option<usize> {
        let n_categories = self.categories.len();
        let found = (0..n_categories)
            .map(|i| (self.next + i) % n_categories)
            .find(|&c| self.categories[c].len() >= n)?;
        self.next = found + 1;
        Some(found)
    }
}
