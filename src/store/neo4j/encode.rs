//! Domain values to statement parameters.

use std::collections::HashMap;

use neo4rs::{BoltInteger, BoltMap, BoltNull, BoltString, BoltType};
use serde::{Deserialize, Serialize};

use crate::domain::{EventId, Flow, Lot, LotStatus, Master, MasterRef, Role, Timestamp};
use crate::format::{canonical, record as record_format};
use crate::store::planner::{
    EventRow, LinkRow, LotChange, LotRow, OperationRow, RecordChange, RecordRow, VoidRow,
};

/// A lot's flows as one property: they are read and written whole, and never filtered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flows {
    pub(super) received: Flow,
    pub(super) produced: Flow,
    pub(super) consumed: Flow,
    pub(super) shipped: Flow,
    pub(super) scrapped: Flow,
}

pub(super) fn text(value: impl AsRef<str>) -> BoltType {
    BoltType::String(BoltString { value: value.as_ref().to_owned() })
}

/// Whether Neo4j compares this parameter with stored texts as it orders them. Texts from the store are compared by code
/// point, a parameter with one of them by UTF-16 unit: the two differ from the surrogates on.
pub(super) fn comparable(key: &str) -> bool {
    key.chars().all(|c| c < '\u{e000}')
}

pub(super) fn integer(value: impl Into<i64>) -> BoltType {
    BoltType::Integer(BoltInteger { value: value.into() })
}

pub(super) fn time(value: Timestamp) -> BoltType {
    integer(value.micros())
}

pub(super) fn null() -> BoltType {
    BoltType::Null(BoltNull)
}

pub(super) fn optional<T>(value: Option<T>, encode: impl FnOnce(T) -> BoltType) -> BoltType {
    value.map_or_else(null, encode)
}

pub(super) fn list(values: impl IntoIterator<Item = BoltType>) -> BoltType {
    BoltType::List(values.into_iter().collect::<Vec<_>>().into())
}

pub(super) fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> BoltType {
    list(values.into_iter().map(text))
}

fn map<'a>(entries: impl IntoIterator<Item = (&'a str, BoltType)>) -> BoltType {
    let value: HashMap<BoltString, BoltType> =
        entries.into_iter().map(|(name, value)| (BoltString { value: name.to_owned() }, value)).collect();
    BoltType::Map(BoltMap { value })
}

/// JSON of a value that always has one.
fn json(value: &impl Serialize) -> BoltType {
    text(serde_json::to_string(value).expect("maps with text keys and decimals always have a JSON form"))
}

pub(super) fn event(index: usize, row: &EventRow) -> BoltType {
    map([
        ("id", text(&row.id)),
        ("index", integer(index as i64 + 1)),
        ("type", text(row.event_type.name())),
        ("body", text(&row.body)),
    ])
}

/// What changed of a lot; all of it for a new one.
pub(super) fn lot(row: &LotRow) -> BoltType {
    let Lot { id, number, supplier_lot, material, material_claims, attributes, .. } = &row.lot;
    let flows = Flows {
        received: row.lot.received.clone(),
        produced: row.lot.produced.clone(),
        consumed: row.lot.consumed.clone(),
        shipped: row.lot.shipped.clone(),
        scrapped: row.lot.scrapped.clone(),
    };
    let mut properties = vec![
        ("id", text(id)),
        ("material_claims", integer(*material_claims)),
        ("flows", json(&flows)),
        ("in_place", integer(row.lot.in_place)),
        ("earliest_production", optional(row.lot.earliest_production, time)),
        ("earliest_draw", optional(row.lot.earliest_draw, time)),
        ("origin", text(row.lot.origin().name())),
    ];
    if row.quarantine {
        let quarantine = &row.lot.quarantine;
        let holds = quarantine.marks.iter().map(|mark| &mark.hold);
        let status = Some(quarantine.status()).filter(|status| *status != LotStatus::Available);
        properties.extend([
            ("quarantine", if quarantine.is_clear() { null() } else { json(quarantine) }),
            ("status", optional(status, |status| text(status.name()))),
            ("holds", if quarantine.marks.is_empty() { null() } else { texts(holds) }),
        ]);
    }
    if row.anomalies {
        let anomalies = &row.lot.anomalies;
        properties.push(("anomalies", if anomalies.is_clear() { null() } else { json(anomalies) }));
    }
    if row.change != LotChange::Flows {
        properties.extend([
            ("number", optional(number.as_ref(), text)),
            ("supplier_lot", optional(supplier_lot.as_ref(), text)),
            ("material", optional(material.as_ref(), text)),
            ("attributes", json(attributes)),
            ("search", text(row.lot.search_text())),
        ]);
    }
    map(properties)
}

