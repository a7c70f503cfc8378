//! The rows a store writes for one batch, sorted by key so that concurrent writers lock in one order.

use crate::domain::{
    EventId, EventType, Lot, LotId, Master, MasterRef, OperationKind, PartyCode, Quantity, RecordBody, Role,
    Text, Timestamp, Voided,
};
use crate::store::EventOutcome;

/// What a batch comes to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// False when an atomic batch was refused: then nothing is written.
    pub applied: bool,
    /// One outcome for each event, in order.
    pub outcomes: Vec<EventOutcome>,
    /// The rows to write; empty when nothing changes, and then the revision stays.
    pub writes: Writes,
}

/// An event to append to the ledger; its index inside the revision is its place in [`Writes::events`], from 1.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Its id.
    pub id: EventId,
    /// Its type.
    pub event_type: EventType,
    /// Its canonical body, JSON without the id.
    pub body: String,
}

/// What of a lot a batch changes, besides its flows: what is unchanged, and indexed, need not be written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LotChange {
    /// It did not exist.
    Created,
    /// Its number, supplier's number, material or attributes.
    Described {
        /// Whether its material is another one.
        material: bool,
    },
    /// Nothing.
    Flows,
}

impl LotChange {
    /// What changed from what was there before, if anything was.
    #[must_use]
    pub fn between(before: Option<&Lot>, lot: &Lot) -> Self {
        let Some(before) = before else { return Self::Created };
        let material = before.material != lot.material;
        let same = !material
            && before.number == lot.number
            && before.supplier_lot == lot.supplier_lot
            && before.attributes == lot.attributes;
        if same { Self::Flows } else { Self::Described { material } }
    }
}

/// A lot's new state, whole.
#[derive(Debug, Clone)]
pub struct LotRow {
    /// The lot.
    pub lot: Lot,
    /// What of it is new.
    pub change: LotChange,
    /// Whether its quarantine is new, and its status with it.
    pub quarantine: bool,
    /// Whether what does not add up about it is new.
    pub anomalies: bool,
}

/// An operation's node; everything else about it is in its event.
#[derive(Debug, Clone)]
pub struct OperationRow {
    /// Its id.
    pub id: EventId,
    /// What it does with lots.
    pub kind: OperationKind,
    /// The step's name.
    pub name: Option<Text>,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Supplier of a receipt, customer of a shipment: also an edge RECEIVED_FROM or SHIPPED_TO.
    pub party: Option<PartyCode>,
    /// Equipment, operators and shift: edges PROCESSED_BY. Sorted.
    pub processed_by: Vec<MasterRef>,
}

/// A link between an operation and a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// The operation.
    pub operation: EventId,
    /// How the lot takes part.
    pub role: Role,
    /// Its place among the operation's links of that role.
    pub position: u32,
    /// The lot.
    pub lot: LotId,
    /// How much.
    pub quantity: Option<Quantity>,
    /// The first moment.
    pub earliest: Timestamp,
    /// The last moment.
    pub latest: Timestamp,
}

/// An operation to withdraw: its links leave the graph, its node stays and says so.
#[derive(Debug, Clone)]
pub struct VoidRow {
    /// The operation.
    pub operation: EventId,
    /// By what.
    pub voided: Voided,
}

/// Whether a record is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordChange {
    /// It is raised by this batch.
    Raised {
        /// Its number among the records of the batch, from 1.
        place: u32,
    },
    /// It was raised before; it keeps its place.
    Changed,
}

/// A record's new state, whole.
#[derive(Debug, Clone)]
pub struct RecordRow {
    /// What it says.
    pub body: RecordBody,
    /// Whether it is new.
    pub change: RecordChange,
}

/// Everything one batch writes. Apply in the order of the fields.
#[derive(Debug, Clone, Default)]
pub struct Writes {
    /// Ledger rows, in order.
    pub events: Vec<EventRow>,
    /// Master data as declared, whole (the last declaration of the batch for each); replaces what is there.
    pub masters: Vec<Master>,
    /// Master data that is named: inserted as undeclared when missing, otherwise left alone.
    pub mentions: Vec<MasterRef>,
    /// Lots, each once.
    pub lots: Vec<LotRow>,
    /// Operations, including those that the same batch voids.
    pub operations: Vec<OperationRow>,
    /// Links of operations.
    pub links: Vec<LinkRow>,
    /// Operations withdrawn: after the links were written, theirs are removed again.
    pub voids: Vec<VoidRow>,
    /// Records: those raised, in order, then those changed.
    pub records: Vec<RecordRow>,
}

impl Writes {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}
