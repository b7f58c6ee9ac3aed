//! The counts and sums of every cohort in every period.

use crate::error::{Error, Result};
use crate::parallel::{Context, pieces};
use crate::stats::sum::Sum;
use crate::table::time::Every;
use crate::transactions::Transactions;
use crate::transactions::used::UsedLines;

/// More periods would make a table that nobody reads.
const MOST: usize = 1_000;
/// A customer without an order has no first day.
const NEVER: i32 = i32::MAX;
/// Customers between two looks at whether to stop.
const POLL: usize = 65_536;

/// A square of cohorts and ages, row by row; what lies beyond the last period stays empty.
#[derive(Debug)]
pub(super) struct Cells {
    /// First days of the periods, from that of the first cohort to that in which observation ended, without a gap.
    pub(super) periods: Vec<i32>,
    /// Customers whose first order was in each.
    pub(super) n_customers: Vec<u32>,
    pub(super) n_active: Vec<u32>,
    /// None where no role tells money.
    pub(super) revenue: Option<Vec<f64>>,
    /// Whether the last period was observed to its end.
    pub(super) is_last_complete: bool,
    /// The day on which observation ended.
    pub(super) last_day: i32,
    pub(super) rows_without_order: u64,
    pub(super) n_without_order: u64,
}

impl Cells {
    pub(super) fn n_periods(&self) -> usize {
        self.periods.len()
    }

    /// None without a customer who has an order.
    pub(super) fn of(
        lines: &UsedLines,
        every: Every,
        tx: &Transactions,
        ctx: &Context,
    ) -> Result<Option<Self>> {
        let Some(seen) = Seen::of(lines, ctx)? else {
            return Ok(None);
        };
        let calendar = tx.zone().calendar();
        let last_day = tx.clock().map_or(seen.last_day, |clock| {
            calendar.day(clock).max(seen.last_day)
        });
        let periods = Periods::of(every, seen.first_day, last_day)?;
        let end = periods.end;
        let is_last_complete = tx.clock().map_or(last_day + 1 == end, |clock| {
            clock.saturating_add(1) >= calendar.start_of(end)
        });
        let (n_customers, n_active) = seen.active(lines, &periods, ctx)?;
        let revenue = if lines.has_money {
            Some(seen.revenue(lines, &periods, tx, ctx)?)
        } else {
            None
        };
        Ok(Some(Self {
            n_customers,
            n_active,
            revenue,
            is_last_complete,
            last_day,
            periods: periods.first_days,
            rows_without_order: seen.rows_without_order,
            n_without_order: seen.n_without_order,
        }))
    }
}

/// The periods, and of each day from the first one the number of its period.
struct Periods {
    first_days: Vec<i32>,
    from: i32,
    of_day: Vec<u16>,
    /// The first day after the last period.
    end: i32,
}

impl Periods {
    fn of(every: Every, first_day: i32, last_day: i32) -> Result<Self> {
        let mut end = every.first_day(first_day);
        let (from, mut first_days, mut of_day) = (end, Vec::new(), Vec::new());
        while end <= last_day {
            let next = every.next(end);
            if first_days.len() == MOST {
                let rule = format!("must make at most {MOST} periods; take longer ones");
                let found = "more";
                return Err(Error::parameter("CohortParams", "every", rule, found));
            }
            of_day.resize((next - from) as usize, first_days.len() as u16);
            first_days.push(end);
            end = next;
        }
        Ok(Self {
            first_days,
            from,
            of_day,
            end,
        })
    }

    fn len(&self) -> usize {
        self.first_days.len()
    }

    fn at(&self, day: i32) -> usize {
        usize::from(self.of_day[(day - self.from) as usize])
    }
}

/// What is known of each customer.
struct Seen {
    /// The day of the first order, by customer.
    first: Vec<i32>,
    /// Lines of orders, by customer.
    n_lines: Vec<u32>,
    first_day: i32,
    /// The last day with a used line of a customer who has an order.
    last_day: i32,
    rows_without_order: u64,
    n_without_order: u64,
}

