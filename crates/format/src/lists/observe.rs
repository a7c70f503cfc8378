//! Observations.

use serde_json::{Map, Value, json};

use super::definitions::{Definitions, rule};
use super::kind::{Kind, Optional, Pair, Required, Scalar};
use super::list::field_list;
use super::several::SomeLots;
use crate::fields::Fields;
use crate::write::Object;
use lotgraph_domain::{
    self as domain, EquipmentCode, ErrorCode, Location, OperatorCode, PartyCode, Text, Timestamp,
};

field_list! {
    event Observe of domain::Observe {
        /// When the lots were seen.
        at: Required<Timestamp>;
        /// The lots, at least one.
        lots: SomeLots;
        /// The code of the equipment or area where they were seen; either this or `party`.
        location as "equipment" and "party": SeenAt;
        /// The code of the operator who saw them.
        operator: Optional<OperatorCode>;
        /// What saw them: a scanner or tag.
        source: Optional<Text>;
        /// What is to be said about it.
        note: Optional<Text>;
    }
    ; rule one_location
}

/// Where lots were seen: exactly one of two fields.
struct SeenAt;

impl Kind for SeenAt {
    type Value = Location;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Location> {
        let both = !fields.is_absent(name) && !fields.is_absent("party");
        let neither = fields.is_absent(name) && fields.is_absent("party");
        let equipment = fields.parsed(name, EquipmentCode::parse);
        let party = fields.parsed("party", PartyCode::parse);
        if both {
            let message = "party and equipment are two locations; say at which one the lots were seen";
            fields.refuse("party", ErrorCode::FieldNotAllowed, message);
        }
        if neither {
            let message = "equipment is missing, and party as well; add where the lots were seen";
            fields.refuse(name, ErrorCode::FieldMissing, message);
        }
        equipment.map(Location::Equipment).or(party.map(Location::Party))
    }

    fn write(object: &mut Object<'_>, name: &'static str, location: &Location) {
        if let Location::Equipment(code) = location {
            code.put(object, name);
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        EquipmentCode::schema(definitions)
    }
}

impl Pair for SeenAt {
    const SECOND_ABOUT: &'static str = "The code of the supplier or customer at whose site they were seen.";

    fn write_second(object: &mut Object<'_>, name: &'static str, location: &Location) {
        if let Location::Party(code) = location {
            code.put(object, name);
        }
    }

    fn second_schema(definitions: &mut Definitions) -> Value {
        PartyCode::schema(definitions)
    }
}

fn one_location(definitions: &mut Definitions) -> Map<String, Value> {
    let code = SeenAt::schema(definitions);
    let only = |given: &str, other: &str| json!({ "required": [given], "properties": { given: code, other: { "type": "null" } } });
    rule(json!({ "oneOf": [only("equipment", "party"), only("party", "equipment")] }))
}
