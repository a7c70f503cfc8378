//! Reads a CSV file through a mapping: events row by row, in constant memory.

use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::sync::Arc;

use super::cells::{CellProblem, Cells};
use super::decode::Decoding;
use super::mapping::Mapping;
use super::rows::{Row, Rows};
use super::template::Template;
use crate::domain::{ErrorCode, Problem};
use crate::format::event;
use crate::format::item::{Columns, Item};

/// Reads events from the rows of a CSV file.
///
/// The mapping's master data come first, at line 0. Every event of a row stands by itself.
pub struct CsvReader<R> {
    mapping: Arc<Mapping>,
    rows: Rows<R>,
    /// For each column of the mapping, its place in the file.
    places: Vec<usize>,
    /// The names of the file's columns.
    header: Vec<Arc<str>>,
    pending: VecDeque<Item>,
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
        let whole = |event: &crate::domain::Event| Item {
            line: 0,
            columns: Columns::Whole,
            event: Ok(event.clone()),
        };
        let pending = mapping.masters.iter().map(whole).collect();
        Ok(Self { mapping, rows, places, header, pending })
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
            text: &self.rows.text,
            cells: &self.rows.cells,
            blanks: &mapping.blanks,
        };
        let line = self.rows.line;
        let items = mapping.events.iter().filter_map(|template| event_of(template, &cells, line));
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
                Ok(Row::End) => return None,
                Ok(Row::Bad(problem)) => {
                    return Some(Ok(Item::refused(self.rows.line, Columns::Whole, problem)));
                }
                Ok(Row::Cells) if self.rows.damaged => return Some(Ok(self.damaged())),
                Ok(Row::Cells) => self.read_row(),
            }
        }
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
fn places(mapping: &Mapping, header: &[Arc<str>]) -> Result<Vec<usize>, Vec<Problem>> {
    let mut problems = Vec::new();
    let listed = || header.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
    let find = |name: &str| header.iter().position(|column| column.as_ref() == name);
    let missing = |name: &str| {
        let message = format!("the file has no column {name:?}; it has {}", listed());
        Problem::new(ErrorCode::CsvColumnMissing, name, message)
    };
    let used = |name: &str| mapping.columns.iter().any(|column| column.name.as_ref() == name);
    let mut places = Vec::new();
    for column in &mapping.columns {
        match find(&column.name) {
            Some(place) => places.push(place),
            None => problems.push(missing(&column.name)),
        }
    }
    problems.extend(mapping.skip.iter().filter(|name| find(name).is_none()).map(|name| missing(name)));
    for (place, name) in header.iter().enumerate() {
        let skipped = mapping.skip.iter().any(|skipped| skipped == name.as_ref());
        if !used(name) && !skipped {
            let message = format!(
                "column {} of the file, {name:?}, is neither used nor skipped; name it in skip if it is not needed",
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
