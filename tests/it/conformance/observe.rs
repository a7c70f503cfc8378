//! Observations: lots are seen at a location; nothing flows.

use lotgraph::domain::{
    ErrorCode, Location, MasterRef, NodeRef, PartyCode, RecordBody, RecordRef, SIGHTINGS_KEPT, Sightings,
};
use serde_json::{Value, json};

use super::ask::{AnyStore, build, forward, lot, lot_id, master, node, record, rejection};
use crate::support::events::minute;

async fn seen(store: &AnyStore, id: &str) -> Option<Sightings> {
    match node(store, NodeRef::Record(RecordRef::Sightings(lot_id(id)))).await? {
        lotgraph::domain::Node::Record(record) => match record.body {
            RecordBody::Sightings(sightings) => Some(sightings),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn observe(id: &str, at: i64, lots: &[&str], place: (&str, &str)) -> Value {
    let mut value =
        json!({"type": "observe", "id": id, "at": minute(at).to_string(), "lots": lots, "source": "gate"});
    value[place.0] = place.1.into();
    value
}

pub async fn a_lot_is_where_it_was_seen_last(store: &AnyStore) {
    build(store, "-> A; A -> B C").await;
    let before = (lot(store, "B").await, forward(store, &["A"]).await.links.len());
    record(store, &[observe("S1", 10, &["B", "C"], ("equipment", "GATE-1"))]).await;
    record(store, &[observe("S2", 30, &["B"], ("party", "SHOP"))]).await;
    // Captured late: it was seen there before it was at the shop.
    record(store, &[observe("S3", 20, &["B"], ("equipment", "GATE-2"))]).await;
    let at_b = seen(store, "B").await.unwrap();
    assert_eq!(at_b.count, 3);
    let events: Vec<&str> = at_b.latest.iter().map(|sighting| sighting.event.as_str()).collect();
    assert_eq!(events, ["S2", "S3", "S1"]);
    let shop = PartyCode::parse("SHOP").unwrap();
    assert_eq!(at_b.latest[0].observe.location, Location::Party(shop.clone()));
    assert_eq!(at_b.latest[0].observe.lots, [lot_id("B")]);
    assert_eq!(seen(store, "C").await.unwrap().count, 1);
    assert_eq!(seen(store, "A").await, None);
    assert!(!master(store, MasterRef::Party(shop)).await.declared(), "named, and so there");
    assert_eq!((lot(store, "B").await, forward(store, &["A"]).await.links.len()), before, "nothing flows");
}

pub async fn only_the_latest_sightings_are_kept_with_the_lot(store: &AnyStore) {
    build(store, "-> A").await;
    let total = SIGHTINGS_KEPT as i64 + 5;
    let events: Vec<Value> =
        (0..total).map(|n| observe(&format!("S{n}"), n, &["A"], ("equipment", "GATE"))).collect();
    record(store, &events).await;
    let sightings = seen(store, "A").await.unwrap();
    assert_eq!((sightings.count, sightings.latest.len()), (total as u64, SIGHTINGS_KEPT));
    assert_eq!(sightings.latest[0].event.as_str(), format!("S{}", total - 1));
}

pub async fn what_nobody_named_cannot_be_seen(store: &AnyStore) {
    let (code, path) = rejection(store, &observe("S1", 1, &["GHOST"], ("equipment", "GATE"))).await;
    assert_eq!((code, path.as_str()), (ErrorCode::LotUnknown, "lots[0]"));
    build(store, "-> A").await;
    record(store, &[observe("S2", 1, &["A"], ("equipment", "GATE"))]).await;
    let void = json!({"type": "void", "id": "V", "event": "S2", "reason": "slip"});
    let (code, path) = rejection(store, &void).await;
    assert_eq!((code, path.as_str()), (ErrorCode::NotVoidable, "event"));
}
