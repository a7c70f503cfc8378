//! The Neo4j store: one statement a call, over Bolt, with Cypher that lives in files.
//!
//! * `statement`: the registry of those files. `connection`: the one door that runs them.
//! * `encode` and `decode`: domain values to parameters, and rows back.
//! * `upgrade`: databases that an older lotgraph left.
//! * `schema`, `commit`, `ledger`, `nodes`, `find`, `edges`, `closure`: the methods of the store.

mod closure;
mod commit;
mod connection;
mod decode;
mod documented;
mod edges;
mod encode;
mod error;
mod find;
mod ledger;
mod namesakes;
mod nodes;
mod schema;
mod statement;
mod upgrade;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use commit::Work;
use connection::{Connection, Deadline};
use lotgraph_domain::{EventId, LotName, Namesakes, Node, NodeRef, OperationKind, Text, Timestamp};
use lotgraph_planner::Rules;
use lotgraph_store::project::groups;
use lotgraph_store::query::{Bucket, Closure, EdgePage, EdgesOf, Find, Page, Tally};
use lotgraph_store::upgrade::{UpgradeProgress, Versions};
use lotgraph_store::{
    Batch, ChangePage, Ledger, LedgerPosition, Limits, Reader, Readiness, Receipt, RecordedEvent,
    RecordedRevision, Result, Revision, StoreError, StoreErrorKind, Subgraph,
};
pub use statement::{Statement, statements};

/// How long a liveness check may take.
const READY_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the database is and how it is used.
#[derive(Clone)]
pub struct Neo4jOptions {
    /// `neo4j://HOST:PORT`, `bolt://…`, and `+s` for TLS.
    pub uri: String,
    /// The user; empty without authentication.
    pub user: String,
    /// The password.
    pub password: String,
    /// The database; absent: the server's default.
    pub database: Option<String>,
    /// Connections for reads; writes have one of their own.
    pub connections_max: usize,
    /// After this long a statement is stopped, here and on the server.
    pub query_timeout: Duration,
}

impl std::fmt::Debug for Neo4jOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the password.
        formatter
            .debug_struct("Neo4jOptions")
            .field("uri", &self.uri)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl Default for Neo4jOptions {
    fn default() -> Self {
        Self {
            uri: "neo4j://127.0.0.1:7687".to_owned(),
            user: String::new(),
            password: String::new(),
            database: None,
            connections_max: 16,
            query_timeout: Duration::from_secs(30),
        }
    }
}

/// What the driver need not log: for every `neo4j://` address it warns that it does not route in clusters, which the README
/// says once.
pub const LOG_DIRECTIVE: &str = "neo4rs::connection=error";

/// What a method that is not of [`Ledger`] returns: the driver is behind it, and whoever awaits a plain future compiles
/// all of that again.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The store of the ledger and its graph in Neo4j.
pub struct Neo4jStore {
    connection: Arc<Connection>,
    query_timeout: Duration,
    rules: Rules,
}

impl Neo4jStore {
    /// Prepares connections; the first is opened by the first call, so a server that is away does no harm here.
    ///
    /// # Errors
    /// When the options contradict themselves or the address is not one.
    #[allow(clippy::unused_async)] // The signature every store's callers expect; opening may wait one day.
    pub async fn connect(options: &Neo4jOptions) -> Result<Self> {
        let connection = Arc::new(Connection::open(options)?);
        Ok(Self { connection, query_timeout: options.query_timeout, rules: Rules::default() })
    }

    /// The same with further rules that events must pass when they are recorded.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// The versions of the database; nothing before it was prepared.
    ///
    /// # Errors
    /// `Invalid` when a newer lotgraph wrote it; the database's.
    pub fn versions(&self) -> Boxed<'_, Option<Versions>> {
        Box::pin(upgrade::versions(&self.connection))
    }

    /// As [`Ledger::prepare`], telling how far an upgrade is.
    ///
    /// # Errors
    /// `Invalid` when a newer lotgraph wrote it; the database's.
    pub fn prepare_and_upgrade<'a>(&'a self, progress: UpgradeProgress<'a>) -> Boxed<'a, ()> {
        Box::pin(async move {
            self.versions().await?;
            schema::prepare(&self.connection).await?;
            upgrade::upgrade(self, &self.connection, progress).await
        })
    }

    /// As [`Ledger::prepare`], but upgrades nothing: for those who only read.
    ///
    /// # Errors
    /// `Invalid` when it must be upgraded first, or a newer lotgraph wrote it; the database's.
    pub fn prepare_to_read(&self) -> Boxed<'_, ()> {
        Box::pin(async move {
            match self.versions().await? {
                Some(versions) if !versions.is_current() => {
                    Err(StoreError::new(StoreErrorKind::Invalid(versions.too_old()), "prepare"))
                }
                Some(_) => Ok(()),
                None => schema::prepare(&self.connection).await,
            }
        })
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.query_timeout)
    }

    fn check_page(&self, operation: &'static str, first: u32) -> Result<()> {
        StoreError::check_limit(operation, "page_max", self.limits().page_max.into(), first.into())
    }

    fn check_refs(&self, operation: &'static str, refs: usize) -> Result<()> {
        StoreError::check_limit(operation, "refs_max", self.limits().refs_max as u64, refs as u64)
    }
}

