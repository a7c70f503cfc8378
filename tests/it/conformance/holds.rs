//! Quarantine: who may draw from which lot, how far a hold spreads, and how it ends.

use std::collections::BTreeSet;

use lotgraph::domain::{ErrorCode, LotId, LotStatus, MarkKind};
use lotgraph::genealogy::{TimeRule, trace};
use lotgraph::store::{Status, Tally};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::ask::{AnyStore, build, commit, forward, found, lot, lots, marks, partial, record, rejection};
use crate::support::events::{batch, event, minute, plant};

fn hold(id: &str, lots: &[&str]) -> Value {
    json!({"type":"hold","id":id,"at":minute(50).to_string(),"lots":lots,"reason":"listeria"})
}

fn warning(id: &str, lots: &[&str]) -> Value {
    json!({"type":"hold","id":id,"at":minute(50).to_string(),"lots":lots,"reason":"listeria","policy":"WARN"})
}

fn release(id: &str, hold: &str, disposition: &str) -> Value {
    json!({"type":"release","id":id,"at":minute(60).to_string(),"hold":hold,"reason":"tested",
        "disposition":disposition})
}

fn draw(id: &str, at: i64, kind: &str, from: &str, to: &str) -> Value {
    json!({"type":"operation","id":id,"kind":kind,"at":minute(at).to_string(),
        "inputs":[{"lot":from}],"outputs":[{"lot":to}]})
}

fn ship(id: &str, lot: &str) -> Value {
    json!({"type":"ship","id":id,"at":minute(70).to_string(),"inputs":[{"lot":lot}]})
}

fn scrap(id: &str, lot: &str) -> Value {
    json!({"type":"scrap","id":id,"at":minute(70).to_string(),"inputs":[{"lot":lot}]})
}

fn void(id: &str, event: &str) -> Value {
    json!({"type":"void","id":id,"event":event,"reason":"wrong scan"})
}

async fn status(store: &AnyStore, id: &str) -> LotStatus {
    lot(store, id).await.status()
}

/// The lots among these that carry a hold's mark, in short: `A!` held, `B?` suspect.
async fn marked(store: &AnyStore, hold: &str, ids: &[&str]) -> String {
    let mut shown = Vec::new();
    for id in ids {
        let lot = lot(store, id).await;
        let mark = lot.quarantine.marks.iter().find(|mark| mark.hold.as_str() == hold);
        shown.extend(mark.map(|mark| match mark.kind {
            MarkKind::Held => format!("{id}!"),
            MarkKind::Suspect => format!("{id}?"),
        }));
    }
    shown.join(" ")
}

pub async fn a_held_lot_stays_where_it_is(store: &AnyStore) {
    build(store, "-> A; -> B").await;
    record(store, &[hold("H", &["A"])]).await;
    assert_eq!(
        (status(store, "A").await, status(store, "B").await),
        (LotStatus::Quarantined, LotStatus::Available)
    );
    let at = "inputs[0].lot".to_owned();
    for kind in ["PRODUCE", "SPLIT", "MERGE", "REWORK", "REPACK"] {
        let refused = rejection(store, &draw("X", 60, kind, "A", "C")).await;
        assert_eq!(refused, (ErrorCode::LotOnHold, at.clone()), "{kind}");
    }
    assert_eq!(rejection(store, &ship("X", "A")).await, (ErrorCode::LotOnHold, at));
    let receipt = store.commit(&batch(vec![event(&ship("X", "A"))])).await.unwrap();
    let Status::Rejected(problem) = &receipt.outcomes[0].status else { panic!("{receipt:?}") };
    for word in ["hold H", "listeria", "path A"] {
        assert!(problem.message.contains(word), "{problem:?}");
    }
    // Work in place, filling it up and throwing it away are no way out.
    build(store, "W@61: ~ A; R@62: -> A").await;
    record(store, &[scrap("Z", "A"), ship("Y", "B")]).await;
    assert_eq!(status(store, "A").await, LotStatus::Quarantined);
}

pub async fn a_hold_spreads_to_what_is_there_and_what_comes(store: &AnyStore) {
    build(store, "-> A; A -> B; B -> C; -> N").await;
    record(store, &[warning("H", &["A"])]).await;
    assert_eq!(marked(store, "H", &["A", "B", "C", "N"]).await, "A! B? C?");
    let mark = lot(store, "C").await.quarantine.marks[0].clone();
    assert_eq!((mark.path_text().as_str(), mark.arrival), ("A > O2 > B > O3 > C", Some(minute(3))));
    // What suspect lots turn into later is suspect as well.
    build(store, "L@9: C N -> D; M@10: D -> E").await;
    assert_eq!(marked(store, "H", &["N", "D", "E"]).await, "D? E?");
    record(store, &[release("R", "H", "RELEASED")]).await;
    assert_eq!(marked(store, "H", &["A", "B", "C", "D", "E"]).await, "");
    assert_eq!(status(store, "E").await, LotStatus::Available);
}

