//! What the driver's errors mean to callers, and which are worth another try.

use neo4rs::{Error, Neo4jClientErrorKind, Neo4jErrorKind, Neo4jSecurityErrorKind};

use lotgraph_store::{StoreError, StoreErrorKind};

/// The result of one attempt.
pub(super) type Attempt<T> = Result<T, Failure>;

/// A failure inside one attempt, before it is known whether there will be another.
#[derive(Debug)]
pub(super) enum Failure {
    /// The driver's or the server's own.
    Driver(Error),
    /// The deadline passed while waiting.
    Deadline,
    /// Not the database's: the data or the request.
    Store(StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failure {
    /// Whether the same work may succeed at once when tried again. Writes may be tried again too: they are idempotent
    /// by commit id.
    pub(super) fn transient(&self) -> bool {
        match self {
            Self::Driver(Error::Neo4j(error)) => {
                let expired = Neo4jClientErrorKind::Security(Neo4jSecurityErrorKind::AuthorizationExpired);
                match error.kind() {
                    Neo4jErrorKind::Transient => true,
                    Neo4jErrorKind::Client(kind) => {
                        kind == Neo4jClientErrorKind::SessionExpired || kind == expired
                    }
                    Neo4jErrorKind::Database | Neo4jErrorKind::Unknown => false,
                }
            }
            Self::Driver(error) => lost_connection(error),
            Self::Deadline | Self::Store(_) => false,
        }
    }

    /// The store's error for this failure.
    pub(super) fn into_store(self, operation: &'static str) -> StoreError {
        match self {
            Self::Driver(error) => StoreError::with_source(kind_of(&error), operation, error),
            Self::Deadline => StoreError::new(StoreErrorKind::Timeout, operation),
            Self::Store(error) => error,
        }
    }
}

fn lost_connection(error: &Error) -> bool {
    matches!(
        error,
        Error::IOError { .. }
            | Error::ConnectionError
            | Error::ConnectionTimedOut
            | Error::IncompleteBoltExchange
            | Error::RequestIgnoredError
            | Error::Ignored(_)
            | Error::ServerUnavailableError(_)
            | Error::UnexpectedMessage(_)
    )
}

fn kind_of(error: &Error) -> StoreErrorKind {
    match error {
        Error::Neo4j(error) if error.code().contains("TransactionTimedOut") => StoreErrorKind::Timeout,
        Error::Neo4j(error) => match error.kind() {
            // Wrong credentials, no such database, no leader: nothing that the caller can change.
            Neo4jErrorKind::Transient
            | Neo4jErrorKind::Client(
                Neo4jClientErrorKind::Security(_)
                | Neo4jClientErrorKind::SessionExpired
                | Neo4jClientErrorKind::FatalDiscovery
                | Neo4jClientErrorKind::TransactionTerminated,
            ) => StoreErrorKind::Unavailable,
            _ => StoreErrorKind::Internal,
        },
        Error::DeserializationError(error) => StoreErrorKind::Corrupt(error.to_string()),
        Error::AuthenticationError(_) | Error::ProtocolMismatch(_) | Error::UnsupportedVersion(..) => {
            StoreErrorKind::Unavailable
        }
        error if lost_connection(error) => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Internal,
    }
}
