//! The commands that record the course of a recall: customers are told, goods come back, lots are taken in, it ends, it goes
//! on.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::recoveries;
use super::scope_arguments::lots_as_json;
use crate::app;
use crate::commands::caller::ActorArguments;
use crate::commands::shown::print_out;
use crate::settings::Settings;
use lotgraph_domain::{Caller, Disposition, Entry, Event, EventId, Fact, Text, Timestamp};
use lotgraph_format as format;
use lotgraph_service::ServiceError;
use lotgraph_service::recall::{Recalls, Telling};
use lotgraph_service::recorder::{ItemStatus, Recorder, Report};
use lotgraph_store::Ledger;

/// Who was told, and how.
#[derive(Debug, Args)]
pub struct NotifyArguments {
    /// The id of the recall
    recall: String,
    /// The customer's code
    #[arg(long, value_name = "CODE", required_unless_present = "all")]
    customer: Option<String>,
    /// All affected customers who were not told yet
    #[arg(long, conflicts_with_all = ["customer", "acknowledged", "unexpected"])]
    all: bool,
    /// How: telephone, letter, mail …
    #[arg(long, value_name = "TEXT")]
    channel: Option<String>,
    /// The customer confirmed it
    #[arg(long)]
    acknowledged: bool,
    /// What is to be said about it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// It is meant, although the customer received nothing that the recall is about
    #[arg(long)]
    unexpected: bool,
    /// When [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    actor: ActorArguments,
}

/// What came back, from whom.
#[derive(Debug, Args)]
pub struct RecoverArguments {
    /// The id of the recall
    recall: String,
    /// The lot
    #[arg(long, value_name = "LOT", required_unless_present = "file")]
    lot: Option<String>,
    /// How much
    #[arg(long, value_name = "AMOUNT", required_unless_present = "file")]
    quantity: Option<String>,
    /// In what unit
    #[arg(long, value_name = "UNIT", required_unless_present = "file")]
    unit: Option<String>,
    /// Instead: a file with one recovery a line, all or none of which are recorded; CSV with a header of lot, quantity, unit,
    /// customer, disposition, at, note, or NDJSON with these fields
    #[arg(long, value_name = "FILE", conflicts_with_all = ["lot", "quantity", "unit"])]
    file: Option<PathBuf>,
    /// The code of the customer who had it
    #[arg(long, value_name = "CODE")]
    customer: Option<String>,
    /// What is to become of it: RELEASED, REWORK, SCRAP or RETURN
    #[arg(long, value_name = "DISPOSITION")]
    disposition: Option<String>,
    /// It is meant, although the customer received nothing that the recall is about
    #[arg(long)]
    unexpected: bool,
    /// When [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    actor: ActorArguments,
}

/// What is taken in, and why.
#[derive(Debug, Args)]
pub struct AddArguments {
    /// The id of the recall
    recall: String,
    /// The lots; LOT@TIME: bad since then
    #[arg(required = true, value_name = "LOT")]
    lots: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// When it was decided [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    actor: ActorArguments,
}

/// How a recall ends.
#[derive(Debug, Args)]
pub struct CloseArguments {
    /// The id of the recall
    recall: String,
    /// What it came to, or where that is written
    #[arg(long, value_name = "TEXT")]
    report: String,
    /// Release all its holds with it: what is to become of the lots, RELEASED, REWORK, SCRAP or RETURN
    #[arg(long, value_name = "DISPOSITION")]
    release: Option<String>,
    /// End it although customers were not told, goods are out or lots are held
    #[arg(long, requires = "reason")]
    accept_open: bool,
    /// With --accept-open: why
    #[arg(long, value_name = "TEXT", requires = "accept_open")]
    reason: Option<String>,
    /// When it was decided [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    actor: ActorArguments,
}

/// Why a recall goes on.
#[derive(Debug, Args)]
pub struct ReopenArguments {
    /// The id of the recall
    recall: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// When it was decided [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    actor: ActorArguments,
}

/// Where the course of a recall is recorded, and by whom.
struct Course {
    recalls: Recalls,
    recorder: Recorder,
    caller: Caller,
}