pub async fn a_suspect_lot_is_blocked_or_only_marked(store: &AnyStore) {
    build(store, "-> A; A -> B; -> P; P -> Q").await;
    record(store, &[hold("H", &["A"]), warning("W", &["P"])]).await;
    assert_eq!(rejection(store, &ship("X", "B")).await.0, ErrorCode::LotOnHold);
    record(store, &[ship("Y", "Q")]).await;
    assert_eq!(rejection(store, &ship("Z", "P")).await.0, ErrorCode::LotOnHold, "held is held");
    let unspread = json!({"type":"hold","id":"U","at":minute(50).to_string(),"lots":["P"],"reason":"x",
        "propagate":false});
    record(store, &[unspread]).await;
    assert_eq!(marked(store, "U", &["P", "Q"]).await, "P!");
}

pub async fn what_was_drawn_before_is_not_suspect(store: &AnyStore) {
    // The tank T is drawn, then the bad delivery goes in, then it is drawn again.
    build(store, "R@1: -> T; E@2: T -> EARLY; -> BAD; F@5: BAD -> T; G@6: T -> LATE").await;
    record(store, &[hold("H", &["BAD"])]).await;
    assert_eq!(marked(store, "H", &["BAD", "T", "EARLY", "LATE"]).await, "BAD! T? LATE?");
    assert_eq!(lot(store, "T").await.quarantine.marks[0].arrival, Some(minute(5)));
    // A draw that was only captured late follows the same rule.
    record(store, &[draw("D", 4, "PRODUCE", "T", "EARLY-2")]).await;
    assert_eq!(marked(store, "H", &["EARLY-2"]).await, "");
    assert_eq!(rejection(store, &draw("X", 57, "PRODUCE", "T", "LATE-2")).await.0, ErrorCode::LotOnHold);
    // Without its first filling every draw from the tank before the second is a clock error, which hides nothing.
    record(store, &[void("V", "R")]).await;
    assert_eq!(marked(store, "H", &["T", "EARLY", "EARLY-2"]).await, "T? EARLY? EARLY-2?");
}

pub async fn an_override_lets_one_operation_pass(store: &AnyStore) {
    build(store, "-> A; -> B").await;
    record(store, &[hold("H", &["A", "B"])]).await;
    record(
        store,
        &[json!({"type":"override","id":"V","at":minute(55).to_string(),"operation":"X","lots":["A"],
            "reason":"for the laboratory"})],
    )
    .await;
    assert_eq!(rejection(store, &ship("Y", "A")).await.0, ErrorCode::LotOnHold);
    let both = json!({"type":"ship","id":"X","at":minute(60).to_string(),"inputs":[{"lot":"A"},{"lot":"B"}]});
    assert_eq!(rejection(store, &both).await, (ErrorCode::LotOnHold, "inputs[1].lot".to_owned()));
    record(store, &[draw("X", 60, "PRODUCE", "A", "C")]).await;
    assert_eq!(marked(store, "H", &["A", "C"]).await, "A! C?");
    let permits = lot(store, "A").await.quarantine.permits;
    assert_eq!((permits.len(), permits[0].reason.as_str()), (1, "for the laboratory"));
    assert_eq!(rejection(store, &void("U", "V")).await.0, ErrorCode::NotVoidable);
    assert_eq!(rejection(store, &void("U", "H")).await.0, ErrorCode::NotVoidable);
}

pub async fn overlapping_holds_end_apart(store: &AnyStore) {
    build(store, "-> A; -> B; A B -> C; C -> D").await;
    record(store, &[hold("H1", &["A"]), hold("H2", &["B"])]).await;
    assert_eq!(lot(store, "D").await.quarantine.marks.len(), 2);
    record(store, &[release("R1", "H1", "RELEASED")]).await;
    assert_eq!(status(store, "A").await, LotStatus::Available);
    assert_eq!(marked(store, "H2", &["A", "B", "C", "D"]).await, "B! C? D?");
    assert_eq!(rejection(store, &ship("X", "D")).await.0, ErrorCode::LotOnHold);
    record(store, &[release("R2", "H2", "RELEASED"), ship("X", "D")]).await;
}

