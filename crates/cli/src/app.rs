//! Puts the program together: the only place that names concrete stores and caches.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::closing::{self, StoreEnd};
use crate::served::{ServedStore, Serving};
use crate::settings::{Settings, redact};
use lotgraph_cache::Cache;
use lotgraph_cache::memory::MemoryCache;
use lotgraph_cache::redis::{RedisCache, RedisOptions};
use lotgraph_domain::Timestamp;
use lotgraph_planner::Rules;
use lotgraph_service::as_of::{AsOfLimits, History};
use lotgraph_service::trace::TraceLimits;
use lotgraph_store::layer::bounded::BoundedStore;
use lotgraph_store::layer::cached::CachedStore;
use lotgraph_store::scratch::{ScratchStore, ScratchStores};
use lotgraph_store::upgrade::{UpgradeStep, Versions};
use lotgraph_store::{Ledger, StoreError, StoreErrorKind};
use lotgraph_store_neo4j::{Neo4jOptions, Neo4jStore};
use lotgraph_store_sqlite::{Copied, CopyProgress, SqliteStore};

/// What stores and caches need not log, unless it is asked for.
pub const LOG_DIRECTIVES: [&str; 1] = [lotgraph_store_neo4j::LOG_DIRECTIVE];

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
pub async fn open_store(settings: &Settings) -> anyhow::Result<Arc<dyn Ledger>> {
    open_store_at(&settings.store, settings).await
}

/// As [`open_store`], for a store other than the configured one.
///
/// # Errors
/// As [`open_store`].
pub async fn open_store_at(uri: &str, settings: &Settings) -> anyhow::Result<Arc<dyn Ledger>> {
    let store = connect(uri, settings).await?;
    store.prepare().await.with_context(|| format!("cannot prepare the store {}", redact(uri)))?;
    Ok(store)
}

/// Opens the configured store to record events in it: a SQLite file that a server has is written to through that server.
///
/// # Errors
/// As [`open_store`].
pub async fn open_store_to_record(settings: &Settings) -> anyhow::Result<Arc<dyn Ledger>> {
    let StoreUri::Sqlite(path) = StoreUri::parse(&settings.store)? else { return open_store(settings).await };
    let refused = match open_store(settings).await {
        Ok(store) => return Ok(store),
        Err(refused) => refused,
    };
    let open = move || -> anyhow::Result<Option<ServedStore>> {
        match SqliteStore::serving(&path)? {
            Some(serving) => {
                let lotgraph_store_sqlite::Serving { process, address, secret } = serving;
                let file = Arc::new(SqliteStore::open_to_read(&path)?);
                Ok(Some(ServedStore::new(file, Serving { process, address, secret })))
            }
            None => Ok(None),
        }
    };
    match tokio::task::spawn_blocking(open).await? {
        Ok(Some(store)) => Ok(Arc::new(store)),
        Ok(None) => Err(refused),
        // Another user serves it, say: both reasons count.
        Err(error) => Err(refused.context(format!("{error:#}"))),
    }
}

/// Notes where a SQLite file is served, so that commands record through this process.
///
/// # Errors
/// When the lock file cannot be made private.
pub async fn announce(settings: &Settings, address: SocketAddr, secret: &str) -> anyhow::Result<()> {
    if let StoreUri::Sqlite(path) = StoreUri::parse(&settings.store)? {
        let secret = secret.to_owned();
        let note = move || SqliteStore::announce(&path, address, &secret);
        tokio::task::spawn_blocking(note).await??;
    }
    Ok(())
}

/// Opens the configured store to read from it: a SQLite file must be there, and another process may be writing to it.
///
/// # Errors
/// As [`open_store`].
pub async fn open_store_to_read(settings: &Settings) -> anyhow::Result<Arc<dyn Ledger>> {
    open_store_to_read_at(&settings.store, settings).await
}

