//! Judges events as a commit would, without writing to the store: the dry run of an import.
//!
//! What the batches before would have changed is kept in an overlay, a store for a while: it holds the lots, events,
//! records and operations that they touched. Every need of the planner is answered from the overlay and, for what that does
//! not hold, from the store. So a dry run and an import differ in nothing but where the rows go.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::recorder::new_batch;
use crate::refusal::refusals;
use lotgraph_domain::{
    Caller, Event, EventId, Fact, LotId, LotName, Master, MasterRef, MaterialCode, Node, NodeRef,
    OperationKind, RecordRef, Role, Text, Timestamp,
};
use lotgraph_genealogy::subgraph::{Cut, RawLink};
use lotgraph_planner::{
    FirstLinks, FirstLinksNeeds, HoldPaths, Movement, Need, PathOperation, Planning, RecordedUnder, Rules,
    State, bodies,
};
use lotgraph_store::scratch::{ScratchStore, ScratchStores};
use lotgraph_store::{
    Batch, Closure, Direction, Edge, EdgeKey, EdgesOf, EventOutcome, Find, LotFilter, Reader, RecordedEvent,
    Result, Revision, StoreError, StoreErrorKind, What,
};

/// Links of a lot read at once.
const EDGES: u32 = 10_000;

/// What the batches before would have recorded.
pub(super) struct Rehearsal {
    overlay: Arc<dyn ScratchStore>,
    rules: Rules,
    /// Operations of the store that those batches would have voided, with the void.
    voided: BTreeMap<EventId, EventId>,
    /// Operations of the store of which links would have been moved: the overlay has them as they would be.
    moved: BTreeSet<EventId>,
    /// The revision that an import would stand at.
    revision: Revision,
}

impl Rehearsal {
    /// Begins over a store with these rules; the overlay is one of `scratch`.
    pub(super) async fn begin(store: &dyn Reader, scratch: &ScratchStores, rules: Rules) -> Result<Self> {
        let revision = store.revision().await?;
        Ok(Self {
            overlay: scratch().await?,
            rules,
            voided: BTreeMap::new(),
            moved: BTreeSet::new(),
            revision,
        })
    }

    /// What an import of these events would answer. The refusals that it would record are judged with them.
    pub(super) async fn import(
        &mut self,
        store: &dyn Reader,
        events: Vec<Event>,
        caller: &Caller,
    ) -> Result<Vec<EventOutcome>> {
        let batch = new_batch(events, false, caller);
        let outcomes = self.judge(store, batch.clone()).await?;
        let refusals = refusals(&batch.events, &outcomes);
        if !refusals.is_empty() {
            self.judge(store, new_batch(refusals, false, caller)).await?;
        }
        Ok(outcomes)
    }

    /// What a commit of this batch would answer.
    async fn judge(&mut self, store: &dyn Reader, batch: Batch) -> Result<Vec<EventOutcome>> {
        let mut planning = Planning::judge(batch, self.rules.clone());
        let bodies = bodies(&planning.events());
        while let Some(need) = planning.next_need() {
            self.answer(store, need, &mut planning.state).await?;
        }
        let recorded: BTreeSet<EventId> = planning.state.events.keys().cloned().collect();
        let plan = planning.finish(self.revision, bodies);
        if let Some(revision) = plan.writes.revision().filter(|_| plan.applied) {
            for void in plan.writes.voids.iter().filter(|void| recorded.contains(&void.operation)) {
                self.voided.insert(void.operation.clone(), void.voided.by.clone());
            }
            self.moved.extend(plan.writes.moved.iter().map(|moved| moved.event.id.clone()));
            self.overlay.overlay(plan.writes).await?;
            self.revision = revision;
        }
        Ok(plan.outcomes)
    }

    /// Answers one need of the planner.
    async fn answer(&self, store: &dyn Reader, need: Need, state: &mut State) -> Result<()> {
        match need {
            Need::Events(ids) => self.events(store, ids, state).await,
            Need::Lots(ids) => self.lots(store, ids, state).await,
            Need::Namesakes(names) => self.namesakes(store, names, state).await,
            Need::RecordedUnder { names, limit: _ } => self.recorded_under(store, names, state).await,
            Need::Documents { documents, limit } => self.documents(store, documents, limit, state).await,
            Need::Materials(codes) => self.materials(store, codes, state).await,
            Need::MaterialsInUse(codes) => self.materials_in_use(store, codes, state).await,
            Need::Movements(ids) => self.movements(store, ids, state).await,
            Need::FirstLinks(needs) => self.first_links(store, needs, state).await,
            Need::HoldPaths { forward, producers } => {
                let (lots, forward) = self.walk(store, forward, Direction::Forward, None).await?;
                let (_, found) = self.walk(store, producers.clone(), Direction::Backward, Some(1)).await?;
                let produced = producers.iter().collect();
                state.paths = Some(HoldPaths::new(lots, forward, found, &produced));
                Ok(())
            }
            Need::Records(references) => self.records(store, references, state).await,
        }
    }

