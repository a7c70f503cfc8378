//! Recalls read from JSON, strictly: what one is about, and the events of its course.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::Fields;
use crate::domain::quantity::parse_decimal;
use crate::domain::recall::{
    CAUSES_MAX, Cause, CloseRecall, Limit, Notify, ParameterOutside, Recall, RecallClass, RecallScope,
    Recover, RecoveredItem, ScopeLot,
};
use crate::domain::{
    Disposition, EquipmentCode, ErrorCode, EventId, Fact, LotId, MaterialCode, OperatorCode, PartyCode,
    Problem, ShiftCode, Text,
};

/// Reads a scope.
///
/// # Errors
/// Every problem found, each with its path.
pub fn parse_scope(value: &Value) -> Result<RecallScope, Vec<Problem>> {
    let mut problems = Vec::new();
    let Some(object) = value.as_object() else {
        return Err(vec![Problem::new(ErrorCode::FieldType, "", "a scope must be an object in braces")]);
    };
    let mut fields = Fields::new(object, "", &mut problems);
    let scope = read_scope(&mut fields);
    fields.finish();
    if problems.is_empty() { Ok(scope) } else { Err(problems) }
}

/// Reads the fields of a scope.
pub(super) fn read_scope(fields: &mut Fields<'_>) -> RecallScope {
    let lots = read_lots(fields, "lots");
    let causes = fields.objects("causes", read_cause);
    if causes.len() > CAUSES_MAX {
        let message = format!("causes has {} items, at most {CAUSES_MAX} are allowed", causes.len());
        fields.refuse("causes", ErrorCode::ItemsTooMany, message);
    }
    if lots.is_empty() && causes.is_empty() && !fields.is_given("lots") && !fields.is_given("causes") {
        let message = "the scope names neither a lot nor a cause; add at least one";
        fields.refuse("lots", ErrorCode::RecallNothing, message);
    }
    RecallScope { lots, causes, respect_time: fields.flag("respectTime").unwrap_or(true) }
}

/// Reads lots with the moments since which they are bad; of a lot named twice the earlier moment counts.
pub(super) fn read_lots(fields: &mut Fields<'_>, field: &'static str) -> Vec<ScopeLot> {
    let named = fields.objects(field, |fields| {
        let lot = fields.required("lot", LotId::parse);
        let since = fields.time("since");
        Some(ScopeLot { lot: lot?, since })
    });
    let mut lots = BTreeMap::new();
    for ScopeLot { lot, since } in named {
        let known = lots.entry(lot).or_insert(since);
        // An absent moment means always, which comes before every other.
        *known = since.min(*known);
    }
    lots.into_iter().map(|(lot, since)| ScopeLot { lot, since }).collect()
}

pub(super) fn read_recall(fields: &mut Fields<'_>) -> Option<Fact> {
    let at = fields.required_time("at");
    let reason = fields.required("reason", Text::parse);
    let category = fields.parsed("category", Text::parse);
    let class = fields.choice("class", RecallClass::ALL, RecallClass::name);
    let mock = fields.flag("mock").unwrap_or(false);
    let scope = match fields.is_given("scope") {
        true => fields.object("scope", |fields| Some(read_scope(fields))),
        false => {
            fields.take("scope");
            fields.refuse("scope", ErrorCode::FieldMissing, "scope is missing; add what the recall is about");
            None
        }
    };
    let lots = read_lots(fields, "lots");
    if lots.is_empty() && !fields.is_given("lots") {
        let message = "lots names none that the recall starts from; openRecall resolves the scope to them";
        fields.refuse("lots", ErrorCode::ItemsNone, message);
    }
    Some(Fact::Recall(Recall { at: at?, reason: reason?, category, class, mock, scope: scope?, lots }))
}

pub(super) fn read_notify(fields: &mut Fields<'_>) -> Option<Fact> {
    let at = fields.required_time("at");
    let recall = fields.required("recall", EventId::parse);
    let customer = fields.required("customer", PartyCode::parse);
    let channel = fields.parsed("channel", Text::parse);
    let acknowledged = fields.flag("acknowledged").unwrap_or(false);
    let note = fields.parsed("note", Text::parse);
    Some(Fact::Notify(Notify { at: at?, recall: recall?, customer: customer?, channel, acknowledged, note }))
}

pub(super) fn read_recover(fields: &mut Fields<'_>) -> Option<Fact> {
    let at = fields.required_time("at");
    let recall = fields.required("recall", EventId::parse);
    let customer = fields.parsed("customer", PartyCode::parse);
    let items = fields.objects("items", read_item);
    if items.is_empty() && !fields.is_given("items") {
        let message = "items names nothing that was recovered; add at least one";
        fields.refuse("items", ErrorCode::ItemsNone, message);
    }
    let disposition = fields.choice("disposition", Disposition::ALL, Disposition::name);
    let note = fields.parsed("note", Text::parse);
    Some(Fact::Recover(Recover { at: at?, recall: recall?, customer, items, disposition, note }))
}

fn read_item(fields: &mut Fields<'_>) -> Option<RecoveredItem> {
    let lot = fields.required("lot", LotId::parse);
    if !fields.is_given("quantity") && !fields.is_given("unit") {
        fields.refuse("quantity", ErrorCode::FieldMissing, "quantity is missing; add how much was recovered");
    }
    let quantity = fields.quantity();
    Some(RecoveredItem { lot: lot?, quantity: quantity? })
}

pub(super) fn read_close(fields: &mut Fields<'_>) -> Option<Fact> {
    let at = fields.required_time("at");
    let recall = fields.required("recall", EventId::parse);
    let report = fields.required("report", Text::parse);
    Some(Fact::CloseRecall(CloseRecall { at: at?, recall: recall?, report: report? }))
}

fn read_cause(fields: &mut Fields<'_>) -> Option<Cause> {
    let cause = Cause {
        supplier: fields.parsed("supplier", PartyCode::parse),
        supplier_lot: fields.parsed("supplierLot", Text::parse),
        equipment: fields.parsed("equipment", EquipmentCode::parse),
        operator: fields.parsed("operator", OperatorCode::parse),
        shift: fields.parsed("shift", ShiftCode::parse),
        step: fields.parsed("step", Text::parse),
        material: fields.parsed("material", MaterialCode::parse),
        from: fields.time("from"),
        until: fields.time("until"),
        parameter: fields.object("parameter", read_parameter),
    };
    // A condition that could not be read was reported; the cause is not empty because of it.
    let unread = cause.is_empty() && fields.has_any();
    for problem in cause.problems().into_iter().filter(|_| !unread) {
        fields.refuse(&problem.path, problem.code, problem.message);
    }
    Some(cause)
}

fn read_parameter(fields: &mut Fields<'_>) -> Option<ParameterOutside> {
    let name = fields.required("name", Text::parse);
    let mut limit = |field: &'static str| {
        let text = fields.number_text(field)?;
        let limit = parse_decimal(&text);
        if limit.is_none() {
            let message = format!("{field} {text:?} is not a decimal number; write it like 72.5");
            fields.refuse(field, ErrorCode::QuantityInvalid, message);
        }
        limit.map(Limit)
    };
    let (below, above) = (limit("below"), limit("above"));
    Some(ParameterOutside { name: name?, below, above })
}
