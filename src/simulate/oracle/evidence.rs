//! What a customer's baskets say of the segment, and of a departure from it.

use super::lifetime::{Outlook, Rates, Seen, outlook};
use crate::simulate::class::{N_SEGMENTS, WHOLESALE};
use crate::simulate::drawn::Drawn;
use crate::simulate::mechanism::Mechanism;
use crate::simulate::person::{DEVIATING, foreign_categories};
use crate::simulate::visits::{Channel, Head, Kind, Line};

/// One logarithm for each segment.
pub(super) type PerSegment = [f64; N_SEGMENTS];

/// All that is seen of one customer up to a day.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) customer: u32,
    pub(super) is_wholesale: bool,
    /// Day of the first order.
    pub(super) entry: f64,
    pub(super) seen: Seen,
    /// Orders from the day of deviation on.
    pub(super) n_late: usize,
    /// Likelihood of the baskets, by segment.
    baskets: PerSegment,
    /// Likelihood of the late baskets if the customer deviates, beside that if not, by segment.
    pub(super) departure: PerSegment,
}

/// Items of a basket that rules did not bring, or that may have come without them.
pub(super) fn drawn_items<'a>(
    mechanism: &'a Mechanism,
    lines: &'a [Line],
) -> impl Iterator<Item = &'a Line> {
    let items: Vec<u32> = lines.iter().map(|l| l.item).collect();
    lines.iter().filter(move |l| {
        let rule = mechanism.rules.bringing(l.item);
        !rule.is_some_and(|r| r.antecedent.iter().all(|a| items.contains(a)))
    })
}

/// The customer's orders before a day.
pub(super) fn orders_before(own: &[Head], until: f64) -> impl Iterator<Item = &Head> {
    own.iter()
        .filter(move |h| h.kind == Kind::Order && h.day() < until)
}

/// Gathers what is seen of a customer before a day; nothing if that is nothing.
pub(super) fn evidence(drawn: &Drawn, own: &[Head], until: f64) -> Option<Evidence> {
    let mechanism = &drawn.mechanism;
    let first = orders_before(own, until).next()?;
    let mut found = Evidence {
        customer: first.customer,
        is_wholesale: first.is_wholesale,
        entry: first.day(),
        seen: Seen {
            repeats: -1.0,
            alive: 0.0,
            age: until - first.day(),
        },
        n_late: 0,
        baskets: [0.0; N_SEGMENTS],
        departure: [0.0; N_SEGMENTS],
    };
    let mut departures = Departures::new(mechanism);
    for head in orders_before(own, until) {
        let is_late = head.day() >= mechanism.deviation_day();
        found.see(head, mechanism);
        found.n_late += usize::from(is_late);
        if !found.is_wholesale {
            found.weigh(drawn, head, is_late.then_some(&mut departures));
        }
    }
    found.seen.repeats = found.seen.repeats.max(0.0);
    found.departure = departures.finish();
    Some(found)
}

impl Evidence {
    /// An order tells that the customer is alive; one by mail came by the campaign, and tells it of the day the letters went out.
    fn see(&mut self, head: &Head, mechanism: &Mechanism) {
        let day = if head.channel == Channel::Mail {
            mechanism.campaign_day()
        } else {
            self.seen.repeats += 1.0;
            head.day()
        };
        self.seen.alive = self.seen.alive.max(day - self.entry);
    }

    /// Adds what a basket says of each segment.
    fn weigh(&mut self, drawn: &Drawn, head: &Head, mut late: Option<&mut Departures>) {
        let mechanism = &drawn.mechanism;
        let (lines, day) = (drawn.lines(head), head.day());
        let mut n = 0;
        for line in drawn_items(mechanism, lines) {
            n += 1;
            for (k, sum) in self.baskets.iter_mut().enumerate() {
                *sum += mechanism.item_probability(k, line.item as usize, day).ln();
            }
            if let Some(departures) = &mut late {
                departures.add_category(mechanism, line.item as usize, day);
            }
        }
        for (sum, class) in self.baskets.iter_mut().zip(&mechanism.classes) {
            let at = n.clamp(1, class.sizes.probabilities.len());
            *sum += class.sizes.probabilities[at - 1].ln();
        }
        if let Some(departures) = late {
            lines
                .iter()
                .for_each(|l| departures.add_quantity(mechanism, l.quantity));
        }
    }

