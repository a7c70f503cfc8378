//! The subgraph that a store returns for a structural closure (docs/TRACE_RULES.md, rule 1), in one canonical
//! order.

use serde::{Deserialize, Serialize};

pub use lotgraph_domain::Revision;
use lotgraph_domain::{
    EventId, LotId, MaterialCode, MovementKey, OperationKind, Overdrawn, Pairs, PartyCode, Quantity, Role,
    Sense, Timestamp,
};

/// Which way a trace walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// Where it went: from a lot to what was made of it (also called downstream, where-used).
    Forward,
    /// What went into it: from a lot to what it was made of (also called upstream, as-built).
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
    /// There are more lots and operations than the node limit allows. The first ones in (hops, id) order were
    /// kept.
    Nodes,
    /// There are lots at the depth limit that lead on; see [`SubgraphLot::leads_on`].
    Depth,
}

/// A lot in a subgraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubgraphLot {
    /// Its id.
    pub id: LotId,
    /// Its material, if known.
    pub material: Option<MaterialCode>,
    /// How many links lie between it and the nearest seed: 0 for a seed, and always an even number.
    pub hops: u32,
    /// The earliest moment of any of its productions in the whole genealogy; `None` when it has none: its
    /// origin is unknown.
    pub earliest_production: Option<Timestamp>,
    /// Its draws that took more than can have been there, and the fillings that are lifted for them
    /// (docs/TRACE_RULES.md, rule 9); `None` when there are none.
    pub overdrawn: Option<Box<Overdrawn>>,
    /// True when a limit kept an operation out of this subgraph that leads on from this lot.
    pub leads_on: bool,
}

/// An operation in a subgraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubgraphOperation {
    /// Its id.
    pub id: EventId,
    /// What it does with lots.
    pub kind: OperationKind,
    /// How many links lie between it and the nearest seed, always an odd number.
    pub hops: u32,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// The supplier of a receipt, or the customer of a shipment or a return.
    pub party: Option<PartyCode>,
    /// Its inputs that went into one output only.
    pub pairs: Pairs,
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
    /// The first moment at which it can have happened.
    pub earliest: Timestamp,
    /// The last moment at which it can have happened.
    pub latest: Timestamp,
    /// What it does with the lot.
    pub sense: Sense,
}

/// The structural closure of some seeds.
///
/// Every store returns the same order: lots and operations by (hops, id), links by (operation index, role,
/// position). The seeds are the lots with hops 0. Every link whose two ends are in the subgraph is in it,
/// whether or not the walk went over it. Voided operations are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subgraph {
    /// The closure holds the whole of every commit up to this revision.
    pub revision: Revision,
    /// Which way the closure walked.
    pub direction: Direction,
    /// When it was read from the store.
    pub computed_at: Timestamp,
    /// True when it came from a cache.
    pub cached: bool,
    /// Seeds that do not exist, in the order in which they were asked for.
    pub unknown_seeds: Vec<LotId>,
    /// The lots.
    pub lots: Vec<SubgraphLot>,
    /// The operations.
    pub operations: Vec<SubgraphOperation>,
    /// The links.
    pub links: Vec<SubgraphLink>,
    /// The limit that cut it, if any. When both limits did, it is the node limit.
    pub cut: Option<Cut>,
}

impl Subgraph {
    /// Whether a consumption, or work in place, lies before every production of its lot, or goods were received before they
    /// were shipped. That is a clock error (docs/TRACE_RULES.md, rules 3 and 11).
    #[must_use]
    pub fn conflicts(&self, link: &SubgraphLink) -> bool {
        let produced = self.lots[link.lot as usize].earliest_production;
        let early = link.role != Role::Produced && produced.is_some_and(|produced| link.latest < produced);
        early || self.received_before_shipped(link)
    }

    /// Whether a link carries on a shipment that began no earlier than what it brought was received, and ended later.
    fn received_before_shipped(&self, link: &SubgraphLink) -> bool {
        if link.role != Role::Consumed || link.sense.shipment().is_none() {
            return false;
        }
        let pairs = self.operations[link.operation as usize].pairs.as_slice();
        let mut outputs = pairs.iter().filter(|pair| pair.input == link.position).map(|pair| pair.output);
        outputs.any(|output| {
            let received = |other: &&SubgraphLink| (other.role, other.position) == (Role::Produced, output);
            let received = self.links_of(link.operation).iter().find(received);
            received.is_some_and(|received| link.earliest >= received.latest && link.latest > received.latest)
        })
    }

