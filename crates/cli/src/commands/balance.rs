//! `lotgraph balance`: what came into lots against where it is, and the yields between.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::shown::visible;
use super::{caller, point, table, write_out};
use lotgraph_domain::LotId;
use lotgraph_genealogy::Balance;
use lotgraph_genealogy::mass_balance::TOLERANCE_PERCENT;
use lotgraph_service::Questions;
use lotgraph_service::as_of::History;
use lotgraph_service::mass_balance::{BalanceAnswer, OperationYield};
use lotgraph_service::render::harmless;
use lotgraph_service::trace::TraceLimits;
use lotgraph_store::Ledger;

/// Lots and operations that a table shows.
const SHOWN_MAX: usize = 20;

/// How to print the answer.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One object with everything
    Json,
    /// One line a lot
    Csv,
}

/// One balance.
#[derive(Debug, Args)]
pub struct BalanceArguments {
    /// The lots
    #[arg(required = true, value_name = "LOT")]
    lots: Vec<String>,
    /// How much may be unexplained, in percent of what came in [default: 0.1]
    #[arg(long, value_name = "PERCENT")]
    tolerance: Option<String>,
    /// The answer as it was: at a revision, or at a time like 2026-03-02T06:00:00+02:00
    #[arg(long, value_name = "REVISION|TIME")]
    as_of: Option<String>,
    /// How to print the answer
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) async fn run(
    arguments: &BalanceArguments,
    store: Arc<dyn Ledger>,
    history: History,
    limits: TraceLimits,
) -> anyhow::Result<ExitCode> {
    let lot = |text: &String| LotId::parse(text).map_err(|error| anyhow::anyhow!("lot {text:?} {error}"));
    let lots: Vec<LotId> = arguments.lots.iter().map(lot).collect::<anyhow::Result<_>>()?;
    let tolerance = match &arguments.tolerance {
        None => TOLERANCE_PERCENT,
        Some(text) => {
            Decimal::from_str(text).map_err(|error| anyhow::anyhow!("--tolerance {text:?}: {error}"))?
        }
    };
    let caller = caller::reader();
    let questions = match &arguments.as_of {
        None => Questions::over(store, limits),
        Some(text) => history.at(&caller, point("--as-of", text)?).await?.questions,
    };
    let answer = questions.balances.mass_balance(&caller, &lots, tolerance).await?;
    let printed = match arguments.format {
        Format::Table => visible(&for_people(&answer)).into_bytes(),
        Format::Json => format!("{:#}\n", as_json(&answer)).into_bytes(),
        Format::Csv => as_csv(&answer)?,
    };
    write_out(&printed)?;
    Ok(ExitCode::SUCCESS)
}

fn number(value: Option<Decimal>) -> String {
    value.map_or_else(|| "?".to_owned(), |value| value.normalize().to_string())
}

