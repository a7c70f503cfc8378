//! Backups beside a running server: copies of a SQLite file, and files of the ledger, whole or since a revision.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lotgraph::domain::Revision;
use lotgraph::service::backup::{back_up, ledger_state, partial};
use lotgraph::service::copy::copy;
use lotgraph::store::Reader;
use lotgraph::store::sqlite::SqliteStore;
use serde_json::json;

use crate::support::events::tester;
use crate::support::histories::{exported, file, golden, lotgraph, many, random};
use crate::support::process::Server;
use crate::support::stores::{neo4j, sqlite};

/// Records one event after the other until told to stop; how many were acknowledged.
async fn record(url: String, stop: Arc<AtomicBool>, done: Arc<AtomicU64>, name: u64) {
    let client = reqwest::Client::new();
    let mut n = 0;
    while !stop.load(Ordering::Relaxed) {
        let event = json!([{"type": "receive", "id": format!("W{name}-{n}"), "at": "2026-01-05T06:00:00Z",
            "outputs": [{"lot": format!("TANK-{}", n % 5)}]}]);
        let answer = client.post(format!("{url}/api/v1/events")).json(&event).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        done.fetch_add(1, Ordering::Relaxed);
        n += 1;
    }
}

/// Whether a store is the beginning of another.
async fn begins(beginning: &dyn Reader, whole: &dyn Reader) -> Revision {
    let at = beginning.revision().await.unwrap();
    let ours = ledger_state(&tester(), beginning, at, &mut |_| {}).await.unwrap();
    assert_eq!(ours, ledger_state(&tester(), whole, at, &mut |_| {}).await.unwrap());
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_a_server_is_one_moment_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.sqlite");
    {
        let store = SqliteStore::open(&path).unwrap();
        many(&store, 6_000).await;
    }
    let server = Server::start(folder.path(), &["--store", "sqlite:live.sqlite"]).await;
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> =
        (0..3).map(|n| tokio::spawn(record(server.url.clone(), stop.clone(), done.clone(), n))).collect();
    let mut revisions = Vec::new();
    for n in 0..4 {
        let before = done.load(Ordering::Relaxed);
        let (name, text) = (format!("copy{n}.sqlite"), format!("copy{n}.ndjson"));
        let (good, said) = lotgraph(folder.path(), &["backup", &name, "--store", "sqlite:live.sqlite"]).await;
        assert!(good && said.contains("of ledger"), "{said}");
        let arguments = ["backup", &text, "--form", "ndjson", "--store", "sqlite:live.sqlite"];
        let (good, said) = lotgraph(folder.path(), &arguments).await;
        assert!(good && said.contains("digest"), "{said}");
        assert!(done.load(Ordering::Relaxed) > before, "nothing was recorded during the backup");
        // A copy is one file, and is not damaged by anybody who only reads it.
        let raw = rusqlite::Connection::open(folder.path().join(&name)).unwrap();
        let sound: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        revisions.push(name);
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(server.terminate().await.success());
    let live = SqliteStore::open_to_read(&path).unwrap();
    let mut last = Revision(0);
    for name in revisions {
        let store = SqliteStore::open_to_read(&folder.path().join(&name)).unwrap();
        let at = begins(&store, &live).await;
        assert!(at > last, "{name}: later copies hold more");
        last = at;
        // The graph of a copy is that of its ledger.
        let replayed = sqlite().await;
        copy(&crate::support::events::tester(), &store, replayed.store.as_ref(), &mut |_| {}).await.unwrap();
        let text = name.replace("sqlite", "ndjson");
        let to = format!("sqlite:restored-{name}");
        let (good, said) = lotgraph(folder.path(), &["restore", &text, "--store", &to]).await;
        assert!(good && said.contains("digest"), "{said}");
    }
}

#[tokio::test]
async fn a_backup_never_replaces_a_file() {
    let folder = tempfile::tempdir().unwrap();
    drop(golden(folder.path()).await);
    for form in ["sqlite", "ndjson"] {
        let taken = file(folder.path(), form, "precious");
        let arguments = ["backup", form, "--form", form, "--store", "sqlite:golden.sqlite"];
        let (good, said) = lotgraph(folder.path(), &arguments).await;
        assert!(!good && said.contains("is there already"), "{said}");
        assert_eq!(std::fs::read_to_string(&taken).unwrap(), "precious");
    }
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("partial")), "{names:?}");
}

