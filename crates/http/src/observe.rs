//! What every request gets: an id, headers that keep browsers careful, a log line and metrics.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::Next;

use super::failure::REQUEST_ID;

const ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The caller's own id when it is a plain short one, else a new one.
fn request_id(request: &ServiceRequest) -> String {
    let given = request.headers().get(ID_HEADER).and_then(|id| id.to_str().ok());
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    given.filter(plain).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// Runs the rest of the chain under an id and reports how it went.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let id = request_id(&request);
    let method = request.method().clone();
    let path = request.path().to_owned();
    let started = Instant::now();
    let mut response = REQUEST_ID.scope(id.clone(), next.call(request)).await?;
    let seconds = started.elapsed().as_secs_f64();
    // The pattern, not the path: the labels of a metric must be few.
    let route = response.request().match_pattern().unwrap_or_else(|| "none".to_owned());
    let status = response.status().as_u16();
    tracing::debug!(%method, path, status, seconds, id, "request");
    let labels = [("route", route), ("method", method.to_string()), ("status", status.to_string())];
    metrics::histogram!("lotgraph_http_request_seconds", &labels[..1]).record(seconds);
    metrics::counter!("lotgraph_http_requests_total", &labels).increment(1);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(ID_HEADER, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}
