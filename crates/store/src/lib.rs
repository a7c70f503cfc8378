//! The boundary to the databases: one trait, one way to write, and sets of keys in, sets of answers out.

pub mod durable;
pub mod error;
pub mod layer;
pub mod lot_state;
pub mod project;
pub mod query;
pub mod scratch;
pub mod upgrade;

use async_trait::async_trait;

pub use error::{Result, StoreError, StoreErrorKind};
pub use lotgraph_domain::{
    Batch, CLOCKS_APART_MAX, Caller, ChangePage, Changes, EventOutcome, LedgerEntry, LedgerPosition, Receipt,
    RecordedEvent, RecordedRevision, Recording, Status,
};
use lotgraph_domain::{EventId, LotName, Namesakes, Node, NodeRef, OperationKind, Text, Timestamp};
pub use lotgraph_genealogy::{Direction, Revision, Subgraph};
pub use query::{
    Bucket, Closure, Edge, EdgeKey, EdgePage, EdgesOf, Find, FindKey, LotFilter, MasterFilter,
    OperationFilter, Page, RecordFilter, Tally, What,
};

/// Limits that every store has. A request above one of them is refused with
/// [`StoreErrorKind::LimitExceeded`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most events in one batch.
    pub batch_max: usize,
    /// The most items in one page of [`Reader::find`] and [`Reader::changes`], and links of each lot in
    /// [`Reader::edges`].
    pub page_max: u32,
    /// The most references in one [`Reader::get`], [`Reader::events`] or [`Reader::namesakes`], and lots in one [`Reader::edges`].
    pub refs_max: usize,
    /// The most seeds of one closure.
    pub seeds_max: usize,
    /// The most lots and operations of one closure. The query may ask for fewer.
    pub nodes_max: u32,
}

impl Limits {
    /// The limits in force.
    pub const DEFAULT: Self = Self {
        batch_max: 10_000,
        page_max: 10_000,
        refs_max: 1_000_000,
        // This must be enough for a root cause question, which walks from 1,000 cases and 20,000 controls at
        // one revision.
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

/// The read side of a store: the ledger, and the graph projected from it.
///
/// What holds for every method:
/// * Order: a Vec that answers an input Vec keeps its order and length. Any other has the total order that is
///   documented with the query. Text is ordered by Unicode code point.
/// * A missing key is `None` (or an empty page), never an error.
/// * A request above [`Reader::limits`] is refused with `LimitExceeded` before anything is read.
/// * Visibility: a read sees the whole of every commit up to the revision that it returns. Of later commits
///   it may see parts on Neo4j (read committed), but nothing on SQLite (each call reads one snapshot). A read
///   sees every commit that was acknowledged before it started.
#[async_trait]
pub trait Reader: Send + Sync + 'static {
    /// The kind of store with its layers, in words for people: `sqlite`, `neo4j+memory`.
    fn name(&self) -> String;

    /// The limits in force.
    fn limits(&self) -> Limits;

    /// How many statements were sent to the database since the start. It is for tests and metrics.
    fn statements(&self) -> u64;

    /// The random name of this ledger. The first `prepare` gives it, and it is kept for ever. It tells
    /// ledgers apart that share a cache.
    async fn identity(&self) -> Result<String>;

    /// Whether the database answers.
    async fn ready(&self) -> Result<Readiness>;

    /// The current revision. Every commit that changes anything raises it by one.
    async fn revision(&self) -> Result<Revision>;

    /// As [`Reader::revision`], but waits until no commit is under way. If this is still the revision that
    /// was current before some reads, those reads saw nothing of a later one. Ask it only where that matters,
    /// because it waits for writers.
    async fn settled_revision(&self) -> Result<Revision>;

    /// The last revision recorded at or before a moment, 0 when there is none. The clocks of those who record
    /// may differ, so this looks at all revisions recorded within [`CLOCKS_APART_MAX`] before the latest such
    /// one, and takes the highest number. As long as the clocks are less than that apart, the answer is
    /// exact, and a later moment never gives an earlier revision.
    async fn revision_at(&self, at: Timestamp) -> Result<Revision>;

    /// The entries of the ledger behind a position, in order.
    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage>;

    /// The events with these ids, in the order in which they are asked for. An id may come twice.
    async fn events(&self, ids: &[EventId]) -> Result<Vec<Option<RecordedEvent>>>;

    /// The nodes referred to, in the order in which they are asked for. A reference may come twice.
    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>>;

    /// A page of nodes. Operations are ordered by (end, id), records by where they were raised, everything
    /// else by id or code.
    async fn find(&self, query: &Find) -> Result<Page<Node>>;

    /// For each document the shipments and receipts, not withdrawn, that bear it: at most so many, by id. The documents are
    /// told verbatim, and one may come twice.
    async fn documented(&self, documents: &[Text], limit: u32) -> Result<Vec<Vec<(EventId, OperationKind)>>>;

    /// The lots that go by each name, in the order in which they are asked for; a name may come twice.
    async fn namesakes(&self, names: &[LotName]) -> Result<Vec<Namesakes>>;

    /// For each lot, in the order in which they are asked for, a page of its links with operations that are
    /// not voided, by (earliest, operation, role, position).
    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>>;

    /// The structural closure (docs/TRACE_RULES.md, rule 1), in the canonical order of [`Subgraph`].
    async fn closure(&self, query: &Closure) -> Result<Subgraph>;

    /// Counts by group, ordered by the key of the group. A group without a key comes last.
    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>>;
}

/// A store that can be written to. A call that failed can be repeated: nothing will take effect twice.
#[async_trait]
pub trait Ledger: Reader {
    /// Creates what the store needs (tables, constraints, indexes). It may be called again, and two calls at
    /// once do no harm.
    async fn prepare(&self) -> Result<()>;

    /// Judges events and records those that may be recorded. The commit is atomic, and durable when this
    /// returns.
    ///
    /// An event is recorded once by its id: one that is in the ledger already is [`Status::Duplicate`] if its
    /// content is the same, and is rejected if not. Events are judged in order, and each sees those before
    /// it. An atomic batch with a rejected event changes nothing. A batch that changes nothing leaves the
    /// revision as it is. More events than [`Limits::batch_max`] are refused.
    async fn commit(&self, batch: &Batch) -> Result<Receipt>;

    /// Takes over revisions of another ledger, or of this one's past, exactly as they were recorded: with
    /// their numbers, recordings and events. They are projected and never judged, so that no rule that came
    /// later can refuse them. Each must be the one after that before it, and the first at most the one after
    /// the current revision. Those that the ledger has already are compared with what it has, and not taken
    /// twice: so whoever got no answer asks again. At a gap, or at another revision under a number that the
    /// ledger has, this ends with `Invalid`, and nothing is written of the revision that is wrong and those
    /// behind it. Returns the revision that is current then.
    async fn project(&self, revisions: Vec<RecordedRevision>) -> Result<Revision>;
}
