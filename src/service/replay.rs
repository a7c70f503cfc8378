//! The ledger revision by revision: what a copy and a replay commit again, with its original recording.

use std::sync::Arc;

use uuid::Uuid;

use crate::domain::Event;
use crate::store::{Batch, LedgerEntry, Receipt, Revision, Status};

/// Gathers ledger entries into whole revisions.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    open: Vec<LedgerEntry>,
}

/// All entries of one revision, at least one.
#[derive(Debug)]
pub(super) struct OneRevision {
    /// Its number.
    pub(super) number: Revision,
    /// Its entries, in order.
    pub(super) entries: Vec<LedgerEntry>,
}

impl Revisions {
    /// Takes the next entries of the ledger; returns the revisions that ended with them.
    pub(super) fn take(&mut self, entries: Vec<LedgerEntry>) -> Vec<OneRevision> {
        let mut ended = Vec::new();
        for entry in entries {
            if self.open.last().is_some_and(|last| last.position.revision != entry.position.revision) {
                ended.extend(self.end());
            }
            self.open.push(entry);
        }
        ended
    }

    /// The last revision, once the ledger ended.
    pub(super) fn end(&mut self) -> Option<OneRevision> {
        let entries = std::mem::take(&mut self.open);
        let number = entries.first()?.position.revision;
        Some(OneRevision { number, entries })
    }
}

impl OneRevision {
    /// The batch that becomes this revision again; it must be taken whole, as what was refused is not in the ledger.
    pub(super) fn into_batch(self) -> Option<Batch> {
        let recording = self.entries.first()?.recording.clone();
        let events: Vec<Event> = self.entries.into_iter().map(|entry| entry.event).collect();
        Some(Batch { commit: Uuid::new_v4(), events: Arc::new(events), atomic: true, recording })
    }
}

/// The first event that was not taken, and why.
pub(super) fn refused(receipt: &Receipt) -> Option<String> {
    receipt.outcomes.iter().find_map(|outcome| match &outcome.status {
        Status::Rejected(problem) => Some(format!("{}: {problem}", outcome.id)),
        Status::Duplicate | Status::Withheld => Some(format!("{} is there already", outcome.id)),
        Status::Accepted => None,
    })
}
