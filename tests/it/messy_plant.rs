//! Inputs of plants whose records are not clean, and the answers that hold all the same: what the quantities prove, what
//! was recorded late, what came back twice. Each is asked over both stores.

use serde_json::{Value, json};

use crate::recall::on_both_stores;
use crate::support::service::Service;
use crate::support::stores::Fresh;

async fn service(fresh: &Fresh, events: &str) -> Service {
    let service = Service::over(fresh.store.clone());
    let response = service.post_events(events).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    service
}

async fn ask(service: &Service, query: &str) -> Value {
    let answer = service.graphql(query, json!({})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    answer["data"].clone()
}

const TRACE: &str = "{ lots { nodes { lot { id } } } completeness { overdrawn { nodes { operation { id } role } } } \
    atRisk { lots { nodes { lot { id } proportional { low high } } } } }";

fn ids(nodes: &Value) -> Vec<&str> {
    nodes.as_array().unwrap().iter().map(|node| node["lot"]["id"].as_str().unwrap()).collect()
}

/// 190 kg were drawn of a silo that had got 100: at least 90 kg of the delivery that went in "five minutes later" are in it.
async fn a_silo_below_zero_in_the_middle(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"receive","id":"R-1","at":"2026-03-01T06:00:00Z","supplier":"SUP-1","outputs":[{"lot":"IN-1","material":"RAW","quantity":"100","unit":"KGM"}]}
{"type":"receive","id":"R-2","at":"2026-03-01T07:00:00Z","supplier":"SUP-2","outputs":[{"lot":"IN-2","material":"RAW","quantity":"100","unit":"KGM"}]}
{"type":"operation","id":"F-1","kind":"MERGE","at":"2026-03-01T08:00:00Z","inputs":[{"lot":"IN-1","quantity":"100","unit":"KGM"}],"outputs":[{"lot":"SILO","material":"RAW","quantity":"100","unit":"KGM"}]}
{"type":"operation","id":"D-1","kind":"PRODUCE","at":"2026-03-01T09:00:00Z","inputs":[{"lot":"SILO","quantity":"190","unit":"KGM"}],"outputs":[{"lot":"OUT-1","material":"FLAKE","quantity":"190","unit":"KGM"}]}
{"type":"operation","id":"F-2","kind":"MERGE","at":"2026-03-01T09:05:00Z","inputs":[{"lot":"IN-2","quantity":"100","unit":"KGM"}],"outputs":[{"lot":"SILO","material":"RAW","quantity":"100","unit":"KGM"}]}
{"type":"ship","id":"S-1","at":"2026-03-01T10:00:00Z","customer":"C-1","inputs":[{"lot":"OUT-1","quantity":"190","unit":"KGM"}]}"#,
    )
    .await;
    let trace =
        ask(&service, &format!("{{ trace(input: {{lots: [\"IN-2\"], direction: FORWARD}}) {TRACE} }}")).await;
    let trace = &trace["trace"];
    assert_eq!(ids(&trace["lots"]["nodes"]), ["SILO", "OUT-1"]);
    let told: Vec<&str> = trace["completeness"]["overdrawn"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| link["operation"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["F-2", "D-1"]);
    // How much of it is in what was drawn is not certain, and neither is what is left of it in the silo.
    let at_risk = trace["atRisk"]["lots"]["nodes"].as_array().unwrap();
    let out = at_risk.iter().find(|node| node["lot"]["id"] == "OUT-1").unwrap();
    assert_eq!(out["proportional"], json!({"low": "0", "high": "100"}), "{at_risk:?}");
    let back = "{ trace(input: {lots: [\"OUT-1\"], direction: BACKWARD}) { lots { nodes { lot { id } } } } }";
    let back = ask(&service, back).await;
    assert_eq!(ids(&back["trace"]["lots"]["nodes"]), ["SILO", "IN-1", "IN-2"]);
    let scope = ask(&service, "{ recallScope(input: {causes: [{supplier: \"SUP-2\"}]}) { customers { nodes { customer { code } } } } }").await;
    assert_eq!(scope["recallScope"]["customers"]["nodes"], json!([{"customer": {"code": "C-1"}}]));
    let alerts = "{ alerts(filter: {kinds: [OVERDRAWN]}) { nodes { state lot { id } operation { id } } } }";
    let known = ask(&service, alerts).await["alerts"]["nodes"].clone();
    assert_eq!(known, json!([{"state": "OPEN", "lot": {"id": "SILO"}, "operation": {"id": "D-1"}}]));
    // A delivery that nobody had recorded mends it.
    let late = r#"{"type":"receive","id":"R-0","at":"2026-03-01T07:30:00Z","outputs":[{"lot":"SILO","quantity":"90","unit":"KGM"}]}"#;
    assert_eq!(service.post_events(late).await.status(), 200);
    assert_eq!(ask(&service, alerts).await["alerts"]["nodes"][0]["state"], "RESOLVED");
    let trace =
        ask(&service, &format!("{{ trace(input: {{lots: [\"IN-2\"], direction: FORWARD}}) {TRACE} }}")).await;
    assert_eq!(ids(&trace["trace"]["lots"]["nodes"]), ["SILO"]);
    assert_eq!(trace["trace"]["completeness"]["overdrawn"]["nodes"], json!([]));
}

