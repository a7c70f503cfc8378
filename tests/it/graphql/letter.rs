//! What the specification says of answers that fail, to the letter: clients decide by it whether to trust an answer.

use serde_json::{Value, json};

use crate::support::service::Service;

/// The codes of the errors of an answer, with their paths.
fn errors(answer: &Value) -> Vec<(String, Value)> {
    let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("no errors: {answer}"));
    let code =
        |error: &Value| error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{error}")).to_owned();
    errors.iter().map(|error| (code(error), error["path"].clone())).collect()
}

#[tokio::test]
async fn null_goes_up_to_what_may_be_null() {
    let service = Service::dairy().await;
    let too_large = |path: Value| vec![("PAGE_TOO_LARGE".to_owned(), path)];
    let links = "links(first: 0) { totalCount }";
    // The lot may be null, its links may not; a sibling stays.
    let query =
        format!("{{ lot(id: \"MILK-1\") {{ id {links} number }} other: lot(id: \"MILK-2\") {{ id }} }}");
    let answer = service.graphql(&query, json!({})).await;
    assert_eq!(answer["data"], json!({ "lot": null, "other": { "id": "MILK-2" } }), "{answer}");
    assert_eq!(errors(&answer), too_large(json!(["lot", "links"])));
    // Through a list and objects that may not be null, up to the answer itself.
    let query = format!(
        "{{ lots(first: 1) {{ nodes {{ id {links} }} totalCount }} other: lot(id: \"MILK-2\") {{ id }} }}"
    );
    let answer = service.graphql(&query, json!({})).await;
    assert_eq!(answer.get("data"), Some(&Value::Null), "null is there: {answer}");
    assert_eq!(errors(&answer), too_large(json!(["lots", "nodes", 0, "links"])));
    // Two in one object: each is told, once.
    let query = format!("{{ lot(id: \"MILK-1\") {{ id a: {links} b: {links} }} }}");
    let answer = service.graphql(&query, json!({})).await;
    assert_eq!(answer["data"], json!({ "lot": null }), "{answer}");
    assert_eq!(errors(&answer).len(), 2, "{answer}");
    // The only field of an object.
    let query = format!("{{ lot(id: \"MILK-1\") {{ {links} }} }}");
    let answer = service.graphql(&query, json!({})).await;
    assert_eq!((&answer["data"], errors(&answer).len()), (&json!({ "lot": null }), 1), "{answer}");
    // What a directive leaves out is not missing.
    let query = "query($yes: Boolean!) { lot(id: \"MILK-1\") { id number @skip(if: $yes) ...F @include(if: false) } } fragment F on Lot { id status }";
    let answer = service.graphql(query, json!({ "yes": true })).await;
    assert_eq!(answer, json!({ "data": { "lot": { "id": "MILK-1" } } }));
}

#[tokio::test]
async fn a_refused_request_has_no_data() {
    let service = Service::dairy().await;
    for query in [
        "{ lot(id: ",
        "{ nothing }",
        "",
        "query A { __typename } query B { __typename }",
        "query($a: Int!) { __typename }",
        "{ lots(first: 1000) { nodes { links(first: 1000) { nodes { operation { id } } } } } }",
        "{ ...F } fragment F on Query { ...F }",
        "subscription { alerts { kind } }",
    ] {
        let response = service.post("/graphql", json!({ "query": query })).await;
        let status = response.status().as_u16();
        let answer: Value = response.json().await.unwrap();
        assert_eq!((status, answer.get("data")), (400, None), "{query}: {answer}");
        assert!(!errors(&answer).is_empty(), "{query}");
        let older =
            service.client.post(format!("{}/graphql", service.url)).header("accept", "application/json");
        let older = older.json(&json!({ "query": query })).send().await.unwrap();
        assert_eq!(older.status(), 200, "{query}");
        assert_eq!(older.json::<Value>().await.unwrap(), answer, "{query}");
    }
}

#[tokio::test]
async fn a_syntax_error_is_a_sentence_with_its_place() {
    let service = Service::empty().await;
    for (query, line, column) in [
        ("{ lot(id: ", 1, 11),
        ("{\n  lot(id: 1))\n}", 2, 13),
        ("query {", 1, 8),
        ("\n\n}", 3, 1),
        ("", 1, 1),
    ] {
        let answer = service.graphql(query, json!({})).await;
        let error = &answer["errors"][0];
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("the document is not GraphQL: expected "), "{query:?}: {message}");
        assert!(!message.contains('\n') && !message.contains("-->") && !message.contains('|'), "{message}");
        assert_eq!(error["locations"], json!([{ "line": line, "column": column }]), "{query:?}: {error}");
    }
    let twice = service.graphql("query A { __typename } query A { __typename }", json!({})).await;
    assert_eq!(twice["errors"][0]["message"], "the document is not GraphQL: operation A is defined twice");
    assert_eq!(twice["errors"][0]["locations"].as_array().unwrap().len(), 2, "{twice}");
}

#[tokio::test]
async fn a_mutation_that_recorded_nothing_is_an_error() {
    let service = Service::dairy().await;
    let revision = service.store.revision().await.unwrap();
    let hold = |lot: &str| {
        format!(
            "mutation {{ holdLots(input: {{id: \"H\", lots: [\"{lot}\"], reason: \"x\", at: \"2026-01-05T13:00:00Z\"}}) {{ revision accepted duplicate }} }}"
        )
    };
    let answer = service.graphql(&hold("NOBODY"), json!({})).await;
    assert_eq!(answer.get("data"), Some(&Value::Null), "{answer}");
    assert_eq!(errors(&answer), [("LOT_UNKNOWN".to_owned(), json!(["holdLots"]))]);
    let told = &answer["errors"][0]["extensions"];
    assert_eq!(told["events"][0]["problems"][0]["path"], "lots[0]", "{answer}");
    assert_eq!(service.store.revision().await.unwrap(), revision);
    // What is there already is recorded.
    assert_eq!(service.graphql(&hold("MILK-1"), json!({})).await["data"]["holdLots"]["accepted"], 1);
    assert_eq!(service.graphql(&hold("MILK-1"), json!({})).await["data"]["holdLots"]["duplicate"], 1);
    // One good event of a batch that keeps the good ones is enough; none is not.
    let record = "mutation($events: [EventInput!]!) { recordEvents(events: $events, atomic: false) { accepted rejected } }";
    let void = |event: &str| json!({ "void": { "event": event, "reason": "x" } });
    let some = service.graphql(record, json!({ "events": [void("S-1"), void("NOBODY")] })).await;
    assert_eq!(some["data"]["recordEvents"], json!({ "accepted": 1, "rejected": 1 }), "{some}");
    let none = service.graphql(record, json!({ "events": [void("NO-1"), void("NO-2")] })).await;
    assert_eq!(errors(&none), [("BATCH_REFUSED".to_owned(), json!(["recordEvents"]))]);
    assert_eq!(none["errors"][0]["extensions"]["refused"], 2, "{none}");
    // In a mutation of several fields, the answer is null when one of them must not be.
    let both = format!(
        "{} more: voidEvent(input: {{event: \"O-2\", reason: \"x\"}}) {{ accepted }} }}",
        hold("NOBODY").trim_end_matches('}')
    );
    let both = service.graphql(&both.replace("} }  more", "} more"), json!({})).await;
    assert_eq!(both.get("data"), Some(&Value::Null), "{both}");
}
