//! Recalls for people.

use std::fmt::Write;

use crate::commands::at_risk;
use crate::commands::hold::tell;
use crate::commands::table::{aligned, whole};
use lotgraph_domain::recall::{Closing, RecallRecord};
use lotgraph_domain::{LotStatus, PartyCode, Record, RecordBody};
use lotgraph_genealogy::Partial;
use lotgraph_genealogy::scope::{CustomerShare, Share, Whereabouts};
use lotgraph_service::at_risk::AtRisk;
use lotgraph_service::recall::{
    FoundRecall, Opened, Progress, ScopeAnswer, difference, drawn_text, place_name,
};

/// Rows that a table shows.
const SHOWN_MAX: usize = 20;

fn cells<const COLUMNS: usize>(cells: [&str; COLUMNS]) -> [String; COLUMNS] {
    cells.map(str::to_owned)
}

fn more(count: usize, out: &mut String) {
    if count > SHOWN_MAX {
        let _ = writeln!(out, "… {} more: --format csv has all", count - SHOWN_MAX);
    }
}

/// What of a customer's goods came back, and what was received on record at their place.
fn came_back(share: &CustomerShare) -> String {
    match (share.returned.is_empty(), share.transferred.is_empty()) {
        (_, true) => shares(&share.returned),
        (true, false) => format!("{} received there on record", shares(&share.transferred)),
        (false, false) => {
            format!("{}; {} received there on record", shares(&share.returned), shares(&share.transferred))
        }
    }
}

fn shares(shares: &[Share]) -> String {
    let share = |share: &Share| {
        let material = share.material.as_ref().map_or("?", AsRef::as_ref);
        format!("{} {} {material}", share.amount.normalize(), share.unit)
    };
    shares.iter().map(share).collect::<Vec<String>>().join(", ")
}

/// A scope, with its quantities at risk unless it ignores time.
pub fn scope(answer: &ScopeAnswer, at_risk: Option<&AtRisk>) -> String {
    let scope = &answer.scope;
    let mut out = format!(
        "{} lots affected from {} to start from; {} customers; revision {}\n\n",
        scope.lots.len(),
        answer.seeds.len(),
        scope.customers.len(),
        answer.revision
    );
    totals(answer, &mut out);
    lots(answer, &mut out);
    customers(answer, at_risk, &mut out);
    if let Some(found) = at_risk {
        out.push('\n');
        out.push_str(&at_risk::places(found));
    }
    let verdict = match answer.traced.trace.partial {
        None => whole(&answer.traced.trace),
        Some(Partial::NodeLimit) => "PARTIAL: the node limit was reached; narrow the causes",
        Some(Partial::DepthLimit) => "PARTIAL: the depth limit was reached",
    };
    let _ = writeln!(out, "\nAnswer: {verdict}");
    let (unknown, conflicts) =
        (answer.traced.trace.unknown_origin.len(), answer.traced.trace.time_conflicts.len());
    if unknown + conflicts > 0 {
        let _ = writeln!(out, "{unknown} lots of unknown origin, {conflicts} time conflicts");
    }
    look_alikes(answer, &mut out);
    let overdrawn = answer.traced.trace.overdrawn.len();
    if overdrawn > 0 {
        let _ = writeln!(
            out,
            "OVERDRAWN: {overdrawn} draws and fillings of lots that were drawn from before enough was there"
        );
    }
    let unbalanced = answer.traced.trace.unbalanced.len();
    if unbalanced > 0 {
        let _ = writeln!(
            out,
            "NOT BALANCED: {unbalanced} productions by operations that gave more than they took, or a yield beyond its range"
        );
    }
    if answer.unread_parameters > 0 {
        let _ = writeln!(
            out,
            "{} values of the parameter are no numbers; their operations could not be judged",
            answer.unread_parameters
        );
    }
    out
}

