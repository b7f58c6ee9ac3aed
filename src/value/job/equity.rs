//! Customer equity: what all customers are worth together, and what moved it.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use serde::{Deserialize, Serialize};

use super::result::CustomerValue;
use crate::error::{Error, Result};
use crate::table::union::union;
use crate::value::columns::to_batch;
use crate::value::profit::Money;

/// What has become of a customer between two valuations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Movement {
    /// Not a customer at the earlier one.
    New,
    /// No longer likely to be a customer, or not valued any more.
    Lost,
    /// Worth more.
    Grown,
    /// Worth less.
    Shrunk,
    /// Worth the same.
    Unchanged,
}

impl Movement {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::New,
        Self::Lost,
        Self::Grown,
        Self::Shrunk,
        Self::Unchanged,
    ];

    /// Its name, as in serialised form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Lost => "lost",
            Self::Grown => "grown",
            Self::Shrunk => "shrunk",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Customers of one movement, and their values together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Moved {
    n_customers: u64,
    before: Money,
    after: Money,
}

/// What moved customer equity from one valuation to the next: opening and all changes come to closing, to the last ten-thousandth.
#[derive(Debug, Clone)]
pub struct EquityChange {
    opening: Money,
    closing: Money,
    moved: [Moved; 5],
}

impl EquityChange {
    /// What all customers were worth at the earlier valuation.
    #[must_use]
    pub const fn opening(&self) -> Money {
        self.opening
    }

    /// What all are worth at the later one.
    #[must_use]
    pub const fn closing(&self) -> Money {
        self.closing
    }

    /// What a movement added.
    #[must_use]
    pub fn change(&self, movement: Movement) -> Money {
        let own = &self.moved[movement as usize];
        own.after - own.before
    }

    /// Customers of a movement.
    #[must_use]
    pub fn n_customers(&self, movement: Movement) -> u64 {
        self.moved[movement as usize].n_customers
    }

    /// One row for each movement: `movement`, `n_customers`, and their value `before` and `after` with the `change`.
    ///
    /// # Errors
    /// None that are known.
    pub fn batch(&self) -> Result<RecordBatch> {
        let money = |f: &dyn Fn(&Moved) -> Money| -> ArrayRef {
            let values = self.moved.iter().map(|m| Some(f(m).units()));
            Arc::new(values.collect::<Float64Array>())
        };
        let names: StringArray = Movement::ALL.iter().map(|m| Some(m.name())).collect();
        let counts: UInt64Array = self.moved.iter().map(|m| Some(m.n_customers)).collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("movement", Arc::new(names)),
            ("n_customers", Arc::new(counts)),
            ("before", money(&|m| m.before)),
            ("after", money(&|m| m.after)),
            ("change", money(&|m| m.after - m.before)),
        ];
        to_batch(columns, &[], "movements of equity")
    }
}

impl CustomerValue {
    /// Customer equity: the values of all customers together.
    ///
    /// # Errors
    /// [`Error::BadValues`] for a value beyond all sums.
    pub fn equity(&self) -> Result<Money> {
        let mut sum = Money::default();
        self.moneys()?.into_iter().for_each(|m| sum += m);
        Ok(sum)
    }

    /// What moved customer equity since an `earlier` valuation with the same horizon and discount.
    ///
    /// Who was valued later only is new. Who was valued earlier only is lost, and who is a customer still with a chance below `lost_below`, such as .1, but was one with a higher chance before. The others have grown, shrunk, or are unchanged.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `lost_below` outside [0, 1]; [`Error::FeatureMismatch`] for valuations that cannot be compared.
    pub fn equity_change(&self, earlier: &Self, lost_below: f64) -> Result<EquityChange> {
        if !(0.0..=1.0).contains(&lost_below) {
            let rule = "must be in [0, 1]";
            return Err(Error::parameter(
                "equity_change",
                "lost_below",
                rule,
                lost_below,
            ));
        }
        self.check_alike(earlier)?;
        let (before, after) = (earlier.moneys()?, self.moneys()?);
        let all = union(
            earlier.ids(),
            self.ids(),
            "customers of the later valuation",
        )?;
        let mut places: Vec<[Option<usize>; 2]> = vec![[None; 2]; all.values.len()];
        for (side, numbers) in [&all.first, &all.second].into_iter().enumerate() {
            for (i, &number) in numbers.iter().enumerate() {
                places[number as usize][side] = Some(i);
            }
        }
        let (was, is) = (earlier.numbers("p_alive"), self.numbers("p_alive"));
        let mut change = EquityChange {
            opening: earlier.equity()?,
            closing: self.equity()?,
            moved: [Moved::default(); 5],
        };
        for [then, now] in places {
            let value =
                |place: Option<usize>, of: &[Money]| place.map_or(Money::default(), |i| of[i]);
            let (then_value, now_value) = (value(then, &before), value(now, &after));
            let movement = match (then, now) {
                (None, _) => Movement::New,
                (Some(_), None) => Movement::Lost,
                (Some(a), Some(b)) if is[b] < lost_below && was[a] >= lost_below => Movement::Lost,
                _ if now_value > then_value => Movement::Grown,
                _ if now_value < then_value => Movement::Shrunk,
                _ => Movement::Unchanged,
            };
            let own = &mut change.moved[movement as usize];
            own.n_customers += 1;
            own.before += then_value;
            own.after += now_value;
        }
        Ok(change)
    }

    /// Whether both say the same of customers.
    fn check_alike(&self, earlier: &Self) -> Result<()> {
        let (own, other) = (self.model(), earlier.model());
        let what = |m: &super::fit::ValueModel| {
            let money = if m.margin.is_some() {
                "profit"
            } else {
                "money"
            };
            format!(
                "{money} of {} days, discounted by {}",
                m.params.horizon_days, m.params.discount_rate
            )
        };
        if what(own) == what(other) {
            return Ok(());
        }
        Err(Error::FeatureMismatch {
            what: "the earlier valuation".into(),
            why: format!("it is of {}, the later of {}", what(other), what(own)),
        })
    }

    /// Each customer's value in whole ten-thousandths.
    fn moneys(&self) -> Result<Vec<Money>> {
        let one = |(row, &value): (usize, &f64)| {
            let money = Money::of(value).map(|(money, _)| money);
            money.ok_or_else(|| Error::BadValues {
                column: "value".into(),
                count: 1,
                first_row: Some(row as u64),
                value: value.to_string(),
                rule: "are no sums of money".into(),
                remedy: "look for impossible amounts".into(),
            })
        };
        self.numbers("value").iter().enumerate().map(one).collect()
    }
}
