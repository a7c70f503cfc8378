//! Holds, releases and overrides: who may draw from which lot, and which lots a hold marks.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use super::apply::{Planner, link_path};
use super::hold_graph::{HoldGraph, Way};
use super::records::{About, listed, only};
use super::state::State;
use crate::domain::operation::Link;
use crate::domain::{
    AlertKind, Blocked, Disposition, ErrorCode, EventId, Fact, Hold, HoldMark, HoldPolicy, Lot, LotId,
    MarkKind, Obstacle, Operation, OperationKind, Override, Permit, Problem, Release, Role,
};

/// The holds at work in a batch.
#[derive(Default)]
pub(super) struct Holds {
    /// Where holds lead; absent when no hold of the batch spreads.
    graph: Option<HoldGraph>,
    /// Which lots carry the mark of a hold, as far as the batch can change that.
    marked: HashMap<EventId, BTreeSet<LotId>>,
    /// What the holds say that this batch records or meets.
    facts: HashMap<EventId, Hold>,
    /// Holds whose marks may be behind what was accepted.
    stale: BTreeSet<EventId>,
}

impl Holds {
    /// The holds as they were before the batch.
    pub(super) fn new(state: &State) -> Self {
        let mut marked: HashMap<EventId, BTreeSet<LotId>> = HashMap::default();
        for lot in state.lots.values() {
            for mark in &lot.quarantine.marks {
                marked.entry(mark.hold.clone()).or_default().insert(lot.id.clone());
            }
        }
        let facts = state.events.iter().filter_map(|(id, recorded)| match &recorded.event.fact {
            Fact::Hold(hold) => Some((id.clone(), hold.clone())),
            _ => None,
        });
        let graph = state.paths.as_ref().map(HoldGraph::new);
        Self { graph, marked, facts: facts.collect(), stale: BTreeSet::new() }
    }
}

