//! History is portable: export with recordings and restore give the same history, and what is no whole backup is refused
//! before anything is written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lotgraph::domain::ErrorCode;
use lotgraph::service::ServiceError;
use lotgraph::service::restore::{Restored, restore};
use lotgraph::store::Ledger;

use crate::support::events::{batch, plant};
use crate::support::histories::{exported, file, golden, kill_until_done, lotgraph, many, random, same};
use crate::support::stores::{Fresh, neo4j, sqlite};

async fn take(files: &[PathBuf], to: &Arc<dyn Ledger>) -> Result<Restored, ServiceError> {
    restore(&crate::support::events::tester(), files, to.as_ref(), &mut |_| {}).await
}

async fn golden_history(fresh: Fresh) {
    let folder = tempfile::tempdir().unwrap();
    let source = golden(folder.path()).await;
    let backup = file(folder.path(), "golden.ndjson", &exported(source.as_ref(), 0).await);
    let restored = take(&[backup], &fresh.store).await.unwrap();
    assert_eq!(restored.identity, source.identity().await.unwrap());
    same(&source, &fresh.store, 5).await;
    // Every question that is kept of the old store, as of its revisions too; recalls and alerts among them.
    crate::golden::answers_are_the_same(fresh.store.clone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_golden_history_is_restored_into_sqlite() {
    golden_history(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_golden_history_is_restored_into_neo4j() {
    golden_history(neo4j().await).await;
}

async fn random_histories(fresh: Fresh, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let source = sqlite().await;
    random(source.store.as_ref(), seed, 14).await;
    let backup = file(folder.path(), "backup.ndjson", &exported(source.store.as_ref(), 0).await);
    take(&[backup], &fresh.store).await.unwrap();
    same(&source.store, &fresh.store, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_are_restored_into_sqlite() {
    for seed in 0..4 {
        random_histories(sqlite().await, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_are_restored_into_neo4j() {
    random_histories(neo4j().await, 77).await;
}

#[tokio::test]
async fn a_chain_of_backups_is_restored_at_once_or_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let source = sqlite().await;
    random(source.store.as_ref(), 1, 6).await;
    let first = file(folder.path(), "1.ndjson", &exported(source.store.as_ref(), 0).await);
    let reached = source.store.revision().await.unwrap().0;
    source.store.commit(&batch(plant("X@1:-> X; Y@2:X -> Y"))).await.unwrap();
    source.store.commit(&batch(plant("Z@3:Y ->"))).await.unwrap();
    let second = file(folder.path(), "2.ndjson", &exported(source.store.as_ref(), reached).await);
    assert!(std::fs::metadata(&second).unwrap().len() < std::fs::metadata(&first).unwrap().len());
    let at_once = sqlite().await;
    take(&[first.clone(), second.clone()], &at_once.store).await.unwrap();
    same(&source.store, &at_once.store, 3).await;
    let one_by_one = sqlite().await;
    assert_eq!(take(std::slice::from_ref(&first), &one_by_one.store).await.unwrap().from.0, 0);
    assert_eq!(take(std::slice::from_ref(&second), &one_by_one.store).await.unwrap().from.0, reached);
    same(&source.store, &one_by_one.store, 3).await;
    // What is there already is no reason to refuse, and nothing is written twice.
    let again = take(&[first.clone(), second.clone()], &one_by_one.store).await.unwrap();
    assert_eq!(again.from, again.state.revision);
    // Without the first, the second has nothing to go on from; the other way round the order is wrong.
    let empty = sqlite().await;
    let refused = take(std::slice::from_ref(&second), &empty.store).await.unwrap_err();
    assert!(refused.message.contains("restore the backups before it first"), "{}", refused.message);
    let refused = take(&[second, first], &empty.store).await.unwrap_err();
    assert!(refused.message.contains("name the files in order, without a gap"), "{}", refused.message);
    assert_eq!(empty.store.revision().await.unwrap().0, 0);
}

async fn refused(files: &[PathBuf], to: &Fresh, code: ErrorCode, words: &str) {
    let before = (to.store.revision().await.unwrap(), exported(to.store.as_ref(), 0).await);
    let error = take(files, &to.store).await.expect_err(words);
    assert_eq!(error.code, code, "{}", error.message);
    assert!(error.message.contains(words), "{}", error.message);
    let after = (to.store.revision().await.unwrap(), exported(to.store.as_ref(), 0).await);
    assert_eq!(before, after, "something was written");
}

async fn bad_backups(empty: Fresh) {
    let folder = tempfile::tempdir().unwrap();
    let source = sqlite().await;
    random(source.store.as_ref(), 3, 8).await;
    let text = exported(source.store.as_ref(), 0).await;
    let lines: Vec<&str> = text.lines().collect();
    let changed = |name: &str, change: &dyn Fn(&mut Vec<String>)| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        change(&mut lines);
        file(folder.path(), name, &(lines.join("\n") + "\n"))
    };
    let unusable = ErrorCode::BackupUnusable;
    let half = file(folder.path(), "half.ndjson", &text[..text.len() / 2]);
    refused(&[half], &empty, unusable, "it was cut short").await;
    let end = changed("end.ndjson", &|lines| lines.truncate(lines.len() - 1));
    refused(&[end], &empty, unusable, "it was cut short").await;
    let swapped = changed("swapped.ndjson", &|lines| lines.swap(3, 4));
    refused(&[swapped], &empty, unusable, "line 4: ").await;
    let begins = |line: &String| line.contains("\"index\":1,");
    let gap = changed("gap.ndjson", &|lines| drop(lines.remove(lines.iter().rposition(begins).unwrap())));
    refused(&[gap], &empty, unusable, "something between them is missing").await;
    let twice = changed("twice.ndjson", &|lines| lines.insert(5, lines[5].clone()));
    refused(&[twice], &empty, unusable, "it is there twice").await;
    let actor = changed("actor.ndjson", &|lines| {
        // The sender of a whole revision, so that nothing but the digest tells.
        let (before, _) = lines[1].split_once(",\"at\"").unwrap();
        let revision = before.split("\"revision\":").nth(1).unwrap().split(',').next().unwrap().to_owned();
        let of = format!("\"revision\":{revision},");
        lines.iter_mut().filter(|line| line.contains(&of)).for_each(|line| *line = line.replace("王", "李"));
    });
    refused(&[actor], &empty, unusable, "something was changed").await;
    let newer =
        changed("newer.ndjson", &|lines| lines[0] = lines[0].replace("\"version\":1", "\"version\":9"));
    refused(&[newer], &empty, unusable, "written by a newer lotgraph").await;
    let plain = file(folder.path(), "plain.ndjson", "{\"type\":\"operator\",\"code\":\"A\"}\n");
    refused(&[plain], &empty, unusable, "does not begin as a ledger with recordings").await;
    refused(&[folder.path().join("none.ndjson")], &empty, unusable, "cannot be read").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_backups_change_nothing_on_sqlite() {
    bad_backups(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_backups_change_nothing_on_neo4j() {
    bad_backups(neo4j().await).await;
}

async fn other_stores(mut fresh: impl AsyncFnMut() -> Fresh) {
    let folder = tempfile::tempdir().unwrap();
    let source = sqlite().await;
    random(source.store.as_ref(), 5, 5).await;
    let first = file(folder.path(), "1.ndjson", &exported(source.store.as_ref(), 0).await);
    let reached = source.store.revision().await.unwrap().0;
    {
        let other = fresh().await;
        other.store.commit(&batch(plant("-> OTHER"))).await.unwrap();
        refused(std::slice::from_ref(&first), &other, ErrorCode::RestoreRefused, "it holds another history")
            .await;
    }
    {
        // A store that is a restore, and then went another way.
        let ahead = fresh().await;
        take(std::slice::from_ref(&first), &ahead.store).await.unwrap();
        ahead.store.commit(&batch(plant("AHEAD@1:-> AHEAD"))).await.unwrap();
        refused(
            std::slice::from_ref(&first),
            &ahead,
            ErrorCode::RestoreRefused,
            "behind the last one of the backup",
        )
        .await;
        source.store.commit(&batch(plant("ON@1:-> ON"))).await.unwrap();
        source.store.commit(&batch(plant("ON2@1:-> ON2"))).await.unwrap();
        let second = file(folder.path(), "2.ndjson", &exported(source.store.as_ref(), reached).await);
        refused(std::slice::from_ref(&second), &ahead, ErrorCode::RestoreRefused, "it holds another history")
            .await;
        // An incremental backup of another ledger, behind the first of this one.
        let foreign = sqlite().await;
        random(foreign.store.as_ref(), 6, 12).await;
        let stranger = file(folder.path(), "3.ndjson", &exported(foreign.store.as_ref(), reached).await);
        drop(ahead);
        let empty = fresh().await;
        refused(&[first.clone(), stranger], &empty, ErrorCode::BackupUnusable, "it is of the ledger").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_that_hold_something_else_are_refused_on_sqlite() {
    other_stores(sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_that_hold_something_else_are_refused_on_neo4j() {
    other_stores(neo4j).await;
}

#[tokio::test]
async fn anybody_can_recompute_the_digest() {
    use sha2::{Digest, Sha256};
    let folder = tempfile::tempdir().unwrap();
    let source = golden(folder.path()).await;
    let text = exported(source.as_ref(), 0).await;
    let lines: Vec<&str> = text.lines().collect();
    let mut digest = Sha256::digest(b"lotgraph-ledger-1\n");
    for line in &lines[1..lines.len() - 1] {
        digest = Sha256::new().chain_update(digest).chain_update(line).chain_update(b"\n").finalize();
    }
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let end: serde_json::Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!(end["end"]["digest"], hex);
    assert_eq!(end["end"]["events"], lines.len() - 2);
}

#[tokio::test]
async fn import_does_not_take_recordings_and_export_without_them_imports() {
    let folder = tempfile::tempdir().unwrap();
    let source = sqlite().await;
    random(source.store.as_ref(), 8, 3).await;
    let with = file(folder.path(), "with.ndjson", &exported(source.store.as_ref(), 0).await);
    let (good, said) = lotgraph(folder.path(), &["import", with.to_str().unwrap()]).await;
    assert!(!good && said.contains("RECORDING_UNEXPECTED") && said.contains("lotgraph restore"), "{said}");
    assert!(said.contains("0 accepted"), "{said}");
}

async fn killed(folder: &Path, source: &Arc<dyn Ledger>, to: &str, first: u64) {
    let text = exported(source.as_ref(), 0).await;
    let backup = file(folder, "backup.ndjson", &text);
    let backup = backup.to_str().unwrap();
    let kills = kill_until_done(folder, &["restore", backup, "--store", to], first).await;
    assert!(kills > 2, "{kills} kills prove little");
    let (good, said) = lotgraph(folder, &["verify", backup, "--deep", "--store", to]).await;
    assert!(good && said.contains("the same history"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_restore_goes_on_where_it_stopped_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let source = sqlite().await;
    many(source.store.as_ref(), 6_000).await;
    killed(folder.path(), &source.store, "sqlite:killed.sqlite", 60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_restore_goes_on_where_it_stopped_on_neo4j() {
    let folder = tempfile::tempdir().unwrap();
    let source = sqlite().await;
    many(source.store.as_ref(), 4_500).await;
    let fresh = neo4j().await;
    killed(folder.path(), &source.store, &fresh.uri, 700).await;
}
