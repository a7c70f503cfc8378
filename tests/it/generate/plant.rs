//! A plant in memory: events judged by the planner as a store would, and traced over a plain adjacency.

use std::collections::{HashMap, HashSet, VecDeque};

use lotgraph::domain::{Event, EventId, Lot, LotId, Master, Material, MaterialCode, Role};
use lotgraph::genealogy::subgraph::{RawLink, SubgraphBuilder};
use lotgraph::genealogy::{Subgraph, SubgraphLot, SubgraphOperation};
use lotgraph::planner::{LinkRow, Movement, Need, OperationRow, Planning, Rules, State, bodies};
use lotgraph::store::{Direction, RecordedEvent, Revision, Status};

use crate::support::events::batch;

/// The graph and the ledger of a plant.
#[derive(Default)]
pub struct PlantInMemory {
    pub lots: HashMap<LotId, Lot>,
    pub materials: HashMap<MaterialCode, Material>,
    pub operations: HashMap<EventId, OperationRow>,
    pub links: HashMap<EventId, Vec<LinkRow>>,
    events: HashMap<EventId, RecordedEvent>,
    of_lot: HashMap<LotId, Vec<(EventId, Role)>>,
    revision: u64,
}

impl PlantInMemory {
    /// Records events in batches; every one must be accepted.
    pub fn record(events: impl Iterator<Item = Event>) -> Self {
        let mut plant = Self::default();
        let mut events = events.peekable();
        while events.peek().is_some() {
            plant.commit(events.by_ref().take(1_000).collect());
        }
        plant.index();
        plant
    }

    fn commit(&mut self, events: Vec<Event>) {
        let batch = batch(events);
        let mut planning = Planning::judge(batch.clone(), Rules::default());
        while let Some(need) = planning.next_need() {
            self.answer(need, &mut planning.state);
        }
        let bodies = bodies(&planning.events());
        let planned = planning.finish(Revision(self.revision), bodies);
        self.revision += 1;
        for outcome in &planned.outcomes {
            assert_eq!(outcome.status, Status::Accepted, "event {}", outcome.id);
        }
        for (event, row) in batch.events.iter().zip(planned.writes.events()) {
            let recorded = RecordedEvent {
                event: event.clone(),
                body: row.body.clone(),
                commit: batch.commit,
                voided_by: None,
            };
            self.events.insert(row.id.clone(), recorded);
        }
        for master in planned.writes.masters {
            if let Master::Material(material) = master {
                self.materials.insert(material.code.clone(), material);
            }
        }
        self.lots.extend(planned.writes.lots.into_iter().map(|row| (row.lot.id.clone(), row.lot)));
        self.operations.extend(planned.writes.operations.into_iter().map(|row| (row.id.clone(), row)));
        for link in planned.writes.links {
            self.links.entry(link.operation.clone()).or_default().push(link);
        }
        for void in planned.writes.voids {
            self.operations.remove(&void.operation);
            self.links.remove(&void.operation);
        }
    }

    /// Generated plants have neither holds nor records nor further names, and name lots by their ids only; first links are taken anew by `index`.
    fn answer(&self, need: Need, state: &mut State) {
        match need {
            Need::Events(ids) => {
                let known = |id: EventId| self.events.get(&id).map(|event| (id, event.clone()));
                state.events.extend(ids.into_iter().filter_map(known));
            }
            Need::Lots(ids) => {
                let known = |id: LotId| self.lots.get(&id).map(|lot| (id, lot.clone()));
                state.lots.extend(ids.into_iter().filter_map(known));
            }
            Need::Materials(codes) => {
                let known = |code: MaterialCode| self.materials.get(&code).map(|known| (code, known.clone()));
                state.materials.extend(codes.into_iter().filter_map(known));
            }
            Need::Movements(ids) => {
                let wanted: std::collections::HashSet<LotId> = ids.into_iter().collect();
                for link in self.links.values().flatten().filter(|link| wanted.contains(&link.lot)) {
                    let kind = self.operations[&link.operation].kind;
                    let link = lotgraph::genealogy::subgraph::RawLink {
                        lot: link.lot.clone(),
                        operation: link.operation.clone(),
                        role: link.role,
                        position: link.position,
                        quantity: link.quantity.clone(),
                        earliest: link.earliest,
                        latest: link.latest,
                        sense: link.sense.clone(),
                    };
                    state.movements.entry(link.lot.clone()).or_default().push(Movement { kind, link });
                }
            }
            Need::MaterialsInUse(codes) => {
                let of =
                    |code: &MaterialCode| self.lots.values().any(|lot| lot.material.as_ref() == Some(code));
                state.in_use.extend(codes.into_iter().filter(of));
            }
            Need::Namesakes(_)
            | Need::RecordedUnder { .. }
            | Need::Documents { .. }
            | Need::FirstLinks(_)
            | Need::HoldPaths { .. }
            | Need::Records(_) => {}
        }
    }

