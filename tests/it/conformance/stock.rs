//! Cleaning and stocktaking: where a clean cuts a trace and a hold, and what a count leaves behind.

use lotgraph::domain::{ErrorCode, OperationKind, Role};
use lotgraph::genealogy::{Direction, TimeRule, shortest_paths, trace};
use lotgraph::service::Questions;
use lotgraph::service::trace::{TraceLimits, TraceQuestion};
use lotgraph::store::{EdgesOf, Subgraph};
use serde_json::{Value, json};

use super::ask::{
    AnyStore, backward, build, event_id, forward, links_of, lot, lot_id, lots_of, operation, record,
    rejection,
};
use crate::support::events::minute;
use crate::support::events::tester;

fn clean(id: &str, from: i64, to: i64, lots: &[&str]) -> Value {
    json!({"type":"clean","id":id,"startedAt":minute(from).to_string(),"at":minute(to).to_string(),"lots":lots})
}

fn count(id: &str, at: i64, lot: &str, quantity: &str, unit: &str) -> Value {
    json!({"type":"count","id":id,"at":minute(at).to_string(),
        "lots":[{"lot":lot,"quantity":quantity,"unit":unit}]})
}

fn hold(id: &str, lots: &[&str]) -> Value {
    json!({"type":"hold","id":id,"at":minute(50).to_string(),"lots":lots,"reason":"listeria"})
}

fn void(id: &str, event: &str) -> Value {
    json!({"type":"void","id":id,"event":event,"reason":"wrong scan"})
}

/// Draws from a lot what cannot be refused.
fn draw(id: &str, at: i64, from: &str, to: &str) -> [Value; 2] {
    let permit = json!({"type":"override","id":format!("P{id}"),"at":minute(55).to_string(),"operation":id,
        "lots":[from],"reason":"it happened before the hold"});
    let draw = json!({"type":"operation","kind":"PRODUCE","id":id,"at":minute(at).to_string(),
        "inputs":[{"lot":from}],"outputs":[{"lot":to}]});
    [permit, draw]
}

/// The lots that a trace reaches, by (depth, id), and the links it uses.
fn reached(subgraph: &Subgraph, rule: TimeRule) -> (String, String) {
    let trace = trace(subgraph, rule);
    let lots = trace.lots.iter().map(|node| subgraph.lots[node.index as usize].id.to_string());
    let links = trace.links.iter().map(|index| subgraph.links[*index as usize].clone());
    let used = Subgraph { links: links.collect(), ..subgraph.clone() };
    (lots.collect::<Vec<_>>().join(" "), links_of(&used))
}

/// A silo filled from BAD and drawn, cleaned from minute 5 to 7, filled from GOOD and drawn again.
async fn silo(store: &AnyStore) {
    build(store, "B@1: -> BAD; G@1: -> GOOD; F@2: BAD -> T; E@3: T -> EARLY").await;
    record(store, &[clean("C", 5, 7, &["T"])]).await;
    build(store, "H@8: GOOD -> T; L@9: T -> LATE").await;
}

pub async fn a_clean_cuts_a_trace(store: &AnyStore) {
    silo(store).await;
    let rule = TimeRule::default();
    let subgraph = forward(store, &["BAD"]).await;
    assert_eq!(lots_of(&subgraph), "BAD/0 T/2 EARLY/4 LATE/4", "the structure keeps what the rule cuts");
    assert_eq!(reached(&subgraph, rule), ("T EARLY".to_owned(), "T~C BAD>F F>T T>E E>EARLY".to_owned()));
    assert_eq!(reached(&forward(store, &["GOOD"]).await, rule).0, "T LATE");
    assert_eq!(reached(&backward(store, &["LATE"]).await, rule).0, "T GOOD");
    assert_eq!(reached(&backward(store, &["EARLY"]).await, rule).0, "T BAD");
    let anyhow = TimeRule { respect_time: false, ..rule };
    assert_eq!(reached(&subgraph, anyhow).0, "T EARLY LATE");
    assert!(shortest_paths(&subgraph, rule, &lot_id("LATE"), 3).paths.is_empty());
    assert_eq!(shortest_paths(&subgraph, anyhow, &lot_id("LATE"), 3).paths.len(), 1);
    assert_eq!(shortest_paths(&subgraph, rule, &lot_id("EARLY"), 3).paths.len(), 1);
    // The silo itself is of interest in all its time.
    assert_eq!(reached(&forward(store, &["T"]).await, rule).0, "EARLY LATE");
}

