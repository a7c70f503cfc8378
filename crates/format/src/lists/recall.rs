//! Recalls: what one is about, and the events of its course.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::check_some;
use super::definitions::{Definitions, rule};
use super::kind::{Flag, Kind, Optional, Required, Scalar};
use super::list::{self, FieldList, field_list};
use super::several::{Objects, OptionalObject, Recovered, SomeObjects, some_of};
use crate::fields::Fields;
use crate::write::Object;
use lotgraph_domain::recall::{self as domain, CAUSES_MAX, Limit, RecallClass};
use lotgraph_domain::{
    Disposition, EquipmentCode, ErrorCode, EventId, LotId, MaterialCode, OperatorCode, PartyCode, ShiftCode,
    Text, Timestamp,
};

field_list! {
    event Recall of domain::Recall {
        /// When it was decided.
        at: Required<Timestamp>;
        /// Why.
        reason: Required<Text>;
        /// What sort of trouble it is.
        category: Optional<Text>;
        /// How dangerous the goods are (21 CFR 7.3(m)): `I`, `II` or `III`.
        class: Optional<RecallClass>;
        /// `true`: it is an exercise, which holds nothing.
        mock: Flag<false>;
        /// The question: what it is about.
        scope: ScopeObject;
        /// The answer when it was opened: the lots that it starts from, at least one.
        lots: ScopeLots<true>, check |fields: &mut Fields<'_>| {
            let message = "lots names none that the recall starts from; openRecall resolves the scope to them";
            check_some(fields, "lots", lots.as_ref(), message);
        };
    }
}

field_list! {
    object Scope "scope" of domain::RecallScope {
        /// The lots that it names.
        lots: ScopeLots<false>;
        /// What went wrong; any of them suffices. At most 20.
        causes: Causes, check |fields: &mut Fields<'_>| {
            check_scope(fields, lots.as_ref(), causes.as_ref());
        };
        /// Whether only what can have happened in time counts; `true` when absent.
        respect_time as "respectTime": Flag<true>;
    }
    ; rule lots_or_causes
}

field_list! {
    object ScopeLot "scopeLot" of domain::ScopeLot {
        /// The lot's id.
        lot: Required<LotId>;
        /// Since when it is bad; absent: always.
        since: Optional<Timestamp>;
    }
}

field_list! {
    object Cause "cause" of domain::Cause {
        /// Receipts from this supplier.
        supplier: Optional<PartyCode>;
        /// Lots received under this number of the supplier.
        supplier_lot as "supplierLot": Optional<Text>;
        /// Operations on this equipment, or on a part of it.
        equipment: Optional<EquipmentCode>;
        /// Operations with this operator.
        operator: Optional<OperatorCode>;
        /// Operations in this shift.
        shift: Optional<ShiftCode>;
        /// Operations of the step with this name.
        step: Optional<Text>;
        /// Lots of this material.
        material: Optional<MaterialCode>;
        /// Operations under way at this moment or later.
        from: Optional<Timestamp>;
        /// Operations under way at this moment or earlier; not before `from`.
        until: Optional<Timestamp>;
        /// Operations with this parameter outside its limits.
        parameter: OptionalObject<Limits>;
    }
    then check_cause
    ; rule a_condition
}

field_list! {
    object Limits "limits" of domain::ParameterOutside {
        /// The parameter's name.
        name: Required<Text>;
        /// Outside when below this.
        below: Optional<Limit>;
        /// Outside when above this. At least one limit is given, and `below` is not above `above`.
        above: Optional<Limit>;
    }
    ; rule a_limit
}

field_list! {
    event Notify of domain::Notify {
        /// When that was.
        at: Required<Timestamp>;
        /// The recall's id.
        recall: Required<EventId>;
        /// The customer's code.
        customer: Required<PartyCode>;
        /// How it went: telephone, letter …
        channel: Optional<Text>;
        /// `true` when the customer confirmed it, absent when they were told.
        acknowledged: Flag<false>;
        /// What is to be said about it.
        note: Optional<Text>;
        /// `true`: it is meant, although the customer received nothing that the recall is about.
        unexpected: Flag<false>;
    }
}

