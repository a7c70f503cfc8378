//! Quantities as plants record them: lines that were issued and not used, operations that give more than they took, yields
//! out of range, units. Each is asked over both stores.

use serde_json::{Value, json};

use crate::recall::on_both_stores;
use crate::support::service::Service;
use crate::support::stores::Fresh;

pub(crate) async fn service(fresh: &Fresh, events: &str) -> Service {
    let service = Service::over(fresh.store.clone());
    record(&service, events).await;
    service
}

pub(crate) async fn record(service: &Service, events: &str) {
    let response = service.post_events(events).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
}

/// Sends what must be refused. The code, path and message of its first problem.
pub(crate) async fn refused(service: &Service, event: &str) -> (String, String, String) {
    let response = service.post_events(event).await;
    assert_eq!(response.status(), 422, "{event}");
    let answer: Value = response.json().await.unwrap();
    let problem = find_problem(&answer).unwrap_or_else(|| panic!("no problem in {answer}"));
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("path"), text("message"))
}

/// The first object of an answer that has a path.
fn find_problem(answer: &Value) -> Option<&Value> {
    match answer {
        Value::Object(object) if object.contains_key("path") && object.contains_key("code") => Some(answer),
        Value::Object(object) => object.values().find_map(find_problem),
        Value::Array(items) => items.iter().find_map(find_problem),
        _ => None,
    }
}

pub(crate) async fn ask(service: &Service, query: &str) -> Value {
    let answer = service.graphql(query, json!({})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    answer["data"].clone()
}

/// The lots that a trace FORWARD reaches.
async fn reached(service: &Service, lot: &str) -> Vec<String> {
    let query = format!(
        "{{ trace(input: {{lots: [\"{lot}\"], direction: FORWARD}}) {{ lots {{ nodes {{ lot {{ id }} }} }} }} }}"
    );
    let answer = ask(service, &query).await;
    let nodes = answer["trace"]["lots"]["nodes"].as_array().unwrap().clone();
    nodes.iter().map(|node| node["lot"]["id"].as_str().unwrap().to_owned()).collect()
}

pub(crate) async fn balance(service: &Service, lots: &[&str]) -> Value {
    let question = "query($lots: [ID!]!) { massBalance(lots: $lots) { isBalanced unknownCount unbalanced
        totals { material unit received produced consumed shipped onHand unexplained }
        yields { operation { id } compared { percent } } } }";
    let answer = service.graphql(question, json!({"lots": lots})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    answer["data"]["massBalance"].clone()
}

async fn alerts(service: &Service, kind: &str) -> Value {
    let query =
        format!("{{ alerts(filter: {{kinds: [{kind}]}}) {{ nodes {{ state operationId message }} }} }}");
    ask(service, &query).await["alerts"]["nodes"].clone()
}

/// Flour and nuts are issued for a cake; a fifth of the flour comes back unused in the same order, and becomes bread.
const BAKERY: &str = r#"{"type":"receive","id":"R-1","at":"2026-03-01T08:00:00Z","supplier":"SUP-1","outputs":[{"lot":"FLOUR-1","material":"FLOUR","quantity":"100","unit":"KGM"},{"lot":"NUTS-1","material":"NUTS","quantity":"10","unit":"KGM"}]}
{"type":"operation","id":"MO-1","kind":"PRODUCE","startedAt":"2026-03-02T06:00:00Z","at":"2026-03-02T10:00:00Z","inputs":[{"lot":"FLOUR-1","quantity":"100","unit":"KGM","at":"2026-03-02T06:00:00Z","returned":"20"},{"lot":"NUTS-1","quantity":"10","unit":"KGM","at":"2026-03-02T06:30:00Z"}],"outputs":[{"lot":"CAKE-1","material":"CAKE","quantity":"90","unit":"KGM"}]}
{"type":"operation","id":"MO-2","kind":"PRODUCE","at":"2026-03-03T10:00:00Z","inputs":[{"lot":"FLOUR-1","quantity":"20","unit":"KGM"}],"outputs":[{"lot":"BREAD-1","material":"BREAD","quantity":"20","unit":"KGM"}]}
{"type":"ship","id":"S-1","at":"2026-03-04T08:00:00Z","customer":"SHOP","inputs":[{"lot":"BREAD-1","quantity":"20","unit":"KGM"}]}"#;