pub async fn what_may_have_outlived_a_clean_stays(store: &AnyStore) {
    silo(store).await;
    // Filled and drawn while the clean was under way: before it, after it, nobody knows.
    build(store, "D@6: BAD -> T; M@6: T -> MIDDLE").await;
    let subgraph = forward(store, &["BAD"]).await;
    assert_eq!(reached(&subgraph, TimeRule::default()).0, "T EARLY LATE MIDDLE");
    record(store, &[void("V", "D")]).await;
    assert_eq!(reached(&forward(store, &["BAD"]).await, TimeRule::default()).0, "T EARLY MIDDLE");
    // Without any filling on record, a draw from the silo is a clock error, which hides nothing.
    record(store, &[void("W", "H")]).await;
    build(store, "K@12: GOOD -> T").await;
    record(store, &[void("X", "F")]).await;
    let conflicts = forward(store, &["GOOD"]).await;
    assert_eq!(reached(&conflicts, TimeRule::default()).0, "T EARLY LATE MIDDLE");
}

pub async fn a_clean_ends_what_a_hold_marks(store: &AnyStore) {
    silo(store).await;
    let mut strict = hold("H1", &["BAD"]);
    strict["lateCapture"] = "REFUSE".into();
    record(store, &[strict]).await;
    let status = async |id: &str| lot(store, id).await.status().name();
    assert_eq!((status("EARLY").await, status("LATE").await), ("SUSPECT", "AVAILABLE"));
    let mark = lot(store, "T").await.quarantine.marks[0].clone();
    let stays: Vec<_> = mark.stays.iter().map(|stay| (stay.from, stay.until)).collect();
    assert_eq!((mark.arrival, stays), (Some(minute(2)), vec![(minute(2), Some(minute(7)))]));
    // Drawing what is in it now is not refused; drawing what was in it then is.
    build(store, "N@10: T -> NOW").await;
    let [_, then] = draw("X", 4, "T", "THEN");
    assert_eq!(rejection(store, &then).await, (ErrorCode::LotOnHold, "inputs[0].lot".to_owned()));
    assert_eq!(status("NOW").await, "AVAILABLE");
}

pub async fn a_late_clean_and_its_void_move_marks(store: &AnyStore) {
    build(store, "-> BAD; BAD -> T; T -> A; L@9: T -> B; M@10: B -> C").await;
    record(store, &[hold("H", &["BAD"])]).await;
    let marked = async || {
        let mut shown = String::new();
        for id in ["T", "A", "B", "C"] {
            if lot(store, id).await.quarantine.mark_of(&event_id("H")).is_some() {
                shown.push_str(id);
            }
        }
        shown
    };
    assert_eq!(marked().await, "TABC");
    record(store, &[clean("K", 6, 6, &["OTHER", "T"])]).await;
    assert_eq!(marked().await, "TA", "captured late, it frees what was made after it");
    record(store, &[void("V", "K")]).await;
    assert_eq!(marked().await, "TABC");
    // In one batch with its void, and with a draw between them.
    let mut events = vec![clean("K2", 6, 6, &["T"])];
    events.extend(draw("N", 8, "T", "NEW"));
    record(store, &events).await;
    assert_eq!(marked().await, "TA");
    assert!(lot(store, "NEW").await.quarantine.marks.is_empty());
}

pub async fn a_count_says_what_was_there(store: &AnyStore) {
    build(store, "-> T; ~ T").await;
    record(store, &[count("C1", 3, "T", "0", "EA"), count("C2", 4, "T", "1.50", "EA")]).await;
    let counted = operation(store, "C1").await.operation;
    assert_eq!((counted.kind, counted.lots.len()), (OperationKind::Count, 1));
    let lots = vec![lot_id("T")];
    let query = EdgesOf { lots, roles: vec![Role::InPlace], after: None, first: 9 };
    let shown = |quantity: &Option<lotgraph::domain::Quantity>| quantity.as_ref().map(ToString::to_string);
    let quantities = [None, Some("0 EA".to_owned()), Some("1.5 EA".to_owned())];
    let edges = store.edges(&query).await.unwrap().remove(0).edges;
    assert_eq!(edges.iter().map(|edge| shown(&edge.quantity)).collect::<Vec<_>>(), quantities);
    for subgraph in [forward(store, &["T"]).await, backward(store, &["T"]).await] {
        let links = subgraph.links.iter().filter(|link| link.role == Role::InPlace);
        // Links of a subgraph come by operation, not by time.
        let by_id = [quantities[1].clone(), quantities[2].clone(), None];
        assert_eq!(links.map(|link| shown(&link.quantity)).collect::<Vec<_>>(), by_id);
    }
    let flows = lot(store, "T").await;
    assert_eq!((flows.in_place, flows.consumed.count), (3, 0), "a count moves nothing");
    record(store, &[void("V", "C1")]).await;
    assert_eq!(store.edges(&query).await.unwrap()[0].edges.len(), 2);
}

