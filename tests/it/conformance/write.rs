//! The write door: idempotence, atomicity, revisions, and what an event changes in its lots.

use lotgraph::domain::{ErrorCode, Event, EventId, Lot};
use lotgraph::store::{Batch, Status};
use serde_json::json;
use uuid::Uuid;

use super::ask::{
    AnyStore, assert_limit, build, commit, found, lot, lots, marks, operations, partial, record, rejection,
};
use crate::support::events::{batch, event, minute, plant};

pub async fn the_revision_counts_commits_that_change(store: &AnyStore) {
    assert_eq!(store.revision().await.unwrap().0, 0);
    assert_eq!(build(store, "-> A; -> B").await.revision.0, 1);
    assert_eq!(build(store, "X@1:-> C").await.revision.0, 2);
    let again = store.commit(&batch(plant("X@1:-> C"))).await.unwrap();
    assert_eq!((marks(&again).as_str(), again.revision.0, again.applied), ("=", 2, true));
    assert_eq!(store.revision().await.unwrap().0, 2);
    assert_eq!(store.ready().await.unwrap().revision.0, 2);
}

pub async fn a_repetition_is_a_duplicate(store: &AnyStore) {
    let events = plant("-> A; A -> B");
    commit(store, events.clone()).await;
    let before = lot(store, "A").await;
    let receipt = store.commit(&batch(events.clone())).await.unwrap();
    assert_eq!((marks(&receipt).as_str(), receipt.revision.0), ("==", 1));
    // New events beside repeated ones still count.
    let mixed = [events, plant("X@9:A ->")].concat();
    let receipt = store.commit(&batch(mixed)).await.unwrap();
    assert_eq!((marks(&receipt).as_str(), receipt.revision.0), ("==+", 2));
    let after = lot(store, "A").await;
    assert_eq!((before.consumed.count, after.consumed.count), (1, 1), "nothing is counted twice");
    assert_eq!(after.shipped.count, 1);
}

pub async fn a_repetition_inside_a_batch_is_a_duplicate(store: &AnyStore) {
    let one = plant("-> A");
    let receipt = store.commit(&batch([one.clone(), one].concat())).await.unwrap();
    assert_eq!((marks(&receipt).as_str(), receipt.revision.0, receipt.applied), ("+=", 1, true));
    assert_eq!(lot(store, "A").await.received.count, 1);
}

pub async fn other_content_under_a_known_id_is_refused(store: &AnyStore) {
    build(store, "X@1:-> A").await;
    let other = json!({"type":"receive","id":"X","at":minute(2).to_string(),"outputs":[{"lot":"A"}]});
    assert_eq!(rejection(store, &other).await, (ErrorCode::IdConflict, "id".to_owned()));
    let master = json!({"type":"operator","id":"X","code":"ANN"});
    assert_eq!(rejection(store, &master).await.0, ErrorCode::IdConflict);
    // Inside one batch, the first wins.
    let mut events = plant("Y@1:-> B");
    events.extend(plant("Y@2:-> B"));
    let receipt = store.commit(&partial(events)).await.unwrap();
    assert_eq!(marks(&receipt), "+-");
    assert_eq!(lot(store, "B").await.earliest_production, Some(minute(1)));
}

pub async fn an_atomic_batch_is_all_or_nothing(store: &AnyStore) {
    build(store, "X@1:-> A").await;
    let before = (lot(store, "A").await, found(store, lots(|_| {})).await);
    let mut events = plant("N1@2:A -> B; X@1:-> A; X@9:-> C; N2@3:-> D");
    events.push(event(&json!({"type":"material","id":"M","code":"MILK","unit":"KGM"})));
    let receipt = store.commit(&batch(events)).await.unwrap();
    assert!(!receipt.applied);
    assert_eq!((marks(&receipt).as_str(), receipt.revision.0), (".=-..", 1));
    assert_eq!((lot(store, "A").await, found(store, lots(|_| {})).await), before);
    assert_eq!(found(store, operations(|_| {})).await, ["X"]);
    assert_eq!(store.revision().await.unwrap().0, 1);
    // The good ones may be sent again on their own.
    assert_eq!(build(store, "N1@2:A -> B").await.revision.0, 2);
}

pub async fn a_partial_batch_keeps_the_good(store: &AnyStore) {
    build(store, "X@1:-> A").await;
    let events = plant("N1@2:A -> B; X@9:-> C; N2@3:B -> D");
    let receipt = store.commit(&partial(events)).await.unwrap();
    assert_eq!((marks(&receipt).as_str(), receipt.revision.0, receipt.applied), ("+-+", 2, true));
    let Status::Rejected(problem) = &receipt.outcomes[1].status else { panic!("{receipt:?}") };
    assert_eq!(problem.code, ErrorCode::IdConflict);
    assert_eq!(found(store, lots(|_| {})).await, ["A", "B", "D"]);
    let all_bad = store.commit(&partial(plant("X@9:-> C"))).await.unwrap();
    assert_eq!((marks(&all_bad).as_str(), all_bad.revision.0, all_bad.applied), ("-", 2, true));
}

pub async fn a_retry_of_the_same_commit_counts_as_accepted(store: &AnyStore) {
    build(store, "OLD@1:-> A").await;
    let mut events = plant("N1@2:A -> B; N2@3:-> C");
    events.extend(plant("OLD@1:-> A"));
    let lost = Batch { commit: Uuid::from_u128(7), ..batch(events) };
    assert_eq!(marks(&store.commit(&lost).await.unwrap()), "++=");
    let retried = store.commit(&lost).await.unwrap();
    assert_eq!((marks(&retried).as_str(), retried.revision.0, retried.applied), ("++=", 2, true));
    let other = Batch { commit: Uuid::from_u128(8), ..lost };
    assert_eq!(marks(&store.commit(&other).await.unwrap()), "===");
}

