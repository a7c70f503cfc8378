//! Neo4j stopped in the middle of the work: 503 with Retry-After, nothing lost, recovery by itself.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::support::process::Server;

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A Neo4j of the test's own, which it may stop.
fn start_neo4j(folder: &Path, bolt: u16, explain: u16) -> Child {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/neo4j");
    Command::new(script)
        .arg(folder)
        .args([bolt.to_string(), explain.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

fn event(n: u32) -> Value {
    json!([{"type": "receive", "id": format!("R{n}"), "at": "2026-01-05T06:00:00+08:00",
        "outputs": [{"lot": format!("L{n}"), "material": "MILK", "quantity": "1", "unit": "KGM"}]}])
}

async fn post(client: &reqwest::Client, url: &str, n: u32) -> reqwest::Response {
    client.post(format!("{url}/api/v1/events")).json(&event(n)).send().await.unwrap()
}

/// Sends event `n` until it is acknowledged.
async fn post_until_acknowledged(client: &reqwest::Client, url: &str, n: u32) -> Duration {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(120) {
        let answer = post(client, url, n).await;
        if answer.status().is_success() {
            return started.elapsed();
        }
        assert_eq!(answer.status(), 503);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("event {n} was never acknowledged");
}

#[tokio::test(flavor = "multi_thread")]
async fn neo4j_stopped_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let (bolt, explain) = (free_port(), free_port());
    let data = folder.path().join("neo4j");
    let mut neo4j = start_neo4j(&data, bolt, explain);
    let store = format!("neo4j://127.0.0.1:{bolt}");
    let server = Server::start(folder.path(), &["--store", &store, "--cache", "none"]).await;
    let client = reqwest::Client::new();
    for n in 0..20 {
        post_until_acknowledged(&client, &server.url, n).await;
    }
    neo4j.kill().await.unwrap();

    let asked = Instant::now();
    let answer = post(&client, &server.url, 20).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"), "{:?}", answer.headers());
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["code"], "STORE_UNAVAILABLE", "{body}");
    let trace = format!("{}/api/v1/trace?lot=L1&direction=forward", server.url);
    let answer = client.get(&trace).send().await.unwrap();
    assert_eq!(answer.status(), 503, "a read must not look empty while the store is away");
    let ready = client.get(format!("{}/readyz", server.url)).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let alive = client.get(format!("{}/livez", server.url)).send().await.unwrap();
    assert_eq!(alive.status(), 200);
    eprintln!("four answers without Neo4j took {:?}", asked.elapsed());

    let _neo4j = start_neo4j(&data, bolt, explain);
    let recovered = post_until_acknowledged(&client, &server.url, 20).await;
    eprintln!("acknowledged again {recovered:?} after Neo4j was started");
    for n in 0..=20 {
        let url = format!("{}/api/v1/trace?lot=L{n}&direction=backward", server.url);
        let answer = client.get(&url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "L{n} was acknowledged and is lost");
    }
}
