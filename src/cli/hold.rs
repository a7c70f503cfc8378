//! `lotgraph hold` and `lotgraph release`: put lots into quarantine, and free them again.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Map, Value, json};

use super::{table, write_out};
use crate::domain::{
    EventId, HoldRecord, LotId, LotStatus, MarkKind, Node, NodeRef, RecordBody, RecordRef, Text, Timestamp,
};
use crate::service::ingest::{Ingest, ItemStatus, Report, Sender};
use crate::store::{Find, LotFilter, Store, What};

/// Marked lots shown; the API lists them all.
const LOTS_SHOWN: u32 = 50;

/// What is held, and why.
#[derive(Debug, Args)]
pub struct HoldArguments {
    /// The lots to hold
    #[arg(required = true, value_name = "LOT")]
    lots: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// What sort of trouble it is
    #[arg(long, value_name = "TEXT")]
    category: Option<String>,
    /// Let suspect lots flow on; what is made of them is marked too
    #[arg(long)]
    warn: bool,
    /// Hold only these lots, not what was made of them
    #[arg(long)]
    no_propagate: bool,
    /// The id of the hold [default: derived from its content]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// When it was decided [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Who decides, for the ledger
    #[arg(long, value_name = "NAME", default_value = "cli")]
    actor: String,
}

/// What is released, why, and what is to become of it.
#[derive(Debug, Args)]
pub struct ReleaseArguments {
    /// The hold to end
    #[arg(value_name = "HOLD")]
    hold: String,
    /// Only this lot of it; may repeat [default: all of them]
    #[arg(long, value_name = "LOT")]
    lot: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// What is to become of the lots: RELEASED, REWORK, SCRAP or RETURN
    #[arg(long, value_name = "DISPOSITION")]
    disposition: String,
    /// When it was decided [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Who decides, for the ledger
    #[arg(long, value_name = "NAME", default_value = "cli")]
    actor: String,
}

/// Why the store cannot be opened is said by the store; this is what to do when a server has it.
pub(super) const SERVED: &str = "nothing was recorded; while lotgraph serves this file, send the event to it \
                                 (POST /api/v1/events, or holdLots and releaseHold in GraphQL)";

