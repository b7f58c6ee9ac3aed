//! k-means from equal starts, beside linfa's where feature `linfa` is on: `cargo bench --bench kmeans --features linfa`.
//!
//! Under `cargo test` each runs once on few rows. The inertia is the same for all, or there is no figure.
#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot go on has failed; the panic says where"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use patronomy::cluster::kmeans::{Init, KMeansParams};
use patronomy::cluster::mini_batch::MiniBatchParams;
use patronomy::{Context, Matrix};

/// Iterations of a run.
const TURNS: u32 = 10;

/// Rows, columns, clusters.
fn shapes() -> &'static [(usize, usize, usize)] {
    if std::env::args().any(|a| a == "--bench") {
        &[(1_000_000, 3, 8), (1_000_000, 8, 100), (1_000_000, 20, 20)]
    } else {
        &[(5_000, 3, 8)]
    }
}

/// Clouds that overlap, by a generator of few bits.
fn clouds(n: usize, d: usize, k: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let middles: Vec<f32> = (0..k * d).map(|_| next() * 4.0).collect();
    let one = |i: usize| middles[i / d * 7_919 % k * d + i % d];
    (0..n * d)
        .map(|i| one(i) + next() + next() + next())
        .collect()
}

fn ours(matrix: &Matrix<'_>, start: &[f64], k: usize) -> f64 {
    let params = KMeansParams::new(k).init(Init::Centers(start.to_vec()));
    let params = params.max_iter(TURNS).tol(0.0);
    params
        .fit(matrix, None, &Context::new())
        .unwrap()
        .model
        .inertia
}

#[cfg(feature = "linfa")]
fn theirs(values: &[f32], start: &[f64], (n, d, k): (usize, usize, usize)) -> impl Fn() -> f64 {
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use linfa_clustering::{KMeans, KMeansInit};
    use ndarray::Array2;
    use rand::SeedableRng;
    let start = Array2::from_shape_vec((k, d), start.iter().map(|&x| x as f32).collect());
    let start = start.unwrap();
    let rows = Array2::from_shape_vec((n, d), values.to_vec()).unwrap();
    let data = DatasetBase::from(rows);
    move || {
        let random = rand_chacha::ChaCha8Rng::seed_from_u64(0);
        let params = KMeans::params_with_rng(k, random)
            .init_method(KMeansInit::Precomputed(start.clone()))
            .max_n_iterations(TURNS.into())
            .tolerance(1e-30)
            .n_runs(1);
        // It is the mean of squared distances there.
        f64::from(params.fit(&data).unwrap().inertia()) * n as f64
    }
}

fn fits(criterion: &mut Criterion) {
    for &(n, d, k) in shapes() {
        let values = clouds(n, d, k);
        let matrix = Matrix::from_rows(&values[..], d).unwrap();
        let start: Vec<f64> = (0..k * d)
            .map(|i| f64::from(values[i / d * (n / k) * d + i % d]))
            .collect();
        let expected = ours(&matrix, &start, k);
        let mut group = criterion.benchmark_group(format!("{n}x{d}, {k} clusters"));
        group
            .sample_size(10)
            .throughput(Throughput::Elements(n as u64 * u64::from(TURNS)));
        group.bench_function(BenchmarkId::from_parameter("ours"), |b| {
            b.iter(|| ours(black_box(&matrix), &start, k));
        });
        let mini_batch = MiniBatchParams::new(k).init(Init::Centers(start.clone()));
        group.bench_function(BenchmarkId::from_parameter("mini-batches"), |b| {
            b.iter(|| mini_batch.fit(black_box(&matrix), None, &Context::new()));
        });
        #[cfg(feature = "linfa")]
        {
            let peer = theirs(&values, &start, (n, d, k));
            let found = peer();
            // It says the inertia of the iteration before, in sums of 32 bits.
            assert!((found / expected - 1.0).abs() < 0.02, "{found} {expected}");
            group.bench_function(BenchmarkId::from_parameter("linfa"), |b| b.iter(&peer));
        }
        assert!(expected > 0.0);
        group.finish();
    }
}

criterion_group!(benches, fits);
criterion_main!(benches);
