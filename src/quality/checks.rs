//! The checks, as data: what each is called, what it looks at, what it says.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Which side of quality a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Dimension {
    /// What should be there is there.
    Completeness,
    /// Values are of a form and in a range that they can have.
    Validity,
    /// Nothing is there twice.
    Uniqueness,
    /// Values agree with each other.
    Consistency,
    /// Rows are there for every time, and for none that has not come.
    Timeliness,
}

impl Dimension {
    /// Every dimension, in order.
    pub const ALL: [Self; 5] = [
        Self::Completeness,
        Self::Validity,
        Self::Uniqueness,
        Self::Consistency,
        Self::Timeliness,
    ];

    /// The name, as in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completeness => "completeness",
            Self::Validity => "validity",
            Self::Uniqueness => "uniqueness",
            Self::Consistency => "consistency",
            Self::Timeliness => "timeliness",
        }
    }
}

/// What a check is called and what it finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckInfo {
    /// The name by which it is switched off, demanded, or made a reason to leave rows out.
    pub name: Cow<'static, str>,
    /// The role it looks at; of the whole table where there is none.
    pub role: Option<&'static str>,
    /// The side of quality it belongs to.
    pub dimension: Dimension,
    /// What its findings are.
    pub finds: Cow<'static, str>,
    /// Whether it points at what may be sound business, such as a return, rather than at a fault.
    pub is_remark: bool,
}

macro_rules! checks {
    ($($kind:ident $name:literal $role:expr, $dimension:ident, $is_remark:literal, $finds:literal;)*) => {
        /// A built-in check.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub(crate) enum Check {
            $($kind),*
        }

        impl Check {
            pub(crate) const ALL: &[Self] = &[$(Self::$kind),*];
        }

        /// Every built-in check, in the order of their findings.
        pub const CHECKS: &[CheckInfo] = &[$(CheckInfo {
            name: Cow::Borrowed($name),
            role: $role,
            dimension: Dimension::$dimension,
            finds: Cow::Borrowed($finds),
            is_remark: $is_remark,
        }),*];
    };
}

checks! {
    CustomerMissing "customer_missing" Some("customer"), Completeness, false, "the customer is null or blank";
    CustomerMalformed "customer_malformed" Some("customer"), Validity, false,
        "the customer is a stand-in, holds control characters, or is written like hardly any other";
    CustomerUnknown "customer_unknown" Some("customer"), Consistency, false, "the customer is not in the table of customers";
    TransactionMissing "transaction_missing" Some("transaction"), Completeness, false, "the transaction is null or blank";
    TransactionMalformed "transaction_malformed" Some("transaction"), Validity, false,
        "the transaction is a stand-in, holds control characters, or is written like hardly any other";
    ItemMissing "item_missing" Some("item"), Completeness, false, "the item is null or blank";
    ItemUnknown "item_unknown" Some("item"), Consistency, false, "the item is not in the table of items";
    ItemNameMissing "item_name_missing" Some("item_name"), Completeness, false, "the item's name is null or blank";
    ItemNameVaries "item_name_varies" Some("item_name"), Consistency, false,
        "the item's name is nearly, but not quite, the one it mostly has";
    TestRow "test_row" Some("item"), Validity, false, "the item's code or name says that it is a test";
    AdjustmentRow "adjustment_row" Some("item"), Validity, true,
        "the item's code or name says that it is postage, a fee, a discount or an adjustment";
    TimeMissing "time_missing" Some("time"), Completeness, false, "the time is null or cannot be read";
    TimeImpossible "time_impossible" Some("time"), Validity, false,
        "the time is before 1900, not before 2200, or a midnight that stands for no time";
    TimeFuture "time_future" Some("time"), Timeliness, false, "the time has not come yet";
    TimeHole "time_hole" Some("time"), Timeliness, false, "days without rows where rows were to be expected";
    AmountMissing "amount_missing" Some("amount"), Completeness, false, "the quantity, the price or the amount is null";
    AmountNotFinite "amount_not_finite" Some("amount"), Validity, false, "the quantity, the price or the amount is NaN or infinite";
    QuantityZero "quantity_zero" Some("quantity"), Validity, false, "the quantity is zero";
    AmountZero "amount_zero" Some("amount"), Validity, true, "the price or the amount is zero";
    PriceNegative "price_negative" Some("price"), Validity, false, "the price is negative, or the amount of a positive quantity is";
    SumMismatch "sum_mismatch" Some("amount"), Consistency, false, "the amount is not quantity times price";
    PriceOutlier "price_outlier" Some("price"), Validity, false, "the price is far from what the item costs elsewhere in the table";
    CurrencyMixed "currency_mixed" Some("currency"), Consistency, false, "the currency is not the one most rows have";
    Duplicate "duplicate" None, Uniqueness, false, "the row equals an earlier one";
    Cancellation "cancellation" Some("transaction"), Validity, true, "the transaction's number says that it cancels another";
    NegativeQuantity "negative_quantity" Some("quantity"), Validity, true, "the quantity is negative, but the transaction's number says no cancellation";
    OrderCancelled "order_cancelled" None, Consistency, true, "a purchase that was returned whole";
    ReturnUnmatched "return_unmatched" None, Consistency, false, "a return that finds no earlier purchase of that customer, item and price, or not for all of it";
    FullWidthText "full_width_text" None, Consistency, false, "a text holds full-width letters, digits or spaces";
    BrokenEncoding "broken_encoding" None, Validity, false, "a text was read in another encoding than it was written in";
    UntrimmedText "untrimmed_text" None, Consistency, false, "a text begins or ends with blanks";
    BulkBuyer "bulk_buyer" Some("customer_kind"), Consistency, false,
        "a customer with orders far larger than others', who is not marked as another kind";
}

impl Check {
    pub(crate) const COUNT: usize = Self::ALL.len();

    pub(crate) const fn info(self) -> &'static CheckInfo {
        &CHECKS[self as usize]
    }

    pub(crate) const fn bit(self) -> u64 {
        1 << self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_fit_a_word() {
        let names: std::collections::BTreeSet<&str> = CHECKS.iter().map(|c| &*c.name).collect();
        assert_eq!(names.len(), CHECKS.len());
        const { assert!(Check::COUNT <= 64) };
        for (i, check) in Check::ALL.iter().enumerate() {
            assert_eq!(*check as usize, i);
        }
    }
}
