//! The events of a request body, read one after the other: only one of them is in memory as JSON, and reading stops at the
//! first that is too many.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::event;
use super::gauge::Gauge;
use super::item::Item;
use super::json::{self, Bounds, JsonError, Strict};
use super::ndjson::NdjsonReader;
use super::problems::not_told;
use lotgraph_domain::event::EVENT_ITEMS_MAX;
use lotgraph_domain::{ErrorCode, Event, Problem};

/// Problems told of all events of a body; beyond, each event tells its first one.
pub const BATCH_PROBLEMS_MAX: usize = 1_000;

/// What one event may take in memory as JSON, in an array beside half the bytes of the text: the largest event that is allowed
/// takes two thirds.
pub(super) const EVENT_MEMORY: usize = 24 << 20;

/// What all events of a body may take, beside a quarter of the bytes of the body: with its text, one of them as JSON, and
/// what an allocator leaves unused, that is at most four times its bytes.
const BATCH_MEMORY: usize = 20 << 20;

/// An event, or the problems of one that cannot be read.
pub type ReadItem = Result<Event, Vec<Problem>>;

/// Reads a JSON array of events, or a single one.
///
/// # Errors
/// Where the text stops being JSON; `BATCH_TOO_LARGE` at the event that is one more than `events_max`, or takes too much.
pub fn read_json(bytes: &[u8], events_max: usize) -> Result<Vec<ReadItem>, JsonError> {
    let gauge = Gauge::new(Bounds {
        items_max: EVENT_ITEMS_MAX,
        memory_max: EVENT_MEMORY.saturating_add(bytes.len() / 2),
    });
    let batch = Batch::new(events_max, bytes.len());
    let excess = RefCell::new(None);
    let read = json::read(bytes, &gauge, Top { gauge: &gauge, batch, excess: &excess });
    match (read, excess.take()) {
        (Err(error), Some(problem)) => Err(JsonError { problem, ..error }),
        (Err(error), None) => Err(error),
        (Ok(items), _) => Ok(items),
    }
}

/// Reads one event a line; a problem with a line itself says which one.
///
/// # Errors
/// `BATCH_TOO_LARGE` as [`read_json`].
pub fn read_lines(bytes: &[u8], events_max: usize) -> Result<Vec<ReadItem>, JsonError> {
    let mut batch = Batch::new(events_max, bytes.len());
    let mut reader = NdjsonReader::new(bytes);
    // Reading from memory does not fail.
    while let Some(Ok(item)) = reader.next() {
        let line = usize::try_from(item.line).unwrap_or(usize::MAX);
        batch.add(read_line(item), reader.take_kept()).map_err(|problem| JsonError {
            line,
            column: 1,
            problem,
        })?;
    }
    Ok(batch.items)
}

fn read_line(item: Item) -> ReadItem {
    let Item { line, columns, event } = item;
    event.map_err(|mut problems| {
        for (index, problem) in problems.iter_mut().enumerate().filter(|(_, problem)| problem.path.is_empty())
        {
            let column = columns.of(index, problem);
            let column = if column.is_empty() { String::new() } else { format!(" column {column}") };
            problem.message.push_str(&format!(" at line {line}{column}"));
        }
        problems
    })
}

/// The events so far.
struct Batch {
    items: Vec<ReadItem>,
    events_max: usize,
    memory: usize,
    memory_max: usize,
    problems: usize,
}

impl Batch {
    fn new(events_max: usize, bytes: usize) -> Self {
        let memory_max = BATCH_MEMORY.saturating_add(bytes / 4);
        Self { items: Vec::new(), events_max, memory: 0, memory_max, problems: 0 }
    }

    /// Adds an event that takes so much memory.
    fn add(&mut self, item: ReadItem, memory: usize) -> Result<(), Problem> {
        if self.items.len() == self.events_max {
            let message = format!(
                "the batch has more than {} events; send smaller batches, or use lotgraph import",
                self.events_max
            );
            return Err(Problem::new(ErrorCode::BatchTooLarge, "", message));
        }
        if item.is_ok() {
            self.memory = self.memory.saturating_add(memory);
        }
        if self.memory > self.memory_max {
            let message = format!(
                "the first {} events of the batch have more parts than are read at once; send smaller batches",
                self.items.len()
            );
            return Err(Problem::new(ErrorCode::BatchTooLarge, "", message));
        }
        let item = item.map_err(|problems| self.told(problems));
        self.items.push(item);
        Ok(())
    }

