//! A planted cause: items of an assembly plant fail, most of them because of one thing upstream.
//!
//! The events of the plant pass through here one by one. Each station gets three machines, so that equipment
//! differs between items. What the culprit touched, and everything made from it, is remembered; items made
//! from it fail at one rate, all others at another. A failed item carries the attribute `result` with the
//! value `FAIL`, every other `PASS`.

use std::collections::HashSet;

use super::assembly::{Assembly, PANELS};
use super::chance::Chance;
use super::record;
use lotgraph_domain::{Equipment, Event, Fact, LotId, Master, Operation};

/// Rates are shares of a million.
pub const MILLION: u32 = 1_000_000;
/// The number of the planted cause's stream of choices. Campaigns count up from 0, so this one is none of
/// theirs.
const PART: u64 = u64::MAX;
/// How many machines each station has.
const MACHINES: i64 = 3;
/// The material that is inspected.
const INSPECTED: &str = "ITEM";

/// The kinds of causes that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CauseKind {
    /// One machine of a station.
    Equipment,
    /// One lot of a bought component.
    MaterialLot,
    /// One shift.
    Shift,
    /// A parameter of a step, while it is in its upper fifth.
    Parameter,
}

impl CauseKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Equipment, Self::MaterialLot, Self::Shift, Self::Parameter];
}

/// A cause to be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlantedCause {
    /// What kind of thing makes items fail. The random seed decides which one of that kind.
    pub kind: CauseKind,
    /// How many of a million items that the culprit touched fail.
    pub rate: u32,
    /// How many of a million other items fail.
    pub background: u32,
}

/// The one thing that makes items fail.
#[derive(Debug, Clone, PartialEq)]
pub enum Culprit {
    /// A machine.
    Equipment(String),
    /// A lot.
    Lot(LotId),
    /// A shift.
    Shift(String),
    /// A parameter of a step, from this value on.
    Parameter {
        /// The step.
        step: &'static str,
        /// The parameter.
        name: &'static str,
        /// The least value that does harm.
        from: f64,
    },
}

impl Culprit {
    /// The culprit in a plant with this random seed. A culprit that is a lot or a shift belongs to an early
    /// campaign, which every plant of some thousand lots has.
    #[must_use]
    pub fn of(kind: CauseKind, seed: u64) -> Self {
        let mut chance = Chance::new(seed, PART - 1);
        match kind {
            CauseKind::Equipment => {
                let station = *chance.pick(&["A-SMT", "A-MOD", "A-ITEM"]);
                Self::Equipment(format!("{station}-{}", chance.between(1, MACHINES)))
            }
            CauseKind::MaterialLot => {
                // PCB and HOUSING are left out: their lots are used up side by side, so nothing could tell
                // one from the other.
                let material = *chance.pick(&["MCU", "SOLDER", "CAPACITOR"]);
                Self::Lot(Assembly::component(0, material, chance.between(2, i64::from(PANELS) / 6) as u32))
            }
            // A campaign takes one shift. So the shifts of the first day are those of the first three
            // campaigns.
            CauseKind::Shift => Self::Shift(format!("2020-01-06/{}", chance.pick(&["A", "B"]))),
            CauseKind::Parameter => {
                let (step, name, from) =
                    *chance.pick(&[("MODULE", "torque", 0.65), ("ASSEMBLE", "voltage", 3.769)]);
                Self::Parameter { step, name, from }
            }
        }
    }

    /// Whether the culprit touches this operation directly.
    fn touches(&self, operation: &Operation) -> bool {
        match self {
            Self::Equipment(code) => operation.equipment.iter().any(|used| used.as_str() == code),
            Self::Lot(lot) => operation.inputs.iter().any(|input| &input.lot == lot),
            Self::Shift(code) => operation.shift.as_ref().is_some_and(|shift| shift.as_str() == code),
            Self::Parameter { step, name, from } => {
                let reaches = |value: &str| value.parse::<f64>().is_ok_and(|value| value >= *from);
                operation.name.as_ref().is_some_and(|told| told.as_str() == *step)
                    && operation
                        .parameters
                        .iter()
                        .any(|p| p.name.as_str() == *name && reaches(p.value.as_str()))
            }
        }
    }
}

/// The events of a plant in which items fail.
pub struct Planted<I> {
    events: I,
    culprit: Culprit,
    cause: PlantedCause,
    chance: Chance,
    touched: HashSet<LotId>,
    /// The declarations of machines still to come, in reverse order.
    pending: Vec<Event>,
}

impl<I: Iterator<Item = Event>> Planted<I> {
    /// Plants a cause into the events of an assembly plant.
    #[must_use]
    pub fn new(events: I, cause: PlantedCause, seed: u64) -> Self {
        let culprit = Culprit::of(cause.kind, seed);
        let chance = Chance::new(seed, PART);
        Self { events, culprit, cause, chance, touched: HashSet::new(), pending: Vec::new() }
    }

    fn operation(&mut self, operation: &mut Operation) {
        for equipment in &mut operation.equipment {
            if let Some(station) = equipment.as_str().strip_suffix("-1") {
                let machine = format!("{station}-{}", self.chance.between(1, MACHINES));
                *equipment = record::equipment_code(&machine);
            }
        }
        let touched = self.culprit.touches(operation)
            || operation.inputs.iter().any(|input| self.touched.contains(&input.lot));
        let reworked: HashSet<&LotId> = operation.inputs.iter().map(|input| &input.lot).collect();
        for output in &mut operation.outputs {
            let inspected = output.material.as_ref().is_some_and(|code| code.as_str() == INSPECTED);
            if inspected && !reworked.contains(&output.lot) {
                let rate = if touched { self.cause.rate } else { self.cause.background };
                let fails = self.chance.between(1, i64::from(MILLION)) <= i64::from(rate);
                let result = record::text(if fails { "FAIL" } else { "PASS" });
                output.attributes.insert(record::text("result"), result);
            } else if touched {
                self.touched.insert(output.lot.clone());
            }
        }
    }
}

/// The declaration of one more machine at a station, beside the first; `None` when this is not a station.
fn further_machine(equipment: &Equipment, number: i64) -> Option<Event> {
    let station = equipment.code.as_str().strip_suffix("-1")?;
    let name = equipment.name.as_ref().map(|name| format!("{} {number}", name.as_str())).unwrap_or_default();
    let parent = equipment.parent.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(record::equipment(&format!("{station}-{number}"), &name, &parent))
}

impl<I: Iterator<Item = Event>> Iterator for Planted<I> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.pending.pop() {
            return Some(event);
        }
        let mut event = self.events.next()?;
        match &mut event.fact {
            Fact::Master(Master::Equipment(equipment)) => {
                self.pending = (2..=MACHINES).rev().filter_map(|n| further_machine(equipment, n)).collect();
            }
            Fact::Operation(operation) => self.operation(operation),
            _ => {}
        }
        Some(event)
    }
}
