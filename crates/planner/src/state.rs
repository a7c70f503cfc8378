//! What the ledger and the graph held before, as far as the planned events touch it.

use std::collections::BTreeSet;

use foldhash::HashMap;

use lotgraph_domain::{
    EventId, Fact, Lot, LotId, LotName, Material, MaterialCode, Namesakes, OperationKind, Record, RecordRef,
    RecordedEvent, Role, Text, Timestamp,
};
use lotgraph_genealogy::Subgraph;
use lotgraph_genealogy::subgraph::{RawLink, SubgraphOperation};

/// What was there before: for each key that a [`crate::Need`] names, the item if it exists. The store puts it
/// in.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Events of [`crate::Need::Events`].
    pub events: HashMap<EventId, RecordedEvent>,
    /// The operations of [`crate::Need::RecordedUnder`], in any order.
    pub recorded_under: Vec<EventId>,
    /// The operations of [`crate::Need::Documents`], for those documents that any bears.
    pub documents: HashMap<Text, Vec<(EventId, OperationKind)>>,
    /// What those of the events that name lots by further names say of the lots that are meant. The planner itself notes it.
    pub meant: HashMap<EventId, Fact>,
    /// Lots of [`crate::Need::Lots`].
    pub lots: HashMap<LotId, Lot>,
    /// Lots of [`crate::Need::Namesakes`], for those names that any go by.
    pub namesakes: HashMap<LotName, Namesakes>,
    /// Materials of [`crate::Need::Materials`].
    pub materials: HashMap<MaterialCode, Material>,
    /// Those materials of [`crate::Need::MaterialsInUse`] that any lot is of.
    pub in_use: BTreeSet<MaterialCode>,
    /// Records of [`crate::Need::Records`].
    pub records: HashMap<RecordRef, Record>,
    /// All movements of lots of [`crate::Need::Movements`], in any order.
    pub movements: HashMap<LotId, Vec<Movement>>,
    /// First links of [`crate::Need::FirstLinks`].
    pub first_links: HashMap<LotId, FirstLinks>,
    /// Where holds lead, for [`crate::Need::HoldPaths`].
    pub paths: Option<HoldPaths>,
}

impl State {
    /// What a recorded event says, of the lots that are meant.
    pub(crate) fn fact(&self, id: &EventId) -> Option<&Fact> {
        self.meant.get(id).or_else(|| self.events.get(id).map(|recorded| &recorded.event.fact))
    }
}

/// A link of a lot with what its operation does.
#[derive(Debug, Clone)]
pub struct Movement {
    /// The kind of its operation.
    pub kind: OperationKind,
    /// The link.
    pub link: RawLink,
}

/// The first production and the first draw of a lot, without those by operations that the events would void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FirstLinks {
    /// The earliest moment of a production.
    pub production: Option<Timestamp>,
    /// The earliest of the last moments at which its draws can have happened.
    pub draw: Option<Timestamp>,
}

/// An operation, and those of its links that holds follow or that cut what they follow.
#[derive(Debug, Clone)]
pub struct PathOperation {
    /// The operation.
    pub operation: SubgraphOperation,
    /// Its links, in order. Work in place is among them only if the operation is a clean.
    pub links: Vec<RawLink>,
}

/// What is needed to follow holds through the genealogy as it was before.
#[derive(Debug, Clone, Default)]
pub struct HoldPaths {
    /// The lots that are reached from those in `forward` of [`crate::Need::HoldPaths`], with these.
    pub lots: BTreeSet<LotId>,
    /// The operations on the way to them, each once.
    pub forward: Vec<PathOperation>,
    /// The operations that produce the lots in `producers` of [`crate::Need::HoldPaths`], each once.
    pub producers: Vec<PathOperation>,
}

impl HoldPaths {
    /// Makes this of the two closures: the one FORWARD, and the one BACKWARD of depth 1.
    #[must_use]
    pub fn of(forward: &Subgraph, producers: &Subgraph) -> Self {
        let lots = forward.lots.iter().map(|lot| lot.id.clone()).collect();
        let produced: BTreeSet<&LotId> =
            producers.seeds().map(|seed| &producers.lots[seed as usize].id).collect();
        Self::new(lots, PathOperation::all_of(forward), PathOperation::all_of(producers), &produced)
    }

    /// Makes this of what is reached, the operations on the way there, and the operations that produce `produced`.
    ///
    /// A closure shows every link between what it reached, so it shows some productions of other lots too. These are left
    /// out: they are not all that such a lot has.
    #[must_use]
    pub fn new(
        lots: BTreeSet<LotId>,
        forward: Vec<PathOperation>,
        mut producers: Vec<PathOperation>,
        produced: &BTreeSet<&LotId>,
    ) -> Self {
        for path in &mut producers {
            path.links.retain(|link| link.role != Role::Produced || produced.contains(&link.lot));
        }
        Self { lots, forward, producers }
    }
}

/// Whether a link bears on walks: they go over it, or are cut by it. Work in place leads nowhere, but a clean
/// cuts walks.
pub(crate) fn bears_on_walks(kind: OperationKind, role: Role) -> bool {
    role != Role::InPlace || kind == OperationKind::Clean
}

impl PathOperation {
    /// The operations of a subgraph with the links that bear on walks.
    #[must_use]
    pub fn all_of(subgraph: &Subgraph) -> Vec<Self> {
        let path =
            |operation: &SubgraphOperation| PathOperation { operation: operation.clone(), links: Vec::new() };
        let mut found: Vec<Self> = subgraph.operations.iter().map(path).collect();
        for link in &subgraph.links {
            let PathOperation { operation, links } = &mut found[link.operation as usize];
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
                sense: link.sense.clone(),
            });
        }
        found
    }
}
