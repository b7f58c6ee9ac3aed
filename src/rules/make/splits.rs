//! Every way to split each of many sets in two, in the order of mlxtend.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};

use crate::error::{Error, Result};
use crate::itemsets::columns::batch_of;
use crate::parallel::Context;

const OWNER: &str = "splits";

/// Places of sets: antecedents, consequents, and both sides together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Splits {
    /// Of each split, the antecedent.
    pub antecedents: Vec<u32>,
    /// Of each split, the consequent.
    pub consequents: Vec<u32>,
    /// Of each split, the set that was split.
    pub sets: Vec<u32>,
}

/// The splits of each set into two parts that are sets too: antecedents from the longest to the shortest, those of one length by the places of their
/// items in the set. Sets are lists of distinct items, one after the other, each up to its end.
///
/// For those who compare with mlxtend's `association_rules`; [`RuleParams`](crate::rules::RuleParams) is the way to rules. Cost: 2^k - 2 splits of a set of k
/// items.
///
/// ```
/// use patronomy::{Context, rules::splits};
/// let found = splits(&[1, 2, 4], &[0, 1, 1, 0], &Context::new())?;
/// assert_eq!((found.antecedents, found.consequents), (vec![1, 0], vec![0, 1]));
/// # Ok::<(), patronomy::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] if ends do not fit the items, if a set has more than 30 items, or if a part is not among the sets; [`Error::Cancelled`].
pub fn splits(ends: &[usize], items: &[u32], ctx: &Context) -> Result<Splits> {
    const LONGEST: usize = 30;
    const POLL: usize = 1_024;
    let is_cut = ends.is_sorted() && ends.last().copied().unwrap_or(0) == items.len();
    if !is_cut {
        let rule = "must ascend to the number of items";
        return Err(Error::parameter(OWNER, "ends", rule, items.len()));
    }
    let set = |i: usize| &items[i.checked_sub(1).map_or(0, |b| ends[b])..ends[i]];
    let sorted = |set: &mut Vec<u32>| set.sort_unstable();
    let mut places: HashMap<Vec<u32>, u32> = HashMap::with_capacity(ends.len());
    for i in 0..ends.len() {
        let mut key = set(i).to_vec();
        sorted(&mut key);
        places.insert(key, i as u32);
    }
    let mut found = Splits::default();
    let mut sides = [Vec::new(), Vec::new()];
    for i in 0..ends.len() {
        if i.is_multiple_of(POLL) {
            ctx.cancel.poll()?;
        }
        let of = set(i);
        if of.len() > LONGEST {
            let rule = format!("must have at most {LONGEST} items each");
            return Err(Error::parameter(OWNER, "items", rule, of.len()));
        }
        for length in (1..of.len()).rev() {
            let mut chosen: Vec<usize> = (0..length).collect();
            loop {
                sides.iter_mut().for_each(Vec::clear);
                let mut next = chosen.iter().peekable();
                for (at, &item) in of.iter().enumerate() {
                    let is_in = next.next_if(|&&c| c == at).is_some();
                    sides[usize::from(!is_in)].push(item);
                }
                sides.iter_mut().for_each(sorted);
                let place = |side: &Vec<u32>| {
                    let place = places.get(side).copied();
                    place.ok_or_else(|| {
                        let rule = "must have every part of each set among the sets";
                        Error::parameter(OWNER, "items", rule, format!("none like {side:?}"))
                    })
                };
                found.antecedents.push(place(&sides[0])?);
                found.consequents.push(place(&sides[1])?);
                found.sets.push(i as u32);
                if !advance(&mut chosen, of.len()) {
                    break;
                }
            }
        }
    }
    Ok(found)
}

impl Splits {
    /// The same as a record batch: `antecedent`, `consequent` and `set`, places of sets.
    ///
    /// # Errors
    /// Never.
    pub fn batch(self) -> Result<RecordBatch> {
        let column = |places: Vec<u32>| -> ArrayRef { Arc::new(UInt32Array::from(places)) };
        batch_of(vec![
            ("antecedent", column(self.antecedents)),
            ("consequent", column(self.consequents)),
            ("set", column(self.sets)),
        ])
    }
}

/// The next choice of places in lexicographic order; false after the last.
fn advance(chosen: &mut [usize], n: usize) -> bool {
    let k = chosen.len();
    let Some(at) = (0..k).rev().find(|&i| chosen[i] < n - k + i) else {
        return false;
    };
    chosen[at] += 1;
    for i in at + 1..k {
        chosen[i] = chosen[i - 1] + 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_come_longest_antecedent_first() {
        // {0} {1} {2} {0 1} {0 2} {1 2} and {2 0 1}, its items in that order.
        let items = [0, 1, 2, 0, 1, 0, 2, 1, 2, 2, 0, 1];
        let found = splits(&[1, 2, 3, 5, 7, 9, 12], &items, &Context::new()).unwrap();
        assert_eq!(found.sets[6..], [6; 6]);
        assert_eq!(found.antecedents[6..], [4, 5, 3, 2, 0, 1]);
        assert_eq!(found.consequents[6..], [1, 0, 2, 3, 5, 4]);
    }

    #[test]
    fn parts_that_are_missing_are_named() {
        let error = splits(&[1, 3], &[0, 0, 1], &Context::new()).unwrap_err();
        assert!(error.to_string().contains("[1]"), "{error}");
        assert!(splits(&[2, 1], &[0, 1], &Context::new()).is_err());
        assert!(splits(&[31], &(0..31).collect::<Vec<_>>(), &Context::new()).is_err());
        assert_eq!(
            splits(&[], &[], &Context::new()).unwrap(),
            Splits::default()
        );
    }
}
