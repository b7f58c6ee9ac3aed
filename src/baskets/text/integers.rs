//! Text of small whole numbers: the form of nearly all published data sets, and read at the speed of memory.
//!
//! Numbers of up to seven digits need no hashing: they are places in a table, which numbers those that occur in ascending order. Each is read from
//! eight bytes at once, so that its length makes no branch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use arrow_array::Int64Array;

use super::BasketFormat;
use super::lines::{Piece, Text};
use crate::baskets::rows::{Distinct, Part};
use crate::baskets::{Baskets, counts_of};
use crate::error::Result;
use crate::parallel::{Context, map_ordered};
use crate::table::ids::codec::eight_digits;

/// The baskets; none where an item is no number of up to seven digits as it would be written.
pub(super) fn baskets(text: &Text<'_>, ctx: &Context) -> Result<Option<Baskets>> {
    let misfit = AtomicBool::new(false);
    let parts = map_ordered(ctx, "read baskets", text.pieces(), |piece| {
        // One item that does not fit settles it for all pieces.
        if misfit.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let part = match text.format {
            BasketFormat::Spmf => read::<true>(text.bytes, piece),
            _ => read::<false>(text.bytes, piece),
        };
        misfit.fetch_or(part.is_none(), Ordering::Relaxed);
        Ok(part)
    })?;
    let Some(parts) = parts.into_iter().collect::<Option<Vec<Part>>>() else {
        return Ok(None);
    };
    let (parts, labels) = numbered(parts, ctx)?;
    let rows = Distinct::of_parts(parts);
    let n = rows.items.len() as u64 + rows.n_repeated;
    let labels = Arc::new(Int64Array::from(labels));
    Baskets::of_distinct(rows, labels, counts_of(n, 0)).map(Some)
}

/// The parts with places of labels for numbers, and the labels.
fn numbered(parts: Vec<Part>, ctx: &Context) -> Result<(Vec<Part>, Vec<i64>)> {
    let largest = |part: &Part| part.items.iter().copied().max();
    let Some(largest) = parts.iter().filter_map(largest).max() else {
        return Ok((parts, Vec::new()));
    };
    let occurs: Vec<AtomicU8> = (0..=largest).map(|_| AtomicU8::new(0)).collect();
    map_ordered(
        ctx,
        "number items",
        parts.iter().collect(),
        |part: &Part| {
            for &item in &part.items {
                let occurs = &occurs[item as usize];
                // Writing only once leaves the table to all cores.
                if occurs.load(Ordering::Relaxed) == 0 {
                    occurs.store(1, Ordering::Relaxed);
                }
            }
            Ok(())
        },
    )?;
    let mut labels = Vec::new();
    let mut places = vec![0u32; occurs.len()];
    for (item, occurs) in occurs.iter().enumerate() {
        if occurs.load(Ordering::Relaxed) != 0 {
            places[item] = labels.len() as u32;
            labels.push(item as i64);
        }
    }
    if labels.len() == occurs.len() {
        return Ok((parts, labels));
    }
    let parts = map_ordered(ctx, "number items", parts, |mut part| {
        for item in &mut part.items {
            *item = places[*item as usize];
        }
        Ok(part)
    })?;
    Ok((parts, labels))
}

const NOUGHTS: u64 = 0x3030_3030_3030_3030;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The eight bytes from `at` on; the text goes on as lines.
#[inline(always)]
fn eight_bytes(bytes: &[u8], at: usize) -> u64 {
    let rest = &bytes[at.min(bytes.len())..];
    if let Some(eight) = rest.first_chunk() {
        return u64::from_le_bytes(*eight);
    }
    let mut eight = [b'\n'; 8];
    eight[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(eight)
}

/// The baskets of a piece, their items as numbers; none where an item is something else.
fn read<const HAS_COMMENTS: bool>(bytes: &[u8], piece: Piece) -> Option<Part> {
    let mut part = Part {
        items: Vec::with_capacity((piece.end - piece.start) / 4),
        ..Part::default()
    };
    let mut at = piece.start;
    let (mut first, mut is_line_start) = (0, true);
    while at < piece.end {
        if HAS_COMMENTS && is_line_start && matches!(bytes[at], b'#' | b'%' | b'@') {
            let rest = bytes[at..piece.end].iter();
            at += rest.take_while(|&&b| b != b'\n').count() + 1;
            if at > piece.end {
                return Some(part);
            }
            continue;
        }
        let word = eight_bytes(bytes, at) ^ NOUGHTS;
        // The lowest byte marked is the first that is no digit; a carry reaches only those above.
        let odd = (word | word.wrapping_add(0x7676_7676_7676_7676)) & HIGHS;
        let len = odd.trailing_zeros() / 8;
        if len == 0 || len == 8 {
            match bytes[at] {
                b' ' | b'\t' => is_line_start = false,
                b'\n' => {
                    end_basket::<HAS_COMMENTS>(&mut part, &mut first);
                    is_line_start = true;
                }
                b'\r' if at + 1 == bytes.len() || bytes[at + 1] == b'\n' => is_line_start = false,
                _ => return None,
            }
            at += 1;
            continue;
        }
        if len > 1 && word as u8 == 0 {
            return None;
        }
        part.items.push(eight_digits(word << (64 - 8 * len)) as u32);
        at += len as usize;
        is_line_start = false;
        // What follows is nearly always one of two.
        match bytes.get(at) {
            Some(b' ') => at += 1,
            Some(b'\n') => {
                at += 1;
                end_basket::<HAS_COMMENTS>(&mut part, &mut first);
                is_line_start = true;
            }
            Some(b'\t' | b'\r') | None => {}
            Some(_) => return None,
        }
    }
    if bytes[piece.end - 1] != b'\n' {
        end_basket::<HAS_COMMENTS>(&mut part, &mut first);
    }
    Some(part)
}

#[inline(always)]
fn end_basket<const HAS_COMMENTS: bool>(part: &mut Part, first: &mut usize) {
    if HAS_COMMENTS && part.items.len() == *first {
        return;
    }
    part.end_basket(*first);
    *first = part.items.len();
}
