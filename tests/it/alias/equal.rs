//! Random plants, recorded once as they are and once under many names: when the names mean the same lots in the end,
//! everything is the same, whatever came in which order and in which batches.

use std::collections::{BTreeMap, BTreeSet};

use lotgraph::domain::{Anomalies, Batch, Event, Fact, Lot, LotId, Node, NodeRef, Status, Stock};
use lotgraph::service::Questions;
use lotgraph::service::trace::TraceLimits;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::oracle::links::comparable;
use crate::oracle::plants::{random_moments, random_plant, random_question};
use crate::support::events::{batch, event, minute, tester};
use crate::support::stores::{self, Fresh};

/// Another name of a lot.
fn other(lot: &LotId, n: usize) -> LotId {
    LotId::parse(&format!("{lot}-{n}")).unwrap()
}

/// Takes away what links receipts to shipments: of several numbers that events give a lot, the last one counts, and the lot of
/// a further name keeps its own.
fn without_documents(events: &mut [Event]) {
    for event in events {
        let Fact::Operation(operation) = &mut event.fact else { continue };
        operation.document = None;
        for output in &mut operation.outputs {
            (output.number, output.supplier_lot) = (None, None);
        }
    }
}

fn lots_named(events: &[Event]) -> BTreeSet<LotId> {
    let operations = events.iter().filter_map(|event| match &event.fact {
        Fact::Operation(operation) => Some(operation),
        _ => None,
    });
    operations.flat_map(|operation| operation.lots_named().cloned().collect::<Vec<_>>()).collect()
}

/// The plant with some mentions of its lots under other names. What goes into one output only names it as that output does.
fn renamed(random: &mut ChaCha8Rng, events: &[Event]) -> Vec<Event> {
    let mut renamed = events.to_vec();
    for event in &mut renamed {
        let Fact::Operation(operation) = &mut event.fact else { continue };
        let mut name = |lot: &LotId| {
            if random.random_bool(0.5) { lot.clone() } else { other(lot, random.random_range(1..=2)) }
        };
        let outputs: BTreeMap<LotId, LotId> =
            operation.outputs.iter().map(|output| (output.lot.clone(), name(&output.lot))).collect();
        for input in &mut operation.inputs {
            input.lot = name(&input.lot);
            input.only_for = input.only_for.take().map(|lot| outputs[&lot].clone());
        }
        for output in &mut operation.outputs {
            output.lot = outputs[&output.lot].clone();
            output.shipped_as = output.shipped_as.take().map(|lot| name(&lot));
        }
        operation.lots.iter_mut().for_each(|item| item.lot = name(&item.lot));
    }
    renamed
}

/// Adds what the names mean: before anything else, somewhere in between or at the end, in chains too, and sometimes what is
/// wrong and withdrawn.
fn with_names(random: &mut ChaCha8Rng, lots: &BTreeSet<LotId>, mut events: Vec<Event>) -> Vec<Event> {
    let named = lots_named(&events);
    let known: Vec<LotId> = lots.iter().cloned().collect();
    let mut at_the_end = Vec::new();
    for lot in lots {
        let names: Vec<LotId> =
            [other(lot, 1), other(lot, 2)].into_iter().filter(|name| named.contains(name)).collect();
        let [first, second] = names.as_slice() else {
            for name in &names {
                at_the_end.push(same(lot, &[name]));
            }
            continue;
        };
        // Either both names at once, or one by the other.
        if random.random_bool(0.5) {
            at_the_end.push(same(lot, &[first, second]));
        } else {
            at_the_end.push(same(first, &[second]));
            at_the_end.push(same(lot, &[first]));
        }
    }
    // A lot must be known before it is said what else it is called: every lot is, once all that names it is recorded.
    let declared: Vec<Event> =
        lots.iter().chain(&named).collect::<BTreeSet<_>>().into_iter().map(known_lot).collect();
    events.splice(1..1, declared);
    let start = 1 + lots.union(&named).count();
    for merge in at_the_end {
        // In order, since one may speak of the name that another gave.
        let from = events.iter().rposition(is_merge).map_or(start, |last| last + 1);
        let at_the_end = random.random_bool(0.4);
        let place = if at_the_end { events.len() } else { random.random_range(from..=events.len()) };
        events.insert(place, merge);
    }
    for n in 0..random.random_range(0..4) {
        let (one, two) = (known.choose(random).unwrap(), known.choose(random).unwrap());
        if one != two {
            with_a_mistake(random, &mut events, start, &self::merge(&format!("WRONG-{n}"), one, &[two]));
        }
    }
    events
}

