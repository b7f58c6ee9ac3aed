//! One customer's hidden traits.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, Gamma};

use super::class::{DROPOUT_DAYS, DROPOUT_SHAPE, WHOLESALE};
use super::mechanism::{ANSWER_DAYS, ARRIVALS, Mechanism};
use crate::random::stream;

/// Share of private customers that deviate from their segment.
pub(super) const DEVIATING: f64 = 0.05;

/// How a customer departs from the segment, from the shop's day of deviation on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deviation {
    /// Some lines move to this category.
    Category(usize),
    /// Quantities are tilted upwards.
    Quantity,
}

/// A customer's part in the campaign.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter {
    pub(super) is_treated: bool,
    /// The response's day, if there is one.
    pub(super) answer: Option<f64>,
    /// What treatment does to the probability of a response, given all that is hidden.
    pub(super) uplift: f64,
}

/// A customer. Days count from the shop's opening.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    pub(super) class: usize,
    /// Orders a day while alive.
    pub(super) rate: f64,
    /// Probability per day to drop out.
    pub(super) dropout_rate: f64,
    /// Day of the first order.
    pub(super) entry: f64,
    /// Day of the drop-out, mostly after the shop's last.
    pub(super) dropout: f64,
    pub(super) deviation: Option<Deviation>,
    pub(super) letter: Option<Letter>,
}

impl Person {
    /// The `number`-th customer, and the stream from which all else about the customer is drawn.
    pub(super) fn draw(mechanism: &Mechanism, number: usize) -> (Self, ChaCha8Rng) {
        let mut rng = stream(mechanism.params.seed, "shop customer", number as u64);
        let class = draw_class(mechanism, &mut rng);
        let shape = mechanism.strength.rate_shape;
        let rate = gamma(shape, mechanism.classes[class].rate / shape, &mut rng);
        let dropout_rate = gamma(DROPOUT_SHAPE, 1.0 / DROPOUT_DAYS, &mut rng);
        let entry = rng.r#gen::<f64>() * ARRIVALS * mechanism.n_days();
        let life: f64 = Exp1.sample(&mut rng);
        let mut person = Self {
            class,
            rate,
            dropout_rate,
            entry,
            dropout: entry + life / dropout_rate,
            deviation: None,
            letter: None,
        };
        if class != WHOLESALE {
            person.deviation = draw_deviation(mechanism, class, &mut rng);
            person.letter = person.draw_letter(mechanism, &mut rng);
        }
        (person, rng)
    }

    pub(super) const fn is_wholesale(&self) -> bool {
        self.class == WHOLESALE
    }

    /// Letters go to all private customers the shop knows, by a fair coin; only those who are still there answer.
    fn draw_letter(&self, mechanism: &Mechanism, rng: &mut ChaCha8Rng) -> Option<Letter> {
        let day = mechanism.campaign_day();
        if self.entry >= day {
            return None;
        }
        let class = &mechanism.classes[self.class];
        let is_treated = rng.gen_bool(0.5);
        let is_alive = self.dropout > day;
        let uplift = if is_alive { class.uplift } else { 0.0 };
        let base = if is_alive { class.response } else { 0.0 };
        let probability = base + if is_treated { uplift } else { 0.0 };
        let within = ANSWER_DAYS.min(mechanism.n_days() - day);
        let answers = rng.gen_bool(probability.clamp(0.0, 1.0));
        Some(Letter {
            is_treated,
            uplift,
            answer: answers.then(|| day + rng.r#gen::<f64>() * within),
        })
    }
}

fn draw_class(mechanism: &Mechanism, rng: &mut ChaCha8Rng) -> usize {
    let mut left: f64 = rng.r#gen();
    for (k, class) in mechanism.classes.iter().enumerate() {
        if left < class.share {
            return k;
        }
        left -= class.share;
    }
    // Rounding has left a rest: it goes to the last class that has a share.
    if mechanism.params.wholesale_share > 0.0 {
        WHOLESALE
    } else {
        0
    }
}

/// By a fair coin in the quantities, or towards a category that is none of the segment's own.
fn draw_deviation(mechanism: &Mechanism, class: usize, rng: &mut ChaCha8Rng) -> Option<Deviation> {
    if !rng.gen_bool(DEVIATING) {
        return None;
    }
    let foreign = foreign_categories(mechanism, class);
    if foreign.is_empty() || rng.gen_bool(0.5) {
        return Some(Deviation::Quantity);
    }
    Some(Deviation::Category(
        foreign[rng.gen_range(0..foreign.len())],
    ))
}

/// The categories that are none of the segment's own.
pub(super) fn foreign_categories(mechanism: &Mechanism, class: usize) -> Vec<usize> {
    let own = &mechanism.classes[class].is_favourite;
    (0..own.len()).filter(|&c| !own[c]).collect()
}

fn gamma(shape: f64, scale: f64, rng: &mut ChaCha8Rng) -> f64 {
    // Away from 0, where a rate has no meaning and its inverse no value.
    Gamma::new(shape, scale)
        .map_or(scale, |g| g.sample(rng))
        .max(1e-9)
}
