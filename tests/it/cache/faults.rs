//! Whatever becomes of Redis, answers stay right, requests succeed and soon nobody waits for it; and it comes back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use lotgraph::cache::Cache;
use lotgraph::cache::redis::RedisCache;
use lotgraph::store::Reader;
use lotgraph::store::layer::cached::CachedStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{cached, content, forward, memory, planted, receive, redis, redis_with};
use crate::support::private_redis::{PrivateRedis, free_port};
use crate::support::watched::Watched;

const LOTS: [&str; 4] = ["A", "B", "C", "D"];
/// Long, so that a request that waits for Redis stands out from one that a busy machine delays.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A store whose only cache is the Redis at this address, which is about to go away.
async fn behind(uri: &str) -> (Arc<Watched>, Arc<CachedStore>, Arc<RedisCache>) {
    over(redis_with(uri, |options| options.response_timeout = TIMEOUT)).await
}

/// The same over a Redis that answers all the time, however busy the machine is.
async fn beside(uri: &str) -> (Arc<Watched>, Arc<CachedStore>, Arc<RedisCache>) {
    over(redis(uri)).await
}

async fn over(cache: Arc<RedisCache>) -> (Arc<Watched>, Arc<CachedStore>, Arc<RedisCache>) {
    let inner = planted("-> A; A -> B; B -> C; C -> D; B -> E; D E -> F").await;
    let store = cached(&inner, [Arc::clone(&cache) as Arc<dyn Cache>]);
    (inner, store, cache)
}

/// Asks for everything once and compares with the store itself.
async fn ask_all(inner: &Watched, store: &CachedStore) {
    for lot in LOTS {
        let answer = store.closure(&forward(lot)).await.unwrap();
        assert_eq!(content(answer), content(inner.closure(&forward(lot)).await.unwrap()), "{lot}");
    }
}

/// Asks until the cache answers again.
async fn recovers(inner: &Watched, store: &CachedStore, cache: &RedisCache) {
    let before = cache.counts().hits;
    let started = Instant::now();
    while cache.counts().hits < before + 10 {
        ask_all(inner, store).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(started.elapsed() < Duration::from_secs(60), "it does not come back: {:?}", cache.counts());
    }
    assert!(cache.healthy().await);
}

/// Asks while Redis is away: the first few may wait for it, the many after them do not.
async fn does_without(inner: &Watched, store: &CachedStore, cache: &RedisCache) {
    for _ in 0..2 {
        ask_all(inner, store).await;
    }
    let started = Instant::now();
    let failures = cache.counts().failures;
    for _ in 0..50 {
        ask_all(inner, store).await;
    }
    let (took, failures) = (started.elapsed(), cache.counts().failures - failures);
    // Two hundred requests would wait 200 seconds; the machine's own pace is milliseconds each.
    assert!(took < Duration::from_secs(20), "200 requests took {took:?}");
    // Puts sent before the circuit opened may still fail now, but nothing is asked any more.
    assert!(failures <= 16, "{failures} more failures with the circuit open");
    assert!(!cache.healthy().await);
}

#[tokio::test]
async fn killed_and_started_again() {
    let mut server = PrivateRedis::start(&[]).await;
    let (inner, store, cache) = behind(&server.uri()).await;
    ask_all(&inner, &store).await;
    server.filled(LOTS.len()).await;
    recovers(&inner, &store, &cache).await;
    server.kill();
    does_without(&inner, &store, &cache).await;
    receive(store.as_ref(), "X").await;
    ask_all(&inner, &store).await;
    server.restart().await;
    recovers(&inner, &store, &cache).await;
}

#[tokio::test]
async fn a_short_absence_is_bridged_without_opening_the_circuit() {
    let mut server = PrivateRedis::start(&[]).await;
    let cache = redis_with(&server.uri(), |options| options.retry_after = Duration::from_secs(3_600));
    cache.put("key", Bytes::from_static(b"value")).await;
    server.filled(1).await;
    assert!(cache.get("key").await.is_some());
    server.kill();
    assert_eq!(cache.get("key").await, None);
    server.restart().await;
    for _ in 0..3 {
        cache.get("key").await;
    }
    assert!(cache.healthy().await, "an hour would pass before a probe");
}

