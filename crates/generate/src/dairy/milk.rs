//! Milk reception: deliveries, the test of each, and the silos, which are refilled, drawn from and now and
//! then emptied.

use super::catalog::{Area, FARMS};
use super::journal::{Slot, measured};
use super::{Dairy, SEED};
use crate::calendar::{DAY, HOUR, MINUTE, Second};
use crate::chance::Chance;
use crate::pool::Drawn;
use crate::record::{self, Step, decimal, lot, milli, output};
use lotgraph_domain::{Disposition, LotId, OperationKind};

/// A raw-milk silo. Its lot begins with the first delivery after a cleaning, and ends when the silo is
/// emptied.
#[derive(Debug, Clone, Default)]
pub(super) struct Silo {
    pub(super) lot: Option<LotId>,
    /// How many grams are in it.
    pub(super) level: i64,
    /// The silo is being cleaned until this second.
    closed_until: Second,
}

const SILOS: usize = 3;
const CAPACITY: i64 = 60_000_000;
/// Grams that always stay in a silo, unless it is to be emptied.
const RESIDUE: i64 = 500_000;
/// How many runs of a pasteuriser it takes to empty a silo.
const EMPTYING_RUNS: i64 = 3;
/// The density of milk in thousandths of a gram per millilitre.
const MILK_DENSITY: i64 = 1_030;

/// Deliveries that were refused because of antibiotics: day (from 0), farm, trip.
const REFUSED: [(i64, &str, u32); 2] = [(6, "F07", 2), (19, "F02", 1)];
/// The delivery for which the wrong silo was scanned.
const MISTAKE: (i64, &str, u32) = (13, "F05", 2);
/// The event that names the wrong silo.
pub const MISTAKEN_EVENT: &str = "UNL-0314-F05-2";
/// The event that replaces it.
pub const CORRECTED_EVENT: &str = "UNL-0314-F05-2-R";

/// The delivery whose cooling failed: the demo's investigation leads to it.
const WARM: (i64, &str, u32) = (27, "F05", 2);
/// The temperature of that delivery in tenths of a degree. Milk may arrive with at most 10 °C (Regulation
/// (EC) 853/2004, annex III, section IX).
const WARM_TEMPERATURE: i64 = 118;

/// One delivery on its way from the tanker into a silo.
struct Delivery {
    name: String,
    lot: LotId,
    litres: i64,
    arrival: Second,
    place: (i64, &'static str, u32),
}

/// The silo whose turn it is to be emptied on a day. On the first day there is none.
fn emptied_on(day: i64) -> Option<usize> {
    (day > 0).then(|| (day % SILOS as i64) as usize)
}

impl Dairy {
    /// When tankers arrive on a day: (second of the plant, farm, trip).
    pub(super) fn arrivals(&mut self, day: i64) -> Vec<(Second, usize, u32)> {
        let mut arrivals = Vec::new();
        for (index, farm) in FARMS.iter().enumerate() {
            let order = index as Second;
            let trips = [5 * HOUR + 20 * MINUTE, 15 * HOUR + 40 * MINUTE, 11 * HOUR + 30 * MINUTE];
            for trip in 1..=farm.trips {
                let planned = trips[trip as usize - 1] + order * 24 * MINUTE;
                let jitter = self.chance.between(-420, 420);
                arrivals.push((day * DAY + planned + jitter, index, trip));
            }
        }
        arrivals
    }

    /// A tanker arrives, is tested, and pumps its milk into a silo.
    pub(super) fn deliver(&mut self, now: Second, farm: usize, trip: u32) {
        let delivery = self.receive_milk(now, farm, trip);
        let refused = REFUSED.contains(&delivery.place);
        let tested = now + 12 * MINUTE;
        self.test_milk(&delivery, tested, refused);
        if refused {
            self.throw_away(&delivery, tested + MINUTE);
            return;
        }
        self.unload(&delivery);
    }

    /// A delivery that failed its test is held, released for scrapping only, and thrown away.
    fn throw_away(&mut self, delivery: &Delivery, now: Second) {
        let reason = "antibiotics found";
        let (hold, at) = (format!("HOLD-{}", delivery.name), self.journal.at(now));
        self.journal.write(now, record::hold(&hold, at, &delivery.lot, reason, "RESIDUES"));
        let decided = now + 5 * MINUTE;
        let (id, at) = (format!("REL-{}", delivery.name), self.journal.at(decided));
        self.journal.write(decided, record::release(&id, at, &hold, "to be disposed of", Disposition::Scrap));
        let end = now + 8 * MINUTE;
        let slot = Slot { area: Area::Reception, start: end, end };
        let id = format!("SCR-{}", delivery.name);
        let step = self.journal.step(OperationKind::Scrap, "", &id, slot).reason(reason);
        let step = step.draw(&delivery.lot, measured(delivery.litres, "LTR"));
        self.journal.say(end, step);
    }

