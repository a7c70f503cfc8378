//! Files of an older lotgraph: the ledger's tables are migrated in place, and an older graph is derived from the ledger
//! anew.
//!
//! The new graph is built in a file of its own beside the store (`FILE.rebuild`), revision by revision; its own revision is
//! how far it is, so a killed upgrade goes on there. Once it holds all of the ledger, one transaction on the store takes
//! its tables in place of the old ones. Until that transaction ends the store has the old graph, whole; who only reads
//! the file meanwhile sees one or the other. An upgrade needs room for the new graph twice.

use std::path::Path;
use std::sync::atomic::AtomicU64;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::SqliteStore;
use super::connection::{self, Durability};
use super::error::{Fallible, Fault};
use super::file::{self, Format};
use super::readers::Snapshot;
use super::{ledger, migrate, statements as sql};
use lotgraph_planner::Rules;
use lotgraph_store::project::{PORTION, groups, whole_revisions};
use lotgraph_store::upgrade::{PROJECTION, UpgradeProgress, UpgradeStep};
use lotgraph_store::{Ledger as _, LedgerPosition, RecordedRevision, Revision, StoreError, StoreErrorKind};

/// Events read at once; above the most that one commit may record, so that every page holds a whole revision.
const PAGE: u32 = 12_000;

/// Brings a file to this program's versions; whoever calls it holds the lock. A new file is left alone.
pub(super) fn upgrade(path: &Path, progress: UpgradeProgress<'_>) -> Fallible<()> {
    if !path.exists() {
        return Ok(());
    }
    let mut connection = connection::open_writer(path, Durability::Synced)?;
    let Format::Ours(before) = file::check_format(&connection)? else { return Ok(()) };
    let beside = file::beside(path, ".rebuild");
    if before.is_current() {
        // An upgrade that was killed after its last step leaves this.
        return remove(&beside);
    }
    let upgraded = try_upgrade(path, &beside, &mut connection, progress);
    upgraded.map_err(|fault| explain(path, fault))
}

fn try_upgrade(
    path: &Path,
    beside: &Path,
    connection: &mut Connection,
    progress: UpgradeProgress<'_>,
) -> Fallible<()> {
    let Format::Ours(before) = file::check_format(connection)? else { return Ok(()) };
    if before.format != lotgraph_store::upgrade::FORMAT {
        migrate::migrate(connection, before.format, progress)?;
    }
    // The steps say which graph there is.
    let Format::Ours(now) = file::check_format(connection)? else { return Ok(()) };
    if now.projection < PROJECTION {
        tracing::info!(file = %path.display(), from = now.projection, to = PROJECTION, "deriving the graph anew");
        build(connection, beside, progress)?;
        progress(UpgradeStep::Replacing);
        replace(connection, beside)?;
        remove(beside)?;
    }
    Ok(())
}

/// What stopped an upgrade, and that nothing is lost.
fn explain(path: &Path, fault: Fault) -> Fault {
    let error = fault.during("upgrade");
    let cause = error.source.as_ref().map_or_else(String::new, |source| format!(": {source}"));
    let why = format!(
        "{} was not upgraded ({error}{cause}); what it held before is untouched, and the upgrade goes on where it stopped: \
         make room on the disk if it is full, and run lotgraph upgrade again",
        path.display()
    );
    Fault::Explained(error.kind, why)
}

/// Projects the ledger into the file beside, from where an earlier attempt stopped.
fn build(connection: &Connection, beside: &Path, progress: UpgradeProgress<'_>) -> Fallible<()> {
    let statements = AtomicU64::new(0);
    let source = Snapshot::new(connection, &statements);
    let of = source.revision()?.0;
    let store = open_rebuild(&source, beside)?;
    let reached = {
        let reader = connection::open_reader(beside)?;
        Snapshot::new(&reader, &statements).revision()?.0
    };
    let mut after = LedgerPosition::end_of(reached);
    progress(UpgradeStep::Rebuilding { revision: reached, of });
    loop {
        let page = ledger::changes(&source, after, PAGE)?;
        let more = page.more;
        let revisions = whole_revisions(page.entries, more);
        let Some(last) = revisions.last().map(|revision| revision.number) else { return Ok(()) };
        for portion in groups(revisions, PORTION) {
            let revision = project(&store, portion)?;
            progress(UpgradeStep::Rebuilding { revision, of });
        }
        after = LedgerPosition::end_of(last);
        if !more {
            return Ok(());
        }
    }
}

