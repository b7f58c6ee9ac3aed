//! The planted truth as tables.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};

use super::dirt::{Dirt, Plan, spoil};
use super::drawn::Drawn;
use super::params::CustomerIds;
use super::person::{Deviation, Person};
use super::visits::{Kind, Link};
use super::write::{Customer, customer, customer_kind, to_batch};
use crate::error::Result;
use crate::table::time::DAY;

/// What is true of a shop: each method draws up one table.
///
/// Rows of the shop's table are counted from 0. Days are those of the shop, from 0 at its opening, with fractions; instants are those of the
/// time column.
///
/// ```
/// use patronomy::simulate::Shop;
/// let shop = Shop::new(50, 200, 1);
/// assert_eq!(shop.truth()?.customers()?.num_rows(), 50);
/// assert_eq!(shop.truth()?.dirt()?.num_rows(), 0);
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Truth<'a> {
    pub(super) drawn: &'a Drawn,
    pub(super) plan: &'a Plan,
}

/// Identifiers of customers by number, as the shop's table has them.
pub(super) fn ids(kind: CustomerIds, numbers: &[u32]) -> ArrayRef {
    let all = numbers.iter().map(|&n| customer(kind, n));
    match kind {
        CustomerIds::Integer => Arc::new(Int64Array::from_iter_values(all.map(|c| match c {
            Customer::Integer(id) => id,
            _ => 0,
        }))),
        CustomerIds::Text => Arc::new(StringArray::from_iter_values(all.map(|c| match c {
            Customer::Text(id) => id,
            _ => String::new(),
        }))),
    }
}

pub(super) fn floats(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

pub(super) fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn some_texts<T: AsRef<str>>(values: impl IntoIterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringArray>())
}

pub(super) fn whole(values: impl IntoIterator<Item = usize>) -> ArrayRef {
    let values = values.into_iter().map(|v| v as i64);
    Arc::new(Int64Array::from_iter_values(values))
}

pub(super) fn flags(values: impl IntoIterator<Item = bool>) -> ArrayRef {
    let values: Vec<bool> = values.into_iter().collect();
    Arc::new(BooleanArray::from(values))
}

