//! A trace as a table for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use lotgraph_domain::{OperationKind, Role};
use lotgraph_genealogy::trace::Trace;
use lotgraph_genealogy::{Direction, Partial, SubgraphLink};
use lotgraph_service::trace::TraceAnswer;
use lotgraph_service::transfers::{LOTS_LOOKED_AT_MAX, MayBeTransfers};

/// Rows shown; `--format csv` gives all.
const ROWS_MAX: usize = 200;

/// The trace as text.
pub(super) fn table(answer: &TraceAnswer, may_be: &MayBeTransfers) -> String {
    let mut out = String::new();
    head(answer, &mut out);
    lots(answer, &mut out);
    ends(answer, &mut out);
    transfers(answer, may_be, &mut out);
    completeness(answer, &mut out);
    out
}

fn head(answer: &TraceAnswer, out: &mut String) {
    let trace = &answer.trace;
    let seeds: Vec<&str> = trace.seeds.iter().map(|index| answer.lot_id(*index).as_str()).collect();
    let what = match answer.question.direction {
        Direction::Forward => "Where it went",
        Direction::Backward => "What went into it",
    };
    let _ = writeln!(out, "{what}: {}", seeds.join(", "));
    let _ = writeln!(
        out,
        "{} lots, {} operations, {} links, {} operations deep at most; revision {}",
        trace.lots.len(),
        trace.operations.len(),
        trace.links.len(),
        answer.max_depth(),
        answer.subgraph.revision
    );
}

fn lots(answer: &TraceAnswer, out: &mut String) {
    let via = arrivals(answer);
    let mut rows = vec![["DEPTH", "LOT", "MATERIAL", "BY", "OPERATION"].map(str::to_owned)];
    for node in answer.trace.lots.iter().take(ROWS_MAX) {
        let lot = &answer.subgraph.lots[node.index as usize];
        let operation = via.get(&node.index).map(|index| &answer.subgraph.operations[*index as usize]);
        rows.push([
            node.depth.to_string(),
            lot.id.to_string(),
            lot.material.as_ref().map(ToString::to_string).unwrap_or_default(),
            operation.map(|operation| operation.kind.name().to_owned()).unwrap_or_default(),
            operation.map(|operation| operation.id.to_string()).unwrap_or_default(),
        ]);
    }
    if rows.len() > 1 {
        out.push('\n');
        aligned(&rows, out);
    }
    let hidden = answer.trace.lots.len().saturating_sub(ROWS_MAX);
    if hidden > 0 {
        let _ = writeln!(out, "… {hidden} more lots: --format csv shows all");
    }
}

/// For each lot reached, the first operation (nearest to the seeds) over which the walk came to it.
fn arrivals(answer: &TraceAnswer) -> BTreeMap<u32, u32> {
    let arriving = match answer.question.direction {
        Direction::Forward => Role::Produced,
        Direction::Backward => Role::Consumed,
    };
    let mut via = BTreeMap::new();
    for index in &answer.trace.links {
        let link = &answer.subgraph.links[*index as usize];
        if link.role == arriving {
            via.entry(link.lot).or_insert(link.operation);
        }
    }
    via
}

/// Where the walk ends outside the house: shipments forward, receipts backward.
fn ends(answer: &TraceAnswer, out: &mut String) {
    let (kind, title) = match answer.question.direction {
        Direction::Forward => (OperationKind::Ship, "Shipped"),
        Direction::Backward => (OperationKind::Receive, "Received"),
    };
    let mut parties: BTreeMap<String, usize> = BTreeMap::new();
    for node in &answer.trace.operations {
        let operation = &answer.subgraph.operations[node.index as usize];
        if operation.kind == kind {
            let party = operation.party.as_ref().map_or_else(|| "(not told)".to_owned(), ToString::to_string);
            *parties.entry(party).or_default() += 1;
        }
    }
    if !parties.is_empty() {
        let list: Vec<String> = parties.iter().map(|(party, count)| format!("{party} ({count})")).collect();
        let word = if answer.question.direction == Direction::Forward { "to" } else { "from" };
        let _ = writeln!(out, "\n{title} {word}: {}", list.join(", "));
    }
}

