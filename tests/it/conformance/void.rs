//! Voids: what leaves the graph, what stays, and what is refused.

use lotgraph::domain::{
    EquipmentCode, ErrorCode, Flow, OperatorCode, Origin, PartyCode, Role, ShiftCode, Voided,
};
use lotgraph::store::EdgesOf;
use serde_json::{Value, json};

use super::ask::{
    AnyStore, build, event_id, forward, found, links_of, lot, lot_id, marks, operation, operations, record,
    rejection, text,
};
use crate::support::events::{batch, event, minute, plant};

fn void(id: &str, event: &str) -> Value {
    json!({"type":"void","id":id,"event":event,"reason":"wrong lot scanned"})
}

async fn edge_count(store: &AnyStore, id: &str) -> usize {
    let query = EdgesOf { lots: vec![lot_id(id)], roles: Role::ALL.to_vec(), after: None, first: 100 };
    store.edges(&query).await.unwrap()[0].edges.len()
}

pub async fn takes_the_links_out_and_says_so(store: &AnyStore) {
    build(store, "-> A; A -> B; B -> C").await;
    let mut withdrawal = void("V", "O2");
    withdrawal["replacedBy"] = "O9".into();
    let receipt = record(store, &[withdrawal]).await;
    assert_eq!(receipt.revision.0, 2);
    let voided =
        Voided { by: event_id("V"), reason: text("wrong lot scanned"), replaced_by: Some(event_id("O9")) };
    let recorded = operation(store, "O2").await;
    assert_eq!(recorded.voided, Some(voided));
    assert_eq!(recorded.operation.inputs.len(), 1, "what was recorded stays readable");
    assert_eq!(operation(store, "O1").await.voided, None);
    assert_eq!(edge_count(store, "A").await, 1);
    assert_eq!(links_of(&forward(store, &["A"]).await), "");
    assert_eq!(links_of(&forward(store, &["B"]).await), "B>O3 O3>C");
}

pub async fn takes_flows_and_origin_back(store: &AnyStore) {
    build(store, "-> A; A -> B; ~ A B; B ->").await;
    record(store, &[void("V1", "O1"), void("V2", "O2"), void("V3", "O3"), void("V4", "O4")]).await;
    for id in ["A", "B"] {
        let lot = lot(store, id).await;
        let none = Flow::default();
        assert_eq!((&lot.received, &lot.produced, &lot.consumed, &lot.shipped), (&none, &none, &none, &none));
        assert_eq!((lot.in_place, lot.origin(), lot.earliest_production), (0, Origin::Unknown, None));
        assert_eq!(edge_count(store, id).await, 0);
    }
}

pub async fn recomputes_the_earliest_production(store: &AnyStore) {
    build(store, "P1@1:-> T; P2@2:-> T; P3@3:-> T").await;
    record(store, &[void("V1", "P1")]).await;
    assert_eq!(lot(store, "T").await.earliest_production, Some(minute(2)));
    // One withdrawn and an earlier one recorded, in one batch.
    let mut events = vec![event(&void("V2", "P2"))];
    events.extend(plant("P0@0:-> T"));
    assert_eq!(marks(&store.commit(&batch(events)).await.unwrap()), "++");
    assert_eq!(lot(store, "T").await.earliest_production, Some(minute(0)));
    record(store, &[void("V0", "P0"), void("V3", "P3")]).await;
    assert_eq!(lot(store, "T").await.earliest_production, None);
}

pub async fn frees_the_material(store: &AnyStore) {
    let receive = |id: &str, material: &str| json!({"type":"receive","id":id,"at":minute(1).to_string(),"outputs":[{"lot":"A","material":material}]});
    record(store, &[receive("R1", "MILK")]).await;
    record(store, &[void("V1", "R1")]).await;
    let freed = lot(store, "A").await;
    assert_eq!((freed.material_claims, freed.material.as_ref().map(AsRef::as_ref)), (0, Some("MILK")));
    record(store, &[receive("R2", "CREAM")]).await;
    let lot = lot(store, "A").await;
    assert_eq!((lot.material_claims, lot.material.as_ref().map(AsRef::as_ref)), (1, Some("CREAM")));
}