    async fn events(&self, store: &dyn Reader, ids: Vec<EventId>, state: &mut State) -> Result<()> {
        let (over, under) = (self.overlay.events(&ids).await?, store.events(&ids).await?);
        for recorded in over.into_iter().zip(under).filter_map(|(over, under)| over.or(under)) {
            let id = recorded.event.id.clone();
            let voided_by = recorded.voided_by.clone().or_else(|| self.voided.get(&id).cloned());
            state.events.insert(id, RecordedEvent { voided_by, ..recorded });
        }
        Ok(())
    }

    async fn lots(&self, store: &dyn Reader, ids: Vec<LotId>, state: &mut State) -> Result<()> {
        for node in self.nodes(store, ids.into_iter().map(NodeRef::Lot).collect()).await? {
            if let Node::Lot(lot) = node {
                state.lots.insert(lot.id.clone(), *lot);
            }
        }
        Ok(())
    }

    /// The lots of both that go by the names. A lot that the overlay has may be there under other numbers than in the store;
    /// the planner looks at its own lots for that.
    async fn namesakes(&self, store: &dyn Reader, names: Vec<LotName>, state: &mut State) -> Result<()> {
        let (over, under) = (self.overlay.namesakes(&names).await?, store.namesakes(&names).await?);
        for (name, (over, under)) in names.into_iter().zip(over.into_iter().zip(under)) {
            let found = over.and(under);
            if found.count > 0 {
                state.namesakes.insert(name, found);
            }
        }
        Ok(())
    }

    /// What the overlay has of the store too comes twice, and is named once.
    async fn documents(
        &self,
        store: &dyn Reader,
        documents: Vec<Text>,
        limit: usize,
        state: &mut State,
    ) -> Result<()> {
        // Operations that would have been voided are read, and left out.
        let limit = u32::try_from(limit + self.voided.len()).unwrap_or(u32::MAX).min(store.limits().page_max);
        let refs = store.limits().refs_max.min(self.overlay.limits().refs_max);
        for documents in documents.chunks(refs) {
            let over = self.overlay.documented(documents, limit).await?;
            let under = store.documented(documents, limit).await?;
            for (document, (over, under)) in documents.iter().zip(over.into_iter().zip(under)) {
                let all: BTreeMap<EventId, OperationKind> = over.into_iter().chain(under).collect();
                let live = all.into_iter().filter(|(id, _)| !self.voided.contains_key(id));
                let live: Vec<(EventId, OperationKind)> = live.collect();
                if !live.is_empty() {
                    state.documents.insert(document.clone(), live);
                }
            }
        }
        Ok(())
    }

    async fn records(&self, store: &dyn Reader, references: Vec<RecordRef>, state: &mut State) -> Result<()> {
        for node in self.nodes(store, references.into_iter().map(NodeRef::Record).collect()).await? {
            if let Node::Record(record) = node {
                state.records.insert(record.body.reference(), *record);
            }
        }
        Ok(())
    }

    /// The nodes of the overlay, and of the store where that has none.
    async fn nodes(&self, store: &dyn Reader, refs: Vec<NodeRef>) -> Result<Vec<Node>> {
        let (over, under) = (self.overlay.get(&refs).await?, store.get(&refs).await?);
        Ok(over.into_iter().zip(under).filter_map(|(over, under)| over.or(under)).collect())
    }

    /// A declaration counts before a mere mention, wherever it is; of two, the one of the overlay.
    async fn materials(&self, store: &dyn Reader, codes: Vec<MaterialCode>, state: &mut State) -> Result<()> {
        let refs: Vec<NodeRef> =
            codes.into_iter().map(|code| NodeRef::Master(MasterRef::Material(code))).collect();
        let nodes = [store.get(&refs).await?, self.overlay.get(&refs).await?];
        for node in nodes.into_iter().flatten().flatten() {
            if let Node::Master(Master::Material(material)) = node
                && (material.declared || !state.materials.contains_key(&material.code))
            {
                state.materials.insert(material.code.clone(), material);
            }
        }
        Ok(())
    }

