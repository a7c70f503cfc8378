//! Recalls as the stores keep them: opened with their holds, told of, recovered, closed.

use lotgraph::domain::recall::{Notice, NoticeId, RecallRecord, RecallState};
use lotgraph::domain::{
    ErrorCode, LotStatus, Node, NodeRef, PartyCode, RecordBody, RecordKind, RecordRef, RecordState,
};
use lotgraph::store::{LedgerPosition, RecordFilter, Tally, What};
use serde_json::{Value, json};

use super::ask::{
    AnyStore, build, commit, event_id, found, lot, marks, node, partial, record, rejection, text,
};
use crate::support::events::{batch, event, minute};

fn recall(id: &str, lots: &[&str]) -> Value {
    let lots: Vec<Value> = lots.iter().map(|lot| json!({"lot": lot})).collect();
    json!({"type":"recall","id":id,"at":minute(50).to_string(),"reason":"listeria","category":"MICROBIOLOGY",
        "scope":{"lots":lots},"lots":lots})
}

fn hold(id: &str, recall: &str, lots: &[&str]) -> Value {
    json!({"type":"hold","id":id,"at":minute(50).to_string(),"lots":lots,"reason":"recalled","recall":recall})
}

fn release(id: &str, hold: &str, lots: &[&str]) -> Value {
    json!({"type":"release","id":id,"at":minute(60).to_string(),"hold":hold,"lots":lots,"reason":"done",
        "disposition":"SCRAP"})
}

fn notify(id: &str, customer: &str, at: i64, acknowledged: bool) -> Value {
    json!({"type":"notify","id":id,"at":minute(at).to_string(),"recall":"RC","customer":customer,
        "acknowledged":acknowledged})
}

fn close(id: &str) -> Value {
    json!({"type":"closeRecall","id":id,"at":minute(90).to_string(),"recall":"RC","report":"all back"})
}

fn recover(id: &str, lot: &str, unit: &str) -> Value {
    json!({"type":"recover","id":id,"at":minute(80).to_string(),"recall":"RC","customer":"SHOP",
        "items":[{"lot":lot,"quantity":"5","unit":unit}]})
}

async fn body(store: &AnyStore, reference: RecordRef) -> RecordBody {
    match node(store, NodeRef::Record(reference)).await {
        Some(Node::Record(record)) => record.body,
        other => panic!("{other:?}"),
    }
}

async fn kept(store: &AnyStore, id: &str) -> RecallRecord {
    match body(store, RecordRef::Recall(event_id(id))).await {
        RecordBody::Recall(recall) => recall,
        other => panic!("{other:?}"),
    }
}

async fn notice(store: &AnyStore, customer: &str) -> Notice {
    let customer = PartyCode::parse(customer).unwrap();
    match body(store, RecordRef::Notice(NoticeId::derived(&event_id("RC"), &customer))).await {
        RecordBody::Notice(notice) => notice,
        other => panic!("{other:?}"),
    }
}

pub async fn a_recall_is_opened_with_its_hold_at_once(store: &AnyStore) {
    build(store, "-> A; A -> B; -> N").await;
    record(store, &[recall("RC", &["A"]), hold("H", "RC", &["A"])]).await;
    let recall = kept(store, "RC").await;
    assert_eq!((recall.state(), recall.actor.as_str()), (RecallState::Open, "tester"));
    assert_eq!((recall.holds.len(), recall.holds[0].released), (1, false));
    assert_eq!(lot(store, "A").await.status(), LotStatus::Quarantined);
    assert_eq!(lot(store, "B").await.status(), LotStatus::Suspect);
    assert_eq!(lot(store, "N").await.status(), LotStatus::Available);
    assert_eq!(lot(store, "B").await.quarantine.marks[0].recall, Some(event_id("RC")));
    // Nothing of a refused batch stays, neither recall nor hold.
    let refused = batch([recall_of_nobody(), hold("H2", "RC2", &["N"])].iter().map(event).collect());
    assert!(!store.commit(&refused).await.unwrap().applied);
    assert_eq!(node(store, NodeRef::Record(RecordRef::Recall(event_id("RC2")))).await, None);
    assert_eq!(lot(store, "N").await.status(), LotStatus::Available);
}

