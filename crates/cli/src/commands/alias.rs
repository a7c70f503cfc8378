//! `lotgraph alias` and `lotgraph merge-lots`: further names of lots.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::caller::ActorArguments;
use super::hold::{moment, parse, put, record};
use super::write_out;
use lotgraph_domain::{Entry, SameLot};
use lotgraph_store::Ledger;

/// What every event says.
#[derive(Debug, Args)]
pub struct WhyArguments {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The id of the event [default: derived from its content]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// When it was found out [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    actor: ActorArguments,
}

/// Names of a lot.
#[derive(Debug, Args)]
pub struct AliasArguments {
    /// The further names: misread numbers, or those of another system
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// The lot that they mean
    #[arg(long, value_name = "LOT")]
    of: String,
    #[command(flatten)]
    why: WhyArguments,
}

/// Lots that were one.
#[derive(Debug, Args)]
pub struct MergeLotsArguments {
    /// The lots that are no lots of their own
    #[arg(value_name = "LOT", required = true)]
    lots: Vec<String>,
    /// The lot that they all are
    #[arg(long, value_name = "LOT")]
    into: String,
    #[command(flatten)]
    why: WhyArguments,
}

pub(super) async fn alias(arguments: &AliasArguments, store: Arc<dyn Ledger>) -> anyhow::Result<ExitCode> {
    let event = json!({ "type": "alias", "lot": arguments.of, "names": arguments.names });
    run(event, &arguments.why, store).await
}

pub(super) async fn merge(
    arguments: &MergeLotsArguments,
    store: Arc<dyn Ledger>,
) -> anyhow::Result<ExitCode> {
    let event = json!({ "type": "mergeLots", "into": arguments.into, "lots": arguments.lots });
    run(event, &arguments.why, store).await
}

async fn run(mut event: Value, why: &WhyArguments, store: Arc<dyn Ledger>) -> anyhow::Result<ExitCode> {
    put(&mut event, "at", Some(&moment(why.at.as_deref())));
    put(&mut event, "reason", Some(&why.reason));
    put(&mut event, "id", why.id.as_deref());
    let event = parse(&event)?;
    let caller = why.actor.caller(Entry::Cli)?;
    let said = SameLot::of(&event.fact).map(|said| {
        let names: Vec<&str> = said.names.iter().map(AsRef::as_ref).collect();
        let verb = if names.len() == 1 { "means" } else { "mean" };
        format!("{} {verb} lot {}", names.join(", "), said.lot)
    });
    let said = said.unwrap_or_default();
    let (id, again, report) = record(store, event, &caller).await?;
    let recorded = if again { ", as was recorded before" } else { "" };
    let mut out = String::new();
    let _ = writeln!(out, "{said}{recorded}: event {id}, at revision {}", report.revision);
    for warning in report.outcomes.iter().flat_map(|outcome| &outcome.warnings) {
        let _ = writeln!(out, "{warning}");
    }
    write_out(out.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
