//! What can be said of events without reading one: their JSON Schema (draft 2020-12), and the tables of docs/EVENTS.md.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::lists::{self, Column, Definitions};
use lotgraph_domain::{EventType, with_event_type};

/// The types of events that are operations; what they have in common is told once.
const OPERATIONS: &[EventType] = &[
    EventType::Receive,
    EventType::Operation,
    EventType::Ship,
    EventType::Scrap,
    EventType::Clean,
    EventType::Count,
];

pub(crate) fn describe() -> (Vec<Value>, Definitions) {
    let mut definitions = Definitions::default();
    let events = EventType::ALL.iter().map(|event_type| {
        with_event_type!(*event_type, lists::List => definitions.event::<List>(event_type.meaning()))
    });
    (events.collect(), definitions)
}

/// The JSON Schema of one event.
#[must_use]
pub fn events() -> Value {
    let (events, definitions) = describe();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An event of lotgraph",
        "description": "One event, as a line of NDJSON has it, or an item of the array that POST /api/v1/events takes.",
        "oneOf": events,
        "$defs": definitions.schemas,
    })
}

/// The schema as it is published.
#[must_use]
pub fn text() -> String {
    format!("{:#}\n", events())
}

/// The names of all lists of fields: of the types of events, and of the sorts of objects inside them.
#[must_use]
pub fn lists() -> Vec<&'static str> {
    describe().1.columns.into_keys().collect()
}

/// The table of the fields of a list: a type of event, a sort of object inside events, or `common` for those that all
/// operations have, which their own tables leave out.
#[must_use]
pub fn table(list: &str) -> Option<String> {
    let (_, mut definitions) = describe();
    let is_common = |column: &Column| {
        let has = |event_type: &EventType| {
            let columns = definitions.columns.get(event_type.name());
            columns.is_some_and(|columns| columns.iter().any(|other| other.name == column.name))
        };
        OPERATIONS.iter().all(has)
    };
    let operation = OPERATIONS.iter().any(|event_type| event_type.name() == list);
    let columns: Vec<Column> = match list {
        "common" => {
            let columns = definitions.columns.get(EventType::Receive.name())?;
            columns.iter().filter(|column| is_common(column)).cloned().collect()
        }
        _ if operation => {
            definitions.columns.get(list)?.iter().filter(|column| !is_common(column)).cloned().collect()
        }
        _ => definitions.columns.remove(list)?,
    };
    let mut table = "| field | | meaning |\n|---|---|---|\n".to_owned();
    for Column { name, required, about, .. } in columns {
        let required = if required { " required " } else { " " };
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| `{name}` |{required}| {about} |");
    }
    Some(table)
}