pub(super) fn lot_material(lot: &Lot) -> Option<BoltType> {
    let material = lot.material.as_ref()?;
    Some(map([("lot", text(&lot.id)), ("material", text(material))]))
}

pub(super) fn master(master: &Master) -> BoltType {
    let reference = master.reference();
    let (class, parent, roles) = match master {
        Master::Material(material) => (material.class.map(|class| class.name()), None, Vec::new()),
        Master::Equipment(equipment) => (None, equipment.parent.as_ref(), Vec::new()),
        Master::Party(party) => (None, None, party.roles.iter().map(|role| role.name()).collect()),
        Master::Operator(_) | Master::Shift(_) => (None, None, Vec::new()),
    };
    map([
        ("kind", text(reference.kind().name())),
        ("code", text(reference.code())),
        ("name", optional(master.name(), text)),
        ("search", text(master_search(&reference, master))),
        ("class", optional(class, text)),
        ("parent", optional(parent, text)),
        ("roles", texts(roles)),
        ("body", text(canonical::body(&crate::domain::Fact::Master(master.clone())))),
    ])
}

pub(super) fn mention(reference: &MasterRef) -> BoltType {
    map([
        ("kind", text(reference.kind().name())),
        ("code", text(reference.code())),
        ("search", text(reference.code().to_lowercase())),
    ])
}

fn master_search(reference: &MasterRef, master: &Master) -> String {
    let code = reference.code().to_lowercase();
    match master.name() {
        Some(name) => format!("{code}\n{}", name.as_str().to_lowercase()),
        None => code,
    }
}

pub(super) fn parent(master: &Master) -> Option<BoltType> {
    let Master::Equipment(equipment) = master else { return None };
    let parent = optional(equipment.parent.as_ref(), text);
    Some(map([("code", text(&equipment.code)), ("parent", parent)]))
}

pub(super) fn operation(row: &OperationRow) -> BoltType {
    map([
        ("id", text(&row.id)),
        ("kind", text(row.kind.name())),
        ("name", optional(row.name.as_ref(), text)),
        ("started_at", time(row.start)),
        ("at", time(row.end)),
        ("party", optional(row.party.as_ref(), text)),
    ])
}

pub(super) fn operation_party(row: &OperationRow) -> Option<BoltType> {
    let party = row.party.as_ref()?;
    Some(map([("operation", text(&row.id)), ("party", text(party))]))
}

pub(super) fn processed_by(operation: &EventId, reference: &MasterRef) -> BoltType {
    let kind = reference.kind().name();
    map([
        ("operation", text(operation)),
        ("kind", text(kind)),
        ("code", text(reference.code())),
        ("role", text(kind.to_uppercase())),
    ])
}

pub(super) fn link(row: &LinkRow) -> BoltType {
    let quantity = row.quantity.as_ref();
    map([
        ("operation", text(&row.operation)),
        ("lot", text(&row.lot)),
        ("position", integer(row.position)),
        ("quantity", optional(quantity, |quantity| text(quantity.amount.to_string()))),
        ("unit", optional(quantity, |quantity| text(&quantity.unit))),
        ("earliest", time(row.earliest)),
        ("latest", time(row.latest)),
    ])
}

pub(super) fn void(row: &VoidRow) -> BoltType {
    map([
        ("operation", text(&row.operation)),
        ("by", text(&row.voided.by)),
        ("reason", text(&row.voided.reason)),
        ("replaced_by", optional(row.voided.replaced_by.as_ref(), text)),
    ])
}

/// What a record says; for a new one also what it is about.
pub(super) fn record(row: &RecordRow) -> BoltType {
    let body = &row.body;
    let name = body.reference();
    let mut properties = vec![
        ("kind", text(name.kind().name())),
        ("id", text(name.id())),
        ("state", text(body.state().name())),
        ("body", text(record_format::body(body).expect("records always have a JSON form"))),
    ];
    if let RecordChange::Raised { place } = row.change {
        properties.extend([
            ("place", integer(place)),
            ("category", optional(body.category(), text)),
            ("lot", optional(body.lot(), text)),
        ]);
    }
    map(properties)
}

/// The relationship type of a role.
pub(super) fn link_type(role: Role) -> &'static str {
    match role {
        Role::Consumed => "CONSUMED_INTO",
        Role::Produced => "PRODUCED",
        Role::InPlace => "PROCESSED_IN",
    }
}
