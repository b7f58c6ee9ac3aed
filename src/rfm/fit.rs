//! Fitting: transactions to scores, and the model that scores again.

use serde::{Deserialize, Serialize};

use super::breaks::{Breaks, Cuts};
use super::conventions::{Axis, Binned, Good, bin_of, score};
use super::params::{Nesting, RfmParams};
use super::result::{Measures, Rfm, Scores};
use crate::error::Result;
use crate::parallel::{Context, join};
use crate::saved::Saved;
use crate::table::time::Moment;
use crate::transactions::Transactions;
use crate::transactions::counts::RowCounts;
use crate::transactions::customers::Customers;

/// What RFM has learnt: cut points, with the parameters and the data they came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RfmModel {
    /// The parameters it was fitted with.
    pub params: RfmParams,
    /// The cut points.
    pub breaks: Breaks,
    /// The day recency counted back from, as ISO text.
    pub reference: String,
    /// Customers scored.
    pub n_customers: u64,
    /// Where the rows went.
    pub counts: RowCounts,
    /// What the user should know.
    pub notices: Vec<String>,
    /// Hash of the measures it learnt from, hexadecimal.
    pub data_hash: String,
}

impl RfmModel {
    /// Scores another view with these cut points; its reference is its own.
    ///
    /// # Errors
    /// As [`RfmParams::fit`].
    pub fn score(&self, tx: &Transactions, ctx: &Context) -> Result<Rfm> {
        let params = RfmParams {
            breaks: Some(self.breaks.clone()),
            reference: None,
            ..self.params.clone()
        };
        params.fit(tx, ctx)
    }

    /// Whether a fit could have produced the model.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) names what no fit produces.
    pub fn validate(&self) -> Result<()> {
        self.params.validate()?;
        self.breaks.validate()
    }
}

impl Saved for RfmModel {
    const KIND: &'static str = "rfm";

    fn check(&self) -> Result<()> {
        self.validate()
    }
}

impl RfmParams {
    /// Scores the customers of a view.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for a bad parameter; [`Error::TooFewRows`](crate::Error::TooFewRows) if no customer has an order; a missing role; [`Error::Cancelled`](crate::Error::Cancelled);
    /// [`Error::Budget`](crate::Error::Budget).
    pub fn fit(&self, tx: &Transactions, ctx: &Context) -> Result<Rfm> {
        self.validate()?;
        let (tx, customers) = self.view(tx, ctx)?;
        let counts = customers.counts();
        if customers.len() == 0 {
            return Err(counts.no_customers("rfm"));
        }
        let breadth = if self.breadth {
            Some(tx.breadth(ctx)?)
        } else {
            None
        };
        let calendar = tx.zone().calendar();
        let reference = self.reference_instant(&tx, &customers)?;
        let n_without_order = customers.n_without_order;
        let measures = Measures::new(customers, self.monetary, calendar, reference, breadth, ctx)?;
        let (scores, breaks) = match &self.breaks {
            Some(breaks) => (score_all(&measures, breaks, ctx)?, breaks.clone()),
            None => self.learn(&measures, ctx)?,
        };
        let notices = notices(n_without_order, &breaks);
        let model = RfmModel {
            params: self.clone(),
            breaks,
            reference: Moment::Day(calendar.day(reference)).to_text(tx.zone()),
            n_customers: measures.len() as u64,
            counts,
            notices,
            data_hash: measures.hash(ctx)?,
        };
        let rfm = Rfm::new(model, measures, &scores, tx.zone(), ctx)?;
        ctx.progress.finish();
        Ok(rfm)
    }

    /// The rows the reference and the period leave, added up per customer.
    fn view(&self, tx: &Transactions, ctx: &Context) -> Result<(Transactions, Customers)> {
        let mut view = match self.reference {
            Some(moment) => tx.until(moment.end(tx.zone())?),
            None => tx.clone(),
        };
        if let Some(days) = self.period_days {
            let reference = match (self.reference, view.clock()) {
                (None, None) => latest(&view.customers(ctx)?),
                _ => self.reference_instant_known(&view)?,
            };
            let calendar = tx.zone().calendar();
            let first_day = i64::from(calendar.day(reference)) - i64::from(days) + 1;
            view = view.since(calendar.start_of(first_day.max(i64::from(i32::MIN)) as i32));
        }
        let customers = view.customers(ctx)?;
        Ok((view, customers))
    }

    fn reference_instant(&self, tx: &Transactions, customers: &Customers) -> Result<i64> {
        if self.reference.is_none() && tx.clock().is_none() {
            return Ok(latest(customers));
        }
        self.reference_instant_known(tx)
    }

    fn reference_instant_known(&self, tx: &Transactions) -> Result<i64> {
        match self.reference {
            Some(moment) => moment.end(tx.zone()),
            None => Ok(tx.clock().unwrap_or(0)),
        }
    }

