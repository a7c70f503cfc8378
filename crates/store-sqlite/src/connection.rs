//! Opens connections and makes the settings that durability depends on. When SQLite did not take one, the
//! file is not opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags};

use super::error::{Fallible, Fault};
use lotgraph_store::StoreErrorKind;

/// How long to wait while somebody else has a lock on the file, such as an auditor's tool or a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How many compiled statements are kept. There are fewer statements than that, so none is compiled twice.
const STATEMENTS_KEPT: usize = 128;
/// How much of the file the writer keeps in memory, in KiB.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// How much of the file each reader keeps in memory, in KiB.
const READER_CACHE_KIB: i64 = 16 * 1024;
/// After this many pages of 4 KiB the write-ahead log is copied into the file. This is later than SQLite's
/// default of 1,000, because pages that many commits change, as those of indexes, are then copied once and
/// not each time.
const LOG_PAGES_MAX: i64 = 8_000;
/// When the write-ahead log starts from its beginning again, the file of it is cut back to this size.
const LOG_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// What an acknowledged commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// A power cut, because the log is synced at every commit.
    Synced,
    /// Nothing. This is for a store that vanishes with its process.
    None,
}

/// Opens the connection that writes, and creates the file if there is none.
pub(super) fn open_writer(path: &Path, durability: Durability) -> Fallible<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection, WRITER_CACHE_KIB)?;
    set(&connection, "journal_mode", "WAL")?;
    // SQLite's level NORMAL would not promise that what was acknowledged survives a power cut.
    let synchronous = match durability {
        Durability::Synced => 2,
        Durability::None => 0,
    };
    set(&connection, "synchronous", synchronous)?;
    // SQLite need not check that both ends of a link exist: the planner names only rows that are there, and
    // the tests check the whole file (`foreign_key_check`). Looking up both ends of every link once more took
    // a sixth of a bulk import.
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
    // A negative number means KiB; a positive one would mean pages.
    set(connection, "cache_size", -cache_kib)?;
    set(connection, "temp_store", "MEMORY")?;
    let millis = i64::try_from(BUSY_TIMEOUT.as_millis()).unwrap_or(i64::MAX);
    must_be(connection, "busy_timeout", millis)
}

fn set(connection: &Connection, name: &str, value: impl rusqlite::ToSql) -> Fallible<()> {
    Ok(connection.pragma_update(None, name, value)?)
}

/// Refuses the file when SQLite silently did not take a setting, for example WAL on a network file system.
/// Going on without it would put acknowledged commits at risk.
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
