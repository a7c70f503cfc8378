//! The recorder: the one door through which events come into a ledger, whoever sends them and however.
//!
//! It checks their number, keeps reserved events out, commits them (an import again and again while the store is away),
//! records what was refused because a lot must stay where it is, and tells whoever follows commits. Recorded revisions of
//! another ledger do not come through here: they are projected as they are ([`Ledger::project`]).

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;
use uuid::Uuid;

use super::commits::CommitFeed;
use super::recall::Recalls;
use super::refusal::refusals;
use super::{ServiceError, ServiceResult};
use lotgraph_domain::{Caller, Entry, ErrorCode, Event, EventId, Fact, Problem, Timestamp};
use lotgraph_format as format;
use lotgraph_store::{Batch, Changes, EventOutcome, Ledger, Reader, Receipt, Revision, Status};

/// What became of one sent item, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemOutcome {
    /// Its id; absent when the item could not be read far enough.
    pub id: Option<EventId>,
    /// What became of it: every problem when rejected.
    pub status: ItemStatus,
    /// What is to be looked at although it was accepted.
    pub warnings: Vec<Problem>,
}

/// What became of one sent item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemStatus {
    /// Recorded now.
    Accepted,
    /// Recorded before, with the same content.
    Duplicate,
    /// Refused, for these reasons (at least one).
    Rejected(Vec<Problem>),
    /// Fine in itself, but its atomic batch was refused.
    Withheld,
}

impl ItemOutcome {
    /// An outcome that nothing more is to be said of.
    fn of(id: Option<EventId>, status: ItemStatus) -> Self {
        Self { id, status, warnings: Vec::new() }
    }
}

/// The answer to a batch of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The revision at which everything acknowledged here is visible.
    pub revision: Revision,
    /// False when an atomic batch was refused: nothing was recorded.
    pub applied: bool,
    /// One outcome for each item, in order.
    pub outcomes: Vec<ItemOutcome>,
}

impl Report {
    /// How many items have a status that satisfies a test.
    #[must_use]
    pub fn count(&self, test: impl Fn(&ItemStatus) -> bool) -> usize {
        self.outcomes.iter().filter(|outcome| test(&outcome.status)).count()
    }
}

pub use lotgraph_format::batch::ReadItem;

/// The id of an item read, or the problems of one that cannot be.
type ReadId = Result<EventId, Vec<Problem>>;

/// How the recorder treats what a caller sends.
#[derive(Debug, Clone, Copy)]
struct Policy {
    /// How often a commit is tried when the store is away for a moment.
    attempts_max: u32,
    /// Whether refusals are taken, too: an export holds those that lotgraph recorded.
    takes_refusals: bool,
    /// Whether what was sent counts as failed when its refusals cannot be recorded.
    needs_refusals: bool,
}

/// A request: whoever sent it waits, and can send it again. The answer about the batch does not wait on luck: when its
/// refusals cannot be recorded, it stands all the same.
const REQUEST: Policy = Policy { attempts_max: 1, takes_refusals: false, needs_refusals: false };
/// An import: a store that is away for a moment does not end it. One that ends is run again, and then records what is
/// missing of the refusals.
const IMPORT: Policy = Policy { attempts_max: 6, takes_refusals: true, needs_refusals: true };
/// What an import on this machine sends through a server: it is taken as an import takes it, and tried again over there.
const SENT_IMPORT: Policy = Policy { attempts_max: 1, takes_refusals: true, needs_refusals: true };
/// How long it waits before the second attempt; twice as long before each one after.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// What became of events that were committed without a report of each.
#[derive(Debug)]
pub(super) struct Recorded {
    /// The revision at which everything acknowledged is visible.
    pub(super) revision: Revision,
    /// One outcome for each event, in order.
    pub(super) outcomes: Vec<EventOutcome>,
}

/// The one door through which events come into a ledger.
#[derive(Clone)]
pub struct Recorder {
    store: Arc<dyn Ledger>,
    /// Whom to tell of a commit.
    feed: Option<CommitFeed>,
    /// Who knows what would be a slip about a recall.
    recalls: Option<Recalls>,
}