field_list! {
    event Recover of domain::Recover {
        /// When that was.
        at: Required<Timestamp>;
        /// The recall's id.
        recall: Required<EventId>;
        /// The code of the customer from whom it came.
        customer: Optional<PartyCode>;
        /// What was recovered, at least one.
        items: SomeObjects<RecoveredItem>, check |fields: &mut Fields<'_>| {
            let message = "items names nothing that was recovered; add at least one";
            check_some(fields, "items", items.as_ref(), message);
        };
        /// What became of it: `RELEASED`, `REWORK`, `SCRAP` or `RETURN`.
        disposition: Optional<Disposition>;
        /// What is to be said about it.
        note: Optional<Text>;
        /// `true`: it is meant, although the customer received nothing that the recall is about.
        unexpected: Flag<false>;
    }
}

field_list! {
    object RecoveredItem "recoveredItem" of domain::RecoveredItem {
        /// The lot's id.
        lot: Required<LotId>;
        /// How much was recovered.
        quantity and "unit": Recovered;
    }
}

field_list! {
    event CloseRecall of domain::CloseRecall {
        /// When it was decided.
        at: Required<Timestamp>;
        /// The recall's id.
        recall: Required<EventId>;
        /// What it came to, or where that is written.
        report: Required<Text>;
        /// `true`: it ends although customers were not told, goods are out, or lots are held.
        accept_open as "acceptOpen": Flag<false>;
        /// Why it ends all the same: there exactly with `acceptOpen`.
        reason: Optional<Text>;
    }
    then check_accepted
    ; rule a_reason_with_accept_open
}

field_list! {
    event AddToRecall of domain::AddToRecall {
        /// When it was decided.
        at: Required<Timestamp>;
        /// The recall's id.
        recall: Required<EventId>;
        /// The lots that it starts from besides, at least one.
        lots: ScopeLots<true>, check |fields: &mut Fields<'_>| {
            check_some(fields, "lots", lots.as_ref(), "lots names none to take in; add at least one");
        };
        /// Why.
        reason: Required<Text>;
    }
}

field_list! {
    event ReopenRecall of domain::ReopenRecall {
        /// When it was decided.
        at: Required<Timestamp>;
        /// The recall's id.
        recall: Required<EventId>;
        /// Why.
        reason: Required<Text>;
    }
}

/// Lots with the moments since which they are bad, ordered; of a lot named twice the earlier moment counts.
struct ScopeLots<const SOME: bool>;

impl<const SOME: bool> Kind for ScopeLots<SOME> {
    type Value = Vec<domain::ScopeLot>;
    const REQUIRED: bool = SOME;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<domain::ScopeLot>> {
        let mut lots = BTreeMap::new();
        for domain::ScopeLot { lot, since } in Objects::<ScopeLot>::read(fields, name)? {
            let known = lots.entry(lot).or_insert(since);
            // An absent moment means always, which comes before every other.
            *known = since.min(*known);
        }
        Some(lots.into_iter().map(|(lot, since)| domain::ScopeLot { lot, since }).collect())
    }

    fn write(object: &mut Object<'_>, name: &'static str, lots: &Vec<domain::ScopeLot>) {
        Objects::<ScopeLot>::write(object, name, lots);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        if SOME {
            SomeObjects::<ScopeLot>::schema(definitions)
        } else {
            Objects::<ScopeLot>::schema(definitions)
        }
    }
}

/// Causes: fewer than an event may have of anything else.
struct Causes;