    async fn materials_in_use(
        &self,
        store: &dyn Reader,
        codes: Vec<MaterialCode>,
        state: &mut State,
    ) -> Result<()> {
        for code in codes {
            let of = LotFilter { materials: Some(vec![code.clone()]), ..LotFilter::default() };
            let query = Find { what: What::Lots(of), after: None, first: 1 };
            for reader in [store, self.overlay.as_ref() as &dyn Reader] {
                if !reader.find(&query).await?.items.is_empty() {
                    state.in_use.insert(code.clone());
                }
            }
        }
        Ok(())
    }

    async fn movements(&self, store: &dyn Reader, ids: Vec<LotId>, state: &mut State) -> Result<()> {
        for lot in ids {
            let mut movements = Vec::new();
            add_movements(store, &lot, |id| self.gone(id), &mut movements).await?;
            add_movements(self.overlay.as_ref(), &lot, |id| self.voided.contains_key(id), &mut movements)
                .await?;
            state.movements.insert(lot, movements);
        }
        Ok(())
    }

    /// Whether the store has an operation that would not be there, or not as it is there.
    fn gone(&self, operation: &EventId) -> bool {
        self.voided.contains_key(operation) || self.moved.contains(operation)
    }

    /// Looks at every operation of a lot and at what its event names: a rehearsal may be slower than the import.
    async fn recorded_under(
        &self,
        store: &dyn Reader,
        names: Vec<RecordedUnder>,
        state: &mut State,
    ) -> Result<()> {
        for RecordedUnder { lot, names } in names {
            let mut movements = Vec::new();
            add_movements(store, &lot, |id| self.gone(id), &mut movements).await?;
            add_movements(self.overlay.as_ref(), &lot, |id| self.voided.contains_key(id), &mut movements)
                .await?;
            let operations: BTreeSet<EventId> =
                movements.into_iter().map(|movement| movement.link.operation).collect();
            let mut events = State::default();
            self.events(store, operations.into_iter().collect(), &mut events).await?;
            let under = events.events.into_values().filter(|recorded| {
                let Fact::Operation(operation) = &recorded.event.fact else { return false };
                operation.links().any(|link| names.contains(link.lot))
            });
            state.recorded_under.extend(under.map(|recorded| recorded.event.id));
        }
        Ok(())
    }

    async fn first_links(&self, store: &dyn Reader, needs: FirstLinksNeeds, state: &mut State) -> Result<()> {
        let without: BTreeSet<&EventId> = needs.without.iter().chain(self.voided.keys()).collect();
        for lot in needs.lots {
            let mut first = FirstLinks::default();
            let without_moved: BTreeSet<&EventId> = without.iter().copied().chain(&self.moved).collect();
            let readers = [(store, &without_moved), (self.overlay.as_ref() as &dyn Reader, &without)];
            for (reader, without) in readers {
                let production = earliest(reader, &lot, Role::Produced, without).await?;
                let draw = earliest(reader, &lot, Role::Consumed, without).await?;
                first.production = first.production.into_iter().chain(production).min();
                first.draw = first.draw.into_iter().chain(draw).min();
            }
            state.first_links.insert(lot, first);
        }
        Ok(())
    }

    /// What is reached through the store and the overlay together: from lots that only the one leads to, the other is
    /// asked to go on, until neither knows more.
    async fn walk(
        &self,
        store: &dyn Reader,
        seeds: Vec<LotId>,
        direction: Direction,
        max_depth: Option<u32>,
    ) -> Result<(BTreeSet<LotId>, Vec<PathOperation>)> {
        let mut lots: BTreeSet<LotId> = seeds.iter().cloned().collect();
        let mut operations: BTreeMap<EventId, PathOperation> = BTreeMap::new();
        let mut asked: BTreeSet<LotId> = BTreeSet::new();
        let mut frontier = seeds;
        while !frontier.is_empty() {
            asked.extend(frontier.iter().cloned());
            for (reader, beneath) in [(store, true), (self.overlay.as_ref() as &dyn Reader, false)] {
                for path in closure(reader, &frontier, direction, max_depth).await? {
                    let id = &path.operation.id;
                    if self.voided.contains_key(id) || beneath && self.moved.contains(id) {
                        continue;
                    }
                    let ends = path.links.iter().filter(|link| link.role == reached_by(direction));
                    lots.extend(ends.map(|link| link.lot.clone()));
                    // A closure shows only the links between what it reached: another may show others.
                    match operations.entry(path.operation.id.clone()) {
                        Entry::Vacant(place) => drop(place.insert(path)),
                        Entry::Occupied(mut known) => add_links(&mut known.get_mut().links, path.links),
                    }
                }
            }
            frontier = match max_depth {
                None => lots.difference(&asked).cloned().collect(),
                Some(_) => Vec::new(),
            };
        }
        Ok((lots, operations.into_values().collect()))
    }
}

