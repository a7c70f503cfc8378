//! Holds: what quarantines lots and frees them again, and the marks that lots carry meanwhile.

use serde::{Deserialize, Serialize};

use super::identifier::{EventId, LotId, Text};
use super::names::names;
use super::namesake::Resolved;
use super::operation::OperationKind;
use super::time::Timestamp;

/// The most steps of a path that a mark keeps: those nearest its lot.
pub const PATH_STEPS_MAX: usize = 16;

names! {
    /// Whether lots that a hold reaches may flow on.
    pub enum HoldPolicy {
        /// Drawing from them is refused.
        Block "BLOCK",
        /// They may be drawn; what is made of them is marked too.
        Warn "WARN",
    }
}

names! {
    /// What is to become of released lots.
    pub enum Disposition {
        /// They are good.
        Released "RELEASED",
        /// They may only be worked over.
        Rework "REWORK",
        /// They may only be thrown away.
        Scrap "SCRAP",
        /// They may only be shipped, back to whom they came from.
        Return "RETURN",
    }
}

impl Disposition {
    /// Whether an operation of this kind may draw from a lot with this disposition. Throwing away is always allowed.
    #[must_use]
    pub const fn allows(self, kind: OperationKind) -> bool {
        match self {
            Self::Released => true,
            Self::Rework => matches!(kind, OperationKind::Rework | OperationKind::Scrap),
            Self::Scrap => matches!(kind, OperationKind::Scrap),
            Self::Return => matches!(kind, OperationKind::Ship | OperationKind::Scrap),
        }
    }
}

names! {
    /// What becomes of a draw that is recorded after a hold and happened before it. It is a fact whatever the hold says:
    /// the goods have gone.
    pub enum LateCapture {
        /// It is recorded, and an alert says so.
        Record "RECORD",
        /// It is refused, like a draw after the hold.
        Refuse "REFUSE",
    }
}

/// What an event that says nothing of it means.
impl Default for LateCapture {
    fn default() -> Self {
        Self::Record
    }
}

/// What an event that says nothing of it means.
impl Default for HoldPolicy {
    fn default() -> Self {
        Self::Block
    }
}

/// Puts lots into quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When it was decided.
    pub at: Timestamp,
    /// The lots, each once, ordered.
    pub lots: Vec<LotId>,
    /// Why.
    pub reason: Text,
    /// What sort of trouble it is.
    pub category: Option<Text>,
    /// Whether everything made of the lots is suspect too.
    pub propagate: bool,
    /// Whether suspect lots may flow on.
    pub policy: HoldPolicy,
    /// What becomes of draws that happened before it and are recorded after it.
    pub late_capture: LateCapture,
    /// The recall that it belongs to.
    pub recall: Option<EventId>,
    /// Whether a number among the lots is to be taken for the one lot that bears it.
    pub resolve: bool,
    /// The numbers that were taken for lots when it was recorded, each once, ordered.
    pub resolved: Vec<Resolved>,
}

/// Ends a hold, or an inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// When it was decided.
    pub at: Timestamp,
    /// The hold; absent: the lots are released from inspection and from an earlier disposition.
    pub hold: Option<EventId>,
    /// Only these lots of the hold, each once, ordered; empty: all of them.
    pub lots: Vec<LotId>,
    /// Why.
    pub reason: Text,
    /// What is to become of the lots.
    pub disposition: Disposition,
}

/// Lets one operation draw from lots that must stay where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// When it was decided.
    pub at: Timestamp,
    /// The event that may draw; still to come.
    pub operation: EventId,
    /// The lots it may draw from, each once, ordered.
    pub lots: Vec<LotId>,
    /// Why.
    pub reason: Text,
}

/// How a hold concerns a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MarkKind {
    /// The hold names it.
    Held,
    /// A walk of the trace leads to it from a lot that the hold names.
    Suspect,
}

/// One step of a path: an operation and the lot that came out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldStep {
    /// The operation.
    pub operation: EventId,
    /// The lot.
    pub lot: LotId,
}

/// The time from an arrival to the next clean, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// The earliest moment of the arrival.
    pub from: Timestamp,
    /// When the clean was over; absent: there was none.
    pub until: Option<Timestamp>,
}

