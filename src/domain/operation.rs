//! Operations: one execution of a step, with the lots it consumes, produces or works on in place.

use serde::{Deserialize, Serialize};

use super::Attributes;
use super::identifier::{
    EquipmentCode, EventId, LotId, MaterialCode, OperatorCode, PartyCode, ShiftCode, Text, UnitCode,
};
use super::quantity::Quantity;
use super::time::Timestamp;

/// What an operation does with lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OperationKind {
    /// Lots arrive from a supplier.
    Receive,
    /// Lots become other lots.
    Produce,
    /// One lot is divided.
    Split,
    /// Lots are put together.
    Merge,
    /// A lot is worked over again; it may come out as itself.
    Rework,
    /// A lot is put into other packages.
    Repack,
    /// Work in place: the lots keep their identity.
    Process,
    /// Lots leave to a customer.
    Ship,
    /// Lots are thrown away.
    Scrap,
    /// Lots (tanks, silos) are emptied and cleaned: what was in them does not outlive it.
    Clean,
    /// What is on hand of lots is measured.
    Count,
}

impl OperationKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Receive,
        Self::Produce,
        Self::Split,
        Self::Merge,
        Self::Rework,
        Self::Repack,
        Self::Process,
        Self::Ship,
        Self::Scrap,
        Self::Clean,
        Self::Count,
    ];

    /// The kind as events and answers write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "RECEIVE",
            Self::Produce => "PRODUCE",
            Self::Split => "SPLIT",
            Self::Merge => "MERGE",
            Self::Rework => "REWORK",
            Self::Repack => "REPACK",
            Self::Process => "PROCESS",
            Self::Ship => "SHIP",
            Self::Scrap => "SCRAP",
            Self::Clean => "CLEAN",
            Self::Count => "COUNT",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether it works on lots where they are: it has `lots`, and neither inputs nor outputs.
    #[must_use]
    pub const fn is_in_place(self) -> bool {
        match self {
            Self::Process | Self::Clean | Self::Count => true,
            Self::Receive
            | Self::Produce
            | Self::Split
            | Self::Merge
            | Self::Rework
            | Self::Repack
            | Self::Ship
            | Self::Scrap => false,
        }
    }
}

/// How a lot takes part in an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// The operation consumes (some of) the lot.
    Consumed,
    /// The operation produces (some of) the lot.
    Produced,
    /// The operation works on the lot in place.
    InPlace,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[Self::Consumed, Self::Produced, Self::InPlace];

    /// The role as answers write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consumed => "CONSUMED",
            Self::Produced => "PRODUCED",
            Self::InPlace => "IN_PLACE",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }
}

/// A lot drawn into an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The lot.
    pub lot: LotId,
    /// How much of it; absent when nobody measured.
    pub quantity: Option<Quantity>,
    /// When exactly; absent: some time during the operation.
    pub at: Option<Timestamp>,
    /// Its material, for a lot that was never received or produced on record.
    pub material: Option<MaterialCode>,
}

/// A lot that comes out of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The lot.
    pub lot: LotId,
    /// Its material; absent: the one already known.
    pub material: Option<MaterialCode>,
    /// How much came out; absent when nobody measured.
    pub quantity: Option<Quantity>,
    /// When exactly; absent: some time during the operation.
    pub at: Option<Timestamp>,
    /// The number printed on it, when that is not its id.
    pub number: Option<Text>,
    /// The supplier's own number for it.
    pub supplier_lot: Option<Text>,
    /// Further facts about the lot.
    pub attributes: Attributes,
}

/// A lot worked on in place, cleaned or counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InPlace {
    /// The lot.
    pub lot: LotId,
    /// How much of it a count found on hand, zero included; nothing but a count has it.
    pub counted: Option<Quantity>,
}

/// A process parameter as measured or set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// What it is: temperature, pressure, speed …
    pub name: Text,
    /// Its value, verbatim; numeric when it reads as a decimal.
    pub value: Text,
    /// Its unit.
    pub unit: Option<UnitCode>,
    /// When it was measured.
    pub at: Option<Timestamp>,
}

/// One execution of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// What it does with lots.
    pub kind: OperationKind,
    /// The step's name: PASTEURISE, FILL …
    pub name: Option<Text>,
    /// When it started; absent: at `at`.
    pub started_at: Option<Timestamp>,
    /// When it ended; not before it started.
    pub at: Timestamp,
    /// Supplier of a receipt, customer of a shipment.
    pub party: Option<PartyCode>,
    /// Delivery note, sales order …
    pub document: Option<Text>,
    /// Why, for scrapping and rework.
    pub reason: Option<Text>,
    /// The order it fulfils.
    pub work_order: Option<Text>,
    /// Lots drawn.
    pub inputs: Vec<Input>,
    /// Lots that came out.
    pub outputs: Vec<Output>,
    /// Lots worked on in place, cleaned or counted.
    pub lots: Vec<InPlace>,
    /// Equipment used, each once, ordered.
    pub equipment: Vec<EquipmentCode>,
    /// Operators at work, each once, ordered.
    pub operators: Vec<OperatorCode>,
    /// The shift it belongs to.
    pub shift: Option<ShiftCode>,
    /// Process parameters.
    pub parameters: Vec<Parameter>,
    /// Further facts.
    pub attributes: Attributes,
}

impl Operation {
    /// When it starts: `startedAt`, else `at` (DESIGN §4).
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.started_at.unwrap_or(self.at)
    }

    /// Every link between this operation and a lot, inputs, then outputs, then work in place, each in the event's order.
    pub fn links(&self) -> impl Iterator<Item = Link<'_>> {
        let (start, end) = (self.start(), self.at);
        let moment = move |at: Option<Timestamp>| (at.unwrap_or(start), at.unwrap_or(end));
        let link = move |role, position: usize, lot, quantity, at| {
            let (earliest, latest) = moment(at);
            // Events hold at most 10,000 items, so positions fit.
            Link { lot, role, position: position as u32, quantity, earliest, latest }
        };
        let inputs = self.inputs.iter().enumerate();
        let outputs = self.outputs.iter().enumerate();
        let lots = self.lots.iter().map(|item| (&item.lot, item.counted.as_ref())).enumerate();
        inputs
            .map(move |(n, i)| link(Role::Consumed, n, &i.lot, i.quantity.as_ref(), i.at))
            .chain(outputs.map(move |(n, o)| link(Role::Produced, n, &o.lot, o.quantity.as_ref(), o.at)))
            .chain(lots.map(move |(n, (lot, counted))| link(Role::InPlace, n, lot, counted, None)))
    }
}

/// One link between an operation and a lot, as the operation states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// The lot.
    pub lot: &'a LotId,
    /// How it takes part.
    pub role: Role,
    /// Its place among the operation's links of that role.
    pub position: u32,
    /// How much moved; of a count: how much was there.
    pub quantity: Option<&'a Quantity>,
    /// The first moment it can have happened.
    pub earliest: Timestamp,
    /// The last moment it can have happened.
    pub latest: Timestamp,
}

/// By what an operation was voided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voided {
    /// The void event.
    pub by: EventId,
    /// Its reason.
    pub reason: Text,
    /// The event that replaces the operation.
    pub replaced_by: Option<EventId>,
}

/// An operation as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedOperation {
    /// Its id, that of its event.
    pub id: EventId,
    /// What was recorded.
    pub operation: Operation,
    /// Set once voided: it is no longer part of the genealogy.
    pub voided: Option<Voided>,
}
