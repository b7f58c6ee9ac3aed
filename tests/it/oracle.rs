//! RFM restated plainly, from its rules alone and without care for speed: what the library is held to.

use std::collections::{BTreeMap, BTreeSet};

use patronomy::rfm::{Convention, Monetary, Nesting};
use patronomy::{Reason, Returns};

use crate::draw::{Drawn, Id, Line};
use crate::tables::DAY;

pub(crate) const EARLIEST: i64 = -25_567 * DAY;
pub(crate) const LATEST: i64 = 84_006 * DAY;

/// What is asked of the oracle, days counted from 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    pub(crate) returns: Returns,
    /// First day seen, as the later part of a split has one.
    pub(crate) since: Option<i64>,
    /// Last day known.
    pub(crate) clock: Option<i64>,
    pub(crate) reference: Option<i64>,
    pub(crate) period_days: Option<i64>,
    pub(crate) monetary: Monetary,
}

/// One customer as the oracle sees him.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expected {
    pub(crate) id: Id,
    pub(crate) recency: i64,
    pub(crate) frequency: u64,
    pub(crate) monetary: f64,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) tenure: i64,
    pub(crate) gap: Option<f64>,
    pub(crate) breadth: u64,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Order(f64),
    /// Used for its money, but no order.
    Kept(f64),
    Out(Reason),
}

/// Customers in the order of their ids, and the rows left out by reason.
pub(crate) fn answer(drawn: &Drawn, q: &Question) -> (Vec<Expected>, BTreeMap<Reason, u64>) {
    let until = [q.clock, q.reference]
        .into_iter()
        .flatten()
        .min()
        .map_or(LATEST - 1, |day| (day + 1) * DAY - 1);
    let mut since = q.since.map_or(EARLIEST, |day| day * DAY);
    let settle = |since| fates(drawn, q.returns, since, until.min(LATEST - 1));
    let last_used = |fates: &[Fate]| {
        let is_out = |f: &Fate| matches!(f, Fate::Out(_));
        let lines = || drawn.lines.iter().zip(fates);
        let orders = lines().filter(|(_, f)| matches!(f, Fate::Order(_)));
        let buyers: BTreeSet<Option<Id>> = orders.map(|(l, _)| id(drawn, l)).collect();
        let used = lines().filter(|(l, f)| !is_out(f) && buyers.contains(&id(drawn, l)));
        used.filter_map(|(l, _)| l.time).max()
    };
    let stated = q.reference.or(q.clock);
    if let Some(days) = q.period_days {
        let reference =
            stated.unwrap_or_else(|| last_used(&settle(since)).unwrap_or(0).div_euclid(DAY));
        since = since.max((reference - days + 1) * DAY);
    }
    let fates = settle(since);
    let reference = stated.unwrap_or_else(|| last_used(&fates).unwrap_or(0).div_euclid(DAY));
    let customers = customers(drawn, &fates, q.monetary, reference);
    let mut left_out = BTreeMap::new();
    for (line, fate) in drawn.lines.iter().zip(&fates) {
        let scored = || {
            customers
                .iter()
                .any(|c| Some(&c.id) == id(drawn, line).as_ref())
        };
        let reason = match fate {
            Fate::Out(reason) => *reason,
            _ if scored() => continue,
            _ => Reason::WithoutOrder,
        };
        *left_out.entry(reason).or_default() += 1;
    }
    (customers, left_out)
}

fn id(drawn: &Drawn, line: &Line) -> Option<Id> {
    line.customer.map(|n| drawn.customer.id(n))
}

fn customers(drawn: &Drawn, fates: &[Fate], monetary: Monetary, reference: i64) -> Vec<Expected> {
    let ids: BTreeSet<Id> = drawn.lines.iter().filter_map(|l| id(drawn, l)).collect();
    ids.into_iter()
        .filter_map(|who| {
            let mine = || {
                let all = drawn.lines.iter().zip(fates).enumerate();
                all.filter(|(_, (l, _))| id(drawn, l).as_ref() == Some(&who))
                    .map(|(row, (l, f))| (row, *l, *f))
            };
            let orders = || mine().filter(|(_, _, f)| matches!(f, Fate::Order(_)));
            let first = orders().filter_map(|(_, l, _)| l.time).min()?;
            let last = orders().filter_map(|(_, l, _)| l.time).max()?;
            let counted: BTreeSet<(usize, Option<Id>)> = orders()
                .map(|(row, l, _)| match drawn.transaction {
                    Some(kind) => (0, l.transaction.map(|n| kind.id(n))),
                    None => (row, None),
                })
                .collect();
            let items: BTreeSet<Id> = orders()
                .filter_map(|(_, l, _)| Some(drawn.item?.id(l.item?)))
                .collect();
            let frequency = counted.len() as u64;
            let money = total(mine().filter_map(|(_, _, f)| match f {
                Fate::Order(m) | Fate::Kept(m) => Some(m),
                Fate::Out(_) => None,
            }));
            Some(Expected {
                id: who.clone(),
                recency: reference - last.div_euclid(DAY),
                frequency,
                monetary: match monetary {
                    Monetary::Mean => money / frequency as f64,
                    _ => money,
                },
                first,
                last,
                tenure: reference - first.div_euclid(DAY),
                gap: (frequency > 1)
                    .then(|| (last - first) as f64 / DAY as f64 / (frequency - 1) as f64),
                breadth: items.len() as u64,
            })
        })
        .collect()
}

