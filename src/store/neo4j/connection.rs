//! The one door through which statements reach Neo4j: slots, deadlines, retries and a count.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use neo4rs::{BoltType, ConfigBuilder, Graph, Query, Txn};
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, MutexGuard, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::Neo4jOptions;
use super::error::{Attempt, Failure};
use super::statement::Statement;
use crate::store::{Result, StoreError, StoreErrorKind};

/// Rows fetched at once; traces come as one row, pages as thousands.
const FETCH_SIZE: usize = 5_000;
/// Opening a connection, or ending a transaction, may take this long.
const SHORT_TIMEOUT: Duration = Duration::from_secs(5);
/// After this long without a word from the server the next read asks first whether it is there.
const SILENCE_MAX: Duration = Duration::from_secs(2);

/// The parameters of a statement.
pub(super) type Parameters = Vec<(&'static str, BoltType)>;

/// When a call has to be over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    async fn bound<T, E>(self, work: impl Future<Output = std::result::Result<T, E>>) -> Attempt<T>
    where
        Failure: From<E>,
    {
        // A timer ticks in milliseconds, and a server may be faster: a passed deadline is no race.
        if self.remaining().is_zero() {
            return Err(Failure::Deadline);
        }
        timeout_at(self.0, work).await.map_err(|_| Failure::Deadline)?.map_err(Failure::from)
    }
}

/// Connections to one database.
pub(super) struct Connection {
    reads: Graph,
    /// One connection, never shared with reads: when a transaction is lost with its outcome unknown, the next write
    /// takes this very connection, and taking it resets it, which frees the locks on the server.
    writes: Graph,
    slots: Semaphore,
    turn: Mutex<()>,
    statements: AtomicU64,
    started: Instant,
    /// Milliseconds after `started` of the last answer, plus one; 0: none yet.
    heard: AtomicU64,
    /// The highest revision known to be applied whole: see the module `ledger`.
    settled: AtomicU64,
}

impl Connection {
    pub(super) fn open(options: &Neo4jOptions) -> Result<Self> {
        let connections = options.connections_max.max(1);
        Ok(Self {
            reads: graph(options, connections)?,
            writes: graph(options, 1)?,
            slots: Semaphore::new(connections),
            turn: Mutex::new(()),
            statements: AtomicU64::new(0),
            started: Instant::now(),
            heard: AtomicU64::new(0),
            settled: AtomicU64::new(0),
        })
    }

    pub(super) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    pub(super) fn settled(&self) -> u64 {
        self.settled.load(Ordering::Acquire)
    }

    pub(super) fn settle(&self, revision: u64) {
        self.settled.fetch_max(revision, Ordering::AcqRel);
    }

    /// Runs a read and returns its rows. The server stops it at the deadline too, also when the caller went away.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        statement: &Statement,
        parameters: Parameters,
        deadline: Deadline,
    ) -> Result<Vec<T>> {
        let attempt = || deadline.bound(self.read_once(statement.text, &parameters, deadline));
        let rows = attempt.retry(retries()).when(Failure::transient).await;
        rows.map_err(|failure| failure.into_store(operation))
    }

    async fn read_once<T: DeserializeOwned>(
        &self,
        text: &str,
        parameters: &Parameters,
        deadline: Deadline,
    ) -> Attempt<Vec<T>> {
        let slot = self.slots.acquire().await;
        let _slot = slot.map_err(|_| StoreError::new(StoreErrorKind::Unavailable, "connect"))?;
        self.listen().await?;
        let milliseconds = i64::try_from(deadline.remaining().as_millis()).unwrap_or(i64::MAX).max(1);
        let query = query(text, parameters.clone()).extra("tx_timeout", milliseconds);
        self.count();
        let mut stream = self.reads.execute_read(query).await?;
        let mut rows = Vec::new();
        while let Some(row) = stream.next().await? {
            rows.push(row.to::<T>().map_err(neo4rs::Error::from)?);
        }
        self.hear();
        Ok(rows)
    }

    /// The driver retries a refused connection for a minute; so after some silence a transaction that is not retried
    /// finds out within seconds whether the server is there at all.
    async fn listen(&self) -> Attempt<()> {
        let now = self.started.elapsed().as_millis() as u64 + 1;
        let heard = self.heard.load(Ordering::Relaxed);
        if heard > 0 && Duration::from_millis(now.saturating_sub(heard)) < SILENCE_MAX {
            return Ok(());
        }
        let begun = timeout(SHORT_TIMEOUT, self.reads.start_txn()).await;
        let transaction = begun.map_err(|_| neo4rs::Error::ConnectionTimedOut)??;
        transaction.rollback().await?;
        self.hear();
        Ok(())
    }

    fn hear(&self) {
        self.heard.store(self.started.elapsed().as_millis() as u64 + 1, Ordering::Relaxed);
    }

    fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs an idempotent statement in a transaction of its own, as schema changes need it.
    pub(super) async fn apply(
        &self,
        statement: &Statement,
        parameters: Parameters,
        deadline: Deadline,
    ) -> Attempt<()> {
        let mut transaction = self.begin(deadline).await?;
        match transaction.run(statement, parameters).await {
            Ok(()) => transaction.commit().await,
            Err(failure) => {
                transaction.rollback().await;
                Err(failure)
            }
        }
    }

    /// Starts a write transaction; writes of this process take turns.
    pub(super) async fn begin(&self, deadline: Deadline) -> Attempt<Transaction<'_>> {
        let turn = timeout_at(deadline.0, self.turn.lock()).await.map_err(|_| Failure::Deadline)?;
        let begun = timeout(SHORT_TIMEOUT.min(deadline.remaining()), self.writes.start_txn()).await;
        let transaction = begun.map_err(|_| neo4rs::Error::ConnectionTimedOut)??;
        Ok(Transaction { transaction, connection: self, deadline, _turn: turn })
    }
}

