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
pub(crate) const MAX_ITEMSETS: u64 = 100_000_000;

/// Steps after which counting is no longer quick: a hundredth of a second or two.
const QUICK: u64 = 1 << 20;

/// A set in memory: its place, its last item and its support.
pub(crate) const SET_BYTES: u64 = 12;

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
        let itemsets = job.itemsets()?;
        ctx.progress.finish();
        Ok(itemsets)
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
        let n = job.count(job.minimum, self.algorithm, u64::MAX, u64::MAX)?;
        ctx.progress.finish();
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

    /// Whether every set that is mined is wanted, and none excludes another: then they can be counted many at a time.
    fn wants_all(&self) -> bool {
        !self.baskets.has_taxonomy()
            && self.params.min_len <= 1 + self.n_given()
            && self.params.max_len.is_none()
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
        let allowed = self.allowed();
        let too_many = || self.too_many(allowed);
        let database = self.database(self.minimum)?;
        // Where counting is quick, an explosion is refused before it begins.
        let n = self.count(self.minimum, Algorithm::Auto, allowed, QUICK)?;
        if n.is_some_and(|n| n > allowed.into()) {
            return Err(too_many()?);
        }
        let shared = Shared::new(self.ctx, allowed, u64::MAX);
        let found = self.find(&database, self.params.algorithm, &shared)?;
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

    fn find(
        &self,
        database: &Database,
        algorithm: Algorithm,
        shared: &Shared<'_>,
    ) -> Result<Found> {
        let is_own = matches!(algorithm, Algorithm::Auto | Algorithm::Lcm);
        let max = self.max_mined();
        Ok(match self.target() {
            Target::Frequent => Found::Trees(frequent::<Tree>(database, algorithm, max, shared)?),
            Target::Closed if is_own => {
                Found::Lists(engine::mine::<Lists, CLOSED>(database, max, shared)?)
            }
            Target::Maximal if is_own => {
                Found::Lists(engine::mine::<Lists, MAXIMAL>(database, max, shared)?)
            }
            Target::Generators if matches!(algorithm, Algorithm::Auto | Algorithm::Eclat) => {
                Found::Lists(generators::mine(database, max, shared)?)
            }
            target => {
                let trees = frequent::<Tree>(database, algorithm, max, shared)?;
                if !shared.is_whole()? {
                    return Ok(Found::Lists(Vec::new()));
                }
                Found::Lists(filter(&trees, target, database.total, self.ctx)?)
            }
        })
    }

    /// How many sets there are; none if it took more than `max_steps`. Beyond `max_sets` there is one more, how many there are is not known.
    fn count(
        &self,
        minimum: u32,
        algorithm: Algorithm,
        max_sets: u64,
        max_steps: u64,
    ) -> Result<Option<u128>> {
        let database = self.database(minimum)?;
        let mut shared = Shared::new(self.ctx, max_sets, max_steps);
        let given = u128::from(self.given(&database).is_some());
        let is_own = matches!(algorithm, Algorithm::Auto | Algorithm::Lcm);
        let is_listed = match self.target() {
            Target::Frequent => false,
            Target::Generators => true,
            _ => !is_own,
        };
        let n = if is_listed {
            let found = self.find(&database, algorithm, &shared)?;
            let wanted =
                |items: &[u32]| self.is_wanted(items.len()) && self.has_required(&database, items);
            found.only(wanted).len().into()
        } else {
            shared.keeps = false;
            self.counted(&database, algorithm, &shared)?
        };
        if shared.is_whole()? {
            return Ok(Some(n.saturating_add(given)));
        }
        Ok(shared.has_too_many().then_some(u128::from(max_sets) + 1))
    }

    /// Counts sets without keeping them: many at a time, or by their lengths where some are not wanted.
    fn counted(
        &self,
        database: &Database,
        algorithm: Algorithm,
        shared: &Shared<'_>,
    ) -> Result<u128> {
        let max = self.max_mined();
        let total =
            |sinks: Vec<Count>| sinks.iter().map(Count::total).fold(0, u128::saturating_add);
        Ok(match (self.target(), self.wants_all()) {
            (Target::Closed, true) => total(engine::mine::<_, CLOSED>(database, max, shared)?),
            (Target::Maximal, true) => total(engine::mine::<_, MAXIMAL>(database, max, shared)?),
            (_, true) => total(frequent(database, algorithm, max, shared)?),
            (Target::Closed, false) => {
                let sinks = engine::mine::<Lists, CLOSED>(database, max, shared)?;
                self.n_wanted(sinks.iter().map(|s| &s.lengths))
            }
            (Target::Maximal, false) => {
                let sinks = engine::mine::<Lists, MAXIMAL>(database, max, shared)?;
                self.n_wanted(sinks.iter().map(|s| &s.lengths))
            }
            (_, false) => {
                let sinks = frequent::<Tree>(database, algorithm, max, shared)?;
                self.n_wanted(sinks.iter().map(|s| &s.lengths))
            }
        })
    }

    fn n_wanted<'b>(&self, lengths: impl Iterator<Item = &'b Lengths>) -> u128 {
        let by_length = lengths.flat_map(|lengths| lengths.0.iter().enumerate());
        let wanted = by_length.filter(|(length, _)| self.is_wanted(*length));
        wanted.map(|(_, &n)| u128::from(n)).sum()
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
            let n = self.count(middle, Algorithm::Auto, enough, u64::MAX)?;
            if n.is_none_or(|n| n >= k.into()) {
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
            let n = self.count(minimum, Algorithm::Auto, allowed, STEPS)?;
            Ok(n.is_some_and(|n| n <= allowed.into()))
        };
        let total = self.baskets.total_weight();
        let high = minimum_that_fits(self.minimum, total, fits)?;
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

/// A minimum above `low` with which it fits, to a sixteenth: near enough to act on, and soon found. The total where no lower one does.
pub(crate) fn minimum_that_fits(
    mut low: u32,
    total: u32,
    fits: impl Fn(u32) -> Result<bool>,
) -> Result<u32> {
    let mut high = low.saturating_mul(2);
    while high < total && !fits(high)? {
        (low, high) = (high, high.saturating_mul(2));
    }
    let mut high = high.min(total);
    while high.saturating_sub(low) > low / 16 + 1 {
        let middle = low + (high - low) / 2;
        if fits(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

/// Frequent sets by the algorithm of that name.
fn frequent<S: Sink>(
    database: &Database,
    algorithm: Algorithm,
    max: usize,
    shared: &Shared<'_>,
) -> Result<Vec<S>> {
    if max == 0 {
        return Ok(Vec::new());
    }
    match algorithm {
        Algorithm::Apriori => apriori::mine(database, max, shared),
        Algorithm::FpGrowth => fp_growth::mine(database, max, shared),
        Algorithm::Eclat => eclat::mine(database, max, shared),
        Algorithm::Auto | Algorithm::Lcm => engine::mine::<S, FREQUENT>(database, max, shared),
    }
}
