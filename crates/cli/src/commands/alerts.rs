//! `lotgraph alerts`: lists alerts.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::shown::visible;
use super::{caller, table, write_out};
use lotgraph_domain::{Alert, AlertKind, AlertState, LotId, RecordPlace, Severity};
use lotgraph_service::alert_list::{AlertPage, categories, json_of, list};
use lotgraph_service::lookup::Lookup;
use lotgraph_service::query::RecordFilter;
use lotgraph_service::render::harmless;
use lotgraph_store::Ledger;

/// How to print the answer.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// As GET /api/v1/alerts
    Json,
    /// One line an alert
    Csv,
}

/// Which alerts, and how to print them.
#[derive(Debug, Args)]
pub struct AlertsArguments {
    /// Only those in this state: OPEN, ACKNOWLEDGED or RESOLVED; may repeat [default: OPEN, --all for any]
    #[arg(long, value_name = "STATE", conflicts_with = "all")]
    state: Vec<String>,
    /// Those in any state
    #[arg(long)]
    all: bool,
    /// Only those of this kind, for example HOLD_PLACED; may repeat
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only those of this severity: INFO, WARNING or CRITICAL; may repeat
    #[arg(long, value_name = "SEVERITY")]
    severity: Vec<String>,
    /// Only those about this lot
    #[arg(long, value_name = "LOT")]
    lot: Option<String>,
    /// Only those behind this position, as the last line of the page before names it
    #[arg(long, value_name = "POSITION")]
    after: Option<String>,
    /// At most this many, 1 to 10000
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// How to print the answer
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl AlertsArguments {
    fn filter(&self) -> anyhow::Result<RecordFilter> {
        let states = choices("state", &self.state, AlertState::ALL, AlertState::name)?;
        let states = states.or_else(|| (!self.all).then(|| vec![AlertState::Open]));
        let kinds = choices("kind", &self.kind, AlertKind::ALL, AlertKind::name)?;
        let severities = choices("severity", &self.severity, Severity::ALL, Severity::name)?;
        let lot = |text: &String| LotId::parse(text).map_err(|e| anyhow::anyhow!("--lot {text:?} {e}"));
        Ok(RecordFilter {
            states: states.map(|states| states.into_iter().map(Into::into).collect()),
            categories: categories(kinds.as_deref(), severities.as_deref()),
            lot: self.lot.as_ref().map(lot).transpose()?,
            ..RecordFilter::default()
        })
    }
}

fn choices<T: Copy>(
    flag: &str,
    given: &[String],
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> anyhow::Result<Option<Vec<T>>> {
    if given.is_empty() {
        return Ok(None);
    }
    let choice = |text: &String| {
        all.iter().copied().find(|one| name(*one).eq_ignore_ascii_case(text)).ok_or_else(|| {
            let known: Vec<&str> = all.iter().copied().map(&name).collect();
            anyhow::anyhow!("--{flag} {text:?} is not one of {}", known.join(", "))
        })
    };
    given.iter().map(choice).collect::<anyhow::Result<_>>().map(Some)
}

pub(super) async fn run(arguments: &AlertsArguments, store: Arc<dyn Ledger>) -> anyhow::Result<ExitCode> {
    let after = arguments.after.as_deref().map(|text| {
        RecordPlace::parse(text)
            .ok_or_else(|| anyhow::anyhow!("--after {text:?} is no position; write it like 12-3"))
    });
    let page = list(
        &Lookup::new(store),
        &caller::reader(),
        arguments.filter()?,
        after.transpose()?,
        arguments.limit,
    )
    .await?;
    let text = match arguments.format {
        Format::Table => visible(&people(&page)),
        Format::Json => machines(&page),
        Format::Csv => sheet(&page)?,
    };
    write_out(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn people(page: &AlertPage) -> String {
    if page.alerts.is_empty() {
        return "no alerts\n".to_owned();
    }
    let mut rows = vec![["POSITION", "RAISED", "SEVERITY", "KIND", "STATE", "MESSAGE"].map(str::to_owned)];
    for (place, alert) in &page.alerts {
        rows.push([
            place.to_string(),
            alert.raised_at.to_string(),
            alert.kind.severity().name().to_owned(),
            alert.kind.name().to_owned(),
            alert.state().name().to_owned(),
            alert.message.clone(),
        ]);
    }
    let mut out = String::new();
    table::aligned(&rows, &mut out);
    if let Some((place, _)) = page.alerts.last().filter(|_| page.more) {
        let _ = writeln!(out, "… more follow: --after {place}");
    }
    out
}

fn machines(page: &AlertPage) -> String {
    let alerts: Vec<Value> = page.alerts.iter().map(|(place, alert)| json_of(*place, alert)).collect();
    let next = page.alerts.last().filter(|_| page.more).map(|(place, _)| place.to_string());
    format!("{}\n", json!({ "alerts": alerts, "more": page.more, "next": next }))
}

fn sheet(page: &AlertPage) -> anyhow::Result<String> {
    const HEAD: [&str; 14] = [
        "position",
        "id",
        "raised_at",
        "severity",
        "kind",
        "state",
        "lot",
        "operation",
        "hold",
        "recall",
        "acknowledged_by",
        "acknowledged_at",
        "note",
        "message",
    ];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEAD)?;
    for (place, alert) in &page.alerts {
        writer.write_record(cells(*place, alert).map(|cell| harmless(&cell)))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn cells(place: RecordPlace, alert: &Alert) -> [String; 14] {
    fn text(value: Option<impl ToString>) -> String {
        value.map(|value| value.to_string()).unwrap_or_default()
    }
    let done = alert.acknowledged.as_ref();
    [
        place.to_string(),
        alert.id.to_string(),
        alert.raised_at.to_string(),
        alert.kind.severity().name().to_owned(),
        alert.kind.name().to_owned(),
        alert.state().name().to_owned(),
        text(alert.lot.as_ref()),
        text(alert.operation.as_ref()),
        text(alert.hold.as_ref()),
        text(alert.recall.as_ref()),
        text(done.map(|done| &done.actor)),
        text(done.map(|done| done.at)),
        text(done.and_then(|done| done.note.as_ref())),
        alert.message.clone(),
    ]
}
