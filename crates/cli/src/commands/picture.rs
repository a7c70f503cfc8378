//! A trace as a picture: Graphviz and Mermaid sources, left to right in walking direction of the material.

use std::fmt::Write;

use super::shown::visible;
use lotgraph_domain::Role;
use lotgraph_service::trace::TraceAnswer;

/// A node to draw.
struct Node {
    key: String,
    label: String,
    is_lot: bool,
    is_seed: bool,
}

fn nodes(answer: &TraceAnswer) -> Vec<Node> {
    let lot = |index: u32, is_seed| {
        let lot = &answer.subgraph.lots[index as usize];
        let material = lot.material.as_ref().map(|code| format!("\n{code}")).unwrap_or_default();
        Node { key: format!("l{index}"), label: format!("{}{material}", lot.id), is_lot: true, is_seed }
    };
    let operation = |index: u32| {
        let operation = &answer.subgraph.operations[index as usize];
        let party = operation.party.as_ref().map(|code| format!("\n{code}")).unwrap_or_default();
        let label = format!("{}\n{}{party}", operation.kind.name(), operation.id);
        Node { key: format!("o{index}"), label, is_lot: false, is_seed: false }
    };
    let seeds = answer.trace.seeds.iter().map(|index| lot(*index, true));
    let lots = answer.trace.lots.iter().map(|node| lot(node.index, false));
    let operations = answer.trace.operations.iter().map(|node| operation(node.index));
    seeds.chain(lots).chain(operations).collect()
}

/// Arrows along the material: from consumed lots into operations, from operations to produced lots.
fn arrows(answer: &TraceAnswer) -> impl Iterator<Item = (String, String, String, bool)> {
    answer.trace.links.iter().map(|index| {
        let link = &answer.subgraph.links[*index as usize];
        let quantity = link.quantity.as_ref().map(ToString::to_string).unwrap_or_default();
        let (lot, operation) = (format!("l{}", link.lot), format!("o{}", link.operation));
        match link.role {
            Role::Consumed => (lot, operation, quantity, false),
            Role::Produced => (operation, lot, quantity, false),
            Role::InPlace => (lot, operation, quantity, true),
        }
    })
}

/// The trace for Graphviz.
pub(super) fn dot(answer: &TraceAnswer) -> String {
    // Graphviz reads escapes with a backslash, and entities as HTML has them.
    let quote = |text: &str| {
        let text = visible(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    };
    let mut out = String::from("digraph lotgraph {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
    for node in nodes(answer) {
        let shape = if node.is_lot { "box" } else { "ellipse" };
        let style = if node.is_seed { ", style=filled, fillcolor=\"#ffd9b3\"" } else { "" };
        let _ = writeln!(out, "  {} [label=\"{}\", shape={shape}{style}];", node.key, quote(&node.label));
    }
    for (from, to, label, in_place) in arrows(answer) {
        let style = if in_place { ", style=dashed, dir=none" } else { "" };
        let _ = writeln!(out, "  {from} -> {to} [label=\"{}\"{style}];", quote(&label));
    }
    out.push_str("}\n");
    out
}

/// A text inside the quotes of Mermaid: all but letters, digits and what is surely no syntax as entities. Its directives
/// (`%%{init}%%`), its entities and its Markdown in backticks are read inside of quotes, too, and the picture is HTML.
fn entities(text: &str) -> String {
    let mut out = String::new();
    for character in visible(text).chars() {
        match character {
            '\n' => out.push_str("<br/>"),
            ' ' | '-' | '.' | ',' | '/' | ':' | '+' => out.push(character),
            other if other.is_alphanumeric() => out.push(other),
            other => {
                let _ = write!(out, "#{};", u32::from(other));
            }
        }
    }
    out
}

/// The trace for Mermaid.
pub(super) fn mermaid(answer: &TraceAnswer) -> String {
    let mut out = String::from("flowchart LR\n");
    for node in nodes(answer) {
        let label = entities(&node.label);
        let _ = if node.is_lot {
            writeln!(out, "  {}[\"{label}\"]", node.key)
        } else {
            writeln!(out, "  {}([\"{label}\"])", node.key)
        };
        if node.is_seed {
            let _ = writeln!(out, "  style {} fill:#ffd9b3", node.key);
        }
    }
    for (from, to, label, in_place) in arrows(answer) {
        let arrow = if in_place { "-.-" } else { "-->" };
        let label = if label.is_empty() { String::new() } else { format!("|\"{}\"|", entities(&label)) };
        let _ = writeln!(out, "  {from} {arrow}{label} {to}");
    }
    out
}
