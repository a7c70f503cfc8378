//! Caches of bytes. A cache never fails: when something goes wrong, the answer is merely not in it.

pub mod memory;
mod meter;
pub mod redis;

use async_trait::async_trait;
use bytes::Bytes;

/// How often a cache was asked since the start, and how often it had an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheCounts {
    /// Questions answered from the cache.
    pub hits: u64,
    /// Questions that the cache did not answer, failures included.
    pub misses: u64,
    /// Failures: the cache was unreachable or too slow, or what it answered was garbage.
    pub failures: u64,
}

/// Why a cache cannot be set up at all. Once it is set up it does not fail any more: every trouble is a miss.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The address cannot be used. It is not repeated here, since it may hold a password.
    #[error("the cache address cannot be used: {0}; write it like redis://host:6379/0")]
    Address(String),
}

/// A cache of values that never change: a key is written once and always means the same bytes, so nothing
/// ever has to be invalidated.
#[async_trait]
pub trait Cache: Send + Sync + 'static {
    /// The kind of cache, for people: `memory`, `redis`.
    fn name(&self) -> &'static str;

    /// The value of a key; `None` when it is not there, and also when the cache is in trouble and cannot
    /// tell.
    async fn get(&self, key: &str) -> Option<Bytes>;

    /// Keeps a value if that is possible. Nobody is told when it is not.
    async fn put(&self, key: &str, value: Bytes);

    /// How often it was asked so far, and how often it had an answer.
    fn counts(&self) -> CacheCounts;

    /// Whether it works at the moment. A cache that does not work costs speed and nothing else.
    async fn healthy(&self) -> bool;
}
