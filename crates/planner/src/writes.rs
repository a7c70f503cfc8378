//! The rows that a store writes for one batch. They are sorted by key, so that all writers take locks in the
//! same order and cannot block each other for ever.

use std::collections::BTreeSet;

use uuid::Uuid;

use lotgraph_domain::{
    Changes, EventId, EventOutcome, EventType, Lot, LotId, Master, MasterRef, NamesMeant, OperationKind,
    Pairs, PartyCode, Quantity, Receipt, RecordBody, RecordPlace, RecordRef, Recording, Revision, Role,
    Sense, Text, Timestamp, Voided,
};

/// What becomes of events.
#[derive(Debug, Clone)]
pub struct Plan {
    /// False when an atomic batch was refused. Then nothing is written.
    pub applied: bool,
    /// One outcome for each event that was judged, in order. Revisions that were only projected have none.
    pub outcomes: Vec<EventOutcome>,
    /// The rows to write. They are empty when nothing changes, and then the revision stays the same.
    pub writes: Writes,
    /// What the rows change, by names. Only who judges is told: nobody waits for news of what was recorded long ago.
    pub changes: Changes,
}

impl Plan {
    /// The answer to whoever asked for it, once the rows are written. The ledger stood at `current` before.
    #[must_use]
    pub fn into_receipt(self, current: Revision) -> Receipt {
        let Self { applied, outcomes, writes, changes } = self;
        Receipt { revision: writes.revision().unwrap_or(current), applied, outcomes, changes }
    }
}

/// A revision to append to the ledger.
#[derive(Debug, Clone)]
pub struct RevisionRow {
    /// Its number.
    pub number: Revision,
    /// The commit that writes it.
    pub commit: Uuid,
    /// When, by whom and through what its events are recorded.
    pub recording: Recording,
    /// Its events, in order; at least one.
    pub events: Vec<EventRow>,
}

/// An event to append to the ledger. Its place inside the revision is its place in [`RevisionRow::events`],
/// counted from 1.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Its id.
    pub id: EventId,
    /// Its type.
    pub event_type: EventType,
    /// Its canonical body, JSON without the id.
    pub body: String,
}

/// Which part of a lot's row changed, besides its state. The parts named here have indexes, and writing an
/// indexed part again costs time even when its value is the same; so a store writes only the part that
/// changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LotChange {
    /// The lot did not exist before.
    Created,
    /// Its number, its supplier's number, its material or its attributes changed, or what it is another name of.
    Described {
        /// Whether its material is a different one now. The store then has to link the lot to that one
        /// instead.
        material: bool,
    },
    /// None of these parts changed; at most its state did.
    State,
}

impl LotChange {
    /// What changed between a lot as it was before, if it existed, and as it is now.
    #[must_use]
    pub fn between(before: Option<&Lot>, lot: &Lot) -> Self {
        let Some(before) = before else { return Self::Created };
        let material = before.material != lot.material;
        let same = !material
            && before.alias_of == lot.alias_of
            && before.number == lot.number
            && before.supplier_lot == lot.supplier_lot
            && before.attributes == lot.attributes;
        if same { Self::State } else { Self::Described { material } }
    }

    /// Both this change and a later one of the same lot, as one.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        match (self, later) {
            (Self::Created, _) | (_, Self::Created) => Self::Created,
            (Self::Described { material: one }, Self::Described { material: two }) => {
                Self::Described { material: one || two }
            }
            (described @ Self::Described { .. }, Self::State)
            | (Self::State, described @ Self::Described { .. }) => described,
            (Self::State, Self::State) => Self::State,
        }
    }
}

/// A lot as it is to be written: its whole new state, and which parts of it are new.
#[derive(Debug, Clone)]
pub struct LotRow {
    /// The lot.
    pub lot: Lot,
    /// Which part of its description is new.
    pub change: LotChange,
    /// Whether its quarantine changed, and with it its status.
    pub quarantine: bool,
}

/// The node of an operation. Everything else about the operation is in its event.
#[derive(Debug, Clone)]
pub struct OperationRow {
    /// Its id.
    pub id: EventId,
    /// What it does with lots.
    pub kind: OperationKind,
    /// The name of the step.
    pub name: Option<Text>,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// The supplier of a receipt or the customer of a shipment. It also becomes an edge RECEIVED_FROM or
    /// SHIPPED_TO.
    pub party: Option<PartyCode>,
    /// Its inputs that went into one output only.
    pub pairs: Pairs,
    /// What those names in its event mean that are not the lots' own.
    pub names: NamesMeant,
    /// The document of a shipment or receipt, by which the other is found.
    pub document: Option<Text>,
    /// Equipment, operators and shift, sorted. They become edges PROCESSED_BY.
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
    /// The first moment at which it can have happened.
    pub earliest: Timestamp,
    /// The last moment at which it can have happened.
    pub latest: Timestamp,
    /// What it does with the lot.
    pub sense: Sense,
}

