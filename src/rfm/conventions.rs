//! The rules that cut an axis into bins.

use super::breaks::Closed;
use super::params::Convention;
use crate::error::{Error, Result};
use crate::parallel::{Context, fill, filled, pieces};
use crate::stats::quantile::{Position, order_statistics, quantiles};

/// Values ranked between two looks at whether to stop.
const PIECE: usize = 262_144;

/// Which way an axis is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Good {
    High,
    Low,
}

/// An axis: its name for errors, its direction, its bins and the rule that cuts them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub(super) name: &'static str,
    pub(super) good: Good,
    pub(super) k: u8,
    pub(super) convention: Convention,
}

/// Scores of a list of values, and the cut points they can be repeated with on other data.
pub(super) struct Binned {
    pub(super) scores: Vec<u8>,
    pub(super) cuts: Vec<f64>,
}

impl Axis {
    /// On which side of a cut point its own value falls under this rule.
    pub(super) fn closed(convention: Convention) -> Closed {
        if convention == Convention::LeftClosed {
            Closed::Left
        } else {
            Closed::Right
        }
    }

    /// Cuts and scores finite values, of which there is at least one.
    pub(super) fn bin(self, values: &[f64], ctx: &Context) -> Result<Binned> {
        match self.convention {
            Convention::Ntile | Convention::RowNumber | Convention::QcutRankFirst => {
                self.by_rank(values, ctx)
            }
            _ => {
                let cuts = self.value_cuts(values, ctx)?;
                let scores = score(values, &cuts, Self::closed(self.convention), self.good, ctx)?;
                Ok(Binned { scores, cuts })
            }
        }
    }

    fn value_cuts(self, values: &[f64], ctx: &Context) -> Result<Vec<f64>> {
        let by_pandas = matches!(self.convention, Convention::Qcut | Convention::QcutDrop);
        let at = if by_pandas {
            Position::of_pandas
        } else {
            Position::exact
        };
        let k = usize::from(self.k);
        let positions: Vec<Position> = (1..k).map(|i| at(values.len(), i, k)).collect();
        let mut cuts = quantiles(values, &positions, ctx)?;
        match self.convention {
            Convention::LeftClosed => cuts.iter_mut().for_each(|c| *c += 1.0),
            Convention::Qcut | Convention::QcutDrop => {
                let low = values.iter().copied().fold(f64::INFINITY, f64::min);
                let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let n = cuts.len();
                cuts.dedup();
                cuts.retain(|&c| c > low && c < high);
                if self.convention == Convention::Qcut && (cuts.len() < n || low >= high) {
                    return Err(Error::parameter(
                        "RfmParams",
                        "convention",
                        format!(
                            "`qcut` needs distinct quantiles, and those of {} coincide; take `together`, `qcut_drop` or `qcut_rank_first`",
                            self.name
                        ),
                        format!("{} distinct inner edges for {} bins", cuts.len(), self.k),
                    ));
                }
            }
            _ => {}
        }
        Ok(cuts)
    }

    /// Bins by rank; ties are split in the order of the values' positions.
    fn by_rank(self, values: &[f64], ctx: &Context) -> Result<Binned> {
        let descending = self.good == Good::Low && self.convention != Convention::QcutRankFirst;
        let value = |i: usize| if descending { -values[i] } else { values[i] };
        let ordered = filled(ctx, "rank", values.len(), value)?;
        let firsts = self.first_ranks(values.len());
        let bins = bins_by_rank(&ordered, &firsts, ctx)?;
        let turned = self.good == Good::Low && !descending;
        let scores = filled(ctx, "rank", values.len(), |i| {
            if turned {
                self.k - bins[i]
            } else {
                bins[i] + 1
            }
        })?;
        let cuts = self.cuts_of_scores(values, &scores);
        Ok(Binned { scores, cuts })
    }

    /// The rank, from 0, at which each bin but the first begins.
    fn first_ranks(self, n: usize) -> Vec<usize> {
        let k = usize::from(self.k);
        let first = |bin: usize| match self.convention {
            Convention::RowNumber => (bin as u128 * n as u128).div_ceil(k as u128) as usize,
            Convention::QcutRankFirst => {
                let at = Position::of_pandas(n, bin, k);
                let below = at.rank as f64 + 1.0;
                // Bins hold the ranks, from 1, up to their upper edge.
                at.between(below, (below + 1.0).min(n as f64)) as usize
            }
            // The first n mod k tiles hold one more.
            _ => bin * (n / k) + bin.min(n % k),
        };
        (1..k).map(first).collect()
    }

    /// Right-closed cut points after the fact: the largest value of each bin. Values that ties have split fall in the lower one.
    fn cuts_of_scores(self, values: &[f64], scores: &[u8]) -> Vec<f64> {
        let k = usize::from(self.k);
        let mut largest = vec![f64::NEG_INFINITY; k];
        for (&v, &s) in values.iter().zip(scores) {
            let bin = usize::from(if self.good == Good::Low {
                self.k - s
            } else {
                s - 1
            });
            largest[bin] = largest[bin].max(v);
        }
        // An empty bin ends where the one before it does; one before all values ends just below them.
        let lowest = values
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min)
            .next_down();
        let mut so_far = lowest;
        largest.truncate(k - 1);
        for cut in &mut largest {
            so_far = so_far.max(*cut);
            *cut = so_far;
        }
        largest
    }
}