pub async fn dispositions_bind(store: &AnyStore) {
    build(store, "-> A; A -> B; -> C; -> D").await;
    record(store, &[hold("H", &["A"]), hold("I", &["C"]), hold("J", &["D"])]).await;
    record(store, &[release("R", "H", "REWORK"), release("S", "I", "SCRAP"), release("T", "J", "RETURN")])
        .await;
    for id in ["A", "B", "C", "D"] {
        assert_eq!(status(store, id).await, LotStatus::Rejected, "{id}");
    }
    assert_eq!(rejection(store, &ship("X", "A")).await.0, ErrorCode::LotRejected);
    assert_eq!(rejection(store, &ship("X", "C")).await.0, ErrorCode::LotRejected);
    assert_eq!(rejection(store, &draw("X", 70, "PRODUCE", "D", "E")).await.0, ErrorCode::LotRejected);
    record(store, &[draw("W", 70, "REWORK", "A", "A2"), scrap("Z", "C"), ship("Y", "D")]).await;
    assert_eq!(status(store, "A2").await, LotStatus::Available);
    let good = json!({"type":"release","id":"G","at":minute(80).to_string(),"lots":["B"],"reason":"tested",
        "disposition":"RELEASED"});
    record(store, &[good, ship("F", "B")]).await;
}

pub async fn inspection_comes_before_use(store: &AnyStore) {
    build(store, "-> OLD").await;
    let receive = |id: &str, lot: &str| {
        json!({"type":"receive","id":id,"at":minute(1).to_string(),
        "outputs":[{"lot":lot,"material":"MILK"}]})
    };
    record(store, &[receive("R0", "BEFORE")]).await;
    record(store, &[json!({"type":"material","code":"MILK","unit":"KGM","inspectionRequired":true})]).await;
    record(store, &[receive("R1", "M1"), receive("R2", "M2"), receive("R3", "BEFORE")]).await;
    assert_eq!(status(store, "BEFORE").await, LotStatus::Available);
    assert_eq!(status(store, "M1").await, LotStatus::PendingInspection);
    assert_eq!(rejection(store, &ship("X", "M1")).await.0, ErrorCode::LotPendingInspection);
    let good = json!({"type":"release","id":"G","at":minute(8).to_string(),"lots":["M1"],"reason":"tested",
        "disposition":"RELEASED"});
    record(store, &[good, ship("X", "M1")]).await;
    assert_eq!(found(store, lots(|f| f.statuses = Some(vec![LotStatus::PendingInspection]))).await, ["M2"]);
}

pub async fn a_void_takes_back_what_came_through_it(store: &AnyStore) {
    build(store, "-> A; A -> B; B -> C; X: A -> C2; -> N").await;
    record(store, &[hold("H", &["A"])]).await;
    assert_eq!(marked(store, "H", &["B", "C", "C2"]).await, "B? C? C2?");
    record(store, &[void("V", "O2")]).await;
    assert_eq!(marked(store, "H", &["A", "B", "C", "C2"]).await, "A! C2?");
    record(store, &[ship("S", "C")]).await;
}

pub async fn late_capture_spreads_on(store: &AnyStore) {
    // B and what was made of it are there before anybody says that B came from A.
    build(store, "-> A; U@5: B -> C; V@6: C -> D").await;
    record(store, &[warning("H", &["A"])]).await;
    assert_eq!(marked(store, "H", &["B", "C", "D"]).await, "");
    let late = json!({"type":"operation","kind":"PRODUCE","id":"L","at":minute(4).to_string(),
        "inputs":[{"lot":"S"}],"outputs":[{"lot":"B"}]});
    let suspect = json!({"type":"operation","kind":"PRODUCE","id":"K","at":minute(3).to_string(),
        "inputs":[{"lot":"A"}],"outputs":[{"lot":"S"}]});
    let permit = json!({"type":"override","id":"P","at":minute(55).to_string(),"operation":"K","lots":["A"],
        "reason":"it happened before the hold"});
    record(store, &[permit, late, suspect]).await;
    assert_eq!(marked(store, "H", &["A", "S", "B", "C", "D"]).await, "A! S? B? C? D?");
}

pub async fn a_batch_is_judged_in_order(store: &AnyStore) {
    let mut events = plant("-> A; A -> B");
    events.extend(
        [ship("S", "B"), hold("H", &["A"]), ship("T", "B"), release("R", "H", "RELEASED"), ship("U", "B")]
            .iter()
            .map(event),
    );
    let receipt = store.commit(&partial(events)).await.unwrap();
    assert_eq!(marks(&receipt), "++++-++");
    assert_eq!(marked(store, "H", &["A", "B"]).await, "");
}

