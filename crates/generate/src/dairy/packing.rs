//! The packing lines. They put cups and bottles onto pallets, and packaging may change while a line runs.

use super::Dairy;
use super::catalog::{Area, BOTTLED, Flavour};
use super::journal::{Slot, measured, on_lots};
use crate::calendar::{HOUR, MINUTE, Second};
use crate::pool::Stock;
use crate::record::{Step, decimal, lot, milli, output, text, whole};
use lotgraph_domain::{LotId, OperationKind};

const CUP_GRAMS: i64 = 125;
const CUPS_PER_PALLET: i64 = 4_800;
const CUPS_PER_SECOND: i64 = 5;
const BOTTLE_GRAMS: i64 = 1_030;
const BOTTLES_PER_PALLET: i64 = 640;
/// How long bottles take to fill: four seconds for five of them.
const BOTTLE_SECONDS: (i64, i64) = (4, 5);

/// How long cups, and below bottles, wait for the results of their samples.
const CUPS_WAIT: Second = 30 * HOUR;
const BOTTLES_WAIT: Second = 9 * HOUR;

/// One filling of a line, as planned.
struct Filling {
    /// The number of the line, 1 or 2. It is also in the ids of its pallets.
    line: i64,
    area: Area,
    product: &'static str,
    start: Second,
    end: Second,
    pieces: i64,
    per_pallet: i64,
}

impl Filling {
    fn slot(&self) -> Slot {
        Slot { area: self.area, start: self.start, end: self.end }
    }

    /// When the n-th piece was filled.
    fn moment(&self, piece: i64) -> Second {
        self.start + (self.end - self.start) * piece / self.pieces
    }
}

impl Dairy {
    /// Fills a flavoured batch into cups.
    pub(super) fn fill_cups(&mut self, batch: &Stock, flavour: &'static Flavour) {
        let start = batch.ready.max(self.line_free[0]) + 10 * MINUTE;
        // Only every third day is start-up product kept to be put back, so that the carry-over from batch to
        // batch ends again.
        let kept = if self.day % 3 == 1 { self.chance.between(18, 42) * 1_000 } else { 0 };
        let lost = batch.left * self.chance.between(3, 6) / 1_000;
        let pieces = (batch.left - kept - lost) / CUP_GRAMS;
        let end = start + pieces / CUPS_PER_SECOND;
        let filling = Filling {
            line: 1,
            area: Area::CupLine,
            product: flavour.product,
            start,
            end,
            pieces,
            per_pallet: CUPS_PER_PALLET,
        };
        let mut step = self.begin(&filling, batch);
        step = step.equipment("FILLER-1").equipment("SEALER-1").equipment("TRAYER-1");
        for (code, amount) in
            [("CUP", pieces + pieces * 3 / 1_000), ("FOIL", pieces * 9 / 100), ("TRAY", pieces / 20 + 1)]
        {
            step = self.wrap(step, &filling, code, amount);
        }
        let seal = decimal(self.chance.between(1_860, 1_940), 1);
        let weight = decimal(self.chance.between(12_480, 12_560), 2);
        step = step.parameter("sealing temperature", &seal, "CEL").parameter("mean weight", &weight, "GRM");
        if kept > 0 {
            step = self.keep_back(step, &filling, kept);
        }
        self.finish(step, &filling, CUPS_WAIT);
        self.line_free[0] = end;
    }

    /// Fills a tank of standardised milk into bottles.
    pub(super) fn fill_bottles(&mut self, tank: &Stock) {
        let start = tank.ready.max(self.line_free[1]) + 10 * MINUTE;
        let pieces = (tank.left - tank.left * self.chance.between(2, 5) / 1_000) / BOTTLE_GRAMS;
        let end = start + pieces * BOTTLE_SECONDS.0 / BOTTLE_SECONDS.1;
        let filling = Filling {
            line: 2,
            area: Area::BottleLine,
            product: BOTTLED,
            start,
            end,
            pieces,
            per_pallet: BOTTLES_PER_PALLET,
        };
        let mut step = self.begin(&filling, tank);
        step = step.equipment("FILLER-2").equipment("CAPPER-2");
        let spoilt = self.chance.between(4, 30);
        for (code, amount) in [
            ("BOTTLE", pieces + spoilt),
            ("CAP", pieces + spoilt),
            ("LABEL", pieces + spoilt),
            ("FILM", pieces * 3),
        ] {
            step = self.wrap(step, &filling, code, amount);
        }
        let torque = decimal(self.chance.between(152, 184), 2);
        let temperature = decimal(self.chance.between(32, 52), 1);
        step = step.parameter("closing torque", &torque, "NU").parameter("temperature", &temperature, "CEL");
        self.finish(step, &filling, BOTTLES_WAIT);
        self.line_free[1] = end;
    }

