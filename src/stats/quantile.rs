//! Quantiles by selection: the values at a few ranks of a long list, without sorting it.

use crate::error::Result;
use crate::parallel::{Context, map_ordered, pieces};

const PIECE: usize = 262_144;
/// Leading bits of a value that tell its bucket.
const BUCKET_BITS: u32 = 16;

/// The values that would stand at `ranks` (from 0) if the finite `values` were sorted.
///
/// Two passes: one counts values by their leading bits, one collects those of the buckets the ranks fall in.
pub(crate) fn order_statistics(values: &[f64], ranks: &[usize], ctx: &Context) -> Result<Vec<f64>> {
    if let Some(found) = of_small_integers(values, ranks) {
        return Ok(found);
    }
    let counts = bucket_counts(values, ctx)?;
    // For each bucket wanted: how many values stand before it.
    let mut wanted: Vec<Option<usize>> = vec![None; counts.len()];
    let mut before = 0;
    let mut starts = Vec::with_capacity(counts.len());
    for &count in &counts {
        starts.push(before);
        before += count;
    }
    let bucket_of_rank = |rank: usize| starts.partition_point(|&s| s <= rank) - 1;
    let mut buckets: Vec<Vec<u64>> = Vec::new();
    for &rank in ranks {
        let slot = &mut wanted[bucket_of_rank(rank)];
        if slot.is_none() {
            *slot = Some(buckets.len());
            buckets.push(Vec::new());
        }
    }
    let collected = map_ordered(
        ctx,
        "select quantiles",
        pieces(values.len(), PIECE).collect(),
        |range| {
            let mut found = vec![Vec::new(); buckets.len()];
            for key in values[range].iter().map(|&v| sort_key(v)) {
                if let Some(slot) = wanted[bucket(key)] {
                    found[slot].push(key);
                }
            }
            Ok(found)
        },
    )?;
    for part in collected {
        for (all, mut found) in buckets.iter_mut().zip(part) {
            all.append(&mut found);
        }
    }
    buckets.iter_mut().for_each(|b| b.sort_unstable());
    let value = |&rank: &usize| {
        let at = bucket_of_rank(rank);
        wanted[at].map_or(f64::NAN, |slot| {
            from_sort_key(buckets[slot][rank - starts[at]])
        })
    };
    Ok(ranks.iter().map(value).collect())
}

/// The same for values that are all whole and small, such as counts and days: one pass, no collecting.
fn of_small_integers(values: &[f64], ranks: &[usize]) -> Option<Vec<f64>> {
    const LIMIT: usize = 1 << 14;
    let mut counts = vec![0usize; LIMIT];
    for &v in values {
        let whole = v as usize;
        if whole >= LIMIT || (whole as f64 - v).abs() > 0.0 {
            return None;
        }
        counts[whole] += 1;
    }
    let mut up_to = 0;
    let ends: Vec<usize> = counts
        .iter()
        .map(|c| {
            up_to += c;
            up_to
        })
        .collect();
    Some(
        ranks
            .iter()
            .map(|&rank| ends.partition_point(|&end| end <= rank) as f64)
            .collect(),
    )
}

fn bucket_counts(values: &[f64], ctx: &Context) -> Result<Vec<usize>> {
    let parts = map_ordered(
        ctx,
        "count values",
        pieces(values.len(), PIECE).collect(),
        |range| {
            let mut counts = vec![0u32; 1 << BUCKET_BITS];
            values[range]
                .iter()
                .for_each(|&v| counts[bucket(sort_key(v))] += 1);
            Ok(counts)
        },
    )?;
    let mut counts = vec![0usize; 1 << BUCKET_BITS];
    for part in parts {
        counts
            .iter_mut()
            .zip(part)
            .for_each(|(a, b)| *a += b as usize);
    }
    Ok(counts)
}

fn bucket(key: u64) -> usize {
    (key >> (64 - BUCKET_BITS)) as usize
}

/// Bits whose integer order is the order of the floats; both zeros are one value.
fn sort_key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

fn from_sort_key(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 {
        key & !(1 << 63)
    } else {
        !key
    })
}

/// A place among sorted values: behind the value at `rank` (from 0), by a share of the way to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Position {
    pub(crate) rank: usize,
    share: f64,
}