#[tokio::test]
async fn paused_and_resumed() {
    let server = PrivateRedis::start(&[]).await;
    let (inner, store, cache) = behind(&server.uri()).await;
    ask_all(&inner, &store).await;
    server.filled(LOTS.len()).await;
    server.pause();
    does_without(&inner, &store, &cache).await;
    server.resume();
    recovers(&inner, &store, &cache).await;
}

#[tokio::test]
async fn away_from_the_start() {
    let uri = format!("redis://127.0.0.1:{}", free_port());
    let (inner, store, cache) = behind(&uri).await;
    assert!(!cache.healthy().await);
    does_without(&inner, &store, &cache).await;
}

#[tokio::test]
async fn flushed_in_between() {
    let server = PrivateRedis::start(&[]).await;
    let (inner, store, cache) = beside(&server.uri()).await;
    for _ in 0..3 {
        ask_all(&inner, &store).await;
        server.filled(LOTS.len()).await;
        let () = ::redis::cmd("FLUSHALL").query_async(&mut server.inside().await).await.unwrap();
    }
    assert_eq!(cache.counts().failures, 0, "an empty cache is not a broken one");
    recovers(&inner, &store, &cache).await;
}

/// Replaces every value in a Redis.
async fn tamper(server: &PrivateRedis, change: impl Fn(&str, Vec<u8>) -> Vec<u8>) {
    let mut inside = server.inside().await;
    for key in server.keys().await {
        let value: Vec<u8> = ::redis::cmd("GET").arg(&key).query_async(&mut inside).await.unwrap();
        let value = change(&key, value);
        let () = ::redis::cmd("SET").arg(&key).arg(value).query_async(&mut inside).await.unwrap();
    }
}

#[tokio::test]
async fn damaged_values_are_misses_and_are_repaired() {
    let server = PrivateRedis::start(&[]).await;
    let (inner, store, cache) = beside(&server.uri()).await;
    ask_all(&inner, &store).await;
    server.filled(LOTS.len()).await;
    type Damage = fn(&str, Vec<u8>) -> Vec<u8>;
    let damages: [(&str, Damage); 5] = [
        ("one byte of the payload", |_, mut value| {
            let last = value.len() - 1;
            value[last] ^= 1;
            value
        }),
        ("truncated", |_, value| value[..value.len() / 2].to_vec()),
        ("empty", |_, _| Vec::new()),
        ("text", |_, _| b"not an answer at all".to_vec()),
        ("longer", |_, mut value| {
            value.push(0);
            value
        }),
    ];
    for (name, damage) in damages {
        let before = cache.counts();
        tamper(&server, damage).await;
        ask_all(&inner, &store).await;
        let after = cache.counts();
        assert_eq!((after.hits, after.failures), (before.hits, before.failures + 4), "{name}");
        repaired(&inner, &store, &cache).await;
    }
}

