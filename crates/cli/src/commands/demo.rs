//! `lotgraph demo`: loads a month of a generated dairy into a store of its own, says what to ask, and serves it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::shown::print_error;
use super::{caller, serve};
use crate::app::{self, StoreUri};
use crate::settings::{Settings, redact};
use lotgraph_domain::{Caller, CallerKind, Entry, Event, Fact, NodeRef};
use lotgraph_generate::dairy::{DemoStory, dairy, story};
use lotgraph_generate::samples::samples;
use lotgraph_service::lookup::Lookup;
use lotgraph_service::query::{LedgerPosition, Revision};
use lotgraph_service::recorder::{ItemStatus, Recorder};
use lotgraph_store::Ledger;

const DEMO_STORE: &str = "sqlite:lotgraph-demo.sqlite";
/// The source that the demo's events carry, by which its store is told from real data.
const DEMO_SOURCE: &str = "demo";
/// The name that the ledger writes when nobody gave another.
const DEMO_ACTOR: &str = "demo";
const BATCH: usize = 500;

/// How to run the demo.
#[derive(Debug, Args)]
pub struct DemoArguments {
    #[command(flatten)]
    serve: super::ServeArguments,
    /// Who loads the demo, for the ledger
    #[arg(long, value_name = "NAME", default_value = DEMO_ACTOR)]
    actor: String,
    /// Throw the demo's store away first (SQLite only)
    #[arg(long)]
    reset: bool,
    /// Load the data and end, without serving
    #[arg(long)]
    load_only: bool,
}

impl DemoArguments {
    /// The flags, with the demo's own store as the default.
    pub(super) fn flags(&self) -> Vec<(&'static str, String)> {
        let mut flags = self.serve.flags();
        if !flags.iter().any(|(key, _)| *key == "store") {
            flags.push(("store", DEMO_STORE.to_owned()));
        }
        flags
    }
}

pub(super) async fn run(arguments: &DemoArguments, settings: Settings) -> anyhow::Result<ExitCode> {
    let kind = if arguments.actor == DEMO_ACTOR { CallerKind::System } else { CallerKind::Person };
    let caller = caller::named(&arguments.actor, kind, Entry::Demo)?;
    serve::check(&settings)?;
    if arguments.reset {
        reset(&settings, &caller).await?;
    }
    let served = app::open_served(&settings).await?;
    let lookup = Lookup::new(served.store.clone());
    let events: Vec<Event> = dairy().collect();
    if is_loaded(&lookup, &caller, &events).await? {
        print_error(&format!(
            "The demo plant is in {} already (--reset starts over).",
            redact(&settings.store)
        ));
    } else {
        check_ours(&lookup, &caller, &settings).await?;
        load(served.store.clone(), events, &caller).await?;
    }
    if arguments.load_only {
        return Ok(ExitCode::SUCCESS);
    }
    let story = story();
    let samples = samples(&story);
    let store = settings.store.clone();
    serve::serve(&settings, served, samples, |address| {
        eprint!("{}", welcome(&format!("http://{address}"), &redact(&store), &story));
    })
    .await
}

/// Whether everything is there: the last operation is loaded last.
async fn is_loaded(lookup: &Lookup, caller: &Caller, events: &[Event]) -> anyhow::Result<bool> {
    let last = events.iter().rev().find(|event| matches!(event.fact, Fact::Operation(_)));
    let last = last.context("the demo plant has operations")?;
    let found = lookup.get(caller, &[NodeRef::Operation(last.id.clone())]).await?;
    Ok(found.iter().all(Option::is_some))
}

/// Refuses to mix the demo with anything else.
async fn check_ours(lookup: &Lookup, caller: &Caller, settings: &Settings) -> anyhow::Result<()> {
    if lookup.revision(caller).await? == Revision(0) {
        return Ok(());
    }
    let first = lookup.changes(caller, LedgerPosition::default(), 1).await?;
    if first.entries.iter().all(|entry| entry.recording.source.as_str() == DEMO_SOURCE) {
        return Ok(());
    }
    bail!("{} holds other data; give the demo a store of its own with --store", redact(&settings.store))
}

