//! The oracle of rules by their pairs: which pairs of items are planted.

use std::collections::BTreeSet;

use super::Solved;
use super::evidence::ln_sum;
use crate::error::Result;
use crate::parallel::{Context, sorted};
use crate::simulate::class::Class;
use crate::simulate::drawn::Drawn;
use crate::simulate::mechanism::Mechanism;
use crate::simulate::planted::Rule;
use crate::simulate::truth::texts;
use crate::simulate::visits::Kind;

/// Points at which the unknown probability of a rule is tried.
const TRIES: usize = 9;

/// The likelihood ratio of a rule, in either direction, for each pair of items that was bought together.
///
/// Pairs of the rules with two antecedents are left out: they are neither planted nor free of a rule.
pub(super) fn pairs(drawn: &Drawn, ctx: &Context) -> Result<Solved> {
    let mechanism = &drawn.mechanism;
    let counts = Counts::new(drawn, ctx)?;
    let chance = Chance::new(mechanism);
    let (planted, unclear) = planted(mechanism);
    let mut found: Vec<((u32, u32), f64)> = counts
        .pairs
        .iter()
        .filter(|(pair, _)| !unclear.contains(pair))
        .map(|&(pair, n)| (pair, score(mechanism, &counts, &chance, pair, n)))
        .collect();
    // A planted pair that never met is the last that anyone finds.
    let met: BTreeSet<(u32, u32)> = found.iter().map(|f| f.0).collect();
    let unmet = planted.iter().filter(|p| !met.contains(p));
    found.extend(unmet.map(|&p| (p, f64::MIN)));
    let code = |item: u32| &mechanism.catalog.items[item as usize].code;
    Ok(Solved {
        keys: vec![
            ("item", texts(found.iter().map(|f| code(f.0.0)))),
            ("other_item", texts(found.iter().map(|f| code(f.0.1)))),
        ],
        truth: found
            .iter()
            .map(|f| f64::from(u8::from(planted.contains(&f.0))))
            .collect(),
        oracle: found.iter().map(|f| f.1).collect(),
        clairvoyant: None,
    })
}

type PairSet = BTreeSet<(u32, u32)>;

/// The pairs of rules with one antecedent, and all within those with two.
fn planted(mechanism: &Mechanism) -> (PairSet, PairSet) {
    let (mut planted, mut unclear) = (PairSet::new(), PairSet::new());
    for rule in &mechanism.rules.rules {
        let mut items = rule.antecedent.clone();
        items.push(rule.consequent);
        let into = if items.len() == 2 {
            &mut planted
        } else {
            &mut unclear
        };
        for (i, &a) in items.iter().enumerate() {
            into.extend(items[i + 1..].iter().map(|&b| ordered(a, b)));
        }
    }
    (planted, unclear)
}

fn ordered(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

/// Baskets that hold an item, and both of two.
struct Counts {
    items: Vec<f64>,
    pairs: Vec<((u32, u32), f64)>,
}

impl Counts {
    fn new(drawn: &Drawn, ctx: &Context) -> Result<Self> {
        let mut items = vec![0.0; drawn.mechanism.catalog.items.len()];
        let mut all = Vec::new();
        for head in drawn.order.iter().filter(|h| h.kind == Kind::Order) {
            let lines = drawn.lines(head);
            for (i, line) in lines.iter().enumerate() {
                items[line.item as usize] += 1.0;
                all.extend(
                    lines[i + 1..]
                        .iter()
                        .map(|other| ordered(line.item, other.item)),
                );
            }
        }
        let all = sorted(ctx, "count pairs", all, |&pair| pair)?;
        let runs = all.chunk_by(|a, b| a == b);
        Ok(Self {
            items,
            pairs: runs.map(|run| (run[0], run.len() as f64)).collect(),
        })
    }
}

/// How often items meet by chance: customers of a class like the same things, and large baskets hold more of everything.
struct Chance {
    /// By class: how often a basket with one item holds another; and by item, how much of its sales is the class's.
    meets: Vec<Vec<f64>>,
    sales: Vec<Vec<f64>>,
}

impl Chance {
    fn new(mechanism: &Mechanism) -> Self {
        let own: Vec<Vec<f64>> = mechanism
            .classes
            .iter()
            .map(|c| probabilities(mechanism, c))
            .collect();
        let meets = mechanism.classes.iter().zip(&own);
        let sold = mechanism.classes.iter().zip(&own);
        let orders = |c: &Class| c.share * c.rate * c.sizes.mean();
        let mut chance = Self {
            meets: meets
                .map(|(c, q)| q.iter().map(|&q| in_rest(c, q)).collect())
                .collect(),
            sales: sold
                .map(|(c, q)| q.iter().map(|&q| orders(c) * q).collect())
                .collect(),
        };
        mechanism.rules.rules.iter().for_each(|r| chance.bring(r));
        chance
    }

    /// What a rule brings is sold to whoever buys its antecedent, and met wherever that is.
    fn bring(&mut self, rule: &Rule) {
        let consequent = rule.consequent as usize;
        for (meets, sales) in self.meets.iter_mut().zip(&mut self.sales) {
            let (first, rest) = (rule.antecedent[0] as usize, &rule.antecedent[1..]);
            let others: f64 = rest.iter().map(|&a| meets[a as usize]).product();
            sales[consequent] += rule.probability * sales[first] * others;
            meets[consequent] += rule.probability * meets[first] * others;
        }
    }

    /// The probability that a basket with the first item holds the second.
    fn of(&self, first: u32, second: u32) -> f64 {
        let (mut all, mut with) = (0.0, 0.0);
        for (meets, sales) in self.meets.iter().zip(&self.sales) {
            all += sales[first as usize];
            with += sales[first as usize] * meets[second as usize];
        }
        (with / all).min(0.99)
    }
}

/// Each item's probability in a class, over the year and the shop's days.
fn probabilities(mechanism: &Mechanism, class: &Class) -> Vec<f64> {
    let n = class.categories.len() as f64;
    let category = |c: usize| class.categories.iter().map(|w| w[c]).sum::<f64>() / n;
    let shares: Vec<f64> = (0..mechanism.catalog.categories.len())
        .map(category)
        .collect();
    let items = mechanism.catalog.items.iter().zip(&class.items);
    items.map(|(i, p)| shares[i.category] * p).collect()
}

/// The probability that the rest of a basket, found by one of its items, holds an item of probability `q`.
fn in_rest(class: &Class, q: f64) -> f64 {
    let sizes = class.sizes.values.iter().zip(&class.sizes.probabilities);
    let held = sizes.map(|(&m, p)| p * f64::from(m) * (1.0 - (1.0 - q).powi(m - 1)));
    (held.sum::<f64>() / class.sizes.mean()).clamp(1e-12, 1.0 - 1e-12)
}

fn score(
    mechanism: &Mechanism,
    counts: &Counts,
    chance: &Chance,
    (a, b): (u32, u32),
    n: f64,
) -> f64 {
    let (low, high) = mechanism.strength.rule;
    let mut logs = Vec::with_capacity(2 * TRIES);
    for (first, second) in [(a, b), (b, a)] {
        let n_first = counts.items[first as usize];
        let by_chance = chance.of(first, second);
        for t in 0..TRIES {
            let p = low * (high / low).powf((t as f64 + 0.5) / TRIES as f64);
            let with = (1.0 - (1.0 - p) * (1.0 - by_chance)) / by_chance;
            logs.push(n * with.ln() + (n_first - n) * (1.0 - p).ln());
        }
    }
    ln_sum(&logs)
}
