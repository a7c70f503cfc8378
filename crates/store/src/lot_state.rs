//! How a lot is kept: the one place that says which of its parts a database can search, and which it only carries.
//!
//! A store has a column (or a property) for each part of [`LotColumns`], and one for the text of [`write`]. Whatever
//! is only ever read together with its lot belongs in that text, so that a new part of a lot needs no new column. Raise
//! [`super::upgrade::PROJECTION`] when the text or the columns change: every store is then derived from its ledger anew.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use lotgraph_domain::hold::Quarantine;
use lotgraph_domain::lot::{Anomalies, Flow};
use lotgraph_domain::{
    AliasOf, Attributes, EventId, Lot, LotId, MaterialCode, NamesMeant, Overdrawn, StatedRates, Stock, Text,
    Timestamp, UnitCode,
};

/// What a lot is called and searched by. The origin, the status, the searched text and the lot that it is another name of
/// are columns too; they follow from
/// the lot, so they are written and never read back.
#[derive(Debug)]
pub struct LotColumns {
    /// Its identity.
    pub id: LotId,
    /// The number printed on it.
    pub number: Option<Text>,
    /// The supplier's own number for it.
    pub supplier_lot: Option<Text>,
    /// Its material.
    pub material: Option<MaterialCode>,
    /// Further facts. They are apart because they may be long and seldom change.
    pub attributes: Attributes,
    /// The first moment it can have been received or produced.
    pub earliest_production: Option<Timestamp>,
    /// The draws that took more than can have been there, as JSON; walks read them with the lot.
    pub overdrawn: Overdrawn,
}

/// The parts of a lot that no search looks at. What is as it was at first is left out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State<'a> {
    #[serde(default, skip_serializing_if = "as_at_first")]
    material_claims: u32,
    #[serde(default, skip_serializing_if = "as_at_first")]
    factors: Cow<'a, StatedRates>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    received: Cow<'a, Flow>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    produced: Cow<'a, Flow>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    consumed: Cow<'a, Flow>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    shipped: Cow<'a, Flow>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    scrapped: Cow<'a, Flow>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    returned: Cow<'a, Flow>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    came_back: u32,
    #[serde(default, skip_serializing_if = "as_at_first")]
    in_place: u32,
    #[serde(default, skip_serializing_if = "as_at_first")]
    earliest_draw: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    quarantine: Cow<'a, Quarantine>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    anomalies: Cow<'a, Anomalies>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    alias_of: Cow<'a, Option<AliasOf>>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    aliases: Cow<'a, BTreeMap<LotId, EventId>>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    last_moved: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "as_at_first")]
    compared_in: Option<UnitCode>,
    /// The rest of the stock.
    #[serde(default, skip_serializing_if = "as_at_first")]
    stock: Cow<'a, Stock>,
}

fn as_at_first<T: Default + PartialEq>(part: &T) -> bool {
    *part == T::default()
}

/// What was overdrawn, as JSON; nothing for nearly every lot.
#[must_use]
pub fn overdrawn_text(overdrawn: &Overdrawn) -> Option<String> {
    let text =
        || serde_json::to_string(overdrawn).expect("lists of texts and numbers always have a JSON form");
    (!overdrawn.is_clear()).then(text)
}

/// What was overdrawn, from such a text.
///
/// # Errors
///
/// The text is not one of [`overdrawn_text`].
pub fn read_overdrawn(text: Option<&str>) -> Result<Overdrawn, serde_json::Error> {
    text.map_or_else(|| Ok(Overdrawn::default()), serde_json::from_str)
}

/// What the names in an operation mean, as a JSON object; nothing for nearly every operation.
#[must_use]
pub fn names_text(names: &NamesMeant) -> Option<String> {
    let text = || serde_json::to_string(names).expect("a map of texts always has a JSON form");
    (!names.is_empty()).then(text)
}

/// What the names in an operation mean, from such a text.
///
/// # Errors
///
/// The text is not one of [`names_text`].
pub fn read_names(text: Option<&str>) -> Result<NamesMeant, serde_json::Error> {
    text.map_or_else(|| Ok(NamesMeant::default()), serde_json::from_str)
}

