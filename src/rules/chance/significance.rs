//! How likely chance alone would make a rule as strong.
//!
//! The hypothesis: some item of the antecedent adds nothing to the others. With base B, the antecedent without that item: among the baskets with B of one
//! size, those with the item and those with the consequent are drawn without regard to each other, each as many as there are, but for the room that a
//! basket has ([`together`]). How many have both is a sum of unequal trials, whose upper tail is at most that of equal trials with their mean
//! (Hoeffding 1956). Where as many are expected as have both, the p-value is one, without looking at the tail. The p-value of a rule is the largest over its
//! items: no part may explain it.

use super::sizes::SizeClasses;
use crate::error::Result;
use crate::parallel::{Context, fill};
use crate::rules::make::generate::Rule;
use crate::rules::sets::counting::ClassCounts;
use crate::rules::sets::index::SetIndex;
use crate::rules::sets::tree::{ROOT, SetTree};
use crate::stats::tails::{Hypergeometric, binomial_upper, deviance};

/// What chance would do with a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::rules) struct Chance {
    pub(in crate::rules) p_value: f64,
    /// Baskets with both sides as the best of the bases explains them.
    pub(in crate::rules) expected: f64,
}

impl Chance {
    /// By how well it explains what was met.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let by_p_value = self.p_value.total_cmp(&other.p_value);
        by_p_value.then(self.expected.total_cmp(&other.expected))
    }
}

/// What tests look at.
pub(in crate::rules) struct Tester<'a> {
    pub(in crate::rules) tree: &'a SetTree,
    pub(in crate::rules) index: &'a SetIndex,
    /// Classes of baskets, and counts of sets in them; none for a test that is blind to them.
    pub(in crate::rules) sizes: Option<(&'a SizeClasses, &'a ClassCounts)>,
}

/// The sets that tests of the rules count: antecedents, these without an item, and with the consequent instead.
pub(in crate::rules) fn needed(tree: &SetTree, index: &SetIndex, rules: &[Rule]) -> Vec<bool> {
    let mut is_needed = vec![false; tree.len()];
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for rule in rules {
        is_needed[rule.x as usize] = true;
        tree.items_into(rule.x, &mut x);
        tree.items_into(rule.y, &mut y);
        let (x_key, y_key) = (index.key_of(&x), index.key_of(&y));
        for &item in &x {
            let base = x_key.wrapping_sub(index.key(item));
            for key in [base, base.wrapping_add(y_key)] {
                is_needed[index.find(key) as usize] = true;
            }
        }
    }
    is_needed[ROOT as usize] = false;
    is_needed
}

impl Tester<'_> {
    pub(in crate::rules) fn chances(&self, rules: &[Rule], ctx: &Context) -> Result<Vec<Chance>> {
        let mut chances = vec![Chance::default(); rules.len()];
        fill(ctx, "rules tested", &mut chances, |from, piece| {
            let (mut x, mut y, mut bases) = (Vec::new(), Vec::new(), Vec::new());
            for (at, chance) in piece.iter_mut().enumerate() {
                if at % 4_096 == 0 && ctx.cancel.is_cancelled() {
                    break;
                }
                let rule = rules[from + at];
                self.tree.items_into(rule.x, &mut x);
                self.tree.items_into(rule.y, &mut y);
                self.without_each(rule, &x, self.index.key_of(&y), &mut bases);
                *chance = worst(&bases, self.tree.support(rule.xy));
            }
        })?;
        ctx.cancel.poll()?;
        Ok(chances)
    }

    /// What chance does without each item of the antecedent.
    fn without_each(&self, rule: Rule, x: &[u32], y_key: u64, bases: &mut Vec<Trials>) {
        let x_key = self.index.key_of(x);
        bases.clear();
        bases.extend(x.iter().map(|&item| {
            let base_key = x_key.wrapping_sub(self.index.key(item));
            let base = self.index.find(base_key);
            let with = self.index.find(base_key.wrapping_add(y_key));
            self.given(rule, base, with)
        }));
    }

    /// What chance does if the antecedent has nothing that its base has not; `with` is the base and the consequent.
    fn given(&self, rule: Rule, base: u32, with: u32) -> Trials {
        let [n_base, n_x, n_y] = [base, rule.x, with].map(|s| self.tree.support(s));
        if n_x == 0 || n_y == 0 {
            return Trials::default();
        }
        let Some((classes, counts)) = self.sizes else {
            let [n, x, y] = [n_base, n_x, n_y].map(f64::from);
            return Trials {
                n: n_x.min(n_y),
                expected: x / n * y,
                exact: Some(Hypergeometric::new(n, x, y)),
            };
        };
        let of_base = if base == ROOT {
            &classes.n[..]
        } else {
            counts.of(base)
        };
        // A consequent of more items takes more room, but how much each takes is not known.
        let taken = self.tree.length(base);
        let room = |class: usize| match self.tree.length(rule.y) {
            1 => f64::from(classes.largest[class]) - taken as f64,
            _ => f64::INFINITY,
        };
        Trials::of_classes(of_base, counts.of(rule.x), counts.of(with), room)
    }
}