/// What may belong to the scope under another id.
fn look_alikes(answer: &ScopeAnswer, out: &mut String) {
    let beside = &answer.look_alikes;
    if beside.is_empty() {
        return;
    }
    let named: Vec<String> = beside
        .iter()
        .take(SHOWN_MAX)
        .map(|found| format!("{} (looks like {})", found.lot, found.like))
        .collect();
    let more = beside.len().saturating_sub(SHOWN_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let _ = writeln!(
        out,
        "Beside it, lots of unknown origin that may be the same, misread: {}{more}; if they are, their traces belong to it",
        named.join(", ")
    );
}

fn totals(answer: &ScopeAnswer, out: &mut String) {
    let mut rows = vec![cells(["MATERIAL", "UNIT", "LOTS", "ON HAND", "CONSUMED", "SHIPPED", "SCRAPPED"])];
    rows.extend(answer.scope.totals.iter().map(|total| {
        let sum = |sum: rust_decimal::Decimal| match total.unit {
            Some(_) => sum.normalize().to_string(),
            None => "not measured".to_owned(),
        };
        [
            total.material.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string),
            total.unit.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            total.lots.to_string(),
            match total.on_hand {
                None if total.unit.is_some() => "?".to_owned(),
                on_hand => sum(on_hand.unwrap_or_default()),
            },
            sum(total.consumed),
            sum(total.shipped),
            sum(total.scrapped),
        ]
    }));
    aligned(&rows, out);
}

fn lots(answer: &ScopeAnswer, out: &mut String) {
    let mut rows = vec![cells(["LOT", "DEPTH", "WHERE", "ON HAND", "SHIPPED", "LAST OPERATION"])];
    rows.extend(answer.scope.lots.iter().take(SHOWN_MAX).map(|lot| {
        let places: Vec<&str> = lot.whereabouts().into_iter().map(place_name).collect();
        let last = answer.last_operations.get(&lot.lot).map(|last| {
            let step = last.step.as_ref().map_or(last.kind.name(), AsRef::as_ref);
            let equipment: Vec<&str> = last.equipment.iter().map(AsRef::as_ref).collect();
            format!("{step} {} {}", last.id, equipment.join(" "))
        });
        let on_hand = lot.on_hand.as_ref().map(|(amount, unit)| format!("{} {unit}", amount.normalize()));
        [
            answer.lot_id(lot.lot).to_string(),
            lot.depth.to_string(),
            places.join(" "),
            on_hand.unwrap_or_else(|| "?".to_owned()),
            drawn_text(&lot.shipped).unwrap_or_default(),
            last.unwrap_or_default(),
        ]
    }));
    out.push('\n');
    aligned(&rows, out);
    more(answer.scope.lots.len(), out);
}

fn customers(answer: &ScopeAnswer, at_risk: Option<&AtRisk>, out: &mut String) {
    if answer.scope.customers.is_empty() {
        return;
    }
    let unit = at_risk.and_then(|found| found.attribution.unit.as_ref()).map_or("", AsRef::as_ref);
    let carries = format!("CARRIES {unit}");
    let head = [
        "CUSTOMER",
        "LOTS",
        "SHIPMENTS",
        "QUANTITY",
        "CAME BACK",
        "STILL THERE",
        carries.trim(),
        "DOCUMENTS",
    ];
    let mut rows = vec![cells(head)];
    let carried = |customer: Option<&PartyCode>| {
        let received = at_risk.iter().flat_map(|found| &found.attribution.customers);
        let mut to = received.filter(|to| to.customer.as_ref() == customer);
        to.next().map_or_else(|| "?".to_owned(), |to| at_risk::bound(to.carried))
    };
    rows.extend(answer.scope.customers.iter().take(SHOWN_MAX).map(|share| {
        let documents: Vec<&str> = share.documents.iter().take(5).map(AsRef::as_ref).collect();
        let rest = if share.documents.len() > 5 { ", …" } else { "" };
        [
            share.customer.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string),
            share.lots.to_string(),
            share.shipments.to_string(),
            shares(&share.quantities),
            came_back(share),
            shares(&share.remaining),
            carried(share.customer.as_ref()),
            format!("{}{rest}", documents.join(", ")),
        ]
    }));
    out.push('\n');
    if answer.scope.returns.is_empty() && answer.scope.transfers.is_empty() {
        // Nearly always nothing came back: then the table need not say so.
        let rows: Vec<[String; 6]> = rows
            .into_iter()
            .map(|[customer, lots, shipments, quantity, _, _, carries, documents]| {
                [customer, lots, shipments, quantity, carries, documents]
            })
            .collect();
        aligned(&rows, out);
    } else {
        aligned(&rows, out);
    }
    more(answer.scope.customers.len(), out);
}

