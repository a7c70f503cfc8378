//! Imports a file of events in batches: reading and committing overlap, memory stays constant, every rejected row is
//! reported, and a second import of the same file changes nothing.

mod rehearsal;
mod rejects;
mod source;

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use self::rehearsal::Rehearsal;
pub use self::rejects::{RejectsFile, RejectsFormat};
pub use self::source::Format;
use self::source::{Chunk, SourceError};
use super::ingest::{Sender, batch};
use super::refusal::refusals;
use crate::domain::{ErrorCode, Event, Problem};
use crate::format::item::Columns;
use crate::store::{Batch, EventOutcome, Revision, Status, Store, StoreError};

/// Events committed together unless the caller says otherwise.
pub const BATCH_EVENTS_DEFAULT: usize = 5_000;
/// A store that is away for a moment does not end an import: so often it is asked again.
const ATTEMPTS_MAX: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// What to import, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// How the bytes are to be read.
    pub format: Format,
    /// Events committed together; batches are not atomic: the good events of a batch are kept.
    pub batch: usize,
    /// Read and judge everything, write nothing.
    pub dry_run: bool,
    /// Who imports, and from what.
    pub sender: Sender,
}

/// How many events came to what; `read` is the sum of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Events and unreadable rows.
    pub read: u64,
    /// Recorded now (in a dry run: would be).
    pub accepted: u64,
    /// Recorded before, with the same content.
    pub duplicate: u64,
    /// Refused.
    pub rejected: u64,
}

/// One reason why a row was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The line of the file, from 1; 0 for the mapping's own master data.
    pub line: u64,
    /// The column's name (CSV) or the character's number (NDJSON); empty when none is to blame.
    pub column: String,
    /// The public code.
    pub code: ErrorCode,
    /// Where inside the event, like `inputs[0].quantity`.
    pub path: String,
    /// What is wrong and what to do.
    pub reason: String,
}

/// Follows an import.
pub trait Observer: Send {
    /// After every batch: bytes of the source read so far, and what came of its events.
    fn progress(&mut self, bytes: u64, counts: &Counts);
    /// For every problem of every rejected row, in the order of the file.
    ///
    /// # Errors
    /// When it cannot be noted; the import then stops.
    fn rejected(&mut self, row: &Rejected) -> io::Result<()>;
}

/// What an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// What came of the events.
    pub counts: Counts,
    /// The revision at which everything accepted is visible.
    pub revision: Revision,
    /// Bytes read.
    pub bytes: u64,
}

