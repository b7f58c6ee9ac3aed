//! Pairs: a cell for each in a triangular array.

use std::ops::Range;

use super::super::database::Database;
use super::super::watch::{Shared, Watch};
use super::levels::Level;
use crate::error::Result;
use crate::parallel::map_ordered;

/// The frequent pairs. Items are cut into bands by their cells, and each band is counted in a pass over the baskets.
pub(super) fn frequent(database: &Database, shared: &Shared<'_>) -> Result<Level> {
    let parts = map_ordered(shared.ctx, "pairs", bands(database.n_items()), |band| {
        Ok(of_band(database, band, shared))
    })?;
    let mut level = Level::default();
    let mut lengths = Vec::with_capacity(database.n_items());
    for part in parts {
        lengths.extend(part.starts);
        level.items.extend(part.items);
        level.supports.extend(part.supports);
    }
    level.starts = Level::starts_of(lengths.into_iter());
    Ok(level)
}

/// For each item whether it is in a frequent pair. None where that is not worth a pass over the baskets: it pays where these are too many for
/// the caches, and most pairs too rare.
pub(in super::super) fn partners(
    database: &Database,
    shared: &Shared<'_>,
) -> Result<Option<Vec<bool>>> {
    const ENTRIES: usize = 1 << 20;
    const CELLS: usize = 1 << 26;
    let (n, n_entries) = (database.n_items(), database.items.len());
    let n_cells = n * n / 2;
    if n_entries < ENTRIES || n_cells > CELLS || !database.minimums.is_empty() {
        return Ok(None);
    }
    let n_pairs: usize = database.rows().map(|(r, _)| r.len() * r.len() / 2).sum();
    let is_rare = n_pairs < n_cells * (database.minimum as usize / 4);
    if !is_rare || n_pairs > 16 * n_entries {
        return Ok(None);
    }
    let level = frequent(database, shared)?;
    let mut has_partner = vec![false; n];
    for (item, ends) in level.starts.windows(2).enumerate() {
        for &other in &level.items[ends[0] as usize..ends[1] as usize] {
            has_partner[item] = true;
            has_partner[other as usize] = true;
        }
    }
    Ok(Some(has_partner))
}

/// Items that are first together: so that the cells fit a cache, or a few megabytes.
fn bands(n_items: usize) -> Vec<Range<usize>> {
    const CELLS: usize = 1 << 20;
    const BANDS: usize = 8;
    let cells = n_items * n_items / 2;
    let most = cells.div_ceil(BANDS).clamp(1 << 14, CELLS.max(cells / 64));
    let mut bands = Vec::new();
    let (mut from, mut n) = (0, 0);
    for item in 0..n_items {
        n += n_items - 1 - item;
        if n >= most || item + 1 == n_items {
            bands.push(from..item + 1);
            (from, n) = (item + 1, 0);
        }
    }
    bands
}

/// The frequent pairs whose first item is in the band; `starts` are how many each has.
fn of_band(database: &Database, band: Range<usize>, shared: &Shared<'_>) -> Level {
    let n = database.n_items();
    let mut ends = Vec::with_capacity(band.len());
    let mut n_cells = 0;
    for item in band.clone() {
        n_cells += n - 1 - item;
        ends.push(n_cells);
    }
    let mut cells = vec![0u32; n_cells];
    let mut watch = Watch::new(shared);
    for (row, weight) in database.rows() {
        let from = row.partition_point(|&i| (i as usize) < band.start);
        for (at, &item) in row.iter().enumerate().skip(from) {
            if item as usize >= band.end {
                break;
            }
            // The cells of an item end with that of the last item.
            let end = ends[item as usize - band.start];
            let own = &mut cells[..end];
            for &other in &row[at + 1..] {
                own[end - (n - other as usize)] += weight;
            }
            if watch.is_due(row.len() - at) {
                watch.look(0);
            }
        }
        if watch.is_stopped() {
            break;
        }
    }
    let mut level = Level::default();
    let mut from = 0;
    for (item, end) in band.zip(ends) {
        let (code, before) = (item as u32, level.items.len());
        let minimum = database.minimum_of(code);
        for (other, &count) in (code + 1..).zip(&cells[from..end]) {
            if count >= minimum && !database.is_related(code, other) {
                level.items.push(other);
                level.supports.push(count);
            }
        }
        level.starts.push((level.items.len() - before) as u32);
        from = end;
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_cover_all_items() {
        for n in [0, 1, 2, 500, 5000] {
            let bands = bands(n);
            let items: Vec<usize> = bands.iter().cloned().flatten().collect();
            assert_eq!(items, (0..n).collect::<Vec<_>>());
            assert!(
                n < 500 || bands.len() >= 8,
                "{n} items make {} bands",
                bands.len()
            );
        }
    }
}
