//! Bodies that are made to fill the memory, to occupy the threads, or to hold connections.

use lotgraph::format::batch;
use lotgraph::http::HttpOptions;
use serde_json::Value;

use super::raw::{Raw, ask, request};
use crate::support::process::Server;
use crate::support::service::Service;

/// Bytes of a body; the limit of `serve` as it is configured by itself.
const BODY: usize = 32 << 20;
const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// A body of a piece again and again.
fn full(start: &str, piece: &str, end: &str) -> String {
    let count = (BODY - start.len() - end.len()) / piece.len();
    format!("{start}{}{end}", piece.repeat(count))
}

/// Bodies that unfold into far more than their bytes, by what they are called, with their type.
fn nasty() -> Vec<(&'static str, &'static str, String)> {
    let ship = r#"{"type":"ship","at":"2026-01-05T06:10:00Z","inputs":["#;
    let receive = r#"{"type":"receive","at":"2026-01-05T06:10:00Z","outputs":["#;
    let events =
        full("[", &format!(r#"{receive}{}{{"lot":"A"}}]}},"#, r#"{"lot":"A"},"#.repeat(2_000)), "1]");
    vec![
        ("empty objects", JSON, full("[", "{},", "{}]")),
        ("numbers", JSON, full("[", "1,", "1]")),
        ("lists", JSON, full("[", "[],", "[]]")),
        ("lines of empty objects", NDJSON, full("", "{}\n", "")),
        ("lines of nonsense", NDJSON, full("", "x\n", "")),
        ("one event with bad outputs", JSON, full(receive, "{},", "{}]}")),
        ("one event with worse outputs", JSON, full(receive, r#"{"a":{"a":{}}},"#, "{}]}")),
        ("one event with good inputs", JSON, full(ship, r#"{"lot":"A"},"#, r#"{"lot":"A"}]}"#)),
        ("lists in lists of one event", JSON, full(ship, &format!("[{}1],", "[[1]],".repeat(5_000)), "1]}")),
        ("a field of many fields", JSON, format!("[{{\"type\":\"ship\",\"x\":{{{}}}}}]", fields())),
        ("many fields", JSON, format!("[{{\"type\":\"ship\",{}}}]", fields())),
        ("deep lists", JSON, full("", "[", "")),
        ("deep objects", JSON, full("", r#"{"a":"#, "")),
        ("a long type", JSON, full(r#"[{"type":""#, "\u{200b}", "\"}]")),
        ("a long type of escapes", JSON, full(r#"[{"type":""#, r"\u0007", "\"}]")),
        ("a long name of a field", JSON, full(r#"[{"type":"void",""#, "\u{200b}", "\":1}]")),
        (
            "a long quantity",
            JSON,
            full(&format!(r#"{receive}{{"lot":"A","unit":"EA","quantity":""#), "x", "\"}]}"),
        ),
        ("dense events", JSON, events),
    ]
}

/// Fields of different names that fill a body.
fn fields() -> String {
    let mut text = String::new();
    for n in 0.. {
        let field = format!("\"{n:x}\":0,");
        if text.len() + field.len() > BODY - 100 {
            break;
        }
        text.push_str(&field);
    }
    text + "\"z\":0"
}

#[test]
fn reading_a_body_takes_at_most_four_times_its_bytes() {
    for (name, kind, body) in nasty() {
        assert!(body.len() <= BODY + 100 && body.len() > BODY / 2, "{name}: {}", body.len());
        let counted = allocation_counter::measure(|| {
            let read = match kind {
                JSON => batch::read_json(body.as_bytes(), 10_000),
                _ => batch::read_lines(body.as_bytes(), 10_000),
            };
            let refused = read.map_or(true, |items| items.iter().all(Result::is_err));
            assert!(refused, "{name}");
        });
        // The body itself is the fourth part.
        assert!(counted.bytes_max <= 3 * BODY as u64, "{name}: {} bytes", counted.bytes_max);
    }
}

#[test]
fn ten_thousand_ordinary_events_are_read_at_once() {
    let event = r#"{"type":"operation","name":"PASTEURISE","kind":"PRODUCE","startedAt":"2026-01-05T07:00:00+08:00","at":"2026-01-05T08:00:00+08:00","inputs":[{"lot":"MILK-1","quantity":"4000","unit":"KGM"},{"lot":"RENNET-1","quantity":"2","unit":"KGM"}],"outputs":[{"lot":"PAST-1","material":"PAST","quantity":"3980","unit":"KGM"}],"equipment":["PAST-1"],"operators":["OP-7"],"shift":"2026-01-05/A","parameters":[{"name":"temperature","value":"72.4","unit":"CEL"},{"name":"pressure","value":"1.2","unit":"BAR"}]}"#;
    let lines = format!("{event}\n").repeat(10_000);
    let array = format!("[{}{event}]", format!("{event},").repeat(9_999));
    for read in [batch::read_lines(lines.as_bytes(), 10_000), batch::read_json(array.as_bytes(), 10_000)] {
        assert!(read.unwrap().iter().all(Result::is_ok));
    }
    // And one as large as an event may be.
    let lots = |name: &str| {
        let lots: Vec<_> =
            (0..10_000).map(|n| format!(r#"{{"lot":"{name}-{n}","quantity":"1","unit":"EA"}}"#)).collect();
        lots.join(",")
    };
    let dense = format!(
        r#"{{"type":"operation","kind":"PRODUCE","at":"2026-01-05T08:00:00Z","inputs":[{}],"outputs":[{}]}}"#,
        lots("IN"),
        lots("OUT")
    );
    assert!(batch::read_json(dense.as_bytes(), 10_000).unwrap()[0].is_ok());
    assert!(batch::read_lines(dense.as_bytes(), 10_000).is_ok_and(|items| items.len() == 1));
}

/// The most memory that a process ever had, in bytes.
fn memory_peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() * 1_024
}

#[tokio::test(flavor = "multi_thread")]
async fn the_served_program_keeps_its_memory_whatever_body_comes() {
    let client = reqwest::Client::new();
    for (name, kind, body) in nasty() {
        // A server for each: what the allocator keeps of one body is not taken by the next.
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path(), &[]).await;
        assert_eq!(ask(&server.url, "GET /readyz", &[], "").await.status, 200);
        let before = memory_peak(server.process());
        for query in ["atomic=true", "atomic=false"] {
            let request =
                client.post(format!("{}/api/v1/events?{query}", server.url)).header("content-type", kind);
            let answer =
                request.body(body.clone()).send().await.unwrap_or_else(|error| panic!("{name}: {error}"));
            let (status, text) = (answer.status(), answer.text().await.unwrap());
            let start: String = text.chars().take(300).collect();
            assert!(status.is_client_error() || query == "atomic=false", "{name}: {status} {start}");
            assert!(text.len() < 16 << 20, "{name}: the answer has {} bytes", text.len());
            let taken = memory_peak(server.process()) - before;
            assert!(taken <= 4 * BODY as u64, "{name}: {taken} bytes; {status} {start}");
        }
        assert!(server.terminate().await.success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_bounded_like_bodies() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    assert_eq!(ask(&server.url, "GET /readyz", &[], "").await.status, 200);
    let before = memory_peak(server.process());
    let fill = |piece: &str| piece.repeat(((1 << 20) - 100) / piece.len());
    for piece in [r#"{"a":{}},"#, "[],", "1,", r#"{"a":{"a":[{}]}},"#] {
        let body = format!(r#"{{"query":"{{__typename}}","variables":{{"a":[{}1]}}}}"#, fill(piece));
        for path in ["/graphql", "/api/v1/recall-scope"] {
            let said = ask(&server.url, &format!("POST {path}"), &[("content-type", JSON)], &body).await;
            assert!(said.status < 500, "{piece} {said:?}");
        }
        let taken = memory_peak(server.process()) - before;
        assert!(taken <= 4 * BODY as u64, "{piece}: {taken} bytes");
    }
    assert!(server.terminate().await.success());
}

/// The head of a request whose body is announced and does not come.
fn announced(bytes: usize) -> String {
    let headers =
        [("content-type", JSON), ("content-length", &bytes.to_string()), ("connection", "keep-alive")];
    request("POST /api/v1/events", &headers, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_lives_while_two_thousand_bodies_trickle() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let mut trickling = Vec::new();
    for n in 0..2_000 {
        let mut raw = Raw::open(&server.url).await;
        // Some come in chunks, which the server would read for ever.
        let head = match n % 2 {
            0 => announced(1_000_000),
            _ => request(
                "POST /api/v1/events",
                &[("content-type", JSON), ("transfer-encoding", "chunked"), ("connection", "keep-alive")],
                "",
            ),
        };
        // One that is refused may be closed already.
        let _taken = raw.send(head).await;
        let _taken = raw.send(if n % 2 == 0 { "[" } else { "1\r\n[\r\n" }).await;
        trickling.push(raw);
        if n % 200 == 0 {
            assert_eq!(ask(&server.url, "GET /livez", &[], "").await.status, 200);
        }
    }
    assert_eq!(ask(&server.url, "GET /livez", &[], "").await.status, 200);
    let mut statuses = std::collections::BTreeMap::new();
    for mut raw in trickling {
        let text = raw.rest().await;
        let status = text.split(' ').nth(1).unwrap_or("none").to_owned();
        *statuses.entry(status).or_insert(0) += 1;
    }
    // Every one ended, and it was told why; a few may have been closed while they still sent.
    let (slow, many) = (statuses.get("408").copied().unwrap_or(0), statuses.get("503").copied().unwrap_or(0));
    assert!(slow >= 50 && many >= 1_000, "{statuses:?}");
    assert!(!statuses.contains_key("200"), "{statuses:?}");
    assert!(server.terminate().await.success());
}

/// One body at a time, which must come quickly.
fn narrow() -> HttpOptions {
    HttpOptions { bodies_max: 1, bodies_bytes_max: 0, body_rate_min: 1 << 20, ..HttpOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn places_of_bodies_are_given_back() {
    let service = Service::with(|store| store, narrow()).await;
    let mut slow = Raw::open(&service.url).await;
    assert!(slow.send(announced(1_000)).await);
    let refused = loop {
        // Until the first one has its place.
        let said = ask(&service.url, "POST /api/v1/events", &[("content-type", JSON)], "[]").await;
        if said.status == 503 {
            break said;
        }
    };
    let body: Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!(body["error"]["code"], "BODIES_TOO_MANY", "{refused:?}");
    assert!(body["error"]["message"].as_str().unwrap().contains("1 request bodies"), "{refused:?}");
    assert!(refused.head.contains("retry-after: 5"), "{refused:?}");
    let said = slow.last_answer().await;
    assert_eq!((said.status, said.body.contains("BODY_TOO_SLOW")), (408, true), "{said:?}");
    let said = ask(&service.url, "POST /api/v1/events", &[("content-type", JSON)], "[]").await;
    assert_eq!((said.status, said.body.contains("BATCH_EMPTY")), (400, true), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_refused_cannot_go_on_sending() {
    let service = Service::empty().await;
    let chunked = [("content-type", JSON), ("transfer-encoding", "chunked"), ("connection", "keep-alive")];
    for line in ["POST /nothing", "PUT /livez", "DELETE /graphql", "POST /api/v1/events?colour=red"] {
        let mut raw = Raw::open(&service.url).await;
        assert!(raw.send(request(line, &chunked, "")).await);
        assert!(raw.send("1\r\n[\r\n").await);
        // The body has no end, and the connection has one.
        let said = raw.last_answer().await;
        assert!((400..500).contains(&said.status), "{line}: {said:?}");
        assert!(said.head.contains("connection: close"), "{line}: {said:?}");
    }
}
