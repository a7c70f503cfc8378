//! `GET /graphql` as a WebSocket that speaks `graphql-transport-ws`: one connection, several operations, each answered
//! as often as it has something to say (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).
//!
//! Each operation is a task that sends its own messages; sending waits while the client does not read, so nothing piles
//! up for a slow one. A client that does not read at all misses the heartbeat and is cut off.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use actix_http::BoxedPayloadStream;
use actix_web::dev;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, Session};
use futures::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle, spawn_local};
use tokio::time::{Instant, interval, sleep_until, timeout};

use super::body;
use super::connection::Phase;
use super::failure::{Failure, limit_met};
use super::frames::{Frames, TooLong};
use super::places::{Place, Places};
use super::who;
use super::{HttpOptions, State};
use lotgraph_domain::{Caller, Entry, ErrorCode};
use lotgraph_graphql::{Request, Response, Sent, is_refusal};

/// The protocol spoken.
const PROTOCOL: &str = "graphql-transport-ws";
/// How long a client may take to introduce itself.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// A ping is sent this often; a client that sent nothing for two of them is gone.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long one message may wait for a client that does not read.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Operations of one connection at a time.
const OPERATIONS_MAX: usize = 20;
/// The longest id of an operation, in bytes.
const ID_BYTES_MAX: usize = 200;

/// What sockets may take.
pub(super) struct Sockets {
    /// Of those that have not introduced themselves yet.
    waiting: Places,
}

impl Sockets {
    pub(super) fn new(options: &HttpOptions) -> Self {
        let what = "sockets have not introduced themselves yet";
        let max = options.sockets_waiting_max;
        Self { waiting: Places::new("http.sockets_waiting_max", what, ErrorCode::StreamsTooMany, max) }
    }
}

/// Opens a connection.
pub async fn get(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Failure> {
    let name = HeaderName::from_static("sec-websocket-protocol");
    let offered = request.headers().get_all(&name).filter_map(|value| value.to_str().ok());
    if !offered.flat_map(|value| value.split(',')).any(|protocol| protocol.trim() == PROTOCOL) {
        let message = format!("this WebSocket speaks {PROTOCOL}; offer it in Sec-WebSocket-Protocol");
        return Err(Failure::new(ErrorCode::ArgumentInvalid, message));
    }
    let caller = who::caller(&request, &state, Entry::Graphql)?;
    let place = state.sockets.waiting.take()?;
    let bytes_max = state.options.body_bytes_max;
    let (frames, too_long) = Frames::new(payload.into_inner(), bytes_max);
    let frames: BoxedPayloadStream = Box::pin(frames);
    let mut frames = dev::Payload::Stream { payload: frames };
    let refused = |error: actix_web::Error| Failure::new(ErrorCode::ArgumentInvalid, error.to_string());
    let payload = web::Payload::from_request(&request, &mut frames).await.map_err(refused)?;
    let (mut response, session, messages) = actix_ws::handle(&request, payload).map_err(refused)?;
    response.headers_mut().insert(name, HeaderValue::from_static(PROTOCOL));
    let messages =
        messages.max_frame_size(bytes_max).aggregate_continuations().max_continuation_size(bytes_max);
    if let Some(phase) = request.conn_data::<Rc<Phase>>() {
        phase.accept_socket();
    }
    spawn_local(async move { converse(&state, caller, session, messages, too_long, place).await });
    Ok(response)
}

/// What a client may say.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionInit {},
    Ping {},
    Pong {},
    Subscribe { id: String, payload: Box<Request> },
    Complete { id: String },
}

/// Why a connection is closed, as the protocol numbers it.
fn closing(code: u16, why: &str) -> CloseReason {
    CloseReason { code: CloseCode::from(code), description: Some(why.to_owned()) }
}

/// One connection.
struct Connection<'a> {
    state: &'a web::Data<State>,
    /// Who opened it; that does not change as long as it is open.
    caller: Caller,
    session: Session,
    introduced: bool,
    /// Among the waiting, and then among the open streams.
    place: Place,
    /// Since when it has no operations.
    idle: Instant,
    operations: HashMap<String, AbortHandle>,
    /// Tasks tell when they are done.
    done: mpsc::UnboundedSender<String>,
}

/// Talks until either side has enough, then says why.
async fn converse(
    state: &web::Data<State>,
    caller: Caller,
    session: Session,
    mut messages: AggregatedMessageStream,
    too_long: TooLong,
    place: Place,
) {
    // At most one message for each operation of the connection.
    let (done, mut ended) = mpsc::unbounded_channel();
    let mut connection = Connection {
        state,
        caller,
        session: session.clone(),
        introduced: false,
        place,
        idle: Instant::now(),
        operations: HashMap::new(),
        done,
    };
    let started = Instant::now();
    let idle_timeout = state.options.socket_idle_timeout;
    let mut heard = started;
    let mut heartbeat = interval(HEARTBEAT);
    let reason = loop {
        tokio::select! {
            message = messages.recv() => {
                heard = Instant::now();
                let message = match message {
                    Some(Ok(message)) => message,
                    _ if too_long.get() => break Some(too_large(state)),
                    _ => break Some(closing(4400, "the message cannot be read")),
                };
                match connection.hear(message).await {
                    Ok(()) => {}
                    Err(reason) => break reason,
                }
            }
            Some(id) = ended.recv() => {
                connection.ended(&id);
            }
            () = state.context.feed.closed() => break Some(CloseCode::Away.into()),
            () = sleep_until(started + INIT_TIMEOUT), if !connection.introduced => {
                break Some(closing(4408, "Connection initialisation timeout"));
            }
            () = sleep_until(connection.idle + idle_timeout), if connection.is_idle() => {
                break Some(CloseReason { code: CloseCode::Normal, description: Some("idle".to_owned()) });
            }
            _ = heartbeat.tick() => {
                let mut session = session.clone();
                let sent = timeout(SEND_TIMEOUT, session.ping(b"")).await;
                if heard.elapsed() > 2 * HEARTBEAT || !matches!(sent, Ok(Ok(()))) {
                    break None;
                }
            }
        }
    };
    for operation in connection.operations.values() {
        operation.abort();
    }
    // Whether the client still hears it makes no difference here.
    let _gone = timeout(SEND_TIMEOUT, session.close(reason)).await;
}

