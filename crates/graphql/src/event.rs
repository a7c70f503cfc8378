//! Events as typed input. They take the same road as events in JSON, so that one reader checks both.

use async_graphql::{ID, InputObject, OneofObject};
use serde::Serialize;
use serde_json::{Map, Value};

use super::alert::AcknowledgeInput;
use super::alias::{AliasInput, MergeLotsInput};
use super::enums::{MaterialClass, OperationKind, PartyRole, Tracking, by_name, name_of};
use super::hold::{HoldInput, OverrideInput, ReleaseInput};
use super::recall::{
    AddToRecallInput, CloseRecallInput, NotifyInput, RecallInput, RecoverInput, ReopenRecallInput,
};
use super::returns::ReturnInput;
use super::scalars::{Exact, Moment};
use super::sighting::ObserveInput;
use super::stock::{CleanInput, CountInput};
use lotgraph_domain::{ErrorCode, EventType, Problem};

/// One event: exactly one of the fields is given.
#[derive(OneofObject)]
pub enum EventInput {
    /// Declares a material as it is from now on.
    Material(MaterialInput),
    /// Declares equipment as it is from now on.
    Equipment(EquipmentInput),
    /// Declares an operator as they are from now on.
    Operator(OperatorInput),
    /// Declares a shift as it is from now on.
    Shift(ShiftInput),
    /// Declares a supplier or customer as it is from now on.
    Party(PartyInput),
    /// Lots arrive from a supplier.
    Receive(ReceiveInput),
    /// A step is executed.
    Operation(OperationInput),
    /// Lots leave to a customer.
    Ship(ShipInput),
    /// Lots are thrown away.
    Scrap(ScrapInput),
    /// Lots (tanks, silos) are emptied and cleaned.
    Clean(CleanInput),
    /// What is on hand of lots is measured.
    Count(CountInput),
    /// Lots come back from a customer.
    Return(ReturnInput),
    /// An earlier event is withdrawn.
    Void(VoidInput),
    /// Lots are put into quarantine.
    Hold(HoldInput),
    /// Lots are freed from it, or from inspection.
    Release(ReleaseInput),
    /// An operation may draw from lots in quarantine.
    Override(OverrideInput),
    /// Lots are recalled.
    Recall(RecallInput),
    /// A customer is told of a recall, or confirms it.
    Notify(NotifyInput),
    /// Recalled goods were recovered.
    Recover(RecoverInput),
    /// A recall is ended.
    CloseRecall(CloseRecallInput),
    /// Further lots are recalled with a recall that is under way; `addToRecall` holds them, too.
    AddToRecall(AddToRecallInput),
    /// A recall that was ended goes on.
    ReopenRecall(ReopenRecallInput),
    /// Somebody takes note of an alert.
    Acknowledge(AcknowledgeInput),
    /// Lots are seen somewhere; nothing flows.
    Observe(ObserveInput),
    /// Numbers are further names of a lot.
    Alias(AliasInput),
    /// Lots that were recorded apart were one lot all along.
    MergeLots(MergeLotsInput),
}

/// Declares a material.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MaterialInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// The material's code.
    code: ID,
    /// What people call it.
    name: Option<String>,
    /// The unit its quantities are compared in: a UN/ECE Recommendation 20 code or the plant's own.
    unit: String,
    /// What it is used as.
    #[serde(serialize_with = "by_name")]
    class: Option<MaterialClass>,
    /// Other units its quantities may be given in.
    conversions: Option<Vec<ConversionInput>>,
    /// Whether its lots must be released before use; absent: false.
    inspection_required: Option<bool>,
    /// How its lots are told apart; absent: LOT.
    #[serde(serialize_with = "by_name")]
    tracking: Option<Tracking>,
    /// Whether what customers send back of it may be used again without a release; absent: false.
    returns_to_stock: Option<bool>,
    /// By how much more may be drawn of a lot than came in before it counts as overdrawn, in percent of what came in:
    /// 0 to 100; absent: 0.5.
    tolerance_percent: Option<Exact>,
    /// The least that an operation that brings it forth should yield, in percent of what goes in, packaging aside.
    yield_min: Option<Exact>,
    /// The most; not below `yieldMin`.
    yield_max: Option<Exact>,
}

