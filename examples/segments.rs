//! Segments of a shop, found, named, and found again a month later: `cargo run --example segments`.
#![allow(clippy::print_stdout, reason = "an example says what it found")]

use patronomy::features::{FeatureParams, FeatureSet};
use patronomy::segment::job::{Judgement, SegmentParams};
use patronomy::segment::profile::ProfileParams;
use patronomy::simulate::Shop;
use patronomy::{Context, Moment, Result};

fn main() -> Result<()> {
    let ctx = Context::new();
    let tx = Shop::new(1_000, 730, 1).transactions()?;
    let before = tx.as_of(Moment::parse("2025-10-31")?)?;
    let features = FeatureParams::new([FeatureSet::Rfm]).fit(&before, &ctx)?;
    let found = SegmentParams::new().fit(&features, &ctx)?;
    let profile = ProfileParams::default().fit(&found, None, &ctx)?;
    for (segment, words) in found.model().segments.iter().zip(&profile.words) {
        println!("{}: {words}", segment.name);
    }
    let judgement = Judgement::new("Ann", "the largest", "2025-11-01");
    let model = found.model().named(0, "most of us", judgement)?;
    let later = model.recipe.apply(&tx, &ctx)?;
    let (next, changes) = model.refit(&later, None, &ctx)?;
    println!(
        "{} customers, {:?}",
        next.labels().len(),
        changes.segments[0].status
    );
    Ok(())
}