/// What a lot carries while a hold concerns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldMark {
    /// The hold.
    pub hold: EventId,
    /// How it concerns the lot.
    pub kind: MarkKind,
    /// The hold's policy for suspect lots.
    pub policy: HoldPolicy,
    /// When the hold was decided.
    pub since: Timestamp,
    /// What becomes of draws that happened before that and are recorded after it.
    pub late_capture: LateCapture,
    /// The hold's reason.
    pub reason: Text,
    /// The recall that the hold belongs to.
    pub recall: Option<EventId>,
    /// The earliest moment the trouble can have reached the lot; absent: always.
    pub arrival: Option<Timestamp>,
    /// When trouble can have been in a lot that was cleaned, in order of time; empty: from the arrival on.
    pub stays: Vec<Stay>,
    /// The held lot from which it came; the lot itself when that is held.
    pub from: LotId,
    /// How it came: the last [`PATH_STEPS_MAX`] steps.
    pub path: Vec<HoldStep>,
    /// Whether steps are missing between `from` and the first one.
    pub path_cut: bool,
}

impl HoldMark {
    /// Whether a draw with this last moment was over before the hold, and may be recorded all the same.
    #[must_use]
    pub fn takes_late(&self, latest: Timestamp) -> bool {
        self.late_capture == LateCapture::Record && latest < self.since
    }

    /// Whether trouble can have been in the lot at some moment between these.
    #[must_use]
    pub fn meets(&self, earliest: Timestamp, latest: Timestamp) -> bool {
        if self.stays.is_empty() {
            return self.arrival.is_none_or(|arrival| arrival <= latest);
        }
        let meets = |stay: &Stay| stay.from <= latest && stay.until.is_none_or(|until| earliest <= until);
        self.stays.iter().any(meets)
    }

    /// The path for people: `A > O1 > B`.
    #[must_use]
    pub fn path_text(&self) -> String {
        let mut text = self.from.as_str().to_owned();
        if self.path_cut {
            text.push_str(" > …");
        }
        for step in &self.path {
            text.push_str(&format!(" > {} > {}", step.operation, step.lot));
        }
        text
    }
}

/// Leave for one operation to draw from a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// The event that may draw.
    pub operation: EventId,
    /// The override that says so.
    pub by: EventId,
    /// Its reason.
    pub reason: Text,
}

names! {
    /// Whether a lot may flow on, as its events make it.
    pub enum LotStatus {
        /// A hold names it.
        Quarantined "QUARANTINED",
        /// It came from a lot that a hold names.
        Suspect "SUSPECT",
        /// It was released for rework, scrapping or return only.
        Rejected "REJECTED",
        /// Its material must be released before use, and it was not yet.
        PendingInspection "PENDING_INSPECTION",
        /// Nothing speaks against its use.
        Available "AVAILABLE",
    }
}

/// Everything that speaks for or against the use of a lot; empty for nearly every lot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Quarantine {
    /// The holds that concern it, by id.
    pub marks: Vec<HoldMark>,
    /// What it may only be used for, after a release that did not find it good.
    pub disposition: Option<Disposition>,
    /// Whether it waits for its release from inspection.
    pub inspection_due: bool,
    /// Operations that may draw from it all the same, in the order of the overrides.
    pub permits: Vec<Permit>,
}

impl Quarantine {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.marks.is_empty() && self.disposition.is_none() && !self.inspection_due && self.permits.is_empty()
    }

    /// The gravest thing that speaks against the lot's use.
    #[must_use]
    pub fn status(&self) -> LotStatus {
        if self.marks.iter().any(|mark| mark.kind == MarkKind::Held) {
            LotStatus::Quarantined
        } else if !self.marks.is_empty() {
            LotStatus::Suspect
        } else if self.disposition.is_some() {
            LotStatus::Rejected
        } else if self.inspection_due {
            LotStatus::PendingInspection
        } else {
            LotStatus::Available
        }
    }

    /// The mark of a hold.
    #[must_use]
    pub fn mark_of(&self, hold: &EventId) -> Option<&HoldMark> {
        self.marks.iter().find(|mark| mark.hold == *hold)
    }

    /// Puts a mark, in the place of one of the same hold.
    pub fn put_mark(&mut self, mark: HoldMark) {
        self.remove_mark(&mark.hold);
        let place = self.marks.partition_point(|known| known.hold < mark.hold);
        self.marks.insert(place, mark);
    }

    /// Takes the mark of a hold away.
    pub fn remove_mark(&mut self, hold: &EventId) {
        self.marks.retain(|mark| mark.hold != *hold);
    }

    /// Whether an override lets this operation draw from the lot.
    #[must_use]
    pub fn permits(&self, operation: &EventId) -> bool {
        self.permits.iter().any(|permit| permit.operation == *operation)
    }

    /// Keeps what a release said is to become of the lot.
    pub fn dispose(&mut self, disposition: Disposition) {
        self.disposition = Some(disposition).filter(|disposition| *disposition != Disposition::Released);
    }
}
