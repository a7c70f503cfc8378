//! REST: events in, traces out, health and schema, and one error body for everything.

use serde_json::{Value, json};

use crate::support::service::{DAIRY, Service};

async fn error(response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert!(body["error"]["message"].is_string() && body["error"]["requestId"].is_string(), "{body}");
    (status, body["error"]["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn events_come_as_lines_or_as_an_array() {
    let service = Service::empty().await;
    let report: Value = service.post_events(DAIRY).await.json().await.unwrap();
    let count = DAIRY.trim().lines().count();
    assert_eq!((&report["accepted"], &report["applied"]), (&json!(count), &json!(true)), "{report}");
    let array: Vec<Value> = DAIRY.trim().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let again: Value = service.post("/api/v1/events", json!(array)).await.json().await.unwrap();
    assert_eq!((&again["duplicate"], &again["revision"]), (&json!(count), &report["revision"]), "{again}");
    let single = service.post("/api/v1/events", json!({ "type": "operator", "code": "OP-8" })).await;
    assert_eq!(single.json::<Value>().await.unwrap()["accepted"], 1);
}

#[tokio::test]
async fn bad_events_refuse_an_atomic_batch_and_only_themselves_otherwise() {
    let service = Service::dairy().await;
    let lines = "{\"type\":\"operator\",\"code\":\"OP-A\"}\n\nnot json\n{\"type\":\"void\",\"event\":\"NOPE\",\"reason\":\"x\"}\n\
        {\"type\":\"receive\",\"id\":\"R-1\",\"at\":\"2026-01-05T06:10:00Z\",\"outputs\":[{\"lot\":\"L\"}]}\n{\"type\":\"scrap\",\"at\":\"2026-01-05\",\"inputs\":[]}\n";
    let response = service.post_events(lines).await;
    assert_eq!(response.status(), 422);
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["error"]["code"], &body["applied"]), (&json!("BATCH_REFUSED"), &json!(false)));
    assert_eq!(body["events"][0]["status"], "WITHHELD", "{body}");
    assert!(body["events"][1]["problems"][0]["message"].as_str().unwrap().contains("line 3"), "{body}");

    let url = format!("{}/api/v1/events?atomic=false", service.url);
    let request = service.client.post(url).header("content-type", "application/x-ndjson").body(lines);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    let codes: Vec<&str> = body["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["problems"][0]["code"].as_str().unwrap_or("-"))
        .collect();
    assert_eq!(
        codes,
        ["-", "JSON_MALFORMED", "EVENT_UNKNOWN", "ID_CONFLICT", "TIME_WITHOUT_OFFSET"],
        "{body}"
    );
    assert_eq!((&body["accepted"], &body["rejected"]), (&json!(1), &json!(4)));
}

#[tokio::test]
async fn a_trace_comes_in_three_formats() {
    let service = Service::dairy().await;
    let base = "/api/v1/trace?lot=MILK-1&direction=forward";
    let whole: Value = service.get(base).await.json().await.unwrap();
    assert_eq!(whole["seeds"], json!(["MILK-1"]));
    let lots: Vec<_> = whole["lots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lot| (lot["id"].as_str().unwrap(), lot["depth"].as_u64().unwrap()))
        .collect();
    assert_eq!(lots, [("PAST-1", 1), ("PACK-1", 2), ("PACK-2", 2)]);
    assert_eq!(
        (whole["operations"].as_array().unwrap().len(), whole["links"].as_array().unwrap().len()),
        (3, 6)
    );
    assert_eq!(whole["links"][0]["role"], "CONSUMED");
    assert_eq!(whole["completeness"]["isPartial"], false);

    let lines = service.get(&format!("{base}&format=ndjson")).await.text().await.unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert_eq!((of("seed"), of("lot"), of("operation"), of("link"), of("completeness")), (1, 3, 3, 6, 1));
    assert_eq!(lines.last().unwrap()["type"], "end");

    let csv = service.get(&format!("{base}&format=csv")).await.text().await.unwrap();
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows[0], "id,depth,material,earliestProduction,isPartial");
    assert_eq!((rows.len(), rows[1]), (4, "PAST-1,1,PAST,2026-01-04T23:00:00Z,false"));

    let cut: Value = service.get(&format!("{base}&maxDepth=1")).await.json().await.unwrap();
    assert_eq!(cut["completeness"]["reason"], "DEPTH_LIMIT");
    let alone: Value = service.get("/api/v1/trace?lot=MILK-2&direction=FORWARD").await.json().await.unwrap();
    assert_eq!((&alone["lots"], &alone["operations"], &alone["links"]), (&json!([]), &json!([]), &json!([])));
    let two: Value = service
        .get("/api/v1/trace?lot=MILK-1&lot=MILK-2&direction=forward&since=2026-01-05T06:00:00+08:00")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(two["seeds"], json!(["MILK-1", "MILK-2"]));
}

#[tokio::test]
async fn a_large_trace_is_whole_in_every_format_and_never_a_formula() {
    let service = Service::empty().await;
    let outputs: Vec<Value> = (0..5_000).map(|n| json!({ "lot": format!("=HYPERLINK({n})") })).collect();
    let event = json!({ "type": "operation", "kind": "SPLIT", "at": "2026-01-05T06:00:00Z", "inputs": [{ "lot": "A" }], "outputs": outputs });
    service.post("/api/v1/events", event).await.error_for_status().unwrap();
    let base = "/api/v1/trace?lot=A&direction=forward";
    let whole: Value = service.get(base).await.json().await.unwrap();
    assert_eq!(
        (whole["lots"].as_array().unwrap().len(), whole["links"].as_array().unwrap().len()),
        (5_000, 5_001)
    );
    for table in ["lots", "links"] {
        let csv = service.get(&format!("{base}&format=csv&table={table}")).await.text().await.unwrap();
        assert!(csv.lines().count() > 5_000);
        assert!(
            !csv.lines()
                .any(|line| line.split(',').any(|cell| cell.starts_with('=') || cell.starts_with("\"=")))
        );
    }
}

#[tokio::test]
async fn every_error_has_the_same_body() {
    let service = Service::empty().await;
    for (path, wanted) in [
        ("/nothing", (404, "NOT_FOUND")),
        ("/graphiql/nothing.js", (404, "NOT_FOUND")),
        ("/graphiql/..%2fCargo.toml", (404, "NOT_FOUND")),
        ("/metrics", (404, "NOT_FOUND")),
        ("/api/v1/events", (405, "METHOD_NOT_ALLOWED")),
        ("/api/v1/trace?lot=A&direction=forward", (404, "LOT_UNKNOWN")),
        ("/api/v1/trace?lot=A", (400, "ARGUMENT_INVALID")),
        ("/api/v1/trace?direction=forward", (400, "ARGUMENT_INVALID")),
        ("/api/v1/trace?lot=A&direction=sideways", (400, "ARGUMENT_INVALID")),
        ("/api/v1/trace?lot=A&direction=forward&maxdepth=1", (400, "ARGUMENT_INVALID")),
        ("/api/v1/trace?lot=A&direction=forward&maxDepth=-1", (400, "ARGUMENT_INVALID")),
        ("/api/v1/trace?lot=A&direction=forward&format=xml", (400, "ARGUMENT_INVALID")),
        ("/api/v1/trace?lot=A&direction=forward&since=2026-01-05", (422, "TIME_WITHOUT_OFFSET")),
        ("/api/v1/trace?lot=%07&direction=forward", (422, "TEXT_INVALID")),
    ] {
        let (status, code) = error(service.get(path).await).await;
        assert_eq!((status, code.as_str()), wanted, "{path}");
    }
    let url = format!("{}/api/v1/events", service.url);
    let send = |kind: &'static str, body: Vec<u8>| {
        service.client.post(&url).header("content-type", kind).body(body).send()
    };
    assert_eq!(
        error(send("text/plain", b"{}".to_vec()).await.unwrap()).await,
        (415, "CONTENT_TYPE_UNSUPPORTED".to_owned())
    );
    assert_eq!(
        error(send("application/json", b"{".to_vec()).await.unwrap()).await,
        (400, "JSON_MALFORMED".to_owned())
    );
    assert_eq!(
        error(send("application/json", b"[]".to_vec()).await.unwrap()).await,
        (400, "BATCH_EMPTY".to_owned())
    );
    assert_eq!(
        error(send("application/x-ndjson", vec![b' '; 17 << 20]).await.unwrap()).await,
        (413, "BODY_TOO_LARGE".to_owned())
    );
}

