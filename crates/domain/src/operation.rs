//! Operations: one execution of a step, with the lots it consumes, produces or works on in place.

use serde::{Deserialize, Serialize};

use super::Attributes;
use super::alias::NamesMeant;
use super::conversion::LotFactor;
use super::identifier::{
    EquipmentCode, EventId, LotId, MaterialCode, OperatorCode, PartyCode, ShiftCode, Text, UnitCode,
};
use super::master::YieldRange;
use super::names::names;
use super::namesake::Resolved;
use super::quantity::{Amount, Percent, Quantity};
use super::sense::Sense;
use super::time::Timestamp;
use super::transfer::Transfer;

names! {
    /// What an operation does with lots.
    pub enum OperationKind {
        /// Lots arrive from a supplier.
        Receive "RECEIVE",
        /// Lots become other lots.
        Produce "PRODUCE",
        /// One lot is divided.
        Split "SPLIT",
        /// Lots are put together.
        Merge "MERGE",
        /// A lot is worked over again; it may come out as itself.
        Rework "REWORK",
        /// A lot is put into other packages.
        Repack "REPACK",
        /// Work in place: the lots keep their identity.
        Process "PROCESS",
        /// Lots leave to a customer.
        Ship "SHIP",
        /// Lots are thrown away.
        Scrap "SCRAP",
        /// Lots (tanks, silos) are emptied and cleaned: what was in them does not outlive it.
        Clean "CLEAN",
        /// What is on hand of lots is measured.
        Count "COUNT",
        /// Lots come back from a customer.
        Return "RETURN",
    }
}

impl OperationKind {
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
            | Self::Scrap
            | Self::Return => false,
        }
    }
}

names! {
    /// How a lot takes part in an operation.
    pub enum Role {
        /// The operation consumes (some of) the lot.
        Consumed "CONSUMED",
        /// The operation produces (some of) the lot.
        Produced "PRODUCED",
        /// The operation works on the lot in place.
        InPlace "IN_PLACE",
    }
}

/// A lot drawn into an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The lot.
    pub lot: LotId,
    /// How much of it was used: what was issued, less what came back unused. Absent when nobody measured; zero for a lot
    /// that is listed and was not used.
    pub quantity: Option<Quantity>,
    /// How much of what was issued came back unused in the same operation; it is not in `quantity`.
    pub returned: Option<Amount>,
    /// When exactly; absent: some time during the operation.
    pub at: Option<Timestamp>,
    /// Its material, for a lot that was never received or produced on record.
    pub material: Option<MaterialCode>,
    /// The only output that it went into; absent: it went into all of them.
    pub only_for: Option<LotId>,
}

impl Input {
    /// How much was issued: what was used and what came back unused.
    #[must_use]
    pub fn issued(&self) -> Option<Quantity> {
        let used = self.quantity.as_ref()?;
        // What is added was taken away before, so the sum is an amount.
        let issued = self.returned.and_then(|returned| used.amount.plus(returned)).unwrap_or(used.amount);
        Some(Quantity { amount: issued, unit: used.unit.clone() })
    }

    /// Whether some of the lot was used. A lot that is only listed has no part in the operation.
    #[must_use]
    pub fn is_used(&self) -> bool {
        is_some(self.quantity.as_ref())
    }
}

/// Whether a quantity is that of a movement: measured as more than nothing, or not measured.
fn is_some(quantity: Option<&Quantity>) -> bool {
    quantity.is_none_or(|quantity| !quantity.amount.is_zero())
}

/// A lot that comes out of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The lot.
    pub lot: LotId,
    /// Its material; absent: the one already known.
    pub material: Option<MaterialCode>,
    /// How much came out; absent when nobody measured. Zero for a lot that is listed and of which nothing came out.
    pub quantity: Option<Quantity>,
    /// When exactly; absent: some time during the operation.
    pub at: Option<Timestamp>,
    /// The number printed on it, when that is not its id.
    pub number: Option<Text>,
    /// The supplier's own number for it.
    pub supplier_lot: Option<Text>,
    /// Conversions that hold for this lot, by unit.
    pub factors: Vec<LotFactor>,
    /// Further facts about the lot.
    pub attributes: Attributes,
    /// Of a return: the lot as which it had been shipped; absent: as itself.
    pub shipped_as: Option<LotId>,
}

