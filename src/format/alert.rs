//! Acknowledgements and refusals read from JSON, strictly.

use super::fields::Fields;
use crate::domain::{Acknowledge, AlertId, ErrorCode, EventId, Fact, LotId, Obstacle, Refusal, Text};

pub(super) fn read_acknowledge(fields: &mut Fields<'_>) -> Option<Fact> {
    let at = fields.required_time("at");
    let alert = fields.required("alert", AlertId::parse);
    let note = fields.parsed("note", Text::parse);
    Some(Fact::Acknowledge(Acknowledge { at: at?, alert: alert?, note }))
}

pub(super) fn read_refusal(fields: &mut Fields<'_>) -> Option<Fact> {
    let at = fields.required_time("at");
    let event = fields.required("event", EventId::parse);
    let code = fields.choice("code", Obstacle::ALL, Obstacle::name);
    if code.is_none() && !fields.is_given("code") {
        let message = "code is missing; add LOT_ON_HOLD, LOT_PENDING_INSPECTION or LOT_REJECTED";
        fields.refuse("code", ErrorCode::FieldMissing, message);
    }
    let lots = fields.some_texts("lots", LotId::parse);
    let hold = fields.parsed("hold", EventId::parse);
    let message = fields.required("message", Text::parse);
    Some(Fact::Refusal(Refusal { at: at?, event: event?, code: code?, lots, hold, message: message? }))
}
