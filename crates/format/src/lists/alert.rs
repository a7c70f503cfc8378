//! Acknowledgements and refusals.

use super::kind::{Optional, Required};
use super::list::field_list;
use super::several::SomeLots;
use lotgraph_domain::{self as domain, AlertId, EventId, Obstacle, Text, Timestamp};

field_list! {
    event Acknowledge of domain::Acknowledge {
        /// When it was done.
        at: Required<Timestamp>;
        /// The alert's id.
        alert: Required<AlertId>;
        /// What is to be said about it.
        note: Optional<Text>;
    }
}

field_list! {
    event Refusal of domain::Refusal {
        /// When the refused operation says it ended.
        at: Required<Timestamp>;
        /// The id of the event that was refused.
        event: Required<EventId>;
        /// Why: `LOT_ON_HOLD`, `LOT_PENDING_INSPECTION` or `LOT_REJECTED`.
        code: Required<Obstacle>;
        /// The lots that it would have drawn from, at least one.
        lots: SomeLots;
        /// The hold that forbids it.
        hold: Optional<EventId>;
        /// The refusal, for people.
        message: Required<Text>;
    }
}
