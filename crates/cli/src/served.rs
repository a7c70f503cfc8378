//! A store whose file another process serves: it is read from the file, and written to through that process.
//!
//! The server notes its address and a secret in the file's lock. Commands show the secret and are believed about who records; events take the road of the REST API, and the receipt is the server's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

use lotgraph_domain::{ErrorCode, EventOutcome, Problem, RecordedRevision, Revision, Status};
use lotgraph_format::canonical;
use lotgraph_http::local::{ACTOR_HEADER, LEDGER_HEADER, SECRET_HEADER, SOURCE_HEADER};
use lotgraph_store::layer::Layer;
use lotgraph_store::{Batch, Changes, Ledger, Receipt, Result, StoreError, StoreErrorKind};

/// How long a server on this machine may take to answer a connection.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take to record a batch.
const RECORD_PATIENCE: Duration = Duration::from_secs(300);

/// Who serves a file, and what it wants to be shown.
pub struct Serving {
    /// The process, for people.
    pub process: String,
    /// Its address on this machine.
    pub address: SocketAddr,
    /// What a command shows to be believed.
    pub secret: String,
}

/// A store that is read here and written to through the process that serves it.
pub struct ServedStore {
    /// Reads the file.
    file: Arc<dyn Ledger>,
    serving: Serving,
    agent: ureq::Agent,
}

/// The answer of the server, as far as a receipt needs it.
#[derive(Deserialize)]
struct Answer {
    revision: Option<String>,
    applied: Option<bool>,
    #[serde(default)]
    events: Vec<AnsweredEvent>,
    error: Option<AnsweredError>,
}

#[derive(Deserialize)]
struct AnsweredEvent {
    status: String,
    #[serde(default)]
    warnings: Vec<AnsweredProblem>,
    #[serde(default)]
    problems: Vec<AnsweredProblem>,
}

#[derive(Deserialize)]
struct AnsweredProblem {
    code: String,
    message: String,
    path: String,
}

#[derive(Deserialize)]
struct AnsweredError {
    code: String,
    message: String,
}

impl ServedStore {
    /// Reads from a file, and writes through the process that serves it.
    #[must_use]
    pub fn new(file: Arc<dyn Ledger>, serving: Serving) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_PATIENCE))
            .timeout_global(Some(RECORD_PATIENCE))
            // A proxy would be shown the secret.
            .proxy(None)
            .build();
        Self { file, serving, agent: config.into() }
    }

    /// The server did not answer, or not as a server of lotgraph does.
    fn away(&self, why: impl std::fmt::Display) -> StoreError {
        let Serving { process, address, .. } = &self.serving;
        let why = format!(
            "the file is served by process {process} at {address}, which does not take events: {why}; wait until it serves \
             again, or stop it"
        );
        StoreError::with_source(StoreErrorKind::Unavailable, "commit", why)
    }

    async fn send(&self, batch: &Batch) -> Result<Answer> {
        let ledger = Layer::identity(self).await?;
        let lines: Vec<String> = batch.events.iter().map(canonical::line).collect();
        let request = self
            .agent
            .post(format!("http://{}/api/v1/events?atomic={}", self.serving.address, batch.atomic))
            .header("Content-Type", "application/x-ndjson")
            .header(SECRET_HEADER, &self.serving.secret)
            .header(ACTOR_HEADER, batch.recording.actor.as_str().as_bytes())
            .header(SOURCE_HEADER, batch.recording.source.as_str().as_bytes())
            .header(LEDGER_HEADER, ledger);
        let sent = tokio::task::spawn_blocking(move || {
            let mut response = request.send(lines.join("\n"))?;
            response.body_mut().read_to_string()
        });
        let text = match sent.await {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => return Err(self.away(error)),
            Err(error) => return Err(StoreError::with_source(StoreErrorKind::Internal, "commit", error)),
        };
        serde_json::from_str(&text).map_err(|_| self.away("it answers something that lotgraph does not"))
    }

    fn receipt(&self, batch: &Batch, answer: Answer) -> Result<Receipt> {
        let Answer { revision, applied, events, error } = answer;
        let revision = revision.and_then(|text| text.parse().ok()).map(Revision);
        let (Some(revision), Some(applied), true) = (revision, applied, events.len() == batch.events.len())
        else {
            let said = error.map(|error| format!("{}: {}", error.code, error.message));
            let said = said.unwrap_or_else(|| "it says nothing about them".to_owned());
            return Err(StoreError::new(
                StoreErrorKind::Invalid(format!("the server refused: {said}")),
                "commit",
            ));
        };
        let outcome = |(event, mut answered): (&lotgraph_domain::Event, AnsweredEvent)| {
            let warnings = std::mem::take(&mut answered.warnings).into_iter().map(AnsweredProblem::known);
            let warnings = warnings.collect();
            Ok(EventOutcome { id: event.id.clone(), status: self.status(answered)?, warnings })
        };
        let outcomes: Result<Vec<EventOutcome>> = batch.events.iter().zip(events).map(outcome).collect();
        Ok(Receipt { revision, applied, outcomes: outcomes?, changes: Changes::default() })
    }

    fn status(&self, answered: AnsweredEvent) -> Result<Status> {
        match answered.status.as_str() {
            "ACCEPTED" => Ok(Status::Accepted),
            "DUPLICATE" => Ok(Status::Duplicate),
            "WITHHELD" => Ok(Status::Withheld),
            "REJECTED" => {
                // The server recorded what a hold refused; a receipt has one reason for each event.
                let problem = answered.problems.into_iter().next().map(AnsweredProblem::known);
                problem.map(Status::Rejected).ok_or_else(|| self.away("it refuses an event without a reason"))
            }
            other => Err(self.away(format!("it answers {other:?}"))),
        }
    }
}

impl AnsweredProblem {
    fn known(self) -> Problem {
        let code = ErrorCode::ALL.iter().copied().find(|code| code.name() == self.code);
        Problem::new(code.unwrap_or(ErrorCode::Internal), self.path, self.message)
    }
}

#[async_trait]
impl Layer for ServedStore {
    fn inner(&self) -> &dyn Ledger {
        self.file.as_ref()
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        let answer = self.send(batch).await?;
        self.receipt(batch, answer)
    }

    async fn project(&self, _: Vec<RecordedRevision>) -> Result<Revision> {
        let message = format!(
            "the file is served at {}, and a history is not taken over through a server; stop it first",
            self.serving.address
        );
        Err(StoreError::new(StoreErrorKind::Invalid(message), "project"))
    }
}