pub async fn a_count_needs_a_unit_that_converts(store: &AnyStore) {
    record(
        store,
        &[
            json!({"type":"material","code":"MILK","unit":"KGM","conversions":[{"unit":"LTR","factor":"1.03"}]}),
            json!({"type":"receive","at":minute(1).to_string(),"outputs":[{"lot":"T","material":"MILK"}]}),
            count("C1", 3, "T", "7", "LTR"),
        ],
    )
    .await;
    let refused = rejection(store, &count("C2", 3, "T", "7", "EA")).await;
    assert_eq!(refused, (ErrorCode::UnitMismatch, "lots[0].unit".to_owned()));
}

/// A step with quantities: `[lot, kilograms]` for what goes in and what comes out.
fn step(id: &str, at: i64, inputs: &[(&str, u32)], outputs: &[(&str, u32)]) -> Value {
    let items = |items: &[(&str, u32)]| -> Vec<Value> {
        let item =
            |(lot, kilograms): &(&str, u32)| json!({"lot":lot,"quantity":kilograms.to_string(),"unit":"KGM"});
        items.iter().map(item).collect()
    };
    let at = minute(at).to_string();
    match (inputs.is_empty(), outputs.is_empty()) {
        (true, _) => json!({"type":"receive","id":id,"at":at,"outputs":items(outputs)}),
        (_, true) => json!({"type":"ship","id":id,"at":at,"inputs":items(inputs)}),
        _ => json!({"type":"operation","kind":"PRODUCE","id":id,"at":at,"inputs":items(inputs),
            "outputs":items(outputs)}),
    }
}

pub async fn quantities_at_risk_know_the_heel(store: &AnyStore) {
    record(
        store,
        &[
            step("R", 0, &[], &[("BAD", 100)]),
            // Neither the heel nor what dilutes it later is in the closure of BAD.
            step("G0", 1, &[], &[("T", 300)]),
            step("F", 2, &[("BAD", 80)], &[("T", 100)]),
            step("P", 3, &[("T", 100)], &[("PACK", 50)]),
            step("G1", 4, &[], &[("T", 100)]),
            step("S", 5, &[("T", 200)], &[]),
        ],
    )
    .await;
    let questions = Questions::over(store.clone(), TraceLimits::default());
    let question = TraceQuestion {
        lots: vec![lot_id("BAD")],
        direction: Direction::Forward,
        max_depth: None,
        rule: TimeRule::default(),
        skip_cache: false,
        at: None,
    };
    let answer = questions.tracer.trace(&tester(), question.clone()).await.unwrap();
    // The ledger moves on before the quantities are read: they are of the later state, and say so.
    build(store, "-> OTHER").await;
    let found = questions.risks.at_risk(&tester(), &answer).await.unwrap();
    assert!(found.answer.subgraph.revision > answer.subgraph.revision);
    let shown: Vec<String> = found
        .lots()
        .map(|(lot, worst)| {
            let (low, high) = (lot.carried.low.normalize(), lot.carried.high.unwrap().normalize());
            assert_eq!(low, high);
            let on_hand = worst.on_hand.unwrap().normalize();
            format!(
                "{} {low} of {}, {on_hand} on hand",
                found.answer.lot_id(lot.lot),
                worst.quantity.unwrap()
            )
        })
        .collect();
    // 80 in 400; a quarter of them leaves for PACK; 60 in 400 again; half of them is shipped.
    assert_eq!(
        shown,
        ["BAD 100 of 100, 20 on hand", "T 80 of 500, 200 on hand", "PACK 20 of 50, 50 on hand"]
    );
    let tank = &found.attribution.lots[1];
    assert_eq!((tank.shipped.low.normalize(), tank.resting.low.normalize()), (30.into(), 30.into()));
    assert!(found.attribution.gaps.is_empty());
    // A further page asks for the same again, by a trace of its own.
    let again = questions
        .risks
        .at_risk(&tester(), &questions.tracer.trace(&tester(), question.clone()).await.unwrap())
        .await
        .unwrap();
    assert!(std::sync::Arc::ptr_eq(&found, &again), "computed once");
    record(store, &[count("C", 6, "PACK", "45", "KGM")]).await;
    let counted = questions
        .risks
        .at_risk(&tester(), &questions.tracer.trace(&tester(), question.clone()).await.unwrap())
        .await
        .unwrap();
    assert_eq!(counted.worst[2].on_hand, Some(45.into()), "what was counted, not what the records leave");
    let backward = TraceQuestion { direction: Direction::Backward, ..question };
    let refused = questions
        .risks
        .at_risk(&tester(), &questions.tracer.trace(&tester(), backward).await.unwrap())
        .await
        .unwrap_err();
    assert_eq!(refused.code, ErrorCode::ArgumentInvalid);
}
