//! Events read from JSON, strictly. The shapes are those of docs/EVENTS.md; canonical.rs writes them.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::alert;
use super::canonical;
use super::fields::Fields;
use super::{hold, recall};
use crate::domain::{
    Conversion, Equipment, EquipmentCode, ErrorCode, Event, EventId, EventType, Fact, InPlace, Input, LotId,
    Master, Material, MaterialClass, MaterialCode, Operation, OperationKind, Operator, OperatorCode, Output,
    Parameter, Party, PartyCode, PartyRole, Problem, Shift, ShiftCode, Text, Timestamp, UnitCode, Void,
};

/// The namespace of ids derived from content (UUID version 5, RFC 9562 section 5.5).
const CONTENT_NAMESPACE: Uuid = Uuid::from_u128(0x6c6f_7467_7261_5068_9b0a_2e7d_5f31_c4a6);

/// Reads one event.
///
/// # Errors
/// Every problem found, each with its path.
pub fn parse(value: &Value) -> Result<Event, Vec<Problem>> {
    let mut problems = Vec::new();
    let event = read(value, &mut problems);
    match event {
        Some(event) if problems.is_empty() => Ok(event),
        _ => {
            if problems.is_empty() {
                problems.push(Problem::new(ErrorCode::Internal, "", "the event could not be read"));
            }
            Err(problems)
        }
    }
}

/// The id of an event without one: derived from its canonical body.
#[must_use]
pub fn derived_id(body: &str) -> EventId {
    let id = Uuid::new_v5(&CONTENT_NAMESPACE, body.as_bytes()).hyphenated().to_string();
    EventId::parse(&id).unwrap_or_else(|_| unreachable!("a UUID is a valid identifier"))
}

/// Reads an event back from its canonical body.
///
/// # Errors
/// The problems of a body that was not written by [`canonical::body`].
pub fn from_body(id: EventId, body: &str) -> Result<Event, Vec<Problem>> {
    let value = super::json::parse(body.as_bytes()).map_err(|error| vec![error.problem])?;
    let mut problems = Vec::new();
    let object = value.as_object().ok_or_else(Vec::new)?;
    match read_fact(object, &mut problems) {
        Some(fact) if problems.is_empty() => Ok(Event { id, fact }),
        _ => Err(problems),
    }
}

fn read(value: &Value, problems: &mut Vec<Problem>) -> Option<Event> {
    let Some(object) = value.as_object() else {
        problems.push(Problem::new(ErrorCode::FieldType, "", "an event must be an object in braces"));
        return None;
    };
    let fact = read_fact(object, problems)?;
    let id = match object.get("id") {
        None | Some(Value::Null) => derived_id(&canonical::body(&fact)),
        Some(_) => Fields::new(object, "", problems).required("id", EventId::parse)?,
    };
    if let Fact::Void(void) = &fact
        && void.event == id
    {
        problems.push(Problem::new(ErrorCode::SelfReference, "event", "an event cannot void itself"));
    }
    if let Fact::Override(permit) = &fact
        && permit.operation == id
    {
        let message = "an override cannot be the operation that it lets draw";
        problems.push(Problem::new(ErrorCode::SelfReference, "operation", message));
    }
    Some(Event { id, fact })
}

fn read_fact(object: &Map<String, Value>, problems: &mut Vec<Problem>) -> Option<Fact> {
    let kind = read_type(object, problems)?;
    let mut fields = Fields::new(object, "", problems);
    // Taken here, so that they are not reported as unknown; the id is read by the caller.
    fields.take("type");
    fields.take("id");
    let fact = match kind {
        EventType::Material => read_material(&mut fields),
        EventType::Equipment => read_equipment(&mut fields),
        EventType::Operator => read_operator(&mut fields),
        EventType::Shift => read_shift(&mut fields),
        EventType::Party => read_party(&mut fields),
        EventType::Receive
        | EventType::Operation
        | EventType::Ship
        | EventType::Scrap
        | EventType::Clean
        | EventType::Count => read_operation(kind, &mut fields),
        EventType::Void => read_void(&mut fields),
        EventType::Hold => hold::read_hold(&mut fields),
        EventType::Release => hold::read_release(&mut fields),
        EventType::Override => hold::read_override(&mut fields),
        EventType::Recall => recall::read_recall(&mut fields),
        EventType::Notify => recall::read_notify(&mut fields),
        EventType::Recover => recall::read_recover(&mut fields),
        EventType::CloseRecall => recall::read_close(&mut fields),
        EventType::Acknowledge => alert::read_acknowledge(&mut fields),
        EventType::Refusal => alert::read_refusal(&mut fields),
    };
    fields.finish();
    fact
}

