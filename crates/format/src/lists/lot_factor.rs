//! Conversions that are stated for one lot.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::definitions::{Definitions, rule};
use super::kind::{Kind, Required};
use super::list::field_list;
use super::master::Factor;
use super::several::Objects;
use crate::fields::Fields;
use crate::write::Object;
use lotgraph_domain::{self as domain, ErrorCode, Rate, UnitCode};

field_list! {
    object LotFactor "lotFactor" of Written {
        /// The other unit.
        unit: Required<UnitCode>;
        /// How many of the material's own unit one of the other is; either this or `perUnit`.
        factor: OptionalFactor;
        /// How many of the other unit one of the material's own is: 240 when a bale weighs 240 kg.
        per_unit as "perUnit": OptionalFactor;
    }
    then one_of_two
    ; rule factor_or_per_unit
}

/// A conversion of one lot as it is written: with one of two numbers.
pub struct Written {
    unit: UnitCode,
    factor: Option<Decimal>,
    per_unit: Option<Decimal>,
}

fn one_of_two(fields: &mut Fields<'_>, stated: &Written) {
    let (code, message) = match (stated.factor, stated.per_unit) {
        (Some(_), Some(_)) => {
            (ErrorCode::FieldNotAllowed, "factor and perUnit are both given; keep one of the two")
        }
        // One that cannot be read was reported.
        (None, None) if fields.is_absent("factor") && fields.is_absent("perUnit") => {
            (ErrorCode::FieldMissing, "factor is missing; add it, or perUnit")
        }
        _ => return,
    };
    fields.refuse("factor", code, message);
}

fn factor_or_per_unit(definitions: &mut Definitions) -> Map<String, Value> {
    let factor = Factor::schema(definitions);
    let none = json!({ "type": "null" });
    rule(json!({
        "anyOf": [
            { "required": ["factor"], "properties": { "factor": factor, "perUnit": none } },
            { "required": ["perUnit"], "properties": { "perUnit": factor, "factor": none } },
        ],
    }))
}

/// The conversions of one lot, ordered by their units, each once.
pub(super) struct LotFactors;

impl Kind for LotFactors {
    type Value = Vec<domain::LotFactor>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<domain::LotFactor>> {
        let stated = Objects::<LotFactor>::read(fields, name)?.into_iter();
        let factor = |stated: Written| {
            let rate = stated.factor.map(Rate::Factor).or(stated.per_unit.map(Rate::PerUnit))?;
            Some(domain::LotFactor { unit: stated.unit, rate })
        };
        let mut factors: Vec<domain::LotFactor> = stated.filter_map(factor).collect();
        factors.sort_unstable_by(|a, b| a.unit.cmp(&b.unit));
        if factors.windows(2).any(|pair| pair[0].unit == pair[1].unit) {
            fields.refuse(
                name,
                ErrorCode::SelfReference,
                "each unit may be converted once; keep one of the two",
            );
        }
        Some(factors)
    }

    fn write(object: &mut Object<'_>, name: &'static str, factors: &Vec<domain::LotFactor>) {
        let stated = |factor: &domain::LotFactor| {
            let (times, over) = match factor.rate {
                Rate::Factor(factor) => (Some(factor), None),
                Rate::PerUnit(count) => (None, Some(count)),
            };
            Written { unit: factor.unit.clone(), factor: times, per_unit: over }
        };
        Objects::<LotFactor>::write(object, name, &factors.iter().map(stated).collect());
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Objects::<LotFactor>::schema(definitions)
    }
}

/// A factor that may be left out.
struct OptionalFactor;

impl Kind for OptionalFactor {
    type Value = Option<Decimal>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Option<Decimal>> {
        if fields.is_absent(name) {
            fields.take(name);
            return Some(None);
        }
        Factor::read(fields, name).map(Some)
    }

    fn write(object: &mut Object<'_>, name: &'static str, factor: &Option<Decimal>) {
        object.plain(name, factor.map(|factor| factor.normalize()));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Factor::schema(definitions)
    }
}
