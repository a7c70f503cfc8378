//! Reads the fields of a JSON object one by one, collecting every problem with its path.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::problems::{Problems, named, quoted, shown};
use lotgraph_domain::event::EVENT_ITEMS_MAX;
use lotgraph_domain::identifier::TextError;
use lotgraph_domain::quantity::AmountError;
use lotgraph_domain::{Amount, Attributes, ErrorCode, Named, Problem, Quantity, Text, Timestamp, UnitCode};

/// The fields of one JSON object, taken one after the other; what is left at the end is unknown.
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
    taken: Vec<&'static str>,
    problems: &'a mut Problems,
}

impl<'a> Fields<'a> {
    /// Starts on an object; `path` is empty for the event itself.
    pub fn new(object: &'a Map<String, Value>, path: impl Into<String>, problems: &'a mut Problems) -> Self {
        Self { object, path: path.into(), taken: Vec::new(), problems }
    }

    /// The path of a field of this object.
    #[must_use]
    pub fn path_of(&self, field: &str) -> String {
        if field.is_empty() {
            return self.path.clone();
        }
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// Reports a problem with a field.
    pub fn refuse(&mut self, field: &str, code: ErrorCode, message: impl Into<String>) {
        let path = self.path_of(field);
        self.problems.push(Problem::new(code, path, message));
    }

    /// The raw value; an explicit null counts as absent.
    pub fn take(&mut self, field: &'static str) -> Option<&'a Value> {
        self.taken.push(field);
        self.object.get(field).filter(|value| !value.is_null())
    }

    /// Whether a field holds anything but null and an empty list.
    #[must_use]
    pub fn is_given(&self, field: &str) -> bool {
        match self.object.get(field) {
            None | Some(Value::Null) => false,
            Some(Value::Array(items)) => !items.is_empty(),
            Some(_) => true,
        }
    }

    /// Whether a field is not there at all, or null.
    #[must_use]
    pub fn is_absent(&self, field: &str) -> bool {
        self.object.get(field).is_none_or(Value::is_null)
    }

    /// The text in a field, for those who decide by it; whether it is right is reported where it is taken.
    #[must_use]
    pub fn given_text(&self, field: &str) -> Option<&'a str> {
        self.object.get(field)?.as_str()
    }

    /// Refuses a field that operations of this kind do not have, though others do.
    pub fn forbid(&mut self, field: &'static str, kind: &str) {
        if self.take(field).is_some() {
            let message = format!("a {kind} has no {field}; remove it, or choose the kind that has it");
            self.refuse(field, ErrorCode::FieldNotAllowed, message);
        }
    }

    fn missing(&mut self, field: &'static str) {
        self.refuse(field, ErrorCode::FieldMissing, format!("{field} is missing; add it"));
    }

    fn wrong_type(&mut self, field: &str, wanted: &str) {
        self.refuse(field, ErrorCode::FieldType, format!("{field} must be {wanted}"));
    }

    /// An optional text.
    pub fn text(&mut self, field: &'static str) -> Option<&'a str> {
        match self.take(field)? {
            Value::String(text) => Some(text),
            _ => {
                self.wrong_type(field, "a text in quotes");
                None
            }
        }
    }

    /// An optional text type: an identifier, a code, a name.
    pub fn parsed<T>(
        &mut self,
        field: &'static str,
        parse: impl Fn(&str) -> Result<T, TextError>,
    ) -> Option<T> {
        let text = self.text(field)?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(field, error.code(), format!("{field} {error}"));
                None
            }
        }
    }

    /// An optional time.
    pub fn time(&mut self, field: &'static str) -> Option<Timestamp> {
        let text = self.text(field)?;
        match Timestamp::parse(text) {
            Ok(time) => Some(time),
            Err(error) => {
                self.refuse(field, error.code(), format!("{field} {error}"));
                None
            }
        }
    }

    /// An optional true or false.
    pub fn flag(&mut self, field: &'static str) -> Option<bool> {
        let value = self.take(field)?;
        if value.as_bool().is_none() {
            self.wrong_type(field, "true or false");
        }
        value.as_bool()
    }

