//! The one writer: a thread that commits whatever batches are waiting as one transaction (group commit).

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::commit::{MasterKeys, commit, overlay, project};
use super::connection::{self, Durability};
use super::error::{Fallible, Fault};
use super::file::{self, WriterLock};
use super::readers::Snapshot;
use lotgraph_planner::{Rules, Writes};
use lotgraph_store::{
    Batch, Changes, Receipt, RecordedRevision, Result, Revision, StoreError, StoreErrorKind,
};

/// Batches that may wait; further senders wait themselves, which is how a slow disk is felt upstream.
const QUEUE_MAX: usize = 64;
/// Batches committed as one transaction.
const GROUP_BATCHES_MAX: usize = 64;
/// Events committed as one transaction, beyond the first batch: bounds how long an early batch waits for late ones.
const GROUP_EVENTS_MAX: usize = 20_000;

enum Request {
    Prepare(oneshot::Sender<Result<()>>),
    Write(Waiting),
}

/// What is to be written.
enum Work {
    /// A batch, to be judged.
    Judge(Batch),
    /// Recorded revisions, to be taken over.
    Project(Vec<RecordedRevision>),
    /// Rows of a plan over another store.
    Overlay(Box<Writes>),
}

impl Work {
    fn events(&self) -> usize {
        match self {
            Self::Judge(batch) => batch.events.len(),
            Self::Project(revisions) => revisions.iter().map(|revision| revision.events.len()).sum(),
            Self::Overlay(writes) => writes.events().count(),
        }
    }

    fn operation(&self) -> &'static str {
        match self {
            Self::Judge(_) => "commit",
            Self::Project(_) => "project",
            Self::Overlay(_) => "overlay",
        }
    }
}

struct Waiting {
    work: Work,
    reply: oneshot::Sender<Result<Receipt>>,
}

/// The way to the writer's thread.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Opens the file for writing and starts the thread, which holds the lock until the file is closed.
    pub(super) fn start(
        path: &Path,
        lock: WriterLock,
        statements: Arc<AtomicU64>,
        durability: Durability,
        rules: Rules,
    ) -> Fallible<Self> {
        let mut connection = connection::open_writer(path, durability)?;
        file::prepare(&mut connection)?;
        let (queue, requests) = mpsc::channel(QUEUE_MAX);
        let work = move || {
            Worker { connection, keys: MasterKeys::default(), rules, statements, _lock: lock }.run(requests);
        };
        let thread = std::thread::Builder::new()
            .name("lotgraph-writer".to_owned())
            .spawn(work)
            .map_err(|error| Fault::Explained(StoreErrorKind::Unavailable, error.to_string()))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Commits a batch; returns once it is on disk.
    pub(super) async fn commit(&self, batch: Batch) -> Result<Receipt> {
        let work = Work::Judge(batch);
        self.ask("commit", |reply| Request::Write(Waiting { work, reply })).await
    }

    /// Takes over recorded revisions; returns once they are on disk.
    pub(super) async fn project(&self, revisions: Vec<RecordedRevision>) -> Result<Revision> {
        let work = Work::Project(revisions);
        let receipt = self.ask("project", |reply| Request::Write(Waiting { work, reply })).await?;
        Ok(receipt.revision)
    }

    /// Writes rows of a plan over another store.
    pub(super) async fn overlay(&self, writes: Writes) -> Result<()> {
        let work = Work::Overlay(Box::new(writes));
        self.ask("overlay", |reply| Request::Write(Waiting { work, reply })).await?;
        Ok(())
    }

    /// Creates what is missing.
    pub(super) async fn prepare(&self) -> Result<()> {
        self.ask("prepare", Request::Prepare).await
    }

    async fn ask<T>(
        &self,
        operation: &'static str,
        request: impl FnOnce(oneshot::Sender<Result<T>>) -> Request,
    ) -> Result<T> {
        self.send(operation, request).await?.await.map_err(|_| stopped(operation))?
    }

    /// Puts a request into the queue; the answer will come.
    async fn send<T>(
        &self,
        operation: &'static str,
        request: impl FnOnce(oneshot::Sender<Result<T>>) -> Request,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(|| stopped(operation))?;
        queue.send(request(reply)).await.map_err(|_| stopped(operation))?;
        Ok(answer)
    }

    /// Finishes what is queued, closes the file and waits for it.
    pub(super) fn close(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer of the store panicked");
        }
    }
}

fn stopped(operation: &'static str) -> StoreError {
    let why = "the writer has stopped; restart lotgraph";
    StoreError::with_source(StoreErrorKind::Unavailable, operation, why)
}