/// The sum without rounding but the last: of decimals where every summand has at most four of them, else of the floats.
fn total(money: impl Iterator<Item = f64> + Clone) -> f64 {
    let minor = |m: f64| {
        let whole = (m * 1e4).round();
        ((whole - m * 1e4).abs() < 1e-6 && whole.abs() < 1e18).then_some(whole as i128)
    };
    let exact: Option<i128> = money.clone().map(minor).sum();
    exact.map_or_else(|| float_sum(money), |m| m as f64 / 1e4)
}

/// Shewchuk (1997): what no addition could hold is kept as a further part.
fn float_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut parts: Vec<f64> = Vec::new();
    for value in values {
        let mut carried = value;
        let mut kept = Vec::new();
        for part in parts {
            let (large, small) = if carried.abs() < part.abs() {
                (part, carried)
            } else {
                (carried, part)
            };
            carried = large + small;
            let lost = small - (carried - large);
            if lost != 0.0 {
                kept.push(lost);
            }
        }
        kept.push(carried);
        parts = kept;
    }
    parts.into_iter().sum()
}

/// What becomes of each line: the first reason in the order of [`Reason`] counts.
fn fates(drawn: &Drawn, returns: Returns, since: i64, until: i64) -> Vec<Fate> {
    let netted = matches!(returns, Returns::Net).then(|| net(drawn, until));
    let settle = |(row, l): (usize, &Line)| {
        let out = |reason| Fate::Out(reason);
        let Some(time) = l.time else {
            return out(Reason::NoTime);
        };
        if !(EARLIEST..LATEST).contains(&time) {
            return out(Reason::TimeOutOfRange);
        }
        if time > until {
            return out(Reason::AfterClock);
        }
        if time < since {
            return out(Reason::BeforeWindow);
        }
        if l.customer.is_none() {
            return out(Reason::NoCustomer);
        }
        if drawn.transaction.is_some() && l.transaction.is_none() {
            return out(Reason::NoTransaction);
        }
        let (Some(money), quantity) = (l.money, l.quantity) else {
            return out(Reason::NoAmount);
        };
        if quantity.is_none() && !drawn.is_amount {
            return out(Reason::NoAmount);
        }
        if !money.is_finite() || quantity.is_some_and(|q| !q.is_finite()) {
            return out(Reason::AmountNotFinite);
        }
        if quantity == Some(0.0) {
            return out(Reason::ZeroQuantity);
        }
        let pieces = quantity.unwrap_or(1.0);
        let amount = if drawn.is_amount {
            money
        } else {
            money * pieces
        };
        if pieces < 0.0 || money < 0.0 {
            return match (&netted, returns) {
                (_, Returns::Keep) => Fate::Kept(amount),
                (Some(left), _) if left[row] == Some(0.0) => out(Reason::ReturnNetted),
                (Some(_), _) => out(Reason::ReturnUnmatched),
                _ => out(Reason::ReturnExcluded),
            };
        }
        match netted.as_ref().and_then(|left| left[row]) {
            Some(0.0) => out(Reason::CancelledByReturn),
            Some(left) if drawn.quantity.is_none() => Fate::Order(left),
            Some(left) => Fate::Order(amount * (left / pieces)),
            None => Fate::Order(amount),
        }
    };
    drawn.lines.iter().enumerate().map(settle).collect()
}