/// 30 kg were drawn after a count had found nothing.
async fn a_draw_after_a_count_of_zero(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"receive","id":"R-1","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"GLUE-1","quantity":"100","unit":"KGM"}]}
{"type":"operation","id":"P-1","kind":"PRODUCE","at":"2026-03-02T08:00:00Z","inputs":[{"lot":"GLUE-1","quantity":"60","unit":"KGM"}],"outputs":[{"lot":"DOOR-1"}]}
{"type":"count","id":"N-1","at":"2026-03-03T08:00:00Z","lots":[{"lot":"GLUE-1","quantity":"0","unit":"KGM"}]}"#,
    )
    .await;
    let alerts = "{ alerts(filter: {kinds: [OVERDRAWN]}) { nodes { operation { id } } } }";
    assert_eq!(ask(&service, alerts).await["alerts"]["nodes"], json!([]));
    let draw = r#"{"type":"operation","id":"P-2","kind":"PRODUCE","at":"2026-03-04T08:00:00Z","inputs":[{"lot":"GLUE-1","quantity":"30","unit":"KGM"}],"outputs":[{"lot":"DOOR-2"}]}"#;
    assert_eq!(service.post_events(draw).await.status(), 200);
    assert_eq!(ask(&service, alerts).await["alerts"]["nodes"], json!([{"operation": {"id": "P-2"}}]));
}

const TEA: &str = r#"{"type":"material","code":"TEA","unit":"KGM"}
{"type":"operation","id":"P-1","kind":"PRODUCE","at":"2026-03-02T08:00:00Z","outputs":[{"lot":"TEA-1","material":"TEA","quantity":"20","unit":"KGM"},{"lot":"TEA-2","material":"TEA","quantity":"20","unit":"KGM"}]}
{"type":"ship","id":"S-1","at":"2026-03-03T08:00:00Z","customer":"C-1","inputs":[{"lot":"TEA-1","quantity":"10","unit":"KGM"}]}
{"type":"ship","id":"S-2","at":"2026-03-03T08:00:00Z","customer":"C-2","inputs":[{"lot":"TEA-1","quantity":"10","unit":"KGM"}]}
{"type":"recall","id":"RC-1","at":"2026-03-05T08:00:00Z","reason":"pesticide","scope":{"lots":[{"lot":"TEA-1"}]},"lots":[{"lot":"TEA-1"}]}
"#;

const CONTROL: &str = "{ recall(id: \"RC-1\") { progress {
    customers { nodes { customer { code } excess { quantity { amount } } foreign { quantity { amount } } } }
    effectiveness { quantities { recovered excess foreign outstanding recoveredPercent controlledPercent } } } } }";

fn quantities(answer: &Value) -> Value {
    answer["recall"]["progress"]["effectiveness"]["quantities"][0].clone()
}

