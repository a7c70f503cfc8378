//! The configuration: one file, the environment, flags; unknown keys are errors; every value knows where it came from.
//!
//! Later sources win: the defaults in `default.toml`, then `lotgraph.toml`, then `LOTGRAPH__SECTION__KEY` in the
//! environment, then flags.

mod load;

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

pub use load::{Loaded, Origin, Sources, load};

/// Everything that can be configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The store: `sqlite:PATH`, or `neo4j://HOST:PORT` and the other Bolt schemes.
    pub store: String,
    /// The cache: `memory`, `redis://HOST:PORT/`, or `none`.
    pub cache: String,
    /// The address to serve on.
    pub listen: SocketAddr,
    /// Whether an address that other machines reach is allowed although nobody has to log in.
    pub insecure: bool,
    /// Bounds of a trace.
    pub trace: TraceSettings,
    /// Bounds of questions about the past.
    pub as_of: AsOfSettings,
    /// Bounds of requests.
    pub http: HttpSettings,
    /// The Neo4j client.
    pub neo4j: Neo4jSettings,
    /// The cache in memory.
    pub memory: MemorySettings,
    /// The Redis client.
    pub redis: RedisSettings,
    /// The logs.
    pub log: LogSettings,
}

/// Bounds of a trace.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceSettings {
    /// Lots and operations one trace may read.
    pub nodes_max: u32,
    /// How long one trace may take, in milliseconds.
    pub deadline_ms: u64,
    /// How old the revision that an answer is based on may be, in milliseconds; 0 asks the store each time.
    pub staleness_max_ms: u64,
}

/// Bounds of questions about the past.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsOfSettings {
    /// Events that one replay of the ledger may hold.
    pub events_max: u64,
    /// Replayed stores kept for the next question.
    pub stores_kept: usize,
    /// How long a question waits for a replay, in milliseconds; the replay goes on without it.
    pub patience_ms: u64,
}

/// Bounds of requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// Further names under which the server may be asked, as behind a proxy; separated by commas.
    pub allowed_hosts: String,
    /// The largest body of `POST /api/v1/events`, in bytes.
    pub events_bytes_max: usize,
    /// The largest body of `POST /graphql`, in bytes.
    pub graphql_bytes_max: usize,
    /// How long one request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// How long requests in progress may go on after SIGTERM, in seconds.
    pub shutdown_timeout_s: u64,
    /// WebSockets and Server-Sent Events open at once.
    pub streams_max: usize,
}

/// The Neo4j client.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neo4jSettings {
    /// The user; empty without authentication.
    pub user: String,
    /// The password.
    pub password: String,
    /// The database; empty for the server's default.
    pub database: String,
    /// Connections kept open at most.
    pub connections_max: usize,
    /// How long one read may take on the server, in milliseconds.
    pub query_timeout_ms: u64,
}

/// The cache in memory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemorySettings {
    /// Bytes it may hold.
    pub bytes_max: u64,
}

/// The Redis client.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// Before every key.
    pub key_prefix: String,
    /// How long a value is kept, in seconds.
    pub time_to_live_s: u64,
    /// How long an answer may take before it counts as a miss, in milliseconds.
    pub response_timeout_ms: u64,
    /// The largest value kept, in bytes.
    pub value_bytes_max: usize,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// What to log: `error`, `warn`, `info`, `debug`, or a `tracing` filter.
    pub level: String,
    /// How.
    pub format: LogFormat,
}

impl TraceSettings {
    /// How long one trace may take.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }
}

/// A URI without its password, fit to be shown.
#[must_use]
pub fn redact(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_owned() };
    let Some((credentials, host)) = rest.rsplit_once('@') else { return uri.to_owned() };
    match credentials.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:…@{host}"),
        None => uri.to_owned(),
    }
}
