//! What is expected of a class's liking for an item before its purchases are counted: what it likes among similar items, and how it minds the price.
//!
//! Items are of groups that classes like alike. The liking of a class c for an item of group g has a gamma distribution of mean `exp(slope_c · ln price) · level_gc` and
//! shape ν; purchases are Poisson, so what was bought is negative binomial, and a liking's mean, once it is known, is (bought + ν) / (expected + ν / mean). Slopes,
//! levels, shares of groups and ν are those that make what the classes bought likeliest (empirical Bayes: Robbins 1956; Efron 2010, *Large-Scale Inference*, chapter 1), by expectation and
//! maximisation; they are taken only if they explain it better than no such expectation does.

use crate::cluster::kmeans::KMeansParams;
use crate::error::Result;
use crate::matrix::{Matrix, Numbers};
use crate::parallel::Context;
use crate::stats::gamma::{ln_gamma, ln_rising};

/// Numbers of groups that are tried, until more are worse.
const GROUPS: [usize; 5] = [1, 2, 4, 8, 16];
const MOST_ROUNDS: usize = 60;
/// A round that raises the likelihood by less than this share of it is the last.
const LEAST_GAIN: f64 = 1e-7;
/// The shape that the search begins with, by which factor it moves, and how far.
const SHAPE: f64 = 8.0;
const SHAPE_STEP: f64 = 1.25;
const SHAPES: (f64, f64) = (0.5, 2_000.0);
/// No slope moves by more in a round.
const MOST_TURN: f64 = 0.5;

/// The mean of each liking, item by item, and how sure it is: of so many purchases.
#[derive(Debug, Clone)]
pub(super) struct Tastes {
    pub(super) means: Vec<f64>,
    pub(super) shape: f64,
}

/// What classes bought and what they would have bought if they liked all items as all customers do: item by item, class by class.
#[derive(Clone, Copy)]
pub(super) struct Bought<'a> {
    pub(super) observed: &'a [f64],
    pub(super) expected: &'a [f64],
    pub(super) n_classes: usize,
}

/// The best of some expectations, by Bayes' information criterion; none if it is none. `log_prices` are centred, 0 where a price is not known.
pub(super) fn learn(
    bought: Bought<'_>,
    log_prices: &[f64],
    seed: u64,
    ctx: &Context,
) -> Result<Option<Tastes>> {
    let (n_items, k) = (log_prices.len(), bought.n_classes);
    let by_one = 0.5 * (n_items as f64).ln();
    let problem = Problem { bought, log_prices };
    // All likings are about 1: one group, whose levels and slopes do not move.
    let mut greatest = problem.climb(Groups::new(1, k), false, ctx)?.1;
    let mut best = None;
    for n_groups in GROUPS.into_iter().filter(|g| 4 * g <= n_items) {
        let start = problem.start(n_groups, seed, ctx)?;
        let (groups, likelihood) = problem.climb(start, true, ctx)?;
        let criterion = likelihood - by_one * (k * (n_groups + 1) + n_groups - 1) as f64;
        if criterion > greatest {
            (greatest, best) = (criterion, Some(groups));
        } else if n_groups > 1 {
            break;
        }
    }
    Ok(best.map(|groups| problem.tastes(&groups)))
}

/// Groups of items.
#[derive(Debug, Clone)]
struct Groups {
    shares: Vec<f64>,
    /// Group by group, how much each class likes its items at the mean price.
    levels: Vec<f64>,
    /// How each class minds the price.
    slopes: Vec<f64>,
    shape: f64,
}

impl Groups {
    fn new(n: usize, n_classes: usize) -> Self {
        Self {
            shares: vec![1.0 / n as f64; n],
            levels: vec![1.0; n * n_classes],
            slopes: vec![0.0; n_classes],
            shape: SHAPE,
        }
    }
}

struct Problem<'a> {
    bought: Bought<'a>,
    log_prices: &'a [f64],
}