fn read_type(object: &Map<String, Value>, problems: &mut Vec<Problem>) -> Option<EventType> {
    let known = || {
        let names: Vec<&str> = EventType::ALL.iter().map(|kind| kind.name()).collect();
        names.join(", ")
    };
    let (code, message) = match object.get("type") {
        Some(Value::String(name)) => match EventType::from_name(name) {
            Some(kind) => return Some(kind),
            None => {
                (ErrorCode::EventTypeUnknown, format!("there is no event type {name:?}; known: {}", known()))
            }
        },
        Some(_) => (ErrorCode::FieldType, "type must be a text in quotes".to_owned()),
        None => (ErrorCode::FieldMissing, format!("type is missing; add one of {}", known())),
    };
    problems.push(Problem::new(code, "type", message));
    None
}

fn read_material(fields: &mut Fields<'_>) -> Option<Fact> {
    let code = fields.required("code", MaterialCode::parse);
    let name = fields.parsed("name", Text::parse);
    let unit = fields.required("unit", UnitCode::parse);
    let class = fields.choice("class", MaterialClass::ALL, MaterialClass::name);
    let inspection_required = fields.flag("inspectionRequired").unwrap_or(false);
    let mut conversions = fields.objects("conversions", read_conversion);
    conversions.sort_unstable_by(|a, b| a.unit.cmp(&b.unit));
    let (code, unit) = (code?, unit?);
    if conversions.windows(2).any(|pair| pair[0].unit == pair[1].unit)
        || conversions.iter().any(|conversion| conversion.unit == unit)
    {
        fields.refuse(
            "conversions",
            ErrorCode::SelfReference,
            "each unit may be converted once, and the material's own unit not at all",
        );
    }
    let material =
        Material { code, declared: true, name, unit: Some(unit), class, conversions, inspection_required };
    Some(Fact::Master(Master::Material(material)))
}

fn read_conversion(fields: &mut Fields<'_>) -> Option<Conversion> {
    let unit = fields.required("unit", UnitCode::parse);
    let text = fields.number_text("factor");
    let factor = text.as_deref().and_then(crate::domain::quantity::parse_decimal);
    match factor.filter(|factor| *factor > Decimal::ZERO && factor.scale() <= 12) {
        Some(factor) if factor < Decimal::from(crate::domain::quantity::AMOUNT_LIMIT) => {
            Some(Conversion { unit: unit?, factor })
        }
        _ => {
            fields.refuse(
                "factor",
                ErrorCode::QuantityInvalid,
                "factor must be a decimal above zero with at most 12 decimal places: how many of the material's unit one of this unit is",
            );
            None
        }
    }
}

fn read_equipment(fields: &mut Fields<'_>) -> Option<Fact> {
    let code = fields.required("code", EquipmentCode::parse);
    let name = fields.parsed("name", Text::parse);
    let parent = fields.parsed("parent", EquipmentCode::parse);
    if code.is_some() && code == parent {
        fields.refuse("parent", ErrorCode::SelfReference, "equipment cannot be part of itself");
    }
    Some(Fact::Master(Master::Equipment(Equipment { code: code?, declared: true, name, parent })))
}

fn read_operator(fields: &mut Fields<'_>) -> Option<Fact> {
    let code = fields.required("code", OperatorCode::parse);
    let name = fields.parsed("name", Text::parse);
    Some(Fact::Master(Master::Operator(Operator { code: code?, declared: true, name })))
}

fn read_shift(fields: &mut Fields<'_>) -> Option<Fact> {
    let code = fields.required("code", ShiftCode::parse);
    let name = fields.parsed("name", Text::parse);
    let starts_at = fields.time("startsAt");
    let ends_at = fields.time("endsAt");
    check_order(fields, "endsAt", "startsAt", starts_at, ends_at);
    Some(Fact::Master(Master::Shift(Shift { code: code?, declared: true, name, starts_at, ends_at })))
}

