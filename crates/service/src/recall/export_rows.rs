//! The rows of an export of a recall's scope, as texts.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::export::Row;
use super::scope::ScopeAnswer;
use lotgraph_domain::{Contact, Lot, LotStatus, Party, UnitCode};
use lotgraph_genealogy::scope::{AffectedLot, CustomerShare, Drawn, Share, Shipment, Whereabouts};

/// The name of a place as answers write it.
#[must_use]
pub fn place_name(place: Whereabouts) -> &'static str {
    match place {
        Whereabouts::OnHand => "ON_HAND",
        Whereabouts::OnHandUnknown => "ON_HAND_UNKNOWN",
        Whereabouts::Consumed => "CONSUMED",
        Whereabouts::Shipped => "SHIPPED",
        Whereabouts::Scrapped => "SCRAPPED",
    }
}

/// Sums as text: `60 EA + 3 KGM`.
#[must_use]
pub fn sums_text(sums: &BTreeMap<UnitCode, Decimal>) -> Option<String> {
    let parts = sums.iter().map(|(unit, amount)| format!("{} {unit}", amount.normalize()));
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(" + "))
}

/// Sums as text: `60 EA + 3 KGM`, with what nobody measured.
#[must_use]
pub fn drawn_text(drawn: &Drawn) -> Option<String> {
    let measured = drawn.sums.iter().map(|(unit, amount)| format!("{} {unit}", amount.normalize()));
    let unmeasured = (drawn.unmeasured > 0).then(|| format!("{} not measured", drawn.unmeasured));
    let parts: Vec<String> = measured.chain(unmeasured).collect();
    (!parts.is_empty()).then(|| parts.join(" + "))
}

pub(super) fn text(value: &impl std::fmt::Display) -> Option<String> {
    Some(value.to_string())
}

pub(super) fn lot_row(answer: &ScopeAnswer, lot: &AffectedLot, record: Option<&Lot>) -> Row {
    let places: Vec<&str> = lot.whereabouts().into_iter().map(place_name).collect();
    let last = answer.last_operations.get(&lot.lot);
    let equipment =
        last.map(|last| last.equipment.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" "));
    vec![
        text(answer.lot_id(lot.lot)),
        record.and_then(|record| record.number.as_ref()).and_then(text),
        record.and_then(|record| record.supplier_lot.as_ref()).and_then(text),
        lot.material.as_ref().and_then(text),
        text(&lot.depth),
        record.map(Lot::status).map(LotStatus::name).map(str::to_owned),
        Some(places.join(" ")),
        lot.on_hand.as_ref().map(|(amount, unit)| format!("{} {unit}", amount.normalize())),
        drawn_text(&lot.consumed),
        drawn_text(&lot.shipped),
        drawn_text(&lot.scrapped),
        last.map(|last| last.id.to_string()),
        last.and_then(|last| last.step.as_ref()).and_then(text),
        equipment.filter(|equipment| !equipment.is_empty()),
        last.map(|last| last.at.to_string()),
        sums_text(&lot.returned),
    ]
}

pub(super) fn shipment_row(answer: &ScopeAnswer, shipment: &Shipment, record: Option<&Lot>) -> Row {
    let quantity = shipment.quantity.as_ref();
    let gone = |gone: Decimal| {
        let unit = shipment.amount.as_ref().filter(|_| !gone.is_zero());
        unit.map(|(unit, _)| format!("{} {unit}", gone.normalize()))
    };
    vec![
        shipment.customer.as_ref().and_then(text),
        shipment.document.as_ref().and_then(text),
        text(&shipment.at),
        text(answer.lot_id(shipment.lot)),
        record.and_then(|record| record.number.as_ref()).and_then(text),
        record.and_then(|record| record.material.as_ref()).and_then(text),
        quantity.map(|quantity| quantity.amount.to_string()),
        quantity.map(|quantity| quantity.unit.to_string()),
        text(answer.operation_id(shipment.operation)),
        gone(shipment.returned),
        gone(shipment.transferred),
    ]
}

/// The amount of the same material in the same unit, if there is one.
fn amount_of(shares: &[Share], like: &Share) -> Option<String> {
    let found = shares.iter().find(|share| (&share.material, &share.unit) == (&like.material, &like.unit))?;
    Some(found.amount.normalize().to_string())
}

pub(super) fn customer_row(share: &CustomerShare, quantity: Option<&Share>, party: Option<&Party>) -> Row {
    let contacts = party.map(|party| party.contacts.iter().map(contact_text).collect::<Vec<String>>());
    vec![
        share.customer.as_ref().and_then(text),
        quantity.and_then(|quantity| quantity.material.as_ref()).and_then(text),
        quantity.map(|quantity| quantity.amount.normalize().to_string()),
        quantity.map(|quantity| quantity.unit.to_string()),
        text(&share.lots),
        text(&share.shipments),
        text(&share.unmeasured),
        text(&share.first),
        text(&share.last),
        quantity.and_then(|quantity| amount_of(&share.returned, quantity)),
        quantity.and_then(|quantity| amount_of(&share.remaining, quantity)),
        party.and_then(|party| party.name.as_ref()).and_then(text),
        party.and_then(|party| party.address.as_ref()).and_then(text),
        contacts.filter(|contacts| !contacts.is_empty()).map(|contacts| contacts.join("; ")),
        quantity.and_then(|quantity| amount_of(&share.transferred, quantity)),
    ]
}

/// Who is to be reached, and how: `Ms Li <li@shop.example> +86 10 1234`.
fn contact_text(contact: &Contact) -> String {
    let email = contact.email.as_ref().map(|email| format!("<{email}>"));
    let phone = contact.phone.as_ref().map(ToString::to_string);
    let parts = [Some(contact.name.to_string()), email, phone];
    parts.into_iter().flatten().collect::<Vec<String>>().join(" ")
}
