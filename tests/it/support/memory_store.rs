//! A small store in memory for tests of layers: quick, exact, and only as complete as those tests need.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use lotgraph::domain::{
    EventId, Fact, Likeness, Lot, LotId, LotName, Master, MasterRef, MaterialCode, Namesakes, Node, NodeRef,
    OperationKind, Record, RecordRef, RecordedOperation, Role, Text, Timestamp, Voided,
};
use lotgraph::format::event::from_body;
use lotgraph::genealogy::subgraph::{RawLink, SubgraphBuilder, SubgraphLot, SubgraphOperation};
use lotgraph::planner::{
    FirstLinks, HoldPaths, LinkRow, Movement, Need, OperationRow, Planning, Rules, State, Writes, bodies,
};
use lotgraph::store::project::check_order;
use lotgraph::store::{
    Batch, Bucket, ChangePage, Closure, Direction, Edge, EdgeKey, EdgePage, EdgesOf, Find, FindKey, Ledger,
    LedgerPosition, Limits, Page, Reader, Readiness, Receipt, RecordedEvent, RecordedRevision, Result,
    Revision, StoreError, StoreErrorKind, Subgraph, Tally, What,
};

type LinkKey = (EventId, Role, u32);

#[derive(Default)]
struct Plant {
    revision: u64,
    events: HashMap<EventId, RecordedEvent>,
    lots: BTreeMap<LotId, Lot>,
    /// The lots that go by each name.
    named: HashMap<LotName, BTreeSet<LotId>>,
    masters: BTreeMap<MasterRef, Master>,
    operations: BTreeMap<EventId, (OperationRow, Option<Voided>)>,
    links: BTreeMap<LinkKey, LinkRow>,
    links_of: HashMap<LotId, BTreeSet<LinkKey>>,
    records: BTreeMap<RecordRef, Record>,
}

/// The store.
pub struct MemoryStore {
    identity: uuid::Uuid,
    plant: Mutex<Plant>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self { identity: uuid::Uuid::new_v4(), plant: Mutex::default() }
    }
}

impl MemoryStore {
    fn plant(&self) -> MutexGuard<'_, Plant> {
        self.plant.lock().unwrap()
    }
}

fn names_of(lot: &Lot) -> impl Iterator<Item = LotName> {
    let numbers = [&lot.number, &lot.supplier_lot].into_iter().flatten().cloned().map(LotName::Numbered);
    std::iter::once(LotName::Alike(Likeness::of(lot.id.as_str()))).chain(numbers)
}

