//! Rows that equal an earlier one.
//!
//! Equal rows have equal hashes, so only rows of one bucket are looked at together; those whose hashes agree in 15 or more further bits are compared value
//! by value: one in twenty or so. Cost: linear in the rows, 4 bytes each.

use std::ops::Range;

use super::columns::Columns;
use super::scan::{Piece, Rule};
use crate::error::Result;
use crate::parallel::{Context, map_ordered};

/// How many bits of bucket so many rows need, for few rows of a bucket to agree by chance.
pub(super) fn bucket_bits(n_rows: usize) -> u32 {
    const BUCKET: usize = 2_048;
    (n_rows / BUCKET)
        .max(1)
        .next_power_of_two()
        .ilog2()
        .clamp(1, 14)
}

/// The rows that equal an earlier known row.
pub(super) fn duplicates(
    columns: &Columns<'_>,
    pieces: &[Piece],
    rule: &Rule,
    ctx: &Context,
) -> Result<Vec<usize>> {
    let buckets = pieces_of(rule.bucket_bits);
    let rows = map_ordered(ctx, "find duplicates", buckets, |buckets: Range<usize>| {
        Ok(buckets
            .flat_map(|bucket| in_bucket(columns, pieces, rule.piece_bits, bucket))
            .collect::<Vec<usize>>())
    })?;
    Ok(rows.concat())
}

/// Buckets by the task.
fn pieces_of(bits: u32) -> Vec<Range<usize>> {
    crate::parallel::pieces(1 << bits, 32).collect()
}

fn in_bucket(
    columns: &Columns<'_>,
    pieces: &[Piece],
    piece_bits: u32,
    bucket: usize,
) -> Vec<usize> {
    /// A row by its hash and number.
    type Row = (u32, usize);
    let mut rows: Vec<Row> = Vec::new();
    let place_of = |h: u32| h as usize & ((1 << piece_bits) - 1);
    for piece in pieces {
        let from = if bucket == 0 {
            0
        } else {
            piece.bucket_ends[bucket - 1] as usize
        };
        let hashes = &piece.hashes[from..piece.bucket_ends[bucket] as usize];
        rows.extend(
            hashes
                .iter()
                .map(|&h| (h >> piece_bits, piece.rows.start + place_of(h))),
        );
    }
    let n_slots = (2 * rows.len()).next_power_of_two();
    let mut slots = vec![u32::MAX; n_slots];
    let mut duplicates = Vec::new();
    for (i, &(hash, row)) in rows.iter().enumerate() {
        let mut slot = (hash as usize * n_slots) >> (32 - piece_bits);
        loop {
            let first = slots[slot];
            if first == u32::MAX {
                slots[slot] = i as u32;
                break;
            }
            let (other, first) = rows[first as usize];
            if other == hash && is_equal(columns, first, row) {
                duplicates.push(row);
                break;
            }
            slot = (slot + 1) & (n_slots - 1);
        }
    }
    duplicates
}

fn is_equal(columns: &Columns<'_>, a: usize, b: usize) -> bool {
    let ((chunk_a, row_a), (chunk_b, row_b)) =
        (columns.bound.table.place(a), columns.bound.table.place(b));
    columns
        .compared
        .iter()
        .all(|c| c.value(chunk_a, row_a) == c.value(chunk_b, row_b))
}
