//! Recall scopes read from JSON, strictly.

use serde_json::Value;

use super::fields::Fields;
use super::lists::{FieldList, Scope};
use super::problems::Problems;
use lotgraph_domain::recall::RecallScope;
use lotgraph_domain::{ErrorCode, Problem};

/// Reads a scope.
///
/// # Errors
/// Every problem found, each with its path.
pub fn parse_scope(value: &Value) -> Result<RecallScope, Vec<Problem>> {
    let mut problems = Problems::default();
    let Some(object) = value.as_object() else {
        return Err(vec![Problem::new(ErrorCode::FieldType, "", "a scope must be an object in braces")]);
    };
    let mut fields = Fields::new(object, "", &mut problems);
    let scope = Scope::read(&mut fields);
    fields.finish();
    match scope {
        Some(scope) if problems.is_empty() => Ok(scope),
        _ => Err(problems.into_told()),
    }
}