/// One customer sends back twice what it got; the other still has everything.
async fn more_back_from_one_covers_nothing_at_another(fresh: Fresh) {
    let back = r#"{"type":"recover","id":"B-1","at":"2026-03-06T08:00:00Z","recall":"RC-1","customer":"C-1","items":[{"lot":"TEA-1","quantity":"20","unit":"KGM"}]}"#;
    let service = service(&fresh, &format!("{TEA}{back}")).await;
    let answer = ask(&service, CONTROL).await;
    let control = quantities(&answer);
    assert_eq!((&control["recovered"], &control["excess"]), (&json!("10"), &json!("10")), "{answer}");
    assert_eq!((&control["recoveredPercent"], &control["outstanding"]), (&json!("50"), &json!("10")));
    let first = &answer["recall"]["progress"]["customers"]["nodes"][0];
    assert_eq!(
        (&first["customer"]["code"], &first["excess"][0]["quantity"]["amount"]),
        (&json!("C-1"), &json!("10"))
    );
}

/// What came back is of another lot, of the same material.
async fn goods_of_another_lot_recover_nothing(fresh: Fresh) {
    let back = r#"{"type":"recover","id":"B-1","at":"2026-03-06T08:00:00Z","recall":"RC-1","customer":"C-1","items":[{"lot":"TEA-2","quantity":"10","unit":"KGM"}]}"#;
    let service = service(&fresh, &format!("{TEA}{back}")).await;
    let answer = ask(&service, CONTROL).await;
    let control = quantities(&answer);
    assert_eq!((&control["recovered"], &control["foreign"]), (&json!("0"), &json!("10")), "{answer}");
    assert_eq!((&control["recoveredPercent"], &control["outstanding"]), (&json!("0"), &json!("20")));
}

/// 100 made, 60 shipped, 50 recovered, received back and scrapped with the other 40: 10 are out, and nothing counts twice.
async fn what_came_back_and_was_scrapped_counts_once(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"material","code":"SOUP","unit":"EA"}
{"type":"operation","id":"P-1","kind":"PRODUCE","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"SOUP-1","material":"SOUP","quantity":"100","unit":"EA"}]}
{"type":"ship","id":"S-1","at":"2026-03-02T08:00:00Z","customer":"C-1","inputs":[{"lot":"SOUP-1","quantity":"60","unit":"EA"}]}
{"type":"recall","id":"RC-1","at":"2026-03-05T08:00:00Z","reason":"glass","scope":{"lots":[{"lot":"SOUP-1"}]},"lots":[{"lot":"SOUP-1"}]}
{"type":"hold","id":"RC-1-H","at":"2026-03-05T08:00:00Z","recall":"RC-1","lots":["SOUP-1"],"reason":"recall RC-1"}
{"type":"recover","id":"B-1","at":"2026-03-06T08:00:00Z","recall":"RC-1","customer":"C-1","items":[{"lot":"SOUP-1","quantity":"50","unit":"EA"}]}"#,
    )
    .await;
    let control = quantities(&ask(&service, CONTROL).await);
    assert_eq!((&control["controlledPercent"], &control["outstanding"]), (&json!("90"), &json!("10")));
    let more = r#"{"type":"receive","id":"RET-1","at":"2026-03-06T09:00:00Z","document":"RMA-1","outputs":[{"lot":"SOUP-1","material":"SOUP","quantity":"50","unit":"EA"}]}
{"type":"scrap","id":"X-1","at":"2026-03-07T08:00:00Z","reason":"recall","inputs":[{"lot":"SOUP-1","quantity":"90","unit":"EA"}]}"#;
    assert_eq!(service.post_events(more).await.status(), 200);
    let control = quantities(&ask(&service, CONTROL).await);
    assert_eq!((&control["controlledPercent"], &control["outstanding"]), (&json!("90"), &json!("10")));
}

