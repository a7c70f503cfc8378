//! Further names of lots: as typed input, and of a lot.

use async_graphql::{ID, InputObject};
use serde::Serialize;

use super::scalars::Moment;
use lotgraph_domain::{EventId, LotId};
use lotgraph_graphql_macros::Object;

/// Numbers are further names of a lot: they were misread, or another system gave them.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AliasInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was found out.
    at: Moment,
    /// The id of the lot.
    lot: ID,
    /// Its further names, at least one; they need not be known yet.
    names: Vec<ID>,
    /// Why.
    reason: String,
}

/// Lots that were recorded apart were one lot all along.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MergeLotsInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was found out.
    at: Moment,
    /// The id of the lot that they all are.
    into: ID,
    /// The ids of the lots that are no lots of their own, at least one.
    lots: Vec<ID>,
    /// Why.
    reason: String,
}

/// A further name of a lot.
#[derive(Clone)]
pub struct LotAlias {
    name: LotId,
    by: EventId,
}

impl LotAlias {
    pub(super) fn new(name: &LotId, by: &EventId) -> Self {
        Self { name: name.clone(), by: by.clone() }
    }
}

/// A further name of a lot.
#[Object]
impl LotAlias {
    /// The name.
    fn name(&self) -> ID {
        ID::from(self.name.as_str())
    }

    /// The event that says so; a void of it makes the name a lot of its own again.
    fn event(&self) -> ID {
        ID::from(self.by.as_str())
    }
}