impl Planner<'_> {
    /// Refuses an operation that draws from a lot which must stay where it is.
    pub(super) fn admit(&mut self, id: &EventId, operation: &Operation) -> Result<(), Problem> {
        self.settle_holds();
        for link in operation.links().filter(|link| link.role == Role::Consumed) {
            let Some(lot) = self.known_lot(link.lot).filter(|lot| !lot.quarantine.is_clear()) else {
                continue;
            };
            if lot.quarantine.permits(id) {
                continue;
            }
            if let Some((blocked, message)) = objection(lot, id, operation.kind, link) {
                let path = format!("{}.lot", link_path(link.role, link.position));
                let problem = Problem::new(blocked.obstacle.code(), path, message);
                return Err(Problem { blocked: Some(Box::new(blocked)), ..problem });
            }
        }
        Ok(())
    }

    /// Tells of the overrides that let an accepted operation pass.
    pub(super) fn tell_overridden(&mut self, id: &EventId, operation: &Operation) {
        let mut told: BTreeSet<&LotId> = BTreeSet::new();
        for link in operation.links().filter(|link| link.role == Role::Consumed) {
            let Some(lot) = self.known_lot(link.lot).filter(|lot| !lot.quarantine.is_clear()) else {
                continue;
            };
            let quarantine = &lot.quarantine;
            let Some(permit) = quarantine.permits.iter().find(|permit| permit.operation == *id) else {
                continue;
            };
            let objection = objection(lot, id, operation.kind, link);
            let Some((blocked, _)) = objection.filter(|_| told.insert(link.lot)) else { continue };
            let recall = blocked.hold.as_ref().and_then(|hold| quarantine.mark_of(hold)?.recall.clone());
            let message = format!(
                "operation {id} drew from lot {} in spite of {}, by override {} ({})",
                lot.id,
                blocked.obstacle.name(),
                permit.by,
                permit.reason
            );
            let about = About {
                lot: Some(link.lot),
                operation: Some(id),
                hold: blocked.hold.as_ref(),
                recall: recall.as_ref(),
            };
            self.alert(AlertKind::HoldOverridden, link.lot.as_str(), id, about, message);
        }
    }

    /// Tells of what touched a lot that a recall's hold marks, once for each event and recall.
    pub(super) fn tell_recalls_touched(&mut self) {
        if !self.holds.facts.values().any(|hold| hold.recall.is_some()) {
            return;
        }
        for event in self.accepted().collect::<Vec<_>>() {
            let (operation, how) = match &event.fact {
                Fact::Operation(operation) => (operation.clone(), "touched"),
                Fact::Void(void) => match self.operation(&void.event) {
                    Some(operation) => (operation.clone(), "withdrew what had touched"),
                    None => continue,
                },
                _ => continue,
            };
            let mut touched: BTreeMap<EventId, (EventId, BTreeSet<LotId>)> = BTreeMap::new();
            for link in operation.links() {
                let marks = self.known_lot(link.lot).map_or(&[][..], |lot| &lot.quarantine.marks);
                for mark in marks {
                    let Some(recall) = &mark.recall else { continue };
                    let entry = touched.entry(recall.clone());
                    let (_, lots) = entry.or_insert_with(|| (mark.hold.clone(), BTreeSet::new()));
                    lots.insert(link.lot.clone());
                }
            }
            for (recall, (hold, lots)) in touched {
                let lots: Vec<LotId> = lots.into_iter().collect();
                let message = format!("event {} {how} {} of recall {recall}", event.id, listed(&lots));
                let about = About {
                    lot: only(&lots),
                    operation: Some(&event.id),
                    hold: Some(&hold),
                    recall: Some(&recall),
                };
                self.alert(AlertKind::RecallTouched, recall.as_str(), &event.id, about, message);
            }
        }
    }

    /// Follows an accepted operation.
    pub(super) fn follow(&mut self, id: &EventId, operation: &Operation) {
        let Some(graph) = &mut self.holds.graph else { return };
        graph.add(id, operation);
        self.mark_stale(operation);
    }

    /// Forgets a withdrawn operation.
    pub(super) fn unfollow(&mut self, id: &EventId, operation: &Operation) {
        self.settle_holds();
        let Some(graph) = &mut self.holds.graph else { return };
        graph.remove(id, operation);
        self.mark_stale(operation);
    }

    fn mark_stale(&mut self, operation: &Operation) {
        let mut stale = BTreeSet::new();
        for link in operation.links() {
            let marks = self.known_lot(link.lot).map_or(&[][..], |lot| &lot.quarantine.marks);
            stale.extend(marks.iter().map(|mark| mark.hold.clone()));
        }
        self.holds.stale.extend(stale);
    }

    /// Brings the marks of every hold up to what was accepted.
    pub(super) fn settle_holds(&mut self) {
        while let Some(hold) = self.holds.stale.pop_first() {
            self.spread_hold(&hold);
        }
    }

    pub(super) fn hold(&mut self, id: &EventId, hold: &Hold) -> Result<(), Problem> {
        self.must_be_known(&hold.lots)?;
        if let Some(recall) = &hold.recall {
            self.check_recall_of_hold(recall)?;
            self.note_hold(recall, id);
        }
        for lot in &hold.lots {
            let mark = HoldMark {
                hold: id.clone(),
                kind: MarkKind::Held,
                policy: hold.policy,
                reason: hold.reason.clone(),
                recall: hold.recall.clone(),
                arrival: None,
                stays: Vec::new(),
                from: lot.clone(),
                path: Vec::new(),
                path_cut: false,
            };
            self.change_lot(lot, |lot| lot.quarantine.put_mark(mark));
        }
        self.holds.marked.insert(id.clone(), hold.lots.iter().cloned().collect());
        self.holds.facts.insert(id.clone(), hold.clone());
        self.holds.stale.insert(id.clone());
        self.record_hold(id, hold);
        Ok(())
    }

    pub(super) fn release(&mut self, event: &EventId, release: &Release) -> Result<(), Problem> {
        let Some(id) = &release.hold else { return self.release_lots(release) };
        let Some(hold) = self.holds.facts.get(id).cloned() else {
            let message = format!("no hold {id} is in the ledger; send it first, or correct the id");
            return Err(Problem::new(ErrorCode::HoldUnknown, "hold", message));
        };
        let lots = if release.lots.is_empty() { &hold.lots } else { &release.lots };
        let held: Vec<bool> = lots.iter().map(|lot| self.is_held(lot, id)).collect();
        if !held.contains(&true) {
            let message = format!("hold {id} was released before");
            return Err(Problem::new(ErrorCode::HoldReleased, "hold", message));
        }
        // Whoever names lots means each of them; a hold released in parts has lots that are free by now.
        if let Some(n) = held.iter().position(|held| !held).filter(|_| !release.lots.is_empty()) {
            let message = format!("lot {} is not held by {id}, or was released before", lots[n]);
            return Err(Problem::new(ErrorCode::HoldReleased, format!("lots[{n}]"), message));
        }
        let ended: Vec<LotId> =
            lots.iter().zip(&held).filter(|(_, held)| **held).map(|(lot, _)| lot.clone()).collect();
        self.settle_holds();
        let before = self.holds.marked.get(id).cloned().unwrap_or_default();
        for lot in lots {
            self.change_lot(lot, |lot| lot.quarantine.remove_mark(id));
        }
        self.spread_hold(id);
        let freed = before.iter().filter(|lot| self.mark_of(lot, id).is_none());
        for lot in freed.cloned().collect::<Vec<LotId>>() {
            if release.disposition != Disposition::Released {
                self.change_lot(&lot, |lot| lot.quarantine.dispose(release.disposition));
            }
        }
        self.record_release(event, id, release, &ended);
        Ok(())
    }

    /// Releases lots from inspection, and from what an earlier release said.
    fn release_lots(&mut self, release: &Release) -> Result<(), Problem> {
        self.must_be_known(&release.lots)?;
        for lot in &release.lots {
            self.change_lot(lot, |lot| {
                lot.quarantine.inspection_due = false;
                lot.quarantine.dispose(release.disposition);
            });
        }
        Ok(())
    }

    pub(super) fn permit(&mut self, id: &EventId, permit: &Override) -> Result<(), Problem> {
        self.must_be_known(&permit.lots)?;
        for lot in &permit.lots {
            let leave =
                Permit { operation: permit.operation.clone(), by: id.clone(), reason: permit.reason.clone() };
            self.change_lot(lot, |lot| lot.quarantine.permits.push(leave));
        }
        self.record_override(id, permit);
        Ok(())
    }

    fn must_be_known(&self, lots: &[LotId]) -> Result<(), Problem> {
        let Some(n) = lots.iter().position(|lot| self.known_lot(lot).is_none()) else { return Ok(()) };
        let message = format!("no event names lot {}; record it first, or correct the id", lots[n]);
        Err(Problem::new(ErrorCode::LotUnknown, format!("lots[{n}]"), message))
    }

    fn mark_of(&self, lot: &LotId, hold: &EventId) -> Option<&HoldMark> {
        self.known_lot(lot).and_then(|lot| lot.quarantine.mark_of(hold))
    }

    fn is_held(&self, lot: &LotId, hold: &EventId) -> bool {
        self.mark_of(lot, hold).is_some_and(|mark| mark.kind == MarkKind::Held)
    }

    fn change_lot(&mut self, id: &LotId, change: impl FnOnce(&mut Lot)) {
        let mut lot = self.lot(id);
        change(&mut lot);
        self.touch(lot);
    }

    /// Marks exactly the lots that a trace from the lots still held reaches.
    fn spread_hold(&mut self, id: &EventId) {
        let Some(graph) = &self.holds.graph else { return };
        let Some(hold) = self.holds.facts.get(id).cloned() else { return };
        let before = self.holds.marked.get(id).cloned().unwrap_or_default();
        let held: BTreeSet<LotId> = before.iter().filter(|lot| self.is_held(lot, id)).cloned().collect();
        let recorded = |lot: &LotId| self.state.lots.get(lot).and_then(|lot| lot.earliest_production);
        let reached = if hold.propagate { graph.reach(&held, recorded) } else { BTreeMap::new() };
        let mut after = held;
        for lot in before.iter().filter(|lot| !after.contains(*lot) && !reached.contains_key(*lot)) {
            self.change_lot(lot, |lot| lot.quarantine.remove_mark(id));
        }
        for (lot, way) in reached {
            let mark = suspect(id, &hold, way);
            if self.mark_of(&lot, id) != Some(&mark) {
                self.change_lot(&lot, |lot| lot.quarantine.put_mark(mark));
            }
            after.insert(lot);
        }
        self.holds.marked.insert(id.clone(), after);
    }
}

