//! Stores of an older lotgraph: migrated, their graph derived anew, and never left half done.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lotgraph::store::Ledger;
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore};
use lotgraph::store::sqlite::SqliteStore;
use lotgraph::store::upgrade::{FORMAT, PROJECTION, UpgradeStep, Versions};

use crate::support::histories::{command, equal, exported, golden, kill_until_done, lotgraph, many};
use crate::support::stores::{Fresh, neo4j, neo4j_of, sqlite};

fn golden_file(folder: &Path) -> PathBuf {
    let path = folder.join("old.sqlite");
    std::fs::copy(crate::golden::folder().join("store.sqlite"), &path).unwrap();
    path
}

/// Makes a file's graph one of an older program: it says so, and it is wrong.
fn age(path: &Path) {
    let raw = rusqlite::Connection::open(path).unwrap();
    raw.execute_batch(
        "UPDATE projection SET version = 0; DELETE FROM link WHERE role = 2; UPDATE lot SET status = 'SUSPECT', search = ''; DELETE FROM record; DROP INDEX lot_by_material;
         CREATE TABLE forgotten (x INTEGER) STRICT",
    )
    .unwrap();
}

fn version(path: &Path, pragma: &str) -> i64 {
    rusqlite::Connection::open(path).unwrap().pragma_query_value(None, pragma, |row| row.get(0)).unwrap()
}

