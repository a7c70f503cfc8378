//! A table of the mapping file, read key by key: unknown keys and wrong values are problems with their place.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use lotgraph_domain::{ErrorCode, Problem};

/// Collects what is wrong with a mapping; the path of each problem is `line:column` of the mapping file.
pub struct Complaints<'a> {
    text: &'a str,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Complaints<'a> {
    /// Starts without any, over the text of the mapping.
    pub fn new(text: &'a str) -> Self {
        Self { text, problems: RefCell::new(Vec::new()) }
    }

    /// Adds one about a place in the text.
    pub fn add(&self, span: &Range<usize>, message: impl Into<String>) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        let problem = Problem::new(ErrorCode::MappingInvalid, format!("{line}:{column}"), message);
        self.problems.borrow_mut().push(problem);
    }

    /// All of them, in the order found.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// One table, whose keys are taken one after the other; what is left at the end is unknown.
pub struct Table<'t, 'c> {
    table: &'t DeTable<'t>,
    /// Where it stands.
    pub span: Range<usize>,
    taken: Vec<&'static str>,
    /// Where complaints go.
    pub complaints: &'c Complaints<'c>,
}

impl<'t, 'c> Table<'t, 'c> {
    /// Starts on a table.
    pub fn new(table: &'t DeTable<'t>, span: Range<usize>, complaints: &'c Complaints<'c>) -> Self {
        Self { table, span, taken: Vec::new(), complaints }
    }

    /// The raw value of a key.
    pub fn take(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.taken.push(key);
        self.table.get(key)
    }

    /// An optional text.
    pub fn text(&mut self, key: &'static str) -> Option<(&'t str, Range<usize>)> {
        let value = self.take(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.complaints.add(&value.span(), format!("{key} must be a text in quotes"));
        }
        text.map(|text| (text, value.span()))
    }

    /// An optional truth value.
    pub fn truth(&mut self, key: &'static str) -> Option<bool> {
        let value = self.take(key)?;
        let truth = value.get_ref().as_bool();
        if truth.is_none() {
            self.complaints.add(&value.span(), format!("{key} must be true or false"));
        }
        truth
    }

    /// An optional text of exactly one ASCII character.
    pub fn ascii_character(&mut self, key: &'static str) -> Option<u8> {
        let (text, span) = self.text(key)?;
        match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Some(*byte),
            _ => {
                self.complaints.add(&span, format!("{key} must be one ASCII character"));
                None
            }
        }
    }

    /// A list of texts; absent is empty.
    pub fn texts(&mut self, key: &'static str) -> Vec<(&'t str, Range<usize>)> {
        let Some(value) = self.take(key) else { return Vec::new() };
        texts_of(value, key, self.complaints)
    }

    /// An optional table.
    pub fn table(&mut self, key: &'static str) -> Option<Table<'t, 'c>> {
        let value = self.take(key)?;
        table_of(value, key, self.complaints)
    }

    /// A list of tables; absent is empty.
    pub fn tables(&mut self, key: &'static str) -> Vec<Table<'t, 'c>> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.complaints.add(&value.span(), format!("{key} must be a list: write [[{key}]]"));
            return Vec::new();
        };
        array.iter().filter_map(|item| table_of(item, key, self.complaints)).collect()
    }

    /// Every key with its value, for tables whose keys are names of the user's.
    pub fn entries(
        &self,
    ) -> impl Iterator<Item = (&'t str, Range<usize>, &'t Spanned<DeValue<'t>>)> + use<'t> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value))
    }

    /// Complains about every key that was not taken.
    pub fn finish(self) {
        for (key, span, _) in self.entries() {
            if !self.taken.contains(&key) {
                let message = format!("there is no key {key:?} here; known: {}", self.taken.join(", "));
                self.complaints.add(&span, message);
            }
        }
    }
}

/// A value that must be a table.
pub fn table_of<'t, 'c>(
    value: &'t Spanned<DeValue<'t>>,
    key: &str,
    complaints: &'c Complaints<'c>,
) -> Option<Table<'t, 'c>> {
    let table = value.get_ref().as_table();
    if table.is_none() {
        complaints.add(&value.span(), format!("{key} must be a table"));
    }
    table.map(|table| Table::new(table, value.span(), complaints))
}

/// A value that must be a list of texts.
pub fn texts_of<'t>(
    value: &'t Spanned<DeValue<'t>>,
    key: &str,
    complaints: &Complaints<'_>,
) -> Vec<(&'t str, Range<usize>)> {
    let Some(array) = value.get_ref().as_array() else {
        complaints.add(&value.span(), format!("{key} must be a list of texts"));
        return Vec::new();
    };
    let text = |item: &'t Spanned<DeValue<'t>>| {
        let text = item.get_ref().as_str();
        if text.is_none() {
            complaints.add(&item.span(), format!("{key} must hold texts in quotes only"));
        }
        text.map(|text| (text, item.span()))
    };
    array.iter().filter_map(text).collect()
}
