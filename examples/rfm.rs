//! Customers of a shop in segments, and who moved: `cargo run --example rfm`.
#![allow(clippy::print_stdout, reason = "an example says what it found")]

use patronomy::rfm::{RfmParams, SegmentMap};
use patronomy::{Context, Moment, simulate::Shop};

fn main() -> patronomy::Result<()> {
    let tx = Shop::new(1_000, 730, 0).transactions()?;
    let (past, later) = tx.split(Moment::parse("2025-07-01")?)?;

    let params = RfmParams::new()
        .segments(SegmentMap::rf_grid())
        .period_days(180);
    let before = params.fit(&past, &Context::new())?;
    let after = before.model().score(&later, &Context::new())?;

    let (n, m) = (before.batch().num_rows(), after.batch().num_rows());
    println!("{n} customers before, {m} after");
    let counts = before.counts();
    println!("{} of {} rows used", counts.rows_used, counts.rows_in);
    println!("{} different moves", after.moves(&before)?.num_rows());
    Ok(())
}
