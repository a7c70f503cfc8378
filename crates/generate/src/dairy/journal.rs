//! Keeps the steps of the dairy and hands them out in the order in which they ended.

use std::collections::BTreeMap;

use super::catalog::{self, Area};
use crate::calendar::{Calendar, Second};
use crate::pool::Drawn;
use crate::record::{Step, milli, whole};
use lotgraph_domain::{Event, LotId, OperationKind, Quantity, Timestamp};

/// The events of the day, ordered by when they ended.
#[derive(Debug)]
pub(super) struct Journal {
    calendar: Calendar,
    pending: BTreeMap<(Second, u32), Event>,
    written: u32,
}

/// When and where a step takes place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) area: Area,
    pub(super) start: Second,
    pub(super) end: Second,
}

impl Journal {
    pub(super) fn new(calendar: Calendar) -> Self {
        Self { calendar, pending: BTreeMap::new(), written: 0 }
    }

    pub(super) fn at(&self, second: Second) -> Timestamp {
        self.calendar.at(second)
    }

    /// Month and day: `0314`.
    pub(super) fn label(&self, second: Second) -> String {
        self.calendar.label(second)
    }

    /// A step in a slot, with the shift at work and its operator.
    pub(super) fn step(&self, kind: OperationKind, name: &str, id: &str, slot: Slot) -> Step {
        let shift = Calendar::shift_number(slot.start);
        let step = Step::new(kind, name, id, self.at(slot.end));
        let step = if slot.start < slot.end { step.since(self.at(slot.start)) } else { step };
        step.shift(self.calendar.shift(shift)).operator(catalog::operator(slot.area, shift))
    }

    /// Keeps a step that ended at this second.
    pub(super) fn say(&mut self, end: Second, step: Step) {
        self.write(end, step.event());
    }

    /// Keeps any event.
    pub(super) fn write(&mut self, end: Second, event: Event) {
        self.written += 1;
        self.pending.insert((end, self.written), event);
    }

    /// Hands out everything that ended before this second.
    pub(super) fn flush(&mut self, before: Second, events: &mut Vec<Event>) {
        let later = self.pending.split_off(&(before, 0));
        events.extend(std::mem::replace(&mut self.pending, later).into_values());
    }
}

/// The quantity for an amount as the dairy counts it: in grams for KGM, in millilitres for LTR, otherwise in
/// whole units.
pub(super) fn measured(amount: i64, unit: &str) -> Quantity {
    match unit {
        "KGM" | "LTR" => milli(amount, unit),
        _ => whole(amount, unit),
    }
}

/// Adds what was drawn from stock to the inputs of a step.
pub(super) fn draw_all(mut step: Step, drawn: &[Drawn], unit: &str) -> Step {
    for part in drawn {
        step = step.draw(&part.lot, measured(part.amount, unit));
    }
    step
}

/// Adds the lots that a step works on in place.
pub(super) fn on_lots<'a>(mut step: Step, lots: impl IntoIterator<Item = &'a LotId>) -> Step {
    for lot in lots {
        step = step.on_lot(lot);
    }
    step
}
