//! Racing readers and writers over two instances and one Redis: an acknowledged write is never missing from an answer.
//!
//! Each writer has a lot of its own and keeps replacing what the lot went into: it voids the last operation and records
//! the next, and renames a material to the same number. So every answer about the lot tells which write it has seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lotgraph::cache::memory::MemoryCache;
use lotgraph::cache::redis::{RedisCache, RedisOptions};
use lotgraph::cache::{Cache, CacheCounts};
use lotgraph::domain::{Event, Master, MasterRef, MaterialCode, Node, NodeRef};
use lotgraph::store::layer::cached::CachedStore;
use lotgraph::store::{Closure, Ledger, Reader};
use rand::seq::IndexedRandom;
use serde_json::json;
use tokio::sync::RwLock;

use super::{forward, memory, redis, redis_with};
use crate::support::events::{batch, event, minute};
use crate::support::memory_store::MemoryStore;
use crate::support::private_redis::PrivateRedis;
use crate::support::watched::Watched;

const WRITERS: u64 = 24;
const READERS: usize = 8;
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

/// One race.
struct Race {
    instances: Vec<Arc<CachedStore>>,
    acknowledged: Vec<AtomicU64>,
    /// Every write makes all keys old. Now and then the writers rest for a moment, so that answers are also found.
    rest: RwLock<()>,
    done: AtomicBool,
}

impl Race {
    fn instance(&self) -> &CachedStore {
        self.instances.choose(&mut rand::rng()).unwrap()
    }

    async fn write(self: Arc<Self>, writer: u64, writes: u64) {
        let acknowledged = &self.acknowledged[writer as usize];
        for n in 1..=writes {
            let working = self.rest.read().await;
            let receipt = self.instance().commit(&batch(write(writer, n))).await.unwrap();
            assert!(receipt.applied, "{receipt:?}");
            acknowledged.store(n, Ordering::SeqCst);
            drop(working);
            check(self.instance(), writer, acknowledged).await;
        }
    }

    async fn read(self: Arc<Self>) -> u64 {
        let mut reads = 0;
        while !self.done.load(Ordering::SeqCst) {
            // Few lots, so that readers meet under one key.
            let writer = rand::random_range(0..4);
            check(self.instance(), writer, &self.acknowledged[writer as usize]).await;
            reads += 1;
        }
        reads
    }

    async fn rests(self: Arc<Self>) {
        loop {
            tokio::time::sleep(Duration::from_millis(30)).await;
            let _resting = self.rest.write().await;
            tokio::time::sleep(Duration::from_millis(6)).await;
        }
    }

    /// Runs it to the end; returns how often an answer was checked.
    async fn run(self: Arc<Self>, writes_each: u64) -> u64 {
        let rests = tokio::spawn(Arc::clone(&self).rests());
        let writers: Vec<_> =
            (0..WRITERS).map(|writer| tokio::spawn(Arc::clone(&self).write(writer, writes_each))).collect();
        let readers: Vec<_> = (0..READERS).map(|_| tokio::spawn(Arc::clone(&self).read())).collect();
        for writer in writers {
            writer.await.unwrap();
        }
        self.done.store(true, Ordering::SeqCst);
        rests.abort();
        let mut reads = WRITERS * writes_each;
        for reader in readers {
            reads += reader.await.unwrap();
        }
        reads
    }
}

/// Two caches of one instance, both late.
type Pair = (Arc<MemoryCache>, Arc<RedisCache>);

fn race(pairs: &[Pair], staleness_max: Duration) -> Arc<Race> {
    race_over(Arc::new(MemoryStore::default()), pairs, staleness_max)
}

fn race_over(store: Arc<dyn Ledger>, pairs: &[Pair], staleness_max: Duration) -> Arc<Race> {
    let inner = Watched::new(store);
    inner.late(Duration::from_micros(500));
    let instance = |(near, far): &Pair| {
        let both: Vec<Arc<dyn Cache>> =
            vec![Arc::new(Late(Arc::clone(near))), Arc::new(Late(Arc::clone(far)))];
        Arc::new(CachedStore::new(inner.clone(), both, staleness_max))
    };
    Arc::new(Race {
        instances: pairs.iter().map(instance).collect(),
        acknowledged: (0..WRITERS).map(|_| AtomicU64::new(0)).collect(),
        rest: RwLock::new(()),
        done: AtomicBool::new(false),
    })
}

/// Hits in memory and in Redis. A race proves something only if the caches took part.
fn hits(pairs: &[Pair]) -> (u64, u64) {
    let near = pairs.iter().map(|(near, _)| near.counts().hits).sum();
    (near, pairs.iter().map(|(_, far)| far.counts().hits).sum())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stale_answer_never_follows_an_acknowledged_write() {
    let server = PrivateRedis::start(&[]).await;
    let pairs: Vec<Pair> = (0..2).map(|_| (memory(), redis(&server.uri()))).collect();
    let reads = race(&pairs, Duration::ZERO).run(WRITES_EACH).await;
    assert!(WRITERS * WRITES_EACH >= 100_000 && reads >= 100_000);
    let (near, far) = hits(&pairs);
    println!("{reads} reads, {near} hits in memory, {far} in redis");
    assert!(near > 100 && far > 100, "{near} hits in memory, {far} in redis");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn not_even_while_redis_comes_and_goes() {
    let mut server = PrivateRedis::start(&[]).await;
    let impatient = |options: &mut RedisOptions| {
        options.response_timeout = Duration::from_millis(50);
        options.connect_timeout = Duration::from_millis(100);
        options.retry_after = Duration::from_millis(100);
    };
    let pairs: Vec<Pair> = (0..2).map(|_| (memory(), redis_with(&server.uri(), impatient))).collect();
    let race = tokio::spawn(race(&pairs, Duration::ZERO).run(600));
    let mut rounds = 0;
    while !race.is_finished() {
        tokio::time::sleep(Duration::from_millis(300)).await;
        match rounds % 3 {
            0 => {
                server.pause();
                tokio::time::sleep(Duration::from_millis(300)).await;
                server.resume();
            }
            1 => {
                server.kill();
                server.restart().await;
            }
            _ => {
                let () = ::redis::cmd("FLUSHALL").query_async(&mut server.inside().await).await.unwrap();
            }
        }
        rounds += 1;
    }
    race.await.unwrap();
    let failures: u64 = pairs.iter().map(|(_, far)| far.counts().failures).sum();
    println!("{rounds} faults, {failures} failures, {:?} hits", hits(&pairs));
    assert!(rounds >= 3 && failures > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_instance_that_remembers_the_revision_sees_its_own_writes() {
    let server = PrivateRedis::start(&[]).await;
    let pairs: Vec<Pair> = vec![(memory(), redis(&server.uri()))];
    race(&pairs, Duration::from_secs(3_600)).run(400).await;
    let (near, _) = hits(&pairs);
    assert!(near > 100, "{near} hits in memory");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_over_sqlite() {
    let server = PrivateRedis::start(&[]).await;
    let fresh = crate::support::stores::sqlite().await;
    let pairs: Vec<Pair> = (0..2).map(|_| (memory(), redis(&server.uri()))).collect();
    race_over(Arc::clone(&fresh.store), &pairs, Duration::ZERO).run(40).await;
    let (near, far) = hits(&pairs);
    assert!(near > 100 && far > 100, "{near} hits in memory, {far} in redis");
}
