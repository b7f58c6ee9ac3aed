//! Roles: what each column of a transaction table means, named once by the caller.

use serde::{Deserialize, Serialize};

/// Which column plays which part.
///
/// `customer` and `time` are needed; a job that needs another role says so. The money of a line is `amount` where it is named,
/// else `quantity * price`.
///
/// ```
/// use patronomy::Roles;
/// let roles = Roles::new("CustomerID", "InvoiceDate").transaction("InvoiceNo").quantity("Quantity").price("UnitPrice");
/// assert_eq!(roles.iter().count(), 5);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Roles {
    /// Who bought: the customer's identifier.
    pub customer: String,
    /// When: the instant or day of the line.
    pub time: String,
    /// The order, invoice or receipt that the line belongs to; without it every line is an order.
    #[serde(default)]
    pub transaction: Option<String>,
    /// What was bought: the item's identifier.
    #[serde(default)]
    pub item: Option<String>,
    /// The item's name, for people.
    #[serde(default)]
    pub item_name: Option<String>,
    /// How many; negative for a return.
    #[serde(default)]
    pub quantity: Option<String>,
    /// Money per piece.
    #[serde(default)]
    pub price: Option<String>,
    /// Money of the line.
    #[serde(default)]
    pub amount: Option<String>,
    /// Money taken off the line, where its money is that before discounts.
    #[serde(default)]
    pub discount: Option<String>,
    /// Cost of the line's goods.
    #[serde(default)]
    pub cost: Option<String>,
    /// Where it was bought.
    #[serde(default)]
    pub channel: Option<String>,
    /// What kind of customer, such as private or wholesale.
    #[serde(default)]
    pub customer_kind: Option<String>,
    /// Currency of the money.
    #[serde(default)]
    pub currency: Option<String>,
}

macro_rules! setters {
    ($($name:ident),*) => {
        $(
            #[doc = concat!("Names the column of role `", stringify!($name), "`.")]
            #[must_use]
            pub fn $name(mut self, column: impl Into<String>) -> Self {
                self.$name = Some(column.into());
                self
            }
        )*

        /// Every role there is.
        pub(crate) const NAMES: &[&str] = &["customer", "time", $(stringify!($name)),*];

        /// The roles that are named, each with its column.
        pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
            [("customer", Some(self.customer.as_str())), ("time", Some(self.time.as_str()))]
                .into_iter()
                .chain([$((stringify!($name), self.$name.as_deref())),*])
                .filter_map(|(role, column)| column.map(|c| (role, c)))
        }
    };
}

impl Roles {
    /// The two roles every job needs.
    pub fn new(customer: impl Into<String>, time: impl Into<String>) -> Self {
        Self {
            customer: customer.into(),
            time: time.into(),
            ..Self::default()
        }
    }

    setters!(
        transaction,
        item,
        item_name,
        quantity,
        price,
        amount,
        discount,
        cost,
        channel,
        customer_kind,
        currency
    );
}
