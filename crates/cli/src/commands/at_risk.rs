//! `lotgraph trace --at-risk`: all of every affected lot, and what perfect mixing carries of the bad material.

use std::fmt::Write;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::table;
use lotgraph_genealogy::at_risk::{Attributed, Bound, MODEL, Places, Received};
use lotgraph_service::at_risk::{AtRisk, WorstCase, WorstTotal};
use lotgraph_service::render::harmless;

/// Lots that a table shows.
const SHOWN_MAX: usize = 40;
/// Decimal places that a table shows.
const PLACES: u32 = 3;

fn number(value: Decimal) -> String {
    value.round_dp(PLACES).normalize().to_string()
}

fn optional(value: Option<Decimal>) -> String {
    value.map_or_else(|| "?".to_owned(), number)
}

/// `12.5`, or `0 to 12.5` when only bounds are known.
pub(super) fn bound(bound: Bound) -> String {
    if bound.high == Some(bound.low) {
        return number(bound.low);
    }
    format!("{} to {}", number(bound.low), optional(bound.high))
}

fn percent(fraction: Option<Bound>) -> String {
    let hundred = |value: Decimal| value.saturating_mul(Decimal::ONE_HUNDRED);
    let in_percent = |found: Bound| Bound { low: hundred(found.low), high: found.high.map(hundred) };
    fraction.map_or_else(|| "?".to_owned(), |found| bound(in_percent(found)))
}

/// Where the bad material ended, in one line, and what that leaves open in another.
pub(super) fn places(found: &AtRisk) -> String {
    let attribution = &found.attribution;
    let Places { resting, shipped, scrapped, cleaned, unexplained } = attribution.places;
    let mut out = format!(
        "Of {} {} of bad material: {} here, {} shipped, {} scrapped, {} cleaned away, {} used up{} (model {MODEL})\n",
        optional(attribution.source),
        attribution.unit.as_ref().map_or("?", |unit| unit.as_str()),
        bound(resting),
        bound(shipped),
        bound(scrapped),
        bound(cleaned),
        bound(attribution.used_up),
        not_explained(unexplained),
    );
    let _ = match attribution.gaps.len() {
        0 if attribution.is_certain => writeln!(out, "Everything was measured: both bounds are the same"),
        0 => writeln!(out, "Not certain: the trace tells of times or stock that cannot be right"),
        gaps => writeln!(out, "{gaps} gaps widen the bounds: trace --at-risk --format json names them"),
    };
    out
}

/// What stock counts did not find, when they missed anything.
fn not_explained(unexplained: Bound) -> String {
    if unexplained.high == Some(Decimal::ZERO) {
        return String::new();
    }
    format!(", {} NOT EXPLAINED", bound(unexplained))
}

/// The figures as a table.
pub(super) fn for_people(found: &AtRisk) -> String {
    let attribution = &found.attribution;
    let unit = attribution.unit.as_ref().map_or("?", |unit| unit.as_str());
    let mut out = format!(
        "{} lots at risk; {} {unit} of bad material at the start; model {MODEL}; revision {}\n\n",
        attribution.lots.len(),
        optional(attribution.source),
        found.answer.subgraph.revision
    );
    let carries = format!("CARRIES {unit}");
    let header = ["DEPTH", "LOT", "ALL OF IT", "ON HAND", &carries, "% OF THE BAD", "% OF THE LOT"];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(found.lots().take(SHOWN_MAX).map(|(lot, worst)| {
        let unit = worst.unit.as_ref().map_or("", |unit| unit.as_str());
        [
            lot.depth.to_string(),
            found.answer.lot_id(lot.lot).to_string(),
            format!("{} {unit}", optional(worst.quantity)),
            optional(worst.on_hand),
            bound(lot.carried),
            percent(lot.source_fraction),
            percent(lot.lot_fraction),
        ]
    }));
    table::aligned(&rows, &mut out);
    if attribution.lots.len() > SHOWN_MAX {
        let _ = writeln!(out, "… {} more lots: --format csv shows all", attribution.lots.len() - SHOWN_MAX);
    }
    out.push('\n');
    out.push_str(&places(found));
    out
}

