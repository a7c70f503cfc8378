//! Connections that announce too much, say nothing, trickle, or do not read what they asked for.

use std::path::Path;
use std::time::Duration;

use lotgraph::http::HttpOptions;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::raw::{PATIENCE, Raw, ask, request};
use crate::alerts::client::{SUBSCRIPTION, Socket};
use crate::support::process::Server;
use crate::support::service::Service;

const UPGRADE: &[(&str, &str)] = &[
    ("upgrade", "websocket"),
    ("connection", "upgrade"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ("sec-websocket-protocol", "graphql-transport-ws"),
];

/// A frame as a client sends it, which announces some bytes and has others.
fn frame(first: u8, announced: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first, 0x80 | 127];
    bytes.extend(announced.to_be_bytes());
    // A mask of zeros changes nothing.
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// Opens a WebSocket by hand and sends bytes; the code with which the server closes.
async fn closed_after(url: &str, frames: &[Vec<u8>]) -> Option<u16> {
    let mut raw = Raw::open(url).await;
    assert!(raw.send(request("GET /graphql", UPGRADE, "")).await);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(PATIENCE, raw.0.read_u8()).await.unwrap().unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    for frame in frames {
        assert!(raw.send(frame).await);
    }
    loop {
        let first = timeout(PATIENCE, raw.0.read_u8()).await.unwrap().ok()?;
        let length = raw.0.read_u8().await.unwrap();
        let mut payload = vec![0; length.into()];
        raw.0.read_exact(&mut payload).await.unwrap();
        if first == 0x88 {
            return payload.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_is_refused_by_what_it_announces() {
    let service = Service::empty().await;
    let init = br#"{"type":"connection_init"}"#;
    let good = frame(0x81, init.len() as u64, init);
    for announced in [(1 << 20) + 1, 4 << 30, u64::MAX >> 1] {
        let bad = frame(0x81, announced, b"[");
        assert_eq!(closed_after(&service.url, &[good.clone(), bad.clone()]).await, Some(1009), "{announced}");
        assert_eq!(closed_after(&service.url, &[bad]).await, Some(1009), "{announced}");
    }
    // A message of many frames, each of which is short.
    let part = vec![b' '; 600_000];
    let parts = [frame(0x01, 600_000, &part), frame(0x00, 600_000, &part[..1])];
    assert_eq!(closed_after(&service.url, &parts).await, Some(1009));
    // A ping of a mebibyte is no ping.
    assert_ne!(closed_after(&service.url, &[frame(0x89, 1 << 20, &[0; 1 << 20])]).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_that_say_nothing_are_few_and_end() {
    let options = HttpOptions {
        sockets_waiting_max: 2,
        streams_max: 1,
        socket_idle_timeout: Duration::from_secs(1),
        ..HttpOptions::default()
    };
    let service = Service::with(|store| store, options).await;
    let mut first = Socket::open(&service.url).await;
    let mut second = Socket::open(&service.url).await;
    let third = ask(&service.url, "GET /graphql", UPGRADE, "").await;
    assert_eq!((third.status, third.body.contains("STREAMS_TOO_MANY")), (503, true), "{third:?}");
    assert!(third.body.contains("http.sockets_waiting_max"), "{third:?}");
    // Whoever introduces itself makes room for another that has not.
    first.say(json!({ "type": "connection_init" })).await;
    assert_eq!(first.hear().await, json!({ "type": "connection_ack" }));
    let mut fourth = Socket::open(&service.url).await;
    // All streams are open: it is told to come again.
    second.say(json!({ "type": "connection_init" })).await;
    let (code, why) = second.closed().await;
    assert_eq!((code, why.contains("STREAMS_TOO_MANY")), (1013, true), "{why}");
    // With an operation it is not idle, however little that says.
    first.subscribe("a", SUBSCRIPTION, json!({})).await;
    sleep(Duration::from_millis(2_500)).await;
    first.say(json!({ "type": "ping" })).await;
    assert_eq!(first.hear().await, json!({ "type": "pong" }));
    first.say(json!({ "type": "complete", "id": "a" })).await;
    assert_eq!(first.closed().await, (1000, "idle".to_owned()));
    // Its place is free.
    fourth.say(json!({ "type": "connection_init" })).await;
    assert_eq!(fourth.hear().await, json!({ "type": "connection_ack" }));
    let mut silent = Socket::open(&service.url).await;
    assert_eq!(silent.closed().await.0, 4408);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_must_come_soon_on_every_request_of_a_connection() {
    let service = Service::empty().await;
    let keep = request("GET /livez", &[("connection", "keep-alive")], "");
    for before in [String::new(), keep.clone(), keep.repeat(2)] {
        let mut raw = Raw::open(&service.url).await;
        assert!(raw.send(&before).await);
        assert!(raw.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n").await);
        let (mut reads, mut writes) = raw.0.into_split();
        let trickle = tokio::spawn(async move {
            // Until the connection is closed.
            while writes.write_all(b"X").await.is_ok() {
                sleep(Duration::from_millis(300)).await;
            }
        });
        let mut said = Vec::new();
        // Whether the end is a polite one makes no difference.
        let _polite = timeout(PATIENCE, reads.read_to_end(&mut said)).await.expect("the connection ends");
        trickle.abort();
        let answers = String::from_utf8_lossy(&said).matches("HTTP/1.1 200").count();
        assert_eq!(answers, before.matches("GET").count());
    }
}

/// Operations that draw from lots with long ids, of which nobody knows where they come from.
fn plant() -> String {
    let operation = |n: usize| {
        let inputs: Vec<_> =
            (0..5_000).map(|lot| json!({ "lot": format!("{n}-{lot}-{}", "x".repeat(180)) })).collect();
        json!({ "type": "operation", "id": format!("O-{n}"), "kind": "PRODUCE", "at": "2026-01-05T06:10:00Z",
            "inputs": inputs, "outputs": [{ "lot": "LAST" }] })
        .to_string()
    };
    (0..5).map(operation).collect::<Vec<_>>().join("\n")
}

async fn served(folder: &Path, settings: &str) -> Server {
    std::fs::write(folder.join("lotgraph.toml"), settings).unwrap();
    Server::start(folder, &[]).await
}

async fn record_plant(server: &Server) {
    let request = reqwest::Client::new().post(format!("{}/api/v1/events", server.url));
    let answer = request.header("content-type", "application/x-ndjson").body(plant()).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
}

/// Connects with little room for what comes, asks, and reads no more than the beginning of the answer.
async fn ask_and_stop(url: &str, asked: impl AsRef<[u8]>) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(url.strip_prefix("http://").unwrap().parse().unwrap()).await.unwrap();
    stream.write_all(asked.as_ref()).await.unwrap();
    let mut beginning = [0; 12];
    timeout(PATIENCE, stream.read_exact(&mut beginning)).await.expect("an answer begins").unwrap();
    let beginning = String::from_utf8_lossy(&beginning).into_owned();
    assert!(["HTTP/1.1 200", "HTTP/1.1 101"].contains(&beginning.as_str()), "{beginning}");
    stream
}

/// Readers of everything that streams, none of whom reads.
async fn stalled(url: &str) -> Vec<TcpStream> {
    let mut all = Vec::new();
    for path in [
        "/api/v1/trace?lot=LAST&direction=backward&format=json",
        "/api/v1/trace?lot=LAST&direction=backward&format=ndjson",
        "/api/v1/trace?lot=LAST&direction=backward&format=csv",
        "/api/v1/alerts/stream?after=0",
    ] {
        all.push(ask_and_stop(url, request(&format!("GET {path}"), &[], "")).await);
    }
    let question = json!({ "query": SUBSCRIPTION, "variables": { "after": "0" } });
    let headers = [("content-type", "application/json"), ("accept", "text/event-stream")];
    all.push(ask_and_stop(url, request("POST /graphql", &headers, &question.to_string())).await);
    let init = json!({ "type": "connection_init" }).to_string();
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": question }).to_string();
    let mut asked = request("GET /graphql", UPGRADE, "").into_bytes();
    for message in [init, subscribe] {
        asked.extend(frame(0x81, message.len() as u64, message.as_bytes()));
    }
    all.push(ask_and_stop(url, asked).await);
    all
}

/// A number of `/metrics`; 0 when nothing was counted yet.
async fn metric(url: &str, name: &str) -> u64 {
    let said = ask(url, "GET /metrics", &[], "").await;
    let line = said.body.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |number| number.trim().parse().unwrap())
}

const STREAMS: &str = r#"lotgraph_http_places_taken{limit="http.streams_max"}"#;
const TIMEOUTS: &str = r#"lotgraph_http_limits_met_total{limit="http.write_timeout_ms"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_read_loses_its_answer_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = served(folder.path(), "[http]\nwrite_timeout_ms = 1000\n").await;
    record_plant(&server).await;
    let readers = stalled(&server.url).await;
    timeout(PATIENCE, async {
        while metric(&server.url, TIMEOUTS).await < readers.len() as u64 {
            sleep(Duration::from_millis(200)).await;
        }
        while metric(&server.url, STREAMS).await > 0 {
            sleep(Duration::from_millis(200)).await;
        }
    })
    .await
    .expect("every stream that is not read ends, and gives its place back");
    for mut reader in readers {
        // What was under way comes, and then the connection ends without the end of the answer.
        let mut rest = Vec::new();
        let ended = timeout(PATIENCE, reader.read_to_end(&mut rest)).await.expect("the connection is closed");
        assert!(ended.is_err() || !rest.ends_with(b"0\r\n\r\n"), "the whole answer came");
    }
    assert!(server.terminate().await.success());
    // Nor does it keep the program. Longer than the test waits for the process.
    let server = served(folder.path(), "[http]\nwrite_timeout_ms = 600000\nshutdown_timeout_s = 2\n").await;
    let readers = stalled(&server.url).await;
    let mut bodies = Vec::new();
    for _ in 0..5 {
        let mut raw = Raw::open(&server.url).await;
        let headers = [("content-type", "application/json"), ("content-length", "100000")];
        assert!(raw.send(request("POST /api/v1/events", &headers, "")).await);
        bodies.push(raw);
    }
    let status = server.terminate().await;
    assert!(status.success(), "{status}");
    drop((readers, bodies));
}
