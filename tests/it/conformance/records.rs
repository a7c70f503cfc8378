//! Records: holds as they are worked off, and alerts raised by the commit that causes them.

use lotgraph::domain::{
    Alert, AlertKind, AlertState, ErrorCode, HoldRecord, HoldState, Node, NodeRef, RecordBody, RecordKind,
    RecordPlace, RecordRef, RecordState, Timestamp,
};
use lotgraph::store::{Find, FindKey, RecordFilter, Revision, Tally, What};
use serde_json::{Value, json};

use super::ask::{
    AnyStore, build, event_id, found, lot, lot_id, lots, node, partial, record, rejection, text,
};
use crate::support::events::{batch, event, minute};

fn hold(id: &str, lots: &[&str], category: &str) -> Value {
    json!({"type":"hold","id":id,"at":minute(50).to_string(),"lots":lots,"reason":"listeria","category":category})
}

fn release(id: &str, hold: &str, lots: &[&str]) -> Value {
    json!({"type":"release","id":id,"at":minute(60).to_string(),"hold":hold,"lots":lots,"reason":"tested",
        "disposition":"RELEASED"})
}

fn draw(id: &str, lot: &str, quantity: &str) -> Value {
    json!({"type":"ship","id":id,"at":minute(70).to_string(),
        "inputs":[{"lot":lot,"quantity":quantity,"unit":"EA"}]})
}

fn receive(id: &str, lot: &str, quantity: &str) -> Value {
    json!({"type":"receive","id":id,"at":minute(5).to_string(),
        "outputs":[{"lot":lot,"quantity":quantity,"unit":"EA"}]})
}

fn alerts(change: impl FnOnce(&mut RecordFilter)) -> What {
    let mut filter = RecordFilter::default();
    change(&mut filter);
    What::Records(RecordKind::Alert, filter)
}

fn holds(change: impl FnOnce(&mut RecordFilter)) -> What {
    let mut filter = RecordFilter::default();
    change(&mut filter);
    What::Records(RecordKind::Hold, filter)
}

async fn hold_record(store: &AnyStore, id: &str) -> HoldRecord {
    match node(store, NodeRef::Record(RecordRef::Hold(event_id(id)))).await {
        Some(Node::Record(record)) => match record.body {
            RecordBody::Hold(hold) => hold,
            other => panic!("{other:?}"),
        },
        other => panic!("hold {id} is {other:?}"),
    }
}

