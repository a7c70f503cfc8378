//! Takes a backup with recordings over into a store: the same revisions, recordings and events, never judged.
//!
//! The files are read twice: first they are checked from beginning to end, so that a damaged one changes nothing; then
//! they are projected, a few revisions at a time. A restore that was killed goes on at the store's revision, once the
//! digest has proved that the store holds exactly the beginning of the backup.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::backup::{LedgerState, ledger_state};
use crate::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::{Caller, ErrorCode};
use lotgraph_format::recorded::{Digest, RecordedError, RecordedReader};
use lotgraph_store::project::{PORTION, groups};
use lotgraph_store::{Ledger, RecordedRevision, Revision};

/// What the files of a backup hold, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The identity of the ledger that was backed up.
    pub identity: String,
    /// The first revision of the first file.
    pub first: Revision,
    /// What the ledger comes to at its end; events are counted from the first revision on.
    pub end: LedgerState,
    /// The digest at the revision that was asked for; absent when it is not in the backup.
    pub digest_at: Option<Digest>,
}

/// How far a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The files are checked up to this revision.
    Checked(Revision),
    /// The ledger of the store was read up to this revision.
    Compared(Revision),
    /// The store holds the backup up to this revision.
    Restored {
        /// The revision reached.
        revision: Revision,
        /// The last one of the backup.
        of: Revision,
    },
}

/// What a restore came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The revision that the store was at before.
    pub from: Revision,
    /// What the store holds now, read from it again and equal to the backup.
    pub state: LedgerState,
    /// The identity of the ledger that was backed up; the store has one of its own.
    pub identity: String,
}

fn unusable(path: &Path, error: &RecordedError) -> ServiceError {
    let why = std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"));
    ServiceError::new(ErrorCode::BackupUnusable, format!("{}: {error}{why}", path.display()))
}

fn open(path: &Path) -> ServiceResult<RecordedReader<BufReader<File>>> {
    let opened = File::open(path).map_err(RecordedError::Read);
    let reader = opened.and_then(|file| RecordedReader::open(BufReader::with_capacity(1 << 16, file)));
    reader.map_err(|error| unusable(path, &error))
}

/// Reads the files of a backup, each of which goes on where the one before it ended, and checks all that they say.
///
/// # Errors
/// `BACKUP_UNUSABLE`, with the file, the line and what is wrong with it.
pub fn check(
    files: &[PathBuf],
    at: Revision,
    progress: &mut (dyn FnMut(Step) + Send),
) -> ServiceResult<Backup> {
    let mut found: Option<Backup> = None;
    for path in files {
        let mut reader = open(path)?;
        let header = reader.header().clone();
        let backup = found.get_or_insert_with(|| Backup {
            identity: header.identity.clone(),
            first: header.first,
            end: LedgerState {
                revision: Revision(header.first.0 - 1),
                digest: header.follows,
                events: Vec::new(),
            },
            digest_at: None,
        });
        let wrong = |what: String| {
            Err(ServiceError::new(ErrorCode::BackupUnusable, format!("{}: {what}", path.display())))
        };
        if header.identity != backup.identity {
            return wrong(format!(
                "it is of the ledger {}, and the file before it of {}",
                header.identity, backup.identity
            ));
        }
        let reached = backup.end.revision;
        if header.first.0 != reached.0 + 1 {
            return wrong(format!(
                "it begins at revision {}, and the files before it end at {reached}; name the files in order, without a gap",
                header.first
            ));
        }
        if header.follows != backup.end.digest {
            return wrong(format!(
                "it follows another history than that of the files before it: {} instead of {}",
                header.follows, backup.end.digest
            ));
        }
        let mark = |state: &LedgerState, digest_at: &mut Option<Digest>| {
            if state.revision == at {
                *digest_at = Some(state.digest);
            }
        };
        mark(&backup.end, &mut backup.digest_at);
        while let Some(revision) = reader.next_revision().map_err(|error| unusable(path, &error))? {
            let digest = reader.whole().digest;
            for event in revision.events.iter() {
                backup.end.take(revision.number, digest, event.fact.event_type());
            }
            mark(&backup.end, &mut backup.digest_at);
            progress(Step::Checked(revision.number));
        }
    }
    found.ok_or_else(|| ServiceError::new(ErrorCode::BackupUnusable, "no file of a backup is named"))
}