/// The file beside, when it is the beginning of this ledger's new graph; otherwise a new one.
fn open_rebuild(source: &Snapshot<'_>, beside: &Path) -> Fallible<SqliteStore> {
    if beside.exists() && !goes_on(source, beside).unwrap_or(false) {
        tracing::warn!(file = %beside.display(), "what an earlier upgrade left does not fit; starting anew");
        remove(beside)?;
    }
    if !beside.exists() {
        let mut connection = connection::open_writer(beside, Durability::Synced)?;
        file::prepare(&mut connection)?;
        connection.execute(sql::RENAME_LEDGER, [source.identity()?])?;
    }
    SqliteStore::try_open(beside, Durability::Synced, Rules::default())
}

/// Whether a file is of this ledger and this program, and ends with an event that the ledger has at that place.
fn goes_on(source: &Snapshot<'_>, beside: &Path) -> Fallible<bool> {
    let connection = connection::open_reader(beside)?;
    let Format::Ours(versions) = file::check_format(&connection)? else { return Ok(false) };
    let statements = AtomicU64::new(0);
    let built = Snapshot::new(&connection, &statements);
    if !versions.is_current() || built.identity()? != source.identity()? {
        return Ok(false);
    }
    let (_, last) = built.revision()?;
    let event = |snapshot: &Snapshot<'_>| -> Fallible<Option<(String, i64, String)>> {
        let mut statement = snapshot.statement(sql::GET_EVENT_AT)?;
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        Ok(statement.query_row([last], row).optional()?)
    };
    Ok(event(&built)? == event(source)?)
}

/// Projects revisions and waits. A thread of its own, since whoever opens a store may or may not be part of a runtime.
fn project(store: &SqliteStore, revisions: Vec<RecordedRevision>) -> Fallible<Revision> {
    let failed = |why: String| Fault::Explained(StoreErrorKind::Internal, why);
    let explained = |error: StoreError| {
        let cause = error.source.as_ref().map_or_else(String::new, |source| format!(": {source}"));
        Fault::Explained(error.kind.clone(), format!("{error}{cause}"))
    };
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let runtime = runtime.map_err(|error| failed(error.to_string()))?;
            runtime.block_on(store.project(revisions)).map_err(explained)
        });
        work.join().unwrap_or_else(|_| Err(failed("the rebuild panicked".to_owned())))
    })
}

/// Puts the new graph in the place of the old one, in one transaction on the store's file.
fn replace(connection: &mut Connection, beside: &Path) -> Fallible<()> {
    connection.execute(sql::ATTACH_REBUILT, [beside.to_string_lossy()])?;
    let done = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(Fault::from)
        .and_then(|transaction| take_over(&transaction).and_then(|()| Ok(transaction.commit()?)));
    // A failed transaction may leave it attached; the connection is closed then anyway.
    let detached = connection.execute(sql::DETACH_REBUILT, []);
    done?;
    detached?;
    Ok(())
}

fn take_over(transaction: &Transaction<'_>) -> Fallible<()> {
    let differing: i64 = transaction.query_row(sql::COUNT_DIFFERING_EVENTS, [], |row| row.get(0))?;
    if differing != 0 {
        let why =
            format!("{differing} events of the ledger and of the new graph differ; remove the .rebuild file");
        return Err(Fault::Explained(StoreErrorKind::Internal, why));
    }
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut old = transaction.prepare(sql::LIST_GRAPH_TABLES)?;
    let names: Vec<String> = old.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names {
        transaction.execute_batch(&format!("DROP TABLE main.{}", quoted(&name)))?;
    }
    let mut new = transaction.prepare(sql::LIST_REBUILT)?;
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let parts: Vec<(String, String, String)> = new.query_map([], row)?.collect::<Result<_, _>>()?;
    // Indexes come before the rows: into an empty table with the same indexes SQLite copies them as they lie.
    for (_, _, create) in &parts {
        transaction.execute_batch(create)?;
    }
    for (_, name, _) in parts.iter().filter(|(kind, ..)| kind == "table") {
        let name = quoted(name);
        transaction.execute_batch(&format!("INSERT INTO main.{name} SELECT * FROM rebuilt.{name}"))?;
    }
    let statements = AtomicU64::new(0);
    let (revision, _) = Snapshot::new(transaction, &statements).revision()?;
    transaction.execute(sql::SET_PROJECTION, rusqlite::params![PROJECTION, revision.0.cast_signed()])?;
    Ok(())
}

/// Removes the file beside and what SQLite and the lock left with it.
fn remove(beside: &Path) -> Fallible<()> {
    for suffix in ["", "-wal", "-shm", "-journal", ".lock"] {
        match std::fs::remove_file(file::beside(beside, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let why = format!("{} cannot be removed: {error}", beside.display());
                return Err(Fault::Explained(StoreErrorKind::Unavailable, why));
            }
            _ => {}
        }
    }
    Ok(())
}
