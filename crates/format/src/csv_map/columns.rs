//! The columns a mapping declares and uses, and the templates that use them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;
use toml::Spanned;
use toml::de::DeValue;

use super::cells::{Column, Kind, NumberFormat};
use super::mapping::read_numbers;
use super::table::{Complaints, Table, table_of, texts_of};
use super::template::{Condition, End, Node, Part, Shape, Template};
use super::times::TimeFormat;

/// Stands in templates for the number of the row's line, unless a column is declared under this name.
pub const LINE: &str = "line";

/// The columns by the names that templates use for them.
pub struct Columns<'c> {
    complaints: &'c Complaints<'c>,
    numbers: NumberFormat,
    entries: Vec<Entry>,
    /// Lists of the template at hand so far.
    lists: usize,
}

struct Entry {
    /// Its name in templates.
    alias: String,
    column: Column,
    /// Where it is declared, if it is.
    declared: Option<Range<usize>>,
    /// Whether a template uses it.
    used: bool,
}

impl<'c> Columns<'c> {
    /// Reads `[columns]` and `[times]`.
    pub fn read<'t>(
        columns: Option<Table<'t, 'c>>,
        times: Option<Table<'t, 'c>>,
        numbers: NumberFormat,
        complaints: &'c Complaints<'c>,
    ) -> Self {
        let formats = read_times(times, complaints);
        let mut all = Self { complaints, numbers, entries: Vec::new(), lists: 0 };
        for (name, span, value) in columns.iter().flat_map(Table::entries) {
            let column = all.declared(name, value, &formats);
            all.entries.push(Entry { alias: name.to_owned(), column, declared: Some(span), used: false });
        }
        all
    }

    fn declared<'t>(
        &self,
        name: &str,
        value: &'t Spanned<DeValue<'t>>,
        formats: &BTreeMap<String, Arc<TimeFormat>>,
    ) -> Column {
        if let Some(kind) = value.get_ref().as_str() {
            let kind = self.kind(kind, &value.span(), self.numbers, formats);
            return Column { name: Arc::from(name), kind, single: false };
        }
        let Some(mut table) = table_of(value, name, self.complaints) else {
            return Column { name: Arc::from(name), kind: Kind::Text, single: false };
        };
        let header = table.text("column").map_or(name, |(header, _)| header);
        let numbers = read_numbers(&mut table, self.numbers);
        let kind = match table.text("kind") {
            Some((kind, span)) => self.kind(kind, &span, numbers, formats),
            None => Kind::Text,
        };
        let single = table.truth("single").unwrap_or(false);
        if single && !matches!(kind, Kind::Text) {
            self.complaints.add(&table.span, "single is for columns of text only");
        }
        table.finish();
        Column { name: Arc::from(header), kind, single }
    }

    fn kind(
        &self,
        name: &str,
        span: &Range<usize>,
        numbers: NumberFormat,
        formats: &BTreeMap<String, Arc<TimeFormat>>,
    ) -> Kind {
        match (name, formats.get(name)) {
            ("text", _) => Kind::Text,
            ("number", _) => Kind::Number(numbers),
            (_, Some(format)) => Kind::Time(Arc::clone(format)),
            (_, None) => {
                let mut known = vec!["text", "number"];
                known.extend(formats.keys().map(String::as_str));
                let message = format!(
                    "there is no kind {name:?}; known: {}; times need a [times.{name}]",
                    known.join(", ")
                );
                self.complaints.add(span, message);
                Kind::Text
            }
        }
    }

    /// The number of a column that a template names; an undeclared one is text.
    fn number(&mut self, name: &str) -> usize {
        let known = self.entries.iter().position(|entry| entry.alias == name);
        let number = known.unwrap_or_else(|| {
            // A column named like that must be declared.
            let kind = if name == LINE { Kind::Line } else { Kind::Text };
            let column = Column { name: Arc::from(name), kind, single: false };
            self.entries.push(Entry { alias: name.to_owned(), column, declared: None, used: false });
            self.entries.len() - 1
        });
        self.entries[number].used = true;
        number
    }

    /// The number of a column that a condition names.
    fn condition(&mut self, name: &str, span: &Range<usize>) -> usize {
        let number = self.number(name);
        if matches!(self.entries[number].column.kind, Kind::Line) {
            let message = format!(
                "{name:?} is the number of the row's line, which decides nothing; for a column of this name add {name} = \"text\" under [columns]"
            );
            self.complaints.add(span, message);
        }
        number
    }

    /// The columns used so far.
    pub fn used(&self) -> impl Iterator<Item = &Column> {
        let used = self.entries.iter().filter(|entry| entry.used).map(|entry| &entry.column);
        used.filter(|column| !matches!(column.kind, Kind::Line))
    }

    /// Reads one event.
    pub fn template(&mut self, table: Table<'_, 'c>) -> Template {
        self.lists = 0;
        let span = table.span.clone();
        let root = Node { shape: self.object(&table), span };
        Template { root, columns: self.entries.iter().map(|entry| Arc::clone(&entry.column.name)).collect() }
    }

    /// All columns; complains about those that are declared and not used.
    pub fn finish(self) -> Vec<Column> {
        for entry in self.entries.iter().filter(|entry| !entry.used) {
            if let Some(span) = &entry.declared {
                let message =
                    format!("column {:?} is declared and never used; use it or name it in skip", entry.alias);
                self.complaints.add(span, message);
            }
        }
        self.entries.into_iter().map(|entry| entry.column).collect()
    }

    fn object(&mut self, table: &Table<'_, 'c>) -> Shape {
        let mut fields = Vec::new();
        let mut when = Vec::new();
        for (name, _, value) in table.entries() {
            if name == "when" {
                when = self.conditions(value);
            } else {
                fields.push((name.to_owned(), self.node(value)));
            }
        }
        Shape::Object { when, fields }
    }

    fn node<'t>(&mut self, value: &'t Spanned<DeValue<'t>>) -> Node {
        let shape = match value.get_ref() {
            DeValue::String(text) => Shape::Text(self.parts(text, &value.span())),
            DeValue::Boolean(flag) => Shape::Constant(Value::Bool(*flag)),
            // Numbers keep their digits: events take decimals as text.
            DeValue::Integer(number) => Shape::Constant(Value::String(number.to_string())),
            DeValue::Float(number) => Shape::Constant(Value::String(number.to_string())),
            DeValue::Datetime(time) => Shape::Constant(Value::String(time.to_string())),
            DeValue::Array(items) => {
                let number = self.lists;
                self.lists += 1;
                Shape::List(number, items.iter().map(|item| self.node(item)).collect())
            }
            DeValue::Table(table) => self.object(&Table::new(table, value.span(), self.complaints)),
        };
        Node { shape, span: value.span() }
    }

    /// Cuts `API-{api_code}` into its parts; `{{` and `}}` are braces.
    fn parts(&mut self, text: &str, span: &Range<usize>) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
                continue;
            }
            let inside = if brace == "{" { rest.split_once('}') } else { None };
            let Some((inside, after)) = inside else {
                self.complaints
                    .add(span, format!("{text:?} has a lone {brace}; write {brace}{brace} for a brace"));
                return parts;
            };
            rest = after;
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(self.cell(inside, span));
        }
        literal.push_str(rest);
        if !literal.is_empty() || parts.is_empty() {
            parts.push(Part::Literal(literal));
        }
        parts
    }

    /// Reads what stands in braces: `name`, `name?`, `name|first`, `name|last?`.
    fn cell(&mut self, inside: &str, span: &Range<usize>) -> Part {
        let (inside, optional) = inside.strip_suffix('?').map_or((inside, false), |inside| (inside, true));
        let (name, end) = inside.split_once('|').map_or((inside, None), |(name, end)| (name, Some(end)));
        let end = match end {
            None => None,
            Some("first") => Some(End::First),
            Some("last") => Some(End::Last),
            Some(other) => {
                self.complaints.add(span, format!("{{{inside}}}: {other:?} is neither first nor last"));
                None
            }
        };
        let column = self.number(name);
        let kind = &self.entries[column].column.kind;
        if end.is_some() && !matches!(kind, Kind::Time(_)) {
            let message = format!("{{{inside}}}: first and last need a column whose kind is one of [times]");
            self.complaints.add(span, message);
        }
        if end.is_none() && kind.is_coarse() {
            let message = format!(
                "{{{inside}}}: a cell may mean a whole day, month or year; say which end: {{{name}|first}} or {{{name}|last}}"
            );
            self.complaints.add(span, message);
        }
        Part::Cell { column, optional, end }
    }

    /// `when`: a column that is not empty, a condition, or a list of these.
    fn conditions<'t>(&mut self, value: &'t Spanned<DeValue<'t>>) -> Vec<Condition> {
        match value.get_ref() {
            DeValue::String(name) => {
                vec![Condition { column: self.condition(name, &value.span()), is: None, is_not: Vec::new() }]
            }
            DeValue::Array(items) => items.iter().flat_map(|item| self.conditions(item)).collect(),
            _ => {
                let Some(mut table) = table_of(value, "when", self.complaints) else { return Vec::new() };
                let own = |texts: Vec<(&str, Range<usize>)>| -> Vec<String> {
                    texts.into_iter().map(|(text, _)| text.to_owned()).collect()
                };
                let column = table.text("column");
                let is = table.take("is").map(|value| own(texts_of(value, "is", self.complaints)));
                let is_not = own(table.texts("not"));
                if column.is_none() {
                    self.complaints.add(&table.span, "column is missing; name the column that decides");
                }
                table.finish();
                column
                    .map(|(name, span)| Condition { column: self.condition(name, &span), is, is_not })
                    .into_iter()
                    .collect()
            }
        }
    }
}

fn read_times(
    times: Option<Table<'_, '_>>,
    complaints: &Complaints<'_>,
) -> BTreeMap<String, Arc<TimeFormat>> {
    let mut formats = BTreeMap::new();
    for (name, span, value) in times.iter().flat_map(Table::entries) {
        if matches!(name, "text" | "number") {
            complaints.add(&span, format!("{name:?} is a kind of its own; choose another name"));
        }
        if let Some(format) = table_of(value, name, complaints).and_then(TimeFormat::read) {
            formats.insert(name.to_owned(), Arc::new(format));
        }
    }
    formats
}