/// Case 05: the flour that came back carries no nuts, and every number is of what was used.
async fn what_came_back_unused_carries_nothing(fresh: Fresh) {
    let service = service(&fresh, BAKERY).await;
    assert_eq!(reached(&service, "NUTS-1").await, ["CAKE-1"]);
    assert_eq!(reached(&service, "FLOUR-1").await, ["BREAD-1", "CAKE-1"]);
    let answer = balance(&service, &["FLOUR-1"]).await;
    let total = &answer["totals"][0];
    assert_eq!((&total["consumed"], &total["onHand"]), (&json!("100"), &json!("0")), "{answer}");
    assert_eq!(answer["isBalanced"], true);
    let kinds = "OVERDRAWN, QUANTITY_GAP, TIME_CONFLICT";
    assert_eq!(alerts(&service, kinds).await, json!([]));
    let risk = "{ trace(input: {lots: [\"FLOUR-1\"], direction: FORWARD}) { atRisk { lots { nodes { lot { id } proportional { low high } } } } } }";
    let risk = ask(&service, risk).await;
    let nodes = risk["trace"]["atRisk"]["lots"]["nodes"].as_array().unwrap().clone();
    let of = |lot: &str| nodes.iter().find(|node| node["lot"]["id"] == lot).unwrap()["proportional"].clone();
    assert_eq!(of("CAKE-1"), json!({"low": "80", "high": "80"}));
    assert_eq!(of("BREAD-1"), json!({"low": "20", "high": "20"}));
    // The ledger keeps what was sent.
    let shown = "{ operation(id: \"MO-1\") { inputs { nodes { quantity { amount } returned } } } }";
    let shown = ask(&service, shown).await;
    let flour = &shown["operation"]["inputs"]["nodes"][0];
    assert_eq!(flour, &json!({"quantity": {"amount": "80"}, "returned": "20"}));
    record(&service, BAKERY).await;
}

