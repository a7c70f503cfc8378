//! The questions that a store answers. Each asks about a set and is answered with a set.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Direction, Revision, StoreErrorKind};
use lotgraph_domain::{
    EquipmentCode, EventId, LotId, LotStatus, MasterKind, MaterialClass, MaterialCode, Node, OperationKind,
    OperatorCode, Origin, PartyCode, PartyRole, Quantity, Record, RecordKind, RecordPlace, RecordState, Role,
    Sense, ShiftCode, Text, Timestamp,
};

/// Which lots. Every condition that is given must hold; one that is absent always does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct LotFilter {
    /// Of one of these materials.
    pub materials: Option<Vec<MaterialCode>>,
    /// Of a material declared as one of these classes.
    pub classes: Option<Vec<MaterialClass>>,
    /// Of one of these origins.
    pub origins: Option<Vec<Origin>>,
    /// Of one of these statuses.
    pub statuses: Option<Vec<LotStatus>>,
    /// Marked by this hold, whether the hold names the lot or a walk from the lots it names reaches it.
    pub hold: Option<EventId>,
    /// With this in the id, the printed number or the supplier's number, ignoring case
    /// ([`lotgraph_domain::Lot::search_text`]).
    pub text: Option<Text>,
    /// First produced at this moment or later.
    pub produced_from: Option<Timestamp>,
    /// First produced before this moment.
    pub produced_before: Option<Timestamp>,
}

/// Which operations. Every condition that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct OperationFilter {
    /// Of one of these kinds.
    pub kinds: Option<Vec<OperationKind>>,
    /// With exactly this name.
    pub name: Option<Text>,
    /// On one of these pieces of equipment. Their parts are not meant.
    pub equipment: Option<Vec<EquipmentCode>>,
    /// With this operator.
    pub operator: Option<OperatorCode>,
    /// In this shift.
    pub shift: Option<ShiftCode>,
    /// From this supplier or to this customer.
    pub party: Option<PartyCode>,
    /// Ended at this moment or later.
    pub from: Option<Timestamp>,
    /// Ended before this moment.
    pub before: Option<Timestamp>,
    /// Started before this moment.
    pub started_before: Option<Timestamp>,
    /// Only voided ones, or only live ones.
    pub voided: Option<bool>,
}

/// Which items of master data. Every condition that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct MasterFilter {
    /// With this in the code or name, ignoring case.
    pub text: Option<Text>,
    /// Only declared ones, or only those that other events merely name.
    pub declared: Option<bool>,
    /// Materials of this class.
    pub class: Option<MaterialClass>,
    /// Equipment that is directly part of this one.
    pub parent: Option<EquipmentCode>,
    /// Parties with this role.
    pub role: Option<PartyRole>,
}

/// Which records. Every condition that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct RecordFilter {
    /// In one of these states.
    pub states: Option<Vec<RecordState>>,
    /// Of one of these categories. For alerts that is the kind, for holds the category.
    pub categories: Option<Vec<Text>>,
    /// About this lot.
    pub lot: Option<LotId>,
    /// Raised by a revision after this one.
    pub raised_after: Option<Revision>,
    /// Raised by this revision or one before it.
    pub raised_until: Option<Revision>,
}

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum What {
    /// Lots.
    Lots(LotFilter),
    /// Lots whose id, printed number or supplier's number is exactly this.
    LotsNamed(Text),
    /// Operations.
    Operations(OperationFilter),
    /// Master data of one kind.
    Masters(MasterKind, MasterFilter),
    /// Records of one kind.
    Records(RecordKind, RecordFilter),
}

/// Where an item stands in the order of a result. A page begins behind such a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FindKey {
    /// Of a lot or an item of master data: its id or code.
    Id(Text),
    /// Of an operation.
    Operation {
        /// When it ended.
        at: Timestamp,
        /// Its id.
        id: Text,
    },
    /// Of a record: the position at which it was raised.
    Record(RecordPlace),
}

impl FindKey {
    /// The key of a node among those of its kind.
    #[must_use]
    pub fn of(node: &Node) -> Self {
        let text = |id: &str| {
            Text::parse(id).unwrap_or_else(|_| unreachable!("an identifier is a text: shorter, and as clean"))
        };
        match node {
            Node::Lot(lot) => Self::Id(text(lot.id.as_str())),
            Node::Master(master) => Self::Id(text(master.reference().code())),
            Node::Operation(recorded) => {
                Self::Operation { at: recorded.operation.at, id: text(recorded.id.as_str()) }
            }
            Node::Record(record) => Self::Record(record.place),
        }
    }
}

