//! Operations: six types of events that have most fields in common.

use std::marker::PhantomData;

use serde_json::{Map, Value, json};

use super::check_order;
use super::definitions::{Definitions, rule};
use super::kind::{Flag, Kind, Optional, Required, Scalar, Stated, missing_choice, one_of};
use super::list::field_list;
use super::lot_factor::LotFactors;
use super::master::{YieldPercent, check_yields};
use super::several::{
    AmountOnly, AttributeMap, Codes, Counted, Measured, Objects, SomeObjects, both_or_neither, list_of,
    some_of,
};
use crate::fields::Fields;
use crate::write::{Object, quote};
use lotgraph_domain::{
    self as domain, EquipmentCode, ErrorCode, EventId, InPlace, LotId, MaterialCode, OperationKind,
    OperatorCode, PartyCode, ShiftCode, Text, Timestamp, UnitCode,
};

/// Makes the list of a type of operation: its own fields among those that are common to all.
macro_rules! operation_list {
    ($list:ident first { $($first:tt)* } own { $($own:tt)* } with { $($fixed:tt)* } $(; rule $rule:expr)?) => {
        field_list! {
            event $list of domain::Operation {
                $($first)*
                /// When it started; absent: at `at`.
                started_at as "startedAt": Optional<Timestamp>;
                /// When it ended.
                at: Required<Timestamp>, check |fields: &mut Fields<'_>| {
                    check_order(fields, "at", "startedAt", started_at.flatten(), at);
                };
                $($own)*
                /// The step's name.
                name: Optional<Text>;
                /// Delivery note, sales order …
                document: Optional<Text>;
                /// Why.
                reason: Optional<Text>;
                /// The order that it fulfils.
                work_order as "workOrder": Optional<Text>;
                /// The codes of the equipment used.
                equipment: Codes<EquipmentCode>;
                /// The codes of the operators at work.
                operators: Codes<OperatorCode>;
                /// The code of the shift.
                shift: Optional<ShiftCode>;
                /// Process parameters.
                parameters: Objects<Parameter>;
                /// Further facts: names to texts.
                attributes: AttributeMap;
                /// `true`: a number that stands where a lot is drawn or worked on, and is no lot's id, is taken for the one lot
                /// that bears it.
                resolve: Flag<false>;
                /// The numbers that were taken for lots when the event was recorded; written by lotgraph.
                resolved: Objects<Resolved>;
            }
            with { transfers: Vec::new(), $($fixed)* }
            then check_items
            $(; rule $rule)?
        }
    };
}

operation_list! {
    Receive first {} own {
        /// The supplier's code.
        party as "supplier": Optional<PartyCode>;
        /// The lots that arrive, at least one.
        outputs: SomeObjects<Output>;
    }
    with {
        kind: OperationKind::Receive, inputs: Vec::new(), lots: Vec::new(), shipment: None, yield_min: None, yield_max: None,
    }
}

operation_list! {
    Operation first {
        /// What it does with lots.
        kind: StepKind;
    }
    own {
        /// The lots drawn.
        inputs: OfKind<Objects<Input>, false>;
        /// The lots that come out.
        outputs: OfKind<Objects<Output>, false>;
        /// The lots worked on in place.
        lots: OfKind<Places, true>;
        /// The least that it should yield, in percent of what goes in, packaging aside; it goes before what the materials
        /// say.
        yield_min as "yieldMin": YieldPercent;
        /// The most; not below `yieldMin`.
        yield_max as "yieldMax": YieldPercent;
    }
    with { party: None, shipment: None }
    ; rule lots_of_kinds
}

operation_list! {
    Ship first {} own {
        /// The customer's code.
        party as "customer": Optional<PartyCode>;
        /// The lots that leave, at least one.
        inputs: SomeObjects<Input>;
    }
    with {
        kind: OperationKind::Ship, outputs: Vec::new(), lots: Vec::new(), shipment: None, yield_min: None, yield_max: None,
    }
}

operation_list! {
    Scrap first {} own {
        /// The lots thrown away, at least one.
        inputs: SomeObjects<Input>;
    }
    with {
        kind: OperationKind::Scrap, party: None, outputs: Vec::new(), lots: Vec::new(), shipment: None, yield_min: None, yield_max: None,
    }
}

operation_list! {
    Clean first {} own {
        /// The lots that are emptied and cleaned, at least one.
        lots: SomePlaces;
    }
    with {
        kind: OperationKind::Clean, party: None, inputs: Vec::new(), outputs: Vec::new(), shipment: None, yield_min: None, yield_max: None,
    }
}

operation_list! {
    Count first {} own {
        /// What was on hand of each lot when the count was done (`at`), at least one.
        lots: SomeObjects<CountedLot>;
    }
    with {
        kind: OperationKind::Count, party: None, inputs: Vec::new(), outputs: Vec::new(), shipment: None, yield_min: None, yield_max: None,
    }
}

