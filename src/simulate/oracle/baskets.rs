//! The oracle of rules by their use: which item is missing from a basket.

use std::ops::Range;

use rand::Rng;

use super::Solved;
use super::evidence::drawn_items;
use crate::error::Result;
use crate::parallel::{Context, map_ordered, pieces};
use crate::random::stream;
use crate::simulate::class::{N_SEGMENTS, WHOLESALE};
use crate::simulate::drawn::Drawn;
use crate::simulate::mechanism::Mechanism;
use crate::simulate::person::Person;
use crate::simulate::truth::texts;
use crate::simulate::visits::{Head, Kind, Line};

/// Baskets asked about, at most.
const MOST_BASKETS: usize = 10_000;
/// Baskets times items, at most: the work of the question.
const MOST_WEIGHTS: usize = 5_000_000;

/// A basket with an item hidden.
struct Question<'a> {
    place: usize,
    head: &'a Head,
    hidden: u32,
    rest: Vec<Line>,
}

/// For orders after the cut with one item hidden: the item that is the likeliest, given the others, the day and the kind of customer.
pub(super) fn baskets(drawn: &Drawn, ctx: &Context) -> Result<Solved> {
    let questions = questions(drawn);
    let answers = map_ordered(
        ctx,
        "ask the oracle",
        pieces(questions.len(), 64).collect(),
        |range: Range<usize>| {
            let one = |q: &Question<'_>| {
                let (person, _) = Person::draw(&drawn.mechanism, q.head.customer as usize);
                (q.answer(drawn, None), q.answer(drawn, Some(person.class)))
            };
            Ok(questions[range].iter().map(one).collect::<Vec<_>>())
        },
    )?
    .concat();
    let invoices = questions.iter().map(|q| drawn.invoice(q.place));
    let code = |q: &Question<'_>| &drawn.mechanism.catalog.items[q.hidden as usize].code;
    Ok(Solved {
        keys: vec![
            ("invoice", texts(invoices)),
            ("hidden_item", texts(questions.iter().map(code))),
        ],
        truth: questions.iter().map(|q| f64::from(q.hidden)).collect(),
        oracle: answers.iter().map(|a| a.0 as f64).collect(),
        clairvoyant: Some(answers.iter().map(|a| a.1 as f64).collect()),
    })
}

/// Evenly among the orders after the cut that have two items or more, each with one of them hidden at random.
fn questions(drawn: &Drawn) -> Vec<Question<'_>> {
    let mechanism = &drawn.mechanism;
    let cut = mechanism.cut_day();
    let fits = |h: &Head| h.kind == Kind::Order && h.n_lines > 1 && h.day() >= cut;
    let places = 0..drawn.order.len();
    let found: Vec<usize> = places.filter(|&p| fits(&drawn.order[p])).collect();
    let most = (MOST_WEIGHTS / mechanism.catalog.items.len()).clamp(50, MOST_BASKETS);
    let step = found.len().div_ceil(most).max(1);
    let mut rng = stream(mechanism.params.seed, "shop hidden items", 0);
    let ask = |&place: &usize| {
        let head = &drawn.order[place];
        let mut rest = drawn.lines(head).to_vec();
        let hidden = rest.remove(rng.gen_range(0..rest.len())).item;
        Question {
            place,
            head,
            hidden,
            rest,
        }
    };
    found.iter().step_by(step).map(ask).collect()
}

impl Question<'_> {
    /// The likeliest item, where the class is known or has to be guessed from the basket.
    fn answer(&self, drawn: &Drawn, class: Option<usize>) -> usize {
        let mechanism = &drawn.mechanism;
        let classes = match class {
            _ if self.head.is_wholesale => WHOLESALE..WHOLESALE + 1,
            Some(k) => k..k + 1,
            None => 0..N_SEGMENTS,
        };
        let weigh = Weigh::new(mechanism, self);
        let mut best = (0, f64::NEG_INFINITY);
        let mut totals = vec![0.0; mechanism.catalog.items.len()];
        for k in classes {
            weigh.add(k, &mut totals);
        }
        for (item, &total) in totals.iter().enumerate() {
            if total > best.1 && !weigh.items.contains(&(item as u32)) {
                best = (item, total);
            }
        }
        best.0
    }
}

/// Weighs each item by the probability of the basket with it.
///
/// A set of m different items drawn from a class has probability size(m) m! times the product of the items' own, but for the rare draws
/// that were refused because the item was there already.
struct Weigh<'a> {
    mechanism: &'a Mechanism,
    day: f64,
    /// All items of the rest, and those that rules did not bring.
    items: Vec<u32>,
    base: Vec<u32>,
}

impl<'a> Weigh<'a> {
    fn new(mechanism: &'a Mechanism, question: &Question<'_>) -> Self {
        let base = drawn_items(mechanism, &question.rest).map(|l| l.item);
        Self {
            mechanism,
            day: question.head.day(),
            items: question.rest.iter().map(|l| l.item).collect(),
            base: base.collect(),
        }
    }

    fn size(&self, class: usize, n: usize) -> f64 {
        let sizes = &self.mechanism.classes[class].sizes.probabilities;
        n.checked_sub(1)
            .and_then(|at| sizes.get(at))
            .copied()
            .unwrap_or(0.0)
    }

    fn probability(&self, class: usize, item: u32) -> f64 {
        self.mechanism
            .item_probability(class, item as usize, self.day)
    }

    /// Adds one class's weights.
    fn add(&self, class: usize, totals: &mut [f64]) {
        let traits = &self.mechanism.classes[class];
        // How much of all orders is the class's, and how likely its baskets hold the rest.
        let logs = self.base.iter().map(|&i| self.probability(class, i).ln());
        let weight = traits.share * traits.rate * logs.sum::<f64>().exp();
        let n = self.base.len();
        let one_more = self.size(class, n + 1) * (n as f64 + 1.0);
        let as_many = self.size(class, n);
        for (item, total) in totals.iter_mut().enumerate() {
            *total += weight * one_more * self.probability(class, item as u32);
        }
        self.add_rules(class, weight, one_more, as_many, totals);
    }

    /// What rules change: an item that one would bring, and one that would have brought what is there or missing.
    fn add_rules(
        &self,
        class: usize,
        weight: f64,
        one_more: f64,
        as_many: f64,
        totals: &mut [f64],
    ) {
        for rule in &self.mechanism.rules.rules {
            let missing: Vec<u32> = rule
                .antecedent
                .iter()
                .copied()
                .filter(|a| !self.items.contains(a))
                .collect();
            let p = rule.probability;
            match missing[..] {
                [] if !self.items.contains(&rule.consequent) => {
                    let own = weight * one_more * self.probability(class, rule.consequent);
                    totals[rule.consequent as usize] += (own + weight * as_many) * p / (1.0 - p);
                }
                [start] if self.items.contains(&rule.consequent) => {
                    let odds =
                        self.probability(class, start) / self.probability(class, rule.consequent);
                    totals[start as usize] += weight * as_many * odds * p;
                }
                [start] => {
                    totals[start as usize] -=
                        weight * one_more * self.probability(class, start) * p;
                }
                _ => {}
            }
        }
    }
}
