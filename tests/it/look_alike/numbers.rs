//! A number where the id of a lot belongs: refused with the lots that bear it, or taken for the one lot that does.

use std::sync::Arc;

use lotgraph::cli::app::scratch_stores;
use lotgraph::domain::NumberPolicy;
use lotgraph::planner::{NumberPolicies, Rules};
use lotgraph::service::copy::copy;
use lotgraph::store::Ledger;
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore};
use lotgraph::store::sqlite::SqliteStore;
use serde_json::{Value, json};

use super::{accepted, ask, refused, send, told};
use crate::conformance::ask::lot;
use crate::support::events::tester;
use crate::support::service::Service;
use crate::support::stores::{self, Fresh};

/// Oil and meal of one seed bear one number.
const MILL: &str = r#"{"type":"receive","id":"R-1","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"SEED-1","material":"SEED","quantity":"100","unit":"KGM","supplierLot":"F-77"}]}
{"type":"operation","id":"MO-1","kind":"PRODUCE","at":"2026-03-02T08:00:00Z","inputs":[{"lot":"SEED-1","quantity":"100","unit":"KGM"}],"outputs":[{"lot":"OIL/111","number":"111","material":"OIL","quantity":"40","unit":"LTR"},{"lot":"MEAL/111","number":"111","material":"MEAL","quantity":"55","unit":"KGM"}]}"#;

fn ship(id: &str, lot: &str, more: &Value) -> Value {
    let mut event = json!({"type":"ship","id":id,"at":"2026-03-03T09:00:00Z","customer":"C-2",
        "inputs":[{"lot":lot,"quantity":"10","unit":"KGM"}]});
    if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
        event.extend(more.clone());
    }
    event
}

async fn mill(fresh: &Fresh) -> Service {
    let service = Service::over(fresh.store.clone());
    let response = service.post_events(MILL).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    service
}

const TWO: &str = "no lot has the id 111, which is the printed or supplier's number of 2 lots: MEAL/111 and OIL/111; \
    name the one that is meant";

/// By default nobody guesses.
async fn a_number_makes_no_lot(fresh: Fresh) {
    let service = mill(&fresh).await;
    for resolve in [json!({}), json!({"resolve":true})] {
        let (code, path, message) = refused(&service, ship("S-2", "111", &resolve)).await;
        assert_eq!((code.as_str(), path.as_str(), message.as_str()), ("LOT_AMBIGUOUS", "inputs[0].lot", TWO));
    }
    let (code, path, message) = refused(&service, ship("S-3", "F-77", &json!({}))).await;
    assert_eq!((code.as_str(), path.as_str()), ("LOT_BY_NUMBER", "inputs[0].lot"));
    assert_eq!(
        message,
        "no lot has the id F-77, which is the printed or supplier's number of lot SEED-1; name that lot, or send \
         resolve: true to have it taken"
    );
    let at = "2026-03-03T09:00:00Z";
    let in_place = [
        (json!({"type":"operation","id":"W-1","kind":"PROCESS","at":at,"lots":["111"]}), "lots[0]"),
        (json!({"type":"clean","id":"C-1","at":at,"lots":["111"]}), "lots[0]"),
        (
            json!({"type":"count","id":"N-1","at":at,"lots":[{"lot":"111","quantity":"0","unit":"KGM"}]}),
            "lots[0].lot",
        ),
        (json!({"type":"hold","id":"H-1","at":at,"lots":["111"],"reason":"r"}), "lots[0]"),
        (json!({"type":"observe","id":"E-1","at":at,"lots":["111"],"equipment":"T"}), "lots[0]"),
        (json!({"type":"scrap","id":"X-1","at":at,"inputs":[{"lot":"111"}]}), "inputs[0].lot"),
    ];
    for (event, at) in in_place {
        let (code, path, _) = refused(&service, event.clone()).await;
        assert_eq!((code.as_str(), path.as_str()), ("LOT_AMBIGUOUS", at), "{event}");
    }
    // What asks is told the same.
    let answer = service
        .graphql(
            "{ trace(input: {lots: [\"111\"], direction: FORWARD}) { summary { lotCount } } }",
            json!({}),
        )
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "LOT_AMBIGUOUS", "{answer}");
    let said = "111 is the printed or supplier's number of 2 lots: MEAL/111 and OIL/111; name the lot that is meant by its id";
    assert!(answer["errors"][0]["message"].as_str().unwrap().ends_with(said), "{answer}");
    let scope = service
        .graphql("{ recallScope(input: {lots: [{lot: \"F-77\"}]}) { summary { lotCount } } }", json!({}))
        .await;
    assert_eq!(scope["errors"][0]["extensions"]["code"], "LOT_BY_NUMBER", "{scope}");
    let rest = service.get("/api/v1/trace?lot=111&direction=forward").await;
    assert_eq!(rest.status(), 422);
    assert!(rest.text().await.unwrap().contains("LOT_AMBIGUOUS"));
    // A lot that bears the number as its id is drawn from as it is, and what is received is made as it is named.
    let made =
        accepted(&service, json!({"type":"receive","id":"R-2","at":at,"outputs":[{"lot":"111"}]})).await;
    let (code, _, message) = told(&made["warnings"][0]);
    assert_eq!(code, "LOT_BY_NUMBER");
    assert_eq!(
        message,
        "lot 111 is new, and 111 is the printed or supplier's number of lot MEAL/111 and OIL/111; if that lot is meant, \
         void event R-2 and name it"
    );
    let drawn = accepted(&service, ship("S-2", "111", &json!({}))).await;
    assert_eq!(drawn["warnings"], Value::Null);
}

