//! The file: its lock, its format version, and its tables.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Fallible, Fault};
use super::statements::{GET_PROJECTION, MARK_PROJECTION, NAME_LEDGER, SCHEMA};
use lotgraph_store::StoreErrorKind;
use lotgraph_store::upgrade::{FORMAT, PROJECTION, PROJECTION_OF_FORMAT_3, Versions};

/// Marks the file as lotgraph's, in `PRAGMA application_id`: "lotg".
const APPLICATION: i64 = 0x6c6f_7467;

/// Holds the right to write; the operating system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct WriterLock {
    file: File,
}

impl Drop for WriterLock {
    /// Gives the lock back. Closing the file would not always do so: a program that another thread starts at this moment
    /// has the descriptor too, until it replaces itself with that program, and a lock that was not given back ends with
    /// the last descriptor.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the lock of the store could not be given back before its file was closed");
        }
    }
}

/// The file of that name with more behind it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
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
        // Whoever serves the file puts a secret in it.
        .mode(0o600)
        .open(&lock_path)
        .map_err(failed)?;
    let mut lock = match file.try_lock() {
        Ok(()) => WriterLock { file },
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only helps to find the other process; the lock itself is what counts.
            let _ = file.read_to_string(&mut holder);
            let holder = holder.lines().next().unwrap_or_default().trim();
            let who = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
            return Err(unusable(format!(
                "{} is open in another lotgraph{who}; stop that one, or use another file",
                path.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    };
    let note = |file: &mut File| -> std::io::Result<()> {
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())
    };
    note(&mut lock.file).map_err(failed)?;
    Ok(lock)
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
    match check_format(&transaction)? {
        Format::Ours(versions) if versions.is_current() => {}
        // Opening upgraded it: something else put another file there meanwhile.
        Format::Ours(versions) => return Err(too_old(versions)),
        Format::New => {
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
        }
    }
    for statement in SCHEMA {
        transaction.execute_batch(statement)?;
    }
    transaction.execute(NAME_LEDGER, [uuid::Uuid::new_v4().to_string()])?;
    transaction.execute(MARK_PROJECTION, [PROJECTION])?;
    Ok(transaction.commit()?)
}

/// What a file is before it is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Empty.
    New,
    /// Ours, of these versions, which this program has or can upgrade.
    Ours(Versions),
}

/// Tells an empty file from one of ours, and refuses everything else: files of other programs, and of a newer lotgraph.
pub(super) fn check_format(connection: &Connection) -> Fallible<Format> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let refuse = |why: String| Err(Fault::Refused(StoreErrorKind::Invalid(why)));
    if (application, version) == (0, 0) && tables == 0 {
        return Ok(Format::New);
    }
    let format = match u32::try_from(version) {
        Ok(format) if application == APPLICATION => format,
        _ => {
            return refuse("the file is an SQLite database of another program; name another file".to_owned());
        }
    };
    // Only formats that are known say where the version of the graph stands.
    let projection = match format {
        FORMAT => connection.query_row(GET_PROJECTION, [], |row| row.get(0))?,
        _ => PROJECTION_OF_FORMAT_3,
    };
    let versions = Versions { format, projection };
    match versions.refusal() {
        Some(why) => refuse(why),
        None => Ok(Format::Ours(versions)),
    }
}

/// The refusal of a file that must be upgraded first.
pub(super) fn too_old(versions: Versions) -> Fault {
    Fault::Refused(StoreErrorKind::Invalid(versions.too_old()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_given_back_although_a_child_has_its_descriptor_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lots.db");
        let held = lock(&path).expect("the lock is free");
        // What a child has between fork and exec: another descriptor of the same open file, and so of the same lock.
        let inherited = held.file.try_clone().expect("a second descriptor");
        drop(held);
        let again = lock(&path).expect("whoever had the lock gave it back");
        drop(inherited);
        assert!(lock(&path).is_err(), "the end of the inherited descriptor does not end the lock of another");
        drop(again);
    }
}
