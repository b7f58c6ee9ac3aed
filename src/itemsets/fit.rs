//! From baskets to item sets.

use super::apriori;
use super::database::{Database, Selection};
use super::eclat;
use super::engine::{self, CLOSED, FREQUENT, MAXIMAL};
use super::filter::filter;
use super::fp_growth;
use super::generators;
use super::params::{Algorithm, ItemsetParams, OWNER, Target};
use super::result::{Found, Itemsets};
use super::sink::{Count, Lengths, Lists, Sink, Tree};
use super::watch::Shared;
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::parallel::Context;

/// More sets than these are refused where the caller says nothing else: 1.2 GB of frequent sets.
pub(super) const MAX_ITEMSETS: u64 = 100_000_000;

/// A set in memory: its place, its last item and its support.
const SET_BYTES: u64 = 12;

impl ItemsetParams {
    /// The item sets of the baskets.
    ///
    /// Memory: about 12 bytes a frequent set, 16 and 4 for each item of a set of another target, and the baskets once more.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a value breaks its rule; [`Error::Budget`] where there are more sets than allowed, or than the memory limit
    /// holds; [`Error::Cancelled`].
    pub fn fit(&self, baskets: &Baskets, ctx: &Context) -> Result<Itemsets> {
        let mut job = Job::new(self, baskets, ctx)?;
        if let Some(k) = self.top_k {
            job.minimum = job.minimum_of_top(k as u64)?;
        }
        job.itemsets()
    }

    /// How many item sets there are, without keeping them; numbers of 2^128 and more come as the largest number.
    ///
    /// # Errors
    /// As [`Self::fit`], but that no number of sets is too many.
    pub fn count(&self, baskets: &Baskets, ctx: &Context) -> Result<u128> {
        let mut job = Job::new(self, baskets, ctx)?;
        if let Some(k) = self.top_k {
            job.minimum = job.minimum_of_top(k as u64)?;
        }
        let n = job.count(job.minimum, u64::MAX, u64::MAX)?;
        Ok(n.unwrap_or(u128::MAX))
    }
}

/// One job.
struct Job<'a> {
    params: &'a ItemsetParams,
    baskets: &'a Baskets,
    ctx: &'a Context,
    minimum: u32,
    /// By item; empty where it is the same for all.
    minimums: Vec<u32>,
}

impl<'a> Job<'a> {
    fn new(params: &'a ItemsetParams, baskets: &'a Baskets, ctx: &'a Context) -> Result<Self> {
        params.validate()?;
        let n = baskets.n_items();
        let own = params.item_min_support_counts.iter().map(|c| &c.0);
        let named = [
            ("required", &params.required),
            ("forbidden", &params.forbidden),
        ];
        let named = named
            .into_iter()
            .flat_map(|(name, items)| items.iter().map(move |i| (name, i)));
        let named = named.chain(own.map(|i| ("item_min_support_counts", i)));
        for (name, &item) in named {
            if item as usize >= n {
                let rule = format!("must be numbers of the {n} items");
                return Err(Error::parameter(OWNER, name, rule, item));
            }
        }
        if baskets.has_taxonomy() && params.target != Target::Frequent {
            let rule = "must be `frequent` with a taxonomy: a set and the same set with an ancestor have one support";
            let target = format!("{:?}", params.target).to_lowercase();
            return Err(Error::parameter(OWNER, "target", rule, target));
        }
        let minimum = params.minimum(baskets);
        let mut minimums = Vec::new();
        if !params.item_min_support_counts.is_empty() {
            minimums = vec![minimum; n];
            for &(item, count) in &params.item_min_support_counts {
                minimums[item as usize] = u32::try_from(count).unwrap_or(u32::MAX);
            }
        }
        Ok(Self {
            params,
            baskets,
            ctx,
            minimum,
            minimums,
        })
    }

    fn target(&self) -> Target {
        self.params.target
    }

    /// Whether sets are mined without the items they must have. Generators are not: those items count among the smaller sets.
    fn is_projected(&self) -> bool {
        self.target() != Target::Generators
    }

    fn database(&self, minimum: u32) -> Result<Database> {
        let selection = Selection {
            minimum,
            minimums: &self.minimums,
            required: if self.is_projected() {
                &self.params.required
            } else {
                &[]
            },
            forbidden: &self.params.forbidden,
        };
        Database::new(self.baskets, &selection)
    }

