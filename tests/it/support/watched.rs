//! A store around a store that counts what it is asked, and can be made slow, blocked or broken.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lotgraph::domain::{Node, NodeRef};
use lotgraph::store::layer::Layer;
use lotgraph::store::{
    Batch, Bucket, ChangePage, Closure, EdgePage, EdgesOf, Find, Ledger, LedgerPosition, Page, Receipt,
    Result, Revision, StoreError, StoreErrorKind, Subgraph, Tally,
};
use tokio::sync::Semaphore;

/// The wrapper.
pub struct Watched {
    inner: Arc<dyn Ledger>,
    counts: Mutex<HashMap<&'static str, u64>>,
    /// Reads take one each after they were computed and before they return: closed until permits are added.
    gate: Semaphore,
    gated: Mutex<bool>,
    failure: Mutex<Option<StoreErrorKind>>,
    /// Revisions answered are this much too small: a replica that lags.
    lag: AtomicU64,
    /// Reads return up to this many microseconds after they were computed.
    late_micros: AtomicU64,
    /// Committed after the next revision was read.
    next_commit: Mutex<Option<Batch>>,
}

impl Watched {
    pub fn new(inner: Arc<dyn Ledger>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            counts: Mutex::default(),
            gate: Semaphore::new(0),
            gated: Mutex::new(false),
            failure: Mutex::new(None),
            lag: AtomicU64::new(0),
            late_micros: AtomicU64::new(0),
            next_commit: Mutex::new(None),
        })
    }

    /// How often a method was called.
    pub fn count(&self, method: &'static str) -> u64 {
        self.counts.lock().unwrap().get(method).copied().unwrap_or(0)
    }

    /// Reads wait, computed but unanswered, until [`Watched::release`].
    pub fn hold(&self) {
        *self.gated.lock().unwrap() = true;
    }

    /// Lets this many reads return.
    pub fn release(&self, reads: usize) {
        self.gate.add_permits(reads);
    }

    /// Reads do not wait any more.
    pub fn open(&self) {
        *self.gated.lock().unwrap() = false;
    }

    /// Reads fail like this from now on, or work again.
    pub fn fail(&self, kind: Option<StoreErrorKind>) {
        *self.failure.lock().unwrap() = kind;
    }

    /// Closures state a revision that is too small by this much.
    pub fn lag(&self, revisions: u64) {
        self.lag.store(revisions, Ordering::SeqCst);
    }

    /// Reads return up to this much after they were computed.
    pub fn late(&self, at_most: Duration) {
        self.late_micros.store(at_most.as_micros() as u64, Ordering::SeqCst);
    }

    /// Commits this between the next read of the revision and its answer.
    pub fn then_commit(&self, batch: Batch) {
        *self.next_commit.lock().unwrap() = Some(batch);
    }

    /// Waits until a method was called this often.
    pub async fn called(&self, method: &'static str, times: u64) {
        for _ in 0..30_000 {
            if self.count(method) >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("{method} was called {} times, not {times}", self.count(method));
    }

    fn note(&self, method: &'static str) {
        *self.counts.lock().unwrap().entry(method).or_default() += 1;
    }

    async fn through<T>(&self, method: &'static str, answer: Result<T>) -> Result<T> {
        let gated = *self.gated.lock().unwrap();
        if gated {
            self.gate.acquire().await.unwrap().forget();
        }
        let late = self.late_micros.load(Ordering::SeqCst);
        if late > 0 {
            tokio::time::sleep(Duration::from_micros(rand::random_range(0..late))).await;
        }
        match self.failure.lock().unwrap().clone() {
            Some(kind) => Err(StoreError::with_source(kind, method, "told to fail")),
            None => answer,
        }
    }
}

#[async_trait]
impl Layer for Watched {
    fn inner(&self) -> &dyn Ledger {
        self.inner.as_ref()
    }

    async fn revision(&self) -> Result<Revision> {
        self.note("revision");
        let revision = self.inner.revision().await;
        let next = self.next_commit.lock().unwrap().take();
        if let Some(batch) = next {
            self.inner.commit(&batch).await?;
        }
        revision
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        self.note("commit");
        let receipt = self.inner.commit(batch).await;
        match self.failure.lock().unwrap().clone() {
            Some(kind) => Err(StoreError::new(kind, "commit")),
            None => receipt,
        }
    }

    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        self.note("get");
        let answer = self.inner.get(refs).await;
        self.through("get", answer).await
    }

    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        self.note("find");
        let answer = self.inner.find(query).await;
        self.through("find", answer).await
    }

    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        self.note("edges");
        let answer = self.inner.edges(query).await;
        self.through("edges", answer).await
    }

    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        self.note("closure");
        let lag = self.lag.load(Ordering::SeqCst);
        let answer = self.inner.closure(query).await.map(|answer| {
            let revision = Revision(answer.revision.0 - lag);
            Subgraph { revision, ..answer }
        });
        self.through("closure", answer).await
    }

    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        self.note("tally");
        let answer = self.inner.tally(query).await;
        self.through("tally", answer).await
    }

    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        self.note("changes");
        let answer = self.inner.changes(after, limit).await;
        self.through("changes", answer).await
    }
}
