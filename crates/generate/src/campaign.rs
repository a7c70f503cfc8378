//! What the two plants that can grow share: campaigns, supplies bought lot by lot, shifts and operators.

use std::collections::VecDeque;

use super::calendar::{Calendar, HOUR, Second};
use super::record::{self, Step, lot, output, whole};
use lotgraph_domain::{Event, LotId, OperationKind, ShiftCode};

/// A component or raw material that is bought, lot by lot, as it is needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purchase {
    /// The material, also the beginning of its lots' ids.
    pub(super) material: &'static str,
    /// Its unit.
    pub(super) unit: &'static str,
    /// How much a lot holds.
    pub(super) lot_size: i64,
    /// Who delivers it, in turn.
    pub(super) suppliers: &'static [&'static str],
}

/// A purchased material during a campaign: the lot in use, and how many lots there have been.
#[derive(Debug, Clone)]
pub(super) struct Supply {
    purchase: Purchase,
    current: Option<(LotId, i64)>,
    received: u32,
}

impl Supply {
    /// A supply of which nothing has been received yet.
    pub(super) fn new(purchase: Purchase) -> Self {
        Self { purchase, current: None, received: 0 }
    }

    /// The id of the n-th lot (from 1) of a material in a campaign.
    pub(super) fn lot_name(material: &str, campaign: u64, n: u32) -> String {
        format!("{material}-{campaign:05}-{n:02}")
    }

    /// Draws an amount into a step, receiving further lots when the one in use runs out.
    pub(super) fn draw(&mut self, amount: i64, mut step: Step, work: &mut Work<'_>) -> Step {
        let mut wanted = amount;
        while wanted > 0 {
            let (lot, left) = match self.current.take() {
                Some(current) => current,
                None => self.receive(work),
            };
            let part = wanted.min(left);
            step = step.draw(&lot, whole(part, self.purchase.unit));
            wanted -= part;
            self.current = (left > part).then_some((lot, left - part));
        }
        step
    }

    fn receive(&mut self, work: &mut Work<'_>) -> (LotId, i64) {
        self.received += 1;
        let purchase = &self.purchase;
        let name = Self::lot_name(purchase.material, work.campaign, self.received);
        let supplier = purchase.suppliers[(self.received as usize - 1) % purchase.suppliers.len()];
        let id = lot(&name);
        let mut output = output(&id, purchase.material, whole(purchase.lot_size, purchase.unit));
        output.supplier_lot =
            Some(record::text(&format!("{supplier}/{:05}-{}", work.campaign, self.received)));
        // Bought some hours before it is needed.
        let at = work.calendar.at(work.now - 4 * HOUR);
        let step = Step::new(OperationKind::Receive, "", &format!("REC-{name}"), at);
        let step = step.party(supplier).document(&format!("DN-{name}")).make(output);
        work.say(step);
        work.count_lots(1);
        (id, purchase.lot_size)
    }

    /// How many lots are remembered.
    pub(super) fn remembered(&self) -> usize {
        usize::from(self.current.is_some())
    }
}

/// Declares shifts as the clock reaches them, and says who works.
#[derive(Debug, Clone)]
pub(super) struct Roster {
    declared: Option<i64>,
    operators: &'static [(&'static str, &'static str)],
}

impl Roster {
    /// A roster of which no shift has worked yet.
    pub(super) fn new(operators: &'static [(&'static str, &'static str)]) -> Self {
        Self { declared: None, operators }
    }

    /// The shift that works now. A new one is declared first.
    pub(super) fn shift(&mut self, calendar: &Calendar, now: Second, events: &mut Vec<Event>) -> ShiftCode {
        let number = Calendar::shift_number(now);
        if self.declared.is_none_or(|declared| declared < number) {
            events.push(calendar.declare_shift(number));
            self.declared = Some(number);
        }
        calendar.shift(number)
    }

    /// The operator of a station in the shift at work.
    pub(super) fn operator(&self, now: Second, station: usize) -> &'static str {
        let turn = Calendar::shift_number(now).rem_euclid(3) as usize;
        self.operators[(turn + 3 * station) % self.operators.len()].0
    }
}

/// What the steps of a campaign need and write to.
pub(super) struct Work<'a> {
    /// The campaign.
    pub(super) campaign: u64,
    /// The plant's calendar.
    pub(super) calendar: Calendar,
    /// The clock.
    pub(super) now: Second,
    /// Who works when.
    pub(super) roster: &'a mut Roster,
    /// Events so far.
    pub(super) events: &'a mut Vec<Event>,
    /// Lots so far, over all campaigns.
    pub(super) lots: &'a mut u64,
}

impl Work<'_> {
    /// A step at a station, with its operator and shift. It starts at the time of the clock and takes
    /// `duration`.
    pub(super) fn step(
        &mut self,
        kind: OperationKind,
        name: &str,
        id: &str,
        duration: Second,
        station: (&str, usize),
    ) -> Step {
        let shift = self.roster.shift(&self.calendar, self.now, self.events);
        let operator = self.roster.operator(self.now, station.1);
        Step::new(kind, name, id, self.calendar.at(self.now + duration))
            .since(self.calendar.at(self.now))
            .equipment(station.0)
            .operator(operator)
            .shift(shift)
    }

    /// Writes a step down.
    pub(super) fn say(&mut self, step: Step) {
        self.events.push(step.event());
    }

    /// Counts new lots.
    pub(super) fn count_lots(&mut self, lots: u64) {
        *self.lots += lots;
    }
}

/// Finished lots that wait for a truck.
pub(super) type Warehouse = VecDeque<(LotId, i64)>;
