//! A connection that ends when its client does not do its part: one that trickles the head of a request, or does not read
//! what it asked for.
//!
//! The library waits for the first head of a connection only so long, but for every later one, and for a client that takes
//! its answer, for as long as they like. What a connection sends is dropped with it: the answer, its place, its stream.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::failure::limit_met;

/// How long the head of a request may take to arrive, from its first byte.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of an answer that a client must take within the write timeout.
const WRITE_STEP: usize = 64 * 1024;

/// What a connection is doing, as its requests tell it.
#[derive(Debug, Default)]
pub(super) struct Phase {
    /// Requests that are being answered.
    answering: Cell<usize>,
    /// Whether the answer to come accepts a WebSocket.
    accepting: Cell<bool>,
}

/// The header that names the protocol of a WebSocket, as the library writes it and as RFC 6455 does. Python's gql knows the
/// latter only, although the case of a name means nothing.
const PROTOCOL_HEADER: [&[u8]; 2] = [b"\r\nsec-websocket-protocol:", b"\r\nSec-WebSocket-Protocol:"];

impl Phase {
    /// The answer to come accepts a WebSocket.
    pub(super) fn accept_socket(&self) {
        self.accepting.set(true);
    }

    /// The bytes of an answer that accepts a WebSocket, as RFC 6455 writes its header; nothing when that is not in them.
    fn titled(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let [written, wanted] = PROTOCOL_HEADER;
        let at = bytes.windows(written.len()).position(|part| part == written)?;
        let mut titled = bytes.to_vec();
        titled[at..at + wanted.len()].copy_from_slice(wanted);
        Some(titled)
    }

    /// A request is being answered for as long as what comes back lives.
    pub(super) fn answering(self: Rc<Self>) -> Answering {
        self.answering.set(self.answering.get() + 1);
        Answering(self)
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Answering(Rc<Phase>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.set(self.0.answering.get().saturating_sub(1));
    }
}

/// A connection whose client must not be waited for too long.
pub(super) struct Connection {
    stream: TcpStream,
    write_timeout: Duration,
    phase: Rc<Phase>,
    /// Until when the head that has begun must be there.
    head_due: Option<Instant>,
    /// Until when so many more bytes must be taken.
    write_due: Option<(Instant, usize)>,
    read_timer: Timer,
    write_timer: Timer,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, write_timeout: Duration) -> Self {
        Self {
            stream,
            write_timeout,
            phase: Rc::default(),
            head_due: None,
            write_due: None,
            read_timer: Timer(None),
            write_timer: Timer(None),
        }
    }

    /// What it is doing, for whoever answers its requests.
    pub(super) fn phase(&self) -> Rc<Phase> {
        self.phase.clone()
    }
}

/// Wakes whoever waits at a moment.
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Whether the moment has come; whoever asks is woken when it does.
    fn due(&mut self, moment: Instant, context: &mut Context<'_>) -> bool {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(moment)));
        if sleep.deadline() != moment {
            sleep.as_mut().reset(moment);
        }
        sleep.as_mut().poll(context).is_ready()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if this.phase.answering.get() > 0 {
            this.head_due = None;
            return read;
        }
        if read.is_ready() {
            if buffer.filled().len() > before {
                this.head_due.get_or_insert_with(|| Instant::now() + HEAD_TIMEOUT);
            }
            return read;
        }
        match this.head_due {
            Some(due) if this.read_timer.due(due, context) => {
                limit_met("the time of a head", "the head of a request did not arrive in time");
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            _ => Poll::Pending,
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let titled = if this.phase.accepting.get() { this.phase.titled(bytes) } else { None };
        let written = Pin::new(&mut this.stream).poll_write(context, titled.as_deref().unwrap_or(bytes));
        if titled.is_some() && written.is_ready() {
            this.phase.accepting.set(false);
        }
        match &written {
            Poll::Ready(Ok(count)) => {
                if let Some((_, left)) = &mut this.write_due {
                    *left = left.saturating_sub(*count);
                }
                this.write_due = this.write_due.filter(|(_, left)| *left > 0);
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let (due, _) =
                    *this.write_due.get_or_insert_with(|| (Instant::now() + this.write_timeout, WRITE_STEP));
                if this.write_timer.due(due, context) {
                    limit_met("http.write_timeout_ms", "a client did not take its answer in time");
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
        written
    }

    /// Everything there was to write is written.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.write_due = None;
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
