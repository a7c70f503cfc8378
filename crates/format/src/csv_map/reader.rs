//! Reads a CSV file through a mapping: events row by row, in constant memory.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead};
use std::sync::Arc;

use super::cells::{CellProblem, Cells, Column, Kind};
use super::columns::LINE;
use super::decode::Decoding;
use super::mapping::Mapping;
use super::rows::{Row, Rows};
use super::template::Template;
use crate::event;
use crate::item::{Columns, Item};
use lotgraph_domain::{ErrorCode, Problem};

/// Reads events from the rows of a CSV file.
///
/// The mapping's master data come first, at line 0. Every event of a row stands by itself.
pub struct CsvReader<R> {
    mapping: Arc<Mapping>,
    rows: Rows<R>,
    /// For each column of the mapping, its place in the file; none for the number of the line.
    places: Vec<Option<usize>>,
    /// The names of the file's columns.
    header: Vec<Arc<str>>,
    pending: VecDeque<Item>,
    /// The master data that come before the first event of a row.
    masters: Vec<Item>,
    /// Whether a row made no event.
    unmatched: bool,
    seen: Seen,
}

/// Why a file does not go with a mapping at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The header does not fit the mapping.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Header(Vec<Problem>),
}

impl<R: BufRead> CsvReader<R> {
    /// Starts to read: takes the header and holds the mapping against it.
    ///
    /// # Errors
    /// When the source fails, or a column is missing, unknown, unnamed or named twice.
    pub fn open(source: R, mapping: Arc<Mapping>) -> Result<Self, OpenError> {
        let mut rows = Rows::new(Decoding::new(source, mapping.encoding), mapping.dialect);
        let header = match &mapping.header {
            Some(names) => names.iter().map(|name| Arc::from(name.as_str())).collect(),
            None => read_header(&mut rows)?,
        };
        let places = places(&mapping, &header).map_err(OpenError::Header)?;
        rows.width = Some(header.len());
        let whole = |event: &lotgraph_domain::Event| Item {
            line: 0,
            columns: Columns::Whole,
            event: Ok(event.clone()),
        };
        let masters = mapping.masters.iter().map(whole).collect();
        let (pending, seen) = (VecDeque::new(), Seen::default());
        Ok(Self { mapping, rows, places, header, pending, masters, unmatched: false, seen })
    }

    /// Bytes read so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.rows.bytes()
    }

    fn read_row(&mut self) {
        let mapping = Arc::clone(&self.mapping);
        let cells = Cells {
            columns: &mapping.columns,
            places: &self.places,
            line: &self.rows.line.to_string(),
            text: &self.rows.text,
            cells: &self.rows.cells,
            blanks: &mapping.blanks,
        };
        let line = self.rows.line;
        let items: Vec<Item> =
            mapping.events.iter().filter_map(|template| event_of(template, &cells, line)).collect();
        if items.is_empty() {
            self.unmatched = true;
            let message = "the row fits the condition (when) of no event of the mapping, so it was left out";
            let problem = Problem::new(ErrorCode::CsvRowUnmatched, "", message);
            self.pending.push_back(Item::refused(line, Columns::Whole, problem));
            return;
        }
        if items.iter().all(|item| item.event.is_ok())
            && let Some(first) = self.seen.before(&cells, line)
        {
            let message = format!(
                "the row says in every column that the mapping uses what line {first} says, so it counts once; if both happened, tell them apart by a further column or {{{LINE}}} in the events' ids"
            );
            let problem = Problem::new(ErrorCode::CsvRowRepeated, "", message);
            self.pending.push_back(Item::refused(line, Columns::Whole, problem));
            return;
        }
        self.emit(items);
    }

    /// Hands out items of a row, after the master data.
    fn emit(&mut self, items: impl IntoIterator<Item = Item>) {
        self.pending.extend(self.masters.drain(..));
        self.pending.extend(items);
    }

    /// A row with bytes that are not in the encoding: reading it would change its content unseen.
    fn damaged(&self) -> Item {
        let damaged = (0..self.rows.cells.len()).find(|index| self.rows.cell(*index).contains('\u{fffd}'));
        let name = damaged.and_then(|index| self.header.get(index)).cloned();
        let message = format!(
            "the row has bytes that are not {}; declare the file's encoding in the mapping, or save the file again",
            self.mapping.encoding.name()
        );
        let columns = name.map_or(Columns::Whole, |name| Columns::Named(vec![name]));
        Item::refused(self.rows.line, columns, Problem::new(ErrorCode::EncodingInvalid, "", message))
    }
}

impl<R: BufRead> Iterator for CsvReader<R> {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.pending.pop_front() {
                return Some(Ok(item));
            }
            match self.rows.advance() {
                Err(error) => return Some(Err(error)),
                // When no row made an event, the file is the wrong one, and its master data are not wanted either.
                Ok(Row::End) if self.masters.is_empty() || self.unmatched => return None,
                Ok(Row::End) => self.emit([]),
                Ok(Row::Bad(problem)) => {
                    let item = Item::refused(self.rows.line, Columns::Whole, problem);
                    self.emit([item]);
                }
                Ok(Row::Cells) if self.rows.damaged => {
                    let item = self.damaged();
                    self.emit([item]);
                }
                Ok(Row::Cells) => self.read_row(),
            }
        }
    }
}

