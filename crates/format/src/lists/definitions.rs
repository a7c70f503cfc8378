//! What JSON Schema says of events, put together from the lists; what several share is written once, under a name.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::list::{Column, FieldList};

/// The named parts of the schema, and what is to be said of each field of each list.
#[derive(Debug, Default)]
pub struct Definitions {
    /// The parts by name.
    pub schemas: Map<String, Value>,
    /// The fields of each list by the name of the list.
    pub columns: BTreeMap<&'static str, Vec<Column>>,
}

impl Definitions {
    /// Refers to a part, which is made when it is first referred to.
    pub fn named(&mut self, name: &str, schema: impl FnOnce() -> Value) -> Value {
        if !self.schemas.contains_key(name) {
            self.schemas.insert(name.to_owned(), schema());
        }
        reference(name)
    }

    /// Refers to objects of a list.
    pub fn object<L: FieldList>(&mut self) -> Value {
        if !self.schemas.contains_key(L::NAME) {
            let schema = self.list::<L>(Map::new(), Vec::new());
            self.schemas.insert(L::NAME.to_owned(), schema);
        }
        reference(L::NAME)
    }

    /// Refers to events of a list.
    pub fn event<L: FieldList>(&mut self, meaning: &str) -> Value {
        let id = self.named("identifier", super::words::identifier);
        let mut properties = Map::new();
        properties.insert("type".to_owned(), json!({ "const": L::NAME }));
        properties.insert(
            "id".to_owned(),
            described("The event's id; absent: derived from the content.", or_null(id)),
        );
        let mut schema = self.list::<L>(properties, vec![json!("type")]);
        schema["description"] = meaning.into();
        self.schemas.insert(L::NAME.to_owned(), schema);
        reference(L::NAME)
    }

    fn list<L: FieldList>(&mut self, mut properties: Map<String, Value>, mut required: Vec<Value>) -> Value {
        let columns = L::columns(self);
        for column in &columns {
            let schema = column.schema.clone();
            let schema = if column.required { schema } else { or_null(schema) };
            properties.insert(column.name.to_owned(), described(&column.about, schema));
            if column.required {
                required.push(column.name.into());
            }
        }
        let mut schema = L::rule(self);
        self.columns.insert(L::NAME, columns);
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), properties.into());
        schema.insert("additionalProperties".to_owned(), json!(false));
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        schema.into()
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn described(about: &str, mut schema: Value) -> Value {
    schema["description"] = about.into();
    schema
}

/// The same, or null, which counts as absent.
pub fn or_null(mut schema: Value) -> Value {
    match (schema.get("type"), schema.get("enum")) {
        (Some(Value::String(kind)), None) => {
            let kinds = json!([kind, "null"]);
            schema["type"] = kinds;
            schema
        }
        _ => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

/// Rules for a whole object: a JSON object of keywords.
pub fn rule(keywords: Value) -> Map<String, Value> {
    if let Value::Object(keywords) = keywords { keywords } else { Map::new() }
}
