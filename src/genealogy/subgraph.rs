//! The subgraph that a store returns for a structural closure (DESIGN §4 rule 1), in one canonical order.

use serde::{Deserialize, Serialize};

pub use crate::domain::Revision;
use crate::domain::{EventId, LotId, MaterialCode, OperationKind, PartyCode, Quantity, Role, Timestamp};

/// Which way a trace walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// Where did it go: from a lot to what was made from it (downstream, where-used).
    Forward,
    /// What went into it: from a lot to what it was made from (upstream, as-built).
    Backward,
}

impl Direction {
    /// The direction as answers write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forward => "FORWARD",
            Self::Backward => "BACKWARD",
        }
    }
}

/// A limit that cut a closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cut {
    /// More lots and operations than the node limit: those first in (hops, id) order were kept.
    Nodes,
    /// Lots at the depth limit lead on; see [`SubgraphLot::leads_on`].
    Depth,
}

/// A lot in a subgraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubgraphLot {
    /// Its id.
    pub id: LotId,
    /// Its material, if known.
    pub material: Option<MaterialCode>,
    /// Edges from the nearest seed: 0 for a seed, always even.
    pub hops: u32,
    /// The earliest moment of any of its productions in the whole genealogy; `None`: its origin is unknown.
    pub earliest_production: Option<Timestamp>,
    /// True when a further operation leads on from it that a limit kept out of this subgraph.
    pub leads_on: bool,
}

/// An operation in a subgraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubgraphOperation {
    /// Its id.
    pub id: EventId,
    /// What it does with lots.
    pub kind: OperationKind,
    /// Edges from the nearest seed, always odd.
    pub hops: u32,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Supplier of a receipt, customer of a shipment.
    pub party: Option<PartyCode>,
}

/// A link between a lot and an operation of the subgraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubgraphLink {
    /// Index into [`Subgraph::lots`].
    pub lot: u32,
    /// Index into [`Subgraph::operations`].
    pub operation: u32,
    /// How the lot takes part.
    pub role: Role,
    /// Its place among the operation's links of that role.
    pub position: u32,
    /// How much.
    pub quantity: Option<Quantity>,
    /// The first moment it can have happened.
    pub earliest: Timestamp,
    /// The last moment it can have happened.
    pub latest: Timestamp,
}

/// The structural closure of some seeds.
///
/// Canonical order, the same from every store: lots and operations by (hops, id), links by (operation index, role,
/// position). Seeds are the lots with hops 0. Every link whose two ends are in the subgraph is there, in both
/// directions of the walk; voided operations are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subgraph {
    /// Every commit up to this revision is seen whole.
    pub revision: Revision,
    /// Which way the closure walked.
    pub direction: Direction,
    /// When it was read from the store.
    pub computed_at: Timestamp,
    /// True when it was served by a cache.
    pub cached: bool,
    /// Seeds that do not exist, in the order asked.
    pub unknown_seeds: Vec<LotId>,
    /// The lots.
    pub lots: Vec<SubgraphLot>,
    /// The operations.
    pub operations: Vec<SubgraphOperation>,
    /// The links.
    pub links: Vec<SubgraphLink>,
    /// The limit that cut it, if any; the node limit wins when both did.
    pub cut: Option<Cut>,
}

impl Subgraph {
    /// Whether a consumption (or work in place) lies before every production of its lot: a clock error (rule 3).
    #[must_use]
    pub fn conflicts(&self, link: &SubgraphLink) -> bool {
        let produced = self.lots[link.lot as usize].earliest_production;
        link.role != Role::Produced && produced.is_some_and(|produced| link.latest < produced)
    }

    /// The closure of nothing.
    #[must_use]
    pub fn empty(revision: Revision, direction: Direction) -> Self {
        Self {
            revision,
            direction,
            computed_at: Timestamp::now(),
            cached: false,
            unknown_seeds: Vec::new(),
            lots: Vec::new(),
            operations: Vec::new(),
            links: Vec::new(),
            cut: None,
        }
    }

