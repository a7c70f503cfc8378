//! A few read-only connections; every read is one transaction on one of them, off the async threads.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{CachedStatement, Connection};
use tokio::sync::Semaphore;

use super::connection::open_reader;
use super::error::{Fallible, Fault};
use super::rows;
use super::statements::{GET_IDENTITY, GET_REVISION};
use crate::store::{Result, Revision, StoreError, StoreErrorKind};

/// Connections that read.
pub(super) struct Readers {
    path: PathBuf,
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
    statements: Arc<AtomicU64>,
}

/// One state of the database, unmoved by commits that happen meanwhile.
pub(super) struct Snapshot<'a> {
    connection: &'a Connection,
    statements: &'a AtomicU64,
}

impl<'a> Snapshot<'a> {
    /// Sees the database through this connection.
    pub(super) fn new(connection: &'a Connection, statements: &'a AtomicU64) -> Self {
        Self { connection, statements }
    }

    /// A statement, compiled once for each connection. Run for many keys, it counts once.
    pub(super) fn statement(&self, text: &'static str) -> Fallible<CachedStatement<'a>> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        Ok(self.connection.prepare_cached(text)?)
    }

    /// The ledger's name.
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
    /// Opens nothing yet; at most `connections` will be open at once.
    pub(super) fn new(path: PathBuf, connections: usize, statements: Arc<AtomicU64>) -> Self {
        let turns = Arc::new(Semaphore::new(connections));
        Self { path, turns, idle: Mutex::new(Vec::new()), statements }
    }

    /// The file that they read.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a read in one transaction. With a deadline, the wait for a free connection counts against it; inside, the
    /// read watches it itself.
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

    fn run<T>(&self, read: impl FnOnce(&Snapshot<'_>) -> Fallible<T>) -> Fallible<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(&self.path)?,
        };
        // Deferred: the state is fixed by the first statement, which no acknowledged commit can come after.
        let transaction = connection.unchecked_transaction()?;
        let result = read(&Snapshot::new(&transaction, &self.statements));
        let ended = transaction.rollback();
        // A connection that failed is not trusted with the next read.
        if !matches!(result, Err(Fault::Database(_))) && ended.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        result
    }

    /// Closes the idle connections.
    pub(super) fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