/// One unit of `unit` is `factor` of the material's own unit.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversionInput {
    /// The other unit.
    unit: String,
    /// How many of the material's own unit one of the other is.
    factor: Exact,
    /// It holds for lots that first come in at this moment or later; absent: for all before the first `validFrom`.
    valid_from: Option<Moment>,
}

/// A conversion that holds for one lot: either `factor` or `perUnit` is given.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LotFactorInput {
    /// The other unit.
    unit: String,
    /// How many of the material's own unit one of the other is.
    factor: Option<Exact>,
    /// How many of the other unit one of the material's own is: 240 when a bale weighs 240 kg.
    per_unit: Option<Exact>,
}

/// Declares a piece of equipment.
#[derive(InputObject, Serialize)]
pub struct EquipmentInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// The equipment's code.
    code: ID,
    /// What people call it.
    name: Option<String>,
    /// The code of the equipment it is part of.
    parent: Option<ID>,
}

/// Declares an operator.
#[derive(InputObject, Serialize)]
pub struct OperatorInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// The operator's code.
    code: ID,
    /// Their name.
    name: Option<String>,
}

/// Declares one shift on one date.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShiftInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// The shift's code.
    code: ID,
    /// What people call it.
    name: Option<String>,
    /// When it starts.
    starts_at: Option<Moment>,
    /// When it ends.
    ends_at: Option<Moment>,
}

/// Declares a supplier or customer.
#[derive(InputObject, Serialize)]
pub struct PartyInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// The party's code.
    code: ID,
    /// What people call it.
    name: Option<String>,
    /// What it is to the plant.
    #[serde(serialize_with = "all_by_name")]
    roles: Option<Vec<PartyRole>>,
    /// Where it is: the postal address.
    address: Option<String>,
    /// Who is to be reached there, in the order in which they are to be tried.
    contacts: Option<Vec<ContactInput>>,
}

/// Somebody at a party who is to be reached.
#[derive(InputObject, Serialize)]
pub struct ContactInput {
    /// Who it is, or what they do there.
    name: String,
    /// Their address for electronic mail.
    email: Option<String>,
    /// Their telephone number.
    phone: Option<String>,
}

/// Lots arrive from a supplier.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiveInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When the receipt started; absent: at `at`.
    started_at: Option<Moment>,
    /// When the lots arrived.
    at: Moment,
    /// The supplier's code.
    supplier: Option<ID>,
    /// The delivery note.
    document: Option<String>,
    /// The lots that arrived.
    outputs: Vec<ProducedLotInput>,
    #[graphql(flatten)]
    #[serde(flatten)]
    circumstances: CircumstancesInput,
}

/// A step is executed.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// What the step does with lots: PRODUCE, SPLIT, MERGE, REWORK, REPACK or PROCESS.
    #[serde(serialize_with = "kind_by_name")]
    kind: OperationKind,
    /// When it started; absent: at `at`.
    started_at: Option<Moment>,
    /// When it ended.
    at: Moment,
    /// The order it fulfils.
    work_order: Option<String>,
    /// A document about it.
    document: Option<String>,
    /// Why, for rework.
    reason: Option<String>,
    /// Lots drawn.
    inputs: Option<Vec<ConsumedLotInput>>,
    /// Lots that came out.
    outputs: Option<Vec<ProducedLotInput>>,
    /// Lots worked on in place (PROCESS only).
    lots: Option<Vec<ID>>,
    /// The least that it should yield, in percent of what goes in, packaging aside; it goes before what the materials say.
    yield_min: Option<Exact>,
    /// The most; not below `yieldMin`.
    yield_max: Option<Exact>,
    #[graphql(flatten)]
    #[serde(flatten)]
    circumstances: CircumstancesInput,
}

/// Lots leave to a customer.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When loading started; absent: at `at`.
    started_at: Option<Moment>,
    /// When the lots left.
    at: Moment,
    /// The customer's code.
    customer: Option<ID>,
    /// The sales order.
    document: Option<String>,
    /// The lots that left.
    inputs: Vec<ConsumedLotInput>,
    #[graphql(flatten)]
    #[serde(flatten)]
    circumstances: CircumstancesInput,
}