/// Units left of each line that netting looks at: of a return, those that found no purchase.
///
/// Each return looks back for the latest purchase that still has units, again and again.
pub(crate) fn net(drawn: &Drawn, until: i64) -> Vec<Option<f64>> {
    let by_pieces = drawn.quantity.is_some();
    let price = |l: &Line| {
        if by_pieces && !drawn.is_amount {
            l.money
        } else {
            Some(0.0)
        }
    };
    let units = |l: &Line| {
        let known = l.time.is_some_and(|t| (EARLIEST..=until).contains(&t))
            && l.customer.is_some()
            && (drawn.item.is_none() || l.item.is_some())
            && (drawn.transaction.is_none() || l.transaction.is_some())
            && l.money.is_some_and(f64::is_finite);
        let units = if by_pieces { l.quantity } else { l.money };
        units.filter(|u| known && u.is_finite() && *u != 0.0)
    };
    let key = |l: &Line| {
        let item = drawn.item.and_then(|kind| l.item.map(|n| kind.id(n)));
        let one = |p: f64| {
            let whole = (p * 1e4).round();
            let is_decimal = (p * 1e4 - whole).abs() <= (p * 1e4).abs() * 8e-16;
            if is_decimal {
                (whole / 1e4 + 0.0).to_bits()
            } else {
                p.to_bits()
            }
        };
        (id(drawn, l), item, price(l).map(one))
    };
    let lines = &drawn.lines;
    let mut left: Vec<Option<f64>> = lines
        .iter()
        .map(|l| units(l).filter(|&u| u < 0.0 || !l.money.is_some_and(|m| m < 0.0)))
        .collect();
    let bought = left.clone();
    // Decimals are subtracted as such; of other floats, what rounding leaves is nothing.
    let rest = |row: usize, left: f64, all: f64| {
        let alike =
            (0..lines.len()).filter(|&p| bought[p].is_some() && key(&lines[p]) == key(&lines[row]));
        let is_decimal = |u: f64| (u * 1e4 - (u * 1e4).round()).abs() <= (u * 1e4).abs() * 8e-16;
        if alike.filter_map(|p| bought[p]).all(is_decimal) {
            (left * 1e4).round() / 1e4
        } else if left <= all * 4e-15 {
            0.0
        } else {
            left
        }
    };
    let mut returned: Vec<usize> = (0..lines.len())
        .filter(|&i| left[i].is_some_and(|u| u < 0.0))
        .collect();
    returned.sort_by_key(|&i| (lines[i].time, i));
    for r in returned {
        let all = -left[r].unwrap_or(0.0);
        let mut wanted = all;
        while wanted > 0.0 {
            let open = (0..lines.len()).filter(|&p| {
                bought[p].is_some_and(|u| u > 0.0)
                    && left[p].is_some_and(|u| u > 0.0)
                    && lines[p].time <= lines[r].time
                    && key(&lines[p]) == key(&lines[r])
            });
            let Some(latest) = open.max_by_key(|&p| (lines[p].time, p)) else {
                break;
            };
            let taken = wanted.min(left[latest].unwrap_or(0.0));
            left[latest] =
                left[latest].map(|u| rest(latest, u - taken, bought[latest].unwrap_or(0.0)));
            wanted = rest(r, wanted - taken, all);
        }
        left[r] = Some(wanted);
    }
    // A purchase nothing was taken from is as if netting had not looked at it.
    for (left, bought) in left.iter_mut().zip(&bought) {
        if left == bought && bought.is_some_and(|u| u > 0.0) {
            *left = None;
        }
    }
    left
}

/// Scores of one axis, by integer arithmetic on ranks.
pub(crate) fn scores(
    values: &[f64],
    k: usize,
    convention: Convention,
    low_is_good: bool,
) -> Vec<u8> {
    let n = values.len();
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // The place of a value among all: smaller ones, then equal ones that come first.
    let place = |i: usize, before: fn(f64, f64) -> bool| {
        (0..n)
            .filter(|&j| before(values[j], values[i]) || (values[j] == values[i] && j < i))
            .count()
    };
    let score = |i: usize| match convention {
        // A type-7 quantile lies between its two neighbours, so a value of the list is above it exactly if above the lower one.
        Convention::Together => {
            let bin = (1..k)
                .filter(|q| sorted[q * (n - 1) / k] < values[i])
                .count()
                + 1;
            if low_is_good { k + 1 - bin } else { bin }
        }
        Convention::Ntile => {
            let before: fn(f64, f64) -> bool = if low_is_good {
                |a, b| a > b
            } else {
                |a, b| a < b
            };
            tile(place(i, before), n, k)
        }
        Convention::RowNumber => {
            let before: fn(f64, f64) -> bool = if low_is_good {
                |a, b| a > b
            } else {
                |a, b| a < b
            };
            place(i, before) * k / n + 1
        }
        other => panic!("{other:?} is checked elsewhere"),
    };
    (0..n).map(|i| score(i) as u8).collect()
}

/// The tile of a place when tiles are filled one after the other, the first `n mod k` with one more.
fn tile(place: usize, n: usize, k: usize) -> usize {
    let mut end = 0;
    for tile in 1..=k {
        end += n / k + usize::from(tile <= n % k);
        if place < end {
            return tile;
        }
    }
    k
}

/// The three scores of each customer, axes alone or one within the other.
pub(crate) fn all_scores(
    axes: [&[f64]; 3],
    k: [usize; 3],
    convention: Convention,
    nesting: Nesting,
) -> Vec<[u8; 3]> {
    let n = axes[0].len();
    let mut result = vec![[0; 3]; n];
    for axis in 0..3 {
        let cell = |i: usize, result: &[[u8; 3]]| match nesting {
            Nesting::Nested => result[i][..axis].to_vec(),
            _ => Vec::new(),
        };
        let cells: Vec<Vec<u8>> = (0..n).map(|i| cell(i, &result)).collect();
        for members in cells.iter().collect::<BTreeSet<_>>() {
            let rows: Vec<usize> = (0..n).filter(|&i| &cells[i] == members).collect();
            let values: Vec<f64> = rows.iter().map(|&i| axes[axis][i]).collect();
            let scored = scores(&values, k[axis], convention, axis == 0);
            rows.iter()
                .zip(scored)
                .for_each(|(&i, s)| result[i][axis] = s);
        }
    }
    result
}