struct Worker {
    connection: Connection,
    keys: MasterKeys,
    rules: Rules,
    statements: Arc<AtomicU64>,
    _lock: WriterLock,
}

impl Worker {
    fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut next = requests.blocking_recv();
        while let Some(request) = next {
            next = None;
            match request {
                Request::Prepare(reply) => {
                    let done = file::prepare(&mut self.connection);
                    // Who asked may have gone; the work is done all the same.
                    let _ = reply.send(done.map_err(|fault| fault.during("prepare")));
                }
                Request::Write(first) => {
                    let (group, left_over) = gather(first, &mut requests);
                    next = left_over;
                    self.commit_group(group);
                }
            }
            if next.is_none() {
                next = requests.blocking_recv();
            }
        }
        self.close();
    }

    /// Commits a group and then tells each sender; nobody is told anything before the commit returned.
    fn commit_group(&mut self, group: Vec<Waiting>) {
        let answers = self.try_group(&group);
        let answers = answers.unwrap_or_else(|fault| {
            self.keys.forget();
            let error = fault.during("commit");
            group.iter().map(|_| Err(again(&error))).collect()
        });
        for (waiting, answer) in group.into_iter().zip(answers) {
            let _ = waiting.reply.send(answer);
        }
    }

    fn try_group(&mut self, group: &[Waiting]) -> Fallible<Vec<Result<Receipt>>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut answers = Vec::with_capacity(group.len());
        for waiting in group {
            let operation = waiting.work.operation();
            transaction.prepare_cached("SAVEPOINT batch")?.execute([])?;
            let snapshot = Snapshot::new(&transaction, &self.statements);
            let (keys, rules) = (&mut self.keys, &self.rules);
            let write = || match &waiting.work {
                Work::Judge(batch) => commit(&snapshot, keys, batch, rules),
                Work::Project(revisions) => project(&snapshot, keys, revisions.clone()),
                Work::Overlay(writes) => {
                    overlay(&snapshot, keys, Writes::clone(writes))?;
                    let (revision, _) = snapshot.revision()?;
                    let (outcomes, changes) = (Vec::new(), Changes::default());
                    Ok(Receipt { revision, applied: true, outcomes, changes })
                }
            };
            let done = std::panic::catch_unwind(AssertUnwindSafe(write))
                .unwrap_or_else(|_| Err(Fault::Refused(StoreErrorKind::Internal)));
            if let Err(fault) = done {
                // On a full disk SQLite may have rolled everything back by itself: then nobody's batch is kept.
                if transaction.is_autocommit() {
                    return Err(fault);
                }
                self.keys.forget();
                transaction.prepare_cached("ROLLBACK TO batch")?.execute([])?;
                answers.push(Err(fault.during(operation)));
            } else {
                answers.push(done.map_err(|fault| fault.during(operation)));
            }
            transaction.prepare_cached("RELEASE batch")?.execute([])?;
        }
        transaction.commit()?;
        Ok(answers)
    }

    /// Leaves a file without a log, so that a copy of the one file is the whole database.
    fn close(self) {
        let held: rusqlite::Result<bool> =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        // In either case nothing is lost: the log stays beside the file and is read at the next start.
        match held {
            Ok(false) => {}
            Ok(true) => {
                tracing::warn!(
                    "the log was not folded into the file at close: another program reads from the file"
                );
            }
            Err(error) => tracing::warn!(%error, "the log could not be folded into the file at close"),
        }
        if let Err((_, error)) = self.connection.close() {
            tracing::warn!(%error, "the file could not be closed");
        }
    }
}

/// Takes what is waiting, up to the bounds of a group; a request of another kind ends it.
fn gather(first: Waiting, requests: &mut mpsc::Receiver<Request>) -> (Vec<Waiting>, Option<Request>) {
    let mut events = first.work.events();
    let mut group = vec![first];
    while group.len() < GROUP_BATCHES_MAX && events < GROUP_EVENTS_MAX {
        match requests.try_recv() {
            Ok(Request::Write(waiting)) => {
                events += waiting.work.events();
                group.push(waiting);
            }
            Ok(other) => return (group, Some(other)),
            Err(_) => break,
        }
    }
    (group, None)
}

/// The same failure for another batch of the group.
fn again(error: &StoreError) -> StoreError {
    let why = error.source.as_ref().map_or_else(|| error.to_string(), ToString::to_string);
    StoreError::with_source(error.kind.clone(), error.operation, why)
}
