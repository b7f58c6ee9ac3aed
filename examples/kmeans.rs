//! Customers in segments by how they buy, and a new one among them: `cargo run --example kmeans`.
#![allow(clippy::print_stdout, reason = "an example says what it found")]

use patronomy::cluster::indices::indices;
use patronomy::cluster::kmeans::KMeansParams;
use patronomy::{Context, Matrix};

fn main() -> patronomy::Result<()> {
    // Orders and spending, of one scale, of sixty customers of two kinds.
    let rows: Vec<f64> = (0..60)
        .flat_map(|i| {
            let kind = f64::from(i % 2) * 4.0;
            let (x, y) = (f64::from(i * 7 % 11), f64::from(i * 5 % 13));
            [kind + x / 10.0, kind - y / 10.0]
        })
        .collect();
    let names = vec!["orders".into(), "spent".into()];
    let matrix = Matrix::from_rows(&rows[..], 2)?.with_names(names)?;
    let ctx = Context::new();

    for n_clusters in 2..=4 {
        let fitted = KMeansParams::new(n_clusters).fit(&matrix, None, &ctx)?;
        let found = indices(&matrix, &fitted.model.centers, &fitted.labels, &ctx)?;
        let silhouette = found.simplified_silhouette.unwrap_or_default();
        println!("{n_clusters} segments: simplified silhouette {silhouette:.2}");
    }
    let even = KMeansParams::new(3).min_size(20).max_size(20);
    let even = even.fit(&matrix, None, &ctx)?.model;
    println!("of limited size: {:?}", even.sizes);

    let model = KMeansParams::new(2).fit(&matrix, None, &ctx)?.model;
    let customer = Matrix::from_rows(&[4.2, 3.9][..], 2)?;
    let label = model.predict(&customer, &ctx)?[0];
    println!(
        "a new customer belongs to segment {label} of {:?}",
        model.sizes
    );
    Ok(())
}
