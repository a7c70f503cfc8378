//! Batches in, receipts out, and the ledger as a feed.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::caller::Caller;
use super::identifier::LotId;
use super::master::MasterRef;
use super::operation::Role;
use super::record::RecordRef;
use super::revision::Revision;
use super::{Event, EventId, Problem, Text, Timestamp};

/// How far the clocks of those who record into one ledger may be apart. Revisions are numbered by the ledger, but timed by
/// the clock of the instance that sent them.
pub const CLOCKS_APART_MAX: Duration = Duration::from_secs(600);

/// Who recorded something, when and from where: the envelope of an event, not its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// When the ledger took it.
    pub recorded_at: Timestamp,
    /// Who sent it.
    pub actor: Text,
    /// Through what: rest, graphql, import:FILE, demo …
    pub source: Text,
}

/// Events to be committed together.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Identifies this attempt: a commit whose outcome is unknown is retried with the same id, and events that the
    /// lost attempt wrote count as accepted.
    pub commit: Uuid,
    /// The events, in order; shared, since a store hands them to its writer.
    pub events: Arc<Vec<Event>>,
    /// Whether one rejected event refuses the whole batch.
    pub atomic: bool,
    /// Who sends them: whoever judges them is told who asks.
    pub caller: Caller,
    /// The envelope of all its events: what of the caller is stored.
    pub recording: Recording,
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Recorded now.
    Accepted,
    /// In the ledger before, with the same content.
    Duplicate,
    /// Refused.
    Rejected(Problem),
    /// Fine in itself, but its atomic batch was refused.
    Withheld,
}

/// What became of one event, by its place in the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventOutcome {
    /// Its id.
    pub id: EventId,
    /// What became of it.
    pub status: Status,
    /// What is to be looked at although it was accepted.
    pub warnings: Vec<Problem>,
}

/// What a commit changed in the graph, by names, each list in order and without repetition: bounded by the batch, except
/// that a hold reaches what was made of its lots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Lots whose state is another one.
    pub lots: Vec<LotId>,
    /// Operations recorded or voided.
    pub operations: Vec<EventId>,
    /// Links added, or taken away with their operation: operation, lot, and how the lot takes part.
    pub links: Vec<(EventId, LotId, Role)>,
    /// Records raised or changed.
    pub records: Vec<RecordRef>,
    /// Master data declared or named.
    pub masters: Vec<MasterRef>,
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The answer to a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The revision at which everything acknowledged here is visible.
    pub revision: Revision,
    /// False when an atomic batch was refused.
    pub applied: bool,
    /// One outcome for each event, in order.
    pub outcomes: Vec<EventOutcome>,
    /// What it changed; nothing when it changed nothing.
    pub changes: Changes,
}

/// A place in the ledger; the default is its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct LedgerPosition {
    /// The revision.
    pub revision: Revision,
    /// The event's place inside that revision, from 1; 0 stands before the first.
    pub index: u32,
}

impl LedgerPosition {
    /// The place behind everything of a revision.
    #[must_use]
    pub const fn end_of(revision: Revision) -> Self {
        Self { revision, index: u32::MAX }
    }
}

/// One event in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Its place.
    pub position: LedgerPosition,
    /// Its envelope.
    pub recording: Recording,
    /// The event.
    pub event: Event,
}

/// An event of the ledger with what the ledger knows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// The event.
    pub event: Event,
    /// Its canonical body, as it was recorded.
    pub body: String,
    /// The commit that wrote it.
    pub commit: Uuid,
    /// The void event that withdrew it, if any.
    pub voided_by: Option<EventId>,
}

/// One revision of a ledger as it was recorded: what a copy, a replay and a restore write again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRevision {
    /// Its number.
    pub number: Revision,
    /// The envelope of all its events.
    pub recording: Recording,
    /// Its events, in order; at least one.
    pub events: Arc<Vec<Event>>,
}

/// A page of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePage {
    /// The entries, in order.
    pub entries: Vec<LedgerEntry>,
    /// Whether more follow after the last entry.
    pub more: bool,
}