pub async fn with_its_replacement_in_one_batch(store: &AnyStore) {
    build(store, "-> A; -> X; WRONG@5:X -> B; B -> C").await;
    let mut events = vec![event(&void("V", "WRONG"))];
    events.extend(plant("RIGHT@5:A -> B"));
    let receipt = store.commit(&batch(events)).await.unwrap();
    assert_eq!((marks(&receipt).as_str(), receipt.revision.0), ("++", 2));
    assert_eq!(links_of(&forward(store, &["A"]).await), "A>RIGHT RIGHT>B B>O4 O4>C");
    assert_eq!(links_of(&forward(store, &["X"]).await), "");
    let lot = lot(store, "B").await;
    assert_eq!((lot.produced.count, lot.earliest_production), (1, Some(minute(5))));
}

pub async fn of_an_operation_of_the_same_batch(store: &AnyStore) {
    let mut events = plant("-> A; A -> B");
    events.push(event(&void("V", "O2")));
    let receipt = store.commit(&batch(events)).await.unwrap();
    assert_eq!((marks(&receipt).as_str(), receipt.revision.0), ("+++", 1));
    assert!(operation(store, "O2").await.voided.is_some());
    assert_eq!((edge_count(store, "A").await, edge_count(store, "B").await), (1, 0));
    let lot = lot(store, "B").await;
    assert_eq!((lot.origin(), lot.earliest_production), (Origin::Unknown, None));
}

pub async fn takes_resources_and_party_out(store: &AnyStore) {
    record(
        store,
        &[
            json!({"type":"receive","id":"R","at":minute(1).to_string(),"supplier":"FARM","equipment":["E"],
                "operators":["ANN"],"shift":"S","outputs":[{"lot":"A"}]}),
            json!({"type":"receive","id":"Q","at":minute(1).to_string(),"supplier":"FARM","equipment":["E"],
                "operators":["ANN"],"shift":"S","outputs":[{"lot":"A"}]}),
            void("V", "R"),
        ],
    )
    .await;
    let live = ["Q"];
    assert_eq!(
        found(store, operations(|f| f.equipment = Some(vec![EquipmentCode::parse("E").unwrap()]))).await,
        live
    );
    assert_eq!(
        found(store, operations(|f| f.operator = Some(OperatorCode::parse("ANN").unwrap()))).await,
        live
    );
    assert_eq!(found(store, operations(|f| f.shift = Some(ShiftCode::parse("S").unwrap()))).await, live);
    assert_eq!(found(store, operations(|f| f.party = Some(PartyCode::parse("FARM").unwrap()))).await, live);
    assert_eq!(found(store, operations(|f| f.voided = Some(true))).await, ["R"]);
    let party = operation(store, "R").await.operation.party;
    assert_eq!(party, Some(PartyCode::parse("FARM").unwrap()), "the record still says who");
}

pub async fn refuses_what_cannot_be_voided(store: &AnyStore) {
    build(store, "-> A").await;
    record(store, &[json!({"type":"operator","id":"ANN-1","code":"ANN"}), void("V", "O1")]).await;
    let at = "event".to_owned();
    assert_eq!(rejection(store, &void("V2", "O1")).await, (ErrorCode::AlreadyVoided, at.clone()));
    assert_eq!(rejection(store, &void("V3", "none")).await, (ErrorCode::EventUnknown, at.clone()));
    assert_eq!(rejection(store, &void("V4", "ANN-1")).await, (ErrorCode::NotVoidable, at.clone()));
    assert_eq!(rejection(store, &void("V5", "V")).await, (ErrorCode::NotVoidable, at));
    // The same void again is a repetition, not a second void.
    let again = store.commit(&batch(vec![event(&void("V", "O1"))])).await.unwrap();
    assert_eq!(marks(&again), "=");
}
