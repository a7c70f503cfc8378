//! The cache in the memory of this process. Its size in bytes is bounded.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use moka::future::Cache as MokaCache;
use moka::policy::EvictionPolicy;

use super::meter::Meter;
use super::{Cache, CacheCounts};

/// What an entry costs beside its key and its value: the node of the table, the links of lists and two
/// reference counts.
const ENTRY_BYTES: usize = 200;

/// A cache in memory.
#[derive(Debug)]
pub struct MemoryCache {
    entries: MokaCache<Arc<str>, Bytes>,
    bytes_max: u64,
    meter: Meter,
}

impl MemoryCache {
    /// A cache that holds at most this many bytes, keys and bookkeeping included.
    #[must_use]
    pub fn new(bytes_max: u64) -> Self {
        let entries = MokaCache::builder()
            .name("lotgraph")
            .max_capacity(bytes_max)
            .weigher(|key: &Arc<str>, value: &Bytes| weight(key, value))
            // Keys carry the revision, so old entries are soon of no use. A policy that admits by frequency
            // would prefer what was popular under a revision that nobody will ask for again to every new
            // answer.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { entries, bytes_max, meter: Meter::new("memory") }
    }

    /// Bytes held at the moment, once pending evictions are done.
    pub async fn bytes(&self) -> u64 {
        self.entries.run_pending_tasks().await;
        self.entries.weighted_size()
    }
}

fn weight(key: &str, value: &Bytes) -> u32 {
    let bytes = key.len().saturating_add(value.len()).saturating_add(ENTRY_BYTES);
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[async_trait]
impl Cache for MemoryCache {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn get(&self, key: &str) -> Option<Bytes> {
        let value = self.entries.get(key).await;
        match value {
            Some(_) => self.meter.hit(),
            None => self.meter.miss(),
        }
        value
    }

    async fn put(&self, key: &str, value: Bytes) {
        if u64::from(weight(key, &value)) > self.bytes_max {
            self.meter.dropped("too_large");
            return;
        }
        self.meter.kept(value.len());
        self.entries.insert(Arc::from(key), value).await;
    }

    fn counts(&self) -> CacheCounts {
        self.meter.counts()
    }

    async fn healthy(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_put_is_there_at_once() {
        let cache = MemoryCache::new(1 << 20);
        assert_eq!(cache.get("a").await, None);
        cache.put("a", Bytes::from_static(b"one")).await;
        assert_eq!(cache.get("a").await, Some(Bytes::from_static(b"one")));
        assert_eq!(cache.counts(), CacheCounts { hits: 1, misses: 1, failures: 0 });
    }

    #[tokio::test]
    async fn bytes_stay_within_the_bound() {
        let cache = MemoryCache::new(100_000);
        for n in 0..1_000 {
            cache.put(&n.to_string(), Bytes::from(vec![0; 1_000])).await;
        }
        assert!(cache.bytes().await <= 100_000, "{}", cache.bytes().await);
        cache.put("huge", Bytes::from(vec![0; 200_000])).await;
        assert_eq!(cache.get("huge").await, None);
    }

    #[tokio::test]
    async fn new_answers_displace_popular_old_ones() {
        let cache = MemoryCache::new(100_000);
        for n in 0..80 {
            cache.put(&format!("old {n}"), Bytes::from(vec![0; 1_000])).await;
        }
        for _ in 0..50 {
            for n in 0..80 {
                cache.get(&format!("old {n}")).await;
            }
        }
        for n in 0..80 {
            cache.put(&format!("new {n}"), Bytes::from(vec![0; 1_000])).await;
        }
        cache.bytes().await;
        for n in 10..80 {
            assert!(cache.get(&format!("new {n}")).await.is_some(), "new {n} was refused");
        }
    }
}