    /// Whether a link is a production by an operation that does not balance: it gave more than it took, or its yield lies
    /// outside the range declared.
    #[must_use]
    pub fn unbalanced(&self, link: &SubgraphLink) -> bool {
        let told = &self.lots[link.lot as usize].overdrawn;
        link.role == Role::Produced
            && told
                .as_ref()
                .is_some_and(|told| told.unbalanced.contains(&self.operations[link.operation as usize].id))
    }

    /// Whether rule 9 speaks of a link (docs/TRACE_RULES.md): a draw that took more than can have been there, or
    /// a filling that is lifted because of one. Of a lot with too many of them, every draw and filling is one.
    #[must_use]
    pub fn overdrawn(&self, link: &SubgraphLink) -> bool {
        let Some(overdrawn) = &self.lots[link.lot as usize].overdrawn else { return false };
        let operation = &self.operations[link.operation as usize].id;
        let is = |key: &MovementKey| key.operation == *operation && key.position == link.position;
        match link.role {
            Role::InPlace => false,
            _ if overdrawn.beyond => true,
            Role::Consumed => overdrawn.draws.iter().any(is),
            Role::Produced => overdrawn.lifted.iter().any(|lifted| is(&lifted.filling)),
        }
    }

    /// The first moment at which what a filling brought may have been in its lot: that of the link, or the moment since
    /// which a lifted filling counts (docs/TRACE_RULES.md, rule 9). `None`: it may always have been there.
    #[must_use]
    pub fn earliest_filling(&self, link: &SubgraphLink) -> Option<Timestamp> {
        let Some(overdrawn) = &self.lots[link.lot as usize].overdrawn else { return Some(link.earliest) };
        if overdrawn.beyond {
            return None;
        }
        let operation = &self.operations[link.operation as usize].id;
        let of = overdrawn.lifted.iter().filter(|lifted| {
            lifted.filling.operation == *operation && lifted.filling.position == link.position
        });
        Some(of.map(|lifted| lifted.since).min().unwrap_or(link.earliest))
    }

    /// The links of an operation.
    #[must_use]
    pub fn links_of(&self, operation: u32) -> &[SubgraphLink] {
        let from = self.links.partition_point(|link| link.operation < operation);
        let upto = self.links.partition_point(|link| link.operation <= operation);
        &self.links[from..upto]
    }

    /// The links that carry on into a production what a shipment had taken away: of each lot that it had left.
    pub fn carried_into<'a>(&'a self, link: &'a SubgraphLink) -> impl Iterator<Item = &'a SubgraphLink> {
        let pairs = &self.operations[link.operation as usize].pairs;
        let into = pairs
            .as_slice()
            .iter()
            .filter(|pair| link.role == Role::Produced && pair.output == link.position);
        into.filter_map(|pair| {
            let left = |other: &&SubgraphLink| {
                (other.role, other.position) == (Role::Consumed, pair.input) && other.sense.continues()
            };
            self.links_of(link.operation).iter().find(left)
        })
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
        // Lots are ordered by hops, so the seeds come first. The node limit keeps a subgraph below 2^32
        // nodes.
        self.lots.iter().take_while(|lot| lot.hops == 0).enumerate().map(|(index, _)| index as u32)
    }
}

/// Puts what a store read into the canonical order, and turns the ids at the ends of links into indices.
///
/// A link whose lot or operation was not read is dropped. When it would have led the walk on from a lot that
/// was read, that lot is marked as leading on, and the subgraph as cut by the depth limit, unless it is cut
/// by the node limit already.
#[derive(Debug)]
pub struct SubgraphBuilder {
    /// Which way the closure walked.
    pub direction: Direction,
    /// The lots read, in any order. Where `leads_on` is set already, it stays set.
    pub lots: Vec<SubgraphLot>,
    /// The operations read, in any order.
    pub operations: Vec<SubgraphOperation>,
    /// The links read, in any order, each at most once.
    pub links: Vec<RawLink>,
}

/// A link whose two ends are told by id.
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
    /// The first moment at which it can have happened.
    pub earliest: Timestamp,
    /// The last moment at which it can have happened.
    pub latest: Timestamp,
    /// What it does with the lot.
    pub sense: Sense,
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
                    sense: link.sense,
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

/// Whether a missing operation at the end of such a link means that the answer lacks something. That is so
/// for the role by which walks enter an operation. It is so for work in place too: it leads nowhere, but it
/// should have been listed.
fn leads_on(direction: Direction, role: Role) -> bool {
    match role {
        Role::Consumed => direction == Direction::Forward,
        Role::Produced => direction == Direction::Backward,
        Role::InPlace => true,
    }
}