operation_list! {
    Return first {} own {
        /// The code of the customer who sends them back.
        party as "customer": Stated<PartyCode>;
        /// The event of the shipment that brought them there, when it is known.
        shipment: Optional<EventId>;
        /// The lots that come back, at least one.
        outputs: SomeObjects<ReturnedLot>;
    }
    with { kind: OperationKind::Return, inputs: Vec::new(), lots: Vec::new(), yield_min: None, yield_max: None }
}

field_list! {
    object Input "input" of domain::Input {
        /// The lot's id.
        lot: Required<LotId>;
        /// How much of it was issued; 0: it is listed and was not used.
        quantity and "unit" from domain::Input::issued: Measured;
        /// How much of that came back unused in the same operation, in the same unit; at most `quantity`.
        returned: AmountOnly;
        /// When exactly it was drawn; absent: some time between `startedAt` and `at`.
        at: Optional<Timestamp>;
        /// The code of its material.
        material: Optional<MaterialCode>;
        /// Of a step: the one output, by its lot, that all of this went into; absent: some of it went into each.
        only_for as "for": Optional<LotId>;
    }
    made by used
    ; rule issued
}

field_list! {
    object Output "output" of domain::Output {
        /// The lot's id.
        lot: Required<LotId>;
        /// The code of its material; absent: the one already known.
        material: Optional<MaterialCode>;
        /// How much came out; 0: it is listed and nothing came out.
        quantity and "unit": Measured;
        /// When exactly it came out; absent: some time between `startedAt` and `at`.
        at: Optional<Timestamp>;
        /// As printed on it, when that is not its id.
        number: Optional<Text>;
        /// The supplier's own number for it.
        supplier_lot as "supplierLot": Optional<Text>;
        /// Conversions that hold for this lot, whatever its material declares; each unit once.
        factors: LotFactors;
        /// Further facts: names to texts.
        attributes: AttributeMap;
    }
    with { shipped_as: None }
    ; rule both_or_neither
}

field_list! {
    object ReturnedLot "returnedLot" of domain::Output {
        /// The id of the lot that it comes back into.
        lot: Required<LotId>;
        /// The id of the lot that was shipped, when it comes back into another one.
        shipped_as as "shippedAs": Optional<LotId>;
        /// The code of its material; absent: the one already known.
        material: Optional<MaterialCode>;
        /// How much came back.
        quantity and "unit": Measured;
        /// When exactly it came back; absent: some time between `startedAt` and `at`.
        at: Optional<Timestamp>;
        /// As printed on it, when that is not its id.
        number: Optional<Text>;
        /// Further facts: names to texts.
        attributes: AttributeMap;
    }
    with { supplier_lot: None, factors: Vec::new() }
    ; rule both_or_neither
}

field_list! {
    object Resolved "resolved" of domain::Resolved {
        /// The number that was sent.
        number: Required<LotId>;
        /// The id of the lot that it was taken for.
        lot: Required<LotId>;
    }
}

field_list! {
    object CountedLot "countedLot" of InPlace {
        /// The lot's id.
        lot: Required<LotId>;
        /// How much of it there was; here, and only here, it may be zero.
        counted as "quantity" and "unit": Counted;
    }
}

field_list! {
    object Parameter "parameter" of domain::Parameter {
        /// What it is: temperature, pressure, speed …
        name: Required<Text>;
        /// Its value, as text or number, kept as it is written.
        value: ParameterValue;
        /// Its unit.
        unit: Optional<UnitCode>;
        /// When it was measured.
        at: Optional<Timestamp>;
    }
}

/// An input as it is kept: with what was used, which is what was issued, less what came back.
fn used(fields: &mut Fields<'_>, mut input: domain::Input) -> Option<domain::Input> {
    let Some(returned) = input.returned else { return Some(input) };
    let Some(issued) = &mut input.quantity else {
        if !fields.is_given("quantity") {
            let message = "quantity is missing beside returned; add how much was issued";
            fields.refuse("quantity", ErrorCode::FieldMissing, message);
        }
        return None;
    };
    let Some(used) = issued.amount.less(returned) else {
        let message = format!(
            "{returned} {unit} of lot {lot} came back unused, and {issued} were issued; correct one of the two",
            unit = issued.unit,
            lot = input.lot,
        );
        fields.refuse("returned", ErrorCode::ReturnedTooMuch, message);
        return None;
    };
    issued.amount = used;
    Some(input)
}

