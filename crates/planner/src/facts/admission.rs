//! Who may draw from which lot: what holds, inspections and releases say against a draw, and which draws an
//! override permits.

use std::collections::BTreeSet;

use lotgraph_domain::operation::Link;
use lotgraph_domain::{
    AlertKind, Blocked, EventId, HoldMark, HoldPolicy, Lot, LotId, MarkKind, Obstacle, Operation,
    OperationKind, Problem,
};

use super::operation::link_path;
use crate::lots::Lots;
use crate::records::{About, Records};

/// Refuses an operation that draws from a lot which must stay where it is.
pub(super) fn admit(id: &EventId, operation: &Operation, lots: &Lots) -> Result<(), Problem> {
    for (link, lot) in restricted_draws(operation, lots) {
        if lot.quarantine.permits(id) {
            continue;
        }
        if let Some((blocked, message)) = objection(lot, id, operation.kind, link, blocks) {
            let path = format!("{}.lot", link_path(link.role, link.position));
            let problem = Problem::new(blocked.obstacle.code(), path, message);
            return Err(Problem { blocked: Some(Box::new(blocked)), ..problem });
        }
    }
    Ok(())
}

/// Raises alerts about the overrides that let a recorded operation pass.
pub(super) fn tell_overridden(id: &EventId, operation: &Operation, lots: &Lots, records: &mut Records) {
    let mut told: BTreeSet<&LotId> = BTreeSet::new();
    for (link, lot) in restricted_draws(operation, lots) {
        let quarantine = &lot.quarantine;
        let Some(permit) = quarantine.permits.iter().find(|permit| permit.operation == *id) else { continue };
        let objection = objection(lot, id, operation.kind, link, would_block);
        let Some((blocked, _)) = objection.filter(|_| told.insert(link.lot)) else { continue };
        let recall = blocked.hold.as_ref().and_then(|hold| quarantine.mark_of(hold)?.recall.as_ref());
        let message = format!(
            "operation {id} drew from lot {} in spite of {}, by override {} ({})",
            lot.id,
            blocked.obstacle.name(),
            permit.by,
            permit.reason
        );
        let hold = blocked.hold.as_ref();
        let about = About { lot: Some(link.lot), operation: Some(id), hold, recall };
        records.alert(AlertKind::HoldOverridden, link.lot.as_str(), id, about, message);
    }
}

/// Raises an alert for each hold that a recorded draw was over before.
pub(super) fn tell_late(id: &EventId, operation: &Operation, lots: &Lots, records: &mut Records) {
    let mut told: BTreeSet<&EventId> = BTreeSet::new();
    for (link, lot) in restricted_draws(operation, lots) {
        for mark in &lot.quarantine.marks {
            // Scrapping is always allowed, and an override is told of by itself.
            let allowed = operation.kind == OperationKind::Scrap || lot.quarantine.permits(id);
            let late = mark.takes_late(link.latest) && would_block(lot, mark, link);
            if allowed || !late || !told.insert(&mark.hold) {
                continue;
            }
            let kind = match mark.recall {
                Some(_) => AlertKind::RecallLateCapture,
                None => AlertKind::LateCapture,
            };
            let message = format!(
                "operation {id} drew from lot {} at {}, before hold {} of {} ({}), and was recorded after it",
                lot.id, link.latest, mark.hold, mark.since, mark.reason
            );
            let recall = mark.recall.as_ref();
            let about = About { lot: Some(link.lot), operation: Some(id), hold: Some(&mark.hold), recall };
            records.alert(kind, mark.hold.as_str(), id, about, message);
        }
    }
}

/// The draws from lots about which holds or inspections say anything. There are nearly always none.
fn restricted_draws<'o>(
    operation: &'o Operation,
    lots: &'o Lots,
) -> impl Iterator<Item = (Link<'o>, &'o Lot)> {
    operation.links().filter(Link::takes_away).filter_map(|link| {
        let lot = lots.get(link.lot).filter(|lot| !lot.quarantine.is_clear())?;
        Some((link, lot))
    })
}

/// What speaks against an operation drawing from a lot, leaving overrides aside. `blocks` says which marks do.
fn objection(
    lot: &Lot,
    operation: &EventId,
    kind: OperationKind,
    link: Link<'_>,
    blocks: impl Fn(&Lot, &HoldMark, Link<'_>) -> bool,
) -> Option<(Blocked, String)> {
    let quarantine = &lot.quarantine;
    if kind == OperationKind::Scrap {
        return None;
    }
    let blocked = |obstacle, hold| Blocked { lot: lot.id.clone(), obstacle, hold };
    let mut blocking: Vec<&HoldMark> =
        quarantine.marks.iter().filter(|mark| blocks(lot, mark, link)).collect();
    // Whoever releases one hold must know of the others. Those that name the lot itself come first.
    blocking.sort_by_key(|mark| mark.kind);
    if let Some(first) = blocking.first() {
        let said = blocking.iter().map(|mark| {
            let how = match mark.kind {
                MarkKind::Held => "held",
                MarkKind::Suspect => "suspect",
            };
            format!("{how} by hold {} ({}), path {}", mark.hold, mark.reason, mark.path_text())
        });
        let said: Vec<String> = said.collect();
        let (holds, them) = if said.len() == 1 { ("the hold", "") } else { ("these holds", "; it is ") };
        let message = format!(
            "lot {} is {}; release {holds}, scrap the lot, or send an override for {operation} first",
            lot.id,
            said.join(if them.is_empty() { "" } else { them })
        );
        return Some((blocked(Obstacle::OnHold, Some(first.hold.clone())), message));
    }
    if let Some(disposition) = quarantine.disposition.filter(|disposition| !disposition.allows(kind)) {
        let message =
            format!("lot {} was released for {} only, not for {}", lot.id, disposition.name(), kind.name());
        return Some((blocked(Obstacle::Rejected, None), message));
    }
    quarantine.inspection_due.then(|| {
        let message = format!("lot {} waits for its release from inspection", lot.id);
        (blocked(Obstacle::PendingInspection, None), message)
    })
}

/// Whether a mark forbids this draw. What was over before the hold is a fact, unless the hold says otherwise.
fn blocks(lot: &Lot, mark: &HoldMark, link: Link<'_>) -> bool {
    !mark.takes_late(link.latest) && would_block(lot, mark, link)
}

/// Whether a mark forbids this draw, had it happened after the hold. What was surely drawn before the trouble arrived, or after it was
/// cleaned away, is not suspect (docs/TRACE_RULES.md, rules 2 and 8), unless a clock error leaves that open
/// (rule 3).
fn would_block(lot: &Lot, mark: &HoldMark, link: Link<'_>) -> bool {
    let conflict = lot.earliest_production.is_some_and(|produced| link.latest < produced);
    match (mark.kind, mark.policy) {
        (MarkKind::Held, _) => true,
        (MarkKind::Suspect, HoldPolicy::Warn) => false,
        (MarkKind::Suspect, HoldPolicy::Block) => conflict || mark.meets(link.earliest, link.latest),
    }
}