    /// Items that each set has beside those that are mined.
    fn n_given(&self) -> usize {
        if self.is_projected() {
            self.params.required.len()
        } else {
            0
        }
    }

    /// Most items that frequent sets are mined up to.
    fn max_mined(&self) -> usize {
        match (self.target(), self.params.max_len) {
            (Target::Frequent | Target::Generators, Some(max)) => {
                max.saturating_sub(self.n_given())
            }
            _ => usize::MAX,
        }
    }

    /// Whether a set of so many mined items is of a length that is wanted.
    fn is_wanted(&self, n: usize) -> bool {
        let length = n + self.n_given();
        length >= self.params.min_len && self.params.max_len.is_none_or(|max| length <= max)
    }

    /// Whether every set that is mined is wanted.
    fn wants_all(&self) -> bool {
        self.params.min_len <= 1 + self.n_given() && self.params.max_len.is_none()
    }

    /// The required items together, where they are frequent: a set of their own, if it is of the target.
    fn given(&self, database: &Database) -> Option<u32> {
        let is_set =
            self.n_given() > 0 && self.is_wanted(0) && database.total >= self.given_minimum();
        let is_closed = || !database.supports.contains(&database.total);
        let is_of_target = match self.target() {
            Target::Closed => is_closed(),
            Target::Maximal => database.n_items() == 0,
            _ => true,
        };
        (is_set && is_of_target).then_some(database.total)
    }

    fn given_minimum(&self) -> u32 {
        let own = self
            .params
            .required
            .iter()
            .filter_map(|&r| self.minimums.get(r as usize));
        own.min().copied().unwrap_or(self.minimum)
    }

    fn itemsets(&self) -> Result<Itemsets> {
        // Where counting is quick, an explosion is refused before it begins.
        const QUICK: u64 = 1 << 23;
        let allowed = self.allowed();
        let too_many = || self.too_many(allowed);
        let database = self.database(self.minimum)?;
        if self
            .count(self.minimum, allowed, QUICK)?
            .is_some_and(|n| n > allowed.into())
        {
            return Err(too_many()?);
        }
        let shared = Shared::new(self.ctx, allowed, u64::MAX);
        let found = self.find(&database, &shared)?;
        if !shared.is_whole()? {
            return Err(too_many()?);
        }
        let given = self.given(&database);
        let found =
            found.only(|items| self.is_wanted(items.len()) && self.has_required(&database, items));
        Ok(Itemsets::new(
            self.params,
            self.baskets,
            &database,
            found,
            given,
            self.minimum,
        ))
    }

    fn has_required(&self, database: &Database, items: &[u32]) -> bool {
        self.is_projected()
            || self
                .params
                .required
                .iter()
                .all(|r| items.iter().any(|&i| database.codes[i as usize] == *r))
    }

    fn find(&self, database: &Database, shared: &Shared<'_>) -> Result<Found> {
        let is_own = matches!(self.params.algorithm, Algorithm::Auto | Algorithm::Lcm);
        let max = self.max_mined();
        Ok(match self.target() {
            Target::Frequent => Found::Trees(self.frequent::<Tree>(database, max, shared)?),
            Target::Closed if is_own => {
                Found::Lists(engine::mine::<Lists, CLOSED>(database, max, shared)?)
            }
            Target::Maximal if is_own => {
                Found::Lists(engine::mine::<Lists, MAXIMAL>(database, max, shared)?)
            }
            Target::Generators
                if matches!(self.params.algorithm, Algorithm::Auto | Algorithm::Eclat) =>
            {
                Found::Lists(generators::mine(database, max, shared)?)
            }
            target => {
                let trees = self.frequent::<Tree>(database, max, shared)?;
                if !shared.is_whole()? {
                    return Ok(Found::Lists(Vec::new()));
                }
                Found::Lists(filter(&trees, target, database.total, self.ctx)?)
            }
        })
    }

    fn frequent<S: Sink>(
        &self,
        database: &Database,
        max: usize,
        shared: &Shared<'_>,
    ) -> Result<Vec<S>> {
        if max == 0 {
            return Ok(Vec::new());
        }
        match self.params.algorithm {
            Algorithm::Apriori => apriori::mine(database, max, shared),
            Algorithm::FpGrowth => fp_growth::mine(database, max, shared),
            Algorithm::Eclat => eclat::mine(database, max, shared),
            Algorithm::Auto | Algorithm::Lcm => engine::mine::<S, FREQUENT>(database, max, shared),
        }
    }

