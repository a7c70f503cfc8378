//! Mass balance: what a count changes, what breaks a balance, and the yields of the operations between.

use serde_json::{Value, json};

use crate::support::service::Service;

const QUESTION: &str =
    "query($lots: [ID!]!, $tolerance: Decimal) { massBalance(lots: $lots, tolerancePercent: $tolerance) {
  lotCount countedCount unknownCount overdrawnCount isBalanced brokenCount revision
  totals { material unit received produced consumed shipped scrapped onHand unexplained isBroken }
  broken { lot { id } percent balance { unexplained onHand gap counted { operationId at amount } } }
  yields { operation { id } compared { unit input output percent leftOut } } } }";

/// A tank is filled twice, drawn twice, and counted between the two draws; the second draw is recorded late.
const PLANT: &str = r#"
{"type":"material","code":"OIL","unit":"KGM","class":"RAW","conversions":[{"unit":"LTR","factor":"0.9"}]}
{"type":"material","code":"CAN","unit":"H87","class":"FINISHED","conversions":[{"unit":"KGM","factor":"2"}]}
{"type":"material","code":"TIN","unit":"H87","class":"PACKAGING"}
{"type":"receive","id":"R-1","at":"2026-01-05T06:00:00Z","outputs":[{"lot":"TANK","material":"OIL","quantity":"1000","unit":"LTR"}]}
{"type":"receive","id":"R-2","at":"2026-01-05T07:00:00Z","outputs":[{"lot":"TANK","quantity":"100","unit":"KGM"}]}
{"type":"receive","id":"R-3","at":"2026-01-05T07:00:00Z","outputs":[{"lot":"TINS","material":"TIN","quantity":"1000","unit":"H87"}]}
{"type":"operation","id":"FILL-2","kind":"PRODUCE","name":"FILL","startedAt":"2026-01-05T11:00:00Z","at":"2026-01-05T12:00:00Z","inputs":[{"lot":"TANK","quantity":"300","unit":"KGM"},{"lot":"TINS","quantity":"600","unit":"H87"}],"outputs":[{"lot":"CANS-2","material":"CAN","quantity":"594","unit":"H87"}]}
{"type":"count","id":"C-0","at":"2026-01-05T08:00:00Z","lots":[{"lot":"TANK","quantity":"1","unit":"KGM"}]}
{"type":"count","id":"C-1","at":"2026-01-05T10:00:00Z","lots":[{"lot":"TANK","quantity":"590","unit":"KGM"}]}
{"type":"operation","id":"FILL-1","kind":"PRODUCE","name":"FILL","startedAt":"2026-01-05T08:30:00Z","at":"2026-01-05T09:00:00Z","inputs":[{"lot":"TANK","quantity":"400","unit":"KGM"}],"outputs":[{"lot":"CANS-1","material":"CAN","quantity":"780","unit":"H87"}]}
{"type":"ship","id":"S-1","at":"2026-01-06T12:00:00Z","customer":"SHOP","inputs":[{"lot":"CANS-1","quantity":"790","unit":"H87"}]}
"#;

async fn service() -> Service {
    let service = Service::empty().await;
    let response = service.post_events(PLANT).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    service
}

