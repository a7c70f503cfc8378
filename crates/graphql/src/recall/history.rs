//! How a recall ended, was taken up again, and grew.

use async_graphql::ID;

use crate::scalars::Moment;
use lotgraph_domain::recall::{Addition, Closing, Reopening};
use lotgraph_graphql_macros::SimpleObject;

/// How a recall ended.
#[derive(SimpleObject)]
pub struct RecallClosing {
    /// The id of the event that says so.
    event: ID,
    /// When it was decided.
    at: Moment,
    /// Who recorded it.
    actor: String,
    /// What it came to.
    report: String,
    /// Why it ended although something was open; absent when nothing had to be accepted.
    accepted: Option<String>,
}

impl From<&Closing> for RecallClosing {
    fn from(closing: &Closing) -> Self {
        Self {
            event: ID::from(closing.event.as_str()),
            at: Moment(closing.at),
            actor: closing.actor.to_string(),
            report: closing.report.to_string(),
            accepted: closing.accepted.as_ref().map(ToString::to_string),
        }
    }
}

/// How a recall was taken up again.
#[derive(SimpleObject)]
pub struct RecallReopening {
    /// The id of the event that says so.
    event: ID,
    /// When it was decided.
    at: Moment,
    /// Who recorded it.
    actor: String,
    /// Why.
    reason: String,
    /// The end that did not last.
    closing: RecallClosing,
}

impl From<&Reopening> for RecallReopening {
    fn from(reopening: &Reopening) -> Self {
        Self {
            event: ID::from(reopening.event.as_str()),
            at: Moment(reopening.at),
            actor: reopening.actor.to_string(),
            reason: reopening.reason.to_string(),
            closing: (&reopening.closing).into(),
        }
    }
}

/// Lots that were taken into a recall while it was under way.
#[derive(SimpleObject)]
pub struct RecallAddition {
    /// The id of the event that says so.
    event: ID,
    /// When it was decided.
    at: Moment,
    /// Who recorded it.
    actor: String,
    /// Why.
    reason: String,
    /// The ids of the lots.
    lots: Vec<ID>,
}

impl From<&Addition> for RecallAddition {
    fn from(addition: &Addition) -> Self {
        Self {
            event: ID::from(addition.event.as_str()),
            at: Moment(addition.at),
            actor: addition.actor.to_string(),
            reason: addition.reason.to_string(),
            lots: addition.lots.iter().map(|lot| ID::from(lot.lot.as_str())).collect(),
        }
    }
}