#[tokio::test]
async fn health_schema_and_assets_are_served() {
    let service = Service::dairy().await;
    assert_eq!(service.get("/livez").await.json::<Value>().await.unwrap()["status"], "alive");
    let ready: Value = service.get("/readyz").await.json().await.unwrap();
    assert_eq!(ready["status"], "ready", "{ready}");
    assert_eq!(service.get("/schema.graphql").await.text().await.unwrap(), lotgraph::graphql::sdl());
    let events = service.get("/schema/events.json").await;
    assert_eq!(events.headers()["content-type"], "application/schema+json");
    assert_eq!(events.text().await.unwrap(), lotgraph::format::schema::text());

    let page = service.get("/graphiql").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'self'"), "{policy}");
    assert!(page.text().await.unwrap().contains("<title>lotgraph</title>"));
    let request =
        service.client.get(format!("{}/graphiql/entry.js", service.url)).header("accept-encoding", "gzip");
    let script = request.send().await.unwrap();
    assert_eq!(script.headers()["content-encoding"], "gzip");
    let tag = script.headers()["etag"].clone();
    let request =
        service.client.get(format!("{}/graphiql/entry.js", service.url)).header("if-none-match", tag);
    assert_eq!(request.send().await.unwrap().status(), 304);
    let samples: Value = service.get("/graphiql/samples.json").await.json().await.unwrap();
    assert!(samples["samples"][0]["title"].is_string());
}

#[tokio::test]
async fn foreign_hosts_and_pages_are_refused() {
    let service = Service::dairy().await;
    let ask = async |name: &'static str, value: &'static str| {
        let request = service.client.get(format!("{}/livez", service.url)).header(name, value);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.text().await.unwrap())
    };
    let (status, body) = ask("Host", "rebound.example").await;
    assert!(status == 403 && body.contains("HOST_NOT_ALLOWED"), "{status} {body}");
    let (status, body) = ask("Origin", "https://evil.example").await;
    assert!(status == 403 && body.contains("HOST_NOT_ALLOWED"), "{status} {body}");
    // More of it in attack::strangers.
    assert_eq!(ask("Host", "localhost:8080").await.0, 200);
}
