//! What a job asks for, and how its sets are found.

use super::apriori;
use super::database::{Database, Selection};
use super::eclat;
use super::engine::{self, CLOSED, FREQUENT, MAXIMAL};
use super::filter::filter;
use super::fp_growth;
use super::generators;
use super::params::{Algorithm, ItemsetParams, OWNER, Target};
use super::result::Found;
use super::sink::{Count, Lengths, Lists, Sink, Tree};
use super::watch::Shared;
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::parallel::Context;

/// One job.
pub(super) struct Job<'a> {
    pub(super) params: &'a ItemsetParams,
    pub(super) baskets: &'a Baskets,
    pub(super) ctx: &'a Context,
    pub(super) minimum: u32,
    /// By item; empty where it is the same for all.
    minimums: Vec<u32>,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        params: &'a ItemsetParams,
        baskets: &'a Baskets,
        ctx: &'a Context,
    ) -> Result<Self> {
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
        let mut job = Self {
            params,
            baskets,
            ctx,
            minimum,
            minimums,
        };
        if let Some(k) = params.top_k {
            job.minimum = job.minimum_of_top(k as u64)?;
        }
        Ok(job)
    }

    pub(super) fn target(&self) -> Target {
        self.params.target
    }

    /// Whether sets are mined without the items they must have. Generators are not: those items count among the smaller sets.
    fn is_projected(&self) -> bool {
        self.target() != Target::Generators
    }

    pub(super) fn database(&self, minimum: u32) -> Result<Database> {
        let selection = Selection {
            minimum,
            minimums: &self.minimums,
            required: self.given_items(),
            forbidden: &self.params.forbidden,
        };
        Database::new(self.baskets, &selection, self.ctx)
    }

    /// Items that each set has beside those that are mined.
    pub(super) fn given_items(&self) -> &[u32] {
        if self.is_projected() {
            &self.params.required
        } else {
            &[]
        }
    }

    fn n_given(&self) -> usize {
        self.given_items().len()
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
    pub(super) fn is_wanted(&self, n: usize) -> bool {
        let length = n + self.n_given();
        length >= self.params.min_len && self.params.max_len.is_none_or(|max| length <= max)
    }

    /// Whether every set that is mined is wanted, and none excludes another: then they can be counted many at a time.
    pub(super) fn wants_all(&self) -> bool {
        !self.baskets.has_taxonomy()
            && self.params.min_len <= 1 + self.n_given()
            && self.params.max_len.is_none()
    }

    /// The required items together, where they are frequent: a set of their own, if it is of the target.
    pub(super) fn given(&self, database: &Database) -> Option<u32> {
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

    /// Whether the miner itself finds the sets of the target, and none is left out of all.
    pub(super) fn is_direct(&self) -> bool {
        match (self.target(), self.params.algorithm) {
            (_, Algorithm::Auto) | (Target::Generators, Algorithm::Eclat) => true,
            (Target::Generators, _) | (_, Algorithm::Apriori) => false,
            (target, algorithm) => target == Target::Frequent || algorithm == Algorithm::Lcm,
        }
    }

    pub(super) fn has_required(&self, database: &Database, items: &[u32]) -> bool {
        self.is_projected()
            || self
                .params
                .required
                .iter()
                .all(|r| items.iter().any(|&i| database.codes[i as usize] == *r))
    }

    pub(super) fn find(
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
    pub(super) fn count(
        &self,
        minimum: u32,
        algorithm: Algorithm,
        max_sets: u64,
        max_steps: u64,
    ) -> Result<Option<u128>> {
        let database = self.database(minimum)?;
        self.count_in(&database, algorithm, max_sets, max_steps)
    }

    /// The same of a database that is there already.
    pub(super) fn count_in(
        &self,
        database: &Database,
        algorithm: Algorithm,
        max_sets: u64,
        max_steps: u64,
    ) -> Result<Option<u128>> {
        let mut shared = Shared::new(self.ctx, max_sets, max_steps);
        let given = u128::from(self.given(database).is_some());
        let is_own = matches!(algorithm, Algorithm::Auto | Algorithm::Lcm);
        let is_listed = match self.target() {
            Target::Frequent => false,
            Target::Generators => true,
            _ => !is_own,
        };
        let n = if is_listed {
            let found = self.find(database, algorithm, &shared)?;
            let wanted =
                |items: &[u32]| self.is_wanted(items.len()) && self.has_required(database, items);
            found.only(wanted).len().into()
        } else {
            shared.keeps = false;
            self.counted(database, algorithm, &shared)?
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
