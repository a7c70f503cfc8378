//! Finds characters that nobody sees in the identifiers of an event.

use serde_json::Value;

use super::json;
use lotgraph_domain::Hidden;

/// Fields with words for people, in which such characters have their uses: scripts join letters by them. All others name
/// something.
const WORDS: &[&str] = &[
    "address",
    "attributes",
    "category",
    "channel",
    "message",
    "name",
    "note",
    "reason",
    "report",
    "source",
    "step",
    "value",
];

/// An identifier with a character that nobody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenAt {
    /// Where it stands in the event, like `inputs[0].lot`.
    pub path: String,
    /// The identifier as it is.
    pub identifier: String,
    /// The character.
    pub hidden: Hidden,
}

/// The identifiers with such characters in the canonical body of an event, in its order.
#[must_use]
pub fn hidden_in(body: &str) -> Vec<HiddenAt> {
    let mut found = Vec::new();
    // Nearly every body ends here, before it is read as JSON.
    if Hidden::first_in(body).is_some()
        && let Ok(value) = json::parse(body.as_bytes())
    {
        search(&value, "", &mut found);
    }
    found
}

fn search(value: &Value, path: &str, found: &mut Vec<HiddenAt>) {
    match value {
        Value::String(identifier) => {
            if let Some(hidden) = Hidden::first_in(identifier) {
                found.push(HiddenAt { path: path.to_owned(), identifier: identifier.clone(), hidden });
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                search(item, &format!("{path}[{n}]"), found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| !WORDS.contains(&name.as_str())) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                search(value, &path, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_searched_and_words_are_not() {
        let body = "{\"name\":\"a\u{200c}b\",\"inputs\":[{\"lot\":\"A\"},{\"lot\":\"A\u{200b}\"}],\"document\":\"\u{feff}D\",\
                    \"attributes\":{\"x\u{ad}\":\"y\u{ad}\"}}";
        let found = hidden_in(body);
        let found: Vec<(&str, &str)> =
            found.iter().map(|at| (at.path.as_str(), at.identifier.as_str())).collect();
        assert_eq!(found, [("document", "\u{feff}D"), ("inputs[1].lot", "A\u{200b}")]);
        assert_eq!(hidden_in("{\"lot\":\"批次\"}"), []);
    }

    /// Texts that name something, although they are no identifiers of lotgraph.
    const NAMES: &[&str] = &["document", "email", "number", "phone", "supplierLot", "workOrder"];

    #[test]
    fn of_every_field_it_is_known_whether_it_holds_words_or_names_something() {
        let (_, definitions) = crate::schema::describe();
        let mut words: Vec<&str> = Vec::new();
        for column in definitions.columns.values().flatten() {
            let word = WORDS.contains(&column.name);
            if column.schema["$ref"] == "#/$defs/text" {
                assert!(word != NAMES.contains(&column.name), "{}: is it a word or a name?", column.name);
            }
            words.extend(Some(column.name).filter(|_| word));
        }
        for word in WORDS {
            assert!(words.contains(word), "{word} is a field of no event");
        }
    }
}
