//! Turns rows back into domain values. A row that does not fit was not written by lotgraph.

use std::fmt::Display;

use serde::Deserialize;

use lotgraph_domain::{
    Amount, EventId, Fact, Lot, LotId, Master, MasterKind, MasterRef, MaterialCode, Operation, Overdrawn,
    Quantity, Record, RecordKind, RecordPlace, RecordedOperation, Revision, Sense, Text, Timestamp, UnitCode,
    Voided,
};
use lotgraph_format::{event as event_format, record as record_format};
use lotgraph_store::lot_state::{self, LotColumns};
use lotgraph_store::{Result, StoreError, StoreErrorKind};

/// An error about something in the database that lotgraph did not write.
pub(super) fn corrupt(what: impl Display) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt(what.to_string()), "decode")
}

pub(super) fn time(micros: i64) -> Result<Timestamp> {
    Timestamp::from_micros(micros).map_err(|error| corrupt(format!("the time {micros} {error}")))
}

pub(super) fn optional_time(micros: Option<i64>) -> Result<Option<Timestamp>> {
    micros.map(time).transpose()
}

/// What a link does with its lot.
pub(super) fn sense(continues: Option<&str>) -> Result<Sense> {
    Sense::parse(continues).map_err(corrupt)
}

pub(super) fn quantity(amount: Option<&str>, unit: Option<&str>) -> Result<Option<Quantity>> {
    let (Some(amount), Some(unit)) = (amount, unit) else { return Ok(None) };
    let amount =
        Amount::parse_counted(amount).map_err(|error| corrupt(format!("the amount {amount:?} {error}")))?;
    let unit = UnitCode::parse(unit).map_err(|error| corrupt(format!("the unit {unit:?} {error}")))?;
    Ok(Some(Quantity { amount, unit }))
}

/// What was overdrawn of a lot.
pub(super) fn overdrawn(text: Option<&str>) -> Result<Overdrawn> {
    lot_state::read_overdrawn(text).map_err(|error| corrupt(format!("what was overdrawn of a lot: {error}")))
}

/// The properties of a lot.
#[derive(Debug, Deserialize)]
pub(super) struct LotProperties {
    id: LotId,
    number: Option<Text>,
    supplier_lot: Option<Text>,
    material: Option<MaterialCode>,
    attributes: String,
    earliest_production: Option<i64>,
    state: String,
    overdrawn: Option<String>,
}

impl LotProperties {
    pub(super) fn into_lot(self) -> Result<Lot> {
        let lot = self.id.clone();
        let damaged = |error| corrupt(format!("lot {lot}: {error}"));
        let columns = LotColumns {
            id: self.id,
            number: self.number,
            supplier_lot: self.supplier_lot,
            material: self.material,
            attributes: serde_json::from_str(&self.attributes).map_err(damaged)?,
            earliest_production: optional_time(self.earliest_production)?,
            overdrawn: overdrawn(self.overdrawn.as_deref())?,
        };
        columns.into_lot(&self.state).map_err(damaged)
    }
}

/// The properties of an operation, and the body of its event.
#[derive(Debug, Deserialize)]
pub(super) struct OperationProperties {
    id: EventId,
    voided_by: Option<EventId>,
    void_reason: Option<Text>,
    void_replaced_by: Option<EventId>,
    names: Option<String>,
    body: String,
}

impl OperationProperties {
    pub(super) fn into_operation(self) -> Result<RecordedOperation> {
        let operation = operation(self.id.clone(), &self.body)?;
        let voided = match (self.voided_by, self.void_reason) {
            (Some(by), Some(reason)) => Some(Voided { by, reason, replaced_by: self.void_replaced_by }),
            (None, _) => None,
            (Some(_), None) => {
                return Err(corrupt(format!("operation {} is void without a reason", self.id)));
            }
        };
        let names = lot_state::read_names(self.names.as_deref())
            .map_err(|error| corrupt(format!("names in operation {}: {error}", self.id)))?;
        Ok(RecordedOperation { id: self.id, operation: names.applied(operation), names, voided })
    }
}

pub(super) fn fact(id: EventId, body: &str) -> Result<Fact> {
    let event = event_format::from_body(id.clone(), body);
    let problems = |problems: Vec<lotgraph_domain::Problem>| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        corrupt(format!("event {id}: {first}"))
    };
    event.map(|event| event.fact).map_err(problems)
}

fn operation(id: EventId, body: &str) -> Result<Operation> {
    match fact(id.clone(), body)? {
        Fact::Operation(operation) => Ok(operation),
        _ => Err(corrupt(format!("event {id} is not an operation"))),
    }
}

/// The properties of master data.
#[derive(Debug, Deserialize)]
pub(super) struct MasterProperties {
    kind: String,
    code: String,
    body: Option<String>,
}

impl MasterProperties {
    pub(super) fn into_master(self) -> Result<Master> {
        let Some(body) = &self.body else { return Ok(self.reference()?.mentioned()) };
        // The reader wants the id of an event and uses it only for messages. Any identifier will do, and a
        // code is one.
        let id = EventId::parse(&self.code).map_err(|error| corrupt(format!("{:?} {error}", self.code)))?;
        match fact(id, body)? {
            Fact::Master(master) => Ok(master),
            _ => Err(corrupt(format!("{} is not master data", self.code))),
        }
    }

    fn reference(&self) -> Result<MasterRef> {
        let kind = MasterKind::from_name(&self.kind);
        let kind = kind.ok_or_else(|| corrupt(format!("{:?} is no kind of master data", self.kind)))?;
        let reference = MasterRef::parse(kind, &self.code);
        reference.map_err(|error| corrupt(format!("the code {:?} {error}", self.code)))
    }
}

/// The properties of a record.
#[derive(Debug, Deserialize)]
pub(super) struct RecordProperties {
    kind: String,
    revision: i64,
    place: u32,
    body: String,
}

impl RecordProperties {
    pub(super) fn into_record(self) -> Result<Record> {
        let kind = RecordKind::ALL.iter().find(|kind| kind.name() == self.kind);
        let kind = *kind.ok_or_else(|| corrupt(format!("{:?} is no kind of record", self.kind)))?;
        let place = RecordPlace { revision: Revision(unsigned(self.revision)?), place: self.place };
        let damaged = |error| corrupt(format!("{} {place}: {error}", self.kind));
        let body = record_format::read(kind, &self.body).map_err(damaged)?;
        Ok(Record { place, body })
    }
}

/// A number that cannot be negative.
pub(super) fn unsigned(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| corrupt(format!("{value} is no revision")))
}