/// A recall that was just opened.
pub fn opened(opened: &Opened) -> String {
    let record = &opened.recall.record;
    let what = if record.recall.mock { "exercise" } else { "recall" };
    let how = if opened.already { "was open before" } else { "is open" };
    let mut out = format!(
        "{what} {} {how}, frozen at revision {}: {} lots affected from {}, {} customers\n",
        record.id,
        opened.recall.place.revision,
        opened.answer.scope.lots.len(),
        opened.answer.seeds.len(),
        opened.answer.scope.customers.len(),
    );
    for hold in &record.holds {
        let _ = writeln!(out, "hold {} blocks its lots and everything made of them", hold.hold);
    }
    tell("held already", &opened.standing, &mut out);
    if !opened.late.is_empty() {
        let _ = writeln!(out, "{} lots came in meanwhile, and are held too", opened.late.len());
    }
    if let Some(percent) = opened.answer.scope.accounted_percent() {
        let _ = writeln!(out, "{}", accounted(percent));
    }
    let (scope, total) = (opened.timing.scope.as_millis(), opened.timing.total.as_millis());
    let _ = writeln!(out, "scope known after {scope} ms, recorded after {total} ms");
    out
}

fn accounted(percent: rust_decimal::Decimal) -> String {
    format!("accounted for: {percent} % of what came in, of the material that is accounted for least")
}

/// `1 d 2 h 3 min`, or seconds when it was less than a minute.
fn duration(seconds: i64) -> String {
    let minutes = seconds / 60;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, minutes) => format!("{days} d {hours} h {minutes} min"),
    }
}

/// Recalls, one a line.
pub fn list(found: &[FoundRecall]) -> String {
    let mut rows = vec![cells(["RECALL", "STATE", "AT", "CLASS", "KIND", "HOLDS", "REASON"])];
    rows.extend(found.iter().map(|found| {
        let record = &found.record;
        [
            record.id.to_string(),
            record.state().name().to_owned(),
            record.recall.at.to_string(),
            record.recall.class.map_or("-", |class| class.name()).to_owned(),
            if record.recall.mock { "exercise" } else { "recall" }.to_owned(),
            record.holds.iter().filter(|hold| !hold.released).count().to_string(),
            record.recall.reason.to_string(),
        ]
    }));
    let mut out = String::new();
    aligned(&rows, &mut out);
    out
}

/// How far a recall got.
pub fn recall(
    found: &FoundRecall,
    frozen: &ScopeAnswer,
    now: Option<&ScopeAnswer>,
    progress: &Progress,
) -> String {
    let record = &found.record;
    let mut out = format!(
        "{} {}: {} ({}), frozen at revision {}\n",
        if record.recall.mock { "exercise" } else { "recall" },
        record.id,
        record.state().name(),
        record.recall.reason,
        found.place.revision
    );
    let affected = now.map_or(0, |now| now.scope.lots.len());
    let _ = writeln!(out, "{} lots were affected then, {affected} are now", frozen.scope.lots.len());
    let changes = difference(frozen, now);
    if !changes.is_empty() {
        let _ = writeln!(
            out,
            "since then: {} lots came in, {} fell out; {} shipments came in, {} fell out; {} customers changed",
            changes.lots_added.len(),
            changes.lots_removed.len(),
            changes.shipments_added.len(),
            changes.shipments_removed.len(),
            changes.customers.len()
        );
    }
    let statuses =
        progress.statuses.iter().map(|(status, count)| format!("{count} {}", LotStatus::name(*status)));
    let _ = writeln!(out, "lots by status: {}", statuses.collect::<Vec<String>>().join(", "));
    for hold in &progress.holds {
        let _ = writeln!(out, "hold {}: {}, {} lots held", hold.id, hold.state().name(), hold.held().len());
    }
    let percent = progress.acknowledged_percent().map_or_else(|| "-".to_owned(), |p| format!("{p} %"));
    let _ = writeln!(
        out,
        "customers: {} affected, {} told, {} confirmed ({percent})\n",
        progress.affected().count(),
        progress.notified(),
        progress.acknowledged(),
    );
    controlled(progress, &mut out);
    consignees(progress, &mut out);
    told("recorded late, though they happened before the hold", &progress.late, &mut out);
    told("refused since it was opened", &progress.refused, &mut out);
    if let Some(now) = now.filter(|now| now.scope.lots.iter().any(unknown)) {
        let count = now.scope.lots.iter().filter(|lot| unknown(lot)).count();
        let _ = writeln!(out, "\n{count} lots may be on hand: not every movement was measured");
    }
    if let Some(percent) = frozen.scope.accounted_percent() {
        let _ = writeln!(out, "\n{}", accounted(percent));
    }
    if let Some(seconds) = record.elapsed_seconds() {
        let _ = writeln!(out, "it took {}", duration(seconds));
    }
    history(record, &mut out);
    out
}

