//! Fills a store by committing the ledger again, revision by revision, with its original recordings.

use std::time::{Duration, Instant};

use crate::domain::ErrorCode;
use crate::service::ServiceError;
use crate::service::replay::{OneRevision, Revisions, refused};
use crate::store::scratch::ScratchStore;
use crate::store::{Batch, ChangePage, LedgerPosition, Revision, Store};

/// Ledger entries read at once; as many are being committed meanwhile.
const PAGE: u32 = 5_000;
/// How often a long replay tells the log how far it is.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// What stopped a replay.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The ledger has more events than a replay may hold, from this revision on.
    TooManyEvents(Revision),
    /// Anything else.
    Failed(ServiceError),
}

impl<E: Into<ServiceError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A replay on its way.
pub(super) struct Replay<'a> {
    pub(super) source: &'a dyn Store,
    pub(super) target: &'a dyn ScratchStore,
    /// Where it ends.
    pub(super) until: Revision,
    /// Events in the target.
    pub(super) events: u64,
    /// Events that the target may hold.
    pub(super) events_max: u64,
}

impl Replay<'_> {
    /// Replays what lies behind the target's revision; returns how many events the target holds then.
    pub(super) async fn run(mut self) -> Result<u64, Stopped> {
        let started = Instant::now();
        let (mut reported, before) = (started, self.events);
        let mut after = LedgerPosition::end_of(self.target.revision().await?);
        let mut more = after.revision < self.until;
        let mut revisions = Revisions::default();
        let mut ended: Vec<OneRevision> = Vec::new();
        while more || !ended.is_empty() {
            // The next page is read while the one before it is committed.
            let page = self.page(after, more);
            let (page, ()) = futures::try_join!(page, commit(self.target, std::mem::take(&mut ended)))?;
            after = page.entries.last().map_or(after, |entry| entry.position);
            // The end is known to be whole once something behind it was read.
            more = page.more && after.revision <= self.until;
            ended = revisions.take(page.entries);
            if !page.more {
                ended.extend(revisions.end());
            }
            self.take(&mut ended)?;
            if reported.elapsed() >= REPORT_EVERY {
                reported = Instant::now();
                tracing::info!(revision = %after.revision, until = %self.until, events = self.events, "replaying");
            }
        }
        self.check_end().await?;
        let (events, seconds) = (self.events - before, started.elapsed().as_secs_f64());
        tracing::info!(revision = %self.until, events, seconds, "replayed");
        metrics::counter!("lotgraph_replayed_events_total").increment(events);
        Ok(self.events)
    }

    async fn page(&self, after: LedgerPosition, more: bool) -> Result<ChangePage, Stopped> {
        match more {
            true => Ok(self.source.changes(after, PAGE).await?),
            false => Ok(ChangePage { entries: Vec::new(), more: false }),
        }
    }

    /// Leaves out what lies behind the end, and counts the rest.
    fn take(&mut self, ended: &mut Vec<OneRevision>) -> Result<(), Stopped> {
        ended.retain(|one| one.number <= self.until);
        for one in ended {
            self.events += one.entries.len() as u64;
            if self.events > self.events_max {
                return Err(Stopped::TooManyEvents(one.number));
            }
        }
        Ok(())
    }

    async fn check_end(&self) -> Result<(), Stopped> {
        let reached = self.target.revision().await?;
        if reached == self.until {
            return Ok(());
        }
        let message = format!("the replay ended at revision {reached} instead of {}", self.until);
        Err(ServiceError::new(ErrorCode::StoreCorrupt, message).into())
    }
}

/// Commits revisions; each must be taken whole and become the same revision.
async fn commit(target: &dyn ScratchStore, revisions: Vec<OneRevision>) -> Result<(), Stopped> {
    let numbers: Vec<Revision> = revisions.iter().map(|one| one.number).collect();
    let batches: Vec<Batch> = revisions.into_iter().filter_map(OneRevision::into_batch).collect();
    let receipts = target.commit_all(batches).await?;
    for (number, receipt) in numbers.into_iter().zip(receipts) {
        let why = match refused(&receipt) {
            Some(reason) => reason,
            None if receipt.revision != number => format!("it became revision {}", receipt.revision),
            None => continue,
        };
        let message = format!("revision {number} of the ledger cannot be replayed: {why}");
        return Err(ServiceError::new(ErrorCode::StoreCorrupt, message).into());
    }
    Ok(())
}