/// The reason of a frame or message that is longer than allowed.
fn too_large(state: &State) -> CloseReason {
    let message = format!("a message has at most {} bytes", state.options.body_bytes_max);
    limit_met("http.graphql_bytes_max", &message);
    CloseReason { code: CloseCode::Size, description: Some(message) }
}

/// Ends a connection, with a reason when there is one to give.
type Ended = Option<CloseReason>;

impl Connection<'_> {
    /// Whether it may subscribe, and does not.
    fn is_idle(&self) -> bool {
        self.introduced && self.operations.is_empty()
    }

    /// An operation has ended.
    fn ended(&mut self, id: &str) -> Option<AbortHandle> {
        let operation = self.operations.remove(id);
        self.idle = Instant::now();
        operation
    }

    async fn hear(&mut self, message: AggregatedMessage) -> Result<(), Ended> {
        match message {
            AggregatedMessage::Text(text) => self.understand(text.as_bytes()).await,
            AggregatedMessage::Binary(_) => Err(Some(closing(4400, "messages are text"))),
            AggregatedMessage::Ping(bytes) => self.session.pong(&bytes).await.map_err(|Closed| None),
            AggregatedMessage::Pong(_) => Ok(()),
            AggregatedMessage::Close(_) => Err(None),
        }
    }

    async fn understand(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        let value = body::json(bytes).map_err(|failure| Some(closing(4400, &shown(&failure.to_string()))))?;
        let said = serde_json::from_value(value);
        match said.map_err(|error| Some(closing(4400, &shown(&error.to_string()))))? {
            Said::ConnectionInit {} if self.introduced => {
                Err(Some(closing(4429, "Too many initialisation requests")))
            }
            Said::ConnectionInit {} => {
                // Its place among the waiting is free then.
                self.place = self.state.streams.take().map_err(|failure| {
                    let why = Some(shown(&failure.to_string()));
                    Some(CloseReason { code: CloseCode::Again, description: why })
                })?;
                (self.introduced, self.idle) = (true, Instant::now());
                self.say(&json!({ "type": "connection_ack" })).await
            }
            Said::Ping {} => self.say(&json!({ "type": "pong" })).await,
            Said::Pong {} => Ok(()),
            Said::Subscribe { id, payload } => self.subscribe(id, *payload).await,
            Said::Complete { id } => {
                if let Some(operation) = self.ended(&id) {
                    operation.abort();
                }
                Ok(())
            }
        }
    }

    async fn subscribe(&mut self, id: String, request: Request) -> Result<(), Ended> {
        if !self.introduced {
            return Err(Some(closing(4401, "Unauthorized")));
        }
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            return Err(Some(closing(4400, "an id has 1 to 200 bytes")));
        }
        if self.operations.contains_key(&id) {
            return Err(Some(closing(4409, &shown(&format!("Subscriber for {id} already exists")))));
        }
        if self.operations.len() >= OPERATIONS_MAX {
            let message = format!("a connection has at most {OPERATIONS_MAX} operations at a time");
            let error = json!({ "message": message, "extensions": {
                "code": ErrorCode::StreamsTooMany.name(), "remedy": ErrorCode::StreamsTooMany.remedy() } });
            return self.say(&json!({ "type": "error", "id": id, "payload": [error] })).await;
        }
        let answers =
            self.state.schema.stream(self.caller.clone(), request, self.state.options.request_timeout);
        let (mut session, done, name) = (self.session.clone(), self.done.clone(), id.clone());
        let task: JoinHandle<()> = spawn_local(async move {
            // A client that is gone is noticed by the connection.
            let _gone = answer(&mut session, &name, answers).await;
            let _gone = done.send(name);
        });
        self.operations.insert(id, task.abort_handle());
        Ok(())
    }

    async fn say(&mut self, message: &Value) -> Result<(), Ended> {
        match timeout(SEND_TIMEOUT, self.session.text(message.to_string())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Closed)) | Err(_) => Err(None),
        }
    }
}

/// Sends everything that an operation has to say.
async fn answer(
    session: &mut Session,
    id: &str,
    mut answers: futures::stream::LocalBoxStream<'static, Response>,
) -> Result<(), Closed> {
    while let Some(response) = answers.next().await {
        // A refused document has no answer at all, and that ends the operation.
        if is_refusal(&response) {
            let message = json!({ "type": "error", "id": id, "payload": response.errors });
            return session.text(message.to_string()).await;
        }
        session
            .text(json!({ "type": "next", "id": id, "payload": Sent::from(&response) }).to_string())
            .await?;
    }
    session.text(json!({ "type": "complete", "id": id }).to_string()).await
}

/// A reason of a close frame has at most 123 bytes (RFC 6455 section 5.5.1).
fn shown(reason: &str) -> String {
    const BYTES_MAX: usize = 120;
    let fits = |(n, c): &(usize, char)| n + c.len_utf8() <= BYTES_MAX;
    let short: String = reason.char_indices().take_while(fits).map(|(_, c)| c).collect();
    if short.len() < reason.len() { format!("{short}…") } else { short }
}