fn read_party(fields: &mut Fields<'_>) -> Option<Fact> {
    let code = fields.required("code", PartyCode::parse);
    let name = fields.parsed("name", Text::parse);
    let roles = fields.list("roles", |item, path, problems| {
        let role = PartyRole::ALL.iter().copied().find(|role| Some(role.name()) == item.as_str());
        if role.is_none() {
            let message = format!("{item} is not one of SUPPLIER, CUSTOMER");
            problems.push(Problem::new(ErrorCode::ValueUnknown, path, message));
        }
        role
    });
    let roles: BTreeSet<PartyRole> = roles.into_iter().collect();
    let roles = roles.into_iter().collect();
    Some(Fact::Master(Master::Party(Party { code: code?, declared: true, name, roles })))
}

fn read_void(fields: &mut Fields<'_>) -> Option<Fact> {
    let event = fields.required("event", EventId::parse);
    let reason = fields.required("reason", Text::parse);
    let replaced_by = fields.parsed("replacedBy", EventId::parse);
    let event = event?;
    if replaced_by.as_ref() == Some(&event) {
        fields.refuse("replacedBy", ErrorCode::SelfReference, "an event cannot replace itself");
    }
    Some(Fact::Void(Void { event, reason: reason?, replaced_by }))
}

fn check_order(
    fields: &mut Fields<'_>,
    end_field: &'static str,
    start_field: &'static str,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
) {
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        let message = format!("{end_field} {end} lies before {start_field} {start}; correct the two times");
        fields.refuse(end_field, ErrorCode::TimeOrder, message);
    }
}

/// The kinds that an `operation` event may name.
const STEP_KINDS: &[OperationKind] = &[
    OperationKind::Produce,
    OperationKind::Split,
    OperationKind::Merge,
    OperationKind::Rework,
    OperationKind::Repack,
    OperationKind::Process,
];

fn read_operation(event_type: EventType, fields: &mut Fields<'_>) -> Option<Fact> {
    let kind = match event_type {
        EventType::Receive => Some(OperationKind::Receive),
        EventType::Ship => Some(OperationKind::Ship),
        EventType::Scrap => Some(OperationKind::Scrap),
        EventType::Clean => Some(OperationKind::Clean),
        EventType::Count => Some(OperationKind::Count),
        _ => {
            if fields.take("kind").is_none() {
                fields.refuse(
                    "kind",
                    ErrorCode::FieldMissing,
                    "kind is missing; add PRODUCE, SPLIT, MERGE, REWORK, REPACK or PROCESS",
                );
            }
            fields.choice("kind", STEP_KINDS, OperationKind::name)
        }
    };
    let started_at = fields.time("startedAt");
    let at = fields.required_time("at");
    check_order(fields, "at", "startedAt", started_at, at);
    let party = match event_type {
        EventType::Receive => fields.parsed("supplier", PartyCode::parse),
        EventType::Ship => fields.parsed("customer", PartyCode::parse),
        _ => None,
    };
    let inputs = if has_inputs(kind) { fields.objects("inputs", read_input) } else { Vec::new() };
    let outputs = if has_outputs(kind) { fields.objects("outputs", read_output) } else { Vec::new() };
    let lots = read_lots(kind, fields);
    match (event_type, kind) {
        (EventType::Operation, Some(OperationKind::Process)) => {
            fields.forbid(&["inputs", "outputs"], "PROCESS")
        }
        (EventType::Operation, Some(kind)) => fields.forbid(&["lots"], kind.name()),
        _ => {}
    }
    let operation = Operation {
        kind: kind.unwrap_or(OperationKind::Produce),
        name: fields.parsed("name", Text::parse),
        started_at,
        at: at.or(started_at).unwrap_or_else(Timestamp::now),
        party,
        document: fields.parsed("document", Text::parse),
        reason: fields.parsed("reason", Text::parse),
        work_order: fields.parsed("workOrder", Text::parse),
        inputs,
        outputs,
        lots,
        equipment: sorted(fields.texts("equipment", EquipmentCode::parse)),
        operators: sorted(fields.texts("operators", OperatorCode::parse)),
        shift: fields.parsed("shift", ShiftCode::parse),
        parameters: fields.objects("parameters", read_parameter),
        attributes: fields.attributes(),
    };
    kind?;
    at?;
    check_items(&operation, fields);
    Some(Fact::Operation(operation))
}