/// As [`open_store_to_read`], for a store other than the configured one.
///
/// # Errors
/// As [`open_store`].
pub async fn open_store_to_read_at(uri: &str, settings: &Settings) -> anyhow::Result<Arc<dyn Ledger>> {
    let path = match StoreUri::parse(uri)? {
        StoreUri::Sqlite(path) => path,
        StoreUri::Neo4j(address) => {
            let store = Neo4jStore::connect(&neo4j_options(&address, settings)).await?;
            let prepared = store.prepare_to_read().await;
            prepared.with_context(|| format!("cannot prepare the store {}", redact(uri)))?;
            return Ok(Arc::new(store));
        }
    };
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
pub async fn open_store_to_rehearse(settings: &Settings) -> anyhow::Result<Arc<dyn Ledger>> {
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
pub async fn connect(uri: &str, settings: &Settings) -> anyhow::Result<Arc<dyn Ledger>> {
    match StoreUri::parse(uri)? {
        StoreUri::Sqlite(path) => {
            let rules = rules(settings);
            let store = tokio::task::spawn_blocking(move || open_file(&path, rules)).await??;
            Ok(Arc::new(store))
        }
        StoreUri::Neo4j(uri) => {
            let options = neo4j_options(&uri, settings);
            let store = Neo4jStore::connect(&options).await;
            let store = store.with_context(|| format!("cannot use the store {}", redact(&uri)))?;
            Ok(Arc::new(store.with_rules(rules(settings))))
        }
    }
}

/// The versions of the configured store; nothing when it is empty or not there.
///
/// # Errors
/// When it is of a newer lotgraph, or does not answer.
pub async fn versions(settings: &Settings) -> anyhow::Result<Option<Versions>> {
    match StoreUri::parse(&settings.store)? {
        StoreUri::Sqlite(path) if !path.exists() => {
            bail!("there is no store file {}; name it with --store sqlite:PATH", path.display())
        }
        StoreUri::Sqlite(path) => {
            let read = move || {
                let versions = SqliteStore::versions(&path);
                versions.with_context(|| format!("cannot open the store file {}", path.display()))
            };
            tokio::task::spawn_blocking(read).await?
        }
        StoreUri::Neo4j(uri) => {
            let store = Neo4jStore::connect(&neo4j_options(&uri, settings)).await?;
            store.versions().await.with_context(|| format!("cannot use the store {}", redact(&uri)))
        }
    }
}

/// Upgrades the configured store, if there is anything to upgrade.
///
/// # Errors
/// When it is of a newer lotgraph or in use, or the disk is full.
pub async fn upgrade(
    settings: &Settings,
    mut progress: Box<dyn FnMut(UpgradeStep) + Send>,
) -> anyhow::Result<()> {
    match StoreUri::parse(&settings.store)? {
        StoreUri::Sqlite(path) => {
            let open = move || {
                let opened = SqliteStore::open_and_upgrade(&path, &mut *progress);
                opened.with_context(|| format!("cannot open the store file {}", path.display())).map(drop)
            };
            tokio::task::spawn_blocking(open).await?
        }
        StoreUri::Neo4j(uri) => {
            let store = Neo4jStore::connect(&neo4j_options(&uri, settings)).await?;
            let done = store.prepare_and_upgrade(&mut *progress).await;
            done.with_context(|| format!("cannot upgrade the store {}", redact(&uri)))
        }
    }
}

/// Whether a file is a SQLite database, by how it begins.
///
/// # Errors
/// When it cannot be read.
pub fn is_store_file(path: &Path) -> anyhow::Result<bool> {
    const BEGINNING: &[u8] = b"SQLite format 3\0";
    let mut bytes = Vec::new();
    let opened = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    opened.take(BEGINNING.len() as u64).read_to_end(&mut bytes)?;
    Ok(bytes == BEGINNING)
}

/// Copies a store's file to a new file (see [`SqliteStore::back_up`]).
///
/// # Errors
/// When the new file is there already, or one of the two cannot be used.
pub fn back_up_file(from: &Path, to: &Path, progress: CopyProgress<'_>) -> anyhow::Result<Copied> {
    Ok(SqliteStore::back_up(from, to, progress)?)
}

/// Makes a store's file of a copy (see [`SqliteStore::restore`]).
///
/// # Errors
/// As [`back_up_file`].
pub fn restore_file(from: &Path, to: &Path, progress: CopyProgress<'_>) -> anyhow::Result<Copied> {
    let copied = SqliteStore::restore(from, to, progress);
    copied.with_context(|| format!("{} was not restored to {}", from.display(), to.display()))
}

/// The rules that events must pass when they are recorded here, besides those of every ledger.
#[must_use]
pub fn rules(settings: &Settings) -> Rules {
    Rules::default()
        .and_not_ahead(Duration::from_secs(settings.capture.ahead_max_s), Timestamp::now)
        .with_numbers(settings.capture.lot_numbers.policies())
}

fn open_file(path: &Path, rules: Rules) -> anyhow::Result<SqliteStore> {
    SqliteStore::open_with(path, rules)
        .with_context(|| format!("cannot open the store file {}", path.display()))
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
pub fn history(store: Arc<dyn Ledger>, settings: &Settings, limits: AsOfLimits) -> History {
    History::new(store, scratch_stores(), limits, trace_limits(settings))
}

/// A store with its caches in front, prepared: what is served.
pub struct Served {
    /// The store, caches included.
    pub store: Arc<dyn Ledger>,
    /// The caches, nearest first.
    pub caches: Vec<Arc<dyn Cache>>,
    /// The store as it was.
    pub history: History,
    /// The name of its ledger.
    pub ledger: String,
    /// When the store is closed.
    pub end: StoreEnd,
}

/// Opens what `serve` serves; waits a while for a store that does not answer yet.
///
/// # Errors
/// When the configuration is wrong, or the store does not answer in time.
pub async fn open_served(settings: &Settings) -> anyhow::Result<Served> {
    let store = connect(&settings.store, settings).await?;
    prepare_patiently(store.as_ref(), &settings.store).await?;
    let (store, end) = closing::watched(store);
    let store: Arc<dyn Ledger> = Arc::new(BoundedStore::new(store, HEAVY_READS_MAX, HEAVY_READ_PATIENCE));
    let history = history(store.clone(), settings, as_of_limits(settings));
    let ledger = store.identity().await?;
    let caches = open_caches(settings).await?;
    if caches.is_empty() {
        return Ok(Served { store, caches, history, ledger, end });
    }
    let staleness_max = Duration::from_millis(settings.trace.staleness_max_ms);
    let cached = CachedStore::new(store, caches.clone(), staleness_max).with_identity(&ledger);
    Ok(Served { store: Arc::new(cached), caches, history, ledger, end })
}

async fn prepare_patiently(store: &dyn Ledger, uri: &str) -> anyhow::Result<()> {
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
