//! A small shop whose transactions are drawn from a seed: for examples, tests, and demonstrations without data.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use rand::Rng;
use rand_distr::{Distribution, Exp, LogNormal};

use crate::error::{Error, Result};
use crate::random::stream;
use crate::table::Table;
use crate::table::roles::Roles;
use crate::table::time::DAY;
use crate::transactions::Transactions;

/// 2024-01-01.
const OPENING: i64 = 19_723 * DAY;
const N_ITEMS: usize = 200;

/// A shop: customers arrive over its first half, buy at rates of their own, and may stop for good; some orders come back.
///
/// ```
/// use patronomy::simulate::Shop;
/// let tx = Shop::new(100, 365, 1).transactions()?;
/// assert_eq!(tx.n_rows(), Shop::new(100, 365, 1).transactions()?.n_rows());
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Shop {
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

impl Shop {
    /// A shop of so many customers over so many days.
    #[must_use]
    pub const fn new(n_customers: usize, n_days: u32, seed: u64) -> Self {
        Self {
            n_customers,
            n_days,
            seed,
        }
    }

    /// Its transactions: columns `customer`, `invoice`, `item`, `time`, `quantity`, `price`, in order of time.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are no customers or no days, or too many of either.
    pub fn transactions(&self) -> Result<Transactions> {
        const OWNER: &str = "Shop";
        if !(1..=5_000_000).contains(&self.n_customers) {
            return Err(Error::parameter(
                OWNER,
                "n_customers",
                "must be in 1..=5000000",
                self.n_customers,
            ));
        }
        if !(1..=36_500).contains(&self.n_days) {
            return Err(Error::parameter(
                OWNER,
                "n_days",
                "must be in 1..=36500",
                self.n_days,
            ));
        }
        let mut lines: Vec<Line> = (0..self.n_customers).flat_map(|c| self.visits(c)).collect();
        lines.sort_by_key(|l| (l.time, l.customer, l.order, l.item));
        let batch = self.write(&lines)?;
        let roles = Roles::new("customer", "time")
            .transaction("invoice")
            .item("item")
            .quantity("quantity")
            .price("price");
        Transactions::new(Table::from_batch(batch), roles)
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

    fn write(&self, lines: &[Line]) -> Result<RecordBatch> {
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
        RecordBatch::try_from_iter(columns).map_err(|e| Error::FeatureMismatch {
            what: "the shop's columns".into(),
            why: e.to_string(),
        })
    }
}

/// A factor around 1 with the given spread of its logarithm.
fn lognormal(rng: &mut impl Rng, sigma: f64) -> f64 {
    LogNormal::new(0.0, sigma).map_or(1.0, |d| d.sample(rng))
}
