//! Master data.

use std::ops::RangeBounds;

use rust_decimal::Decimal;
use serde_json::Value;

use super::definitions::Definitions;
use super::kind::{Choice, Choices, Flag, Kind, Optional, Required, Stated};
use super::list::field_list;
use super::several::Objects;
use super::{check_order, words};
use crate::fields::Fields;
use crate::write::Object;
use lotgraph_domain::quantity::{AMOUNT_LIMIT, parse_decimal};
use lotgraph_domain::{
    self as domain, EquipmentCode, ErrorCode, MaterialClass, MaterialCode, OperatorCode, PartyCode,
    PartyRole, Percent, ShiftCode, Text, Timestamp, Tracking, UnitCode, YieldRange,
};

field_list! {
    event Material of domain::Material {
        /// Its code.
        code: Required<MaterialCode>;
        /// What people call it.
        name: Optional<Text>;
        /// The unit that its quantities are compared in.
        unit: Stated<UnitCode>;
        /// What it is used as: `RAW`, `INTERMEDIATE`, `FINISHED` or `PACKAGING`.
        class: Optional<MaterialClass>;
        /// `true`: its lots wait for a release before use, those that are recorded from now on.
        inspection_required as "inspectionRequired": Flag<false>;
        /// How its lots are told apart: `LOT`, each a quantity, or `UNIT`, each a single piece with a number of its own.
        tracking: Choice<Tracking>;
        /// `true`: what customers send back of it may be used again at once; else the lot that it comes back into waits
        /// for a release.
        returns_to_stock as "returnsToStock": Flag<false>;
        /// Further units that its quantities may be given in, each once for each `validFrom`, and not its own. Those declared
        /// before stay.
        conversions: Conversions;
        /// By how much more may be drawn of a lot than came in before it counts as overdrawn, in percent of what came in:
        /// 0 to 100, at most 6 decimal places; 0.5 when it is absent.
        tolerance_percent as "tolerancePercent": TolerancePercent;
        /// The least that an operation that brings it forth should yield, in percent of what goes in, packaging aside.
        yield_min as "yieldMin": YieldPercent;
        /// The most; not below `yieldMin`.
        yield_max as "yieldMax": YieldPercent;
    }
    with { declared: true }
    then check_material
}

field_list! {
    object Conversion "conversion" of domain::Conversion {
        /// The other unit.
        unit: Required<UnitCode>;
        /// How many of the material's own unit one of the other is: above 0, at most 12 decimal places.
        factor: Factor;
        /// It holds for lots that first come in at this moment or later; absent: for all before the first `validFrom`. Lots
        /// keep the factor that held when they came in.
        valid_from as "validFrom": Optional<Timestamp>;
    }
}

field_list! {
    event Equipment of domain::Equipment {
        /// Its code.
        code: Required<EquipmentCode>;
        /// What people call it.
        name: Optional<Text>;
        /// The code of the equipment that it is part of.
        parent: Optional<EquipmentCode>, check |fields: &mut Fields<'_>| {
            if code.is_some() && parent.as_ref() == Some(&code) {
                fields.refuse("parent", ErrorCode::SelfReference, "equipment cannot be part of itself");
            }
        };
    }
    with { declared: true }
}

field_list! {
    event Operator of domain::Operator {
        /// Their code.
        code: Required<OperatorCode>;
        /// Their name.
        name: Optional<Text>;
    }
    with { declared: true }
}

field_list! {
    event Shift of domain::Shift {
        /// Its code: that of one shift on one date.
        code: Required<ShiftCode>;
        /// What people call it.
        name: Optional<Text>;
        /// When it starts.
        starts_at as "startsAt": Optional<Timestamp>;
        /// When it ends; not before it starts.
        ends_at as "endsAt": Optional<Timestamp>, check |fields: &mut Fields<'_>| {
            check_order(fields, "endsAt", "startsAt", starts_at.flatten(), ends_at.flatten());
        };
    }
    with { declared: true }
}

field_list! {
    event Party of domain::Party {
        /// Its code.
        code: Required<PartyCode>;
        /// What people call it.
        name: Optional<Text>;
        /// What it is to the plant: any of `SUPPLIER`, `CUSTOMER`.
        roles: Choices<PartyRole>;
        /// Where it is: the postal address.
        address: Optional<Text>;
        /// Who is to be reached there, in the order in which they are to be tried.
        contacts: Objects<Contact>;
    }
    with { declared: true }
}

