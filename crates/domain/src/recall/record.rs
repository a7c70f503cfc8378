//! What is kept of each recall: whether it is open, who was told, and what came back.
//!
//! A customer's notice and each recovery are records of their own, so that a recall with thousands of customers is never
//! written anew for one of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{Notify, Recall, Recover};
use super::scope::{RecallScope, ScopeLot};
use crate::names::names;
use crate::{EventId, LotId, PartyCode, Text, Timestamp};

/// The namespace of ids of notices (UUID version 5, RFC 9562 section 5.5).
const NOTICE_NAMESPACE: Uuid = Uuid::from_u128(0x6b2c_9d41_7e0f_4f6a_8c3d_15aa_b7e2_90d4);

/// The name of a notice: of one recall to one customer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(String);

impl NoticeId {
    /// The name of the notice of a recall to a customer.
    #[must_use]
    pub fn derived(recall: &EventId, customer: &PartyCode) -> Self {
        // Identifiers have no control characters, so the line break keeps the two apart.
        let content = format!("{recall}\n{customer}");
        Self(Uuid::new_v5(&NOTICE_NAMESPACE, content.as_bytes()).hyphenated().to_string())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

names! {
    /// How far a recall is.
    pub enum RecallState {
        /// Under way.
        Open "OPEN",
        /// Ended.
        Closed "CLOSED",
    }
}

/// How a recall ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The event that says so.
    pub event: EventId,
    /// When it was decided.
    pub at: Timestamp,
    /// Who sent it.
    pub actor: Text,
    /// What it came to.
    pub report: Text,
    /// Why it ended although something was open; absent when nothing had to be accepted.
    #[serde(default)]
    pub accepted: Option<Text>,
}

/// How a recall was taken up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopening {
    /// The event that says so.
    pub event: EventId,
    /// When it was decided.
    pub at: Timestamp,
    /// Who sent it.
    pub actor: Text,
    /// Why.
    pub reason: Text,
    /// The end that did not last.
    pub closing: Closing,
}

/// Lots that were taken into a recall while it was under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addition {
    /// The event that says so.
    pub event: EventId,
    /// When it was decided.
    pub at: Timestamp,
    /// Who sent it.
    pub actor: Text,
    /// Why.
    pub reason: Text,
    /// The lots.
    pub lots: Vec<ScopeLot>,
}

/// A hold that belongs to a recall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallHold {
    /// The hold.
    pub hold: EventId,
    /// Whether all its lots are free again.
    pub released: bool,
}

/// A recall with what was done about it as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallRecord {
    /// The event that opened it.
    pub id: EventId,
    /// What that event says.
    pub recall: Recall,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who sent it.
    pub actor: Text,
    /// Its holds, in the order in which they were placed.
    pub holds: Vec<RecallHold>,
    /// How it ended.
    pub closed: Option<Closing>,
    /// How often it was taken up again, in that order. Records of before there was such a thing lack it.
    #[serde(default)]
    pub reopened: Vec<Reopening>,
    /// What was taken into it since it was opened, in that order.
    #[serde(default)]
    pub added: Vec<Addition>,
}

impl RecallRecord {
    /// How far it is.
    #[must_use]
    pub fn state(&self) -> RecallState {
        if self.closed.is_some() { RecallState::Closed } else { RecallState::Open }
    }

    /// What it is about by now: the scope that it was opened with, and every lot that was taken into it since. Of a lot named
    /// twice the earlier moment counts.
    #[must_use]
    pub fn scope(&self) -> RecallScope {
        let mut lots: BTreeMap<LotId, Option<Timestamp>> = BTreeMap::new();
        let named = self.recall.scope.lots.iter().chain(self.added.iter().flat_map(|added| &added.lots));
        for ScopeLot { lot, since } in named {
            let known = lots.entry(lot.clone()).or_insert(*since);
            // An absent moment means always, which comes before every other.
            *known = (*since).min(*known);
        }
        let lots = lots.into_iter().map(|(lot, since)| ScopeLot { lot, since }).collect();
        RecallScope { lots, ..self.recall.scope.clone() }
    }

    /// How long it took from the decision to its end, in whole seconds; `None` while it is open. By the moments of its
    /// events, so the same in every copy of the ledger.
    #[must_use]
    pub fn elapsed_seconds(&self) -> Option<i64> {
        let closed = self.closed.as_ref()?;
        Some((closed.at.micros() - self.recall.at.micros()) / 1_000_000)
    }
}

/// What a customer was told of a recall: the last word counts, the ledger keeps each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The recall.
    pub recall: EventId,
    /// The customer.
    pub customer: PartyCode,
    /// How often the customer was told.
    pub sent: u32,
    /// When the customer was told first.
    pub first_sent_at: Option<Timestamp>,
    /// When the customer was told last.
    pub last_sent_at: Option<Timestamp>,
    /// When the customer confirmed it first.
    pub acknowledged_at: Option<Timestamp>,
    /// How the last word went.
    pub channel: Option<Text>,
    /// What is to be said about the last word.
    pub note: Option<Text>,
    /// The event of the last word.
    pub event: EventId,
    /// Who sent it.
    pub actor: Text,
}

impl Notice {
    /// A notice of which nothing was said yet.
    #[must_use]
    pub fn none_yet(notify: &Notify, event: EventId, actor: Text) -> Self {
        Self {
            recall: notify.recall.clone(),
            customer: notify.customer.clone(),
            sent: 0,
            first_sent_at: None,
            last_sent_at: None,
            acknowledged_at: None,
            channel: None,
            note: None,
            event,
            actor,
        }
    }

    /// Takes a further word: the customer was told once more, or confirmed it.
    pub fn take(&mut self, notify: &Notify, event: EventId, actor: Text) {
        let at = Some(notify.at);
        if notify.acknowledged {
            // Whoever confirms twice was reached the first time.
            self.acknowledged_at = self.acknowledged_at.map_or(at, |known| Some(known.min(notify.at)));
        } else {
            self.sent = self.sent.saturating_add(1);
            self.first_sent_at = self.first_sent_at.map_or(at, |known| Some(known.min(notify.at)));
            self.last_sent_at = self.last_sent_at.max(at);
        }
        self.channel.clone_from(&notify.channel);
        self.note.clone_from(&notify.note);
        (self.event, self.actor) = (event, actor);
    }
}

/// Recovered goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The event that says so.
    pub id: EventId,
    /// What it says.
    pub recover: Recover,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who sent it.
    pub actor: Text,
}