impl Plant {
    /// Answers one need of the planner.
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
            Need::Namesakes(names) => {
                let found = names.into_iter().map(|name| (self.namesakes(&name), name));
                let known = found.filter(|(found, _)| found.count > 0).map(|(found, name)| (name, found));
                state.namesakes.extend(known);
            }
            Need::Documents { documents, limit } => {
                for document in documents {
                    let operations = self.documented(&document, limit);
                    if !operations.is_empty() {
                        state.documents.insert(document, operations);
                    }
                }
            }
            Need::Materials(codes) => {
                for code in codes {
                    let known = self.masters.get(&MasterRef::Material(code.clone()));
                    if let Some(Master::Material(material)) = known {
                        state.materials.insert(code, material.clone());
                    }
                }
            }
            Need::MaterialsInUse(codes) => {
                let of =
                    |code: &MaterialCode| self.lots.values().any(|lot| lot.material.as_ref() == Some(code));
                state.in_use.extend(codes.into_iter().filter(of));
            }
            Need::RecordedUnder { names, limit: _ } => {
                for lotgraph::planner::RecordedUnder { lot, names: _ } in names {
                    let operations: BTreeSet<EventId> =
                        self.links_at(&lot).map(|link| link.operation.clone()).collect();
                    state.recorded_under.extend(operations);
                }
            }
            Need::Movements(ids) => {
                for id in ids {
                    let movement = |link: &LinkRow| Movement {
                        kind: self.operations[&link.operation].0.kind,
                        link: raw_link(link),
                    };
                    state.movements.insert(id.clone(), self.links_at(&id).map(movement).collect());
                }
            }
            Need::FirstLinks(needs) => {
                for lot in needs.lots {
                    let links =
                        || self.links_at(&lot).filter(|link| !needs.without.contains(&link.operation));
                    // What carries on a shipment was drawn and made before.
                    let of = |role| links().filter(move |link| link.role == role && !link.sense.continues());
                    let production = of(Role::Produced).map(|link| link.earliest).min();
                    let drawn = of(Role::Consumed);
                    let draw = drawn.map(|link| link.latest).min();
                    state.first_links.insert(lot.clone(), FirstLinks { production, draw });
                }
            }
            Need::HoldPaths { forward, producers } => {
                let forward = self.closure(&Closure::for_holds(forward, Direction::Forward, None));
                let producers = self.closure(&Closure::for_holds(producers, Direction::Backward, Some(1)));
                state.paths = Some(HoldPaths::of(&forward, &producers));
            }
            Need::Records(references) => {
                let known = |reference: RecordRef| {
                    self.records.get(&reference).map(|record| (reference, record.clone()))
                };
                state.records.extend(references.into_iter().filter_map(known));
            }
        }
    }

    /// Plans and writes.
    fn carry_out(&mut self, mut planning: Planning) -> Receipt {
        let bodies = bodies(&planning.events());
        while let Some(need) = planning.next_need() {
            self.answer(need, &mut planning.state);
        }
        let plan = planning.finish(Revision(self.revision), bodies);
        let writes = plan.writes.clone();
        let receipt = plan.into_receipt(Revision(self.revision));
        if !writes.is_empty() {
            self.apply(writes);
            self.revision = receipt.revision.0;
        }
        receipt
    }

    fn apply(&mut self, writes: Writes) {
        let events = writes.revisions.into_iter().flat_map(|revision| {
            let commit = revision.commit;
            revision.events.into_iter().map(move |row| (commit, row))
        });
        for (commit, row) in events {
            let event = from_body(row.id.clone(), &row.body).unwrap();
            if let Fact::Void(void) = &event.fact {
                self.events.get_mut(&void.event).unwrap().voided_by = Some(row.id.clone());
            }
            let recorded = RecordedEvent { event, body: row.body, commit, voided_by: None };
            self.events.insert(row.id, recorded);
        }
        self.masters.extend(writes.masters.into_iter().map(|master| (master.reference(), master)));
        for mention in writes.mentions {
            self.masters.entry(mention.clone()).or_insert_with(|| mention.mentioned());
        }
        self.operations.extend(writes.operations.into_iter().map(|row| (row.id.clone(), (row, None))));
        for moved in writes.moved {
            let known = self.operations.get_mut(&moved.operation.id).unwrap();
            (known.0.names, known.0.pairs) = (moved.operation.names, moved.operation.pairs);
        }
        for unlink in writes.unlinks {
            let key = (unlink.operation, unlink.role, unlink.position);
            let link = self.links.remove(&key).unwrap();
            assert_eq!(link.lot, unlink.lot, "a link leaves the lot that it is recorded of");
            self.links_of.get_mut(&link.lot).unwrap().remove(&key);
        }
        for link in writes.links {
            let key = (link.operation.clone(), link.role, link.position);
            self.links_of.entry(link.lot.clone()).or_default().insert(key.clone());
            self.links.insert(key, link);
        }
        for void in writes.voids {
            let keys: Vec<LinkKey> = self.links_from(&void.operation).map(|(key, _)| key.clone()).collect();
            for key in keys {
                let link = self.links.remove(&key).unwrap();
                self.links_of.get_mut(&link.lot).unwrap().remove(&key);
            }
            self.operations.get_mut(&void.operation).unwrap().1 = Some(void.voided);
        }
        for row in writes.records {
            let reference = row.body.reference();
            self.records.insert(reference, Record { place: row.place, body: row.body });
        }
        for row in writes.lots {
            if let Some(before) = self.lots.get(&row.lot.id) {
                for name in names_of(before) {
                    self.named.entry(name).or_default().remove(&before.id);
                }
            }
            for name in names_of(&row.lot) {
                self.named.entry(name).or_default().insert(row.lot.id.clone());
            }
            self.lots.insert(row.lot.id.clone(), row.lot);
        }
    }

    fn links_from(&self, operation: &EventId) -> impl Iterator<Item = (&LinkKey, &LinkRow)> {
        let first = (operation.clone(), Role::Consumed, 0);
        let last = (operation.clone(), Role::InPlace, u32::MAX);
        self.links.range(first..=last)
    }

    fn links_at(&self, lot: &LotId) -> impl Iterator<Item = &LinkRow> {
        self.links_of.get(lot).into_iter().flatten().map(|key| &self.links[key])
    }

    fn documented(&self, document: &Text, limit: usize) -> Vec<(EventId, OperationKind)> {
        let live = self.operations.values().filter(|(_, voided)| voided.is_none()).map(|(row, _)| row);
        let bearing = live.filter(|row| row.document.as_ref() == Some(document));
        bearing.map(|row| (row.id.clone(), row.kind)).take(limit).collect()
    }

    fn namesakes(&self, name: &LotName) -> Namesakes {
        let mut found = Namesakes::default();
        self.named.get(name).into_iter().flatten().for_each(|lot| found.push(lot.clone()));
        found
    }

    fn node(&self, reference: &NodeRef) -> Option<Node> {
        match reference {
            NodeRef::Lot(id) => self.lots.get(id).map(|lot| Node::Lot(Box::new(lot.clone()))),
            NodeRef::Master(reference) => self.masters.get(reference).cloned().map(Node::Master),
            NodeRef::Record(reference) => {
                self.records.get(reference).map(|record| Node::Record(Box::new(record.clone())))
            }
            NodeRef::Operation(id) => {
                let (row, voided) = self.operations.get(id)?;
                let Fact::Operation(operation) = self.events[id].event.fact.clone() else { return None };
                let names = row.names.clone();
                let operation = names.applied(operation);
                let node = RecordedOperation { id: id.clone(), operation, names, voided: voided.clone() };
                Some(Node::Operation(Box::new(node)))
            }
        }
    }

    /// Whether it is a lot, and not only another name of one.
    fn is_lot(&self, id: &LotId) -> bool {
        self.lots.get(id).is_some_and(|lot| lot.alias_of.is_none())
    }

    fn closure(&self, query: &Closure) -> Subgraph {
        let (into, out_of) = match query.direction {
            Direction::Forward => (Role::Consumed, Role::Produced),
            Direction::Backward => (Role::Produced, Role::Consumed),
        };
        let mut unknown: Vec<LotId> = query.seeds.clone();
        unknown.retain(|seed| !self.is_lot(seed));
        let mut room = query.nodes_max as usize;
        let mut cut = false;
        let mut lots: BTreeMap<LotId, u32> = BTreeMap::new();
        let mut operations: BTreeMap<EventId, u32> = BTreeMap::new();
        let mut layer: BTreeSet<LotId> =
            query.seeds.iter().filter(|seed| self.is_lot(seed)).cloned().collect();
        let mut hops = 0;
        loop {
            keep(&mut layer, &mut room, &mut cut);
            lots.extend(layer.iter().map(|lot| (lot.clone(), hops)));
            if layer.is_empty() || query.max_depth.is_some_and(|depth| hops >= depth * 2) {
                break;
            }
            let led = layer.iter().flat_map(|lot| self.links_at(lot));
            let mut next: BTreeSet<EventId> = led
                .filter(|link| link.role == into || link.role == Role::InPlace)
                .map(|link| link.operation.clone())
                .filter(|operation| !operations.contains_key(operation))
                .collect();
            keep(&mut next, &mut room, &mut cut);
            operations.extend(next.iter().map(|operation| (operation.clone(), hops + 1)));
            let reached = next.iter().flat_map(|operation| self.links_from(operation));
            layer = reached
                .filter(|(_, link)| link.role == out_of && !lots.contains_key(&link.lot))
                .map(|(_, link)| link.lot.clone())
                .collect();
            hops += 2;
        }
        self.subgraph(query, lots, operations).build(Revision(self.revision), unknown, cut)
    }

    fn subgraph(
        &self,
        query: &Closure,
        lots: BTreeMap<LotId, u32>,
        operations: BTreeMap<EventId, u32>,
    ) -> SubgraphBuilder {
        let links = lots.keys().flat_map(|lot| self.links_at(lot)).map(raw_link);
        let links = links.collect();
        let operation = |(id, hops): (EventId, u32)| {
            let row = &self.operations[&id].0;
            let (kind, start, end, party) = (row.kind, row.start, row.end, row.party.clone());
            SubgraphOperation { id, kind, hops, start, end, party, pairs: row.pairs.clone() }
        };
        let lot = |(id, hops): (LotId, u32)| {
            let lot = &self.lots[&id];
            let (material, earliest_production) = (lot.material.clone(), lot.earliest_production);
            let overdrawn = (!lot.overdrawn.is_clear()).then(|| Box::new(lot.overdrawn.clone()));
            SubgraphLot { id, material, hops, earliest_production, overdrawn, leads_on: false }
        };
        SubgraphBuilder {
            direction: query.direction,
            lots: lots.into_iter().map(lot).collect(),
            operations: operations.into_iter().map(operation).collect(),
            links,
        }
    }
}

