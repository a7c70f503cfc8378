//! The events of a recall's course, as typed input.

use async_graphql::{Enum, ID, InputObject};
use serde::Serialize;

use super::input::{RecallScopeInput, ScopeLotInput};
use crate::answer::leaf;
use crate::enums::Disposition;
use crate::enums::by_name;
use crate::scalars::{Exact, Moment};

/// How dangerous the recalled goods are (21 CFR 7.3(m)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::recall::RecallClass")]
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

leaf!(RecallClass);

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
    /// Whether it is meant although the customer received nothing that the recall is about; absent: false.
    unexpected: Option<bool>,
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
    /// Whether it is meant although the customer received nothing that the recall is about; absent: false.
    unexpected: Option<bool>,
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
#[serde(rename_all = "camelCase")]
pub struct CloseRecallInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was decided.
    at: Moment,
    /// The id of the recall.
    recall: ID,
    /// What it came to, or where that is written.
    report: String,
    /// Whether it ends although customers were not told, goods are out or lots are held; absent: false.
    accept_open: Option<bool>,
    /// Why it ends all the same: there exactly with `acceptOpen`.
    reason: Option<String>,
}

/// Further lots are recalled with a recall that is under way.
#[derive(InputObject, Serialize)]
pub struct AddToRecallInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was decided.
    at: Moment,
    /// The id of the recall.
    recall: ID,
    /// The lots that it starts from besides, at least one.
    lots: Vec<ScopeLotInput>,
    /// Why.
    reason: String,
}

/// A recall that was ended goes on.
#[derive(InputObject, Serialize)]
pub struct ReopenRecallInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was decided.
    at: Moment,
    /// The id of the recall.
    recall: ID,
    /// Why.
    reason: String,
}

/// All customers who were not told yet are told.
#[derive(InputObject)]
pub struct NotifyAllInput {
    /// When that was.
    pub(super) at: Moment,
    /// The id of the recall.
    pub(super) recall: ID,
    /// How: telephone, letter, mail …
    pub(super) channel: Option<String>,
    /// What is to be said about it.
    pub(super) note: Option<String>,
}