/// Lots are thrown away.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScrapInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it started; absent: at `at`.
    started_at: Option<Moment>,
    /// When it was done.
    at: Moment,
    /// Why.
    reason: Option<String>,
    /// A document about it.
    document: Option<String>,
    /// The lots thrown away.
    inputs: Vec<ConsumedLotInput>,
    #[graphql(flatten)]
    #[serde(flatten)]
    circumstances: CircumstancesInput,
}

/// With what and by whom something was done.
#[derive(InputObject, Serialize)]
pub struct CircumstancesInput {
    /// The step's name: PASTEURISE, FILL …
    name: Option<String>,
    /// Codes of the equipment used.
    equipment: Option<Vec<ID>>,
    /// Codes of the operators at work.
    operators: Option<Vec<ID>>,
    /// The code of the shift it belongs to.
    shift: Option<ID>,
    /// Process parameters.
    parameters: Option<Vec<ParameterInput>>,
    /// Further facts.
    attributes: Option<Vec<AttributeInput>>,
    /// Whether a number that stands where a lot is drawn or worked on, and is no lot's id, is taken for the one lot that bears
    /// it; absent: false.
    resolve: Option<bool>,
}

/// An earlier event is withdrawn: its operation leaves the genealogy, the ledger keeps both.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VoidInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// The id of the event withdrawn.
    event: ID,
    /// Why.
    reason: String,
    /// The id of the event that replaces it; it may still be to come.
    replaced_by: Option<ID>,
}

/// A lot drawn.
#[derive(InputObject, Serialize)]
pub struct ConsumedLotInput {
    /// The lot's id.
    lot: ID,
    /// How much of it was issued, with `unit`; absent when nobody measured, 0 when it is listed and was not used.
    quantity: Option<Exact>,
    /// The unit of `quantity`.
    unit: Option<String>,
    /// How much of that came back unused in the same operation, in the same unit.
    returned: Option<Exact>,
    /// When exactly; absent: some time during the operation.
    at: Option<Moment>,
    /// The code of its material, for a lot that was never received or produced on record.
    material: Option<ID>,
    /// Of a step: the one output, by its lot, that all of this went into; absent: some of it went into each.
    #[graphql(name = "for")]
    #[serde(rename = "for")]
    only_for: Option<ID>,
}

/// A lot that comes out.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducedLotInput {
    /// The lot's id.
    lot: ID,
    /// The code of its material; absent: the one already known.
    material: Option<ID>,
    /// How much came out, with `unit`; absent when nobody measured, 0 when it is listed and nothing came out.
    quantity: Option<Exact>,
    /// The unit of `quantity`.
    unit: Option<String>,
    /// When exactly; absent: some time during the operation.
    at: Option<Moment>,
    /// The number printed on it, when that is not its id.
    number: Option<String>,
    /// The supplier's own number for it.
    supplier_lot: Option<String>,
    /// Conversions that hold for this lot, whatever its material declares.
    factors: Option<Vec<LotFactorInput>>,
    /// Further facts about the lot.
    attributes: Option<Vec<AttributeInput>>,
}

/// A process parameter as measured or set.
#[derive(InputObject, Serialize)]
pub struct ParameterInput {
    /// What it is: temperature, pressure, speed …
    name: String,
    /// Its value.
    value: Exact,
    /// Its unit.
    unit: Option<String>,
    /// When it was measured.
    at: Option<Moment>,
}

/// A name with a value.
#[derive(InputObject, Serialize)]
pub struct AttributeInput {
    /// What it is.
    name: String,
    /// Its value.
    value: String,
}

fn all_by_name<T: async_graphql::InputType, S: serde::Serializer>(
    values: &Option<Vec<T>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    values.as_ref().map(|values| values.iter().map(name_of).collect::<Vec<_>>()).serialize(serializer)
}

