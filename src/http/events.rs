//! `POST /api/v1/events`: events as a JSON array or NDJSON, recorded through the one write door.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::State;
use super::arguments::Arguments;
use super::body;
use super::failure::Failure;
use crate::domain::{ErrorCode, Problem, Text};
use crate::format;
use crate::format::item::Item;
use crate::format::ndjson::NdjsonReader;
use crate::service::ingest::{ItemOutcome, ItemStatus, ReadItem, Report, Sender};

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// Records the events of a body.
pub async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Failure> {
    let mut arguments = Arguments::read(request.query_string(), &["atomic"])?;
    let atomic = arguments.flag("atomic")?.unwrap_or(true);
    let media_type = body::media_type(&request, &[JSON, NDJSON, "application/ndjson", "application/jsonl"])?;
    let bytes = body::read(&request, payload, state.options.events_bytes_max).await?;
    let items = if media_type == JSON { read_json(&bytes)? } else { read_lines(&bytes) };
    // Dropped here: the parsed events are what the rest needs.
    drop(bytes);
    let report = state.context.ingest.record(items, atomic, &sender()?).await?;
    answer(&report)
}

fn sender() -> Result<Sender, Failure> {
    let text = |text: &str| Text::parse(text).map_err(|error| Failure::text("sender", &error));
    Ok(Sender { actor: text("anonymous")?, source: text("rest")? })
}

/// Reads a JSON array of events, or a single one.
fn read_json(bytes: &[u8]) -> Result<Vec<ReadItem>, Failure> {
    let value = format::json::parse(bytes).map_err(|error| {
        let message = format!("{} at line {} column {}", error.problem.message, error.line, error.column);
        Failure::new(error.problem.code, message)
    })?;
    match value {
        Value::Array(values) => Ok(values.iter().map(format::event::parse).collect()),
        single => Ok(vec![format::event::parse(&single)]),
    }
}

/// Reads one event a line; a problem with the line itself says which one.
fn read_lines(bytes: &[u8]) -> Vec<ReadItem> {
    // Reading from memory does not fail.
    NdjsonReader::new(bytes).filter_map(Result::ok).map(read_line).collect()
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

/// The report as JSON; an atomic batch that was refused is an error that says what became of each event.
fn answer(report: &Report) -> Result<HttpResponse, Failure> {
    let count = |wanted: &str| report.count(|status| name(status) == wanted);
    let events: Vec<Value> = report.outcomes.iter().enumerate().map(outcome).collect();
    let body = json!({
        "revision": report.revision.to_string(),
        "applied": report.applied,
        "accepted": count("ACCEPTED"),
        "duplicate": count("DUPLICATE"),
        "rejected": count("REJECTED"),
        "events": events,
    });
    if report.applied {
        return Ok(HttpResponse::Ok().json(body));
    }
    let message = format!(
        "{} of {} events were refused, so none was recorded",
        count("REJECTED"),
        report.outcomes.len()
    );
    Err(Failure::new(ErrorCode::BatchRefused, message).with(body))
}

fn name(status: &ItemStatus) -> &'static str {
    match status {
        ItemStatus::Accepted => "ACCEPTED",
        ItemStatus::Duplicate => "DUPLICATE",
        ItemStatus::Rejected(_) => "REJECTED",
        ItemStatus::Withheld => "WITHHELD",
    }
}

fn outcome((index, outcome): (usize, &ItemOutcome)) -> Value {
    let mut value = json!({ "index": index, "status": name(&outcome.status) });
    if let Some(id) = &outcome.id {
        value["id"] = id.as_str().into();
    }
    if let ItemStatus::Rejected(problems) = &outcome.status {
        let problem = |p: &Problem| json!({ "code": p.code.name(), "message": p.message, "path": p.path });
        value["problems"] = problems.iter().map(problem).collect();
    }
    value
}
