//! `lotgraph trace`: asks one trace question and prints the answer.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::{picture, table, write_out};
use crate::domain::{LotId, Timestamp};
use crate::genealogy::{Direction, TimeRule};
use crate::service::render::{Sheet, Table};
use crate::service::trace::{TraceAnswer, TraceLimits, TraceQuestion, Tracer};
use crate::store::Store;

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
    store: Arc<dyn Store>,
    limits: TraceLimits,
) -> anyhow::Result<ExitCode> {
    let answer = Tracer::new(store, limits).trace(arguments.question()?).await?;
    write_out(&printed(&answer, arguments.format))?;
    Ok(ExitCode::SUCCESS)
}

fn printed(answer: &TraceAnswer, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    match format {
        Format::Table => out = table::table(answer).into_bytes(),
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
