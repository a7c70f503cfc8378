//! What can go wrong inside the SQLite store, and how it looks at the seam.

use rusqlite::ErrorCode;

use lotgraph_domain::Problem;
use lotgraph_store::{StoreError, StoreErrorKind};

/// A result inside this store.
pub(super) type Fallible<T> = Result<T, Fault>;

/// A failure that does not yet know which operation of the store it belongs to.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite refused.
    Database(rusqlite::Error),
    /// The store itself refuses.
    Refused(StoreErrorKind),
    /// The store itself refuses, and this is why, in words.
    Explained(StoreErrorKind, String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl Fault {
    /// The file holds something that lotgraph did not write.
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Refused(StoreErrorKind::Corrupt(what.into()))
    }

    /// An event's body in the file is not one that lotgraph wrote.
    pub(super) fn damaged_body(id: &str, problems: &[Problem]) -> Self {
        let reasons: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Self::damaged(format!("the body recorded for {id} cannot be read: {}", reasons.join("; ")))
    }

    /// The deadline passed.
    pub(super) fn timeout() -> Self {
        Self::Refused(StoreErrorKind::Timeout)
    }

    /// The error at the seam, during this operation of the store.
    pub(super) fn during(self, operation: &'static str) -> StoreError {
        match self {
            Self::Refused(kind) => StoreError::new(kind, operation),
            Self::Explained(kind, why) => StoreError::with_source(kind, operation, why),
            Self::Database(error) => StoreError::with_source(kind_of(&error), operation, error),
        }
    }
}

/// Unavailable is what may pass by itself or by an operator's hand (locks, a full disk); corrupt is what never does.
fn kind_of(error: &rusqlite::Error) -> StoreErrorKind {
    match error {
        rusqlite::Error::SqliteFailure(failure, message) => match failure.code {
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory => StoreErrorKind::Unavailable,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                StoreErrorKind::Corrupt(message.clone().unwrap_or_else(|| failure.to_string()))
            }
            ErrorCode::OperationInterrupted => StoreErrorKind::Timeout,
            _ => StoreErrorKind::Internal,
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::InvalidColumnType(..) => StoreErrorKind::Corrupt(error.to_string()),
        _ => StoreErrorKind::Internal,
    }
}
