//! Copies a ledger from one store into another, revision by revision with its original recording, and compares them.
//!
//! It can be stopped and started again: what the target has is compared and skipped, and a target that holds anything
//! else is refused before anything is written.

mod compare;

use crate::domain::ErrorCode;
use crate::service::replay::{OneRevision, Revisions, refused};
use crate::service::{ServiceError, ServiceResult};
use crate::store::{ChangePage, LedgerEntry, LedgerPosition, Revision, Store};

pub use compare::{Compared, Extent, compare};

/// Ledger entries read at once.
const PAGE: u32 = 1_000;

/// What a copy came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Events that the target had already.
    pub skipped: u64,
    /// Events copied now.
    pub copied: u64,
    /// The revision both stores are at.
    pub revision: Revision,
    /// What was compared afterwards.
    pub compared: Compared,
}

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Events compared and copied so far, of so many revisions in the source.
    Ledger {
        /// The revision reached.
        revision: Revision,
        /// The source's revision at the start.
        of: Revision,
    },
    /// Nodes and links compared so far.
    Comparison(Compared),
}

/// Replays the ledger of one store into another, then compares all nodes and links of both.
///
/// # Errors
/// When a store fails, the target holds other content, or the two differ afterwards.
pub async fn copy(
    from: &dyn Store,
    to: &dyn Store,
    progress: &mut (dyn FnMut(Step) + Send),
) -> ServiceResult<Copied> {
    if from.identity().await? == to.identity().await? {
        return Err(refusal("both names mean the same store; copy into another one"));
    }
    let of = from.revision().await?;
    let mut report = |revision| progress(Step::Ledger { revision, of });
    let (skipped, reached) = skip_equal(from, to, &mut report).await?;
    let (copied, revision) = replay(from, to, reached, &mut report).await?;
    let compared =
        compare(from, to, Extent::Everything, &mut |compared| progress(Step::Comparison(compared))).await;
    let compared = match compared {
        Err(error) if error.source.is_none() && from.revision().await? != revision => {
            return Err(refusal(format!(
                "the source went on while it was copied, from revision {revision}; run the same copy again ({error})"
            )));
        }
        other => other?,
    };
    Ok(Copied { skipped, copied, revision, compared })
}

fn refusal(message: impl Into<String>) -> ServiceError {
    ServiceError::new(ErrorCode::ArgumentInvalid, message)
}

/// Holds what the target has against the source; returns how many events that is, and up to where.
async fn skip_equal(
    from: &dyn Store,
    to: &dyn Store,
    report: &mut (dyn FnMut(Revision) + Send),
) -> ServiceResult<(u64, LedgerPosition)> {
    let mut reached = LedgerPosition::default();
    let mut skipped = 0;
    loop {
        let theirs = to.changes(reached, PAGE).await?;
        if theirs.entries.is_empty() {
            return Ok((skipped, reached));
        }
        let ours = from.changes(reached, PAGE).await?;
        for (number, their) in theirs.entries.iter().enumerate() {
            match ours.entries.get(number) {
                Some(our) if our == their => {}
                our => return Err(other_content(our, their)),
            }
        }
        skipped += theirs.entries.len() as u64;
        reached = theirs.entries.last().map_or(reached, |entry| entry.position);
        report(reached.revision);
    }
}

fn other_content(ours: Option<&LedgerEntry>, theirs: &LedgerEntry) -> ServiceError {
    let show = |entry: &LedgerEntry| {
        format!(
            "revision {} event {}: {} (recorded {} by {})",
            entry.position.revision,
            entry.position.index,
            crate::format::canonical::line(&entry.event),
            entry.recording.recorded_at,
            entry.recording.actor
        )
    };
    let ours = ours.map_or_else(|| "nothing at this place".to_owned(), show);
    refusal(format!(
        "the target holds other content than the source; nothing was copied. Source: {ours}. Target: {}. Copy into an empty store",
        show(theirs)
    ))
}

/// Commits every revision behind a position, each as the source has it.
async fn replay(
    from: &dyn Store,
    to: &dyn Store,
    reached: LedgerPosition,
    report: &mut (dyn FnMut(Revision) + Send),
) -> ServiceResult<(u64, Revision)> {
    let mut after = reached;
    let mut revision = reached.revision;
    let mut copied = 0;
    let mut revisions = Revisions::default();
    loop {
        let ChangePage { entries, more } = from.changes(after, PAGE).await?;
        after = entries.last().map_or(after, |entry| entry.position);
        let mut ended = revisions.take(entries);
        if !more {
            ended.extend(revisions.end());
        }
        for one in ended {
            copied += one.entries.len() as u64;
            revision = commit(to, one).await?;
            report(revision);
        }
        if !more {
            return Ok((copied, revision));
        }
    }
}

/// Commits the events of one revision; it must become the same revision in the target.
async fn commit(to: &dyn Store, revision: OneRevision) -> ServiceResult<Revision> {
    let expected = revision.number;
    let Some(batch) = revision.into_batch() else { return Ok(to.revision().await?) };
    let receipt = to.commit(&batch).await?;
    if let Some(reason) = refused(&receipt) {
        return Err(refusal(format!("the target does not take revision {expected} of the source: {reason}")));
    }
    if receipt.revision != expected {
        return Err(refusal(format!(
            "revision {expected} of the source became {} in the target: someone else writes to it; copy into an empty store",
            receipt.revision
        )));
    }
    Ok(receipt.revision)
}