/// Whoever says so has the one lot taken; what is recorded says what was taken, and is replayed without asking again.
async fn a_number_is_taken_for_the_one_lot(fresh: Fresh) {
    let service = mill(&fresh).await;
    let resolve = json!({"resolve":true});
    let taken = accepted(&service, ship("S-1", "F-77", &resolve)).await;
    let (code, _, message) = told(&taken["warnings"][0]);
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("LOT_BY_NUMBER", "no lot has the id F-77; lot SEED-1 was taken, which bears it as a number")
    );
    let again = send(&service, ship("S-1", "F-77", &resolve)).await;
    assert_eq!(again["status"], "DUPLICATE", "sent again it is the same: {again}");
    let other = send(&service, ship("S-1", "F-78", &resolve)).await;
    assert_eq!(other["problems"][0]["code"], "ID_CONFLICT");
    let hold = json!({"type":"hold","id":"H-1","at":"2026-03-04T08:00:00Z","lots":["F-77","OIL/111"],"reason":"r","resolve":true});
    accepted(&service, hold.clone()).await;
    assert_eq!(send(&service, hold).await["status"], "DUPLICATE");
    let answer = ask(
        &service,
        "{ lot(id: \"SEED-1\") { status } none: lot(id: \"F-77\") { id }
           operation(id: \"S-1\") { resolved { number lot } inputs { nodes { lot { id } } } } }",
    )
    .await;
    assert_eq!((&answer["lot"]["status"], &answer["none"]), (&json!("QUARANTINED"), &Value::Null));
    assert_eq!(answer["operation"]["resolved"], json!([{"number":"F-77","lot":"SEED-1"}]));
    assert_eq!(answer["operation"]["inputs"]["nodes"][0]["lot"]["id"], "SEED-1");
    // Another lot gets the number later: what was recorded stays what it was, there and in a copy.
    let late = json!({"type":"receive","id":"R-9","at":"2026-03-05T08:00:00Z","outputs":[{"lot":"SEED-9","supplierLot":"F-77"}]});
    accepted(&service, late).await;
    assert_eq!(send(&service, ship("S-1", "F-77", &resolve)).await["status"], "DUPLICATE");
    assert_eq!(refused(&service, ship("S-4", "F-77", &resolve)).await.0, "LOT_AMBIGUOUS");
    let scratch = scratch_stores()().await.unwrap();
    copy(&tester(), fresh.store.as_ref(), scratch.as_ref(), &mut |_| {}).await.unwrap();
    let scratch: Arc<dyn Ledger> = scratch;
    for id in ["SEED-1", "SEED-9", "OIL/111"] {
        assert_eq!(lot(&scratch, id).await, lot(&fresh.store, id).await);
    }
}

