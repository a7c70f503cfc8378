//! Heat treatment: pasteurising, separating, the cream tank, and standardising milk for bottles and for
//! yoghurt.

use super::Dairy;
use super::catalog::{Area, BUTTER_MAKER};
use super::journal::{Slot, draw_all, measured};
use crate::calendar::{HOUR, MINUTE, Second};
use crate::pool::{Drawn, Stock, total};
use crate::record::{Step, decimal, lot, milli, output};
use lotgraph_domain::{LotId, OperationKind};

/// The cream tank. Every separation tops it up, and it is emptied every fourth day.
#[derive(Debug, Clone)]
pub(super) struct Cream {
    pub(super) lot: LotId,
    pub(super) level: i64,
}

/// Rounds to whole kilograms, downwards.
pub(super) fn kilograms(grams: i64) -> i64 {
    grams / 1_000 * 1_000
}

impl Dairy {
    /// One run of a pasteuriser: from a silo (or, when that runs empty, two) into a tank of pasteurised milk.
    pub(super) fn pasteurise(&mut self, now: Second, run: i64) {
        let slot = Slot { area: Area::Heat, start: now, end: now + 125 * MINUTE };
        let drawn = self.draw_silos(run, now, slot.end);
        let mass = total(&drawn);
        if mass == 0 {
            return;
        }
        let name = format!("PAST-{}-{}", self.journal.label(now), run + 1);
        let made = kilograms(mass - mass * self.chance.between(2, 4) / 1_000);
        let tank = lot(&name);
        let mut step = self.journal.step(OperationKind::Produce, "PASTEURISE", &format!("RUN-{name}"), slot);
        // When two silos were drawn from, the moment of the change from one to the other is known.
        let changes = drawn.len() > 1;
        let mut before = 0;
        for part in &drawn {
            let quantity = milli(part.amount, "KGM");
            let at = slot.start + (slot.end - slot.start) * before / mass;
            step = if changes && before > 0 {
                step.draw_at(&part.lot, quantity, self.journal.at(at))
            } else {
                step.draw(&part.lot, quantity)
            };
            before += part.amount;
        }
        step = self.heat_readings(step, slot);
        step = step.equipment(if run % 2 == 0 { "PAST-1" } else { "PAST-2" });
        self.journal.say(slot.end, step.make(output(&tank, "PAST-MILK", milli(made, "KGM"))));
        self.pasteurised.put(tank, made, slot.end + 5 * MINUTE);
    }

    fn heat_readings(&mut self, mut step: Step, slot: Slot) -> Step {
        for part in 1..=3 {
            let at = self.journal.at(slot.start + (slot.end - slot.start) * part / 4);
            let temperature = decimal(self.chance.between(724, 746), 1);
            step = step.reading("temperature", &temperature, "CEL", at);
        }
        let holding = decimal(self.chance.between(155, 178), 1);
        let flow = decimal(self.chance.between(4_600, 5_200), 0);
        let step = step.parameter("holding time", &holding, "SEC").parameter("flow", &flow, "E32");
        step.parameter("phosphatase", "negative", "")
    }

    /// Separates the fullest tank of pasteurised milk into skim milk and cream; the cream tops up its tank.
    pub(super) fn separate(&mut self, now: Second, number: i64) {
        let Some(Stock { lot: milk, left, .. }) = self.pasteurised.take_largest(now) else { return };
        let slot = Slot { area: Area::Heat, start: now, end: now + 50 * MINUTE };
        let label = self.journal.label(now);
        let skim_name = format!("SKIM-{label}-{number}");
        let (skim, cream) = (lot(&skim_name), lot(&format!("CRM-{label}-{number}")));
        let cream_mass = kilograms(left * self.chance.between(84, 93) / 1_000);
        let skim_mass = kilograms(left - cream_mass - left * 2 / 1_000);
        let step = self.journal.step(OperationKind::Produce, "SEPARATE", &format!("SEP-{skim_name}"), slot);
        let step = step.equipment("SEP-1").draw(&milk, milli(left, "KGM"));
        let fat = decimal(self.chance.between(395, 408), 1);
        let step = step.parameter("fat of cream", &fat, "P1");
        let step = step.make(output(&skim, "SKIM-MILK", milli(skim_mass, "KGM")));
        self.journal.say(slot.end, step.make(output(&cream, "CREAM", milli(cream_mass, "KGM"))));
        self.skim.put(skim, skim_mass, slot.end);
        self.top_up_cream(&cream, cream_mass, slot.end);
    }

    /// Tops up the cream tank. What was in it goes into the step and comes out again as the same lot.
    fn top_up_cream(&mut self, cream: &LotId, mass: i64, now: Second) {
        let slot = Slot { area: Area::Heat, start: now, end: now + 8 * MINUTE };
        let mut step = self.journal.step(OperationKind::Merge, "TOP UP CREAM", &format!("TOP-{cream}"), slot);
        step = step.equipment("CREAM-T1").draw(cream, milli(mass, "KGM"));
        let mut level = mass;
        let tank = match self.cream.take() {
            Some(tank) => {
                if tank.level > 0 {
                    step = step.draw(&tank.lot, milli(tank.level, "KGM"));
                    level += tank.level;
                }
                tank.lot
            }
            None => lot(&format!("CREAM-{}", self.journal.label(now))),
        };
        self.journal.say(slot.end, step.make(output(&tank, "CREAM", milli(level, "KGM"))));
        self.cream = Some(Cream { lot: tank, level });
    }