impl Problem<'_> {
    /// Rounds of expectation and maximisation until the likelihood rises no more: the groups, and the logarithm of their likelihood.
    fn climb(&self, mut groups: Groups, has_levels: bool, ctx: &Context) -> Result<(Groups, f64)> {
        let (mut chances, mut likelihood) = self.chances(&groups);
        for _ in 0..MOST_ROUNDS {
            ctx.cancel.poll()?;
            let before = likelihood;
            if has_levels {
                groups = self.levelled(&groups, &chances);
                (chances, likelihood) = self.chances(&groups);
            }
            for factor in [SHAPE_STEP, 1.0 / SHAPE_STEP] {
                let shape = (groups.shape * factor).clamp(SHAPES.0, SHAPES.1);
                let other = Groups {
                    shape,
                    ..groups.clone()
                };
                let found = self.chances(&other);
                if found.1 > likelihood {
                    (groups, (chances, likelihood)) = (other, found);
                }
            }
            if likelihood - before <= LEAST_GAIN * likelihood.abs() {
                break;
            }
        }
        Ok((groups, likelihood))
    }

    /// Groups that k-means finds among likings.
    fn start(&self, n_groups: usize, seed: u64, ctx: &Context) -> Result<Groups> {
        let k = self.bought.n_classes;
        let start = Groups::new(n_groups, k);
        if n_groups == 1 {
            return Ok(start);
        }
        let cells = self.bought.observed.iter().zip(self.bought.expected);
        let logs: Vec<f64> = cells
            .map(|(o, e)| ((o + SHAPE) / (e + SHAPE)).ln())
            .collect();
        let columns: Vec<Vec<f64>> = (0..k)
            .map(|c| logs.iter().skip(c).step_by(k).copied().collect())
            .collect();
        let columns = columns.iter().map(|c| Numbers::F64(c)).collect();
        let params = KMeansParams::new(n_groups).n_init(10).seed(seed);
        let labels = params
            .fit(&Matrix::from_columns(columns)?, None, ctx)?
            .labels;
        let mut chances = vec![0.0; labels.len() * n_groups];
        for (own, label) in chances.chunks_exact_mut(n_groups).zip(labels) {
            own[label as usize] = 1.0;
        }
        Ok(self.levelled(&start, &chances))
    }

    /// How likely each group is for each item, and the logarithm of the likelihood of all, but for what purchases alone decide.
    fn chances(&self, groups: &Groups) -> (Vec<f64>, f64) {
        let k = self.bought.n_classes;
        let n_groups = groups.shares.len();
        let mut chances = vec![0.0; self.log_prices.len() * n_groups];
        let mut likelihood = 0.0;
        for (i, own) in chances.chunks_exact_mut(n_groups).enumerate() {
            for (g, to) in own.iter_mut().enumerate() {
                *to = groups.shares[g].ln();
                for c in 0..k {
                    let (observed, _) = self.cell(i, c);
                    let over = self.mean(groups, i, g, c) / groups.shape;
                    // x ln(m / (ν + m)) - ν ln(1 + m / ν).
                    let bought = if observed > 0.0 {
                        observed * over.ln()
                    } else {
                        0.0
                    };
                    *to += bought - (observed + groups.shape) * over.ln_1p();
                }
            }
            let most = own.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            own.iter_mut().for_each(|x| *x = (*x - most).exp());
            let sum: f64 = own.iter().sum();
            own.iter_mut().for_each(|x| *x /= sum);
            likelihood += most + sum.ln();
        }
        let of_counts = self.bought.observed.iter();
        likelihood += of_counts
            .map(|&o| ln_rising(groups.shape, o) - ln_gamma(o + 1.0))
            .sum::<f64>();
        (chances, likelihood)
    }

    fn cell(&self, i: usize, c: usize) -> (f64, f64) {
        let at = i * self.bought.n_classes + c;
        (self.bought.observed[at], self.bought.expected[at])
    }

    /// What a class is expected to buy of an item of a group.
    fn mean(&self, groups: &Groups, i: usize, g: usize, c: usize) -> f64 {
        let level = groups.levels[g * self.bought.n_classes + c];
        (self.cell(i, c).1 * level * (groups.slopes[c] * self.log_prices[i]).exp()).max(1e-300)
    }

    /// Shares, levels and slopes that would more likely have these chances: a step towards where the derivatives of the likelihood vanish.
    fn levelled(&self, before: &Groups, chances: &[f64]) -> Groups {
        let k = self.bought.n_classes;
        let n_groups = before.shares.len();
        let n_items = self.log_prices.len() as f64;
        let mut groups = before.clone();
        let mut shares = vec![1.0; n_groups];
        // One purchase of each group keeps one that a class bought nothing of from being impossible.
        let mut sums = vec![(1.0, 1.0); n_groups * k];
        let mut turns = vec![(0.0, 0.0); k];
        for (i, own) in chances.chunks_exact(n_groups).enumerate() {
            for (g, chance) in own.iter().enumerate() {
                shares[g] += chance;
                for c in 0..k {
                    let (observed, mean) = (self.cell(i, c).0, self.mean(before, i, g, c));
                    // Of a large count most is the item's own.
                    let weight = chance * before.shape / (before.shape + mean);
                    let level = before.levels[g * k + c];
                    let (bought, usual) = &mut sums[g * k + c];
                    *bought += weight * observed;
                    *usual += weight * mean / level;
                    let (up, curve) = &mut turns[c];
                    *up += weight * (observed - mean) * self.log_prices[i];
                    *curve += weight * mean * self.log_prices[i] * self.log_prices[i];
                }
            }
        }
        groups.shares = shares
            .iter()
            .map(|n| n / (n_items + n_groups as f64))
            .collect();
        groups.levels = sums.iter().map(|(bought, usual)| bought / usual).collect();
        for (slope, (up, curve)) in groups.slopes.iter_mut().zip(turns) {
            if curve > 0.0 {
                *slope += (up / curve).clamp(-MOST_TURN, MOST_TURN);
            }
        }
        groups
    }

    /// What is expected of each liking, by the groups that its item may be of.
    fn tastes(&self, groups: &Groups) -> Tastes {
        let k = self.bought.n_classes;
        let n_groups = groups.shares.len();
        let (chances, _) = self.chances(groups);
        let mut means = Vec::with_capacity(self.bought.observed.len());
        for (i, own) in chances.chunks_exact(n_groups).enumerate() {
            for c in 0..k {
                let level = own.iter().zip(groups.levels.iter().skip(c).step_by(k));
                let level: f64 = level.map(|(chance, level)| chance * level).sum();
                means.push(level * (groups.slopes[c] * self.log_prices[i]).exp());
            }
        }
        Tastes {
            means,
            shape: groups.shape,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Normal, Poisson};

    use super::*;

    const K: usize = 3;
    const ITEMS: usize = 240;

    struct Planted {
        levels: Vec<f64>,
        prices: Vec<f64>,
        likings: Vec<f64>,
        observed: Vec<f64>,
        expected: Vec<f64>,
    }

    impl Planted {
        fn bought(&self) -> Bought<'_> {
            Bought {
                observed: &self.observed,
                expected: &self.expected,
                n_classes: K,
            }
        }
    }

    /// Likings of three classes for items of four groups: prices at random, levels and slopes given, and what parts from them.
    fn planted(slopes: [f64; K], spread: f64) -> Planted {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let own = Normal::new(0.0, 0.1).unwrap();
        let levels: Vec<f64> = (0..4 * K)
            .map(|_| spread * rng.gen_range(-1.0..1.0))
            .collect();
        let prices: Vec<f64> = (0..ITEMS).map(|_| rng.gen_range(-1.0..1.0)).collect();
        let (mut likings, mut observed, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for (i, price) in prices.iter().enumerate() {
            for c in 0..K {
                let log = slopes[c] * price + levels[(i % 4) * K + c] + own.sample(&mut rng);
                let usual = rng.gen_range(5.0..60.0);
                likings.push(log.exp());
                expected.push(usual);
                observed.push(Poisson::new(usual * log.exp()).unwrap().sample(&mut rng));
            }
        }
        Planted {
            levels: levels.into_iter().map(f64::exp).collect(),
            prices,
            likings,
            observed,
            expected,
        }
    }

    fn off(found: impl Iterator<Item = f64>, likings: &[f64]) -> f64 {
        let squares = found.zip(likings).map(|(x, y)| (x / y).ln().powi(2));
        (squares.sum::<f64>() / likings.len() as f64).sqrt()
    }

    #[test]
    fn likings_are_nearer_with_what_is_expected_of_them() {
        let shop = planted([0.8, 0.0, -0.8], 0.8);
        let found = learn(shop.bought(), &shop.prices, 1, &Context::new());
        let Tastes { means, shape } = found.unwrap().unwrap();
        let cells = || shop.observed.iter().zip(&shop.expected);
        let shrunk = (cells().zip(&means)).map(|((o, e), mean)| (o + shape) / (e + shape / mean));
        let raw = cells().map(|(o, e)| (o + 0.5) / (e + 0.5));
        let (with, without) = (off(shrunk, &shop.likings), off(raw, &shop.likings));
        assert!(with < 0.6 * without, "{with} {without}");
        // The scatter within groups is .1: a gamma distribution of shape 100.
        assert!((20.0..=600.0).contains(&shape), "{shape}");
    }

    #[test]
    fn what_is_found_is_likelier_than_the_truth() {
        let slopes = [0.8, 0.0, -0.8];
        let shop = planted(slopes, 0.8);
        let problem = Problem {
            bought: shop.bought(),
            log_prices: &shop.prices,
        };
        let ctx = Context::new();
        let start = problem.start(4, 1, &ctx).unwrap();
        let (found, likelihood) = problem.climb(start, true, &ctx).unwrap();
        for (x, truth) in found.slopes.iter().zip(slopes) {
            assert!((x - truth).abs() < 0.1, "{:?}", found.slopes);
        }
        let truth = Groups {
            shares: vec![0.25; 4],
            levels: shop.levels.clone(),
            slopes: slopes.to_vec(),
            shape: 100.0,
        };
        let (_, of_truth) = problem.chances(&truth);
        // So many parameters gain half of that by chance, and hardly ever this much.
        let gain = likelihood - of_truth;
        assert!((0.0..25.0).contains(&gain), "{gain}");
    }

    /// One level for all and no slope: nothing is expected that would explain more.
    #[test]
    fn nothing_is_expected_of_likings_at_random() {
        let shop = planted([0.0; K], 0.0);
        let found = learn(shop.bought(), &shop.prices, 1, &Context::new()).unwrap();
        assert!(found.is_none());
    }

    #[test]
    fn items_that_nobody_bought_do_no_harm() {
        let nothing = vec![0.0; ITEMS * K];
        let bought = Bought {
            observed: &nothing,
            expected: &nothing,
            n_classes: K,
        };
        let found = learn(bought, &[0.0; ITEMS], 1, &Context::new()).unwrap();
        assert!(found.is_none());
        let mut shop = planted([0.8, 0.0, -0.8], 0.8);
        shop.observed[..30].fill(0.0);
        shop.expected[..30].fill(0.0);
        let found = learn(shop.bought(), &shop.prices, 1, &Context::new()).unwrap();
        assert!(
            found
                .unwrap()
                .means
                .iter()
                .all(|m| m.is_finite() && *m > 0.0)
        );
    }
}
