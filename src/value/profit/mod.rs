//! What customers and orders have brought: a ledger of revenue, discounts, returns, costs of goods and costs to serve, in whole ten-thousandths.

mod entries;
mod fit;
mod margin;
mod money;
mod params;
mod result;
mod service;

pub use margin::MarginModel;
pub use money::Money;
pub use params::ProfitParams;
pub use result::{Profit, ProfitTotals};

pub(super) use entries::Entries;
pub(super) use margin::Earned;
