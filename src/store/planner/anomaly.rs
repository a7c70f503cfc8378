//! What does not add up about lots at the end of a batch: alerts when that begins, and their end.

use std::collections::BTreeMap;

use super::apply::Planner;
use super::records::About;
use crate::domain::{AlertId, AlertKind, EventId, Fact, Lot, LotId, Operation, Origin, Role};
use crate::genealogy::balance::balance;

/// The events of a batch that touched a lot last, by what they did.
#[derive(Default, Clone, Copy)]
struct Touches<'a> {
    drew: Option<&'a EventId>,
    filled: Option<&'a EventId>,
    voided: Option<&'a EventId>,
}

impl<'a> Touches<'a> {
    /// What began an anomaly: best a draw.
    fn began(self) -> Option<&'a EventId> {
        self.drew.or(self.voided).or(self.filled)
    }

    /// What ended one: a draw cannot.
    fn ended(self) -> Option<&'a EventId> {
        self.filled.or(self.voided)
    }
}

/// What is wrong with a lot, for people; `None`: nothing.
type Finding = Option<String>;

impl<'a> Planner<'a> {
    /// Compares what the batch moved with what is known, raises what begins and resolves what ends.
    pub(super) fn settle_anomalies(&mut self) {
        let mut odd: Vec<(LotId, [Finding; 3])> = Vec::new();
        for (id, lot) in self.changed_flows() {
            let findings = [unknown_origin(lot), self.quantity_gap(lot), time_conflict(lot)];
            let before = &lot.anomalies;
            if findings.iter().any(Option::is_some) || !before.is_clear() {
                odd.push((id.clone(), findings));
            }
        }
        if odd.is_empty() {
            return;
        }
        odd.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let touches = self.touches();
        for (id, [origin, gap, conflict]) in odd {
            let Some(touches) = touches.get(&id).copied() else { continue };
            let mut lot = self.lot(&id);
            let before = lot.anomalies.clone();
            let mut settle = |kind, finding, since| self.settle_anomaly(kind, &id, finding, since, touches);
            lot.anomalies.unknown_origin =
                settle(AlertKind::UnknownOrigin, origin, before.unknown_origin.clone());
            lot.anomalies.quantity_gap = settle(AlertKind::QuantityGap, gap, before.quantity_gap.clone());
            lot.anomalies.time_conflict =
                settle(AlertKind::TimeConflict, conflict, before.time_conflict.clone());
            if lot.anomalies != before {
                self.touch(lot);
            }
        }
    }

    /// Since when an anomaly lasts, after this batch.
    fn settle_anomaly(
        &mut self,
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
                self.alert(kind, lot.as_str(), cause, about, message);
                Some(cause.clone())
            }
            // Only what fills a lot or withdraws something can end it, and only then the alert was loaded.
            (None, Some(since)) => {
                let alert = AlertId::derived(kind, lot.as_str(), &since);
                let ended = touches.ended().is_some_and(|event| self.resolve(alert, event));
                (!ended).then_some(since)
            }
            (_, since) => since,
        }
    }

    fn quantity_gap(&self, lot: &Lot) -> Finding {
        // Without an origin nothing came in at all, which is the graver news and has its own alert.
        if lot.origin() == Origin::Unknown || !drawn(lot) {
            return None;
        }
        let material = lot.material.as_ref().and_then(|code| self.state.materials.get(code));
        let balance = balance(lot, material);
        let (gap, unit) = (balance.gap?, balance.unit?);
        Some(format!("{} {unit} more was drawn from lot {} than ever came in", gap.normalize(), lot.id))
    }

    /// The accepted events that moved each lot.
    fn touches(&self) -> BTreeMap<LotId, Touches<'a>> {
        let mut touches: BTreeMap<LotId, Touches<'a>> = BTreeMap::new();
        for event in self.accepted() {
            match &event.fact {
                Fact::Operation(operation) => {
                    for link in operation.links() {
                        let touched = touches.entry(link.lot.clone()).or_default();
                        match link.role {
                            Role::Consumed => touched.drew = Some(&event.id),
                            Role::Produced => touched.filled = Some(&event.id),
                            Role::InPlace => {}
                        }
                    }
                }
                Fact::Void(void) => {
                    let links = self.operation(&void.event).into_iter().flat_map(Operation::links);
                    for link in links {
                        touches.entry(link.lot.clone()).or_default().voided = Some(&event.id);
                    }
                }
                _ => {}
            }
        }
        touches
    }
}

fn drawn(lot: &Lot) -> bool {
    lot.consumed.count + lot.shipped.count + lot.scrapped.count > 0
}

fn unknown_origin(lot: &Lot) -> Finding {
    let odd = lot.origin() == Origin::Unknown && drawn(lot);
    odd.then(|| format!("lot {} was drawn from, and its own receipt or production is not on record", lot.id))
}

/// A draw that was over before any of the lot can have been there (DESIGN §4 rule 3).
fn time_conflict(lot: &Lot) -> Finding {
    let (draw, production) = (lot.earliest_draw?, lot.earliest_production?);
    (draw < production).then(|| {
        format!(
            "lot {} was drawn from at {draw}, before its first receipt or production at {production}",
            lot.id
        )
    })
}
