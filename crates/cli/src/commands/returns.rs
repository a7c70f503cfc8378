//! `lotgraph return`: lots come back from a customer.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::caller::ActorArguments;
use super::hold::{moment, parse, put, record};
use super::shown::print_out;
use lotgraph_domain::{Entry, Fact, Node, NodeRef};
use lotgraph_service::lookup::Lookup;
use lotgraph_store::Ledger;

/// What came back, and from whom.
#[derive(Debug, Args)]
pub struct ReturnArguments {
    /// The lot that it comes back into
    #[arg(value_name = "LOT")]
    lot: String,
    /// The customer who sends it back
    #[arg(long, value_name = "CODE")]
    customer: String,
    /// How much, with its unit, for example "20 EA" [default: not measured]
    #[arg(long, value_name = "QUANTITY")]
    quantity: Option<String>,
    /// The lot as which it had been shipped [default: LOT]
    #[arg(long, value_name = "LOT")]
    shipped_as: Option<String>,
    /// The event of the shipment that brought it there
    #[arg(long, value_name = "ID")]
    shipment: Option<String>,
    /// The return note
    #[arg(long, value_name = "TEXT")]
    document: Option<String>,
    /// Why it comes back
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The id of the event [default: derived from its content]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// When it came back [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    actor: ActorArguments,
}

pub(super) async fn run(arguments: &ReturnArguments, store: Arc<dyn Ledger>) -> anyhow::Result<ExitCode> {
    let mut output = json!({ "lot": arguments.lot });
    put(&mut output, "shippedAs", arguments.shipped_as.as_deref());
    if let Some(quantity) = &arguments.quantity {
        let Some((amount, unit)) = quantity.trim().rsplit_once(char::is_whitespace) else {
            bail!("--quantity {quantity:?} has no unit; write it like \"20 EA\"")
        };
        put(&mut output, "quantity", Some(amount.trim()));
        put(&mut output, "unit", Some(unit));
    }
    let mut event = json!({
        "type": "return",
        "at": moment(arguments.at.as_deref()),
        "customer": arguments.customer,
        "outputs": [output],
    });
    put(&mut event, "shipment", arguments.shipment.as_deref());
    put(&mut event, "document", arguments.document.as_deref());
    put(&mut event, "reason", arguments.reason.as_deref());
    put(&mut event, "id", arguments.id.as_deref());
    let event = parse(&event)?;
    let Fact::Operation(operation) = &event.fact else { bail!("a return is no operation") };
    let Some(lot) = operation.outputs.first().map(|output| output.lot.clone()) else {
        bail!("the return names no lot")
    };
    let caller = arguments.actor.caller(Entry::Cli)?;
    let lookup = Lookup::new(store.clone());
    let (id, again, report) = record(store, event, &caller).await?;
    let verb = if again { "was recorded before" } else { "is recorded" };
    let mut out = String::new();
    let _ = writeln!(out, "Return {id} of {lot} {verb}, at revision {}", report.revision);
    for warning in report.outcomes.iter().flat_map(|outcome| &outcome.warnings) {
        let _ = writeln!(out, "{warning}");
    }
    let found = lookup.get(&caller, &[NodeRef::Lot(lot)]).await?;
    if let Some(Node::Lot(lot)) = found.into_iter().next().flatten() {
        let _ = writeln!(out, "Lot {} is {}", lot.id, lot.status().name());
    }
    print_out(&out)?;
    Ok(ExitCode::SUCCESS)
}