/// The chance of the base that explains best how often both sides met; of equal ones that which expects most.
///
/// It is looked for by bounds, which cost little: most bases need no sum of a tail.
fn worst(bases: &[Trials], n_xy: u32) -> Chance {
    let bounds = || bases.iter().map(|b| b.bound(n_xy)).enumerate();
    let likeliest = bounds().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
    let Some((mut place, _)) = likeliest else {
        return Chance::default();
    };
    let mut worst = bases[place].chance(n_xy);
    for (at, bound) in bounds().filter(|b| b.0 != likeliest.map_or(0, |l| l.0)) {
        if bound >= worst.p_value {
            let chance = bases[at].chance(n_xy);
            if chance.order(&worst).then(place.cmp(&at)).is_gt() {
                (place, worst) = (at, chance);
            }
        }
    }
    worst
}

/// What chance does with two kinds of baskets: independent trials, of which so many meet.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::rules) struct Trials {
    n: u32,
    expected: f64,
    /// Where all are alike, and drawn without putting back.
    exact: Option<Hypergeometric>,
}

impl Trials {
    /// Of baskets by class: all, those of one kind, those of the other. `room` is how many items, these two included, the largest basket of a class has
    /// place for.
    ///
    /// Classes next to each other are taken together until they have some baskets: of one basket nothing can be said.
    pub(in crate::rules) fn of_classes(
        n: &[u32],
        x: &[u32],
        y: &[u32],
        room: impl Fn(usize) -> f64,
    ) -> Self {
        const LEAST: u32 = 16;
        let mut trials = Self::default();
        let (mut sums, mut most_room) = ([0_u32; 3], 0.0_f64);
        for (class, ((&n_class, &x), &y)) in n.iter().zip(x).zip(y).enumerate() {
            sums = [sums[0] + n_class, sums[1] + x, sums[2] + y];
            if n_class > 0 {
                most_room = most_room.max(room(class));
            }
            if sums[0] >= LEAST || class + 1 == n.len() {
                let fewer = sums[1].min(sums[2]);
                if fewer > 0 && most_room >= 2.0 {
                    trials.n += fewer;
                    trials.expected += together(sums.map(f64::from), most_room);
                }
                (sums, most_room) = ([0; 3], 0.0);
            }
        }
        trials
    }

    /// How likely so many or more meet.
    pub(in crate::rules) fn chance(&self, n_xy: u32) -> Chance {
        let p_value = match self.exact {
            Some(exact) => exact.upper(n_xy.into()),
            None if f64::from(n_xy) <= self.expected => 1.0,
            None => binomial_upper(n_xy, self.n, self.expected / f64::from(self.n.max(1))),
        };
        Chance {
            p_value,
            expected: self.expected,
        }
    }

    /// No less than that (Chernoff 1952; for draws without putting back Hoeffding 1963).
    fn bound(&self, n_xy: u32) -> f64 {
        let [n, k] = [self.n, n_xy].map(f64::from);
        if k <= self.expected || n_xy > self.n {
            return 1.0;
        }
        let missed = n - self.expected;
        let excess = k - self.expected;
        let ln = -deviance(k, self.expected, excess) - deviance(n - k, missed, -excess);
        // What rounding may take away is given back.
        (ln * (1.0 - 1e-12)).exp().min(1.0)
    }
}

