//! The part of the genealogy that the holds of a batch lead through, as the events judged so far leave it.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use super::state::HoldPaths;
use crate::domain::hold::PATH_STEPS_MAX;
use crate::domain::{EventId, HoldStep, LotId, Operation, OperationKind, Role, Stay, Timestamp};
use crate::genealogy::subgraph::{RawLink, SubgraphBuilder, SubgraphLot, SubgraphOperation};
use crate::genealogy::{Direction, Revision, Subgraph, spread};

/// What leads from a held lot to another.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) arrival: Option<Timestamp>,
    pub(super) stays: Vec<Stay>,
    pub(super) from: LotId,
    pub(super) path: Vec<HoldStep>,
    pub(super) path_cut: bool,
}

/// An operation with the links that trouble can follow.
struct Node {
    operation: SubgraphOperation,
    links: Vec<RawLink>,
}

/// First productions of a lot, by operation.
type Productions = HashMap<LotId, BTreeMap<EventId, Timestamp>>;

/// Operations by id, and which of them draw from a lot or clean it.
#[derive(Default)]
pub(super) struct HoldGraph {
    operations: HashMap<EventId, Node>,
    /// Those that draw from a lot, or clean it: a clean leads nowhere, and bounds what does.
    draws: HashMap<LotId, BTreeSet<EventId>>,
    /// Recorded productions, all of them, of lots that lose one in this batch.
    recorded: Productions,
    /// Productions by this batch.
    sent: Productions,
}

impl HoldGraph {
    /// The graph as it was before the batch.
    pub(super) fn new(paths: &HoldPaths) -> Self {
        let mut graph = Self::default();
        for (operation, links) in by_operation(&paths.forward) {
            graph.insert(operation, links);
        }
        for (operation, links) in by_operation(&paths.producers) {
            for link in links.iter().filter(|link| link.role == Role::Produced) {
                note(&mut graph.recorded, &link.lot, &operation.id, link.earliest);
            }
        }
        graph
    }

    /// Takes in an operation of the batch.
    pub(super) fn add(&mut self, id: &EventId, operation: &Operation) {
        let node = SubgraphOperation {
            id: id.clone(),
            kind: operation.kind,
            hops: 0,
            start: operation.start(),
            end: operation.at,
            party: None,
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
            })
            .collect();
        for link in links.iter().filter(|link| link.role == Role::Produced) {
            note(&mut self.sent, &link.lot, id, link.earliest);
        }
        self.insert(node, links);
    }

    fn insert(&mut self, operation: SubgraphOperation, links: Vec<RawLink>) {
        for link in links.iter().filter(|link| link.role != Role::Produced) {
            self.draws.entry(link.lot.clone()).or_default().insert(operation.id.clone());
        }
        self.operations.insert(operation.id.clone(), Node { operation, links });
    }

    /// Takes an operation out again.
    pub(super) fn remove(&mut self, id: &EventId, operation: &Operation) {
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

    /// A lot's earliest production, given the recorded one.
    fn earliest_production(&self, lot: &LotId, recorded: Option<Timestamp>) -> Option<Timestamp> {
        let first = |productions: &BTreeMap<EventId, Timestamp>| productions.values().min().copied();
        let recorded = self.recorded.get(lot).map_or(recorded, first);
        let sent = self.sent.get(lot).and_then(first);
        recorded.into_iter().chain(sent).min()
    }

    /// The lots that a trace reaches from the held ones, without those; `recorded` tells their earliest production before
    /// the batch.
    pub(super) fn reach(
        &self,
        held: &BTreeSet<LotId>,
        recorded: impl Fn(&LotId) -> Option<Timestamp>,
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

    /// The structural closure, level by level.
    fn closure(&self, held: &BTreeSet<LotId>, recorded: impl Fn(&LotId) -> Option<Timestamp>) -> Subgraph {
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
                let earliest_production = self.earliest_production(&id, recorded(&id));
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
                let lot = SubgraphLot { id, material: None, hops, earliest_production, leads_on: false };
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

/// Whether walks go over a link, or are cut by it: work in place leads nowhere, but a clean bounds what does.
fn bears_on_walks(kind: OperationKind, role: Role) -> bool {
    role != Role::InPlace || kind == OperationKind::Clean
}

/// The operations of a subgraph with the links that bear on walks.
fn by_operation(subgraph: &Subgraph) -> Vec<(SubgraphOperation, Vec<RawLink>)> {
    let mut found: Vec<(SubgraphOperation, Vec<RawLink>)> =
        subgraph.operations.iter().map(|operation| (operation.clone(), Vec::new())).collect();
    for link in &subgraph.links {
        let (operation, links) = &mut found[link.operation as usize];
        if !bears_on_walks(operation.kind, link.role) {
            continue;
        }
        links.push(RawLink {
            lot: subgraph.lots[link.lot as usize].id.clone(),
            operation: operation.id.clone(),
            role: link.role,
            position: link.position,
            quantity: None,
            earliest: link.earliest,
            latest: link.latest,
        });
    }
    found
}
