//! The cache in Redis, which instances of the service share. Nobody waits for it long, and no answer of it is
//! believed without a checksum.

mod breaker;
mod envelope;
mod line;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use redis::{Client, Value};
use tokio::sync::Semaphore;

use self::breaker::Breaker;
use self::line::{Line, LineError};
use super::meter::Meter;
use super::{Cache, CacheCounts, CacheError};

/// Values that wait to be written are counted in units of this many bytes.
const QUEUE_UNIT_BYTES: usize = 1_024;

/// How Redis is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisOptions {
    /// What every key begins with.
    pub key_prefix: String,
    /// A read that takes longer is a miss.
    pub response_timeout: Duration,
    /// A value that takes longer to be written is given up. Nobody waits for it.
    pub put_timeout: Duration,
    /// A connection that takes longer to be made is given up.
    pub connect_timeout: Duration,
    /// Values live this long, give or take a tenth, so that they do not all end at once.
    pub time_to_live: Duration,
    /// A larger value is not kept.
    pub value_bytes_max: usize,
    /// Values waiting to be written take at most this many bytes; more are not kept.
    pub queue_bytes_max: usize,
    /// After this many failures in a row Redis is not asked any more for a while.
    pub failures_max: u32,
    /// How long Redis is not asked then. After that, a probe in the background finds out whether it works
    /// again.
    pub retry_after: Duration,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            key_prefix: "lotgraph:".to_owned(),
            response_timeout: Duration::from_millis(100),
            put_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(1),
            time_to_live: Duration::from_secs(600),
            value_bytes_max: 32 << 20,
            queue_bytes_max: 32 << 20,
            failures_max: 5,
            retry_after: Duration::from_secs(2),
        }
    }
}

/// A cache in Redis.
///
/// Reads and writes each have a connection and a circuit breaker of their own. So a large value on its way
/// out delays no read, and a server that refuses writes (because it is out of memory, or a replica) still
/// answers reads.
pub struct RedisCache {
    reads: Arc<Line>,
    writes: Arc<Line>,
    queue: Arc<Semaphore>,
    options: RedisOptions,
    meter: Arc<Meter>,
}

impl RedisCache {
    /// A cache in the Redis at an address like `redis://:password@host:6379/0`. It connects when it is first
    /// used, so a Redis that cannot be reached is no error here.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn connect(uri: &str, options: &RedisOptions) -> Result<Self, CacheError> {
        let client = Client::open(uri).map_err(|error| CacheError::Address(error.category().to_owned()))?;
        let line = |purpose, timeout| {
            let breaker = Breaker::new(options.failures_max, options.retry_after);
            Line::new(purpose, client.clone(), timeout, options.connect_timeout, breaker)
        };
        Ok(Self {
            reads: line("read", options.response_timeout),
            writes: line("write", options.put_timeout),
            queue: Arc::new(Semaphore::new(units(options.queue_bytes_max) as usize)),
            options: options.clone(),
            meter: Arc::new(Meter::new("redis")),
        })
    }

    fn full_key(&self, key: &str) -> String {
        format!("{}{key}", self.options.key_prefix)
    }

    fn time_to_live_millis(&self) -> u64 {
        let nominal = self.options.time_to_live.as_millis() as f64;
        (nominal * rand::random_range(0.9..=1.1)).max(1.0) as u64
    }

    /// The value in an answer to GET, or why there is none.
    fn value(key: &str, answer: Result<Value, LineError>) -> Result<Bytes, Option<&'static str>> {
        match answer {
            Ok(Value::BulkString(sealed)) => envelope::open(key, &Bytes::from(sealed)).ok_or(Some("corrupt")),
            Ok(Value::Nil) | Err(LineError::Refused) => Err(None),
            Ok(_) | Err(LineError::WrongType) => Err(Some("wrong_type")),
            Err(LineError::Timeout) => Err(Some("timeout")),
            Err(LineError::Failed) => Err(Some("failed")),
        }
    }
}

fn units(bytes: usize) -> u32 {
    let units = bytes.div_ceil(QUEUE_UNIT_BYTES).min(Semaphore::MAX_PERMITS);
    u32::try_from(units).unwrap_or(u32::MAX)
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The lines are left out, because they know the password.
        formatter.debug_struct("RedisCache").field("options", &self.options).finish_non_exhaustive()
    }
}

#[async_trait]
impl Cache for RedisCache {
    fn name(&self) -> &'static str {
        "redis"
    }

    async fn get(&self, key: &str) -> Option<Bytes> {
        let key = self.full_key(key);
        let answer = self.reads.send(redis::cmd("GET").arg(&key)).await;
        match Self::value(&key, answer) {
            Ok(value) => {
                self.meter.hit();
                Some(value)
            }
            Err(reason) => {
                if let Some(reason) = reason {
                    self.meter.failure(reason);
                }
                self.meter.miss();
                None
            }
        }
    }

    async fn put(&self, key: &str, value: Bytes) {
        if value.len() > self.options.value_bytes_max {
            return self.meter.dropped("too_large");
        }
        // A server that does not answer reads is not sent values either.
        if !self.reads.works() {
            return self.meter.dropped("circuit_open");
        }
        let Ok(place) = Arc::clone(&self.queue).try_acquire_many_owned(units(value.len()).max(1)) else {
            return self.meter.dropped("queue_full");
        };
        let key = self.full_key(key);
        let millis = self.time_to_live_millis();
        let (writes, meter) = (Arc::clone(&self.writes), Arc::clone(&self.meter));
        tokio::spawn(async move {
            let sealed = envelope::seal(&key, &value);
            let mut command = redis::cmd("SET");
            command.arg(&key).arg(sealed).arg("PX").arg(millis);
            match writes.send(&command).await {
                Ok(_) => meter.kept(value.len()),
                Err(LineError::Refused) => meter.dropped("circuit_open"),
                Err(LineError::Timeout) => meter.failure("put_timeout"),
                Err(LineError::WrongType | LineError::Failed) => meter.failure("put_failed"),
            }
            drop(place);
        });
    }

    fn counts(&self) -> CacheCounts {
        self.meter.counts()
    }

    async fn healthy(&self) -> bool {
        matches!(self.reads.send(&redis::cmd("PING")).await, Ok(Value::SimpleString(answer)) if answer == "PONG")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_refused_without_repeating_it() {
        for address in ["", "not an address", "http://user:secret@host", "redis://:secret@:host:1/x"] {
            let error = RedisCache::connect(address, &RedisOptions::default()).expect_err(address);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn lifetimes_are_spread_by_a_tenth() {
        let cache = RedisCache::connect("redis://localhost", &RedisOptions::default()).expect("an address");
        let spread: Vec<u64> = (0..200).map(|_| cache.time_to_live_millis()).collect();
        assert!(spread.iter().all(|millis| (540_000..=660_000).contains(millis)));
        assert!(
            spread.iter().any(|millis| *millis < 580_000) && spread.iter().any(|millis| *millis > 620_000)
        );
    }
}
