//! Centres that lost all their rows.

use std::ops::Range;

use super::assign::Data;
use super::lloyd::Totals;
use crate::error::Result;
use crate::matrix::frame::square;
use crate::parallel::{Context, map_ordered};

/// Gives each empty centre the row that is farthest from its own: the first empty one the farthest, and so on; of equally far rows the first. Rows that are
/// alone with their centre, without weight, or at it, stay.
pub(super) fn empty(
    data: &Data<'_>,
    centers: &[f64],
    labels: &mut [i32],
    totals: &mut Totals,
    ctx: &Context,
) -> Result<()> {
    let d = data.matrix.n_columns();
    let empty: Vec<usize> = (0..totals.counts.len())
        .filter(|&c| totals.counts[c] == 0)
        .collect();
    // Those that are alone with a centre may be among the farthest.
    let wanted = 2 * totals.counts.len();
    let far = map_ordered(
        ctx,
        "empty clusters",
        data.chunks(),
        |rows: Range<usize>| {
            let mut row = vec![0.0; d];
            let mut far: Vec<(f64, usize)> = Vec::new();
            for i in rows.filter(|&i| data.weight(i) > 0.0) {
                data.matrix.row(i, &mut row);
                let centre = &centers[labels[i] as usize * d..][..d];
                let off = square(&row, centre, data.frame.scale);
                if off > 0.0 {
                    far.push((off, i));
                }
                if far.len() >= 4 * wanted {
                    farthest(&mut far, wanted);
                }
            }
            farthest(&mut far, wanted);
            Ok(far)
        },
    )?;
    let mut far = far.concat();
    farthest(&mut far, usize::MAX);
    let mut rows = far.into_iter().map(|(_, i)| i);
    let mut row = vec![0.0; d];
    for centre in empty {
        let is_free = |&i: &usize| totals.counts[labels[i] as usize] > 1;
        let Some(i) = rows.find(is_free) else {
            break;
        };
        data.matrix.row(i, &mut row);
        totals.add(labels[i] as usize, &row, data.weight(i), -1);
        totals.add(centre, &row, data.weight(i), 1);
        labels[i] = centre as i32;
    }
    Ok(())
}

/// The farthest of them, in order.
fn farthest(far: &mut Vec<(f64, usize)>, n: usize) {
    far.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    far.truncate(n);
}