fn is_merge(event: &Event) -> bool {
    event.id.as_str().starts_with("SAME")
}

/// Adds an event that says what is not so, and one that withdraws it before anything right is said: that would be refused.
fn with_a_mistake(random: &mut ChaCha8Rng, events: &mut Vec<Event>, start: usize, wrong: &Event) {
    let place = random.random_range(start..=events.len());
    let until = events[place..].iter().position(is_merge).map_or(events.len(), |more| place + more);
    let later = random.random_range(place..=until);
    let id = format!("VOID-{}", wrong.id);
    events.insert(later, event(&json!({"type": "void", "id": id, "event": wrong.id, "reason": "not so"})));
    events.insert(place, wrong.clone());
}

/// An event that names a lot, and by which nothing moves.
fn known_lot(lot: &LotId) -> Event {
    let id = format!("KNOWN-{lot}");
    event(
        &json!({"type": "operation", "kind": "PROCESS", "id": id, "at": minute(0).to_string(), "lots": [lot]}),
    )
}

fn same(into: &LotId, lots: &[&LotId]) -> Event {
    let names: Vec<&str> = lots.iter().map(|lot| lot.as_str()).collect();
    merge(&format!("SAME-{}", names.join("+")), into, lots)
}

fn merge(id: &str, into: &LotId, lots: &[&LotId]) -> Event {
    event(
        &json!({"type": "mergeLots", "id": id, "at": minute(30).to_string(), "into": into, "lots": lots, "reason": "one lot"}),
    )
}

/// Holds on some lots, under some of their names.
fn with_holds(random: &mut ChaCha8Rng, lots: &BTreeSet<LotId>, events: &mut [Vec<Event>; 2]) {
    let known: Vec<&LotId> = lots.iter().collect();
    for n in 0..random.random_range(0..3) {
        let lot = known.choose(random).unwrap();
        let name = if random.random_bool(0.5) { (*lot).clone() } else { other(lot, 1) };
        let place = random.random_range(0..4);
        for (events, name) in events.iter_mut().zip([*lot, &name]) {
            let hold = json!({"type": "hold", "id": format!("H{n}"), "at": minute(50).to_string(), "lots": [name],
                "reason": "test", "policy": "WARN", "lateCapture": "RECORD"});
            let fallback = json!({"type": "hold", "id": format!("H{n}"), "at": minute(50).to_string(), "lots": [lot],
                "reason": "test", "policy": "WARN", "lateCapture": "RECORD"});
            let named = events.iter().any(|event| event.id.as_str() == format!("KNOWN-{name}"));
            let place = events.len() - place.min(events.len() - 1);
            events.insert(place, event(if named { &hold } else { &fallback }));
        }
    }
}

/// Records events in one batch or in several. Only what says what is not so may be refused, since other such events may have
/// been before it.
async fn record(random: &mut ChaCha8Rng, fresh: &Fresh, events: &[Event]) {
    let portion = if random.random_bool(0.3) { events.len() } else { random.random_range(1..8) };
    for portion in events.chunks(portion) {
        let batch = Batch { atomic: false, ..batch(portion.to_vec()) };
        let receipt = fresh.store.commit(&batch).await;
        let receipt =
            receipt.unwrap_or_else(|error| panic!("{error:?} at {:?}{}", portion[0].id, said(events)));
        for outcome in receipt.outcomes {
            let mistaken = outcome.id.as_str().contains("WRONG");
            assert!(mistaken || outcome.status == Status::Accepted, "{outcome:?}{}", said(events));
        }
    }
}

