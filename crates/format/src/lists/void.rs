//! Voids.

use super::kind::{Optional, Required};
use super::list::field_list;
use crate::fields::Fields;
use lotgraph_domain::{self as domain, ErrorCode, EventId, Text};

field_list! {
    event Void of domain::Void {
        /// The id of the event withdrawn.
        event: Required<EventId>;
        /// Why.
        reason: Required<Text>;
        /// The id of the event that replaces it, which may come later.
        replaced_by as "replacedBy": Optional<EventId>, check |fields: &mut Fields<'_>| {
            if event.is_some() && replaced_by.as_ref() == Some(&event) {
                fields.refuse("replacedBy", ErrorCode::SelfReference, "an event cannot replace itself");
            }
        };
    }
}
