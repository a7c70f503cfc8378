//! Turns rows into domain values. A row that does not fit was not written by lotgraph.

use std::collections::HashSet;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::error::{Fallible, Fault};
use lotgraph_domain::identifier::TextError;
use lotgraph_domain::{
    Amount, Attributes, EventId, Fact, Lot, LotId, Master, MasterKind, MasterRef, MaterialCode, Operation,
    OperationKind, Overdrawn, Pairs, Quantity, Record, RecordKind, RecordPlace, RecordedOperation, Revision,
    Role, Sense, Text, Timestamp, UnitCode, Voided,
};
use lotgraph_format::{event as event_format, record as record_format};
use lotgraph_store::lot_state::{self, LotColumns};

/// The number of a role in the table of links.
pub(super) const fn role_number(role: Role) -> i64 {
    match role {
        Role::Consumed => 0,
        Role::InPlace => 1,
        Role::Produced => 2,
    }
}

/// The role in a column of the table of links.
pub(super) fn role(row: &Row<'_>, index: usize) -> Fallible<Role> {
    match row.get::<_, i64>(index)? {
        0 => Ok(Role::Consumed),
        1 => Ok(Role::InPlace),
        2 => Ok(Role::Produced),
        other => Err(Fault::damaged(format!("there is no role {other}"))),
    }
}

/// A count or a revision in a column. It is never below zero.
pub(super) fn count(row: &Row<'_>, index: usize) -> Fallible<u64> {
    let number: i64 = row.get(index)?;
    u64::try_from(number).map_err(|_| Fault::damaged(format!("{number} counts nothing")))
}

/// The text in a column, without copying it.
pub(super) fn column<'a>(row: &'a Row<'_>, index: usize) -> Fallible<Option<&'a str>> {
    match row.get_ref(index)? {
        ValueRef::Null => Ok(None),
        value => match value.as_str() {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(Fault::damaged(format!("column {index} is not text: {error}"))),
        },
    }
}

/// A column that must hold text.
pub(super) fn needed<'a>(row: &'a Row<'_>, index: usize) -> Fallible<&'a str> {
    column(row, index)?.ok_or_else(|| Fault::damaged(format!("column {index} is empty")))
}

/// Reads an identifier or text.
pub(super) fn parse<T>(text: &str, parse: impl FnOnce(&str) -> Result<T, TextError>) -> Fallible<T> {
    parse(text).map_err(|error| Fault::damaged(format!("{text:?} {error}")))
}

fn optional<T>(
    row: &Row<'_>,
    index: usize,
    read: impl FnOnce(&str) -> Result<T, TextError>,
) -> Fallible<Option<T>> {
    column(row, index)?.map(|text| parse(text, read)).transpose()
}

/// A time in a column.
pub(super) fn time(row: &Row<'_>, index: usize) -> Fallible<Timestamp> {
    let micros: i64 = row.get(index)?;
    Timestamp::from_micros(micros).map_err(|error| Fault::damaged(format!("time {micros} {error}")))
}

/// A time in a column that may be empty.
pub(super) fn optional_time(row: &Row<'_>, index: usize) -> Fallible<Option<Timestamp>> {
    match row.get_ref(index)? {
        ValueRef::Null => Ok(None),
        _ => time(row, index).map(Some),
    }
}

/// The kind of operation in a column.
pub(super) fn operation_kind(row: &Row<'_>, index: usize) -> Fallible<OperationKind> {
    let name = needed(row, index)?;
    OperationKind::from_name(name)
        .ok_or_else(|| Fault::damaged(format!("there is no operation kind {name:?}")))
}

/// The units in one answer. There are few different ones, so the many quantities of the answer share them.
#[derive(Debug, Default)]
pub(super) struct Units(HashSet<UnitCode>);

impl Units {
    /// The quantity in two columns.
    pub(super) fn quantity(
        &mut self,
        row: &Row<'_>,
        amount: usize,
        unit: usize,
    ) -> Fallible<Option<Quantity>> {
        let Some(text) = column(row, amount)? else { return Ok(None) };
        let amount = Amount::parse_counted(text)
            .map_err(|error| Fault::damaged(format!("amount {text:?} {error}")))?;
        let code = needed(row, unit)?;
        let unit = match self.0.get(code) {
            Some(unit) => unit.clone(),
            None => {
                let unit = parse(code, UnitCode::parse)?;
                self.0.insert(unit.clone());
                unit
            }
        };
        Ok(Some(Quantity { amount, unit }))
    }
}

