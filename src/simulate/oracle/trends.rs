//! The oracle of trends: which items rise or fall.

use super::Solved;
use super::evidence::{drawn_items, ln_sum};
use crate::simulate::catalog::Trend;
use crate::simulate::drawn::Drawn;
use crate::simulate::truth::texts;
use crate::simulate::visits::Kind;

/// Sums over sales, of an item or of a category.
#[derive(Debug, Clone, Copy, Default)]
struct Sales {
    n: f64,
    /// Of the trends' factors themselves.
    rising: f64,
    falling: f64,
    /// Of their logarithms.
    ln_rising: f64,
    ln_falling: f64,
}

/// How much likelier a trend makes the days of an item's sales, given their number and the days of all sales of its category.
pub(super) fn trends(drawn: &Drawn) -> Solved {
    let catalog = &drawn.mechanism.catalog;
    let sales = sales(drawn);
    let mut of_category = vec![Sales::default(); catalog.categories.len()];
    for (item, own) in catalog.items.iter().zip(&sales) {
        let all = &mut of_category[item.category];
        all.n += own.n;
        all.rising += own.rising;
        all.falling += own.falling;
    }
    let score = |(i, own): (usize, &Sales)| {
        let all = of_category[catalog.items[i].category];
        if own.n < 1.0 {
            return 0.0;
        }
        let rising = own.ln_rising - own.n * (all.rising / all.n).ln();
        let falling = own.ln_falling - own.n * (all.falling / all.n).ln();
        ln_sum(&[rising, falling])
    };
    let is_trend = |i: &crate::simulate::catalog::Item| i.trend != Trend::Flat;
    Solved {
        keys: vec![("item", texts(catalog.items.iter().map(|i| &i.code)))],
        truth: catalog
            .items
            .iter()
            .map(|i| f64::from(u8::from(is_trend(i))))
            .collect(),
        oracle: sales.iter().enumerate().map(score).collect(),
        clairvoyant: None,
    }
}

fn sales(drawn: &Drawn) -> Vec<Sales> {
    let mechanism = &drawn.mechanism;
    let low = mechanism.strength.trend;
    let mut sales = vec![Sales::default(); mechanism.catalog.items.len()];
    for head in drawn.order.iter().filter(|h| h.kind == Kind::Order) {
        let x = head.day() / mechanism.n_days();
        let (rising, falling) = (Trend::Rising.factor(low, x), Trend::Falling.factor(low, x));
        for line in drawn_items(mechanism, drawn.lines(head)) {
            let own = &mut sales[line.item as usize];
            own.n += 1.0;
            own.rising += rising;
            own.falling += falling;
            own.ln_rising += rising.ln();
            own.ln_falling += falling.ln();
        }
    }
    sales
}
