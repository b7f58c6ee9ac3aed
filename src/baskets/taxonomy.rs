//! A tree (or any acyclic graph) of items: baskets that have an item have its ancestors too.

use std::sync::Arc;

use super::{Baskets, Inner, OWNER};
use crate::error::{Error, Result};

impl Baskets {
    /// The same baskets, with the ancestors of each item added: `parents` are pairs (item, its parent), numbers of labels.
    ///
    /// Sets are then mined over all levels at once; none has an item together with its own ancestor, which would say nothing (Srikant and
    /// Agrawal, Mining generalized association rules, 1995). An item may have several parents.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a number has no label, or if an item would be its own ancestor.
    pub fn with_taxonomy(&self, parents: &[(u32, u32)]) -> Result<Self> {
        let n = self.n_items();
        let mut parents_of = vec![Vec::new(); n];
        for &(item, parent) in parents {
            if item as usize >= n || parent as usize >= n {
                let rule = format!("must pair numbers of the {n} labels");
                return Err(Error::parameter(OWNER, "parents", rule, item.max(parent)));
            }
            parents_of[item as usize].push(parent);
        }
        let ancestors = ancestors(&parents_of)?;
        let mut inner = Inner {
            items: Vec::new(),
            ends: Vec::with_capacity(self.len()),
            ancestors: Vec::new(),
            ..(*self.inner).clone()
        };
        for (items, _) in self.iter() {
            let from = inner.items.len();
            inner.items.extend_from_slice(items);
            for &item in items {
                inner.items.extend_from_slice(&ancestors[item as usize]);
            }
            inner.items[from..].sort_unstable();
            inner.ends.push(inner.items.len());
        }
        // What several items share is no repetition of the caller's.
        let n_repeated = inner.n_repeated;
        inner.sort();
        inner.n_repeated = n_repeated;
        inner.ancestors = ancestors;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

/// For each item its ancestors, nearest first: breadth first.
fn ancestors(parents_of: &[Vec<u32>]) -> Result<Vec<Vec<u32>>> {
    let of = |start: usize| {
        let mut found: Vec<u32> = Vec::new();
        let mut next = 0;
        found.extend(&parents_of[start]);
        found.dedup();
        while next < found.len() {
            for &parent in &parents_of[found[next] as usize] {
                if !found.contains(&parent) {
                    found.push(parent);
                }
            }
            next += 1;
        }
        if found.contains(&(start as u32)) {
            let rule = "must have no cycles: an item would be its own ancestor";
            return Err(Error::parameter(OWNER, "parents", rule, start));
        }
        Ok(found)
    };
    (0..parents_of.len()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int64Array;

    #[test]
    fn ancestors_are_added_once_and_cycles_are_refused() {
        let labels = Arc::new(Int64Array::from_iter_values(0..5));
        let baskets = Baskets::from_numbers(vec![2, 3], vec![0, 1, 2], labels).unwrap();
        let with = baskets.with_taxonomy(&[(0, 3), (1, 3), (3, 4)]).unwrap();
        let all: Vec<_> = with.iter().map(|(b, _)| b.to_vec()).collect();
        assert_eq!(all, [vec![0, 1, 3, 4], vec![2]]);
        assert_eq!(with.ancestors(0), Some(&[3, 4][..]));
        assert_eq!(with.n_repeated(), 0);
        let cycle = baskets
            .with_taxonomy(&[(0, 3), (3, 4), (4, 0)])
            .unwrap_err();
        assert!(cycle.to_string().contains("cycles"), "{cycle}");
        assert!(baskets.with_taxonomy(&[(0, 9)]).is_err());
    }
}
