//! Imports a file of events in batches: reading and committing overlap, memory stays constant, every rejected row is
//! reported, and a second import of the same file changes nothing.

mod rehearsal;
mod rejects;
mod source;

use std::fmt;
use std::io::{self, Read};

use self::rehearsal::Rehearsal;
pub use self::rejects::{RejectsFile, RejectsFormat};
pub use self::source::Format;
use self::source::{Chunk, SourceError};
use super::recorder::{Recorded, Recorder};
use futures::future::BoxFuture;
use lotgraph_domain::{Caller, ErrorCode, Event, Problem};
use lotgraph_format::item::Columns;
use lotgraph_planner::Rules;
use lotgraph_store::scratch::ScratchStores;
use lotgraph_store::{EventOutcome, Revision, Status, StoreError};

/// Events committed together unless the caller says otherwise.
pub const BATCH_EVENTS_DEFAULT: usize = 5_000;

/// What to import, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// How the bytes are to be read.
    pub format: Format,
    /// Events committed together; batches are not atomic: the good events of a batch are kept.
    pub batch: usize,
    /// Read and judge everything, write nothing: only into a store for a while, of these.
    pub dry_run: Option<DryRun>,
    /// Who imports, and from what.
    pub caller: Caller,
}

/// What a dry run needs.
#[derive(Clone)]
pub struct DryRun {
    /// Makes the store that keeps for a while what the batches before would have changed.
    pub scratch: ScratchStores,
    /// The rules of the store: a dry run says what an import would say.
    pub rules: Rules,
}

impl fmt::Debug for DryRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DryRun")
    }
}

/// How many events came to what; `read` is the sum of accepted, duplicate and rejected.
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
    /// Rows that fit no event of the mapping; they are not among those read.
    pub unmatched: u64,
    /// Rows that say what an earlier one says; each counts as one duplicate.
    pub repeated: u64,
    /// Events among those accepted that are to be looked at.
    pub warned: u64,
}

/// One reason why a row was rejected, or a remark about one that was not.
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
    /// For every row that is left out and is no mistake for certain (it fits no event, or repeats an earlier row), and for
    /// every warning about a row that was accepted.
    ///
    /// # Errors
    /// As [`Observer::rejected`].
    fn remarked(&mut self, row: &Rejected) -> io::Result<()>;
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
    /// The file is no text.
    #[error("{}: {}", .0.code, .0.message)]
    NotText(Problem),
    /// The file has rows, and none makes an event; nothing was recorded.
    #[error(
        "CSV_ROW_UNMATCHED: none of the {rows} rows makes an event, so nothing was recorded; is it the right file for this mapping? Every row needs an event of the mapping whose condition (when) it fits"
    )]
    NoEvents {
        /// How many rows.
        rows: u64,
    },
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
        counts: Box<Counts>,
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
pub fn import<'a>(
    recorder: &'a Recorder,
    source: Box<dyn Read + Send>,
    options: Options,
    observer: &'a mut dyn Observer,
) -> BoxFuture<'a, Result<Summary, ImportError>> {
    Box::pin(async move {
        let max = recorder.store().limits().batch_max;
        if options.batch == 0 || options.batch > max {
            return Err(ImportError::BatchSize { max });
        }
        let rehearsal = match &options.dry_run {
            None => None,
            Some(DryRun { scratch, rules }) => {
                let begun = Rehearsal::begin(recorder.store(), scratch, rules.clone()).await;
                let counts = Counts::default();
                Some(begun.map_err(|error| ImportError::Store { error, counts: Box::new(counts) })?)
            }
        };
        let mut run = Run {
            rehearsal,
            recorder: recorder.clone(),
            caller: options.caller,
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
                Err(SourceError::NotText(problem)) => Err(ImportError::NotText(problem)),
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
        if run.counts.read == 0 && run.counts.unmatched > 0 {
            return Err(ImportError::NoEvents { rows: run.counts.unmatched });
        }
        let revision = match run.revision {
            Some(revision) => revision,
            None => run.recorder.store().revision().await.map_err(|error| run.failed(error))?,
        };
        Ok(Summary { counts: run.counts, revision, bytes: run.bytes })
    })
}

struct Run {
    recorder: Recorder,
    caller: Caller,
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

/// What the reader remarks on a row that it left out; `None` for mistakes.
fn remark(problems: &[Problem]) -> Option<&Problem> {
    let is_remark =
        |problem: &&Problem| matches!(problem.code, ErrorCode::CsvRowUnmatched | ErrorCode::CsvRowRepeated);
    problems.first().filter(is_remark)
}

/// The problem of an item with this number, and where it stands.
fn row(item: &Waiting, index: usize, problem: Problem) -> Rejected {
    let column = item.columns.of(index, &problem);
    let Problem { code, message, path, blocked: _ } = problem;
    Rejected { line: item.line, column, code, path, reason: message }
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
        let mut outcomes = self.hand_over(events).await?.into_iter();
        for item in waiting {
            self.settle(item, &mut outcomes, observer)?;
        }
        self.bytes = chunk.bytes;
        observer.progress(self.bytes, &self.counts);
        Ok(())
    }

    fn settle(
        &mut self,
        mut item: Waiting,
        outcomes: &mut impl Iterator<Item = EventOutcome>,
        observer: &mut dyn Observer,
    ) -> Result<(), ImportError> {
        if let Some(problem) = item.problems.as_deref().and_then(remark) {
            match problem.code {
                ErrorCode::CsvRowUnmatched => self.counts.unmatched += 1,
                _ => {
                    self.counts.read += 1;
                    self.counts.duplicate += 1;
                    self.counts.repeated += 1;
                }
            }
            return observer.remarked(&row(&item, 0, problem.clone())).map_err(ImportError::Rejects);
        }
        self.counts.read += 1;
        let problems = match item.problems.take() {
            Some(problems) => problems,
            None => match outcomes.next().map(|outcome| (outcome.status, outcome.warnings)) {
                Some((Status::Accepted, warnings)) => {
                    self.counts.accepted += 1;
                    self.counts.warned += u64::from(!warnings.is_empty());
                    let mut warnings = (0..).zip(warnings);
                    return warnings.try_for_each(|(index, warning)| {
                        observer.remarked(&row(&item, index, warning)).map_err(ImportError::Rejects)
                    });
                }
                Some((Status::Duplicate, _)) => {
                    self.counts.duplicate += 1;
                    return Ok(());
                }
                Some((Status::Rejected(problem), _)) => vec![problem],
                Some((Status::Withheld, _)) | None => {
                    vec![Problem::new(ErrorCode::Internal, "", "the store did not judge the event")]
                }
            },
        };
        self.counts.rejected += 1;
        for (index, problem) in problems.into_iter().enumerate() {
            observer.rejected(&row(&item, index, problem)).map_err(ImportError::Rejects)?;
        }
        Ok(())
    }

    async fn hand_over(&mut self, events: Vec<Event>) -> Result<Vec<EventOutcome>, ImportError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(rehearsal) = &mut self.rehearsal {
            let judged = rehearsal.import(self.recorder.store(), events, &self.caller).await;
            return judged.map_err(|error| self.failed(error));
        }
        // Refusals that cannot be recorded end the import: run again, they are refused and recorded once more.
        let done = self.recorder.import(events, &self.caller).await;
        let Recorded { revision, outcomes } = done.map_err(|error| self.failed(error))?;
        self.revision = Some(revision);
        Ok(outcomes)
    }

    fn failed(&self, error: StoreError) -> ImportError {
        ImportError::Store { error, counts: Box::new(self.counts) }
    }
}
