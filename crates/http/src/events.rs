//! `POST /api/v1/events`: events as a JSON array or NDJSON, recorded through the one write door.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::State;
use super::arguments::Arguments;
use super::body::{self, Body};
use super::failure::Failure;
use super::who;
use lotgraph_domain::{Entry, ErrorCode, Event, Fact, HoldMark, MarkKind, Problem};
use lotgraph_format as format;
use lotgraph_service::recorder::{ItemOutcome, ItemStatus, Report};
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
    let body = state.bodies.read(&request, payload, state.options.events_bytes_max).await?;
    let events_max = state.context.recorder.events_max();
    let Body { bytes, place } = body;
    // The bytes are dropped there: the events are what the rest needs.
    let items = body::aside(move || match media_type {
        JSON => format::batch::read_json(&bytes, events_max),
        _ => format::batch::read_lines(&bytes, events_max),
    });
    let items = items.await?.map_err(Failure::json)?;
    let holding = items.iter().filter_map(|item| item.as_ref().ok());
    let holding = holding.filter(|event| matches!(event.fact, Fact::Hold(_) | Fact::Release(_)));
    let holding: Vec<Event> = holding.cloned().collect();
    let report = state.context.recorder.record(items, atomic, &caller).await?;
    let standing = match report.applied && !holding.is_empty() {
        true => Some(standing::standing(&state.context.questions.lookup, &caller, &holding).await?),
        false => None,
    };
    drop(place);
    answer(&report, standing.as_deref())
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
