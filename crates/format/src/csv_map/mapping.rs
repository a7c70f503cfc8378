//! The column mapping: read from TOML and checked as far as it can be before any row is read.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use encoding_rs::Encoding;
use toml::de::DeTable;

use super::cells::{Column, Kind, NumberFormat};
use super::columns::Columns;
use super::rows::Dialect;
use super::table::{Complaints, Table};
use super::template::{Located, StandIns, Template};
use super::times::Span;
use crate::event;
use lotgraph_domain::{ErrorCode, Event, Problem, Timestamp};

/// How to turn the rows of a CSV file into events.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub(super) encoding: &'static Encoding,
    pub(super) dialect: Dialect,
    pub(super) blanks: Vec<String>,
    /// The columns' names when the file has no header row.
    pub(super) header: Option<Vec<String>>,
    /// The columns that events are made of.
    pub(super) columns: Vec<Column>,
    /// The columns that are deliberately ignored.
    pub(super) skip: Vec<String>,
    /// Master data declared once, before the first row.
    pub(super) masters: Vec<Event>,
    /// The events of each row.
    pub(super) events: Vec<Arc<Template>>,
}

/// Everything wrong with a mapping; the path of each problem is its `line:column` in the mapping file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct MappingError {
    /// The problems, at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for MappingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self
            .problems
            .iter()
            .map(|problem| format!("{} at {}: {}", problem.code, problem.path, problem.message))
            .collect();
        formatter.write_str(&lines.join("\n"))
    }
}

/// The settings of `[file]`.
struct FileSettings {
    encoding: &'static Encoding,
    dialect: Dialect,
    numbers: NumberFormat,
    blanks: Vec<String>,
    header: Option<Vec<String>>,
}

impl Mapping {
    /// Reads and checks a mapping.
    ///
    /// # Errors
    /// Everything that is wrong with it, with its place.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let complaints = Complaints::new(text);
        let mapping = match DeTable::parse(text) {
            Ok(table) => Self::read(Table::new(table.get_ref(), table.span(), &complaints)),
            Err(error) => {
                complaints.add(&error.span().unwrap_or(0..0), error.message());
                None
            }
        };
        let problems = complaints.into_problems();
        match mapping {
            Some(mapping) if problems.is_empty() => Ok(mapping),
            _ => Err(MappingError { problems }),
        }
    }

    fn read(mut root: Table<'_, '_>) -> Option<Self> {
        let file = FileSettings::read(root.table("file"), &root);
        let times = root.table("times");
        let declared = root.table("columns");
        let mut columns = Columns::read(declared, times, file.numbers, root.complaints);
        let skip: Vec<(&str, Range<usize>)> = root.texts("skip");
        let masters = root.tables("masters");
        let events = root.tables("events");
        if events.is_empty() {
            root.complaints.add(&root.span, "there is no event; add at least one [[events]]");
        }
        let masters: Vec<Template> = masters.into_iter().map(|table| columns.template(table)).collect();
        for template in &masters {
            let mut used = Vec::new();
            template.root.collect(&mut used);
            if !used.is_empty() {
                let message = "[[masters]] are written once, before the first row, and cannot use columns; make it one of the [[events]]";
                root.complaints.add(&template.root.span, message);
            }
        }
        let events: Vec<Template> = events.into_iter().map(|table| columns.template(table)).collect();
        for (name, span) in &skip {
            if columns.used().any(|column| column.name.as_ref() == *name) {
                root.complaints.add(span, format!("column {name:?} is skipped and used; do one of the two"));
            }
        }
        let complaints = root.complaints;
        root.finish();
        let columns = columns.finish();
        let masters = masters.into_iter().filter_map(|template| check(template, &columns, complaints));
        let masters = masters.filter_map(|(_, event)| event).collect();
        let events = events.into_iter().filter_map(|template| check(template, &columns, complaints));
        let events = events.map(|(template, _)| template).collect();
        Some(Self {
            encoding: file.encoding,
            dialect: file.dialect,
            blanks: file.blanks,
            header: file.header,
            columns,
            skip: skip.into_iter().map(|(name, _)| name.to_owned()).collect(),
            masters,
            events,
        })
    }
}