field_list! {
    object Contact "contact" of domain::Contact {
        /// Who it is, or what they do there.
        name: Required<Text>;
        /// Their address for electronic mail.
        email: Optional<Text>;
        /// Their telephone number.
        phone: Optional<Text>;
    }
}

fn check_material(fields: &mut Fields<'_>, material: &domain::Material) {
    check_yields(fields, material.yield_range());
    let conversions = &material.conversions;
    let same = |pair: &[domain::Conversion]| {
        pair[0].unit == pair[1].unit && pair[0].valid_from == pair[1].valid_from
    };
    if conversions.windows(2).any(same)
        || conversions.iter().any(|conversion| Some(&conversion.unit) == material.unit.as_ref())
    {
        fields.refuse(
            "conversions",
            ErrorCode::SelfReference,
            "each unit may be converted once from one moment on, and the material's own unit not at all",
        );
    }
}

/// Conversions, ordered by their units.
struct Conversions;

impl Kind for Conversions {
    type Value = Vec<domain::Conversion>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<domain::Conversion>> {
        let mut conversions = Objects::<Conversion>::read(fields, name)?;
        conversions.sort_unstable_by(|a, b| (&a.unit, a.valid_from).cmp(&(&b.unit, b.valid_from)));
        Some(conversions)
    }

    fn write(object: &mut Object<'_>, name: &'static str, conversions: &Vec<domain::Conversion>) {
        Objects::<Conversion>::write(object, name, conversions);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Objects::<Conversion>::schema(definitions)
    }
}

/// Refuses a range of yields whose ends are the wrong way round.
pub(super) fn check_yields(fields: &mut Fields<'_>, range: YieldRange) {
    if range.min.zip(range.max).is_some_and(|(min, max)| min.0 > max.0) {
        let message = "yieldMin lies above yieldMax; correct the two";
        fields.refuse("yieldMin", ErrorCode::LimitsOrder, message);
    }
}

/// An optional part in percent, within bounds that `wanted` puts into words.
fn percent(
    fields: &mut Fields<'_>,
    name: &'static str,
    wanted: &str,
    bounds: impl RangeBounds<Decimal>,
) -> Option<Option<Percent>> {
    if fields.is_absent(name) {
        fields.take(name);
        return Some(None);
    }
    let percent = fields.number_text(name).and_then(|text| parse_decimal(&text));
    let percent = percent.filter(|percent| bounds.contains(percent) && percent.scale() <= 6);
    if percent.is_none() {
        let message = format!("{name} must be a decimal {wanted} with at most 6 decimal places");
        fields.refuse(name, ErrorCode::QuantityInvalid, message);
    }
    percent.map(|percent| Some(Percent(percent)))
}

/// A yield in percent, which may be above 100.
pub(super) struct YieldPercent;

impl Kind for YieldPercent {
    type Value = Option<Percent>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Option<Percent>> {
        percent(fields, name, "from 0 to below 100000", Decimal::ZERO..Decimal::from(100_000))
    }

    fn write(object: &mut Object<'_>, name: &'static str, percent: &Option<Percent>) {
        TolerancePercent::write(object, name, percent);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.named("yieldPercent", words::yield_percent)
    }
}

/// A tolerance in percent.
struct TolerancePercent;

impl Kind for TolerancePercent {
    type Value = Option<Percent>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Option<Percent>> {
        percent(fields, name, "from 0 to 100", Decimal::ZERO..=Decimal::ONE_HUNDRED)
    }

    fn write(object: &mut Object<'_>, name: &'static str, percent: &Option<Percent>) {
        object.plain(name, percent.map(|percent| percent.0.normalize()));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.named("tolerancePercent", words::tolerance_percent)
    }
}

/// The factor of a conversion.
pub(super) struct Factor;

impl Kind for Factor {
    type Value = Decimal;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Decimal> {
        let factor = fields.number_text(name).and_then(|text| parse_decimal(&text));
        let fits = |factor: &Decimal| {
            *factor > Decimal::ZERO && factor.scale() <= 12 && *factor < Decimal::from(AMOUNT_LIMIT)
        };
        let factor = factor.filter(fits);
        if factor.is_none() {
            let message = format!(
                "{name} must be a decimal above zero with at most 12 decimal places: factor says how many of the material's unit one of this unit is, perUnit of a lot how many of this unit one of the material's is"
            );
            fields.refuse(name, ErrorCode::QuantityInvalid, message);
        }
        factor
    }

    fn write(object: &mut Object<'_>, name: &'static str, factor: &Decimal) {
        object.plain(name, Some(factor.normalize()));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.named("factor", words::factor)
    }
}
