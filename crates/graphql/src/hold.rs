//! Holds: as typed input, and as lots carry them.

use async_graphql::{ID, InputObject};
use serde::Serialize;

use super::enums::{Disposition, HoldPolicy, LateCapture, MarkKind};
use super::enums::{by_name, name_of};
use super::scalars::Moment;
use lotgraph_domain as domain;
use lotgraph_graphql_macros::SimpleObject;

/// Puts lots into quarantine, and everything made of them under suspicion.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was decided.
    at: Moment,
    /// The ids of the lots.
    lots: Vec<ID>,
    /// Why.
    reason: String,
    /// What sort of trouble it is.
    category: Option<String>,
    /// Whether everything made of the lots is suspect too; absent: true.
    propagate: Option<bool>,
    /// Whether suspect lots may flow on; absent: BLOCK.
    #[serde(serialize_with = "by_name")]
    policy: Option<HoldPolicy>,
    /// What becomes of draws that happened before the hold and are recorded after it; absent: RECORD.
    #[serde(serialize_with = "by_name")]
    late_capture: Option<LateCapture>,
    /// Whether a number among the lots that is no lot's id is taken for the one lot that bears it; absent: false.
    resolve: Option<bool>,
}

/// Ends a hold, or an inspection.
#[derive(InputObject, Serialize)]
pub struct ReleaseInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was decided.
    at: Moment,
    /// The id of the hold; absent: the lots are released from inspection and from an earlier disposition.
    hold: Option<ID>,
    /// The ids of the lots; absent: all that the hold names.
    lots: Option<Vec<ID>>,
    /// Why.
    reason: String,
    /// What is to become of the lots.
    #[serde(serialize_with = "disposition_by_name")]
    disposition: Disposition,
}

/// Lets one operation draw from lots that must stay where they are.
#[derive(InputObject, Serialize)]
pub struct OverrideInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was decided.
    at: Moment,
    /// The id of the event that may draw; it is still to come.
    operation: ID,
    /// The ids of the lots it may draw from.
    lots: Vec<ID>,
    /// Why.
    reason: String,
}

fn disposition_by_name<S: serde::Serializer>(value: &Disposition, serializer: S) -> Result<S::Ok, S::Error> {
    name_of(value).serialize(serializer)
}

/// One step of a path: an operation and the lot that came out of it.
#[derive(SimpleObject)]
pub struct HoldStep {
    /// The id of the operation.
    operation: ID,
    /// The id of the lot.
    lot: ID,
}

/// The time from an arrival to the next clean.
#[derive(SimpleObject)]
pub struct Stay {
    /// The earliest moment of the arrival.
    from: Moment,
    /// When the clean was over; absent: there was none.
    until: Option<Moment>,
}

impl From<&domain::Stay> for Stay {
    fn from(stay: &domain::Stay) -> Self {
        Self { from: Moment(stay.from), until: stay.until.map(Moment) }
    }
}

/// How an open hold concerns a lot.
#[derive(SimpleObject)]
pub struct LotHold {
    /// The id of the hold.
    hold: ID,
    /// Whether the hold names the lot, or reaches it.
    kind: MarkKind,
    /// The hold's policy for lots that it reaches.
    policy: HoldPolicy,
    /// The hold's reason.
    reason: String,
    /// The earliest moment the trouble can have reached the lot; absent: always.
    arrival: Option<Moment>,
    /// When the trouble can have been in a lot that was cleaned, in order of time; empty: from `arrival` on.
    stays: Vec<Stay>,
    /// The id of the held lot from which it came.
    from: ID,
    /// How it came, the last steps first to last; empty for a lot that the hold names.
    path: Vec<HoldStep>,
    /// Whether steps are missing between `from` and the first one.
    path_cut: bool,
}

impl From<&domain::HoldMark> for LotHold {
    fn from(mark: &domain::HoldMark) -> Self {
        let step = |step: &domain::HoldStep| HoldStep {
            operation: ID::from(step.operation.as_str()),
            lot: ID::from(step.lot.as_str()),
        };
        Self {
            hold: ID::from(mark.hold.as_str()),
            kind: mark.kind.into(),
            policy: mark.policy.into(),
            reason: mark.reason.as_str().to_owned(),
            arrival: mark.arrival.map(Moment),
            stays: mark.stays.iter().map(Into::into).collect(),
            from: ID::from(mark.from.as_str()),
            path: mark.path.iter().map(step).collect(),
            path_cut: mark.path_cut,
        }
    }
}

/// Leave for one operation to draw from a lot.
#[derive(SimpleObject)]
pub struct LotOverride {
    /// The id of the event that may draw.
    operation: ID,
    /// The id of the override.
    by: ID,
    /// Its reason.
    reason: String,
}

impl From<&domain::Permit> for LotOverride {
    fn from(permit: &domain::Permit) -> Self {
        Self {
            operation: ID::from(permit.operation.as_str()),
            by: ID::from(permit.by.as_str()),
            reason: permit.reason.as_str().to_owned(),
        }
    }
}
