//! Request bodies: of an expected type, never longer than a limit, never slower than a rate, and never too many at once.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{BytesMut, Payload};
use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::HttpOptions;
use super::failure::Failure;
use super::places::{Place, Places};
use lotgraph_domain::ErrorCode;
use lotgraph_format as format;
use lotgraph_format::json::{Bounded, Bounds};

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

/// How long a body may take before its rate counts: connections need a while to get going.
pub const RATE_GRACE: Duration = Duration::from_secs(5);

/// Bytes for which room is taken at a time.
const ROOM_STEP: usize = 64 * 1024;

/// What the bodies of all requests under way may take together.
pub(super) struct Bodies {
    places: Places,
    /// A permit for each byte.
    room: Arc<Semaphore>,
    bytes_max: usize,
    /// Bytes a second.
    rate_min: u64,
}

/// A body, and its place among those under way, which lasts until the request is answered.
pub(super) struct Body {
    pub(super) bytes: Bytes,
    pub(super) place: BodyPlace,
}

/// A place among the bodies under way.
pub(super) struct BodyPlace {
    _among: Place,
    room: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    pub(super) fn new(options: &HttpOptions) -> Self {
        // One body of the longest kind has room whatever is configured.
        let bytes_max = options.bodies_bytes_max.max(options.events_bytes_max).max(options.body_bytes_max);
        // Rounded up to whole steps; a semaphore has an end, too.
        let bytes_max = bytes_max.saturating_add(ROOM_STEP).min(Semaphore::MAX_PERMITS);
        Self {
            places: Places::new(
                "http.bodies_max",
                "request bodies are under way",
                ErrorCode::BodiesTooMany,
                options.bodies_max,
            ),
            room: Arc::new(Semaphore::new(bytes_max)),
            bytes_max,
            rate_min: options.body_rate_min.max(1),
        }
    }

    /// Reads a whole body.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` as soon as it is longer than `limit` bytes, by its announcement or in fact; `BODY_TOO_SLOW` when it
    /// comes more slowly than allowed; `BODIES_TOO_MANY` when others take all the places, or all the memory.
    pub(super) async fn read(
        &self,
        request: &HttpRequest,
        mut payload: Payload,
        limit: usize,
    ) -> Result<Body, Failure> {
        let announced =
            request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(too_large(limit));
        }
        let mut place = BodyPlace { _among: self.places.take()?, room: None };
        let started = Instant::now();
        // As much as is announced, so that nothing is copied as it grows; memory is taken as it is filled.
        let announced = announced.and_then(|length| usize::try_from(length).ok());
        let mut body = BytesMut::with_capacity(announced.unwrap_or(0));
        while let Some(chunk) = self.next(&mut payload, started, body.len()).await? {
            if body.len() + chunk.len() > limit {
                return Err(too_large(limit));
            }
            self.make_room(&mut place, body.len() + chunk.len())?;
            body.extend_from_slice(&chunk);
        }
        Ok(Body { bytes: body.freeze(), place })
    }

    /// The next piece of a body of which so much has come since it started.
    async fn next(
        &self,
        payload: &mut Payload,
        started: Instant,
        come: usize,
    ) -> Result<Option<Bytes>, Failure> {
        let due =
            started + RATE_GRACE + Duration::from_millis((come as u64).saturating_mul(1_000) / self.rate_min);
        match timeout_at(due, payload.next()).await {
            Ok(chunk) => chunk.transpose().map_err(|error| {
                Failure::new(ErrorCode::JsonMalformed, format!("the body broke off: {error}"))
            }),
            Err(_) => {
                let message = format!(
                    "the body comes more slowly than {} bytes a second (http.body_rate_min)",
                    self.rate_min
                );
                Err(Failure::limit("http.body_rate_min", ErrorCode::BodyTooSlow, message))
            }
        }
    }

    /// Takes room for as many bytes as the body is to have.
    fn make_room(&self, place: &mut BodyPlace, bytes: usize) -> Result<(), Failure> {
        let has = place.room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if bytes <= has {
            return Ok(());
        }
        let step = (bytes - has).next_multiple_of(ROOM_STEP);
        let more =
            u32::try_from(step).ok().and_then(|step| self.room.clone().try_acquire_many_owned(step).ok());
        let Some(more) = more else {
            let message = format!(
                "the request bodies under way have {} bytes, and no more are allowed",
                self.bytes_max
            );
            return Err(Failure::limit("http.bodies_bytes_max", ErrorCode::BodiesTooMany, message));
        };
        match &mut place.room {
            Some(room) => room.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

fn too_large(limit: usize) -> Failure {
    let message = format!("the body is longer than {limit} bytes; send less at once, or use lotgraph import");
    Failure::limit("the longest body", ErrorCode::BodyTooLarge, message)
}

/// What a question may take in memory as JSON, beside four times its bytes.
const QUESTION_MEMORY: usize = 16 << 20;

/// Reads the JSON value that a question is.
///
/// # Errors
/// Where the text stops being JSON; `QUERY_TOO_COMPLEX` when its parts take more memory than allowed.
pub(super) fn json(bytes: &[u8]) -> Result<Value, Failure> {
    let memory_max = QUESTION_MEMORY + 4 * bytes.len();
    let bounds = Bounds { items_max: usize::MAX, memory_max };
    let Bounded { value, skipped } = format::json::parse_within(bytes, bounds).map_err(Failure::json)?;
    match skipped {
        None => Ok(value),
        Some(_) => {
            let message = format!("the parts of the request take more than {memory_max} bytes of memory");
            Err(Failure::new(ErrorCode::QueryTooComplex, message))
        }
    }
}

/// Does work that takes a while beside the threads that answer requests.
///
/// # Errors
/// `INTERNAL` when the work panicked.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Failure::new(ErrorCode::Internal, format!("a request could not be read: {error}")))
}
