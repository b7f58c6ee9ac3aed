//! Classes whose rows are bits.

use super::Miner;
use crate::itemsets::sink::Sink;
use crate::kernels::itemsets::columns::{both, squeeze, weight};

/// Sets that share all but their last item.
#[derive(Debug, Default)]
pub(super) struct Class {
    codes: Vec<u32>,
    supports: Vec<u32>,
    /// Words of each member.
    n_words: usize,
    words: Vec<u64>,
    spare: Vec<u64>,
}

impl Class {
    fn clear(&mut self, n_words: usize) {
        self.codes.clear();
        self.supports.clear();
        self.n_words = n_words;
    }

    fn of(&self, member: usize) -> &[u64] {
        &self.words[member * self.n_words..(member + 1) * self.n_words]
    }

    /// Becomes the class of items with their supports, whose rows come as pairs of member and row.
    pub(super) fn deliver(
        &mut self,
        found: &[(u32, u32)],
        n_rows: usize,
        delivered: impl Iterator<Item = (u32, usize)>,
    ) {
        self.clear(n_rows.div_ceil(64));
        self.codes.extend(found.iter().map(|f| f.0));
        self.supports.extend(found.iter().map(|f| f.1));
        self.words.clear();
        self.words.resize(found.len() * self.n_words, 0);
        for (member, row) in delivered {
            self.words[member as usize * self.n_words + row / 64] |= 1 << (row % 64);
        }
    }

    /// Keeps of each row only those that `mask` has.
    fn squeeze(&mut self, mask: &[u64], n_rows: usize) {
        let n_words = n_rows.div_ceil(64);
        let n = n_words * self.codes.len();
        if self.spare.len() < n {
            self.spare.resize(n, 0);
        }
        let mut spare = std::mem::take(&mut self.spare);
        for (member, to) in spare[..n].chunks_exact_mut(n_words).enumerate() {
            squeeze(self.of(member), mask, to);
        }
        self.n_words = n_words;
        self.spare = std::mem::replace(&mut self.words, spare);
    }
}

impl<S: Sink> Miner<'_, '_, S> {
    /// The sets of a class, each `depth` items and one more.
    pub(super) fn bits(&mut self, class: &Class, depth: usize, free: usize) {
        let n = class.codes.len();
        let mut child = self.scratch.bits.pop().unwrap_or_default();
        for member in 0..n {
            if self
                .walk
                .is_stopped((n - member) * (1 + class.n_words / 8) * 4)
            {
                break;
            }
            if S::EACH {
                let (code, support) = (class.codes[member], class.supports[member]);
                self.walk.sink.set(depth, code, support);
                if depth + 1 >= self.max_len {
                    continue;
                }
            }
            let n_full = self.extend_bits(class, member, &mut child);
            if !S::EACH {
                self.walk.sink.many(1, free + n_full);
            }
            match child.codes.len() {
                0 => {}
                1 if !S::EACH => self.walk.sink.many(1, free + n_full),
                _ => self.bits(&child, depth + 1, free + n_full),
            }
        }
        self.scratch.bits.push(child);
    }

    /// Makes the class of a member, and returns how many items are in all its rows, if those are taken out.
    fn extend_bits(&mut self, class: &Class, member: usize, child: &mut Class) -> usize {
        let (n, n_words) = (class.codes.len(), class.n_words);
        let own = class.of(member);
        let mut n_full = 0;
        child.clear(n_words);
        if child.words.len() < (n - member) * n_words {
            child.words.resize((n - member) * n_words, 0);
        }
        for other in member + 1..n {
            let code = class.codes[other];
            if self.database.is_related(class.codes[member], code) {
                continue;
            }
            let at = child.codes.len() * n_words;
            let out = &mut child.words[at..at + n_words];
            let n_rows = both(own, class.of(other), out);
            let support = if self.weights.is_empty() {
                n_rows
            } else {
                weight(out, &self.weights)
            };
            if support < self.minimum {
                continue;
            }
            if !S::EACH && support == class.supports[member] {
                n_full += 1;
                continue;
            }
            child.codes.push(code);
            child.supports.push(support);
        }
        self.squeeze(child, own, class.supports[member]);
        n_full
    }

    /// Moves the rows of a class close together, where that is likely to be worth it. Not where they have weights, which would have to move too.
    fn squeeze(&self, child: &mut Class, mask: &[u64], n_rows: u32) {
        const MEMBERS: usize = 4;
        const WORDS: usize = 4;
        let is_worth = child.codes.len() >= MEMBERS
            && child.n_words >= WORDS
            && n_rows as usize * 2 <= child.n_words * 64;
        if is_worth && self.weights.is_empty() {
            child.squeeze(mask, n_rows as usize);
        }
    }
}