fn recall_of_nobody() -> Value {
    recall("RC2", &["NOBODY"])
}

pub async fn customers_are_told_and_confirm(store: &AnyStore) {
    build(store, "-> A").await;
    record(store, &[recall("RC", &["A"])]).await;
    record(store, &[notify("N1", "SHOP", 60, false), notify("N2", "INN", 61, false)]).await;
    record(store, &[notify("N3", "SHOP", 65, false)]).await;
    record(store, &[notify("N4", "SHOP", 70, true), notify("N5", "SHOP", 75, true)]).await;
    let shop = notice(store, "SHOP").await;
    assert_eq!((shop.sent, shop.first_sent_at, shop.last_sent_at), (2, Some(minute(60)), Some(minute(65))));
    assert_eq!((shop.acknowledged_at, shop.event), (Some(minute(70)), event_id("N5")));
    assert_eq!(notice(store, "INN").await.acknowledged_at, None);
    let of = |states: Option<Vec<RecordState>>| {
        let filter = RecordFilter { states, categories: Some(vec![text("RC")]), ..RecordFilter::default() };
        What::Records(RecordKind::Notice, filter)
    };
    assert_eq!(found(store, of(None)).await.len(), 2, "one notice for each customer");
    assert_eq!(found(store, of(Some(vec![RecordState::Open]))).await.len(), 1, "the inn did not confirm");
    assert_eq!(found(store, of(Some(vec![RecordState::Acknowledged]))).await.len(), 1);
}

pub async fn recoveries_are_kept(store: &AnyStore) {
    build(store, "-> A; A -> B; B ->").await;
    record(store, &[recall("RC", &["A"])]).await;
    record(store, &[recover("B1", "B", "EA"), recover("B2", "A", "EA")]).await;
    let of_recall = RecordFilter { categories: Some(vec![text("RC")]), ..RecordFilter::default() };
    assert_eq!(found(store, What::Records(RecordKind::Recovery, of_recall)).await, ["B1", "B2"]);
    // More than was shipped is taken: what people counted is kept, whatever it means.
    match body(store, RecordRef::Recovery(event_id("B1"))).await {
        RecordBody::Recovery(recovery) => {
            assert_eq!(recovery.recover.items[0].quantity.to_string(), "5 EA");
        }
        other => panic!("{other:?}"),
    }
}

pub async fn a_recall_is_closed_once_nothing_is_held(store: &AnyStore) {
    build(store, "-> A; -> B").await;
    record(store, &[recall("RC", &["A", "B"]), hold("H1", "RC", &["A", "B"]), hold("H2", "RC", &["B"])])
        .await;
    assert_eq!(rejection(store, &close("C")).await.0, ErrorCode::RecallHoldsOpen);
    record(store, &[release("F1", "H1", &["A"]), release("F2", "H2", &[])]).await;
    assert_eq!(rejection(store, &close("C")).await.0, ErrorCode::RecallHoldsOpen, "B is still held");
    record(store, &[release("F3", "H1", &["B"])]).await;
    assert!(kept(store, "RC").await.holds.iter().all(|hold| hold.released));
    record(store, &[close("C")]).await;
    let ended = kept(store, "RC").await;
    let closing = ended.closed.clone().unwrap();
    assert_eq!((ended.state(), closing.report.as_str()), (RecallState::Closed, "all back"));
    for late in
        [notify("N", "SHOP", 95, false), recover("R", "A", "EA"), hold("H3", "RC", &["A"]), close("C2")]
    {
        assert_eq!(rejection(store, &late).await.0, ErrorCode::RecallClosed, "{late}");
    }
    // Released and closed in one batch.
    build(store, "N@7: -> N").await;
    record(store, &[recall("RD", &["N"]), hold("H4", "RD", &["N"])]).await;
    let mut end = close("CD");
    end["recall"] = "RD".into();
    record(store, &[release("F4", "H4", &[]), end]).await;
    assert_eq!(kept(store, "RD").await.state(), RecallState::Closed);
    let count =
        store.tally(&Tally::RecordsByState(RecordKind::Recall, RecordFilter::default())).await.unwrap();
    assert_eq!(count.iter().map(|bucket| bucket.count).collect::<Vec<_>>(), [2]);
}