    /// Cuts the axes: each alone, or one within the other.
    fn learn(&self, measures: &Measures, ctx: &Context) -> Result<(Scores, Breaks)> {
        let axis = |i: usize| Axis {
            name: ["recency_days", "frequency", "monetary"][i],
            good: if i == 0 { Good::Low } else { Good::High },
            k: self.n_bins[i],
            convention: self.convention,
        };
        let [r, f, m] = measures.axes();
        let (r, (f, m), cuts_f, cuts_m) = match self.nesting {
            Nesting::Independent => {
                let n = measures.len();
                let (r, (f, m)) = join(
                    n,
                    || axis(0).bin(r, ctx),
                    || join(n, || axis(1).bin(f, ctx), || axis(2).bin(m, ctx)),
                );
                let (r, f, m) = (r?, f?, m?);
                (
                    r,
                    (f.scores, m.scores),
                    Cuts::One(f.cuts),
                    Cuts::One(m.cuts),
                )
            }
            Nesting::Nested => {
                // Cells are numbered by the labels there are: some conventions give fewer than were asked for.
                let r = axis(0).bin(r, ctx)?;
                let k_r = r.cuts.len() + 1;
                let by_r: Vec<usize> = r.scores.iter().map(|&s| usize::from(s) - 1).collect();
                let (f, cuts_f) = within(axis(1), f, &by_r, k_r, ctx)?;
                let k_f = cuts_f.iter().map(Vec::len).max().unwrap_or(0) + 1;
                let by_rf: Vec<usize> = by_r
                    .iter()
                    .zip(&f)
                    .map(|(&c, &s)| c * k_f + usize::from(s) - 1)
                    .collect();
                let (m, cuts_m) = within(axis(2), m, &by_rf, k_r * k_f, ctx)?;
                (r, (f, m), Cuts::PerCell(cuts_f), Cuts::PerCell(cuts_m))
            }
        };
        let breaks = Breaks {
            recency: Cuts::One(r.cuts),
            frequency: cuts_f,
            monetary: cuts_m,
            closed: Axis::closed(self.convention),
        };
        Ok((Scores { r: r.scores, f, m }, breaks))
    }
}

/// Cuts an axis within each cell; a cell without customers keeps the cuts of all, for those who come later.
fn within(
    axis: Axis,
    values: &[f64],
    cells: &[usize],
    n_cells: usize,
    ctx: &Context,
) -> Result<(Vec<u8>, Vec<Vec<f64>>)> {
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); n_cells];
    cells
        .iter()
        .enumerate()
        .for_each(|(i, &c)| rows[c].push(i as u32));
    let mut scores = vec![0; values.len()];
    let mut cuts = Vec::with_capacity(n_cells);
    let mut of_all: Option<Vec<f64>> = None;
    for members in rows {
        if members.is_empty() {
            if of_all.is_none() {
                of_all = Some(axis.bin(values, ctx)?.cuts);
            }
            cuts.push(of_all.clone().unwrap_or_default());
            continue;
        }
        let inner: Vec<f64> = members.iter().map(|&i| values[i as usize]).collect();
        let Binned {
            scores: inner_scores,
            cuts: inner_cuts,
        } = axis.bin(&inner, ctx)?;
        members
            .iter()
            .zip(inner_scores)
            .for_each(|(&i, s)| scores[i as usize] = s);
        cuts.push(inner_cuts);
    }
    Ok((scores, cuts))
}

/// Scores all customers with given cut points.
fn score_all(measures: &Measures, breaks: &Breaks, ctx: &Context) -> Result<Scores> {
    let [r, f, m] = measures.axes();
    let closed = breaks.closed;
    let k_f = usize::from(breaks.n_bins()[1]);
    let r = score(r, breaks.recency.of(0), closed, Good::Low, ctx)?;
    let f = match &breaks.frequency {
        Cuts::One(cuts) => score(f, cuts, closed, Good::High, ctx)?,
        cells @ Cuts::PerCell(_) => f
            .iter()
            .zip(&r)
            .map(|(&v, &r)| bin_of(v, cells.of(usize::from(r) - 1), closed))
            .collect(),
    };
    let m = match &breaks.monetary {
        Cuts::One(cuts) => score(m, cuts, closed, Good::High, ctx)?,
        cells @ Cuts::PerCell(_) => {
            let cell = |i: usize| (usize::from(r[i]) - 1) * k_f + usize::from(f[i]) - 1;
            m.iter()
                .enumerate()
                .map(|(i, &v)| bin_of(v, cells.of(cell(i)), closed))
                .collect()
        }
    };
    Ok(Scores { r, f, m })
}

fn latest(customers: &Customers) -> i64 {
    customers.latest.unwrap_or(0)
}

fn notices(n_without_order: u64, breaks: &Breaks) -> Vec<String> {
    let mut notices = Vec::new();
    if n_without_order > 0 {
        notices.push(format!(
            "{n_without_order} customer(s) have no order and are not scored"
        ));
    }
    let axes = [
        ("recency", &breaks.recency),
        ("frequency", &breaks.frequency),
        ("monetary", &breaks.monetary),
    ];
    for (name, cuts) in axes {
        let Cuts::One(cuts) = cuts else { continue };
        let mut distinct = cuts.clone();
        distinct.dedup();
        if distinct.len() < cuts.len() {
            notices.push(format!(
                "cut points of {name} coincide: of {} scores at most {} are given",
                cuts.len() + 1,
                distinct.len() + 1
            ));
        }
    }
    notices
}