pub(super) async fn hold(arguments: &HoldArguments, store: Arc<dyn Store>) -> anyhow::Result<ExitCode> {
    let mut event = json!({
        "type": "hold",
        "at": moment(arguments.at.as_deref()),
        "lots": arguments.lots,
        "reason": arguments.reason,
        "propagate": !arguments.no_propagate,
        "policy": if arguments.warn { "WARN" } else { "BLOCK" },
    });
    put(&mut event, "category", arguments.category.as_deref());
    put(&mut event, "id", arguments.id.as_deref());
    let (id, again, report) = record(store.clone(), &event, &arguments.actor).await?;
    let hold = read(store.as_ref(), &id).await?;
    let verb = if again { "was placed before" } else { "is placed" };
    let mut out = String::new();
    let _ = writeln!(out, "Hold {id} {verb}, at revision {}: {}", report.revision, hold.hold.reason);
    marked(store.as_ref(), &id, &mut out).await?;
    write_out(out.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn release(arguments: &ReleaseArguments, store: Arc<dyn Store>) -> anyhow::Result<ExitCode> {
    let mut event = json!({
        "type": "release",
        "at": moment(arguments.at.as_deref()),
        "hold": arguments.hold,
        "reason": arguments.reason,
        "disposition": arguments.disposition.to_uppercase(),
    });
    if !arguments.lot.is_empty() {
        event["lots"] = json!(arguments.lot);
    }
    let (_, again, report) = record(store.clone(), &event, &arguments.actor).await?;
    let id = EventId::parse(&arguments.hold).map_err(|error| anyhow::anyhow!("HOLD {error}"))?;
    let hold = read(store.as_ref(), &id).await?;
    let freed = hold.releases.last().map_or(&[][..], |release| &release.lots);
    let freed: Vec<&str> = freed.iter().map(LotId::as_str).collect();
    let held: Vec<&str> = hold.held().into_iter().map(LotId::as_str).collect();
    let verb = if again { "was released before" } else { "is released" };
    let mut out = String::new();
    let _ = writeln!(
        out,
        "Hold {id} {verb} for {}, at revision {}; the hold is {}",
        freed.join(", "),
        report.revision,
        hold.state().name()
    );
    if !held.is_empty() {
        let _ = writeln!(out, "Still held: {}", held.join(", "));
    }
    marked(store.as_ref(), &id, &mut out).await?;
    write_out(out.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn moment(at: Option<&str>) -> String {
    at.map_or_else(|| Timestamp::now().to_string(), str::to_owned)
}

fn put(event: &mut Value, name: &str, value: Option<&str>) {
    if let (Some(object), Some(value)) = (event.as_object_mut(), value) {
        let object: &mut Map<String, Value> = object;
        object.insert(name.to_owned(), value.into());
    }
}

/// Records one event; its id, whether it was recorded before, and the report.
async fn record(
    store: Arc<dyn Store>,
    event: &Value,
    actor: &str,
) -> anyhow::Result<(EventId, bool, Report)> {
    let sender = Sender { actor: Text::parse(actor).context("--actor")?, source: Text::parse("cli")? };
    let report = Ingest::new(store).record_values(std::slice::from_ref(event), true, &sender).await?;
    let Some(outcome) = report.outcomes.first() else { bail!("the store said nothing about the event") };
    match (&outcome.status, &outcome.id) {
        (ItemStatus::Accepted, Some(id)) => Ok((id.clone(), false, report)),
        (ItemStatus::Duplicate, Some(id)) => Ok((id.clone(), true, report)),
        (ItemStatus::Rejected(problems), _) => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            bail!("{}", problems.join("\n"))
        }
        (ItemStatus::Accepted | ItemStatus::Duplicate | ItemStatus::Withheld, _) => {
            bail!("the store did not judge the event")
        }
    }
}

async fn read(store: &dyn Store, id: &EventId) -> anyhow::Result<HoldRecord> {
    let found = store.get(&[NodeRef::Record(RecordRef::Hold(id.clone()))]).await?;
    match found.into_iter().next().flatten() {
        Some(Node::Record(record)) => match record.body {
            RecordBody::Hold(hold) => Ok(hold),
            other => bail!("the store answered with {:?}", other.reference()),
        },
        _ => bail!("the store does not hold {id}"),
    }
}

/// The lots that a hold marks now, and how it came to each.
async fn marked(store: &dyn Store, id: &EventId, out: &mut String) -> anyhow::Result<()> {
    let what = What::Lots(LotFilter { hold: Some(id.clone()), ..LotFilter::default() });
    let page = store.find(&Find { what: what.clone(), after: None, first: LOTS_SHOWN }).await?;
    let counted = store.tally(&crate::store::Tally::Count(what)).await?;
    let count: u64 = counted.iter().map(|bucket| bucket.count).sum();
    if count == 0 {
        let _ = writeln!(out, "It marks no lot.");
        return Ok(());
    }
    let mut rows = vec![["LOT", "MARK", "STATUS", "PATH"].map(str::to_owned)];
    for node in page.items {
        let Node::Lot(lot) = node else { continue };
        let status: LotStatus = lot.status();
        let Some(mark) = lot.quarantine.mark_of(id) else { continue };
        let kind = match mark.kind {
            MarkKind::Held => "HELD",
            MarkKind::Suspect => "SUSPECT",
        };
        rows.push([lot.id.to_string(), kind.to_owned(), status.name().to_owned(), mark.path_text()]);
    }
    let _ = writeln!(out, "\nIt marks {count} lots:");
    table::aligned(&rows, out);
    if page.more {
        let hidden = count.saturating_sub(u64::from(LOTS_SHOWN));
        let _ = writeln!(out, "… {hidden} more: lots(filter: {{hold: \"{id}\"}}) in GraphQL lists them");
    }
    Ok(())
}
