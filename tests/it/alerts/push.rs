//! Readers that come and go while alerts are raised see each of them once, in order, whichever way they are pushed.

use std::sync::Arc;

use lotgraph::store::Ledger;
use serde_json::{Value, json};

use super::client::{Events, SUBSCRIPTION, Socket};
use super::over;
use crate::conformance::ask::{build, record};
use crate::conformance::records::all_alerts;
use crate::support::service::Service;
use crate::support::stores;

const LOTS: usize = 5;
const ROUNDS: usize = 30;

fn holds(round: usize) -> Vec<Value> {
    let hold = |lot: usize| {
        json!({"type":"hold","id":format!("H{round}-{lot}"),"at":"2026-01-06T09:00:00Z","lots":[format!("L{lot}")],
            "reason":"random","propagate":false})
    };
    (0..LOTS).map(hold).collect()
}

/// Half of the commits go through the service, half past it, as those of another instance do.
async fn write(service: &Service, store: &Arc<dyn Ledger>) {
    for round in 0..ROUNDS {
        let events = holds(round);
        if round % 2 == 0 {
            let lines: Vec<String> = events.iter().map(Value::to_string).collect();
            assert_eq!(service.post_events(&lines.join("\n")).await.status(), 200);
        } else {
            record(store, &events).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Reads over a WebSocket that breaks after a few alerts, each time at another number.
async fn over_socket(url: &str, wanted: usize) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut breaks = 1;
    while seen.len() < wanted {
        let mut socket = Socket::ready(url).await;
        let after = seen.last().cloned().unwrap_or_else(|| "0".to_owned());
        socket.subscribe("a", SUBSCRIPTION, json!({ "after": after })).await;
        for _ in 0..breaks.min(wanted - seen.len()) {
            let next = socket.hear().await;
            assert_eq!(next["type"], "next", "{next}");
            let alert = &next["payload"]["data"]["alerts"];
            seen.push(alert["position"].as_str().unwrap_or_else(|| panic!("{next}")).to_owned());
        }
        breaks = breaks % 13 + 3;
    }
    seen
}

/// The same over Server-Sent Events, resumed as a browser does.
async fn over_events(service: &Service, wanted: usize) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut breaks = 2;
    while seen.len() < wanted {
        let request = service.client.get(format!("{}/api/v1/alerts/stream?after=0", service.url));
        let request = match seen.last() {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        let mut events = Events::of(request).await;
        for _ in 0..breaks.min(wanted - seen.len()) {
            let event = events.next().await.unwrap();
            assert_eq!(event.name, "alert");
            let data: Value = serde_json::from_str(&event.data).unwrap();
            assert_eq!(data["position"].as_str(), event.id.as_deref());
            seen.extend(event.id);
        }
        breaks = breaks % 11 + 2;
    }
    seen
}

async fn nothing_is_missed_and_nothing_comes_twice(store: Arc<dyn Ledger>) {
    let lots: Vec<String> = (0..LOTS).map(|n| format!("-> L{n}")).collect();
    build(&store, &lots.join("; ")).await;
    let service = over(&store).await;
    let wanted = LOTS * ROUNDS;
    let mut live = Socket::ready(&service.url).await;
    live.subscribe("live", SUBSCRIPTION, json!({ "filter": { "kinds": ["HOLD_PLACED"], "lot": "L3" } }))
        .await;
    let read_live = async {
        let mut lots = Vec::new();
        for _ in 0..ROUNDS {
            lots.push(live.hear().await["payload"]["data"]["alerts"]["lot"]["id"].clone());
        }
        lots
    };
    // The live subscription is under way before the first commit.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let ((), first, second, third, filtered) = tokio::join!(
        write(&service, &store),
        over_socket(&service.url, wanted),
        over_events(&service, wanted),
        over_socket(&service.url, wanted),
        read_live,
    );
    let all: Vec<String> = all_alerts(&store).await.into_iter().map(|(place, _)| place.to_string()).collect();
    assert_eq!(all.len(), wanted);
    assert_eq!(first, all, "WebSocket");
    assert_eq!(second, all, "Server-Sent Events");
    assert_eq!(third, all, "another WebSocket");
    assert!(filtered.iter().all(|lot| lot == "L3"), "{filtered:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_and_nothing_comes_twice_on_sqlite() {
    let fresh = stores::sqlite_memory().await;
    nothing_is_missed_and_nothing_comes_twice(fresh.store.clone()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_and_nothing_comes_twice_on_neo4j() {
    let fresh = stores::neo4j_redis().await;
    nothing_is_missed_and_nothing_comes_twice(fresh.store.clone()).await;
}