/// Why an import stopped before the end; what was counted before is recorded.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The source failed.
    #[error("the file cannot be read")]
    Read(#[source] io::Error),
    /// The file does not go with the mapping; nothing was recorded.
    #[error("the file does not fit the mapping:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Header(Vec<Problem>),
    /// A rejected row could not be noted.
    #[error("rejected rows cannot be written")]
    Rejects(#[source] io::Error),
    /// The store failed.
    #[error("the store failed after {} events were accepted; run the same import again: it goes on where this one stopped", .counts.accepted)]
    Store {
        /// Its error.
        #[source]
        error: StoreError,
        /// What was recorded before.
        counts: Counts,
    },
    /// The batch size is out of bounds.
    #[error("a batch must have 1 to {max} events")]
    BatchSize {
        /// What the store takes at once.
        max: usize,
    },
}

/// Imports events from a source.
///
/// # Errors
/// When the source, the store or the observer fails. Rejected rows are counted and observed, never errors.
pub async fn import(
    store: Arc<dyn Store>,
    source: Box<dyn Read + Send>,
    options: Options,
    observer: &mut dyn Observer,
) -> Result<Summary, ImportError> {
    let max = store.limits().batch_max;
    if options.batch == 0 || options.batch > max {
        return Err(ImportError::BatchSize { max });
    }
    let mut run = Run {
        rehearsal: options.dry_run.then(Rehearsal::default),
        store,
        sender: options.sender,
        counts: Counts::default(),
        revision: None,
        bytes: 0,
    };
    // One chunk waits at most while one is read and one committed: memory is bounded.
    let (sender, mut chunks) = tokio::sync::mpsc::channel(1);
    // A thread and not a task: one that waits for standard input must not keep the process from ending.
    let reader = std::thread::Builder::new()
        .name("import-reader".to_owned())
        .spawn(move || source::read(source, &options.format, options.batch, &sender))
        .map_err(ImportError::Read)?;
    let mut done = Ok(());
    while let Some(chunk) = chunks.recv().await {
        done = match chunk {
            Ok(chunk) => run.take(chunk, observer).await,
            Err(SourceError::Read(error)) => Err(ImportError::Read(error)),
            Err(SourceError::Header(problems)) => Err(ImportError::Header(problems)),
        };
        if done.is_err() {
            break;
        }
    }
    done?;
    // It closed the channel, so it is at its end; a panic there must not look like the end of the file.
    if reader.join().is_err() {
        return Err(ImportError::Read(io::Error::other("the reader failed")));
    }
    let revision = match run.revision {
        Some(revision) => revision,
        None => run.store.revision().await.map_err(|error| run.failed(error))?,
    };
    Ok(Summary { counts: run.counts, revision, bytes: run.bytes })
}

struct Run {
    store: Arc<dyn Store>,
    sender: Sender,
    rehearsal: Option<Rehearsal>,
    counts: Counts,
    revision: Option<Revision>,
    bytes: u64,
}

/// An item of a chunk while its event is in the batch.
struct Waiting {
    line: u64,
    columns: Columns,
    /// Set when the item could not be read: it has no event in the batch.
    problems: Option<Vec<Problem>>,
}

impl Run {
    async fn take(&mut self, chunk: Chunk, observer: &mut dyn Observer) -> Result<(), ImportError> {
        let mut events = Vec::with_capacity(chunk.items.len());
        let mut waiting = Vec::with_capacity(chunk.items.len());
        for item in chunk.items {
            let problems = match item.event {
                Ok(event) => {
                    events.push(event);
                    None
                }
                Err(problems) => Some(problems),
            };
            waiting.push(Waiting { line: item.line, columns: item.columns, problems });
        }
        let mut outcomes = self.commit(events).await?.into_iter();
        for item in waiting {
            self.settle(item, &mut outcomes, observer)?;
        }
        self.bytes = chunk.bytes;
        observer.progress(self.bytes, &self.counts);
        Ok(())
    }

    fn settle(
        &mut self,
        item: Waiting,
        outcomes: &mut impl Iterator<Item = EventOutcome>,
        observer: &mut dyn Observer,
    ) -> Result<(), ImportError> {
        self.counts.read += 1;
        let problems = match item.problems {
            Some(problems) => problems,
            None => match outcomes.next().map(|outcome| outcome.status) {
                Some(Status::Accepted) => {
                    self.counts.accepted += 1;
                    return Ok(());
                }
                Some(Status::Duplicate) => {
                    self.counts.duplicate += 1;
                    return Ok(());
                }
                Some(Status::Rejected(problem)) => vec![problem],
                Some(Status::Withheld) | None => {
                    vec![Problem::new(ErrorCode::Internal, "", "the store did not judge the event")]
                }
            },
        };
        self.counts.rejected += 1;
        for (index, problem) in problems.into_iter().enumerate() {
            let column = item.columns.of(index, &problem);
            let Problem { code, message, path, blocked: _ } = problem;
            let row = Rejected { line: item.line, column, code, path, reason: message };
            observer.rejected(&row).map_err(ImportError::Rejects)?;
        }
        Ok(())
    }

    async fn commit(&mut self, events: Vec<Event>) -> Result<Vec<EventOutcome>, ImportError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let sent = batch(events, false, &self.sender);
        let store = Arc::clone(&self.store);
        if let Some(rehearsal) = &mut self.rehearsal {
            return rehearsal.judge(store.as_ref(), sent).await.map_err(|error| self.failed(error));
        }
        let outcomes = self.record(&sent).await?;
        let refused = refusals(&sent.events, &outcomes);
        if !refused.is_empty() {
            // A refusal that cannot be recorded ends the import: run again, it is refused and recorded once more.
            let refused = batch(refused, false, &self.sender);
            self.record(&refused).await?;
        }
        Ok(outcomes)
    }

    /// Commits a batch, in several attempts if need be.
    async fn record(&mut self, batch: &Batch) -> Result<Vec<EventOutcome>, ImportError> {
        let store = Arc::clone(&self.store);
        let mut attempt = 1;
        let mut pause = FIRST_PAUSE;
        loop {
            // The same batch with the same commit id: what a lost attempt wrote counts as accepted, not as duplicate.
            match store.commit(batch).await {
                Ok(receipt) => {
                    self.revision = Some(receipt.revision);
                    return Ok(receipt.outcomes);
                }
                Err(error) if error.retryable() && attempt < ATTEMPTS_MAX => {
                    tracing::warn!(%error, attempt, "the store did not take a batch; trying again");
                    tokio::time::sleep(pause).await;
                    attempt += 1;
                    pause *= 2;
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    fn failed(&self, error: StoreError) -> ImportError {
        ImportError::Store { error, counts: self.counts }
    }
}
