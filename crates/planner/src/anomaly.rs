//! What does not add up about lots at the end of a revision. Where that begins an alert is raised, and where
//! it ends the alert is resolved.

use std::collections::BTreeMap;

use foldhash::HashMap;

use lotgraph_domain::{
    AlertId, AlertKind, Anomalies, EventId, Fact, Lot, LotId, Material, MaterialCode, Operation, Origin, Role,
};
use lotgraph_genealogy::balance::balance;

use crate::log::Log;
use crate::lots::Lots;
use crate::records::{About, Records};
use crate::state::Movement;
use crate::unit_tracking::Units;

/// The last event of a revision that drew from a lot, the last that filled it, and the last that withdrew or moved a
/// link of it.
#[derive(Default, Clone, Copy)]
struct Touches<'a> {
    drew: Option<&'a EventId>,
    filled: Option<&'a EventId>,
    voided: Option<&'a EventId>,
}

impl<'a> Touches<'a> {
    /// The event to name as the beginning of an anomaly. It is a draw if there was one, since draws begin
    /// most of them.
    fn began(self) -> Option<&'a EventId> {
        self.drew.or(self.voided).or(self.filled)
    }

    /// The event to name as the end of an anomaly. It cannot be a draw, since a draw only makes things worse.
    fn ended(self) -> Option<&'a EventId> {
        self.filled.or(self.voided)
    }
}

/// What is wrong with a lot, in words for people; `None` when nothing is.
type Finding = Option<String>;

/// What is known besides the lots.
#[derive(Clone, Copy)]
pub(crate) struct Known<'k> {
    pub(crate) materials: &'k HashMap<MaterialCode, Material>,
    pub(crate) movements: &'k HashMap<LotId, Vec<Movement>>,
    /// The lots among which links were moved, each with the last event that did.
    pub(crate) renamed: &'k BTreeMap<LotId, EventId>,
}

/// Compares what the revision under way changed with what is known. Raises an alert for each anomaly that
/// begins, and resolves those that end.
pub(crate) fn settle(log: &Log<'_>, lots: &mut Lots, records: &mut Records, known: Known<'_>) {
    let Known { materials, movements, renamed } = known;
    let mut odd: Vec<(LotId, [Finding; 5])> = Vec::new();
    let units = Units::of(log, movements, materials, lots.changed_flows().map(|(_, lot)| lot));
    for (id, lot) in lots.changed_flows() {
        let gap = quantity_gap(lot, materials);
        let conflict = time_conflict(lot);
        let short = overdrawn(lot).filter(|_| gap.is_none() && conflict.is_none());
        let findings = [unknown_origin(lot), gap, conflict, short, units.finding(lot, log)];
        if findings.iter().any(Option::is_some) || !lot.anomalies.is_clear() {
            odd.push((id.clone(), findings));
        }
    }
    if odd.is_empty() {
        return;
    }
    odd.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let touches = touches(log, renamed);
    for (id, [origin, gap, conflict, short, unit]) in odd {
        let Some(touches) = touches.get(&id).copied() else { continue };
        let before = lots.change(&id).anomalies.clone();
        let mut settle = |kind, finding, since| settle_anomaly(records, kind, &id, finding, since, touches);
        let anomalies = Anomalies {
            unknown_origin: settle(AlertKind::UnknownOrigin, origin, before.unknown_origin),
            quantity_gap: settle(AlertKind::QuantityGap, gap, before.quantity_gap),
            time_conflict: settle(AlertKind::TimeConflict, conflict, before.time_conflict),
            overdrawn: settle(AlertKind::Overdrawn, short, before.overdrawn),
            unit_conflict: settle(AlertKind::UnitConflict, unit, before.unit_conflict),
        };
        lots.change(&id).anomalies = anomalies;
    }
}

