//! Facts that arrive early, late, twice over, or in unusual writing.

use lotgraph::domain::{LotId, Master, MasterRef, OperatorCode, Origin, PartyCode, ShiftCode};
use serde_json::json;

use super::ask::{AnyStore, build, found, lot, lots, master, material, operation, record};
use crate::support::events::minute;

pub async fn a_lot_named_early_has_unknown_origin(store: &AnyStore) {
    build(store, "EARLY -> B; ~ SEEN").await;
    for id in ["EARLY", "SEEN"] {
        let lot = lot(store, id).await;
        assert_eq!((lot.origin(), lot.earliest_production, lot.material), (Origin::Unknown, None, None));
    }
    assert_eq!(lot(store, "B").await.origin(), Origin::Produced);
}

pub async fn the_receipt_may_come_late(store: &AnyStore) {
    build(store, "USE@5:EARLY -> B").await;
    record(
        store,
        &[json!({"type":"receive","id":"R","at":minute(2).to_string(),
            "outputs":[{"lot":"EARLY","material":"MILK","quantity":"9","unit":"KGM"}]})],
    )
    .await;
    let known = lot(store, "EARLY").await;
    assert_eq!((known.origin(), known.earliest_production), (Origin::Received, Some(minute(2))));
    assert_eq!((known.received.count, known.consumed.count), (1, 1));
    // A still earlier one, sent last, moves the first moment back; a later one does not move it on.
    build(store, "R1@1:-> EARLY; R9@9:-> EARLY").await;
    assert_eq!(lot(store, "EARLY").await.earliest_production, Some(minute(1)));
}

pub async fn masters_are_named_before_they_are_declared(store: &AnyStore) {
    record(
        store,
        &[json!({"type":"receive","id":"R","at":minute(1).to_string(),"supplier":"FARM","operators":["ANN"],
            "shift":"S","outputs":[{"lot":"A","material":"MILK"}]})],
    )
    .await;
    let named = [
        material("MILK"),
        MasterRef::Party(PartyCode::parse("FARM").unwrap()),
        MasterRef::Operator(OperatorCode::parse("ANN").unwrap()),
        MasterRef::Shift(ShiftCode::parse("S").unwrap()),
    ];
    for reference in named {
        assert_eq!(master(store, reference.clone()).await, reference.mentioned());
    }
    record(store, &[json!({"type":"material","code":"MILK","name":"Milk","unit":"KGM"})]).await;
    let Master::Material(milk) = master(store, material("MILK")).await else { panic!("no material") };
    assert!(milk.declared);
    // Named again, it stays declared.
    record(
        store,
        &[json!({"type":"receive","id":"R2","at":minute(1).to_string(),"outputs":[{"lot":"B","material":"MILK"}]})],
    )
    .await;
    assert!(master(store, material("MILK")).await.declared());
    assert_eq!(lot(store, "A").await.material, lot(store, "B").await.material);
}

pub async fn the_last_declaration_wins_whole(store: &AnyStore) {
    record(
        store,
        &[json!({"type":"material","id":"1","code":"MILK","name":"Milk","unit":"KGM","class":"RAW",
            "conversions":[{"unit":"LTR","factor":"1.03"}]})],
    )
    .await;
    let last = json!({"type":"material","id":"3","code":"MILK","unit":"TNE"});
    record(store, &[json!({"type":"material","id":"2","code":"MILK","name":"x","unit":"GRM"}), last]).await;
    let Master::Material(milk) = master(store, material("MILK")).await else { panic!("no material") };
    assert_eq!(
        (milk.name, milk.class, milk.conversions.len()),
        (None, None, 0),
        "nothing of the old is left"
    );
    assert_eq!(milk.unit.map(|unit| unit.to_string()), Some("TNE".to_owned()));
}

pub async fn number_and_attributes_last_wins_by_name(store: &AnyStore) {
    let receive = |id: &str, output: serde_json::Value| json!({"type":"receive","id":id,"at":minute(1).to_string(),"outputs":[output]});
    let first = json!({"lot":"A","number":"N1","supplierLot":"S1","attributes":{"fat":"3.5","origin":"DE"}});
    record(store, &[receive("R1", first)]).await;
    record(store, &[receive("R2", json!({"lot":"A","number":"N2","attributes":{"fat":"3.6","漢":"字"}}))])
        .await;
    record(store, &[receive("R3", json!({"lot":"A"}))]).await;
    let lot = lot(store, "A").await;
    assert_eq!(lot.number.as_ref().map(AsRef::as_ref), Some("N2"));
    assert_eq!(lot.supplier_lot.as_ref().map(AsRef::as_ref), Some("S1"));
    let attributes: Vec<String> =
        lot.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(attributes, ["fat=3.6", "origin=DE", "漢=字"]);
    assert_eq!(lot.printed(), "N2");
}

pub async fn any_script_and_any_length_survives(store: &AnyStore) {
    let long = "批".repeat(200);
    let odd = ["O'Brien \"x\" \\ %_*?", "{\"a\":1}", "$param", "-- no; DROP", "e\u{301}", "é", &long, "👩🔬"];
    let outputs: Vec<serde_json::Value> = odd.iter().map(|id| json!({"lot":id})).collect();
    record(
        store,
        &[json!({"type":"receive","id":"收-1'\"","at":minute(1).to_string(),"document":"—","outputs":outputs})],
    )
    .await;
    assert_eq!(found(store, lots(|_| {})).await.len(), odd.len(), "composed and decomposed letters differ");
    for id in odd {
        assert_eq!(lot(store, id).await.id, LotId::parse(id).unwrap());
    }
    assert_eq!(operation(store, "收-1'\"").await.operation.outputs.len(), odd.len());
}
