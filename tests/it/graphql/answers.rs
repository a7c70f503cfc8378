//! What questions answer over a small dairy.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::service::{Service, WHERE_DID_IT_GO};

fn codes(answer: &Value) -> Vec<&str> {
    answer["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|e| e["extensions"]["code"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_forward_trace_says_where_a_delivery_went() {
    let service = Service::dairy().await;
    let input = json!({ "input": { "lots": ["MILK-1"], "direction": "FORWARD" } });
    let answer = service.graphql(WHERE_DID_IT_GO, input.clone()).await;
    assert_eq!(
        answer["data"]["trace"],
        json!({
            "summary": { "lotCount": 3, "operationCount": 3, "maxDepth": 2 },
            "lots": { "nodes": [
                { "depth": 1, "lot": { "id": "PAST-1", "material": { "name": "Pasteurised milk" } } },
                { "depth": 2, "lot": { "id": "PACK-1", "material": { "name": "Pallet of milk" } } },
                { "depth": 2, "lot": { "id": "PACK-2", "material": { "name": "Pallet of milk" } } },
            ] },
            "completeness": { "isPartial": false },
        }),
        "{answer}"
    );
    let more = "query($input: TraceInput!) { trace(input: $input) {
        seeds { id number origin }
        operations { nodes { depth operation { id kind name party { name } equipment { code parent { name } }
            operators { name } shift { startsAt } parameters { name value unit } inputs { nodes { lot { id } quantity { amount unit } } } } } }
        links { totalCount nodes { role lot { id } operation { id } quantity { amount unit } } }
        facets(by: [CUSTOMER, DEPTH]) { field values { value count } }
        freshness { revision cached computedAt }
    } traceCount(input: $input) { lotCount } }";
    let answer = service.graphql(more, input).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    let trace = &answer["data"]["trace"];
    assert_eq!(trace["seeds"], json!([{ "id": "MILK-1", "number": "88/1", "origin": "RECEIVED" }]));
    let first = &trace["operations"]["nodes"][0];
    assert_eq!(
        first["operation"]["equipment"],
        json!([{ "code": "PAST-1", "parent": { "name": "Line 1" } }])
    );
    assert_eq!(first["operation"]["shift"]["startsAt"], "2026-01-04T22:00:00Z");
    assert_eq!(
        first["operation"]["parameters"],
        json!([{ "name": "temperature", "value": "72.4", "unit": "CEL" }])
    );
    assert_eq!(trace["operations"]["nodes"][2]["operation"]["party"]["name"], "Corner shop");
    assert_eq!(trace["links"]["totalCount"], 6);
    assert_eq!(
        trace["facets"][0],
        json!({ "field": "CUSTOMER", "values": [{ "value": "SHOP-9", "count": 1 }] })
    );
    assert_eq!(answer["data"]["traceCount"]["lotCount"], 3);
}

#[tokio::test]
async fn a_backward_trace_names_what_it_does_not_know() {
    let service = Service::dairy().await;
    let query = "{ trace(input: { lots: [\"PACK-1\"], direction: BACKWARD, filter: { classes: [RAW] } }) {
        summary { lotCount shownLotCount } lots { nodes { lot { id } depth } }
        completeness { unknownOrigin { nodes { id material { code } } } timeConflicts { totalCount } } } }";
    let answer = service.graphql(query, json!({})).await;
    let trace = &answer["data"]["trace"];
    assert_eq!(trace["summary"], json!({ "lotCount": 3, "shownLotCount": 1 }), "{answer}");
    assert_eq!(trace["lots"]["nodes"], json!([{ "lot": { "id": "MILK-1" }, "depth": 2 }]));
    assert_eq!(
        trace["completeness"]["unknownOrigin"]["nodes"],
        json!([{ "id": "CARTON-1", "material": null }])
    );
}

