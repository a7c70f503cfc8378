//! What the API answers.

use serde_json::{Value, json};

use super::plant::{at, bad_delivery, service};

const SCOPE: &str = "query($input: RecallScopeInput!, $first: Int = 100, $after: String, $filter: AffectedLotFilter) {
  recallScope(input: $input) {
    summary { seedCount lotCount operationCount maxDepth onHandCount onHandUnknownCount consumedCount shippedCount
      scrappedCount shipmentCount customerCount unreadParameterCount isPartial }
    seeds { nodes { lot { id } since reasons { cause operation since } } }
    lots(first: $first, after: $after, filter: $filter) { totalCount pageInfo { hasNextPage endCursor }
      nodes { depth whereabouts lot { id status } onHand { amount unit } shipped { count unmeasured sums { amount unit } }
        lastOperation { id name equipment { code } } draws { role operation { id } } } }
    shipments { totalCount nodes { lot { id } operation { id } customer { code } document at quantity { amount unit } } }
    customers { nodes { customer { code } lotCount shipmentCount quantities { material { code } quantity { amount unit } }
      documents documentCount unmeasured firstShippedAt lastShippedAt } }
    totals { material { code } unit lotCount onHand consumed shipped scrapped }
    trace { operations(first: 2) { totalCount } completeness { isPartial reason } }
    freshness { revision cached } } }";

#[tokio::test]
async fn a_scope_is_answered_whole() {
    let service = service().await;
    let answer = service.graphql(SCOPE, json!({"input": bad_delivery()})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    let scope = &answer["data"]["recallScope"];
    assert_eq!(scope["summary"]["lotCount"], 4);
    assert_eq!(scope["summary"]["shippedCount"], 2);
    let cups = &scope["lots"]["nodes"][2];
    assert_eq!(cups["lot"], json!({"id": "YOG-2", "status": "AVAILABLE"}));
    assert_eq!(cups["onHand"], json!({"amount": "30", "unit": "EA"}));
    assert_eq!(cups["whereabouts"], json!(["ON_HAND", "SHIPPED", "SCRAPPED"]));
    let filled = json!({"id": "O-4", "name": "FILL", "equipment": [{"code": "FILLER-2"}]});
    assert_eq!(cups["lastOperation"], filled);
    let draws: Vec<&Value> =
        cups["draws"].as_array().unwrap().iter().map(|draw| &draw["operation"]["id"]).collect();
    assert_eq!(draws, ["S-2", "S-3", "X-1"]);
    assert_eq!(
        scope["customers"]["nodes"][0]["quantities"][0]["quantity"],
        json!({"amount": "60", "unit": "EA"})
    );
    assert_eq!(
        scope["shipments"]["nodes"][0]["quantity"],
        json!({"amount": "5", "unit": "BX"}),
        "as recorded"
    );
}

const AT_RISK: &str = "query($input: RecallScopeInput!, $first: Int = 100, $after: String) { recallScope(input: $input) {
  atRisk(first: $first, after: $after) { model unit source usedUp { low } resting { low high } shipped { low high }
    scrapped { low high } cleaned { low high } gapCount customerCount customers { customer { code } carried { low high } }
    worstCase { material { code } unit lotCount quantity unknownCount onHand onHandUnknownCount }
    lots { totalCount pageInfo { hasNextPage endCursor } nodes { lot { id } depth worstCase worstCaseOnHand
      proportional { low high } } } } } }";

/// A number of an answer, to three places; both bounds must be the same.
fn exactly(bound: &Value) -> String {
    assert_eq!(bound["low"], bound["high"]);
    let number: rust_decimal::Decimal = bound["low"].as_str().unwrap().parse().unwrap();
    number.round_dp(3).normalize().to_string()
}

/// 60 kg go bad into a silo that holds 60 good ones. 50 of 120 fill YOG-2: 25 bad. 20 of 70 fill YOG-3: 10 of 35 bad.
#[tokio::test]
async fn a_scope_says_how_much_of_the_bad_delivery_is_where() {
    let service = service().await;
    // A count knows better than the records: two cups are missing.
    let count = json!({"type": "count", "id": "C-1", "at": at(55), "lots": [{"lot": "YOG-3", "quantity": "48", "unit": "EA"}]});
    assert_eq!(service.post_events(&count.to_string()).await.status(), 200);
    let answer = service.graphql(AT_RISK, json!({"input": bad_delivery(), "first": 3})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    let found = &answer["data"]["recallScope"]["atRisk"];
    assert_eq!(
        (&found["model"], &found["unit"], &found["source"], &found["gapCount"]),
        (&json!("PERFECT_MIXING"), &json!("KGM"), &json!("60"), &json!(1)),
        "the count found something else than the records say"
    );
    let lots: Vec<String> = found["lots"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            let of = [&node["lot"]["id"], &node["worstCase"], &node["worstCaseOnHand"]]
                .map(|v| v.as_str().unwrap());
            format!("{} of {}, {} here: {}", of[0], of[1], of[2], exactly(&node["proportional"]))
        })
        .collect();
    assert_eq!(lots, ["MILK-B of 60, 0 here: 60", "SILO of 160, 50 here: 60", "YOG-2 of 150, 30 here: 25"]);
    let customers = found["customers"].as_array().unwrap().iter();
    let customers: Vec<String> = customers
        .map(|to| format!("{} {}", to["customer"]["code"].as_str().unwrap(), exactly(&to["carried"])))
        .collect();
    // 60 of 150 cups of YOG-2; 40 of them and 10 of 60 of YOG-3.
    assert_eq!(customers, ["SHOP-1 10", "SHOP-2 8.333"]);
    let places = ["resting", "shipped", "scrapped", "cleaned"].map(|place| exactly(&found[place]));
    assert_eq!(places, ["38", "18.333", "3.333", "0"]);
    let cups = json!({"material": {"code": "YOG"}, "unit": "EA", "lotCount": 2, "quantity": "210", "unknownCount": 0,
        "onHand": "78", "onHandUnknownCount": 0});
    assert_eq!(found["worstCase"][2], cups, "{found}");
    let after = &found["lots"]["pageInfo"]["endCursor"];
    let rest = service.graphql(AT_RISK, json!({"input": bad_delivery(), "first": 3, "after": after})).await;
    let last = &rest["data"]["recallScope"]["atRisk"]["lots"]["nodes"][0];
    assert_eq!((&last["lot"]["id"], &last["worstCaseOnHand"]), (&json!("YOG-3"), &json!("48")), "{rest}");
    let careless = json!({"causes": [{"supplier": "FARM-2"}], "respectTime": false});
    let refused = service.graphql(AT_RISK, json!({"input": careless})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "ARGUMENT_INVALID", "{refused}");
}

