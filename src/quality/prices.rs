//! Prices that are far from what their item costs elsewhere.

use std::ops::Range;

use super::items::Items;
use super::pairs::NO_PAIR;
use super::params::QualityParams;
use super::scan::Piece;
use crate::error::Result;
use crate::parallel::{Context, map_ordered, pieces};
use crate::table::bound::Bound;
use crate::table::number::NumberColumn;

/// Robust standard deviations from the median beyond which a price may be an outlier.
const DEVIATIONS: f64 = 8.0;
/// What makes a median absolute deviation a standard deviation of normal values.
const MAD_SCALE: f64 = 1.4826;

/// What an item costs: the lowest price that is no outlier, and the highest, in steps.
pub(super) type Span = Range<i32>;

/// Steps of the scale of prices for each natural logarithm.
const STEPS: f64 = 1_000.0;

/// A price on a scale of logarithms of prices: small enough to keep one for every row.
fn step(price: f64) -> i16 {
    // A cast that saturates: prices beyond e^32 are all the same here.
    (price.ln() * STEPS).round() as i16
}

/// Where the price of a piece comes from.
pub(super) fn price_column(bound: &Bound) -> Option<&NumberColumn> {
    bound.price.as_ref()
}

/// The span of each item's prices; an endless one where there are too few.
pub(super) fn spans(
    bound: &Bound,
    pieces: &[Piece],
    items: &Items,
    params: &QualityParams,
    ctx: &Context,
) -> Result<Vec<Span>> {
    let by_item = map_ordered(
        ctx,
        "sort prices",
        (0..pieces.len()).collect(),
        |i: usize| Ok(PricesByItem::new(bound, i, &pieces[i], items)),
    )?;
    let parts = pieces_of(items.n_distinct);
    let spans = map_ordered(ctx, "judge prices", parts, |range: Range<usize>| {
        let mut places = vec![0; by_item.len()];
        for (place, prices) in places.iter_mut().zip(&by_item) {
            *place = prices
                .items
                .partition_point(|&(item, _)| (item as usize) < range.start);
        }
        let mut logs = Vec::new();
        Ok(range
            .map(|item| {
                logs.clear();
                for (place, prices) in places.iter_mut().zip(&by_item) {
                    if let Some(own) = prices.of(*place, item as u32) {
                        logs.extend_from_slice(own);
                        *place += 1;
                    }
                }
                span(&mut logs, params)
            })
            .collect::<Vec<Span>>())
    })?;
    Ok(spans.concat())
}

fn pieces_of(n_items: usize) -> Vec<Range<usize>> {
    pieces(n_items, 256).collect()
}

/// Logarithms of the prices of a piece, sorted by item.
struct PricesByItem {
    logs: Vec<i16>,
    /// The items there are, and where the prices of each end.
    items: Vec<(u32, u32)>,
}

impl PricesByItem {
    fn new(bound: &Bound, i: usize, piece: &Piece, items: &Items) -> Self {
        let n = piece.pairs.len();
        let mut prices = Vec::with_capacity(n);
        if let Some(column) = price_column(bound) {
            for at in bound.table.segments(piece.rows.clone()) {
                column.read(&at, &mut prices);
            }
        }
        let mut pairs = Vec::with_capacity(n);
        piece.pairs.read(0..n, &mut pairs);
        // The items of a piece, few beside all, get numbers of their own.
        let mut own: Vec<u32> = items.codes[i]
            .iter()
            .map(|&pair| items.item_of[pair as usize])
            .collect();
        let of_pair = own.clone();
        own.sort_unstable();
        own.dedup();
        let number = |item: u32| own.partition_point(|&o| o < item);
        let of_pair: Vec<u32> = of_pair
            .into_iter()
            .map(|item| number(item) as u32)
            .collect();
        let mut ends = vec![0u32; own.len() + 1];
        let counts =
            |pair: u32, price: f64| pair != NO_PAIR && price > 0.0 && price < f64::INFINITY;
        let rows = || {
            pairs
                .iter()
                .zip(&prices)
                .filter(|&(&pair, &price)| counts(pair, price))
        };
        rows().for_each(|(&pair, _)| ends[of_pair[pair as usize] as usize + 1] += 1);
        for i in 1..ends.len() {
            ends[i] += ends[i - 1];
        }
        let mut logs = vec![0; ends[own.len()] as usize];
        for (&pair, &price) in rows() {
            let place = &mut ends[of_pair[pair as usize] as usize];
            logs[*place as usize] = step(price);
            *place += 1;
        }
        Self {
            logs,
            items: own.into_iter().zip(ends).collect(),
        }
    }

    /// The prices of an item, if it is the one at this place.
    fn of(&self, place: usize, item: u32) -> Option<&[i16]> {
        let &(_, end) = self.items.get(place).filter(|(i, _)| *i == item)?;
        let start = if place == 0 {
            0
        } else {
            self.items[place - 1].1
        };
        Some(&self.logs[start as usize..end as usize])
    }
}

fn span(logs: &mut [i16], params: &QualityParams) -> Span {
    if logs.len() < params.price_min_lines.max(1) as usize {
        return i32::MIN..i32::MAX;
    }
    let median = median(logs);
    logs.iter_mut()
        .for_each(|l| *l = l.abs_diff(median).min(i16::MAX as u16) as i16);
    let deviation = f64::from(self::median(logs)) * MAD_SCALE;
    let reach = (params.price_ratio.ln() * STEPS).max(DEVIATIONS * deviation);
    let (median, reach) = (i32::from(median), reach as i32);
    median - reach..median + reach
}

/// The lower median.
fn median(values: &mut [i16]) -> i16 {
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable(middle).1
}

/// Whether a price lies outside; none does that is no positive number.
pub(super) fn is_outlier(span: &Span, price: f64) -> bool {
    let is_price = price > 0.0 && price < f64::INFINITY;
    let step = i32::from(step(if is_price { price } else { 1.0 }));
    is_price && (step < span.start || step > span.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span_of(prices: &[f64]) -> Span {
        let mut logs: Vec<i16> = prices.iter().map(|&p| step(p)).collect();
        span(&mut logs, &QualityParams::default())
    }

    #[test]
    fn prices_far_from_the_median_are_outliers() {
        let mut prices = vec![2.5; 20];
        prices.extend([2.0, 3.0, 12.0]);
        let span = span_of(&prices);
        for (price, is_out) in [
            (2.5, false),
            (12.4, false),
            (12.6, true),
            (0.51, false),
            (0.49, true),
            (0.0, false),
            (-9.0, false),
        ] {
            assert_eq!(is_outlier(&span, price), is_out, "{price}");
        }
        assert!(!is_outlier(&span, f64::NAN) && !is_outlier(&span, f64::INFINITY));
        assert!(is_outlier(&span, f64::MAX) && is_outlier(&span, f64::MIN_POSITIVE));
    }

    #[test]
    fn items_whose_prices_differ_widely_have_none() {
        let wide: Vec<f64> = (0..40).map(|i| 1.5f64.powi(i % 20)).collect();
        assert!(!is_outlier(&span_of(&wide), 3_000.0));
        assert!(!is_outlier(&span_of(&[1.0, 900.0]), 5e9));
    }
}