/// What was overdrawn of a lot.
pub(super) fn pairs(row: &Row<'_>, index: usize) -> Fallible<Pairs> {
    Pairs::parse(column(row, index)?).map_err(|error| Fault::damaged(error.to_string()))
}

/// What a link does with its lot.
pub(super) fn sense(row: &Row<'_>, index: usize) -> Fallible<Sense> {
    Sense::parse(column(row, index)?).map_err(|error| Fault::damaged(error.to_string()))
}

pub(super) fn overdrawn(row: &Row<'_>, index: usize) -> Fallible<Overdrawn> {
    let text = column(row, index)?;
    lot_state::read_overdrawn(text).map_err(|error| Fault::damaged(format!("a lot's {text:?}: {error}")))
}

/// The lot in the columns that `get_lot` and similar statements return.
pub(super) fn lot(row: &Row<'_>) -> Fallible<Lot> {
    let attributes = match column(row, 5)? {
        None => Attributes::new(),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| Fault::damaged(format!("attributes {text:?}: {error}")))?,
    };
    let columns = LotColumns {
        id: parse(needed(row, 1)?, LotId::parse)?,
        number: optional(row, 2, Text::parse)?,
        supplier_lot: optional(row, 3, Text::parse)?,
        material: optional(row, 4, MaterialCode::parse)?,
        attributes,
        earliest_production: optional_time(row, 6)?,
        overdrawn: overdrawn(row, 8)?,
    };
    let state = needed(row, 7)?;
    columns.into_lot(state).map_err(|error| Fault::damaged(format!("a lot's {state:?}: {error}")))
}

/// The record in the columns that `get_record` and similar statements return.
pub(super) fn record(row: &Row<'_>, kind: RecordKind) -> Fallible<Record> {
    let place = RecordPlace { revision: Revision(count(row, 0)?), place: row.get(1)? };
    let body = record_format::read(kind, needed(row, 2)?);
    let body = body.map_err(|error| Fault::damaged(format!("{} {place}: {error}", kind.name())))?;
    Ok(Record { place, body })
}

/// The operation in the columns that `get_operation` and similar statements return.
pub(super) fn operation(row: &Row<'_>) -> Fallible<RecordedOperation> {
    let id = parse(needed(row, 0)?, EventId::parse)?;
    let operation = operation_body(&id, needed(row, 1)?)?;
    let voided = match column(row, 2)? {
        None => None,
        Some(by) => Some(voided(parse(by, EventId::parse)?, needed(row, 3)?)?),
    };
    let names = lot_state::read_names(column(row, 4)?)
        .map_err(|error| Fault::damaged(format!("names in operation {id}: {error}")))?;
    Ok(RecordedOperation { id, operation: names.applied(operation), names, voided })
}

/// Reads the body of an event that must be an operation.
pub(super) fn operation_body(id: &EventId, body: &str) -> Fallible<Operation> {
    match fact(id, body)? {
        Fact::Operation(operation) => Ok(operation),
        _ => Err(Fault::damaged(format!("event {id} is not an operation"))),
    }
}

fn voided(by: EventId, body: &str) -> Fallible<Voided> {
    match fact(&by, body)? {
        Fact::Void(void) => Ok(Voided { by, reason: void.reason, replaced_by: void.replaced_by }),
        _ => Err(Fault::damaged(format!("event {by} is not a void"))),
    }
}

/// Reads the body of an event.
pub(super) fn fact(id: &EventId, body: &str) -> Fallible<Fact> {
    event_format::from_body(id.clone(), body)
        .map(|event| event.fact)
        .map_err(|problems| Fault::damaged_body(id.as_str(), &problems))
}

/// The item of master data in the columns that `get_master` and similar statements return.
pub(super) fn master(row: &Row<'_>, kind: MasterKind) -> Fallible<Master> {
    let code = needed(row, 0)?;
    match column(row, 1)? {
        None => Ok(master_ref(kind, code)?.mentioned()),
        Some(body) => master_body(kind, code, body),
    }
}

/// Reads the body of a declaration.
pub(super) fn master_body(kind: MasterKind, code: &str, body: &str) -> Fallible<Master> {
    // The body names the item itself. The id serves only for messages.
    match fact(&parse(code, EventId::parse)?, body)? {
        Fact::Master(master) => Ok(master),
        _ => Err(Fault::damaged(format!("{} {code} is not master data", kind.name()))),
    }
}

fn master_ref(kind: MasterKind, code: &str) -> Fallible<MasterRef> {
    parse(code, |code| MasterRef::parse(kind, code))
}
