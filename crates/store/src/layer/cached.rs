//! A store with caches in front. It gives the same answers, but computes each only once for a revision.
//!
//! No answer misses a commit that was acknowledged before the question. The revision is read from the store
//! after the question was asked, so it holds all those commits. The key of an answer names that revision. An
//! answer is kept under a key only if its computation began after the revision was read, so that it holds all
//! of the revision. (A closure states the revision that it was read at, and is kept under that one.) An
//! answer that arrives late does no harm: it goes under the key of its own, older revision. When a cache
//! fails, the answer is computed again.

mod answer;
mod flight;
mod freshness;
mod key;
#[cfg(test)]
mod layout;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use metrics::counter;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use self::answer::{Answer, decode, encode};
use self::flight::{Flights, Part};
use self::freshness::Freshness;
use self::key::{Keys, Question};
use super::Layer;
use crate::{
    Batch, Bucket, Closure, EdgePage, EdgesOf, Find, Ledger, Page, Receipt, Result, Revision, StoreError,
    StoreErrorKind, Subgraph, Tally,
};
use lotgraph_cache::Cache;
use lotgraph_domain::{Node, NodeRef};

/// A store behind caches, the nearest cache first.
pub struct CachedStore {
    inner: Arc<dyn Ledger>,
    caches: Vec<Arc<dyn Cache>>,
    /// The keys are made when the store is first asked for the name of its ledger.
    keys: OnceCell<Keys>,
    freshness: Freshness,
    closures: Flights<Subgraph>,
    gets: Flights<Vec<Option<Node>>>,
    finds: Flights<Page<Node>>,
    edges: Flights<Vec<EdgePage>>,
    tallies: Flights<Vec<Bucket>>,
}

/// How one question is to be answered.
struct Ask {
    question: Question,
    /// Answer only as of this revision; `None` for the current one.
    at: Option<Revision>,
    skip_cache: bool,
    deadline: Option<Instant>,
}

impl CachedStore {
    /// Caches the answers of a store. What is known about the current revision may be as old as
    /// `staleness_max`; if that is zero, the store is asked each time.
    #[must_use]
    pub fn new(inner: Arc<dyn Ledger>, caches: Vec<Arc<dyn Cache>>, staleness_max: Duration) -> Self {
        Self {
            inner,
            caches,
            keys: OnceCell::new(),
            freshness: Freshness::new(staleness_max),
            closures: Flights::new(),
            gets: Flights::new(),
            finds: Flights::new(),
            edges: Flights::new(),
            tallies: Flights::new(),
        }
    }

    /// Names the ledger, so that the store need not be asked.
    #[must_use]
    pub fn with_identity(self, identity: impl AsRef<str>) -> Self {
        Self { keys: OnceCell::new_with(Some(Keys::new(identity.as_ref()))), ..self }
    }

    async fn keys(&self) -> Result<&Keys> {
        self.keys.get_or_try_init(async || Ok(Keys::new(&self.inner.identity().await?))).await
    }

    async fn answer<A, C, F>(&self, flights: &Flights<A>, ask: Option<Ask>, compute: C) -> Result<A>
    where
        A: Answer,
        C: Fn() -> F + Send + Sync,
        F: Future<Output = Result<A>> + Send,
    {
        let Some(ask) = ask.filter(|_| !self.caches.is_empty()) else { return compute().await };
        let keys = in_time(&ask, self.keys()).await??;
        let revision = match ask.at {
            Some(at) => at,
            None => in_time(&ask, self.freshness.revision(self.inner.as_ref())).await??,
        };
        if ask.skip_cache {
            return self.compute(keys, &ask, revision, &compute).await;
        }
        let key = keys.key(revision, &ask.question);
        // A question as of a fixed revision must not share the flight of one without: that flight may come
        // back with a later revision.
        let flight = if ask.at.is_some() { format!("{key} at") } else { key.clone() };
        loop {
            match flights.join(&flight) {
                Part::Lead(lead) => {
                    let outcome = match self.look_up(&key, revision).await {
                        Some(answer) => Ok(answer),
                        None => self.compute(keys, &ask, revision, &compute).await,
                    };
                    return lead.land(outcome);
                }
                Part::Follow(follow) => {
                    counter!("lotgraph_cache_joined_total", "method" => ask.question.method).increment(1);
                    match in_time(&ask, follow.outcome()).await? {
                        Some(Ok(answer)) => return Ok(Arc::unwrap_or_clone(answer)),
                        // The leader ran out of its time. This question has some left, so it tries again.
                        Some(Err(error)) if error.is_timeout() && ask.deadline.is_some() => {}
                        Some(Err(error)) => return Err(error.into()),
                        None => {}
                    }
                }
            }
        }
    }