impl FileSettings {
    fn read(table: Option<Table<'_, '_>>, root: &Table<'_, '_>) -> Self {
        let mut settings = Self {
            encoding: encoding_rs::UTF_8,
            dialect: Dialect { delimiter: b',', quote: Some(b'"') },
            numbers: NumberFormat { decimal: '.', thousands: None, exponent: false },
            blanks: Vec::new(),
            header: None,
        };
        let Some(mut table) = table else { return settings };
        if let Some((label, span)) = table.text("encoding") {
            match Encoding::for_label(label.as_bytes()) {
                Some(encoding) => settings.encoding = encoding,
                None => root.complaints.add(&span, format!("there is no encoding {label:?}; known are those of the web, like utf-8, gb18030, windows-1250, shift_jis")),
            }
        }
        if let Some(delimiter) = table.ascii_character("delimiter") {
            settings.dialect.delimiter = delimiter;
        }
        match table.take("quote").map(|value| value.get_ref().as_str()) {
            Some(Some("")) => settings.dialect.quote = None,
            Some(_) => settings.dialect.quote = table.ascii_character("quote"),
            None => {}
        }
        settings.numbers = read_numbers(&mut table, settings.numbers);
        settings.blanks = table.texts("empty").into_iter().map(|(text, _)| text.trim().to_owned()).collect();
        let header: Vec<String> =
            table.texts("header").into_iter().map(|(name, _)| name.to_owned()).collect();
        settings.header = (!header.is_empty()).then_some(header);
        if settings.dialect.quote == Some(settings.dialect.delimiter) {
            root.complaints.add(&table.span, "delimiter and quote must differ");
        }
        table.finish();
        settings
    }
}

/// The keys `decimal`, `thousands` and `exponent`, of the file or of one column.
pub(super) fn read_numbers(table: &mut Table<'_, '_>, default: NumberFormat) -> NumberFormat {
    let mut numbers = default;
    if let Some((text, span)) = table.text("decimal") {
        match text {
            "." => numbers.decimal = '.',
            "," => numbers.decimal = ',',
            _ => table.complaints.add(&span, "decimal must be \".\" or \",\""),
        }
    }
    if let Some((text, span)) = table.text("thousands") {
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (None, _) => numbers.thousands = None,
            (Some(c), None) if !c.is_alphanumeric() && c != '-' => numbers.thousands = Some(c),
            _ => table.complaints.add(&span, "thousands must be one character, such as \".\" or a space"),
        }
    }
    if let Some(exponent) = table.truth("exponent") {
        numbers.exponent = exponent;
    }
    if numbers.thousands == Some(numbers.decimal) {
        table.complaints.add(&table.span, "decimal and thousands must differ");
    }
    numbers
}

/// Fills a template with stand-ins and reads the event, so that a mistake in the mapping is reported once and not for
/// every row.
fn check(
    template: Template,
    columns: &[Column],
    complaints: &Complaints<'_>,
) -> Option<(Arc<Template>, Option<Event>)> {
    let template = Arc::new(template);
    let moment = Timestamp::from_micros(0).ok()?;
    let stand_ins = StandIns { columns, moment: Span { first: moment, last: moment } };
    let (value, located) = template.fill(&stand_ins).ok()??;
    let event = match event::parse(&value) {
        Ok(event) => Some(event),
        Err(problems) => {
            for problem in problems.into_iter().filter(|problem| is_mistake(problem, &located)) {
                let span = place(&located, &problem.path, &template);
                let hint = match problem.code {
                    ErrorCode::TimeInvalid => "; use a column whose kind is one of [times]",
                    ErrorCode::EventTypeUnknown if depends_on_row(&located, "type") => {
                        "; the type must not come from a column"
                    }
                    _ => "",
                };
                let path = if problem.path.is_empty() { "the event" } else { &problem.path };
                complaints.add(&span, format!("{path}: {}{hint}", problem.message));
            }
            None
        }
    };
    Some((template, event))
}

/// Whether no row could ever be right: stand-ins are refused by closed lists and by comparisons, rows need not be.
fn is_mistake(problem: &Problem, located: &Located) -> bool {
    let row_decides =
        matches!(problem.code, ErrorCode::ValueUnknown | ErrorCode::SelfReference | ErrorCode::TimeOrder);
    !row_decides || !depends_on_row(located, &problem.path)
}

fn depends_on_row(located: &Located, path: &str) -> bool {
    let mut columns = Vec::new();
    if let Some(node) = located.find(path) {
        node.collect(&mut columns);
    }
    !columns.is_empty()
}

/// The place of a path, or of the nearest thing around it that the mapping has.
fn place(located: &Located, path: &str, template: &Template) -> Range<usize> {
    let mut path = path;
    loop {
        if let Some(node) = located.find(path) {
            return node.span.clone();
        }
        match path.rfind(['.', '[']) {
            Some(end) => path = &path[..end],
            None => return template.root.span.clone(),
        }
    }
}

impl Kind {
    /// Whether cells may mean a span of time, so that a template must say which end it wants.
    pub(super) fn is_coarse(&self) -> bool {
        matches!(self, Self::Time(format) if format.is_coarse())
    }
}