/// A shipment that left before the hold is recorded after it: it is a fact. One that left after it is refused.
async fn what_left_before_a_hold_is_recorded_late(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"receive","id":"R-1","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"MILK-1","quantity":"100","unit":"KGM"}]}
{"type":"operation","id":"P-1","kind":"PRODUCE","at":"2026-03-02T08:00:00Z","inputs":[{"lot":"MILK-1","quantity":"100","unit":"KGM"}],"outputs":[{"lot":"YOG-1","quantity":"100","unit":"KGM"}]}
{"type":"recall","id":"RC-1","at":"2026-03-04T08:00:00Z","reason":"listeria","scope":{"lots":[{"lot":"MILK-1"}]},"lots":[{"lot":"MILK-1"}]}
{"type":"hold","id":"RC-1-H","at":"2026-03-04T08:00:00Z","recall":"RC-1","lots":["MILK-1"],"reason":"recall RC-1"}
{"type":"ship","id":"S-LATE","at":"2026-03-03T06:00:00Z","customer":"C-1","inputs":[{"lot":"YOG-1","quantity":"60","unit":"KGM"}]}"#,
    )
    .await;
    let alerts = "{ alerts(filter: {kinds: [RECALL_LATE_CAPTURE, FLOW_REFUSED]}) { nodes { kind severity recallId operationId } } }";
    let alerts_now = ask(&service, alerts).await["alerts"]["nodes"].clone();
    let late = json!({"kind": "RECALL_LATE_CAPTURE", "severity": "CRITICAL", "recallId": "RC-1", "operationId": "S-LATE"});
    assert_eq!(alerts_now, json!([late]));
    let after = r#"{"type":"ship","id":"S-AFTER","at":"2026-03-04T09:00:00Z","customer":"C-2","inputs":[{"lot":"YOG-1","quantity":"10","unit":"KGM"}]}"#;
    let refused = service.post_events(after).await;
    assert_eq!(refused.status(), 422, "{}", refused.text().await.unwrap());
    let alerts_now = ask(&service, alerts).await["alerts"]["nodes"].clone();
    let attempt =
        json!({"kind": "FLOW_REFUSED", "severity": "WARNING", "recallId": "RC-1", "operationId": "S-AFTER"});
    assert!(alerts_now.as_array().unwrap().contains(&attempt), "{alerts_now}");
    // The recall shows both, and that the goods are with the customer.
    let recall = ask(
        &service,
        "{ recall(id: \"RC-1\") { progress { customers { nodes { customer { code } } }
        lateCaptures { nodes { operationId } } refusedAttempts { nodes { operationId } }
        effectiveness { quantities { outstanding controlledPercent } } } } }",
    )
    .await;
    let progress = &recall["recall"]["progress"];
    assert_eq!(progress["customers"]["nodes"], json!([{"customer": {"code": "C-1"}}]));
    assert_eq!(progress["lateCaptures"]["nodes"], json!([{"operationId": "S-LATE"}]));
    assert_eq!(progress["refusedAttempts"]["nodes"], json!([{"operationId": "S-AFTER"}]));
    let control = &progress["effectiveness"]["quantities"][0];
    assert_eq!(control, &json!({"outstanding": "60", "controlledPercent": "40"}));
}

/// A hold that refuses what is recorded late, and a lot under two holds: the refusal names both, the direct one first.
async fn a_refusal_names_every_hold(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"receive","id":"R-1","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"MILK-1","quantity":"100","unit":"KGM"}]}
{"type":"operation","id":"P-1","kind":"PRODUCE","at":"2026-03-02T08:00:00Z","inputs":[{"lot":"MILK-1","quantity":"100","unit":"KGM"}],"outputs":[{"lot":"YOG-1","quantity":"100","unit":"KGM"}]}
{"type":"hold","id":"A-MILK","at":"2026-03-04T08:00:00Z","lots":["MILK-1"],"reason":"milk","lateCapture":"REFUSE"}
{"type":"hold","id":"B-YOG","at":"2026-03-04T08:00:00Z","lots":["YOG-1"],"reason":"yoghurt","lateCapture":"REFUSE"}"#,
    )
    .await;
    let late = r#"{"type":"ship","id":"S-1","at":"2026-03-03T08:00:00Z","customer":"C-1","inputs":[{"lot":"YOG-1","quantity":"1","unit":"KGM"}]}"#;
    let refused: Value = service.post_events(late).await.json().await.unwrap();
    let said = refused.to_string();
    let (direct, reached) =
        (said.find("held by hold B-YOG").unwrap(), said.find("suspect by hold A-MILK").unwrap());
    assert!(direct < reached, "{said}");
}

on_both_stores!(
    a_silo_below_zero_in_the_middle,
    a_draw_after_a_count_of_zero,
    more_back_from_one_covers_nothing_at_another,
    goods_of_another_lot_recover_nothing,
    what_came_back_and_was_scrapped_counts_once,
    what_left_before_a_hold_is_recorded_late,
    a_refusal_names_every_hold,
);
