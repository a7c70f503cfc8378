//! The yoghurt hall: inoculating, fermenting, splitting, flavouring, and putting product back.

use super::Dairy;
use super::catalog::{Area, FLAVOURS, Flavour, blended};
use super::heat::kilograms;
use super::journal::{Slot, draw_all};
use crate::calendar::{HOUR, MINUTE, Second};
use crate::pool::{Stock, total};
use crate::record::{decimal, lot, milli, output};
use lotgraph_domain::{LotId, OperationKind};

/// Batches above this are split between two flavours.
const SPLIT_ABOVE: i64 = 4_000_000;

impl Dairy {
    /// Adds the culture to a tank of yoghurt milk, lets it ferment and cools it: ready early the next day.
    pub(super) fn ferment(&mut self, milk: &Stock, now: Second, number: i64) {
        let slot = Slot { area: Area::Yoghurt, start: now, end: now + 20 * MINUTE };
        let name = format!("YOG-{}-{number}", self.journal.label(now));
        let base = lot(&name);
        let culture = self.purchased("CULTURE", 500 + milk.left / 10_000_000 * 100, now);
        let made = milk.left + total(&culture);
        let fermenter = format!("FERM-{}", (number - 1) % 4 + 1);
        let step = self.journal.step(OperationKind::Produce, "INOCULATE", &format!("INO-{name}"), slot);
        let step = step.equipment(&fermenter).draw(&milk.lot, milli(milk.left, "KGM"));
        let step = draw_all(step, &culture, "KGM");
        let temperature = decimal(self.chance.between(424, 432), 1);
        let step = step.parameter("temperature", &temperature, "CEL");
        self.journal.say(slot.end, step.make(output(&base, "YOG-BASE", milli(made, "KGM"))));
        let cooled = self.follow_fermentation(&base, &name, &fermenter, slot.end);
        self.fermented.put(base, made, cooled);
    }

    /// The two steps in place, with their readings. Returns when the batch is cold.
    fn follow_fermentation(&mut self, base: &LotId, name: &str, fermenter: &str, now: Second) -> Second {
        let end = now + 5 * HOUR + self.chance.between(0, 40) * MINUTE;
        let slot = Slot { area: Area::Yoghurt, start: now, end };
        let step = self.journal.step(OperationKind::Process, "FERMENT", &format!("FER-{name}"), slot);
        let mut step = step.equipment(fermenter).on_lot(base);
        for (hour, low, high) in [(0, 648, 660), (2, 575, 600), (4, 482, 505)] {
            let value = decimal(self.chance.between(low, high), 2);
            step = step.reading("pH", &value, "Q30", self.journal.at(now + hour * HOUR));
        }
        let last = decimal(self.chance.between(448, 462), 2);
        let temperature = decimal(self.chance.between(421, 430), 1);
        step = step.reading("pH", &last, "Q30", self.journal.at(end));
        self.journal.say(end, step.parameter("temperature", &temperature, "CEL"));
        let cooled = end + 90 * MINUTE;
        let slot = Slot { area: Area::Yoghurt, start: end, end: cooled };
        let step = self.journal.step(OperationKind::Process, "COOL", &format!("COOL-{name}"), slot);
        let temperature = decimal(self.chance.between(178, 204), 1);
        let step = step.equipment(fermenter).on_lot(base).parameter("temperature", &temperature, "CEL");
        self.journal.say(cooled, step);
        cooled
    }

    /// Splits the large batches that are cold between two flavours.
    pub(super) fn split_batches(&mut self, now: Second) {
        let mut whole = Vec::new();
        while let Some(stock) = self.fermented.take(now) {
            whole.push(stock);
        }
        for stock in whole {
            if stock.left <= SPLIT_ABOVE {
                self.fermented.put(stock.lot, stock.left, stock.ready);
                continue;
            }
            let slot = Slot { area: Area::Yoghurt, start: now, end: now + 15 * MINUTE };
            let id = format!("SPLIT-{}", stock.lot);
            let mut step = self.journal.step(OperationKind::Split, "SPLIT", &id, slot);
            step = step.draw(&stock.lot, milli(stock.left, "KGM"));
            let first = kilograms(stock.left / 2);
            for (half, mass) in [("A", first), ("B", stock.left - first)] {
                let part = lot(&format!("{}{half}", stock.lot));
                step = step.make(output(&part, "YOG-BASE", milli(mass, "KGM")));
                self.fermented.put(part, mass, slot.end);
            }
            self.journal.say(slot.end, step);
        }
    }

    /// Stirs a cold batch smooth, with fruit and with product of the same flavour that is put back. Returns
    /// it ready to fill.
    pub(super) fn flavour(&mut self, now: Second, number: i64) -> Option<(Stock, &'static Flavour)> {
        let batch = self.fermented.take(now)?;
        let flavour = &FLAVOURS[((self.day + number) % FLAVOURS.len() as i64) as usize];
        let slot = Slot { area: Area::Yoghurt, start: now, end: now + 28 * MINUTE };
        let name = format!("FYG-{}-{number}", self.journal.label(now));
        let blend = lot(&name);
        let fruit = match flavour.fruit {
            "" => Vec::new(),
            fruit => self.purchased(fruit, kilograms(batch.left * flavour.percent / 100), now),
        };
        let back = self.rework.get_mut(flavour.product).map(|pool| pool.draw(i64::MAX, now));
        let back = back.unwrap_or_default();
        let mass = batch.left + total(&fruit) + total(&back);
        let made = mass - mass * 2 / 1_000;
        let (kind, step_name) = if back.is_empty() {
            (OperationKind::Produce, "FLAVOUR")
        } else {
            (OperationKind::Rework, "FLAVOUR, PUT BACK")
        };
        let step = self.journal.step(kind, step_name, &format!("MIX-{name}"), slot);
        let step = step.equipment("MIX-1").draw(&batch.lot, milli(batch.left, "KGM"));
        let mut step = draw_all(draw_all(step, &fruit, "KGM"), &back, "KGM");
        if !back.is_empty() {
            step = step.reason("start-up product of the same flavour");
        }
        let ph = decimal(self.chance.between(428, 446), 2);
        let step = step.parameter("pH", &ph, "Q30");
        let material = blended(flavour);
        self.journal.say(slot.end, step.make(output(&blend, &material, milli(made, "KGM"))));
        Some((Stock { lot: blend, left: made, ready: slot.end }, flavour))
    }
}
