//! Copies a ledger from one store into another, revision by revision with its original recording, and compares them.
//!
//! It can be stopped and started again: what the target has is compared and skipped, and a target that holds anything
//! else is refused before anything is written.

mod compare;

use crate::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::{Caller, ErrorCode};
use lotgraph_store::project::Revisions;
use lotgraph_store::{
    ChangePage, Ledger, LedgerEntry, LedgerPosition, Reader, RecordedRevision, Revision, StoreError,
    StoreErrorKind,
};

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

/// Takes the ledger of one store over into another, then compares all nodes and links of both. Nothing is judged again: no
/// rule that came later can refuse what was recorded.
///
/// # Errors
/// When a store fails, the target holds other content, or the two differ afterwards.
pub fn copy<'a>(
    caller: &'a Caller,
    from: &'a dyn Reader,
    to: &'a dyn Ledger,
    progress: &'a mut (dyn FnMut(Step) + Send),
) -> BoxFuture<'a, ServiceResult<Copied>> {
    Box::pin(async move {
        if from.identity().await? == to.identity().await? {
            return Err(refusal("both names mean the same store; copy into another one"));
        }
        tracing::info!(actor = %caller.actor, from = from.name(), to = to.name(), "copies the ledger");
        let of = from.revision().await?;
        let mut report = |revision| progress(Step::Ledger { revision, of });
        let (skipped, reached) = skip_equal(from, to, &mut report).await?;
        let (copied, revision) = replay(from, to, reached, &mut report).await?;
        let compared = compare(caller, from, to, Extent::Everything, &mut |compared| {
            progress(Step::Comparison(compared))
        })
        .await;
        let compared = match compared {
            Err(error) if error.source.is_none() && from.revision().await? != revision => {
                return Err(refusal(format!(
                    "the source went on while it was copied, from revision {revision}; run the same copy again ({error})"
                )));
            }
            other => other?,
        };
        Ok(Copied { skipped, copied, revision, compared })
    })
}

fn refusal(message: impl Into<String>) -> ServiceError {
    ServiceError::new(ErrorCode::ArgumentInvalid, message)
}

/// Holds what the target has against the source; returns how many events that is, and up to where.
async fn skip_equal(
    from: &dyn Reader,
    to: &dyn Reader,
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
            lotgraph_format::canonical::line(&entry.event),
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

/// Takes over every revision behind a position, each as the source has it.
async fn replay(
    from: &dyn Reader,
    to: &dyn Ledger,
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
        if !ended.is_empty() {
            let events: usize = ended.iter().map(|one| one.events.len()).sum();
            revision = project(to, ended).await?;
            copied += events as u64;
            report(revision);
        }
        if !more {
            return Ok((copied, revision));
        }
    }
}

/// Takes over revisions; each must become the same revision in the target.
async fn project(to: &dyn Ledger, revisions: Vec<RecordedRevision>) -> ServiceResult<Revision> {
    to.project(revisions).await.map_err(|error| match error {
        StoreError { kind: StoreErrorKind::Invalid(why), .. } => refusal(format!(
            "the target does not take the source: {why}; if someone else writes to it, copy into an empty store"
        )),
        other => other.into(),
    })
}
