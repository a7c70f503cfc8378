//! Alerts: what somebody should know, raised by the very commit that causes it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::code::ErrorCode;
use super::identifier::{AlertId, EventId, LotId, Text};
use super::names::{Named, names};
use super::time::Timestamp;

/// The namespace of ids of alerts (UUID version 5, RFC 9562 section 5.5).
const ALERT_NAMESPACE: Uuid = Uuid::from_u128(0x1f0e_83c5_6a2d_4b7e_9d14_52c8_a7e0_3b91);

names! {
    /// What an alert tells of.
    pub enum AlertKind {
        /// Lots were put into quarantine.
        HoldPlaced "HOLD_PLACED",
        /// Lots were freed from a hold.
        HoldReleased "HOLD_RELEASED",
        /// An override was recorded, or an operation drew from a lot thanks to one.
        HoldOverridden "HOLD_OVERRIDDEN",
        /// An operation was refused, because it would have drawn from a lot that must stay where it is.
        FlowRefused "FLOW_REFUSED",
        /// A draw was recorded that happened before a hold on its lot.
        LateCapture "LATE_CAPTURE",
        /// A draw was recorded that happened before the hold of a recall on its lot.
        RecallLateCapture "RECALL_LATE_CAPTURE",
        /// An event was recorded whose time lay more than a day ahead.
        TimeInFuture "TIME_IN_FUTURE",
        /// An event touched a lot that a recall's hold marks.
        RecallTouched "RECALL_TOUCHED",
        /// A lot was drawn from before any of it is on record as received or produced.
        TimeConflict "TIME_CONFLICT",
        /// More had been drawn from a lot, at some moment, than can have come in by then.
        Overdrawn "OVERDRAWN",
        /// A single unit was made twice, used twice, in two places at once, or not one.
        UnitConflict "UNIT_CONFLICT",
        /// More was drawn from a lot than ever came in.
        QuantityGap "QUANTITY_GAP",
        /// An operation that only divides, puts together or packs anew gave more than it took.
        QuantityGain "QUANTITY_GAIN",
        /// The yield of an operation lies outside the range declared for it.
        YieldOutOfRange "YIELD_OUT_OF_RANGE",
        /// A lot was drawn from, and its own receipt or production is not on record.
        UnknownOrigin "UNKNOWN_ORIGIN",
    }
}

impl AlertKind {
    /// How grave it is: that of the kind, so that nobody has to judge it and a filter by it needs no index of its own.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::RecallTouched | Self::RecallLateCapture => Severity::Critical,
            Self::HoldPlaced
            | Self::HoldOverridden
            | Self::FlowRefused
            | Self::LateCapture
            | Self::TimeInFuture
            | Self::TimeConflict
            | Self::Overdrawn
            | Self::UnitConflict
            | Self::QuantityGap
            | Self::QuantityGain
            | Self::YieldOutOfRange
            | Self::UnknownOrigin => Severity::Warning,
            Self::HoldReleased => Severity::Info,
        }
    }
}

names! {
    /// How grave an alert is.
    pub enum Severity {
        /// Good to know.
        Info "INFO",
        /// Somebody should look into it.
        Warning "WARNING",
        /// Somebody must act now.
        Critical "CRITICAL",
    }
}

names! {
    /// How far an alert is worked off.
    pub enum AlertState {
        /// Nobody took note of it yet.
        Open "OPEN",
        /// Somebody did.
        Acknowledged "ACKNOWLEDGED",
        /// What it tells of is over by itself; it may have been acknowledged before.
        Resolved "RESOLVED",
    }
}

/// Takes note of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledge {
    /// When it was done.
    pub at: Timestamp,
    /// The alert.
    pub alert: AlertId,
    /// What is to be said about it.
    pub note: Option<Text>,
}

/// Why a lot must stay where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Obstacle {
    /// A hold names it, or reaches it and blocks.
    OnHold,
    /// It waits for its release from inspection.
    PendingInspection,
    /// It was released for another kind of operation.
    Rejected,
}

impl Named for Obstacle {
    const ALL: &'static [Self] = Self::ALL;

    fn name(self) -> &'static str {
        self.name()
    }
}

impl Obstacle {
    /// Every obstacle.
    pub const ALL: &'static [Self] = &[Self::OnHold, Self::PendingInspection, Self::Rejected];

    /// The public code of the refusal.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::OnHold => ErrorCode::LotOnHold,
            Self::PendingInspection => ErrorCode::LotPendingInspection,
            Self::Rejected => ErrorCode::LotRejected,
        }
    }

    /// That code, as events write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.code().name()
    }
}

/// A flow that was refused: recorded by lotgraph itself, after the refusal, so that it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// When the refused operation says it ended.
    pub at: Timestamp,
    /// The event that was refused.
    pub event: EventId,
    /// Why.
    pub code: Obstacle,
    /// The lots that it would have drawn from, each once, ordered.
    pub lots: Vec<LotId>,
    /// The hold that forbids it.
    pub hold: Option<EventId>,
    /// The refusal, for people.
    pub message: Text,
}

/// Who took note of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The event that says so.
    pub event: EventId,
    /// Who sent it.
    pub actor: Text,
    /// When it was done, as the event says.
    pub at: Timestamp,
    /// What is to be said about it.
    pub note: Option<Text>,
}

/// What ended the cause of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The event that ended it.
    pub event: EventId,
    /// When that was recorded.
    pub at: Timestamp,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id, derived from what it tells of ([`AlertId::derived`]).
    pub id: AlertId,
    /// What it tells of.
    pub kind: AlertKind,
    /// The event that raised it.
    pub cause: EventId,
    /// The lot it is about, if it is about one.
    pub lot: Option<LotId>,
    /// The operation it is about.
    pub operation: Option<EventId>,
    /// The hold it is about.
    pub hold: Option<EventId>,
    /// The recall it is about.
    pub recall: Option<EventId>,
    /// What happened, for people.
    pub message: String,
    /// When it was raised: when the event that raised it was recorded.
    pub raised_at: Timestamp,
    /// Who recorded that event.
    pub actor: Text,
    /// Who took note of it.
    pub acknowledged: Option<Acknowledgement>,
    /// What ended its cause.
    pub resolved: Option<Resolution>,
}

impl Alert {
    /// How far it is worked off.
    #[must_use]
    pub const fn state(&self) -> AlertState {
        match (&self.resolved, &self.acknowledged) {
            (Some(_), _) => AlertState::Resolved,
            (None, Some(_)) => AlertState::Acknowledged,
            (None, None) => AlertState::Open,
        }
    }
}

impl AlertId {
    /// The id of an alert of a kind about a subject, raised by an event: the same in every replay of the ledger.
    #[must_use]
    pub fn derived(kind: AlertKind, subject: &str, cause: &EventId) -> Self {
        // Identifiers have no control characters, so the parts cannot run into each other.
        let name = format!("{}\n{subject}\n{cause}", kind.name());
        let id = Uuid::new_v5(&ALERT_NAMESPACE, name.as_bytes()).hyphenated().to_string();
        Self::parse(&id).unwrap_or_else(|_| unreachable!("a UUID is a valid identifier"))
    }
}