impl Recorder {
    /// Records into this store.
    #[must_use]
    pub fn new(store: Arc<dyn Ledger>) -> Self {
        Self { store, feed: None, recalls: None }
    }

    /// Tells the readers of a feed of the same store of every commit.
    #[must_use]
    pub fn telling(self, feed: CommitFeed) -> Self {
        Self { feed: Some(feed), ..self }
    }

    /// Refuses slips about recalls of the same store, in what a caller sends. An import is not asked.
    #[must_use]
    pub fn minding(self, recalls: Recalls) -> Self {
        Self { recalls: Some(recalls), ..self }
    }

    /// Events of one batch at most.
    #[must_use]
    pub fn events_max(&self) -> usize {
        self.store.limits().batch_max
    }

    /// What the ledger holds, for whoever must know before recording.
    pub(super) fn store(&self) -> &dyn Reader {
        self.store.as_ref()
    }

    /// Commits a batch, in several attempts if the policy says so, and tells whoever follows commits.
    async fn commit(&self, batch: &Batch, policy: Policy) -> lotgraph_store::Result<Receipt> {
        let (mut attempt, mut pause) = (1, FIRST_PAUSE);
        let receipt = loop {
            // The same batch with the same commit id: what a lost attempt wrote counts as accepted, not as duplicate.
            match self.store.commit(batch).await {
                Err(error) if error.retryable() && attempt < policy.attempts_max => {
                    tracing::warn!(%error, attempt, "the store did not take a batch; trying again");
                    tokio::time::sleep(pause).await;
                    attempt += 1;
                    pause *= 2;
                }
                other => break other?,
            }
        };
        if let Some(feed) = &self.feed {
            feed.publish(&receipt);
        }
        Ok(receipt)
    }

    /// Commits events, and then what was refused because a lot must stay where it is, in a commit of its own: the refused
    /// batch itself leaves nothing. The same attempt again is a duplicate, so a client that retries does not flood the
    /// ledger. Returns the receipt of the events, and the revision of the refusals when there are any.
    async fn commit_with_refusals(
        &self,
        batch: &Batch,
        policy: Policy,
    ) -> lotgraph_store::Result<(Receipt, Option<Revision>)> {
        let receipt = self.commit(batch, policy).await?;
        let refusals = refusals(&batch.events, &receipt.outcomes);
        if refusals.is_empty() {
            return Ok((receipt, None));
        }
        let count = refusals.len();
        // Not atomic: a hold whose words changed meanwhile makes one of them a conflict with its first record.
        let told = self.commit(&new_batch(refusals, false, &batch.caller), policy).await;
        match told {
            Ok(told) => Ok((receipt, Some(told.revision))),
            Err(error) if policy.needs_refusals => Err(error),
            Err(error) => {
                metrics::counter!("lotgraph_refusals_lost_total").increment(count as u64);
                tracing::error!(%error, count, "refused flows could not be recorded");
                Ok((receipt, None))
            }
        }
    }

    /// Records events of a file, the good ones of a batch whatever becomes of the others. How many are sent at once is up
    /// to the import.
    pub(super) async fn import(
        &self,
        events: Vec<Event>,
        caller: &Caller,
    ) -> lotgraph_store::Result<Recorded> {
        let batch = new_batch(events, false, caller);
        let (receipt, told) = self.commit_with_refusals(&batch, IMPORT).await?;
        Ok(Recorded { revision: told.unwrap_or(receipt.revision), outcomes: receipt.outcomes })
    }

    /// Records events given as JSON values of the public shape.
    ///
    /// # Errors
    /// When the batch is empty or too large, or the store fails; rejected events are in the report, not errors.
    pub async fn record_values(
        &self,
        values: &[Value],
        atomic: bool,
        caller: &Caller,
    ) -> ServiceResult<Report> {
        let items = values.iter().map(format::event::parse).collect();
        self.record(items, atomic, caller).await
    }