/// How it grew, ended and went on.
fn history(record: &RecallRecord, out: &mut String) {
    for added in &record.added {
        let lots: Vec<&str> = added.lots.iter().take(SHOWN_MAX).map(|lot| lot.lot.as_str()).collect();
        let rest = if added.lots.len() > SHOWN_MAX { ", …" } else { "" };
        let lots = lots.join(", ");
        let _ = writeln!(out, "taken in at {} by {}: {lots}{rest} ({})", added.at, added.actor, added.reason);
    }
    let closed = |closing: &Closing, out: &mut String| {
        let _ = writeln!(out, "closed at {} by {}: {}", closing.at, closing.actor, closing.report);
        if let Some(reason) = &closing.accepted {
            let _ = writeln!(out, "although something was open: {reason}");
        }
    };
    for reopened in &record.reopened {
        closed(&reopened.closing, out);
        let _ = writeln!(out, "reopened at {} by {}: {}", reopened.at, reopened.actor, reopened.reason);
    }
    if let Some(closing) = &record.closed {
        closed(closing, out);
    }
}

fn unknown(lot: &lotgraph_genealogy::scope::AffectedLot) -> bool {
    lot.whereabouts().contains(&Whereabouts::OnHandUnknown)
}

fn controlled(progress: &Progress, out: &mut String) {
    let head = [
        "MATERIAL",
        "UNIT",
        "ON HAND",
        "BLOCKED",
        "SCRAPPED",
        "SHIPPED",
        "RECOVERED",
        "RECOVERED %",
        "CONTROLLED %",
    ];
    let mut rows = vec![cells(head)];
    rows.extend(progress.control.quantities.iter().map(|of| {
        let percent = |percent: Option<rust_decimal::Decimal>| {
            percent.map_or_else(|| "-".to_owned(), |percent| percent.to_string())
        };
        [
            of.material.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string),
            of.unit.to_string(),
            of.on_hand.normalize().to_string(),
            of.blocked.normalize().to_string(),
            of.scrapped.normalize().to_string(),
            of.shipped.normalize().to_string(),
            of.recovered.normalize().to_string(),
            percent(of.recovered_percent()),
            percent(of.controlled_percent()),
        ]
    }));
    aligned(&rows, out);
}

/// What alerts of a recall say.
fn told(what: &str, alerts: &[Record], out: &mut String) {
    if alerts.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{} {what}:", alerts.len());
    for record in alerts.iter().take(SHOWN_MAX) {
        if let RecordBody::Alert(alert) = &record.body {
            let _ = writeln!(out, "  {}", alert.message);
        }
    }
    more(alerts.len(), out);
}

fn consignees(progress: &Progress, out: &mut String) {
    if progress.consignees.is_empty() {
        return;
    }
    let mut rows = vec![cells([
        "CUSTOMER",
        "SHIPPED",
        "TOLD",
        "CONFIRMED",
        "RECOVERED",
        "RETURNED",
        "EXCESS",
        "FOREIGN",
    ])];
    rows.extend(progress.consignees.iter().take(SHOWN_MAX).map(|consignee| {
        let notice = consignee.notice.as_ref();
        let told = notice.and_then(|notice| notice.first_sent_at.or(notice.acknowledged_at));
        let confirmed = notice.and_then(|notice| notice.acknowledged_at);
        [
            consignee.customer.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string),
            shares(&consignee.shipped),
            told.map_or_else(|| "-".to_owned(), |at| at.to_string()),
            confirmed.map_or_else(|| "-".to_owned(), |at| at.to_string()),
            shares(&consignee.recovered),
            shares(&consignee.returned),
            shares(&consignee.excess),
            shares(&consignee.foreign),
        ]
    }));
    out.push('\n');
    aligned(&rows, out);
    more(progress.consignees.len(), out);
}
