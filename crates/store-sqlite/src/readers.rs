//! A few read-only connections. Every read is one transaction on one of them, and runs off the async threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{CachedStatement, Connection, InterruptHandle};
use tokio::sync::Semaphore;

use super::connection::open_reader;
use super::error::{Fallible, Fault};
use super::rows;
use super::statements::{GET_IDENTITY, GET_REVISION};
use lotgraph_store::{Result, Revision, StoreError, StoreErrorKind};

/// While it closes, reads that nobody waits for any more are interrupted this often. An interruption ends the statement
/// that runs, and a read of many statements may be between two of them.
const INTERRUPT_EVERY: Duration = Duration::from_millis(5);

/// Connections that read.
pub(super) struct Readers {
    path: PathBuf,
    turns: Arc<Semaphore>,
    connections: Mutex<Connections>,
    /// Told when a read has ended and its connection was put back or closed.
    ended: Condvar,
    statements: Arc<AtomicU64>,
}

#[derive(Default)]
struct Connections {
    idle: Vec<Connection>,
    /// Reads under way, by a number of their own; a handle once the connection is open.
    reading: HashMap<u64, Option<InterruptHandle>>,
    /// The number of the last read.
    last: u64,
    /// No read begins any more, and no connection is kept.
    closed: bool,
}

/// A read that stands among those under way until it ends, however it ends.
struct UnderWay<'a> {
    readers: &'a Readers,
    number: u64,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.readers.connections().reading.remove(&self.number);
        self.readers.ended.notify_all();
    }
}

/// One state of the database. Commits that happen meanwhile do not change it.
pub(super) struct Snapshot<'a> {
    connection: &'a Connection,
    statements: &'a AtomicU64,
}

impl<'a> Snapshot<'a> {
    /// Sees the database through this connection.
    pub(super) fn new(connection: &'a Connection, statements: &'a AtomicU64) -> Self {
        Self { connection, statements }
    }

    /// A statement, which is compiled once for each connection. It counts as one statement, also if it is run
    /// for many keys.
    pub(super) fn statement(&self, text: &'static str) -> Fallible<CachedStatement<'a>> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        Ok(self.connection.prepare_cached(text)?)
    }

    /// The name of the ledger.
    pub(super) fn identity(&self) -> Fallible<String> {
        Ok(self.statement(GET_IDENTITY)?.query_row([], |row| row.get(0))?)
    }

    /// The revision of this state and the key of its last event.
    pub(super) fn revision(&self) -> Fallible<(Revision, i64)> {
        let mut statement = self.statement(GET_REVISION)?;
        let mut rows = statement.query([])?;
        match rows.next()? {
            Some(row) => Ok((Revision(rows::count(row, 0)?), row.get(1)?)),
            None => Ok((Revision(0), 0)),
        }
    }
}

impl Readers {
    /// Opens no connection yet. At most `connections` of them will be open at once.
    pub(super) fn new(path: PathBuf, connections: usize, statements: Arc<AtomicU64>) -> Self {
        let turns = Arc::new(Semaphore::new(connections));
        Self { path, turns, connections: Mutex::default(), ended: Condvar::new(), statements }
    }

    /// The file that they read.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a read in one transaction. If the read has a deadline, the wait for a free connection counts
    /// against it; once the read runs, it watches its deadline itself.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        operation: &'static str,
        wait_max: Option<Duration>,
        read: impl FnOnce(&Snapshot<'_>) -> Fallible<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self.turns.clone().acquire_owned();
        let turn = match wait_max {
            None => turn.await,
            Some(wait_max) => tokio::time::timeout(wait_max, turn)
                .await
                .map_err(|_| StoreError::new(StoreErrorKind::Timeout, operation))?,
        };
        let turn =
            turn.map_err(|error| StoreError::with_source(StoreErrorKind::Unavailable, operation, error))?;
        let readers = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            let result = readers.run(read);
            drop(turn);
            result
        });
        match work.await {
            Ok(result) => result.map_err(|fault| fault.during(operation)),
            Err(error) => Err(StoreError::with_source(StoreErrorKind::Internal, operation, error)),
        }
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<T>(&self, read: impl FnOnce(&Snapshot<'_>) -> Fallible<T>) -> Fallible<T> {
        // The connection is dropped before this is, so that a read which has ended has no connection.
        let (under_way, idle) = self.begin()?;
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(&self.path)?,
        };
        let handle = connection.get_interrupt_handle();
        self.connections().reading.insert(under_way.number, Some(handle));
        // The transaction is deferred: its first statement fixes the state that it sees. That happens after
        // the question was asked, so no commit that was acknowledged before is missing.
        let transaction = connection.unchecked_transaction()?;
        let result = read(&Snapshot::new(&transaction, &self.statements));
        let ended = transaction.rollback();
        // A connection on which a read failed is not used for another one.
        if !matches!(result, Err(Fault::Database(_))) && ended.is_ok() {
            let mut connections = self.connections();
            if !connections.closed {
                connections.idle.push(connection);
            }
        }
        result
    }

    fn begin(&self) -> Fallible<(UnderWay<'_>, Option<Connection>)> {
        let mut connections = self.connections();
        if connections.closed {
            let why = "the store was closed".to_owned();
            return Err(Fault::Explained(StoreErrorKind::Unavailable, why));
        }
        connections.last += 1;
        let number = connections.last;
        connections.reading.insert(number, None);
        Ok((UnderWay { readers: self, number }, connections.idle.pop()))
    }

    /// Closes all connections. A read that is under way has lost the one who asked, since nobody has the store any more;
    /// it is interrupted, and this returns once it has ended.
    pub(super) fn close(&self) {
        let mut connections = self.connections();
        connections.closed = true;
        connections.idle.clear();
        while !connections.reading.is_empty() {
            for handle in connections.reading.values().flatten() {
                handle.interrupt();
            }
            let waited = self.ended.wait_timeout(connections, INTERRUPT_EVERY);
            connections = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
