//! Baskets as chance would fill them: every item as often, every basket as large.

use rand::Rng;

use super::Baskets;
use crate::error::Result;
use crate::parallel::Context;
use crate::random::stream;

impl Baskets {
    /// The same baskets with their items dealt anew: each item is in as many baskets, each basket has as many items, and nothing else is left of what was bought
    /// together. What is found in them is chance's work (Gionis et al. 2007, swap randomisation).
    ///
    /// Pairs of baskets trade the items that only one of them has (Strona et al. 2014), ten times as many pairs as there are baskets. The larger a basket,
    /// the oftener it trades: a huge one hands on little at a time. Weights stay with their baskets, and a taxonomy is dropped. The same seed gives the
    /// same baskets.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::UInt32Array;
    /// use patronomy::{Context, baskets::Baskets};
    ///
    /// let labels = Arc::new(UInt32Array::from_iter_values(0..4));
    /// let baskets = Baskets::from_numbers(vec![2, 5, 6], vec![0, 1, 1, 2, 3, 0], labels)?;
    /// let dealt = baskets.shuffled(7, &Context::new())?;
    /// assert_eq!(dealt.support_counts(), baskets.support_counts());
    /// assert_eq!(dealt.iter().map(|b| b.0.len()).collect::<Vec<_>>(), [2, 3, 1]);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn shuffled(&self, seed: u64, ctx: &Context) -> Result<Self> {
        const TRADES: usize = 10;
        const POLL: usize = 16_384;
        let mut random = stream(seed, "baskets dealt", 0);
        let mut inner = (*self.inner).clone();
        inner.ancestors.clear();
        let (n, n_entries) = (self.len(), self.n_entries());
        let mut trade = Trade::default();
        for at in 0..if n > 1 && n_entries > 0 {
            TRADES * n
        } else {
            0
        } {
            if at % POLL == 0 {
                ctx.cancel.poll()?;
            }
            let entry = random.gen_range(0..n_entries);
            let a = inner.ends.partition_point(|&end| end <= entry);
            let b = (a + random.gen_range(1..n)) % n;
            let range = |basket: usize| {
                let from = basket.checked_sub(1).map_or(0, |b| inner.ends[b]);
                from..inner.ends[basket]
            };
            let (a, b) = (range(a.min(b)), range(a.max(b)));
            let (left, right) = inner.items.split_at_mut(b.start);
            trade.between(&mut left[a], &mut right[..b.end - b.start], &mut random);
        }
        Ok(Self {
            inner: std::sync::Arc::new(inner),
        })
    }
}

/// What is reused from trade to trade: what each of the two has after it.
#[derive(Default)]
struct Trade {
    a: Vec<u32>,
    b: Vec<u32>,
}

impl Trade {
    /// Deals anew the items that only one of two baskets has: each of them goes to the first with the chance that its places left are of all that are
    /// left, so that every choice is as likely, and all stay in order.
    fn between(&mut self, a: &mut [u32], b: &mut [u32], random: &mut impl Rng) {
        let n_both = merged(a, b).filter(|(_, is_in_both)| *is_in_both).count();
        let (mut of_a, mut left) = (a.len() - n_both, a.len() + b.len() - 2 * n_both);
        if of_a == 0 || of_a == left {
            return;
        }
        self.a.clear();
        self.b.clear();
        for (item, is_in_both) in merged(a, b) {
            if is_in_both {
                self.a.push(item);
                self.b.push(item);
                continue;
            }
            if random.gen_range(0..left as u32) < of_a as u32 {
                self.a.push(item);
                of_a -= 1;
            } else {
                self.b.push(item);
            }
            left -= 1;
        }
        a.copy_from_slice(&self.a);
        b.copy_from_slice(&self.b);
    }
}

/// The items of two baskets in order, and whether both have them.
fn merged<'a>(mut a: &'a [u32], mut b: &'a [u32]) -> impl Iterator<Item = (u32, bool)> + 'a {
    std::iter::from_fn(move || match (a.split_first(), b.split_first()) {
        (Some((&x, rest_a)), Some((&y, rest_b))) => {
            if x <= y {
                a = rest_a;
            }
            if y <= x {
                b = rest_b;
            }
            Some((x.min(y), x == y))
        }
        (Some((&x, rest)), None) => {
            a = rest;
            Some((x, false))
        }
        (None, Some((&y, rest))) => {
            b = rest;
            Some((y, false))
        }
        (None, None) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::UInt32Array;
    use std::sync::Arc;

    fn baskets(rows: &[Vec<u32>], n_items: u32) -> Baskets {
        let ends = rows.iter().scan(0, |end, row| {
            *end += row.len();
            Some(*end)
        });
        let labels = Arc::new(UInt32Array::from_iter_values(0..n_items));
        Baskets::from_numbers(ends.collect(), rows.concat(), labels).unwrap()
    }

    #[test]
    fn margins_stay_and_pairs_do_not() {
        // 0 and 1 always come together.
        let rows: Vec<Vec<u32>> = (0..300_u32)
            .map(|i| {
                if i % 3 == 0 {
                    vec![0, 1, 2 + i % 5]
                } else {
                    vec![2 + i % 7, 9]
                }
            })
            .collect();
        let before = baskets(&rows, 10);
        let after = before.shuffled(3, &Context::new()).unwrap();
        assert_eq!(after.support_counts(), before.support_counts());
        for ((a, _), (b, _)) in before.iter().zip(after.iter()) {
            assert_eq!(a.len(), b.len());
            assert!(b.is_sorted_by(|x, y| x < y));
        }
        let together = |baskets: &Baskets| {
            baskets
                .iter()
                .filter(|(b, _)| b.contains(&0) && b.contains(&1))
                .count()
        };
        assert_eq!(together(&before), 100);
        // By chance a quarter to a third of a hundred, for baskets have two or three of ten items.
        assert!((10..60).contains(&together(&after)), "{}", together(&after));
        let again = before.shuffled(3, &Context::new()).unwrap();
        assert!(after.iter().eq(again.iter()));
        let other = before.shuffled(4, &Context::new()).unwrap();
        assert!(!after.iter().eq(other.iter()));
    }

    #[test]
    fn little_stays_as_it_is() {
        for rows in [
            vec![],
            vec![vec![1, 2]],
            vec![vec![], vec![]],
            vec![vec![1], vec![1]],
        ] {
            let before = baskets(&rows, 3);
            let after = before.shuffled(1, &Context::new()).unwrap();
            assert!(after.iter().eq(before.iter()));
        }
    }
}