/// Keeps the first of a layer as long as there is room.
fn keep<T: Ord>(layer: &mut BTreeSet<T>, room: &mut usize, cut: &mut bool) {
    while layer.len() > *room {
        layer.pop_last();
        *cut = true;
    }
    *room -= layer.len();
}

fn beyond<T>(operation: &'static str) -> Result<T> {
    Err(StoreError::new(StoreErrorKind::Invalid("the test store cannot answer this".into()), operation))
}

#[async_trait]
impl Reader for MemoryStore {
    fn name(&self) -> String {
        "test".to_owned()
    }

    fn limits(&self) -> Limits {
        Limits::DEFAULT
    }

    fn statements(&self) -> u64 {
        0
    }

    async fn identity(&self) -> Result<String> {
        Ok(self.identity.to_string())
    }

    async fn ready(&self) -> Result<Readiness> {
        Ok(Readiness { server: "test".to_owned(), revision: Revision(self.plant().revision) })
    }

    async fn revision(&self) -> Result<Revision> {
        Ok(Revision(self.plant().revision))
    }

    async fn events(&self, ids: &[EventId]) -> Result<Vec<Option<RecordedEvent>>> {
        let plant = self.plant();
        Ok(ids.iter().map(|id| plant.events.get(id).cloned()).collect())
    }