/// What the schema says of an input: nothing can come back of what was not measured.
fn issued(definitions: &mut Definitions) -> Map<String, Value> {
    let mut rule = both_or_neither(definitions);
    let unmeasured = rule.get_mut("anyOf").and_then(|branches| branches.get_mut(1));
    if let Some(properties) = unmeasured.and_then(|branch| branch.get_mut("properties")) {
        properties["returned"] = json!({ "type": "null" });
    }
    rule
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

/// What a step does with lots.
struct StepKind;

impl Kind for StepKind {
    type Value = OperationKind;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<OperationKind> {
        if fields.is_absent(name) {
            fields.take(name);
            fields.refuse(name, ErrorCode::FieldMissing, missing_choice(name, STEP_KINDS));
            return None;
        }
        fields.choice(name, STEP_KINDS)
    }

    fn write(object: &mut Object<'_>, name: &'static str, kind: &OperationKind) {
        object.text(name, Some(kind.name()));
    }

    fn schema(_: &mut Definitions) -> Value {
        one_of(STEP_KINDS)
    }
}

/// Lots that only a step in place has, or only one that is not. Of a step whose kind cannot be read both are taken, so that
/// only the kind is reported.
struct OfKind<K, const IN_PLACE: bool>(PhantomData<K>);

impl<K: Kind<Value: Default>, const IN_PLACE: bool> Kind for OfKind<K, IN_PLACE> {
    type Value = K::Value;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<K::Value> {
        let kind = fields.given_text("kind").and_then(OperationKind::from_name);
        match kind.filter(|kind| STEP_KINDS.contains(kind)) {
            Some(kind) if kind.is_in_place() != IN_PLACE => {
                fields.forbid(name, kind.name());
                Some(K::Value::default())
            }
            _ => K::read(fields, name),
        }
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &K::Value) {
        K::write(object, name, value);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        K::schema(definitions)
    }
}

/// Lots in place, by their ids, in the order of the event.
struct Places;

impl Kind for Places {
    type Value = Vec<InPlace>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<InPlace>> {
        let lots = fields.texts(name, LotId::parse).into_iter();
        Some(lots.map(|lot| InPlace { lot, counted: None }).collect())
    }

    fn write(object: &mut Object<'_>, name: &'static str, lots: &Vec<InPlace>) {
        object.list(name, lots, |out, item| quote(out, item.lot.as_str()));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        list_of(LotId::schema(definitions))
    }
}

/// The same, at least one.
struct SomePlaces;

impl Kind for SomePlaces {
    type Value = Vec<InPlace>;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<InPlace>> {
        Places::read(fields, name)
    }

    fn write(object: &mut Object<'_>, name: &'static str, lots: &Vec<InPlace>) {
        Places::write(object, name, lots);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        some_of(LotId::schema(definitions))
    }
}

/// The value of a parameter: a text, or a number taken as its text.
struct ParameterValue;

impl Kind for ParameterValue {
    type Value = Text;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Text> {
        let Some(text) = fields.number_text(name) else {
            fields.refuse(name, ErrorCode::FieldMissing, format!("{name} is missing; add it"));
            return None;
        };
        Text::parse(&text).map_err(|error| fields.refuse(name, error.code(), format!("{name} {error}"))).ok()
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &Text) {
        object.text(name, Some(value));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Text::schema(definitions), { "type": "number" }] })
    }
}

/// What each kind of operation must name.
fn check_items(fields: &mut Fields<'_>, operation: &domain::Operation) {
    check_yields(fields, operation.yield_range());
    let needs: &[(&str, bool)] = match operation.kind {
        OperationKind::Receive | OperationKind::Return => &[("outputs", operation.outputs.is_empty())],
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
    for (n, input) in operation.inputs.iter().enumerate() {
        let Some(only_for) = &input.only_for else { continue };
        if !operation.outputs.iter().any(|output| output.lot == *only_for) {
            let message =
                format!("for names lot {only_for}, which is no output here; name an output, or leave it out");
            fields.refuse(&format!("inputs[{n}].for"), ErrorCode::OutputUnknown, message);
        }
    }
}

/// What the schema says of the lots of each kind of step.
fn lots_of_kinds(definitions: &mut Definitions) -> Map<String, Value> {
    let inputs = json!({
        "required": ["inputs"], "properties": { "inputs": some_of(definitions.object::<Input>()) },
    });
    let outputs = json!({
        "required": ["outputs"], "properties": { "outputs": some_of(definitions.object::<Output>()) },
    });
    let lots = json!({
        "required": ["lots"], "properties": { "lots": some_of(LotId::schema(definitions)) },
    });
    let none = |field: &str| json!({ "properties": { field: { "type": "null" } } });
    let of_kind = |kind: OperationKind| json!({ "properties": { "kind": { "const": kind.name() } } });
    rule(json!({
        "if": of_kind(OperationKind::Process),
        "then": { "allOf": [lots, none("inputs"), none("outputs")] },
        "else": {
            "allOf": [none("lots")],
            "if": of_kind(OperationKind::Produce),
            "then": { "anyOf": [inputs, outputs] },
            "else": { "allOf": [inputs, outputs] },
        },
    }))
}
