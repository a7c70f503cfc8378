//! Puts the program together: the only place that names concrete stores and caches.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::cache::Cache;
use crate::cache::memory::MemoryCache;
use crate::cache::redis::{RedisCache, RedisOptions};
use crate::service::as_of::{AsOfLimits, History};
use crate::service::trace::TraceLimits;
use crate::settings::{Settings, redact};
use crate::store::layer::bounded::BoundedStore;
use crate::store::layer::cached::CachedStore;
use crate::store::neo4j::{Neo4jOptions, Neo4jStore};
use crate::store::scratch::{ScratchStore, ScratchStores};
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError, StoreErrorKind};

/// What stores and caches need not log, unless it is asked for.
pub const LOG_DIRECTIVES: [&str; 1] = [crate::store::neo4j::LOG_DIRECTIVE];

/// How long `serve` waits for a store that does not answer yet, as when both start together.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// Closures and tallies that one instance asks its database for at once; more wait for their turn. Each may hold a
/// million nodes, and a database that is asked a hundred at once answers all of them late.
const HEAVY_READS_MAX: usize = 8;
/// A question that waits longer for its turn is told to come back (503 with Retry-After).
const HEAVY_READ_PATIENCE: Duration = Duration::from_secs(15);

/// A store by its URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUri {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A Neo4j server or cluster.
    Neo4j(String),
}

