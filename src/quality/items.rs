//! Items and their names: what is odd about them is said once for each, and holds for every row that has them.

use std::collections::BTreeMap;

use super::checks::Check;
use super::columns::Columns;
use super::ids::text_flags;
use super::names;
use super::pairs::Pair;
use super::params::QualityParams;
use super::scan::Piece;
use super::text::{self, BLANK};
use super::words::Words;
use crate::error::Result;
use crate::parallel::{Context, map_ordered, sorted};
use crate::table::values::{Value, ValueColumn};

/// All pairs of items and names.
#[derive(Debug)]
pub(super) struct Items {
    /// For each piece, the number of each of its pairs.
    pub(super) codes: Vec<Vec<u32>>,
    /// For each pair, the number of its item.
    pub(super) item_of: Vec<u32>,
    /// For each pair, what every row that has it is flagged with.
    pub(super) flags: Vec<u64>,
    pub(super) n_distinct: usize,
    /// For each item, a row that has it.
    pub(super) rows: Vec<u64>,
}

/// Where a pair was found: the piece, and its place there. Every piece may have nearly all pairs, so the pairs are not copied.
#[derive(Debug, Clone, Copy)]
struct Found {
    piece: u32,
    place: u32,
}

impl Items {
    pub(super) fn new(
        columns: &Columns<'_>,
        pieces: &[Piece],
        params: &QualityParams,
        ctx: &Context,
    ) -> Result<Self> {
        let (codes, pairs) = numbered(pieces, ctx)?;
        let mut item_of = Vec::with_capacity(pairs.len());
        let mut rows: Vec<u64> = Vec::new();
        // Pairs come sorted by item.
        for (i, pair) in pairs.iter().enumerate() {
            if i == 0 || pairs[i - 1].item != pair.item {
                rows.push(pair.row);
            }
            let own = rows.len() - 1;
            rows[own] = rows[own].min(pair.row);
            item_of.push(own as u32);
        }
        let flags = flags_of(columns, &pairs, params, ctx)?;
        Ok(Self {
            codes,
            item_of,
            flags,
            n_distinct: rows.len(),
            rows,
        })
    }
}

/// One number for each pair, whichever pieces it was found in: in the order of item and name.
fn numbered(pieces: &[Piece], ctx: &Context) -> Result<(Vec<Vec<u32>>, Vec<Pair>)> {
    let all = pieces.iter().enumerate().flat_map(|(piece, p)| {
        (0..p.found.len() as u32).map(move |place| Found {
            piece: piece as u32,
            place,
        })
    });
    let pair_of = |f: &Found| pieces[f.piece as usize].found[f.place as usize];
    let all = sorted(ctx, "number items", all.collect(), |f: &Found| {
        let pair = pair_of(f);
        (pair.item, pair.name, f.piece)
    })?;
    let mut codes: Vec<Vec<u32>> = pieces.iter().map(|p| vec![0; p.found.len()]).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    for f in all {
        let pair = pair_of(&f);
        match pairs.last_mut() {
            Some(last) if last.item == pair.item && last.name == pair.name => {
                last.n_rows += pair.n_rows;
            }
            _ => pairs.push(pair),
        }
        codes[f.piece as usize][f.place as usize] = pairs.len() as u32 - 1;
    }
    Ok((codes, pairs))
}

fn flags_of(
    columns: &Columns<'_>,
    pairs: &[Pair],
    params: &QualityParams,
    ctx: &Context,
) -> Result<Vec<u64>> {
    let test = Words::new(&params.test_words);
    let adjustment = Words::new(&params.adjustment_words);
    let groups: Vec<&[Pair]> = pairs.chunk_by(|a, b| a.item == b.item).collect();
    let groups: Vec<&[&[Pair]]> = groups.chunks(64).collect();
    let flags = map_ordered(ctx, "check items", groups, |groups: &[&[Pair]]| {
        let of_item = |pairs: &&[Pair]| {
            item_flags(columns, pairs, [&test, &adjustment], params.name_similarity)
        };
        Ok(groups.iter().flat_map(of_item).collect::<Vec<u64>>())
    })?;
    Ok(flags.concat())
}

/// The flags of each of an item's pairs.
fn item_flags(
    columns: &Columns<'_>,
    pairs: &[Pair],
    [test, adjustment]: [&Words; 2],
    similarity: f64,
) -> Vec<u64> {
    let bytes = |column: Option<&ValueColumn>, row: u64| -> Vec<u8> {
        let (chunk, row) = columns.bound.table.place(row as usize);
        match column.map(|c| c.value(chunk, row)) {
            Some(Value::Bytes(bytes)) => bytes.to_vec(),
            // An integer is a code, and no blank.
            Some(Value::Word(_) | Value::Wide(_) | Value::Shown(_)) => b"1".to_vec(),
            Some(Value::Null) | None => Vec::new(),
        }
    };
    let names: Vec<Vec<u8>> = pairs
        .iter()
        .map(|p| bytes(columns.item_name.as_ref(), p.row))
        .collect();
    let code = bytes(columns.item.as_ref(), pairs[0].row);
    let code_marks = text::marks_of(&code);
    let n_rows: Vec<u64> = pairs.iter().map(|p| p.n_rows).collect();
    let varies = if code_marks & BLANK == 0 {
        names::variants(&names, &n_rows, similarity)
    } else {
        // What has no code is no one item.
        vec![false; pairs.len()]
    };
    let of_pair = |(name, varies): (&Vec<u8>, bool)| {
        let name_marks = text::marks_of(name);
        let has_name = columns.item_name.is_some();
        let is_test = test.is_in(&code, name);
        let is_adjustment = !is_test && adjustment.is_in(&code, name);
        text_flags(code_marks)
            | if has_name { text_flags(name_marks) } else { 0 }
            | u64::from(code_marks & BLANK != 0) << Check::ItemMissing as u8
            | u64::from(has_name && name_marks & BLANK != 0) << Check::ItemNameMissing as u8
            | u64::from(is_test) << Check::TestRow as u8
            | u64::from(is_adjustment) << Check::AdjustmentRow as u8
            | u64::from(varies) << Check::ItemNameVaries as u8
    };
    names.iter().zip(varies).map(of_pair).collect()
}

/// Which forms hardly any id has, where nearly all have one of a few others.
pub(super) fn rare_forms<'a>(forms: impl Iterator<Item = &'a BTreeMap<u64, u64>>) -> Vec<u64> {
    /// A form is usual if at least one id in so many has it, and rare if not one in so many does.
    const USUAL: u64 = 20;
    const RARE: u64 = 200;
    let mut all: BTreeMap<u64, u64> = BTreeMap::new();
    for (&form, &n) in forms.flatten() {
        *all.entry(form).or_default() += n;
    }
    let n_rows: u64 = all.values().sum();
    let usual: u64 = all.values().filter(|&&n| n * USUAL >= n_rows).sum();
    if usual * 10 < n_rows * 9 {
        return Vec::new();
    }
    all.into_iter()
        .filter(|&(_, n)| n * RARE < n_rows)
        .map(|(form, _)| form)
        .collect()
}
