//! A shop: drawn when first asked, then kept.

use std::sync::{Arc, OnceLock};

use super::dirt::Plan;
use super::drawn::{Drawn, expected_lines_per_customer};
use super::oracle::Oracle;
use super::params::ShopParams;
use super::truth::Truth;
use super::write;
use crate::error::Result;
use crate::parallel::Context;
use crate::table::Table;
use crate::table::roles::Roles;
use crate::transactions::Transactions;

/// Bytes that a line takes while it is drawn and put in order, while it is written, and while the oracle looks at it.
const DRAWN: u64 = 70;
const WRITTEN: u64 = 130;
const ASKED: u64 = 150;

/// A shop whose truth is known; the [module](super) says how it comes about.
///
/// Cost: nothing until its table or its truth is asked for; then about a second for two million lines, and 30 bytes a line while the shop is
/// kept (a table takes 120 more). The same parameters give the same bits, whatever the number of threads. A budget counts the lines that the
/// parameters let expect, at 70 bytes each to draw them and 130 more to write them, the table included.
///
/// ```
/// use patronomy::simulate::Shop;
/// let shop = Shop::new(100, 365, 1);
/// assert_eq!(shop.transactions()?.n_rows(), Shop::new(100, 365, 1).transactions()?.n_rows());
/// assert!(shop.truth()?.rules()?.num_rows() > 10);
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Shop {
    params: ShopParams,
    made: OnceLock<Arc<Made>>,
}

/// What has been drawn.
#[derive(Debug)]
struct Made {
    drawn: Drawn,
    plan: Plan,
}

impl Shop {
    /// A clean shop of medium difficulty, with so many customers over so many days.
    #[must_use]
    pub fn new(n_customers: usize, n_days: u32, seed: u64) -> Self {
        let params = ShopParams::new().n_customers(n_customers);
        params.n_days(n_days).seed(seed).shop()
    }

    pub(super) const fn with(params: ShopParams) -> Self {
        Self {
            params,
            made: OnceLock::new(),
        }
    }

    /// Its parameters.
    #[must_use]
    pub const fn params(&self) -> &ShopParams {
        &self.params
    }

    /// What has been drawn, and is drawn now if nothing has; the stages to follow take so many bytes a line.
    fn made(&self, later: u64, ctx: &Context) -> Result<&Made> {
        if let Some(made) = self.made.get() {
            check_memory(made.drawn.n_rows() as f64, later, ctx)?;
            return Ok(made);
        }
        self.params.validate()?;
        if ctx.budget.max_bytes().is_some() {
            let lines = expected_lines_per_customer(&self.params) * self.params.n_customers as f64;
            check_memory(lines, DRAWN + later, ctx)?;
        }
        // Drawing is most of the work, and what follows is planned as a part of it: the fraction is not to reach its end before.
        ctx.progress
            .plan(Drawn::n_chunks(&self.params) as u64 * 5 / 4 + 4);
        let mut drawn = Drawn::draw(&self.params, ctx)?;
        let hole = Plan::hole(&self.params);
        if let Some(days) = &hole {
            drawn.cut_out(days);
        }
        let plan = Plan::new(&drawn, hole);
        Ok(self.made.get_or_init(|| Arc::new(Made { drawn, plan })))
    }

    /// Its transactions, with the roles customer, transaction, item, item name, time, quantity, price, channel, customer kind and currency bound, and
    /// amount where that is asked for.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) names the first parameter outside its rule.
    pub fn transactions(&self) -> Result<Transactions> {
        self.transactions_in(&Context::new())
    }

    /// The same in a context, which may stop it and sees its progress.
    ///
    /// # Errors
    /// As [`transactions`](Self::transactions); [`Error::Cancelled`](crate::Error::Cancelled), and
    /// [`Error::Budget`](crate::Error::Budget) with the estimate where the shop would not fit.
    pub fn transactions_in(&self, ctx: &Context) -> Result<Transactions> {
        let roles = Roles::new("customer", "time")
            .transaction("invoice")
            .item("item")
            .item_name("item_name")
            .quantity("quantity")
            .price("price")
            .channel("channel")
            .customer_kind("customer_kind")
            .currency("currency");
        let roles = if self.params.binds_amount() {
            roles.amount("amount")
        } else {
            roles
        };
        Transactions::bind(self.table_in(ctx)?, roles, None, ctx)
    }

    /// Its lines in order of time: `customer`, `invoice` (cancellations begin with `C`), `item`, `item_name`, `time`, `quantity`, `price`,
    /// `amount`, `cost`, `channel`, `customer_kind`, `currency`.
    ///
    /// # Errors
    /// As [`transactions`](Self::transactions).
    pub fn table(&self) -> Result<Table> {
        self.table_in(&Context::new())
    }

    /// The same in a context, which may stop it and sees its progress.
    ///
    /// # Errors
    /// As [`transactions_in`](Self::transactions_in).
    pub fn table_in(&self, ctx: &Context) -> Result<Table> {
        let made = self.made(WRITTEN, ctx)?;
        let table = write::table(&made.drawn, &made.plan, ctx)?;
        ctx.progress.finish();
        Ok(table)
    }

    /// What is true of it.
    ///
    /// # Errors
    /// As [`transactions`](Self::transactions).
    pub fn truth(&self) -> Result<Truth<'_>> {
        self.truth_in(&Context::new())
    }

    /// The same in a context, which may stop it and sees its progress.
    ///
    /// # Errors
    /// As [`transactions_in`](Self::transactions_in).
    pub fn truth_in(&self, ctx: &Context) -> Result<Truth<'_>> {
        let made = self.made(0, ctx)?;
        Ok(Truth {
            drawn: &made.drawn,
            plan: &made.plan,
        })
    }

    /// What the oracle makes of it.
    ///
    /// # Errors
    /// As [`transactions`](Self::transactions).
    pub fn oracle(&self) -> Result<Oracle> {
        self.oracle_in(&Context::new())
    }

    /// The same in a context, which may stop it and sees its progress.
    ///
    /// # Errors
    /// As [`transactions_in`](Self::transactions_in).
    pub fn oracle_in(&self, ctx: &Context) -> Result<Oracle> {
        let oracle = Oracle::ask(&self.made(ASKED, ctx)?.drawn, ctx)?;
        ctx.progress.finish();
        Ok(oracle)
    }
}

/// Whether so many lines fit the budget.
fn check_memory(lines: f64, bytes_each: u64, ctx: &Context) -> Result<()> {
    let needed = (lines * bytes_each as f64) as u64;
    let remedy = "ask for fewer lines or customers, or allow more";
    ctx.budget.check("the shop", needed, remedy)
}
