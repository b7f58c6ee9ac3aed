//! The oracle of what is asked about customers: segment, churn, value, deviation, uplift.

use super::Solved;
use super::evidence::{Evidence, evidence};
use super::lifetime::known_outlook;
use crate::error::Result;
use crate::parallel::{Context, map_ordered};
use crate::simulate::class::WHOLESALE;
use crate::simulate::drawn::{Drawn, is_cancelled};
use crate::simulate::mechanism::Mechanism;
use crate::simulate::person::Person;
use crate::simulate::truth::ids;
use crate::simulate::visits::{Head, Kind};

/// Customers of a piece of work.
pub(super) const PIECE: usize = 256;

/// One customer of a task.
#[derive(Debug, Clone, Copy)]
struct Case {
    customer: u32,
    truth: f64,
    oracle: f64,
    clairvoyant: f64,
}

/// Solves a task customer by customer.
fn solve(
    drawn: &Drawn,
    ctx: &Context,
    case: impl Fn(&[Head], &Person) -> Option<Case> + Sync,
) -> Result<Solved> {
    let customers: Vec<&[Head]> = drawn.customers().collect();
    let pieces: Vec<&[&[Head]]> = customers.chunks(PIECE).collect();
    let cases = map_ordered(ctx, "ask the oracle", pieces, |piece| {
        let one = |own: &&[Head]| {
            let (person, _) = Person::draw(&drawn.mechanism, own[0].customer as usize);
            case(own, &person)
        };
        Ok(piece.iter().filter_map(one).collect::<Vec<Case>>())
    })?
    .concat();
    let numbers: Vec<u32> = cases.iter().map(|c| c.customer).collect();
    let key = ids(drawn.mechanism.params.customer_ids, &numbers);
    let of = |f: fn(&Case) -> f64| cases.iter().map(f).collect::<Vec<f64>>();
    Ok(Solved {
        keys: vec![("customer", key)],
        truth: of(|c| c.truth),
        oracle: of(|c| c.oracle),
        clairvoyant: Some(of(|c| c.clairvoyant)),
    })
}

/// The likeliest segment of each private customer, by all of the customer's orders.
pub(super) fn segments(drawn: &Drawn, ctx: &Context) -> Result<Solved> {
    let mechanism = &drawn.mechanism;
    solve(drawn, ctx, |own, person| {
        let seen = evidence(drawn, own, mechanism.n_days())?;
        let outlooks = seen.weighted_outlooks(mechanism, 0.0);
        let best = outlooks.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (!seen.is_wholesale).then_some(Case {
            customer: seen.customer,
            truth: person.class as f64,
            oracle: best.0 as f64,
            clairvoyant: person.class as f64,
        })
    })
}

/// The probability that no order that stands comes within the horizon after the cut.
pub(super) fn churn(drawn: &Drawn, ctx: &Context) -> Result<Solved> {
    let mechanism = &drawn.mechanism;
    solve(drawn, ctx, |own, person| {
        let seen = evidence(drawn, own, mechanism.cut_day())?;
        let outlooks = seen.weighted_outlooks(mechanism, mechanism.horizon_days());
        Some(Case {
            customer: seen.customer,
            truth: f64::from(u8::from(!orders_within_horizon(mechanism, own))),
            oracle: outlooks.iter().map(|(_, w, o)| w * o.quiet).sum(),
            clairvoyant: known(mechanism, person, &seen).quiet,
        })
    })
}

/// The money expected of each customer within the horizon after the cut.
pub(super) fn value(drawn: &Drawn, ctx: &Context) -> Result<Solved> {
    let mechanism = &drawn.mechanism;
    let money: Vec<f64> = (0..=WHOLESALE).map(|k| order_money(mechanism, k)).collect();
    solve(drawn, ctx, |own, person| {
        let seen = evidence(drawn, own, mechanism.cut_day())?;
        let outlooks = seen.weighted_outlooks(mechanism, mechanism.horizon_days());
        Some(Case {
            customer: seen.customer,
            truth: spent_within_horizon(drawn, own),
            oracle: outlooks
                .iter()
                .map(|(k, w, o)| w * o.orders * money[*k])
                .sum(),
            clairvoyant: known(mechanism, person, &seen).orders * money[person.class],
        })
    })
}

/// The likelihood ratio of a deviation, of each private customer with an order from the day of deviations on.
pub(super) fn deviations(drawn: &Drawn, ctx: &Context) -> Result<Solved> {
    let mechanism = &drawn.mechanism;
    solve(drawn, ctx, |own, person| {
        let seen = evidence(drawn, own, mechanism.n_days())?;
        if seen.is_wholesale || seen.n_late == 0 {
            return None;
        }
        let outlooks = seen.weighted_outlooks(mechanism, 0.0);
        Some(Case {
            customer: seen.customer,
            truth: f64::from(u8::from(person.deviation.is_some())),
            oracle: seen.ln_departure(&outlooks),
            clairvoyant: seen.departure[person.class],
        })
    })
}

/// The uplift expected of each customer of the campaign, by what was known when the letters went out.
pub(super) fn campaign(drawn: &Drawn, ctx: &Context) -> Result<Solved> {
    let mechanism = &drawn.mechanism;
    solve(drawn, ctx, |own, person| {
        let letter = person.letter?;
        let seen = evidence(drawn, own, mechanism.campaign_day())?;
        let outlooks = seen.weighted_outlooks(mechanism, 0.0);
        let of = |k: usize| mechanism.classes[k].uplift;
        Some(Case {
            customer: seen.customer,
            truth: letter.uplift,
            oracle: outlooks.iter().map(|(k, w, o)| w * o.alive * of(*k)).sum(),
            clairvoyant: letter.uplift,
        })
    })
}

fn known(mechanism: &Mechanism, person: &Person, seen: &Evidence) -> super::lifetime::Outlook {
    let kept = 1.0 - mechanism.params.cancellation_rate;
    let horizon = mechanism.horizon_days();
    known_outlook(person.rate, person.dropout_rate, seen.seen, horizon, kept)
}

fn is_within_horizon(mechanism: &Mechanism, head: &Head) -> bool {
    let cut = mechanism.cut_day();
    (cut..cut + mechanism.horizon_days()).contains(&head.day())
}

fn orders_within_horizon(mechanism: &Mechanism, own: &[Head]) -> bool {
    own.iter().enumerate().any(|(at, h)| {
        h.kind == Kind::Order && is_within_horizon(mechanism, h) && !is_cancelled(own, at)
    })
}

/// Purchases less returns and cancellations.
fn spent_within_horizon(drawn: &Drawn, own: &[Head]) -> f64 {
    let within = own
        .iter()
        .filter(|h| is_within_horizon(&drawn.mechanism, h));
    let lines = within.flat_map(|h| drawn.lines(h));
    let cents: i64 = lines
        .map(|l| i64::from(l.quantity) * i64::from(l.cents))
        .sum();
    cents as f64 / 100.0
}

/// Mean money of an order of a class, at base prices and without what rules add.
fn order_money(mechanism: &Mechanism, class: usize) -> f64 {
    let traits = &mechanism.classes[class];
    let price = |w: &Vec<f64>| -> f64 {
        let items = mechanism.catalog.items.iter().zip(&traits.items);
        items
            .map(|(i, p)| w[i.category] * p * f64::from(i.base_cents))
            .sum()
    };
    let mean = traits.categories.iter().map(price).sum::<f64>() / traits.categories.len() as f64;
    traits.sizes.mean() * traits.quantities.mean() * mean
}
