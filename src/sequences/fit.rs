//! From histories to sequences.

use super::database::Coded;
use super::extend::Times;
use super::grow::{Limits, MAX_ITEMS, Miner};
use super::histories::Histories;
use super::params::{OWNER, SequenceParams};
use super::result::Sequences;
use crate::error::{Error, Result};
use crate::itemsets::limits::{MAX_ITEMSETS, SET_BYTES, minimum_that_fits};
use crate::itemsets::params::count_of;
use crate::itemsets::sink::{Sink, Tree};
use crate::itemsets::watch::Shared;
use crate::parallel::Context;

/// Bytes of the lists that a thread may hold where the caller says nothing else: so many, or so many for each item bought where that is more.
const MAX_BYTES: u64 = 1 << 29;
const MAX_ITEM_BYTES: u64 = 64;
/// Beyond these, places in lists would need more than 32 bits.
const MOST_BYTES: u64 = 1 << 35;

const MICROSECONDS_PER_DAY: f64 = 86_400_000_000.0;

impl SequenceParams {
    /// The sequences of the histories.
    ///
    /// Memory: 12 bytes a frequent sequence, 16 a bought item, and for each thread lists of where the sequence at hand and its extensions end.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a value breaks its rule; [`Error::Budget`] where there are more sequences than allowed, or than the memory limit
    /// holds, or where they are too long; [`Error::Cancelled`].
    pub fn fit(&self, histories: &Histories, ctx: &Context) -> Result<Sequences> {
        let job = Job::new(self, histories, ctx)?;
        let allowed = job.allowed();
        let mined = job.mine(job.minimum, &job.shared(allowed, u64::MAX, true))?;
        let sequences = match mined {
            Mined::All(codes, trees) => Sequences::new(self, histories, codes, trees, job.minimum),
            Mined::TooMany => return Err(job.too_many(allowed)?),
            Mined::TooDeep => return Err(job.too_deep()),
        };
        ctx.progress.finish();
        Ok(sequences)
    }

    /// How many sequences there are, without keeping them.
    ///
    /// # Errors
    /// As [`Self::fit`], but that no number of sequences is too many.
    pub fn count(&self, histories: &Histories, ctx: &Context) -> Result<u64> {
        let job = Job::new(self, histories, ctx)?;
        let n = match job.mine(job.minimum, &job.shared(u64::MAX, u64::MAX, false))? {
            Mined::All(_, trees) => n_of(&trees),
            _ => return Err(job.too_deep()),
        };
        ctx.progress.finish();
        Ok(n)
    }

    /// Whether a sequence of these items and so many elements is wanted.
    pub(super) fn is_wanted(&self, items: impl Fn(u32) -> bool, n_elements: usize) -> bool {
        n_elements >= self.min_len && self.required.iter().all(|&item| items(item))
    }
}

/// One job.
struct Job<'a> {
    params: &'a SequenceParams,
    histories: &'a Histories,
    ctx: &'a Context,
    minimum: u32,
}

/// What became of the work.
enum Mined {
    /// The items that the codes stand for, and the sequences.
    All(Vec<u32>, Vec<Tree>),
    TooMany,
    TooDeep,
}

fn n_of(trees: &[Tree]) -> u64 {
    trees.iter().map(Sink::n_sets).sum()
}

impl<'a> Job<'a> {
    fn new(params: &'a SequenceParams, histories: &'a Histories, ctx: &'a Context) -> Result<Self> {
        params.validate()?;
        let n = histories.baskets().n_items();
        let named = [
            ("required", &params.required),
            ("forbidden", &params.forbidden),
        ];
        for (name, items) in named {
            if let Some(item) = items.iter().find(|i| **i as usize >= n) {
                let rule = format!("must be numbers of the {n} items");
                return Err(Error::parameter(OWNER, name, rule, item));
            }
        }
        let count = params.min_support_count;
        let count = count.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let fraction = params.min_support.unwrap_or(0.01);
        let minimum = count.unwrap_or_else(|| count_of(fraction, histories.len() as u32));
        Ok(Self {
            params,
            histories,
            ctx,
            minimum,
        })
    }

