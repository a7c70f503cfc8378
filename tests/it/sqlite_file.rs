//! What only the SQLite store has: a file, its lock, its format, and what is left of it after a close.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lotgraph::domain::NodeRef;
use lotgraph::generate::{self, PlantRequest};
use lotgraph::store::sqlite::SqliteStore;
use lotgraph::store::{
    Find, Ledger, LedgerPosition, OperationFilter, Reader, StoreError, StoreErrorKind, What,
};

use crate::conformance::ask::lot_id;
use crate::support::events::{batch, plant};

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lots.db");
    (folder, path)
}

fn refusal(path: &Path) -> StoreError {
    match SqliteStore::open(path) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

fn words(error: &StoreError) -> String {
    let source = error.source.as_ref().map_or(String::new(), |source| format!(": {source}"));
    format!("{error}{source}")
}

#[tokio::test]
async fn a_closed_file_reopens_with_everything_in_it() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    let events = plant("-> A; A A -> B; ~ B; B ->");
    assert!(store.commit(&batch(events)).await.unwrap().applied);
    let refs = ["A", "B"].map(|id| NodeRef::Lot(lot_id(id)));
    let before = store.get(&refs).await.unwrap();
    let ledger = store.changes(LedgerPosition::default(), 100).await.unwrap();
    drop(store);
    let log = path.with_extension("db-wal");
    assert!(!log.exists() || std::fs::metadata(&log).unwrap().len() == 0, "the log is folded into the file");
    let store = SqliteStore::open(&path).unwrap();
    store.prepare().await.unwrap();
    assert_eq!(store.revision().await.unwrap().0, 1);
    assert_eq!(store.get(&refs).await.unwrap(), before);
    assert_eq!(store.changes(LedgerPosition::default(), 100).await.unwrap(), ledger);
}

#[tokio::test]
async fn dropping_the_store_finishes_what_was_asked() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    let many: Vec<_> = (0..20).map(|n| batch(plant(&format!("E{n}@{n}:-> L{n}")))).collect();
    let answers = futures::future::join_all(many.iter().map(|batch| store.commit(batch))).await;
    assert!(answers.iter().all(Result::is_ok));
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.revision().await.unwrap().0, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_dropped_while_a_read_goes_on_is_one_file() {
    let (folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    let events: Vec<_> = generate::events(PlantRequest::Dairy).collect();
    for chunk in events.chunks(5_000) {
        assert!(store.commit(&batch(chunk.to_vec())).await.unwrap().applied);
    }
    drop(store);
    for patience in 0..6 {
        let store = SqliteStore::open(&path).unwrap();
        store.commit(&batch(plant(&format!("N{patience}@1:-> N{patience}")))).await.unwrap();
        let all = Find { what: What::Operations(OperationFilter::default()), after: None, first: 10_000 };
        let mut reads = [store.find(&all), store.find(&all)];
        for read in &mut reads {
            assert!(futures::poll!(read).is_pending(), "the read has begun, on a thread of its own");
        }
        tokio::time::sleep(Duration::from_millis(patience)).await;
        // Whoever asked goes away, and the read does not know.
        drop(reads);
        drop(store);
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["lots.db", "lots.db.lock"], "after {patience} ms");
    }
}

#[test]
fn a_second_open_is_refused_until_the_first_is_gone() {
    let (folder, path) = folder();
    let first = SqliteStore::open(&path).unwrap();
    let error = refusal(&path);
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(words(&error).contains("open in another lotgraph"), "{}", words(&error));
    assert!(words(&error).contains(&std::process::id().to_string()), "{}", words(&error));
    // Neither does another spelling of the same file get past the lock.
    let detour = folder.path().join(".").join("lots.db");
    assert_eq!(refusal(&detour).kind, StoreErrorKind::Unavailable);
    drop(first);
    SqliteStore::open(&path).unwrap();
}

#[test]
fn a_file_of_a_newer_format_is_refused_untouched() {
    let (_folder, path) = folder();
    drop(SqliteStore::open(&path).unwrap());
    let raw = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = raw.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 4, "a new format needs a new golden file and a way from the old one");
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    let error = refusal(&path);
    assert!(matches!(error.kind, StoreErrorKind::Invalid(_)));
    assert!(words(&error).contains("format 99, written by a newer lotgraph"), "{}", words(&error));
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", 4).unwrap();
    drop(raw);
    SqliteStore::open(&path).unwrap();
}