/// The parts of a lot that no search looks at, as JSON.
#[must_use]
pub fn write(lot: &Lot) -> String {
    // Every field is named, so that the compiler asks where a new one is kept.
    let Lot {
        id: _,
        number: _,
        supplier_lot: _,
        material: _,
        attributes: _,
        earliest_production: _,
        overdrawn: _,
        material_claims,
        factors,
        received,
        produced,
        consumed,
        shipped,
        scrapped,
        returned,
        came_back,
        in_place,
        earliest_draw,
        quarantine,
        anomalies,
        alias_of,
        aliases,
        stock,
    } = lot;
    let state = State {
        material_claims: *material_claims,
        factors: Cow::Borrowed(factors),
        received: Cow::Borrowed(received),
        produced: Cow::Borrowed(produced),
        consumed: Cow::Borrowed(consumed),
        shipped: Cow::Borrowed(shipped),
        scrapped: Cow::Borrowed(scrapped),
        returned: Cow::Borrowed(returned),
        came_back: *came_back,
        in_place: *in_place,
        earliest_draw: *earliest_draw,
        quarantine: Cow::Borrowed(quarantine),
        anomalies: Cow::Borrowed(anomalies),
        alias_of: Cow::Borrowed(alias_of),
        aliases: Cow::Borrowed(aliases),
        last_moved: stock.last,
        compared_in: stock.unit.clone(),
        stock: Cow::Owned(Stock { last: None, unit: None, ..stock.clone() }),
    };
    serde_json::to_string(&state).expect("maps with text keys, numbers and texts always have a JSON form")
}

impl LotColumns {
    /// The whole lot, with the parts in a text of [`write`].
    ///
    /// # Errors
    ///
    /// The text is not one of [`write`].
    pub fn into_lot(self, state: &str) -> Result<Lot, serde_json::Error> {
        let state: State<'_> = serde_json::from_str(state)?;
        Ok(Lot {
            id: self.id,
            number: self.number,
            supplier_lot: self.supplier_lot,
            material: self.material,
            attributes: self.attributes,
            earliest_production: self.earliest_production,
            material_claims: state.material_claims,
            factors: state.factors.into_owned(),
            received: state.received.into_owned(),
            produced: state.produced.into_owned(),
            consumed: state.consumed.into_owned(),
            shipped: state.shipped.into_owned(),
            scrapped: state.scrapped.into_owned(),
            returned: state.returned.into_owned(),
            came_back: state.came_back,
            in_place: state.in_place,
            earliest_draw: state.earliest_draw,
            quarantine: state.quarantine.into_owned(),
            anomalies: state.anomalies.into_owned(),
            alias_of: state.alias_of.into_owned(),
            aliases: state.aliases.into_owned(),
            stock: Stock { last: state.last_moved, unit: state.compared_in, ..state.stock.into_owned() },
            overdrawn: self.overdrawn,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(lot: &Lot) -> LotColumns {
        LotColumns {
            id: lot.id.clone(),
            number: lot.number.clone(),
            supplier_lot: lot.supplier_lot.clone(),
            material: lot.material.clone(),
            attributes: lot.attributes.clone(),
            earliest_production: lot.earliest_production,
            overdrawn: lot.overdrawn.clone(),
        }
    }

    #[test]
    fn a_lot_is_read_as_it_was_written() {
        let mut lot = Lot::named(LotId::parse("L1").unwrap());
        assert_eq!(write(&lot), "{}", "what says nothing takes no room");
        assert_eq!(columns(&lot).into_lot("{}").unwrap(), lot);
        let flows = [
            &mut lot.received,
            &mut lot.produced,
            &mut lot.consumed,
            &mut lot.shipped,
            &mut lot.scrapped,
            &mut lot.returned,
        ];
        for (number, flow) in flows.into_iter().enumerate() {
            flow.count = u32::try_from(number).unwrap() + 1;
        }
        lot.material_claims = 7;
        lot.in_place = 8;
        lot.came_back = 11;
        lot.earliest_production = Some(Timestamp::from_micros(9).unwrap());
        lot.earliest_draw = Some(Timestamp::from_micros(10).unwrap());
        lot.anomalies.quantity_gap = Some(lotgraph_domain::EventId::parse("e1").unwrap());
        let (lot_meant, by) = (LotId::parse("L2").unwrap(), EventId::parse("e2").unwrap());
        lot.aliases.insert(LotId::parse("L3").unwrap(), by.clone());
        lot.alias_of = Some(AliasOf { lot: lot_meant, by, lent: lotgraph_domain::Lent::default() });
        assert_eq!(columns(&lot).into_lot(&write(&lot)).unwrap(), lot);
    }

    #[test]
    fn a_part_of_a_newer_lot_is_not_dropped_in_silence() {
        let lot = Lot::named(LotId::parse("L1").unwrap());
        assert!(columns(&lot).into_lot(r#"{"levitated":1}"#).is_err());
    }
}
