//! Writes the ledger with its recordings (docs/EVENTS.md): an export that restores the same history, whole or from a
//! revision on, to a stream or to a file that a killed run goes on with.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::export::ExportError;
use crate::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::{Caller, ErrorCode, EventType};
use lotgraph_format::recorded::{self, Digest, Header, RecordedError, RecordedReader, Trailer};
use lotgraph_store::{LedgerPosition, Reader, Revision, durable};

/// Ledger entries read at once.
const PAGE: u32 = 1_000;

/// A ledger up to a revision, as one value: equal for equal histories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerState {
    /// The revision.
    pub revision: Revision,
    /// The digest of everything up to there.
    pub digest: Digest,
    /// How many events there are of each type that occurs, in the order of the types.
    pub events: Vec<(EventType, u64)>,
}

impl LedgerState {
    /// The state before anything was recorded.
    #[must_use]
    pub fn empty() -> Self {
        Self { revision: Revision(0), digest: Digest::start(), events: Vec::new() }
    }

    /// Takes the next event.
    pub(crate) fn take(&mut self, revision: Revision, digest: Digest, kind: EventType) {
        self.revision = revision;
        self.digest = digest;
        match self.events.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => {
                self.events.push((kind, 1));
                self.events
                    .sort_unstable_by_key(|(kind, _)| EventType::ALL.iter().position(|one| one == kind));
            }
        }
    }
}

/// Reads the ledger up to a revision and sums it up.
///
/// # Errors
/// When the store fails, or has not reached the revision.
pub fn ledger_state<'a>(
    caller: &'a Caller,
    store: &'a dyn Reader,
    until: Revision,
    progress: &'a mut (dyn FnMut(Revision) + Send),
) -> BoxFuture<'a, ServiceResult<LedgerState>> {
    Box::pin(async move {
        tracing::debug!(actor = %caller.actor, store = store.name(), %until, "reads the ledger");
        let current = store.revision().await?;
        if until > current {
            let message = format!("there is no revision {until} yet; the current one is {current}");
            return Err(ServiceError::new(ErrorCode::RevisionUnknown, message));
        }
        let mut state = LedgerState::empty();
        let mut after = LedgerPosition::default();
        if until == Revision(0) {
            return Ok(state);
        }
        loop {
            let page = store.changes(after, PAGE).await?;
            for entry in &page.entries {
                if entry.position.revision > until {
                    return Ok(state);
                }
                let line = recorded::line(entry.position, &entry.recording, &entry.event);
                let digest = state.digest.followed_by(&line);
                state.take(entry.position.revision, digest, entry.event.fact.event_type());
                after = entry.position;
            }
            progress(state.revision);
            if !page.more {
                return Ok(state);
            }
        }
    })
}

/// Writes the ledger behind a revision with its recordings, up to the revision that is current at the start.
///
/// # Errors
/// When the store or the output fails, or the store has not reached the revision.
pub fn export_recorded<'a>(
    caller: &'a Caller,
    store: &'a dyn Reader,
    since: Revision,
    output: &'a mut (dyn Write + Send),
    progress: &'a mut (dyn FnMut(Revision) + Send),
) -> BoxFuture<'a, Result<Trailer, ExportError>> {
    Box::pin(async move {
        tracing::info!(actor = %caller.actor, store = store.name(), "exports the ledger with its recordings");
        let header = header(caller, store, since, progress).await?;
        writeln!(output, "{}", header.line())?;
        let begin = Begin { after: since, digest: header.follows, events: 0 };
        write(store, &header, begin, output, progress).await
    })
}

async fn header(
    caller: &Caller,
    store: &dyn Reader,
    since: Revision,
    progress: &mut (dyn FnMut(Revision) + Send),
) -> Result<Header, ExportError> {
    let last = store.revision().await?;
    let before = ledger_state(caller, store, since, progress).await?;
    Ok(Header::new(store.identity().await?, Revision(since.0 + 1), last, before.digest))
}

/// From where the lines of a file go on.
struct Begin {
    after: Revision,
    digest: Digest,
    events: u64,
}

