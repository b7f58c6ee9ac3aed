//! From baskets to item sets: kept, counted, or passed on.

use arrow_array::RecordBatch;

use super::columns::Batcher;
use super::job::Job;
use super::params::{Algorithm, ItemsetParams};
use super::result::Itemsets;
use super::stream::{ItemsetSink, Stream};
use super::watch::Shared;
use crate::baskets::Baskets;
use crate::error::Result;
use crate::parallel::Context;

/// Steps after which counting is no longer quick: a hundredth of a second or two.
const QUICK: u64 = 1 << 20;

/// Sets that wait for their turn take so much memory where the caller sets no limit.
const STREAM_BYTES: u64 = 64_000_000;

impl ItemsetParams {
    /// The item sets of the baskets.
    ///
    /// Memory: about 12 bytes a frequent set, 16 and 4 for each item of a set of another target, and the baskets once more.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) where a value breaks its rule; [`Error::Budget`](crate::Error::Budget) where there are more
    /// sets than allowed, or than the memory limit holds; [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn fit(&self, baskets: &Baskets, ctx: &Context) -> Result<Itemsets> {
        let itemsets = Job::new(self, baskets, ctx)?.itemsets()?;
        ctx.progress.finish();
        Ok(itemsets)
    }

    /// How many item sets there are, without keeping them; numbers of 2^128 and more come as the largest number.
    ///
    /// # Errors
    /// As [`Self::fit`], but that no number of sets is too many.
    pub fn count(&self, baskets: &Baskets, ctx: &Context) -> Result<u128> {
        let job = Job::new(self, baskets, ctx)?;
        let n = job.count(job.minimum, self.algorithm, u64::MAX, u64::MAX)?;
        ctx.progress.finish();
        Ok(n.unwrap_or(u128::MAX))
    }

    /// Passes the item sets on while they are found, for when they are more than memory holds. Returns how many they were.
    ///
    /// Sets come in an order that depends on baskets, parameters and memory limit alone: that of [`fit`](Self::fit) for frequent sets. Memory: 32 MB of
    /// sets and 8 for each thread (of a smaller limit of the context, half and an eighth), and the baskets once more. Apriori keeps all sets nevertheless, and so does the filter that finds
    /// closed, maximal and generator sets where the algorithm named has no way of its own to them.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::StringArray;
    /// use patronomy::{Context, baskets::Baskets, itemsets::ItemsetParams};
    ///
    /// let labels = Arc::new(StringArray::from(vec!["bread", "milk"]));
    /// let baskets = Baskets::from_numbers(vec![2, 3], vec![0, 1, 0], labels)?;
    /// let mut sum = 0;
    /// let n = ItemsetParams::new().stream(&baskets, &Context::new(), &mut |_: &[u32], support: u32| {
    ///     sum += support;
    ///     Ok(())
    /// })?;
    /// assert_eq!((n, sum), (3, 4));
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Self::fit), but that only a `max_itemsets` of the parameters makes sets too many; and the error of the sink. What was passed on before
    /// an error stays passed on.
    pub fn stream(
        &self,
        baskets: &Baskets,
        ctx: &Context,
        sink: &mut dyn ItemsetSink,
    ) -> Result<u64> {
        let n = Job::new(self, baskets, ctx)?.pass_on(sink)?;
        ctx.progress.finish();
        Ok(n)
    }

    /// The same as record batches of so many sets each, with the columns of [`Itemsets::batches`]; none where there is no set.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn stream_batches(
        &self,
        baskets: &Baskets,
        ctx: &Context,
        n_sets: usize,
        mut each: impl FnMut(RecordBatch) -> Result<()> + Send,
    ) -> Result<u64> {
        let mut batcher = Batcher::new(baskets, n_sets);
        let n = self.stream(baskets, ctx, &mut |items: &[u32], support: u32| {
            batcher.push(items, support)?.map_or(Ok(()), &mut each)
        })?;
        batcher.rest()?.map_or(Ok(()), each)?;
        Ok(n)
    }
}

impl Job<'_> {
    fn itemsets(&self) -> Result<Itemsets> {
        let allowed = self.allowed();
        let database = self.database(self.minimum)?;
        // Where counting is quick, an explosion is refused before it begins.
        let n = self.count_in(&database, Algorithm::Auto, allowed, QUICK)?;
        if n.is_some_and(|n| n > allowed.into()) {
            return Err(self.too_many(allowed)?);
        }
        let shared = Shared::new(self.ctx, allowed, u64::MAX);
        let found = self.find(&database, self.params.algorithm, &shared)?;
        if !shared.is_whole()? {
            return Err(self.too_many(allowed)?);
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

    fn pass_on(&self, sink: &mut dyn ItemsetSink) -> Result<u64> {
        let database = self.database(self.minimum)?;
        let mut numbers = self.given_items().to_vec();
        let (n_given, mut n) = (numbers.len(), 0);
        if let Some(support) = self.given(&database) {
            n += 1;
            sink.itemset(&numbers, support)?;
        }
        let allowed = self.params.max_itemsets.unwrap_or(u64::MAX);
        let mut wanted = |items: &[u32], support: u32| {
            if !(self.is_wanted(items.len()) && self.has_required(&database, items)) {
                return Ok(());
            }
            n += 1;
            numbers.truncate(n_given);
            numbers.extend(items.iter().map(|&code| database.codes[code as usize]));
            sink.itemset(&numbers, support)
        };
        let limit = self.ctx.budget.max_bytes().unwrap_or(STREAM_BYTES);
        let stream = Stream::new(&mut wanted, limit.min(STREAM_BYTES) as usize);
        let mut shared = Shared::new(self.ctx, allowed, u64::MAX);
        if self.is_direct() {
            shared.stream = Some(&stream);
        }
        let found = self.find(&database, self.params.algorithm, &shared)?;
        let is_whole = shared.is_whole();
        // What the sink said comes first: its error stops the search too.
        stream.close(&found)?;
        if is_whole? {
            Ok(n)
        } else {
            Err(self.too_many(allowed)?)
        }
    }
}