impl StoreUri {
    /// Reads a store's URI.
    ///
    /// # Errors
    /// Says which schemes there are.
    pub fn parse(uri: &str) -> anyhow::Result<Self> {
        const SCHEMES: &[&str] =
            &["neo4j://", "neo4j+s://", "neo4j+ssc://", "bolt://", "bolt+s://", "bolt+ssc://"];
        if let Some(path) = uri.strip_prefix("sqlite:") {
            if path.is_empty() {
                bail!("the store sqlite: names no file; write sqlite:PATH");
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if SCHEMES.iter().any(|scheme| uri.starts_with(scheme)) {
            return Ok(Self::Neo4j(uri.to_owned()));
        }
        bail!("there is no store {:?}; write sqlite:PATH or neo4j://HOST:PORT", redact(uri))
    }
}

/// Opens the configured store without a cache and prepares it.
///
/// # Errors
/// When the URI is wrong or the store does not answer.
pub async fn open_store(settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    open_store_at(&settings.store, settings).await
}

/// As [`open_store`], for a store other than the configured one.
///
/// # Errors
/// As [`open_store`].
pub async fn open_store_at(uri: &str, settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    let store = connect(uri, settings).await?;
    store.prepare().await.with_context(|| format!("cannot prepare the store {}", redact(uri)))?;
    Ok(store)
}

/// Opens the configured store to read from it: a SQLite file must be there, and another process may be writing to it.
///
/// # Errors
/// As [`open_store`].
pub async fn open_store_to_read(settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    open_store_to_read_at(&settings.store, settings).await
}

/// As [`open_store_to_read`], for a store other than the configured one.
///
/// # Errors
/// As [`open_store`].
pub async fn open_store_to_read_at(uri: &str, settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    let StoreUri::Sqlite(path) = StoreUri::parse(uri)? else { return open_store_at(uri, settings).await };
    if !path.exists() {
        bail!("there is no store file {}; name it with --store sqlite:PATH", path.display());
    }
    let open = move || {
        let store = SqliteStore::open_to_read(&path);
        store.with_context(|| format!("cannot open the store file {}", path.display()))
    };
    Ok(Arc::new(tokio::task::spawn_blocking(open).await??))
}

/// Opens the configured store to rehearse against it: nothing is written, not even a file when there is none.
///
/// # Errors
/// As [`open_store`].
pub async fn open_store_to_rehearse(settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    if let StoreUri::Sqlite(path) = StoreUri::parse(&settings.store)?
        && !path.exists()
    {
        let store = tokio::task::spawn_blocking(SqliteStore::temporary).await??;
        store.prepare().await?;
        return Ok(Arc::new(store));
    }
    open_store_to_read(settings).await
}

/// Connects to a store, without asking it anything yet.
///
/// # Errors
/// When the URI is wrong, or a SQLite file cannot be opened.
pub async fn connect(uri: &str, settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    match StoreUri::parse(uri)? {
        StoreUri::Sqlite(path) => {
            let store = tokio::task::spawn_blocking(move || open_file(&path)).await??;
            Ok(Arc::new(store))
        }
        StoreUri::Neo4j(uri) => {
            let options = neo4j_options(&uri, settings);
            let store = Neo4jStore::connect(&options).await;
            Ok(Arc::new(store.with_context(|| format!("cannot use the store {}", redact(&uri)))?))
        }
    }
}

fn open_file(path: &Path) -> anyhow::Result<SqliteStore> {
    SqliteStore::open(path).with_context(|| format!("cannot open the store file {}", path.display()))
}

/// `neo4j://USER:PASSWORD@HOST` works beside the settings of their own.
fn neo4j_options(uri: &str, settings: &Settings) -> Neo4jOptions {
    let neo4j = &settings.neo4j;
    let mut options = Neo4jOptions {
        uri: uri.to_owned(),
        user: neo4j.user.clone(),
        password: neo4j.password.clone(),
        database: Some(neo4j.database.clone()).filter(|name| !name.is_empty()),
        connections_max: neo4j.connections_max,
        query_timeout: Duration::from_millis(neo4j.query_timeout_ms),
    };
    if let Some((scheme, rest)) = uri.split_once("://")
        && let Some((credentials, host)) = rest.rsplit_once('@')
    {
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        options.uri = format!("{scheme}://{host}");
        options.user = user.to_owned();
        options.password = password.to_owned();
    }
    options
}

/// The configured caches, nearest first.
///
/// # Errors
/// When the URI is wrong; a Redis that does not answer is no error.
pub async fn open_caches(settings: &Settings) -> anyhow::Result<Vec<Arc<dyn Cache>>> {
    let memory = || -> Arc<dyn Cache> { Arc::new(MemoryCache::new(settings.memory.bytes_max)) };
    match settings.cache.as_str() {
        "none" => Ok(Vec::new()),
        "memory" => Ok(vec![memory()]),
        uri if uri.starts_with("redis://") => {
            let options = RedisOptions {
                key_prefix: settings.redis.key_prefix.clone(),
                time_to_live: Duration::from_secs(settings.redis.time_to_live_s),
                response_timeout: Duration::from_millis(settings.redis.response_timeout_ms),
                value_bytes_max: settings.redis.value_bytes_max,
                ..RedisOptions::default()
            };
            let redis = RedisCache::connect(uri, &options)
                .with_context(|| format!("cannot use the cache {}", redact(uri)))?;
            Ok(vec![memory(), Arc::new(redis)])
        }
        other => bail!("there is no cache {:?}; write memory, redis://HOST:PORT/ or none", redact(other)),
    }
}

/// The bounds of a trace.
#[must_use]
pub fn trace_limits(settings: &Settings) -> TraceLimits {
    TraceLimits { nodes_max: settings.trace.nodes_max, deadline: settings.trace.deadline() }
}

/// The bounds of questions about the past.
#[must_use]
pub fn as_of_limits(settings: &Settings) -> AsOfLimits {
    let as_of = &settings.as_of;
    AsOfLimits {
        events_max: as_of.events_max,
        stores_kept: as_of.stores_kept,
        patience: Duration::from_millis(as_of.patience_ms),
    }
}

/// Makes the stores that a ledger is replayed into.
#[must_use]
pub fn scratch_stores() -> ScratchStores {
    Arc::new(|| {
        Box::pin(async {
            let opened = tokio::task::spawn_blocking(SqliteStore::temporary).await;
            let failed = |error| StoreError::with_source(StoreErrorKind::Internal, "open", error);
            let store = opened.map_err(failed)??;
            store.prepare().await?;
            Ok(Arc::new(store) as Arc<dyn ScratchStore>)
        })
    })
}

/// The history of the ledger in a store without a cache, within these bounds.
#[must_use]
pub fn history(store: Arc<dyn Store>, settings: &Settings, limits: AsOfLimits) -> History {
    History::new(store, scratch_stores(), limits, trace_limits(settings))
}

/// A store with its caches in front, prepared: what is served.
pub struct Served {
    /// The store, caches included.
    pub store: Arc<dyn Store>,
    /// The caches, nearest first.
    pub caches: Vec<Arc<dyn Cache>>,
    /// The store as it was.
    pub history: History,
}

/// Opens what `serve` serves; waits a while for a store that does not answer yet.
///
/// # Errors
/// When the configuration is wrong, or the store does not answer in time.
pub async fn open_served(settings: &Settings) -> anyhow::Result<Served> {
    let store = connect(&settings.store, settings).await?;
    prepare_patiently(store.as_ref(), &settings.store).await?;
    let store: Arc<dyn Store> = Arc::new(BoundedStore::new(store, HEAVY_READS_MAX, HEAVY_READ_PATIENCE));
    let history = history(store.clone(), settings, as_of_limits(settings));
    let caches = open_caches(settings).await?;
    if caches.is_empty() {
        return Ok(Served { store, caches, history });
    }
    let staleness_max = Duration::from_millis(settings.trace.staleness_max_ms);
    let identity = store.identity().await?;
    let cached = CachedStore::new(store, caches.clone(), staleness_max).with_identity(&identity);
    Ok(Served { store: Arc::new(cached), caches, history })
}

async fn prepare_patiently(store: &dyn Store, uri: &str) -> anyhow::Result<()> {
    let started = tokio::time::Instant::now();
    loop {
        match store.prepare().await {
            Ok(()) => return Ok(()),
            Err(error) if error.kind == StoreErrorKind::Unavailable && started.elapsed() < START_PATIENCE => {
                tracing::warn!(store = redact(uri), %error, "the store does not answer yet; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot prepare the store {}", redact(uri)));
            }
        }
    }
}
