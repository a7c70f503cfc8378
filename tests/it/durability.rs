//! What was acknowledged survives: SIGKILL of the program during recorder, and a Neo4j that goes away.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lotgraph::service::copy;
use lotgraph::store::{Ledger, LedgerPosition};
use rand::Rng;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::support::process::Server;
use crate::support::stores;

/// What the clients know: batches sent, and those acknowledged.
#[derive(Default)]
struct Journal {
    next: AtomicU64,
    acknowledged: Mutex<BTreeSet<u64>>,
}

/// An atomic batch: a receipt into one of a few refilled tanks, a draw, and now and then a void of an earlier draw.
fn events(batch: u64) -> Value {
    let (tank, at) = (format!("TANK-{}", batch % 5), "2026-01-05T06:00:00+08:00");
    let mut events = vec![
        json!({"type": "receive", "id": format!("B{batch}-R"), "at": at,
            "outputs": [{"lot": tank, "material": "MILK", "quantity": "10", "unit": "KGM"}]}),
        json!({"type": "operation", "kind": "PRODUCE", "id": format!("B{batch}-O"), "at": at,
            "inputs": [{"lot": tank, "quantity": "4", "unit": "KGM"}],
            "outputs": [{"lot": format!("CUP-{batch}"), "material": "CUP", "quantity": "4", "unit": "KGM"}]}),
    ];
    if batch % 4 == 3 {
        events.push(json!({"type": "void", "id": format!("B{batch}-V"), "event": format!("B{batch}-O"),
            "reason": "mistake"}));
    }
    Value::Array(events)
}

fn ids(batch: u64) -> Vec<String> {
    let events = events(batch);
    events.as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

/// Sends batches until the server dies; every second attempt repeats one whose fate is unknown.
async fn send(
    client: reqwest::Client,
    url: String,
    journal: Arc<Journal>,
    mut unknown: Vec<u64>,
) -> Vec<u64> {
    loop {
        let batch = match unknown.pop() {
            Some(batch) => batch,
            None => journal.next.fetch_add(1, Ordering::Relaxed),
        };
        let answer = client.post(format!("{url}/api/v1/events")).json(&events(batch)).send().await;
        match answer {
            Ok(answer) if answer.status().is_success() => {
                journal.acknowledged.lock().await.insert(batch);
            }
            Ok(answer) => {
                let (status, body) = (answer.status(), answer.text().await.unwrap_or_default());
                assert!(status == 503, "{status}: {body}");
                unknown.push(batch);
                return unknown;
            }
            Err(_) => {
                unknown.push(batch);
                return unknown;
            }
        }
    }
}

/// Kills the server again and again while clients send, each time after some milliseconds of patience.
async fn kill_during_ingest(
    folder: &Path,
    flags: &[&str],
    kills: usize,
    patience: std::ops::Range<u64>,
) -> Arc<Journal> {
    let journal = Arc::new(Journal::default());
    let client = reqwest::Client::new();
    let mut unknown = vec![Vec::new(); 3];
    for _ in 0..kills {
        let server = Server::start(folder, flags).await;
        let senders: Vec<_> = unknown
            .drain(..)
            .map(|unknown| tokio::spawn(send(client.clone(), server.url.clone(), journal.clone(), unknown)))
            .collect();
        let wait = rand::rng().random_range(patience.clone());
        tokio::time::sleep(Duration::from_millis(wait)).await;
        server.kill().await;
        for sender in senders {
            unknown.push(sender.await.unwrap());
        }
    }
    journal
}

/// Every acknowledged event is there once, no batch in part, and a replay gives the same graph.
async fn check(store: &dyn Ledger, journal: &Journal) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut after = LedgerPosition::default();
    loop {
        let page = store.changes(after, 1_000).await.unwrap();
        for entry in &page.entries {
            *seen.entry(entry.event.id.to_string()).or_default() += 1;
            after = entry.position;
        }
        if !page.more {
            break;
        }
    }
    assert!(seen.values().all(|count| *count == 1), "an event stands twice in the ledger");
    let acknowledged = journal.acknowledged.lock().await;
    assert!(!acknowledged.is_empty(), "nothing was acknowledged: the test proves nothing");
    for batch in acknowledged.iter() {
        for id in ids(*batch) {
            assert!(seen.contains_key(&id), "{id} was acknowledged and is lost");
        }
    }
    for batch in 0..journal.next.load(Ordering::Relaxed) {
        let present = ids(batch).iter().filter(|id| seen.contains_key(*id)).count();
        assert!(present == 0 || present == ids(batch).len(), "batch {batch} is there in part");
    }
    let replayed = stores::sqlite().await;
    let copied = copy::copy(&crate::support::events::tester(), store, replayed.store.as_ref(), &mut |_| {})
        .await
        .unwrap();
    assert!(copied.compared.links > 0, "{copied:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_during_ingest_lose_nothing_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let journal = kill_during_ingest(folder.path(), &["--store", "sqlite:killed.sqlite"], 50, 5..120).await;
    let store = lotgraph::store::sqlite::SqliteStore::open(&folder.path().join("killed.sqlite")).unwrap();
    store.prepare().await.unwrap();
    check(&store, &journal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_during_ingest_lose_nothing_on_neo4j() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = stores::neo4j().await;
    // A commit takes some twenty messages to a server that has just started: most kills must come later than one.
    let flags = ["--store", &fresh.uri, "--cache", "none"];
    let journal = kill_during_ingest(folder.path(), &flags, 12, 50..2_000).await;
    check(fresh.store.as_ref(), &journal).await;
}

/// The names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_finishes_requests_in_progress() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(Journal::default());
    let client = reqwest::Client::new();
    let mut unknown = vec![Vec::new(); 4];
    // Which thread is the last to let go of the store is a matter of luck, so this is tried more than once.
    for _ in 0..5 {
        let server = Server::start(folder.path(), &["--store", "sqlite:stopped.sqlite"]).await;
        let senders: Vec<_> = unknown
            .drain(..)
            .map(|unknown| tokio::spawn(send(client.clone(), server.url.clone(), journal.clone(), unknown)))
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let status = server.terminate().await;
        assert!(status.success(), "{status}");
        // The process ends behind the store: its log is folded into the file, which is then the whole database.
        assert_eq!(files(folder.path()), ["stopped.sqlite", "stopped.sqlite.lock"]);
        for sender in senders {
            unknown.push(sender.await.unwrap());
        }
    }
    let store = lotgraph::store::sqlite::SqliteStore::open(&folder.path().join("stopped.sqlite")).unwrap();
    store.prepare().await.unwrap();
    check(&store, &journal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_one_file_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Server::start(folder.path(), &["--store", "sqlite:shared.sqlite"]).await;
    let second = tokio::process::Command::new(env!("CARGO_BIN_EXE_lotgraph"))
        .args(["serve", "--listen", "127.0.0.1:0", "--store", "sqlite:shared.sqlite"])
        .current_dir(folder.path())
        .output()
        .await
        .unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("shared.sqlite") && said.contains("another"), "{said}");
}
