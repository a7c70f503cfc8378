//! The file: its lock, its format version, and its tables.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Fallible, Fault};
use super::statements::{NAME_LEDGER, SCHEMA};
use crate::store::StoreErrorKind;

/// The format that this program reads and writes, kept in `PRAGMA user_version`.
const FORMAT: i64 = 3;
/// Marks the file as lotgraph's, in `PRAGMA application_id`: "lotg".
const APPLICATION: i64 = 0x6c6f_7467;

/// Holds the right to write; the operating system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct WriterLock {
    _file: File,
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// One name for one file, whichever way it was spelled, so that one lock stands for it.
pub(super) fn real_path(path: &Path) -> Fallible<PathBuf> {
    if let Ok(real) = path.canonicalize() {
        return Ok(real);
    }
    let unusable = |why: String| Fault::Explained(StoreErrorKind::Unavailable, why);
    let Some(name) = path.file_name() else {
        return Err(unusable(format!("{} does not name a file", path.display())));
    };
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder
        .canonicalize()
        .map_err(|error| unusable(format!("the folder {} cannot be used: {error}", folder.display())))?;
    Ok(folder.join(name))
}

/// Takes the writer's lock.
pub(super) fn lock(path: &Path) -> Fallible<WriterLock> {
    let lock_path = beside(path, ".lock");
    let unusable = |why: String| Fault::Explained(StoreErrorKind::Unavailable, why);
    let failed = |error: std::io::Error| {
        unusable(format!("the lock file {} cannot be used: {error}", lock_path.display()))
    };
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&lock_path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only helps to find the other process; the lock itself is what counts.
            let _ = file.read_to_string(&mut holder);
            let holder = holder.trim();
            let who = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
            return Err(unusable(format!(
                "{} is open in another lotgraph{who}; stop that one, or use another file",
                path.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let note = |file: &mut File| -> std::io::Result<()> {
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())
    };
    note(&mut file).map_err(failed)?;
    Ok(WriterLock { _file: file })
}

/// Refuses a database whose log is there and whose file is not: SQLite would throw the log away, and with it what was
/// acknowledged.
pub(super) fn check_log_has_its_file(path: &Path) -> Fallible<()> {
    let bytes = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.len()).unwrap_or(0);
    let log = beside(path, "-wal");
    if bytes(&log) > 0 && bytes(path) == 0 {
        return Err(Fault::damaged(format!(
            "{} is missing or empty, but its log {} is there; put the file back beside it, or move the log away to start anew",
            path.display(),
            log.display()
        )));
    }
    Ok(())
}

/// Creates the tables in a new file, and refuses one that another program or a newer lotgraph wrote.
///
/// One transaction, and nothing in it happens twice: two at once are safe.
pub(super) fn prepare(connection: &mut Connection) -> Fallible<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if check_format(&transaction)? == Format::New {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
    }
    for statement in SCHEMA {
        transaction.execute_batch(statement)?;
    }
    transaction.execute(NAME_LEDGER, [uuid::Uuid::new_v4().to_string()])?;
    Ok(transaction.commit()?)
}

/// What a file is before it is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Empty.
    New,
    /// In the format of this program.
    Ours,
}

/// Tells an empty file from one of ours, and refuses everything else.
pub(super) fn check_format(connection: &Connection) -> Fallible<Format> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let refuse = |why: String| Err(Fault::Refused(StoreErrorKind::Invalid(why)));
    match (application, version) {
        (APPLICATION, FORMAT) => Ok(Format::Ours),
        (0, 0) if tables == 0 => Ok(Format::New),
        (APPLICATION, newer) if newer > FORMAT => refuse(format!(
            "the file has format {newer}, written by a newer lotgraph; this one knows format {FORMAT}: use the newer program"
        )),
        (APPLICATION, other) => refuse(format!(
            "the file has format {other}, which this lotgraph does not know (it knows {FORMAT}); restore it from a backup or replay an export"
        )),
        _ => refuse("the file is an SQLite database of another program; name another file".to_owned()),
    }
}
