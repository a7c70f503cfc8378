//! The store in one SQLite file: no server, one writer, many readers (docs/ARCHITECTURE.md).
//!
//! * [`file`]: the lock, the format, the tables; [`connection`]: settings that durability depends on;
//! * [`writer`]: the thread that commits in groups; [`commit`]: one batch inside it;
//! * [`readers`]: snapshots; [`nodes`], [`find`], [`edges`], [`closure`], [`tally`], [`ledger`]: the reads;
//! * [`migrate`], [`upgrade`]: what an older lotgraph wrote; [`backup`]: copies of the file; [`serving`]: who serves it;
//! * [`statements`]: the SQL files; [`rows`]: rows to domain values; integer keys never leave this module.

mod backup;
mod closure;
mod commit;
mod connection;
mod documented;
mod edges;
mod error;
mod file;
mod filter;
mod find;
mod keys;
mod ledger;
mod migrate;
mod namesakes;
mod nodes;
mod readers;
mod rows;
mod scratch;
mod serving;
mod statements;
mod tally;
mod upgrade;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;

pub use self::backup::{Copied, CopyProgress};
use self::connection::Durability;
use self::readers::Readers;
pub use self::serving::Serving;
use self::writer::Writer;
use lotgraph_domain::{EventId, LotName, Namesakes, Node, NodeRef, OperationKind, Text, Timestamp};
use lotgraph_planner::Rules;
use lotgraph_store::project::groups;
use lotgraph_store::upgrade::{UpgradeProgress, Versions};
use lotgraph_store::{
    Batch, Bucket, ChangePage, Closure, EdgePage, EdgesOf, Find, Ledger, LedgerPosition, Limits, Page,
    Reader, Readiness, Receipt, RecordedEvent, RecordedRevision, Result, Revision, StoreError,
    StoreErrorKind, Subgraph, Tally,
};

/// The version of SQLite in the program.
#[must_use]
pub fn version() -> &'static str {
    rusqlite::version()
}

/// Connections that read at once, at least and at most; in between, one for each processor.
const READERS: std::ops::RangeInclusive<usize> = 2..=16;

/// A store in one SQLite file.
///
/// Opened for writing by one process at a time: a lock on `FILE.lock` dies with the process. Dropping the store
/// finishes what is queued and folds the log into the file.
pub struct SqliteStore {
    readers: Arc<Readers>,
    /// Absent in a store opened to read.
    writer: Option<Writer>,
    statements: Arc<AtomicU64>,
    /// The folder of a temporary store; removed behind everything else.
    folder: Option<tempfile::TempDir>,
}

