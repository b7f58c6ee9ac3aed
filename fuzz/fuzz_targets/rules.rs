//! Rules of any drawn baskets, through a file and back with some of its bytes changed. Nothing may panic, and what a file gives can be put to use.
#![no_main]

use std::sync::Arc;

use arbitrary::Arbitrary;
use arrow_array::Int64Array;
use libfuzzer_sys::fuzz_target;
use patronomy::Context;
use patronomy::baskets::Baskets;
use patronomy::rules::{CompiledRules, RecommendParams, RuleParams, Rules, RulesFile};
use patronomy::saved::Saved;

#[derive(Debug, Arbitrary)]
struct Input {
    rows: Vec<u8>,
    min_support_count: u8,
    min_confidence: f64,
    expression: String,
    changes: Vec<(u16, u8)>,
}

/// A basket for each byte: its bits are the items.
fn baskets(rows: &[u8]) -> Baskets {
    let mut ends = vec![];
    let mut items = vec![];
    for row in rows {
        items.extend((0..8).filter(|i| row >> i & 1 == 1));
        ends.push(items.len());
    }
    let labels = Arc::new(Int64Array::from_iter_values(0..8));
    Baskets::from_numbers(ends, items, labels).expect("items are eight")
}

fn used(rules: &Rules, baskets: &Baskets) {
    let ctx = Context::new();
    let batches = rules.batches().expect("integers can be written");
    assert_eq!(batches.iter().map(|b| b.num_rows()).sum::<usize>(), rules.len());
    rules.confidence_of_parts(&ctx).expect("nobody cancels");
    rules.evaluate(baskets, 0.05, &ctx).expect("labels are integers").batch(true).expect("integers can be written");
    let compiled = CompiledRules::new(rules, &RecommendParams::new(), &ctx).expect("defaults are right");
    compiled.recommend(baskets, &ctx).expect("labels are integers");
}

fuzz_target!(|input: Input| {
    let ctx = Context::new();
    let baskets = baskets(&input.rows);
    let params = RuleParams::new()
        .min_support_count(input.min_support_count.into())
        .min_confidence(input.min_confidence)
        .max_consequent_len(None);
    let Ok(rules) = params.fit(&baskets, &ctx) else { return };
    let _ = rules.filter(&input.expression, &ctx);
    used(&rules, &baskets);
    let mut text = rules.to_file().expect("rules are few").to_json().expect("all is JSON").into_bytes();
    for (at, byte) in input.changes {
        let place = usize::from(at) % text.len();
        text[place] = byte;
    }
    let Ok(text) = String::from_utf8(text) else { return };
    if let Ok(again) = RulesFile::from_json(&text).and_then(|file| file.rules()) {
        // Labels may have become text.
        if again.numbers(baskets.labels(), "labels").is_ok() {
            used(&again, &baskets);
        }
    }
});
