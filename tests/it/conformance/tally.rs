//! Counts.

use lotgraph::domain::{EquipmentCode, MasterKind, MaterialClass, OperationKind};
use lotgraph::store::{Bucket, LotFilter, OperationFilter, Tally, What};
use serde_json::json;

use super::ask::{AnyStore, build, found, lots, masters, operations, record, text};
use crate::support::events::minute;

fn shown(buckets: &[Bucket]) -> Vec<String> {
    let key = |bucket: &Bucket| bucket.key.as_ref().map_or("-", AsRef::as_ref).to_owned();
    buckets.iter().map(|bucket| format!("{} {}", key(bucket), bucket.count)).collect()
}

async fn count(store: &AnyStore, what: What) -> Vec<String> {
    shown(&store.tally(&Tally::Count(what)).await.unwrap())
}

async fn plant(store: &AnyStore) {
    build(store, "-> a1 a2; a1 -> b; ~ a2; b ->").await;
    record(
        store,
        &[
            json!({"type":"material","code":"中","unit":"EA","class":"RAW"}),
            json!({"type":"receive","id":"R","at":minute(9).to_string(),"equipment":["DOCK"],"outputs":[
                {"lot":"m1","material":"中"},{"lot":"m2","material":"😀"},{"lot":"m3","material":"\u{FF21}"},
                {"lot":"m4","material":"B"},{"lot":"m5","material":"a"},{"lot":"m6","material":"中"}]}),
            json!({"type":"void","id":"V","event":"O2","reason":"slip"}),
        ],
    )
    .await;
}

pub async fn counts_everything(store: &AnyStore) {
    assert_eq!(count(store, lots(|_| {})).await, ["- 0"]);
    assert_eq!(count(store, operations(|_| {})).await, ["- 0"]);
    plant(store).await;
    assert_eq!(count(store, lots(|_| {})).await, ["- 9"]);
    assert_eq!(count(store, operations(|_| {})).await, ["- 5"]);
    assert_eq!(count(store, masters(MasterKind::Material, |_| {})).await, ["- 5"]);
    assert_eq!(count(store, masters(MasterKind::Material, |f| f.declared = Some(true))).await, ["- 1"]);
    assert_eq!(count(store, What::LotsNamed(text("m1"))).await, ["- 1"]);
    assert_eq!(count(store, lots(|f| f.text = Some(text("none")))).await, ["- 0"]);
    let unknown = EquipmentCode::parse("NONE").unwrap();
    assert_eq!(count(store, operations(|f| f.equipment = Some(vec![unknown]))).await, ["- 0"]);
}

pub async fn lots_by_material_in_order(store: &AnyStore) {
    assert!(store.tally(&Tally::LotsByMaterial(LotFilter::default())).await.unwrap().is_empty());
    plant(store).await;
    let tally = async |filter| shown(&store.tally(&Tally::LotsByMaterial(filter)).await.unwrap());
    let all = ["B 1", "a 1", "中 2", "\u{FF21} 1", "😀 1", "- 3"];
    assert_eq!(tally(LotFilter::default()).await, all);
    let raw = LotFilter { classes: Some(vec![MaterialClass::Raw]), ..LotFilter::default() };
    assert_eq!(tally(raw).await, ["中 2"]);
    let late = LotFilter { produced_from: Some(minute(9)), ..LotFilter::default() };
    assert_eq!(tally(late).await, all[..5]);
}

pub async fn operations_by_kind_in_order(store: &AnyStore) {
    assert!(store.tally(&Tally::OperationsByKind(OperationFilter::default())).await.unwrap().is_empty());
    plant(store).await;
    let tally = async |filter| shown(&store.tally(&Tally::OperationsByKind(filter)).await.unwrap());
    let all = OperationFilter::default();
    assert_eq!(tally(all.clone()).await, ["PROCESS 1", "PRODUCE 1", "RECEIVE 2", "SHIP 1"]);
    let live = OperationFilter { voided: Some(false), ..all.clone() };
    assert_eq!(tally(live).await, ["PROCESS 1", "RECEIVE 2", "SHIP 1"]);
    let dock = EquipmentCode::parse("DOCK").unwrap();
    assert_eq!(tally(OperationFilter { equipment: Some(vec![dock]), ..all.clone() }).await, ["RECEIVE 1"]);
    let early = OperationFilter { before: Some(minute(4)), ..all };
    assert_eq!(tally(early).await, ["PROCESS 1", "PRODUCE 1", "RECEIVE 1"]);
}

pub async fn agrees_with_find(store: &AnyStore) {
    plant(store).await;
    let questions = [
        lots(|f| f.text = Some(text("m"))),
        lots(|f| f.produced_before = Some(minute(5))),
        operations(|f| f.kinds = Some(vec![OperationKind::Receive])),
        operations(|f| f.from = Some(minute(3))),
        masters(MasterKind::Material, |f| f.text = Some(text("A"))),
        What::LotsNamed(text("a1")),
    ];
    for what in questions {
        let items = found(store, what.clone()).await.len();
        assert_eq!(count(store, what.clone()).await, [format!("- {items}")], "{what:?}");
    }
}
