//! Writes JSON straight into one text, field by field in alphabetical order.
//!
//! A bulk import writes the body of every event, and a tree of values for each cost a sixth of its time.

use std::fmt::{Display, Write as _};

use lotgraph_domain::{Attributes, Text};

/// How attribute names are ordered. The names of fields are ASCII, which both order alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameOrder {
    /// By Unicode code point, as Rust orders text.
    CodePoints,
    /// By UTF-16 code unit (RFC 8785 section 3.2.3): a character beyond U+FFFF, written as two surrogates, comes before
    /// those from U+E000 to U+FFFF.
    Utf16Units,
}

/// The text being written.
pub(super) struct Out {
    pub(super) text: String,
    order: NameOrder,
}

impl Out {
    pub(super) fn new(capacity: usize, order: NameOrder) -> Self {
        Self { text: String::with_capacity(capacity), order }
    }
}

/// A JSON object being written, field by field in alphabetical order.
pub(super) struct Object<'a> {
    out: &'a mut Out,
    last: &'static str,
}

impl<'a> Object<'a> {
    pub(super) fn write(out: &'a mut Out, fields: impl FnOnce(&mut Self)) {
        out.text.push('{');
        let mut object = Self { out, last: "" };
        fields(&mut object);
        object.out.text.push('}');
    }

    fn name(&mut self, name: &'static str) {
        debug_assert!(self.last < name, "{name} is written after {}", self.last);
        if !self.last.is_empty() {
            self.out.text.push(',');
        }
        self.last = name;
        self.out.text.push('"');
        self.out.text.push_str(name);
        self.out.text.push_str("\":");
    }

    pub(super) fn text(&mut self, name: &'static str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.name(name);
            quote(self.out, value.as_ref());
        }
    }

    /// A value whose text needs no escaping: times and decimals.
    pub(super) fn plain(&mut self, name: &'static str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.name(name);
            // Writing to a String cannot fail.
            let _ = write!(self.out.text, "\"{value}\"");
        }
    }

    pub(super) fn flag(&mut self, name: &'static str, value: bool) {
        self.name(name);
        self.out.text.push_str(if value { "true" } else { "false" });
    }

    pub(super) fn list<T>(&mut self, name: &'static str, items: &[T], mut write: impl FnMut(&mut Out, &T)) {
        if items.is_empty() {
            return;
        }
        self.name(name);
        self.out.text.push('[');
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.out.text.push(',');
            }
            write(self.out, item);
        }
        self.out.text.push(']');
    }

    pub(super) fn object(&mut self, name: &'static str, fields: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        Object::write(self.out, |object| fields(object));
    }

    pub(super) fn texts<T: AsRef<str>>(&mut self, name: &'static str, items: &[T]) {
        self.list(name, items, |out, item| quote(out, item.as_ref()));
    }

    pub(super) fn attributes(&mut self, name: &'static str, attributes: &Attributes) {
        if attributes.is_empty() {
            return;
        }
        self.name(name);
        let order = self.out.order;
        // Four bytes of UTF-8 begin with 0xF0 or more; without such a name both orders are that of the map.
        let beyond = |name: &Text| name.as_str().bytes().any(|byte| byte >= 0xF0);
        if order == NameOrder::Utf16Units && attributes.keys().any(beyond) {
            let mut sorted: Vec<(&Text, &Text)> = attributes.iter().collect();
            sorted.sort_by(|a, b| a.0.as_str().encode_utf16().cmp(b.0.as_str().encode_utf16()));
            self.pairs(sorted.into_iter());
        } else {
            self.pairs(attributes.iter());
        }
    }

    fn pairs<'t>(&mut self, pairs: impl Iterator<Item = (&'t Text, &'t Text)>) {
        self.out.text.push('{');
        for (n, (name, value)) in pairs.enumerate() {
            if n > 0 {
                self.out.text.push(',');
            }
            quote(self.out, name.as_ref());
            self.out.text.push(':');
            quote(self.out, value.as_ref());
        }
        self.out.text.push('}');
    }
}

/// Writes a text in quotes, escaped where needed, which is rare; serde_json escapes as RFC 8785 section 3.2.2.2 does.
pub(super) fn quote(out: &mut Out, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.text.push_str(&serde_json::Value::from(text).to_string());
    } else {
        out.text.push('"');
        out.text.push_str(text);
        out.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    /// RFC 8785 section 3.2.2.2: two-letter escapes where JSON has them, lower-case \u00xx for the other control characters,
    /// a backslash before quotes and backslashes, and every other character as it is.
    #[test]
    fn every_character_is_escaped_as_rfc_8785_says() {
        for character in '\0'..=char::MAX {
            let expected = match character {
                '\u{8}' => "\\b".to_owned(),
                '\t' => "\\t".to_owned(),
                '\n' => "\\n".to_owned(),
                '\u{c}' => "\\f".to_owned(),
                '\r' => "\\r".to_owned(),
                '"' | '\\' => format!("\\{character}"),
                '\0'..' ' => format!("\\u{:04x}", u32::from(character)),
                _ => character.to_string(),
            };
            let mut out = super::Out::new(16, super::NameOrder::Utf16Units);
            super::quote(&mut out, &character.to_string());
            assert_eq!(out.text, format!("\"{expected}\""));
        }
    }
}