    fn receive_milk(&mut self, now: Second, index: usize, trip: u32) -> Delivery {
        let farm = &FARMS[index];
        let place = (now.div_euclid(DAY), farm.code, trip);
        let run = format!("{}-{}-{trip}", self.journal.label(now), farm.code);
        let name = format!("MILK-{run}");
        let litres = self.chance.between(farm.load.0, farm.load.1) * 10_000;
        let delivered = lot(&name);
        let mut output = output(&delivered, "RAW-MILK", measured(litres, "LTR"));
        let day_of_year = 60 + now.div_euclid(DAY);
        output.supplier_lot = Some(record::text(&format!("{}/26-{day_of_year:03}-{trip}", farm.code)));
        let tanker = format!("TANKER-{}", self.chance.between(1, 6));
        output.attributes.insert(record::text("tanker"), record::text(&tanker));
        let slot = Slot { area: Area::Reception, start: now, end: now };
        let step = self.journal.step(OperationKind::Receive, "", &format!("REC-{name}"), slot);
        let step = step.party(farm.code).document(&format!("DN-{run}")).make(output);
        self.journal.say(now, step);
        Delivery { name, lot: delivered, litres, arrival: now, place }
    }

    fn test_milk(&mut self, delivery: &Delivery, at: Second, refused: bool) {
        let slot = Slot { area: Area::Reception, start: at - 8 * MINUTE, end: at };
        let id = format!("TEST-{}", delivery.name);
        let mut step = self.journal.step(OperationKind::Process, "TEST RAW MILK", &id, slot);
        step = step.equipment("RAW-LAB").on_lot(&delivery.lot);
        for (name, low, high, scale, unit) in [
            ("temperature", 32, 58, 1, "CEL"),
            ("fat", 378, 442, 2, "P1"),
            ("protein", 318, 356, 2, "P1"),
            ("pH", 662, 676, 2, "Q30"),
        ] {
            let usual = self.chance.between(low, high);
            let warm = name == "temperature" && delivery.place == WARM;
            let value = decimal(if warm { WARM_TEMPERATURE } else { usual }, scale);
            step = step.parameter(name, &value, unit);
        }
        let antibiotics = if refused { "positive" } else { "negative" };
        self.journal.say(at, step.parameter("antibiotics", antibiotics, ""));
    }

    fn unload(&mut self, delivery: &Delivery) {
        let start = delivery.arrival + 25 * MINUTE;
        let end = start + 22 * MINUTE;
        let silo = self.receiving_silo(start);
        let mass = delivery.litres * MILK_DENSITY / 1_000;
        // A little milk stays in the hoses. The rest is rounded down to whole kilograms.
        let mass = (mass - mass * self.chance.between(1, 3) / 1_000) / 1_000 * 1_000;
        let label = self.journal.label(start);
        let slot = Slot { area: Area::Reception, start, end };
        let target = self.silos[silo].lot.get_or_insert_with(|| lot(&format!("SILO-{}-{label}", silo + 1)));
        let target = target.clone();
        self.silos[silo].level += mass;
        if delivery.place == MISTAKE {
            self.mistake(delivery, silo, mass, slot);
            return;
        }
        let id = delivery.name.replacen("MILK", "UNL", 1);
        let step = self.pumped(&id, delivery, (silo, &target), mass, slot);
        self.journal.say(end, step);
    }

    fn pumped(&self, id: &str, delivery: &Delivery, silo: (usize, &LotId), mass: i64, slot: Slot) -> Step {
        let bay = if delivery.arrival % 2 == 0 { "BAY-1" } else { "BAY-2" };
        self.journal
            .step(OperationKind::Produce, "UNLOAD", id, slot)
            .equipment(bay)
            .equipment(&format!("SILO-{}", silo.0 + 1))
            .draw(&delivery.lot, measured(delivery.litres, "LTR"))
            .make(output(silo.1, "SILO-MILK", milli(mass, "KGM")))
    }

