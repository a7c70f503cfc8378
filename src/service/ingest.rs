//! Records events: reads them from JSON values, commits them through the one write door, reports each.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::alerts::AlertFeed;
use super::refusal::refusals;
use super::{ServiceError, ServiceResult};
use crate::domain::{ErrorCode, Event, EventId, Fact, Problem, Text, Timestamp};
use crate::format;
use crate::store::{Batch, Receipt, Recording, Revision, Status, Store};

/// Who sends events, and through what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Who.
    pub actor: Text,
    /// Through what: `rest`, `graphql`, `import:FILE`.
    pub source: Text,
}

/// What became of one sent item, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemOutcome {
    /// Its id; absent when the item could not be read far enough.
    pub id: Option<EventId>,
    /// What became of it: every problem when rejected.
    pub status: ItemStatus,
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

/// An item read, or the problems of one that cannot be.
pub type ReadItem = Result<Event, Vec<Problem>>;

/// Records events.
#[derive(Clone)]
pub struct Ingest {
    store: Arc<dyn Store>,
    /// Whom to wake after a commit.
    feed: Option<AlertFeed>,
}

impl Ingest {
    /// Records into this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, feed: None }
    }

    /// Wakes the readers of a feed of the same store after every commit.
    #[must_use]
    pub fn waking(self, feed: AlertFeed) -> Self {
        Self { feed: Some(feed), ..self }
    }

    async fn commit(&self, batch: &Batch) -> crate::store::Result<Receipt> {
        let receipt = self.store.commit(batch).await?;
        if let Some(feed) = &self.feed {
            feed.wake(receipt.revision);
        }
        Ok(receipt)
    }

    /// Records events given as JSON values of the public shape.
    ///
    /// # Errors
    /// When the batch is empty or too large, or the store fails; rejected events are in the report, not errors.
    pub async fn record_values(
        &self,
        values: &[Value],
        atomic: bool,
        sender: &Sender,
    ) -> ServiceResult<Report> {
        let items = values.iter().map(format::event::parse).collect();
        self.record(items, atomic, sender).await
    }

    /// Records items that were read already.
    ///
    /// # Errors
    /// As [`Ingest::record_values`].
    pub async fn record(&self, items: Vec<ReadItem>, atomic: bool, sender: &Sender) -> ServiceResult<Report> {
        self.check_size(items.len())?;
        let items: Vec<ReadItem> = items.into_iter().map(from_outside).collect();
        let unreadable = items.iter().any(Result::is_err);
        let events: Vec<Event> = items.iter().filter_map(|item| item.as_ref().ok()).cloned().collect();
        if atomic && unreadable {
            return self.refuse(items).await;
        }
        let receipt = if events.is_empty() {
            let revision = self.store.revision().await?;
            Receipt { revision, applied: true, outcomes: Vec::new() }
        } else {
            let batch = batch(events, atomic, sender);
            let receipt = self.commit(&batch).await?;
            self.tell_refusals(&batch, &receipt, sender).await;
            receipt
        };
        Ok(merge(items, receipt))
    }

    /// Records what was refused because a lot must stay where it is, in a commit of its own: the refused batch itself
    /// leaves nothing. The same attempt again is a duplicate, so a client that retries does not flood the ledger.
    ///
    /// The answer about the batch does not wait on luck: when this record cannot be written, the refusal stands all the
    /// same, and the failure is logged and counted.
    async fn tell_refusals(&self, refused: &Batch, receipt: &Receipt, sender: &Sender) {
        let refusals = refusals(&refused.events, &receipt.outcomes);
        if refusals.is_empty() {
            return;
        }
        let count = refusals.len();
        // Not atomic: a hold whose words changed meanwhile makes one of them a conflict with its first record.
        if let Err(error) = self.commit(&batch(refusals, false, sender)).await {
            metrics::counter!("lotgraph_refusals_lost_total").increment(count as u64);
            tracing::error!(%error, count, "refused flows could not be recorded");
        }
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
    async fn refuse(&self, items: Vec<ReadItem>) -> ServiceResult<Report> {
        let outcomes = items
            .into_iter()
            .map(|item| match item {
                Ok(event) => ItemOutcome { id: Some(event.id), status: ItemStatus::Withheld },
                Err(problems) => ItemOutcome { id: None, status: ItemStatus::Rejected(problems) },
            })
            .collect();
        Ok(Report { revision: self.store.revision().await?, applied: false, outcomes })
    }
}

/// Refusals are recorded by lotgraph itself: nobody else can know that it refused.
fn from_outside(item: ReadItem) -> ReadItem {
    match item {
        Ok(Event { fact: Fact::Refusal(_), .. }) => {
            let message = "refusals are recorded by lotgraph itself; leave this event out";
            Err(vec![Problem::new(ErrorCode::EventReserved, "type", message)])
        }
        other => other,
    }
}

/// A batch of a commit of its own, recorded now.
pub(super) fn batch(events: Vec<Event>, atomic: bool, sender: &Sender) -> Batch {
    Batch {
        commit: Uuid::new_v4(),
        events: Arc::new(events),
        atomic,
        recording: Recording {
            recorded_at: Timestamp::now(),
            actor: sender.actor.clone(),
            source: sender.source.clone(),
        },
    }
}

/// Puts the store's outcomes back among the items that never reached it.
fn merge(items: Vec<ReadItem>, receipt: Receipt) -> Report {
    let mut judged = receipt.outcomes.into_iter();
    let outcomes = items
        .into_iter()
        .map(|item| match item {
            Err(problems) => ItemOutcome { id: None, status: ItemStatus::Rejected(problems) },
            Ok(event) => {
                let status = match judged.next().map(|outcome| outcome.status) {
                    Some(Status::Accepted) => ItemStatus::Accepted,
                    Some(Status::Duplicate) => ItemStatus::Duplicate,
                    Some(Status::Rejected(problem)) => ItemStatus::Rejected(vec![problem]),
                    Some(Status::Withheld) | None => ItemStatus::Withheld,
                };
                ItemOutcome { id: Some(event.id), status }
            }
        })
        .collect();
    Report { revision: receipt.revision, applied: receipt.applied, outcomes }
}