#[tokio::test]
async fn pages_follow_each_other_until_the_data_change() {
    let service = Service::dairy().await;
    let query = "query($after: String) { trace(input: { lots: [\"MILK-1\"], direction: FORWARD }) {
        lots(first: 2, after: $after) { totalCount edges { cursor node { lot { id } } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }";
    let first = service.graphql(query, json!({})).await;
    let page = &first["data"]["trace"]["lots"];
    assert_eq!((page["totalCount"].as_u64(), page["edges"].as_array().unwrap().len()), (Some(3), 2));
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let after = json!({ "after": page["pageInfo"]["endCursor"] });
    let second = service.graphql(query, after.clone()).await;
    let page = &second["data"]["trace"]["lots"];
    assert_eq!(page["edges"][0]["node"]["lot"]["id"], "PACK-2", "{second}");
    assert_eq!(
        (&page["pageInfo"]["hasNextPage"], &page["pageInfo"]["hasPreviousPage"]),
        (&json!(false), &json!(true))
    );

    let elsewhere = query.replace("MILK-1", "MILK-2");
    assert_eq!(codes(&service.graphql(&elsewhere, after.clone()).await), ["CURSOR_MALFORMED"]);
    let operations = query.replace("lots(first", "operations(first").replace("lot { id }", "depth");
    assert_eq!(codes(&service.graphql(&operations, after.clone()).await), ["CURSOR_MALFORMED"]);

    service.post_events(r#"{"type":"operator","code":"OP-8"}"#).await.error_for_status().unwrap();
    assert_eq!(codes(&service.graphql(query, after).await), ["CURSOR_STALE"]);
}

#[tokio::test]
async fn lots_are_found_by_any_number_and_listed_by_filter() {
    let service = Service::dairy().await;
    let query = "query($after: String) { resolve(code: \" 88/1 \") { id received { count sums { amount unit } } balance { onHand gap unit } }
        lots(filter: { origins: [PRODUCED] }, first: 2, after: $after) { totalCount nodes { id } pageInfo { endCursor hasNextPage } }
        materials(filter: { class: RAW }) { nodes { code unit } }
        operations(filter: { kinds: [SHIP] }) { nodes { id party { code } } }
        equipments(filter: { parent: \"LINE-1\" }) { nodes { code } }
        nobody: lot(id: \"NOBODY\") { id } }";
    let answer = service.graphql(query, json!({})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    let data = &answer["data"];
    assert_eq!(
        data["resolve"],
        json!([{ "id": "MILK-1", "received": { "count": 1, "sums": [{ "amount": "12000", "unit": "KGM" }] },
                 "balance": { "onHand": "8000", "gap": null, "unit": "KGM" } }])
    );
    assert_eq!(data["lots"]["nodes"], json!([{ "id": "PACK-1" }, { "id": "PACK-2" }]));
    assert_eq!(
        (&data["lots"]["totalCount"], &data["lots"]["pageInfo"]["hasNextPage"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(data["materials"]["nodes"], json!([{ "code": "MILK", "unit": "KGM" }]));
    assert_eq!(data["operations"]["nodes"], json!([{ "id": "S-1", "party": { "code": "SHOP-9" } }]));
    assert_eq!(data["equipments"]["nodes"], json!([{ "code": "PAST-1" }]));
    assert_eq!(data["nobody"], Value::Null);
    let after = json!({ "after": data["lots"]["pageInfo"]["endCursor"] });
    assert_eq!(service.graphql(query, after).await["data"]["lots"]["nodes"], json!([{ "id": "PAST-1" }]));
}

#[tokio::test]
async fn a_lot_shows_its_links_a_page_at_a_time() {
    let service = Service::dairy().await;
    let query = "query($after: String) { lot(id: \"PAST-1\") { links(first: 1, after: $after) {
        totalCount nodes { role operation { id } quantity { amount } earliest latest } pageInfo { endCursor hasNextPage } } } }";
    let first = service.graphql(query, json!({})).await;
    let links = &first["data"]["lot"]["links"];
    assert_eq!(links["nodes"][0]["role"], "PRODUCED", "{first}");
    assert_eq!((&links["totalCount"], &links["pageInfo"]["hasNextPage"]), (&json!(2), &json!(true)));
    let second = service.graphql(query, json!({ "after": links["pageInfo"]["endCursor"] })).await;
    let links = &second["data"]["lot"]["links"];
    assert_eq!(links["nodes"][0]["operation"]["id"], "O-2", "{second}");
    assert_eq!(links["pageInfo"]["hasNextPage"], false);
}

#[tokio::test]
async fn why_affected_walks_from_the_delivery_to_the_pallet() {
    let service = Service::dairy().await;
    let query = "{ whyAffected(seed: \"MILK-1\", lot: \"PACK-2\") { length searchIsComplete
        steps { enter { lot { id } operation { id } quantity { amount unit } } leave { lot { id } role } } }
        not: whyAffected(seed: \"MILK-2\", lot: \"PACK-2\") { length } }";
    let answer = service.graphql(query, json!({})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    let path = &answer["data"]["whyAffected"][0];
    assert_eq!((&path["length"], &path["searchIsComplete"]), (&json!(2), &json!(true)));
    assert_eq!(path["steps"][0]["enter"]["lot"]["id"], "MILK-1");
    assert_eq!(path["steps"][1]["leave"], json!({ "lot": { "id": "PACK-2" }, "role": "PRODUCED" }));
    assert_eq!(answer["data"]["not"], json!([]));
}

#[tokio::test]
async fn mutations_record_and_report_each_event() {
    let service = Service::empty().await;
    let query = "mutation($events: [EventInput!]!) { recordEvents(events: $events) {
        applied accepted duplicate rejected events { index id status problems { code message path } } } }";
    let receive = |quantity: &str| {
        json!({ "receive": { "id": "R-1", "at": "2026-01-05T06:10:00+08:00", "supplier": "FARM-3", "outputs": [
            { "lot": "批-1", "material": "MILK", "quantity": quantity, "unit": "KGM", "attributes": [{ "name": "tank", "value": "=1" }] }] } })
    };
    let material = json!({ "material": { "code": "MILK", "unit": "KGM", "class": "RAW" } });
    let answer = service.graphql(query, json!({ "events": [material, receive("12000.50")] })).await;
    let receipt = &answer["data"]["recordEvents"];
    assert_eq!((&receipt["applied"], &receipt["accepted"]), (&json!(true), &json!(2)), "{answer}");

    let again = service.graphql(query, json!({ "events": [receive("12000.5")] })).await;
    assert_eq!(again["data"]["recordEvents"]["duplicate"], 1, "{again}");
    let refused = service.graphql(query, json!({ "events": [receive("-1"), material] })).await;
    assert_eq!((&refused["data"], &refused["errors"][0]["path"]), (&Value::Null, &json!(["recordEvents"])));
    let told = &refused["errors"][0]["extensions"];
    assert_eq!((&told["code"], &told["refused"]), (&json!("BATCH_REFUSED"), &json!(1)), "{refused}");
    assert_eq!(told["events"][0]["index"], 0, "{refused}");
    assert_eq!(told["events"][0]["problems"][0]["path"], "outputs[0].quantity");
    assert_eq!(told["events"][0]["problems"][0]["code"], "QUANTITY_NOT_POSITIVE");

    let ship = "mutation { shipLots(input: { id: \"S-1\", at: \"2026-01-06T06:00:00Z\", customer: \"SHOP-9\", inputs: [{ lot: \"批-1\", quantity: 2, unit: \"KGM\" }] }) { accepted }
        voidEvent(input: { event: \"S-1\", reason: \"wrong lot scanned\" }) { accepted } }";
    let answer = service.graphql(ship, json!({})).await;
    assert_eq!(
        (&answer["data"]["shipLots"]["accepted"], &answer["data"]["voidEvent"]["accepted"]),
        (&json!(1), &json!(1)),
        "{answer}"
    );
    let query = "{ lot(id: \"批-1\") { attributes { name value } shipped { count } } operation(id: \"S-1\") { voided { reason } } }";
    let answer = service.graphql(query, json!({})).await;
    assert_eq!(
        answer["data"],
        json!({ "lot": { "attributes": [{ "name": "tank", "value": "=1" }], "shipped": { "count": 0 } },
                "operation": { "voided": { "reason": "wrong lot scanned" } } })
    );
}

#[tokio::test]
async fn a_page_costs_the_same_statements_however_many_items_it_has() {
    let service = Service::dairy().await;
    let mut events = String::new();
    for n in 0..260 {
        let _ = writeln!(
            events,
            "{{\"type\":\"operation\",\"id\":\"W-{n}\",\"kind\":\"PRODUCE\",\"at\":\"2026-01-06T06:00:00Z\",\"equipment\":[\"E-{n}\"],\
             \"operators\":[\"P-{n}\"],\"inputs\":[{{\"lot\":\"MILK-2\"}}],\"outputs\":[{{\"lot\":\"X-{n}\",\"material\":\"M-{n}\"}}]}}"
        );
    }
    service.post_events(&events).await.error_for_status().unwrap();
    // One question at a time: two side by side may or may not share a batch.
    let lots =
        "query($first: Int!) { lots(filter: { text: \"X-\" }, first: $first) { nodes { id material { code }
        links(first: 2) { nodes { operation { id equipment { code } operators { code } } } } } } }";
    let trace = "query($first: Int!) { trace(input: { lots: [\"MILK-2\"], direction: FORWARD }) {
        lots(first: $first) { nodes { lot { id material { code } } } } } }";
    let operations = "query($first: Int!) { trace(input: { lots: [\"MILK-2\"], direction: FORWARD }) {
        operations(first: $first) { nodes { operation { id equipment { code } operators { code } } } } } }";
    for query in [lots, trace, operations] {
        let mut costs = Vec::new();
        for first in [2, 250] {
            let before = service.store.statements();
            let answer = service.graphql(query, json!({ "first": first })).await;
            assert_eq!(answer["errors"], Value::Null, "{answer}");
            let root = &answer["data"];
            let page = [&root["lots"], &root["trace"]["lots"], &root["trace"]["operations"]];
            assert!(
                page.iter().any(|page| page["nodes"].as_array().map(Vec::len) == Some(first)),
                "{answer}"
            );
            costs.push(service.store.statements() - before);
        }
        assert_eq!(costs[0], costs[1], "statements for 2 and for 250 items of {query}");
    }
}