/// Settles one kind of anomaly of a lot. Returns the event that the anomaly has lasted since, or `None` when
/// there is none after this revision.
fn settle_anomaly(
    records: &mut Records,
    kind: AlertKind,
    lot: &LotId,
    finding: Finding,
    since: Option<EventId>,
    touches: Touches<'_>,
) -> Option<EventId> {
    match (finding, since) {
        (Some(message), None) => {
            let cause = touches.began()?;
            let about = About { lot: Some(lot), operation: Some(cause), ..About::default() };
            records.alert(kind, lot.as_str(), cause, about, message);
            Some(cause.clone())
        }
        // Only an event that fills the lot or withdraws something can end the anomaly. Other events did not
        // ask for the alert to be read either.
        (None, Some(since)) => {
            let alert = AlertId::derived(kind, lot.as_str(), &since);
            let ended = touches.ended().is_some_and(|event| records.resolve(alert, event));
            (!ended).then_some(since)
        }
        (_, since) => since,
    }
}

fn quantity_gap(lot: &Lot, materials: &HashMap<MaterialCode, Material>) -> Finding {
    // When the lot has no origin, nothing came in at all. That is the graver news, and it has an alert of its
    // own.
    if lot.origin() == Origin::Unknown || !drawn(lot) {
        return None;
    }
    let material = lot.material.as_ref().and_then(|code| materials.get(code));
    let balance = balance(lot, material);
    let (gap, unit) = (balance.gap?, balance.unit?);
    Some(format!("{} {unit} more was drawn from lot {} than ever came in", gap.normalize(), lot.id))
}

/// For each lot, the events of the revision under way that moved it.
fn touches<'a>(log: &'a Log<'_>, renamed: &'a BTreeMap<LotId, EventId>) -> BTreeMap<LotId, Touches<'a>> {
    let mut touches: BTreeMap<LotId, Touches<'a>> = BTreeMap::new();
    for (lot, event) in renamed {
        touches.entry(lot.clone()).or_default().voided = Some(event);
    }
    for event in log.accepted() {
        match event.fact {
            Fact::Operation(operation) => {
                for link in operation.links() {
                    let touched = touches.entry(link.lot.clone()).or_default();
                    match link.role {
                        Role::Consumed if link.takes_away() => touched.drew = Some(event.id),
                        Role::Produced => touched.filled = Some(event.id),
                        Role::Consumed | Role::InPlace => {}
                    }
                }
            }
            Fact::Void(void) => {
                for link in log.operation(&void.event).into_iter().flat_map(Operation::links) {
                    touches.entry(link.lot.clone()).or_default().voided = Some(event.id);
                }
            }
            _ => {}
        }
    }
    touches
}

fn drawn(lot: &Lot) -> bool {
    lot.consumed.count + lot.shipped.count + lot.scrapped.count > 0
}

fn unknown_origin(lot: &Lot) -> Finding {
    let odd = lot.origin() == Origin::Unknown && drawn(lot);
    odd.then(|| format!("lot {} was drawn from, and its own receipt or production is not on record", lot.id))
}

/// A draw that took more than can have been there (docs/TRACE_RULES.md, rule 9). When more was drawn in all than ever
/// came in, or something was drawn before anything was there, that is told instead: it is the same trouble, and the graver
/// news.
fn overdrawn(lot: &Lot) -> Finding {
    let draw = match lot.overdrawn.draws.first() {
        Some(draw) => format!("operation {} drew", draw.operation),
        None if lot.overdrawn.beyond => "many operations drew".to_owned(),
        None => return None,
    };
    Some(format!("{draw} more from lot {} than can have been there by then", lot.id))
}

/// A draw that was over before any of the lot can have been there (docs/TRACE_RULES.md, rule 3).
fn time_conflict(lot: &Lot) -> Finding {
    let (draw, production) = (lot.earliest_draw?, lot.earliest_production?);
    (draw < production).then(|| {
        format!(
            "lot {} was drawn from at {draw}, before its first receipt or production at {production}",
            lot.id
        )
    })
}