async fn ask(service: &Service, lots: &[&str], tolerance: &str) -> Value {
    let answer = service.graphql(QUESTION, json!({"lots": lots, "tolerance": tolerance})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    answer["data"]["massBalance"].clone()
}

/// In: 1000 l × 0.9 + 100 = 1000 kg. The tank held 600 when it was counted: 590 were there, so 10 are missing, and 290 are
/// left after the draw that followed.
#[tokio::test]
async fn a_count_says_what_is_there_and_what_is_missing() {
    let service = service().await;
    let answer = ask(&service, &["TANK"], "0.1").await;
    let total = &answer["totals"][0];
    assert_eq!((&total["received"], &total["consumed"]), (&json!("1000"), &json!("700")));
    assert_eq!((&total["onHand"], &total["unexplained"]), (&json!("290"), &json!("10")));
    assert_eq!((&answer["isBalanced"], &answer["countedCount"]), (&json!(false), &json!(1)));
    let broken = &answer["broken"][0];
    assert_eq!((&broken["lot"]["id"], &broken["percent"]), (&json!("TANK"), &json!("1")));
    let counted = json!({"operationId": "C-1", "at": "2026-01-05T10:00:00Z", "amount": "590"});
    assert_eq!(broken["balance"]["counted"], counted);
    // A wider tolerance takes it; what is on hand is the same for the lot by itself. But by the count of 08:00 there was
    // 1 kg, of which 400 were drawn an hour later: whatever the sums say, that does not balance.
    let wider = ask(&service, &["TANK"], "1").await;
    assert_eq!((&wider["broken"], &wider["overdrawnCount"]), (&json!([]), &json!(1)));
    assert_eq!(wider["isBalanced"], false);
    let lot = service.graphql("{ lot(id: \"TANK\") { balance { onHand unexplained } } }", json!({})).await;
    assert_eq!(lot["data"]["lot"]["balance"], json!({"onHand": "290", "unexplained": "10"}));
}

#[tokio::test]
async fn a_voided_count_never_was_and_zero_is_a_count() {
    let service = service().await;
    let events = r#"{"type":"void","id":"V-1","event":"C-1","reason":"wrong tank"}
{"type":"void","id":"V-2","event":"C-0","reason":"wrong tank"}"#;
    assert_eq!(service.post_events(events).await.status(), 200);
    let answer = ask(&service, &["TANK"], "0").await;
    assert_eq!((&answer["totals"][0]["onHand"], &answer["isBalanced"]), (&json!("300"), &json!(true)));
    let empty = r#"{"type":"count","id":"C-2","at":"2026-01-07T10:00:00Z","lots":[{"lot":"TANK","quantity":"0","unit":"KGM"}]}"#;
    assert_eq!(service.post_events(empty).await.status(), 200);
    let total = ask(&service, &["TANK"], "0").await["totals"][0].clone();
    assert_eq!((&total["onHand"], &total["unexplained"]), (&json!("0"), &json!("300")));
}

/// More left than was made: nothing is on hand, and the surplus is unexplained.
#[tokio::test]
async fn what_was_drawn_without_having_come_breaks_the_balance_first() {
    let service = service().await;
    let answer = ask(&service, &["TANK", "CANS-1", "CANS-2", "TANK"], "0.1").await;
    assert_eq!((&answer["lotCount"], &answer["brokenCount"]), (&json!(3), &json!(2)));
    let first = &answer["broken"][0];
    assert_eq!((&first["lot"]["id"], &first["balance"]["unexplained"]), (&json!("CANS-1"), &json!("-10")));
    assert_eq!((&first["percent"], &first["balance"]["gap"]), (&json!("1.282"), &json!("10")));
    let cans = answer["totals"].as_array().unwrap().iter().find(|total| total["material"] == "CAN").unwrap();
    assert_eq!(
        (&cans["produced"], &cans["onHand"], &cans["unexplained"]),
        (&json!("1374"), &json!("594"), &json!("-10"))
    );
}

/// Two cans hold a kilogram, so 300 kg should make 600 cans; the tins are packaging.
#[tokio::test]
async fn yields_compare_what_can_be_compared() {
    let service = service().await;
    let answer = ask(&service, &["CANS-1", "CANS-2"], "0.1").await;
    let expected = json!([
        {"operation": {"id": "FILL-1"}, "compared":
            {"unit": "KGM", "input": "400", "output": "390", "percent": "97.5", "leftOut": 0}},
        {"operation": {"id": "FILL-2"}, "compared":
            {"unit": "KGM", "input": "300", "output": "297", "percent": "99", "leftOut": 1}},
    ]);
    assert_eq!(answer["yields"], expected);
    let trace =
        "{ trace(input: {lots: [\"TANK\"], direction: FORWARD}) { massBalance { lotCount brokenCount } } }";
    let answer = service.graphql(trace, json!({})).await;
    assert_eq!(answer["data"]["trace"]["massBalance"], json!({"lotCount": 3, "brokenCount": 2}), "{answer}");
}

#[tokio::test]
async fn bad_questions_are_refused() {
    let service = service().await;
    for (lots, tolerance, code) in [
        (json!([]), "1", "ARGUMENT_INVALID"),
        (json!(["NOBODY"]), "1", "LOT_UNKNOWN"),
        (json!(["TANK"]), "-1", "ARGUMENT_INVALID"),
        (json!(["TANK"]), "101", "ARGUMENT_INVALID"),
        (json!(["TANK"]), "much", "ARGUMENT_INVALID"),
    ] {
        let answer = service.graphql(QUESTION, json!({"lots": lots, "tolerance": tolerance})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{lots} {tolerance}: {answer}");
    }
}