    /// How many sets there are; none if more than `max_sets` were met, or it took more than `max_steps`.
    fn count(&self, minimum: u32, max_sets: u64, max_steps: u64) -> Result<Option<u128>> {
        let database = self.database(minimum)?;
        let shared = Shared::new(self.ctx, max_sets, max_steps);
        let is_own = matches!(self.params.algorithm, Algorithm::Auto | Algorithm::Lcm);
        let given = u128::from(self.given(&database).is_some());
        let is_counted = self.target() == Target::Frequent || is_own;
        let n = if self.target() == Target::Generators || !is_counted {
            let found = self.find(&database, &shared)?;
            found
                .only(|items| self.is_wanted(items.len()) && self.has_required(&database, items))
                .len()
                .into()
        } else if self.wants_all() && !self.baskets.has_taxonomy() {
            // With a taxonomy items exclude each other, and sets cannot be counted many at once.
            let sinks = self.sinks::<Count>(&database, &shared)?;
            sinks
                .iter()
                .fold(0, |sum: u128, s| sum.saturating_add(s.total()))
        } else {
            let sinks = self.sinks::<Lengths>(&database, &shared)?;
            let by_length = sinks.iter().flat_map(|s| s.by_length.iter().enumerate());
            by_length
                .filter(|(length, _)| self.is_wanted(*length))
                .map(|(_, &n)| u128::from(n))
                .sum()
        };
        if shared.is_whole()? {
            return Ok(Some(n.saturating_add(given)));
        }
        // Beyond what was allowed there are some more, how many is not known.
        Ok(shared.has_too_many().then_some(u128::from(max_sets) + 1))
    }

    fn sinks<S: Sink>(&self, database: &Database, shared: &Shared<'_>) -> Result<Vec<S>> {
        let max = self.max_mined();
        match self.target() {
            Target::Closed => engine::mine::<S, CLOSED>(database, max, shared),
            Target::Maximal => engine::mine::<S, MAXIMAL>(database, max, shared),
            _ => self.frequent(database, max, shared),
        }
    }

    /// The highest minimum that leaves so many sets or more.
    fn minimum_of_top(&self, k: u64) -> Result<u32> {
        let floor = match (self.params.min_support, self.params.min_support_count) {
            (None, None) => 1,
            _ => self.minimum,
        };
        // Where sets are left out for their length, those met say nothing of those wanted.
        let enough = if self.wants_all() && self.target() != Target::Generators {
            k
        } else {
            u64::MAX
        };
        let (mut low, mut high) = (floor, self.baskets.total_weight().max(floor));
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self
                .count(middle, enough, u64::MAX)?
                .is_none_or(|n| n >= k.into())
            {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(low)
    }

    /// How many sets may be kept.
    fn allowed(&self) -> u64 {
        let allowed = self.params.max_itemsets.unwrap_or(MAX_ITEMSETS);
        let held = self
            .ctx
            .budget
            .max_bytes()
            .map_or(u64::MAX, |bytes| bytes / SET_BYTES);
        allowed.min(held)
    }

    /// The error for more sets than allowed, with a support that would do.
    fn too_many(&self, allowed: u64) -> Result<Error> {
        const STEPS: u64 = 1 << 25;
        let fits = |minimum| -> Result<bool> {
            Ok(self
                .count(minimum, allowed, STEPS)?
                .is_some_and(|n| n <= allowed.into()))
        };
        let total = self.baskets.total_weight();
        let (mut low, mut high) = (self.minimum, self.minimum.saturating_mul(2));
        while high < total && !fits(high)? {
            (low, high) = (high, high.saturating_mul(2));
        }
        let mut high = high.min(total);
        // To a sixteenth: near enough to act on, and soon found.
        while high - low > low / 16 + 1 {
            let middle = low + (high - low) / 2;
            if fits(middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(Error::Budget {
            job: format!("mining more than {allowed} item sets"),
            needed_bytes: (allowed + 1).saturating_mul(SET_BYTES),
            limit_bytes: allowed.saturating_mul(SET_BYTES),
            remedy: format!(
                "a minimum support of {high} baskets ({:.3}) stays within it; or ask for closed or maximal sets, for `top_k`, for shorter sets, or set `max_itemsets`",
                f64::from(high) / f64::from(total.max(1)),
            ),
        })
    }
}