    /// One of a closed list of names.
    pub fn choice<T: Named>(&mut self, field: &'static str, all: &[T]) -> Option<T> {
        let text = self.text(field)?;
        let found = all.iter().copied().find(|item| item.name() == text);
        if found.is_none() {
            let message = format!("{field} {} is not one of {}", quoted(text), names(all));
            self.refuse(field, ErrorCode::ValueUnknown, message);
        }
        found
    }

    /// Any of a closed list of names, each once, ordered.
    pub fn choices<T: Named + Ord>(&mut self, field: &'static str, all: &[T]) -> Vec<T> {
        let found = self.list(field, |item, path, problems| {
            let found = all.iter().copied().find(|choice| Some(choice.name()) == item.as_str());
            if found.is_none() {
                let message = format!("{} is not one of {}", shown(item), names(all));
                problems.push(Problem::new(ErrorCode::ValueUnknown, path, message));
            }
            found
        });
        BTreeSet::from_iter(found).into_iter().collect()
    }

    /// A decimal written as text, or as a JSON number, verbatim.
    pub fn number_text(&mut self, field: &'static str) -> Option<Cow<'a, str>> {
        match self.take(field)? {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => {
                self.wrong_type(field, "a number, best as text in quotes");
                None
            }
        }
    }

    /// The fields `quantity` and `unit` together: both or neither. Zero lists a lot that was not used.
    pub fn quantity(&mut self) -> Option<Quantity> {
        self.quantity_as(Amount::parse_counted)
    }

    /// An optional amount without a unit of its own, which may be zero.
    pub fn amount(&mut self, field: &'static str) -> Option<Amount> {
        let text = self.number_text(field)?;
        match Amount::parse_counted(&text) {
            Ok(amount) => Some(amount),
            Err(error) => {
                self.refuse(field, error.code(), format!("{field} {} {error}", quoted(&text)));
                None
            }
        }
    }

    /// The fields `quantity` and `unit` of what was recovered: both must be there.
    pub fn recovered(&mut self) -> Option<Quantity> {
        if !self.is_given("quantity") && !self.is_given("unit") {
            let message = "quantity is missing; add how much was recovered";
            self.refuse("quantity", ErrorCode::FieldMissing, message);
        }
        self.quantity_as(Amount::parse)
    }

    /// The fields `quantity` and `unit` of a count: both must be there, and zero counts.
    pub fn counted(&mut self) -> Option<Quantity> {
        let (given, before) = (self.is_given("quantity") || self.is_given("unit"), self.problems.len());
        let counted = self.quantity_as(Amount::parse_counted);
        if !given && self.problems.len() == before {
            self.missing("quantity");
        }
        counted
    }

    fn quantity_as(&mut self, parse: fn(&str) -> Result<Amount, AmountError>) -> Option<Quantity> {
        let amount = self.number_text("quantity");
        let unit = self.parsed("unit", UnitCode::parse);
        let has_unit = self.object.get("unit").is_some_and(|unit| !unit.is_null());
        let Some(amount) = amount else {
            if has_unit && self.object.get("quantity").is_none_or(Value::is_null) {
                self.refuse(
                    "quantity",
                    ErrorCode::FieldMissing,
                    "quantity is missing beside unit; add it, or leave both out",
                );
            }
            return None;
        };
        if !has_unit {
            self.refuse("unit", ErrorCode::FieldMissing, "unit is missing beside quantity; add it");
        }
        match parse(&amount) {
            Ok(amount) => Some(Quantity { amount, unit: unit? }),
            Err(error) => {
                self.refuse("quantity", error.code(), format!("quantity {} {error}", quoted(&amount)));
                None
            }
        }
    }

    /// A list of items, each read by `read` with its own path; absent is empty.
    pub fn list<T>(
        &mut self,
        field: &'static str,
        mut read: impl FnMut(&'a Value, String, &mut Problems) -> Option<T>,
    ) -> Vec<T> {
        let items = match self.take(field) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.wrong_type(field, "a list in square brackets");
                return Vec::new();
            }
        };
        if items.len() > EVENT_ITEMS_MAX {
            let message = format!(
                "{field} has {} items, at most {EVENT_ITEMS_MAX} are allowed; split the event",
                items.len()
            );
            self.refuse(field, ErrorCode::ItemsTooMany, message);
            return Vec::new();
        }
        let path = self.path_of(field);
        items
            .iter()
            .enumerate()
            .filter_map(|(n, item)| read(item, format!("{path}[{n}]"), self.problems))
            .collect()
    }

