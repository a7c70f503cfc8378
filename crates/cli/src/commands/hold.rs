//! `lotgraph hold` and `lotgraph release`: put lots into quarantine, and free them again.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use serde_json::{Map, Value, json};

use super::caller::ActorArguments;
use super::shown::print_out;
use super::table;
use lotgraph_domain::{
    Caller, Entry, Event, EventId, HoldRecord, LotId, LotStatus, MarkKind, Node, NodeRef, RecordBody,
    RecordRef, Timestamp,
};
use lotgraph_format as format;
use lotgraph_service::lookup::Lookup;
use lotgraph_service::query::{Find, LotFilter, Tally, What};
use lotgraph_service::recorder::{ItemStatus, Recorder, Report};
use lotgraph_service::standing::{self, StandingLot};
use lotgraph_store::Ledger;

/// Marked lots shown; the API lists them all.
const LOTS_SHOWN: u32 = 50;
/// Lots shown that something else holds.
const STANDING_SHOWN: usize = 20;

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
    /// Take a printed or supplier's number for the one lot that bears it
    #[arg(long)]
    resolve: bool,
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
    #[command(flatten)]
    actor: ActorArguments,
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
    #[command(flatten)]
    actor: ActorArguments,
}

pub(super) async fn hold(arguments: &HoldArguments, store: Arc<dyn Ledger>) -> anyhow::Result<ExitCode> {
    let mut event = json!({
        "type": "hold",
        "at": moment(arguments.at.as_deref()),
        "lots": arguments.lots,
        "reason": arguments.reason,
        "propagate": !arguments.no_propagate,
        "policy": if arguments.warn { "WARN" } else { "BLOCK" },
    });
    if arguments.resolve {
        event["resolve"] = true.into();
    }
    put(&mut event, "category", arguments.category.as_deref());
    put(&mut event, "id", arguments.id.as_deref());
    let caller = arguments.actor.caller(Entry::Cli)?;
    let lookup = Lookup::new(store.clone());
    let event = parse(&event)?;
    let (id, again, report) = record(store, event.clone(), &caller).await?;
    let hold = read(&lookup, &caller, &id).await?;
    let verb = if again { "was placed before" } else { "is placed" };
    let mut out = String::new();
    let _ = writeln!(out, "Hold {id} {verb}, at revision {}: {}", report.revision, hold.hold.reason);
    for warning in report.outcomes.iter().flat_map(|outcome| &outcome.warnings) {
        let _ = writeln!(out, "{warning}");
    }
    tell_standing(&lookup, &caller, &event, "Held already", &mut out).await?;
    marked(&lookup, &caller, &id, &mut out).await?;
    print_out(&out)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn release(
    arguments: &ReleaseArguments,
    store: Arc<dyn Ledger>,
) -> anyhow::Result<ExitCode> {
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
    let caller = arguments.actor.caller(Entry::Cli)?;
    let lookup = Lookup::new(store.clone());
    let event = parse(&event)?;
    let (_, again, report) = record(store, event.clone(), &caller).await?;
    let id = EventId::parse(&arguments.hold).map_err(|error| anyhow::anyhow!("HOLD {error}"))?;
    let hold = read(&lookup, &caller, &id).await?;
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
    tell_standing(&lookup, &caller, &event, "Held still", &mut out).await?;
    marked(&lookup, &caller, &id, &mut out).await?;
    print_out(&out)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn moment(at: Option<&str>) -> String {
    at.map_or_else(|| Timestamp::now().to_string(), str::to_owned)
}

pub(super) fn put(event: &mut Value, name: &str, value: Option<&str>) {
    if let (Some(object), Some(value)) = (event.as_object_mut(), value) {
        let object: &mut Map<String, Value> = object;
        object.insert(name.to_owned(), value.into());
    }
}

pub(super) fn parse(event: &Value) -> anyhow::Result<Event> {
    format::event::parse(event).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", problems.join("\n"))
    })
}

/// Says what else holds the lots of an event that holds or releases some.
async fn tell_standing(
    lookup: &Lookup,
    caller: &Caller,
    event: &Event,
    what: &str,
    out: &mut String,
) -> anyhow::Result<()> {
    let lots = standing::standing(lookup, caller, std::slice::from_ref(event)).await?;
    tell(what, &lots, out);
    Ok(())
}

/// Says what else holds lots, the first of them one a line.
pub(super) fn tell(what: &str, lots: &[StandingLot], out: &mut String) {
    for lot in lots.iter().take(STANDING_SHOWN) {
        let _ = writeln!(out, "{what}: {}", lot.words());
    }
    if lots.len() > STANDING_SHOWN {
        let _ = writeln!(out, "{what}: {} more lots", lots.len() - STANDING_SHOWN);
    }
}

/// Records one event; its id, whether it was recorded before, and the report.
pub(super) async fn record(
    store: Arc<dyn Ledger>,
    event: Event,
    caller: &Caller,
) -> anyhow::Result<(EventId, bool, Report)> {
    let report = Recorder::new(store).record(vec![Ok(event)], true, caller).await?;
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

async fn read(lookup: &Lookup, caller: &Caller, id: &EventId) -> anyhow::Result<HoldRecord> {
    let found = lookup.get(caller, &[NodeRef::Record(RecordRef::Hold(id.clone()))]).await?;
    match found.into_iter().next().flatten() {
        Some(Node::Record(record)) => match record.body {
            RecordBody::Hold(hold) => Ok(hold),
            other => bail!("the store answered with {:?}", other.reference()),
        },
        _ => bail!("the store does not hold {id}"),
    }
}

/// The lots that a hold marks now, and how it came to each.
async fn marked(lookup: &Lookup, caller: &Caller, id: &EventId, out: &mut String) -> anyhow::Result<()> {
    let what = What::Lots(LotFilter { hold: Some(id.clone()), ..LotFilter::default() });
    let page = lookup.find(caller, &Find { what: what.clone(), after: None, first: LOTS_SHOWN }).await?;
    let counted = lookup.tally(caller, &Tally::Count(what)).await?;
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
