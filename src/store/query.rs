//! The questions a store answers: sets in, sets out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Direction, Revision};
use crate::domain::{
    EquipmentCode, EventId, LotId, LotStatus, MasterKind, MaterialClass, MaterialCode, OperationKind,
    OperatorCode, Origin, PartyCode, PartyRole, Quantity, Role, ShiftCode, Text, Timestamp,
};

/// Which lots; every given condition must hold, an absent one always does.
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
    /// Id, printed number or supplier's number contains this, ignoring case ([`crate::domain::Lot::search_text`]).
    pub text: Option<Text>,
    /// Earliest production at or after.
    pub produced_from: Option<Timestamp>,
    /// Earliest production before.
    pub produced_before: Option<Timestamp>,
}

/// Which operations; every given condition must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct OperationFilter {
    /// Of one of these kinds.
    pub kinds: Option<Vec<OperationKind>>,
    /// With exactly this name.
    pub name: Option<Text>,
    /// On one of these pieces of equipment (themselves, not their parts).
    pub equipment: Option<Vec<EquipmentCode>>,
    /// With this operator.
    pub operator: Option<OperatorCode>,
    /// In this shift.
    pub shift: Option<ShiftCode>,
    /// From this supplier or to this customer.
    pub party: Option<PartyCode>,
    /// Ended at or after.
    pub from: Option<Timestamp>,
    /// Ended before.
    pub before: Option<Timestamp>,
    /// Started before.
    pub started_before: Option<Timestamp>,
    /// Only voided ones, or only live ones.
    pub voided: Option<bool>,
}

/// Which items of master data; every given condition must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct MasterFilter {
    /// Code or name contains this, ignoring case.
    pub text: Option<Text>,
    /// Only declared ones, or only those merely named by other events.
    pub declared: Option<bool>,
    /// Materials of this class.
    pub class: Option<MaterialClass>,
    /// Equipment directly part of this one.
    pub parent: Option<EquipmentCode>,
    /// Parties with this role.
    pub role: Option<PartyRole>,
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
}

/// A place in a result: the sort key of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FindKey {
    /// End of an operation; absent for everything else.
    pub at: Option<Timestamp>,
    /// Id or code.
    pub id: Text,
}

/// Looks for nodes, a page at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Find {
    /// What to look for.
    pub what: What,
    /// Behind this key; absent: from the start.
    pub after: Option<FindKey>,
    /// At most this many.
    pub first: u32,
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
    /// The first moment it can have happened.
    pub earliest: Timestamp,
    /// The operation.
    pub operation: EventId,
    /// How the lot takes part.
    pub role: Role,
    /// Its place among the operation's links of that role.
    pub position: u32,
}

/// One hop from each of some lots.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EdgesOf {
    /// The lots.
    pub lots: Vec<LotId>,
    /// Only links of these roles.
    pub roles: Vec<Role>,
    /// Behind this key, for each lot.
    pub after: Option<EdgeKey>,
    /// At most this many for each lot.
    pub first: u32,
}

/// One link of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Its place in the order.
    pub key: EdgeKey,
    /// What the operation does.
    pub kind: OperationKind,
    /// The last moment it can have happened.
    pub latest: Timestamp,
    /// How much.
    pub quantity: Option<Quantity>,
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
    /// At most this many lots and operations (seeds included): the first in (hops, id) order are kept, and the answer
    /// says that it was cut.
    pub nodes_max: u32,
    /// After this long the work stops with `Timeout`.
    pub deadline: Duration,
    /// Do not take the answer from a cache.
    pub skip_cache: bool,
    /// The answer as it was at this revision: given when that is the current one or a cache still holds it, else
    /// `Stale`.
    pub at: Option<Revision>,
}

/// Counts of nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tally {
    /// How many there are; one bucket without a key.
    Count(What),
    /// Lots by material code.
    LotsByMaterial(LotFilter),
    /// Operations by kind.
    OperationsByKind(OperationFilter),
}

/// One group of a tally.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// What its members share.
    pub key: Option<Text>,
    /// How many they are.
    pub count: u64,
}

impl LotFilter {
    /// Whether a lot fulfils every condition; `class` is that of its material, if declared.
    #[must_use]
    pub fn matches(&self, lot: &crate::domain::Lot, class: Option<MaterialClass>) -> bool {
        fn among<T: PartialEq>(allowed: Option<&Vec<T>>, value: Option<&T>) -> bool {
            allowed.is_none_or(|allowed| value.is_some_and(|value| allowed.contains(value)))
        }
        let produced = lot.earliest_production;
        among(self.materials.as_ref(), lot.material.as_ref())
            && among(self.classes.as_ref(), class.as_ref())
            && among(self.origins.as_ref(), Some(&lot.origin()))
            && among(self.statuses.as_ref(), Some(&lot.status()))
            && self.text.as_ref().is_none_or(|text| lot.search_text().contains(&text.as_str().to_lowercase()))
            && self.produced_from.is_none_or(|from| produced.is_some_and(|at| at >= from))
            && self.produced_before.is_none_or(|before| produced.is_some_and(|at| at < before))
    }
}