pub async fn a_refused_batch_leaves_nothing(store: &AnyStore) {
    build(store, "-> A; A -> B").await;
    let before = store.revision().await.unwrap();
    let receipt =
        store.commit(&batch([hold("H", &["A"]), ship("S", "B")].iter().map(event).collect())).await.unwrap();
    assert_eq!(marks(&receipt), ".-");
    assert_eq!(store.revision().await.unwrap(), before);
    assert_eq!(
        (status(store, "A").await, status(store, "B").await),
        (LotStatus::Available, LotStatus::Available)
    );
}

pub async fn bad_holds_and_releases_are_refused(store: &AnyStore) {
    build(store, "-> A; -> B").await;
    let at = |path: &str| path.to_owned();
    assert_eq!(rejection(store, &hold("H", &["A", "NONE"])).await, (ErrorCode::LotUnknown, at("lots[1]")));
    assert_eq!(rejection(store, &release("R", "H", "SCRAP")).await, (ErrorCode::HoldUnknown, at("hold")));
    assert_eq!(rejection(store, &release("R", "O1", "SCRAP")).await, (ErrorCode::HoldUnknown, at("hold")));
    record(store, &[hold("H", &["A", "B"])]).await;
    let part = |id: &str| {
        json!({"type":"release","id":id,"at":minute(60).to_string(),"hold":"H","lots":["A"],
        "reason":"tested","disposition":"RELEASED"})
    };
    record(store, &[part("R1")]).await;
    assert_eq!(marked(store, "H", &["A", "B"]).await, "B!");
    record(store, &[release("R2", "H", "RELEASED")]).await;
    assert_eq!(rejection(store, &release("R3", "H", "SCRAP")).await, (ErrorCode::HoldReleased, at("hold")));
    assert_eq!(rejection(store, &part("R4")).await.0, ErrorCode::HoldReleased);
    // The same release again is a repetition.
    let again = store.commit(&batch(vec![event(&part("R1"))])).await.unwrap();
    assert_eq!(marks(&again), "=");
}

pub async fn statuses_filter(store: &AnyStore) {
    build(store, "-> A; A -> B; B -> C; -> N; -> R").await;
    record(store, &[hold("H", &["A"]), hold("I", &["R"])]).await;
    record(store, &[release("J", "I", "SCRAP")]).await;
    let of = |statuses: &[LotStatus]| lots(|filter| filter.statuses = Some(statuses.to_vec()));
    use LotStatus::{Available, Quarantined, Rejected, Suspect};
    let cases: [(&[LotStatus], &[&str]); 5] = [
        (&[Quarantined], &["A"]),
        (&[Suspect, Quarantined], &["A", "B", "C"]),
        (&[Rejected, Available], &["N", "R"]),
        (&[LotStatus::PendingInspection], &[]),
        (&[], &[]),
    ];
    for (statuses, expected) in cases {
        assert_eq!(found(store, of(statuses)).await, expected, "{statuses:?}");
        let count = store.tally(&Tally::Count(of(statuses))).await.unwrap();
        assert_eq!(count[0].count, expected.len() as u64, "{statuses:?}");
    }
}

