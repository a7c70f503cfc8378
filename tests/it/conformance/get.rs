//! Nodes by reference.

use lotgraph::domain::{Master, MasterRef, Node, NodeRef, PartyCode, ShiftCode};
use serde_json::json;

use super::ask::{AnyStore, assert_limit, build, event_id, id_of, lot_id, material, node, record};

pub async fn keeps_order_repetition_and_gaps(store: &AnyStore) {
    build(store, "-> A; A -> B; B ->").await;
    let refs = [
        NodeRef::Lot(lot_id("B")),
        NodeRef::Lot(lot_id("nowhere")),
        NodeRef::Operation(event_id("O2")),
        NodeRef::Lot(lot_id("A")),
        NodeRef::Lot(lot_id("B")),
        NodeRef::Master(material("none")),
        NodeRef::Operation(event_id("none")),
    ];
    let nodes = store.get(&refs).await.unwrap();
    let ids: Vec<Option<String>> = nodes.iter().map(|node| node.as_ref().map(id_of)).collect();
    let expected = [Some("B"), None, Some("O2"), Some("A"), Some("B"), None, None];
    assert_eq!(ids, expected.map(|id| id.map(str::to_owned)));
}

pub async fn knows_every_kind_of_node(store: &AnyStore) {
    let declared = [
        json!({"type":"material","code":"X","name":"one","unit":"KGM","class":"RAW",
            "conversions":[{"unit":"GRM","factor":"0.001"}]}),
        json!({"type":"equipment","code":"X","name":"two","parent":"SITE"}),
        json!({"type":"operator","code":"X","name":"three"}),
        json!({"type":"shift","code":"X","startsAt":"2026-01-05T06:00:00Z","endsAt":"2026-01-05T14:00:00Z"}),
        json!({"type":"party","code":"X","name":"five","roles":["CUSTOMER","SUPPLIER"]}),
    ];
    record(store, &declared).await;
    for value in &declared {
        let lotgraph::domain::Fact::Master(expected) = crate::support::events::event(value).fact else {
            panic!("{value} is master data")
        };
        let got = node(store, NodeRef::Master(expected.reference())).await;
        assert_eq!(got, Some(Node::Master(expected)), "one code may stand in every kind");
    }
    // The same code of another kind is another item.
    let other = NodeRef::Master(MasterRef::Party(PartyCode::parse("SITE").unwrap()));
    assert_eq!(node(store, other).await, None);
    let shift = MasterRef::Shift(ShiftCode::parse("X").unwrap());
    let Some(Node::Master(Master::Shift(shift))) = node(store, NodeRef::Master(shift)).await else {
        panic!("no shift")
    };
    assert_eq!(shift.ends_at.map(|at| at.to_string()), Some("2026-01-05T14:00:00Z".to_owned()));
}

pub async fn nothing_asked_is_nothing_given(store: &AnyStore) {
    assert!(store.get(&[]).await.unwrap().is_empty());
    assert_eq!(store.revision().await.unwrap().0, 0);
    assert_eq!(store.ready().await.unwrap().revision.0, 0);
}

pub async fn limits_refuse_before_reading(store: &AnyStore) {
    let one_too_many = vec![NodeRef::Lot(lot_id("A")); store.limits().refs_max + 1];
    assert_limit(store.get(&one_too_many).await);
}