/// Waits until every answer comes from the cache again: puts are not waited for.
async fn repaired(inner: &Watched, store: &CachedStore, cache: &RedisCache) {
    for _ in 0..200 {
        let before = cache.counts().hits;
        ask_all(inner, store).await;
        if cache.counts().hits == before + LOTS.len() as u64 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("damaged values were not replaced: {:?}", cache.counts());
}

#[tokio::test]
async fn a_value_under_the_wrong_key_is_a_miss() {
    let server = PrivateRedis::start(&[]).await;
    let (inner, store, cache) = beside(&server.uri()).await;
    ask_all(&inner, &store).await;
    server.filled(LOTS.len()).await;
    // Intact values, all of them answers to another question than that of their key.
    let mut inside = server.inside().await;
    let keys = server.keys().await;
    let mut values: Vec<Vec<u8>> = Vec::new();
    for key in &keys {
        values.push(::redis::cmd("GET").arg(key).query_async(&mut inside).await.unwrap());
    }
    values.rotate_left(1);
    for (key, value) in keys.iter().zip(values) {
        let () = ::redis::cmd("SET").arg(key).arg(value).query_async(&mut inside).await.unwrap();
    }
    let hits = cache.counts().hits;
    ask_all(&inner, &store).await;
    assert_eq!(cache.counts().hits, hits);
    repaired(&inner, &store, &cache).await;
}

#[tokio::test]
async fn keys_of_the_wrong_type_are_misses_and_are_replaced() {
    let server = PrivateRedis::start(&[]).await;
    let (inner, store, cache) = beside(&server.uri()).await;
    ask_all(&inner, &store).await;
    server.filled(LOTS.len()).await;
    let mut inside = server.inside().await;
    for key in server.keys().await {
        let () = ::redis::cmd("DEL").arg(&key).query_async(&mut inside).await.unwrap();
        let () = ::redis::cmd("RPUSH").arg(&key).arg("x").query_async(&mut inside).await.unwrap();
    }
    ask_all(&inner, &store).await;
    assert_eq!(cache.counts().failures, 4);
    repaired(&inner, &store, &cache).await;
}

#[tokio::test]
async fn full_of_other_things_it_still_answers_reads() {
    let server = PrivateRedis::start(&["--maxmemory-policy", "noeviction"]).await;
    let (inner, store, cache) = beside(&server.uri()).await;
    ask_all(&inner, &store).await;
    server.filled(LOTS.len()).await;
    let mut inside = server.inside().await;
    let () =
        ::redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg("1").query_async(&mut inside).await.unwrap();
    // Refused puts, many of them, must not close the way to what is there.
    for n in 0..20 {
        cache.put(&format!("more {n}"), Bytes::from_static(b"value")).await;
    }
    repaired(&inner, &store, &cache).await;
    assert!(cache.healthy().await);
    assert_eq!(server.keys().await.len(), LOTS.len());
}

/// A server that answers every chunk it receives with something.
async fn impostor(
    answer: impl Fn(u64) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let chunks = Arc::new(AtomicU64::new(0));
    let (answer, counter) = (Arc::new(answer), Arc::clone(&chunks));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (answer, counter) = (Arc::clone(&answer), Arc::clone(&counter));
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while socket.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    let n = counter.fetch_add(1, Ordering::SeqCst);
                    let Some(bytes) = answer(n) else { continue };
                    if socket.write_all(&bytes).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    (address, chunks)
}

#[tokio::test]
async fn servers_that_are_no_redis() {
    let http = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec();
    let noise = |n: u64| (0..64).map(|byte| (n * 31 + byte * 17) as u8).collect::<Vec<u8>>();
    let (speaks_http, _) = impostor(move |_| Some(http.clone())).await;
    let (speaks_noise, _) = impostor(move |n| Some(noise(n))).await;
    // Promises a value of 512 MB, and never sends it.
    let (promises, _) = impostor(|_| Some(b"$536870912\r\nx".to_vec())).await;
    let (nested, _) = impostor(|_| Some(b"*1\r\n".repeat(5_000))).await;
    let (yes_man, _) = impostor(|_| Some(b"+OK\r\n+OK\r\n+OK\r\n".to_vec())).await;
    for address in [speaks_http, speaks_noise, promises, nested, yes_man] {
        let (inner, store, cache) = behind(&format!("redis://{address}")).await;
        does_without_or_misses(&inner, &store, &cache).await;
    }
}

/// As [`does_without`], but a server that answers something well-formed may leave the circuit closed.
async fn does_without_or_misses(inner: &Watched, store: &CachedStore, cache: &RedisCache) {
    for _ in 0..2 {
        ask_all(inner, store).await;
    }
    let started = Instant::now();
    for _ in 0..50 {
        ask_all(inner, store).await;
    }
    assert!(started.elapsed() < Duration::from_secs(20), "200 requests took {:?}", started.elapsed());
    assert_eq!(cache.counts().hits, 0);
    assert!(cache.counts().failures > 0);
}

#[tokio::test]
async fn a_black_hole_is_asked_only_by_probes_once_the_circuit_is_open() {
    let (address, chunks) = impostor(|_| None).await;
    let inner = planted("-> A; A -> B; B -> C; C -> D").await;
    let cache = redis_with(&format!("redis://{address}"), |options| {
        options.response_timeout = Duration::from_millis(50);
        options.connect_timeout = Duration::from_millis(50);
        options.put_timeout = Duration::from_millis(50);
        options.retry_after = Duration::from_secs(3_600);
    });
    let store = cached(&inner, [Arc::clone(&cache) as Arc<dyn Cache>]);
    for _ in 0..4 {
        ask_all(&inner, &store).await;
    }
    // Let what is under way end.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = chunks.load(Ordering::SeqCst);
    for _ in 0..100 {
        ask_all(&inner, &store).await;
    }
    assert_eq!(chunks.load(Ordering::SeqCst), before);
    assert!(!cache.healthy().await);
}

#[tokio::test]
async fn puts_never_wait_and_never_pile_up() {
    let server = PrivateRedis::start(&[]).await;
    let cache = redis_with(&server.uri(), |options| {
        options.put_timeout = Duration::from_secs(60);
        options.queue_bytes_max = 64 << 10;
        options.value_bytes_max = 8 << 10;
    });
    server.pause();
    let value = Bytes::from(vec![7; 8 << 10]);
    let started = Instant::now();
    for n in 0..10_000 {
        cache.put(&n.to_string(), value.clone()).await;
    }
    assert!(started.elapsed() < Duration::from_secs(20));
    server.resume();
    server.filled(8).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(server.keys().await.len(), 8, "the queue holds eight such values");
    let small = redis_with(&server.uri(), |options| options.value_bytes_max = 10);
    small.put("large", Bytes::from(vec![7; 11])).await;
    small.put("small", Bytes::from(vec![7; 10])).await;
    for _ in 0..200 {
        if small.get("small").await.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(small.get("small").await.is_some());
    assert_eq!(small.get("large").await, None);
}

#[tokio::test]
async fn instances_share_what_one_of_them_computed() {
    let server = PrivateRedis::start(&[]).await;
    let inner = planted("-> A; A -> B; B -> C; C -> D").await;
    let one = cached(&inner, [memory(), redis(&server.uri())]);
    let two = cached(&inner, [memory(), redis(&server.uri())]);
    let computed = one.closure(&forward("A")).await.unwrap();
    server.filled(1).await;
    let shared = two.closure(&forward("A")).await.unwrap();
    assert!(shared.cached);
    assert_eq!(shared.computed_at, computed.computed_at);
    assert_eq!(inner.count("closure"), 1);
    let prefixed = redis_with(&server.uri(), |options| options.key_prefix = "other:".to_owned());
    let apart = cached(&inner, [prefixed as Arc<dyn Cache>]);
    assert!(!apart.closure(&forward("A")).await.unwrap().cached, "another prefix, another cache");
    server.filled(2).await;
    let mut inside = server.inside().await;
    for key in server.keys().await {
        let millis: i64 = ::redis::cmd("PTTL").arg(&key).query_async(&mut inside).await.unwrap();
        assert!((1..=660_000).contains(&millis), "{key} lives for {millis} ms");
    }
}

#[tokio::test]
async fn a_wrong_password_only_costs_speed() {
    let server = PrivateRedis::start(&["--requirepass", "right"]).await;
    let wrong = server.uri().replace("redis://", "redis://:wrong@");
    let (inner, store, cache) = behind(&wrong).await;
    does_without(&inner, &store, &cache).await;
}