impl SqliteStore {
    /// Opens the file, creating it and its tables when it is not there, and upgrading what an older lotgraph wrote; the
    /// log says how far that is.
    ///
    /// # Errors
    /// `Unavailable` when another process has it or it cannot be opened; `Invalid` when another program or a newer
    /// lotgraph wrote it; `Corrupt` when its log is there without it.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, Rules::default())
    }

    /// As [`SqliteStore::open`], with further rules that events must pass when they are recorded.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_with(path: &Path, rules: Rules) -> Result<Self> {
        Self::open_telling(path, rules, &mut lotgraph_store::upgrade::log())
    }

    /// As [`SqliteStore::open`], telling how far an upgrade is.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_and_upgrade(path: &Path, progress: UpgradeProgress<'_>) -> Result<Self> {
        Self::open_telling(path, Rules::default(), progress)
    }

    fn open_telling(path: &Path, rules: Rules, progress: UpgradeProgress<'_>) -> Result<Self> {
        let opened = file::real_path(path).and_then(|path| {
            let lock = file::lock(&path)?;
            file::check_log_has_its_file(&path)?;
            upgrade::upgrade(&path, progress)?;
            Self::start(path, lock, Durability::Synced, rules)
        });
        opened.map_err(|fault| fault.during("open"))
    }

    /// The versions of a file, which may be open elsewhere; nothing when it is empty.
    ///
    /// # Errors
    /// As [`SqliteStore::open_to_read`], but for an older format.
    pub fn versions(path: &Path) -> Result<Option<Versions>> {
        let read = file::real_path(path).and_then(|path| {
            file::check_log_has_its_file(&path)?;
            file::check_format(&connection::open_reader(&path)?)
        });
        match read.map_err(|fault| fault.during("open"))? {
            file::Format::New => Ok(None),
            file::Format::Ours(versions) => Ok(Some(versions)),
        }
    }

    /// An empty store in a folder of its own, which goes when the store is dropped: for a rehearsal, or a replay.
    /// Nothing in it outlives the machine.
    ///
    /// # Errors
    /// `Unavailable` when the folder for temporary files cannot be written to.
    pub fn temporary() -> Result<Self> {
        Self::temporary_with(|_| Ok(()))
    }

    /// As [`SqliteStore::temporary`], in a file that was put there first.
    fn temporary_with(fill: impl FnOnce(&Path) -> error::Fallible<()>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("lotgraph-").tempdir();
        let folder =
            folder.map_err(|error| StoreError::with_source(StoreErrorKind::Unavailable, "open", error))?;
        let file = folder.path().join("store.sqlite");
        let opened = fill(&file).and_then(|()| Self::try_open(&file, Durability::None, Rules::default()));
        let mut store = opened.map_err(|fault| fault.during("open"))?;
        store.folder = Some(folder);
        Ok(store)
    }

    fn try_open(path: &Path, durability: Durability, rules: Rules) -> error::Fallible<Self> {
        let path = file::real_path(path)?;
        let lock = file::lock(&path)?;
        file::check_log_has_its_file(&path)?;
        Self::start(path, lock, durability, rules)
    }

    /// Opens a file whose lock is held, and which needs no upgrade.
    fn start(
        path: PathBuf,
        lock: file::WriterLock,
        durability: Durability,
        rules: Rules,
    ) -> error::Fallible<Self> {
        let statements = Arc::new(AtomicU64::new(0));
        let writer = Writer::start(&path, lock, Arc::clone(&statements), durability, rules)?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let connections = processors.clamp(*READERS.start(), *READERS.end());
        let readers = Arc::new(Readers::new(path, connections, Arc::clone(&statements)));
        Ok(Self { readers, writer: Some(writer), statements, folder: None })
    }

    /// Opens a file to read from it, also beside a process that writes to it; [`Ledger::commit`] is refused.
    ///
    /// # Errors
    /// As [`SqliteStore::open`]; `Invalid` also when the file is empty, or must be upgraded first.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        Self::try_open_to_read(path).map_err(|fault| fault.during("open"))
    }

    fn try_open_to_read(path: &Path) -> error::Fallible<Self> {
        let path = file::real_path(path)?;
        file::check_log_has_its_file(&path)?;
        match file::check_format(&connection::open_reader(&path)?)? {
            file::Format::Ours(versions) if versions.is_current() => {}
            file::Format::Ours(versions) => return Err(file::too_old(versions)),
            file::Format::New => {
                let why = "the file is empty; record something first".to_owned();
                return Err(error::Fault::Refused(StoreErrorKind::Invalid(why)));
            }
        }
        let statements = Arc::new(AtomicU64::new(0));
        let readers = Arc::new(Readers::new(path, *READERS.start(), Arc::clone(&statements)));
        Ok(Self { readers, writer: None, statements, folder: None })
    }

    fn writer(&self, operation: &'static str) -> Result<&Writer> {
        let why = || StoreErrorKind::Invalid("the store was opened to read only".to_owned());
        self.writer.as_ref().ok_or_else(|| StoreError::new(why(), operation))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Readers first: the log can only be folded into the file when nobody reads from it.
        self.readers.close();
        if let Some(writer) = &mut self.writer {
            writer.close();
        }
        if let Some(folder) = self.folder.take()
            && let Err(error) = folder.close()
        {
            tracing::warn!(%error, "the folder of a temporary store could not be removed");
        }
    }
}

fn within(
    operation: &'static str,
    limit: &'static str,
    max: impl TryInto<u64>,
    got: impl TryInto<u64>,
) -> Result<()> {
    let wide = |number: Option<u64>| number.unwrap_or(u64::MAX);
    StoreError::check_limit(operation, limit, wide(max.try_into().ok()), wide(got.try_into().ok()))
}

#[async_trait]
impl Reader for SqliteStore {
    fn name(&self) -> String {
        "sqlite".to_owned()
    }

    fn limits(&self) -> Limits {
        Limits::DEFAULT
    }

    fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    async fn identity(&self) -> Result<String> {
        self.readers.read("identity", None, |snapshot| snapshot.identity()).await
    }

    async fn ready(&self) -> Result<Readiness> {
        let revision = self.revision().await?;
        Ok(Readiness { server: format!("SQLite {}", rusqlite::version()), revision })
    }

    async fn revision(&self) -> Result<Revision> {
        let read = |snapshot: &readers::Snapshot<'_>| Ok(snapshot.revision()?.0);
        self.readers.read("revision", None, read).await
    }

    async fn events(&self, ids: &[EventId]) -> Result<Vec<Option<RecordedEvent>>> {
        within("events", "refs_max", self.limits().refs_max, ids.len())?;
        let ids = ids.to_vec();
        self.readers.read("events", None, move |snapshot| ledger::events(snapshot, &ids)).await
    }

    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        within("get", "refs_max", self.limits().refs_max, refs.len())?;
        let refs = refs.to_vec();
        self.readers.read("get", None, move |snapshot| nodes::get(snapshot, &refs)).await
    }

    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        within("find", "page_max", self.limits().page_max, query.first)?;
        let query = query.clone();
        self.readers.read("find", None, move |snapshot| find::find(snapshot, &query)).await
    }

    async fn namesakes(&self, names: &[LotName]) -> Result<Vec<Namesakes>> {
        within("namesakes", "refs_max", self.limits().refs_max, names.len())?;
        let names = names.to_vec();
        self.readers.read("namesakes", None, move |snapshot| namesakes::namesakes(snapshot, &names)).await
    }

    async fn documented(&self, documents: &[Text], limit: u32) -> Result<Vec<Vec<(EventId, OperationKind)>>> {
        within("documented", "refs_max", self.limits().refs_max, documents.len())?;
        within("documented", "page_max", self.limits().page_max, limit)?;
        let documents = documents.to_vec();
        self.readers
            .read("documented", None, move |snapshot| documented::documented(snapshot, &documents, limit))
            .await
    }

    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        let limits = self.limits();
        within("edges", "refs_max", limits.refs_max, query.lots.len())?;
        within("edges", "page_max", limits.page_max, query.first)?;
        let query = query.clone();
        self.readers.read("edges", None, move |snapshot| edges::edges(snapshot, &query)).await
    }

    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        let limits: Limits = self.limits();
        within("closure", "seeds_max", limits.seeds_max, query.seeds.len())?;
        within("closure", "nodes_max", limits.nodes_max, query.nodes_max)?;
        let started = Instant::now();
        let deadline: Duration = query.deadline;
        if deadline.is_zero() {
            return Err(StoreError::new(StoreErrorKind::Timeout, "closure"));
        }
        let query = query.clone();
        let read = move |snapshot: &readers::Snapshot<'_>| closure::closure(snapshot, &query, started);
        self.readers.read("closure", Some(deadline), read).await
    }

    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        let query = query.clone();
        self.readers.read("tally", None, move |snapshot| tally::tally(snapshot, &query)).await
    }

    async fn settled_revision(&self) -> Result<Revision> {
        // A read is one snapshot: it sees a commit whole or not at all.
        self.revision().await
    }

    async fn revision_at(&self, at: Timestamp) -> Result<Revision> {
        self.readers.read("revision_at", None, move |snapshot| ledger::revision_at(snapshot, at)).await
    }

    async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        within("changes", "page_max", self.limits().page_max, limit)?;
        self.readers.read("changes", None, move |snapshot| ledger::changes(snapshot, after, limit)).await
    }
}

#[async_trait]
impl Ledger for SqliteStore {
    async fn prepare(&self) -> Result<()> {
        match &self.writer {
            Some(writer) => writer.prepare().await,
            // Opening found it prepared.
            None => Ok(()),
        }
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        within("commit", "batch_max", self.limits().batch_max, batch.events.len())?;
        self.writer("commit")?.commit(batch.clone()).await
    }

    async fn project(&self, revisions: Vec<RecordedRevision>) -> Result<Revision> {
        let writer = self.writer("project")?;
        let mut reached = None;
        for group in groups(revisions, self.limits().batch_max) {
            reached = Some(writer.project(group).await?);
        }
        match reached {
            Some(revision) => Ok(revision),
            None => self.revision().await,
        }
    }
}