    /// A list of objects.
    pub fn objects<T>(
        &mut self,
        field: &'static str,
        mut read: impl FnMut(&mut Fields<'_>) -> Option<T>,
    ) -> Vec<T> {
        self.list(field, |item, path, problems| {
            let Some(object) = item.as_object() else {
                problems.push(Problem::new(ErrorCode::FieldType, path, "must be an object in braces"));
                return None;
            };
            let mut fields = Fields::new(object, path, problems);
            let value = read(&mut fields);
            fields.finish();
            value
        })
    }

    /// An optional object.
    pub fn object<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let Some(object) = self.take(field)?.as_object() else {
            self.wrong_type(field, "an object in braces");
            return None;
        };
        let mut fields = Fields::new(object, self.path_of(field), self.problems);
        let value = read(&mut fields);
        fields.finish();
        value
    }

    /// Whether the object holds any field but null.
    #[must_use]
    pub fn has_any(&self) -> bool {
        self.object.values().any(|value| !value.is_null())
    }

    /// A list of texts, each once, ordered, that must name at least one.
    pub fn some_texts<T: Ord>(
        &mut self,
        field: &'static str,
        parse: impl Fn(&str) -> Result<T, TextError>,
    ) -> Vec<T> {
        let items: BTreeSet<T> = self.texts(field, parse).into_iter().collect();
        if items.is_empty() && !self.is_given(field) {
            self.refuse(field, ErrorCode::ItemsNone, format!("{field} names no lot; add at least one"));
        }
        items.into_iter().collect()
    }

    /// A list of texts of one type.
    pub fn texts<T>(&mut self, field: &'static str, parse: impl Fn(&str) -> Result<T, TextError>) -> Vec<T> {
        self.list(field, |item, path, problems| {
            let Some(text) = item.as_str() else {
                problems.push(Problem::new(ErrorCode::FieldType, path, "must be a text in quotes"));
                return None;
            };
            parse(text)
                .map_err(|error| problems.push(Problem::new(error.code(), path, error.to_string())))
                .ok()
        })
    }

    /// An object of names and texts; numbers and booleans are taken as their text.
    pub fn attributes(&mut self, field: &'static str) -> Attributes {
        let object = match self.take(field) {
            None => return Attributes::new(),
            Some(Value::Object(object)) => object,
            Some(_) => {
                self.wrong_type(field, "an object in braces");
                return Attributes::new();
            }
        };
        let mut attributes = Attributes::new();
        for (name, value) in object {
            match attribute(name, value) {
                Ok(Some((name, value))) => {
                    attributes.insert(name, value);
                }
                Ok(None) => {}
                Err((code, message)) => self.refuse(&format!("{field}.{}", named(name)), code, message),
            }
        }
        attributes
    }

    /// Reports every field that was not taken.
    pub fn finish(self) {
        for name in self.object.keys() {
            if !self.taken.contains(&name.as_str()) {
                let path = self.path_of(&named(name));
                let message =
                    format!("there is no field {} here; known: {}", quoted(name), self.taken.join(", "));
                self.problems.push(Problem::new(ErrorCode::FieldUnknown, path, message));
            }
        }
    }
}

fn names<T: Named>(all: &[T]) -> String {
    let names: Vec<&str> = all.iter().map(|item| item.name()).collect();
    names.join(", ")
}

fn attribute(name: &str, value: &Value) -> Result<Option<(Text, Text)>, (ErrorCode, String)> {
    let name = Text::parse(name).map_err(|error| (error.code(), format!("the name {error}")))?;
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Array(_) | Value::Object(_) => {
            return Err((ErrorCode::FieldType, "must be a text, a number, true or false".to_owned()));
        }
    };
    let value = Text::parse(&text).map_err(|error| (error.code(), format!("{name} {error}")))?;
    Ok(Some((name, value)))
}
