//! Errors of answers: every one carries a code of the public table in `extensions.code`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, ErrorExtensions as _, Response, ServerError, Value};
use serde::Serialize;
use serde_json::json;

use super::nulls;
use lotgraph_domain::{ErrorCode, Master, Node, Problem};
use lotgraph_service::ServiceError;
use lotgraph_service::query::StoreError;
use lotgraph_service::recorder::{ItemStatus, Report};

/// How the library words a document above the limit of cost; it has no type of its own.
const TOO_COSTLY: &str = "Query is too complex.";

/// Refused events that the error of a mutation tells of.
const REFUSED_TOLD_MAX: usize = 100;

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
    nulls::settle(response);
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

/// The answer to a document that is not GraphQL: a plain sentence, and where.
pub(super) fn syntax(error: &async_graphql::parser::Error) -> Response {
    let text = error.to_string();
    // The parser draws the line with an arrow; the last line of that says what it expected.
    let last = text.lines().last().unwrap_or_default().trim();
    let why = last.strip_prefix("= ").unwrap_or(last);
    let mut error = ServerError {
        locations: error.positions().collect(),
        ..ServerError::new(format!("the document is not GraphQL: {why}"), None)
    };
    set_code(&mut error, ErrorCode::QueryMalformed);
    Response::from_errors(vec![error])
}

/// An answer as it is sent: a request that was refused has no data, not even null (GraphQL October 2021, section 7.1.1).
#[derive(Serialize)]
pub struct Sent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[ServerError]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

impl<'a> From<&'a Response> for Sent<'a> {
    fn from(response: &'a Response) -> Self {
        let data = Some(&response.data).filter(|_| !is_refusal(response));
        Self { data, errors: &response.errors, extensions: &response.extensions }
    }
}

/// The error of a mutation that recorded nothing: what was refused first, and all that was refused.
pub(super) fn nothing_recorded(report: &Report) -> async_graphql::Error {
    let refused = report.outcomes.iter().enumerate().filter_map(|(index, outcome)| match &outcome.status {
        ItemStatus::Rejected(problems) => Some((index, outcome.id.as_ref(), problems)),
        _ => None,
    });
    let refused: Vec<_> = refused.collect();
    let (code, message) = match refused.as_slice() {
        [(_, _, problems)] if report.outcomes.len() == 1 && !problems.is_empty() => {
            (problems[0].code, problems[0].message.clone())
        }
        _ => {
            let (refused, all) = (refused.len(), report.outcomes.len());
            (ErrorCode::BatchRefused, format!("{refused} of {all} events were refused, so none was recorded"))
        }
    };
    let told = refused.iter().take(REFUSED_TOLD_MAX).map(|(index, id, problems)| {
        let problem = |p: &Problem| json!({ "code": p.code.name(), "message": p.message, "path": p.path });
        let problems: Vec<_> = problems.iter().map(problem).collect();
        json!({ "index": index, "id": id.map(|id| id.as_str()), "problems": problems })
    });
    let events = Value::from_json(told.collect()).unwrap_or_default();
    async_graphql::Error::new(message).extend_with(|_, extensions| {
        extensions.set("code", code.name());
        extensions.set("remedy", code.remedy());
        extensions.set("revision", report.revision.to_string());
        extensions.set("refused", refused.len());
        extensions.set("events", events.clone());
    })
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
