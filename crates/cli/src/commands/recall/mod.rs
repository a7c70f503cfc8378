//! `lotgraph recall`: finds what must be recalled, opens a recall or an exercise, and follows it to its end.

mod course;
mod recoveries;
mod scope_arguments;
mod show;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};

use super::caller::{ActorArguments, reader};
use super::write_out;
use crate::app;
use crate::commands::shown::print_out;
use crate::settings::Settings;
use lotgraph_domain::{Entry, EventId, Text, Timestamp};
use lotgraph_service::Questions;
use lotgraph_service::as_of::History;
use lotgraph_service::query::RecordFilter;
use lotgraph_service::recall::{
    ExportFormat, ExportQuestion, ExportTable, Opening, Recalls, ScopeAnswer, ScopeFilter,
};
use lotgraph_service::recorder::Recorder;
use lotgraph_store::Ledger;
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
    /// Record that a customer was told, or confirmed it; with --all: that everybody was who was not told yet
    Notify(course::NotifyArguments),
    /// Record that goods came back, or were made harmless where they were; with --file: many at once
    Recover(course::RecoverArguments),
    /// Take further lots into a recall that is under way, and hold them
    Add(course::AddArguments),
    /// End a recall; its holds are released before, or with it by --release
    Close(course::CloseArguments),
    /// Take up a recall again that was ended
    Reopen(course::ReopenArguments),
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
    /// When it was decided, with offset: what left before is a fact, and told apart [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    actor: ActorArguments,
}

/// Runs a command about recalls.
pub(super) async fn run(command: RecallCommand, settings: &Settings) -> anyhow::Result<ExitCode> {
    match command {
        RecallCommand::Scope { scope, print } => {
            let recalls = recalls(app::open_store_to_read(settings).await?, settings);
            let answer = recalls.scope(&reader(), &scope.read()?, None).await?;
            printed(&recalls, &answer, &print, None).await
        }
        RecallCommand::Open { opening, scope } => open(&opening, &scope, false, settings).await,
        RecallCommand::Mock { opening, scope } => open(&opening, &scope, true, settings).await,
        RecallCommand::List => {
            let recalls = recalls(app::open_store_to_read(settings).await?, settings);
            let found = recalls.list(&reader(), RecordFilter::default()).await?;
            print_out(&show::list(&found))?;
            Ok(ExitCode::SUCCESS)
        }
        RecallCommand::Show { recall, current, print } => {
            let recalls = recalls(app::open_store_to_read(settings).await?, settings);
            show_recall(&recalls, &recall, current, &print).await
        }
        RecallCommand::Notify(arguments) => course::notify(&arguments, settings).await,
        RecallCommand::Recover(arguments) => course::recover(&arguments, settings).await,
        RecallCommand::Add(arguments) => course::add(&arguments, settings).await,
        RecallCommand::Close(arguments) => course::close(&arguments, settings).await,
        RecallCommand::Reopen(arguments) => course::reopen(&arguments, settings).await,
    }
}

fn recalls(store: Arc<dyn Ledger>, settings: &Settings) -> Recalls {
    let history: History = super::history(&store, settings);
    Recalls::new(Questions::over(store, app::trace_limits(settings)), history)
}

async fn open(
    arguments: &OpeningArguments,
    scope: &ScopeArguments,
    mock: bool,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    // Everything is read before the store is opened to write.
    let scope = scope.read()?;
    let caller = arguments.actor.caller(Entry::Cli)?;
    let opening = arguments.opening(scope, mock)?;
    let store = app::open_store_to_record(settings).await?;
    let recorder = Recorder::new(store.clone());
    let opened = recalls(store, settings).open(&caller, opening, &recorder).await?;
    print_out(&show::opened(&opened))?;
    Ok(ExitCode::SUCCESS)
}

impl OpeningArguments {
    fn opening(&self, scope: lotgraph_domain::recall::RecallScope, mock: bool) -> anyhow::Result<Opening> {
        let text = |flag: &str, text: &str| {
            Text::parse(text).map_err(|error| anyhow::anyhow!("--{flag} {text:?} {error}"))
        };
        let class = self.class.as_deref().map(|name| {
            let all = lotgraph_domain::recall::RecallClass::ALL;
            let found = all.iter().copied().find(|class| class.name() == name);
            found.with_context(|| format!("--class {name:?} is not one of I, II, III"))
        });
        let id = self.id.as_deref().map(EventId::parse).transpose();
        let at = self
            .at
            .as_deref()
            .map(|time| Timestamp::parse(time).map_err(|error| anyhow::anyhow!("--at {time:?} {error}")));
        Ok(Opening {
            id: id.map_err(|error| anyhow::anyhow!("--id {error}"))?,
            at: at.transpose()?.unwrap_or_else(Timestamp::now),
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
        let customer = self.customer.as_deref().map(lotgraph_domain::PartyCode::parse).transpose();
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
                true => Some(recalls.at_risk(&reader(), answer).await?),
                false => None,
            };
            print_out(&show::scope(answer, at_risk.as_deref()))?;
        }
        Some(question) => {
            let export = recalls.export(&reader(), answer, &ExportQuestion { recall, ..question }).await?;
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
    let found = recalls.must_find(&reader(), &id).await?;
    let now = recalls.current(&reader(), &found).await?;
    let frozen = recalls.frozen(&reader(), &found).await?;
    if print.export()?.is_some() {
        let answer = match (current, now) {
            (false, _) => frozen,
            (true, Some(now)) => now,
            (true, None) => anyhow::bail!("the causes of this recall select nothing any more"),
        };
        return printed(recalls, &answer, print, Some(id)).await;
    }
    let progress = recalls.progress(&reader(), &found, now.as_deref()).await?;
    print_out(&show::recall(&found, &frozen, now.as_deref(), &progress))?;
    Ok(ExitCode::SUCCESS)
}