    /// Records items that were read already.
    ///
    /// # Errors
    /// As [`Recorder::record_values`].
    pub fn record<'a>(
        &'a self,
        items: Vec<ReadItem>,
        atomic: bool,
        caller: &'a Caller,
    ) -> BoxFuture<'a, ServiceResult<Report>> {
        Box::pin(async move {
            self.check_size(items.len())?;
            let imported = matches!(caller.entry, Entry::Import { .. });
            let policy = if imported { SENT_IMPORT } else { REQUEST };
            let items: Vec<ReadItem> = items.into_iter().map(|item| from_outside(item, policy)).collect();
            let items = match self.recalls.as_ref().filter(|_| !imported) {
                Some(recalls) => recalls.refuse_slips(caller, items).await?,
                None => items,
            };
            let unreadable = items.iter().any(Result::is_err);
            // The events are not kept twice: what becomes of them is told by their ids.
            let mut events = Vec::with_capacity(items.len());
            let keep = |item: ReadItem| {
                item.map(|event| {
                    let id = event.id.clone();
                    events.push(event);
                    id
                })
            };
            let items: Vec<ReadId> = items.into_iter().map(keep).collect();
            if atomic && unreadable {
                drop(events);
                return self.refuse(items).await;
            }
            let receipt = if events.is_empty() {
                let revision = self.store.revision().await?;
                Receipt { revision, applied: true, outcomes: Vec::new(), changes: Changes::default() }
            } else {
                self.commit_with_refusals(&new_batch(events, atomic, caller), policy).await?.0
            };
            Ok(merge(items, receipt))
        })
    }

    fn check_size(&self, items: usize) -> ServiceResult<()> {
        let max = self.store.limits().batch_max;
        if items == 0 {
            return Err(ServiceError::new(
                ErrorCode::BatchEmpty,
                "the batch has no events; send at least one",
            ));
        }
        if items > max {
            let message = format!(
                "the batch has {items} events, at most {max} are allowed; send smaller batches, or use lotgraph import"
            );
            return Err(ServiceError::new(ErrorCode::BatchTooLarge, message));
        }
        Ok(())
    }

    /// An atomic batch with an unreadable item: nothing is sent to the store.
    async fn refuse(&self, items: Vec<ReadId>) -> ServiceResult<Report> {
        let outcomes = items
            .into_iter()
            .map(|item| match item {
                Ok(id) => ItemOutcome::of(Some(id), ItemStatus::Withheld),
                Err(problems) => ItemOutcome::of(None, ItemStatus::Rejected(problems)),
            })
            .collect();
        Ok(Report { revision: self.store.revision().await?, applied: false, outcomes })
    }
}

/// Refusals are recorded by lotgraph itself: nobody else can know that it refused.
fn from_outside(item: ReadItem, policy: Policy) -> ReadItem {
    match item {
        Ok(Event { fact: Fact::Refusal(_), .. }) if !policy.takes_refusals => {
            let message = "refusals are recorded by lotgraph itself; leave this event out";
            Err(vec![Problem::new(ErrorCode::EventReserved, "type", message)])
        }
        other => other,
    }
}

/// A batch of a commit of its own, recorded now.
pub(super) fn new_batch(events: Vec<Event>, atomic: bool, caller: &Caller) -> Batch {
    Batch {
        commit: Uuid::new_v4(),
        events: Arc::new(events),
        atomic,
        caller: caller.clone(),
        recording: caller.recording(Timestamp::now()),
    }
}

/// Puts the store's outcomes back among the items that never reached it.
fn merge(items: Vec<ReadId>, receipt: Receipt) -> Report {
    let mut judged = receipt.outcomes.into_iter();
    let outcomes = items
        .into_iter()
        .map(|item| match item {
            Err(problems) => ItemOutcome::of(None, ItemStatus::Rejected(problems)),
            Ok(id) => {
                let Some(outcome) = judged.next() else {
                    return ItemOutcome::of(Some(id), ItemStatus::Withheld);
                };
                let status = match outcome.status {
                    Status::Accepted => ItemStatus::Accepted,
                    Status::Duplicate => ItemStatus::Duplicate,
                    Status::Rejected(problem) => ItemStatus::Rejected(vec![problem]),
                    Status::Withheld => ItemStatus::Withheld,
                };
                ItemOutcome { warnings: outcome.warnings, ..ItemOutcome::of(Some(id), status) }
            }
        })
        .collect();
    Report { revision: receipt.revision, applied: receipt.applied, outcomes }
}