    /// Indices of the seeds: the lots with hops 0.
    pub fn seeds(&self) -> impl Iterator<Item = u32> + '_ {
        // Lots are ordered by hops; a subgraph has fewer than 2^32 nodes by the node limit.
        self.lots.iter().take_while(|lot| lot.hops == 0).enumerate().map(|(index, _)| index as u32)
    }
}

/// Puts what a store read into the canonical order and resolves link ends.
///
/// Links whose lot or operation is not among the nodes are dropped; where the dropped end lies in walking direction
/// beyond a lot, that lot is marked as leading on and the subgraph as cut by depth (unless cut by nodes already).
#[derive(Debug)]
pub struct SubgraphBuilder {
    /// Which way the closure walked.
    pub direction: Direction,
    /// The lots read, in any order; `leads_on` is kept if already set.
    pub lots: Vec<SubgraphLot>,
    /// The operations read, in any order.
    pub operations: Vec<SubgraphOperation>,
    /// The links read, in any order, each at most once.
    pub links: Vec<RawLink>,
}

/// A link with both ends by id.
#[derive(Debug, Clone)]
pub struct RawLink {
    /// The lot.
    pub lot: LotId,
    /// The operation.
    pub operation: EventId,
    /// How the lot takes part.
    pub role: Role,
    /// Its place among the operation's links of that role.
    pub position: u32,
    /// How much.
    pub quantity: Option<Quantity>,
    /// The first moment.
    pub earliest: Timestamp,
    /// The last moment.
    pub latest: Timestamp,
}

impl SubgraphBuilder {
    /// Builds the subgraph.
    #[must_use]
    pub fn build(mut self, revision: Revision, unknown_seeds: Vec<LotId>, cut_by_nodes: bool) -> Subgraph {
        use std::collections::HashMap;
        self.lots.sort_unstable_by(|a, b| (a.hops, &a.id).cmp(&(b.hops, &b.id)));
        self.operations.sort_unstable_by(|a, b| (a.hops, &a.id).cmp(&(b.hops, &b.id)));
        let lot_index: HashMap<LotId, u32> =
            self.lots.iter().enumerate().map(|(n, lot)| (lot.id.clone(), n as u32)).collect();
        let operation_index: HashMap<EventId, u32> =
            self.operations.iter().enumerate().map(|(n, o)| (o.id.clone(), n as u32)).collect();
        let mut links = Vec::with_capacity(self.links.len());
        for link in self.links {
            match (lot_index.get(&link.lot), operation_index.get(&link.operation)) {
                (Some(&lot), Some(&operation)) => links.push(SubgraphLink {
                    lot,
                    operation,
                    role: link.role,
                    position: link.position,
                    quantity: link.quantity,
                    earliest: link.earliest,
                    latest: link.latest,
                }),
                (Some(&lot), None) if leads_on(self.direction, link.role) => {
                    self.lots[lot as usize].leads_on = true;
                }
                _ => {}
            }
        }
        links.sort_unstable_by_key(|l| (l.operation, l.role, l.position));
        let cut = if cut_by_nodes {
            Some(Cut::Nodes)
        } else if self.lots.iter().any(|lot| lot.leads_on) {
            Some(Cut::Depth)
        } else {
            None
        };
        Subgraph {
            revision,
            direction: self.direction,
            computed_at: Timestamp::now(),
            cached: false,
            unknown_seeds,
            lots: self.lots,
            operations: self.operations,
            links,
            cut,
        }
    }
}

/// Whether a link of this role takes the walk from a lot to an operation. Work in place leads nowhere, but an
/// operation that should have been listed with its lot and was cut off is missing all the same.
fn leads_on(direction: Direction, role: Role) -> bool {
    match role {
        Role::Consumed => direction == Direction::Forward,
        Role::Produced => direction == Direction::Backward,
        Role::InPlace => true,
    }
}