    fn index(&mut self) {
        for link in self.links.values().flatten() {
            self.of_lot.entry(link.lot.clone()).or_default().push((link.operation.clone(), link.role));
        }
        let mut earliest: HashMap<&LotId, lotgraph::domain::Timestamp> = HashMap::new();
        for link in self.links.values().flatten().filter(|link| link.role == Role::Produced) {
            let known = earliest.entry(&link.lot).or_insert(link.earliest);
            *known = link.earliest.min(*known);
        }
        for (id, lot) in &mut self.lots {
            lot.earliest_production = earliest.get(id).copied();
        }
    }

    /// The structural closure of docs/TRACE_RULES.md, rule 1.
    pub fn closure(&self, seed: &LotId, direction: Direction) -> Subgraph {
        let (from, to) = match direction {
            Direction::Forward => (Role::Consumed, Role::Produced),
            Direction::Backward => (Role::Produced, Role::Consumed),
        };
        let mut lots: HashMap<LotId, u32> = HashMap::from([(seed.clone(), 0)]);
        let mut operations: HashMap<EventId, u32> = HashMap::new();
        let mut queue = VecDeque::from([seed.clone()]);
        while let Some(lot) = queue.pop_front() {
            let hops = lots[&lot];
            for (operation, role) in self.of_lot.get(&lot).into_iter().flatten() {
                if (*role != from && *role != Role::InPlace) || operations.contains_key(operation) {
                    continue;
                }
                operations.insert(operation.clone(), hops + 1);
                for link in self.links[operation].iter().filter(|link| link.role == to) {
                    if !lots.contains_key(&link.lot) {
                        lots.insert(link.lot.clone(), hops + 2);
                        queue.push_back(link.lot.clone());
                    }
                }
            }
        }
        self.build(direction, &lots, &operations)
    }

    fn build(
        &self,
        direction: Direction,
        lots: &HashMap<LotId, u32>,
        operations: &HashMap<EventId, u32>,
    ) -> Subgraph {
        let lot = |(id, hops): (&LotId, &u32)| SubgraphLot {
            id: id.clone(),
            material: self.lots[id].material.clone(),
            hops: *hops,
            earliest_production: self.lots[id].earliest_production,
            overdrawn: None,
            leads_on: false,
        };
        let operation = |(id, hops): (&EventId, &u32)| {
            let row = &self.operations[id];
            SubgraphOperation {
                id: id.clone(),
                kind: row.kind,
                hops: *hops,
                start: row.start,
                end: row.end,
                party: row.party.clone(),
                pairs: row.pairs.clone(),
            }
        };
        let link = |row: &LinkRow| RawLink {
            lot: row.lot.clone(),
            operation: row.operation.clone(),
            role: row.role,
            position: row.position,
            quantity: row.quantity.clone(),
            earliest: row.earliest,
            latest: row.latest,
            sense: row.sense.clone(),
        };
        SubgraphBuilder {
            direction,
            lots: lots.iter().map(lot).collect(),
            operations: operations.iter().map(operation).collect(),
            links: operations.keys().flat_map(|id| &self.links[id]).map(link).collect(),
        }
        .build(Revision(1), Vec::new(), false)
    }

    /// The lots that a trace under the time rule reaches.
    pub fn reached(&self, seed: &LotId, direction: Direction) -> HashSet<LotId> {
        let subgraph = self.closure(seed, direction);
        let trace = lotgraph::genealogy::trace(&subgraph, lotgraph::genealogy::TimeRule::default());
        trace.lots.iter().map(|node| subgraph.lots[node.index as usize].id.clone()).collect()
    }
}