/// The rows read last, by what the mapping's columns say; memory stays bounded however long the file is.
#[derive(Default)]
struct Seen {
    lines: HashMap<u128, u64>,
    order: VecDeque<u128>,
}

/// How far back a repeated row is noticed.
const SEEN_MAX: usize = 500_000;

impl Seen {
    /// The line of an earlier row that says the same; the row at hand is kept in mind.
    fn before(&mut self, cells: &Cells<'_>, line: u64) -> Option<u64> {
        let mut hashes = [DefaultHasher::new(), DefaultHasher::new()];
        1_u8.hash(&mut hashes[1]);
        for column in 0..cells.columns.len() {
            let cell = cells.raw(column);
            hashes.iter_mut().for_each(|hash| cell.hash(hash));
        }
        let mark = (u128::from(hashes[0].finish()) << 64) | u128::from(hashes[1].finish());
        if let Some(first) = self.lines.get(&mark) {
            return Some(*first);
        }
        if self.order.len() >= SEEN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.lines.remove(&oldest);
        }
        self.lines.insert(mark, line);
        self.order.push_back(mark);
        None
    }
}

/// One event of a row; `None` when its condition does not hold.
fn event_of(template: &Arc<Template>, cells: &Cells<'_>, line: u64) -> Option<Item> {
    match template.fill(cells) {
        Ok(filled) => {
            let (value, located) = filled?;
            Some(Item { line, columns: Columns::Mapped(located), event: event::parse(&value) })
        }
        Err(problems) => {
            let name = |problem: &CellProblem| Arc::clone(&cells.columns[problem.column].name);
            let columns = Columns::Named(problems.iter().map(name).collect());
            let problems = problems.iter().map(|problem| {
                let message = format!("{} {}", name(problem), problem.message);
                Problem::new(ErrorCode::CsvCellInvalid, "", message)
            });
            Some(Item { line, columns, event: Err(problems.collect()) })
        }
    }
}

fn read_header<R: BufRead>(rows: &mut Rows<R>) -> Result<Vec<Arc<str>>, OpenError> {
    let refuse = |code, message: &str| OpenError::Header(vec![Problem::new(code, "header", message)]);
    match rows.advance()? {
        Row::End => Err(refuse(ErrorCode::CsvMalformed, "the file is empty; it needs a header row")),
        Row::Bad(problem) => Err(OpenError::Header(vec![problem])),
        Row::Cells if rows.damaged => Err(refuse(
            ErrorCode::EncodingInvalid,
            "the header is not in the encoding that the mapping declares",
        )),
        Row::Cells => Ok((0..rows.cells.len()).map(|index| Arc::from(rows.cell(index).trim())).collect()),
    }
}

/// Finds the mapping's columns in the header; each column of the file must be used or skipped.
fn places(mapping: &Mapping, header: &[Arc<str>]) -> Result<Vec<Option<usize>>, Vec<Problem>> {
    let mut problems = Vec::new();
    let listed = || header.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
    let find = |name: &str| header.iter().position(|column| column.as_ref() == name);
    let missing = |name: &str| {
        let message = format!("the file has no column {name:?}; it has {}", listed());
        Problem::new(ErrorCode::CsvColumnMissing, name, message)
    };
    let is_column = |column: &&Column| !matches!(column.kind, Kind::Line);
    let used =
        |name: &str| mapping.columns.iter().filter(is_column).any(|column| column.name.as_ref() == name);
    let numbers_lines = mapping.columns.len() != mapping.columns.iter().filter(is_column).count();
    let mut places = Vec::new();
    for column in &mapping.columns {
        match find(&column.name) {
            _ if !is_column(&column) => places.push(None),
            Some(place) => places.push(Some(place)),
            None => problems.push(missing(&column.name)),
        }
    }
    problems.extend(mapping.skip.iter().filter(|name| find(name).is_none()).map(|name| missing(name)));
    for (place, name) in header.iter().enumerate() {
        let skipped = mapping.skip.iter().any(|skipped| skipped == name.as_ref());
        if !used(name) && !skipped {
            let line = if numbers_lines && name.as_ref() == LINE {
                format!(
                    "; {{{LINE}}} is the number of the row's line unless {LINE} = \"text\" stands under [columns]"
                )
            } else {
                String::new()
            };
            let message = format!(
                "column {} of the file, {name:?}, is neither used nor skipped; name it in skip if it is not needed{line}",
                place + 1
            );
            problems.push(Problem::new(ErrorCode::MappingInvalid, name.as_ref(), message));
        }
        if find(name) != Some(place) && !skipped {
            let message = format!("two columns of the file are named {name:?}; rename one");
            problems.push(Problem::new(ErrorCode::MappingInvalid, name.as_ref(), message));
        }
    }
    if problems.is_empty() { Ok(places) } else { Err(problems) }
}
