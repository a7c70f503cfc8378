//! Failed questions: a stable code, the right status, no inner details.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lotgraph::http::HttpOptions;
use lotgraph::store::Ledger;
use serde_json::{Value, json};

use crate::support::faulty::Faulty;
use crate::support::service::{DAIRY, Service};

async fn code(service: &Service, query: &str) -> String {
    let answer = service.graphql(query, json!({})).await;
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn wrong_arguments_have_codes() {
    let service = Service::dairy().await;
    let cases = [
        ("{ trace(input: { lots: [\"NOBODY\"], direction: FORWARD }) { __typename } }", "LOT_UNKNOWN"),
        ("{ trace(input: { lots: [], direction: FORWARD }) { __typename } }", "ARGUMENT_INVALID"),
        (
            "{ trace(input: { lots: [\"MILK-1\"], direction: FORWARD, maxDepth: 0 }) { __typename } }",
            "ARGUMENT_INVALID",
        ),
        (
            "{ trace(input: { lots: [\"MILK-1\"], direction: FORWARD, until: \"2026-01-01T00:00:00Z\" }) { __typename } }",
            "ARGUMENT_INVALID",
        ),
        (
            "{ trace(input: { lots: [\"MILK-1\"], direction: FORWARD, since: \"2026-01-01\" }) { __typename } }",
            "QUERY_MALFORMED",
        ),
        ("{ lot(id: \"\") { id } }", "TEXT_EMPTY"),
        ("{ lot(id: \"A\\u0007\") { id } }", "TEXT_INVALID"),
        ("{ lots(first: 1001) { nodes { id } } }", "PAGE_TOO_LARGE"),
        ("{ lots(first: 0) { nodes { id } } }", "PAGE_TOO_LARGE"),
        ("{ lots(first: -1) { nodes { id } } }", "PAGE_TOO_LARGE"),
        ("{ lots(after: \"AAAA\") { nodes { id } } }", "CURSOR_MALFORMED"),
        (
            "{ trace(input: { lots: [\"MILK-1\"], direction: FORWARD }) { lots(after: \"100\") { totalCount } } }",
            "CURSOR_MALFORMED",
        ),
        ("{ whyAffected(seed: \"MILK-1\", lot: \"PACK-1\", paths: 101) { length } }", "ARGUMENT_INVALID"),
    ];
    for (query, wanted) in cases {
        assert_eq!(code(&service, query).await, wanted, "{query}");
    }
}

#[tokio::test]
async fn the_door_is_narrow() {
    let service = Service::empty().await;
    let url = format!("{}/graphql", service.url);
    let query = "{\"query\":\"{ __typename }\"}";
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
    ] {
        let response =
            service.client.post(&url).header("content-type", kind).body(query).send().await.unwrap();
        assert_eq!(response.status(), 415, "{kind}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "CONTENT_TYPE_UNSUPPORTED");
    }
    let response = service
        .get("/graphql?query=mutation%7BvoidEvent(input:%7Bevent:%22A%22,reason:%22x%22%7D)%7Baccepted%7D%7D")
        .await;
    assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, "POST"));
    let batch = service.post("/graphql", json!([{ "query": "{ __typename }" }])).await;
    assert_eq!(batch.status(), 400);
    assert_eq!(batch.json::<Value>().await.unwrap()["error"]["code"], "QUERY_MALFORMED");
    let large = service.post("/graphql", json!({ "query": " ".repeat(1024 * 1024) })).await;
    assert_eq!(large.status(), 413);
    for body in ["", "{", "null", "{\"query\":1}", "{\"query\":\"{a}\",\"query\":\"{b}\"}"] {
        let request = service.client.post(&url).header("content-type", "application/json; charset=utf-8");
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status().as_u16() / 100, 4, "{body}");
        assert!(response.json::<Value>().await.unwrap()["error"]["code"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_said_and_comes_back() {
    let slot: Arc<OnceLock<Arc<Faulty>>> = Arc::default();
    let given = slot.clone();
    let wrap = move |store| {
        let faulty = given.get_or_init(|| Faulty::new(store)).clone();
        faulty as Arc<dyn Ledger>
    };
    let service = Service::with(
        wrap,
        HttpOptions { request_timeout: Duration::from_millis(400), ..HttpOptions::default() },
    )
    .await;
    service.post_events(DAIRY).await.error_for_status().unwrap();
    let faulty = slot.get().unwrap();

    faulty.set_away(true);
    let trace = json!({ "query": "{ trace(input: { lots: [\"MILK-1\"], direction: FORWARD }) { summary { lotCount } } }" });
    let response = service.post("/graphql", trace.clone()).await;
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    let text = response.text().await.unwrap();
    assert!(text.contains("STORE_UNAVAILABLE") && !text.contains("secret-host"), "{text}");
    let response = service.post_events(r#"{"type":"operator","code":"OP-9"}"#).await;
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    let text = response.text().await.unwrap();
    assert!(text.contains("STORE_UNAVAILABLE") && !text.contains("secret-host"), "{text}");
    for path in ["/readyz", "/api/v1/trace?lot=MILK-1&direction=forward"] {
        assert_eq!(service.get(path).await.status(), 503, "{path}");
    }
    assert_eq!(service.get("/livez").await.status(), 200);
    faulty.set_away(false);
    assert_eq!(service.post("/graphql", trace.clone()).await.status(), 200);
    assert_eq!(
        code(&service, "{ trace(input: { lots: [\"OP-9\"], direction: FORWARD }) { __typename } }").await,
        "LOT_UNKNOWN"
    );

    faulty.set_delay(Duration::from_secs(2));
    let response = service.post("/graphql", trace).await;
    assert_eq!(response.status(), 504);
    assert_eq!(
        response.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"],
        "DEADLINE_EXCEEDED"
    );
}
