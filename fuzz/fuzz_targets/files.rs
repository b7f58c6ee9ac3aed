//! Files from anywhere: the same bytes as a CSV file, a Parquet file and a saved model. Nothing may panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use patronomy::rfm::{RfmModel, RfmParams};
use patronomy::saved::Saved;
use patronomy::simulate::Shop;
use patronomy::{Context, Roles, Transactions, io};

fuzz_target!(
    // The library catches panics of the file readers; the fuzzer's own hook would end the process before it could.
    init: std::panic::set_hook(Box::new(|info| eprintln!("{info}"))),
    |data: &[u8]| {
    // The first byte says what the rest is.
    let Some((&kind, bytes)) = data.split_first() else {
        return;
    };
    let ending = ["csv", "parquet", "json"][usize::from(kind % 3)];
    let path = std::env::temp_dir().join(format!("patronomy-fuzz-{}.{ending}", std::process::id()));
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    if ending == "json" {
        if let Ok(model) = RfmModel::load(&path) {
            let tx = Shop::new(20, 100, 1).transactions().unwrap();
            let _ = model.score(&tx, &Context::new());
        }
    } else if let Ok(table) = io::read_table(&path, &[], &Context::new()) {
        let names: Vec<String> = table
            .schema()
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .collect();
        let [customer, time, amount, ..] = &names[..] else {
            return;
        };
        let roles = Roles::new(customer, time).amount(amount);
        if let Ok(tx) = Transactions::new(table.clone(), roles) {
            let _ = RfmParams::new().fit(&tx, &Context::new());
        }
    }
}
);