fn tables(path: &Path) -> Vec<String> {
    let raw = rusqlite::Connection::open(path).unwrap();
    let mut all = raw
        .prepare(
            "SELECT type || ' ' || name || ' ' || sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1",
        )
        .unwrap();
    all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_format_3_is_refused_to_readers_and_upgraded_by_those_who_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = golden_file(folder.path());
    let before = std::fs::read(&path).unwrap();
    assert_eq!(SqliteStore::versions(&path).unwrap(), Some(Versions { format: 3, projection: 1 }));
    let (good, said) = lotgraph(folder.path(), &["alerts", "--store", "sqlite:old.sqlite"]).await;
    assert!(!good && said.contains("run lotgraph upgrade"), "{said}");
    let (good, said) = lotgraph(folder.path(), &["upgrade", "--check", "--store", "sqlite:old.sqlite"]).await;
    assert!(!good && said.contains("format 3, graph version 1; to be upgraded to format 4"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), before, "nobody who only looks changes the file");
    // A backup of it can still be made, before anything is upgraded, and restored.
    let (good, said) =
        lotgraph(folder.path(), &["backup", "copy.sqlite", "--store", "sqlite:old.sqlite"]).await;
    assert!(good, "{said}");
    let (good, said) =
        lotgraph(folder.path(), &["restore", "copy.sqlite", "--store", "sqlite:again.sqlite"]).await;
    assert!(good, "{said}");
    let (good, said) = lotgraph(folder.path(), &["upgrade", "--store", "sqlite:old.sqlite"]).await;
    assert!(good && said.contains("upgraded from format 3"), "{said}");
    let (good, said) = lotgraph(folder.path(), &["upgrade", "--check", "--store", "sqlite:old.sqlite"]).await;
    assert!(good && said.contains("nothing to upgrade"), "{said}");
    let (good, said) =
        lotgraph(folder.path(), &["verify", "sqlite:again.sqlite", "--deep", "--store", "sqlite:old.sqlite"])
            .await;
    assert!(good, "{said}");
    drop(SqliteStore::open(&folder.path().join("new.sqlite")).unwrap());
    assert_eq!(tables(&path), tables(&folder.path().join("new.sqlite")), "as if it were made anew");
    assert_eq!(version(&path, "user_version"), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_graph_is_derived_anew_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let good = golden(folder.path()).await;
    let path = folder.path().join("aged.sqlite");
    SqliteStore::back_up(&folder.path().join("golden.sqlite"), &path, &mut |_, _| {}).unwrap();
    age(&path);
    assert!(SqliteStore::open_to_read(&path).is_err(), "an older graph gives other answers");
    // Somebody who reads meanwhile, for example a backup, holds nothing up and goes on seeing what was.
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let seen = || -> (i64, i64) {
        let text = "SELECT (SELECT count(*) FROM link), (SELECT version FROM projection)";
        reader.query_row(text, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let before = seen();
    let mut steps = Vec::new();
    let store: Arc<dyn Ledger> =
        Arc::new(SqliteStore::open_and_upgrade(&path, &mut |step| steps.push(step)).unwrap());
    assert!(steps.contains(&UpgradeStep::Replacing), "{steps:?}");
    assert_eq!(seen(), before);
    drop(reader);
    assert!(equal(&good, &store).await.links > 20);
    assert_eq!(exported(good.as_ref(), 0).await, exported(store.as_ref(), 0).await);
    assert_eq!(store.identity().await.unwrap(), good.identity().await.unwrap(), "it is the same ledger");
    drop(store);
    assert_eq!(tables(&path), tables(&folder.path().join("golden.sqlite")));
    let raw = rusqlite::Connection::open(&path).unwrap();
    let broken: i64 =
        raw.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    let sound: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!((broken, sound.as_str()), (0, "ok"));
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("rebuild")), "{left:?}");
}

#[test]
fn a_newer_graph_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newer.sqlite");
    drop(SqliteStore::open(&path).unwrap());
    rusqlite::Connection::open(&path).unwrap().execute_batch("UPDATE projection SET version = 99").unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = SqliteStore::open(&path).err().unwrap().to_string();
    assert!(error.contains("version 99, derived by a newer lotgraph"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

/// A file with an older graph and many revisions, and a good copy.
async fn aged(folder: &Path, revisions: usize) -> Arc<dyn Ledger> {
    let good = folder.join("good.sqlite");
    {
        let store = SqliteStore::open(&good).unwrap();
        many(&store, revisions).await;
    }
    SqliteStore::back_up(&good, &folder.join("aged.sqlite"), &mut |_, _| {}).unwrap();
    age(&folder.join("aged.sqlite"));
    Arc::new(SqliteStore::open_to_read(&good).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_upgrade_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let good = aged(folder.path(), 8_000).await;
    let kills = kill_until_done(folder.path(), &["upgrade", "--store", "sqlite:aged.sqlite"], 60).await;
    assert!(kills > 2, "{kills} kills prove little");
    let store: Arc<dyn Ledger> = Arc::new(SqliteStore::open(&folder.path().join("aged.sqlite")).unwrap());
    assert!(equal(&good, &store).await.links > 8_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_upgrade_of_another_file_left_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let good = aged(folder.path(), 300).await;
    let other = folder.path().join("aged.sqlite.rebuild");
    many(&SqliteStore::open(&other).unwrap(), 100).await;
    let store: Arc<dyn Ledger> = Arc::new(SqliteStore::open(&folder.path().join("aged.sqlite")).unwrap());
    equal(&good, &store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_on_a_full_disk_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let good = aged(folder.path(), 3_000).await;
    let path = folder.path().join("aged.sqlite");
    let graph = |path: &Path| -> i64 {
        let raw = rusqlite::Connection::open(path).unwrap();
        raw.query_row("SELECT count(*) FROM link", [], |row| row.get(0)).unwrap()
    };
    let (before, size) = (graph(&path), std::fs::metadata(&path).unwrap().len());
    // No file may grow beyond some blocks of 512 bytes: first the new graph finds no room, then the store's own log.
    for blocks in [100, size / 512 / 2, size / 512 * 3 / 4] {
        let script =
            format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" upgrade --store sqlite:aged.sqlite");
        let program = env!("CARGO_BIN_EXE_lotgraph");
        let mut shell = tokio::process::Command::new("sh");
        let output = shell.args(["-c", &script, program]).current_dir(folder.path()).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{blocks} blocks were enough");
        assert!(said.contains("what it held before is untouched"), "{blocks}: {said}");
        assert_eq!(graph(&path), before);
        let raw = rusqlite::Connection::open(&path).unwrap();
        let version: i64 = raw.query_row("SELECT version FROM projection", [], |row| row.get(0)).unwrap();
        assert_eq!(version, 0);
    }
    let store: Arc<dyn Ledger> = Arc::new(SqliteStore::open(&path).unwrap());
    equal(&good, &store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_upgrade_at_once_do_no_harm_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let good = aged(folder.path(), 2_000).await;
    let run = || async {
        let output =
            command(folder.path(), &["upgrade", "--store", "sqlite:aged.sqlite"]).output().await.unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (one, two) = tokio::join!(run(), run());
    assert!(one.0 || two.0, "{one:?} {two:?}");
    for (good, said) in [one, two] {
        assert!(good || said.contains("is open in another lotgraph"), "{said}");
    }
    let store: Arc<dyn Ledger> = Arc::new(SqliteStore::open(&folder.path().join("aged.sqlite")).unwrap());
    equal(&good, &store).await;
}

async fn run(fresh: &Fresh, statement: &str) {
    neo4rs::Graph::new(&fresh.uri, "", "").unwrap().run(neo4rs::query(statement)).await.unwrap();
}

async fn count(fresh: &Fresh, pattern: &str) -> i64 {
    let graph = neo4rs::Graph::new(&fresh.uri, "", "").unwrap();
    let text = format!("MATCH {pattern} RETURN count(*) AS count");
    let mut rows = graph.execute(neo4rs::query(&text)).await.unwrap();
    rows.next().await.unwrap().unwrap().get("count").unwrap()
}

async fn connect(fresh: &Fresh) -> Neo4jStore {
    Neo4jStore::connect(&Neo4jOptions { uri: fresh.uri.clone(), ..Neo4jOptions::default() }).await.unwrap()
}

/// Makes the graph in Neo4j one of an older program: it says so, and it is wrong.
async fn age_neo4j(fresh: &Fresh) {
    run(fresh, "MATCH (g:Ledger) SET g.projection = 0").await;
    run(fresh, "MATCH ()-[link:PRODUCED]->() DELETE link").await;
    run(fresh, "MATCH (r:Record) DETACH DELETE r").await;
    run(fresh, "MATCH (l:Lot) SET l.status = 'SUSPECT'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_format_3_says_so_from_now_on() {
    let fresh = neo4j_of(&crate::golden::lines("neo4j.ndjson")).await;
    let current = format!("(g:Ledger {{format: {FORMAT}, projection: {PROJECTION}}})");
    assert_eq!(count(&fresh, &current).await, 1, "opening upgraded it");
    run(&fresh, "MATCH (g:Ledger) REMOVE g.format, g.projection").await;
    let old = connect(&fresh).await;
    assert_eq!(old.versions().await.unwrap(), Some(Versions { format: 3, projection: 1 }));
    let refused = old.prepare_to_read().await.unwrap_err().to_string();
    assert!(refused.contains("run lotgraph upgrade"), "{refused}");
    let folder = tempfile::tempdir().unwrap();
    let (good, said) = lotgraph(folder.path(), &["upgrade", "--store", &fresh.uri]).await;
    assert!(good && said.contains("upgraded from format 3"), "{said}");
    old.prepare_to_read().await.unwrap();
    run(&fresh, "MATCH (g:Ledger) SET g.format = 99").await;
    let refused = old.prepare().await.unwrap_err().to_string();
    assert!(refused.contains("format 99, written by a newer lotgraph"), "{refused}");
    run(&fresh, "MATCH (g:Ledger) SET g.format = 4, g.projection = 99").await;
    let refused = old.prepare().await.unwrap_err().to_string();
    assert!(refused.contains("version 99, derived by a newer lotgraph"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_graph_is_derived_anew_on_neo4j_also_by_two_at_once() {
    let fresh = neo4j_of(&crate::golden::lines("neo4j.ndjson")).await;
    let folder = tempfile::tempdir().unwrap();
    let good = golden(folder.path()).await;
    for together in 1..=2 {
        age_neo4j(&fresh).await;
        let stores = futures::future::join_all((0..together).map(|_| connect(&fresh))).await;
        assert!(stores[0].prepare_to_read().await.is_err());
        for done in futures::future::join_all(stores.iter().map(|store| store.prepare())).await {
            done.unwrap();
        }
        let store: Arc<dyn Ledger> = Arc::new(connect(&fresh).await);
        assert!(equal(&good, &store).await.links > 20);
        assert_eq!(
            exported(good.as_ref(), 0).await.lines().nth(1),
            exported(store.as_ref(), 0).await.lines().nth(1)
        );
        assert_eq!(count(&fresh, "(n:Retired)").await, 0);
        let current = format!("(g:Ledger {{projection: {PROJECTION}}}) WHERE g.rebuild_phase IS NULL");
        assert_eq!(count(&fresh, &current).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_upgrade_goes_on_where_it_stopped_on_neo4j() {
    let source = sqlite().await;
    many(source.store.as_ref(), 4_000).await;
    let fresh = neo4j().await;
    let folder = tempfile::tempdir().unwrap();
    let text = exported(source.store.as_ref(), 0).await;
    let backup = crate::support::histories::file(folder.path(), "backup.ndjson", &text);
    lotgraph::service::restore::restore(
        &crate::support::events::tester(),
        &[backup],
        fresh.store.as_ref(),
        &mut |_| {},
    )
    .await
    .unwrap();
    age_neo4j(&fresh).await;
    let kills = kill_until_done(folder.path(), &["upgrade", "--store", &fresh.uri], 500).await;
    assert!(kills > 2, "{kills} kills prove little");
    let store: Arc<dyn Ledger> = Arc::new(connect(&fresh).await);
    assert!(equal(&source.store, &store).await.links > 4_000);
    assert_eq!(count(&fresh, "(n:Retired)").await, 0);
}