/// Where the walk goes on in another plant: receipts of what was shipped on record, and what may be one.
fn transfers(answer: &TraceAnswer, may_be: &MayBeTransfers, out: &mut String) {
    let subgraph = &answer.subgraph;
    let links = answer.trace.links.iter().map(|index| &subgraph.links[*index as usize]);
    let received = links.filter(|link| {
        let kind = subgraph.operations[link.operation as usize].kind;
        link.role == Role::Consumed && kind == OperationKind::Receive
    });
    let crossed: BTreeSet<String> = received
        .filter_map(|link| {
            let receipt = &subgraph.operations[link.operation as usize].id;
            Some(format!("{receipt} received what {} had shipped", link.sense.shipment()?))
        })
        .collect();
    if !crossed.is_empty() {
        let shown: Vec<&str> = crossed.iter().take(5).map(String::as_str).collect();
        let more = if crossed.len() > shown.len() { "; …" } else { "" };
        let _ = writeln!(out, "\nBetween plants: {}{more}", shown.join("; "));
    }
    for pair in may_be.pairs.iter().take(5) {
        let _ = writeln!(
            out,
            "\nPerhaps the same goods: {} was shipped, and {} was received with its number, without the document of a shipment \
             of it; nothing links them",
            pair.shipped, pair.received
        );
    }
    if may_be.pairs.len() > 5 {
        let _ =
            writeln!(out, "… {} more such pairs: GraphQL's mayBeTransfers gives all", may_be.pairs.len() - 5);
    }
    if may_be.is_partial {
        let _ = writeln!(out, "(only the first {LOTS_LOOKED_AT_MAX} lots were looked at for that)");
    }
}

fn completeness(answer: &TraceAnswer, out: &mut String) {
    let trace = &answer.trace;
    let verdict = match trace.partial {
        None => whole(trace).to_owned(),
        Some(Partial::NodeLimit) => {
            "PARTIAL: the node limit was reached; narrow it with --max-depth".to_owned()
        }
        Some(Partial::DepthLimit) => "PARTIAL: lots at --max-depth lead on".to_owned(),
    };
    let _ = writeln!(out, "\nAnswer: {verdict}");
    if !trace.unknown_origin.is_empty() {
        let names: Vec<&str> =
            trace.unknown_origin.iter().take(5).map(|index| answer.lot_id(*index).as_str()).collect();
        let count = trace.unknown_origin.len();
        let more = if count > names.len() { ", …" } else { "" };
        let _ = writeln!(out, "{count} lots of unknown origin: {}{more}", names.join(", "));
    }
    if !trace.time_conflicts.is_empty() {
        let count = trace.time_conflicts.len();
        let _ =
            writeln!(out, "{count} time conflicts: lots drawn before they were made; nothing was left out");
    }
    overdrawn(answer, out);
    unbalanced(answer, out);
}

/// What to say of an answer that no limit cut.
pub(super) fn whole(trace: &Trace) -> &'static str {
    match (trace.overdrawn.is_empty(), trace.unbalanced.is_empty()) {
        (true, true) => "complete",
        (false, true) => "complete by the links on record; stock is OVERDRAWN",
        (true, false) => "complete by the links on record; operations do NOT BALANCE",
        (false, false) => "complete by the links on record; stock is OVERDRAWN and operations do NOT BALANCE",
    }
}

/// Which operations gave what they cannot have given.
fn unbalanced(answer: &TraceAnswer, out: &mut String) {
    const SHOWN: usize = 5;
    let operation = |index: &u32| answer.subgraph.links[*index as usize].operation;
    let operations: BTreeSet<u32> = answer.trace.unbalanced.iter().map(operation).collect();
    if operations.is_empty() {
        return;
    }
    let name = |index: &u32| answer.subgraph.operations[*index as usize].id.as_str();
    let names: Vec<&str> = operations.iter().take(SHOWN).map(name).collect();
    let more = if operations.len() > SHOWN { ", …" } else { "" };
    let _ = writeln!(
        out,
        "NOT BALANCED: gave more than they took, or a yield beyond its range: {}{more}",
        names.join(", ")
    );
}

/// Which draws took more than can have been there, and which fillings count from earlier than they are on record.
fn overdrawn(answer: &TraceAnswer, out: &mut String) {
    const SHOWN: usize = 5;
    let links = || answer.trace.overdrawn.iter().map(|index| &answer.subgraph.links[*index as usize]);
    let named = |role: Role| -> String {
        let of = || links().filter(move |link| link.role == role);
        let name = |link: &SubgraphLink| {
            let operation = &answer.subgraph.operations[link.operation as usize].id;
            format!("{operation} of {}", answer.lot_id(link.lot))
        };
        let names: Vec<String> = of().take(SHOWN).map(name).collect();
        format!("{}{}", names.join(", "), if of().count() > SHOWN { ", …" } else { "" })
    };
    if links().any(|link| link.role == Role::Consumed) {
        let _ =
            writeln!(out, "OVERDRAWN: more was drawn than can have been there by {}", named(Role::Consumed));
    }
    if links().any(|link| link.role == Role::Produced) {
        let _ = writeln!(
            out,
            "OVERDRAWN: counted as filled before they are on record: {}",
            named(Role::Produced)
        );
    }
}

/// Columns as wide as their widest cell; wide characters count two.
pub(super) fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]], out: &mut String) {
    let widths: Vec<usize> =
        (0..COLUMNS).map(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0)).collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width()))))
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
}