/// Looks for nodes, a page at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Find {
    /// What to look for.
    pub what: What,
    /// The page begins behind this key; absent: at the start.
    pub after: Option<FindKey>,
    /// At most this many.
    pub first: u32,
}

impl Find {
    /// The id or code behind which the page begins. At the start it is the empty text, which is before every
    /// id.
    ///
    /// # Errors
    /// `Invalid` when the key is of another kind of node.
    pub fn after_id(&self) -> Result<&str, StoreErrorKind> {
        match &self.after {
            None => Ok(""),
            Some(FindKey::Id(id)) => Ok(id.as_str()),
            Some(FindKey::Operation { .. } | FindKey::Record(_)) => Err(other_key("an id or code")),
        }
    }

    /// The operation behind which the page begins; `None` for the start.
    ///
    /// # Errors
    /// `Invalid` when the key is of another kind of node.
    pub fn after_operation(&self) -> Result<Option<(Timestamp, &str)>, StoreErrorKind> {
        match &self.after {
            None => Ok(None),
            Some(FindKey::Operation { at, id }) => Ok(Some((*at, id.as_str()))),
            Some(FindKey::Id(_) | FindKey::Record(_)) => Err(other_key("an operation's end and id")),
        }
    }

    /// The record behind which the page begins; `None` for the start.
    ///
    /// # Errors
    /// `Invalid` when the key is of another kind of node.
    pub fn after_record(&self) -> Result<Option<RecordPlace>, StoreErrorKind> {
        match &self.after {
            None => Ok(None),
            Some(FindKey::Record(place)) => Ok(Some(*place)),
            Some(FindKey::Id(_) | FindKey::Operation { .. }) => Err(other_key("a record's place")),
        }
    }
}

fn other_key(needed: &str) -> StoreErrorKind {
    StoreErrorKind::Invalid(format!("a place in this list is {needed}; the key given is of another list"))
}

/// A page of items in a total order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether more follow.
    pub more: bool,
}

/// The sort key of an edge among those of its lot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EdgeKey {
    /// The first moment at which it can have happened.
    pub earliest: Timestamp,
    /// The operation.
    pub operation: EventId,
    /// How the lot takes part.
    pub role: Role,
    /// Its place among the operation's links of that role.
    pub position: u32,
}

/// The links of each of some lots, which is one hop in the graph.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EdgesOf {
    /// The lots.
    pub lots: Vec<LotId>,
    /// Only links of these roles.
    pub roles: Vec<Role>,
    /// For each lot, the page begins behind this key.
    pub after: Option<EdgeKey>,
    /// At most this many for each lot.
    pub first: u32,
}

/// One link of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Its place in the order of links.
    pub key: EdgeKey,
    /// What the operation does.
    pub kind: OperationKind,
    /// The last moment at which it can have happened.
    pub latest: Timestamp,
    /// How much.
    pub quantity: Option<Quantity>,
    /// What it does with the lot.
    pub sense: Sense,
}

/// A page of the links of one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgePage {
    /// The links.
    pub edges: Vec<Edge>,
    /// Whether more follow.
    pub more: bool,
}

/// The structural closure of some seeds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Closure {
    /// The lots to start from; order and repetition do not matter.
    pub seeds: Vec<LotId>,
    /// Which way to walk.
    pub direction: Direction,
    /// At most this many operations from the nearest seed; absent: any number.
    pub max_depth: Option<u32>,
    /// At most this many lots and operations, seeds included. The first ones in (hops, id) order are kept,
    /// and the answer says that it was cut.
    pub nodes_max: u32,
    /// When this time is over, the work stops with `Timeout`.
    pub deadline: Duration,
    /// Do not take the answer from a cache.
    pub skip_cache: bool,
    /// The answer as it was at this revision, for a caller whose other answers are of the same one; absent:
    /// as it is at the current revision. A store knows only the current graph. So there is such an answer
    /// only while this revision is the current one, or while a cache still has it from that time. Otherwise
    /// the error is `Stale`.
    pub at: Option<Revision>,
}

/// How long it may take to follow the holds of one batch.
const HOLD_DEADLINE: Duration = Duration::from_secs(50);

/// More lots and operations than a closure can have that is followed within that time. A real limit would cut
/// the closure, and bad lots behind the cut would pass unmarked.
const HOLD_NODES_MAX: u32 = 100_000_000;

impl Closure {
    /// The closure that tells the planner where the holds of a batch lead. No limit cuts it; only its
    /// deadline ends it.
    #[must_use]
    pub fn for_holds(seeds: Vec<LotId>, direction: Direction, max_depth: Option<u32>) -> Self {
        Self {
            seeds,
            direction,
            max_depth,
            nodes_max: HOLD_NODES_MAX,
            deadline: HOLD_DEADLINE,
            skip_cache: true,
            at: None,
        }
    }
}

