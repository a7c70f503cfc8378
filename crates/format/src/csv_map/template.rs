//! Events with `{column}` in their texts: filled in row by row, and asked which column a problem comes from.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::cells::{CellProblem, Cells, Column, Kind, looks_like_list};
use super::times::Span;

/// Which end of a span of time a template wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its first microsecond.
    First,
    /// Its last microsecond.
    Last,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it stands.
    Literal(String),
    /// From a cell.
    Cell {
        /// Number of the column in the mapping's list.
        column: usize,
        /// Whether the cell may be empty.
        optional: bool,
        /// Which end of its span of time.
        end: Option<End>,
    },
}

/// When an object is there at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Number of the column in the mapping's list.
    pub column: usize,
    /// What its cell must be; absent: anything but empty.
    pub is: Option<Vec<String>>,
    /// What its cell must not be.
    pub is_not: Vec<String>,
}

/// A value of the template and where it stands in the mapping file.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub shape: Shape,
    /// Where it stands.
    pub span: Range<usize>,
}

/// A value of the template.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A number or a truth value.
    Constant(Value),
    /// A text.
    Text(Vec<Part>),
    /// An object.
    Object {
        /// All of them must hold.
        when: Vec<Condition>,
        /// Its fields.
        fields: Vec<(String, Node)>,
    },
    /// A list; the number tells it from the other lists of its event.
    List(usize, Vec<Node>),
}

/// One event of a mapping.
#[derive(Debug)]
pub struct Template {
    /// The event itself, an object.
    pub root: Node,
    /// The names of the mapping's columns.
    pub columns: Vec<Arc<str>>,
}

/// The items of a list that were not left out.
type Kept = (usize, Vec<usize>);

/// Finds the column behind a path of an event that a mapping made.
#[derive(Debug, Clone)]
pub struct Located {
    template: Arc<Template>,
    kept: Vec<Kept>,
}

/// Where values come from: a row, or stand-ins while the mapping is checked.
pub trait Source {
    /// A cell as text; `None` when it is empty.
    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, CellProblem>;
    /// A cell as a span of time; `None` when it is empty.
    fn span(&self, column: usize) -> Result<Option<Span>, CellProblem>;
    /// Whether a condition holds.
    fn holds(&self, condition: &Condition) -> bool;
    /// The name of a column.
    fn name(&self, column: usize) -> &str;
    /// Whether a cell that looks like a list is a single name all the same.
    fn is_single(&self, column: usize) -> bool;
}

impl Source for Cells<'_> {
    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, CellProblem> {
        Self::text(self, column)
    }

    fn span(&self, column: usize) -> Result<Option<Span>, CellProblem> {
        Self::span(self, column)
    }

    fn holds(&self, condition: &Condition) -> bool {
        let cell = self.raw(condition.column);
        let among = |texts: &[String]| texts.iter().any(|text| text.trim() == cell.unwrap_or_default());
        condition.is.as_ref().map_or(cell.is_some() || !condition.is_not.is_empty(), |is| among(is))
            && !among(&condition.is_not)
    }

    fn name(&self, column: usize) -> &str {
        &self.columns[column].name
    }

    fn is_single(&self, column: usize) -> bool {
        self.columns[column].single
    }
}

/// Stand-ins that are fine wherever a cell of the declared kind can be fine.
pub struct StandIns<'m> {
    /// The columns of the mapping.
    pub columns: &'m [Column],
    /// The time that stands in for times.
    pub moment: Span,
}

impl Source for StandIns<'_> {
    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, CellProblem> {
        Ok(Some(match self.columns[column].kind {
            // Good as an identifier, as a number and as a unit alike.
            Kind::Text | Kind::Number(_) | Kind::Line => Cow::Borrowed("1"),
            Kind::Time(_) => Cow::Owned(self.moment.first.to_string()),
        }))
    }

    fn span(&self, _column: usize) -> Result<Option<Span>, CellProblem> {
        Ok(Some(self.moment))
    }

    fn holds(&self, _condition: &Condition) -> bool {
        true
    }

    fn name(&self, column: usize) -> &str {
        &self.columns[column].name
    }

    fn is_single(&self, column: usize) -> bool {
        self.columns[column].single
    }
}

/// Fills in one event.
struct Filling<'s, S> {
    source: &'s S,
    kept: Vec<Kept>,
    problems: Vec<CellProblem>,
}

impl Template {
    /// Fills in the event: `None` when its condition does not hold.
    ///
    /// # Errors
    /// Every cell that cannot be read.
    pub fn fill(
        self: &Arc<Self>,
        source: &impl Source,
    ) -> Result<Option<(Value, Located)>, Vec<CellProblem>> {
        let mut filling = Filling { source, kept: Vec::new(), problems: Vec::new() };
        let value = filling.node(&self.root, "", false);
        if !filling.problems.is_empty() {
            return Err(filling.problems);
        }
        Ok(value.map(|value| (value, Located { template: Arc::clone(self), kept: filling.kept })))
    }
}

/// Whether a field, or each text of a list, names one thing, so that a cell with several would make one of them.
fn names_one_thing(field: &str, in_list: bool) -> bool {
    if in_list {
        matches!(field, "lots" | "operators" | "equipment")
    } else {
        matches!(field, "lot" | "equipment" | "event" | "hold" | "recall")
    }
}

