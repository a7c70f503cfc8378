//! `lotgraph trace --diff-from`: what differs between a trace and the same one earlier.

use std::fmt::Write;

use serde_json::{Value, json};

use super::table;
use lotgraph_genealogy::TracedNode;
use lotgraph_service::as_of::{ChangedLot, LotState, TraceDifference};
use lotgraph_service::render;
use lotgraph_service::trace::TraceAnswer;

/// Rows shown; `--format json` gives all.
const ROWS_MAX: usize = 200;

/// The difference as text.
pub(super) fn for_people(found: &TraceDifference) -> String {
    let difference = &found.difference;
    let mut out = format!(
        "Revision {} against revision {}\n",
        found.before.subgraph.revision, found.after.subgraph.revision
    );
    let _ = writeln!(
        out,
        "lots: {} added, {} removed, {} changed; operations: {} added, {} removed; links: {} added, {} removed",
        difference.lots_added.len(),
        difference.lots_removed.len(),
        found.changed.len(),
        difference.operations_added.len(),
        difference.operations_removed.len(),
        difference.links_added.len(),
        difference.links_removed.len()
    );
    if !found.unknown_before.is_empty() {
        let ids: Vec<&str> = found.unknown_before.iter().map(AsRef::as_ref).collect();
        let _ = writeln!(out, "Not known before: {}", ids.join(", "));
    }
    let rows = rows(found);
    if rows.len() > 1 {
        out.push('\n');
        table::aligned(&rows[..rows.len().min(ROWS_MAX + 1)], &mut out);
        let hidden = rows.len().saturating_sub(ROWS_MAX + 1);
        if hidden > 0 {
            let _ = writeln!(out, "… {hidden} more: --format json shows all");
        }
    }
    if found.is_partial() {
        out.push_str("\nPARTIAL: a limit cut one of the two answers; what lies behind it is not compared\n");
    }
    out
}

fn rows(found: &TraceDifference) -> Vec<[String; 5]> {
    let mut rows = vec![["", "WHAT", "ID", "DEPTH", "STATUS"].map(str::to_owned)];
    let difference = &found.difference;
    let lot = |sign: &str, answer: &TraceAnswer, node: &TracedNode| {
        let id = answer.lot_id(node.index).to_string();
        [sign.to_owned(), "lot".to_owned(), id, node.depth.to_string(), String::new()]
    };
    let operation = |sign: &str, answer: &TraceAnswer, node: &TracedNode| {
        let id = answer.subgraph.operations[node.index as usize].id.to_string();
        [sign.to_owned(), "operation".to_owned(), id, node.depth.to_string(), String::new()]
    };
    rows.extend(difference.lots_added.iter().map(|node| lot("+", &found.after, node)));
    rows.extend(difference.lots_removed.iter().map(|node| lot("-", &found.before, node)));
    rows.extend(found.changed.iter().map(changed));
    rows.extend(difference.operations_added.iter().map(|node| operation("+", &found.after, node)));
    rows.extend(difference.operations_removed.iter().map(|node| operation("-", &found.before, node)));
    rows
}

fn changed(lot: &ChangedLot) -> [String; 5] {
    let between = |before: String, after: String| match before == after {
        true => after,
        false => format!("{before} → {after}"),
    };
    let depth = between(lot.before.depth.to_string(), lot.after.depth.to_string());
    let status = between(lot.before.status.name().to_owned(), lot.after.status.name().to_owned());
    ["~".to_owned(), "lot".to_owned(), lot.id.to_string(), depth, status]
}

/// The difference as one object, with the names of `traceDiff` in GraphQL.
pub(super) fn as_json(found: &TraceDifference) -> Value {
    let difference = &found.difference;
    let lots = |answer: &TraceAnswer, nodes: &[TracedNode]| -> Value {
        let lot = |n: &TracedNode| json!({"id": answer.lot_id(n.index).as_str(), "depth": n.depth});
        nodes.iter().map(lot).collect()
    };
    let operations = |answer: &TraceAnswer, nodes: &[TracedNode]| -> Value {
        let id = |n: &TracedNode| answer.subgraph.operations[n.index as usize].id.as_str();
        nodes.iter().map(|n| json!({"id": id(n), "depth": n.depth})).collect()
    };
    let links = |answer: &TraceAnswer, links: &[u32]| -> Value {
        links.iter().map(|link| render::link(answer, *link)).collect()
    };
    let state = |state: LotState| json!({"depth": state.depth, "status": state.status.name()});
    let changed = |lot: &ChangedLot| json!({"id": lot.id.as_str(), "before": state(lot.before), "after": state(lot.after)});
    json!({
        "fromRevision": found.before.subgraph.revision.to_string(),
        "toRevision": found.after.subgraph.revision.to_string(),
        "seedsUnknownBefore": found.unknown_before.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        "isPartial": found.is_partial(),
        "lotsAdded": lots(&found.after, &difference.lots_added),
        "lotsRemoved": lots(&found.before, &difference.lots_removed),
        "lotsChanged": found.changed.iter().map(changed).collect::<Vec<Value>>(),
        "operationsAdded": operations(&found.after, &difference.operations_added),
        "operationsRemoved": operations(&found.before, &difference.operations_removed),
        "linksAdded": links(&found.after, &difference.links_added),
        "linksRemoved": links(&found.before, &difference.links_removed),
    })
}
