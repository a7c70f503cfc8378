//! Events: everything that happens, as facts that are never edited or deleted.

use serde::{Deserialize, Serialize};

use super::alert::{Acknowledge, Refusal};
use super::alias::{Alias, MergeLots};
use super::hold::{Hold, Override, Release};
use super::identifier::{EventId, Text};
use super::master::{Equipment, Master, Material, Operator, Party, Shift};
use super::names::names;
use super::observe::Observe;
use super::operation::{Operation, OperationKind};
use super::recall::{AddToRecall, CloseRecall, Notify, Recall, Recover, ReopenRecall};

/// The most inputs, outputs, lots in place, operators … one event may name, each.
pub const EVENT_ITEMS_MAX: usize = 10_000;

/// Defines events: their types, the facts they state, and how to go from one to the other. A further event is a line of the
/// table below; the compiler then names every place that has to say what it means.
macro_rules! events {
    (
        ($d:tt)
        $(#[$about_master:meta])+
        Master {
            $($(#[doc = $master_meaning:literal])+ $master:ident $master_name:literal,)+
        }
        $(#[$about_operation:meta])+
        Operation {
            $(
                $(#[doc = $operation_meaning:literal])+
                $operation:ident $operation_name:literal of $($kind:ident)|+,
            )+
        }
        Fact {
            $($(#[doc = $meaning:literal])+ $fact:ident $name:literal,)+
        }
    ) => {
        names! {
            /// The types an event can have, as its `type` field writes them.
            pub enum EventType {
                $($(#[doc = $master_meaning])+ $master $master_name,)+
                $($(#[doc = $operation_meaning])+ $operation $operation_name,)+
                $($(#[doc = $meaning])+ $fact $name,)+
            }
        }

        impl EventType {
            /// What an event of this type says, in one sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                let meaning = match self {
                    $(Self::$master => concat!($($master_meaning),+),)+
                    $(Self::$operation => concat!($($operation_meaning),+),)+
                    $(Self::$fact => concat!($($meaning),+),)+
                };
                meaning.trim_start()
            }

            /// The type of an event that declares this.
            #[must_use]
            pub const fn of_master(master: &Master) -> Self {
                match master {
                    $(Master::$master(_) => Self::$master,)+
                }
            }

            /// The type of an event that records an operation of this kind.
            #[must_use]
            pub const fn of_operation(kind: OperationKind) -> Self {
                match kind {
                    $($(OperationKind::$kind)|+ => Self::$operation,)+
                }
            }
        }

        /// What an event says happened.
        #[expect(
            clippy::large_enum_variant,
            reason = "nearly every event is an operation, so a box would only cost an allocation for each"
        )]
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Fact {
            $(#[$about_master])+
            Master(Master),
            $(#[$about_operation])+
            Operation(Operation),
            $($(#[doc = $meaning])+ $fact($fact),)+
        }

        impl Fact {
            /// The `type` an event with this fact carries.
            #[must_use]
            pub const fn event_type(&self) -> EventType {
                match self {
                    Self::Master(master) => EventType::of_master(master),
                    Self::Operation(operation) => EventType::of_operation(operation.kind),
                    $(Self::$fact(_) => EventType::$fact,)+
                }
            }
        }

        impl From<Master> for Fact {
            fn from(master: Master) -> Self {
                Self::Master(master)
            }
        }

        impl From<Operation> for Fact {
            fn from(operation: Operation) -> Self {
                Self::Operation(operation)
            }
        }

        impl FactItem for Operation {
            fn of(fact: &Fact) -> Option<&Self> {
                if let Fact::Operation(operation) = fact { Some(operation) } else { None }
            }
        }

        $(
            impl From<$master> for Fact {
                fn from(item: $master) -> Self {
                    Self::Master(item.into())
                }
            }

            impl FactItem for $master {
                fn of(fact: &Fact) -> Option<&Self> {
                    if let Fact::Master(Master::$master(item)) = fact { Some(item) } else { None }
                }
            }
        )+

        $(
            impl From<$fact> for Fact {
                fn from(item: $fact) -> Self {
                    Self::$fact(item)
                }
            }

            impl FactItem for $fact {
                fn of(fact: &Fact) -> Option<&Self> {
                    if let Fact::$fact(item) = fact { Some(item) } else { None }
                }
            }
        )+

        /// Does the same with whatever a fact states: `with_fact!(fact, |it| it.something())` binds `it` to the item of every
        /// variant, so that `something` is a method of a trait that each item has. The compiler names those that lack it.
        #[macro_export]
        macro_rules! with_fact {
            ($d fact:expr, |$d it:ident| $d body:expr) => {
                match $d fact {
                    $crate::Fact::Master($d it) => $d body,
                    $crate::Fact::Operation($d it) => $d body,
                    $($crate::Fact::$fact($d it) => $d body,)+
                }
            };
        }

        /// Does the same for every type of event with the type of that name in a module of the caller:
        /// `with_event_type!(event_type, lists::List => List::read(fields))` stands for a match whose arm for
        /// `EventType::Hold` has `lists::Hold` as `List`. The compiler names those that the module lacks.
        #[macro_export]
        macro_rules! with_event_type {
            ($d event_type:expr, $d module:ident::$d item:ident => $d body:expr) => {
                match $d event_type {
                    $($crate::EventType::$master => { type $d item = $d module::$master; $d body })+
                    $($crate::EventType::$operation => { type $d item = $d module::$operation; $d body })+
                    $($crate::EventType::$fact => { type $d item = $d module::$fact; $d body })+
                }
            };
        }
    };
}

events! {
    ($)
    /// Master data as it is from now on.
    Master {
        /// Declares a material.
        Material "material",
        /// Declares equipment.
        Equipment "equipment",
        /// Declares an operator.
        Operator "operator",
        /// Declares a shift.
        Shift "shift",
        /// Declares a party.
        Party "party",
    }
    /// An operation took place.
    Operation {
        /// Lots arrive.
        Receive "receive" of Receive,
        /// A step is executed.
        Operation "operation" of Produce | Split | Merge | Rework | Repack | Process,
        /// Lots leave.
        Ship "ship" of Ship,
        /// Lots are thrown away.
        Scrap "scrap" of Scrap,
        /// Lots are emptied and cleaned.
        Clean "clean" of Clean,
        /// What is on hand of lots is measured.
        Count "count" of Count,
        /// Lots come back from a customer.
        Return "return" of Return,
    }
    Fact {
        /// An earlier event is withdrawn.
        Void "void",
        /// Lots are put into quarantine.
        Hold "hold",
        /// Lots are freed from it, or from inspection.
        Release "release",
        /// An operation may draw from lots in quarantine.
        Override "override",
        /// Lots are recalled.
        Recall "recall",
        /// A customer is told of a recall, or confirms it.
        Notify "notify",
        /// Recalled goods were recovered.
        Recover "recover",
        /// A recall is ended.
        CloseRecall "closeRecall",
        /// Further lots are recalled with a recall that is under way.
        AddToRecall "addToRecall",
        /// A recall that was ended goes on.
        ReopenRecall "reopenRecall",
        /// Somebody takes note of an alert.
        Acknowledge "acknowledge",
        /// A flow was refused; recorded by lotgraph itself.
        Refusal "refusal",
        /// Lots are seen somewhere; nothing flows.
        Observe "observe",
        /// Numbers are further names of a lot.
        Alias "alias",
        /// Lots that were recorded apart were one lot all along.
        MergeLots "mergeLots",
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

/// An item that a fact may state.
pub trait FactItem: Into<Fact> {
    /// What the fact states, if it states such an item.
    fn of(fact: &Fact) -> Option<&Self>;
}

/// One event: a fact under an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its identity: given, or derived from its content.
    pub id: EventId,
    /// What happened.
    pub fact: Fact,
}
