//! The one type of error that all databases behind the stores are mapped to.

use std::fmt;

use lotgraph_domain::ErrorCode;

/// A result of a store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// What went wrong. The list is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The query contradicts itself.
    Invalid(String),
    /// The request exceeds a limit.
    LimitExceeded {
        /// Its name.
        limit: &'static str,
        /// What is allowed.
        max: u64,
        /// What was asked.
        got: u64,
    },
    /// The answer was asked for as of a revision at which it is no longer available.
    Stale,
    /// The database cannot be reached, or refuses work for now.
    Unavailable,
    /// The deadline passed; the work was stopped.
    Timeout,
    /// The database holds something that lotgraph did not write.
    Corrupt(String),
    /// Anything else. It is a defect of the program.
    Internal,
}

/// An error of a store.
#[derive(Debug)]
pub struct StoreError {
    /// What went wrong.
    pub kind: StoreErrorKind,
    /// The operation of the store during which it happened.
    pub operation: &'static str,
    /// The database's own error.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// An error without a source.
    #[must_use]
    pub fn new(kind: StoreErrorKind, operation: &'static str) -> Self {
        Self { kind, operation, source: None }
    }

    /// An error with the database's own error behind it.
    #[must_use]
    pub fn with_source(
        kind: StoreErrorKind,
        operation: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, operation, source: Some(source.into()) }
    }

    /// Refuses a request above a limit.
    ///
    /// # Errors
    /// When `got` is above `max`.
    pub fn check_limit(operation: &'static str, limit: &'static str, max: u64, got: u64) -> Result<()> {
        if got > max {
            return Err(Self::new(StoreErrorKind::LimitExceeded { limit, max, got }, operation));
        }
        Ok(())
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Unavailable | StoreErrorKind::Timeout)
    }

    /// The public code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match &self.kind {
            StoreErrorKind::Invalid(_) => ErrorCode::ArgumentInvalid,
            StoreErrorKind::LimitExceeded { .. } => ErrorCode::LimitExceeded,
            StoreErrorKind::Stale => ErrorCode::CursorStale,
            StoreErrorKind::Unavailable => ErrorCode::StoreUnavailable,
            StoreErrorKind::Timeout => ErrorCode::DeadlineExceeded,
            StoreErrorKind::Corrupt(_) => ErrorCode::StoreCorrupt,
            StoreErrorKind::Internal => ErrorCode::Internal,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            StoreErrorKind::Invalid(why) => formatter.write_str(why),
            StoreErrorKind::LimitExceeded { limit, max, got } => {
                write!(formatter, "{got} exceeds the limit {limit} of {max}")
            }
            StoreErrorKind::Stale => formatter.write_str("the answer at that revision is no longer kept"),
            StoreErrorKind::Unavailable => formatter.write_str("the store cannot be reached"),
            StoreErrorKind::Timeout => formatter.write_str("the store did not answer in time"),
            StoreErrorKind::Corrupt(what) => write!(formatter, "the store is damaged: {what}"),
            StoreErrorKind::Internal => formatter.write_str("the store failed"),
        }?;
        write!(formatter, " (during {})", self.operation)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn std::error::Error + 'static))
    }
}
