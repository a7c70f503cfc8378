//! What can be cached: how answers become bytes and come back, and which of them are worth keeping.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Bucket, EdgePage, Page, Revision, Subgraph};
use lotgraph_domain::Node;
use lotgraph_genealogy::subgraph::Cut;

/// Answers with more items than this, or more bytes, are encoded and decoded away from the threads that serve
/// requests.
const LARGE_ITEMS: usize = 2_000;
const LARGE_BYTES: usize = 256 << 10;

/// An answer of a store.
pub(super) trait Answer: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Roughly how many items it has.
    fn items(&self) -> usize;

    /// The revision that it states; `None` when it states none.
    fn revision(&self) -> Option<Revision> {
        None
    }

    /// Whether it is complete. An answer that was cut is not kept.
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
        // A depth limit is part of the question, so an answer that it cut is the complete answer to that
        // question.
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

/// The bytes of an answer, and the answer itself again. There are no bytes when it cannot be encoded.
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

/// The answer that some bytes encode; `None` unless all of them, to the last one, belong to it.
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
