//! The cheapest assignment with limited sizes, as a flow of least cost over the clusters.
//!
//! First each row is where it costs least. Then, as long as a cluster has too many rows, one goes the shortest way to a cluster with room: it may push a row of a third
//! cluster on. Then rows come the same way to clusters with too few. The length of a step from one cluster to another is the least that a row of the first costs
//! more in the second. Flows that are augmented along shortest ways stay the cheapest of their kind (Jewell 1958, Busacker and Gowen 1961), so the result is exact.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::error::Result;
use crate::parallel::Context;

/// Rows of a cluster by what they cost more in another; some may have left it.
type Leavers = BinaryHeap<Reverse<(i64, u32)>>;

/// No way leads there.
const FAR: i64 = i64::MAX;

/// Rows on their way to their clusters.
pub(super) struct Flow<'a> {
    costs: &'a [i64],
    k: usize,
    label: Vec<u32>,
    sizes: Vec<usize>,
    /// From each cluster to each.
    leavers: Vec<Leavers>,
    /// The least of each of these, and the row.
    steps: Vec<Option<(i64, u32)>>,
}

impl<'a> Flow<'a> {
    /// Each row where it costs least, of several such places in the first. `costs` has those of a row for all clusters, row by row.
    pub(super) fn new(costs: &'a [i64], k: usize) -> Self {
        let mut flow = Self {
            costs,
            k,
            label: Vec::with_capacity(costs.len() / k),
            sizes: vec![0; k],
            leavers: Vec::new(),
            steps: vec![None; k * k],
        };
        let mut lists = vec![Vec::new(); k * k];
        for (row, costs) in costs.chunks_exact(k).enumerate() {
            let less = |a: usize, b: usize| if costs[b] < costs[a] { b } else { a };
            let own = (1..k).fold(0, less);
            flow.label.push(own as u32);
            flow.sizes[own] += 1;
            for to in (0..k).filter(|&to| to != own) {
                lists[own * k + to].push(Reverse((costs[to] - costs[own], row as u32)));
            }
        }
        flow.leavers = lists.into_iter().map(BinaryHeap::from).collect();
        (0..k).for_each(|from| flow.see(from));
        flow
    }

    /// Moves rows until each cluster has at least and at most so many; there must be such an assignment.
    pub(super) fn keep(&mut self, least: usize, most: usize, ctx: &Context) -> Result<()> {
        let mut n_moved: u64 = 0;
        let mut poll = || {
            n_moved += 1;
            match n_moved % 256 {
                0 => ctx.cancel.poll(),
                _ => Ok(()),
            }
        };
        while self.sizes.iter().any(|&n| n > most) {
            self.push(|n| n > most, |n| n < most);
            poll()?;
        }
        while self.sizes.iter().any(|&n| n < least) {
            self.push(|n| n > least, |n| n < least);
            poll()?;
        }
        Ok(())
    }

    pub(super) fn labels(self) -> Vec<i32> {
        self.label.into_iter().map(|label| label as i32).collect()
    }

    /// One row the shortest way, from a cluster whose size is such to one whose size is such.
    fn push(&mut self, is_source: impl Fn(usize) -> bool, is_target: impl Fn(usize) -> bool) {
        let (ways, before) = self.ways(is_source);
        let targets = (0..self.k).filter(|&c| is_target(self.sizes[c]));
        let Some(mut to) = targets.min_by_key(|&c| ways[c]) else {
            return;
        };
        let mut moves = Vec::new();
        while let Some(from) = before[to] {
            if let Some((_, row)) = self.steps[from * self.k + to] {
                moves.push((from, to, row));
            }
            to = from;
        }
        for &(from, to, row) in &moves {
            self.go(from, to, row);
        }
        for &(from, to, _) in &moves {
            self.see(from);
            self.see(to);
        }
    }

    /// The lengths of the shortest ways to all clusters, and the last cluster before each (Bellman 1958). No way around is shorter than none.
    fn ways(&self, is_source: impl Fn(usize) -> bool) -> (Vec<i64>, Vec<Option<usize>>) {
        let k = self.k;
        let start = |&n: &usize| if is_source(n) { 0 } else { FAR };
        let mut ways: Vec<i64> = self.sizes.iter().map(start).collect();
        let mut before = vec![None; k];
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            for from in (0..k).filter(|&c| self.sizes[c] > 0) {
                if ways[from] == FAR {
                    continue;
                }
                for to in 0..k {
                    let Some((length, _)) = self.steps[from * k + to] else {
                        continue;
                    };
                    if ways[from] + length < ways[to] {
                        ways[to] = ways[from] + length;
                        before[to] = Some(from);
                        has_changed = true;
                    }
                }
            }
        }
        (ways, before)
    }

    fn go(&mut self, from: usize, to: usize, row: u32) {
        let k = self.k;
        self.label[row as usize] = to as u32;
        self.sizes[from] -= 1;
        self.sizes[to] += 1;
        let costs = &self.costs[row as usize * k..][..k];
        for next in (0..k).filter(|&next| next != to) {
            let more = costs[next] - costs[to];
            self.leavers[to * k + next].push(Reverse((more, row)));
        }
    }

    /// Looks at who leaves a cluster next.
    fn see(&mut self, from: usize) {
        for to in (0..self.k).filter(|&to| to != from) {
            let at = from * self.k + to;
            let leavers = &mut self.leavers[at];
            while let Some(Reverse((_, row))) = leavers.peek()
                && self.label[*row as usize] as usize != from
            {
                leavers.pop();
            }
            self.steps[at] = leavers.peek().map(|Reverse(least)| *least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The least cost of all assignments that keep the sizes.
    fn by_trying_all(costs: &[i64], k: usize, least: usize, most: usize) -> Option<i64> {
        let n = costs.len() / k;
        let all = (0..k.pow(n as u32)).filter_map(|mut number| {
            let (mut sizes, mut cost) = (vec![0; k], 0);
            for row in 0..n {
                sizes[number % k] += 1;
                cost += costs[row * k + number % k];
                number /= k;
            }
            let is_kept = sizes.iter().all(|s| (least..=most).contains(s));
            is_kept.then_some(cost)
        });
        all.min()
    }

    proptest! {
        #[test]
        fn no_assignment_is_cheaper(
            numbers in vec(0_i64..12, 21),
            n in 1_usize..8,
            k in 1_usize..4,
            share in 0.0..1.0_f64,
            room in 0_usize..4,
        ) {
            let least = (share * (n / k + 1) as f64) as usize;
            let most = n.div_ceil(k) + room;
            let costs = &numbers[..n * k];
            let mut flow = Flow::new(costs, k);
            flow.keep(least, most, &Context::new()).unwrap();
            let mut sizes = vec![0; k];
            flow.label.iter().for_each(|&l| sizes[l as usize] += 1);
            prop_assert_eq!(&sizes, &flow.sizes);
            let cost: i64 = flow.label.iter().enumerate().map(|(row, &l)| costs[row * k + l as usize]).sum();
            prop_assert_eq!(Some(cost), by_trying_all(costs, k, least, most));
        }
    }
}
