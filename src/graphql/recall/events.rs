//! The events of a recall's course, as typed input.

use async_graphql::{Enum, ID, InputObject};
use serde::Serialize;

use super::input::{RecallScopeInput, ScopeLotInput};
use crate::graphql::enums::Disposition;
use crate::graphql::event::by_name;
use crate::graphql::scalars::{Exact, Moment};

/// How dangerous the recalled goods are (21 CFR 7.3(m)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::recall::RecallClass")]
pub enum RecallClass {
    /// They may well do serious harm, or kill.
    #[graphql(name = "I")]
    One,
    /// They may do harm that passes, or serious harm that is unlikely.
    #[graphql(name = "II")]
    Two,
    /// They are not likely to do harm.
    #[graphql(name = "III")]
    Three,
}

/// A recall as the ledger keeps it, with the lots that its scope came to. To open one, use `openRecall`, which finds them
/// and holds them.
#[derive(InputObject, Serialize)]
pub struct RecallInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was decided.
    at: Moment,
    /// Why.
    reason: String,
    /// What sort of trouble it is.
    category: Option<String>,
    /// How dangerous the goods are.
    #[serde(serialize_with = "by_name")]
    class: Option<RecallClass>,
    /// Whether it is an exercise: nothing is held; absent: false.
    mock: Option<bool>,
    /// What it looks for.
    scope: RecallScopeInput,
    /// The lots that this came to.
    lots: Vec<ScopeLotInput>,
}

/// A customer is told of a recall, or confirms to have been told.
#[derive(InputObject, Serialize)]
pub struct NotifyInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When that was.
    at: Moment,
    /// The id of the recall.
    recall: ID,
    /// The code of the customer.
    customer: ID,
    /// How: telephone, letter, mail …
    channel: Option<String>,
    /// Whether the customer confirmed it; absent: false, they were told.
    acknowledged: Option<bool>,
    /// What is to be said about it.
    note: Option<String>,
}

impl NotifyInput {
    /// The ids of recall and customer.
    pub(super) fn names(&self) -> (&str, &str) {
        (&self.recall, &self.customer)
    }
}

/// Recalled goods came back, or were made harmless where they were.
#[derive(InputObject, Serialize)]
pub struct RecoverInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When that was.
    at: Moment,
    /// The id of the recall.
    recall: ID,
    /// The code of the customer who had them.
    customer: Option<ID>,
    /// What was recovered.
    items: Vec<RecoveredItemInput>,
    /// What is to become of it.
    #[serde(serialize_with = "by_name")]
    disposition: Option<Disposition>,
    /// What is to be said about it.
    note: Option<String>,
}

/// Some of a lot that was recovered.
#[derive(InputObject, Serialize)]
pub struct RecoveredItemInput {
    /// The id of the lot.
    lot: ID,
    /// How much.
    quantity: Exact,
    /// In what unit.
    unit: String,
}

/// A recall is ended.
#[derive(InputObject, Serialize)]
pub struct CloseRecallInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was decided.
    at: Moment,
    /// The id of the recall.
    recall: ID,
    /// What it came to, or where that is written.
    report: String,
}
