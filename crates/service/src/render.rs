//! A trace as text, piece by piece: one JSON object, JSON lines, or a table for spreadsheets.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::trace::TraceAnswer;
use lotgraph_domain::Timestamp;
use lotgraph_genealogy::{Partial, TracedNode};

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// One JSON object.
    Json,
    /// One JSON object a line; the last one has the type `end`, so that a broken stream shows.
    Ndjson,
    /// One table as CSV.
    Csv(Table),
}

/// A table of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Lots reached.
    Lots,
    /// Operations reached.
    Operations,
    /// Links used.
    Links,
}

/// A piece of the text.
enum Piece {
    Head,
    Lot(usize),
    Operation(usize),
    Link(usize),
    Tail,
}

impl Piece {
    /// The pieces in order: head, lots, operations, links, tail.
    fn at(answer: &TraceAnswer, number: usize) -> Option<Self> {
        let trace = &answer.trace;
        let (lots, operations, links) = (trace.lots.len(), trace.operations.len(), trace.links.len());
        let Some(number) = number.checked_sub(1) else { return Some(Self::Head) };
        if number < lots {
            return Some(Self::Lot(number));
        }
        let number = number - lots;
        if number < operations {
            return Some(Self::Operation(number));
        }
        let number = number - operations;
        if number < links {
            return Some(Self::Link(number));
        }
        (number == links).then_some(Self::Tail)
    }
}

impl Sheet {
    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv(_) => "text/csv; charset=utf-8; header=present",
        }
    }

    /// Writes one piece; false when there is none with this number.
    pub fn write(self, answer: &TraceAnswer, number: usize, out: &mut Vec<u8>) -> bool {
        let Some(piece) = Piece::at(answer, number) else { return false };
        match self {
            Self::Json => write_json(answer, &piece, out),
            Self::Ndjson => write_line(answer, &piece, out),
            Self::Csv(table) => write_row(answer, table, &piece, out),
        }
        true
    }
}

fn summary(answer: &TraceAnswer) -> Value {
    json!({
        "direction": answer.question.direction.name(),
        "lotCount": answer.trace.lots.len(),
        "operationCount": answer.trace.operations.len(),
        "linkCount": answer.trace.links.len(),
        "maxDepth": answer.max_depth(),
    })
}

fn seeds(answer: &TraceAnswer) -> Value {
    answer.trace.seeds.iter().map(|index| answer.lot_id(*index).as_str()).collect()
}

fn lot(answer: &TraceAnswer, node: &TracedNode) -> Value {
    let lot = &answer.subgraph.lots[node.index as usize];
    json!({
        "id": lot.id.as_str(),
        "depth": node.depth,
        "material": lot.material.as_ref().map(AsRef::<str>::as_ref),
        "earliestProduction": lot.earliest_production.as_ref().map(Timestamp::to_string),
    })
}

fn operation(answer: &TraceAnswer, node: &TracedNode) -> Value {
    let operation = &answer.subgraph.operations[node.index as usize];
    json!({
        "id": operation.id.as_str(),
        "depth": node.depth,
        "kind": operation.kind.name(),
        "startedAt": operation.start.to_string(),
        "at": operation.end.to_string(),
        "party": operation.party.as_ref().map(AsRef::<str>::as_ref),
    })
}

/// A link of an answer, by its index, as REST writes it.
pub fn link(answer: &TraceAnswer, index: u32) -> Value {
    let link = &answer.subgraph.links[index as usize];
    json!({
        "lot": answer.lot_id(link.lot).as_str(),
        "operation": answer.subgraph.operations[link.operation as usize].id.as_str(),
        "role": link.role.name(),
        "quantity": link.quantity.as_ref().map(|quantity| quantity.amount.to_string()),
        "unit": link.quantity.as_ref().map(|quantity| quantity.unit.as_str()),
        "earliest": link.earliest.to_string(),
        "latest": link.latest.to_string(),
        "continues": link.sense.shipment().map(AsRef::<str>::as_ref),
    })
}

fn reason(answer: &TraceAnswer) -> Option<&'static str> {
    answer.trace.partial.map(|partial| match partial {
        Partial::NodeLimit => "NODE_LIMIT",
        Partial::DepthLimit => "DEPTH_LIMIT",
    })
}

fn completeness(answer: &TraceAnswer) -> Value {
    let unknown = answer.trace.unknown_origin.iter().map(|index| answer.lot_id(*index).as_str());
    let links = |of: &[u32]| of.iter().map(|index| link(answer, *index)).collect::<Value>();
    json!({
        "isPartial": answer.trace.partial.is_some(),
        "reason": reason(answer),
        "unknownOrigin": unknown.collect::<Value>(),
        "timeConflicts": links(&answer.trace.time_conflicts),
        "overdrawn": links(&answer.trace.overdrawn),
        "unbalanced": links(&answer.trace.unbalanced),
    })
}

fn freshness(answer: &TraceAnswer) -> Value {
    json!({
        "revision": answer.subgraph.revision.to_string(),
        "cached": answer.subgraph.cached,
        "computedAt": answer.subgraph.computed_at.to_string(),
    })
}

