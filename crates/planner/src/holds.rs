//! Which lots the holds mark. A hold marks its own lots, and those that a trace from them reaches.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use lotgraph_domain::{EventId, Fact, Hold, HoldMark, LotId, MarkKind, Operation, Release};

use crate::hold_graph::{HoldGraph, Stored, Way};
use crate::lots::Lots;
use crate::state::State;

/// The holds that the work records, and those that it meets on the lots it touches.
pub(crate) struct Holds {
    /// The part of the genealogy that the holds lead through; absent when none of them spreads to other lots.
    graph: Option<HoldGraph>,
    /// For each hold, the lots that carry its mark. Lots whose mark the work cannot change may be missing.
    marked: HashMap<EventId, BTreeSet<LotId>>,
    /// The events that placed the holds.
    facts: HashMap<EventId, Hold>,
    /// Holds whose marks may not show yet what the last events changed.
    stale: BTreeSet<EventId>,
}

impl Holds {
    /// The holds as they were before the work.
    pub(crate) fn new(state: &State) -> Self {
        let mut marked: HashMap<EventId, BTreeSet<LotId>> = HashMap::default();
        // The marks of a further name only wait for it to be a lot of its own again.
        for lot in state.lots.values().filter(|lot| lot.alias_of.is_none()) {
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

    /// The event that placed a hold.
    pub(crate) fn get(&self, id: &EventId) -> Option<&Hold> {
        self.facts.get(id)
    }

    /// Whether any of the holds belongs to a recall.
    pub(crate) fn any_of_recall(&self) -> bool {
        self.facts.values().any(|hold| hold.recall.is_some())
    }

    /// Places a hold.
    pub(crate) fn place(&mut self, id: &EventId, hold: &Hold, lots: &mut Lots) {
        for lot in &hold.lots {
            let meant = lots.aliases.meant(lot).clone();
            let mark = HoldMark {
                hold: id.clone(),
                kind: MarkKind::Held,
                policy: hold.policy,
                since: hold.at,
                late_capture: hold.late_capture,
                reason: hold.reason.clone(),
                recall: hold.recall.clone(),
                arrival: None,
                stays: Vec::new(),
                from: lot.clone(),
                path: Vec::new(),
                path_cut: false,
            };
            // A name keeps its mark for the time when it may be a lot of its own.
            if meant != *lot {
                lots.change(lot).quarantine.put_mark(mark.clone());
            }
            if meant == *lot || !is_held(lots, &meant, id) {
                lots.change(&meant).quarantine.put_mark(mark);
            }
        }
        self.marked.insert(id.clone(), hold.lots.iter().map(|lot| lots.aliases.meant(lot).clone()).collect());
        self.facts.insert(id.clone(), hold.clone());
        self.stale.insert(id.clone());
    }

    /// The lots that a release frees from a hold, each with whether the hold still holds it.
    pub(crate) fn held<'r>(
        &'r self,
        id: &EventId,
        hold: &'r Hold,
        release: &'r Release,
        lots: &Lots,
    ) -> Vec<(&'r LotId, bool)> {
        let named = if release.lots.is_empty() { &hold.lots } else { &release.lots };
        named.iter().map(|lot| (lot, is_held(lots, lots.aliases.meant(lot), id))).collect()
    }

    /// Takes lots out of a hold. Returns the lots that carried its mark and do not any more.
    pub(crate) fn free(&mut self, id: &EventId, freed: &[LotId], lots: &mut Lots) -> Vec<LotId> {
        let before = self.marked.get(id).cloned().unwrap_or_default();
        for lot in freed {
            let meant = lots.aliases.meant(lot).clone();
            for name in lots.aliases.under(&meant) {
                lots.change(&name).quarantine.remove_mark(id);
            }
        }
        self.spread(id, lots);
        before.into_iter().filter(|lot| mark_of(lots, lot, id).is_none()).collect()
    }

    /// Adds an operation that was recorded to what the holds lead through.
    pub(crate) fn follow(&mut self, id: &EventId, operation: &Operation, lots: &Lots) {
        let Some(graph) = &mut self.graph else { return };
        graph.add(id, operation);
        self.mark_stale(operation, lots);
    }

    /// Takes out an operation that was withdrawn.
    pub(crate) fn unfollow(&mut self, id: &EventId, operation: &Operation, lots: &Lots) {
        let Some(graph) = &mut self.graph else { return };
        graph.remove(id, operation);
        self.mark_stale(operation, lots);
    }

    /// Has the lot that a further name means carry the marks of holds that name it. What leads to the name leads to the lot.
    pub(crate) fn hand_over(&mut self, name: &LotId, meant: &LotId, lots: &mut Lots) {
        let marks = std::mem::take(&mut lots.change(name).quarantine.marks);
        for mark in marks {
            self.forget(&mark.hold, name);
            if mark.kind != MarkKind::Held {
                continue;
            }
            lots.change(name).quarantine.put_mark(mark.clone());
            self.marked.entry(mark.hold.clone()).or_default().insert(meant.clone());
            if !is_held(lots, meant, &mark.hold) {
                lots.change(meant).quarantine.put_mark(mark);
            }
        }
    }

    /// Has a name that is a lot of its own again carry the marks of the holds that name it, unless the lot that it meant was freed
    /// from them. `names` are all that were names of that lot because this one was.
    pub(crate) fn take_back(
        &mut self,
        name: &LotId,
        names: &BTreeSet<LotId>,
        meant: &LotId,
        lots: &mut Lots,
    ) {
        let marks = lots.change(name).quarantine.marks.clone();
        for mark in marks {
            if is_held(lots, meant, &mark.hold) {
                self.marked.entry(mark.hold.clone()).or_default().insert(name.clone());
            } else {
                lots.change(name).quarantine.remove_mark(&mark.hold);
            }
        }
        let lent = lots.change(meant).quarantine.marks.clone();
        for mark in lent.into_iter().filter(|mark| mark.kind == MarkKind::Held && names.contains(&mark.from))
        {
            // Another of its names may be held as well.
            let others = lots.aliases.under(meant);
            let other =
                others.iter().filter(|other| *other != meant).find(|other| is_held(lots, other, &mark.hold));
            match other {
                Some(other) => {
                    let from = other.clone();
                    lots.change(meant).quarantine.put_mark(HoldMark { from, ..mark });
                }
                None => {
                    lots.change(meant).quarantine.remove_mark(&mark.hold);
                    self.forget(&mark.hold, meant);
                }
            }
        }
    }

    /// Notes that a lot carries no mark of a hold any more, and that the hold may lead elsewhere by now.
    fn forget(&mut self, hold: &EventId, lot: &LotId) {
        if let Some(marked) = self.marked.get_mut(hold) {
            marked.remove(lot);
        }
        self.stale.insert(hold.clone());
    }

    /// Notes that the movements of some lots are in another order than their records say: walks through them may differ.
    pub(crate) fn restock(&mut self, restocked: &[LotId], lots: &Lots) {
        for lot in restocked.iter().filter_map(|lot| lots.get(lot)) {
            self.stale.extend(lot.quarantine.marks.iter().map(|mark| mark.hold.clone()));
        }
    }

    fn mark_stale(&mut self, operation: &Operation, lots: &Lots) {
        for link in operation.links() {
            let marks = lots.get(link.lot).map_or(&[][..], |lot| &lot.quarantine.marks);
            self.stale.extend(marks.iter().map(|mark| mark.hold.clone()));
        }
    }

    /// Brings the marks of every hold up to date with what was recorded.
    pub(crate) fn settle(&mut self, lots: &mut Lots) {
        while let Some(hold) = self.stale.pop_first() {
            self.spread(&hold, lots);
        }
    }

    /// Puts the mark of a hold on exactly those lots that are still held by it or that a trace from these
    /// reaches.
    fn spread(&mut self, id: &EventId, lots: &mut Lots) {
        let Some(graph) = &self.graph else { return };
        let Some(hold) = self.facts.get(id) else { return };
        let before = self.marked.get(id).cloned().unwrap_or_default();
        let held: BTreeSet<LotId> = before.iter().filter(|lot| is_held(lots, lot, id)).cloned().collect();
        let recorded = |lot: &LotId| Stored {
            earliest_production: lots.recorded_first(lot).production,
            overdrawn: lots.get(lot).map(|lot| &lot.overdrawn).filter(|overdrawn| !overdrawn.is_clear()),
        };
        let reached = if hold.propagate { graph.reach(&held, recorded) } else { BTreeMap::new() };
        let mut after = held;
        for lot in before.iter().filter(|lot| !after.contains(*lot) && !reached.contains_key(*lot)) {
            lots.change(lot).quarantine.remove_mark(id);
        }
        for (lot, way) in reached {
            let mark = suspect(id, hold, way);
            if mark_of(lots, &lot, id) != Some(&mark) {
                lots.change(&lot).quarantine.put_mark(mark);
            }
            after.insert(lot);
        }
        self.marked.insert(id.clone(), after);
    }
}

fn mark_of<'l>(lots: &'l Lots, lot: &LotId, hold: &EventId) -> Option<&'l HoldMark> {
    lots.get(lot).and_then(|lot| lot.quarantine.mark_of(hold))
}

fn is_held(lots: &Lots, lot: &LotId, hold: &EventId) -> bool {
    mark_of(lots, lot, hold).is_some_and(|mark| mark.kind == MarkKind::Held)
}

fn suspect(id: &EventId, hold: &Hold, way: Way) -> HoldMark {
    HoldMark {
        hold: id.clone(),
        kind: MarkKind::Suspect,
        policy: hold.policy,
        since: hold.at,
        late_capture: hold.late_capture,
        reason: hold.reason.clone(),
        recall: hold.recall.clone(),
        arrival: way.arrival,
        stays: way.stays,
        from: way.from,
        path: way.path,
        path_cut: way.path_cut,
    }
}
