//! As of: which state of the ledger a request is answered from, found in its document before anything is executed.
//!
//! Fields inside fields must answer for the same state, so a whole request is answered from one: its root fields name
//! the same one, or none. A field that a directive leaves out counts as well: it may be asked for the next time.

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{InputType, Name, OneofObject, Positioned, Request, Value};

use super::scalars::Moment;
use lotgraph_domain::ErrorCode;
use lotgraph_service::as_of::Point;
use lotgraph_service::{ServiceError, ServiceResult};

/// The argument of root fields that names a state.
const AS_OF: &str = "asOf";
/// The root field that compares two states, and its argument that names the one its nodes are shown from.
const COMPARISON: (&str, &str) = ("traceDiff", "to");

/// A state of the ledger.
#[derive(OneofObject)]
pub enum AsOfInput {
    /// As it was at this revision, which `freshness` of every trace states.
    Revision(String),
    /// As it was once everything recorded up to this moment was in. The answer states the revision that this was.
    RecordedAt(Moment),
}

impl AsOfInput {
    pub(super) fn read(&self) -> ServiceResult<Point> {
        match self {
            Self::Revision(text) => Point::parse_revision(text)
                .map_err(|error| ServiceError::new(error.code, format!("revision {}", error.message))),
            Self::RecordedAt(moment) => Ok(Point::RecordedAt(moment.0)),
        }
    }
}

/// The state that a request is to be answered from; `None`: the current one.
///
/// # Errors
/// `QUERY_MALFORMED` for an argument that names no state, `ARGUMENT_INVALID` when root fields name different ones.
pub(super) fn asked(document: &ExecutableDocument, request: &Request) -> ServiceResult<Option<Point>> {
    let Some(operation) = operation(document, request) else { return Ok(None) };
    if operation.ty != OperationType::Query {
        return Ok(None);
    }
    let mut reader = Reader { document, request, operation, found: None };
    reader.selections(&operation.selection_set)?;
    Ok(reader.found.and_then(|(_, point)| point))
}

/// The operation that will be executed; `None` when the request names none, which the executor refuses.
fn operation<'a>(document: &'a ExecutableDocument, request: &Request) -> Option<&'a OperationDefinition> {
    let found = match (&document.operations, &request.operation_name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name.as_str()),
        (DocumentOperations::Multiple(operations), None) => operations.values().next(),
    };
    found.map(|operation| &operation.node)
}

/// Reads the root fields of one operation.
struct Reader<'a> {
    document: &'a ExecutableDocument,
    request: &'a Request,
    operation: &'a OperationDefinition,
    /// The first root field and the state that it names.
    found: Option<(&'a str, Option<Point>)>,
}

impl<'a> Reader<'a> {
    /// Fragments stand for their fields; circles among them were refused before (`limits`).
    fn selections(&mut self, selections: &'a Positioned<SelectionSet>) -> ServiceResult<()> {
        for selection in &selections.node.items {
            match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(fragment) => self.selections(&fragment.node.selection_set)?,
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.selections(&fragment.node.selection_set)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &'a Field) -> ServiceResult<()> {
        let name = field.name.node.as_str();
        if name.starts_with("__") {
            return Ok(());
        }
        let argument = if name == COMPARISON.0 { COMPARISON.1 } else { AS_OF };
        let point = self.point(field, argument)?;
        match self.found {
            Some((first, other)) if other != point => {
                let message = format!(
                    "a request is answered from one state of the ledger, but {first} asks {} and {name} asks {}; ask in two requests",
                    in_words(other),
                    in_words(point)
                );
                Err(ServiceError::new(ErrorCode::ArgumentInvalid, message))
            }
            Some(_) => Ok(()),
            None => {
                self.found = Some((name, point));
                Ok(())
            }
        }
    }

    /// The state that an argument names, its variables filled in as the executor does it.
    fn point(&self, field: &Field, argument: &str) -> ServiceResult<Option<Point>> {
        let Some(value) = field.get_argument(argument) else { return Ok(None) };
        let malformed = |why: &str| {
            let message = format!("{argument} names no state of the ledger: {why}");
            ServiceError::new(ErrorCode::QueryMalformed, message)
        };
        let known = value.node.clone().into_const_with(|name| self.variable(&name).cloned().ok_or(name));
        let known = known.map_err(|name| malformed(&format!("the variable {name} has no value")))?;
        let input = <Option<AsOfInput> as InputType>::parse(Some(known));
        let input = input.map_err(|error| malformed(&error.into_server_error(value.pos).message))?;
        input.as_ref().map(AsOfInput::read).transpose()
    }

    /// The value sent for a variable, or else its default.
    fn variable(&self, name: &Name) -> Option<&Value> {
        let definition =
            self.operation.variable_definitions.iter().find(|def| def.node.name.node == *name)?;
        self.request.variables.get(name).or_else(|| definition.node.default_value())
    }
}

fn in_words(point: Option<Point>) -> String {
    match point {
        None => "for now".to_owned(),
        Some(Point::Revision(revision)) => format!("as of revision {revision}"),
        Some(Point::RecordedAt(at)) => format!("as of {at}"),
    }
}
