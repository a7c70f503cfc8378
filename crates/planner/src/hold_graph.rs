//! The part of the genealogy that the holds of a batch lead through. It is kept as the events judged so far
//! leave it.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use crate::state::{HoldPaths, PathOperation, bears_on_walks};
use lotgraph_domain::hold::PATH_STEPS_MAX;
use lotgraph_domain::{EventId, HoldStep, LotId, Operation, Overdrawn, Pairs, Role, Stay, Timestamp};
use lotgraph_genealogy::subgraph::{RawLink, SubgraphBuilder, SubgraphLot, SubgraphOperation};
use lotgraph_genealogy::{Direction, Revision, Subgraph, spread};

/// How trouble gets from a held lot to another.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) arrival: Option<Timestamp>,
    pub(crate) stays: Vec<Stay>,
    pub(crate) from: LotId,
    pub(crate) path: Vec<HoldStep>,
    pub(crate) path_cut: bool,
}

/// What the row of a lot says that bears on walks.
pub(crate) struct Stored<'l> {
    /// The earliest production that it had before the batch.
    pub(crate) earliest_production: Option<Timestamp>,
    /// What was overdrawn, as of now.
    pub(crate) overdrawn: Option<&'l Overdrawn>,
}

/// An operation with the links that trouble can follow.
struct Node {
    operation: SubgraphOperation,
    links: Vec<RawLink>,
}

/// For each lot the operations that produce it, each with the earliest moment at which it does.
type Productions = HashMap<LotId, BTreeMap<EventId, Timestamp>>;

/// The operations of the graph, and for each lot those to look at when a walk leaves it.
#[derive(Default)]
pub(crate) struct HoldGraph {
    operations: HashMap<EventId, Node>,
    /// For each lot, the operations that draw from it or clean it. A clean leads nowhere, but it cuts walks,
    /// so the closure must hold it.
    draws: HashMap<LotId, BTreeSet<EventId>>,
    /// The productions that were recorded before this batch, for those lots of which the batch may void one.
    /// All productions of such a lot are here, because when the earliest one is voided the next one takes its
    /// place. For every other lot it is enough to know the earliest production, which its row tells.
    recorded: Productions,
    /// The productions that this batch records.
    sent: Productions,
}

impl HoldGraph {
    /// The graph as it was recorded before the batch.
    pub(crate) fn new(paths: &HoldPaths) -> Self {
        let mut graph = Self::default();
        for PathOperation { operation, links } in &paths.forward {
            graph.insert(operation.clone(), links.clone());
        }
        for PathOperation { operation, links } in &paths.producers {
            for link in links.iter().filter(|link| link.role == Role::Produced && !link.sense.continues()) {
                note(&mut graph.recorded, &link.lot, &operation.id, link.earliest);
            }
        }
        graph
    }

    /// Adds an operation that the batch records.
    pub(crate) fn add(&mut self, id: &EventId, operation: &Operation) {
        let node = SubgraphOperation {
            id: id.clone(),
            kind: operation.kind,
            hops: 0,
            start: operation.start(),
            end: operation.at,
            party: None,
            pairs: Pairs::of(operation),
        };
        let links = operation.links().filter(|link| bears_on_walks(operation.kind, link.role));
        let links: Vec<RawLink> = links
            .map(|link| RawLink {
                lot: link.lot.clone(),
                operation: id.clone(),
                role: link.role,
                position: link.position,
                quantity: None,
                earliest: link.earliest,
                latest: link.latest,
                sense: link.sense.owned(),
            })
            .collect();
        for link in operation.links().filter(|link| link.brings_into_being()) {
            note(&mut self.sent, link.lot, id, link.earliest);
        }
        self.insert(node, links);
    }

    fn insert(&mut self, operation: SubgraphOperation, links: Vec<RawLink>) {
        for link in links.iter().filter(|link| link.role != Role::Produced) {
            self.draws.entry(link.lot.clone()).or_default().insert(operation.id.clone());
        }
        self.operations.insert(operation.id.clone(), Node { operation, links });
    }