#[tokio::test]
async fn a_trace_says_the_same_as_the_scope() {
    let service = service().await;
    let query = "{ trace(input: {lots: [\"MILK-B\"], direction: FORWARD}) { atRisk(first: 1) { source
        customers { customer { code } carried { low high } } shipped { low high } lots { totalCount } } } }";
    let answer = service.graphql(query, json!({})).await;
    let found = &answer["data"]["trace"]["atRisk"];
    assert_eq!(
        (&found["source"], exactly(&found["shipped"])),
        (&json!("60"), "18.333".to_owned()),
        "{answer}"
    );
    assert_eq!(
        (&found["lots"]["totalCount"], exactly(&found["customers"][0]["carried"])),
        (&json!(4), "10".to_owned())
    );
    let backward = query.replace("MILK-B", "YOG-2").replace("FORWARD", "BACKWARD");
    let refused = service.graphql(&backward, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "ARGUMENT_INVALID", "{refused}");
}

#[tokio::test]
async fn pages_come_from_one_answer() {
    let service = service().await;
    let first = service.graphql(SCOPE, json!({"input": bad_delivery(), "first": 2})).await;
    let page = &first["data"]["recallScope"]["lots"];
    assert_eq!((&page["totalCount"], &page["pageInfo"]["hasNextPage"]), (&json!(4), &json!(true)), "{first}");
    // More cups are made of the bad milk meanwhile: the second page is still of the first answer.
    let late = r#"{"type":"operation","kind":"PRODUCE","id":"O-9","at":"2026-01-02T00:00:00Z","inputs":[{"lot":"SILO","quantity":"1","unit":"KGM"}],"outputs":[{"lot":"YOG-0"}]}"#;
    assert_eq!(service.post_events(late).await.status(), 200);
    let after = &page["pageInfo"]["endCursor"];
    let second = service.graphql(SCOPE, json!({"input": bad_delivery(), "first": 2, "after": after})).await;
    let nodes = &second["data"]["recallScope"]["lots"]["nodes"];
    let ids: Vec<&Value> =
        nodes.as_array().unwrap_or_else(|| panic!("{second}")).iter().map(|n| &n["lot"]["id"]).collect();
    assert_eq!(ids, ["YOG-2", "YOG-3"]);
    let anew = service.graphql(SCOPE, json!({"input": bad_delivery()})).await;
    assert_eq!(anew["data"]["recallScope"]["summary"]["lotCount"], 5);
    let foreign = json!({"input": {"lots": [{"lot": "SILO"}]}, "after": after});
    let refused = service.graphql(SCOPE, foreign).await;
    let code = &refused["errors"][0]["extensions"]["code"];
    assert!(code == "CURSOR_STALE" || code == "CURSOR_MALFORMED", "{refused}");
    let filtered =
        json!({"input": bad_delivery(), "filter": {"whereabouts": ["SHIPPED"], "customer": "SHOP-2"}});
    let filtered = service.graphql(SCOPE, filtered).await;
    assert_eq!(filtered["data"]["recallScope"]["lots"]["totalCount"], 2, "{filtered}");
}

#[tokio::test]
async fn bad_scopes_are_refused_with_place_and_code() {
    let service = service().await;
    for (input, code, words) in [
        (json!({}), "RECALL_NOTHING", "neither a lot nor a cause"),
        (json!({"causes": [{}]}), "CAUSE_EMPTY", "causes[0]"),
        (
            json!({"causes": [{"shift": "S1"}, {"parameter": {"name": "t"}}]}),
            "FIELD_MISSING",
            "causes[1].parameter",
        ),
        (json!({"causes": [{"supplier": "NOBODY"}]}), "NAME_UNKNOWN", "the nearest are"),
        (json!({"causes": [{"operator": "BOB", "shift": "S1"}]}), "RECALL_NOTHING", "no operation"),
    ] {
        let answer = service.graphql(SCOPE, json!({"input": input})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], code, "{answer}");
        assert!(error["message"].as_str().unwrap().contains(words), "{answer}");
    }
}