fn for_people(answer: &BalanceAnswer) -> String {
    let mass = &answer.mass;
    let mut out = format!(
        "{} lots, {} with a stock count, {} not fully known; tolerance {} %; revision {}\n\n",
        answer.lots.len(),
        mass.counted,
        mass.unknown,
        answer.tolerance_percent.normalize(),
        answer.revision
    );
    let header = [
        "MATERIAL",
        "UNIT",
        "RECEIVED",
        "PRODUCED",
        "CONSUMED",
        "SHIPPED",
        "SCRAPPED",
        "ON HAND",
        "UNEXPLAINED",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(mass.totals.iter().map(|total| {
        let sums =
            [total.received, total.produced, total.consumed, total.shipped, total.scrapped, total.on_hand];
        let [received, produced, consumed, shipped, scrapped, on_hand] = sums.map(number);
        let unexplained = number(total.unexplained) + if total.is_broken { " !" } else { "" };
        let material = total.material.as_ref().map_or("–", |code| code.as_str()).to_owned();
        let unit = total.unit.as_ref().map_or("–", |unit| unit.as_str()).to_owned();
        [material, unit, received, produced, consumed, shipped, scrapped, on_hand, unexplained]
    }));
    table::aligned(&rows, &mut out);
    unconvertible(answer, &mut out);
    broken_lots(answer, &mut out);
    overdrawn(answer, &mut out);
    unbalanced(answer, &mut out);
    yields(&answer.yields, &mut out);
    let verdict = match (mass.is_balanced(), mass.unknown) {
        (false, _) if !mass.unbalanced.is_empty() => "does not balance",
        (false, _) if mass.broken.is_empty() => "does not balance: OVERDRAWN, though the sums agree",
        (false, _) => "does not balance",
        (true, 0) => "balances",
        (true, _) => "balances as far as it is known",
    };
    let _ = write!(out, "\nAnswer: {verdict}\n");
    out
}

/// Lots that were drawn from before enough was there.
fn overdrawn(answer: &BalanceAnswer, out: &mut String) {
    const SHOWN: usize = 10;
    let places = &answer.mass.overdrawn;
    if places.is_empty() {
        return;
    }
    let names: Vec<&str> = places.iter().take(SHOWN).map(|place| answer.lots[*place].id.as_str()).collect();
    let more = if places.len() > SHOWN { ", …" } else { "" };
    let _ = writeln!(
        out,
        "\nOVERDRAWN: {} lots were drawn from before enough was there: {}{more}",
        places.len(),
        names.join(", ")
    );
}

/// Why sums are not known.
fn unconvertible(answer: &BalanceAnswer, out: &mut String) {
    let units: BTreeSet<&str> =
        answer.mass.totals.iter().flat_map(|total| &total.unconvertible).map(|unit| unit.as_str()).collect();
    if !units.is_empty() {
        let names: Vec<&str> = units.into_iter().collect();
        let _ = writeln!(out, "\n? is not known: no conversion from {}", names.join(", "));
    }
}

/// Operations that gave what they cannot have given, whatever the sums of the lots say.
fn unbalanced(answer: &BalanceAnswer, out: &mut String) {
    const SHOWN: usize = 10;
    let operations = &answer.mass.unbalanced;
    if operations.is_empty() {
        return;
    }
    let names: Vec<&str> = operations.iter().take(SHOWN).map(|id| id.as_str()).collect();
    let more = if operations.len() > SHOWN { ", …" } else { "" };
    let _ = writeln!(
        out,
        "\nNOT BALANCED: {} operations gave more than they took, or a yield beyond its range: {}{more}",
        operations.len(),
        names.join(", ")
    );
}

fn broken_lots(answer: &BalanceAnswer, out: &mut String) {
    if answer.mass.broken.is_empty() {
        return;
    }
    out.push('\n');
    let mut rows =
        vec![["BEYOND TOLERANCE", "UNEXPLAINED", "PERCENT OF INFLOW", "COUNTED"].map(str::to_owned)];
    rows.extend(answer.mass.broken.iter().take(SHOWN_MAX).map(|lot| {
        let (_, balance) = &answer.balances[lot.lot];
        let unit = balance.unit.as_ref().map_or("", |unit| unit.as_str());
        let counted = balance.counted.as_ref().map_or_else(|| "no".to_owned(), |count| count.at.to_string());
        let unexplained = format!("{} {unit}", lot.unexplained.normalize());
        [answer.lots[lot.lot].id.to_string(), unexplained, number(lot.percent), counted]
    }));
    table::aligned(&rows, out);
    more(answer.mass.broken.len(), "lots", out);
}

fn yields(yields: &[OperationYield], out: &mut String) {
    let compared: Vec<_> = yields.iter().filter_map(|one| Some((one, one.yields.as_ref()?))).collect();
    if compared.is_empty() {
        return;
    }
    out.push('\n');
    let mut rows = vec![["YIELD %", "OPERATION", "STEP", "IN", "OUT"].map(str::to_owned)];
    rows.extend(compared.iter().take(SHOWN_MAX).map(|(one, found)| {
        let step = one.operation.operation.name.as_ref().map_or("", |name| name.as_str()).to_owned();
        let amount = |value: Decimal| format!("{} {}", value.round_dp(3).normalize(), found.unit);
        let id = one.operation.id.to_string();
        [number(Some(found.percent)), id, step, amount(found.input), amount(found.output)]
    }));
    table::aligned(&rows, out);
    more(compared.len(), "operations", out);
}

fn more(count: usize, what: &str, out: &mut String) {
    if count > SHOWN_MAX {
        let _ = writeln!(out, "… {} more {what}: --format json shows all", count - SHOWN_MAX);
    }
}

fn as_json(answer: &BalanceAnswer) -> Value {
    let lots = answer.lots.iter().zip(&answer.balances);
    let lots: Vec<Value> = lots
        .map(|(lot, (material, balance))| {
            let mut value = balance_json(balance);
            value["lot"] = json!(lot.id.as_str());
            value["material"] = json!(material.as_ref().map(|code| code.as_str()));
            value
        })
        .collect();
    let broken = answer.mass.broken.iter().map(|lot| answer.lots[lot.lot].id.as_str());
    let yields = answer.yields.iter().map(|one| {
        let found = one.yields.as_ref();
        json!({
            "operation": one.operation.id.as_str(),
            "unit": found.map(|found| found.unit.as_str()),
            "input": found.map(|found| found.input.normalize().to_string()),
            "output": found.map(|found| found.output.normalize().to_string()),
            "percent": found.map(|found| found.percent.normalize().to_string()),
            "leftOut": found.map(|found| found.left_out),
        })
    });
    json!({
        "revision": answer.revision.to_string(),
        "tolerancePercent": answer.tolerance_percent.normalize().to_string(),
        "isBalanced": answer.mass.is_balanced(),
        "countedCount": answer.mass.counted,
        "unknownCount": answer.mass.unknown,
        "lots": lots,
        "broken": broken.collect::<Vec<&str>>(),
        "unbalanced": answer.mass.unbalanced.iter().map(|id| id.as_str()).collect::<Vec<&str>>(),
        "yields": yields.collect::<Vec<Value>>(),
    })
}

fn balance_json(balance: &Balance) -> Value {
    let text = |value: Decimal| value.normalize().to_string();
    json!({
        "unit": balance.unit.as_ref().map(|unit| unit.as_str()),
        "received": balance.received.map(text),
        "produced": balance.produced.map(text),
        "consumed": balance.consumed.map(text),
        "shipped": balance.shipped.map(text),
        "scrapped": balance.scrapped.map(text),
        "returned": balance.returned.map(text),
        "unconvertible": balance.unconvertible.iter().map(|unit| unit.as_str()).collect::<Vec<&str>>(),
        "onHand": balance.on_hand.map(text),
        "unexplained": balance.unexplained.map(text),
        "gap": balance.gap.map(text),
        "countedAt": balance.counted.as_ref().map(|counted| counted.at.to_string()),
    })
}

fn as_csv(answer: &BalanceAnswer) -> anyhow::Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "lot",
        "material",
        "unit",
        "received",
        "produced",
        "consumed",
        "shipped",
        "scrapped",
        "on_hand",
        "unexplained",
        "counted_at",
        "returned",
    ])?;
    for (lot, (material, balance)) in answer.lots.iter().zip(&answer.balances) {
        let counted = balance.counted.as_ref().map_or_else(String::new, |counted| counted.at.to_string());
        let code = |code: Option<&str>| code.unwrap_or_default().to_owned();
        let sums = [balance.received, balance.produced, balance.consumed, balance.shipped, balance.scrapped];
        let mut record = vec![
            lot.id.to_string(),
            code(material.as_ref().map(|code| code.as_str())),
            code(balance.unit.as_ref().map(|unit| unit.as_str())),
        ];
        record.extend(sums.map(number));
        record.extend([
            number(balance.on_hand),
            number(balance.unexplained),
            counted,
            number(balance.returned),
        ]);
        out.write_record(record.iter().map(|cell| harmless(cell)))?;
    }
    Ok(out.into_inner()?)
}
