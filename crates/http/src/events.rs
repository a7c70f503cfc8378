//! `POST /api/v1/events`: events as a JSON array or NDJSON, recorded through the one write door.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::State;
use super::arguments::Arguments;
use super::body;
use super::failure::Failure;
use super::who;
use lotgraph_domain::{Entry, ErrorCode, Event, Fact, HoldMark, MarkKind, Problem};
use lotgraph_format as format;
use lotgraph_format::item::Item;
use lotgraph_format::ndjson::NdjsonReader;
use lotgraph_service::recorder::{ItemOutcome, ItemStatus, ReadItem, Report};
use lotgraph_service::standing::{self, StandingLot};

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// Records the events of a body.
pub async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Failure> {
    let caller = who::caller(&request, &state, Entry::Rest)?;
    let mut arguments = Arguments::read(request.query_string(), &["atomic"])?;
    let atomic = arguments.flag("atomic")?.unwrap_or(true);
    let media_type = body::media_type(&request, &[JSON, NDJSON, "application/ndjson", "application/jsonl"])?;
    let bytes = body::read(&request, payload, state.options.events_bytes_max).await?;
    let items = if media_type == JSON { read_json(&bytes)? } else { read_lines(&bytes) };
    // Dropped here: the parsed events are what the rest needs.
    drop(bytes);
    let holding = items.iter().filter_map(|item| item.as_ref().ok());
    let holding = holding.filter(|event| matches!(event.fact, Fact::Hold(_) | Fact::Release(_)));
    let holding: Vec<Event> = holding.cloned().collect();
    let report = state.context.recorder.record(items, atomic, &caller).await?;
    let standing = match report.applied && !holding.is_empty() {
        true => Some(standing::standing(&state.context.questions.lookup, &caller, &holding).await?),
        false => None,
    };
    answer(&report, standing.as_deref())
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
fn answer(report: &Report, standing: Option<&[StandingLot]>) -> Result<HttpResponse, Failure> {
    let count = |wanted: &str| report.count(|status| name(status) == wanted);
    let events: Vec<Value> = report.outcomes.iter().enumerate().map(outcome).collect();
    let mut body = json!({
        "revision": report.revision.to_string(),
        "applied": report.applied,
        "accepted": count("ACCEPTED"),
        "duplicate": count("DUPLICATE"),
        "rejected": count("REJECTED"),
        "events": events,
    });
    if let Some(lots) = standing {
        body["standing"] = lots.iter().map(standing_lot).collect();
    }
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

/// What else holds a lot that was held or released.
fn standing_lot(lot: &StandingLot) -> Value {
    let hold = |mark: &HoldMark| {
        let kind = match mark.kind {
            MarkKind::Held => "HELD",
            MarkKind::Suspect => "SUSPECT",
        };
        json!({ "hold": mark.hold.as_str(), "kind": kind, "reason": mark.reason.as_str(), "path": mark.path_text() })
    };
    let holds: Value = lot.holds.iter().map(hold).collect();
    json!({ "lot": lot.lot.as_str(), "holds": holds, "inspectionDue": lot.inspection_due })
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
    let problem = |p: &Problem| json!({ "code": p.code.name(), "message": p.message, "path": p.path });
    if let ItemStatus::Rejected(problems) = &outcome.status {
        value["problems"] = problems.iter().map(problem).collect();
    }
    if !outcome.warnings.is_empty() {
        value["warnings"] = outcome.warnings.iter().map(problem).collect();
    }
    value
}
