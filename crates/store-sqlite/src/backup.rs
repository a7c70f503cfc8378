//! Copies of a file: a backup beside a running server, and a store restored from such a copy.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::SqliteStore;
use super::connection;
use super::error::{Fallible, Fault};
use super::file::{self, Format};
use super::statements::{GET_IDENTITY, GET_REVISION, RENAME_LEDGER};
use lotgraph_store::{Result, Revision, StoreErrorKind, durable};

/// Pages of 4 KiB copied at once, and the pause behind them: the disk is left to the server in between.
const PAGES_AT_ONCE: i32 = 2_000;
const PAUSE: Duration = Duration::from_millis(5);

/// How far a copy is: pages copied, pages in all.
pub type CopyProgress<'a> = &'a mut (dyn FnMut(u64, u64) + Send);

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its revision.
    pub revision: Revision,
    /// The identity of the ledger that was copied.
    pub identity: String,
}

impl SqliteStore {
    /// Copies a file to a new one, also while a server writes to it: all commits up to one moment, none of those behind it.
    /// The copy gets its name when it is whole and on the disk. Writers are not held up; their log is folded into the
    /// file only when the copy is done.
    ///
    /// # Errors
    /// `Invalid` when there is a file of that name, or the source is none of ours; `Unavailable` when the disk is full.
    pub fn back_up(from: &Path, to: &Path, progress: CopyProgress<'_>) -> Result<Copied> {
        let copied = copy_whole(from, to, |_| Ok(()), progress);
        copied.map_err(|fault| fault.during("backup"))
    }

    /// Makes a store of a copy. It is a ledger of its own from now on, with an identity of its own: it may go another way
    /// than the one that was copied, and caches must not take the one for the other.
    ///
    /// # Errors
    /// As [`SqliteStore::back_up`].
    pub fn restore(from: &Path, to: &Path, progress: CopyProgress<'_>) -> Result<Copied> {
        let rename = |connection: &Connection| {
            connection.execute(RENAME_LEDGER, [uuid::Uuid::new_v4().to_string()])?;
            Ok(())
        };
        copy_whole(from, to, rename, progress).map_err(|fault| fault.during("restore"))
    }
}

fn copy_whole(
    from: &Path,
    to: &Path,
    finish: impl FnOnce(&Connection) -> Fallible<()>,
    progress: CopyProgress<'_>,
) -> Fallible<Copied> {
    let (from, to) = (file::real_path(from)?, file::real_path(to)?);
    if to.exists() {
        return Err(taken(&to));
    }
    if !from.exists() {
        let why = format!("there is no file {}", from.display());
        return Err(Fault::Explained(StoreErrorKind::Unavailable, why));
    }
    file::check_log_has_its_file(&from)?;
    let unfinished = file::beside(&to, ".partial");
    // Two that copy to one name take turns: the second is refused.
    let _lock = file::lock(&unfinished)?;
    let made = copy_pages(&from, &unfinished, finish, progress);
    let copied = made.and_then(|copied| {
        let written = File::open(&unfinished).and_then(|file| file.sync_all());
        written.map_err(|error| unwritable(&unfinished, &error))?;
        match durable::publish(&unfinished, &to) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(taken(&to)),
            Err(error) => Err(unwritable(&to, &error)),
            Ok(()) => Ok(copied),
        }
    });
    for left in
        [unfinished.clone(), file::beside(&unfinished, ".lock"), file::beside(&unfinished, "-journal")]
    {
        // What stays behind after a failure is written anew by the next attempt.
        let _ = std::fs::remove_file(left);
    }
    copied
}

fn taken(to: &Path) -> Fault {
    let why =
        format!("{} is there already; nothing is ever written over it: choose another name", to.display());
    Fault::Refused(StoreErrorKind::Invalid(why))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Fault {
    let why = format!("{} cannot be written: {error}", path.display());
    Fault::Explained(StoreErrorKind::Unavailable, why)
}

fn copy_pages(
    from: &Path,
    to: &PathBuf,
    finish: impl FnOnce(&Connection) -> Fallible<()>,
    progress: CopyProgress<'_>,
) -> Fallible<Copied> {
    if to.exists() {
        std::fs::remove_file(to).map_err(|error| unwritable(to, &error))?;
    }
    let source = connection::open_reader(from)?;
    // One state for the whole copy: without it every commit of a server would make the copy begin again.
    let transaction = source.unchecked_transaction()?;
    if file::check_format(&transaction)? == Format::New {
        let why = format!("{} is empty; there is nothing to copy", from.display());
        return Err(Fault::Refused(StoreErrorKind::Invalid(why)));
    }
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(to, flags)?;
    // Nobody opens it before it is whole, so it needs neither journal nor order; it is synced once at the end.
    target.pragma_update(None, "journal_mode", "OFF")?;
    target.pragma_update(None, "synchronous", "OFF")?;
    {
        let backup = Backup::new(&transaction, &mut target)?;
        loop {
            let step = backup.step(PAGES_AT_ONCE)?;
            let state = backup.progress();
            let count = |pages: i32| u64::try_from(pages).unwrap_or_default();
            progress(count(state.pagecount) - count(state.remaining), count(state.pagecount));
            match step {
                StepResult::Done => break,
                _ => std::thread::sleep(PAUSE),
            }
        }
    }
    drop(transaction);
    let identity = target.query_row(GET_IDENTITY, [], |row| row.get(0))?;
    let revision: i64 = match target.query_row(GET_REVISION, [], |row| row.get(0)) {
        Err(rusqlite::Error::QueryReturnedNoRows) => 0,
        other => other?,
    };
    finish(&target)?;
    target.close().map_err(|(_, error)| error)?;
    Ok(Copied { revision: Revision(revision.cast_unsigned()), identity })
}
