//! Times that cannot be: what lies further ahead of the clock than allowed is refused at every door, and told of where it
//! was taken all the same. What a ledger holds is never judged again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lotgraph::cli::app::scratch_stores;
use lotgraph::domain::{ErrorCode, RecordKind, Text, Timestamp};
use lotgraph::format::csv_map::Mapping;
use lotgraph::planner::Rules;
use lotgraph::service::copy::copy;
use lotgraph::service::import::{DryRun, Format, Options};
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore};
use lotgraph::store::sqlite::SqliteStore;
use lotgraph::store::{Ledger, RecordFilter, Status, Tally, What};
use serde_json::{Value, json};

use crate::import::{options, run};
use crate::support::events::{batch, event, tester};
use crate::support::service::Service;
use crate::support::stores;

const NOW: &str = "2026-01-10T06:00:00Z";
const A_DAY_LATER: &str = "2026-01-11T06:00:00Z";
const TOO_LATE: &str = "2026-01-11T06:00:00.000001Z";

/// A day ahead of a clock that stands.
fn rules() -> Rules {
    let now = Timestamp::parse(NOW).unwrap();
    Rules::default().and_not_ahead(Duration::from_secs(86_400), move || now)
}

fn strict(folder: &Path) -> Arc<dyn Ledger> {
    Arc::new(SqliteStore::open_with(&folder.join("strict.sqlite"), rules()).unwrap())
}

/// Every kind of event that says when something happened, with each of its times at `at`, and the path of the latest.
fn events(at: &str) -> Vec<(Value, &'static str)> {
    let past = "2026-01-05T06:00:00Z";
    vec![
        (json!({"type":"receive","id":"R","at":at,"outputs":[{"lot":"A"}]}), "at"),
        (
            json!({"type":"operation","id":"O","kind":"PRODUCE","at":at,"inputs":[{"lot":"A"}],"outputs":[{"lot":"B"}]}),
            "at",
        ),
        (json!({"type":"ship","id":"S","at":at,"inputs":[{"lot":"A"}]}), "at"),
        (json!({"type":"scrap","id":"X","at":at,"inputs":[{"lot":"A"}]}), "at"),
        (json!({"type":"clean","id":"C","at":at,"lots":["A"]}), "at"),
        (json!({"type":"observe","id":"E","at":at,"lots":["A"],"equipment":"T"}), "at"),
        (json!({"type":"hold","id":"H2","at":at,"lots":["A"],"reason":"r"}), "at"),
        (json!({"type":"release","id":"L","at":at,"hold":"H","reason":"r","disposition":"RELEASED"}), "at"),
        (
            json!({"type":"recall","id":"RC2","at":at,"reason":"r","scope":{"lots":[{"lot":"A"}]},"lots":[{"lot":"A"}]}),
            "at",
        ),
        (json!({"type":"notify","id":"N","at":at,"recall":"RC","customer":"C-1"}), "at"),
        (
            json!({"type":"recover","id":"RV","at":at,"recall":"RC","items":[{"lot":"A","quantity":"1","unit":"KGM"}]}),
            "at",
        ),
        (json!({"type":"closeRecall","id":"CR","at":at,"recall":"RC","report":"r"}), "at"),
        (
            json!({"type":"operation","id":"P","kind":"PRODUCE","at":past,"inputs":[{"lot":"A"}],"outputs":[{"lot":"B"}],"parameters":[{"name":"t","value":"1","at":past},{"name":"t","value":"1","at":at}]}),
            "parameters[1].at",
        ),
    ]
}

async fn status(store: &dyn Ledger, value: &Value) -> Status {
    let receipt = store.commit(&batch(vec![event(value)])).await.unwrap();
    receipt.outcomes[0].status.clone()
}

fn too_late(status: &Status) -> Option<String> {
    match status {
        Status::Rejected(problem) if problem.code == ErrorCode::TimeInFuture => Some(problem.path.clone()),
        _ => None,
    }
}

/// What lies in the future for the store's clock is refused, whatever kind of event says it; a day ahead is not.
async fn every_kind_of_event_is_judged(store: &dyn Ledger) {
    for (value, path) in events(TOO_LATE) {
        let told = status(store, &value).await;
        assert_eq!(too_late(&told).as_deref(), Some(path), "{value}: {told:?}");
    }
    for (value, _) in events(A_DAY_LATER) {
        let told = status(store, &value).await;
        assert_eq!(too_late(&told), None, "{value}: {told:?}");
    }
    // Plans may lie ahead.
    let shift = json!({"type":"shift","code":"2030","startsAt":"2030-01-01T06:00:00Z","endsAt":"2030-01-01T14:00:00Z"});
    assert_eq!(status(store, &shift).await, Status::Accepted);
}

#[tokio::test]
async fn every_kind_of_event_is_judged_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = strict(folder.path());
    store.prepare().await.unwrap();
    every_kind_of_event_is_judged(store.as_ref()).await;
}

