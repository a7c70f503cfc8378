//! Records: what people work off, raised by events and kept up with them. A further kind is a variant, not a table.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::alert::{Alert, AlertState};
use super::hold_record::{HoldRecord, HoldState};
use super::identifier::{AlertId, EventId, LotId};
use super::names::names;
use super::observe::Sightings;
use super::recall::{Notice, NoticeId, RecallRecord, RecallState, Recovery};
use super::revision::Revision;

names! {
    /// The kinds of records.
    pub enum RecordKind {
        /// Something that somebody should know.
        Alert "alert",
        /// A hold with its releases.
        Hold "hold",
        /// A recall.
        Recall "recall",
        /// What a customer was told of a recall.
        Notice "notice",
        /// Goods recovered for a recall.
        Recovery "recovery",
        /// Where a lot was seen.
        Sightings "sightings",
    }
}

/// The name of one record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RecordRef {
    /// An alert.
    Alert(AlertId),
    /// A hold, by its event.
    Hold(EventId),
    /// A recall, by its event.
    Recall(EventId),
    /// What a customer was told of a recall.
    Notice(NoticeId),
    /// A recovery, by its event.
    Recovery(EventId),
    /// Where a lot was seen, by the lot.
    Sightings(LotId),
}

impl RecordRef {
    /// Of which kind it is.
    #[must_use]
    pub const fn kind(&self) -> RecordKind {
        match self {
            Self::Alert(_) => RecordKind::Alert,
            Self::Hold(_) => RecordKind::Hold,
            Self::Recall(_) => RecordKind::Recall,
            Self::Notice(_) => RecordKind::Notice,
            Self::Recovery(_) => RecordKind::Recovery,
            Self::Sightings(_) => RecordKind::Sightings,
        }
    }

    /// Its id, unique within its kind.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Alert(id) => id.as_str(),
            Self::Hold(id) | Self::Recall(id) | Self::Recovery(id) => id.as_str(),
            Self::Sightings(lot) => lot.as_str(),
            Self::Notice(id) => id.as_str(),
        }
    }
}

names! {
    /// How far a record is worked off; each kind has its own few of these.
    pub enum RecordState {
        /// Nothing was done about it yet.
        Open "OPEN",
        /// Somebody took note of an alert.
        Acknowledged "ACKNOWLEDGED",
        /// What an alert tells of is over by itself.
        Resolved "RESOLVED",
        /// Some lots of a hold are free.
        PartlyReleased "PARTLY_RELEASED",
        /// All lots of a hold are free.
        Released "RELEASED",
        /// A recall is ended, or a recovery taken.
        Closed "CLOSED",
    }
}

impl From<RecallState> for RecordState {
    fn from(state: RecallState) -> Self {
        match state {
            RecallState::Open => Self::Open,
            RecallState::Closed => Self::Closed,
        }
    }
}

impl From<AlertState> for RecordState {
    fn from(state: AlertState) -> Self {
        match state {
            AlertState::Open => Self::Open,
            AlertState::Acknowledged => Self::Acknowledged,
            AlertState::Resolved => Self::Resolved,
        }
    }
}

impl From<HoldState> for RecordState {
    fn from(state: HoldState) -> Self {
        match state {
            HoldState::Open => Self::Open,
            HoldState::PartlyReleased => Self::PartlyReleased,
            HoldState::Released => Self::Released,
        }
    }
}

/// Where in the ledger a record was raised: its place in the total order of all records. Later changes keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct RecordPlace {
    /// The revision that raised it.
    pub revision: Revision,
    /// Its number among the records raised by that revision, from 1; 0 stands before the first.
    pub place: u32,
}

impl RecordPlace {
    /// The place behind everything that a revision raised.
    #[must_use]
    pub const fn end_of(revision: Revision) -> Self {
        Self { revision, place: u32::MAX }
    }

    /// Reads the form that [`fmt::Display`] writes: `revision-place`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (revision, place) = text.split_once('-')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(revision) || !digits(place) {
            return None;
        }
        Some(Self { revision: Revision(revision.parse().ok()?), place: place.parse().ok()? })
    }
}

impl fmt::Display for RecordPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.revision, self.place)
    }
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordBody {
    /// An alert.
    Alert(Alert),
    /// A hold with its releases.
    Hold(HoldRecord),
    /// A recall.
    Recall(RecallRecord),
    /// What a customer was told of a recall.
    Notice(Notice),
    /// Goods recovered for a recall.
    Recovery(Recovery),
    /// Where a lot was seen.
    Sightings(Sightings),
}

impl RecordBody {
    /// Its name.
    #[must_use]
    pub fn reference(&self) -> RecordRef {
        match self {
            Self::Alert(alert) => RecordRef::Alert(alert.id.clone()),
            Self::Hold(hold) => RecordRef::Hold(hold.id.clone()),
            Self::Recall(recall) => RecordRef::Recall(recall.id.clone()),
            Self::Notice(notice) => RecordRef::Notice(NoticeId::derived(&notice.recall, &notice.customer)),
            Self::Recovery(recovery) => RecordRef::Recovery(recovery.id.clone()),
            Self::Sightings(sightings) => RecordRef::Sightings(sightings.lot.clone()),
        }
    }

    /// How far it is worked off.
    #[must_use]
    pub fn state(&self) -> RecordState {
        match self {
            Self::Alert(alert) => alert.state().into(),
            Self::Hold(hold) => hold.state().into(),
            Self::Recall(recall) => recall.state().into(),
            Self::Notice(notice) if notice.acknowledged_at.is_some() => RecordState::Acknowledged,
            Self::Notice(_) => RecordState::Open,
            Self::Recovery(_) | Self::Sightings(_) => RecordState::Closed,
        }
    }

    /// What sort of record it is within its kind: the kind of an alert, the category of a hold or recall, the recall of a
    /// notice or recovery.
    #[must_use]
    pub fn category(&self) -> Option<&str> {
        match self {
            Self::Alert(alert) => Some(alert.kind.name()),
            Self::Hold(hold) => hold.hold.category.as_ref().map(AsRef::as_ref),
            Self::Recall(recall) => recall.recall.category.as_ref().map(AsRef::as_ref),
            Self::Notice(notice) => Some(notice.recall.as_str()),
            Self::Recovery(recovery) => Some(recovery.recover.recall.as_str()),
            Self::Sightings(_) => None,
        }
    }

    /// The one lot it is about, if it is about one.
    #[must_use]
    pub fn lot(&self) -> Option<&LotId> {
        match self {
            Self::Alert(alert) => alert.lot.as_ref(),
            Self::Sightings(sightings) => Some(&sightings.lot),
            Self::Hold(_) | Self::Recall(_) | Self::Notice(_) | Self::Recovery(_) => None,
        }
    }
}

/// A record as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where it was raised.
    pub place: RecordPlace,
    /// What it says by now.
    pub body: RecordBody,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written_and_order_by_revision_first() {
        let place = RecordPlace { revision: Revision(12), place: 3 };
        assert_eq!(RecordPlace::parse(&place.to_string()), Some(place));
        for text in ["", "12", "12-", "-3", "+1-2", "1-2-3", "a-b", "1-99999999999"] {
            assert_eq!(RecordPlace::parse(text), None, "{text}");
        }
        assert!(RecordPlace { revision: Revision(9), place: 7 } < place);
    }
}
