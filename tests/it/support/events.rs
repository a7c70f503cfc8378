//! Short ways to say events: JSON in the public shape, and a one-line notation for plants.

use lotgraph::domain::{Caller, CallerKind, Entry, Event, Text, Timestamp};
use lotgraph::store::Batch;
use serde_json::{Value, json};
use uuid::Uuid;

/// Reads one event of the public JSON shape.
pub fn event(value: &Value) -> Event {
    lotgraph::format::event::parse(value).unwrap_or_else(|problems| panic!("{value}: {problems:?}"))
}

/// Who sends what tests record, and asks what they ask.
pub fn tester() -> Caller {
    let text = |text| Text::parse(text).unwrap();
    Caller::named(text("tester"), CallerKind::Person, Entry::Other { name: text("test") })
}

/// An atomic batch of events, recorded now by a test.
pub fn batch(events: Vec<Event>) -> Batch {
    let caller = tester();
    Batch {
        commit: Uuid::new_v4(),
        events: std::sync::Arc::new(events),
        atomic: true,
        recording: caller.recording(Timestamp::now()),
        caller,
    }
}

/// Minute `n` of the test calendar.
pub fn minute(n: i64) -> Timestamp {
    Timestamp::from_micros(1_767_225_600_000_000 + n * 60_000_000).unwrap()
}

/// Operations in a short notation, one a semicolon: `A B -> C D` consumes A and B and produces C and D; `-> A` receives A;
/// `A ->` ships A; `~ A` works on A in place. The n-th (from 1) has the id `On` and happens in minute n, unless it
/// starts with `NAME@MINUTE:`.
pub fn plant(text: &str) -> Vec<Event> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).enumerate().map(operation).collect()
}

fn operation((index, text): (usize, &str)) -> Event {
    let (head, body) = text.split_once(':').unwrap_or(("", text));
    let (name, at) = head.split_once('@').unwrap_or((head, ""));
    let id = if name.is_empty() { format!("O{}", index + 1) } else { name.trim().to_owned() };
    let at = at.trim().parse().unwrap_or(index as i64 + 1);
    let at = minute(at).to_string();
    if let Some(lots) = body.trim().strip_prefix('~') {
        let lots: Vec<&str> = lots.split_whitespace().collect();
        return event(&json!({"type": "operation", "kind": "PROCESS", "id": id, "at": at, "lots": lots}));
    }
    let (inputs, outputs) = body.split_once("->").unwrap_or_else(|| panic!("no arrow in {text:?}"));
    let items = |text: &str| -> Vec<Value> {
        text.split_whitespace().map(|lot| json!({"lot": lot, "quantity": "1", "unit": "EA"})).collect()
    };
    let (inputs, outputs) = (items(inputs), items(outputs));
    event(&if inputs.is_empty() {
        json!({"type": "receive", "id": id, "at": at, "outputs": outputs})
    } else if outputs.is_empty() {
        json!({"type": "ship", "id": id, "at": at, "inputs": inputs})
    } else {
        json!({"type": "operation", "kind": "PRODUCE", "id": id, "at": at, "inputs": inputs, "outputs": outputs})
    })
}