    /// Sells the cream that is left to the butter maker, which empties the tank.
    pub(super) fn sell_cream(&mut self, now: Second) {
        let Some(cream) = self.cream.take().filter(|cream| cream.level > 0) else { return };
        let slot = Slot { area: Area::Store, start: now, end: now };
        let id = format!("SHIP-{}", cream.lot);
        let step = self.journal.step(OperationKind::Ship, "", &id, slot).party(BUTTER_MAKER);
        let step = step.document(&format!("SO-{}-{BUTTER_MAKER}", self.journal.label(now)));
        self.journal.say(now, step.draw(&cream.lot, milli(cream.level, "KGM")));
    }

    fn draw_cream(&mut self, wanted: i64) -> Option<Drawn> {
        let cream = self.cream.as_mut()?;
        let amount = wanted.min(cream.level);
        cream.level -= amount;
        (amount > 0).then(|| Drawn { lot: cream.lot.clone(), amount })
    }

    /// Standardises milk for bottles; returns the tank, or nothing when there is too little milk.
    pub(super) fn standardise(&mut self, now: Second, number: i64) -> Option<Stock> {
        let wanted = (self.pasteurised.available(now) / 2).clamp(2_500_000, 6_200_000);
        let milk = self.pasteurised.draw(wanted, now);
        let skim = self.skim.draw((total(&milk) * 6 / 10).min(3_200_000), now);
        let mass = total(&milk) + total(&skim);
        if mass < 2_000_000 {
            self.return_milk(milk, skim, now);
            return None;
        }
        let slot = Slot { area: Area::Heat, start: now, end: now + 35 * MINUTE };
        let name = format!("STD-{}-{number}", self.journal.label(now));
        let tank = lot(&name);
        let made = mass - mass / 1_000;
        let step = self.journal.step(OperationKind::Produce, "STANDARDISE", &format!("MIX-{name}"), slot);
        let step = draw_all(draw_all(step, &milk, "KGM"), &skim, "KGM");
        let fat = decimal(self.chance.between(247, 256), 2);
        let step = step.equipment("BLEND-T1").parameter("fat", &fat, "P1");
        self.journal.say(slot.end, step.make(output(&tank, "STD-MILK", milli(made, "KGM"))));
        Some(Stock { lot: tank, left: made, ready: slot.end })
    }

    /// There is too little milk to start, so what was measured out is put back into stock.
    fn return_milk(&mut self, milk: Vec<Drawn>, skim: Vec<Drawn>, now: Second) {
        for part in milk {
            self.pasteurised.put(part.lot, part.amount, now);
        }
        for part in skim {
            self.skim.put(part.lot, part.amount, now);
        }
    }

    /// Blends yoghurt milk of milk, skim milk, cream, powder and sugar, and heats it; returns the tank.
    pub(super) fn blend_yoghurt_milk(&mut self, now: Second, number: i64) -> Option<Stock> {
        let wanted = (self.pasteurised.available(now) * 6 / 10).clamp(2_000_000, 5_000_000);
        let milk = self.pasteurised.draw(wanted, now);
        let skim = self.skim.draw(1_200_000, now);
        if total(&milk) + total(&skim) < 1_500_000 {
            self.return_milk(milk, skim, now);
            return None;
        }
        let base = total(&milk) + total(&skim);
        let cream = self.draw_cream(kilograms(base * 3 / 100));
        let powder = self.purchased("SMP", kilograms(base * 4 / 100), now);
        let sugar = self.purchased("SUGAR", kilograms(base * 6 / 100), now);
        let parts: Vec<Drawn> =
            milk.into_iter().chain(skim).chain(cream).chain(powder).chain(sugar).collect();
        let mass = total(&parts);
        let slot = Slot { area: Area::Heat, start: now, end: now + 45 * MINUTE };
        let name = format!("YMX-{}-{number}", self.journal.label(now));
        let tank = lot(&name);
        let made = mass - mass / 1_000;
        let step = self.journal.step(OperationKind::Produce, "BLEND", &format!("MIX-{name}"), slot);
        let step = draw_all(step.equipment("BLEND-T2"), &parts, "KGM");
        let solids = decimal(self.chance.between(148, 156), 1);
        let step = step.parameter("dry matter", &solids, "P1");
        self.journal.say(slot.end, step.make(output(&tank, "YOG-MILK", measured(made, "KGM"))));
        self.heat_treat(&tank, &name, slot.end);
        Some(Stock { lot: tank, left: made, ready: slot.end + HOUR })
    }

    fn heat_treat(&mut self, tank: &LotId, name: &str, now: Second) {
        let slot = Slot { area: Area::Heat, start: now, end: now + 40 * MINUTE };
        let step = self.journal.step(OperationKind::Process, "HEAT TREAT", &format!("HEAT-{name}"), slot);
        let temperature = decimal(self.chance.between(914, 932), 1);
        let holding = decimal(self.chance.between(296, 315), 0);
        let step = step.equipment("BLEND-T2").on_lot(tank);
        let step = step.parameter("temperature", &temperature, "CEL");
        self.journal.say(slot.end, step.parameter("holding time", &holding, "SEC"));
    }
}