    fn told(&mut self, mut problems: Vec<Problem>) -> Vec<Problem> {
        if self.problems >= BATCH_PROBLEMS_MAX && problems.len() > 1 {
            let more = problems.len() - 1;
            problems.truncate(1);
            problems.extend(not_told(more));
            problems.shrink_to_fit();
        }
        self.problems += problems.len();
        problems
    }
}

/// Reads the value that a body is.
struct Top<'a> {
    gauge: &'a Gauge,
    batch: Batch,
    /// Why the batch is too large, beside the error that stops the reading.
    excess: &'a RefCell<Option<Problem>>,
}

impl Top<'_> {
    fn add<E: serde::de::Error>(&mut self, value: &Value) -> Result<(), E> {
        let item = match self.gauge.take_skipped() {
            Some(problem) => Err(vec![problem]),
            None => event::parse(value),
        };
        self.batch.add(item, self.gauge.take_kept()).map_err(|problem| {
            let error = E::custom(&problem.message);
            self.excess.replace(Some(problem));
            error
        })
    }

    fn single<E: serde::de::Error>(mut self, value: Result<Value, E>) -> Result<Vec<ReadItem>, E> {
        self.add(&value?)?;
        Ok(self.batch.items)
    }
}

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = Vec<ReadItem>;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Vec<ReadItem>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("events")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Self::Value, A::Error> {
        while let Some(value) = items.next_element_seed(Strict(self.gauge))? {
            self.add(&value)?;
        }
        Ok(self.batch.items)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        let value = Strict(self.gauge).visit_map(fields);
        self.single(value)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        self.single(Ok(value.into()))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        self.single(Ok(value.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        self.single(Ok(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        self.single(Ok(value.into()))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
        self.single(Ok(Value::String(String::new())))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        self.single(Ok(Value::Null))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, max: usize) -> (ErrorCode, usize, usize) {
        let error = read_json(text.as_bytes(), max).expect_err("too many");
        (error.problem.code, error.line, error.column)
    }

    #[test]
    fn the_event_that_is_too_many_stops_the_reading() {
        // What stands behind it is no JSON, and nobody looks.
        assert_eq!(refused("[{},\n{},{} nonsense", 2), (ErrorCode::BatchTooLarge, 2, 6));
        assert_eq!(read_json(b"[{},{}]", 2).expect("two").len(), 2);
        let error = read_lines(b"{}\n\n{}\n{}\nx", 2).expect_err("three lines");
        assert_eq!((error.problem.code, error.line), (ErrorCode::BatchTooLarge, 4));
        assert_eq!(read_lines(b"{}\n{}\n\n", 2).expect("two").len(), 2);
    }

    #[test]
    fn a_body_may_be_one_value_of_any_kind() {
        for text in ["{}", "7", "-7", "7.5", "true", "null", "\"text\""] {
            let items = read_json(text.as_bytes(), 9).expect(text);
            assert!(items.len() == 1 && items[0].is_err(), "{text}");
        }
        assert_eq!(refused("{\"a\":1,}", 9).0, ErrorCode::JsonMalformed);
        assert_eq!(refused("{\"a\":1,\"a\":1}", 9).0, ErrorCode::FieldDuplicate);
        assert_eq!(refused("[{\"a\":1.0000000000000001}]", 9).0, ErrorCode::NumberInexact);
    }

    #[test]
    fn a_list_that_is_too_long_costs_its_event_and_says_where_it_stands() {
        let list = vec!["{}"; EVENT_ITEMS_MAX + 1].join(",");
        let text = format!(r#"[{{"type":"ship","inputs":[{{"x":[{list}]}}],"b":[1]}},{{"type":"x"}}]"#);
        let items = read_json(text.as_bytes(), 9).expect("JSON");
        let problem = &items[0].as_ref().expect_err("too long")[0];
        assert_eq!((problem.code, problem.path.as_str()), (ErrorCode::ItemsTooMany, "inputs[0].x"));
        assert!(problem.message.contains("10001 items"), "{problem:?}");
        assert_eq!(items[1].as_ref().expect_err("no type")[0].code, ErrorCode::EventTypeUnknown);
    }

    #[test]
    fn problems_of_a_batch_are_bounded_and_each_event_tells_one() {
        let event = r#"{"type":"receive","at":"x","a":1,"b":2}"#;
        let text = format!("[{}]", vec![event; 1_000].join(","));
        let items = read_json(text.as_bytes(), 1_000).expect("JSON");
        let told = |n: usize| items[n].as_ref().expect_err("bad").iter().map(|p| p.code).collect::<Vec<_>>();
        assert_eq!(told(0).len(), 3, "{:?}", items[0]);
        assert_eq!(told(999), [told(0)[0], ErrorCode::ProblemsMore]);
    }
}