impl Course {
    /// Opens the store to record. Whatever can be wrong with the arguments is read before.
    async fn open(actor: &ActorArguments, settings: &Settings) -> anyhow::Result<Self> {
        let caller = actor.caller(Entry::Cli)?;
        let store: Arc<dyn Ledger> = app::open_store_to_record(settings).await?;
        let recalls = super::recalls(store.clone(), settings);
        let recorder = Recorder::new(store).minding(recalls.clone());
        Ok(Self { recalls, recorder, caller })
    }

    async fn record(&self, events: Vec<Event>, atomic: bool) -> anyhow::Result<Report> {
        Ok(self.recorder.record(events.into_iter().map(Ok).collect(), atomic, &self.caller).await?)
    }

    /// Records events that stand or fall together.
    async fn record_all(&self, events: Vec<Event>) -> anyhow::Result<Report> {
        let report = self.record(events, true).await?;
        let refused = report.outcomes.iter().filter_map(|outcome| match &outcome.status {
            ItemStatus::Rejected(problems) => Some(problems.clone()),
            ItemStatus::Accepted | ItemStatus::Duplicate | ItemStatus::Withheld => None,
        });
        let refused: Vec<_> = refused.flatten().collect();
        if refused.is_empty() { Ok(report) } else { Err(ServiceError::of_problems(refused).into()) }
    }
}

pub(super) async fn notify(arguments: &NotifyArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let NotifyArguments { recall, customer, channel, acknowledged, note, unexpected, at, .. } = arguments;
    if arguments.all {
        return notify_all(arguments, settings).await;
    }
    let event =
        read(&json!({"type": "notify", "at": now(at.as_ref()), "recall": recall, "customer": customer,
        "channel": channel, "acknowledged": acknowledged, "note": note, "unexpected": unexpected}))?;
    let course = Course::open(&arguments.actor, settings).await?;
    let report = course.record_all(vec![event]).await?;
    told(&report)
}