/// Random events; afterwards every open hold marks exactly what a trace from its lots reaches.
pub async fn marks_are_what_a_trace_reaches(store: &AnyStore) {
    const LOTS: [&str; 9] = ["A", "B", "C", "D", "E", "F", "G", "H", "I"];
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut operations: Vec<String> = Vec::new();
    let mut open: Vec<(String, BTreeSet<&str>)> = Vec::new();
    build(store, "-> A B C D E F G H I").await;
    for round in 0..60 {
        let mut events = Vec::new();
        for n in 0..rng.random_range(1..4) {
            let id = format!("X{round}-{n}");
            let some = |rng: &mut ChaCha8Rng| -> Vec<Value> {
                let count = rng.random_range(1..3);
                LOTS.choose_multiple(rng, count).map(|lot| json!({"lot":lot})).collect()
            };
            let (start, end) = (rng.random_range(0..40), rng.random_range(0..8));
            let (inputs, outputs) = (some(&mut rng), some(&mut rng));
            let next = match rng.random_range(0..11) {
                10 => {
                    operations.push(id.clone());
                    let cleaned = LOTS.choose(&mut rng).unwrap();
                    json!({"type":"clean","id":id,"startedAt":minute(start).to_string(),
                        "at":minute(start + end).to_string(),"lots":[cleaned]})
                }
                0 if !operations.is_empty() => void(&id, operations.choose(&mut rng).unwrap()),
                1 | 2 => {
                    let lots: BTreeSet<&str> = LOTS.choose_multiple(&mut rng, 2).copied().collect();
                    open.push((id.clone(), lots.clone()));
                    warning(&id, &lots.into_iter().collect::<Vec<_>>())
                }
                3 if !open.is_empty() => {
                    let ended = open.remove(rng.random_range(0..open.len()));
                    release(&id, &ended.0, "RELEASED")
                }
                _ => {
                    let permit = json!({"type":"override","id":format!("P{id}"),"at":minute(1).to_string(),
                        "operation":id,"lots":LOTS,"reason":"random"});
                    events.push(permit);
                    operations.push(id.clone());
                    json!({"type":"operation","kind":"PRODUCE","id":id,"startedAt":minute(start).to_string(),
                        "at":minute(start + end).to_string(),"inputs":inputs,"outputs":outputs})
                }
            };
            events.push(next);
        }
        store.commit(&partial(events.iter().map(event).collect())).await.unwrap();
        for (hold, seeds) in &open {
            let subgraph = forward(store, &seeds.iter().copied().collect::<Vec<_>>()).await;
            let reached = trace(&subgraph, TimeRule::default());
            let mut expected: BTreeSet<LotId> = seeds.iter().map(|lot| LotId::parse(lot).unwrap()).collect();
            expected.extend(reached.lots.iter().map(|node| subgraph.lots[node.index as usize].id.clone()));
            let mut got = BTreeSet::new();
            for id in LOTS {
                let lot = lot(store, id).await;
                let mark = lot.quarantine.marks.iter().find(|mark| mark.hold.as_str() == hold);
                got.extend(mark.map(|_| lot.id.clone()));
            }
            assert_eq!(got, expected, "hold {hold} after round {round}");
        }
    }
}

pub async fn nothing_leaves_after_the_hold(store: &AnyStore) {
    holds_race_with_shipments(store, store, 2).await;
}

/// Racing pairs of a hold and a shipment in each round.
pub const PAIRS: usize = 1_250;

/// Holds race with shipments, many pairs a commit, each side over its own instance of the service: nothing leaves after the
/// hold was acknowledged.
pub async fn holds_race_with_shipments(store: &AnyStore, other: &AnyStore, rounds: usize) {
    const CHUNK: usize = 250;
    for round in 0..rounds {
        let ids: Vec<String> = (0..PAIRS).map(|n| format!("{round}/L{n}")).collect();
        let outputs: Vec<Value> = ids.iter().map(|id| json!({"lot":id})).collect();
        record(store, &[json!({"type":"receive","id":format!("{round}/R"),"at":minute(1).to_string(),"outputs":outputs})])
            .await;
        let holds: Vec<_> = ids.iter().map(|id| event(&hold(&format!("H{id}"), &[id]))).collect();
        let draws: Vec<_> = ids.iter().rev().map(|id| event(&ship(&format!("S{id}"), id))).collect();
        let holding = async {
            let mut revisions = Vec::new();
            for chunk in holds.chunks(CHUNK) {
                let revision = commit(store, chunk.to_vec()).await.revision;
                revisions.extend(std::iter::repeat_n(revision, chunk.len()));
            }
            revisions
        };
        let drawing = async {
            let mut sent = Vec::new();
            for chunk in draws.chunks(CHUNK) {
                sent.push(other.commit(&partial(chunk.to_vec())).await.unwrap());
            }
            sent
        };
        let (held, sent) = tokio::join!(holding, drawing);
        for (chunk, receipt) in sent.iter().enumerate() {
            for (n, mark) in marks(receipt).chars().enumerate() {
                let lot = PAIRS - 1 - (chunk * CHUNK + n);
                let before = receipt.revision < held[lot];
                assert_eq!(mark == '+', before, "lot {lot}: {receipt:?}");
            }
        }
        let again = draws.iter().cloned().map(|mut event| {
            event.id = lotgraph::domain::EventId::parse(&format!("{}-again", event.id)).unwrap();
            event
        });
        let receipt = other.commit(&partial(again.collect())).await.unwrap();
        assert!(!marks(&receipt).contains('+'), "every hold is acknowledged");
        for id in ids.iter().step_by(50) {
            assert_eq!(status(store, id).await, LotStatus::Quarantined);
        }
    }
}
