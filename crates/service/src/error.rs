//! What a use case can fail with: a public code, words, and the store's error behind it.

use lotgraph_domain::{ErrorCode, Problem};
use lotgraph_store::StoreError;

/// A result of a use case.
pub type ServiceResult<T> = Result<T, ServiceError>;

/// A failed use case.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ServiceError {
    /// The public code.
    pub code: ErrorCode,
    /// What is wrong and what to do.
    pub message: String,
    /// The store's error, when it was one.
    #[source]
    pub source: Option<StoreError>,
}

impl ServiceError {
    /// An error with a code.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), source: None }
    }
}

impl ServiceError {
    /// Everything wrong with an input, in one message; the code is that of the first problem.
    #[must_use]
    pub fn of_problems(problems: Vec<Problem>) -> Self {
        let code = problems.first().map_or(ErrorCode::Internal, |problem| problem.code);
        let words = problems.iter().map(|problem| match problem.path.as_str() {
            "" => problem.message.clone(),
            path => format!("{path}: {}", problem.message),
        });
        Self::new(code, words.collect::<Vec<String>>().join("; "))
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        let code = error.code();
        let message = format!("{error}; {}", code.remedy());
        Self { code, message, source: Some(error) }
    }
}