/// A write transaction; ended by `commit` or `rollback` on every path.
pub(super) struct Transaction<'a> {
    transaction: Txn,
    connection: &'a Connection,
    deadline: Deadline,
    _turn: MutexGuard<'a, ()>,
}

impl Transaction<'_> {
    pub(super) async fn run(&mut self, statement: &Statement, parameters: Parameters) -> Attempt<()> {
        self.connection.count();
        let begun = Instant::now();
        let done = self.deadline.bound(self.transaction.run(query(statement.text, parameters))).await;
        tracing::trace!(statement = statement.name, elapsed = ?begun.elapsed(), "wrote");
        done
    }

    pub(super) async fn rows<T: DeserializeOwned>(
        &mut self,
        statement: &Statement,
        parameters: Parameters,
    ) -> Attempt<Vec<T>> {
        self.connection.count();
        let begun = Instant::now();
        let transaction = &mut self.transaction;
        let work = async {
            let mut stream = transaction.execute(query(statement.text, parameters)).await?;
            let mut rows = Vec::new();
            while let Some(row) = stream.next(&mut *transaction).await? {
                rows.push(row.to::<T>().map_err(neo4rs::Error::from)?);
            }
            Ok::<_, neo4rs::Error>(rows)
        };
        let done = self.deadline.bound(work).await;
        tracing::trace!(statement = statement.name, elapsed = ?begun.elapsed(), "read before writing");
        done
    }

    pub(super) async fn commit(self) -> Attempt<()> {
        let Self { transaction, connection, deadline, .. } = self;
        let done = deadline.bound(transaction.commit()).await;
        match &done {
            Ok(()) => connection.hear(),
            Err(_) => connection.reset_writer().await,
        }
        done
    }

    /// Gives up; the locks are free when this returns, unless the server is gone, and then they are its own affair.
    pub(super) async fn rollback(self) {
        let Self { transaction, connection, .. } = self;
        let done = timeout(SHORT_TIMEOUT, transaction.rollback()).await;
        if !matches!(done, Ok(Ok(()))) {
            connection.reset_writer().await;
        }
    }
}

impl Connection {
    /// Takes the writers' connection once more, which resets it: an open transaction on it ends.
    async fn reset_writer(&self) {
        let reset = async { self.writes.start_txn().await?.rollback().await };
        if let Ok(Err(error)) = timeout(SHORT_TIMEOUT, reset).await {
            tracing::debug!(%error, "the writing connection could not be reset");
        }
    }
}

fn graph(options: &Neo4jOptions, connections: usize) -> Result<Graph> {
    let mut builder = ConfigBuilder::default()
        .uri(&options.uri)
        .user(&options.user)
        .password(&options.password)
        .fetch_size(FETCH_SIZE)
        .max_connections(connections)
        // Also the longest silence while reading an answer, so it must exceed what a statement may take.
        .connection_timeout(options.query_timeout.max(super::commit::TIMEOUT) + SHORT_TIMEOUT);
    if let Some(database) = &options.database {
        builder = builder.db(database.as_str());
    }
    let graph = builder.build().and_then(Graph::connect);
    graph.map_err(|error| {
        let why = format!("the address of Neo4j cannot be used: {error}");
        StoreError::with_source(StoreErrorKind::Invalid(why), "connect", error)
    })
}

fn query(text: &str, parameters: Parameters) -> Query {
    Query::new(text.to_owned()).params(parameters)
}

/// How often transient failures are tried again: five times within about two seconds, jittered.
pub(super) fn retries() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(20))
        .with_factor(3.0)
        .with_max_delay(Duration::from_secs(1))
        .with_max_times(5)
}
