//! Fuzzing of events as JSON and as NDJSON.

use std::io::{BufReader, Read};

use lotgraph::domain::{ErrorCode, Event, Problem};
use lotgraph::format::item::{Columns, Item};
use lotgraph::format::ndjson::NdjsonReader;
use lotgraph::format::{canonical, event, json};

use super::{Allowed, Target, corpus, ensure, linear};

/// One event: a tree of values, the event, or a message for each field that is wrong.
const EVENT: Allowed = Allowed { fixed: 256 << 10, per_byte: 100 };
/// A file: short lines cost a refusal each.
const LINES: Allowed = Allowed { fixed: 256 << 10, per_byte: 500 };

const WORDS: &[&str] = &[
    "null",
    "true",
    "-0",
    "1e999",
    "0.1",
    "18446744073709551616",
    "1.0000000000000000001",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\u{1f600}\"",
    "\"e\u{301}\"",
    "\u{feff}",
    "[",
    "]",
    "{",
    "}",
    "[]",
    "{}",
    ",",
    ":",
    "\"",
    "\\",
    "\n",
    "\"id\":\"X\",",
    "\"attributes\":{\"a\":\"b\"},",
    "\"quantity\":1,",
    "\"unit\":\"KGM\",",
    "\"lots\":[\"L\"],",
    "\"at\":\"2026-02-30T00:00:00Z\",",
    "\"2026-01-01T00:00:60+14:00\"",
    "\"2199-12-31T23:59:59.999999999-12:00\"",
    "receive",
    "operation",
    "recall",
    "PROCESS",
    "count",
    "hold",
    "\u{ff5a}",
    "\u{e000}",
    "9",
    "-",
];

#[test]
fn events_are_read_or_refused() {
    Target { name: "events", corpus: corpus::events(), words: WORDS, property: &one_event }.run();
}

#[test]
fn lines_are_read_or_refused() {
    let mut files = vec![corpus::file("examples/plant.ndjson").into_bytes()];
    files.extend(corpus::events().chunks(5).map(|lines| lines.join(&b"\r\n"[..])));
    Target { name: "ndjson", corpus: files, words: WORDS, property: &lines }.run();
}

fn one_event(bytes: &[u8]) -> Result<(), String> {
    let value = match linear(bytes.len(), &EVENT, || json::parse(bytes))? {
        Ok(value) => value,
        Err(error) => {
            let lines = bytes.split(|byte| *byte == b'\n').count();
            ensure((1..=lines).contains(&error.line) && error.column >= 1, || {
                format!("no such place: {error:?}")
            })?;
            return has_text(&error.problem);
        }
    };
    match linear(bytes.len(), &EVENT, || event::parse(&value))? {
        Ok(event) => comes_back(&event),
        Err(problems) => {
            ensure(!problems.is_empty(), || "refused without a reason".to_owned())?;
            for problem in &problems {
                has_text(problem)?;
                // The path of an unknown field with an empty name is that of the object it stands in.
                let whole = problem.path.is_empty() && problem.code != ErrorCode::FieldUnknown;
                ensure(!(whole && value.is_object()), || format!("a problem without a path: {problem:?}"))?;
            }
            Ok(())
        }
    }
}

/// What every refusal has: a code that blames the input, and words.
pub fn has_text(problem: &Problem) -> Result<(), String> {
    ensure(problem.code != ErrorCode::Internal && !problem.message.is_empty(), || {
        format!("no reason: {problem:?}")
    })
}

/// An event is the same after being written and read: as a line, as the body that the ledger keeps, and its line is what
/// another implementation of RFC 8785 makes of it.
pub fn comes_back(event: &Event) -> Result<(), String> {
    let line = canonical::line(event);
    let value = json::parse(line.as_bytes()).map_err(|error| format!("{line} is not JSON: {error:?}"))?;
    let again = event::parse(&value).map_err(|problems| format!("{line} is refused: {problems:?}"))?;
    ensure(again == *event, || format!("{line} became {again:?}, not {event:?}"))?;
    let theirs = serde_json_canonicalizer::to_string(&value).map_err(|error| error.to_string())?;
    ensure(theirs == line, || format!("{line} is {theirs} by RFC 8785"))?;
    let body = canonical::body(&event.fact);
    let stored = event::from_body(event.id.clone(), &body)
        .map_err(|problems| format!("{body} is refused: {problems:?}"))?;
    ensure(stored == *event && canonical::body(&stored.fact) == body, || format!("{body} became {stored:?}"))
}

fn lines(bytes: &[u8]) -> Result<(), String> {
    let (items, read) = linear(bytes.len(), &LINES, || {
        let mut reader = NdjsonReader::new(bytes);
        let items: Vec<Item> = reader.by_ref().map(|item| item.unwrap()).collect();
        (items, reader.bytes())
    })?;
    ensure(read == bytes.len() as u64, || format!("{read} bytes read of {}", bytes.len()))?;
    let texts: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let mut last = 0;
    for item in &items {
        ensure(last < item.line && item.line <= texts.len() as u64, || {
            format!("line {} after {last}", item.line)
        })?;
        last = item.line;
        if let Columns::Character(column) = item.columns {
            let longest = texts[item.line as usize - 1].len() + 1;
            ensure((1..=longest).contains(&column), || format!("line {} has no column {column}", item.line))?;
        }
        match &item.event {
            Ok(event) => comes_back(event)?,
            Err(problems) => problems.iter().try_for_each(has_text)?,
        }
    }
    let pieces = BufReader::with_capacity(7, bytes.chain(&b""[..]));
    let again: Vec<Item> = NdjsonReader::new(pieces).map(|item| item.unwrap()).collect();
    same_in_pieces(&items, &again)
}

/// However the bytes of a file arrive, the same is read.
pub fn same_in_pieces(items: &[Item], pieces: &[Item]) -> Result<(), String> {
    let shape = |item: &Item| format!("line {}: {:?} {:?}", item.line, item.columns, item.event);
    ensure(items.len() == pieces.len(), || format!("{} items, {} in pieces", items.len(), pieces.len()))?;
    items.iter().zip(pieces).try_for_each(|(item, piece)| {
        ensure(shape(item) == shape(piece), || format!("{}; in pieces {}", shape(item), shape(piece)))
    })
}