    /// The answer from the nearest cache that has it. It is then put into the caches that are nearer.
    async fn look_up<A: Answer>(&self, key: &str, revision: Revision) -> Option<A> {
        for (index, cache) in self.caches.iter().enumerate() {
            let Some(bytes) = cache.get(key).await else { continue };
            let answer = decode::<A>(bytes.clone()).await;
            // The key names the revision. If the answer names another one, it is not what was kept under this
            // key.
            let Some(answer) = answer.filter(|answer| answer.revision().is_none_or(|own| own == revision))
            else {
                counter!("lotgraph_cache_undecodable_total", "cache" => cache.name()).increment(1);
                continue;
            };
            for nearer in &self.caches[..index] {
                nearer.put(key, bytes.clone()).await;
            }
            return Some(answer);
        }
        None
    }

    /// Asks the store and keeps the answer.
    async fn compute<A, C, F>(&self, keys: &Keys, ask: &Ask, revision: Revision, compute: &C) -> Result<A>
    where
        A: Answer,
        C: Fn() -> F + Send + Sync,
        F: Future<Output = Result<A>> + Send,
    {
        counter!("lotgraph_cache_computed_total", "method" => ask.question.method).increment(1);
        let began = std::time::Instant::now();
        let answer = compute().await?;
        let own = answer.revision().unwrap_or(revision);
        if own < revision {
            return Err(behind(ask, own, revision));
        }
        if answer.revision().is_some() {
            self.freshness.learn(own, began);
        }
        if !answer.complete() {
            return Ok(answer);
        }
        let (answer, bytes) = encode(answer).await;
        if let Some(bytes) = bytes {
            let key = keys.key(own, &ask.question);
            for cache in &self.caches {
                cache.put(&key, bytes.clone()).await;
            }
        }
        Ok(answer)
    }

    fn ask(question: Option<Question>) -> Option<Ask> {
        question.map(|question| Ask { question, at: None, skip_cache: false, deadline: None })
    }
}

/// Waits for the work, but no longer than the deadline of the question.
async fn in_time<T>(ask: &Ask, work: impl Future<Output = T> + Send) -> Result<T> {
    match ask.deadline {
        None => Ok(work.await),
        Some(deadline) => tokio::time::timeout_at(deadline, work)
            .await
            .map_err(|_| StoreError::new(StoreErrorKind::Timeout, ask.question.method)),
    }
}

/// The error when the store answered from before a revision that it had confirmed. Such an answer may miss a
/// commit that was acknowledged.
fn behind(ask: &Ask, own: Revision, revision: Revision) -> StoreError {
    let why = format!("it answered at revision {own} after it had confirmed revision {revision}");
    tracing::error!(method = ask.question.method, %own, %revision, "the store answered from the past");
    StoreError::with_source(StoreErrorKind::Unavailable, ask.question.method, why)
}

#[async_trait]
impl Layer for CachedStore {
    fn inner(&self) -> &dyn Ledger {
        self.inner.as_ref()
    }

    fn name(&self) -> String {
        self.caches.iter().fold(self.inner.name(), |name, cache| format!("{name}+{}", cache.name()))
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        let began = std::time::Instant::now();
        let outcome = self.inner.commit(batch).await;
        match &outcome {
            Ok(receipt) => self.freshness.learn(receipt.revision, began),
            // The commit may have taken effect although it failed. So forget the revision and ask the store
            // again, rather than show what was before.
            Err(_) => self.freshness.forget(),
        }
        outcome
    }

    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        let ask = Self::ask(Question::new("get", refs));
        self.answer(&self.gets, ask, || self.inner.get(refs)).await
    }

    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        let ask = Self::ask(Question::new("find", query));
        self.answer(&self.finds, ask, || self.inner.find(query)).await
    }

    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        let ask = Self::ask(Question::new("edges", query));
        self.answer(&self.edges, ask, || self.inner.edges(query)).await
    }

    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        let now = Instant::now();
        // A deadline so far away that the clock cannot express it counts as none.
        let deadline = now.checked_add(query.deadline);
        let ask = Question::closure(query).map(|question| Ask {
            question,
            at: query.at,
            skip_cache: query.skip_cache,
            deadline,
        });
        let compute = || async move {
            let left = query.deadline.saturating_sub(now.elapsed());
            self.inner.closure(&Closure { deadline: left, ..query.clone() }).await
        };
        self.answer(&self.closures, ask, compute).await
    }

    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        let ask = Self::ask(Question::new("tally", query));
        self.answer(&self.tallies, ask, || self.inner.tally(query)).await
    }
}