/// Restores a backup into a store that is empty, or that holds the beginning of it; then reads the store again and proves
/// that its ledger is that of the backup.
///
/// # Errors
/// `BACKUP_UNUSABLE` and `RESTORE_REFUSED` before anything is written; the store's.
pub fn restore<'a>(
    caller: &'a Caller,
    files: &'a [PathBuf],
    to: &'a dyn Ledger,
    progress: &'a mut (dyn FnMut(Step) + Send),
) -> BoxFuture<'a, ServiceResult<Restored>> {
    Box::pin(async move {
        tracing::info!(actor = %caller.actor, store = to.name(), "restores the ledger");
        let from = to.revision().await?;
        let backup = check(files, from, progress)?;
        let held = ledger_state(caller, to, from, &mut |revision| progress(Step::Compared(revision))).await?;
        check_beginning(&backup, &held)?;
        for path in files {
            project(path, to, &backup, progress).await?;
        }
        let revision = to.revision().await?;
        let state =
            ledger_state(caller, to, revision, &mut |revision| progress(Step::Compared(revision))).await?;
        if (state.revision, state.digest) != (backup.end.revision, backup.end.digest) {
            let message = format!(
                "the store is at revision {} with the digest {}, the backup at {} with {}: something else was recorded \
             meanwhile; restore into an empty store that nobody writes to",
                state.revision, state.digest, backup.end.revision, backup.end.digest
            );
            return Err(ServiceError::new(ErrorCode::RestoreRefused, message));
        }
        Ok(Restored { from, state, identity: backup.identity })
    })
}

/// Whether what the store holds is the beginning of the backup.
fn check_beginning(backup: &Backup, held: &LedgerState) -> ServiceResult<()> {
    let refuse = |why: String| Err(ServiceError::new(ErrorCode::RestoreRefused, why));
    let (first, last, at) = (backup.first, backup.end.revision, held.revision);
    if at.0 + 1 < first.0 {
        return refuse(format!(
            "the backup begins at revision {first}, and the store is at {at}; restore the backups before it first, or name \
             all files of the chain in order"
        ));
    }
    if at > last {
        return refuse(format!(
            "the store is at revision {at}, behind the last one of the backup, {last}; restore into an empty store"
        ));
    }
    if backup.digest_at != Some(held.digest) {
        return refuse(format!(
            "the store is not empty, and up to revision {at} it holds another history than the backup; nothing was \
             written. Restore into an empty store"
        ));
    }
    Ok(())
}

/// Projects the revisions of a file that the store does not have yet.
async fn project(
    path: &Path,
    to: &dyn Ledger,
    backup: &Backup,
    progress: &mut (dyn FnMut(Step) + Send),
) -> ServiceResult<()> {
    let mut reader = open(path)?;
    let mut waiting: Vec<RecordedRevision> = Vec::new();
    let mut events = 0;
    let current = to.revision().await?;
    if reader.header().last <= current {
        return Ok(());
    }
    loop {
        let next = reader.next_revision().map_err(|error| unusable(path, &error))?;
        let done = next.is_none();
        if let Some(revision) = next.filter(|revision| revision.number > current) {
            events += revision.events.len();
            waiting.push(revision);
        }
        if done || events >= PORTION {
            events = 0;
            for portion in groups(std::mem::take(&mut waiting), PORTION) {
                let revision = to.project(portion).await?;
                progress(Step::Restored { revision, of: backup.end.revision });
            }
        }
        if done {
            return Ok(());
        }
    }
}