/// Writing into memory cannot fail.
fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn write_json(answer: &TraceAnswer, piece: &Piece, out: &mut Vec<u8>) {
    let trace = &answer.trace;
    // Each list opens with its first item; lists without items are opened by whatever comes behind them.
    let open = |done: usize| if done == 0 { "\n" } else { ",\n" };
    match piece {
        Piece::Head => {
            put(
                out,
                format_args!("{{\"seeds\":{},\n\"summary\":{},\n\"lots\":[", seeds(answer), summary(answer)),
            );
            if trace.lots.is_empty() {
                open_operations(answer, out);
            }
        }
        Piece::Lot(n) => {
            put(out, format_args!("{}{}", open(*n), lot(answer, &trace.lots[*n])));
            if n + 1 == trace.lots.len() {
                open_operations(answer, out);
            }
        }
        Piece::Operation(n) => {
            put(out, format_args!("{}{}", open(*n), operation(answer, &trace.operations[*n])));
            if n + 1 == trace.operations.len() {
                put(out, format_args!("],\n\"links\":["));
            }
        }
        Piece::Link(n) => put(out, format_args!("{}{}", open(*n), link(answer, trace.links[*n]))),
        Piece::Tail => put(
            out,
            format_args!(
                "],\n\"completeness\":{},\n\"freshness\":{}}}\n",
                completeness(answer),
                freshness(answer)
            ),
        ),
    }
}

/// Closes the lots and opens the operations, and the links as well when there are no operations.
fn open_operations(answer: &TraceAnswer, out: &mut Vec<u8>) {
    put(out, format_args!("],\n\"operations\":["));
    if answer.trace.operations.is_empty() {
        put(out, format_args!("],\n\"links\":["));
    }
}

fn write_line(answer: &TraceAnswer, piece: &Piece, out: &mut Vec<u8>) {
    let mut line = |kind: &str, mut value: Value| {
        value["type"] = kind.into();
        put(out, format_args!("{value}\n"));
    };
    match piece {
        Piece::Head => {
            line("summary", summary(answer));
            line("freshness", freshness(answer));
            for index in &answer.trace.seeds {
                line("seed", json!({ "id": answer.lot_id(*index).as_str() }));
            }
        }
        Piece::Lot(n) => line("lot", lot(answer, &answer.trace.lots[*n])),
        Piece::Operation(n) => line("operation", operation(answer, &answer.trace.operations[*n])),
        Piece::Link(n) => line("link", link(answer, answer.trace.links[*n])),
        Piece::Tail => {
            line("completeness", completeness(answer));
            line("end", json!({}));
        }
    }
}

const LOT_COLUMNS: &[&str] = &["id", "depth", "material", "earliestProduction"];
const OPERATION_COLUMNS: &[&str] = &["id", "depth", "kind", "startedAt", "at", "party"];
const LINK_COLUMNS: &[&str] = &["lot", "operation", "role", "quantity", "unit", "earliest", "latest"];

fn write_row(answer: &TraceAnswer, table: Table, piece: &Piece, out: &mut Vec<u8>) {
    let columns = match table {
        Table::Lots => LOT_COLUMNS,
        Table::Operations => OPERATION_COLUMNS,
        Table::Links => LINK_COLUMNS,
    };
    let row = match (piece, table) {
        (Piece::Head, _) => {
            put(out, format_args!("{},isPartial\r\n", columns.join(",")));
            return;
        }
        (Piece::Lot(n), Table::Lots) => lot(answer, &answer.trace.lots[*n]),
        (Piece::Operation(n), Table::Operations) => operation(answer, &answer.trace.operations[*n]),
        (Piece::Link(n), Table::Links) => link(answer, answer.trace.links[*n]),
        _ => return,
    };
    for column in columns {
        let cell = match &row[*column] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        put(out, format_args!("{},", cell_text(&cell)));
    }
    // In every row, because a table has no other place where a reader would see that it was cut.
    put(out, format_args!("{}\r\n", reason(answer).unwrap_or("false")));
}

/// Whether a spreadsheet would run a cell as a formula.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

/// A cell with an apostrophe before it if a spreadsheet would run it as a formula; a number stays as it is.
#[must_use]
pub fn harmless(cell: &str) -> String {
    let number =
        || cell.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    if is_formula(cell) && !number() { format!("'{cell}") } else { cell.to_owned() }
}

/// A cell as CSV. A cell that a spreadsheet would run as a formula gets an apostrophe before it.
pub(super) fn cell_text(cell: &str) -> String {
    let formula = is_formula(cell);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    // In quotes, a cell cannot pass for a comment line.
    if cell.contains([',', '"', '\r', '\n', ';', '\t']) || cell.starts_with('#') || formula {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_never_formulas() {
        for text in ["=1+1", "+1", "-2", "@SUM(A1)", "\tx", "\rx", "＝1"] {
            assert!(cell_text(text).starts_with("\"'"), "{text:?}");
        }
        assert_eq!(cell_text("LOT-1"), "LOT-1");
        assert_eq!(cell_text("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