/// In one batch, each event sees those before it: a number given in the first is taken in the second, and is two lots' in the
/// fourth.
async fn numbers_of_the_same_batch(fresh: Fresh) {
    let service = Service::over(fresh.store.clone());
    let events = [
        json!({"type":"receive","id":"R-1","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"A","number":"7"}]}),
        ship("S-1", "7", &json!({"resolve":true})),
        json!({"type":"receive","id":"R-2","at":"2026-03-01T09:00:00Z","outputs":[{"lot":"B","number":"7"}]}),
        ship("S-2", "7", &json!({"resolve":true})),
        json!({"type":"receive","id":"R-3","at":"2026-03-01T09:00:00Z","outputs":[{"lot":"B","number":"8"}]}),
        ship("S-3", "8", &json!({"resolve":true})),
        ship("S-4", "7", &json!({"resolve":true})),
    ];
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let request = service.client.post(format!("{}/api/v1/events?atomic=false", service.url));
    let request = request.header("content-type", "application/x-ndjson").body(lines.join("\n"));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let of = |n: usize| answer["events"][n]["problems"][0]["code"].as_str().unwrap_or("ACCEPTED").to_owned();
    let codes: Vec<String> = (0..events.len()).map(of).collect();
    let expected = ["ACCEPTED", "ACCEPTED", "ACCEPTED", "LOT_AMBIGUOUS", "ACCEPTED", "ACCEPTED", "ACCEPTED"];
    assert_eq!(codes, expected, "{answer}");
    let shipped = "{ operation(id: \"S-4\") { inputs { nodes { lot { id } } } } }";
    let shipped = ask(&service, shipped).await;
    assert_eq!(shipped["operation"]["inputs"]["nodes"][0]["lot"]["id"], "A");
}

/// A policy for what comes through one door.
async fn sources_have_policies(policies: impl Fn(NumberPolicies) -> Arc<dyn Ledger>) {
    let of = |default: NumberPolicy, graphql: NumberPolicy| {
        let by_source = [("graphql".to_owned(), graphql)].into_iter().collect();
        policies(NumberPolicies { default, by_source })
    };
    let store = of(NumberPolicy::Resolve, NumberPolicy::Create);
    store.prepare().await.unwrap();
    let service = Service::over(store);
    assert_eq!(service.post_events(MILL).await.status(), 200);
    let taken = accepted(&service, ship("S-1", "F-77", &json!({}))).await;
    assert_eq!(taken["warnings"][0]["code"], "LOT_BY_NUMBER");
    assert_eq!(send(&service, ship("S-1", "F-77", &json!({}))).await["status"], "DUPLICATE");
    assert_eq!(refused(&service, ship("S-2", "111", &json!({}))).await.0, "LOT_AMBIGUOUS");
    let made =
        "mutation { shipLots(input: {id: \"S-3\", at: \"2026-03-03T09:00:00Z\", inputs: [{lot: \"111\"}]})
        { events { status warnings { code path } } } }";
    let made = ask(&service, made).await;
    assert_eq!(
        made["shipLots"]["events"],
        json!([{"status":"ACCEPTED","warnings":[{"code":"LOT_BY_NUMBER","path":"inputs[0].lot"}]}])
    );
    let held = "mutation { holdLots(input: {at: \"2026-03-03T09:00:00Z\", lots: [\"F-77\"], reason: \"r\"})
        { events { status problems { code } } } }";
    let held = service.graphql(held, json!({})).await;
    assert_eq!(
        (&held["data"], &held["errors"][0]["extensions"]["code"]),
        (&Value::Null, &json!("LOT_BY_NUMBER"))
    );
    assert_eq!(ask(&service, "{ lot(id: \"111\") { origin } }").await["lot"]["origin"], "UNKNOWN");
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_have_policies_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lots.sqlite");
    let open = |numbers| -> Arc<dyn Ledger> {
        Arc::new(SqliteStore::open_with(&file, Rules::default().with_numbers(numbers)).unwrap())
    };
    sources_have_policies(open).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_have_policies_on_neo4j() {
    let fresh = stores::neo4j().await;
    let options = Neo4jOptions { uri: fresh.uri.clone(), ..Neo4jOptions::default() };
    let store = Neo4jStore::connect(&options).await.unwrap();
    let store = std::sync::Mutex::new(Some(store));
    let open = |numbers| -> Arc<dyn Ledger> {
        let store = store.lock().unwrap().take().unwrap();
        Arc::new(store.with_rules(Rules::default().with_numbers(numbers)))
    };
    sources_have_policies(open).await;
}

crate::recall::on_both_stores!(
    a_number_makes_no_lot,
    a_number_is_taken_for_the_one_lot,
    numbers_of_the_same_batch
);
