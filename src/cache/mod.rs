//! Byte caches: bytes in, bytes out; a cache that fails is a cache that misses.

pub mod memory;
mod meter;
pub mod redis;

use async_trait::async_trait;
use bytes::Bytes;

/// What a cache has been asked and how it did, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheCounts {
    /// Questions answered from the cache.
    pub hits: u64,
    /// Questions not answered, failures included.
    pub misses: u64,
    /// Failures: unreachable, too slow, garbage.
    pub failures: u64,
}

/// Why a cache cannot be set up at all; once set up it never fails, it only misses.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The address is not one. It is not repeated here, since it may hold a password.
    #[error("the cache address cannot be used: {0}; write it like redis://host:6379/0")]
    Address(String),
}

/// A cache of immutable values: a key is written once and always means the same bytes, so nothing is ever invalidated.
#[async_trait]
pub trait Cache: Send + Sync + 'static {
    /// The kind of cache, for people: `memory`, `redis`.
    fn name(&self) -> &'static str;

    /// The value of a key; `None` when it is not there, and also when the cache cannot tell.
    async fn get(&self, key: &str) -> Option<Bytes>;

    /// Keeps a value if it can.
    async fn put(&self, key: &str, value: Bytes);

    /// How it did so far.
    fn counts(&self) -> CacheCounts;

    /// Whether it works at the moment; a cache that does not only costs speed.
    async fn healthy(&self) -> bool;
}
