//! Clients of the push interfaces: a WebSocket, and Server-Sent Events.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};

/// More than anything here should take; then the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

pub const SUBSCRIPTION: &str = "subscription($after: String, $filter: AlertFilter) {
  alerts(afterRevision: $after, filter: $filter) { position kind state lot { id } }
}";

/// A WebSocket to `/graphql`.
pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens one without introducing itself.
    pub async fn open(url: &str) -> Self {
        Self::try_open(url, Some("graphql-transport-ws"), None).await.unwrap()
    }

    pub async fn try_open(url: &str, protocol: Option<&str>, origin: Option<&str>) -> Result<Self, Error> {
        Self::with(url, &[("sec-websocket-protocol", protocol), ("origin", origin)]).await
    }

    /// Opens one as a proxy does, with a header that names a user.
    pub async fn named(url: &str, header: &'static str, user: &str) -> Result<Self, Error> {
        let protocol = ("sec-websocket-protocol", Some("graphql-transport-ws"));
        Self::with(url, &[protocol, (header, Some(user))]).await
    }

    async fn with(url: &str, headers: &[(&'static str, Option<&str>)]) -> Result<Self, Error> {
        let address = url.strip_prefix("http://").unwrap();
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        for (name, value) in headers {
            if let Some(value) = value {
                let name = HeaderName::try_from(*name).unwrap();
                request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        let stream = TcpStream::connect(address).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(Self(socket))
    }

    /// Opens one that may subscribe.
    pub async fn ready(url: &str) -> Self {
        let mut socket = Self::open(url).await;
        socket.say(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    pub async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub async fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The next message; pings of the transport aside.
    pub async fn hear(&mut self) -> Value {
        loop {
            match self.next().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next message, or the code and reason with which the server closes.
    pub async fn next_or_close(&mut self) -> Result<Value, (u16, String)> {
        loop {
            match self.next().await {
                Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
                Message::Close(Some(frame)) => return Err((frame.code.into(), frame.reason.to_string())),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code and reason with which the server closes.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.next().await {
                Message::Close(Some(frame)) => return (frame.code.into(), frame.reason.to_string()),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn next(&mut self) -> Message {
        let next = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("nothing came");
        next.expect("the server hung up").unwrap()
    }
}

/// A stream of Server-Sent Events.
pub struct Events {
    response: reqwest::Response,
    rest: String,
}

/// One event: its id, its name, its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: Option<String>,
    pub name: String,
    pub data: String,
}

impl Events {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{:?}", response.text().await);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, rest: String::new() }
    }

    /// The next event that has data; `None` when the stream ended.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.rest.split_once("\n\n") {
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name));
                    line.and_then(|line| line.strip_prefix(": ")).map(str::to_owned)
                };
                let event = (field("id"), field("event"), field("data"));
                self.rest = rest.to_owned();
                if let (id, Some(name), data) = event {
                    return Some(Event { id, name, data: data.unwrap_or_default() });
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("nothing came");
            self.rest.push_str(std::str::from_utf8(&chunk.unwrap()?).unwrap());
        }
    }
}
