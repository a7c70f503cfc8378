//! `lotgraph recall`: finds what must be recalled, opens a recall or an exercise, and follows it to its end.

mod scope_arguments;
mod show;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::write_out;
use crate::app;
use crate::domain::{Event, EventId, Fact, Text, Timestamp};
use crate::format;
use crate::service::as_of::History;
use crate::service::ingest::{Ingest, ItemStatus, Sender};
use crate::service::recall::{
    ExportFormat, ExportQuestion, ExportTable, Opening, Recalls, ScopeAnswer, ScopeFilter,
};
use crate::service::trace::Tracer;
use crate::settings::Settings;
use crate::store::{RecordFilter, Store};
use scope_arguments::ScopeArguments;

/// What to do about recalls.
#[derive(Debug, Subcommand)]
pub enum RecallCommand {
    /// What must be recalled: the lots that causes touched, and where everything made of them is
    Scope {
        #[command(flatten)]
        scope: ScopeArguments,
        #[command(flatten)]
        print: PrintArguments,
    },
    /// Open a recall: freeze its scope and hold its lots
    Open {
        #[command(flatten)]
        opening: OpeningArguments,
        #[command(flatten)]
        scope: ScopeArguments,
    },
    /// Exercise a recall: the same without holds, and measured
    Mock {
        #[command(flatten)]
        opening: OpeningArguments,
        #[command(flatten)]
        scope: ScopeArguments,
    },
    /// List recalls and exercises
    List,
    /// How far a recall got; with --format csv or json, or --table: its scope
    Show {
        /// The id of the recall
        recall: String,
        /// The scope as it is now, not as it was frozen
        #[arg(long)]
        current: bool,
        #[command(flatten)]
        print: PrintArguments,
    },
    /// Record that a customer was told, or confirmed it
    Notify {
        /// The id of the recall
        recall: String,
        /// The customer's code
        #[arg(long, value_name = "CODE")]
        customer: String,
        /// How: telephone, letter, mail …
        #[arg(long, value_name = "TEXT")]
        channel: Option<String>,
        /// The customer confirmed it
        #[arg(long)]
        acknowledged: bool,
        /// What is to be said about it
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// When [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Record that goods came back, or were made harmless where they were
    Recover {
        /// The id of the recall
        recall: String,
        /// The lot
        #[arg(long, value_name = "LOT")]
        lot: String,
        /// How much
        #[arg(long, value_name = "AMOUNT")]
        quantity: String,
        /// In what unit
        #[arg(long, value_name = "UNIT")]
        unit: String,
        /// The code of the customer who had it
        #[arg(long, value_name = "CODE")]
        customer: Option<String>,
        /// What is to become of it: RELEASED, REWORK, SCRAP or RETURN
        #[arg(long, value_name = "DISPOSITION")]
        disposition: Option<String>,
        /// When [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// End a recall; its holds are released before
    Close {
        /// The id of the recall
        recall: String,
        /// What it came to, or where that is written
        #[arg(long, value_name = "TEXT")]
        report: String,
        /// When [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
}

/// How to print a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One object with header and rows
    Json,
    /// Rows under a header with revision, question and checksum
    Csv,
}

/// Which rows to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TableName {
    /// One row for each affected lot
    Lots,
    /// One row for each draw by a shipment: what a customer is sent
    Shipments,
    /// One row for each customer, material and unit
    Customers,
}

/// How to print a scope.
#[derive(Debug, Args)]
pub struct PrintArguments {
    /// How to print it
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// With --format csv or json: which rows [default: shipments with --customer, else lots]
    #[arg(long, value_enum)]
    table: Option<TableName>,
    /// Only what was shipped to this customer
    #[arg(long, value_name = "CODE")]
    customer: Option<String>,
}

/// What is recalled, and why.
#[derive(Debug, Args)]
pub struct OpeningArguments {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The id of the recall [default: derived from its content]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// What sort of trouble it is
    #[arg(long, value_name = "TEXT")]
    category: Option<String>,
    /// How dangerous the goods are: I, II or III
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// Who opens it, for the ledger
    #[arg(long, value_name = "NAME", default_value = "cli")]
    actor: String,
}

/// Runs a command about recalls.
pub(super) async fn run(command: RecallCommand, settings: &Settings) -> anyhow::Result<ExitCode> {
    match command {
        RecallCommand::Scope { scope, print } => {
            let recalls = recalls(app::open_store_to_read(settings).await?, settings);
            let answer = recalls.scope(&scope.read()?, None).await?;
            printed(&recalls, &answer, &print, None).await
        }
        RecallCommand::Open { opening, scope } => open(&opening, &scope, false, settings).await,
        RecallCommand::Mock { opening, scope } => open(&opening, &scope, true, settings).await,
        RecallCommand::List => {
            let recalls = recalls(app::open_store_to_read(settings).await?, settings);
            let found = recalls.list(RecordFilter::default()).await?;
            write_out(show::list(&found).as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        RecallCommand::Show { recall, current, print } => {
            let recalls = recalls(app::open_store_to_read(settings).await?, settings);
            show_recall(&recalls, &recall, current, &print).await
        }
        RecallCommand::Notify { recall, customer, channel, acknowledged, note, at } => {
            let event = json!({"type": "notify", "at": now(at), "recall": recall, "customer": customer,
                "channel": channel, "acknowledged": acknowledged, "note": note});
            record(&event, settings).await
        }
        RecallCommand::Recover { recall, lot, quantity, unit, customer, disposition, at } => {
            let items = json!([{"lot": lot, "quantity": quantity, "unit": unit}]);
            let event = json!({"type": "recover", "at": now(at), "recall": recall, "customer": customer,
                "items": items, "disposition": disposition});
            record(&event, settings).await
        }
        RecallCommand::Close { recall, report, at } => {
            let event = json!({"type": "closeRecall", "at": now(at), "recall": recall, "report": report});
            record(&event, settings).await
        }
    }
}

fn recalls(store: Arc<dyn Store>, settings: &Settings) -> Recalls {
    let history: History = super::history(&store, settings);
    Recalls::new(Tracer::new(store, app::trace_limits(settings)), history)
}

fn now(at: Option<String>) -> String {
    at.unwrap_or_else(|| Timestamp::now().to_string())
}

fn sender(actor: &str) -> anyhow::Result<Sender> {
    let text = |text: &str| Text::parse(text).map_err(|error| anyhow::anyhow!("--actor {text:?} {error}"));
    Ok(Sender { actor: text(actor)?, source: text("cli")? })
}

async fn open(
    arguments: &OpeningArguments,
    scope: &ScopeArguments,
    mock: bool,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    // Everything is read before the store is opened to write.
    let scope = scope.read()?;
    let sender = sender(&arguments.actor)?;
    let opening = arguments.opening(scope, mock)?;
    let store = app::open_store(settings).await?;
    let ingest = Ingest::new(store.clone());
    let opened = recalls(store, settings).open(opening, &ingest, &sender).await?;
    write_out(show::opened(&opened).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

impl OpeningArguments {
    fn opening(&self, scope: crate::domain::recall::RecallScope, mock: bool) -> anyhow::Result<Opening> {
        let text = |flag: &str, text: &str| {
            Text::parse(text).map_err(|error| anyhow::anyhow!("--{flag} {text:?} {error}"))
        };
        let class = self.class.as_deref().map(|name| {
            let all = crate::domain::recall::RecallClass::ALL;
            let found = all.iter().copied().find(|class| class.name() == name);
            found.with_context(|| format!("--class {name:?} is not one of I, II, III"))
        });
        let id = self.id.as_deref().map(EventId::parse).transpose();
        Ok(Opening {
            id: id.map_err(|error| anyhow::anyhow!("--id {error}"))?,
            at: Timestamp::now(),
            reason: text("reason", &self.reason)?,
            category: self.category.as_deref().map(|category| text("category", category)).transpose()?,
            class: class.transpose()?,
            mock,
            scope,
        })
    }
}

impl PrintArguments {
    fn export(&self) -> anyhow::Result<Option<ExportQuestion>> {
        let customer = self.customer.as_deref().map(crate::domain::PartyCode::parse).transpose();
        let customer = customer.map_err(|error| anyhow::anyhow!("--customer {error}"))?;
        let table = self.table.map(|table| match table {
            TableName::Lots => ExportTable::Lots,
            TableName::Shipments => ExportTable::Shipments,
            TableName::Customers => ExportTable::Customers,
        });
        let format = match self.format {
            Format::Table => return Ok(None),
            Format::Json => ExportFormat::Json,
            Format::Csv => ExportFormat::Csv,
        };
        let usual = if customer.is_some() { ExportTable::Shipments } else { ExportTable::Lots };
        let filter = ScopeFilter { customer, ..ScopeFilter::default() };
        Ok(Some(ExportQuestion { table: table.unwrap_or(usual), format, filter, recall: None }))
    }
}

async fn printed(
    recalls: &Recalls,
    answer: &ScopeAnswer,
    print: &PrintArguments,
    recall: Option<EventId>,
) -> anyhow::Result<ExitCode> {
    match print.export()? {
        None => {
            let at_risk = match answer.asked.respect_time {
                true => Some(recalls.at_risk(answer).await?),
                false => None,
            };
            write_out(show::scope(answer, at_risk.as_deref()).as_bytes())?;
        }
        Some(question) => {
            let export = recalls.export(answer, &ExportQuestion { recall, ..question }).await?;
            write_out(&export.pieces.concat())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn show_recall(
    recalls: &Recalls,
    id: &str,
    current: bool,
    print: &PrintArguments,
) -> anyhow::Result<ExitCode> {
    let id = EventId::parse(id).map_err(|error| anyhow::anyhow!("the recall's id {error}"))?;
    let found = recalls.must_find(&id).await?;
    let now = recalls.current(&found).await?;
    let frozen = recalls.frozen(&found).await?;
    if print.export()?.is_some() {
        let answer = match (current, now) {
            (false, _) => frozen,
            (true, Some(now)) => now,
            (true, None) => anyhow::bail!("the causes of this recall select nothing any more"),
        };
        return printed(recalls, &answer, print, Some(id)).await;
    }
    let progress = recalls.progress(&found, now.as_deref()).await?;
    write_out(show::recall(&found, &frozen, now.as_deref(), &progress).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Records one event.
async fn record(event: &serde_json::Value, settings: &Settings) -> anyhow::Result<ExitCode> {
    let event: Event = format::event::parse(event).map_err(crate::service::ServiceError::of_problems)?;
    let store = app::open_store(settings).await?;
    if let Fact::Notify(notify) = &event.fact {
        recalls(store.clone(), settings).check_customer(&notify.recall, &notify.customer).await?;
    }
    let id = event.id.clone();
    let report = Ingest::new(store).record(vec![Ok(event)], true, &sender("cli")?).await?;
    for outcome in report.outcomes {
        if let ItemStatus::Rejected(problems) = outcome.status {
            return Err(crate::service::ServiceError::of_problems(problems).into());
        }
    }
    write_out(format!("{id} recorded at revision {}\n", report.revision).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
