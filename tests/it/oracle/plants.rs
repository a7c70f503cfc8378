//! Random plants to ask about, and random questions.

use std::collections::BTreeMap;

use lotgraph::domain::{Event, LotId, Timestamp};
use lotgraph::genealogy::{Direction, TimeRule};
use lotgraph::service::trace::TraceQuestion;
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::events::{batch, event, minute};
use crate::support::stores::Fresh;

/// A random plant: few lots and a short calendar, so that refills, cycles and clock errors are the rule.
pub fn random_plant(random: &mut ChaCha8Rng) -> Vec<Event> {
    let lots: Vec<String> = (0..random.random_range(4..14)).map(|n| format!("L{n}")).collect();
    let operations = random.random_range(3..18);
    // Some plants weigh nothing, some nearly everything.
    let weighed = [0.0, 0.9, 1.0, 1.0].choose(random).copied().unwrap_or_default();
    let mut events: Vec<Event> =
        (0..operations).map(|n| random_operation(random, n, &lots, weighed)).collect();
    // A number that is no lot's id is not taken for a lot: all lots are there before.
    let known = json!({"type": "operation", "id": "KNOWN", "kind": "PROCESS", "at": minute(0).to_string(), "lots": lots});
    // Captured out of order; a void cannot come before what it voids.
    events.shuffle(random);
    // What comes back is not to wait for an inspection, which the plants do not have.
    let material = json!({"type": "material", "code": "M", "unit": "KGM", "returnsToStock": true});
    events.insert(0, event(&material));
    events.insert(1, event(&known));
    for n in 0..operations {
        if random.random_bool(0.12) {
            let void =
                json!({"type": "void", "id": format!("V{n}"), "event": format!("O{n}"), "reason": "mistake"});
            events.push(event(&void));
        }
    }
    events
}

fn random_operation(random: &mut ChaCha8Rng, n: usize, lots: &[String], weighed: f64) -> Event {
    let end = random.random_range(0..30);
    let mut body = json!({"id": format!("O{n}"), "at": minute(end).to_string()});
    if random.random_bool(0.5) {
        body["startedAt"] = minute(end - random.random_range(0..6)).to_string().into();
    }
    let items = |random: &mut ChaCha8Rng, most: usize| -> Vec<Value> {
        let count = random.random_range(1..=most);
        let mut item = || {
            let mut item = json!({"lot": lots.choose(random).unwrap()});
            if random.random_bool(0.3) {
                item["at"] = minute(end - random.random_range(-2..6)).to_string().into();
            }
            if random.random_bool(weighed) {
                // A few lots are only listed.
                let listed = random.random_bool(0.05);
                item["quantity"] = if listed { 0 } else { random.random_range(1..20) }.to_string().into();
                item["unit"] = "KGM".into();
            }
            item
        };
        (0..count).map(|_| item()).collect()
    };
    // Some of what was issued, or all of it, comes back unused.
    let drawn = |random: &mut ChaCha8Rng, most: usize| -> Vec<Value> {
        let mut drawn = items(random, most);
        drawn.iter_mut().for_each(|item| return_some(random, item));
        drawn
    };
    match random.random_range(0..21) {
        0 => {
            body["type"] = "receive".into();
            body["outputs"] = items(random, 2).into();
        }
        15..=18 => {
            body["type"] = "receive".into();
            body["document"] = format!("DN-{}", random.random_range(0..2)).into();
            let mut outputs = items(random, 2);
            for output in &mut outputs {
                let number = random.random_range(0..3);
                match random.random_range(0..4) {
                    0 => output["supplierLot"] = lots.choose(random).unwrap().clone().into(),
                    1 => output["supplierLot"] = format!("N{number}").into(),
                    2 => output["number"] = format!("N{number}").into(),
                    _ => {}
                }
            }
            body["outputs"] = outputs.into();
        }
        1 | 19..=20 => {
            body["type"] = "ship".into();
            if random.random_bool(0.8) {
                body["document"] = format!("DN-{}", random.random_range(0..2)).into();
            }
            body["inputs"] = drawn(random, 2).into();
        }
        2 => {
            body["type"] = "operation".into();
            body["kind"] = "PROCESS".into();
            let names: Vec<Value> = items(random, 2).iter().map(|item| item["lot"].clone()).collect();
            body["lots"] = names.into();
        }
        3 | 4 => {
            body["type"] = "clean".into();
            let names: Vec<Value> = items(random, 2).iter().map(|item| item["lot"].clone()).collect();
            body["lots"] = names.into();
        }
        5 if weighed > 0.0 => {
            body["type"] = "count".into();
            let counted =
                |item: &Value| json!({"lot": item["lot"], "quantity": (n % 15).to_string(), "unit": "KGM"});
            let found: Vec<Value> = items(random, 2).iter().map(counted).collect();
            body["lots"] = found.into();
        }
        13 | 14 => {
            body["type"] = "return".into();
            body["customer"] = "C".into();
            let mut outputs = items(random, 2);
            for output in &mut outputs {
                output["material"] = "M".into();
                if random.random_bool(0.5) {
                    output["shippedAs"] = lots.choose(random).unwrap().clone().into();
                }
            }
            body["outputs"] = outputs.into();
        }
        _ => {
            body["type"] = "operation".into();
            body["kind"] = "PRODUCE".into();
            let (mut inputs, outputs) = (drawn(random, 3), items(random, 3));
            for input in &mut inputs {
                if random.random_bool(0.25) {
                    input["for"] = outputs.choose(random).unwrap()["lot"].clone();
                }
            }
            body["inputs"] = inputs.into();
            body["outputs"] = outputs.into();
        }
    }
    event(&body)
}