/// Counts of nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tally {
    /// How many nodes there are; one bucket without a key.
    Count(What),
    /// Lots by material code.
    LotsByMaterial(LotFilter),
    /// Operations by kind.
    OperationsByKind(OperationFilter),
    /// Records of a kind by state.
    RecordsByState(RecordKind, RecordFilter),
    /// Records of a kind by category; those without one come last.
    RecordsByCategory(RecordKind, RecordFilter),
}

/// One group of a tally.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// What its members share.
    pub key: Option<Text>,
    /// How many they are.
    pub count: u64,
}

/// The statuses that a lot can have while a hold marks it.
const MARKED: [LotStatus; 2] = [LotStatus::Quarantined, LotStatus::Suspect];

impl LotFilter {
    /// The statuses that a lot can have if it passes the filter; `None` when it can have any. If the filter
    /// asks for the lots of a hold, these are at most quarantined and suspect, because every lot that a hold
    /// marks has one of these two. Stores have an index of lots by status but none by hold, so this is how
    /// they find the lots of a hold without reading all lots.
    #[must_use]
    pub fn statuses_possible(&self) -> Option<Vec<LotStatus>> {
        if self.hold.is_none() {
            return self.statuses.clone();
        }
        let among =
            |status: &LotStatus| self.statuses.as_ref().is_none_or(|allowed| allowed.contains(status));
        Some(MARKED.into_iter().filter(among).collect())
    }

    /// Whether a lot fulfils every condition. `class` is the class of its material, if that is declared.
    #[must_use]
    pub fn matches(&self, lot: &lotgraph_domain::Lot, class: Option<MaterialClass>) -> bool {
        fn among<T: PartialEq>(allowed: Option<&Vec<T>>, value: Option<&T>) -> bool {
            allowed.is_none_or(|allowed| value.is_some_and(|value| allowed.contains(value)))
        }
        let produced = lot.earliest_production;
        among(self.materials.as_ref(), lot.material.as_ref())
            && among(self.classes.as_ref(), class.as_ref())
            && among(self.origins.as_ref(), Some(&lot.origin()))
            && among(self.statuses.as_ref(), Some(&lot.status()))
            && self.hold.as_ref().is_none_or(|hold| lot.quarantine.mark_of(hold).is_some())
            && self.text.as_ref().is_none_or(|text| lot.search_text().contains(&text.as_str().to_lowercase()))
            && self.produced_from.is_none_or(|from| produced.is_some_and(|at| at >= from))
            && self.produced_before.is_none_or(|before| produced.is_some_and(|at| at < before))
    }
}

impl RecordFilter {
    /// Whether a record fulfils every condition.
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        let body = &record.body;
        let revision = record.place.revision;
        let category = body.category();
        self.states.as_ref().is_none_or(|states| states.contains(&body.state()))
            && self.categories.as_ref().is_none_or(|allowed| {
                category.is_some_and(|category| allowed.iter().any(|one| one.as_str() == category))
            })
            && self.lot.as_ref().is_none_or(|lot| body.lot() == Some(lot))
            && self.raised_after.is_none_or(|after| revision > after)
            && self.raised_until.is_none_or(|until| revision <= until)
    }

    /// The records that can pass lie behind the first of these positions, and in revisions up to the second
    /// value. `after` is the key behind which the page begins.
    #[must_use]
    pub fn span(&self, after: Option<RecordPlace>) -> (RecordPlace, Revision) {
        let from = self.raised_after.map_or_else(RecordPlace::default, RecordPlace::end_of);
        (after.map_or(from, |after| after.max(from)), self.raised_until.unwrap_or(LAST_REVISION))
    }
}

/// A revision that no ledger reaches. It is the largest that databases can hold, since their numbers have a
/// sign.
const LAST_REVISION: Revision = Revision(i64::MAX as u64);

/// A state, a category, and how many records have both.
pub type RecordCount = ((Option<Text>, Option<Text>), u64);

/// Sums up such counts by one of the two, in the order of tallies.
pub fn sum_up(
    counts: Vec<RecordCount>,
    key: impl Fn((Option<Text>, Option<Text>)) -> Option<Text>,
) -> Vec<Bucket> {
    // The first half of the key puts absent keys last.
    let mut sums: BTreeMap<(bool, Option<Text>), u64> = BTreeMap::new();
    for (keys, count) in counts {
        let key = key(keys);
        *sums.entry((key.is_none(), key)).or_default() += count;
    }
    sums.into_iter().map(|((_, key), count)| Bucket { key, count }).collect()
}
