//! Kinds told by how long a customer has been silent, beside its rhythm.

use arrow_array::{Array, ArrayRef};

use super::events::Last;
use super::params::KindParams;
use super::result::{CustomerKind, CustomerKinds, Kept, Rhythm};
use crate::error::Result;
use crate::parallel::Context;
use crate::table::union::union;
use crate::transactions::Transactions;
use crate::transactions::customers::Customers;

impl KindParams {
    /// Tells the kinds of the customers of a view, as of its clock.
    ///
    /// A customer is a **prospect** without a purchase; **new** within [`new_days`](Self::new_days) of the first; **one-time** with purchases on one day only, later on; else **active**, **lapsing** or **lost** by how many of its usual gaps it has been
    /// silent. The usual gap is the mean gap between its days with a purchase; with fewer than [`own_gaps`](Self::own_gaps) of them too little is known, and the median of the others' usual gaps stands for it (`rhythm`
    /// says which). Where nobody has a second day, silence means nothing, and old customers are **unclear**. Lost customers are kept, with their last events as reason.
    ///
    /// `contacts` are lines with roles `customer` and `time`: contacts, sign-ups, visits; who is in them and has not bought is a prospect. Those after the view's clock are not looked at. Cost: two passes over the lines.
    ///
    /// ```
    /// use patronomy::value::{CustomerKind, KindParams};
    /// use patronomy::{Context, simulate::Shop};
    /// let tx = Shop::new(300, 365, 1).transactions()?;
    /// let kinds = KindParams::new().fit(&tx, None, &Context::new())?;
    /// assert_eq!(kinds.n_customers(CustomerKind::Prospect), 0);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for parameters outside their rules; [`Error::TooFewRows`](crate::Error::TooFewRows) without a customer who has an order; a missing role for the money of a line;
    /// [`Error::FeatureMismatch`](crate::Error::FeatureMismatch) for contacts whose customers are of another type; [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn fit(
        &self,
        tx: &Transactions,
        contacts: Option<&Transactions>,
        ctx: &Context,
    ) -> Result<CustomerKinds> {
        self.validate()?;
        let customers = tx.by_day(ctx)?.customers(ctx)?;
        if customers.len() == 0 {
            return Err(customers.counts().no_customers("kinds"));
        }
        let returns = Last::returns(tx, ctx)?;
        let contacts = contacts
            .map(|c| match tx.clock() {
                Some(clock) => Last::lines(&c.until(clock), ctx),
                None => Last::lines(c, ctx),
            })
            .transpose()?;
        let (ids, places, contacts) = together(&customers, contacts)?;
        let returned = union(&ids, &returns.ids, "customers with returns")?.places_in_second();
        let latest = customers.latest.unwrap_or(0);
        let calendar = tx.zone().calendar();
        let clock = Clock {
            params: self,
            today: calendar.day(tx.clock().unwrap_or(latest)),
            rhythms: Rhythms::of(&customers, self, |t| calendar.day(t)),
        };
        let kept: Vec<Kept> = places
            .iter()
            .enumerate()
            .map(|(i, place)| {
                let own = place.map(|p| days_of(&customers, p as usize, |t| calendar.day(t)));
                let mut kept = clock.kept(own);
                let last = |p: u32| returns.time[p as usize];
                kept.last_return = returned[i].and_then(last);
                kept.last_contact = contacts[i];
                kept
            })
            .collect();
        let mut notices = clock.notices(&kept);
        if customers.n_without_order > 0 {
            notices.push(format!(
                "{} customer(s) without an order have returns only, and are left out",
                customers.n_without_order
            ));
        }
        ctx.progress.finish();
        CustomerKinds::new(
            self.clone(),
            ids,
            &kept,
            clock.today,
            tx,
            customers.counts(),
            notices,
        )
    }
}

/// Customers of orders and of contacts together: of each its place among those with orders, and its last contact.
#[allow(clippy::type_complexity, reason = "three columns of one length")]
fn together(
    customers: &Customers,
    contacts: Option<Last>,
) -> Result<(ArrayRef, Vec<Option<u32>>, Vec<Option<i64>>)> {
    let Some(contacts) = contacts else {
        let n = customers.len();
        let places = (0..n as u32).map(Some).collect();
        return Ok((customers.ids.clone(), places, vec![None; n]));
    };
    let all = union(&customers.ids, &contacts.ids, "customers of contacts")?;
    let n = all.values.len();
    let (mut places, mut times) = (vec![None; n], vec![None; n]);
    for (i, &place) in (0_u32..).zip(&all.first) {
        places[place as usize] = Some(i);
    }
    for (time, &place) in contacts.time.iter().zip(&all.second) {
        times[place as usize] = *time;
    }
    Ok((all.values, places, times))
}