fn kind_by_name<S: serde::Serializer>(kind: &OperationKind, serializer: S) -> Result<S::Ok, S::Error> {
    name_of(kind).serialize(serializer)
}

impl EventInput {
    /// The event in its public JSON shape.
    ///
    /// # Errors
    /// When an attribute is named twice, which JSON objects cannot hold.
    pub(super) fn into_json(self) -> Result<Value, Vec<Problem>> {
        let (kind, value) = match self {
            Self::Material(input) => (EventType::Material, serde_json::to_value(input)),
            Self::Equipment(input) => (EventType::Equipment, serde_json::to_value(input)),
            Self::Operator(input) => (EventType::Operator, serde_json::to_value(input)),
            Self::Shift(input) => (EventType::Shift, serde_json::to_value(input)),
            Self::Party(input) => (EventType::Party, serde_json::to_value(input)),
            Self::Receive(input) => (EventType::Receive, serde_json::to_value(input)),
            Self::Operation(input) => (EventType::Operation, serde_json::to_value(input)),
            Self::Ship(input) => (EventType::Ship, serde_json::to_value(input)),
            Self::Scrap(input) => (EventType::Scrap, serde_json::to_value(input)),
            Self::Clean(input) => (EventType::Clean, serde_json::to_value(input)),
            Self::Count(input) => (EventType::Count, serde_json::to_value(input)),
            Self::Return(input) => (EventType::Return, serde_json::to_value(input)),
            Self::Void(input) => (EventType::Void, serde_json::to_value(input)),
            Self::Hold(input) => (EventType::Hold, serde_json::to_value(input)),
            Self::Release(input) => (EventType::Release, serde_json::to_value(input)),
            Self::Override(input) => (EventType::Override, serde_json::to_value(input)),
            Self::Recall(input) => (EventType::Recall, serde_json::to_value(input)),
            Self::Notify(input) => (EventType::Notify, serde_json::to_value(input)),
            Self::Recover(input) => (EventType::Recover, serde_json::to_value(input)),
            Self::CloseRecall(input) => (EventType::CloseRecall, serde_json::to_value(input)),
            Self::AddToRecall(input) => (EventType::AddToRecall, serde_json::to_value(input)),
            Self::ReopenRecall(input) => (EventType::ReopenRecall, serde_json::to_value(input)),
            Self::Acknowledge(input) => (EventType::Acknowledge, serde_json::to_value(input)),
            Self::Observe(input) => (EventType::Observe, serde_json::to_value(input)),
            Self::Alias(input) => (EventType::Alias, serde_json::to_value(input)),
            Self::MergeLots(input) => (EventType::MergeLots, serde_json::to_value(input)),
        };
        let mut value = value.unwrap_or_else(|error| unreachable!("inputs are plain data: {error}"));
        let mut problems = Vec::new();
        if let Value::Object(object) = &mut value {
            object.insert("type".to_owned(), kind.name().into());
            attributes_as_object(object, "", &mut problems);
            if let Some(Value::Array(outputs)) = object.get_mut("outputs") {
                for (n, output) in outputs.iter_mut().enumerate() {
                    let Value::Object(output) = output else { continue };
                    attributes_as_object(output, &format!("outputs[{n}]."), &mut problems);
                }
            }
        }
        if problems.is_empty() { Ok(value) } else { Err(problems) }
    }
}

/// Turns the list of names and values into the object that the JSON shape has.
fn attributes_as_object(object: &mut Map<String, Value>, path: &str, problems: &mut Vec<Problem>) {
    let Some(Value::Array(pairs)) = object.remove("attributes") else { return };
    let mut attributes = Map::new();
    for (n, mut pair) in pairs.into_iter().enumerate() {
        let (name, value) = (pair["name"].take(), pair["value"].take());
        let name = name.as_str().unwrap_or_default().to_owned();
        if attributes.contains_key(&name) {
            let message = format!("the attribute {name:?} is given twice; keep one of the two");
            let path = format!("{path}attributes[{n}].name");
            problems.push(Problem::new(ErrorCode::FieldDuplicate, path, message));
        }
        attributes.insert(name, value);
    }
    object.insert("attributes".to_owned(), Value::Object(attributes));
}
