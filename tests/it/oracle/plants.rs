//! Random plants to ask about.

use lotgraph::domain::Event;
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::events::{event, minute};

/// A random plant: few lots and a short calendar, so that refills, cycles and clock errors are the rule.
pub fn random_plant(random: &mut ChaCha8Rng) -> Vec<Event> {
    let lots: Vec<String> = (0..random.random_range(4..14)).map(|n| format!("L{n}")).collect();
    let operations = random.random_range(3..18);
    let mut events: Vec<Event> = (0..operations).map(|n| random_operation(random, n, &lots)).collect();
    // Captured out of order; a void cannot come before what it voids.
    events.shuffle(random);
    for n in 0..operations {
        if random.random_bool(0.12) {
            let void =
                json!({"type": "void", "id": format!("V{n}"), "event": format!("O{n}"), "reason": "mistake"});
            events.push(event(&void));
        }
    }
    events
}

fn random_operation(random: &mut ChaCha8Rng, n: usize, lots: &[String]) -> Event {
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
            item
        };
        (0..count).map(|_| item()).collect()
    };
    match random.random_range(0..12) {
        0 => {
            body["type"] = "receive".into();
            body["outputs"] = items(random, 2).into();
        }
        1 => {
            body["type"] = "ship".into();
            body["inputs"] = items(random, 2).into();
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
        _ => {
            body["type"] = "operation".into();
            body["kind"] = "PRODUCE".into();
            body["inputs"] = items(random, 3).into();
            body["outputs"] = items(random, 3).into();
        }
    }
    event(&body)
}
