//! The seam to the databases: one trait, one write door, sets in and sets out.

pub mod error;
pub mod layer;
pub mod ledger;
pub mod neo4j;
pub mod planner;
pub mod query;
pub mod scratch;
pub mod sqlite;

use async_trait::async_trait;

use crate::domain::{Node, NodeRef, Timestamp};
pub use crate::genealogy::{Direction, Revision, Subgraph};
pub use error::{Result, StoreError, StoreErrorKind};
pub use ledger::{
    Batch, CLOCKS_APART_MAX, ChangePage, EventOutcome, LedgerEntry, LedgerPosition, Receipt, Recording,
    Status,
};
pub use query::{
    Bucket, Closure, Edge, EdgeKey, EdgePage, EdgesOf, Find, FindKey, LotFilter, MasterFilter,
    OperationFilter, Page, RecordFilter, Tally, What,
};

/// Limits that every store shares; a request above one is refused with [`StoreErrorKind::LimitExceeded`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Events in one batch.
    pub batch_max: usize,
    /// Items in one page of [`Store::find`] and [`Store::changes`], and edges a node in [`Store::edges`].
    pub page_max: u32,
    /// References in one [`Store::get`], lots in one [`Store::edges`].
    pub refs_max: usize,
    /// Seeds of one closure.
    pub seeds_max: usize,
    /// Lots and operations of one closure; the query may ask for fewer.
    pub nodes_max: u32,
}

impl Limits {
    /// The limits in force.
    pub const DEFAULT: Self = Self {
        batch_max: 10_000,
        page_max: 10_000,
        refs_max: 1_000_000,
        // A root cause question walks from 1,000 cases and 20,000 controls at one revision.
        seeds_max: 25_000,
        nodes_max: 1_000_000,
    };
}

/// What a store says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Product and version of the database behind it.
    pub server: String,
    /// The current revision.
    pub revision: Revision,
}

/// A store of the ledger and of the graph projected from it.
///
/// Contract of every method:
/// * Order: a Vec that mirrors an input Vec keeps its order and length; otherwise the total order documented with the
///   query. Text is ordered by Unicode code point.
/// * A missing key is `None` (or an empty page), never an error.
/// * A request above [`Store::limits`] is refused with `LimitExceeded` before anything is read or written.
/// * Visibility: every commit up to the revision that a read returns is seen whole; later commits may be seen in part
///   on Neo4j (read committed), never on SQLite (one snapshot a call). An acknowledged commit is seen by every read
///   that starts afterwards.
/// * A failed call has no effect that a retry could double.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The kind of store with its layers, for people: `sqlite`, `neo4j+memory`.
    fn name(&self) -> String;

    /// The limits in force.
    fn limits(&self) -> Limits {
        Limits::DEFAULT
    }

    /// Statements sent to the database since the start, for tests and metrics.
    fn statements(&self) -> u64;

    /// Creates what the store needs (tables, constraints, indexes). Idempotent, safe when two run at once.
    async fn prepare(&self) -> Result<()>;

    /// A random name of this ledger, given by the first `prepare` and kept for ever: two ledgers may share one cache.
    async fn identity(&self) -> Result<String>;

    /// Whether the database answers.
    async fn ready(&self) -> Result<Readiness>;

    /// The current revision: +1 for every commit that changed anything.
    async fn revision(&self) -> Result<Revision>;

    /// The only write. Atomic; durable when it returns; idempotent by event id: an event already in the ledger with
    /// the same content is [`Status::Duplicate`], with other content it is rejected. Events are judged in order, each
    /// seeing those before it. An atomic batch with a rejected event changes nothing. A batch that changes nothing
    /// leaves the revision alone.
    async fn commit(&self, batch: &Batch) -> Result<Receipt>;

    /// The nodes referred to, in the order asked; duplicates are allowed.
    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>>;

    /// A page of nodes: operations by (end, id), records by where they were raised, everything else by id or code.
    async fn find(&self, query: &Find) -> Result<Page<Node>>;

    /// For each lot, in the order asked, a page of its links with live operations, by (earliest, operation, role,
    /// position).
    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>>;

    /// The structural closure of DESIGN §4 rule 1, in the canonical order of [`Subgraph`].
    async fn closure(&self, query: &Closure) -> Result<Subgraph>;

    /// Counts, grouped, by key; a group without a key comes last.
    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>>;

    /// As [`Store::revision`], once no commit is under way: when this still is the revision that was current before some
    /// reads, they saw nothing of a later one. It waits for writers; ask it only where that matters.
    async fn settled_revision(&self) -> Result<Revision>;

    /// The last revision recorded at or before a moment, 0 when there is none: the highest number among those recorded
    /// within [`CLOCKS_APART_MAX`] before the latest of them. So it is exact, and never goes back as the moment goes
    /// on, while the clocks of those who record are less than that apart.
    async fn revision_at(&self, at: Timestamp) -> Result<Revision>;

    /// The ledger after a position, in order.
    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage>;
}