impl Kind for Causes {
    type Value = Vec<domain::Cause>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<domain::Cause>> {
        let causes = Objects::<Cause>::read(fields, name)?;
        if causes.len() > CAUSES_MAX {
            let message = format!("{name} has {} items, at most {CAUSES_MAX} are allowed", causes.len());
            fields.refuse(name, ErrorCode::ItemsTooMany, message);
        }
        Some(causes)
    }

    fn write(object: &mut Object<'_>, name: &'static str, causes: &Vec<domain::Cause>) {
        Objects::<Cause>::write(object, name, causes);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let mut schema = Objects::<Cause>::schema(definitions);
        schema["maxItems"] = CAUSES_MAX.into();
        schema
    }
}

/// The scope of a recall, which must be there.
struct ScopeObject;

impl Kind for ScopeObject {
    type Value = domain::RecallScope;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<domain::RecallScope> {
        if fields.is_given(name) {
            return fields.object(name, Scope::read);
        }
        fields.take(name);
        fields.refuse(name, ErrorCode::FieldMissing, "scope is missing; add what the recall is about");
        None
    }

    fn write(object: &mut Object<'_>, name: &'static str, scope: &domain::RecallScope) {
        object.object(name, |object| list::write::<Scope>(object, scope, None));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.object::<Scope>()
    }
}

fn check_scope(
    fields: &mut Fields<'_>,
    lots: Option<&Vec<domain::ScopeLot>>,
    causes: Option<&Vec<domain::Cause>>,
) {
    let none = lots.is_some_and(Vec::is_empty) && causes.is_some_and(Vec::is_empty);
    if none && !fields.is_given("lots") && !fields.is_given("causes") {
        let message = "the scope names neither a lot nor a cause; add at least one";
        fields.refuse("lots", ErrorCode::RecallNothing, message);
    }
}

fn check_cause(fields: &mut Fields<'_>, cause: &domain::Cause) {
    // A condition that could not be read was reported; the cause is not empty because of it.
    let unread = cause.is_empty() && fields.has_any();
    for problem in cause.problems().into_iter().filter(|_| !unread) {
        fields.refuse(&problem.path, problem.code, problem.message);
    }
}

/// Whoever ends a recall in spite of what is open says why, and nobody says why without need.
fn check_accepted(fields: &mut Fields<'_>, close: &domain::CloseRecall) {
    match (close.accept_open, &close.reason) {
        (true, None) => {
            let message = "reason is missing; add why the recall ends although something is open";
            fields.refuse("reason", ErrorCode::FieldMissing, message);
        }
        (false, Some(_)) => {
            let message = "reason says why a recall ends although something is open; add acceptOpen: true, or remove it";
            fields.refuse("reason", ErrorCode::FieldNotAllowed, message);
        }
        (true, Some(_)) | (false, None) => {}
    }
}

fn lots_or_causes(definitions: &mut Definitions) -> Map<String, Value> {
    let lots = some_of(definitions.object::<ScopeLot>());
    let causes = some_of(definitions.object::<Cause>());
    rule(json!({
        "anyOf": [
            { "required": ["lots"], "properties": { "lots": lots } },
            { "required": ["causes"], "properties": { "causes": causes } },
        ],
    }))
}

fn a_reason_with_accept_open(definitions: &mut Definitions) -> Map<String, Value> {
    let text = Text::schema(definitions);
    rule(json!({
        "if": { "required": ["acceptOpen"], "properties": { "acceptOpen": { "const": true } } },
        "then": { "required": ["reason"], "properties": { "reason": text } },
        "else": { "properties": { "reason": { "type": "null" } } },
    }))
}

fn a_condition(_: &mut Definitions) -> Map<String, Value> {
    rule(json!({ "not": { "additionalProperties": { "type": "null" } } }))
}

fn a_limit(definitions: &mut Definitions) -> Map<String, Value> {
    let limit = Limit::schema(definitions);
    rule(json!({
        "anyOf": [
            { "required": ["below"], "properties": { "below": limit } },
            { "required": ["above"], "properties": { "above": limit } },
        ],
    }))
}