impl Output {
    /// Of a return: the lot as which it had been shipped.
    #[must_use]
    pub fn left_as(&self) -> &LotId {
        self.shipped_as.as_ref().unwrap_or(&self.lot)
    }
}

impl Output {
    /// Whether some of the lot came out. A lot that is only listed has no part in the operation.
    #[must_use]
    pub fn is_made(&self) -> bool {
        is_some(self.quantity.as_ref())
    }
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
    /// Supplier of a receipt, customer of a shipment or a return.
    pub party: Option<PartyCode>,
    /// Delivery note, sales order …
    pub document: Option<Text>,
    /// Of a return: the shipment that brought the customer what comes back, when it is known.
    pub shipment: Option<EventId>,
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
    /// The least that it should yield, in percent of what goes in; it goes before what the materials say.
    pub yield_min: Option<Percent>,
    /// The most.
    pub yield_max: Option<Percent>,
    /// Process parameters.
    pub parameters: Vec<Parameter>,
    /// Further facts.
    pub attributes: Attributes,
    /// Whether a number that stands for a lot drawn or worked on is to be taken for the one lot that bears it.
    pub resolve: bool,
    /// The numbers that were taken for lots when it was recorded, each once, ordered.
    pub resolved: Vec<Resolved>,
    /// Of a receipt: what it carries on of shipments on record, by output. No event says so; the planner finds it.
    pub transfers: Vec<Transfer>,
}

impl Operation {
    /// When it starts: `startedAt`, or `at` if that is not given (docs/TRACE_RULES.md, "Moments").
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.started_at.unwrap_or(self.at)
    }

    /// Where its own yield was declared to lie.
    #[must_use]
    pub fn yield_range(&self) -> YieldRange {
        YieldRange { min: self.yield_min, max: self.yield_max }
    }

    /// The lots drawn of which some was used, in the event's order.
    pub fn used(&self) -> impl Iterator<Item = &Input> {
        self.inputs.iter().filter(|input| input.is_used())
    }

    /// The lots of which some came out, in the event's order.
    pub fn made(&self) -> impl Iterator<Item = &Output> {
        self.outputs.iter().filter(|output| output.is_made())
    }

    /// Every name of a lot in it, in no particular order; one may come several times.
    pub fn lots_named(&self) -> impl Iterator<Item = &LotId> {
        let inputs = self.inputs.iter().flat_map(|input| [Some(&input.lot), input.only_for.as_ref()]);
        let outputs = self.outputs.iter().flat_map(|output| [Some(&output.lot), output.shipped_as.as_ref()]);
        inputs.chain(outputs).flatten().chain(self.lots.iter().map(|item| &item.lot))
    }

    /// Changes every name of a lot in it.
    pub fn change_lots(&mut self, mut change: impl FnMut(&mut LotId)) {
        for input in &mut self.inputs {
            change(&mut input.lot);
            input.only_for.iter_mut().for_each(&mut change);
        }
        for output in &mut self.outputs {
            change(&mut output.lot);
            output.shipped_as.iter_mut().for_each(&mut change);
        }
        self.lots.iter_mut().for_each(|item| change(&mut item.lot));
    }

    /// Every link between this operation and a lot, inputs, then outputs, then work in place, each in the event's order.
    ///
    /// What comes back was in the lot as which it was shipped. So a return has a link from that lot as well, for each of
    /// its outputs at the same place. The goods left at some moment before they came back; it is not known which
    /// (docs/TRACE_RULES.md, rule 10).
    ///
    /// What was shipped on record is in the lot that it had left, too, until a receipt brings it: so a receipt has a link from
    /// that lot for each of its transfers.
    ///
    /// A lot that is only listed, with a quantity of zero, has none; its place in the list is left out.
    pub fn links(&self) -> impl Iterator<Item = Link<'_>> {
        let (start, end) = (self.start(), self.at);
        let moment = move |at: Option<Timestamp>| (at.unwrap_or(start), at.unwrap_or(end));
        let link = move |role, position: usize, lot, quantity, at| {
            let (earliest, latest) = moment(at);
            // Events hold at most 10,000 items, so positions fit.
            Link { lot, role, position: position as u32, quantity, earliest, latest, sense: Sense::Moves }
        };
        let inputs = self.inputs.iter().enumerate().filter(|(_, input)| input.is_used());
        let outputs = self.outputs.iter().enumerate().filter(|(_, output)| output.is_made());
        let lots = self.lots.iter().map(|item| (&item.lot, item.counted.as_ref())).enumerate();
        let carried = Sense::Continues(self.shipment.as_ref());
        let came_back = if self.kind == OperationKind::Return { &self.outputs[..] } else { &[] };
        let came_back = came_back.iter().enumerate().filter(|(_, output)| output.is_made());
        let came_back = came_back.map(move |(n, output)| Link {
            earliest: Timestamp::EARLIEST,
            sense: carried,
            ..link(Role::Consumed, n, output.left_as(), output.quantity.as_ref(), output.at)
        });
        let is_return = self.kind == OperationKind::Return;
        let outputs = outputs.map(move |(n, output)| Link {
            sense: if is_return && output.left_as() == &output.lot {
                carried
            } else {
                self.transferred_into(n)
            },
            ..link(Role::Produced, n, &output.lot, output.quantity.as_ref(), output.at)
        });
        let transfers = self.transfers.iter().enumerate().map(move |(n, transfer)| Link {
            earliest: transfer.earliest,
            latest: transfer.latest,
            sense: Sense::Continues(Some(&transfer.shipment)),
            ..link(Role::Consumed, n, &transfer.lot, self.quantity_received(transfer), None)
        });
        inputs
            .map(move |(n, i)| link(Role::Consumed, n, &i.lot, i.quantity.as_ref(), i.at))
            .chain(came_back)
            .chain(transfers)
            .chain(outputs)
            .chain(lots.map(move |(n, (lot, counted))| link(Role::InPlace, n, lot, counted, None)))
    }
}

