//! All transactions of a shop, drawn in parallel over customers and put in order of time.

use super::class::{DROPOUT_DAYS, DROPOUT_SHAPE};
use super::mechanism::{ARRIVALS, Mechanism};
use super::params::ShopParams;
use super::visits::{Chunk, Head, Kind, Line, Visits};
use crate::error::Result;
use crate::parallel::{Context, map_ordered, pieces, sorted};
use crate::random::stream;
use rand::Rng;

/// Customers of a chunk.
const CHUNK: usize = 512;

/// A drawn shop.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) mechanism: Mechanism,
    chunks: Vec<Chunk>,
    /// The heads of all transactions, in order of time.
    pub(super) order: Vec<Head>,
    /// First row of each transaction, and the number of rows at the end.
    pub(super) starts: Vec<usize>,
}

impl Drawn {
    /// Pieces of the work of drawing.
    pub(super) fn n_chunks(params: &ShopParams) -> usize {
        params.n_customers.div_ceil(CHUNK)
    }

    pub(super) fn draw(params: &ShopParams, ctx: &Context) -> Result<Self> {
        params.validate()?;
        let mechanism = Mechanism::new(params);
        let all = pieces(params.n_customers, CHUNK).collect();
        let chunks = map_ordered(
            ctx,
            "draw customers",
            all,
            |customers: std::ops::Range<usize>| {
                let mut chunk = Chunk::default();
                customers.for_each(|c| Visits::new(&mechanism, c).all(&mut chunk));
                Ok(chunk)
            },
        )?;
        let heads: Vec<Head> = chunks.iter().flat_map(|c| &c.heads).copied().collect();
        let order = sorted(ctx, "order by time", heads, |h| {
            (h.second, h.customer, h.start)
        })?;
        let mut drawn = Self {
            mechanism,
            chunks,
            order,
            starts: Vec::new(),
        };
        drawn.number_rows();
        Ok(drawn)
    }

    /// Numbers the rows by the order of the transactions.
    fn number_rows(&mut self) {
        let mut row = 0;
        self.starts = vec![0];
        self.starts.extend(self.order.iter().map(|h| {
            row += usize::from(h.n_lines);
            row
        }));
    }

    pub(super) fn n_rows(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    pub(super) fn chunk_of(&self, head: &Head) -> &Chunk {
        &self.chunks[head.customer as usize / CHUNK]
    }

    pub(super) fn lines(&self, head: &Head) -> &[Line] {
        &self.chunk_of(head).lines[head.lines()]
    }

    /// Each customer's transactions in the order they were made up: orders in order of time, each followed by what undoes it.
    pub(super) fn customers(&self) -> impl Iterator<Item = &[Head]> {
        let by_customer = |c: &'_ Chunk| -> Vec<std::ops::Range<usize>> {
            let mut ranges = Vec::new();
            let mut at = 0;
            for own in c.heads.chunk_by(|a, b| a.customer == b.customer) {
                ranges.push(at..at + own.len());
                at += own.len();
            }
            ranges
        };
        self.chunks
            .iter()
            .flat_map(move |c| by_customer(c).into_iter().map(|r| &c.heads[r]))
    }

    /// The row that each line of each chunk stands at; `usize::MAX` where the line is left out.
    pub(super) fn rows_of_lines(&self) -> Vec<Vec<usize>> {
        let unknown = |c: &Chunk| vec![usize::MAX; c.lines.len()];
        let mut rows: Vec<Vec<usize>> = self.chunks.iter().map(unknown).collect();
        for (head, start) in self.order.iter().zip(&self.starts) {
            for (i, line) in head.lines().enumerate() {
                rows[head.customer as usize / CHUNK][line] = start + i;
            }
        }
        rows
    }

    pub(super) const fn chunk_number(head: &Head) -> usize {
        head.customer as usize / CHUNK
    }

    /// Leaves out the transactions of some days of the shop, and what undoes them.
    pub(super) fn cut_out(&mut self, days: &std::ops::Range<u32>) {
        let is_out = |h: &Head| days.contains(&(h.second / 86_400));
        let mut gone: Vec<Vec<bool>> = self
            .chunks
            .iter()
            .map(|c| vec![false; c.lines.len()])
            .collect();
        for head in self.order.iter().filter(|h| is_out(h)) {
            gone[Self::chunk_number(head)][head.lines()].fill(true);
        }
        let chunks = &self.chunks;
        self.order.retain(|h| {
            let number = Self::chunk_number(h);
            let first = chunks[number].lines[h.start as usize];
            let undoes_a_gone_one = match first.link {
                super::visits::Link::Of(at) => gone[number][at as usize],
                _ => false,
            };
            !is_out(h) && !undoes_a_gone_one
        });
        self.number_rows();
    }
}

/// How many lines a customer of valid parameters brings, on average.
///
/// Orders by the known mean of the Pareto/NBD model, lines per order from a few thousand baskets.
pub(super) fn expected_lines_per_customer(params: &ShopParams) -> f64 {
    const BASKETS: usize = 1_000;
    let mechanism = Mechanism::new(params);
    let mut rng = stream(params.seed, "shop pilot", 0);
    let mut total = 0.0;
    for (k, class) in mechanism.classes.iter().enumerate() {
        if class.share <= 0.0 {
            continue;
        }
        let mut lines = 0;
        for i in 0..BASKETS {
            let day = rng.gen_range(0.0..mechanism.n_days());
            lines += Visits::new(&mechanism, i)
                .of_class(k)
                .draw_basket(day)
                .len();
        }
        let orders = 1.0 + class.rate * mean_days_alive(mechanism.n_days());
        total += class.share * orders * lines as f64 / BASKETS as f64;
    }
    let undone = params.cancellation_rate + (1.0 - params.cancellation_rate) * params.return_rate;
    total * (1.0 + undone)
}

/// Days from the first order to drop-out or the last day, averaged over all who come.
fn mean_days_alive(n_days: f64) -> f64 {
    const STEPS: usize = 64;
    let alive = |i: usize| {
        let left = n_days * (1.0 - ARRIVALS * (i as f64 + 0.5) / STEPS as f64);
        days_alive(0.0, left)
    };
    (0..STEPS).map(alive).sum::<f64>() / STEPS as f64
}

/// The integral of the probability to be alive, from one age in days to another.
pub(super) fn days_alive(from: f64, to: f64) -> f64 {
    let power = 1.0 - DROPOUT_SHAPE;
    let at = |age: f64| ((DROPOUT_DAYS + age) / DROPOUT_DAYS).powf(power);
    DROPOUT_DAYS / power * (at(to) - at(from))
}

/// Whether a transaction is an order that stands in whole: not one that is cancelled later.
pub(super) fn is_cancelled(own: &[Head], at: usize) -> bool {
    own.get(at + 1)
        .is_some_and(|next| next.kind == Kind::Cancellation)
}
