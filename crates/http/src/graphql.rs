//! `POST /graphql`: one operation as JSON. No batches, no GET, no forms.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use futures::stream::{LocalBoxStream, once};
use futures::{Stream, StreamExt};
use serde_json::Value;

use super::State;
use super::body::{self, Body};
use super::failure::{Failure, RETRY_AFTER_SECONDS};
use super::sse;
use super::who;
use lotgraph_domain::{Entry, ErrorCode};
use lotgraph_graphql::{Request, Response, Sent, code_of};

const RESPONSE_TYPE: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// Answers one GraphQL request.
pub async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Failure> {
    let caller = who::caller(&request, &state, Entry::Graphql)?;
    body::media_type(&request, &["application/json"])?;
    let body = state.bodies.read(&request, payload, state.options.body_bytes_max).await?;
    let Body { bytes, place } = body;
    let operation = body::aside(move || read(&bytes)).await??;
    // The document and its variables are within their own limits now.
    drop(place);
    if accepts_events(&request) {
        let place = state.streams.take()?;
        let answers = state.schema.stream(caller, operation, state.options.request_timeout);
        return Ok(sse::response(distinct(answers), place));
    }
    let answer = state.schema.execute(&caller, operation, state.options.request_timeout).await;
    Ok(write(&request, &answer))
}

/// Whether the client wants the answers as Server-Sent Events.
fn accepts_events(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|kind| kind.split(';').next().unwrap_or_default().trim() == sse::EVENT_STREAM)
}

/// Answers as events, in the "distinct connections" mode of the GraphQL over SSE protocol
/// (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>).
fn distinct(answers: LocalBoxStream<'static, Response>) -> impl Stream<Item = String> {
    let next = |answer: Response| match serde_json::to_string(&Sent::from(&answer)) {
        Ok(json) => sse::event("next", None, &json),
        Err(error) => {
            tracing::error!(%error, "an answer has no JSON form");
            String::new()
        }
    };
    answers.map(next).chain(once(async { sse::event("complete", None, "") }))
}

/// Reads the request object: `query`, and optionally `variables`, `operationName` and `extensions`.
fn read(bytes: &[u8]) -> Result<Request, Failure> {
    let malformed = |message: String| Failure::new(ErrorCode::QueryMalformed, message);
    let value = body::json(bytes)?;
    match &value {
        Value::Object(object) if object.get("query").is_some_and(Value::is_string) => {}
        Value::Object(_) => return Err(malformed("the body has no text in its field \"query\"".to_owned())),
        Value::Array(_) => {
            return Err(malformed("batches are not answered; send one operation a request".to_owned()));
        }
        _ => return Err(malformed("the body must be an object with the field \"query\"".to_owned())),
    }
    serde_json::from_value(value).map_err(|error| malformed(error.to_string()))
}

fn write(request: &HttpRequest, answer: &Response) -> HttpResponse {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = if accept.contains(RESPONSE_TYPE) { RESPONSE_TYPE } else { JSON };
    // Whoever names the older type takes a status for that of a proxy, unless it says that the answer is away.
    let older = kind == JSON && accept.contains(JSON);
    let status = status(answer, older);
    let mut response = HttpResponse::build(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
    }
    match serde_json::to_vec(&Sent::from(answer)) {
        Ok(body) => response.content_type(kind).body(body),
        Err(error) => HttpResponse::from_error(Failure::new(ErrorCode::Internal, error.to_string())),
    }
}

/// 200 for an answer, whatever a field in it says; a refused document has the status of its code, and so has an answer
/// that is missing because the store or the time ran out, so that proxies and retrying clients see it. Clients that name the
/// older media type are told 200 of a refused document, as GraphQL over HTTP wants it (section 6.4.1).
fn status(answer: &Response, older: bool) -> StatusCode {
    let codes: Vec<ErrorCode> = answer.errors.iter().filter_map(code_of).collect();
    let outage = [ErrorCode::StoreUnavailable, ErrorCode::DeadlineExceeded, ErrorCode::ReplayUnderWay];
    let outage = outage.into_iter().find(|code| codes.contains(code));
    let refused = answer.errors.iter().all(|error| error.path.is_empty());
    let code = outage.or_else(|| codes.first().copied().filter(|_| refused && !older));
    code.map_or(StatusCode::OK, |code| {
        StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    })
}