/// Tells everybody who was not told yet; whoever cannot be told does not keep the others back.
async fn notify_all(arguments: &NotifyArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let text = |flag: &str, text: &Option<String>| {
        let parsed = text.as_deref().map(Text::parse).transpose();
        parsed.map_err(|error| anyhow::anyhow!("--{flag} {error}"))
    };
    let at =
        Timestamp::parse(&now(arguments.at.as_ref())).map_err(|error| anyhow::anyhow!("--at {error}"))?;
    let telling = Telling {
        recall: id_of(&arguments.recall)?,
        at,
        channel: text("channel", &arguments.channel)?,
        note: text("note", &arguments.note)?,
    };
    let course = Course::open(&arguments.actor, settings).await?;
    let events = course.recalls.telling_all(&course.caller, &telling).await?;
    if events.is_empty() {
        print_out(&format!("every customer of recall {} was told before\n", telling.recall))?;
        return Ok(ExitCode::SUCCESS);
    }
    let customers: Vec<String> = events.iter().map(customer_of).collect();
    let report = course.record(events, false).await?;
    let mut out = String::new();
    let (mut count, mut refused) = (0, 0);
    for (customer, outcome) in customers.iter().zip(&report.outcomes) {
        match &outcome.status {
            ItemStatus::Rejected(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                let _ = writeln!(out, "{customer} refused: {}", problems.join("; "));
                refused += 1;
            }
            ItemStatus::Accepted | ItemStatus::Duplicate | ItemStatus::Withheld => {
                let _ = writeln!(out, "{customer} told");
                count += 1;
            }
        }
    }
    let _ = writeln!(out, "{count} customers told, {refused} refused, at revision {}", report.revision);
    print_out(&out)?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn customer_of(event: &Event) -> String {
    match &event.fact {
        Fact::Notify(notify) => notify.customer.to_string(),
        _ => event.id.to_string(),
    }
}

pub(super) async fn recover(arguments: &RecoverArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let RecoverArguments { recall, lot, quantity, unit, customer, disposition, unexpected, at, .. } =
        arguments;
    let common = recoveries::Common {
        recall: recall.clone(),
        at: now(at.as_ref()),
        customer: customer.clone(),
        disposition: disposition.clone(),
        unexpected: *unexpected,
    };
    let Some(file) = &arguments.file else {
        let event = read(&common.event(json!({"lot": lot, "quantity": quantity, "unit": unit})))?;
        let course = Course::open(&arguments.actor, settings).await?;
        return told(&course.record_all(vec![event]).await?);
    };
    let (lines, events) = recoveries::read(file, &common)?;
    let course = Course::open(&arguments.actor, settings).await?;
    let report = course.record(events, true).await?;
    recoveries::check(file, &lines, &report)?;
    let new = report.count(|status| *status == ItemStatus::Accepted);
    let words = format!(
        "{new} recoveries recorded, {} were recorded before, at revision {}\n",
        report.outcomes.len() - new,
        report.revision
    );
    print_out(&words)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn add(arguments: &AddArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let event = read(&json!({"type": "addToRecall", "at": now(arguments.at.as_ref()),
        "recall": arguments.recall, "lots": lots_as_json(&arguments.lots), "reason": arguments.reason}))?;
    let course = Course::open(&arguments.actor, settings).await?;
    let events = course.recalls.with_hold(&course.caller, event).await?;
    let hold = events.get(1).map(|hold| hold.id.clone());
    let report = course.record_all(events).await?;
    let mut out = format!("{} taken into recall {}", arguments.lots.join(", "), arguments.recall);
    if let Some(hold) = hold {
        let _ = write!(out, ", held by {hold} with everything made of them");
    }
    let _ = writeln!(out, ", at revision {}", report.revision);
    print_out(&out)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn close(arguments: &CloseArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let event = read(&json!({"type": "closeRecall", "at": now(arguments.at.as_ref()),
        "recall": arguments.recall, "report": arguments.report, "acceptOpen": arguments.accept_open,
        "reason": arguments.reason}))?;
    let release = arguments.release.as_deref().map(disposition).transpose()?;
    let id = id_of(&arguments.recall)?;
    let course = Course::open(&arguments.actor, settings).await?;
    let events = match release {
        Some(disposition) => course.recalls.with_releases(&course.caller, event, disposition).await?,
        None => vec![event],
    };
    let releases = events.len() - 1;
    let report = course.record_all(events).await?;
    let found = course.recalls.must_find(&course.caller, &id).await?;
    let open = course.recalls.still_open(&course.caller, &found).await?;
    let mut out = format!("recall {id} is closed at revision {}", report.revision);
    if releases > 0 {
        let _ = write!(out, ", {releases} holds released");
    }
    out.push('\n');
    if !open.is_empty() {
        let _ = writeln!(out, "It was closed although something is open: {}", open.words());
    }
    print_out(&out)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn reopen(arguments: &ReopenArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let event = read(&json!({"type": "reopenRecall", "at": now(arguments.at.as_ref()),
        "recall": arguments.recall, "reason": arguments.reason}))?;
    let course = Course::open(&arguments.actor, settings).await?;
    let report = course.record_all(vec![event]).await?;
    print_out(&format!("recall {} is open again at revision {}\n", arguments.recall, report.revision))?;
    Ok(ExitCode::SUCCESS)
}

fn disposition(name: &str) -> anyhow::Result<Disposition> {
    Disposition::from_name(&name.to_uppercase()).ok_or_else(|| {
        let names: Vec<&str> = Disposition::ALL.iter().map(|one| one.name()).collect();
        anyhow::anyhow!("--release {name:?} is not one of {}", names.join(", "))
    })
}

fn id_of(text: &str) -> anyhow::Result<EventId> {
    EventId::parse(text).map_err(|error| anyhow::anyhow!("the recall's id {error}"))
}

fn read(event: &Value) -> anyhow::Result<Event> {
    Ok(format::event::parse(event).map_err(ServiceError::of_problems)?)
}

fn now(at: Option<&String>) -> String {
    at.cloned().unwrap_or_else(|| Timestamp::now().to_string())
}

/// Says which event was recorded.
fn told(report: &Report) -> anyhow::Result<ExitCode> {
    for id in report.outcomes.iter().filter_map(|outcome| outcome.id.as_ref()) {
        print_out(&format!("{id} recorded at revision {}\n", report.revision))?;
    }
    Ok(ExitCode::SUCCESS)
}