/// The bins, from 0, of values by their rank, which bins begin at; equal values are ranked by position. No sort: only the values at
/// the cuts are looked for.
fn bins_by_rank(values: &[f64], firsts: &[usize], ctx: &Context) -> Result<Vec<u8>> {
    let reached: Vec<usize> = firsts
        .iter()
        .copied()
        .filter(|&r| r < values.len())
        .collect();
    let at_cuts = order_statistics(values, &reached, ctx)?;
    let mut distinct = at_cuts.clone();
    distinct.dedup();
    // How many values are below each of these.
    let mut below = vec![0usize; distinct.len() + 1];
    for &v in values {
        below[distinct.partition_point(|&c| c <= v)] += 1;
    }
    for i in 1..below.len() {
        below[i] += below[i - 1];
    }
    let mut bins = vec![0; values.len()];
    let bin_of_rank = |rank: usize| reached.partition_point(|&first| first <= rank) as u8;
    for range in pieces(values.len(), PIECE) {
        ctx.cancel.poll()?;
        for i in range {
            let v = values[i];
            let at = distinct.partition_point(|&c| c < v);
            let is_cut = distinct.get(at).is_some_and(|&c| c <= v);
            bins[i] = if is_cut {
                below[at] += 1;
                bin_of_rank(below[at] - 1)
            } else {
                at_cuts.partition_point(|&c| c < v) as u8
            };
        }
    }
    Ok(bins)
}

/// The bin, from 1, of one value.
pub(super) fn bin_of(value: f64, cuts: &[f64], closed: Closed) -> u8 {
    let below = |c: f64| {
        if closed == Closed::Right {
            c < value
        } else {
            c <= value
        }
    };
    cuts.iter().filter(|&&c| below(c)).count() as u8 + 1
}

/// Scores values by cut points.
pub(super) fn score(
    values: &[f64],
    cuts: &[f64],
    closed: Closed,
    good: Good,
    ctx: &Context,
) -> Result<Vec<u8>> {
    let labels = cuts.len() as u8 + 1;
    let mut scores = vec![0u8; values.len()];
    fill(ctx, "score", &mut scores, |at, bins| {
        bins.fill(1);
        for &cut in cuts {
            let rows = bins.iter_mut().zip(&values[at..]);
            match closed {
                Closed::Right => rows.for_each(|(b, &v)| *b += u8::from(v > cut)),
                Closed::Left => rows.for_each(|(b, &v)| *b += u8::from(v >= cut)),
            }
        }
        if good == Good::Low {
            bins.iter_mut().for_each(|b| *b = labels + 1 - *b);
        }
    })?;
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(convention: Convention, good: Good, values: &[f64]) -> String {
        let axis = Axis {
            name: "x",
            good,
            k: 5,
            convention,
        };
        let scores = axis.bin(values, &Context::new()).unwrap().scores;
        scores.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn seven_values_in_five_bins_tell_the_rank_rules_apart() {
        let values: Vec<f64> = (1..=7).map(f64::from).collect();
        assert_eq!(bins(Convention::Ntile, Good::High, &values), "1122345");
        assert_eq!(
            bins(Convention::QcutRankFirst, Good::High, &values),
            "1123455"
        );
        assert_eq!(bins(Convention::RowNumber, Good::High, &values), "1123345");
    }

    #[test]
    fn recency_is_ordered_descending_or_turned_round() {
        let values: Vec<f64> = (1..=7).map(f64::from).collect();
        assert_eq!(bins(Convention::Ntile, Good::Low, &values), "5432211");
        assert_eq!(
            bins(Convention::QcutRankFirst, Good::Low, &values),
            "5543211"
        );
        assert_eq!(bins(Convention::Together, Good::Low, &values), "5543211");
    }

    #[test]
    fn ties_stay_together_and_the_scale_stays() {
        let values = [1.0, 1.0, 1.0, 1.0, 2.0, 9.0];
        assert_eq!(bins(Convention::Together, Good::High, &values), "111145");
        assert_eq!(bins(Convention::QcutDrop, Good::High, &values), "111123");
        let axis = Axis {
            name: "x",
            good: Good::High,
            k: 5,
            convention: Convention::Qcut,
        };
        assert!(axis.bin(&values, &Context::new()).is_err());
    }

    #[test]
    fn left_closed_shifts_the_edges_by_one() {
        // Quantiles of 0..=10 at .2, .4, ... are 2, 4, 6, 8; plus one: 3, 5, 7, 9; a bin holds its lower edge.
        let values: Vec<f64> = (0..=10).map(f64::from).collect();
        assert_eq!(
            bins(Convention::LeftClosed, Good::High, &values),
            "11122334455"
        );
    }

    #[test]
    fn cuts_repeat_the_scores_where_no_tie_was_split() {
        let values: Vec<f64> = (0..23).map(|i| f64::from(i * 7 % 23)).collect();
        for convention in [
            Convention::Ntile,
            Convention::RowNumber,
            Convention::QcutRankFirst,
            Convention::Together,
        ] {
            for good in [Good::High, Good::Low] {
                let b = Axis {
                    name: "x",
                    good,
                    k: 5,
                    convention,
                }
                .bin(&values, &Context::new())
                .unwrap();
                let again = score(&values, &b.cuts, Closed::Right, good, &Context::new()).unwrap();
                assert_eq!(again, b.scores, "{convention:?} {good:?}");
            }
        }
    }

    #[test]
    fn fewer_values_than_bins_do_not_panic() {
        for convention in [
            Convention::Ntile,
            Convention::RowNumber,
            Convention::QcutRankFirst,
            Convention::Together,
            Convention::LeftClosed,
            Convention::QcutDrop,
        ] {
            for n in 1..6 {
                let values: Vec<f64> = (0..n).map(f64::from).collect();
                let b = Axis {
                    name: "x",
                    good: Good::Low,
                    k: 5,
                    convention,
                }
                .bin(&values, &Context::new())
                .unwrap();
                assert!(
                    b.scores.iter().all(|s| (1..=5).contains(s)),
                    "{convention:?} {n} {:?}",
                    b.scores
                );
            }
        }
    }
}