#[test]
fn files_of_others_are_refused() {
    let (_folder, path) = folder();
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(raw);
    let error = refusal(&path);
    assert!(words(&error).contains("another program"), "{}", words(&error));
    std::fs::write(&path, "lot,operation\n".repeat(1_000)).unwrap();
    assert!(matches!(refusal(&path).kind, StoreErrorKind::Corrupt(_)));
    let missing = path.parent().unwrap().join("none").join("lots.db");
    assert_eq!(refusal(&missing).kind, StoreErrorKind::Unavailable);
}

#[test]
fn a_log_without_its_file_is_refused() {
    let (_folder, path) = folder();
    drop(SqliteStore::open(&path).unwrap());
    let log = path.with_extension("db-wal");
    std::fs::write(&log, [1; 100]).unwrap();
    std::fs::remove_file(&path).unwrap();
    let error = refusal(&path);
    assert!(matches!(error.kind, StoreErrorKind::Corrupt(_)), "{}", words(&error));
    assert!(words(&error).contains("put the file back"), "{}", words(&error));
    assert!(!path.exists(), "nothing is created in its place");
    assert_eq!(std::fs::read(&log).unwrap(), [1; 100], "and the log is left alone");
}

#[tokio::test]
async fn settings_that_durability_needs_are_in_force() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    store.commit(&batch(plant("-> A"))).await.unwrap();
    let raw = rusqlite::Connection::open(&path).unwrap();
    let mode: String = raw.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let broken: i64 =
        raw.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    let sound: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!((broken, sound.as_str()), (0, "ok"));
}

#[tokio::test]
async fn no_row_refers_to_one_that_is_not_there() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    // A month with voids, refills and rework; then everything once more, as duplicates.
    let events: Vec<_> = generate::events(PlantRequest::Dairy).collect();
    for round in 0..2 {
        for chunk in events.chunks(700) {
            let receipt = store.commit(&batch(chunk.to_vec())).await.unwrap();
            assert!(receipt.applied, "round {round}: {receipt:?}");
        }
    }
    let raw = rusqlite::Connection::open(&path).unwrap();
    let broken: i64 =
        raw.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    let links: i64 = raw.query_row("SELECT count(*) FROM link", [], |row| row.get(0)).unwrap();
    assert_eq!(broken, 0);
    assert!(links > 4_000, "{links}");
}

/// Makes SQLite refuse an event, in one of the ways it can.
fn refuse_event(path: &Path, id: &str, how: &str) {
    let raw = rusqlite::Connection::open(path).unwrap();
    raw.execute_batch(&format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN new.id = '{id}' BEGIN SELECT RAISE({how}, 'no'); END"
    ))
    .unwrap();
}

/// Sends many batches at once, so that they share transactions; says for each whether it was acknowledged, and checks
/// that exactly those are there.
async fn commit_many(store: &SqliteStore) -> Vec<bool> {
    let batches: Vec<_> = (0..40).map(|n| batch(plant(&format!("E{n}@{n}:TANK -> L{n}")))).collect();
    let answers = futures::future::join_all(batches.iter().map(|batch| store.commit(batch))).await;
    let acknowledged: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    let refs: Vec<NodeRef> = (0..40).map(|n| NodeRef::Lot(lot_id(&format!("L{n}")))).collect();
    let there: Vec<bool> = store.get(&refs).await.unwrap().iter().map(Option::is_some).collect();
    assert_eq!(acknowledged, there);
    let revision = store.revision().await.unwrap().0;
    assert_eq!(revision, there.iter().filter(|there| **there).count() as u64);
    acknowledged
}

#[tokio::test]
async fn a_batch_that_fails_takes_no_neighbour_with_it() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    refuse_event(&path, "E17", "ABORT");
    let acknowledged = commit_many(&store).await;
    let expected: Vec<bool> = (0..40).map(|n| n != 17).collect();
    assert_eq!(acknowledged, expected);
}

#[tokio::test]
async fn nothing_is_acknowledged_when_sqlite_rolls_back_by_itself() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    refuse_event(&path, "E17", "ROLLBACK");
    let acknowledged = commit_many(&store).await;
    assert!(!acknowledged[17]);
    // The store goes on: what was lost can be sent again.
    rusqlite::Connection::open(&path).unwrap().execute_batch("DROP TRIGGER refuse").unwrap();
    let again: Vec<_> = (0..40).map(|n| batch(plant(&format!("E{n}@{n}:TANK -> L{n}")))).collect();
    for batch in &again {
        assert!(store.commit(batch).await.unwrap().applied);
    }
    assert_eq!(
        store.revision().await.unwrap().0,
        store.changes(LedgerPosition::default(), 100).await.unwrap().entries.len() as u64
    );
}
