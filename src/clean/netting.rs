//! Collects the lines that netting needs from the table.

use std::collections::HashSet;

use super::returns::{NetLine, Netting, net};
use crate::error::Result;
use crate::kernels::lines::{MINOR, whole_minor};
use crate::parallel::{Context, map_ordered, pieces};
use crate::table::Segment;
use crate::table::bound::{Bound, Window};
use crate::table::ids::IdReader;
use crate::table::time::EARLIEST;

const PIECE: usize = 65_536;
/// Rows looked at together. Few: in pass two nearly every row is a line of a hundred bytes before it is known whether it is kept.
const BLOCK: usize = 4_096;

/// Nets all returns known at the end of the window, whatever its start: a purchase before it can be returned within it.
///
/// Rows that `is_left_out` tells take no part.
pub(crate) fn netting(
    bound: &Bound,
    window: Window,
    is_left_out: impl Fn(usize) -> bool + Sync,
    ctx: &Context,
) -> Result<Netting> {
    let source = Source {
        bound,
        until: window.until,
        customer: bound.customer.reader(None)?,
        item: bound.item.as_ref().map(|c| c.reader(None)).transpose()?,
        transaction: bound
            .transaction
            .as_ref()
            .map(|c| c.reader(None))
            .transpose()?,
    };
    let mut lines = source.collect(
        ctx,
        "find returns",
        |units| units < 0.0,
        |l| !is_left_out(l.row as usize),
    )?;
    if lines.is_empty() {
        return Ok(Netting::default());
    }
    let keys: HashSet<_> = lines.iter().map(|l| l.key).collect();
    lines.extend(source.collect(
        ctx,
        "match returns",
        |units| units > 0.0,
        |l| keys.contains(&l.key) && !is_left_out(l.row as usize),
    )?);
    Ok(net(lines))
}

struct Source<'a> {
    bound: &'a Bound,
    until: i64,
    customer: IdReader<u128>,
    item: Option<IdReader<u128>>,
    transaction: Option<IdReader<u128>>,
}

impl Source<'_> {
    /// The lines whose units are `wanted` and which are to be kept, in row order.
    fn collect(
        &self,
        ctx: &Context,
        stage: &'static str,
        wanted: impl Fn(f64) -> bool + Sync,
        keep: impl Fn(&NetLine) -> bool + Sync,
    ) -> Result<Vec<NetLine>> {
        let parts = map_ordered(
            ctx,
            stage,
            pieces(self.bound.table.n_rows(), PIECE).collect(),
            |rows| {
                let mut found = Vec::new();
                for whole in self.bound.table.segments(rows) {
                    for from in whole.range.clone().step_by(BLOCK) {
                        let at = Segment {
                            chunk: whole.chunk,
                            range: from..(from + BLOCK).min(whole.range.end),
                            first_row: whole.first_row + from - whole.range.start,
                        };
                        found.extend(self.scan(&at, &wanted).into_iter().filter(&keep));
                    }
                }
                Ok(found)
            },
        )?;
        Ok(parts.concat())
    }

    /// Reads units first: where no line is wanted, the other columns stay untouched.
    fn scan(&self, at: &Segment, wanted: impl Fn(f64) -> bool) -> Vec<NetLine> {
        let mut units = Vec::new();
        if let Some(column) = self.bound.quantity.as_ref().or(self.bound.amount.as_ref()) {
            column.read(at, &mut units);
        }
        let picked: Vec<u32> = (0..units.len() as u32)
            .filter(|&i| units[i as usize].is_finite() && wanted(units[i as usize]))
            .collect();
        if picked.is_empty() {
            return Vec::new();
        }
        let ids = self.ids(at, &picked);
        let (mut times, mut prices, mut amounts) = (Vec::new(), Vec::new(), Vec::new());
        self.bound.time.read(at, &mut times);
        if let (Some(_), Some(price)) = (&self.bound.quantity, &self.bound.price) {
            price.read(at, &mut prices);
        }
        if let (Some(_), Some(amount)) = (&self.bound.quantity, &self.bound.amount) {
            amount.read(at, &mut amounts);
        }
        let line = |(&row, id): (&u32, Option<(u128, u128)>)| {
            let i = row as usize;
            let (customer, item) = id?;
            let price = prices.get(i).map_or(0.0, |&p| one_price(p));
            let amount = amounts.get(i).copied().unwrap_or(price);
            let known = (EARLIEST..=self.until).contains(&times[i])
                && amount.is_finite()
                && (price.is_finite() || !amounts.is_empty());
            // A positive quantity for negative money is a correction, not a purchase that could come back.
            let is_correction = units[i] > 0.0 && amount < 0.0;
            (known && !is_correction).then(|| NetLine {
                key: (customer, item, price.to_bits()),
                time: times[i],
                row: (at.first_row + i) as u64,
                units: units[i],
            })
        };
        picked.iter().zip(ids).filter_map(line).collect()
    }

    /// Customer and item of each row; none where an id is missing, for which the line is left out.
    fn ids(&self, at: &Segment, rows: &[u32]) -> Vec<Option<(u128, u128)>> {
        let mut missing = vec![false; rows.len()];
        let mut read = |column: &IdReader<u128>| {
            let mut keys = Vec::with_capacity(rows.len());
            let fits = column.read(at, rows, &mut keys, |place| missing[place] = true);
            debug_assert!(fits, "wide keys hold any id");
            keys
        };
        let customers = read(&self.customer);
        self.transaction.as_ref().map(&mut read);
        let items = self.item.as_ref().map(&mut read);
        let id = |(place, &customer): (usize, &u128)| {
            let item = items.as_ref().map_or(0, |items| items[place]);
            (!missing[place]).then_some((customer, item))
        };
        customers.iter().enumerate().map(id).collect()
    }
}

/// Prices that are one decimal are one price, as 0.3 / 3 and 0.1 are; and both zeros are.
fn one_price(price: f64) -> f64 {
    match whole_minor(price, 1.0) {
        (minor, true) => minor as f64 / MINOR,
        _ => price,
    }
}
