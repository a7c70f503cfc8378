//! Puts the fields of an answer into the order of the query, as the specification wants it (GraphQL October 2021,
//! section 7.2.2); the executor leaves them in the order in which they were done.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Value};

/// The fields of an object by the names they have in the answer, in order, each with what is asked of it.
#[derive(Debug, Default)]
pub(super) struct Shape(IndexMap<Name, Shape>);

impl Shape {
    /// What an operation of a document asks for; empty when there is no such operation, which the executor refuses.
    pub(super) fn of(document: &ExecutableDocument, operation: Option<&str>) -> Self {
        let mut shape = Self::default();
        let found = match (&document.operations, operation) {
            (DocumentOperations::Single(operation), _) => Some(operation),
            (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
            (DocumentOperations::Multiple(operations), None) => operations.values().next(),
        };
        if let Some(found) = found {
            shape.add(document, &found.node.selection_set);
        }
        shape
    }

    /// Fragments stand for their fields; circles among them were refused before (`limits`).
    fn add(&mut self, document: &ExecutableDocument, selections: &Positioned<SelectionSet>) {
        for selection in &selections.node.items {
            match &selection.node {
                Selection::Field(field) => {
                    let name = field.node.response_key().node.clone();
                    self.0.entry(name).or_default().add(document, &field.node.selection_set);
                }
                Selection::InlineFragment(fragment) => self.add(document, &fragment.node.selection_set),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        self.add(document, &fragment.node.selection_set);
                    }
                }
            }
        }
    }

    /// Puts a value of this shape into order.
    pub(super) fn arrange(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item)),
            Value::Object(object) => {
                object.sort_by_cached_key(|name, _| self.0.get_index_of(name));
                for (name, field) in object.iter_mut() {
                    if let Some(shape) = self.0.get(name).filter(|shape| !shape.0.is_empty()) {
                        shape.arrange(field);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn fields_come_as_they_were_asked_for() {
        let query = "query A { x } query B { b ...F a { y x } list { q p } } fragment F on Query { c { m } d { x } d { k } }";
        let document = parse_query(query).expect("a document");
        let json = serde_json::json!({"a": {"x": 1, "y": 2}, "b": 3, "c": {"m": null}, "d": {"k": 1, "x": 2},
            "list": [{"p": 1, "q": 2}, null]});
        let mut value = Value::from_json(json).expect("a value");
        Shape::of(&document, Some("B")).arrange(&mut value);
        let text = serde_json::to_string(&value).expect("JSON");
        let expected = "{\"b\":3,\"c\":{\"m\":null},\"d\":{\"x\":2,\"k\":1},\"a\":{\"y\":2,\"x\":1},\"list\":[{\"q\":2,\"p\":1},null]}";
        assert_eq!(text, expected);
    }
}
