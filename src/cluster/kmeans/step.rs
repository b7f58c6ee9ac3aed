//! One of Lloyd's iterations: rows to the nearest centre, and what that changes in each centre's totals.

use super::assign::{Centres, Data, Scratch};
use super::bounds::{Bounds, Spending};
use super::lloyd::{NONE, Totals};
use crate::error::Result;
use crate::kernels::distance::BLOCK;
use crate::kernels::distance::nearest::unlike;
use crate::parallel::{Context, Spares, map_ordered};

/// Memory of a thread.
#[derive(Debug, Default)]
pub(super) struct Work {
    scratch: Scratch,
    due: Vec<u32>,
}

/// One chunk's changes, and how many rows they are.
struct Change {
    totals: Totals,
    n_moved: usize,
}

/// The rows that a thread takes at a time, and what is known of each.
struct Chunk<'a> {
    start: usize,
    labels: &'a mut [i32],
    /// Empty where there are no bounds.
    left: &'a mut [u16],
}

/// Takes each row to its nearest centre. Returns how many were elsewhere.
pub(super) fn step(
    data: &Data<'_>,
    centres: &Centres<'_>,
    labels: &mut [i32],
    totals: &mut Totals,
    bounds: &mut Bounds,
    spares: &Spares<Work>,
    ctx: &Context,
) -> Result<usize> {
    let (d, k) = (data.matrix.n_columns(), totals.counts.len());
    let (left, spending) = bounds.split();
    let mut left = data.chunks_of(left).into_iter().map(|(_, left)| left);
    let chunks = data.chunks_of(labels).into_iter();
    let chunks = chunks.map(|(start, labels)| Chunk {
        start,
        labels,
        left: left.next().unwrap_or_default(),
    });
    let changes = map_ordered(ctx, "k-means", chunks.collect(), |mut chunk| {
        let mut work = spares.take();
        let mut change = Change {
            totals: Totals::new(k, d),
            n_moved: 0,
        };
        if chunk.left.is_empty() {
            change.all(data, centres, &mut chunk, None, &mut work.scratch);
        } else {
            spending.take(chunk.left, chunk.labels, &mut work.due);
            // Rows one after the other are read faster than rows here and there.
            if 2 * work.due.len() > chunk.labels.len() {
                change.all(data, centres, &mut chunk, Some(spending), &mut work.scratch);
            } else {
                change.some(data, centres, &mut chunk, spending, &mut work);
            }
        }
        spares.give_back(work);
        Ok(change)
    })?;
    let mut n_moved = 0;
    for change in changes.iter().filter(|c| c.n_moved > 0) {
        n_moved += change.n_moved;
        totals.merge(&change.totals);
    }
    // What is left of sums of floats where nothing is left.
    for c in (0..k).filter(|&c| totals.counts[c] == 0) {
        totals.weights[c] = 0.0;
        totals.sums[c * d..][..d].fill(0.0);
    }
    Ok(n_moved)
}

impl Change {
    /// Looks at all rows of a chunk.
    fn all(
        &mut self,
        data: &Data<'_>,
        centres: &Centres<'_>,
        chunk: &mut Chunk<'_>,
        spending: Option<Spending<'_>>,
        scratch: &mut Scratch,
    ) {
        let d = data.matrix.n_columns();
        let Self { totals, n_moved } = self;
        let rows = chunk.start..chunk.start + chunk.labels.len();
        let end = rows.end;
        centres.label(data, rows, scratch, |first, found, row| {
            let at = first - chunk.start..BLOCK.min(end - first) + first - chunk.start;
            if let Some(spending) = spending {
                spending.renew(found, d, &mut chunk.left[at.clone()]);
            }
            let labels = &mut chunk.labels[at];
            let mut moved = unlike(&found.label, labels);
            *n_moved += moved.count_ones() as usize;
            while moved != 0 {
                let at = moved.trailing_zeros() as usize;
                moved &= moved - 1;
                totals.take(data, first + at, &mut labels[at], found.label[at], row);
            }
        });
    }

    /// Looks at the rows of a chunk that are due.
    fn some(
        &mut self,
        data: &Data<'_>,
        centres: &Centres<'_>,
        chunk: &mut Chunk<'_>,
        spending: Spending<'_>,
        Work { scratch, due }: &mut Work,
    ) {
        let d = data.matrix.n_columns();
        let Self { totals, n_moved } = self;
        let mut left = [0; BLOCK];
        centres.label_some(data, (chunk.start, due), scratch, |rows, found, row| {
            spending.renew(found, d, &mut left);
            for ((&at, &new), &left) in rows.iter().zip(&found.label).zip(&left) {
                let at = at as usize;
                chunk.left[at] = left;
                if chunk.labels[at] != new as i32 {
                    *n_moved += 1;
                    totals.take(data, chunk.start + at, &mut chunk.labels[at], new, row);
                }
            }
        });
    }
}

impl Totals {
    /// Takes a row from where it was.
    fn take(&mut self, data: &Data<'_>, row: usize, label: &mut i32, new: u32, copy: &mut [f64]) {
        data.matrix.row(row, copy);
        let weight = data.weight(row);
        self.add(new as usize, copy, weight, 1);
        if *label != NONE {
            self.add(*label as usize, copy, weight, -1);
        }
        *label = new as i32;
    }
}