/// Writes the lines of events behind a revision, and the line that ends the file.
async fn write(
    store: &dyn Reader,
    header: &Header,
    begin: Begin,
    output: &mut (dyn Write + Send),
    progress: &mut (dyn FnMut(Revision) + Send),
) -> Result<Trailer, ExportError> {
    let Begin { after, mut digest, mut events } = begin;
    let mut after = LedgerPosition::end_of(after);
    'pages: loop {
        let page = store.changes(after, PAGE).await?;
        for entry in &page.entries {
            // Whoever records meanwhile is left to the next backup.
            if entry.position.revision > header.last {
                break 'pages;
            }
            let line = recorded::line(entry.position, &entry.recording, &entry.event);
            writeln!(output, "{line}")?;
            digest = digest.followed_by(&line);
            events += 1;
            after = entry.position;
        }
        progress(after.revision);
        if !page.more {
            break;
        }
    }
    let trailer = Trailer { events, last: header.last, digest };
    writeln!(output, "{}", trailer.line())?;
    output.flush()?;
    Ok(trailer)
}

/// The file that a backup is written to until it is whole.
#[must_use]
pub fn partial(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// What a backup came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// Its first line.
    pub header: Header,
    /// Its last line.
    pub trailer: Trailer,
    /// The revision up to which an earlier run had written it; absent when there was none.
    pub resumed: Option<Revision>,
}

/// Writes a backup to a file that is not there yet. What a killed run left is gone on with; the name is given when all is
/// on the disk.
///
/// # Errors
/// When the file is there, an earlier run wrote something else, or the store or the disk fails.
pub fn back_up<'a>(
    caller: &'a Caller,
    store: &'a dyn Reader,
    to: &'a Path,
    since: Revision,
    progress: &'a mut (dyn FnMut(Revision) + Send),
) -> BoxFuture<'a, Result<BackedUp, ExportError>> {
    Box::pin(async move {
        tracing::info!(actor = %caller.actor, store = store.name(), "backs the ledger up");
        if to.exists() {
            return Err(refused(format!(
                "{} is there already; a backup never replaces another",
                to.display()
            )));
        }
        let unfinished = partial(to);
        let (mut file, header, begin, resumed) = match resume(store, &unfinished, since).await? {
            Some((file, header, begin)) => {
                let reached = begin.after;
                (file, header, begin, Some(reached))
            }
            None => {
                let header = header(caller, store, since, progress).await?;
                let mut file = File::create(&unfinished)?;
                writeln!(file, "{}", header.line())?;
                let begin = Begin { after: since, digest: header.follows, events: 0 };
                (file, header, begin, None)
            }
        };
        let mut output = BufWriter::new(&mut file);
        let trailer = write(store, &header, begin, &mut output, progress).await?;
        drop(output);
        file.sync_all()?;
        drop(file);
        durable::publish(&unfinished, to)?;
        Ok(BackedUp { header, trailer, resumed })
    })
}

fn refused(message: String) -> ExportError {
    ExportError::Service(ServiceError::new(ErrorCode::ArgumentInvalid, message))
}

/// What an earlier run left: its file cut back to the last whole revision. Nothing when it did not get to its first event.
async fn resume(
    store: &dyn Reader,
    unfinished: &Path,
    since: Revision,
) -> Result<Option<(File, Header, Begin)>, ExportError> {
    if !unfinished.exists() {
        return Ok(None);
    }
    let mut reader = match RecordedReader::open(BufReader::new(File::open(unfinished)?)) {
        Ok(reader) => reader,
        // Killed within its first line.
        Err(_) if std::fs::metadata(unfinished)?.len() < FIRST_LINE_MAX => return Ok(None),
        Err(error) => return Err(of_another(unfinished, &error.to_string())),
    };
    loop {
        match reader.next_revision() {
            Ok(Some(_)) => {}
            Ok(None) | Err(RecordedError::Truncated { .. }) => break,
            Err(error) => return Err(of_another(unfinished, &error.to_string())),
        }
    }
    let (header, whole) = (reader.header().clone(), reader.whole());
    if header.identity != store.identity().await? {
        return Err(of_another(unfinished, "it is of another ledger"));
    }
    if header.first.0 != since.0 + 1 || header.last > store.revision().await? {
        let what = format!("it begins at revision {} and ends at {}", header.first, header.last);
        return Err(of_another(unfinished, &what));
    }
    let file = File::options().append(true).open(unfinished)?;
    file.set_len(whole.bytes)?;
    let begin = Begin { after: whole.revision, digest: whole.digest, events: whole.events };
    Ok(Some((file, header, begin)))
}

/// No first line is longer.
const FIRST_LINE_MAX: u64 = 1_000;

fn of_another(unfinished: &Path, why: &str) -> ExportError {
    refused(format!(
        "{} was left by a backup that this one does not go on with: {why}; remove it, or choose another name",
        unfinished.display()
    ))
}