    async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        let plant = self.plant();
        Ok(refs.iter().map(|reference| plant.node(reference)).collect())
    }

    async fn find(&self, query: &Find) -> Result<Page<Node>> {
        let What::Lots(filter) = &query.what else { return beyond("find") };
        let plant = self.plant();
        let after = |lot: &&Lot| match &query.after {
            Some(FindKey::Id(id)) => lot.id.as_str() > id.as_str(),
            Some(other) => panic!("{other:?} is no place among lots"),
            None => true,
        };
        let mut found = plant.lots.values().filter(after).filter(|lot| filter.matches(lot, None));
        let items = found.by_ref().take(query.first as usize);
        let items = items.map(|lot| Node::Lot(Box::new(lot.clone()))).collect();
        Ok(Page { items, more: found.next().is_some() })
    }

    async fn documented(&self, documents: &[Text], limit: u32) -> Result<Vec<Vec<(EventId, OperationKind)>>> {
        let plant = self.plant();
        Ok(documents.iter().map(|document| plant.documented(document, limit as usize)).collect())
    }

    async fn namesakes(&self, names: &[LotName]) -> Result<Vec<Namesakes>> {
        let plant = self.plant();
        Ok(names.iter().map(|name| plant.namesakes(name)).collect())
    }

    async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        let plant = self.plant();
        let page = |lot: &LotId| {
            let links = plant.links_at(lot).filter(|link| query.roles.contains(&link.role));
            let mut edges: Vec<Edge> = links
                .map(|link| Edge {
                    key: EdgeKey {
                        earliest: link.earliest,
                        operation: link.operation.clone(),
                        role: link.role,
                        position: link.position,
                    },
                    kind: plant.operations[&link.operation].0.kind,
                    latest: link.latest,
                    quantity: link.quantity.clone(),
                    sense: link.sense.clone(),
                })
                .filter(|edge| query.after.as_ref().is_none_or(|after| edge.key > *after))
                .collect();
            edges.sort_unstable_by(|a, b| a.key.cmp(&b.key));
            let more = edges.len() > query.first as usize;
            edges.truncate(query.first as usize);
            EdgePage { edges, more }
        };
        Ok(query.lots.iter().map(page).collect())
    }

    async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        let plant = self.plant();
        if query.at.is_some_and(|at| at != Revision(plant.revision)) {
            return Err(StoreError::new(StoreErrorKind::Stale, "closure"));
        }
        Ok(plant.closure(query))
    }

    async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        let Tally::Count(What::Lots(filter)) = query else { return beyond("tally") };
        let count = self.plant().lots.values().filter(|lot| filter.matches(lot, None)).count() as u64;
        Ok(vec![Bucket { key: None, count }])
    }

    async fn settled_revision(&self) -> Result<Revision> {
        self.revision().await
    }

    async fn revision_at(&self, _at: Timestamp) -> Result<Revision> {
        beyond("revision_at")
    }

    async fn changes(&self, _after: LedgerPosition, _limit: u32) -> Result<ChangePage> {
        beyond("changes")
    }
}

#[async_trait]
impl Ledger for MemoryStore {
    async fn prepare(&self) -> Result<()> {
        Ok(())
    }

    async fn commit(&self, batch: &Batch) -> Result<Receipt> {
        Ok(self.plant().carry_out(Planning::judge(batch.clone(), Rules::default())))
    }

    async fn project(&self, mut revisions: Vec<RecordedRevision>) -> Result<Revision> {
        let mut plant = self.plant();
        let repeated = check_order(Revision(plant.revision), &revisions);
        let due = revisions.split_off(repeated.map_err(|kind| StoreError::new(kind, "project"))?);
        Ok(plant.carry_out(Planning::project(due)).revision)
    }
}

fn raw_link(link: &LinkRow) -> RawLink {
    RawLink {
        lot: link.lot.clone(),
        operation: link.operation.clone(),
        role: link.role,
        position: link.position,
        quantity: link.quantity.clone(),
        earliest: link.earliest,
        latest: link.latest,
        sense: link.sense.clone(),
    }
}
