//! Recalls read from JSON, strictly: what one is about, and the events of its course.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::Fields;
use crate::domain::quantity::parse_decimal;
use crate::domain::recall::{CAUSES_MAX, Cause, Limit, ParameterOutside, RecallScope, ScopeLot};
use crate::domain::{
    EquipmentCode, ErrorCode, LotId, MaterialCode, OperatorCode, PartyCode, Problem, ShiftCode, Text,
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
