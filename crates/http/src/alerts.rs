//! `GET /api/v1/alerts`: a page of alerts; `GET /api/v1/alerts/stream`: alerts as they are raised, as Server-Sent Events.

use actix_web::{HttpRequest, HttpResponse, web};
use futures::StreamExt;
use serde_json::{Value, json};

use super::State;
use super::arguments::Arguments;
use super::failure::Failure;
use super::sse;
use super::who;
use lotgraph_domain::{
    AlertKind, AlertState, Entry, ErrorCode, LotId, Record, RecordBody, RecordPlace, Revision, Severity,
};
use lotgraph_service::ServiceError;
use lotgraph_service::alert_list::{categories, json_of, list};
use lotgraph_service::query::RecordFilter;

/// Alerts in one answer, unless `limit` asks for fewer or more.
const LIMIT: u32 = 100;
/// The most that `limit` may ask for.
const LIMIT_MAX: u32 = 1_000;

/// A page of alerts.
pub async fn get(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Failure> {
    let caller = who::caller(&request, &state, Entry::Rest)?;
    let known = ["state", "kind", "severity", "lot", "after", "limit"];
    let mut arguments = Arguments::read(request.query_string(), &known)?;
    let filter = filter(&mut arguments)?;
    let after = arguments.one("after")?.map(|text| place("after", &text)).transpose()?;
    let limit = match arguments.one("limit")? {
        None => LIMIT,
        Some(text) => text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(|| {
            Failure::new(ErrorCode::PageTooLarge, format!("limit must be 1 to {LIMIT_MAX}, not {text:?}"))
        })?,
    };
    let page = list(&state.context.questions.lookup, &caller, filter, after, limit).await?;
    let next = page.alerts.last().filter(|_| page.more).map(|(place, _)| place.to_string());
    let alerts: Vec<Value> = page.alerts.iter().map(|(place, alert)| json_of(*place, alert)).collect();
    Ok(HttpResponse::Ok().json(json!({ "alerts": alerts, "more": page.more, "next": next })))
}

/// Alerts as they are raised; `Last-Event-ID`, or `after`, resumes behind the last one seen.
pub async fn stream(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Failure> {
    let caller = who::caller(&request, &state, Entry::Rest)?;
    let mut arguments =
        Arguments::read(request.query_string(), &["state", "kind", "severity", "lot", "after"])?;
    let filter = filter(&mut arguments)?;
    // A browser that connects again sends the header; the address still says what it said at first.
    let last = request.headers().get("Last-Event-ID").map(|value| value.to_str().unwrap_or_default());
    let after = match last {
        Some(last) => Some(place("Last-Event-ID", last)?),
        None => arguments.one("after")?.map(|text| place("after", &text)).transpose()?,
    };
    let permit = state.streams.take()?;
    let alerts = state.context.feed.read(&caller, filter, after).map(|next| match next {
        Ok(Record { place, body: RecordBody::Alert(alert) }) => {
            sse::event("alert", Some(&place.to_string()), &json_of(place, &alert).to_string())
        }
        Ok(Record { place, .. }) => failed(&ServiceError::new(
            ErrorCode::StoreCorrupt,
            format!("the feed of alerts holds another record at {place}"),
        )),
        Err(error) => failed(&error),
    });
    Ok(sse::response(alerts, permit))
}

/// The last event of a stream that cannot go on.
fn failed(error: &ServiceError) -> String {
    tracing::error!(code = error.code.name(), error = ?error, "a stream of alerts ended");
    let error = json!({ "error": { "code": error.code.name(), "message": error.message } });
    sse::event("error", None, &error.to_string())
}

fn filter(arguments: &mut Arguments) -> Result<RecordFilter, Failure> {
    let states = choices(arguments, "state", AlertState::ALL, AlertState::name)?;
    let kinds = choices(arguments, "kind", AlertKind::ALL, AlertKind::name)?;
    let severities = choices(arguments, "severity", Severity::ALL, Severity::name)?;
    let lot = arguments.one("lot")?.map(|lot| LotId::parse(&lot)).transpose();
    Ok(RecordFilter {
        states: states.map(|states| states.into_iter().map(Into::into).collect()),
        categories: categories(kinds.as_deref(), severities.as_deref()),
        lot: lot.map_err(|error| Failure::text("lot", &error))?,
        ..RecordFilter::default()
    })
}

/// The values of an argument that may repeat, in a fixed order, each once; nothing when it is absent.
fn choices<T: Copy + Ord>(
    arguments: &mut Arguments,
    name: &str,
    all: &[T],
    name_of: impl Fn(T) -> &'static str,
) -> Result<Option<Vec<T>>, Failure> {
    let given = arguments.all(name);
    if given.is_empty() {
        return Ok(None);
    }
    let choice = |text: &String| {
        all.iter().copied().find(|one| name_of(*one) == text).ok_or_else(|| {
            let known: Vec<&str> = all.iter().copied().map(&name_of).collect();
            Failure::argument(name, format!("{text:?} is not one of {}", known.join(", ")))
        })
    };
    let mut chosen = given.iter().map(choice).collect::<Result<Vec<T>, Failure>>()?;
    chosen.sort_unstable();
    chosen.dedup();
    Ok(Some(chosen))
}

/// A place: `revision-place` of the last alert seen, or a whole revision.
fn place(name: &str, text: &str) -> Result<RecordPlace, Failure> {
    let revision = || {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits).map(|number| RecordPlace::end_of(Revision(number)))
    };
    RecordPlace::parse(text).or_else(revision).ok_or_else(|| {
        Failure::argument(
            name,
            format!("{text:?} is neither a position nor a revision, written like 12-3 or 12"),
        )
    })
}
