//! Null where something that must not be null could not be answered (GraphQL October 2021, section 6.4.4): the object around
//! it is null, or what is around that.
//!
//! The executor leaves the field out of its object instead, so that a client would find neither a value nor null.

use async_graphql::{ContextSelectionSet, Name, PathSegment, Response, ServerError, ServerResult, Value};

/// Marks an error that only hands on that something inside could not be answered, which another error says.
const HANDED_ON: &str = "\u{0}handed on";

/// The answer of an object, unless one of its fields is missing: then the object cannot be answered either.
pub(super) fn whole(context: &ContextSelectionSet<'_>, value: Value) -> ServerResult<Value> {
    let errors = match context.query_env.errors.lock() {
        Ok(errors) if errors.is_empty() => return Ok(value),
        Ok(errors) => errors,
        Err(poisoned) => poisoned.into_inner(),
    };
    let here = context.set_error_path(ServerError::new(HANDED_ON, None));
    let failed = match &value {
        Value::Object(object) => errors.iter().any(|error| {
            let inside = error.path.strip_prefix(here.path.as_slice()).and_then(<[PathSegment]>::first);
            inside.is_some_and(|step| is_missing(step, |name| object.contains_key(name)))
        }),
        // An object of which no field could be answered.
        _ => true,
    };
    if failed { Err(here) } else { Ok(value) }
}

/// Whether a step of a path leads to a field that is not there.
fn is_missing(step: &PathSegment, has: impl Fn(&Name) -> bool) -> bool {
    matches!(step, PathSegment::Field(name) if !has(&Name::new(name)))
}

/// Makes a whole answer null when one of its own fields is missing, and forgets the errors that only handed on.
pub(super) fn settle(response: &mut Response) {
    if let Value::Object(object) = &response.data
        && response.errors.iter().any(|error| {
            error.path.first().is_some_and(|step| is_missing(step, |name| object.contains_key(name)))
        })
    {
        response.data = Value::Null;
    }
    response.errors.retain(|error| error.message != HANDED_ON);
}