async fn lot(fresh: &Fresh, id: &LotId) -> Lot {
    match fresh.store.get(&[NodeRef::Lot(id.clone())]).await.unwrap().remove(0) {
        Some(Node::Lot(lot)) => *lot,
        other => panic!("{id} is {other:?}"),
    }
}

/// A lot without what may tell under which names it was recorded.
fn plain(mut lot: Lot) -> (Lot, Vec<bool>) {
    lot.aliases.clear();
    // A material that no event states any more may still be known of a lot, as after the void of an operation.
    if lot.material_claims == 0 {
        lot.material = None;
    }
    let Anomalies { unknown_origin, quantity_gap, time_conflict, overdrawn, unit_conflict } =
        std::mem::take(&mut lot.anomalies);
    // What is overdrawn is told only as long as nothing graver is, which depends on what was recorded first.
    let overdrawn = overdrawn.filter(|_| quantity_gap.is_none() && time_conflict.is_none());
    let odd = [unknown_origin, quantity_gap, time_conflict, overdrawn, unit_conflict];
    for mark in &mut lot.quarantine.marks {
        // A held lot tells the name that the hold names.
        let (from, _) = mark.from.as_str().split_once('-').unwrap_or((mark.from.as_str(), ""));
        mark.from = LotId::parse(from).unwrap();
    }
    // The work in place that makes every name known.
    lot.in_place = 0;
    // An operation is judged by what was known of its lots when it was recorded.
    lot.overdrawn.unbalanced.clear();
    // How far the stock was compared; what the comparison came to is in `overdrawn`.
    lot.stock = Stock::default();
    (lot, odd.iter().map(Option::is_some).collect())
}

async fn check(store: impl AsyncFn() -> Fresh, first_seed: u64, plants: u64) {
    let (mut moved, mut held) = (0, 0);
    for seed in first_seed..first_seed + plants {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut events = random_plant(random);
        without_documents(&mut events);
        let lots = lots_named(&events);
        let named = renamed(random, &events);
        let mut plant = events;
        plant.splice(1..1, lots.iter().map(known_lot));
        let mut both = [plant, with_names(random, &lots, named)];
        with_holds(random, &lots, &mut both);
        let [plant, named] = both;
        let (one, two) = (store().await, stores::sqlite().await);
        record(random, &two, &plant).await;
        record(random, &one, &named).await;
        for id in &lots {
            let (got, wanted) = (plain(lot(&one, id).await), plain(lot(&two, id).await));
            assert_eq!(got, wanted, "seed {seed}{}", said(&named));
            held += wanted.0.quarantine.marks.len();
        }
        let asked = [
            Questions::over(one.store.clone(), TraceLimits::default()),
            Questions::over(two.store.clone(), TraceLimits::default()),
        ];
        let known: Vec<LotId> = lots.iter().cloned().collect();
        for _ in 0..12 {
            let question = random_question(random, &known);
            let since = random_moments(random, &question);
            let mut answers = Vec::new();
            for questions in &asked {
                let answer = questions.tracer.trace_since(&tester(), question.clone(), &since).await.unwrap();
                let mut answer = comparable(&answer);
                answer.operations.retain(|id, _| !id.starts_with("KNOWN-"));
                for links in [&mut answer.links, &mut answer.conflicts, &mut answer.overdrawn] {
                    links.retain(|(id, ..)| !id.starts_with("KNOWN-"));
                }
                moved += answer.lots.len();
                answers.push(answer);
            }
            assert_eq!(answers[0], answers[1], "seed {seed}, {question:?}, {since:?}{}", said(&named));
        }
    }
    assert!(moved > plants as usize && held > plants as usize / 4, "{moved} lots reached, {held} held");
}

fn said(events: &[Event]) -> String {
    events
        .iter()
        .map(|event| format!("\n{}: {}", event.id, lotgraph::format::canonical::body(&event.fact)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn plants_under_many_names_are_the_same_on_sqlite() {
    check(stores::sqlite, 7_000, 120).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plants_under_many_names_are_the_same_on_neo4j() {
    check(stores::neo4j, 7_000, 25).await;
}