#[tokio::test]
async fn every_kind_of_event_is_judged_on_neo4j() {
    let fresh = stores::neo4j().await;
    let options = Neo4jOptions { uri: fresh.uri.clone(), ..Neo4jOptions::default() };
    let store = Neo4jStore::connect(&options).await.unwrap().with_rules(rules());
    every_kind_of_event_is_judged(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_the_import_says_and_names_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let store = strict(folder.path());
    store.prepare().await.unwrap();
    let mapping = "[times.any]\nformats = ['%Y-%m-%d %H:%M']\noffset = 'Z'\n[columns]\nwhen = 'any'\n[[events]]\n\
                   type = 'receive'\nid = 'R-{lot}'\nat = '{when}'\noutputs = [{ lot = '{lot}' }]\n";
    let csv = Format::Csv(Arc::new(Mapping::parse(mapping).unwrap()));
    let table = "lot,when\nA,2026-01-05 06:00\nB,2062-01-05 06:00\n";
    let lines = "{\"type\":\"receive\",\"id\":\"R-C\",\"at\":\"2026-01-05T06:00:00Z\",\"outputs\":[{\"lot\":\"C\"}]}\n\
                 {\"type\":\"hold\",\"id\":\"H\",\"at\":\"2062-01-05T06:00:00Z\",\"lots\":[\"C\"],\"reason\":\"r\"}\n";
    for (format, text, line, column) in [(csv, table, 3, "when"), (Format::Ndjson, lines, 2, "")] {
        let dry = DryRun { scratch: scratch_stores(), rules: rules() };
        let rehearsed = Options { dry_run: Some(dry), ..options(format.clone(), 100) };
        let (before, said) = run(&store, text.as_bytes(), rehearsed).await;
        let (after, told) = run(&store, text.as_bytes(), options(format, 100)).await;
        assert_eq!((before.counts, &said.rows), (after.counts, &told.rows));
        let row = &told.rows[0];
        assert_eq!((row.line, row.column.as_str(), row.code), (line, column, ErrorCode::TimeInFuture));
        assert!(row.reason.contains("2062-01-05T06:00:00Z lies more than a day ahead"), "{}", row.reason);
        assert!(row.reason.contains(NOW), "{}", row.reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_and_graphql_refuse_it_with_its_code_and_path() {
    let folder = tempfile::tempdir().unwrap();
    let store = strict(folder.path());
    store.prepare().await.unwrap();
    let service = Service::over(store.clone());
    let (late, _) = events(TOO_LATE).remove(0);
    let answer = service.post("/api/v1/events", late.clone()).await;
    assert_eq!(answer.status(), 422);
    let answer = answer.text().await.unwrap();
    assert!(answer.contains("TIME_IN_FUTURE") && answer.contains("\"path\":\"at\""), "{answer}");
    let answer = service.post_events(&late.to_string()).await.text().await.unwrap();
    assert!(answer.contains("TIME_IN_FUTURE"), "{answer}");
    let mutation = "mutation($events: [EventInput!]!) { recordEvents(events: $events) { events { problems { code path } } } }";
    let receive = json!({ "receive": { "id": "R", "at": TOO_LATE, "outputs": [{ "lot": "A" }] } });
    let answer = service.graphql(mutation, json!({ "events": [receive] })).await.to_string();
    assert!(answer.contains("TIME_IN_FUTURE"), "{answer}");
    assert_eq!(store.revision().await.unwrap().0, 0);
}

async fn alerts(store: &dyn Ledger) -> u64 {
    let categories = Some(vec![Text::parse("TIME_IN_FUTURE").unwrap()]);
    let filter = RecordFilter { categories, ..RecordFilter::default() };
    let counted = store.tally(&Tally::Count(What::Records(RecordKind::Alert, filter))).await.unwrap();
    counted.iter().map(|bucket| bucket.count).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_ledger_holds_is_taken_over_with_its_alerts() {
    let lax = stores::sqlite().await;
    // A store without the rule, as after `import --allow-future`.
    let far = "2150-01-05T06:00:00Z";
    for value in [
        json!({"type":"receive","id":"R","at":far,"outputs":[{"lot":"A"}]}),
        json!({"type":"receive","id":"R-2","at":"2026-01-05T06:00:00Z","outputs":[{"lot":"B"}]}),
        json!({"type":"hold","id":"H","at":far,"lots":["A"],"reason":"r"}),
    ] {
        assert_eq!(status(lax.store.as_ref(), &value).await, Status::Accepted);
    }
    assert_eq!(alerts(lax.store.as_ref()).await, 2);
    let folder = tempfile::tempdir().unwrap();
    let store = strict(folder.path());
    store.prepare().await.unwrap();
    let copied = copy(&tester(), lax.store.as_ref(), store.as_ref(), &mut |_| {}).await.unwrap();
    assert_eq!((copied.copied, alerts(store.as_ref()).await), (3, 2));
    // What is there is no news: sent again, it is known.
    let again = json!({"type":"receive","id":"R","at":far,"outputs":[{"lot":"A"}]});
    assert_eq!(status(store.as_ref(), &again).await, Status::Duplicate);
}
