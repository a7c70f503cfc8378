//! Opens connections, sets what durability depends on, and refuses when SQLite did not take it.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags};

use super::error::{Fallible, Fault};
use crate::store::StoreErrorKind;

/// How long to wait for somebody else's lock on the file: an auditor's tool, a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements kept compiled, more than there are.
const STATEMENTS_KEPT: usize = 128;
/// Pages kept in memory by the writer, in KiB.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// Pages kept in memory by each reader, in KiB.
const READER_CACHE_KIB: i64 = 16 * 1024;
/// Pages of 4 KiB after which the write-ahead log is copied into the file. Later than by default (1,000): a page that many
/// commits change, as those of the indexes, is copied once.
const LOG_PAGES_MAX: i64 = 8_000;
/// The write-ahead log is cut back to this when it starts again.
const LOG_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// What an acknowledged commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// A power cut: the log is synced at every commit.
    Synced,
    /// Nothing: a store that goes with its process.
    None,
}

/// Opens the connection that writes; creates the file.
pub(super) fn open_writer(path: &Path, durability: Durability) -> Fallible<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection, WRITER_CACHE_KIB)?;
    set(&connection, "journal_mode", "WAL")?;
    // NORMAL would not promise that what was acknowledged survives a power cut.
    let synchronous = match durability {
        Durability::Synced => 2,
        Durability::None => 0,
    };
    set(&connection, "synchronous", synchronous)?;
    // The planner names only rows that are there, and the tests check the whole file (`foreign_key_check`). Looking
    // both ends of every link up once more took a sixth of a bulk import.
    set(&connection, "foreign_keys", "OFF")?;
    set(&connection, "wal_autocheckpoint", LOG_PAGES_MAX)?;
    set(&connection, "journal_size_limit", LOG_BYTES_KEPT)?;
    must_be(&connection, "journal_mode", "wal".to_owned())?;
    must_be(&connection, "synchronous", synchronous)?;
    must_be(&connection, "foreign_keys", 0)?;
    Ok(connection)
}

/// Opens a connection that can only read.
pub(super) fn open_reader(path: &Path) -> Fallible<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection, READER_CACHE_KIB)?;
    set(&connection, "query_only", "ON")?;
    must_be(&connection, "query_only", 1)?;
    Ok(connection)
}

fn prepare(connection: &Connection, cache_kib: i64) -> Fallible<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Negative: in KiB instead of pages.
    set(connection, "cache_size", -cache_kib)?;
    set(connection, "temp_store", "MEMORY")?;
    let millis = i64::try_from(BUSY_TIMEOUT.as_millis()).unwrap_or(i64::MAX);
    must_be(connection, "busy_timeout", millis)
}

fn set(connection: &Connection, name: &str, value: impl rusqlite::ToSql) -> Fallible<()> {
    Ok(connection.pragma_update(None, name, value)?)
}

/// A setting that SQLite silently did not take (WAL on a network file system, say) is refused, not lived with.
fn must_be<T: FromSql + PartialEq + std::fmt::Debug>(
    connection: &Connection,
    name: &str,
    wanted: T,
) -> Fallible<()> {
    let got: T = connection.pragma_query_value(None, name, |row| row.get(0))?;
    if got == wanted {
        return Ok(());
    }
    let why = format!(
        "SQLite keeps {name} at {got:?} instead of {wanted:?}; put the file on a local disk that supports it"
    );
    Err(Fault::Explained(StoreErrorKind::Invalid(why.clone()), why))
}
