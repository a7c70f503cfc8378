//! `lotgraph find`: what a number in hand may be.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::caller::reader;
use super::shown::print_out;
use super::table;
use lotgraph_domain::Text;
use lotgraph_service::lookup::Lookup;
use lotgraph_service::numbers::{Numbered, numbered};
use lotgraph_store::Ledger;

/// A number in hand.
#[derive(Debug, Args)]
pub struct FindArguments {
    /// A lot's id, a printed number, a supplier's number or the document of a receipt or shipment, in any case; a part is enough
    #[arg(value_name = "TEXT")]
    text: String,
    /// At most this many lots, and as many receipts and shipments
    #[arg(long, value_name = "N", default_value_t = 20)]
    first: usize,
}

/// Prints what the number may be; nothing found is a failure.
pub(super) async fn run(arguments: &FindArguments, store: Arc<dyn Ledger>) -> anyhow::Result<ExitCode> {
    let number = Text::parse(arguments.text.trim())
        .map_err(|error| anyhow::anyhow!("the number {:?} {error}", arguments.text))?;
    let found = numbered(&Lookup::new(store), &reader(), &number, arguments.first).await?;
    print_out(&shown(&number, &found))?;
    let nothing = found.lot_count + found.operation_count == 0;
    Ok(if nothing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn shown(number: &Text, found: &Numbered) -> String {
    let mut out = String::new();
    let match_of = |whole: bool| if whole { "whole" } else { "part" }.to_owned();
    if !found.lots.is_empty() {
        let mut rows =
            vec![["LOT", "BY", "MATCH", "NUMBER", "SUPPLIER'S", "MATERIAL", "STATUS"].map(str::to_owned)];
        rows.extend(found.lots.iter().map(|of| {
            let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
            [
                of.lot.id.to_string(),
                of.by.name().to_owned(),
                match_of(of.whole),
                text(of.lot.number.as_ref().map(AsRef::as_ref)),
                text(of.lot.supplier_lot.as_ref().map(AsRef::as_ref)),
                text(of.lot.material.as_ref().map(AsRef::as_ref)),
                of.lot.status().name().to_owned(),
            ]
        }));
        table::aligned(&rows, &mut out);
        more(found.lots.len(), found.lot_count, "lots", &mut out);
    }
    if !found.operations.is_empty() {
        let mut rows =
            vec![["DOCUMENT", "MATCH", "OPERATION", "KIND", "PARTY", "AT", "LOTS"].map(str::to_owned)];
        rows.extend(found.operations.iter().map(|of| {
            let operation = &of.operation.operation;
            let lots: Vec<&str> = operation.links().map(|link| link.lot.as_str()).take(5).collect();
            let rest = if operation.links().count() > 5 { ", …" } else { "" };
            [
                operation.document.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
                match_of(of.whole),
                of.operation.id.to_string(),
                operation.kind.name().to_owned(),
                operation.party.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
                operation.at.to_string(),
                format!("{}{rest}", lots.join(", ")),
            ]
        }));
        if !out.is_empty() {
            out.push('\n');
        }
        table::aligned(&rows, &mut out);
        more(found.operations.len(), found.operation_count, "receipts and shipments", &mut out);
    }
    if out.is_empty() {
        let _ = writeln!(out, "no lot, receipt or shipment has {number} as a number, or in one");
    }
    if found.cut {
        let _ =
            writeln!(out, "There are more lots or documents than were looked through: this may not be all");
    }
    out
}

fn more(shown: usize, count: u64, what: &str, out: &mut String) {
    let shown = u64::try_from(shown).unwrap_or(u64::MAX);
    if count > shown {
        let _ = writeln!(out, "… {} more of {count} {what}: --first shows more", count - shown);
    }
}
