//! The columns that the checks read, in the forms they read them in.

use super::ids::Ids;
use crate::error::Result;
use crate::table::bound::Bound;
use crate::table::ids::IdColumn;
use crate::table::ids::codec::Codec;
use crate::table::values::ValueColumn;

/// What the checks read of a table.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    pub(super) bound: &'a Bound,
    pub(super) customer: Ids,
    pub(super) transaction: Option<Ids>,
    pub(super) item: Option<ValueColumn>,
    pub(super) item_name: Option<ValueColumn>,
    pub(super) currency: Option<ValueColumn>,
    pub(super) customer_kind: Option<ValueColumn>,
    /// Further columns of texts, looked at for how they are written.
    pub(super) texts: Vec<ValueColumn>,
    /// The columns over which rows are compared.
    pub(super) compared: Vec<ValueColumn>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(bound: &'a Bound, compared: Option<&[String]>) -> Result<Self> {
        let roles = &bound.roles;
        let of_role = |role: &str, name: Option<&String>| {
            name.map(|name| values(bound, name, role)).transpose()
        };
        let ids = |column: &IdColumn, name: &str, role: &str| -> Result<Ids> {
            if column.is_integer() {
                return Ok(Ids::Integers(
                    column.reader(Some(Codec::Integer))?,
                    column.key_of_zero(),
                ));
            }
            Ok(Ids::Texts(values(bound, name, role)?))
        };
        let texts = [
            ("channel", &roles.channel),
            ("customer_kind", &roles.customer_kind),
            ("currency", &roles.currency),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(role, name)| of_role(role, name.as_ref()).transpose());
        let all: Vec<String>;
        let compared = if let Some(names) = compared {
            names
        } else {
            all = bound.table.names().into_iter().map(str::to_owned).collect();
            &all
        };
        let is_shared =
            |name: &String| bound.table.names().iter().filter(|n| *n == name).count() > 1;
        let (shared, own): (Vec<&String>, Vec<&String>) =
            compared.iter().partition(|n| is_shared(n));
        let mut compared = own
            .into_iter()
            .map(|n| values(bound, n, "duplicates"))
            .collect::<Result<Vec<_>>>()?;
        for (i, name) in bound.table.names().into_iter().enumerate() {
            if shared.iter().any(|s| *s == name) {
                compared.push(ValueColumn::new(&bound.table.column(i))?);
            }
        }
        Ok(Self {
            bound,
            customer: ids(&bound.customer, &roles.customer, "customer")?,
            transaction: match (&bound.transaction, &roles.transaction) {
                (Some(column), Some(name)) => Some(ids(column, name, "transaction")?),
                _ => None,
            },
            item: of_role("item", roles.item.as_ref())?,
            item_name: of_role("item_name", roles.item_name.as_ref())?,
            currency: of_role("currency", roles.currency.as_ref())?,
            customer_kind: of_role("customer_kind", roles.customer_kind.as_ref())?,
            texts: texts.collect::<Result<_>>()?,
            compared,
        })
    }
}

fn values(bound: &Bound, name: &str, role: &str) -> Result<ValueColumn> {
    let table = &bound.table;
    ValueColumn::new(&table.column(table.position(name, role)?))
}