    /// The outlook in each class, and the probability of each segment given all that is seen; a wholesale buyer is known as one.
    pub(super) fn weighted_outlooks(
        &self,
        mechanism: &Mechanism,
        horizon: f64,
    ) -> Vec<(usize, f64, Outlook)> {
        let kept = 1.0 - mechanism.params.cancellation_rate;
        let of = |k: usize| {
            let shape = mechanism.strength.rate_shape;
            let scale = shape / mechanism.classes[k].rate;
            outlook(Rates { shape, scale }, self.seen, horizon, kept)
        };
        if self.is_wholesale {
            return vec![(WHOLESALE, 1.0, of(WHOLESALE))];
        }
        let outlooks: Vec<Outlook> = (0..N_SEGMENTS).map(of).collect();
        let weights = self.weights(mechanism, &outlooks);
        let joined = weights.into_iter().zip(outlooks).enumerate();
        joined.map(|(k, (w, o))| (k, w, o)).collect()
    }

    /// Bayes' theorem over the segments.
    fn weights(&self, mechanism: &Mechanism, outlooks: &[Outlook]) -> PerSegment {
        let mut logs = [0.0; N_SEGMENTS];
        for (k, log) in logs.iter_mut().enumerate() {
            *log = mechanism.classes[k].share.ln()
                + self.baskets[k]
                + outlooks[k].ln_likelihood
                + mixed(1.0 - DEVIATING, 0.0, DEVIATING, self.departure[k]);
        }
        softmax(logs)
    }

    /// The logarithm of how much likelier a deviation makes what is seen, whatever the segment.
    pub(super) fn ln_departure(&self, weights: &[(usize, f64, Outlook)]) -> f64 {
        // The weights have the deviation mixed in: taken out again here.
        let mut with = Vec::new();
        let mut without = Vec::new();
        for &(k, weight, _) in weights {
            let log = weight.ln() - mixed(1.0 - DEVIATING, 0.0, DEVIATING, self.departure[k]);
            without.push(log);
            with.push(log + self.departure[k]);
        }
        ln_sum(&with) - ln_sum(&without)
    }
}

/// `ln(a e^x + b e^y)`.
fn mixed(a: f64, x: f64, b: f64, y: f64) -> f64 {
    ln_sum(&[a.ln() + x, b.ln() + y])
}

/// The logarithm of a sum of exponentials.
pub(super) fn ln_sum(logs: &[f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most.is_finite() {
        most + logs.iter().map(|l| (l - most).exp()).sum::<f64>().ln()
    } else {
        most
    }
}

fn softmax(logs: PerSegment) -> PerSegment {
    let total = ln_sum(&logs);
    logs.map(|l| (l - total).exp())
}

/// Likelihood ratios of all ways to depart from each segment.
struct Departures {
    /// By segment: the foreign categories, each with its ratio so far.
    categories: Vec<Vec<(usize, f64)>>,
    quantity: PerSegment,
}

impl Departures {
    fn new(mechanism: &Mechanism) -> Self {
        let of = |k| {
            foreign_categories(mechanism, k)
                .into_iter()
                .map(|c| (c, 0.0))
        };
        Self {
            categories: (0..N_SEGMENTS).map(|k| of(k).collect()).collect(),
            quantity: [0.0; N_SEGMENTS],
        }
    }

    fn add_category(&mut self, mechanism: &Mechanism, item: usize, day: f64) {
        let category = mechanism.catalog.items[item].category;
        let shift = mechanism.strength.shift;
        for (k, ways) in self.categories.iter_mut().enumerate() {
            let own = mechanism.category_probability(k, category, day);
            let (there, elsewhere) = ((1.0 - shift + shift / own).ln(), (1.0 - shift).ln());
            for (c, sum) in ways {
                *sum += if *c == category { there } else { elsewhere };
            }
        }
    }

    fn add_quantity(&mut self, mechanism: &Mechanism, quantity: i32) {
        for (sum, class) in self.quantity.iter_mut().zip(&mechanism.classes) {
            let at = class.quantities.values.partition_point(|&v| v < quantity);
            *sum += (class.tilted.probabilities[at] / class.quantities.probabilities[at]).ln();
        }
    }

    /// Half of those who depart do so in quantity, the others towards one of the categories.
    fn finish(self) -> PerSegment {
        let mut found = self.quantity;
        for (log, ways) in found.iter_mut().zip(&self.categories) {
            if ways.is_empty() {
                continue;
            }
            let logs: Vec<f64> = ways.iter().map(|w| w.1).collect();
            *log = mixed(0.5, *log, 0.5 / logs.len() as f64, ln_sum(&logs));
        }
        found
    }
}
