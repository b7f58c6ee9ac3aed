//! Customers of a shop in segments: `cargo run --example rfm`, or with a Parquet file that has the columns `customer`, `invoice`, `time`,
//! `quantity` and `price`: `cargo run --example rfm -- sales.parquet`.

use patronomy::rfm::{RfmParams, SegmentMap};
use patronomy::simulate::Shop;
use patronomy::{Context, Roles, Transactions, io};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let roles = Roles::new("customer", "time")
        .transaction("invoice")
        .quantity("quantity")
        .price("price");
    let tx = match std::env::args_os().nth(1) {
        Some(path) => {
            let columns: Vec<_> = roles.iter().collect();
            Transactions::new(io::read_table(path.as_ref(), &columns)?, roles.clone())?
        }
        None => Shop::new(1_000, 730, 7).transactions()?,
    };

    let params = RfmParams::new().segments(SegmentMap::rf_grid());
    let rfm = params.fit(&tx, &Context::new())?;

    let counts = rfm.counts();
    let table = arrow_cast::pretty::pretty_format_batches(&[rfm.segments()?])?;
    let said = format!(
        "{} of {} rows used, left out: {:?}\n{} customers as of {}\n{table}\n",
        counts.rows_used,
        counts.rows_in,
        counts.left_out,
        rfm.batch().num_rows(),
        rfm.model().reference,
    );
    std::io::Write::write_all(&mut std::io::stdout(), said.as_bytes())?;
    Ok(())
}