    fn shared(&self, max_sequences: u64, max_steps: u64, keeps: bool) -> Shared<'a> {
        let mut shared = Shared::new(self.ctx, max_sequences, max_steps);
        shared.stage = "sequences";
        shared.keeps = keeps;
        shared
    }

    fn limits(&self, minimum: u32) -> Limits {
        let days = |days: f64| (days * MICROSECONDS_PER_DAY).round() as i64;
        let params = self.params;
        let most = |most: Option<usize>| most.unwrap_or(usize::MAX);
        let bytes = self.ctx.budget.max_bytes();
        let own = || MAX_BYTES.max(MAX_ITEM_BYTES * self.histories.n_entries() as u64);
        let bytes = bytes.unwrap_or_else(own).min(MOST_BYTES);
        Limits {
            minimum,
            times: Times {
                window: params.window_days.map_or(i64::MAX, days),
                min_gap: params.min_gap_days.map_or(0, days).max(1),
                max_gap: params.max_gap_days.map_or(i64::MAX, days),
            },
            max_len: most(params.max_len),
            max_items: most(params.max_items),
            max_element_items: most(params.max_element_items),
            max_bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        }
    }

    fn mine(&self, minimum: u32, shared: &Shared<'_>) -> Result<Mined> {
        let params = self.params;
        let coded = Coded::new(self.histories, minimum, &params.required, &params.forbidden)?;
        let is_wanted = |items: &[u32], n_elements: usize| {
            let has = |item: u32| items.iter().any(|&c| coded.codes[c as usize] == item);
            params.is_wanted(has, n_elements)
        };
        let miner = Miner::new(&coded, self.limits(minimum));
        let trees = miner.mine(shared, is_wanted)?;
        if miner.is_too_deep() {
            return Ok(Mined::TooDeep);
        }
        if shared.is_whole()? {
            return Ok(Mined::All(coded.codes, trees));
        }
        Ok(Mined::TooMany)
    }

    /// How many sequences may be kept.
    fn allowed(&self) -> u64 {
        let allowed = self.params.max_sequences.unwrap_or(MAX_ITEMSETS);
        let bytes = self.ctx.budget.max_bytes();
        allowed.min(bytes.map_or(u64::MAX, |bytes| bytes / SET_BYTES))
    }

    /// The error for more sequences than allowed, with a support that would do.
    fn too_many(&self, allowed: u64) -> Result<Error> {
        const STEPS: u64 = 1 << 25;
        // Those that are not wanted would be kept too.
        let unfiltered = SequenceParams {
            min_len: 1,
            required: Vec::new(),
            ..self.params.clone()
        };
        let job = Job {
            params: &unfiltered,
            ..*self
        };
        let fits = |minimum| {
            let mined = job.mine(minimum, &job.shared(allowed, STEPS, false))?;
            Ok(matches!(mined, Mined::All(_, trees) if n_of(&trees) <= allowed))
        };
        let total = self.histories.len() as u32;
        let high = minimum_that_fits(self.minimum, total, fits)?;
        Ok(Error::Budget {
            job: format!("mining more than {allowed} sequences"),
            needed_bytes: (allowed + 1).saturating_mul(SET_BYTES),
            limit_bytes: allowed.saturating_mul(SET_BYTES),
            remedy: format!(
                "a minimum support of {high} customers ({:.3}) stays within it; or set `max_len`, `max_items` or `window_days`, or `max_sequences`",
                f64::from(high) / f64::from(total.max(1)),
            ),
        })
    }

    /// The error for sequences so long that the way down to them does not fit.
    fn too_deep(&self) -> Error {
        let limits = self.limits(self.minimum);
        Error::Budget {
            job: format!(
                "mining sequences of more than {MAX_ITEMS} items, or as long as these in histories as long as these,"
            ),
            needed_bytes: (limits.max_bytes as u64).saturating_add(1),
            limit_bytes: limits.max_bytes as u64,
            remedy: "set `max_len` or `max_items`, a `window_days`, or a higher minimum support"
                .into(),
        }
    }
}