fn suspect(id: &EventId, hold: &Hold, way: Way) -> HoldMark {
    HoldMark {
        hold: id.clone(),
        kind: MarkKind::Suspect,
        policy: hold.policy,
        reason: hold.reason.clone(),
        recall: hold.recall.clone(),
        arrival: way.arrival,
        stays: way.stays,
        from: way.from,
        path: way.path,
        path_cut: way.path_cut,
    }
}

/// What speaks against an operation drawing from a lot, overrides aside.
fn objection(
    lot: &Lot,
    operation: &EventId,
    kind: OperationKind,
    link: Link<'_>,
) -> Option<(Blocked, String)> {
    let quarantine = &lot.quarantine;
    if quarantine.is_clear() || kind == OperationKind::Scrap {
        return None;
    }
    let blocked = |obstacle, hold| Blocked { lot: lot.id.clone(), obstacle, hold };
    if let Some(mark) = quarantine.marks.iter().find(|mark| blocks(lot, mark, link)) {
        let how = match mark.kind {
            MarkKind::Held => "held",
            MarkKind::Suspect => "suspect",
        };
        let message = format!(
            "lot {} is {how} by hold {} ({}), path {}; release the hold, scrap the lot, or send an override for {operation} first",
            lot.id,
            mark.hold,
            mark.reason,
            mark.path_text()
        );
        return Some((blocked(Obstacle::OnHold, Some(mark.hold.clone())), message));
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

/// Whether a mark forbids this draw. What was surely drawn before the trouble arrived, or after it was cleaned away, is
/// not suspect (rules 2 and 8), unless a clock error leaves that open (rule 3).
fn blocks(lot: &Lot, mark: &HoldMark, link: Link<'_>) -> bool {
    let conflict = lot.earliest_production.is_some_and(|produced| link.latest < produced);
    match (mark.kind, mark.policy) {
        (MarkKind::Held, _) => true,
        (MarkKind::Suspect, HoldPolicy::Warn) => false,
        (MarkKind::Suspect, HoldPolicy::Block) => conflict || mark.meets(link.earliest, link.latest),
    }
}
