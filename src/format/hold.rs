//! Holds, releases and overrides read from JSON, strictly.

use std::collections::BTreeSet;

use super::fields::Fields;
use crate::domain::{
    Disposition, ErrorCode, EventId, Fact, Hold, HoldPolicy, LotId, Override, Release, Text,
};

pub(super) fn read_hold(fields: &mut Fields<'_>) -> Option<Fact> {
    let at = fields.required_time("at");
    let lots = fields.some_texts("lots", LotId::parse);
    let reason = fields.required("reason", Text::parse);
    let category = fields.parsed("category", Text::parse);
    let propagate = fields.flag("propagate").unwrap_or(true);
    let policy = fields.choice("policy", HoldPolicy::ALL, HoldPolicy::name).unwrap_or(HoldPolicy::Block);
    let recall = fields.parsed("recall", EventId::parse);
    Some(Fact::Hold(Hold { at: at?, lots, reason: reason?, category, propagate, policy, recall }))
}

pub(super) fn read_release(fields: &mut Fields<'_>) -> Option<Fact> {
    let at = fields.required_time("at");
    let of_hold = fields.is_given("hold");
    let hold = fields.parsed("hold", EventId::parse);
    // Without a hold the lots themselves say what is released.
    let lots = if of_hold {
        let lots: BTreeSet<LotId> = fields.texts("lots", LotId::parse).into_iter().collect();
        lots.into_iter().collect()
    } else {
        fields.some_texts("lots", LotId::parse)
    };
    let reason = fields.required("reason", Text::parse);
    let disposition = fields.choice("disposition", Disposition::ALL, Disposition::name);
    if disposition.is_none() && !fields.is_given("disposition") {
        let message = "disposition is missing; add RELEASED, REWORK, SCRAP or RETURN";
        fields.refuse("disposition", ErrorCode::FieldMissing, message);
    }
    Some(Fact::Release(Release { at: at?, hold, lots, reason: reason?, disposition: disposition? }))
}

pub(super) fn read_override(fields: &mut Fields<'_>) -> Option<Fact> {
    let at = fields.required_time("at");
    let operation = fields.required("operation", EventId::parse);
    let lots = fields.some_texts("lots", LotId::parse);
    let reason = fields.required("reason", Text::parse);
    Some(Fact::Override(Override { at: at?, operation: operation?, lots, reason: reason? }))
}
