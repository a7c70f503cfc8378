//! What cannot be said about names of lots: each refusal with its code, its place and what to do.

use serde_json::{Value, json};

use crate::recall::on_both_stores;
use crate::support::service::Service;
use crate::support::stores::{self, Fresh};

async fn send(service: &Service, events: &[Value]) -> Vec<Value> {
    let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
    let answer: Value = service.post_events(&lines.join("\n")).await.json().await.unwrap();
    answer.get("events").unwrap_or_else(|| panic!("{answer}")).as_array().unwrap().clone()
}

async fn refused(service: &Service, event: Value) -> (String, String, String) {
    let outcome = send(service, &[event]).await.remove(0);
    assert_eq!(outcome["status"], "REJECTED", "{outcome}");
    let text = |field: &str| outcome["problems"][0][field].as_str().unwrap().to_owned();
    (text("code"), text("path"), text("message"))
}

fn alias(id: &str, lot: &str, names: &[&str]) -> Value {
    json!({"type": "alias", "id": id, "at": "2026-01-05T08:00:00Z", "lot": lot, "names": names, "reason": "misread"})
}

fn merge(id: &str, into: &str, lots: &[&str]) -> Value {
    json!({"type": "mergeLots", "id": id, "at": "2026-01-05T08:00:00Z", "into": into, "lots": lots, "reason": "one lot"})
}

fn receipt(lot: &str, material: &str) -> Value {
    json!({"type": "receive", "id": format!("R-{lot}"), "at": "2026-01-01T08:00:00Z", "supplier": "SUP-1",
        "outputs": [{"lot": lot, "material": material, "quantity": "5", "unit": "KGM"}]})
}

async fn what_cannot_be_is_refused(fresh: Fresh) {
    let service = Service::over(fresh.store.clone());
    let recorded = send(
        &service,
        &[receipt("A", "M"), receipt("B", "M"), receipt("N", "OTHER"), alias("OK-1", "A", &["a"])],
    )
    .await;
    assert!(recorded.iter().all(|outcome| outcome["status"] == "ACCEPTED"), "{recorded:?}");
    let expected = [
        (
            alias("X-1", "Z", &["A"]),
            "LOT_UNKNOWN",
            "lot",
            "no event names lot Z; record it first, or correct the id",
        ),
        (alias("X-2", "A", &["B", "A"]), "SELF_REFERENCE", "names[0]", "A cannot be another name of itself"),
        (
            alias("X-3", "a", &["Q"]),
            "LOT_IS_ALIAS",
            "lot",
            "a is itself another name of lot A; name that lot",
        ),
        (
            alias("X-4", "B", &["a"]),
            "LOT_IS_ALIAS",
            "names[0]",
            "a is another name of lot A already, by event OK-1; void that event first",
        ),
        (
            alias("X-5", "A", &["B"]),
            "LOTS_DIFFER",
            "names[0]",
            "B and A were both received or made here, so they look like two lots; if they were one lot all along, send mergeLots",
        ),
        (
            merge("X-6", "A", &["N"]),
            "LOT_MATERIAL_CONFLICT",
            "lots[0]",
            "lot A is of material M and N of OTHER, so they are two lots; correct the names, or void the event that said the \
             wrong material",
        ),
        (
            merge("X-7", "A", &["NEW"]),
            "LOT_UNKNOWN",
            "lots[0]",
            "no event names lot NEW; record it first, or correct the id",
        ),
    ];
    for (event, code, path, message) in expected {
        let wanted = (code.to_owned(), path.to_owned(), message.to_owned());
        assert_eq!(refused(&service, event).await, wanted);
    }
    let void = |id: &str| json!({"type": "void", "id": id, "event": "OK-1", "reason": "no"});
    assert_eq!(send(&service, &[void("V-1")]).await[0]["status"], "ACCEPTED");
    let again = refused(&service, void("V-2")).await;
    assert_eq!((again.0.as_str(), again.2.as_str()), ("ALREADY_VOIDED", "event OK-1 was voided before"));
    let lots = service.graphql("{ lots { totalCount } lot(id: \"a\") { id } }", json!({})).await;
    assert_eq!(
        lots["data"],
        json!({"lots": {"totalCount": 4}, "lot": {"id": "a"}}),
        "nothing else was changed"
    );
}

on_both_stores!(what_cannot_be_is_refused);

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_very_many_operations_is_refused() {
    let service = Service::over(stores::sqlite().await.store.clone());
    let seen = |n: usize| json!({"type": "operation", "kind": "PROCESS", "id": format!("P-{n}"), "at": "2026-01-01T08:00:00Z", "lots": ["TANK"]});
    let most = lotgraph::domain::RENAMED_OPERATIONS_MAX;
    for part in (0..=most).collect::<Vec<_>>().chunks(5_000) {
        send(&service, &part.iter().map(|n| seen(*n)).collect::<Vec<_>>()).await;
    }
    send(&service, &[receipt("A", "M")]).await;
    let (code, path, message) = refused(&service, alias("X-1", "A", &["TANK"])).await;
    assert_eq!((code.as_str(), path.as_str()), ("ALIAS_TOO_WIDE", "names"), "{message}");
    let void = json!({"type": "void", "id": "V-1", "event": "P-0", "reason": "one fewer"});
    send(&service, &[void]).await;
    assert_eq!(send(&service, &[alias("X-1", "A", &["TANK"])]).await[0]["status"], "ACCEPTED");
}
