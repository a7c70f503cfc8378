//! Errors of answers: every one carries a code of the public table in `extensions.code`.

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};

use lotgraph_domain::{ErrorCode, Master, Node};
use lotgraph_service::ServiceError;
use lotgraph_service::query::StoreError;

/// How the library words a document above the limit of cost; it has no type of its own.
const TOO_COSTLY: &str = "Query is too complex.";

/// A reference of one kind that led to another.
pub(super) fn wrong_kind(found: &Master) -> async_graphql::Error {
    let reference = found.reference();
    let message = format!("the store answered with the {} {}", reference.kind().name(), reference.code());
    ServiceError::new(ErrorCode::StoreCorrupt, message).into()
}

/// The store answered with a node of another kind than asked for.
pub(super) fn wrong_node(node: &Node) -> async_graphql::Error {
    let message = format!("the store answered with {:?}", node.reference());
    ServiceError::new(ErrorCode::StoreCorrupt, message).into()
}

/// Gives every error its public code and words; writes those that are ours to mend to the log.
///
/// Resolvers use plain `?`, so this is the only place that maps errors, and none can be forgotten.
pub(super) fn label(response: &mut Response) {
    for error in &mut response.errors {
        if code_of(error).is_some() {
            continue;
        }
        let code = code_behind(error);
        if code.is_fault() {
            tracing::error!(code = code.name(), path = ?error.path, error = %error.message, "a question failed");
        }
        if error.message == TOO_COSTLY {
            let message = "the document costs too much: the sizes of pages inside pages multiply; ask for smaller pages";
            message.clone_into(&mut error.message);
        }
        set_code(error, code);
    }
}

/// An answer that is one error.
pub(super) fn refusal(code: ErrorCode, message: impl Into<String>) -> Response {
    let mut error = ServerError::new(message, None);
    set_code(&mut error, code);
    Response::from_errors(vec![error])
}

/// An answer that is the error of a use case.
pub(super) fn failure(error: &ServiceError) -> Response {
    if error.code.is_fault() {
        tracing::error!(code = error.code.name(), error = ?error, "a question failed");
    }
    refusal(error.code, error.message.clone())
}

fn set_code(error: &mut ServerError, code: ErrorCode) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("code", code.name());
    extensions.set("remedy", code.remedy());
}

/// Whether the operation was refused before any of it was answered.
#[must_use]
pub fn is_refusal(response: &Response) -> bool {
    let errors = &response.errors;
    response.data == Value::Null && !errors.is_empty() && errors.iter().all(|error| error.path.is_empty())
}

/// The code that an error carries.
#[must_use]
pub fn code_of(error: &ServerError) -> Option<ErrorCode> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(name) => ErrorCode::ALL.iter().copied().find(|code| code.name() == name),
        _ => None,
    }
}

/// The code of the error that a resolver failed with; anything else is the library's refusal of the document.
fn code_behind(error: &ServerError) -> ErrorCode {
    if let Some(error) = error.source::<ServiceError>() {
        error.code
    } else if let Some(error) = error.source::<StoreError>() {
        error.code()
    } else if let Some(error) = error.source::<Arc<StoreError>>() {
        error.code()
    } else if error.message == TOO_COSTLY {
        ErrorCode::QueryTooComplex
    } else {
        ErrorCode::QueryMalformed
    }
}
