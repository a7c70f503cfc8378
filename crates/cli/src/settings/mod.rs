//! The configuration: one file, the environment, flags; unknown keys are errors; every value knows where it came from.
//!
//! Later sources win: the defaults in `default.toml`, then `lotgraph.toml`, then `LOTGRAPH__SECTION__KEY` in the
//! environment, then flags.

mod load;

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use lotgraph_domain::NumberPolicy;
use lotgraph_planner::NumberPolicies;

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
    /// What is taken of what is sent.
    pub capture: CaptureSettings,
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

/// What is taken of what is sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureSettings {
    /// How far ahead of the clock the times of an event may lie, in seconds.
    pub ahead_max_s: u64,
    /// What becomes of numbers that stand where the id of a lot belongs.
    pub lot_numbers: LotNumberSettings,
}

/// What becomes of a number that stands where an event draws from a lot, works on it or holds it: `strict`, `resolve` or
/// `create`, by the source that sends it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotNumberSettings {
    /// Where nothing else is said.
    pub default: PolicyName,
    /// What comes through the REST API.
    pub rest: Option<PolicyName>,
    /// What comes through the GraphQL API.
    pub graphql: Option<PolicyName>,
    /// What is imported from files.
    pub import: Option<PolicyName>,
    /// What commands record.
    pub cli: Option<PolicyName>,
}

impl LotNumberSettings {
    /// The policies.
    #[must_use]
    pub fn policies(&self) -> NumberPolicies {
        let Self { default, rest, graphql, import, cli } = self;
        let by_source = [("rest", rest), ("graphql", graphql), ("import", import), ("cli", cli)];
        let by_source = by_source
            .into_iter()
            .filter_map(|(source, policy)| Some((source.to_owned(), policy.as_ref()?.0)));
        NumberPolicies { default: default.0, by_source: by_source.collect() }
    }
}

/// A policy by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PolicyName(pub NumberPolicy);

impl FromStr for PolicyName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        NumberPolicy::from_name(name)
            .map(Self)
            .ok_or_else(|| format!("there is no policy {name:?}; write strict, resolve or create"))
    }
}

impl TryFrom<String> for PolicyName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

impl CaptureSettings {
    /// Takes events however far ahead they lie.
    pub fn allow_future(&mut self) {
        self.ahead_max_s = u64::MAX;
    }
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
    /// Further names under which the server may be asked, or origins of its pages, as behind a proxy; separated by commas.
    pub allowed_hosts: String,
    /// The header in which a proxy names who asks; empty: everybody is anonymous.
    pub trusted_proxy_user_header: String,
    /// Where that proxy is: addresses and networks, separated by commas; empty: on this machine.
    pub trusted_proxies: String,
    /// The largest body of `POST /api/v1/events`, in bytes.
    pub events_bytes_max: usize,
    /// The largest body of `POST /graphql`, in bytes.
    pub graphql_bytes_max: usize,
    /// Connections at once; more wait for their turn.
    pub connections_max: usize,
    /// Bodies that arrive or are read at once.
    pub bodies_max: usize,
    /// Bytes that all of them have together; one of the longest always has room.
    pub bodies_bytes_max: usize,
    /// Bytes a second that a body must come with, after its first five seconds.
    pub body_rate_min: u64,
    /// How long one request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// How long requests in progress may go on after SIGTERM, in seconds.
    pub shutdown_timeout_s: u64,
    /// How long a client may leave an answer, or 64 KiB of it, untaken, in milliseconds.
    pub write_timeout_ms: u64,
    /// WebSockets that introduced themselves, and Server-Sent Events, open at once.
    pub streams_max: usize,
    /// WebSockets open at once that have not introduced themselves.
    pub sockets_waiting_max: usize,
    /// How long a WebSocket without an operation is kept, in seconds.
    pub socket_idle_timeout_s: u64,
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
