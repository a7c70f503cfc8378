//! Nodes of the graph and how to refer to them.

use serde::{Deserialize, Serialize};

use super::identifier::{EventId, LotId};
use super::lot::Lot;
use super::master::{Master, MasterKind, MasterRef};
use super::operation::RecordedOperation;
use super::record::{Record, RecordKind, RecordRef};

/// A reference to one node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NodeRef {
    /// A lot.
    Lot(LotId),
    /// An operation.
    Operation(EventId),
    /// An item of master data.
    Master(MasterRef),
    /// A record.
    Record(RecordRef),
}

/// The kinds of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NodeKind {
    /// Lots.
    Lot,
    /// Operations.
    Operation,
    /// Master data of a kind.
    Master(MasterKind),
    /// Records of a kind.
    Record(RecordKind),
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// A lot.
    Lot(Box<Lot>),
    /// An operation.
    Operation(Box<RecordedOperation>),
    /// An item of master data.
    Master(Master),
    /// A record.
    Record(Box<Record>),
}

impl Node {
    /// The reference that names this node.
    #[must_use]
    pub fn reference(&self) -> NodeRef {
        match self {
            Self::Lot(lot) => NodeRef::Lot(lot.id.clone()),
            Self::Operation(operation) => NodeRef::Operation(operation.id.clone()),
            Self::Master(master) => NodeRef::Master(master.reference()),
            Self::Record(record) => NodeRef::Record(record.body.reference()),
        }
    }
}
