//! What the ledger and the graph held before a batch, as far as the batch touches it.

use foldhash::HashMap;

use uuid::Uuid;

use crate::domain::{Event, EventId, Lot, LotId, Material, MaterialCode, Record, RecordRef, Timestamp};
use crate::genealogy::Subgraph;

/// An event found in the ledger.
#[derive(Debug, Clone)]
pub struct RecordedEvent {
    /// The event.
    pub event: Event,
    /// Its canonical body ([`crate::format::canonical::body`]).
    pub body: String,
    /// The commit that wrote it.
    pub commit: Uuid,
    /// The void event that withdrew it, if any.
    pub voided_by: Option<EventId>,
}

/// What was there before a batch: for each key that the planner's needs name, the item if it exists.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Events of [`super::events_needed`] and [`super::holds_needed`].
    pub events: HashMap<EventId, RecordedEvent>,
    /// Lots of [`super::lots_needed`] and [`super::hold_lots_needed`].
    pub lots: HashMap<LotId, Lot>,
    /// Materials of [`super::materials_needed`].
    pub materials: HashMap<MaterialCode, Material>,
    /// Records of [`super::records_needed`].
    pub records: HashMap<RecordRef, Record>,
    /// First links of [`super::first_links_needed`].
    pub first_links: HashMap<LotId, FirstLinks>,
    /// Where holds lead, when [`super::paths_needed`] asks for it.
    pub paths: Option<HoldPaths>,
}

/// The first production and the first draw of a lot, the operations aside that a batch would void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FirstLinks {
    /// The earliest moment of a production.
    pub production: Option<Timestamp>,
    /// The least of the last moments of the draws.
    pub draw: Option<Timestamp>,
}

/// What is needed to follow holds through the genealogy as it was before a batch.
#[derive(Debug, Clone)]
pub struct HoldPaths {
    /// The closure of [`super::HoldNeeds::forward`].
    pub forward: Subgraph,
    /// The closure of [`super::HoldNeeds::producers`].
    pub producers: Subgraph,
}
