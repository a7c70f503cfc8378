//! As of: any question answered from the ledger as it was at a revision, or at a moment.
//!
//! The graph is a projection of the ledger, so the state at a revision is what a replay of the ledger up to it gives.
//! * [`Point`]: which state is asked for; [`History`]: the store of that state.
//! * `replays`: a few replayed stores, kept for the next question; `replay`: how one is filled.
//! * `then`: the store that questions are asked of. `difference`: what came and what went between two states.

mod difference;
mod replay;
mod replays;
mod then;

use std::sync::Arc;
use std::time::Duration;

pub use self::difference::{ChangedLot, LotState, TraceDifference};
use self::replays::Replays;
use self::then::StoreThen;
use super::lookup::Lookup;
use super::questions::Questions;
use super::trace::TraceLimits;
use super::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::{Caller, ErrorCode, Timestamp};
use lotgraph_store::scratch::ScratchStores;
use lotgraph_store::{Reader, Revision};

/// A state of the ledger, as questions name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// As it was at this revision.
    Revision(Revision),
    /// As it was once everything recorded up to this moment was in ([`Reader::revision_at`]).
    RecordedAt(Timestamp),
}

impl Point {
    /// Reads a point as one text: digits are a revision, anything else is a date and time.
    ///
    /// # Errors
    /// `ARGUMENT_INVALID` for a number that no revision has, and the codes of times.
    pub fn parse(text: &str) -> ServiceResult<Self> {
        if text.is_empty() || text.bytes().any(|byte| !byte.is_ascii_digit()) {
            let time = Timestamp::parse(text).map(Self::RecordedAt);
            return time.map_err(|error| {
                let message = format!("{text:?} {error}; or write a revision, as answers state it");
                ServiceError::new(error.code(), message)
            });
        }
        Self::parse_revision(text)
    }

    /// Reads the point of a revision, as answers state it.
    ///
    /// # Errors
    /// `ARGUMENT_INVALID` for a text that no revision has.
    pub fn parse_revision(text: &str) -> ServiceResult<Self> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number.map(|number| Self::Revision(Revision(number))).ok_or_else(|| {
            let message = format!("{text:?} is no revision; a revision is a whole number from 0");
            ServiceError::new(ErrorCode::ArgumentInvalid, message)
        })
    }
}

/// Bounds of what is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOfLimits {
    /// Events that one replay may hold.
    pub events_max: u64,
    /// Replayed stores kept for the next question.
    pub stores_kept: usize,
    /// How long a question waits for a replay; the replay goes on without it.
    pub patience: Duration,
}

impl Default for AsOfLimits {
    fn default() -> Self {
        Self { events_max: 5_000_000, stores_kept: 3, patience: Duration::from_secs(20) }
    }
}

/// The states that a ledger went through.
#[derive(Clone)]
pub struct History {
    source: Arc<dyn Reader>,
    lookup: Lookup,
    replays: Arc<Replays>,
    limits: TraceLimits,
}

/// The ledger as it was.
#[derive(Clone)]
pub struct Then {
    /// The revision that it was at.
    pub revision: Revision,
    /// The store of that state, for whoever compares stores; it cannot be written to.
    pub store: Arc<dyn Reader>,
    /// What can be asked of that state.
    pub questions: Questions,
}

impl History {
    /// The history of the ledger in `source`, which should not be a cache: its answers stand for the current revision
    /// until it moves on. Replays run as tasks of the runtime that this is called in.
    #[must_use]
    pub fn new(
        source: Arc<dyn Reader>,
        scratch: ScratchStores,
        limits: AsOfLimits,
        trace_limits: TraceLimits,
    ) -> Self {
        let replays = Replays::new(source.clone(), scratch, limits);
        let lookup = Lookup::new(source.clone());
        Self { source, lookup, replays: Arc::new(replays), limits: trace_limits }
    }

    /// The revision that a point means.
    ///
    /// # Errors
    /// `REVISION_UNKNOWN` when the ledger has not got there yet, and the store's.
    pub async fn revision(&self, caller: &Caller, point: Point) -> ServiceResult<Revision> {
        Ok(self.locate(caller, point).await?.0)
    }

    /// The revision that a point means, and the current one.
    async fn locate(&self, caller: &Caller, point: Point) -> ServiceResult<(Revision, Revision)> {
        let reading = self.lookup.by(caller);
        let current = reading.revision().await?;
        let revision = match point {
            Point::Revision(revision) => revision,
            // A commit that came in between is not yet asked for.
            Point::RecordedAt(at) => reading.revision_at(at).await?.min(current),
        };
        if revision > current {
            let message = format!("there is no revision {revision} yet; the current one is {current}");
            return Err(ServiceError::new(ErrorCode::RevisionUnknown, message));
        }
        Ok((revision, current))
    }

    /// The ledger as it was at a point. Everything read from one answer of this belongs to the same revision.
    ///
    /// # Errors
    /// As [`History::revision`]; `REPLAY_UNDER_WAY` when the replay takes longer than a question waits;
    /// `LIMIT_EXCEEDED` when it has too many events.
    pub fn at<'a>(&'a self, caller: &'a Caller, point: Point) -> BoxFuture<'a, ServiceResult<Then>> {
        Box::pin(async move {
            let (revision, current) = self.locate(caller, point).await?;
            let replays = self.replays.clone();
            let store = if revision == current {
                StoreThen::current(revision, self.source.clone(), replays)
            } else {
                StoreThen::replayed(revision, replays.reach(revision).await?, self.source.clone(), replays)
            };
            let store: Arc<dyn Reader> = Arc::new(store);
            let questions = Questions::over(store.clone(), self.limits);
            Ok(Then { revision, store, questions })
        })
    }

    /// The current revision, as a point that stays.
    ///
    /// # Errors
    /// The store's.
    pub async fn now(&self, caller: &Caller) -> ServiceResult<Point> {
        Ok(Point::Revision(self.lookup.revision(caller).await?))
    }

    /// The questions as of a revision: what a recall froze is what they find.
    ///
    /// # Errors
    /// As [`History::at`].
    pub fn questions<'a>(
        &'a self,
        caller: &'a Caller,
        revision: Revision,
    ) -> BoxFuture<'a, ServiceResult<Questions>> {
        Box::pin(async move { Ok(self.at(caller, Point::Revision(revision)).await?.questions) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_revision_and_anything_else_is_a_time() {
        assert_eq!(Point::parse("17").expect("a revision"), Point::Revision(Revision(17)));
        let time = Timestamp::parse("2026-01-05T06:10:00+08:00").expect("a time");
        assert_eq!(Point::parse("2026-01-05T06:10:00+08:00").expect("a time"), Point::RecordedAt(time));
        let code = |text: &str| Point::parse(text).expect_err("no point").code;
        assert_eq!(code("18446744073709551616"), ErrorCode::ArgumentInvalid);
        assert_eq!(code(""), ErrorCode::TimeInvalid);
        assert_eq!(code("-1"), ErrorCode::TimeInvalid);
        assert_eq!(code("2026-01-05T06:10:00"), ErrorCode::TimeWithoutOffset);
        for text in ["", "+1", "-1", "1 ", "x"] {
            assert_eq!(
                Point::parse_revision(text).expect_err("no revision").code,
                ErrorCode::ArgumentInvalid
            );
        }
    }
}
