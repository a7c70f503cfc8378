//! The only way in which statements reach Neo4j. It has slots, deadlines and retries, and counts the
//! statements.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use neo4rs::{BoltType, ConfigBuilder, Graph, Query, Row, Txn};
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, MutexGuard, Semaphore};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::Neo4jOptions;
use super::error::{Attempt, Failure};
use super::statement::Statement;
use lotgraph_store::{Result, StoreError, StoreErrorKind};

/// How many rows are fetched at once. A trace comes as a single row, a page as thousands.
const FETCH_SIZE: usize = 5_000;
/// How long it may take to open a connection or to end a transaction.
const SHORT_TIMEOUT: Duration = Duration::from_secs(5);
/// When the server has not been heard of for this long, the next read first asks whether it is there.
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
        // A timer ticks in milliseconds, and a server may be faster than that. So a deadline that is over is
        // checked for here, rather than let the timer and the server race.
        if self.remaining().is_zero() {
            return Err(Failure::Deadline);
        }
        timeout_at(self.0, work).await.map_err(|_| Failure::Deadline)?.map_err(Failure::from)
    }
}

/// Where the rows of a statement go. What talks to the server knows them only through this, and so is compiled once and
/// not for each type of row.
trait Rows: Send {
    /// Forgets the rows of an attempt that failed.
    fn clear(&mut self);
    fn add(&mut self, row: &Row) -> std::result::Result<(), neo4rs::Error>;
}

impl<T: DeserializeOwned + Send> Rows for Vec<T> {
    fn clear(&mut self) {
        self.clear();
    }

    fn add(&mut self, row: &Row) -> std::result::Result<(), neo4rs::Error> {
        // Columns are the fields of `T`. Read otherwise, a row with one column would be tried as that column too, and each type
        // compiled once more for that.
        self.push(row.to_strict()?);
        Ok(())
    }
}

/// Connections to one database.
pub(super) struct Connection {
    reads: Graph,
    /// The one connection for writes, which reads never use. When a transaction is lost and nobody knows its
    /// outcome, the next write takes this same connection. Taking it resets it, and that frees the locks on
    /// the server.
    writes: Graph,
    slots: Semaphore,
    turn: Mutex<()>,
    statements: AtomicU64,
    started: Instant,
    /// When the last answer came, in milliseconds after `started`, plus one; 0 when none came yet.
    heard: AtomicU64,
    /// The highest revision that is known to be applied completely; see the module `ledger`.
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

    /// Runs a read and returns its rows. The server stops the read at the deadline, even when whoever asked
    /// has gone away.
    pub(super) async fn read<T: DeserializeOwned + Send>(
        &self,
        operation: &'static str,
        statement: &Statement,
        parameters: Parameters,
        deadline: Deadline,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.read_into(&mut rows, operation, statement, parameters, deadline).await?;
        Ok(rows)
    }

    async fn read_into(
        &self,
        rows: &mut dyn Rows,
        operation: &'static str,
        statement: &Statement,
        parameters: Parameters,
        deadline: Deadline,
    ) -> Result<()> {
        let mut waits = retries().build();
        loop {
            let done = deadline.bound(self.read_once(rows, statement.text, &parameters, deadline)).await;
            let Err(failure) = done else { return Ok(()) };
            let wait = if failure.transient() { waits.next() } else { None };
            let Some(wait) = wait else { return Err(failure.into_store(operation)) };
            sleep(wait).await;
        }
    }

    async fn read_once(
        &self,
        rows: &mut dyn Rows,
        text: &str,
        parameters: &Parameters,
        deadline: Deadline,
    ) -> Attempt<()> {
        let slot = self.slots.acquire().await;
        let _slot = slot.map_err(|_| StoreError::new(StoreErrorKind::Unavailable, "connect"))?;
        self.listen().await?;
        let milliseconds = i64::try_from(deadline.remaining().as_millis()).unwrap_or(i64::MAX).max(1);
        let query = query(text, parameters.clone()).extra("tx_timeout", milliseconds);
        self.count();
        let mut stream = self.reads.execute_read(query).await?;
        rows.clear();
        while let Some(row) = stream.next().await? {
            rows.add(&row)?;
        }
        self.hear();
        Ok(())
    }

    /// Finds out whether the server is there, if it has been silent for a while. The driver retries a refused
    /// connection for a minute. This begins a transaction that is not retried, and so knows within seconds.
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

    /// Begins a write transaction. The writes of this process take turns.
    pub(super) async fn begin(&self, deadline: Deadline) -> Attempt<Transaction<'_>> {
        let turn = timeout_at(deadline.0, self.turn.lock()).await.map_err(|_| Failure::Deadline)?;
        let begun = timeout(SHORT_TIMEOUT.min(deadline.remaining()), self.writes.start_txn()).await;
        let transaction = begun.map_err(|_| neo4rs::Error::ConnectionTimedOut)??;
        Ok(Transaction { transaction, connection: self, deadline, _turn: turn })
    }
}

/// A write transaction. On every path it must be ended by `commit` or `rollback`.
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

    pub(super) async fn rows<T: DeserializeOwned + Send>(
        &mut self,
        statement: &Statement,
        parameters: Parameters,
    ) -> Attempt<Vec<T>> {
        let mut rows = Vec::new();
        self.rows_into(&mut rows, statement, parameters).await?;
        Ok(rows)
    }

    async fn rows_into(
        &mut self,
        rows: &mut dyn Rows,
        statement: &Statement,
        parameters: Parameters,
    ) -> Attempt<()> {
        self.connection.count();
        let begun = Instant::now();
        let transaction = &mut self.transaction;
        let work = async {
            let mut stream = transaction.execute(query(statement.text, parameters)).await?;
            while let Some(row) = stream.next(&mut *transaction).await? {
                rows.add(&row)?;
            }
            Ok::<_, neo4rs::Error>(())
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

    /// Gives the transaction up. When this returns, the server has freed the locks, unless it cannot be
    /// reached; then freeing them is left to the server.
    pub(super) async fn rollback(self) {
        let Self { transaction, connection, .. } = self;
        let done = timeout(SHORT_TIMEOUT, transaction.rollback()).await;
        if !matches!(done, Ok(Ok(()))) {
            connection.reset_writer().await;
        }
    }
}

impl Connection {
    /// Takes the connection for writes once more. That resets it, so a transaction that is open on it ends.
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
        // This is also the longest silence while an answer is read, so it must be longer than a statement may
        // take.
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

/// How often an error that may pass is tried again: five times within about two seconds, after waits with a
/// random part.
pub(super) fn retries() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(20))
        .with_factor(3.0)
        .with_max_delay(Duration::from_secs(1))
        .with_max_times(5)
}