    /// The wrong silo is scanned. Half an hour later the event is withdrawn and replaced.
    fn mistake(&mut self, delivery: &Delivery, silo: usize, mass: i64, slot: Slot) {
        let wrong = (silo + 1) % SILOS;
        let wrong = if self.silos[wrong].lot.is_some() { wrong } else { (silo + 2) % SILOS };
        let (Some(right_lot), Some(wrong_lot)) =
            (self.silos[silo].lot.clone(), self.silos[wrong].lot.clone())
        else {
            return;
        };
        let scanned = self.pumped(MISTAKEN_EVENT, delivery, (wrong, &wrong_lot), mass, slot);
        let corrected = self.pumped(CORRECTED_EVENT, delivery, (silo, &right_lot), mass, slot);
        self.journal.say(slot.end, scanned);
        let noticed = slot.end + 34 * MINUTE;
        let reason = format!("wrong silo scanned: the milk went into silo {}, not {}", silo + 1, wrong + 1);
        let void = record::void("VOID-0314-1", MISTAKEN_EVENT, &reason, CORRECTED_EVENT);
        self.journal.write(noticed, void);
        self.journal.say(noticed, corrected);
    }

    /// Where a delivery goes: of the silos that are not full, not being cleaned and not to be emptied today,
    /// the emptiest.
    fn receiving_silo(&self, now: Second) -> usize {
        let turn = emptied_on(now.div_euclid(DAY));
        let open = |index: &usize| {
            let silo = &self.silos[*index];
            let waits = turn == Some(*index) && silo.lot.is_some() && now % DAY < 20 * HOUR;
            !waits && silo.closed_until <= now && silo.level + 4_500_000 <= CAPACITY
        };
        let emptiest = (0..SILOS).filter(open).min_by_key(|index| self.silos[*index].level);
        // When no silo can be used, the delivery must go somewhere all the same: the emptiest of all is the
        // least bad choice.
        emptiest.or_else(|| (0..SILOS).min_by_key(|index| self.silos[*index].level)).unwrap_or(0)
    }

    /// What a run (0 to 5 of a day) of a pasteuriser draws from the silos: the share of each, in the order
    /// drawn.
    pub(super) fn draw_silos(&mut self, run: i64, now: Second, end: Second) -> Vec<Drawn> {
        let turn = emptied_on(now.div_euclid(DAY)).filter(|index| self.silos[*index].lot.is_some());
        match turn {
            Some(index) if run < EMPTYING_RUNS => self.draw_down(index, EMPTYING_RUNS - run, end),
            _ => {
                let total: i64 = self.silos.iter().map(|silo| silo.level).sum();
                let wanted = ((total - 18_000_000) / (6 - run)).clamp(5_000_000, 11_000_000);
                self.draw_fullest(wanted / 100_000 * 100_000, turn)
            }
        }
    }

    /// Empties a silo over the runs that are left. When little was in it, the last run goes on with another
    /// silo.
    fn draw_down(&mut self, index: usize, runs_left: i64, end: Second) -> Vec<Drawn> {
        let silo = &mut self.silos[index];
        let Some(lot) = silo.lot.clone() else { return Vec::new() };
        let amount = if runs_left == 1 { silo.level } else { silo.level / runs_left / 100_000 * 100_000 };
        silo.level -= amount;
        if runs_left > 1 {
            return if amount > 0 { vec![Drawn { lot, amount }] } else { Vec::new() };
        }
        *silo = Silo { closed_until: end + HOUR, ..Silo::default() };
        self.clean(index, &lot, end);
        let mut drawn = vec![Drawn { lot, amount }];
        if amount < 6_000_000 {
            drawn.extend(self.draw_fullest(7_000_000 - amount / 1_000_000 * 1_000_000, Some(index)));
        }
        drawn
    }

    /// Cleans an emptied silo in place, with hot lye; that ends its lot.
    fn clean(&mut self, index: usize, emptied: &LotId, from: Second) {
        let slot = Slot { area: Area::Reception, start: from + 5 * MINUTE, end: from + 55 * MINUTE };
        // The choices here come from a source of their own, so that the rest of the plant is as it was before
        // cleans were added.
        let mut chance = Chance::new(SEED, 1 + slot.start.unsigned_abs());
        let lye = decimal(chance.between(742, 786), 1);
        let step = self.journal.step(OperationKind::Clean, "CLEAN IN PLACE", &format!("CIP-{emptied}"), slot);
        let step = step.equipment(&format!("SILO-{}", index + 1)).on_lot(emptied);
        self.journal.say(slot.end, step.parameter("lye temperature", &lye, "CEL"));
    }

    fn draw_fullest(&mut self, wanted: i64, except: Option<usize>) -> Vec<Drawn> {
        let candidates = (0..SILOS).filter(|index| Some(*index) != except);
        let Some(fullest) = candidates.max_by_key(|index| self.silos[*index].level) else {
            return Vec::new();
        };
        let silo = &mut self.silos[fullest];
        let amount = wanted.min(silo.level - RESIDUE);
        match &silo.lot {
            Some(lot) if amount > 0 => {
                silo.level -= amount;
                vec![Drawn { lot: lot.clone(), amount }]
            }
            _ => Vec::new(),
        }
    }
}
