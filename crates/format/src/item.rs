//! One event read from a file, or why it could not be read, with its place.

use std::sync::Arc;

use super::csv_map::Located;
use lotgraph_domain::{Event, Problem};

/// The longest line or row that is read; a longer one is rejected and skipped without being kept in memory.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// What a reader of any format yields: one event, or everything wrong with it.
#[derive(Debug, Clone)]
pub struct Item {
    /// The line it starts on, from 1.
    pub line: u64,
    /// How to name the column of a problem with it.
    pub columns: Columns,
    /// The event, or the problems found (at least one).
    pub event: Result<Event, Vec<Problem>>,
}

/// How the columns of an item's problems are found.
#[derive(Debug, Clone)]
pub enum Columns {
    /// No column is to blame more than another.
    Whole,
    /// The character on the line, from 1, where reading stopped.
    Character(usize),
    /// A named column for each problem of the item, in their order.
    Named(Vec<Arc<str>>),
    /// Found by the path of the problem, through the mapping that made the event.
    Mapped(Located),
}

impl Columns {
    /// The column of the item's problem number `index` (from 0); empty when there is none to name.
    #[must_use]
    pub fn of(&self, index: usize, problem: &Problem) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Character(column) => column.to_string(),
            Self::Named(names) => names.get(index).map(|name| name.to_string()).unwrap_or_default(),
            Self::Mapped(located) => located.columns(&problem.path),
        }
    }
}

impl Item {
    /// An item that cannot be read, for one reason.
    #[must_use]
    pub fn refused(line: u64, columns: Columns, problem: Problem) -> Self {
        Self { line, columns, event: Err(vec![problem]) }
    }
}
