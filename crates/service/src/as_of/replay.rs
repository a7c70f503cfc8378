//! Fills a store with the ledger up to a revision, as it was recorded: projected, not judged again.

use std::time::{Duration, Instant};

use crate::ServiceError;
use lotgraph_domain::ErrorCode;
use lotgraph_store::project::Revisions;
use lotgraph_store::scratch::ScratchStore;
use lotgraph_store::{
    ChangePage, LedgerPosition, Reader, RecordedRevision, Revision, StoreError, StoreErrorKind,
};

/// Ledger entries read at once; as many are being projected meanwhile.
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
    pub(super) source: &'a dyn Reader,
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
        let mut ended: Vec<RecordedRevision> = Vec::new();
        while more || !ended.is_empty() {
            // The next page is read while the one before it is projected.
            let page = self.page(after, more);
            let (page, ()) = futures::try_join!(page, project(self.target, std::mem::take(&mut ended)))?;
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
    fn take(&mut self, ended: &mut Vec<RecordedRevision>) -> Result<(), Stopped> {
        ended.retain(|one| one.number <= self.until);
        for one in ended {
            self.events += one.events.len() as u64;
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

/// Takes revisions over; each must become the same revision.
async fn project(target: &dyn ScratchStore, revisions: Vec<RecordedRevision>) -> Result<(), Stopped> {
    if revisions.is_empty() {
        return Ok(());
    }
    target.project(revisions).await.map(|_| ()).map_err(|error| match error {
        // What the ledger holds is what it took once: it cannot be wrong to take it again.
        StoreError { kind: StoreErrorKind::Invalid(why), .. } => {
            let message = format!("the ledger cannot be replayed: {why}");
            ServiceError::new(ErrorCode::StoreCorrupt, message).into()
        }
        other => other.into(),
    })
}