impl<S: Source> Filling<'_, S> {
    /// Fills in a value; `name` is that of the field it belongs to.
    fn node(&mut self, node: &Node, name: &str, in_list: bool) -> Option<Value> {
        match &node.shape {
            Shape::Constant(value) => Some(value.clone()),
            Shape::Text(parts) => self.text(parts, names_one_thing(name, in_list)).map(Value::String),
            Shape::Object { when, fields } => self.object(when, fields, in_list),
            Shape::List(number, items) => {
                let filled: Vec<Option<Value>> =
                    items.iter().map(|item| self.node(item, name, true)).collect();
                if filled.iter().any(Option::is_none) {
                    let kept = filled.iter().enumerate().filter(|(_, item)| item.is_some());
                    self.kept.push((*number, kept.map(|(index, _)| index).collect()));
                }
                Some(Value::Array(filled.into_iter().flatten().collect()))
            }
        }
    }

    fn object(&mut self, when: &[Condition], fields: &[(String, Node)], in_list: bool) -> Option<Value> {
        /// An item of a list is nothing without these.
        const ESSENTIAL: [&str; 4] = ["lot", "value", "factor", "perUnit"];
        if !when.iter().all(|condition| self.source.holds(condition)) {
            return None;
        }
        let mut object = Map::new();
        let mut no_quantity = false;
        for (name, node) in fields {
            match self.node(node, name, false) {
                Some(value) => {
                    object.insert(name.clone(), value);
                }
                None if in_list && ESSENTIAL.contains(&name.as_str()) => return None,
                None => no_quantity |= name == "quantity",
            }
        }
        if no_quantity {
            // A unit says nothing without its quantity.
            object.remove("unit");
        }
        Some(Value::Object(object))
    }

    fn text(&mut self, parts: &[Part], one: bool) -> Option<String> {
        let mut text = String::new();
        let mut missing = false;
        for part in parts {
            let (column, optional, end) = match part {
                Part::Literal(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Part::Cell { column, optional, end } => (*column, *optional, *end),
            };
            match self.cell(column, end) {
                Ok(Some(cell)) if one && !self.source.is_single(column) && looks_like_list(&cell) => {
                    let name = self.source.name(column);
                    let message = format!(
                        "{cell:?} looks like a list where one name is wanted; write one a row or column, or {name} = {{ single = true }} under [columns] if it is one name"
                    );
                    self.problems.push(CellProblem { column, message });
                }
                Ok(Some(cell)) => text.push_str(&cell),
                Ok(None) if optional => missing = true,
                Ok(None) => {
                    let name = self.source.name(column);
                    let message =
                        format!("is empty; fill it, or write {{{name}?}} in the mapping if it may be");
                    self.problems.push(CellProblem { column, message });
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        (!missing).then_some(text)
    }

    fn cell(&self, column: usize, end: Option<End>) -> Result<Option<Cow<'_, str>>, CellProblem> {
        let Some(end) = end else { return self.source.text(column) };
        let span = self.source.span(column)?;
        Ok(span.map(|span| match end {
            End::First => Cow::Owned(span.first.to_string()),
            End::Last => Cow::Owned(span.last.to_string()),
        }))
    }
}

impl Located {
    /// The names of the columns that the value at this path is made of.
    #[must_use]
    pub fn columns(&self, path: &str) -> String {
        if path.is_empty() {
            return String::new();
        }
        let mut columns = Vec::new();
        if let Some(node) = self.find(path) {
            node.collect(&mut columns);
        }
        let names: Vec<&str> = columns.iter().map(|column| self.template.columns[*column].as_ref()).collect();
        names.join(", ")
    }

    /// The template's value at this path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Node> {
        let mut node = &self.template.root;
        let mut rest = path;
        while !rest.is_empty() {
            match &node.shape {
                Shape::Object { fields, .. } => {
                    let name = rest.strip_prefix('.').unwrap_or(rest);
                    let begins = |field: &str| {
                        name.strip_prefix(field)
                            .is_some_and(|tail| tail.is_empty() || tail.starts_with(['.', '[']))
                    };
                    // Attribute names may hold dots: the longest field that fits is meant.
                    let fitting = fields.iter().filter(|(field, _)| begins(field));
                    let (field, next) = fitting.max_by_key(|(field, _)| field.len())?;
                    (node, rest) = (next, &name[field.len()..]);
                }
                Shape::List(number, items) => {
                    let (index, tail) = rest.strip_prefix('[')?.split_once(']')?;
                    let index: usize = index.parse().ok()?;
                    let kept = self.kept.iter().find(|(list, _)| list == number);
                    let index = kept.map_or(Some(index), |(_, kept)| kept.get(index).copied())?;
                    (node, rest) = (items.get(index)?, tail);
                }
                Shape::Constant(_) | Shape::Text(_) => break,
            }
        }
        Some(node)
    }
}

impl Node {
    /// Adds the columns that this value is made of, each once.
    pub fn collect(&self, columns: &mut Vec<usize>) {
        match &self.shape {
            Shape::Constant(_) => {}
            Shape::Text(parts) => {
                for part in parts {
                    if let Part::Cell { column, .. } = part
                        && !columns.contains(column)
                    {
                        columns.push(*column);
                    }
                }
            }
            Shape::Object { fields, .. } => fields.iter().for_each(|(_, node)| node.collect(columns)),
            Shape::List(_, items) => items.iter().for_each(|node| node.collect(columns)),
        }
    }
}