    fn begin(&mut self, filling: &Filling, product: &Stock) -> Step {
        self.fillings += 1;
        let label = self.journal.label(filling.start);
        let id = format!("FILL-{label}-{}-{:02}", filling.line, self.fillings);
        let step = self.journal.step(OperationKind::Produce, "FILL", &id, filling.slot());
        step.work_order(&format!("WO-{label}-{}-{:02}", filling.line, self.fillings))
            .draw(&product.lot, milli(product.left, "KGM"))
    }

    /// Draws the packaging for a whole filling. When a lot of it runs out in between, the moment of the
    /// change is recorded.
    fn wrap(&mut self, mut step: Step, filling: &Filling, code: &str, amount: i64) -> Step {
        let unit = self.unit(code);
        let drawn = self.purchased(code, amount, filling.start);
        let mut before = 0;
        for part in drawn {
            let at = self.journal.at(filling.moment(filling.pieces * before / amount));
            step = step.draw_at(&part.lot, measured(part.amount, unit), at);
            before += part.amount;
        }
        step
    }

    /// The first and last metres of a filling go into a churn, and are stirred into a later batch.
    fn keep_back(&mut self, step: Step, filling: &Filling, mass: i64) -> Step {
        let kept = lot(&format!("RWK-{}-{:02}", self.journal.label(filling.start), self.fillings));
        self.rework.entry(filling.product).or_default().put(kept.clone(), mass, filling.end);
        step.make(output(&kept, "REWORK", milli(mass, "KGM")))
    }

    /// Puts the pieces onto pallets and takes their samples.
    fn finish(&mut self, mut step: Step, filling: &Filling, wait: Second) {
        let label = self.journal.label(filling.start);
        let mut filled = 0;
        let mut pallets: Vec<LotId> = Vec::new();
        while filled < filling.pieces {
            let pieces = filling.per_pallet.min(filling.pieces - filled);
            filled += pieces;
            let number = self.next_pallet(filling);
            let pallet = lot(&format!("PAL-{label}-{}-{number:02}", filling.line));
            let mut output = output(&pallet, filling.product, whole(pieces, "H87"));
            output.at = Some(self.journal.at(filling.moment(filled)));
            let best_before = self.best_before(filling);
            output.attributes.insert(text("best before"), text(&best_before));
            step = step.make(output);
            self.goods.entry(filling.product).or_default().put(pallet.clone(), pieces, filling.end + wait);
            pallets.push(pallet);
        }
        self.journal.say(filling.end, step);
        self.sample(filling, &pallets);
    }

    /// Pallets are numbered through the day on each line.
    fn next_pallet(&mut self, filling: &Filling) -> u32 {
        let day = filling.start.div_euclid(crate::calendar::DAY);
        let counter = &mut self.pallets[filling.line as usize - 1];
        if counter.0 != day {
            *counter = (day, 0);
        }
        counter.1 += 1;
        counter.1
    }

    fn best_before(&self, filling: &Filling) -> String {
        let days = if filling.line == 1 { 28 } else { 10 };
        let date = self.calendar.date(filling.start + days * crate::calendar::DAY);
        date.to_string()
    }

    fn sample(&mut self, filling: &Filling, pallets: &[LotId]) {
        let end = filling.end + 2 * HOUR;
        let slot = Slot { area: Area::Store, start: filling.end + HOUR, end };
        let label = self.journal.label(filling.start);
        let id = format!("TEST-{label}-{}-{:02}", filling.line, self.fillings);
        let step = self.journal.step(OperationKind::Process, "TEST PRODUCT", &id, slot);
        let step = on_lots(step.equipment("COLD-1"), pallets);
        let (low, high) = if filling.line == 1 { (418, 440) } else { (664, 676) };
        let ph = decimal(self.chance.between(low, high), 2);
        let temperature = decimal(self.chance.between(34, 56), 1);
        let step = step.parameter("pH", &ph, "Q30").parameter("temperature", &temperature, "CEL");
        self.journal.say(end, step.parameter("coliforms", "<1", ""));
    }
}
