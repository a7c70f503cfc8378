//! Judge once, project for ever: a rule that came later refuses what is sent, and never what a ledger holds.

use std::path::Path;
use std::sync::Arc;

use lotgraph::cli::app::scratch_stores;
use lotgraph::domain::{Caller, ErrorCode, Problem};
use lotgraph::planner::Rules;
use lotgraph::service::as_of::{AsOfLimits, History, Point};
use lotgraph::service::copy::copy;
use lotgraph::service::trace::TraceLimits;
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore};
use lotgraph::store::sqlite::SqliteStore;
use lotgraph::store::{Ledger, Revision, Status};

use crate::conformance::ask::{lot, record};
use crate::support::events::{batch, event, tester};
use crate::support::stores;

/// A judge that takes nothing at all, whoever sends it.
fn nothing_any_more() -> Rules {
    Rules::default().and(|_, caller: &Caller| {
        let message = format!("{} may not record anything here", caller.actor);
        Err(Problem::new(ErrorCode::EventReserved, "type", message))
    })
}

/// A ledger with operations, a hold, a release, a void and a recall in it.
async fn history(store: &Arc<dyn Ledger>) {
    let events = [
        r#"{"type":"material","code":"M","unit":"KGM"}"#,
        r#"{"type":"receive","id":"R","at":"2026-01-01T06:00:00Z","outputs":[{"lot":"A","material":"M","quantity":"10","unit":"KGM"}]}"#,
        r#"{"type":"operation","id":"O","kind":"PRODUCE","at":"2026-01-01T07:00:00Z","inputs":[{"lot":"A","quantity":"4","unit":"KGM"}],"outputs":[{"lot":"B","quantity":"4","unit":"KGM"}]}"#,
        r#"{"type":"hold","id":"H","at":"2026-01-01T08:00:00Z","lots":["A"],"reason":"smell"}"#,
        r#"{"type":"scrap","id":"X","at":"2026-01-01T09:00:00Z","inputs":[{"lot":"B","quantity":"1","unit":"KGM"}]}"#,
        r#"{"type":"void","id":"V","event":"X","reason":"slip"}"#,
        r#"{"type":"recall","id":"RC","at":"2026-01-01T10:00:00Z","mock":true,"reason":"exercise","scope":{"lots":[{"lot":"A"}]},"lots":[{"lot":"A"}]}"#,
        r#"{"type":"release","id":"L","at":"2026-01-01T11:00:00Z","hold":"H","reason":"fine","disposition":"RELEASED"}"#,
    ];
    for text in events {
        let receipt = record(store, &[serde_json::from_str(text).unwrap()]).await;
        assert_eq!(receipt.outcomes[0].status, Status::Accepted, "{text}");
    }
}

async fn is_refused(store: &dyn Ledger) {
    let late = serde_json::json!({"type":"operator","code":"OP","id":"late"});
    let receipt = store.commit(&batch(vec![event(&late)])).await.unwrap();
    let Status::Rejected(problem) = &receipt.outcomes[0].status else { panic!("{receipt:?}") };
    let expected = format!("{} may not record anything here", tester().actor);
    assert_eq!((problem.code, &problem.message), (ErrorCode::EventReserved, &expected));
    assert!(receipt.changes.is_empty());
}

async fn takes_it_over(from: &Arc<dyn Ledger>, strict: Arc<dyn Ledger>) {
    is_refused(strict.as_ref()).await;
    let copied =
        copy(&crate::support::events::tester(), from.as_ref(), strict.as_ref(), &mut |_| {}).await.unwrap();
    assert_eq!(copied.revision, Revision(8));
    for id in ["A", "B"] {
        assert_eq!(lot(&strict, id).await, lot(from, id).await);
    }
    is_refused(strict.as_ref()).await;
    assert_eq!(strict.revision().await.unwrap(), Revision(8));
}

fn strict_file(path: &Path) -> SqliteStore {
    SqliteStore::open_with(path, nothing_any_more()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_into_a_stricter_store_takes_everything() {
    let fresh = stores::sqlite().await;
    history(&fresh.store).await;
    let folder = tempfile::tempdir().unwrap();
    let strict = strict_file(&folder.path().join("strict.sqlite"));
    strict.prepare().await.unwrap();
    takes_it_over(&fresh.store, Arc::new(strict)).await;
    let neo4j = stores::neo4j().await;
    let options = Neo4jOptions { uri: neo4j.uri.clone(), ..Neo4jOptions::default() };
    let strict = Neo4jStore::connect(&options).await.unwrap().with_rules(nothing_any_more());
    takes_it_over(&fresh.store, Arc::new(strict)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_past_of_a_store_that_became_stricter_is_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lots.sqlite");
    let store: Arc<dyn Ledger> = Arc::new(SqliteStore::open(&path).unwrap());
    history(&store).await;
    let held = lot(&store, "B").await;
    drop(store);
    let store: Arc<dyn Ledger> = Arc::new(strict_file(&path));
    is_refused(store.as_ref()).await;
    let past = History::new(store.clone(), scratch_stores(), AsOfLimits::default(), TraceLimits::default());
    let then = past.at(&crate::support::events::tester(), Point::Revision(Revision(5))).await.unwrap();
    assert_eq!(then.store.revision().await.unwrap(), Revision(5));
    assert_eq!(lot(&then.store, "B").await.scrapped.count, 1, "the scrap was not voided yet");
    assert_eq!(lot(&then.store, "B").await.quarantine.marks.len(), 1, "and the hold not released");
    assert_eq!(lot(&store, "B").await, held);
}
