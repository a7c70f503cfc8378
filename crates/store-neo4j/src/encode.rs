//! Domain values to statement parameters.

use std::collections::HashMap;

use neo4rs::{BoltInteger, BoltMap, BoltNull, BoltString, BoltType};
use serde::Serialize;

use lotgraph_domain::{
    EventId, Likeness, Lot, LotStatus, Master, MasterRef, NamesMeant, Revision, Role, Timestamp,
};
use lotgraph_format::{canonical, record as record_format};
use lotgraph_planner::{
    EventRow, LinkKey, LinkRow, LotChange, LotRow, MovedOperation, OperationRow, RecordChange, RecordRow,
    RecordedUnder, RevisionRow, VoidRow,
};
use lotgraph_store::lot_state;

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

pub(super) fn revision(revision: Revision) -> BoltType {
    integer(i64::try_from(revision.0).unwrap_or(i64::MAX))
}

/// The events of a revision, each with the envelope that they share.
pub(super) fn events(row: &RevisionRow) -> Vec<BoltType> {
    let RevisionRow { number, commit, recording, events } = row;
    let commit = commit.hyphenated().to_string();
    let event = |(index, row): (i64, &EventRow)| {
        map([
            ("id", text(&row.id)),
            ("revision", revision(*number)),
            ("index", integer(index)),
            ("type", text(row.event_type.name())),
            ("body", text(&row.body)),
            ("commit", text(&commit)),
            ("recorded_at", time(recording.recorded_at)),
            ("actor", text(&recording.actor)),
            ("source", text(&recording.source)),
        ])
    };
    (1..).zip(events).map(event).collect()
}

/// What changed of a lot; all of it for a new one.
pub(super) fn lot(row: &LotRow) -> BoltType {
    let LotRow { lot, change, quarantine } = row;
    let mut properties = vec![
        ("id", text(&lot.id)),
        ("origin", text(lot.origin().name())),
        ("earliest_production", optional(lot.earliest_production, time)),
        ("state", text(lot_state::write(lot))),
        ("overdrawn", optional(lot_state::overdrawn_text(&lot.overdrawn), text)),
    ];
    if *quarantine {
        let marks = &lot.quarantine.marks;
        let status = Some(lot.status()).filter(|status| *status != LotStatus::Available);
        properties.extend([
            ("status", optional(status, |status| text(status.name()))),
            ("holds", if marks.is_empty() { null() } else { texts(marks.iter().map(|mark| &mark.hold)) }),
        ]);
    }
    if *change != LotChange::State {
        properties.extend([
            ("number", optional(lot.number.as_ref(), text)),
            ("supplier_lot", optional(lot.supplier_lot.as_ref(), text)),
            ("material", optional(lot.material.as_ref(), text)),
            ("attributes", json(&lot.attributes)),
            ("search", text(lot.search_text())),
            ("alias_of", optional(lot.alias_of.as_ref(), |alias| text(&alias.lot))),
        ]);
    }
    if *change == LotChange::Created {
        properties.push(("likeness", text(Likeness::of(lot.id.as_str()))));
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
        ("body", text(canonical::body(&lotgraph_domain::Fact::Master(master.clone())))),
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
        ("pairs", optional(row.pairs.text().as_ref(), text)),
        ("document", optional(row.document.as_ref(), text)),
        ("names", optional(lot_state::names_text(&row.names).as_ref(), text)),
        ("named", named(&row.names)),
    ])
}

/// The further names in an operation, to be found by.
fn named(names: &NamesMeant) -> BoltType {
    if names.is_empty() { null() } else { texts(names.iter().map(|(name, _)| name)) }
}

/// What the names in an operation mean by now.
pub(super) fn renamed(moved: &MovedOperation) -> BoltType {
    let row = &moved.operation;
    map([
        ("operation", text(&row.id)),
        ("names", optional(lot_state::names_text(&row.names).as_ref(), text)),
        ("named", named(&row.names)),
        ("pairs", optional(row.pairs.text().as_ref(), text)),
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
        ("continues", optional(row.sense.text(), text)),
    ])
}

pub(super) fn unlink(row: &LinkKey) -> BoltType {
    map([
        ("operation", text(&row.operation)),
        ("type", text(link_type(row.role))),
        ("position", integer(row.position)),
        ("lot", text(&row.lot)),
    ])
}

pub(super) fn recorded_under(under: &RecordedUnder) -> BoltType {
    map([("lot", text(&under.lot)), ("names", texts(&under.names))])
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
    if row.change == RecordChange::Raised {
        properties.extend([
            ("revision", revision(row.place.revision)),
            ("place", integer(row.place.place)),
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
