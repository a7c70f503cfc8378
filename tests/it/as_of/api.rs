//! As of over GraphQL and REST: one request, one state, whatever way it is written.

use serde_json::{Value, json};

use crate::support::service::{DAIRY, Service};

/// Revision 1: the dairy. 2: PACK-2 is sold. 3: the filling was a mistake. 4: what was really filled. 5: a hold.
async fn service() -> Service {
    let service = Service::empty().await;
    let later = [
        DAIRY,
        r#"{"type":"ship","id":"S-2","at":"2026-01-06T12:00:00+08:00","customer":"SHOP-9","inputs":[{"lot":"PACK-2","quantity":"40","unit":"EA"}]}"#,
        r#"{"type":"void","id":"V-1","event":"O-2","reason":"wrong tank scanned","replacedBy":"O-3"}"#,
        r#"{"type":"operation","id":"O-3","name":"FILL","kind":"PRODUCE","at":"2026-01-05T09:00:00+08:00","inputs":[{"lot":"PAST-1","quantity":"3000","unit":"KGM"}],"outputs":[{"lot":"PACK-1","material":"PACK","quantity":"40","unit":"EA"},{"lot":"PACK-9","material":"PACK","quantity":"40","unit":"EA"}]}"#,
        r#"{"type":"hold","id":"H-1","at":"2026-01-07T08:00:00+08:00","lots":["MILK-1"],"reason":"listeria"}"#,
    ];
    for lines in later {
        let answer = service.post_events(lines).await;
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }
    assert_eq!(service.store.revision().await.unwrap().0, 5);
    service
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

const STATE: &str = "query State($asOf: AsOfInput) {
  trace(input: { lots: [\"MILK-1\"], direction: FORWARD }, asOf: $asOf) {
    lots { nodes { depth lot { id status } } }
    freshness { revision }
  }
  sold: lot(id: \"PACK-2\", asOf: $asOf) { status links(first: 5) { nodes { operation { id } } } }
}";

#[tokio::test]
async fn fields_inside_fields_answer_for_the_same_state() {
    let service = service().await;
    let shown = |answer: &Value| {
        let lots = answer["data"]["trace"]["lots"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let lot = |lot: &Value| {
            format!("{} {}", lot["lot"]["id"].as_str().unwrap(), lot["lot"]["status"].as_str().unwrap())
        };
        let links = answer["data"]["sold"]["links"]["nodes"].as_array().unwrap();
        let links: Vec<&str> = links.iter().map(|l| l["operation"]["id"].as_str().unwrap()).collect();
        let revision = answer["data"]["trace"]["freshness"]["revision"].as_str().unwrap();
        format!("{revision}: {} | {}", lots.iter().map(lot).collect::<Vec<_>>().join(", "), links.join(" "))
    };
    let expected = [
        "1: PAST-1 AVAILABLE, PACK-1 AVAILABLE, PACK-2 AVAILABLE | O-2",
        "2: PAST-1 AVAILABLE, PACK-1 AVAILABLE, PACK-2 AVAILABLE | O-2 S-2",
        "3: PAST-1 AVAILABLE | S-2",
        "4: PAST-1 AVAILABLE, PACK-1 AVAILABLE, PACK-9 AVAILABLE | S-2",
        "5: PAST-1 SUSPECT, PACK-1 SUSPECT, PACK-9 SUSPECT | S-2",
    ];
    for (index, expected) in expected.iter().enumerate() {
        let variables = json!({"asOf": {"revision": (index + 1).to_string()}});
        assert_eq!(shown(&service.graphql(STATE, variables).await), *expected);
    }
    assert_eq!(shown(&service.graphql(STATE, json!({})).await), expected[4], "absent: the current state");
    let entries =
        service.store.changes(lotgraph::store::LedgerPosition::default(), 100).await.unwrap().entries;
    let third = entries.iter().find(|entry| entry.position.revision.0 == 3).unwrap();
    let variables = json!({"asOf": {"recordedAt": third.recording.recorded_at.to_string()}});
    assert_eq!(shown(&service.graphql(STATE, variables).await), expected[2]);
}

#[tokio::test]
async fn every_way_to_write_it_is_understood() {
    let service = service().await;
    let documents = [
        r#"{ lot(id: "PACK-9", asOf: {revision: "3"}) { id } }"#,
        r#"query($r: String = "3") { lot(id: "PACK-9", asOf: {revision: $r}) { id } }"#,
        r#"query($a: AsOfInput = {revision: "3"}) { lot(id: "PACK-9", asOf: $a) { id } }"#,
        r#"{ ...F } fragment F on Query { lot(id: "PACK-9", asOf: {revision: "3"}) { id } }"#,
        r#"{ ... on Query { ...F } } fragment F on Query { lot: lot(id: "PACK-9", asOf: {revision: "3"}) { id } }"#,
        r#"{ __typename lot(id: "PACK-9", asOf: {revision: "3"}) { id } a: lot(id: "PACK-9", asOf: {revision: "3"}) { id } }"#,
    ];
    for document in documents {
        let answer = service.graphql(document, json!({})).await;
        assert_eq!(answer["data"]["lot"], Value::Null, "{document}: {answer}");
        assert_eq!(answer["errors"], Value::Null, "{document}: {answer}");
    }
    let now = r#"query($a: AsOfInput) { lot(id: "PACK-9", asOf: $a) { id } }"#;
    for variables in [json!({}), json!({ "a": null })] {
        assert_eq!(service.graphql(now, variables).await["data"]["lot"]["id"], "PACK-9");
    }
}

#[tokio::test]
async fn what_cannot_be_answered_from_one_state_is_refused() {
    let service = service().await;
    let cases = [
        (r#"{ a: lot(id: "A", asOf: {revision: "3"}) { id } b: lot(id: "A") { id } }"#, "ARGUMENT_INVALID"),
        (
            r#"{ a: lot(id: "A", asOf: {revision: "3"}) { id } ...F } fragment F on Query { resolve(code: "A", asOf: {revision: "2"}) { id } }"#,
            "ARGUMENT_INVALID",
        ),
        (
            r#"query($no: Boolean = false) { a: lot(id: "A", asOf: {revision: "3"}) { id } b: lot(id: "A") @include(if: $no) { id } }"#,
            "ARGUMENT_INVALID",
        ),
        (r#"{ lot(id: "A", asOf: {revision: "-3"}) { id } }"#, "ARGUMENT_INVALID"),
        (r#"{ lot(id: "A", asOf: {revision: "6"}) { id } }"#, "REVISION_UNKNOWN"),
        (r#"{ lot(id: "A", asOf: {recordedAt: "2026-01-05"}) { id } }"#, "QUERY_MALFORMED"),
        (
            r#"{ lot(id: "A", asOf: {revision: "1", recordedAt: "2026-01-05T00:00:00Z"}) { id } }"#,
            "QUERY_MALFORMED",
        ),
        (r#"{ lot(id: "A", asOf: {}) { id } }"#, "QUERY_MALFORMED"),
        (r#"{ lot(id: "A", asOf: {revision: $r}) { id } }"#, "QUERY_MALFORMED"),
    ];
    for (document, expected) in cases {
        let answer = service.graphql(document, json!({})).await;
        assert_eq!(code(&answer), expected, "{document}: {answer}");
        assert_eq!(answer["data"], Value::Null, "{document}");
    }
    let answer = service.post("/graphql", json!({"query": cases[4].0})).await;
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn every_root_field_takes_it() {
    let service = Service::empty().await;
    let document = "{ __schema { queryType { fields { name args { name type { name } } } } } }";
    let answer = service.graphql(document, json!({})).await;
    let fields = answer["data"]["__schema"]["queryType"]["fields"].as_array().unwrap().clone();
    assert!(fields.len() > 15, "{answer}");
    let takes = |field: &Value| {
        let arguments = field["args"].as_array().unwrap();
        arguments.iter().any(|a| a["name"] == "asOf" && a["type"]["name"] == "AsOfInput")
    };
    let without: Vec<&Value> =
        fields.iter().filter(|field| !takes(field)).map(|field| &field["name"]).collect();
    // It names two states itself.
    assert_eq!(without, ["traceDiff"], "name the argument `asOf: Option<AsOfInput>` on each of these");
}

#[tokio::test]
async fn pages_as_of_go_on_while_the_ledger_does() {
    let service = service().await;
    let document = "query($after: String) {
      trace(input: { lots: [\"MILK-1\"], direction: FORWARD }, asOf: { revision: \"2\" }) {
        lots(first: 1, after: $after) { nodes { lot { id } } pageInfo { hasNextPage endCursor } }
      }
    }";
    let (mut after, mut seen) = (Value::Null, Vec::new());
    loop {
        let answer = service.graphql(document, json!({ "after": after })).await;
        let page = &answer["data"]["trace"]["lots"];
        seen.push(page["nodes"][0]["lot"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned());
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
        let n = seen.len();
        let more = format!(
            r#"{{"type":"receive","id":"M-{n}","at":"2026-01-08T00:00:00Z","outputs":[{{"lot":"M-{n}"}}]}}"#
        );
        assert_eq!(service.post_events(&more).await.status(), 200);
    }
    assert_eq!(seen, ["PAST-1", "PACK-1", "PACK-2"]);
}

const DIFF: &str = "query Diff($lots: [ID!]!, $from: AsOfInput!, $to: AsOfInput, $first: Int = 100, $after: String) {
  traceDiff(input: { lots: $lots, direction: FORWARD }, from: $from, to: $to) {
    fromRevision toRevision seedsUnknownBefore isPartial
    lotsAdded(first: $first, after: $after) { totalCount nodes { depth lot { id status } } pageInfo { endCursor } }
    lotsRemoved { nodes { depth lot { id } } }
    lotsChanged { nodes { lot { id } before { depth status } after { depth status } } }
    operationsAdded { nodes { operation { id } } }
    operationsRemoved { nodes { operation { id voided { by } } } }
    linksAdded { totalCount } linksRemoved { totalCount }
  }
}";

fn revision(number: u64) -> Value {
    json!({"revision": number.to_string()})
}

#[tokio::test]
async fn a_difference_says_what_came_and_what_went() {
    let service = service().await;
    let ask = async |from: Value, to: Value| {
        let variables = json!({"lots": ["MILK-1"], "from": from, "to": to});
        let answer = service.graphql(DIFF, variables).await;
        assert_eq!(answer["errors"], Value::Null, "{answer}");
        answer["data"]["traceDiff"].clone()
    };
    let found = ask(revision(2), revision(4)).await;
    assert_eq!((&found["fromRevision"], &found["toRevision"]), (&json!("2"), &json!("4")));
    assert_eq!(
        found["lotsAdded"]["nodes"],
        json!([{"depth": 2, "lot": {"id": "PACK-9", "status": "AVAILABLE"}}])
    );
    assert_eq!(found["lotsRemoved"]["nodes"], json!([{"depth": 2, "lot": {"id": "PACK-2"}}]));
    assert_eq!(found["lotsChanged"]["nodes"], json!([]));
    assert_eq!(found["operationsAdded"]["nodes"], json!([{"operation": {"id": "O-3"}}]));
    let gone = &found["operationsRemoved"]["nodes"];
    assert_eq!(gone.as_array().unwrap().len(), 2, "the filling, and the sale of what it made: {gone}");
    assert_eq!(
        (&found["linksAdded"]["totalCount"], &found["linksRemoved"]["totalCount"]),
        (&json!(3), &json!(4))
    );
    let found = ask(revision(4), Value::Null).await;
    assert_eq!(found["toRevision"], "5");
    let changed = found["lotsChanged"]["nodes"].as_array().unwrap();
    let held = json!({"lot": {"id": "MILK-1"}, "before": {"depth": 0, "status": "AVAILABLE"},
        "after": {"depth": 0, "status": "QUARANTINED"}});
    assert_eq!((changed.len(), &changed[0]), (4, &held));
    assert_eq!(
        ask(revision(5), Value::Null).await["lotsChanged"]["nodes"],
        json!([]),
        "nothing differs from itself"
    );
    let found = ask(revision(0), revision(1)).await;
    assert_eq!(found["seedsUnknownBefore"], json!(["MILK-1"]));
    assert_eq!(found["lotsAdded"]["totalCount"], 4, "the start too: it was not known");
}

#[tokio::test]
async fn a_difference_is_paged_and_refuses_what_it_cannot_compare() {
    let service = service().await;
    let mut variables = json!({"lots": ["MILK-1"], "from": revision(0), "to": revision(1), "first": 1});
    let mut seen = Vec::new();
    for _ in 0..4 {
        let answer = service.graphql(DIFF, variables.clone()).await;
        let page = &answer["data"]["traceDiff"]["lotsAdded"];
        seen.push(page["nodes"][0]["lot"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned());
        variables["after"] = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, ["MILK-1", "PAST-1", "PACK-1", "PACK-2"]);
    variables["to"] = Value::Null;
    assert_eq!(code(&service.graphql(DIFF, variables).await), "CURSOR_STALE");
    let wrong = [
        (json!({"lots": ["MILK-1"], "from": revision(3), "to": revision(2)}), "ARGUMENT_INVALID"),
        (json!({"lots": ["NOWHERE"], "from": revision(1), "to": revision(2)}), "LOT_UNKNOWN"),
        (json!({"lots": ["MILK-1"], "from": revision(9)}), "REVISION_UNKNOWN"),
        (json!({"lots": [], "from": revision(1)}), "ARGUMENT_INVALID"),
    ];
    for (variables, expected) in wrong {
        assert_eq!(code(&service.graphql(DIFF, variables).await), expected);
    }
}

#[tokio::test]
async fn rest_takes_a_revision_or_a_time() {
    let service = service().await;
    let ask = async |as_of: &str| {
        let path = format!("/api/v1/trace?lot=MILK-1&direction=forward&asOf={as_of}");
        let answer = service.get(&path).await;
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap())
    };
    let (status, answer) = ask("2").await;
    assert_eq!((status, answer["freshness"]["revision"].as_str()), (200, Some("2")), "{answer}");
    assert_eq!(answer["summary"]["lotCount"], 3);
    let (_, answer) = ask("2199-01-01T00:00:00+08:00").await;
    assert_eq!(answer["freshness"]["revision"], "5", "everything was recorded by then: {answer}");
    for (as_of, expected) in [("6", 404), ("yesterday", 400), ("2026-01-05T06:10:00", 400)] {
        let (status, answer) = ask(as_of).await;
        assert!(status == expected || status == 422, "{as_of}: {status} {answer}");
        assert!(answer["error"]["code"].is_string(), "{answer}");
    }
}
