//! A client that says what it likes: bytes over a connection, and what comes back.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More than anything here should take; then the test fails instead of hanging.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub struct Raw(pub TcpStream);

/// What the server said.
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Raw {
    pub async fn open(url: &str) -> Self {
        Self(TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap())
    }

    /// Sends bytes; false when the server does not take them any more.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let sent = tokio::time::timeout(PATIENCE, self.0.write_all(bytes.as_ref())).await;
        sent.expect("the server takes bytes").is_ok()
    }

    /// Everything until the server closes the connection.
    pub async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await;
        // Whether the end is a polite one makes no difference here.
        let _polite = read.expect("the server closes the connection");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// One answer, on a connection that the server then closes.
    pub async fn last_answer(&mut self) -> Said {
        let text = self.rest().await;
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Said { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}

/// A request, as its bytes, to a server that closes the connection after its answer.
pub fn request(line: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{line} HTTP/1.1\r\n");
    let given = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    if !given("host") {
        text.push_str("Host: localhost\r\n");
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() && !given("transfer-encoding") && !given("content-length") {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    if !given("connection") {
        text.push_str("Connection: close\r\n");
    }
    text + "\r\n" + body
}

/// Sends a request and reads the answer.
pub async fn ask(url: &str, line: &str, headers: &[(&str, &str)], body: &str) -> Said {
    let mut raw = Raw::open(url).await;
    assert!(raw.send(request(line, headers, body)).await);
    raw.last_answer().await
}