impl Operation {
    /// What the output at a place does with its lot, as far as transfers say: goods may come back into the very lot that they
    /// had left.
    fn transferred_into(&self, place: usize) -> Sense<&EventId> {
        let lot = self.outputs.get(place).map(|output| &output.lot);
        let same = |transfer: &&Transfer| transfer.output as usize == place && Some(&transfer.lot) == lot;
        self.transfers.iter().find(same).map_or(Sense::Moves, |found| Sense::Continues(Some(&found.shipment)))
    }

    /// How much a transfer brought.
    fn quantity_received(&self, transfer: &Transfer) -> Option<&Quantity> {
        self.outputs.get(transfer.output as usize)?.quantity.as_ref()
    }
}

/// One link between an operation and a lot, as the operation states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// The lot.
    pub lot: &'a LotId,
    /// How it takes part.
    pub role: Role,
    /// Its place in the event's list.
    pub position: u32,
    /// How much moved; of a count: how much was there.
    pub quantity: Option<&'a Quantity>,
    /// The first moment it can have happened.
    pub earliest: Timestamp,
    /// The last moment it can have happened.
    pub latest: Timestamp,
    /// What it does with the lot.
    pub sense: Sense<&'a EventId>,
}

impl Link<'_> {
    /// Whether it brings some of its lot into being. What comes back into the lot that it had left does not.
    #[must_use]
    pub fn brings_into_being(&self) -> bool {
        self.role == Role::Produced && !self.sense.continues()
    }

    /// Whether it takes some of its lot away. What turns up again had been taken by a shipment before.
    #[must_use]
    pub fn takes_away(&self) -> bool {
        self.role == Role::Consumed && !self.sense.continues()
    }
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
    /// What was recorded, of the lots that are meant.
    pub operation: Operation,
    /// What those names mean that are not the lots' own.
    pub names: NamesMeant,
    /// Set once voided: it is no longer part of the genealogy.
    pub voided: Option<Voided>,
}