/// What is listed with nothing, or comes back whole, has no part in the operation: no link, no new lot, no hold that stops it.
async fn what_is_only_listed_has_no_part(fresh: Fresh) {
    let service = service(&fresh, BAKERY).await;
    let held = r#"{"type":"hold","id":"H-1","at":"2026-03-02T05:00:00Z","lots":["NUTS-1"],"reason":"aflatoxin","propagate":false}
{"type":"operation","id":"MO-3","kind":"PRODUCE","at":"2026-03-03T11:00:00Z","inputs":[{"lot":"NUTS-1","quantity":"5","unit":"KGM","returned":"5"},{"lot":"SALT-9","material":"SALT","quantity":"0","unit":"KGM"},{"lot":"OIL-1","quantity":"1","unit":"LTR"}],"outputs":[{"lot":"ROLL-1","quantity":"10","unit":"EA"},{"lot":"CRUMB-1","quantity":"0.000","unit":"KGM"}]}"#;
    record(&service, held).await;
    assert_eq!(reached(&service, "NUTS-1").await, ["CAKE-1"]);
    for lot in ["SALT-9", "CRUMB-1"] {
        let unknown = ask(&service, &format!("{{ lot(id: \"{lot}\") {{ id }} }}")).await;
        assert_eq!(unknown["lot"], Value::Null, "{lot} was only listed");
    }
    let shown = "{ operation(id: \"MO-3\") { inputs { totalCount } outputs { totalCount } } }";
    let shown = ask(&service, shown).await["operation"].clone();
    assert_eq!(shown, json!({"inputs": {"totalCount": 3}, "outputs": {"totalCount": 2}}));
    // A void takes away what there is, and no more.
    record(&service, r#"{"type":"void","id":"V-1","event":"MO-3","reason":"slip"}"#).await;
    record(&service, r#"{"type":"void","id":"V-2","event":"MO-1","reason":"slip"}"#).await;
    let total = balance(&service, &["FLOUR-1"]).await["totals"][0].clone();
    assert_eq!((&total["consumed"], &total["onHand"]), (&json!("20"), &json!("80")));
}

/// One bad line names itself, and nothing is recorded.
async fn more_cannot_come_back_than_was_issued(fresh: Fresh) {
    let service = service(&fresh, BAKERY).await;
    let line = |line: &str| {
        format!(
            r#"{{"type":"operation","id":"MO-9","kind":"PRODUCE","at":"2026-03-03T11:00:00Z","inputs":[{{"lot":"FLOUR-1"}},{line}],"outputs":[{{"lot":"X-1"}}]}}"#
        )
    };
    let (code, path, message) =
        refused(&service, &line(r#"{"lot":"NUTS-1","quantity":"5","unit":"KGM","returned":"6"}"#)).await;
    assert_eq!((code.as_str(), path.as_str()), ("RETURNED_TOO_MUCH", "inputs[1].returned"));
    assert!(message.contains("6 KGM of lot NUTS-1") && message.contains("5 KGM were issued"), "{message}");
    let (code, path, _) = refused(&service, &line(r#"{"lot":"NUTS-1","returned":"6"}"#)).await;
    assert_eq!((code.as_str(), path.as_str()), ("FIELD_MISSING", "inputs[1].quantity"));
    let (code, path, _) =
        refused(&service, &line(r#"{"lot":"NUTS-1","quantity":"5","unit":"KGM","returned":"-1"}"#)).await;
    assert_eq!((code.as_str(), path.as_str()), ("QUANTITY_NOT_POSITIVE", "inputs[1].returned"));
    assert_eq!(ask(&service, "{ lot(id: \"X-1\") { id } }").await["lot"], Value::Null);
}

/// Case 10: five kilograms were split into 175; 35 into 34 is fine.
async fn a_split_that_gives_more_than_it_took(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"material","code":"BEANS","unit":"KGM"}
{"type":"receive","id":"R-1","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"HU-1","material":"BEANS","quantity":"40","unit":"KGM"}]}
{"type":"operation","id":"SP-1","kind":"SPLIT","at":"2026-03-01T09:00:00Z","inputs":[{"lot":"HU-1","quantity":"5","unit":"KGM"}],"outputs":[{"lot":"HU-2","material":"BEANS","quantity":"175","unit":"KGM"}]}
{"type":"operation","id":"SP-2","kind":"SPLIT","at":"2026-03-01T10:00:00Z","inputs":[{"lot":"HU-1","quantity":"35","unit":"KGM"}],"outputs":[{"lot":"HU-3","material":"BEANS","quantity":"30","unit":"KGM"},{"lot":"HU-1","material":"BEANS","quantity":"4","unit":"KGM"}]}
{"type":"ship","id":"S-1","at":"2026-03-02T10:00:00Z","customer":"C-1","inputs":[{"lot":"HU-2","quantity":"175","unit":"KGM"}]}"#,
    )
    .await;
    let message = "operation SP-1 gave 175 KGM of 5 KGM that it took";
    let open = json!([{"state": "OPEN", "operationId": "SP-1", "message": message}]);
    assert_eq!(alerts(&service, "QUANTITY_GAIN").await, open);
    let answer = balance(&service, &["HU-1", "HU-2", "HU-3"]).await;
    assert_eq!((&answer["isBalanced"], &answer["unbalanced"]), (&json!(false), &json!(["SP-1"])), "{answer}");
    assert_eq!(balance(&service, &["HU-1", "HU-3"]).await["isBalanced"], true, "SP-2 is fine");
    let told = |lot: &str, way: &str| {
        format!(
            "{{ trace(input: {{lots: [\"{lot}\"], direction: {way}}}) {{ completeness {{ unbalanced {{ nodes {{ operation {{ id }} lot {{ id }} }} }} }} }} }}"
        )
    };
    let link = json!([{"operation": {"id": "SP-1"}, "lot": {"id": "HU-2"}}]);
    for question in [told("HU-1", "FORWARD"), told("HU-2", "BACKWARD")] {
        let answer = ask(&service, &question).await;
        assert_eq!(answer["trace"]["completeness"]["unbalanced"]["nodes"], link);
    }
    let answer = ask(&service, &told("HU-3", "FORWARD")).await;
    assert_eq!(answer["trace"]["completeness"]["unbalanced"]["nodes"], json!([]));
    record(&service, r#"{"type":"void","id":"V-1","event":"SP-1","reason":"slip of the pen"}"#).await;
    assert_eq!(alerts(&service, "QUANTITY_GAIN").await[0]["state"], "RESOLVED");
    assert_eq!(balance(&service, &["HU-2"]).await["unbalanced"], json!([]));
}

/// What is judged: one material in any unit, several in mass alone; and only what was measured on both sides.
async fn only_what_can_be_compared_is_judged(fresh: Fresh) {
    let operation = |id: &str, kind: &str, inputs: &str, outputs: &str| {
        format!(
            r#"{{"type":"operation","id":"{id}","kind":"{kind}","at":"2026-03-02T10:00:00Z","inputs":[{inputs}],"outputs":[{outputs}]}}"#
        )
    };
    let lot = |lot: &str, material: &str, quantity: &str, unit: &str| {
        format!(r#"{{"lot":"{lot}","material":"{material}","quantity":"{quantity}","unit":"{unit}"}}"#)
    };
    let two = format!("{},{}", lot("A", "BEANS", "5", "KGM"), r#"{"lot":"A-2","material":"BEANS"}"#);
    let boxed = format!("{},{}", lot("B", "BEANS", "1", "BAG"), lot("FOIL-1", "FOIL", "9", "EA"));
    let events = [
        r#"{"type":"material","code":"BEANS","unit":"KGM","conversions":[{"unit":"BAG","factor":"25"}],"tolerancePercent":"2"}"#.to_owned(),
        r#"{"type":"material","code":"FOIL","unit":"EA","class":"PACKAGING"}"#.to_owned(),
        // Within the material's own tolerance, and beyond it.
        operation("FITS", "MERGE", &lot("A", "BEANS", "100", "KGM"), &lot("O-1", "BEANS", "102", "KGM")),
        operation("GAINS", "MERGE", &lot("A", "BEANS", "100", "KGM"), &lot("O-2", "BEANS", "102.1", "KGM")),
        // Converted, with packaging aside.
        operation("BAGS", "REPACK", &boxed, &lot("O-3", "BEANS", "26", "KGM")),
        // An input that nobody measured may have brought anything.
        operation("UNMEASURED", "MERGE", &two, &lot("O-4", "BEANS", "500", "KGM")),
        // One pallet into forty boxes is no gain; more kilograms of cream than there was milk are.
        operation("BOXES", "SPLIT", &lot("P", "PALLET", "1", "EA"), &lot("O-5", "BOX", "40", "EA")),
        operation("CREAM", "SPLIT", &lot("M", "MILK", "5", "KGM"), &lot("O-6", "CREAM", "6", "KGM")),
        // Making something else may add water; an in-and-out of one material may not.
        operation("DOUGH", "PRODUCE", &lot("F", "FLOUR", "10", "KGM"), &lot("O-7", "DOUGH", "16", "KGM")),
        operation("SIEVE", "PRODUCE", &lot("F", "FLOUR", "10", "KGM"), &lot("O-8", "FLOUR", "16", "KGM")),
        operation("AGAIN", "REWORK", &lot("F", "FLOUR", "10", "KGM"), &lot("F", "FLOUR", "11", "KGM")),
    ];
    let service = service(&fresh, &events.join("\n")).await;
    let found = alerts(&service, "QUANTITY_GAIN").await;
    let mut ids: Vec<&str> =
        found.as_array().unwrap().iter().map(|alert| alert["operationId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["AGAIN", "BAGS", "CREAM", "GAINS", "SIEVE"], "{found}");
}

/// A yield beyond the range that the material, or the step itself, declares.
async fn a_yield_out_of_range(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"material","code":"CHEESE","unit":"KGM","yieldMin":"9","yieldMax":"12.5"}
{"type":"receive","id":"R-1","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"MILK-1","material":"MILK","quantity":"1000","unit":"KGM"}]}
{"type":"operation","id":"GOOD","kind":"PRODUCE","at":"2026-03-02T10:00:00Z","inputs":[{"lot":"MILK-1","quantity":"100","unit":"KGM"}],"outputs":[{"lot":"C-1","material":"CHEESE","quantity":"9","unit":"KGM"}]}
{"type":"operation","id":"LOW","kind":"PRODUCE","at":"2026-03-02T11:00:00Z","inputs":[{"lot":"MILK-1","quantity":"100","unit":"KGM"}],"outputs":[{"lot":"C-2","material":"CHEESE","quantity":"8.9","unit":"KGM"}]}
{"type":"operation","id":"OWN","kind":"PRODUCE","at":"2026-03-02T12:00:00Z","yieldMax":"80","inputs":[{"lot":"MILK-1","quantity":"100","unit":"KGM"}],"outputs":[{"lot":"C-3","material":"CHEESE","quantity":"50","unit":"KGM"}]}"#,
    )
    .await;
    let message = "operation LOW has a yield of 8.9 %, declared is 9 to 12.5 %";
    let open = json!([{"state": "OPEN", "operationId": "LOW", "message": message}]);
    assert_eq!(alerts(&service, "YIELD_OUT_OF_RANGE").await, open);
    let answer = balance(&service, &["C-1", "C-2", "C-3"]).await;
    assert_eq!((&answer["isBalanced"], &answer["unbalanced"]), (&json!(false), &json!(["LOW"])));
    record(&service, r#"{"type":"void","id":"V-1","event":"LOW","reason":"weighed wrongly"}"#).await;
    assert_eq!(alerts(&service, "YIELD_OUT_OF_RANGE").await[0]["state"], "RESOLVED");
    assert_eq!(balance(&service, &["C-1", "C-2", "C-3"]).await["unbalanced"], json!([]));
    let (code, path, _) =
        refused(&service, r#"{"type":"material","code":"X","unit":"KGM","yieldMin":"90","yieldMax":"80"}"#)
            .await;
    assert_eq!((code.as_str(), path.as_str()), ("LIMITS_ORDER", "yieldMin"));
}

/// Units are told apart by case, a refusal shows what it refuses and what may be meant, and parameters have any unit.
async fn units_say_what_may_be_meant(fresh: Fresh) {
    let service = service(
        &fresh,
        r#"{"type":"material","code":"MILK","unit":"KGM","conversions":[{"unit":"LTR","factor":"1.03"}]}
{"type":"operation","id":"P-1","kind":"PROCESS","at":"2026-03-01T08:00:00Z","lots":["WAFER-1"],"parameters":[{"name":"rate","value":"2.1","unit":"nm/s"},{"name":"sheet resistance","value":"50","unit":"ohm/sq"},{"name":"pull","value":"9.8","unit":"m/s2"},{"name":"cells","value":"4","unit":"10*3/uL"},{"name":"oven","value":"400","unit":"[degF]"},{"name":"humidity","value":"40","unit":"%"},{"name":"bath","value":"20","unit":"Cel"},{"name":"room","value":"21","unit":"°C"}]}"#,
    )
    .await;
    let receipt = |unit: &str| {
        format!(
            r#"{{"type":"receive","id":"R-1","at":"2026-03-01T08:00:00Z","outputs":[{{"lot":"M-1","material":"MILK","quantity":"1","unit":"{unit}"}}]}}"#
        )
    };
    for (unit, code, hint) in [
        ("kgm", "UNIT_MISMATCH", "told apart by case: is KGM meant?"),
        ("kg", "UNIT_MISMATCH", "from kg (is KGM meant?)"),
        ("l", "UNIT_MISMATCH", "from l (is LTR meant?)"),
        ("EA", "UNIT_MISMATCH", "from EA; use KGM"),
        ("k g", "UNIT_INVALID", "\"k g\""),
    ] {
        let (found, path, message) = refused(&service, &receipt(unit)).await;
        assert_eq!((found.as_str(), path.as_str()), (code, "outputs[0].unit"), "{unit}");
        assert!(message.contains(hint), "{unit}: {message}");
    }
    let shown = ask(&service, "{ operation(id: \"P-1\") { parameters { unit } } }").await;
    let units = shown["operation"]["parameters"].as_array().unwrap().clone();
    assert_eq!(units.first(), Some(&json!({"unit": "nm/s"})));
    assert_eq!(units.len(), 8);
}

on_both_stores!(
    what_came_back_unused_carries_nothing,
    what_is_only_listed_has_no_part,
    more_cannot_come_back_than_was_issued,
    a_split_that_gives_more_than_it_took,
    only_what_can_be_compared_is_judged,
    a_yield_out_of_range,
    units_say_what_may_be_meant,
);