/// How many of n baskets have two items by chance, of which x and y have one each, if each basket has `room` for so many items: an item that is there leaves the
/// other less of it. Baskets of one size filled by the odds of the items have both with chance p q (1 - (1-p)(1-q) / d), d = Σ p (1-p) over all items, nearly
/// (Hájek 1964, Asymptotic theory of rejective sampling); d is at most `room`, so this is never too low.
fn together([n, x, y]: [f64; 3], room: f64) -> f64 {
    let (p, q) = (x / n, y / n);
    x * y / n * (1.0 - (1.0 - p) * (1.0 - q) / room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn met(n: &[u32], x: &[u32], y: &[u32], room: impl Fn(usize) -> f64, n_xy: u32) -> Chance {
        Trials::of_classes(n, x, y, room).chance(n_xy)
    }

    /// P(N >= k) of a sum of hypergeometric counts, by convolution.
    fn exact(classes: &[(u32, u32, u32)], k: u32) -> f64 {
        let mut sums = vec![1.0];
        for &(n, x, y) in classes {
            let one = Hypergeometric::new(n.into(), x.into(), y.into());
            let mut next = vec![0.0; sums.len() + x.min(y) as usize];
            for (i, p) in sums.iter().enumerate() {
                for j in 0..=x.min(y) {
                    next[i + j as usize] += p * one.probability(j.into());
                }
            }
            sums = next;
        }
        sums.iter().skip(k as usize).sum()
    }

    #[test]
    fn the_bound_holds_and_is_near() {
        let classes = [
            (16, 1, 1),
            (20, 3, 4),
            (200, 20, 11),
            (300, 12, 40),
            (17, 0, 5),
        ];
        let [n, x, y] = [0, 1, 2].map(|i| classes.map(|c| [c.0, c.1, c.2][i]).to_vec());
        let any = |_| f64::INFINITY;
        let mean = met(&n, &x, &y, any, 0).expected;
        assert!((mean - (1.0 / 16.0 + 0.6 + 1.1 + 1.6)).abs() < 1e-12);
        for k in 0..=12 {
            let (bound, exact) = (met(&n, &x, &y, any, k).p_value, exact(&classes, k));
            if f64::from(k) >= mean + 1.0 {
                assert!(bound >= exact * (1.0 - 1e-9), "{k}: {bound} {exact}");
                assert!(bound < 100.0 * exact, "{k}: {bound} {exact}");
            }
        }
    }

    #[test]
    fn what_sizes_explain_is_no_evidence() {
        // Classes are full of both: chance could not have done otherwise.
        let any = |_| f64::INFINITY;
        let chance = met(&[16, 20, 30], &[16, 20, 0], &[16, 20, 9], any, 36);
        assert_eq!((chance.p_value, chance.expected), (1.0, 36.0));
        // Few baskets are a class only together.
        assert_eq!(
            met(&[1, 3, 16], &[1, 3, 0], &[1, 0, 4], any, 1).expected,
            1.0
        );
        assert!(met(&[100, 100], &[10, 0], &[10, 0], any, 10).p_value < 1e-8);
    }

    /// Chances that a basket of `size` items, filled by odds, has each item, and each pair: all choices, one by one.
    fn filled(odds: &[f64], size: u32) -> (Vec<f64>, Vec<Vec<f64>>) {
        let n = odds.len();
        let (mut one, mut two, mut all) = (vec![0.0; n], vec![vec![0.0; n]; n], 0.0);
        for chosen in (0..1_u32 << n).filter(|c| c.count_ones() == size) {
            let has = |i: usize| chosen >> i & 1 == 1;
            let weight: f64 = (0..n).filter(|&i| has(i)).map(|i| odds[i]).product();
            all += weight;
            for i in (0..n).filter(|&i| has(i)) {
                one[i] += weight;
                (0..n).filter(|&j| has(j)).for_each(|j| two[i][j] += weight);
            }
        }
        one.iter_mut().for_each(|p| *p /= all);
        two.iter_mut().flatten().for_each(|p| *p /= all);
        (one, two)
    }

    proptest! {
        /// Room is never taken for less than it is: no drawn odds make two items meet more often than is said.
        #[test]
        fn chance_is_never_taken_for_less(
            ln_odds in vec(-6.0..6.0_f64, 2..9),
            size in 1_u32..8,
        ) {
            let odds: Vec<f64> = ln_odds.iter().map(|o| o.exp()).collect();
            let size = size.min(odds.len() as u32);
            let (one, two) = filled(&odds, size);
            for i in 0..odds.len() {
                for j in 0..i {
                    let said = together([1.0, one[i], one[j]], size.into());
                    prop_assert!(two[i][j] <= said * (1.0 + 1e-9) + 1e-15, "{} {}", two[i][j], said);
                    prop_assert!(said <= one[i] * one[j] * (1.0 + 1e-12));
                }
            }
        }
    }

    #[test]
    fn two_items_need_room_for_two() {
        let of_one = met(&[50, 50], &[10, 10], &[10, 10], |c| [1.0, 2.0][c], 2);
        // p q (1 - (1-p)(1-q) / 2) in the second class, nothing in the first.
        assert!((of_one.expected - 50.0 * 0.04 * (1.0 - 0.64 / 2.0)).abs() < 1e-12);
    }

    proptest! {
        /// Bounds leave nothing out: the base found is the one that looking at each finds.
        #[test]
        fn the_worst_base_is_found(
            drawn in vec((0_u32..60, 0.0..1.0_f64, any::<bool>()), 1..7),
            n_xy in 0_u32..40,
        ) {
            let bases: Vec<Trials> = drawn.into_iter().map(|(n, share, is_exact)| {
                let n = n.max(n_xy);
                let exact = is_exact.then(|| Hypergeometric::new(200.0, f64::from(n), (200.0 * share).floor()));
                let share = if is_exact { (200.0 * share).floor() / 200.0 } else { share };
                Trials { n, expected: f64::from(n) * share, exact }
            }).collect();
            for base in &bases {
                prop_assert!(base.chance(n_xy).p_value <= base.bound(n_xy));
            }
            let each: Vec<Chance> = bases.iter().map(|b| b.chance(n_xy)).collect();
            let expected = each.iter().copied().reduce(|worst, c| if c.order(&worst).is_gt() { c } else { worst });
            prop_assert_eq!(Some(worst(&bases, n_xy)), expected);
        }
    }
}
