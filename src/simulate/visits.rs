//! What one customer does: orders, returns, cancellations.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};

use super::catalog::Trend;
use super::mechanism::Mechanism;
use super::person::{Deviation, Person};

/// Draws of one item before its category is taken to be bought out.
const MOST_TRIES: usize = 30;
/// Days between two orders of a customer, at least: about a minute of business hours.
const SHORTEST_GAP: f64 = 0.0015;
const RETURN_DAYS: (f64, f64) = (1.0, 20.0);
const CANCEL_DAYS: (f64, f64) = (0.02, 3.0);

/// Seconds of a day, its opening hour and the hours it is open.
const DAY_SECONDS: f64 = 86_400.0;
const OPENS: f64 = 8.0 * 3_600.0;
const OPEN_SECONDS: f64 = 12.0 * 3_600.0;

/// What a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Order,
    Return,
    Cancellation,
}

/// Where it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Shop,
    Web,
    Phone,
    /// In answer to a letter of the campaign, and only so.
    Mail,
}

impl Channel {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Web => "web",
            Self::Phone => "phone",
            Self::Mail => "mail",
        }
    }
}

/// The head of a transaction; its lines stand together in its chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// Seconds since the midnight before the shop opened.
    pub(super) second: u32,
    /// Number of the customer, from 0.
    pub(super) customer: u32,
    /// Its first line in the chunk.
    pub(super) start: u32,
    pub(super) n_lines: u16,
    pub(super) kind: Kind,
    pub(super) channel: Channel,
    pub(super) is_wholesale: bool,
}

impl Head {
    pub(super) const fn lines(&self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.n_lines as usize
    }

    /// The day of the shop, from its opening, as the mechanism counts it.
    pub(super) fn day(&self) -> f64 {
        let second = f64::from(self.second);
        let day = (second / DAY_SECONDS).floor();
        day + (second - day * DAY_SECONDS - OPENS) / OPEN_SECONDS
    }
}

/// A line's tie to another line of its chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// Bought, and nothing of it comes back.
    None,
    /// Bought, and some or all of it comes back.
    TakenBack,
    /// Comes back from the purchase at this place.
    Of(u32),
}

/// One line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) item: u32,
    pub(super) quantity: i32,
    pub(super) cents: u32,
    pub(super) link: Link,
}

/// All transactions of some customers, customer after customer, and for each in the order they were made up.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) heads: Vec<Head>,
    pub(super) lines: Vec<Line>,
}

/// Second of a day of the shop: business hours are all there is of a day.
fn second(day: f64) -> u32 {
    (day.floor() * DAY_SECONDS + OPENS + day.fract() * OPEN_SECONDS) as u32
}

/// Makes up the transactions of one customer.
pub(super) struct Visits<'a> {
    mechanism: &'a Mechanism,
    number: u32,
    person: Person,
    rng: ChaCha8Rng,
    basket: Vec<u32>,
}

impl<'a> Visits<'a> {
    pub(super) fn new(mechanism: &'a Mechanism, number: usize) -> Self {
        let (person, rng) = Person::draw(mechanism, number);
        Self {
            mechanism,
            number: number as u32,
            person,
            rng,
            basket: Vec::new(),
        }
    }

    /// The same customer as if of another class: to look at baskets alone.
    pub(super) fn of_class(mut self, class: usize) -> Self {
        self.person.class = class;
        self.person.deviation = None;
        self
    }

    /// Adds all transactions of the customer to the chunk.
    pub(super) fn all(mut self, chunk: &mut Chunk) {
        let mut day = self.person.entry;
        let end = self.mechanism.n_days().min(self.person.dropout);
        let mut answer = self.person.letter.and_then(|l| l.answer);
        // The first order is what makes a customer: it stands even if the drop-out is near.
        loop {
            if let Some(answered) = answer.filter(|&a| a < day.min(self.mechanism.n_days())) {
                self.order(answered, Channel::Mail, chunk);
                answer = None;
            }
            if day >= end && day > self.person.entry {
                break;
            }
            let channel = self.channel();
            self.order(day, channel, chunk);
            let wait: f64 = Exp1.sample(&mut self.rng);
            day += (wait / self.person.rate).max(SHORTEST_GAP);
        }
        if let Some(answered) = answer {
            self.order(answered, Channel::Mail, chunk);
        }
    }

    fn channel(&mut self) -> Channel {
        match self.rng.gen_range(0..20) {
            0..9 => Channel::Shop,
            9..18 => Channel::Web,
            _ => Channel::Phone,
        }
    }

