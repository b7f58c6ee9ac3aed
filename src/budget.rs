//! Limits on work: a memory budget that refuses with an estimate, and a flag that stops a job.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{Error, Result};

/// How much memory a job may take for what grows with its rows, beside its input and its result.
///
/// A job estimates what it needs, works in rounds where that helps, and refuses with [`Error::Budget`] where it does not. Each job's
/// documentation says what it counts; buffers of a thread, of a few megabytes, are on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    max_bytes: Option<u64>,
}

impl Budget {
    /// No limit but each job's own modest default.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { max_bytes: None }
    }

    /// At most so many bytes of working memory.
    #[must_use]
    pub const fn bytes(max_bytes: u64) -> Self {
        Self {
            max_bytes: Some(max_bytes),
        }
    }

    /// The same budget, and no more than so many bytes.
    #[must_use]
    pub(crate) fn at_most(self, max_bytes: u64) -> Self {
        Self::bytes(self.max_bytes.map_or(max_bytes, |own| own.min(max_bytes)))
    }

    /// The limit, if there is one.
    #[must_use]
    pub const fn max_bytes(&self) -> Option<u64> {
        self.max_bytes
    }

    /// Whether a job that needs so many bytes may begin.
    ///
    /// # Errors
    /// [`Error::Budget`] with the estimate if `needed_bytes` is over the limit.
    pub fn check(&self, job: &str, needed_bytes: u64, remedy: &str) -> Result<()> {
        match self.max_bytes {
            Some(limit_bytes) if needed_bytes > limit_bytes => Err(Error::Budget {
                job: job.into(),
                needed_bytes,
                limit_bytes,
                remedy: remedy.into(),
            }),
            _ => Ok(()),
        }
    }
}

/// A flag shared between the one who works and the one who may ask to stop.
///
/// Long loops poll it once per chunk; [`Cancel::polls`] counts that, so that a test can hold a job to it without a clock.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    shared: Arc<CancelState>,
}

#[derive(Debug, Default)]
struct CancelState {
    asked: AtomicBool,
    polls: AtomicU64,
    ask_at_poll: AtomicU64,
}

impl Cancel {
    /// A flag nobody has raised yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises itself at the given poll (counted from 1): how a test stops a job in its middle.
    #[must_use]
    pub fn at_poll(poll: u64) -> Self {
        let cancel = Self::new();
        cancel.shared.ask_at_poll.store(poll, Ordering::Relaxed);
        cancel
    }

    /// Asks the job to stop at its next poll.
    pub fn cancel(&self) {
        self.shared.asked.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.shared.asked.load(Ordering::Relaxed)
    }

    /// How often jobs have polled so far.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.shared.polls.load(Ordering::Relaxed)
    }

    /// Counts the poll, and says whether to go on.
    ///
    /// # Errors
    /// [`Error::Cancelled`] once a stop was asked for.
    pub fn poll(&self) -> Result<()> {
        let polls = self.shared.polls.fetch_add(1, Ordering::Relaxed) + 1;
        if polls == self.shared.ask_at_poll.load(Ordering::Relaxed) {
            self.cancel();
        }
        if self.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_refuses_with_the_estimate() {
        let e = Budget::bytes(1_000_000)
            .check("rfm", 2_500_000, "use less")
            .unwrap_err();
        assert_eq!(
            e.to_string(),
            "rfm needs about 3 MB; the budget is 1 MB; use less"
        );
        assert!(Budget::bytes(1).check("rfm", 1, "").is_ok());
        assert!(Budget::unlimited().check("rfm", u64::MAX, "").is_ok());
    }

    #[test]
    fn a_cancel_is_seen_by_every_clone_and_counts_polls() {
        let a = Cancel::new();
        let b = a.clone();
        assert!(b.poll().is_ok());
        a.cancel();
        assert!(matches!(b.poll(), Err(Error::Cancelled)));
        assert_eq!(a.polls(), 2);
    }

    #[test]
    fn a_cancel_can_raise_itself() {
        let c = Cancel::at_poll(2);
        assert!(c.poll().is_ok());
        assert!(c.poll().is_err());
    }
}