impl Truth<'_> {
    fn ids(&self, numbers: &[u32]) -> ArrayRef {
        ids(self.drawn.mechanism.params.customer_ids, numbers)
    }

    fn people(&self) -> Vec<Person> {
        let mechanism = &self.drawn.mechanism;
        let all = 0..mechanism.params.n_customers;
        all.map(|c| Person::draw(mechanism, c).0).collect()
    }

    /// The instant of a day of the shop's midnight.
    fn midnight(&self, day: f64) -> i64 {
        (self.drawn.mechanism.params.opening_day() + day as i64) * DAY
    }

    /// One row per customer: `customer`, `customer_kind`, `segment` (from 0; null for wholesale buyers), `rate` (orders a day while alive),
    /// `dropout_rate`, `entry_day` (of the first order), `dropout_day` (it may lie after the last), `is_alive_at_end`.
    ///
    /// # Errors
    /// None that are known.
    pub fn customers(&self) -> Result<RecordBatch> {
        let people = self.people();
        let numbers: Vec<u32> = (0..people.len() as u32).collect();
        let segment = |p: &Person| (!p.is_wholesale()).then_some(p.class as i64);
        let n_days = self.drawn.mechanism.n_days();
        to_batch(vec![
            ("customer", self.ids(&numbers)),
            (
                "customer_kind",
                texts(people.iter().map(|p| customer_kind(p.is_wholesale()))),
            ),
            (
                "segment",
                Arc::new(people.iter().map(segment).collect::<Int64Array>()),
            ),
            ("rate", floats(people.iter().map(|p| p.rate))),
            (
                "dropout_rate",
                floats(people.iter().map(|p| p.dropout_rate)),
            ),
            ("entry_day", floats(people.iter().map(|p| p.entry))),
            ("dropout_day", floats(people.iter().map(|p| p.dropout))),
            (
                "is_alive_at_end",
                flags(people.iter().map(|p| p.dropout >= n_days)),
            ),
        ])
    }

    /// One row per item: `item`, `item_name`, `department`, `category`, `base_price`, `season_amplitude` and `season_peak_day` (day of the
    /// year) of its category, `trend` (`flat`, `rising`, `falling`), `trend_low` (what is left of its attraction when it is lowest).
    ///
    /// # Errors
    /// None that are known.
    pub fn items(&self) -> Result<RecordBatch> {
        let catalog = &self.drawn.mechanism.catalog;
        let items = &catalog.items;
        let of = |i: &super::catalog::Item| &catalog.categories[i.category];
        let low = self.drawn.mechanism.strength.trend;
        to_batch(vec![
            ("item", texts(items.iter().map(|i| &i.code))),
            ("item_name", texts(items.iter().map(|i| &i.name))),
            ("department", texts(items.iter().map(|i| of(i).department))),
            ("category", texts(items.iter().map(|i| of(i).name))),
            (
                "base_price",
                floats(items.iter().map(|i| f64::from(i.base_cents) / 100.0)),
            ),
            (
                "season_amplitude",
                floats(items.iter().map(|i| of(i).amplitude)),
            ),
            (
                "season_peak_day",
                floats(items.iter().map(|i| of(i).peak_day)),
            ),
            ("trend", texts(items.iter().map(|i| i.trend.name()))),
            (
                "trend_low",
                floats(
                    items
                        .iter()
                        .map(|i| i.trend.factor(low, 0.0).min(i.trend.factor(low, 1.0))),
                ),
            ),
        ])
    }

    /// One row per planted rule: `antecedent`, `antecedent_2` (null where there is one item alone), `consequent`, and the `probability`
    /// that a basket with the antecedent gets the consequent on top of what it holds by chance.
    ///
    /// # Errors
    /// None that are known.
    pub fn rules(&self) -> Result<RecordBatch> {
        let rules = &self.drawn.mechanism.rules.rules;
        let code = |item: u32| &self.drawn.mechanism.catalog.items[item as usize].code;
        let second = |r: &super::planted::Rule| r.antecedent.get(1).map(|&i| code(i));
        to_batch(vec![
            (
                "antecedent",
                texts(rules.iter().map(|r| code(r.antecedent[0]))),
            ),
            ("antecedent_2", some_texts(rules.iter().map(second))),
            (
                "consequent",
                texts(rules.iter().map(|r| code(r.consequent))),
            ),
            ("probability", floats(rules.iter().map(|r| r.probability))),
        ])
    }

    /// One row per customer that departs from the segment: `customer`, `kind` (`category` or `quantity`), `category` (where lines move
    /// to; null for quantities), `from` (when it begins). It shows only if the customer buys after that.
    ///
    /// # Errors
    /// None that are known.
    pub fn deviations(&self) -> Result<RecordBatch> {
        let people = self.people();
        let all = (0u32..).zip(&people);
        let found: Vec<(u32, Deviation)> = all
            .filter_map(|(c, p)| p.deviation.map(|d| (c, d)))
            .collect();
        let categories = &self.drawn.mechanism.catalog.categories;
        let category = |d: &Deviation| match *d {
            Deviation::Category(c) => Some(categories[c].name),
            Deviation::Quantity => None,
        };
        let kind = |d: &Deviation| {
            if category(d).is_some() {
                "category"
            } else {
                "quantity"
            }
        };
        let numbers: Vec<u32> = found.iter().map(|f| f.0).collect();
        let from = vec![self.midnight(self.drawn.mechanism.deviation_day()); found.len()];
        to_batch(vec![
            ("customer", self.ids(&numbers)),
            ("kind", texts(found.iter().map(|f| kind(&f.1)))),
            ("category", some_texts(found.iter().map(|f| category(&f.1)))),
            ("from", Arc::new(TimestampMicrosecondArray::from(from))),
        ])
    }

    /// One row per customer of the campaign: `customer`, `sent` (when letters went out), `is_treated` (else a control), `responded`, and
    /// `uplift`: what treatment does to the probability of a response, 0 for those who had dropped out.
    ///
    /// # Errors
    /// None that are known.
    pub fn campaign(&self) -> Result<RecordBatch> {
        let people = self.people();
        let all = (0u32..).zip(&people);
        let letters: Vec<_> = all.filter_map(|(c, p)| p.letter.map(|l| (c, l))).collect();
        let numbers: Vec<u32> = letters.iter().map(|l| l.0).collect();
        let sent = vec![self.midnight(self.drawn.mechanism.campaign_day()); letters.len()];
        to_batch(vec![
            ("customer", self.ids(&numbers)),
            ("sent", Arc::new(TimestampMicrosecondArray::from(sent))),
            ("is_treated", flags(letters.iter().map(|l| l.1.is_treated))),
            (
                "responded",
                flags(letters.iter().map(|l| l.1.answer.is_some())),
            ),
            ("uplift", floats(letters.iter().map(|l| l.1.uplift))),
        ])
    }

    /// One row per line that undoes another: `row`, `purchase_row`, `kind` (`return` or `cancellation`), by ascending row.
    ///
    /// # Errors
    /// None that are known.
    pub fn returns(&self) -> Result<RecordBatch> {
        let rows = self.drawn.rows_of_lines();
        let places = self.plan.places();
        let (mut row, mut purchase, mut kind) = (Vec::new(), Vec::new(), Vec::new());
        for (head, &start) in self.drawn.order.iter().zip(&self.drawn.starts) {
            for (i, line) in self.drawn.lines(head).iter().enumerate() {
                let Link::Of(at) = line.link else { continue };
                let bought = rows[Drawn::chunk_number(head)][at as usize];
                row.push(places.of(start + i));
                purchase.push(places.of(bought));
                kind.push(if head.kind == Kind::Return {
                    "return"
                } else {
                    "cancellation"
                });
            }
        }
        to_batch(vec![
            ("row", whole(row)),
            ("purchase_row", whole(purchase)),
            ("kind", texts(kind)),
        ])
    }

    /// One row per spoiled or added row: `row`, `kind` (a name of [`Dirt`]), `detail` (what was there before, where that is of use). A hole
    /// has no row; its detail names the days, as `first/last`.
    ///
    /// # Errors
    /// None that are known.
    pub fn dirt(&self) -> Result<RecordBatch> {
        let mut found = self.spoiled_rows();
        found.extend(self.bulk_rows());
        found.sort_by_key(|f| f.0);
        if let Some(hole) = &self.plan.hole {
            found.push((None, Dirt::TimeHole, Some(self.days(hole))));
        }
        let row = found.iter().map(|f| f.0.map(|r| r as i64));
        to_batch(vec![
            ("row", Arc::new(row.collect::<Int64Array>())),
            ("kind", texts(found.iter().map(|f| f.1.name()))),
            ("detail", some_texts(found.iter().map(|f| f.2.as_ref()))),
        ])
    }

    fn spoiled_rows(&self) -> Vec<(Option<usize>, Dirt, Option<String>)> {
        let places = self.plan.places();
        let one = |edit: &super::dirt::Edit| {
            let mut row = self.drawn.row_at(edit.row);
            let detail = spoil(&mut row, edit, self.drawn);
            let row = places.of(edit.row) + usize::from(edit.kind.is_inserted());
            (Some(row), edit.kind, detail)
        };
        self.plan.edits.iter().map(one).collect()
    }

    fn bulk_rows(&self) -> Vec<(Option<usize>, Dirt, Option<String>)> {
        let places = self.plan.places();
        let mut rows = Vec::new();
        for (head, &start) in self.drawn.order.iter().zip(&self.drawn.starts) {
            let Some(factor) = self.plan.bulk.get(&head.customer) else {
                continue;
            };
            let own = start..start + usize::from(head.n_lines);
            let detail = Some(format!("quantity times {factor}"));
            rows.extend(own.map(|r| (Some(places.of(r)), Dirt::BulkBuyer, detail.clone())));
        }
        rows
    }

    fn days(&self, hole: &std::ops::Range<u32>) -> String {
        let zone = crate::table::time::Zone::naive();
        let text = |day: u32| {
            let day = self.drawn.mechanism.params.opening_day() + i64::from(day);
            crate::table::time::Moment::Day(day as i32).to_text(&zone)
        };
        format!("{}/{}", text(hole.start), text(hole.end - 1))
    }
}