async fn restored_file(folder: &Path, to: &str) {
    drop(golden(folder).await);
    let (good, said) = lotgraph(folder, &["backup", "copy.sqlite", "--store", "sqlite:golden.sqlite"]).await;
    assert!(good, "{said}");
    let (good, said) = lotgraph(folder, &["restore", "copy.sqlite", "--store", to]).await;
    assert!(good && said.contains("from now on"), "{said}");
    for against in ["copy.sqlite", "sqlite:golden.sqlite"] {
        let (good, said) = lotgraph(folder, &["verify", against, "--deep", "--store", to]).await;
        assert!(good && said.contains("the same history"), "{said}");
    }
    // Once more changes nothing; and a store that went on is no longer the same.
    let (good, said) = lotgraph(folder, &["restore", "copy.sqlite", "--store", to]).await;
    assert!(good, "{said}");
    file(folder, "more.ndjson", "{\"type\":\"operator\",\"code\":\"OP-77\"}\n");
    let (good, said) = lotgraph(folder, &["import", "more.ndjson", "--store", to]).await;
    assert!(good, "{said}");
    let (good, said) = lotgraph(folder, &["verify", "copy.sqlite", "--store", to]).await;
    assert!(
        !good && said.contains("DIFFERS  revision") && said.contains("DIFFERS  masters Operator"),
        "{said}"
    );
    assert!(said.contains("DIFFERS  digest") && said.contains("same     lots"), "{said}");
    let (good, said) = lotgraph(folder, &["restore", "copy.sqlite", "--store", to]).await;
    assert!(!good, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_file_is_restored_as_a_file_with_a_name_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    restored_file(folder.path(), "sqlite:restored.sqlite").await;
    let identity = async |name: &str| {
        SqliteStore::open_to_read(&folder.path().join(name)).unwrap().identity().await.unwrap()
    };
    assert_eq!(identity("golden.sqlite").await, identity("copy.sqlite").await);
    assert_ne!(identity("golden.sqlite").await, identity("restored.sqlite").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_file_is_restored_into_neo4j() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = neo4j().await;
    restored_file(folder.path(), &fresh.uri).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_killed_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = neo4j().await;
    random(fresh.store.as_ref(), 4, 10).await;
    let whole = exported(fresh.store.as_ref(), 0).await;
    let (store, to) = (fresh.store.as_ref(), folder.path().join("backup.ndjson"));
    for (n, cut) in [20, whole.len() / 3, whole.len() / 2, whole.len() - 5].into_iter().enumerate() {
        std::fs::write(partial(&to), &whole.as_bytes()[..cut]).unwrap();
        let done =
            back_up(&crate::support::events::tester(), store, &to, Revision(0), &mut |_| {}).await.unwrap();
        assert_eq!(std::fs::read_to_string(&to).unwrap(), whole, "cut at {cut}");
        assert_eq!(done.resumed.is_some(), n > 0, "cut at {cut}");
        std::fs::remove_file(&to).unwrap();
    }
    // What is of another ledger is not written over.
    let other = sqlite().await;
    random(other.store.as_ref(), 9, 3).await;
    let theirs = exported(other.store.as_ref(), 0).await;
    std::fs::write(partial(&to), &theirs[..theirs.len() / 2]).unwrap();
    let error =
        back_up(&crate::support::events::tester(), store, &to, Revision(0), &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("it is of another ledger"), "{error}");
    std::fs::remove_file(partial(&to)).unwrap();
    // What is recorded behind a revision goes into a file of its own.
    let since =
        back_up(&crate::support::events::tester(), store, &to, Revision(4), &mut |_| {}).await.unwrap();
    assert_eq!((since.header.first, since.header.last), (Revision(5), store.revision().await.unwrap()));
    let error = back_up(
        &crate::support::events::tester(),
        store,
        &folder.path().join("x"),
        Revision(999),
        &mut |_| {},
    )
    .await
    .unwrap_err();
    assert!(error.to_string().contains("there is no revision 999 yet"), "{error}");
}
