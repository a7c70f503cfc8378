//! Who asks over HTTP: nobody, or who a proxy names that is trusted; a stranger is never believed.

use lotgraph::http::{HttpOptions, TrustedProxies};
use serde_json::{Value, json};

use crate::alerts::client::Socket;
use crate::support::service::{DAIRY, Service};

const HEADER: &str = "X-Forwarded-User";

/// The small dairy behind proxies at these addresses, or at none.
async fn dairy(proxies: Option<&[&str]>) -> Service {
    let trusted = proxies.map(|networks| TrustedProxies::parse(HEADER, networks.iter().copied()).unwrap());
    let options = HttpOptions { trusted_proxies: trusted, ..HttpOptions::default() };
    let service = Service::with(|store| store, options).await;
    assert_eq!(service.post_events(DAIRY).await.status(), 200);
    service
}

/// A request with a user, or without.
fn named(request: reqwest::RequestBuilder, users: &[&str]) -> reqwest::RequestBuilder {
    users.iter().fold(request, |request, user| request.header(HEADER, *user))
}

async fn hold(service: &Service, id: &str, users: &[&str]) -> reqwest::Response {
    let event = json!({"type": "hold", "id": id, "at": "2026-01-05T13:00:00+08:00", "lots": ["MILK-2"], "reason": "x"});
    let request = service.client.post(format!("{}/api/v1/events", service.url)).json(&event);
    named(request, users).send().await.unwrap()
}

/// Who raised the alert of a hold.
async fn actor(service: &Service, hold: &str) -> Value {
    let all: Value = service.get("/api/v1/alerts?kind=HOLD_PLACED").await.json().await.unwrap();
    let alerts = all["alerts"].as_array().unwrap();
    alerts.iter().find(|alert| alert["hold"] == hold).unwrap()["actor"].clone()
}

#[tokio::test]
async fn a_proxy_on_this_machine_names_who_records() {
    let service = dairy(Some(&[])).await;
    assert_eq!(hold(&service, "H1", &["Ada Lovelace"]).await.status(), 200);
    assert_eq!(actor(&service, "H1").await, "Ada Lovelace");
    assert_eq!(hold(&service, "H2", &[]).await.status(), 200);
    assert_eq!(actor(&service, "H2").await, "anonymous");
    assert_eq!(hold(&service, "H3", &["  "]).await.status(), 200);
    assert_eq!(actor(&service, "H3").await, "anonymous");
    // UTF-8, as proxies send it.
    assert_eq!(hold(&service, "H4", &["李雷"]).await.status(), 200);
    assert_eq!(actor(&service, "H4").await, "李雷");
    let mutation = json!({ "query": "mutation { holdLots(input: {id: \"H5\", lots: [\"MILK-2\"], reason: \"x\", at: \"2026-01-05T13:00:00+08:00\"}) { revision } }" });
    let request = service.client.post(format!("{}/graphql", service.url)).json(&mutation);
    let answer: Value = named(request, &["Grace"]).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    assert_eq!(actor(&service, "H5").await, "Grace");
    // The event itself does not say who sent it.
    let ledger = service.store.changes(lotgraph::store::LedgerPosition::default(), 100).await.unwrap();
    let entry = ledger.entries.iter().find(|entry| entry.event.id.as_str() == "H5").unwrap();
    let recording = (entry.recording.actor.as_str(), entry.recording.source.as_str());
    assert_eq!(recording, ("Grace", "graphql"));
    assert!(!lotgraph::format::canonical::line(&entry.event).contains("Grace"));
}

#[tokio::test]
async fn a_socket_belongs_to_who_opened_it() {
    let service = dairy(Some(&["127.0.0.1", "::1"])).await;
    let mut socket = Socket::named(&service.url, HEADER, "Ada").await.unwrap();
    socket.say(json!({ "type": "connection_init" })).await;
    socket.hear().await;
    let query = "mutation { holdLots(input: {id: \"H1\", lots: [\"MILK-2\"], reason: \"x\", at: \"2026-01-05T13:00:00+08:00\"}) { revision } }";
    socket.subscribe("m", query, json!({})).await;
    assert_eq!(socket.hear().await["type"], "next");
    assert_eq!(actor(&service, "H1").await, "Ada");
}

#[tokio::test]
async fn without_the_setting_the_header_means_nothing() {
    let service = dairy(None).await;
    assert_eq!(hold(&service, "H1", &["Mallory"]).await.status(), 200);
    assert_eq!(actor(&service, "H1").await, "anonymous");
}

#[tokio::test]
async fn a_stranger_is_not_believed() {
    let service = dairy(Some(&["192.0.2.1", "10.0.0.0/8"])).await;
    let refused = hold(&service, "H1", &["Mallory"]).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"]["code"], "PROXY_NOT_TRUSTED");
    for path in [
        "/api/v1/alerts",
        "/api/v1/alerts/stream",
        "/api/v1/trace?lot=MILK-1&direction=forward",
        "/api/v1/recalls/R/lots",
    ] {
        let request = service.client.get(format!("{}{path}", service.url));
        assert_eq!(named(request, &["Mallory"]).send().await.unwrap().status(), 403, "{path}");
    }
    for path in ["/graphql", "/api/v1/recall-scope"] {
        let question = json!({ "query": "{ __typename }" });
        let request = service.client.post(format!("{}{path}", service.url)).json(&question);
        assert_eq!(named(request, &["Mallory"]).send().await.unwrap().status(), 403, "{path}");
    }
    assert!(Socket::named(&service.url, HEADER, "Mallory").await.is_err());
    // Without the header a stranger is nobody, as a health check is.
    assert_eq!(hold(&service, "H2", &[]).await.status(), 200);
    assert_eq!(actor(&service, "H2").await, "anonymous");
    assert!(Socket::try_open(&service.url, Some("graphql-transport-ws"), None).await.is_ok());
}

#[tokio::test]
async fn names_that_cannot_be_are_refused() {
    let service = dairy(Some(&[])).await;
    let code = async |users: &[&str]| {
        let refused: Value = hold(&service, "H1", users).await.json().await.unwrap();
        refused["error"]["code"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(code(&["Mallory", "Ada"]).await, "ARGUMENT_INVALID", "the client's and the proxy's");
    assert_eq!(code(&[&"x".repeat(1_001)]).await, "TEXT_TOO_LONG");
}
