//! `lotgraph trace`: asks one trace question and prints the answer.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::shown::visible;
use super::{at_risk, caller, picture, point, table, trace_diff, write_out};
use lotgraph_domain::{LotId, Timestamp};
use lotgraph_genealogy::{Direction, TimeRule};
use lotgraph_service::Questions;
use lotgraph_service::as_of::{History, TraceDifference};
use lotgraph_service::at_risk::AtRisk;
use lotgraph_service::render::{Sheet, Table};
use lotgraph_service::trace::{TraceAnswer, TraceLimits, TraceQuestion};
use lotgraph_service::transfers::MayBeTransfers;
use lotgraph_store::Ledger;

/// Which way to walk.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Way {
    /// Where did it go
    Forward,
    /// What went into it
    Backward,
}

/// How to print the answer.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// As GET /api/v1/trace
    Json,
    /// One line a lot
    Csv,
    /// For Graphviz: `dot -Tsvg`
    Dot,
    /// For Mermaid, as in Markdown
    Mermaid,
}

/// One trace question.
#[derive(Debug, Args)]
pub struct TraceArguments {
    /// The lots to start from
    #[arg(required = true, value_name = "LOT")]
    lots: Vec<String>,
    /// Which way to walk
    #[arg(long, short, value_enum, default_value_t = Way::Forward)]
    direction: Way,
    /// At most this many operations from the nearest lot
    #[arg(long, value_name = "N")]
    max_depth: Option<u32>,
    /// Forward: only what can have happened since, e.g. 2026-03-02T06:00:00+02:00
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Backward: only what can have happened until
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Also walk where time would have to go back
    #[arg(long)]
    ignore_time: bool,
    /// The answer as it was: at a revision, or at a time like 2026-03-02T06:00:00+02:00
    #[arg(long, value_name = "REVISION|TIME")]
    as_of: Option<String>,
    /// Instead: what differs between the answer then and now (or --as-of), as a table or JSON
    #[arg(long, value_name = "REVISION|TIME")]
    diff_from: Option<String>,
    /// Instead: how much of each affected lot is at risk, all of it and what the mixing carries
    #[arg(long, conflicts_with_all = ["diff_from", "ignore_time", "until"])]
    at_risk: bool,
    /// How to print the answer
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl TraceArguments {
    fn question(&self) -> anyhow::Result<TraceQuestion> {
        let lot = |text: &String| LotId::parse(text).map_err(|error| anyhow::anyhow!("lot {text:?} {error}"));
        let time = |flag: &str, text: &Option<String>| {
            let parse =
                |text: &String| Timestamp::parse(text).map_err(|e| anyhow::anyhow!("--{flag} {text:?} {e}"));
            text.as_ref().map(parse).transpose()
        };
        Ok(TraceQuestion {
            lots: self.lots.iter().map(lot).collect::<anyhow::Result<_>>()?,
            direction: match self.direction {
                Way::Forward => Direction::Forward,
                Way::Backward => Direction::Backward,
            },
            max_depth: self.max_depth,
            rule: TimeRule {
                respect_time: !self.ignore_time,
                since: time("since", &self.since)?,
                until: time("until", &self.until)?,
            },
            skip_cache: true,
            at: None,
        })
    }
}

pub(super) async fn run(
    arguments: &TraceArguments,
    store: Arc<dyn Ledger>,
    history: History,
    limits: TraceLimits,
) -> anyhow::Result<ExitCode> {
    let caller = caller::reader();
    let question = arguments.question()?;
    let as_of = arguments.as_of.as_ref().map(|text| point("--as-of", text)).transpose()?;
    if let Some(from) = &arguments.diff_from {
        let before = history.at(&caller, point("--diff-from", from)?).await?;
        let to = match as_of {
            Some(to) => to,
            None => history.now(&caller).await?,
        };
        let found = before.difference(&caller, &history.at(&caller, to).await?, question, None).await?;
        write_out(&printed_difference(&found, arguments.format)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let questions = match as_of {
        Some(as_of) => history.at(&caller, as_of).await?.questions,
        None => Questions::over(store, limits),
    };
    let answer = questions.tracer.trace(&caller, question).await?;
    if arguments.at_risk {
        write_out(&printed_at_risk(&*questions.risks.at_risk(&caller, &answer).await?, arguments.format)?)?;
    } else {
        let may_be = match arguments.format {
            Format::Table => questions.tracer.may_be_transfers(&caller, &answer).await?,
            Format::Json | Format::Csv | Format::Dot | Format::Mermaid => MayBeTransfers::default(),
        };
        write_out(&printed(&answer, &may_be, arguments.format))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn printed_at_risk(found: &AtRisk, format: Format) -> anyhow::Result<Vec<u8>> {
    match format {
        Format::Table => Ok(visible(&at_risk::for_people(found)).into_bytes()),
        Format::Json => Ok(format!("{:#}\n", at_risk::as_json(found)).into_bytes()),
        Format::Csv => at_risk::as_csv(found),
        Format::Dot | Format::Mermaid => {
            anyhow::bail!("--at-risk prints a table, JSON or CSV; say --format table, json or csv")
        }
    }
}

fn printed_difference(found: &TraceDifference, format: Format) -> anyhow::Result<Vec<u8>> {
    match format {
        Format::Table => Ok(visible(&trace_diff::for_people(found)).into_bytes()),
        Format::Json => Ok(format!("{:#}\n", trace_diff::as_json(found)).into_bytes()),
        Format::Csv | Format::Dot | Format::Mermaid => {
            anyhow::bail!("--diff-from prints a table or JSON; say --format table or --format json")
        }
    }
}

fn printed(answer: &TraceAnswer, may_be: &MayBeTransfers, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    match format {
        Format::Table => out = visible(&table::table(answer, may_be)).into_bytes(),
        Format::Json => sheet(answer, Sheet::Json, &mut out),
        Format::Csv => sheet(answer, Sheet::Csv(Table::Lots), &mut out),
        Format::Dot => out = picture::dot(answer).into_bytes(),
        Format::Mermaid => out = picture::mermaid(answer).into_bytes(),
    }
    out
}

fn sheet(answer: &TraceAnswer, sheet: Sheet, out: &mut Vec<u8>) {
    let mut piece = 0;
    while sheet.write(answer, piece, out) {
        piece += 1;
    }
}