/// Days of a customer with purchases: how many, the first, the last; and when that was.
#[derive(Debug, Clone, Copy)]
struct Days {
    n: u32,
    first: i32,
    last: i32,
    first_order: i64,
    last_order: i64,
}

impl Days {
    fn n_gaps(self) -> u32 {
        self.n - 1
    }

    fn mean_gap(self) -> f64 {
        f64::from(self.last - self.first) / f64::from(self.n_gaps())
    }
}

fn days_of(customers: &Customers, i: usize, day: impl Fn(i64) -> i32) -> Days {
    let (first_order, last_order) = (customers.first[i], customers.last[i]);
    Days {
        n: customers.orders[i],
        first: day(first_order),
        last: day(last_order),
        first_order,
        last_order,
    }
}

/// What silence is measured by.
struct Rhythms {
    own_gaps: u32,
    /// The median usual gap; none where nobody has one.
    shop: Option<f64>,
}

impl Rhythms {
    fn of(customers: &Customers, params: &KindParams, day: impl Fn(i64) -> i32) -> Self {
        let all = |least: u32| -> Vec<f64> {
            let own = (0..customers.len()).map(|i| days_of(customers, i, &day));
            own.filter(|d| d.n_gaps() >= least)
                .map(Days::mean_gap)
                .collect()
        };
        let mut gaps = all(params.own_gaps);
        if gaps.is_empty() {
            gaps = all(1);
        }
        gaps.sort_unstable_by(f64::total_cmp);
        let middle = |n: usize| f64::midpoint(gaps[(n - 1) / 2], gaps[n / 2]);
        Self {
            own_gaps: params.own_gaps,
            shop: (!gaps.is_empty()).then(|| middle(gaps.len())),
        }
    }

    fn usual_gap(&self, days: Days) -> Option<(f64, Rhythm)> {
        if days.n_gaps() >= self.own_gaps {
            return Some((days.mean_gap(), Rhythm::Own));
        }
        self.shop.map(|gap| (gap, Rhythm::Shop))
    }
}

struct Clock<'a> {
    params: &'a KindParams,
    today: i32,
    rhythms: Rhythms,
}

impl Clock<'_> {
    fn kept(&self, days: Option<Days>) -> Kept {
        let Some(days) = days else {
            return Kept::prospect();
        };
        let usual = self.rhythms.usual_gap(days);
        let recency = self.today - days.last;
        let silence =
            usual.map(|(gap, _)| f64::from(recency) / gap.max(self.params.least_gap_days));
        Kept {
            kind: self.kind(days, silence),
            n_days: days.n,
            orders: Some((days.first_order, days.last_order)),
            days: Some((self.today - days.first, recency)),
            usual_gap: usual.map(|(gap, _)| gap),
            rhythm: usual.map(|(_, rhythm)| rhythm),
            silence,
            last_return: None,
            last_contact: None,
        }
    }

    fn kind(&self, days: Days, silence: Option<f64>) -> CustomerKind {
        let age = self.today - days.first;
        if i64::from(age) <= i64::from(self.params.new_days) {
            return CustomerKind::New;
        }
        if days.n == 1 {
            return CustomerKind::OneTime;
        }
        match silence {
            None => CustomerKind::Unclear,
            Some(s) if s > self.params.lost_gaps => CustomerKind::Lost,
            Some(s) if s > self.params.lapsing_gaps => CustomerKind::Lapsing,
            Some(_) => CustomerKind::Active,
        }
    }

    fn notices(&self, kept: &[Kept]) -> Vec<String> {
        let mut said = Vec::new();
        match self.rhythms.shop {
            None => said.push(
                "nobody has bought on a second day: how long a silence means something cannot be told".into(),
            ),
            Some(gap) => {
                let is_borrowed = |k: &&Kept| k.rhythm == Some(Rhythm::Shop);
                let n = kept.iter().filter(is_borrowed).count();
                if n > 0 {
                    said.push(format!(
                        "too little is known of the rhythm of {n} of {} customers: the shop's usual gap, {gap:.1} days, stands for theirs",
                        kept.len()
                    ));
                }
            }
        }
        said
    }
}