/// Has some of an input come back unused, of one in five.
fn return_some(random: &mut ChaCha8Rng, input: &mut Value) {
    let issued: Option<u32> = input["quantity"].as_str().map(|text| text.parse().unwrap());
    if let Some(issued) = issued.filter(|_| random.random_bool(0.2)) {
        input["returned"] = random.random_range(0..=issued).to_string().into();
    }
}

pub fn random_question(random: &mut ChaCha8Rng, known: &[LotId]) -> TraceQuestion {
    let direction = if random.random_bool(0.5) { Direction::Forward } else { Direction::Backward };
    let bound = random.random_bool(0.3).then(|| minute(random.random_range(0..30)));
    let (since, until) = match direction {
        Direction::Forward => (bound, None),
        Direction::Backward => (None, bound),
    };
    let seeds = random.random_range(1..=3.min(known.len()));
    TraceQuestion {
        lots: known.choose_multiple(random, seeds).cloned().collect(),
        direction,
        max_depth: random.random_bool(0.3).then(|| random.random_range(0..4)),
        rule: TimeRule { respect_time: random.random_bool(0.85), since, until },
        skip_cache: false,
        at: None,
    }
}

/// Moments of their own for some seeds of some questions.
pub fn random_moments(random: &mut ChaCha8Rng, question: &TraceQuestion) -> BTreeMap<LotId, Timestamp> {
    let share = if random.random_bool(0.5) { 0.6 } else { 0.0 };
    let lots = question.lots.iter().filter(|_| random.random_bool(share)).cloned().collect::<Vec<LotId>>();
    lots.into_iter().map(|lot| (lot, minute(random.random_range(0..30)))).collect()
}

/// Records events in one batch or in several: the answers must not depend on it.
pub async fn record(random: &mut ChaCha8Rng, fresh: &Fresh, events: &[Event]) {
    let portion = if random.random_bool(0.3) { events.len() } else { random.random_range(1..6) };
    for portion in events.chunks(portion) {
        let receipt = fresh.store.commit(&batch(portion.to_vec())).await.unwrap();
        assert!(receipt.applied, "{receipt:?}");
    }
}
