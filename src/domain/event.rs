//! Events: everything that happens, as facts that are never edited or deleted.

use serde::{Deserialize, Serialize};

use super::identifier::{EventId, Text};
use super::master::Master;
use super::operation::{Operation, OperationKind};

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
    /// An earlier event is withdrawn.
    Void,
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
        Self::Void,
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
            Self::Void => "void",
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
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every event is an operation, so a box would only add an allocation"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// Master data as it is from now on.
    Master(Master),
    /// An operation took place.
    Operation(Operation),
    /// An earlier operation is withdrawn.
    Void(Void),
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
            Self::Master(Master::Material(_)) => EventType::Material,
            Self::Master(Master::Equipment(_)) => EventType::Equipment,
            Self::Master(Master::Operator(_)) => EventType::Operator,
            Self::Master(Master::Shift(_)) => EventType::Shift,
            Self::Master(Master::Party(_)) => EventType::Party,
            Self::Operation(operation) => match operation.kind {
                OperationKind::Receive => EventType::Receive,
                OperationKind::Ship => EventType::Ship,
                OperationKind::Scrap => EventType::Scrap,
                OperationKind::Produce
                | OperationKind::Split
                | OperationKind::Merge
                | OperationKind::Rework
                | OperationKind::Repack
                | OperationKind::Process => EventType::Operation,
            },
            Self::Void(_) => EventType::Void,
        }
    }
}
