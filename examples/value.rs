//! What customers of a shop are worth, and whether that came true: `cargo run --example value`.
#![allow(clippy::print_stdout, reason = "an example says what it found")]

use patronomy::simulate::Shop;
use patronomy::value::{
    CustomerSummary, KindParams, Law, LifetimeParams, ProfitParams, RetentionParams, ValueParams,
};
use patronomy::{Context, Moment, Result};

fn main() -> Result<()> {
    let ctx = Context::new();
    let tx = Shop::new(1_000, 730, 1).transactions()?;
    let (past, later) = tx.split(Moment::parse("2025-07-01")?)?;
    let value = ValueParams::new().horizon_days(90).fit(&past, &ctx)?;
    let model = value.model();
    for parameter in &model.lifetime.estimates.parameters {
        let interval = parameter.interval(0.95);
        println!("{} {:.3} {interval:.3?}", parameter.name, parameter.value);
    }
    println!(
        "{} customers to {}, the first tier from {:.0}",
        model.n_customers, model.reference, model.cuts[2]
    );

    // What came in the 90 days after, whom to keep, and who is lost.
    let told = value.evaluate(&later, None, &ctx)?;
    println!(
        "{:.0} expected, {:.0} came; nearer by {:.1?} a customer than the last period repeated",
        told.expected.total, told.actual, told.gain
    );
    let classes = RetentionParams::new().fit(&value, None, &ctx)?;
    println!(
        "of little value, settled, shopping around: {:?}",
        classes.counts()
    );
    let kinds = KindParams::new().fit(&past, None, &ctx)?;
    println!("{:?}", kinds.notices());
    let ledger = ProfitParams::new().assumed_cost_share(Some(0.6));
    let profit = ledger.fit(&past, None, &ctx)?;
    let gained = profit
        .totals()
        .profit
        .map_or(f64::NAN, patronomy::value::Money::units);
    println!("{gained:.2} of {:.2}", profit.totals().net_revenue.units());

    // A law alone, on columns of your own: repeats, time of the last, age.
    let summary = CustomerSummary::new(&[2.0, 0.0, 5.0], &[30.4, 0.0, 29.4], &[38.9; 3])?;
    let law = LifetimeParams::new(Law::MbgNbd).penalty(0.01);
    let law = law.fit(&summary, &ctx)?;
    println!("{:.2?}", law.p_alive(&summary, &ctx)?);
    Ok(())
}
