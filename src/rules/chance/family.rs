//! How many rules could have been found: what is corrected for.
//!
//! Candidates follow from what was fixed before the baskets' contents were looked at: the items that are bought often enough, the lengths that were
//! asked for, the largest basket. Rules of each length together get half the weight of those one shorter (Webb 2008, layered critical values), so
//! that the many long candidates do not drown the few short ones.

use crate::rules::make::generate::Sides;
use crate::rules::params::RuleParams;

/// The weight of one candidate of each shape; those of all candidates together are one.
#[derive(Debug)]
pub(in crate::rules) struct Family {
    /// By items of the antecedent and of the consequent, from 1.
    weights: Vec<Vec<f64>>,
    n_candidates: f64,
    /// Whether the two rules of a pair of items were counted as one.
    is_pair_one: bool,
}

impl Family {
    /// `longest` is the size of the largest basket.
    pub(in crate::rules) fn new(params: &RuleParams, sides: &Sides, longest: usize) -> Self {
        // Beyond 64 items a weight is nothing.
        const LONGEST: usize = 64;
        let count = |side: &[bool]| side.iter().filter(|&&s| s).count();
        let (m, m_x, m_y) = (
            sides.antecedent.len(),
            count(&sides.antecedent),
            count(&sides.consequent),
        );
        let most = params
            .max_len
            .unwrap_or(LONGEST)
            .min(longest)
            .min(m)
            .min(LONGEST);
        let longest_x = params.max_antecedent_len.unwrap_or(LONGEST).min(LONGEST);
        let longest_y = params.max_consequent_len.unwrap_or(LONGEST).min(LONGEST);
        let shapes = |length: usize| {
            (1..length)
                .map(move |x| (x, length - x))
                .filter(move |&(x, y)| x <= longest_x && y <= longest_y)
        };
        let share = |length: usize| 0.5_f64.powi(length as i32 - 1);
        let lengths = || (2..=most).filter(|&length| shapes(length).next().is_some());
        let all: f64 = lengths().map(share).sum();
        let mut family = Self {
            weights: vec![vec![0.0; LONGEST + 1]; LONGEST + 1],
            n_candidates: 0.0,
            is_pair_one: m_x == m && m_y == m,
        };
        let [of_all, of_x, of_y] = [m, m_x, m_y].map(|m| choices(m, LONGEST));
        for length in lengths() {
            let n_shapes = shapes(length).count() as f64;
            let splits = choices(length, length);
            for (x, y) in shapes(length) {
                let any = of_all[length] * splits[x];
                let of_sides = of_x[x] * of_y[y];
                let mut candidates = any.min(of_sides);
                // A pair is one hypothesis, whichever side speaks for the other.
                if length == 2 && family.is_pair_one {
                    candidates /= 2.0;
                }
                if candidates > 0.0 {
                    family.weights[x][y] = share(length) / all / n_shapes / candidates;
                    family.n_candidates += candidates;
                }
            }
        }
        family
    }

    /// The weight of a rule with so many items on both sides.
    pub(in crate::rules) fn weight(&self, n_x: usize, n_y: usize) -> f64 {
        let weight = self.weights.get(n_x).and_then(|w| w.get(n_y));
        weight.copied().unwrap_or(0.0)
    }

    /// The same where the two rules of a pair are two hypotheses: a test that asks for more than whether items have to do with each other.
    pub(in crate::rules) fn directed_weight(&self, n_x: usize, n_y: usize) -> f64 {
        let is_one = self.is_pair_one && n_x + n_y == 2;
        self.weight(n_x, n_y) / if is_one { 2.0 } else { 1.0 }
    }

    /// How many rules could have been found.
    pub(in crate::rules) fn n_candidates(&self) -> f64 {
        self.n_candidates
    }
}

/// Ways to choose 0, 1, .. k of n. Cost: a step for each, for one follows from the one before it.
fn choices(n: usize, k: usize) -> Vec<f64> {
    let mut choices = vec![0.0; k + 1];
    let mut ways = 1.0;
    for i in 0..=k.min(n / 2) {
        choices[i] = ways;
        // As many are left as are taken elsewhere.
        if n - i <= k {
            choices[n - i] = ways;
        }
        ways = ways * (n - i) as f64 / (i + 1) as f64;
    }
    choices
}

pub(in crate::rules) fn choose(n: usize, k: usize) -> f64 {
    if k > n {
        return 0.0;
    }
    let k = k.min(n - k);
    (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(m: usize, m_y: usize) -> Sides {
        Sides {
            antecedent: vec![true; m],
            consequent: (0..m).map(|i| i < m_y).collect(),
        }
    }

    #[test]
    fn weights_add_up_to_one() {
        let m = 6;
        for params in [
            RuleParams::new(),
            RuleParams::new().max_consequent_len(None),
            RuleParams::new().max_len(3),
            RuleParams::new().max_antecedent_len(1),
        ] {
            let family = Family::new(&params, &sides(m, m), 5);
            let (mut sum, mut directed, mut n) = (0.0, 0.0, 0.0);
            for x in 1..m {
                for y in 1..m {
                    let mut candidates = choose(m, x + y) * choose(x + y, x);
                    if x + y == 2 {
                        candidates /= 2.0;
                    }
                    let weight = family.weight(x, y);
                    sum += weight * candidates;
                    directed += family.directed_weight(x, y) * choose(m, x + y) * choose(x + y, x);
                    n += if weight > 0.0 { candidates } else { 0.0 };
                }
            }
            assert!((sum - 1.0).abs() < 1e-12, "{params:?}: {sum}");
            assert!((directed - 1.0).abs() < 1e-12, "{params:?}: {directed}");
            assert_eq!(n, family.n_candidates());
        }
    }

    #[test]
    fn choices_are_those_of_each() {
        for n in [0, 1, 2, 3, 9, 64, 65, 130, 16_000] {
            for k in [0, 1, 2, 5, 32, 64] {
                let each: Vec<u64> = (0..=k).map(|k| choose(n, k).to_bits()).collect();
                let all: Vec<u64> = choices(n, k).into_iter().map(f64::to_bits).collect();
                assert_eq!(all, each, "of {n}");
            }
        }
    }

    #[test]
    fn pairs_alone_share_all() {
        let params = RuleParams::new().max_len(2);
        assert_eq!(Family::new(&params, &sides(5, 5), 9).weight(1, 1), 0.1);
        // Two consequents: four antecedents for each.
        let restricted = Family::new(&params, &sides(5, 2), 9);
        assert_eq!(restricted.weight(1, 1), 0.1);
        assert_eq!(restricted.weight(2, 1), 0.0);
        // Baskets of two items hold no longer rule.
        assert_eq!(
            Family::new(&RuleParams::new(), &sides(5, 5), 2).weight(1, 1),
            0.1
        );
    }

    #[test]
    fn nothing_to_find_has_no_candidates() {
        assert_eq!(
            Family::new(&RuleParams::new(), &sides(1, 1), 9).n_candidates(),
            0.0
        );
        assert_eq!(
            Family::new(&RuleParams::new(), &sides(0, 0), 0).n_candidates(),
            0.0
        );
    }
}
