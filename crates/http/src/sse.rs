//! Server-Sent Events (WHATWG HTML, section 9.2): streams for clients and proxies without WebSockets.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, ContentEncoding};
use actix_web::web::Bytes;
use futures::stream::{once, unfold};
use futures::{Stream, StreamExt};

use super::places::Place;

/// The media type.
pub(super) const EVENT_STREAM: &str = "text/event-stream";

/// After so much silence a comment is sent, so that proxies keep the connection and both sides notice when it is gone.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a client waits before it connects again, in milliseconds.
const RETRY_MS: u32 = 1_000;

/// One event.
pub(super) fn event(name: &str, id: Option<&str>, data: &str) -> String {
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    // JSON on one line: no line of data can be cut in two.
    format!("{id}event: {name}\ndata: {data}\n\n")
}

/// A response that sends events until they end; it holds its place among the open streams meanwhile.
pub(super) fn response(events: impl Stream<Item = String> + 'static, place: Place) -> HttpResponse {
    let first = once(async { format!("retry: {RETRY_MS}\n\n") });
    let events = first.chain(events).boxed_local();
    let body = unfold((events, place), |(mut events, place)| async move {
        let next = match tokio::time::timeout(HEARTBEAT, events.next()).await {
            Ok(next) => next?,
            Err(_) => ":\n\n".to_owned(),
        };
        Some((Ok::<Bytes, Infallible>(Bytes::from(next)), (events, place)))
    });
    HttpResponse::Ok()
        .content_type(EVENT_STREAM)
        .insert_header((CACHE_CONTROL, "no-store"))
        // Compression would hold events back until there is enough to compress.
        .insert_header((CONTENT_ENCODING, ContentEncoding::Identity.as_str()))
        // So does a buffering proxy; nginx reads this.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body)
}