    /// Takes out an operation that the batch voids.
    pub(crate) fn remove(&mut self, id: &EventId, operation: &Operation) {
        self.operations.remove(id);
        for link in operation.links() {
            if let Some(draws) = self.draws.get_mut(link.lot) {
                draws.remove(id);
            }
            for productions in [&mut self.recorded, &mut self.sent] {
                if let Some(productions) = productions.get_mut(link.lot) {
                    productions.remove(id);
                }
            }
        }
    }

    /// The earliest production of a lot as of now. `recorded` is the earliest one that its row told before
    /// the batch; it counts only when the batch voids no production of the lot.
    fn earliest_production(&self, lot: &LotId, recorded: Option<Timestamp>) -> Option<Timestamp> {
        let first = |productions: &BTreeMap<EventId, Timestamp>| productions.values().min().copied();
        let recorded = self.recorded.get(lot).map_or(recorded, first);
        let sent = self.sent.get(lot).and_then(first);
        recorded.into_iter().chain(sent).min()
    }

    /// The lots that a trace reaches from the held ones, without these. `recorded` tells what a lot's row says.
    pub(crate) fn reach<'l>(
        &self,
        held: &BTreeSet<LotId>,
        recorded: impl Fn(&LotId) -> Stored<'l>,
    ) -> BTreeMap<LotId, Way> {
        let subgraph = self.closure(held, recorded);
        let id = |lot: u32| subgraph.lots[lot as usize].id.clone();
        let ways = spread(&subgraph, PATH_STEPS_MAX).into_iter().map(|reached| {
            let steps = reached.path.iter().map(|(operation, lot)| HoldStep {
                operation: subgraph.operations[*operation as usize].id.clone(),
                lot: id(*lot),
            });
            let way = Way {
                arrival: reached.arrival,
                stays: reached.stays,
                from: id(reached.from),
                path: steps.collect(),
                path_cut: reached.path_cut,
            };
            (id(reached.lot), way)
        });
        ways.collect()
    }

    /// The structural closure (docs/TRACE_RULES.md, rule 1) of the held lots, built level by level.
    fn closure<'l>(&self, held: &BTreeSet<LotId>, recorded: impl Fn(&LotId) -> Stored<'l>) -> Subgraph {
        let mut builder = SubgraphBuilder {
            direction: Direction::Forward,
            lots: Vec::new(),
            operations: Vec::new(),
            links: Vec::new(),
        };
        let mut met: BTreeSet<LotId> = held.clone();
        let mut done: BTreeSet<&EventId> = BTreeSet::new();
        let mut level: Vec<LotId> = held.iter().cloned().collect();
        let mut hops = 0;
        while !level.is_empty() {
            let mut next = Vec::new();
            for id in level {
                let stored = recorded(&id);
                let earliest_production = self.earliest_production(&id, stored.earliest_production);
                let overdrawn = stored.overdrawn.cloned().map(Box::new);
                for operation in self.draws.get(&id).into_iter().flatten() {
                    let Some(node) = self.operations.get(operation).filter(|_| done.insert(operation)) else {
                        continue;
                    };
                    builder.operations.push(SubgraphOperation { hops: hops + 1, ..node.operation.clone() });
                    builder.links.extend(node.links.iter().cloned());
                    let outputs = node.links.iter().filter(|link| link.role == Role::Produced);
                    next.extend(
                        outputs.filter(|link| met.insert(link.lot.clone())).map(|link| link.lot.clone()),
                    );
                }
                let lot =
                    SubgraphLot { id, material: None, hops, earliest_production, overdrawn, leads_on: false };
                builder.lots.push(lot);
            }
            level = next;
            hops += 2;
        }
        builder.build(Revision(0), Vec::new(), false)
    }
}

fn note(productions: &mut Productions, lot: &LotId, operation: &EventId, earliest: Timestamp) {
    let known = productions.entry(lot.clone()).or_default().entry(operation.clone()).or_insert(earliest);
    *known = earliest.min(*known);
}
