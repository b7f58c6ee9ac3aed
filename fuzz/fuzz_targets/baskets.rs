//! Baskets from any text in any form, and from any compressed rows. Nothing may panic, and all entries are accounted for.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use patronomy::Context;
use patronomy::baskets::{BasketFormat, Baskets};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    text: &'a [u8],
    separator: char,
    indptr: Vec<i64>,
    indices: Vec<i64>,
    n_columns: u16,
}

fn check(baskets: &Baskets) {
    let counts = baskets.counts();
    let n_items: usize = baskets.iter().map(|(items, _)| items.len()).sum();
    assert_eq!(counts.rows_used, n_items as u64 + baskets.n_repeated());
    assert_eq!(counts.rows_in, counts.rows_used + counts.left_out.values().sum::<u64>());
    assert!(baskets.iter().all(|(items, _)| items.is_sorted_by(|a, b| a < b)));
}

fuzz_target!(|input: Input<'_>| {
    let ctx = Context::new();
    for format in [BasketFormat::Fimi, BasketFormat::Spmf, BasketFormat::Separated(input.separator)] {
        if let Ok(baskets) = Baskets::parse(input.text, format, &ctx) {
            check(&baskets);
            assert!(baskets.support_counts().iter().all(|&n| n > 0));
        }
    }
    let n_columns = usize::from(input.n_columns);
    if let Ok(baskets) = Baskets::from_csr(&input.indptr, &input.indices, n_columns, None, &ctx) {
        check(&baskets);
    }
});
