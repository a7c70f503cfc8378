//! Events: everything that happens, as facts that are never edited or deleted.

use serde::{Deserialize, Serialize};

use super::alert::{Acknowledge, Refusal};
use super::hold::{Hold, Override, Release};
use super::identifier::{EventId, Text};
use super::master::Master;
use super::operation::{Operation, OperationKind};
use super::recall::{CloseRecall, Notify, Recall, Recover};

/// The most inputs, outputs, lots in place, operators … one event may name, each.
pub const EVENT_ITEMS_MAX: usize = 10_000;

/// The types an event can have, as its `type` field writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventType {
    /// Declares a material.
    Material,
    /// Declares equipment.
    Equipment,
    /// Declares an operator.
    Operator,
    /// Declares a shift.
    Shift,
    /// Declares a party.
    Party,
    /// Lots arrive.
    Receive,
    /// A step is executed.
    Operation,
    /// Lots leave.
    Ship,
    /// Lots are thrown away.
    Scrap,
    /// Lots are emptied and cleaned.
    Clean,
    /// What is on hand of lots is measured.
    Count,
    /// An earlier event is withdrawn.
    Void,
    /// Lots are put into quarantine.
    Hold,
    /// Lots are freed from it, or from inspection.
    Release,
    /// An operation may draw from lots in quarantine.
    Override,
    /// Lots are recalled.
    Recall,
    /// A customer is told of a recall, or confirms it.
    Notify,
    /// Recalled goods were recovered.
    Recover,
    /// A recall is ended.
    CloseRecall,
    /// Somebody takes note of an alert.
    Acknowledge,
    /// A flow was refused; recorded by lotgraph itself.
    Refusal,
}

impl EventType {
    /// Every type.
    pub const ALL: &'static [Self] = &[
        Self::Material,
        Self::Equipment,
        Self::Operator,
        Self::Shift,
        Self::Party,
        Self::Receive,
        Self::Operation,
        Self::Ship,
        Self::Scrap,
        Self::Clean,
        Self::Count,
        Self::Void,
        Self::Hold,
        Self::Release,
        Self::Override,
        Self::Recall,
        Self::Notify,
        Self::Recover,
        Self::CloseRecall,
        Self::Acknowledge,
        Self::Refusal,
    ];

    /// The type as the `type` field writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Material => "material",
            Self::Equipment => "equipment",
            Self::Operator => "operator",
            Self::Shift => "shift",
            Self::Party => "party",
            Self::Receive => "receive",
            Self::Operation => "operation",
            Self::Ship => "ship",
            Self::Scrap => "scrap",
            Self::Clean => "clean",
            Self::Count => "count",
            Self::Void => "void",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Override => "override",
            Self::Recall => "recall",
            Self::Notify => "notify",
            Self::Recover => "recover",
            Self::CloseRecall => "closeRecall",
            Self::Acknowledge => "acknowledge",
            Self::Refusal => "refusal",
        }
    }

    /// The type of an event that declares this.
    #[must_use]
    pub const fn of_master(master: &Master) -> Self {
        match master {
            Master::Material(_) => Self::Material,
            Master::Equipment(_) => Self::Equipment,
            Master::Operator(_) => Self::Operator,
            Master::Shift(_) => Self::Shift,
            Master::Party(_) => Self::Party,
        }
    }

    /// The type of an event that records an operation of this kind.
    #[must_use]
    pub const fn of_operation(kind: OperationKind) -> Self {
        match kind {
            OperationKind::Receive => Self::Receive,
            OperationKind::Ship => Self::Ship,
            OperationKind::Scrap => Self::Scrap,
            OperationKind::Clean => Self::Clean,
            OperationKind::Count => Self::Count,
            OperationKind::Produce
            | OperationKind::Split
            | OperationKind::Merge
            | OperationKind::Rework
            | OperationKind::Repack
            | OperationKind::Process => Self::Operation,
        }
    }

    /// The type with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Withdraws an earlier operation from the genealogy; the ledger keeps both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    /// The event withdrawn.
    pub event: EventId,
    /// Why.
    pub reason: Text,
    /// The event that replaces it, when there is one; it may still be to come.
    pub replaced_by: Option<EventId>,
}

/// What an event says happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// Master data as it is from now on.
    Master(Master),
    /// An operation took place.
    Operation(Operation),
    /// An earlier operation is withdrawn.
    Void(Void),
    /// Lots are put into quarantine.
    Hold(Hold),
    /// Lots are freed from it, or from inspection.
    Release(Release),
    /// An operation may draw from lots in quarantine.
    Override(Override),
    /// Lots are recalled.
    Recall(Recall),
    /// A customer is told of a recall, or confirms it.
    Notify(Notify),
    /// Recalled goods were recovered.
    Recover(Recover),
    /// A recall is ended.
    CloseRecall(CloseRecall),
    /// Somebody takes note of an alert.
    Acknowledge(Acknowledge),
    /// A flow was refused.
    Refusal(Refusal),
}

/// One event: a fact under an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its identity: given, or derived from its content.
    pub id: EventId,
    /// What happened.
    pub fact: Fact,
}

impl Fact {
    /// The `type` an event with this fact carries.
    #[must_use]
    pub const fn event_type(&self) -> EventType {
        match self {
            Self::Master(master) => EventType::of_master(master),
            Self::Operation(operation) => EventType::of_operation(operation.kind),
            Self::Void(_) => EventType::Void,
            Self::Hold(_) => EventType::Hold,
            Self::Release(_) => EventType::Release,
            Self::Override(_) => EventType::Override,
            Self::Recall(_) => EventType::Recall,
            Self::Notify(_) => EventType::Notify,
            Self::Recover(_) => EventType::Recover,
            Self::CloseRecall(_) => EventType::CloseRecall,
            Self::Acknowledge(_) => EventType::Acknowledge,
            Self::Refusal(_) => EventType::Refusal,
        }
    }
}
