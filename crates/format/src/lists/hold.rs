//! Holds, releases and overrides.

use serde_json::{Map, Value, json};

use super::definitions::{Definitions, rule};
use super::kind::{Choice, Flag, Kind, Optional, Required, Scalar};
use super::list::field_list;
use super::operation::Resolved;
use super::several::{Codes, Objects, SomeLots};
use crate::fields::Fields;
use crate::write::Object;
use lotgraph_domain::{
    self as domain, Disposition, EventId, HoldPolicy, LateCapture, LotId, Text, Timestamp,
};

field_list! {
    event Hold of domain::Hold {
        /// When it was decided.
        at: Required<Timestamp>;
        /// The lots, at least one.
        lots: SomeLots;
        /// Why.
        reason: Required<Text>;
        /// What sort of trouble it is.
        category: Optional<Text>;
        /// Whether everything made of the lots, already or later, is suspect, along the walks of the forward trace and under its
        /// time rule; `true` when absent.
        propagate: Flag<true>;
        /// `BLOCK` (when absent) refuses to draw from suspect lots, `WARN` lets it pass and marks what comes out.
        policy: Choice<HoldPolicy>;
        /// What becomes of a draw that happened before the hold and is recorded after it: `RECORD` (when absent) takes it
        /// with an alert, since the goods have gone; `REFUSE` refuses it.
        late_capture as "lateCapture": Choice<LateCapture>;
        /// The id of the recall that it belongs to.
        recall: Optional<EventId>;
        /// `true`: a number among the lots that is no lot's id is taken for the one lot that bears it.
        resolve: Flag<false>;
        /// The numbers that were taken for lots when the hold was recorded; written by lotgraph.
        resolved: Objects<Resolved>;
    }
}

field_list! {
    event Release of domain::Release {
        /// When it was decided.
        at: Required<Timestamp>;
        /// The id of the hold that ends; absent: the lots are released from inspection, and from an earlier disposition.
        hold: Optional<EventId>;
        /// Of a hold: only these lots, or all of them when absent. Without `hold`: at least one.
        lots: ReleasedLots;
        /// Why.
        reason: Required<Text>;
        /// What is to become of the lots: `RELEASED`, or `REWORK`, `SCRAP`, `RETURN`, and then each may only be worked over,
        /// thrown away, or shipped back.
        disposition: Required<Disposition>;
    }
    ; rule hold_or_lots
}

/// The lots of a release: without a hold the lots themselves say what is released.
struct ReleasedLots;

impl Kind for ReleasedLots {
    type Value = Vec<LotId>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<LotId>> {
        if fields.is_given("hold") {
            Codes::<LotId>::read(fields, name)
        } else {
            SomeLots::read(fields, name)
        }
    }

    fn write(object: &mut Object<'_>, name: &'static str, lots: &Vec<LotId>) {
        SomeLots::write(object, name, lots);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Codes::<LotId>::schema(definitions)
    }
}

fn hold_or_lots(definitions: &mut Definitions) -> Map<String, Value> {
    let (hold, lots) = (EventId::schema(definitions), SomeLots::schema(definitions));
    rule(json!({
        "anyOf": [
            { "required": ["hold"], "properties": { "hold": hold } },
            { "required": ["lots"], "properties": { "lots": lots } },
        ],
    }))
}

field_list! {
    event Override of domain::Override {
        /// When it was decided.
        at: Required<Timestamp>;
        /// The id that the operation's event will have.
        operation: Required<EventId>;
        /// The lots that it may draw from, at least one.
        lots: SomeLots;
        /// Why.
        reason: Required<Text>;
    }
}
