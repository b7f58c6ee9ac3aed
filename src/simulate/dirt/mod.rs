//! Dirt: twenty-odd ways in which real tables are spoiled, each injected as often as asked, and recorded.

mod plan;
mod spoil;
mod text;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(super) use plan::{Edit, Plan};
pub(super) use spoil::spoil;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal),* $(,)?) => {
        /// What is wrong with a row. Each row has one kind of dirt at most, and nothing else is disturbed: spoiled rows are purchases of which
        /// nothing comes back.
        ///
        /// ```
        /// use patronomy::simulate::Dirt;
        /// assert_eq!(Dirt::FullWidthText.name(), "full_width_text");
        /// assert_eq!(Dirt::from_name("time_hole"), Some(Dirt::TimeHole));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Dirt {
            $($(#[$doc])* $kind,)*
        }

        impl Dirt {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name by which parameters and the truth know it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// No customer.
    CustomerMissing = "customer_missing",
    /// A customer's id that is none: `??`, `N/A`, a control character inside, another shape; 0 or -1 among integers.
    CustomerMalformed = "customer_malformed",
    /// No transaction.
    TransactionMissing = "transaction_missing",
    /// No item.
    ItemMissing = "item_missing",
    /// No time.
    TimeMissing = "time_missing",
    /// A time that stands for none: 1900-01-01, 1970-01-01, or the year 2999.
    TimeImpossible = "time_impossible",
    /// A time 10 to 20 years after the shop's last day.
    TimeFuture = "time_future",
    /// No price, and no amount.
    AmountMissing = "amount_missing",
    /// A price, and so an amount, that is no number or infinite.
    AmountNotFinite = "amount_not_finite",
    /// A quantity of 0.
    QuantityZero = "quantity_zero",
    /// A price of 0.
    AmountZero = "amount_zero",
    /// A price below 0 for a positive quantity.
    PriceNegative = "price_negative",
    /// An amount that is off quantity times price by more than a hundredth.
    SumMismatch = "sum_mismatch",
    /// The row once more, right after it.
    Duplicate = "duplicate",
    /// A row more: a return of what the customer never bought.
    ReturnUnmatched = "return_unmatched",
    /// A row more: an item `TEST001`, in a transaction of its own.
    TestRow = "test_row",
    /// A row more in a transaction: postage, a bank charge, an adjustment.
    AdjustmentRow = "adjustment_row",
    /// Another currency, and the price in it.
    CurrencyMixed = "currency_mixed",
    /// An item's code that is in no list of items.
    ItemUnknown = "item_unknown",
    /// The item's name with a typing error, in other letters, or spaced otherwise.
    ItemNameVaries = "item_name_varies",
    /// An item's code in full-width letters and digits.
    FullWidthText = "full_width_text",
    /// A name whose UTF-8 was read as Latin-1, or that has lost a letter to U+FFFD.
    BrokenEncoding = "broken_encoding",
    /// Blanks before or after the name.
    UntrimmedText = "untrimmed_text",
    /// A price 20 to 100 times what it should be, or as many times too small.
    PriceOutlier = "price_outlier",
    /// Private customers whose orders cost 30 to 100 times the usual; the share is one of customers, at least one.
    BulkBuyer = "bulk_buyer",
    /// 3 to 10 days in the middle without a row; one hole whatever the share, none in a shop of less than ten days.
    TimeHole = "time_hole",
}

impl Dirt {
    /// The kind of a name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|d| d.name() == name)
    }

    /// Whether it is a row more, rather than a row spoiled.
    pub(super) const fn is_inserted(self) -> bool {
        matches!(
            self,
            Self::Duplicate | Self::ReturnUnmatched | Self::TestRow | Self::AdjustmentRow
        )
    }
}

impl fmt::Display for Dirt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_serde() {
        for &kind in Dirt::ALL {
            let text = serde_json::to_string(&kind).unwrap();
            assert_eq!(text.trim_matches('"'), kind.name());
            assert_eq!(Dirt::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Dirt::ALL.len(), 26);
    }
}
