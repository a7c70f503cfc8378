//! Counts how often a cache was asked and had an answer, for [`CacheCounts`] and for the metrics endpoint
//! alike.

use std::sync::atomic::{AtomicU64, Ordering};

use metrics::counter;

use super::CacheCounts;

/// The counters of one cache.
#[derive(Debug)]
pub(super) struct Meter {
    cache: &'static str,
    hits: AtomicU64,
    misses: AtomicU64,
    failures: AtomicU64,
}

impl Meter {
    pub(super) const fn new(cache: &'static str) -> Self {
        Self { cache, hits: AtomicU64::new(0), misses: AtomicU64::new(0), failures: AtomicU64::new(0) }
    }

    pub(super) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
        counter!("lotgraph_cache_hits_total", "cache" => self.cache).increment(1);
    }

    pub(super) fn miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
        counter!("lotgraph_cache_misses_total", "cache" => self.cache).increment(1);
    }

    pub(super) fn failure(&self, reason: &'static str) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        counter!("lotgraph_cache_failures_total", "cache" => self.cache, "reason" => reason).increment(1);
    }

    pub(super) fn kept(&self, bytes: usize) {
        counter!("lotgraph_cache_puts_total", "cache" => self.cache).increment(1);
        counter!("lotgraph_cache_put_bytes_total", "cache" => self.cache).increment(bytes as u64);
    }

    /// Counts a value that was not kept, for a reason that is no failure: it was too large, or too many
    /// values were waiting.
    pub(super) fn dropped(&self, reason: &'static str) {
        counter!("lotgraph_cache_puts_dropped_total", "cache" => self.cache, "reason" => reason).increment(1);
    }

    pub(super) fn counts(&self) -> CacheCounts {
        CacheCounts {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }
}
