//! One connection to Redis behind a circuit breaker. It is made when first needed, and thrown away when it
//! stops answering.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use metrics::gauge;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, RedisResult, Value};

use super::breaker::{Admission, Breaker};

/// How many commands may wait to be written to one connection.
const PIPELINE_MAX: usize = 1_024;

/// Why a command has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineError {
    /// The circuit is open: the server was not asked.
    Refused,
    /// The key holds something other than a string.
    WrongType,
    /// The server did not answer in time.
    Timeout,
    /// The server cannot be reached, refuses, or speaks nonsense.
    Failed,
}

/// A connection for one purpose.
pub(super) struct Line {
    purpose: &'static str,
    client: Client,
    response_timeout: Duration,
    connect_timeout: Duration,
    breaker: Breaker,
    connection: Mutex<Option<ConnectionManager>>,
}

impl Line {
    pub(super) fn new(
        purpose: &'static str,
        client: Client,
        response_timeout: Duration,
        connect_timeout: Duration,
        breaker: Breaker,
    ) -> Arc<Self> {
        let connection = Mutex::new(None);
        Arc::new(Self { purpose, client, response_timeout, connect_timeout, breaker, connection })
    }

    /// Sends a command and waits at most the response timeout for its answer.
    pub(super) async fn send(self: &Arc<Self>, command: &Cmd) -> Result<Value, LineError> {
        let generation = match self.breaker.admit(Instant::now(), self.connect_timeout) {
            Admission::Pass(generation) => generation,
            Admission::Refused => return Err(LineError::Refused),
            Admission::RefusedProbe => {
                // The probe runs by itself: whoever asked goes on at once, and may even be cancelled.
                tokio::spawn(Arc::clone(self).probe());
                return Err(LineError::Refused);
            }
        };
        // The connection's own timeout starts only when the command is written; this one includes connecting
        // and waiting in the queue.
        match tokio::time::timeout(self.response_timeout, self.ask(command)).await {
            Ok(Ok(value)) => {
                self.breaker.success(generation);
                Ok(value)
            }
            Ok(Err(error)) if error.code() == Some("WRONGTYPE") => {
                self.breaker.success(generation);
                Err(LineError::WrongType)
            }
            Ok(Err(error)) => {
                self.failed(generation, &error);
                Err(if error.is_timeout() { LineError::Timeout } else { LineError::Failed })
            }
            Err(elapsed) => {
                self.failed(generation, &elapsed);
                Err(LineError::Timeout)
            }
        }
    }

    /// Whether the server seems to be there, as far as this line knows.
    pub(super) fn works(&self) -> bool {
        self.breaker.is_closed()
    }

    async fn ask(&self, command: &Cmd) -> RedisResult<Value> {
        let mut connection = self.connection()?;
        connection.send_packed_command(command).await?.extract_error()
    }

    fn slot(&self) -> MutexGuard<'_, Option<ConnectionManager>> {
        self.connection.lock().expect("nothing panics while it holds this lock")
    }

    fn connection(&self) -> RedisResult<ConnectionManager> {
        let mut slot = self.slot();
        if let Some(connection) = slot.as_ref() {
            return Ok(connection.clone());
        }
        let connection = self.new_connection()?;
        *slot = Some(connection.clone());
        Ok(connection)
    }

    fn new_connection(&self) -> RedisResult<ConnectionManager> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(self.response_timeout))
            .set_connection_timeout(Some(self.connect_timeout))
            // The circuit breaker decides when to try again. A connection manager that retries by itself
            // would only make commands wait.
            .set_number_of_retries(0)
            .set_pipeline_buffer_size(PIPELINE_MAX);
        ConnectionManager::new_lazy_with_config(self.client.clone(), config)
    }

    fn failed(&self, generation: u64, error: &dyn std::error::Error) {
        tracing::debug!(purpose = self.purpose, error = %error, "redis failed");
        if self.breaker.failure(generation, Instant::now()) {
            // A connection whose packets are silently lost never breaks by itself. One on which an answer was
            // missed would give the answers to wrong questions. So start again with a new connection.
            *self.slot() = None;
            self.report(false);
            tracing::warn!(purpose = self.purpose, error = %error, "redis is away; answers are computed without it");
        }
    }

    /// Asks the server for a sign of life over a new connection.
    async fn probe(self: Arc<Self>) {
        let answer = tokio::time::timeout(self.connect_timeout, self.ping()).await;
        let connection = match answer {
            Ok(Ok(connection)) => connection,
            Ok(Err(_)) | Err(_) => return self.breaker.probed(false, Instant::now()),
        };
        *self.slot() = Some(connection);
        self.breaker.probed(true, Instant::now());
        self.report(true);
        tracing::info!(purpose = self.purpose, "redis is back");
    }

    async fn ping(&self) -> RedisResult<ConnectionManager> {
        let mut connection = self.new_connection()?;
        let answer: String = redis::cmd("PING").query_async(&mut connection).await?;
        if answer == "PONG" {
            return Ok(connection);
        }
        Err((redis::ErrorKind::UnexpectedReturnType, "the answer to PING is not PONG").into())
    }

    fn report(&self, works: bool) {
        let value = if works { 0.0 } else { 1.0 };
        gauge!("lotgraph_cache_circuit_open", "cache" => "redis", "purpose" => self.purpose).set(value);
    }
}
