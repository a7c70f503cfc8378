//! SIGTERM to the program while streams are open: each ends in the way of its protocol, and the process ends well.

use serde_json::json;

use super::client::{Events, SUBSCRIPTION, Socket};
use crate::support::process::Server;

const HOLD: &str =
    r#"[{"type":"hold","id":"H-1","at":"2026-01-06T09:00:00Z","lots":["PACK-2"],"reason":"listeria"}]"#;
const PACK: &str = r#"[{"type":"receive","id":"R-1","at":"2026-01-05T09:00:00Z","outputs":[{"lot":"PACK-2","material":"PACK"}]}]"#;
/// Longer than the test waits for the process: a stream that is waited for makes it fail.
const LONG_DRAIN: &str = "[http]\nshutdown_timeout_s = 300\n";

async fn post(server: &Server, events: &'static str) {
    let request = reqwest::Client::new().post(format!("{}/api/v1/events", server.url));
    let answer = request.header("content-type", "application/json").body(events).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
}

/// The close code that tells a client to come again elsewhere (RFC 6455 section 7.4.1).
const GOING_AWAY: u16 = 1001;

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_open_streams_and_then_the_process() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lotgraph.toml"), LONG_DRAIN).unwrap();
    let server = Server::start(folder.path(), &["--store", "sqlite:streams.sqlite"]).await;
    post(&server, PACK).await;
    let client = reqwest::Client::new();
    let stream = |path: &str| client.get(format!("{}{path}", server.url));
    let mut events = Events::of(stream("/api/v1/alerts/stream?after=0")).await;
    let graphql = client.post(format!("{}/graphql", server.url)).header("accept", "text/event-stream");
    let body = json!({ "query": SUBSCRIPTION, "variables": { "after": "0" } });
    let mut graphql = Events::of(graphql.json(&body)).await;
    let mut socket = Socket::ready(&server.url).await;
    socket.subscribe("a", SUBSCRIPTION, json!({ "after": "0" })).await;
    // A connection that asked for nothing, and one that never introduced itself, are open, too.
    let (mut idle, mut silent) = (Socket::ready(&server.url).await, Socket::open(&server.url).await);

    post(&server, HOLD).await;
    assert_eq!(events.next().await.unwrap().name, "alert");
    assert_eq!(graphql.next().await.unwrap().name, "next");
    assert_eq!(socket.hear().await["payload"]["data"]["alerts"]["kind"], "HOLD_PLACED");

    let status = tokio::spawn(server.terminate());
    assert_eq!(events.next().await, None, "the stream ends, and is not cut off");
    assert_eq!(graphql.next().await.map(|event| event.name), Some("complete".to_owned()));
    assert_eq!(graphql.next().await, None);
    let code = loop {
        match socket.next_or_close().await {
            Ok(message) => assert_eq!(message, json!({ "type": "complete", "id": "a" })),
            Err((code, _)) => break code,
        }
    };
    assert_eq!(code, GOING_AWAY);
    assert_eq!((idle.closed().await.0, silent.closed().await.0), (GOING_AWAY, GOING_AWAY));
    let status = status.await.unwrap();
    assert!(status.success(), "{status}");
}