pub async fn an_empty_batch_changes_nothing(store: &AnyStore) {
    build(store, "-> A").await;
    let receipt = store.commit(&batch(Vec::new())).await.unwrap();
    assert_eq!((receipt.revision.0, receipt.applied, receipt.outcomes.len()), (1, true, 0));
}

pub async fn too_many_events_are_refused(store: &AnyStore) {
    let one: Event = plant("-> A").remove(0);
    assert_limit(store.commit(&batch(vec![one; store.limits().batch_max + 1])).await);
    assert_eq!(store.revision().await.unwrap().0, 0);
}

fn sums(flow: &lotgraph::domain::Flow) -> String {
    let sums: Vec<String> = flow.sums.iter().map(|(unit, sum)| format!("{} {unit}", sum.0)).collect();
    format!("{}({}) {}", flow.count, flow.unmeasured, sums.join(" + "))
}

pub async fn flows_add_up_by_unit(store: &AnyStore) {
    let at = minute(1).to_string();
    record(
        store,
        &[
            json!({"type":"receive","id":"R1","at":at,"outputs":[{"lot":"A","quantity":"10.5","unit":"KGM"},
                {"lot":"A","quantity":"2","unit":"EA"}]}),
            json!({"type":"receive","id":"R2","at":at,"outputs":[{"lot":"A","quantity":"0.5","unit":"KGM"}]}),
            json!({"type":"operation","kind":"PRODUCE","id":"P","at":at,
                "inputs":[{"lot":"A","quantity":"3","unit":"KGM"},{"lot":"A"}],
                "outputs":[{"lot":"B","quantity":"5","unit":"EA"}]}),
            json!({"type":"ship","id":"S","at":at,"inputs":[{"lot":"B","quantity":"4","unit":"EA"}]}),
            json!({"type":"scrap","id":"X","at":at,"inputs":[{"lot":"B","quantity":"1","unit":"EA"}]}),
            json!({"type":"operation","kind":"PROCESS","id":"I","at":at,"lots":["A","B","A"]}),
        ],
    )
    .await;
    let (a, b) = (lot(store, "A").await, lot(store, "B").await);
    assert_eq!(sums(&a.received), "3(0) 2 EA + 11 KGM");
    assert_eq!(sums(&a.consumed), "2(1) 3 KGM");
    assert_eq!((a.in_place, b.in_place), (2, 1));
    assert_eq!(sums(&b.produced), "1(0) 5 EA");
    assert_eq!(sums(&b.shipped), "1(0) 4 EA");
    assert_eq!(sums(&b.scrapped), "1(0) 1 EA");
    assert_eq!(sums(&b.received), "0(0) ");
}

pub async fn quantities_stay_exact(store: &AnyStore) {
    let at = minute(1).to_string();
    for n in 0..30 {
        let events = [json!({"type":"receive","id":format!("R{n}"),"at":at,"outputs":[
            {"lot":"A","quantity":"0.1","unit":"KGM"},
            {"lot":"B","quantity":"999999999999.999999999","unit":"KGM"}]})];
        record(store, &events).await;
    }
    assert_eq!(sums(&lot(store, "A").await.received), "30(0) 3 KGM");
    assert_eq!(sums(&lot(store, "B").await.received), "30(0) 29999999999999.99999997 KGM");
}

pub async fn material_conflicts_are_refused(store: &AnyStore) {
    let receive = |id: &str, material: &str| json!({"type":"receive","id":id,"at":minute(1).to_string(),"outputs":[{"lot":"A","material":material}]});
    record(store, &[receive("R1", "MILK")]).await;
    let got = rejection(store, &receive("R2", "CREAM")).await;
    assert_eq!(got, (ErrorCode::LotMaterialConflict, "outputs[0].material".to_owned()));
    record(store, &[receive("R3", "MILK")]).await;
    assert_eq!(lot(store, "A").await.material_claims, 2);
    // The event before it in the same batch counts too.
    let events = [receive("R4", "MILK"), receive("R5", "WHEY")].iter().map(event).collect();
    assert_eq!(marks(&store.commit(&partial(events)).await.unwrap()), "+-");
}

pub async fn units_need_a_conversion(store: &AnyStore) {
    record(
        store,
        &[json!({"type":"material","code":"MILK","unit":"KGM","conversions":[{"unit":"LTR","factor":"1.03"}]})],
    )
    .await;
    let receive = |id: &str, unit: &str| {
        json!({"type":"receive","id":id,"at":minute(1).to_string(),
            "outputs":[{"lot":"A","material":"MILK","quantity":"1","unit":unit}]})
    };
    record(store, &[receive("R1", "LTR"), receive("R2", "KGM")]).await;
    let got = rejection(store, &receive("R3", "EA")).await;
    assert_eq!(got, (ErrorCode::UnitMismatch, "outputs[0].unit".to_owned()));
    // A conversion declared in the same batch counts.
    let declared =
        json!({"type":"material","code":"MILK","unit":"KGM","conversions":[{"unit":"EA","factor":"2"}]});
    record(store, &[declared, receive("R4", "EA")]).await;
}

pub async fn a_big_batch_goes_through_at_once(store: &AnyStore) {
    let notation: Vec<String> =
        (0..1_000).map(|n| format!("E{n:04}@{n}: L{} -> L{}", n / 2, n + 1)).collect();
    let receipt = build(store, &notation.join(";")).await;
    assert_eq!(receipt.revision.0, 1);
    assert_eq!(receipt.outcomes[999].id, EventId::parse("E0999").unwrap());
    let leaf: Lot = lot(store, "L1000").await;
    assert_eq!(leaf.earliest_production, Some(minute(999)));
}