/// A link that goes to another lot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkKey {
    /// The operation.
    pub operation: EventId,
    /// How the lot takes part.
    pub role: Role,
    /// Its place among the operation's links of that role.
    pub position: u32,
    /// The lot that it was recorded of so far.
    pub lot: LotId,
}

/// A recorded operation of which links go to another lot, with everything that is recorded of it.
#[derive(Debug, Clone)]
pub struct MovedOperation {
    /// Its event.
    pub event: EventRow,
    /// Its node.
    pub operation: OperationRow,
    /// All its links, those that stay where they are too.
    pub links: Vec<LinkRow>,
    /// The lots of those links.
    pub lots: Vec<Lot>,
}

/// An operation to withdraw. Its links leave the graph; its node stays and says that it was withdrawn.
#[derive(Debug, Clone)]
pub struct VoidRow {
    /// The operation.
    pub operation: EventId,
    /// By which event it is withdrawn.
    pub voided: Voided,
    /// The lots at the other ends of its links, each with its role, in order.
    pub links: Vec<(LotId, Role)>,
    /// When it ended.
    pub end: Timestamp,
    /// Supplier or customer.
    pub party: Option<PartyCode>,
    /// Equipment, operators and shift. Sorted.
    pub processed_by: Vec<MasterRef>,
}

/// Whether a record is raised now or was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordChange {
    /// It is raised now.
    Raised,
    /// It was raised before.
    Changed,
}

/// A record as it is to be written: its whole new state.
#[derive(Debug, Clone)]
pub struct RecordRow {
    /// What it says.
    pub body: RecordBody,
    /// Where in the ledger it was raised. This position never changes.
    pub place: RecordPlace,
    /// Whether it is raised now.
    pub change: RecordChange,
}

/// Everything that a plan writes. Stores must write it in the order of the fields.
#[derive(Debug, Clone, Default)]
pub struct Writes {
    /// Revisions with their events, in order. The first is the one after the current revision.
    pub revisions: Vec<RevisionRow>,
    /// Declarations of master data, the last one for each item. A declaration replaces what is there as a
    /// whole.
    pub masters: Vec<Master>,
    /// Master data that events only name. What is missing is inserted as undeclared; what is there is left
    /// alone.
    pub mentions: Vec<MasterRef>,
    /// Lots, each once.
    pub lots: Vec<LotRow>,
    /// Operations, including those that the same plan voids.
    pub operations: Vec<OperationRow>,
    /// The operations that the links to remove belong to: what their names mean has changed. The rest of them is for a store
    /// that holds nothing but what plans change.
    pub moved: Vec<MovedOperation>,
    /// Recorded links to remove, because they are among the links below with another lot.
    pub unlinks: Vec<LinkKey>,
    /// Links of operations.
    pub links: Vec<LinkRow>,
    /// Operations withdrawn. They come after the links, because links that the same plan writes may have to
    /// be removed again.
    pub voids: Vec<VoidRow>,
    /// Records: first those raised, in order, then those changed.
    pub records: Vec<RecordRow>,
}

impl Writes {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty()
    }

    /// The revision that the ledger stands at when this is written; `None` when nothing changes.
    #[must_use]
    pub fn revision(&self) -> Option<Revision> {
        self.revisions.last().map(|revision| revision.number)
    }

    /// What it changes, as the names of what is changed.
    #[must_use]
    pub fn changes(&self) -> Changes {
        let operations = self.operations.iter().map(|row| &row.id);
        let operations: BTreeSet<&EventId> =
            operations.chain(self.voids.iter().map(|row| &row.operation)).collect();
        let added = self.links.iter().map(|row| (row.operation.clone(), row.lot.clone(), row.role));
        let removed = self
            .voids
            .iter()
            .flat_map(|row| row.links.iter().map(|(lot, role)| (row.operation.clone(), lot.clone(), *role)));
        let moved = self.unlinks.iter().map(|row| (row.operation.clone(), row.lot.clone(), row.role));
        let links: BTreeSet<(EventId, LotId, Role)> = added.chain(removed).chain(moved).collect();
        let records: BTreeSet<RecordRef> = self.records.iter().map(|row| row.body.reference()).collect();
        let declared = self.masters.iter().map(Master::reference);
        let masters: BTreeSet<MasterRef> = declared.chain(self.mentions.iter().cloned()).collect();
        Changes {
            lots: self.lots.iter().map(|row| row.lot.id.clone()).collect(),
            operations: operations.into_iter().cloned().collect(),
            links: links.into_iter().collect(),
            records: records.into_iter().collect(),
            masters: masters.into_iter().collect(),
        }
    }

    /// The events, in order.
    pub fn events(&self) -> impl Iterator<Item = &EventRow> {
        self.revisions.iter().flat_map(|revision| &revision.events)
    }
}
