//! Request bodies: of an expected type, and never longer than a limit.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{BytesMut, Payload};
use bytes::Bytes;
use futures::StreamExt as _;

use super::failure::Failure;
use lotgraph_domain::ErrorCode;

/// The media type of the body, without parameters, in lower case, when it is one of `accepted`.
///
/// # Errors
/// `CONTENT_TYPE_UNSUPPORTED` otherwise, and for compressed bodies. Types that a web page can send without asking
/// (text/plain, forms) must never be accepted: that keeps other sites from writing through a visitor's browser.
pub fn media_type(request: &HttpRequest, accepted: &[&'static str]) -> Result<&'static str, Failure> {
    let refuse = |got: &str| {
        let message = format!("{got}; send {}", accepted.join(" or "));
        Failure::new(ErrorCode::ContentTypeUnsupported, message)
    };
    if request.headers().contains_key(CONTENT_ENCODING) {
        return Err(refuse("compressed bodies are not read"));
    }
    let header = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(header) = header else { return Err(refuse("the request has no Content-Type")) };
    let essence = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let found = accepted.iter().find(|accepted| **accepted == essence);
    found.copied().ok_or_else(|| refuse(&format!("the Content-Type is {essence:?}")))
}

/// How long a body may take to arrive: a client that dribbles must not hold a connection for ever.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(60);

/// Reads the whole body.
///
/// # Errors
/// `BODY_TOO_LARGE` as soon as it is longer than `limit` bytes, by its announcement or in fact.
pub async fn read(request: &HttpRequest, payload: Payload, limit: usize) -> Result<Bytes, Failure> {
    match tokio::time::timeout(ARRIVAL_TIMEOUT, read_all(request, payload, limit)).await {
        Ok(body) => body,
        Err(_) => {
            let message = format!("the body did not arrive within {} s", ARRIVAL_TIMEOUT.as_secs());
            Err(Failure::new(ErrorCode::JsonMalformed, message))
        }
    }
}

async fn read_all(request: &HttpRequest, mut payload: Payload, limit: usize) -> Result<Bytes, Failure> {
    let too_large = || {
        let message =
            format!("the body is longer than {limit} bytes; send less at once, or use lotgraph import");
        Failure::new(ErrorCode::BodyTooLarge, message)
    };
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Failure::new(ErrorCode::JsonMalformed, format!("the body broke off: {error}"))
        })?;
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