async fn load(store: std::sync::Arc<dyn Ledger>, events: Vec<Event>, caller: &Caller) -> anyhow::Result<()> {
    let bar = ProgressBar::new(events.len() as u64);
    let style = ProgressStyle::with_template("Loading a month of a dairy {wide_bar} {pos}/{len} events")?;
    bar.set_style(style);
    let recorder = Recorder::new(store);
    for chunk in events.chunks(BATCH) {
        let report = recorder.record(chunk.iter().cloned().map(Ok).collect(), true, caller).await?;
        if !report.applied {
            let rejected = report.outcomes.iter().find(|o| matches!(o.status, ItemStatus::Rejected(_)));
            bail!("the demo plant was refused: {rejected:?}");
        }
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    print_error(&format!("Loaded {} events.", events.len()));
    Ok(())
}

/// Throws the demo's file away; only if the demo wrote it.
async fn reset(settings: &Settings, caller: &Caller) -> anyhow::Result<()> {
    let StoreUri::Sqlite(path) = StoreUri::parse(&settings.store)? else {
        bail!("--reset throws a SQLite file away; empty a Neo4j database with its own tools")
    };
    if !path.exists() {
        return Ok(());
    }
    {
        let store = app::open_store(settings).await?;
        check_ours(&Lookup::new(store), caller, settings).await?;
    }
    for suffix in ["", "-wal", "-shm"] {
        let file = format!("{}{suffix}", path.display());
        if Path::new(&file).exists() {
            std::fs::remove_file(&file).with_context(|| format!("cannot remove {file}"))?;
        }
    }
    Ok(())
}

/// What a person sees first: where to look, and what to ask.
fn welcome(url: &str, store: &str, story: &DemoStory) -> String {
    let DemoStory { forward_seed, backward_seed, affected_pallet, complaints, .. } = story;
    let complaints = complaints.each_ref().map(|lot| lot.as_str()).join(",");
    // As this process was called, so that the line can be pasted whether or not the program is installed.
    let program = std::env::args().next().unwrap_or_else(|| "lotgraph".to_owned());
    format!(
        r#"
lotgraph demo: a dairy in March 2026, in {store}

  In the browser   {url}/graphiql   (the questions below are in its sample panel)
  GraphQL          {url}/graphql    schema: {url}/schema.graphql
  REST             {url}/api/v1/trace?lot={forward_seed}&direction=forward
  Health           {url}/readyz     metrics: {url}/metrics

Three questions to paste into GraphiQL:

1. Where did the milk delivery {forward_seed} go?
   {{ trace(input: {{lots: ["{forward_seed}"], direction: FORWARD}}) {{ summary {{ lotCount maxDepth }} facets(by: [CUSTOMER, MATERIAL]) {{ field values {{ value count }} }} completeness {{ isPartial }} }} }}

2. What went into the shipped pallet {backward_seed}?
   {{ trace(input: {{lots: ["{backward_seed}"], direction: BACKWARD}}) {{ summary {{ lotCount maxDepth }} lots(first: 20) {{ nodes {{ depth lot {{ id material {{ name }} }} }} }} completeness {{ isPartial }} }} }}

3. Why is the pallet {affected_pallet} affected by that delivery?
   {{ whyAffected(seed: "{forward_seed}", lot: "{affected_pallet}") {{ steps {{ enter {{ lot {{ id }} }} leave {{ operation {{ id name }} lot {{ id }} }} }} }} }}

And one to investigate: customers complain of three pallets. What do they have in common that others have not?
   {program} root-cause --store '{store}' --cases {complaints} --controls-material MILK-1L --first 3
   docs/INVESTIGATE.md goes on from there: what else is affected, the recall, and what came back.

Ctrl-C stops; the next start finds the data and serves at once.
"#
    )
}