/// With the kind unknown, both lists are read, so that only the kind is reported.
fn has_inputs(kind: Option<OperationKind>) -> bool {
    kind.is_none_or(|kind| kind != OperationKind::Receive && !kind.is_in_place())
}

fn has_outputs(kind: Option<OperationKind>) -> bool {
    kind.is_none_or(|kind| !matches!(kind, OperationKind::Ship | OperationKind::Scrap) && !kind.is_in_place())
}

/// Lots in place: their ids, and of a count how much there was of each.
fn read_lots(kind: Option<OperationKind>, fields: &mut Fields<'_>) -> Vec<InPlace> {
    match kind {
        Some(OperationKind::Count) => fields.objects("lots", |item| {
            let lot = item.required("lot", LotId::parse);
            let counted = item.counted();
            Some(InPlace { lot: lot?, counted: Some(counted?) })
        }),
        Some(kind) if kind.is_in_place() => {
            let lots = fields.texts("lots", LotId::parse).into_iter();
            lots.map(|lot| InPlace { lot, counted: None }).collect()
        }
        _ => Vec::new(),
    }
}

fn sorted<T: Ord>(items: Vec<T>) -> Vec<T> {
    let set: BTreeSet<T> = items.into_iter().collect();
    set.into_iter().collect()
}

fn read_input(fields: &mut Fields<'_>) -> Option<Input> {
    let lot = fields.required("lot", LotId::parse);
    let quantity = fields.quantity();
    let at = fields.time("at");
    let material = fields.parsed("material", MaterialCode::parse);
    Some(Input { lot: lot?, quantity, at, material })
}

fn read_output(fields: &mut Fields<'_>) -> Option<Output> {
    let lot = fields.required("lot", LotId::parse);
    let material = fields.parsed("material", MaterialCode::parse);
    let quantity = fields.quantity();
    let at = fields.time("at");
    let number = fields.parsed("number", Text::parse);
    let supplier_lot = fields.parsed("supplierLot", Text::parse);
    let attributes = fields.attributes();
    Some(Output { lot: lot?, material, quantity, at, number, supplier_lot, attributes })
}

fn read_parameter(fields: &mut Fields<'_>) -> Option<Parameter> {
    let name = fields.required("name", Text::parse);
    let value = fields.number_text("value");
    if value.is_none() {
        fields.refuse("value", ErrorCode::FieldMissing, "value is missing; add it");
    }
    let value = match Text::parse(&value?) {
        Ok(value) => Some(value),
        Err(error) => {
            fields.refuse("value", error.code(), format!("value {error}"));
            None
        }
    };
    let unit = fields.parsed("unit", UnitCode::parse);
    let at = fields.time("at");
    Some(Parameter { name: name?, value: value?, unit, at })
}

/// What each kind of operation must name.
fn check_items(operation: &Operation, fields: &mut Fields<'_>) {
    let needs: &[(&str, bool)] = match operation.kind {
        OperationKind::Receive => &[("outputs", operation.outputs.is_empty())],
        OperationKind::Ship | OperationKind::Scrap => &[("inputs", operation.inputs.is_empty())],
        OperationKind::Process | OperationKind::Clean | OperationKind::Count => {
            &[("lots", operation.lots.is_empty())]
        }
        OperationKind::Produce => &[("outputs", operation.outputs.is_empty() && operation.inputs.is_empty())],
        OperationKind::Split | OperationKind::Merge | OperationKind::Rework | OperationKind::Repack => {
            &[("inputs", operation.inputs.is_empty()), ("outputs", operation.outputs.is_empty())]
        }
    };
    for (field, empty) in needs {
        // A list whose items could not be read was reported item by item.
        if *empty && !fields.is_given(field) {
            let message = format!("a {} names no lot in {field}; add at least one", operation.kind.name());
            fields.refuse(field, ErrorCode::ItemsNone, message);
        }
    }
}
