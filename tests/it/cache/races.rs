//! Racing readers and writers over two instances and one Redis: an acknowledged write is never missing from an answer.
//!
//! Each writer has a lot of its own and keeps replacing what the lot went into: it voids the last operation and records
//! the next, and renames a material to the same number. So every answer about the lot tells which write it has seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lotgraph::cache::{Cache, CacheCounts};
use lotgraph::domain::{Event, Master, MasterRef, MaterialCode, Node, NodeRef};
use lotgraph::store::layer::cached::CachedStore;
use lotgraph::store::{Closure, Store};
use rand::seq::IndexedRandom;
use serde_json::json;
use tokio::sync::RwLock;

use super::{forward, memory, redis};
use crate::support::events::{batch, event, minute};
use crate::support::memory_store::MemoryStore;
use crate::support::private_redis::PrivateRedis;
use crate::support::watched::Watched;

const WRITERS: u64 = 24;
const READERS: usize = 24;
const WRITES_EACH: u64 = 4_200;

/// A cache whose puts come late, up to a millisecond after the answer was computed.
struct Late<C>(Arc<C>);

#[async_trait]
impl<C: Cache> Cache for Late<C> {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    async fn get(&self, key: &str) -> Option<Bytes> {
        self.0.get(key).await
    }
    async fn put(&self, key: &str, value: Bytes) {
        let (cache, key) = (Arc::clone(&self.0), key.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_micros(rand::random_range(0..1_000))).await;
            cache.put(&key, value).await;
        });
    }
    fn counts(&self) -> CacheCounts {
        self.0.counts()
    }
    async fn healthy(&self) -> bool {
        self.0.healthy().await
    }
}

/// The n-th write of a writer.
fn write(writer: u64, n: u64) -> Vec<Event> {
    let at = minute(n as i64).to_string();
    let mut events = vec![
        event(&json!({"type": "operation", "kind": "PRODUCE", "id": format!("O{writer}-{n}"), "at": at,
            "inputs": [{"lot": format!("S{writer}")}], "outputs": [{"lot": format!("P{writer}-{n}")}]})),
        event(&json!({"type": "material", "id": format!("M{writer}-{n}"), "code": format!("M{writer}"),
            "name": n.to_string(), "unit": "KGM"})),
    ];
    if n > 1 {
        events.push(event(&json!({"type": "void", "id": format!("V{writer}-{n}"), "reason": "replaced",
            "event": format!("O{writer}-{}", n - 1)})));
    }
    events
}

/// Which write of a writer the closure of its lot shows.
async fn seen_in_closure(store: &CachedStore, writer: u64, skip_cache: bool) -> u64 {
    let query = Closure { skip_cache, ..forward(&format!("S{writer}")) };
    let answer = store.closure(&query).await.unwrap();
    let products = answer.lots.iter().filter_map(|lot| lot.id.as_str().strip_prefix('P'));
    let numbers: Vec<u64> = products.map(|id| id.split_once('-').unwrap().1.parse().unwrap()).collect();
    assert!(numbers.len() <= 1, "one write replaces the other: {numbers:?}");
    numbers.first().copied().unwrap_or(0)
}

/// Which write of a writer the name of its material shows.
async fn seen_in_get(store: &CachedStore, writer: u64) -> u64 {
    let code = MaterialCode::parse(&format!("M{writer}")).unwrap();
    let nodes = store.get(&[NodeRef::Master(MasterRef::Material(code))]).await.unwrap();
    match &nodes[0] {
        Some(Node::Master(Master::Material(material))) => {
            material.name.as_ref().map_or(0, |name| name.as_str().parse().unwrap())
        }
        _ => 0,
    }
}

/// Reads one way or another, and checks that nothing acknowledged before is missing.
async fn check(store: &CachedStore, writer: u64, acknowledged: &AtomicU64) {
    let at_least = acknowledged.load(Ordering::SeqCst);
    let seen = match rand::random_range(0..20) {
        0 => seen_in_closure(store, writer, true).await,
        1..=9 => seen_in_closure(store, writer, false).await,
        _ => seen_in_get(store, writer).await,
    };
    assert!(seen >= at_least, "writer {writer}: write {at_least} was acknowledged, the answer shows {seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stale_answer_never_follows_an_acknowledged_write() {
    let server = PrivateRedis::start(&[]).await;
    let inner = Watched::new(Arc::new(MemoryStore::default()));
    inner.late(Duration::from_micros(500));
    let caches: Vec<_> = (0..2).map(|_| (memory(), redis(&server.uri()))).collect();
    let instances: Vec<Arc<CachedStore>> = caches
        .iter()
        .map(|(near, far)| {
            let both: Vec<Arc<dyn Cache>> =
                vec![Arc::new(Late(Arc::clone(near))), Arc::new(Late(Arc::clone(far)))];
            let store = CachedStore::new(inner.clone(), both, Duration::ZERO).with_identity("plant");
            Arc::new(store)
        })
        .collect();
    let instances = Arc::new(instances);
    let acknowledged: Arc<Vec<AtomicU64>> = Arc::new((0..WRITERS).map(|_| AtomicU64::new(0)).collect());
    let done = Arc::new(AtomicBool::new(false));
    // Every write makes all keys old. Now and then the writers rest for a moment, so that answers are also found.
    let rest = Arc::new(RwLock::new(()));
    let rests = tokio::spawn({
        let rest = Arc::clone(&rest);
        async move {
            loop {
                tokio::time::sleep(Duration::from_millis(30)).await;
                let _resting = rest.write().await;
                tokio::time::sleep(Duration::from_millis(6)).await;
            }
        }
    });

    let pick = |instances: &[Arc<CachedStore>]| Arc::clone(instances.choose(&mut rand::rng()).unwrap());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (instances, acknowledged) = (Arc::clone(&instances), Arc::clone(&acknowledged));
            let rest = Arc::clone(&rest);
            tokio::spawn(async move {
                for n in 1..=WRITES_EACH {
                    let working = rest.read().await;
                    let receipt = pick(&instances).commit(&batch(write(writer, n))).await.unwrap();
                    assert!(receipt.applied, "{receipt:?}");
                    acknowledged[writer as usize].store(n, Ordering::SeqCst);
                    drop(working);
                    check(&pick(&instances), writer, &acknowledged[writer as usize]).await;
                }
            })
        })
        .collect();
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let (instances, acknowledged) = (Arc::clone(&instances), Arc::clone(&acknowledged));
            let done = Arc::clone(&done);
            tokio::spawn(async move {
                let mut reads = 0_u64;
                while !done.load(Ordering::SeqCst) {
                    // Few lots, so that readers meet under one key.
                    let writer = rand::random_range(0..4);
                    check(&pick(&instances), writer, &acknowledged[writer as usize]).await;
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    rests.abort();
    let mut reads = WRITERS * WRITES_EACH;
    for reader in readers {
        reads += reader.await.unwrap();
    }
    assert!(WRITERS * WRITES_EACH >= 100_000 && reads >= 100_000);
    // It proves something only if the caches took part.
    let hits = |counts: CacheCounts| counts.hits;
    let (near, far): (u64, u64) = caches
        .iter()
        .map(|(near, far)| (hits(near.counts()), hits(far.counts())))
        .fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    println!("{reads} reads, {near} hits in memory, {far} in redis");
    assert!(near > 100 && far > 100, "{near} hits in memory, {far} in redis");
}