/// Every alert, with where it was raised, in order.
pub async fn all_alerts(store: &AnyStore) -> Vec<(RecordPlace, Alert)> {
    let page = store.find(&Find { what: alerts(|_| {}), after: None, first: 1_000 }).await.unwrap();
    assert!(!page.more);
    let alert = |node| match node {
        Node::Record(record) => match record.body {
            RecordBody::Alert(alert) => (record.place, alert),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    page.items.into_iter().map(alert).collect()
}

/// The alerts in short: `KIND subject`, with `!` acknowledged and `.` resolved.
pub async fn shown(store: &AnyStore) -> Vec<String> {
    let mut shown = Vec::new();
    for (_, alert) in all_alerts(store).await {
        let subject = match (&alert.lot, &alert.hold, &alert.operation) {
            (Some(lot), ..) => lot.to_string(),
            (None, Some(hold), _) => hold.to_string(),
            (None, None, operation) => operation.as_ref().map(ToString::to_string).unwrap_or_default(),
        };
        let mark = match alert.state() {
            AlertState::Open => "",
            AlertState::Acknowledged => "!",
            AlertState::Resolved => ".",
        };
        shown.push(format!("{} {subject}{mark}", alert.kind.name()));
    }
    shown
}

pub async fn a_hold_is_on_record_until_its_last_release(store: &AnyStore) {
    build(store, "-> A B; A -> C").await;
    let placed = record(store, &[hold("H", &["B", "A"], "MICROBIOLOGY")]).await;
    let first = hold_record(store, "H").await;
    assert_eq!((first.state(), first.actor.as_str(), first.releases.len()), (HoldState::Open, "tester", 0));
    assert_eq!(first.hold.category, Some(text("MICROBIOLOGY")));
    record(store, &[release("R1", "H", &["A"])]).await;
    let second = hold_record(store, "H").await;
    assert_eq!(second.state(), HoldState::PartlyReleased);
    assert_eq!(second.held(), [&lot_id("B")]);
    record(store, &[release("R2", "H", &[])]).await;
    let third = hold_record(store, "H").await;
    assert_eq!(third.state(), HoldState::Released);
    // The last release freed what was still held, and no more.
    assert_eq!(third.releases[1].lots, [lot_id("B")]);
    let Some(Node::Record(kept)) = node(store, NodeRef::Record(RecordRef::Hold(event_id("H")))).await else {
        panic!("no record")
    };
    assert_eq!(kept.place, RecordPlace { revision: placed.revision, place: 1 }, "changes keep the place");
    assert_eq!(shown(store).await, ["HOLD_PLACED H", "HOLD_RELEASED A", "HOLD_RELEASED B"]);
}

pub async fn a_hold_placed_and_released_at_once_is_one_record(store: &AnyStore) {
    build(store, "-> A").await;
    record(store, &[hold("H", &["A"], "X"), release("R", "H", &[])]).await;
    assert_eq!(hold_record(store, "H").await.state(), HoldState::Released);
    assert_eq!(found(store, holds(|_| {})).await, ["H"]);
}

pub async fn overrides_raise_alerts_when_recorded_and_when_used(store: &AnyStore) {
    build(store, "-> A; -> B").await;
    record(store, &[hold("H", &["A"], "X")]).await;
    let permit = json!({"type":"override","id":"V","at":minute(55).to_string(),"operation":"X",
        "lots":["A","B"],"reason":"for the laboratory"});
    record(store, &[permit]).await;
    // B is free: drawing from it uses no override.
    let both = json!({"type":"ship","id":"X","at":minute(60).to_string(),"inputs":[{"lot":"A"},{"lot":"B"}]});
    record(store, &[both]).await;
    assert_eq!(shown(store).await, ["HOLD_PLACED A", "HOLD_OVERRIDDEN X", "HOLD_OVERRIDDEN A"]);
    let (_, used) = all_alerts(store).await.pop().unwrap();
    assert_eq!((used.operation, used.hold), (Some(event_id("X")), Some(event_id("H"))));
    assert!(used.message.contains("for the laboratory"), "{}", used.message);
}

pub async fn a_recall_hold_watches_its_lots(store: &AnyStore) {
    build(store, "-> A; A -> B; -> N").await;
    let recalled = json!({"type":"hold","id":"H","at":minute(50).to_string(),"lots":["A"],"reason":"glass",
        "policy":"WARN","recall":"RC-1"});
    let recall = json!({"type":"recall","id":"RC-1","at":minute(50).to_string(),"reason":"glass",
        "scope":{"lots":[{"lot":"A"}]},"lots":[{"lot":"A"}]});
    record(store, &[recall, recalled]).await;
    assert_eq!(lot(store, "B").await.quarantine.marks[0].recall, Some(event_id("RC-1")));
    build(store, "L@9: B N -> C; M@10: N -> Q; W@11: ~ C").await;
    assert_eq!(
        rejection(store, &draw("Z", "A", "1")).await.1,
        "inputs[0].lot",
        "held, so nothing was touched"
    );
    let raised = all_alerts(store).await;
    let raised: Vec<_> = raised.iter().filter(|(_, alert)| alert.kind == AlertKind::RecallTouched).collect();
    let causes: Vec<&str> = raised.iter().map(|(_, alert)| alert.cause.as_str()).collect();
    assert_eq!(causes, ["L", "W"], "N is no part of the recall");
    assert_eq!(raised[0].1.recall, Some(event_id("RC-1")));
}

pub async fn an_unknown_origin_is_told_once_and_resolves_itself(store: &AnyStore) {
    record(store, &[draw("S1", "A", "5")]).await;
    record(store, &[draw("S2", "A", "5"), draw("S3", "B", "1"), receive("R3", "B", "9")]).await;
    assert_eq!(shown(store).await, ["UNKNOWN_ORIGIN A"], "B has its receipt in the same batch");
    assert_eq!(lot(store, "A").await.anomalies.unknown_origin, Some(event_id("S1")));
    record(store, &[receive("R1", "A", "20")]).await;
    assert_eq!(shown(store).await, ["UNKNOWN_ORIGIN A."]);
    let (_, alert) = all_alerts(store).await.pop().unwrap();
    assert_eq!(alert.resolved.unwrap().event, event_id("R1"));
    assert!(lot(store, "A").await.anomalies.is_clear());
    // Withdrawing the receipt begins it anew, under another id.
    record(store, &[json!({"type":"void","id":"V","event":"R1","reason":"wrong scan"})]).await;
    assert_eq!(shown(store).await, ["UNKNOWN_ORIGIN A.", "UNKNOWN_ORIGIN A"]);
    // Withdrawing the draws ends it: nothing is missing any more.
    let void = |id: &str, event: &str| json!({"type":"void","id":id,"event":event,"reason":"x"});
    record(store, &[void("V1", "S1"), void("V2", "S2")]).await;
    assert_eq!(shown(store).await, ["UNKNOWN_ORIGIN A.", "UNKNOWN_ORIGIN A."]);
}

pub async fn a_quantity_gap_is_told_once_and_resolves_itself(store: &AnyStore) {
    record(store, &[receive("R1", "A", "10"), draw("S1", "A", "8")]).await;
    assert!(shown(store).await.is_empty());
    record(store, &[draw("S2", "A", "4")]).await;
    record(store, &[draw("S3", "A", "4")]).await;
    assert_eq!(shown(store).await, ["QUANTITY_GAP A"], "not again for each draw");
    let (_, alert) = all_alerts(store).await.pop().unwrap();
    assert!(alert.message.starts_with("2 EA more"), "{}", alert.message);
    record(store, &[receive("R2", "A", "5")]).await;
    assert_eq!(shown(store).await, ["QUANTITY_GAP A"], "1 is still missing");
    record(store, &[receive("R3", "A", "1")]).await;
    assert_eq!(shown(store).await, ["QUANTITY_GAP A."]);
    record(store, &[draw("S4", "A", "0.5")]).await;
    assert_eq!(shown(store).await, ["QUANTITY_GAP A.", "QUANTITY_GAP A"]);
    record(store, &[json!({"type":"void","id":"V","event":"S4","reason":"x"})]).await;
    assert_eq!(shown(store).await, ["QUANTITY_GAP A.", "QUANTITY_GAP A."]);
}

pub async fn a_refused_batch_raises_nothing(store: &AnyStore) {
    build(store, "-> A").await;
    let good = hold("H", &["A"], "X");
    let bad = hold("I", &["NOWHERE"], "X");
    store.commit(&batch(vec![event(&good), event(&bad)])).await.unwrap();
    assert!(shown(store).await.is_empty());
    store.commit(&partial(vec![event(&bad), event(&good)])).await.unwrap();
    assert_eq!(shown(store).await, ["HOLD_PLACED A"]);
    // A repetition raises nothing again, and neither does a retry of the same commit.
    let again = batch(vec![event(&hold("J", &["A"], "X"))]);
    store.commit(&again).await.unwrap();
    store.commit(&again).await.unwrap();
    record(store, &[hold("K", &["A"], "X")]).await;
    assert_eq!(shown(store).await.len(), 3);
    assert_eq!(rejection(store, &release("R", "NO", &[])).await.1, "hold");
}

pub async fn come_in_the_order_of_the_ledger_page_by_page(store: &AnyStore) {
    build(store, "-> A B C").await;
    for round in 0..4 {
        let batch: Vec<Value> =
            ["C", "A", "B"].iter().map(|lot| hold(&format!("{round}{lot}"), &[lot], "X")).collect();
        record(store, &batch).await;
    }
    let expected: Vec<String> =
        (0..4).flat_map(|round| ["C", "A", "B"].map(|lot| format!("{round}{lot}"))).collect();
    assert_eq!(found(store, holds(|_| {})).await, expected);
    let places: Vec<RecordPlace> = all_alerts(store).await.into_iter().map(|(place, _)| place).collect();
    assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
    for first in [1, 2, 5] {
        assert_eq!(
            super::ask::found_in_pages(store, &holds(|_| {}), first).await,
            expected,
            "{first} a page"
        );
    }
    // A key that was never there still cuts, and another list's key is refused.
    let after = Some(FindKey::Record(RecordPlace { revision: Revision(3), place: 0 }));
    let page = store.find(&Find { what: holds(|_| {}), after, first: 100 }).await.unwrap();
    assert_eq!(page.items.len(), 9);
    let other = Some(FindKey::Id(text("A")));
    assert!(store.find(&Find { what: holds(|_| {}), after: other, first: 1 }).await.is_err());
}

pub async fn filters_and_counts_agree(store: &AnyStore) {
    build(store, "-> A; -> B; -> C").await;
    record(store, &[hold("H1", &["A"], "X"), hold("H2", &["B", "C"], "Y")]).await;
    let unsorted = json!({"type":"hold","id":"H3","at":minute(50).to_string(),"lots":["C"],"reason":"r"});
    record(store, &[unsorted, release("R1", "H1", &[])]).await;
    record(store, &[release("R2", "H2", &["B"]), draw("S", "GHOST", "1")]).await;
    let states = |states: &[RecordState]| Some(states.to_vec());
    let cases: [(What, &[&str]); 9] = [
        (holds(|f| f.states = states(&[RecordState::Open])), &["H3"]),
        (holds(|f| f.states = states(&[RecordState::PartlyReleased, RecordState::Released])), &["H1", "H2"]),
        (holds(|f| f.states = states(&[])), &[]),
        (holds(|f| f.categories = Some(vec![text("Y"), text("Z")])), &["H2"]),
        (
            holds(|f| {
                f.categories = Some(vec![text("X")]);
                f.states = states(&[RecordState::Open, RecordState::Released]);
            }),
            &["H1"],
        ),
        (holds(|f| f.raised_after = Some(Revision(2))), &["H3"]),
        (holds(|f| f.raised_until = Some(Revision(2))), &["H1", "H2"]),
        (
            holds(|f| {
                f.raised_after = Some(Revision(1));
                f.raised_until = Some(Revision(2));
                f.states = states(&[RecordState::Released]);
            }),
            &["H1"],
        ),
        (holds(|f| f.lot = Some(lot_id("A"))), &[]),
    ];
    for (what, expected) in cases {
        assert_eq!(found(store, what.clone()).await, expected, "{what:?}");
        let count = store.tally(&Tally::Count(what.clone())).await.unwrap();
        assert_eq!(count[0].count, expected.len() as u64, "{what:?}");
    }
    let of_lot = alerts(|f| f.lot = Some(lot_id("GHOST")));
    assert_eq!(found(store, of_lot).await.len(), 1);
    let none = alerts(|f| {
        f.lot = Some(lot_id("GHOST"));
        f.states = states(&[RecordState::Resolved]);
    });
    assert!(found(store, none).await.is_empty());
    let counted = async |tally| -> Vec<(Option<String>, u64)> {
        let buckets = store.tally(&tally).await.unwrap();
        buckets.into_iter().map(|bucket| (bucket.key.map(|key| key.to_string()), bucket.count)).collect()
    };
    let key = |key: &str| Some(key.to_owned());
    assert_eq!(
        counted(Tally::RecordsByState(RecordKind::Hold, RecordFilter::default())).await,
        [(key("OPEN"), 1), (key("PARTLY_RELEASED"), 1), (key("RELEASED"), 1)]
    );
    assert_eq!(
        counted(Tally::RecordsByCategory(RecordKind::Hold, RecordFilter::default())).await,
        [(key("X"), 1), (key("Y"), 1), (None, 1)]
    );
    assert_eq!(
        counted(Tally::RecordsByCategory(RecordKind::Alert, RecordFilter::default())).await,
        [(key("HOLD_PLACED"), 3), (key("HOLD_RELEASED"), 2), (key("UNKNOWN_ORIGIN"), 1)]
    );
}

pub async fn lots_are_found_by_their_hold(store: &AnyStore) {
    build(store, "-> A; A -> B; -> C; C -> D").await;
    record(store, &[hold("H", &["A"], "X"), hold("I", &["A", "C"], "X")]).await;
    use lotgraph::domain::LotStatus::{Available, Quarantined, Suspect};
    let cases: [(What, &[&str]); 4] = [
        (lots(|f| f.hold = Some(event_id("H"))), &["A", "B"]),
        (lots(|f| f.hold = Some(event_id("I"))), &["A", "B", "C", "D"]),
        (lots(|f| f.hold = Some(event_id("NO"))), &[]),
        (
            lots(|f| {
                f.hold = Some(event_id("I"));
                f.statuses = Some(vec![Suspect, Available]);
            }),
            &["B", "D"],
        ),
    ];
    for (what, expected) in cases {
        assert_eq!(found(store, what.clone()).await, expected, "{what:?}");
        let count = store.tally(&Tally::Count(what.clone())).await.unwrap();
        assert_eq!(count[0].count, expected.len() as u64, "{what:?}");
    }
    record(store, &[release("R", "H", &[])]).await;
    assert_eq!(found(store, lots(|f| f.hold = Some(event_id("H")))).await, Vec::<String>::new());
    assert_eq!(lot(store, "A").await.status(), Quarantined);
}

/// Copies a ledger commit by commit into another store: every record comes out the same, ids and places included.
pub async fn a_replay_raises_the_same(store: &AnyStore) {
    build(store, "-> A; A -> B; GHOST -> C").await;
    record(store, &[hold("H", &["A"], "X")]).await;
    record(store, &[release("R", "H", &[]), draw("S", "B", "9"), receive("G", "GHOST", "4")]).await;
    let other = crate::support::stores::sqlite().await;
    lotgraph::service::copy::copy(
        &crate::support::events::tester(),
        store.as_ref(),
        other.store.as_ref(),
        &mut |_| {},
    )
    .await
    .unwrap();
    let times = |alerts: &[(RecordPlace, Alert)]| -> Vec<Timestamp> {
        alerts.iter().map(|(_, alert)| alert.raised_at).collect()
    };
    let (ours, theirs) = (all_alerts(store).await, all_alerts(&other.store).await);
    assert_eq!(times(&ours), times(&theirs));
    assert_eq!(ours, theirs);
    assert!(ours.len() >= 4, "{ours:?}");
}

pub async fn acknowledging_takes_an_alert_once(store: &AnyStore) {
    record(store, &[draw("S1", "A", "5")]).await;
    let (_, alert) = all_alerts(store).await.pop().unwrap();
    let take = |id: &str| json!({"type":"acknowledge","id":id,"at":minute(80).to_string(),"alert":alert.id.as_str(),"note":"seen"});
    assert_eq!(
        rejection(store, &json!({"type":"acknowledge","at":minute(80).to_string(),"alert":"none"})).await,
        (ErrorCode::AlertUnknown, "alert".to_owned())
    );
    let receipt = store.commit(&partial(vec![event(&take("K1")), event(&take("K2"))])).await.unwrap();
    assert_eq!(super::ask::marks(&receipt), "+-");
    assert_eq!(rejection(store, &take("K3")).await, (ErrorCode::AlertAcknowledged, "alert".to_owned()));
    assert_eq!(shown(store).await, ["UNKNOWN_ORIGIN A!"]);
    let (_, taken) = all_alerts(store).await.pop().unwrap();
    let taken = taken.acknowledged.unwrap();
    assert_eq!((taken.event, taken.actor, taken.at), (event_id("K1"), text("tester"), minute(80)));
    assert_eq!(taken.note, Some(text("seen")));
    // What is over by itself is resolved, whoever looked at it before.
    record(store, &[receive("R", "A", "9")]).await;
    assert_eq!(shown(store).await, ["UNKNOWN_ORIGIN A."]);
    assert_eq!(
        rejection(store, &json!({"type":"void","id":"V","event":"K1","reason":"x"})).await.0,
        ErrorCode::NotVoidable
    );
}

pub async fn a_refusal_raises_an_alert(store: &AnyStore) {
    let refusal = |id: &str| {
        json!({"type":"refusal","id":id,"at":minute(80).to_string(),"event":"S9","code":"LOT_ON_HOLD",
            "lots":["A"],"hold":"H","message":"lot A is held"})
    };
    record(store, &[refusal("F1")]).await;
    let receipt = store.commit(&batch(vec![event(&refusal("F1"))])).await.unwrap();
    assert_eq!(super::ask::marks(&receipt), "=");
    let (_, alert) = all_alerts(store).await.pop().unwrap();
    assert_eq!(shown(store).await, ["FLOW_REFUSED A"]);
    assert_eq!((alert.operation, alert.hold), (Some(event_id("S9")), Some(event_id("H"))));
    assert_eq!(alert.message, "event S9 was refused: lot A is held");
}

/// The alerts without those about quantities.
async fn clocks(store: &AnyStore) -> Vec<String> {
    shown(store).await.into_iter().filter(|alert| !alert.starts_with("QUANTITY")).collect()
}

pub async fn a_time_conflict_is_told_once_whatever_comes_first(store: &AnyStore) {
    build(store, "R@10: -> T; D@5: T -> X; E@6: T -> Y").await;
    assert_eq!(clocks(store).await, ["TIME_CONFLICT T"], "not again for each draw");
    let (_, alert) = all_alerts(store).await.pop().unwrap();
    assert_eq!(alert.operation, Some(event_id("E")));
    build(store, "F@7: T -> Z").await;
    assert_eq!(clocks(store).await.len(), 1);
    // An earlier receipt ends it, and when that is withdrawn it begins anew.
    build(store, "S@1: -> T").await;
    assert_eq!(clocks(store).await, ["TIME_CONFLICT T."]);
    let void = |id: &str, event: &str| json!({"type":"void","id":id,"event":event,"reason":"wrong scan"});
    record(store, &[void("V1", "S")]).await;
    assert_eq!(clocks(store).await, ["TIME_CONFLICT T.", "TIME_CONFLICT T"]);
    // It lasts while any of the draws is left that came too early.
    record(store, &[void("V2", "D"), void("V3", "E")]).await;
    assert_eq!(lot(store, "T").await.earliest_draw, Some(minute(7)));
    assert_eq!(clocks(store).await, ["TIME_CONFLICT T.", "TIME_CONFLICT T"]);
    record(store, &[void("V4", "F")]).await;
    assert_eq!(clocks(store).await, ["TIME_CONFLICT T.", "TIME_CONFLICT T."]);
    assert_eq!(lot(store, "T").await.earliest_draw, None);
    // The receipt that comes late brings it to light.
    build(store, "G@5: U ->").await;
    build(store, "Q@9: -> U").await;
    assert_eq!(clocks(store).await[2..], ["UNKNOWN_ORIGIN U.", "TIME_CONFLICT U"]);
    let (_, alert) = all_alerts(store).await.pop().unwrap();
    assert_eq!(alert.cause, event_id("Q"));
    // A void and its replacement in one batch are judged together.
    let other = json!({"type":"receive","id":"Q2","at":minute(2).to_string(),"outputs":[{"lot":"U"}]});
    record(store, &[void("V5", "Q"), other]).await;
    assert_eq!(clocks(store).await[2..], ["UNKNOWN_ORIGIN U.", "TIME_CONFLICT U."]);
    assert_eq!(lot(store, "U").await.earliest_production, Some(minute(2)));
}
