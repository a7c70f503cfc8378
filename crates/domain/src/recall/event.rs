//! The events of a recall: it is opened, customers are notified, goods are recovered, it is closed.

use serde::{Deserialize, Serialize};

use super::scope::{RecallScope, ScopeLot};
use crate::names::names;
use crate::{Disposition, EventId, LotId, PartyCode, Quantity, Text, Timestamp};

names! {
    /// How dangerous the recalled goods are (21 CFR 7.3(m)).
    pub enum RecallClass {
        /// They may well do serious harm, or kill.
        One "I",
        /// They may do harm that passes, or serious harm that is unlikely.
        Two "II",
        /// They are not likely to do harm.
        Three "III",
    }
}

/// Opens a recall: from here on its scope is frozen, as the lots that it starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// When it was decided.
    pub at: Timestamp,
    /// Why.
    pub reason: Text,
    /// What sort of trouble it is.
    pub category: Option<Text>,
    /// How dangerous the goods are.
    pub class: Option<RecallClass>,
    /// Whether it is an exercise: nothing is held.
    pub mock: bool,
    /// What it looks for.
    pub scope: RecallScope,
    /// The lots that this came to when it was opened, each once, by id; at least one.
    pub lots: Vec<ScopeLot>,
}

/// A customer is told of a recall, or confirms to have been told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// When that was.
    pub at: Timestamp,
    /// The recall.
    pub recall: EventId,
    /// The customer.
    pub customer: PartyCode,
    /// How: telephone, letter, mail …
    pub channel: Option<Text>,
    /// Whether the customer confirmed it.
    pub acknowledged: bool,
    /// What is to be said about it.
    pub note: Option<Text>,
    /// Whether it is meant although the customer received nothing that the recall is about.
    pub unexpected: bool,
}

/// Some of a lot came back, or was made harmless where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveredItem {
    /// The lot.
    pub lot: LotId,
    /// How much.
    pub quantity: Quantity,
}

/// Recalled goods were recovered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recover {
    /// When that was.
    pub at: Timestamp,
    /// The recall.
    pub recall: EventId,
    /// From which customer.
    pub customer: Option<PartyCode>,
    /// What was recovered, at least one item.
    pub items: Vec<RecoveredItem>,
    /// What is to become of it.
    pub disposition: Option<Disposition>,
    /// What is to be said about it.
    pub note: Option<Text>,
    /// Whether it is meant although the customer received nothing that the recall is about.
    pub unexpected: bool,
}

/// Ends a recall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseRecall {
    /// When it was decided.
    pub at: Timestamp,
    /// The recall.
    pub recall: EventId,
    /// What it came to, or where that is written.
    pub report: Text,
    /// Whether it ends although customers were not told, goods are out or lots are held.
    pub accept_open: bool,
    /// Why it ends all the same; there exactly when `accept_open` is set.
    pub reason: Option<Text>,
}

/// Takes further lots into a recall that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddToRecall {
    /// When it was decided.
    pub at: Timestamp,
    /// The recall.
    pub recall: EventId,
    /// The lots, each once, by id; at least one.
    pub lots: Vec<ScopeLot>,
    /// Why.
    pub reason: Text,
}

/// Takes up a recall again that was ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReopenRecall {
    /// When it was decided.
    pub at: Timestamp,
    /// The recall.
    pub recall: EventId,
    /// Why.
    pub reason: Text,
}
