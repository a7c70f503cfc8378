//! The transports: `graphql-transport-ws`, GraphQL over SSE, and the plain stream; what they refuse, and how they end.

use lotgraph::http::HttpOptions;
use serde_json::{Value, json};

use super::client::{Events, SUBSCRIPTION, Socket};
use crate::support::service::Service;

#[tokio::test]
async fn a_socket_is_closed_with_the_codes_of_the_protocol() {
    let service = Service::empty().await;
    let early =
        json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ __typename }" } }).to_string();
    let cases = [(early.as_str(), 4401), ("no JSON", 4400), (r#"{"type":"hello"}"#, 4400), ("[]", 4400)];
    for (text, code) in cases {
        let mut socket = Socket::open(&service.url).await;
        socket.say_text(text).await;
        assert_eq!(socket.closed().await.0, code, "{text}");
    }
    let mut twice = Socket::ready(&service.url).await;
    twice.say(json!({ "type": "connection_init" })).await;
    assert_eq!(twice.closed().await.0, 4429);
    let mut same = Socket::ready(&service.url).await;
    same.subscribe("a", SUBSCRIPTION, json!({})).await;
    same.subscribe("a", SUBSCRIPTION, json!({})).await;
    assert_eq!(same.closed().await, (4409, "Subscriber for a already exists".to_owned()));
}

#[tokio::test]
async fn a_socket_needs_its_protocol_and_a_page_of_ours() {
    let service = Service::empty().await;
    for (protocol, origin) in [
        (None, None),
        (Some("graphql-ws"), None),
        (Some("graphql-transport-ws"), Some("http://evil.example")),
    ] {
        let refused = Socket::try_open(&service.url, protocol, origin).await;
        assert!(refused.is_err(), "{protocol:?} {origin:?}");
    }
    assert!(Socket::try_open(&service.url, Some("other, graphql-transport-ws"), None).await.is_ok());
    assert_eq!(service.get("/graphql").await.status(), 405, "GET without an upgrade");
}

#[tokio::test]
async fn a_socket_answers_questions_and_refuses_bombs() {
    let service = Service::dairy().await;
    let mut socket = Socket::ready(&service.url).await;
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
    socket.subscribe("q", "{ lot(id: \"MILK-1\") { id } }", json!({})).await;
    let next = json!({ "type": "next", "id": "q", "payload": { "data": { "lot": { "id": "MILK-1" } } } });
    assert_eq!(socket.hear().await, next);
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "q" }));
    // Limits hold for subscriptions too.
    let deep = format!(
        "subscription {{ alerts {{ lot {}id{} }} }}",
        "{ links { nodes { lot ".repeat(40),
        "} } }".repeat(40)
    );
    for (query, code) in [
        (deep.as_str(), "QUERY_TOO_COMPLEX"),
        ("subscription { nothing }", "QUERY_MALFORMED"),
        ("subscription {", "QUERY_MALFORMED"),
    ] {
        socket.subscribe("x", query, json!({})).await;
        let refused = socket.hear().await;
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("x")), "{refused}");
        assert_eq!(refused["payload"][0]["extensions"]["code"], code, "{refused}");
    }
    for n in 0..20 {
        socket.subscribe(&n.to_string(), SUBSCRIPTION, json!({})).await;
    }
    socket.subscribe("more", SUBSCRIPTION, json!({})).await;
    assert_eq!(socket.hear().await["payload"][0]["extensions"]["code"], "STREAMS_TOO_MANY");
    // One that is completed makes room, and its id may be used again.
    socket.say(json!({ "type": "complete", "id": "7" })).await;
    socket.subscribe("7", "{ __typename }", json!({})).await;
    assert_eq!(socket.hear().await["payload"]["data"]["__typename"], "Query");
}

#[tokio::test]
async fn a_bad_place_to_resume_from_is_refused() {
    let service = Service::dairy().await;
    for place in ["yesterday", "12-", "999999"] {
        let mut socket = Socket::ready(&service.url).await;
        socket.subscribe("a", SUBSCRIPTION, json!({ "after": place })).await;
        let answer = socket.hear().await;
        assert!(answer.to_string().contains("ARGUMENT_INVALID"), "{place}: {answer}");
    }
    assert_eq!(service.get("/api/v1/alerts/stream?after=yesterday").await.status(), 400);
    let request = service.client.get(format!("{}/api/v1/alerts/stream", service.url));
    assert_eq!(request.header("last-event-id", "x").send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn graphql_answers_in_events_when_asked_to() {
    let service = Service::dairy().await;
    let ask = |query: &str, variables: Value| {
        let request = service.client.post(format!("{}/graphql", service.url));
        request.header("accept", "text/event-stream").json(&json!({ "query": query, "variables": variables }))
    };
    let mut once = Events::of(ask("{ lot(id: \"MILK-1\") { id } }", json!({}))).await;
    let next = once.next().await.unwrap();
    assert_eq!((next.name.as_str(), next.data.as_str()), ("next", r#"{"data":{"lot":{"id":"MILK-1"}}}"#));
    assert_eq!(once.next().await.unwrap().name, "complete");
    assert_eq!(once.next().await, None);
    let mut stream = Events::of(ask(SUBSCRIPTION, json!({ "after": "0" }))).await;
    let next: Value = serde_json::from_str(&stream.next().await.unwrap().data).unwrap();
    assert_eq!(next["data"]["alerts"]["kind"], "UNKNOWN_ORIGIN", "{next}");
    // Without the header a subscription cannot be answered.
    let answer = service.graphql(SUBSCRIPTION, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "QUERY_MALFORMED", "{answer}");
}

#[tokio::test]
async fn streams_are_bounded_and_end_with_the_service() {
    let service =
        Service::with(|store| store, HttpOptions { streams_max: 2, ..HttpOptions::default() }).await;
    let mut socket = Socket::ready(&service.url).await;
    socket.subscribe("a", SUBSCRIPTION, json!({})).await;
    let mut events = Events::of(service.client.get(format!("{}/api/v1/alerts/stream", service.url))).await;
    let third = service.get("/api/v1/alerts/stream").await;
    assert_eq!(third.status(), 503);
    let body: Value = third.json().await.unwrap();
    assert_eq!(body["error"]["code"], "STREAMS_TOO_MANY");
    service.feed.close();
    assert_eq!(events.next().await, None);
    loop {
        // The subscription may say that it is complete before the socket closes.
        match socket.next_or_close().await {
            Ok(message) => assert_eq!(message["type"], "complete"),
            Err((code, _)) => {
                assert_eq!(code, 1001);
                break;
            }
        }
    }
}