pub async fn bad_recall_events_are_refused(store: &AnyStore) {
    record(store, &[json!({"type":"material","code":"M","unit":"KGM"})]).await;
    build(store, "-> A").await;
    let received =
        json!({"type":"receive","id":"RM","at":minute(1).to_string(),"outputs":[{"lot":"K","material":"M"}]});
    record(store, &[received]).await;
    for orphan in
        [notify("N", "SHOP", 60, false), recover("R", "A", "EA"), hold("H", "RC", &["A"]), close("C")]
    {
        assert_eq!(
            rejection(store, &orphan).await,
            (ErrorCode::RecallUnknown, "recall".to_owned()),
            "{orphan}"
        );
    }
    let unknown = rejection(store, &recall("RC", &["A", "NOBODY"])).await;
    assert_eq!(unknown, (ErrorCode::LotUnknown, "lots[1].lot".to_owned()));
    let mut mock = recall("RM-1", &["A"]);
    mock["mock"] = true.into();
    record(store, &[recall("RC", &["A"]), mock]).await;
    assert_eq!(rejection(store, &hold("H", "RM-1", &["A"])).await.0, ErrorCode::RecallMock);
    assert_eq!(
        rejection(store, &recover("R", "NOBODY", "EA")).await,
        (ErrorCode::LotUnknown, "items[0].lot".to_owned())
    );
    assert_eq!(
        rejection(store, &recover("R", "K", "LTR")).await,
        (ErrorCode::UnitMismatch, "items[0].unit".to_owned())
    );
    let void = json!({"type":"void","id":"V","event":"RC","reason":"oops"});
    assert_eq!(rejection(store, &void).await.0, ErrorCode::NotVoidable);
}

pub async fn recall_events_are_judged_in_order(store: &AnyStore) {
    build(store, "-> A").await;
    let events = [
        notify("N0", "SHOP", 60, false),
        recall("RC", &["A"]),
        notify("N1", "SHOP", 60, false),
        close("C"),
        notify("N2", "SHOP", 61, false),
    ];
    let receipt = store.commit(&partial(events.iter().map(event).collect())).await.unwrap();
    assert_eq!(marks(&receipt), "-+++-");
    assert_eq!(notice(store, "SHOP").await.sent, 1);
}

pub async fn a_replay_keeps_the_same_recalls(store: &AnyStore) {
    build(store, "-> A; A -> B; B ->").await;
    record(store, &[recall("RC", &["A"]), hold("H", "RC", &["A"])]).await;
    record(store, &[notify("N1", "SHOP", 60, false)]).await;
    record(store, &[notify("N2", "SHOP", 61, true), recover("B1", "B", "EA")]).await;
    record(store, &[release("F", "H", &[]), close("C")]).await;
    let replayed: AnyStore = std::sync::Arc::new(lotgraph::store::sqlite::SqliteStore::temporary().unwrap());
    replayed.prepare().await.unwrap();
    let entries = store.changes(LedgerPosition::default(), 1_000).await.unwrap().entries;
    // All in one batch: other revisions, the same recall.
    commit(&replayed, entries.into_iter().map(|entry| entry.event).collect()).await;
    let strip = |mut recall: RecallRecord| {
        recall.recorded_at = minute(0);
        recall
    };
    assert_eq!(strip(kept(&replayed, "RC").await), strip(kept(store, "RC").await));
    assert_eq!(notice(&replayed, "SHOP").await, notice(store, "SHOP").await);
}
