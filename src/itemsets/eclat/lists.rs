//! Classes whose rows are lists of numbers: those that a member has, or lacks of the rows of what the class shares.

use super::Miner;
use crate::itemsets::sink::Sink;
use crate::kernels::itemsets::columns::{common, missing};

/// Sets that share all but their last item.
#[derive(Debug, Default)]
pub(super) struct Class {
    codes: Vec<u32>,
    supports: Vec<u32>,
    ends: Vec<usize>,
    rows: Vec<u32>,
    spare: Vec<u32>,
    are_missing: bool,
}

impl Class {
    fn clear(&mut self) {
        self.codes.clear();
        self.supports.clear();
        self.ends.clear();
        self.rows.clear();
        self.are_missing = false;
    }

    fn of(&self, member: usize) -> &[u32] {
        let from = if member == 0 {
            0
        } else {
            self.ends[member - 1]
        };
        &self.rows[from..self.ends[member]]
    }

    /// Becomes the class of items with their supports, whose rows come as pairs of member and row.
    pub(super) fn deliver(
        &mut self,
        found: &[(u32, u32)],
        delivered: impl Iterator<Item = (u32, usize)> + Clone,
    ) {
        self.clear();
        self.codes.extend(found.iter().map(|f| f.0));
        self.supports.extend(found.iter().map(|f| f.1));
        // One further on, so that filling moves each end to where it belongs.
        let mut next = vec![0; found.len() + 1];
        delivered
            .clone()
            .for_each(|(member, _)| next[member as usize + 1] += 1);
        for member in 1..next.len() {
            next[member] += next[member - 1];
        }
        self.rows.resize(next[found.len()], 0);
        for (member, row) in delivered {
            let to = &mut next[member as usize];
            self.rows[*to] = row as u32;
            *to += 1;
        }
        next.pop();
        self.ends = next;
    }

    /// Turns lists into what they lack of all rows, if that is shorter.
    pub(super) fn shorten<R: AsRef<[u32]>>(&mut self, n_rows: usize, all: impl FnOnce() -> R) {
        let n = self.codes.len();
        if self.are_missing || 2 * self.rows.len() <= n * n_rows {
            return;
        }
        let all = all();
        let mut lacked = std::mem::take(&mut self.spare);
        lacked.clear();
        let mut from = 0;
        for end in &mut self.ends {
            missing(all.as_ref(), &self.rows[from..*end], &mut lacked);
            from = *end;
            *end = lacked.len();
        }
        self.spare = std::mem::replace(&mut self.rows, lacked);
        self.are_missing = true;
    }
}

impl<S: Sink> Miner<'_, '_, S> {
    fn weight(&self, rows: &[u32]) -> u32 {
        if self.weights.is_empty() {
            return rows.len() as u32;
        }
        rows.iter().map(|&row| self.weights[row as usize]).sum()
    }

    /// The sets of a class, each `depth` items and one more.
    pub(super) fn lists(&mut self, class: &Class, depth: usize, free: usize) {
        let n = class.codes.len();
        let mut child = self.scratch.lists.pop().unwrap_or_default();
        for member in 0..n {
            if self.walk.is_stopped(class.of(member).len() * (n - member)) {
                break;
            }
            if S::EACH {
                let (code, support) = (class.codes[member], class.supports[member]);
                self.walk.sink.set(depth, code, support);
                if depth + 1 >= self.max_len {
                    continue;
                }
            }
            let n_full = self.extend_lists(class, member, &mut child);
            if !S::EACH {
                self.walk.sink.many(1, free + n_full);
            }
            match child.codes.len() {
                0 => {}
                1 if !S::EACH => self.walk.sink.many(1, free + n_full),
                _ => self.lists(&child, depth + 1, free + n_full),
            }
        }
        self.scratch.lists.push(child);
    }

    /// Makes the class of a member, and returns how many items are in all its rows, if those are taken out.
    fn extend_lists(&mut self, class: &Class, member: usize, child: &mut Class) -> usize {
        child.clear();
        child.are_missing = class.are_missing;
        let (own, own_support) = (class.of(member), class.supports[member]);
        let mut n_full = 0;
        for other in member + 1..class.codes.len() {
            let code = class.codes[other];
            if self.database.is_related(class.codes[member], code) {
                continue;
            }
            let from = child.rows.len();
            let support = if class.are_missing {
                // What both lack is lacked by the member alone: of the other's differences only the rest counts.
                missing(class.of(other), own, &mut child.rows);
                own_support - self.weight(&child.rows[from..])
            } else {
                common(own, class.of(other), &mut child.rows);
                self.weight(&child.rows[from..])
            };
            let is_full = !S::EACH && support == own_support;
            n_full += usize::from(is_full);
            if support < self.minimum || is_full {
                child.rows.truncate(from);
                continue;
            }
            child.codes.push(code);
            child.supports.push(support);
            child.ends.push(child.rows.len());
        }
        child.shorten(own.len(), || own);
        n_full
    }
}