    fn order(&mut self, day: f64, channel: Channel, chunk: &mut Chunk) {
        let start = chunk.lines.len();
        self.draw_basket(day);
        for at in 0..self.basket.len() {
            let item = self.basket[at];
            chunk.lines.push(Line {
                item,
                quantity: self.quantity(day),
                cents: self.mechanism.catalog.cents(item as usize, day as usize),
                link: Link::None,
            });
        }
        chunk
            .heads
            .push(self.head(day, Kind::Order, channel, start..chunk.lines.len()));
        let rate = self.mechanism.params.cancellation_rate;
        if channel != Channel::Mail && self.rng.gen_bool(rate) {
            self.cancel(day, channel, start..chunk.lines.len(), chunk);
        } else {
            self.take_back(day, channel, start..chunk.lines.len(), chunk);
        }
    }

    fn head(&self, day: f64, kind: Kind, channel: Channel, lines: std::ops::Range<usize>) -> Head {
        Head {
            second: second(day),
            customer: self.number,
            start: lines.start as u32,
            n_lines: lines.len() as u16,
            kind,
            channel,
            is_wholesale: self.person.is_wholesale(),
        }
    }

    /// Items drawn one by one, all different, and what the rules add to them.
    pub(super) fn draw_basket(&mut self, day: f64) -> &[u32] {
        self.basket.clear();
        let size = self.mechanism.classes[self.person.class]
            .sizes
            .draw(&mut self.rng);
        for _ in 0..size {
            let category = self.draw_category(day);
            // An item that is there already is drawn again from its category, so that categories keep their shares.
            for _ in 0..MOST_TRIES {
                let item = self.draw_item(category, day);
                if !self.basket.contains(&item) {
                    self.basket.push(item);
                    break;
                }
            }
        }
        self.mechanism.rules.apply(&mut self.basket, &mut self.rng);
        &self.basket
    }

    fn draw_category(&mut self, day: f64) -> usize {
        let mechanism = self.mechanism;
        match self.deviation(day) {
            Some(Deviation::Category(c)) if self.rng.gen_bool(mechanism.strength.shift) => c,
            _ => {
                let class = &mechanism.classes[self.person.class];
                class.draw_category(mechanism.week(day), &mut self.rng)
            }
        }
    }

    fn draw_item(&mut self, category: usize, day: f64) -> u32 {
        let mechanism = self.mechanism;
        let class = &mechanism.classes[self.person.class];
        let first = mechanism.catalog.categories[category].items.start;
        loop {
            let item = first + class.draw_item(category, &mut self.rng);
            // Refusing a draw with what is lost of the attraction draws by what is left of it.
            let is_flat = mechanism.catalog.items[item].trend == Trend::Flat;
            if is_flat || self.rng.r#gen::<f64>() < mechanism.trend_factor(item, day) {
                return item as u32;
            }
        }
    }

    /// The deviation that is in force on the day.
    fn deviation(&self, day: f64) -> Option<Deviation> {
        let deviation = self.person.deviation?;
        (day >= self.mechanism.deviation_day()).then_some(deviation)
    }

    fn quantity(&mut self, day: f64) -> i32 {
        let class = &self.mechanism.classes[self.person.class];
        if self.deviation(day) == Some(Deviation::Quantity) {
            class.tilted.draw(&mut self.rng)
        } else {
            class.quantities.draw(&mut self.rng)
        }
    }

    /// All lines of the order, negated, soon after it; too late for the shop's last day, and it stands.
    fn cancel(
        &mut self,
        day: f64,
        channel: Channel,
        lines: std::ops::Range<usize>,
        chunk: &mut Chunk,
    ) {
        let day = day + self.rng.gen_range(CANCEL_DAYS.0..CANCEL_DAYS.1);
        if day >= self.mechanism.n_days() {
            return;
        }
        let start = chunk.lines.len();
        for at in lines {
            let quantity = chunk.lines[at].quantity;
            undo(at, quantity, chunk);
        }
        chunk
            .heads
            .push(self.head(day, Kind::Cancellation, channel, start..chunk.lines.len()));
    }

    /// Some lines come back one by one, in part or whole.
    fn take_back(
        &mut self,
        day: f64,
        channel: Channel,
        lines: std::ops::Range<usize>,
        chunk: &mut Chunk,
    ) {
        for at in lines {
            if !self.rng.gen_bool(self.mechanism.params.return_rate) {
                continue;
            }
            let day = day + self.rng.gen_range(RETURN_DAYS.0..RETURN_DAYS.1);
            let bought = chunk.lines[at].quantity;
            let back = if self.rng.gen_bool(0.5) {
                bought
            } else {
                self.rng.gen_range(1..=bought)
            };
            if day >= self.mechanism.n_days() {
                continue;
            }
            let start = chunk.lines.len();
            undo(at, back, chunk);
            chunk
                .heads
                .push(self.head(day, Kind::Return, channel, start..start + 1));
        }
    }
}

/// Adds the line that takes so many units of a purchase back.
fn undo(at: usize, quantity: i32, chunk: &mut Chunk) {
    chunk.lines[at].link = Link::TakenBack;
    chunk.lines.push(Line {
        quantity: -quantity,
        link: Link::Of(at as u32),
        ..chunk.lines[at]
    });
}
