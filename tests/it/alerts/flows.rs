//! Refused flows, acknowledgements and lists, over REST and GraphQL.

use lotgraph::domain::{RecordKind, Revision};
use lotgraph::store::{RecordFilter, Tally, What};
use serde_json::{Value, json};

use crate::support::service::Service;

const HOLD: &str =
    r#"{"type":"hold","id":"H-1","at":"2026-01-06T09:00:00Z","lots":["PACK-2"],"reason":"listeria"}"#;
const SHIP: &str = r#"{"type":"ship","id":"S-9","at":"2026-01-06T10:00:00Z","inputs":[{"lot":"PACK-2"}]}"#;

async fn held() -> Service {
    let service = Service::dairy().await;
    assert_eq!(service.post_events(HOLD).await.status(), 200);
    service
}

async fn alerts(service: &Service, query: &str) -> Value {
    let answer = service.get(&format!("/api/v1/alerts{query}")).await;
    assert_eq!(answer.status(), 200, "{query}");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_refused_flow_is_on_record_once() {
    let service = held().await;
    for _ in 0..3 {
        let refused = service.post_events(SHIP).await;
        assert_eq!(refused.status(), 422);
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["events"][0]["problems"][0]["code"], "LOT_ON_HOLD");
    }
    let told = alerts(&service, "?kind=FLOW_REFUSED").await;
    assert_eq!(told["alerts"].as_array().unwrap().len(), 1, "{told}");
    let alert = &told["alerts"][0];
    for (field, value) in
        [("lot", "PACK-2"), ("operation", "S-9"), ("hold", "H-1"), ("severity", "WARNING"), ("state", "OPEN")]
    {
        assert_eq!(alert[field], value, "{field}: {alert}");
    }
    // Another hold makes it another refusal.
    let other = HOLD.replace("H-1", "H-0");
    assert_eq!(service.post_events(&other).await.status(), 200);
    service.post_events(SHIP).await;
    assert_eq!(alerts(&service, "?kind=FLOW_REFUSED").await["alerts"].as_array().unwrap().len(), 2);
    // The refusal is an event of the ledger like any other.
    let changes = service.store.changes(Default::default(), 1_000).await.unwrap();
    let refusals = changes.entries.iter().filter(|entry| entry.event.fact.event_type().name() == "refusal");
    assert_eq!(refusals.count(), 2);
}

#[tokio::test]
async fn refusals_and_their_ids_are_not_taken_from_outside() {
    let service = held().await;
    let line = r#"{"type":"refusal","at":"2026-01-06T10:00:00Z","event":"S-1","code":"LOT_ON_HOLD","lots":["PACK-1"],"message":"m"}"#;
    let body: Value = service.post_events(line).await.json().await.unwrap();
    assert_eq!(body["events"][0]["problems"][0]["code"], "EVENT_RESERVED", "{body}");
}

#[tokio::test]
async fn an_alert_is_acknowledged_once_with_who_and_why() {
    let service = held().await;
    let placed = &alerts(&service, "?kind=HOLD_PLACED").await["alerts"][0];
    let mutation = "mutation($input: AcknowledgeInput!) { acknowledgeAlert(input: $input) { applied events { problems { code message } } } }";
    let input = |note: &str| json!({ "input": { "at": "2026-01-06T11:00:00Z", "alert": placed["id"], "note": note } });
    let answer = service.graphql(mutation, input("on it")).await;
    assert_eq!(answer["data"]["acknowledgeAlert"]["applied"], true, "{answer}");
    let query =
        "query($id: ID!) { alert(id: $id) { state acknowledged { actor at note } hold { id state } } }";
    let answer = service.graphql(query, json!({ "id": placed["id"] })).await;
    assert_eq!(
        answer["data"]["alert"],
        json!({ "state": "ACKNOWLEDGED", "acknowledged": { "actor": "anonymous",
            "at": "2026-01-06T11:00:00Z", "note": "on it" }, "hold": { "id": "H-1", "state": "OPEN" } }),
        "{answer}"
    );
    let again = service.graphql(mutation, input("me too")).await;
    assert!(again.to_string().contains("ALERT_ACKNOWLEDGED"), "{again}");
    let unknown = r#"{"type":"acknowledge","at":"2026-01-06T11:00:00Z","alert":"no such"}"#;
    let body: Value = service.post_events(unknown).await.json().await.unwrap();
    assert_eq!(body["events"][0]["problems"][0]["code"], "ALERT_UNKNOWN", "{body}");
}

#[tokio::test]
async fn lists_filter_page_and_count() {
    let service = held().await;
    service.post_events(SHIP).await;
    // The dairy draws its cartons from a lot that was never received.
    let all = alerts(&service, "").await;
    let kinds: Vec<&str> =
        all["alerts"].as_array().unwrap().iter().map(|alert| alert["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["UNKNOWN_ORIGIN", "HOLD_PLACED", "FLOW_REFUSED"]);
    assert_eq!((&all["more"], &all["next"]), (&json!(false), &Value::Null));
    let first = alerts(&service, "?limit=1").await;
    assert_eq!(first["more"], true);
    let next = first["next"].as_str().unwrap();
    let second = alerts(&service, &format!("?limit=1&after={next}")).await;
    assert_eq!(second["alerts"][0], all["alerts"][1]);
    let about = alerts(&service, "?lot=PACK-2&state=OPEN&kind=HOLD_PLACED&kind=FLOW_REFUSED").await;
    assert_eq!(about["alerts"].as_array().unwrap().len(), 2);
    assert_eq!(alerts(&service, "?severity=CRITICAL").await["alerts"], json!([]));
    for bad in
        ["?state=NEW", "?kind=x", "?after=yesterday", "?limit=0", "?limit=5000", "?colour=red", "?lot=%00"]
    {
        let answer = service.get(&format!("/api/v1/alerts{bad}")).await;
        assert!(answer.status().is_client_error(), "{bad}");
    }
    let query = "query($filter: AlertFilter) {
        alerts(filter: $filter, first: 10) { totalCount nodes { kind lot { id } operationId operation { id } } }
        alertCounts(filter: $filter) { kinds { kind count } states { state count } }
        holds(filter: { states: [OPEN] }) { nodes { id lotIds heldIds marked { nodes { id } } } }
    }";
    let answer = service.graphql(query, json!({ "filter": { "severities": ["WARNING"] } })).await;
    let data = &answer["data"];
    assert_eq!(data["alerts"]["totalCount"], 3, "{answer}");
    assert_eq!(
        data["alerts"]["nodes"][2],
        json!({ "kind": "FLOW_REFUSED", "lot": { "id": "PACK-2" }, "operationId": "S-9", "operation": null })
    );
    assert_eq!(data["alertCounts"]["states"], json!([{ "state": "OPEN", "count": 3 }]));
    assert_eq!(
        data["holds"]["nodes"],
        json!([{ "id": "H-1", "lotIds": ["PACK-2"], "heldIds": ["PACK-2"], "marked": { "nodes": [{ "id": "PACK-2" }] } }])
    );
    let revision =
        service.graphql("{ alerts(filter: { raisedAfter: \"x\" }) { totalCount } }", json!({})).await;
    assert_eq!(revision["errors"][0]["extensions"]["code"], "ARGUMENT_INVALID");
    let filter = RecordFilter { raised_after: Some(Revision(1)), ..RecordFilter::default() };
    let later = service.store.tally(&Tally::Count(What::Records(RecordKind::Alert, filter))).await.unwrap();
    assert_eq!(later[0].count, 2);
}
