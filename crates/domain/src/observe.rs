//! Observations: lots are seen somewhere, and nothing flows.

use serde::{Deserialize, Serialize};

use super::identifier::{EquipmentCode, EventId, LotId, OperatorCode, PartyCode, Text};
use super::time::Timestamp;

/// Where lots are seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Location {
    /// At a piece of equipment, or in an area.
    Equipment(EquipmentCode),
    /// At the site of a supplier or customer.
    Party(PartyCode),
}

/// Lots were seen at a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observe {
    /// When they were seen.
    pub at: Timestamp,
    /// The lots, each once, ordered.
    pub lots: Vec<LotId>,
    /// Where they were seen.
    pub location: Location,
    /// By whom.
    pub operator: Option<OperatorCode>,
    /// By what: the scanner or tag.
    pub source: Option<Text>,
    /// What is to be said about it.
    pub note: Option<Text>,
}

/// The most sightings of a lot that its record keeps: the latest by time. The ledger keeps all of them.
pub const SIGHTINGS_KEPT: usize = 100;

/// One lot was seen, by one observation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The event that says so.
    pub event: EventId,
    /// What it says, the other lots left out.
    pub observe: Observe,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who sent it.
    pub actor: Text,
}

/// Where a lot was seen, as far as its record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sightings {
    /// The lot.
    pub lot: LotId,
    /// How often it was seen in all.
    pub count: u64,
    /// The latest sightings by time, the last one first; at most [`SIGHTINGS_KEPT`].
    pub latest: Vec<Sighting>,
}

impl Sightings {
    /// A lot that nobody saw yet.
    #[must_use]
    pub fn none_yet(lot: LotId) -> Self {
        Self { lot, count: 0, latest: Vec::new() }
    }

    /// Takes what is kept of the same lot under another name.
    pub fn join(&mut self, other: Self) {
        let count = self.count + other.count;
        other.latest.into_iter().rev().for_each(|sighting| self.take(sighting));
        self.count = count;
    }

    /// Takes a further sighting, wherever in time it belongs: of two at one moment the one recorded last comes first.
    pub fn take(&mut self, sighting: Sighting) {
        self.count += 1;
        let place = self.latest.partition_point(|known| known.observe.at > sighting.observe.at);
        self.latest.insert(place, sighting);
        self.latest.truncate(SIGHTINGS_KEPT);
    }
}
