//! What can be cached: answers to bytes and back, and which of them are worth keeping.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::Node;
use crate::genealogy::subgraph::Cut;
use crate::store::{Bucket, EdgePage, Page, Revision, Subgraph};

/// Answers with more items, and values with more bytes, are encoded and decoded away from the request threads.
const LARGE_ITEMS: usize = 2_000;
const LARGE_BYTES: usize = 256 << 10;

/// An answer of a store.
pub(super) trait Answer: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Roughly how much it is.
    fn items(&self) -> usize;

    /// The revision it states, if it states one.
    fn revision(&self) -> Option<Revision> {
        None
    }

    /// Whether it is complete: a cut answer is not kept.
    fn complete(&self) -> bool {
        true
    }

    /// The same answer, saying that it comes from a cache.
    fn into_served(self) -> Self {
        self
    }
}

impl Answer for Subgraph {
    fn items(&self) -> usize {
        self.lots.len() + self.operations.len() + self.links.len()
    }

    fn revision(&self) -> Option<Revision> {
        Some(self.revision)
    }

    fn complete(&self) -> bool {
        // A depth limit is part of the question; the answer to it is complete.
        self.cut != Some(Cut::Nodes)
    }

    fn into_served(self) -> Self {
        Self { cached: true, ..self }
    }
}

impl Answer for Vec<Option<Node>> {
    fn items(&self) -> usize {
        self.len()
    }
}

impl Answer for Page<Node> {
    fn items(&self) -> usize {
        self.items.len()
    }
}

impl Answer for Vec<EdgePage> {
    fn items(&self) -> usize {
        self.iter().map(|page| 1 + page.edges.len()).sum()
    }
}

impl Answer for Vec<Bucket> {
    fn items(&self) -> usize {
        self.len()
    }
}

/// The bytes of an answer, and the answer back; no bytes when it cannot be encoded.
pub(super) async fn encode<A: Answer>(answer: A) -> (A, Option<Bytes>) {
    fn bytes<A: Answer>(answer: &A) -> Option<Bytes> {
        postcard::to_stdvec(answer).ok().map(Bytes::from)
    }
    if answer.items() < LARGE_ITEMS {
        let bytes = bytes(&answer);
        return (answer, bytes);
    }
    let encoded = tokio::task::spawn_blocking(move || {
        let bytes = bytes(&answer);
        (answer, bytes)
    });
    match encoded.await {
        Ok(done) => done,
        Err(lost) => std::panic::resume_unwind(lost.into_panic()),
    }
}

/// The answer in some bytes, if they are one to the end.
pub(super) async fn decode<A: Answer>(bytes: Bytes) -> Option<A> {
    fn answer<A: Answer>(bytes: &Bytes) -> Option<A> {
        let (answer, rest) = postcard::take_from_bytes::<A>(bytes).ok()?;
        rest.is_empty().then(|| answer.into_served())
    }
    if bytes.len() < LARGE_BYTES {
        return answer(&bytes);
    }
    tokio::task::spawn_blocking(move || answer(&bytes)).await.ok().flatten()
}
