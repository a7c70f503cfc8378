//! The JSON Schema of events and the tables of docs/EVENTS.md: both are what the lists of fields say, and the schema agrees with
//! the reader.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use lotgraph::domain::{ErrorCode, EventType};
use lotgraph::format::{event, json, schema};
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares a committed file with what it should be, or writes that.
fn expect(name: &str, expected: &str) {
    if crate::support::update_expected() {
        fs::write(path(name), expected).unwrap();
    }
    let committed = fs::read_to_string(path(name)).unwrap_or_default();
    assert!(
        committed == expected,
        "{name} differs from the lists of fields: run UPDATE_EXPECT=1 cargo test event_schema"
    );
}

#[test]
fn the_committed_schema_is_the_published_one() {
    expect("schema/events.json", &schema::text());
}

#[test]
fn the_tables_of_the_events_page_are_the_lists() {
    const START: &str = "<!-- fields: ";
    const END: &str = "<!-- end of fields -->";
    let page = fs::read_to_string(path("docs/EVENTS.md")).unwrap();
    let mut parts = page.split(START);
    let mut expected = parts.next().unwrap().to_owned();
    let mut told = BTreeSet::new();
    for part in parts {
        let (name, rest) = part.split_once(" -->\n").unwrap();
        let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("the fields of {name} do not end"));
        let table = schema::table(name).unwrap_or_else(|| panic!("there is no list {name}"));
        expected.push_str(&format!("{START}{name} -->\n{table}{END}{after}"));
        told.insert(name.to_owned());
    }
    let untold: Vec<&str> = schema::lists().into_iter().filter(|name| !told.contains(*name)).collect();
    assert!(untold.is_empty(), "the page has no table of {}", untold.join(", "));
    expect("docs/EVENTS.md", &expected);
}

/// The schema, ready to judge.
struct Judge {
    schemas: Schemas,
    events: SchemaIndex,
}

impl Judge {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("events.json", schema::events()).unwrap();
        let events = compiler.compile("events.json", &mut schemas);
        Self { events: events.unwrap_or_else(|error| panic!("not a schema: {error:#}")), schemas }
    }

    fn accepts(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.events).is_ok()
    }
}

/// The events of the page and of the example plant; the page shows lines that are no events as well.
fn examples() -> Vec<Value> {
    let mut lines = Vec::new();
    for name in ["docs/EVENTS.md", "examples/plant.ndjson"] {
        let text = fs::read_to_string(path(name)).unwrap();
        lines.extend(text.lines().filter(|line| line.starts_with("{\"type\":")).map(str::to_owned));
    }
    lines.iter().map(|line| json::parse(line.as_bytes()).unwrap()).collect()
}

#[test]
fn every_example_is_valid_and_every_type_has_one() {
    let judge = Judge::new();
    let mut types = BTreeSet::new();
    for example in examples() {
        assert!(judge.accepts(&example), "{example}");
        types.insert(example["type"].as_str().unwrap().to_owned());
    }
    let known: BTreeSet<String> = EventType::ALL.iter().map(|kind| kind.name().to_owned()).collect();
    assert_eq!(types, known);
}

/// What a schema cannot say: that a date exists and lies in range, an order of two values, a reference to itself, and how the
/// digits of a number read that is no text.
const BEYOND_A_SCHEMA: &[ErrorCode] = &[
    ErrorCode::TimeInvalid,
    ErrorCode::TimeOutOfRange,
    ErrorCode::TimeOrder,
    ErrorCode::LimitsOrder,
    ErrorCode::ReturnedTooMuch,
    ErrorCode::OutputUnknown,
    ErrorCode::SelfReference,
    ErrorCode::QuantityInvalid,
];

/// Values that are right in one field and wrong in another.
fn values() -> Vec<Value> {
    let text = r#"[null, true, 7, -1, 0, 0.5, 1000000000000, [], {}, "", " ", "A", " A", "A\u0007", "A\n", "0", "-0", "-1", "1.5",
        ".5", "1e3", "0.0000000001", "1000000000000", "000000000000001", "KGM", "k g", "%", ["A"], ["A", "A"], [7], [{"lot": "A"}],
        [{"lot": "A", "quantity": "0", "unit": "KGM"}], [{"lot": "A", "quantity": 1}], {"a": 1, "b": null}, {"a": []}, {"": "x"},
        "2026-01-05T06:10:00Z", "2026-01-05 06:10:00.5+08:00", "2026-01-05T06:10:00", "2026-02-30T06:10:00Z",
        "2200-01-01T00:00:00+08:00", "9999-01-01T00:00:00Z", "PROCESS", "SPLIT", "RECEIVE", ["SUPPLIER"], "WARN", "SCRAP",
        {"causes": [{}]}, {"causes": [{"step": "S"}]}, {"lots": []}, [{"parameter": {"name": "t", "below": 1}}]]"#;
    let mut values: Vec<Value> = serde_json::from_str(text).unwrap();
    values.extend([200, 201, 1000, 1001].map(|length| Value::from("批".repeat(length))));
    values
}

/// The paths of all values inside a value, itself first.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| paths(value, &format!("{at}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| paths(item, &format!("{at}/{n}"), found));
        }
        _ => {}
    }
}

/// The event with every field in turn left out, replaced, and with a further field in every object.
fn variants(example: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    paths(example, "", &mut found);
    let mut variants = Vec::new();
    for path in &found {
        if let Some((parent, name)) = path.rsplit_once('/') {
            for value in values() {
                let mut variant = example.clone();
                *variant.pointer_mut(path).unwrap() = value;
                variants.push(variant);
            }
            let mut variant = example.clone();
            match variant.pointer_mut(parent).unwrap() {
                Value::Object(fields) => drop(fields.remove(name)),
                Value::Array(items) => drop(items.remove(name.parse().unwrap())),
                _ => unreachable!("only these have something inside"),
            }
            variants.push(variant);
        }
        let mut variant = example.clone();
        if let Some(Value::Object(fields)) = variant.pointer_mut(path) {
            for name in ["colour", "quantity", "lots", "inputs", "hold"] {
                if !fields.contains_key(name) {
                    let mut fields = fields.clone();
                    fields.insert(name.to_owned(), "1".into());
                    let mut variant = example.clone();
                    *variant.pointer_mut(path).unwrap() = fields.into();
                    variants.push(variant);
                }
            }
        }
    }
    variants
}

#[test]
fn the_schema_accepts_what_the_reader_accepts_and_refuses_what_it_refuses() {
    let judge = Judge::new();
    let (mut accepted, mut refused) = (0, 0);
    for variant in examples().iter().flat_map(variants) {
        let read = event::parse(&variant);
        match (&read, judge.accepts(&variant)) {
            (Ok(_), true) => accepted += 1,
            (Err(_), false) => refused += 1,
            (Err(problems), true)
                if problems.iter().all(|problem| BEYOND_A_SCHEMA.contains(&problem.code)) => {}
            (Ok(_), false) => panic!("the schema refuses what is read: {variant}"),
            (Err(problems), true) => panic!("the schema accepts {variant}, which is refused: {problems:?}"),
        }
    }
    assert!(accepted > 1_000 && refused > 10_000, "{accepted} accepted, {refused} refused");
}