/// The figures as one object.
pub(super) fn as_json(found: &AtRisk) -> Value {
    let attribution = &found.attribution;
    let id = |lot: u32| found.answer.lot_id(lot).as_str();
    let operation = |index: u32| found.answer.subgraph.operations[index as usize].id.as_str();
    let exact = |value: Decimal| value.normalize().to_string();
    let bounds = |bound: Bound| json!({"low": exact(bound.low), "high": bound.high.map(exact)});
    let lot = |(lot, worst): (&Attributed, &WorstCase)| {
        json!({
            "lot": id(lot.lot),
            "depth": lot.depth,
            "worstCase": {
                "unit": worst.unit.as_ref().map(|unit| unit.as_str()),
                "quantity": worst.quantity.map(exact),
                "onHand": worst.on_hand.map(exact),
            },
            "carried": bounds(lot.carried),
            "resting": bounds(lot.resting),
            "shipped": bounds(lot.shipped),
            "scrapped": bounds(lot.scrapped),
            "cleaned": bounds(lot.cleaned),
            "unexplained": bounds(lot.unexplained),
            "sourceFraction": lot.source_fraction.map(bounds),
            "lotFraction": lot.lot_fraction.map(bounds),
        })
    };
    let total = |total: &WorstTotal| {
        json!({
            "material": total.material.as_ref().map(|code| code.as_str()),
            "unit": total.unit.as_ref().map(|unit| unit.as_str()),
            "lots": total.lots,
            "quantity": total.known_quantity().map(exact),
            "unknown": total.unknown,
            "onHand": total.known_on_hand().map(exact),
            "onHandUnknown": total.on_hand_unknown,
        })
    };
    let customer = |to: &Received| json!({"customer": to.customer.as_ref().map(|code| code.as_str()), "carried": bounds(to.carried)});
    let gaps = attribution.gaps.iter().map(|gap| {
        json!({"lot": id(gap.lot), "operation": gap.operation.map(operation), "reason": gap.reason.name()})
    });
    json!({
        "model": MODEL,
        "revision": found.answer.subgraph.revision.to_string(),
        "unit": attribution.unit.as_ref().map(|unit| unit.as_str()),
        "source": attribution.source.map(exact),
        "usedUp": bounds(attribution.used_up),
        "resting": bounds(attribution.places.resting),
        "shipped": bounds(attribution.places.shipped),
        "scrapped": bounds(attribution.places.scrapped),
        "cleaned": bounds(attribution.places.cleaned),
        "unexplained": bounds(attribution.places.unexplained),
        "isCertain": attribution.is_certain,
        "worstCase": found.totals.iter().map(total).collect::<Vec<Value>>(),
        "customers": attribution.customers.iter().map(customer).collect::<Vec<Value>>(),
        "lots": found.lots().map(lot).collect::<Vec<Value>>(),
        "gaps": gaps.collect::<Vec<Value>>(),
    })
}

/// The figures, one line a lot.
pub(super) fn as_csv(found: &AtRisk) -> anyhow::Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "lot",
        "depth",
        "quantity",
        "unit",
        "on_hand",
        "carried_low",
        "carried_high",
        "carried_unit",
    ])?;
    let exact =
        |value: Option<Decimal>| value.map_or_else(String::new, |value| value.normalize().to_string());
    let carried_unit = found.attribution.unit.as_ref().map_or("", |unit| unit.as_str());
    for (lot, worst) in found.lots() {
        out.write_record(
            [
                found.answer.lot_id(lot.lot).as_str(),
                &lot.depth.to_string(),
                &exact(worst.quantity),
                worst.unit.as_ref().map_or("", |unit| unit.as_str()),
                &exact(worst.on_hand),
                &exact(Some(lot.carried.low)),
                &exact(lot.carried.high),
                carried_unit,
            ]
            .map(harmless),
        )?;
    }
    Ok(out.into_inner()?)
}
