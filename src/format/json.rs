//! Strict JSON: like serde_json, but a field named twice is an error, since one of the two would be lost.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::domain::{ErrorCode, Problem};

/// Marks the error of a repeated field among serde_json's own.
const DUPLICATE: &str = "duplicate field";

/// JSON that cannot be read: where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// Reads one JSON value that fills the whole text.
///
/// # Errors
/// Says where the text stops being JSON, or names a field twice.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    value.map_err(|error| {
        let text = error.to_string();
        // serde_json ends its messages with the place, which has fields of its own here.
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let code =
            if message.starts_with(DUPLICATE) { ErrorCode::FieldDuplicate } else { ErrorCode::JsonMalformed };
        JsonError {
            line: error.line().max(1),
            column: error.column().max(1),
            problem: Problem::new(code, "", message),
        }
    })
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("{DUPLICATE} {name:?}")));
            }
            let value = fields.next_value_seed(Strict)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_field_is_an_error_with_its_place() {
        let error = parse(b"{\"a\":1,\n \"b\":{\"c\":1,\"c\":2}}").expect_err("c stands twice");
        assert_eq!(error.problem.code, ErrorCode::FieldDuplicate);
        assert_eq!((error.line, error.problem.message.as_str()), (2, "duplicate field \"c\""));
    }

    #[test]
    fn malformed_text_has_a_place() {
        let error = parse(b"{\"a\": nope}").expect_err("not JSON");
        assert_eq!((error.problem.code, error.line), (ErrorCode::JsonMalformed, 1));
        assert!(error.column >= 7, "{error:?}");
        assert!(parse(b"{} {}").is_err());
        assert!(parse(&[b'['; 100_000]).is_err(), "nesting is bounded");
    }
}