#[async_trait]
impl Reader for Neo4jStore {
    fn name(&self) -> String {
        "neo4j".to_owned()
    }

    fn limits(&self) -> Limits {
        Limits::DEFAULT
    }

    fn statements(&self) -> u64 {
        self.connection.statements()
    }

    async fn identity(&self) -> Result<String> {
        ledger::identity(&self.connection, self.deadline()).await
    }

    async fn ready(&self) -> Result<Readiness> {
        ledger::ready(&self.connection, Deadline::after(READY_TIMEOUT)).await
    }

    async fn revision(&self) -> Result<Revision> {
        ledger::revision(&self.connection, "revision", self.deadline()).await
    }

    async fn events(&self, ids: &[EventId]) -> Result<Vec<Option<RecordedEvent>>> {
        self.check_refs("events", ids.len())?;
        ledger::events(&self.connection, ids, self.deadline()).await
    }

    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        self.check_refs("get", refs.len())?;
        nodes::get(&self.connection, refs, self.deadline()).await
    }

    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        self.check_page("find", query.first)?;
        find::find(&self.connection, query, self.deadline()).await
    }

    async fn namesakes(&self, names: &[LotName]) -> Result<Vec<Namesakes>> {
        self.check_refs("namesakes", names.len())?;
        namesakes::namesakes(&self.connection, names, self.deadline()).await
    }

    async fn documented(&self, documents: &[Text], limit: u32) -> Result<Vec<Vec<(EventId, OperationKind)>>> {
        self.check_refs("documented", documents.len())?;
        self.check_page("documented", limit)?;
        documented::documented(&self.connection, documents, limit, self.deadline()).await
    }

    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        self.check_page("edges", query.first)?;
        self.check_refs("edges", query.lots.len())?;
        edges::edges(&self.connection, query, self.deadline()).await
    }

    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        let limits = self.limits();
        let (max, got) = (limits.seeds_max as u64, query.seeds.len() as u64);
        StoreError::check_limit("closure", "seeds_max", max, got)?;
        StoreError::check_limit("closure", "nodes_max", limits.nodes_max.into(), query.nodes_max.into())?;
        closure::closure(&self.connection, query).await
    }

    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        find::tally(&self.connection, query, self.deadline()).await
    }

    async fn settled_revision(&self) -> Result<Revision> {
        ledger::settled_revision(&self.connection, self.deadline()).await
    }

    async fn revision_at(&self, at: Timestamp) -> Result<Revision> {
        ledger::revision_at(&self.connection, at, self.deadline()).await
    }

    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        self.check_page("changes", limit)?;
        ledger::changes(&self.connection, after, limit, self.deadline()).await
    }
}

#[async_trait]
impl Ledger for Neo4jStore {
    async fn prepare(&self) -> Result<()> {
        self.prepare_and_upgrade(&mut lotgraph_store::upgrade::log()).await
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        let (max, got) = (self.limits().batch_max as u64, batch.events.len() as u64);
        StoreError::check_limit("commit", "batch_max", max, got)?;
        let work = Work::Judge(batch.clone(), self.rules.clone());
        commit::write(Arc::clone(&self.connection), work).await
    }

    async fn project(&self, revisions: Vec<RecordedRevision>) -> Result<Revision> {
        let mut reached = None;
        for group in groups(revisions, self.limits().batch_max) {
            let receipt = commit::write(Arc::clone(&self.connection), Work::Project(group)).await?;
            reached = Some(receipt.revision);
        }
        match reached {
            Some(revision) => Ok(revision),
            None => self.revision().await,
        }
    }
}