impl Seen {
    fn of(lines: &UsedLines, ctx: &Context) -> Result<Option<Self>> {
        let mut first = vec![NEVER; lines.n_customers];
        let mut n_lines = vec![0_u32; lines.n_customers];
        for line in lines.used().filter(|line| line.is_order) {
            let day = &mut first[line.customer];
            *day = line.day.min(*day);
            n_lines[line.customer] += 1;
        }
        ctx.cancel.poll()?;
        let (mut last_day, mut rows_without_order) = (i32::MIN, 0);
        for line in lines.used() {
            if first[line.customer] == NEVER {
                rows_without_order += 1;
            } else {
                last_day = last_day.max(line.day);
            }
        }
        let days = first.iter().filter(|&&day| day != NEVER);
        let n_without_order = first.len() as u64 - days.clone().count() as u64;
        let first_day = days.min().copied();
        Ok(first_day.map(|first_day| Self {
            first,
            n_lines,
            first_day,
            last_day,
            rows_without_order,
            n_without_order,
        }))
    }

    /// How many customers each cohort has, and how many of them have an order at each age.
    fn active(
        &self,
        lines: &UsedLines,
        periods: &Periods,
        ctx: &Context,
    ) -> Result<(Vec<u32>, Vec<u32>)> {
        let n = periods.len();
        // The periods of each customer's orders, side by side.
        let mut ends = Vec::with_capacity(self.first.len());
        let mut total = 0_usize;
        for &n_lines in &self.n_lines {
            ends.push(total);
            total += n_lines as usize;
        }
        let mut of_lines = vec![0_u16; total];
        for line in lines.used().filter(|line| line.is_order) {
            let end = &mut ends[line.customer];
            of_lines[*end] = periods.at(line.day) as u16;
            *end += 1;
        }
        let (mut n_customers, mut n_active) = (vec![0_u32; n], vec![0_u32; n * n]);
        // The last customer who was seen in each period, counted from 1.
        let mut seen = vec![0_u32; n];
        for range in pieces(self.first.len(), POLL) {
            ctx.cancel.poll()?;
            for customer in range {
                let end = ends[customer];
                let own = &of_lines[end - self.n_lines[customer] as usize..end];
                if own.is_empty() {
                    continue;
                }
                let cohort = periods.at(self.first[customer]);
                n_customers[cohort] += 1;
                for &period in own {
                    let last = &mut seen[usize::from(period)];
                    if *last != customer as u32 + 1 {
                        *last = customer as u32 + 1;
                        n_active[cohort * n + usize::from(period) - cohort] += 1;
                    }
                }
            }
        }
        Ok((n_customers, n_active))
    }

    /// The money of each cohort at each age, added up in row order.
    fn revenue(
        &self,
        lines: &UsedLines,
        periods: &Periods,
        tx: &Transactions,
        ctx: &Context,
    ) -> Result<Vec<f64>> {
        ctx.cancel.poll()?;
        let n = periods.len();
        let mut sums = vec![Sum::default(); n * n];
        for line in lines.used() {
            let first = self.first[line.customer];
            if first == NEVER {
                continue;
            }
            let cohort = periods.at(first);
            sums[cohort * n + periods.at(line.day.max(first)) - cohort].add(line.money);
        }
        let sums: Vec<f64> = sums.into_iter().map(Sum::total).collect();
        let bad = sums.iter().filter(|x| !x.is_finite());
        if let Some(first) = bad.clone().next() {
            let roles = tx.roles();
            let column = roles.amount.as_ref().or(roles.price.as_ref());
            return Err(Error::BadValues {
                column: column.cloned().unwrap_or_default(),
                count: bad.count() as u64,
                first_row: None,
                value: first.to_string(),
                rule: "as sums per cohort and period are beyond the largest float".into(),
                remedy: "look for impossible amounts, or give them in a larger unit".into(),
            });
        }
        Ok(sums)
    }
}
