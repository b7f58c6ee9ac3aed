//! Many rows drawn at a time, and the centres among them (k-means||, Bahmani et al. 2012).

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::plus_plus::{Drawing, Point};
use super::rows_of;
use crate::cluster::kmeans::assign::{Centres, Data, Scratch};
use crate::error::Result;
use crate::matrix::Matrix;
use crate::parallel::{Context, map_ordered};
use crate::random::stream;

/// Rounds of drawing, as many as the paper finds enough.
const ROUNDS: u64 = 5;
/// Rows drawn in a round, for each centre wanted.
const SHARE: f64 = 2.0;

/// Draws rows in rounds, each with a chance in proportion to its weight and squared distance; then k-means++ among these, with what is nearest to each as its
/// weight.
pub(super) fn rows(
    mut drawing: Drawing<'_>,
    k: usize,
    (seed, start): (u64, u32),
    random: &mut ChaCha8Rng,
    ctx: &Context,
) -> Result<Vec<usize>> {
    let mut rows = vec![drawing.first(random, ctx)?];
    for round in 0..ROUNDS {
        drawing.settle(ctx)?;
        let total: f64 = drawing.sums.iter().sum();
        if total <= 0.0 {
            break;
        }
        let round = u64::from(start) << 8 | round;
        let stream_of = |chunk| stream(seed, "kmeans||", round << 40 | chunk as u64);
        let drawn = drawing.round(SHARE * k as f64 / total, stream_of, ctx)?;
        drawing.pending = drawn.iter().map(|&row| drawing.point(row)).collect();
        rows.extend(drawn);
    }
    drawing.settle(ctx)?;
    // Too few: the rest one by one.
    while rows.len() < k {
        let row = drawing.draw(random, &rows);
        drawing.pending.push(drawing.point(row));
        rows.push(row);
        drawing.settle(ctx)?;
    }
    let data = drawing.data;
    let candidates = rows_of(data, &rows);
    let weights = shares(data, &candidates, rows.len(), ctx)?;
    let matrix = Matrix::from_rows(&candidates[..], data.matrix.n_columns())?;
    let among = Data {
        matrix: &matrix,
        frame: data.frame,
        weights: Some(&weights),
    };
    let mut memory = vec![0; rows.len()];
    let chosen = Drawing::new(&among, &mut memory).all(k, random, ctx)?;
    Ok(chosen.into_iter().map(|i| rows[i]).collect())
}

impl Drawing<'_> {
    /// Sees to the pending rows.
    fn settle(&mut self, ctx: &Context) -> Result<()> {
        let nowhere: Point = vec![f32::INFINITY; self.data.matrix.n_columns()];
        self.try_points(&[nowhere], ctx)?;
        self.pending.clear();
        Ok(())
    }

    /// Each row on its own, with a chance of `rate` times its weight and squared distance.
    fn round(
        &self,
        rate: f64,
        stream_of: impl Fn(usize) -> ChaCha8Rng + Sync,
        ctx: &Context,
    ) -> Result<Vec<usize>> {
        let chunk = self.data.chunk();
        let chunks = self.closest.chunks(chunk).enumerate().collect();
        let drawn = map_ordered(
            ctx,
            "first centres",
            chunks,
            |(i, bits): (usize, &[i32])| {
                let mut random = stream_of(i);
                let mut drawn = Vec::new();
                for (row, &bits) in (i * chunk..).zip(bits) {
                    let share = f64::from(f32::from_bits(bits as u32)) * self.data.weight(row);
                    // One number for each row, drawn or not: what is drawn depends on no other row.
                    if random.r#gen::<f64>() < rate * share {
                        drawn.push(row);
                    }
                }
                Ok(drawn)
            },
        )?;
        Ok(drawn.concat())
    }
}

/// The weight of the rows that are nearest to each of the candidates.
fn shares(data: &Data<'_>, candidates: &[f64], n: usize, ctx: &Context) -> Result<Vec<f64>> {
    let centres = Centres::new(candidates, data.frame);
    let parts = map_ordered(ctx, "first centres", data.chunks(), |rows| {
        let mut weights = vec![0.0; n];
        let mut scratch = Scratch::default();
        let end = rows.end;
        centres.label(data, rows, &mut scratch, |first, found, _| {
            for (row, &label) in (first..end).zip(&found.label) {
                weights[label as usize] += data.weight(row);
            }
        });
        Ok(weights)
    })?;
    let mut weights = vec![0.0; n];
    for part in parts {
        weights.iter_mut().zip(part).for_each(|(to, w)| *to += w);
    }
    Ok(weights)
}
