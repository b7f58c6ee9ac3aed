//! Which number of segments, and why.

use serde::{Deserialize, Serialize};

use super::sweep::{Candidate, ChooseParams};

/// Segments that come out alike on halves of the rows: an adjusted Rand index of at least this.
const STABLE: f64 = 0.8;

/// The numbers that were tried, and the one that is recommended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Choice {
    /// What was tried, from the least number on.
    pub candidates: Vec<Candidate>,
    /// The number recommended.
    pub n_segments: usize,
    /// Why it is.
    pub reason: String,
    /// Whether the gap statistic finds any groups at all.
    pub has_groups: bool,
}

impl Choice {
    /// Of the numbers whose segments are stable and none too small: where there are groups the one with the largest silhouette, the least of equals; where there are
    /// none, the silhouette would always say two, and the finest is taken. Where no number is stable, the most stable one.
    pub(super) fn of(
        params: &ChooseParams,
        candidates: Vec<Candidate>,
        gaps: &[(f64, f64)],
    ) -> Self {
        let has_groups = has_groups(gaps);
        let of_stability = |c: &Candidate| c.stability.unwrap_or(0.0);
        let of_silhouette = |c: &Candidate| c.silhouette.unwrap_or(-1.0);
        let is_large = |c: &&Candidate| c.smallest_share >= params.min_share;
        let is_stable = |c: &&Candidate| of_stability(c) >= STABLE;
        let large: Vec<&Candidate> = candidates.iter().filter(is_large).collect();
        let stable: Vec<&Candidate> = large.iter().copied().filter(is_stable).collect();
        let least = format!("{} %", params.min_share * 100.0);
        let alike = format!(
            "{} of {} numbers of segments come out alike on halves of the customers (adjusted Rand index of at least {STABLE}) with no segment below {least}",
            stable.len(),
            candidates.len()
        );
        let (n_segments, reason) = match (stable.last(), greatest(&stable, of_silhouette)) {
            (Some(_), Some(best)) if has_groups => {
                let (k, silhouette) = (best.n_segments, of_silhouette(best));
                (
                    k,
                    format!("{alike}; of these {k} has the largest silhouette ({silhouette:.3})"),
                )
            }
            (Some(finest), _) => {
                let k = finest.n_segments;
                let why = "there are no groups that a silhouette could tell";
                (k, format!("{alike}; {why}, and {k} is the finest of these"))
            }
            (None, _) => greatest(&large, of_stability).map_or_else(
                || {
                    let why = format!("every number has a segment below {least} of the customers");
                    (params.min_segments, format!("{why}; the least is taken"))
                },
                |best| {
                    let (k, index) = (best.n_segments, of_stability(best));
                    let why = "no number of segments comes out alike on halves of the customers";
                    let nearest = format!("{k} comes nearest (adjusted Rand index {index:.2})");
                    (k, format!("{why}; {nearest}"))
                },
            ),
        };
        Self {
            candidates,
            n_segments,
            reason,
            has_groups,
        }
    }
}

fn greatest<'a>(of: &[&'a Candidate], by: impl Fn(&Candidate) -> f64) -> Option<&'a Candidate> {
    let better = |a: &'a Candidate, b: &'a Candidate| if by(b) > by(a) { b } else { a };
    of.iter().copied().reduce(better)
}

/// Whether Tibshirani's rule takes more than one group: the first number whose gap is at least the next one's less its error.
fn has_groups(gaps: &[(f64, f64)]) -> bool {
    let mut pairs = gaps.windows(2);
    let first = pairs.position(|pair| pair[0].0 >= pair[1].0 - pair[1].1);
    first != Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(n_segments: usize, silhouette: f64, stability: f64, smallest: f64) -> Candidate {
        Candidate {
            n_segments,
            inertia: 1.0,
            simplified_silhouette: None,
            silhouette: Some(silhouette),
            silhouette_standard_error: Some(0.0),
            calinski_harabasz: None,
            davies_bouldin: None,
            gap: 0.0,
            gap_standard_error: 0.0,
            stability: Some(stability),
            smallest_share: smallest,
            largest_share: 0.5,
        }
    }

    /// Where there are groups.
    fn chosen(candidates: Vec<Candidate>) -> Choice {
        let gaps = [(0.1, 0.01), (0.9, 0.01)];
        Choice::of(&ChooseParams::default(), candidates, &gaps)
    }

    #[test]
    fn stable_segments_come_before_a_large_silhouette_and_neither_excuses_a_tiny_one() {
        let of_3 = candidate(3, 0.4, 0.95, 0.2);
        let unstable = candidate(4, 0.6, 0.5, 0.2);
        let tiny = candidate(5, 0.7, 1.0, 0.001);
        let choice = chosen(vec![
            candidate(2, 0.3, 1.0, 0.4),
            of_3,
            unstable.clone(),
            tiny.clone(),
        ]);
        assert_eq!(choice.n_segments, 3);
        assert!(
            choice.reason.starts_with("2 of 4 numbers"),
            "{}",
            choice.reason
        );
        assert_eq!(
            chosen(vec![candidate(2, 0.9, 0.3, 0.4), unstable, tiny.clone()]).n_segments,
            4
        );
        assert_eq!(chosen(vec![tiny.clone()]).n_segments, 2);
        // One cloud: the finest that is stable.
        let all = vec![
            candidate(2, 0.9, 1.0, 0.4),
            candidate(3, 0.4, 0.9, 0.2),
            tiny,
        ];
        let cloud = Choice::of(&ChooseParams::default(), all, &[(0.5, 0.0), (0.4, 0.0)]);
        assert_eq!((cloud.n_segments, cloud.has_groups), (3, false));
    }

    #[test]
    fn a_gap_that_falls_at_once_is_no_group() {
        assert!(!has_groups(&[(0.5, 0.01), (0.4, 0.01)]));
        assert!(!has_groups(&[(0.5, 0.01), (0.505, 0.01), (0.9, 0.01)]));
        assert!(has_groups(&[(0.5, 0.01), (0.9, 0.01), (0.8, 0.01)]));
    }
}