/// Adds the links that are not known yet, in their order.
fn add_links(known: &mut Vec<RawLink>, more: Vec<RawLink>) {
    let same = |one: &RawLink, other: &RawLink| (one.role, one.position) == (other.role, other.position);
    let new: Vec<RawLink> =
        more.into_iter().filter(|link| !known.iter().any(|known| same(known, link))).collect();
    known.extend(new);
    known.sort_by_key(|link| (link.role, link.position));
}

/// The role of the lots that a walk reaches from an operation.
fn reached_by(direction: Direction) -> Role {
    match direction {
        Direction::Forward => Role::Produced,
        Direction::Backward => Role::Consumed,
    }
}

/// The operations reached from some lots. A commit follows holds without a limit; what is beyond the limit of a read is an
/// error here, never left out.
async fn closure(
    reader: &dyn Reader,
    seeds: &[LotId],
    direction: Direction,
    max_depth: Option<u32>,
) -> Result<Vec<PathOperation>> {
    let limits = reader.limits();
    let mut found = Vec::new();
    for seeds in seeds.chunks(limits.seeds_max) {
        let question = Closure::for_holds(seeds.to_vec(), direction, max_depth);
        let reached = reader.closure(&Closure { nodes_max: limits.nodes_max, ..question }).await?;
        if reached.cut == Some(Cut::Nodes) {
            let max = u64::from(limits.nodes_max);
            let kind = StoreErrorKind::LimitExceeded { limit: "nodes_max", max, got: max + 1 };
            return Err(StoreError::new(kind, "rehearse"));
        }
        found.extend(PathOperation::all_of(&reached));
    }
    Ok(found)
}

/// Adds the movements of a lot that one store knows, but for those of operations that are gone from it.
async fn add_movements(
    reader: &dyn Reader,
    lot: &LotId,
    gone: impl Fn(&EventId) -> bool,
    movements: &mut Vec<Movement>,
) -> Result<()> {
    let mut after: Option<EdgeKey> = None;
    loop {
        let roles = vec![Role::Consumed, Role::InPlace, Role::Produced];
        let question = EdgesOf { lots: vec![lot.clone()], roles, after: after.take(), first: EDGES };
        let Some(page) = reader.edges(&question).await?.pop() else { return Ok(()) };
        after = page.edges.last().map(|edge| edge.key.clone());
        let live = page.edges.into_iter().filter(|edge| !gone(&edge.key.operation));
        movements.extend(live.map(|Edge { key, kind, latest, quantity, sense }| {
            let EdgeKey { earliest, operation, role, position } = key;
            let link =
                RawLink { lot: lot.clone(), operation, role, position, quantity, earliest, latest, sense };
            Movement { kind, link }
        }));
        if !page.more || after.is_none() {
            return Ok(());
        }
    }
}

/// The first moment of a production of a lot, or the least of the last moments of its draws, some operations aside.
async fn earliest(
    reader: &dyn Reader,
    lot: &LotId,
    role: Role,
    without: &BTreeSet<&EventId>,
) -> Result<Option<Timestamp>> {
    let mut first: Option<Timestamp> = None;
    let mut after: Option<EdgeKey> = None;
    loop {
        let question =
            EdgesOf { lots: vec![lot.clone()], roles: vec![role], after: after.take(), first: EDGES };
        let Some(page) = reader.edges(&question).await?.pop() else { return Ok(first) };
        for edge in
            page.edges.iter().filter(|edge| !edge.sense.continues() && !without.contains(&edge.key.operation))
        {
            let moment = if role == Role::Produced { edge.key.earliest } else { edge.latest };
            first = Some(first.map_or(moment, |known| known.min(moment)));
        }
        // Links come by their earliest moment, so the first production is on the first page that has one.
        let found = role == Role::Produced && first.is_some();
        after = page.edges.last().map(|edge| edge.key.clone());
        if found || !page.more || after.is_none() {
            return Ok(first);
        }
    }
}