impl Position {
    /// Where the `i`-th of `k` quantiles of `n` values stands: `i (n - 1) / k`, without rounding, so that a value it falls on equals it.
    ///
    /// Source: Hyndman & Fan (1996), definition 7.
    pub(crate) fn exact(n: usize, i: usize, k: usize) -> Self {
        let (at, k) = (i as u128 * (n as u128 - 1), k as u128);
        Self {
            rank: (at / k) as usize,
            share: (at % k) as f64 / k as f64,
        }
    }

    /// The same by the arithmetic of `pandas.qcut` (3.1): fractions as `linspace` makes them, pushed up where they are not exact.
    pub(crate) fn of_pandas(n: usize, i: usize, k: usize) -> Self {
        let fraction = i as f64 * (1.0 / k as f64);
        #[allow(clippy::float_cmp, reason = "pandas compares them so")]
        let exact = k as f64 * fraction == i as f64;
        let fraction = if exact { fraction } else { fraction.next_up() };
        let at = fraction * (n as f64 - 1.0);
        Self {
            rank: at as usize,
            share: at - at.floor(),
        }
    }

    /// The value here, between its two neighbours; numpy's arithmetic.
    pub(crate) fn between(self, below: f64, above: f64) -> f64 {
        let step = above - below;
        if step.is_infinite() {
            // The two are so far apart that no float holds their distance.
            return below * (1.0 - self.share) + above * self.share;
        }
        if self.share >= 0.5 {
            above - step * (1.0 - self.share)
        } else {
            below + step * self.share
        }
    }
}

/// The quantiles of the finite `values`, of which there is at least one, at the given positions.
pub(crate) fn quantiles(values: &[f64], positions: &[Position], ctx: &Context) -> Result<Vec<f64>> {
    let last = values.len() - 1;
    let neighbours = |p: &Position| [p.rank.min(last), (p.rank + 1).min(last)];
    let ranks: Vec<usize> = positions.iter().flat_map(neighbours).collect();
    let found = order_statistics(values, &ranks, ctx)?;
    let pairs = found.chunks_exact(2).zip(positions);
    Ok(pairs.map(|(pair, p)| p.between(pair[0], pair[1])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_are_those_of_a_sort(values in prop::collection::vec(-1e6f64..1e6, 1..300), picks in prop::collection::vec(0usize..300, 1..9)) {
            let ranks: Vec<usize> = picks.iter().map(|p| p % values.len()).collect();
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let expected: Vec<f64> = ranks.iter().map(|&r| sorted[r]).collect();
            prop_assert_eq!(order_statistics(&values, &ranks, &Context::new()).unwrap(), expected);
        }

        #[test]
        fn sort_keys_read_back(v in prop::num::f64::NORMAL | prop::num::f64::ZERO) {
            prop_assert_eq!(from_sort_key(sort_key(v)), v);
        }
    }

    fn inner_quantiles(values: &[f64], k: usize) -> Vec<f64> {
        let positions: Vec<_> = (1..k)
            .map(|i| Position::exact(values.len(), i, k))
            .collect();
        quantiles(values, &positions, &Context::new()).unwrap()
    }

    proptest! {
        #[test]
        fn small_integers_are_counted_to_the_same(values in prop::collection::vec(0u16..9, 1..200), pick in 0usize..200) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let rank = pick % values.len();
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            prop_assert_eq!(of_small_integers(&values, &[rank]), Some(vec![sorted[rank]]));
        }
    }

    #[test]
    fn quantiles_interpolate() {
        let q = inner_quantiles(&[4.0, 1.0, 3.0, 2.0], 4);
        assert_eq!(q, [1.75, 2.5, 3.25]);
        assert_eq!(inner_quantiles(&[7.0], 5), [7.0; 4]);
    }

    #[test]
    fn far_apart_values_have_quantiles_between_them() {
        let q = inner_quantiles(&[-1.7e308, 1.7e308], 4);
        assert!(q.iter().all(|v| v.is_finite()) && q.is_sorted(), "{q:?}");
        assert_eq!(q[1], 0.0);
    }

    #[test]
    fn whole_positions_are_whole() {
        assert_eq!(
            Position::exact(11, 3, 5),
            Position {
                rank: 6,
                share: 0.0
            }
        );
        assert!(
            Position::of_pandas(11, 3, 5).share > 0.0,
            "pandas' own arithmetic is not exact, and is kept"
        );
        assert_eq!(Position::exact(1_000_001, 1, 3).share, 1.0 / 3.0);
    }

    #[test]
    fn ties_and_both_zeros_are_one_value() {
        let q = inner_quantiles(&[0.0, -0.0, 0.0, 5.0], 2);
        assert_eq!(q, [0.0]);
    }
}
