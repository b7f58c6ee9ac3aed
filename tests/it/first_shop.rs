//! The shop that the golden file of version 1 was learnt from, kept as it was: a file must load for ever, whatever later shops sell.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use patronomy::{Roles, Table, Transactions};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp, LogNormal};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

const DAY: i64 = 86_400_000_000;

/// 2024-01-01.
const OPENING: i64 = 19_723 * DAY;
const N_ITEMS: usize = 200;

/// Customers arrive over its first half, buy at rates of their own, and may stop for good; some orders come back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FirstShop {
    n_customers: usize,
    n_days: u32,
    seed: u64,
}

/// Lines of the shop, column by column.
#[derive(Default)]
struct Lines {
    customer: Vec<i64>,
    order: Vec<String>,
    item: Vec<String>,
    time: Vec<i64>,
    quantity: Vec<i64>,
    price: Vec<f64>,
}

/// One line before it is written.
#[derive(Clone, Copy)]
struct Line {
    time: i64,
    customer: i64,
    order: u64,
    item: usize,
    quantity: i64,
}

impl FirstShop {
    pub(crate) const fn new(n_customers: usize, n_days: u32, seed: u64) -> Self {
        Self {
            n_customers,
            n_days,
            seed,
        }
    }

    pub(crate) fn transactions(&self) -> Transactions {
        let mut lines: Vec<Line> = (0..self.n_customers).flat_map(|c| self.visits(c)).collect();
        lines.sort_by_key(|l| (l.time, l.customer, l.order, l.item));
        let batch = self.write(&lines);
        let roles = Roles::new("customer", "time")
            .transaction("invoice")
            .item("item")
            .quantity("quantity")
            .price("price");
        Transactions::new(Table::from_batch(batch), roles).unwrap()
    }

    /// All lines of one customer, returns included.
    fn visits(&self, customer: usize) -> Vec<Line> {
        let mut rng = stream(self.seed, "shop customer", customer as u64);
        let span = i64::from(self.n_days) * DAY;
        let mut time = OPENING + rng.gen_range(0..=span / 2);
        // Means of 25 days between orders and of a year to leave; both differ widely between customers.
        let gap_days = 25.0 * lognormal(&mut rng, 0.8);
        let leaves = time as f64 + 365.0 * lognormal(&mut rng, 0.7) * DAY as f64;
        let (mut lines, mut order) = (Vec::new(), (customer as u64) << 20);
        while time < OPENING + span && (time as f64) < leaves {
            let n_lines = 1 + (2.5 * lognormal(&mut rng, 0.6)) as usize;
            for _ in 0..n_lines.min(30) {
                // Popular items first: the square pulls draws to the low numbers.
                let item = (rng.r#gen::<f64>().powi(2) * N_ITEMS as f64) as usize;
                let quantity = 1 + (lognormal(&mut rng, 0.7) * 1.2) as i64;
                lines.push(Line {
                    time,
                    customer: customer as i64 + 10_001,
                    order,
                    item,
                    quantity,
                });
                if rng.gen_bool(0.02) {
                    let back = time + rng.gen_range(DAY..20 * DAY);
                    lines.push(Line {
                        time: back,
                        order: order | 1 << 19,
                        quantity: -quantity,
                        ..lines[lines.len() - 1]
                    });
                }
            }
            order += 1;
            let wait = Exp::new(1.0 / gap_days).map_or(gap_days, |d| d.sample(&mut rng));
            time += ((wait * DAY as f64) as i64).max(60_000_000);
        }
        lines.retain(|l| l.time < OPENING + span);
        lines
    }

    fn write(&self, lines: &[Line]) -> RecordBatch {
        let mut rng = stream(self.seed, "shop prices", 0);
        let prices: Vec<f64> = (0..N_ITEMS)
            .map(|_| ((lognormal(&mut rng, 0.9) * 500.0) as i64 + 25) as f64 / 100.0)
            .collect();
        let mut numbers = std::collections::HashMap::new();
        let mut out = Lines::default();
        for l in lines {
            let next = numbers.len() + 100_000;
            let number = *numbers.entry(l.order).or_insert(next);
            out.customer.push(l.customer);
            out.order
                .push(format!("{}{number}", if l.quantity < 0 { "C" } else { "" }));
            out.item.push(format!("item {:03}", l.item));
            out.time.push(l.time / 1_000_000 * 1_000_000);
            out.quantity.push(l.quantity);
            out.price.push(prices[l.item]);
        }
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("customer", Arc::new(Int64Array::from(out.customer))),
            ("invoice", Arc::new(StringArray::from(out.order))),
            ("item", Arc::new(StringArray::from(out.item))),
            ("time", Arc::new(TimestampMicrosecondArray::from(out.time))),
            ("quantity", Arc::new(Int64Array::from(out.quantity))),
            ("price", Arc::new(Float64Array::from(out.price))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }
}

/// A factor around 1 with the given spread of its logarithm.
fn lognormal(rng: &mut impl Rng, sigma: f64) -> f64 {
    LogNormal::new(0.0, sigma).map_or(1.0, |d| d.sample(rng))
}

/// A stream of its own for each named purpose and index, so that one consumer's draws never shift another's.
fn stream(seed: u64, purpose: &str, index: u64) -> ChaCha8Rng {
    let mut hasher = SipHasher13::new_with_keys(seed, index);
    hasher.write(purpose.as_bytes());
    let hash = hasher.finish128();
    let mut key = [0; 32];
    for (chunk, word) in key.chunks_exact_mut(8).zip([hash.h1, hash.h2, seed, index]) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
