//! Holds as people work them off: what was held, and what became of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::hold::{Disposition, Hold};
use super::identifier::{EventId, LotId, Text};
use super::names::names;
use super::time::Timestamp;

names! {
    /// How far a hold is worked off.
    pub enum HoldState {
        /// All its lots are held.
        Open "OPEN",
        /// Some of its lots are free.
        PartlyReleased "PARTLY_RELEASED",
        /// All its lots are free.
        Released "RELEASED",
    }
}

/// One release of a hold, or of some of its lots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRelease {
    /// The event.
    pub event: EventId,
    /// When it was decided.
    pub at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who sent it.
    pub actor: Text,
    /// The lots it freed, ordered.
    pub lots: Vec<LotId>,
    /// Why.
    pub reason: Text,
    /// What is to become of the lots.
    pub disposition: Disposition,
}

/// A hold with everything that was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRecord {
    /// The event that placed it.
    pub id: EventId,
    /// What that event says.
    pub hold: Hold,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who sent it.
    pub actor: Text,
    /// Its releases, in order.
    pub releases: Vec<HoldRelease>,
}

impl HoldRecord {
    /// The lots still held, ordered.
    #[must_use]
    pub fn held(&self) -> Vec<&LotId> {
        let freed: BTreeSet<&LotId> = self.releases.iter().flat_map(|release| &release.lots).collect();
        self.hold.lots.iter().filter(|lot| !freed.contains(lot)).collect()
    }

    /// How far it is worked off.
    #[must_use]
    pub fn state(&self) -> HoldState {
        match (self.releases.is_empty(), self.held().is_empty()) {
            (true, _) => HoldState::Open,
            (false, false) => HoldState::PartlyReleased,
            (false, true) => HoldState::Released,
        }
    }
}
