//! Discrete assembly: components to boards to modules to serial items, cartons and shipments.
//!
//! A campaign is one work order of [`PANELS`] panels: about 1,500 lots. Within it, a component lot goes into
//! some panels, each of which becomes 5 modules and 50 serial items: its forward closure has tens to hundreds
//! of lots, as has the backward closure of a carton. Some items are reworked (both input and output of the
//! operation), some boards are scrapped.

use chrono::NaiveDate;

use super::calendar::{Calendar, HOUR, MINUTE, Second};
use super::campaign::{Purchase, Roster, Supply, Warehouse, Work};
use super::chance::Chance;
use super::record::{self, decimal, lot, output, whole};
use super::stream::Plant;
use lotgraph_domain::{Event, LotId, MaterialClass, OperationKind, PartyRole};

/// Panels of a campaign.
pub const PANELS: u32 = 24;
/// How long a campaign takes: one shift.
const CAMPAIGN: Second = 8 * HOUR;
const BOARDS_PER_PANEL: i64 = 50;
const BOARDS_PER_MODULE: i64 = 10;
const ITEMS_PER_CARTON: usize = 20;

/// What is bought. Lots are counted in pieces: 200 boards last for four panels of 50.
const PURCHASES: [Purchase; 12] = [
    buy("PCB", 200, &["SUP-01", "SUP-02"]),
    buy("MCU", 150, &["SUP-03"]),
    buy("CAPACITOR", 6_000, &["SUP-04", "SUP-05"]),
    buy("RESISTOR", 16_000, &["SUP-04"]),
    buy("SOLDER", 250, &["SUP-06"]),
    buy("HOUSING", 200, &["SUP-07", "SUP-08"]),
    buy("DISPLAY", 50, &["SUP-09"]),
    buy("SCREW", 2_400, &["SUP-10"]),
    buy("BATTERY", 50, &["SUP-11", "SUP-12"]),
    buy("LABEL", 400, &["SUP-13"]),
    buy("MANUAL", 300, &["SUP-13"]),
    buy("BOX", 20, &["SUP-14"]),
];
const SMT_PARTS: [(usize, i64); 5] = [(0, 1), (1, 1), (2, 20), (3, 40), (4, 1)];
const MODULE_PARTS: [(usize, i64); 3] = [(5, 1), (6, 1), (7, 4)];
const ITEM_PARTS: [(usize, i64); 3] = [(8, 1), (9, 1), (10, 1)];
const BATTERY: usize = 8;
const BOX: usize = 11;

const CUSTOMERS: [&str; 6] = ["CUS-01", "CUS-02", "CUS-03", "CUS-04", "CUS-05", "CUS-06"];
const OPERATORS: &[(&str, &str)] = &[
    ("A-OP-01", "Ada Brandt"),
    ("A-OP-02", "Ben Castell"),
    ("A-OP-03", "Cora Dietz"),
    ("A-OP-04", "Dario Engel"),
    ("A-OP-05", "Edda Falk"),
    ("A-OP-06", "Finn Gerlach"),
    ("A-OP-07", "Greta Holm"),
    ("A-OP-08", "Hugo Imhof"),
    ("A-OP-09", "Ines Jansen"),
];
const EQUIPMENT: [(&str, &str, &str); 8] = [
    ("A-SITE", "Assembly works", ""),
    ("A-SMT", "Board area", "A-SITE"),
    ("A-SMT-1", "Placement line", "A-SMT"),
    ("A-AOI-1", "Optical inspection", "A-SMT"),
    ("A-FINAL", "Final assembly", "A-SITE"),
    ("A-MOD-1", "Module bench", "A-FINAL"),
    ("A-ITEM-1", "Item bench", "A-FINAL"),
    ("A-PACK-1", "Packing bench", "A-FINAL"),
];

const fn buy(material: &'static str, lot_size: i64, suppliers: &'static [&'static str]) -> Purchase {
    Purchase { material, unit: "H87", lot_size, suppliers }
}

/// An assembly plant, panel by panel.
#[derive(Debug)]
pub struct Assembly {
    seed: u64,
    lots_wanted: u64,
    lots: u64,
    calendar: Calendar,
    roster: Roster,
    next_campaign: u64,
    campaign: Option<Campaign>,
}

/// What a campaign remembers from one panel to the next.
#[derive(Debug)]
struct Campaign {
    number: u64,
    chance: Chance,
    panels: u32,
    modules: u32,
    items: u32,
    cartons: u32,
    shipments: u32,
    supplies: Vec<Supply>,
    unpacked: Vec<LotId>,
    warehouse: Warehouse,
}

impl Assembly {
    /// A plant of about this many lots.
    #[must_use]
    pub fn new(lots: u64, seed: u64) -> Self {
        let first = NaiveDate::from_ymd_opt(2020, 1, 6).expect("a date of the calendar");
        Self {
            seed,
            lots_wanted: lots,
            lots: 0,
            calendar: Calendar::new(first, 8),
            roster: Roster::new(OPERATORS),
            next_campaign: 0,
            campaign: None,
        }
    }

    /// The n-th lot (from 1) of a component in a campaign (from 0). For example, `component(0, "RESISTOR",
    /// 1)` goes into eight panels.
    #[must_use]
    pub fn component(campaign: u64, material: &str, n: u32) -> LotId {
        lot(&Supply::lot_name(material, campaign, n))
    }

    /// Lots so far.
    #[must_use]
    pub fn lots(&self) -> u64 {
        self.lots
    }
}

impl Plant for Assembly {
    fn advance(&mut self, events: &mut Vec<Event>) -> bool {
        if self.lots >= self.lots_wanted {
            return false;
        }
        if self.next_campaign == 0 && self.campaign.is_none() {
            declare(events);
        }
        let (seed, next) = (self.seed, &mut self.next_campaign);
        let campaign = self.campaign.get_or_insert_with(|| {
            *next += 1;
            Campaign::new(*next - 1, seed)
        });
        // Times inside a campaign depend on its number alone, so that a larger plant begins like a smaller
        // one.
        let start = HOUR * 6 + campaign.number as Second * CAMPAIGN;
        let now = start + Second::from(campaign.panels) * (CAMPAIGN / Second::from(PANELS));
        let mut work = Work {
            campaign: campaign.number,
            calendar: self.calendar,
            now,
            roster: &mut self.roster,
            events,
            lots: &mut self.lots,
        };
        campaign.panel(&mut work);
        if campaign.panels == PANELS {
            campaign.ship(&mut work, 1);
            self.campaign = None;
        }
        true
    }

    fn remembered(&self) -> usize {
        self.campaign.as_ref().map_or(0, Campaign::remembered)
    }
}

fn declare(events: &mut Vec<Event>) {
    for purchase in &PURCHASES {
        let class = if purchase.material == "BOX" { MaterialClass::Packaging } else { MaterialClass::Raw };
        let name = format!("{} (bought)", purchase.material.to_lowercase());
        events.push(record::material(purchase.material, &name, "H87", class, &[]));
    }
    for (code, name, class) in [
        ("BOARD", "Populated boards", MaterialClass::Intermediate),
        ("MODULE", "Modules", MaterialClass::Intermediate),
        ("ITEM", "Serial item", MaterialClass::Finished),
        ("CARTON", "Carton of items", MaterialClass::Finished),
    ] {
        events.push(record::material(code, name, "H87", class, &[]));
    }
    events.extend(EQUIPMENT.iter().map(|(code, name, parent)| record::equipment(code, name, parent)));
    events.extend(OPERATORS.iter().map(|(code, name)| record::operator(code, name)));
    for n in 1..=14 {
        let code = format!("SUP-{n:02}");
        events.push(record::party(&code, &format!("Component supplier {n}"), PartyRole::Supplier));
    }
    for (n, code) in CUSTOMERS.iter().enumerate() {
        events.push(record::party(code, &format!("Customer {}", n + 1), PartyRole::Customer));
    }
}

impl Campaign {
    fn new(number: u64, seed: u64) -> Self {
        Self {
            number,
            chance: Chance::new(seed, number),
            panels: 0,
            modules: 0,
            items: 0,
            cartons: 0,
            shipments: 0,
            supplies: PURCHASES.iter().map(|purchase| Supply::new(*purchase)).collect(),
            unpacked: Vec::new(),
            warehouse: Warehouse::new(),
        }
    }

    fn remembered(&self) -> usize {
        let supplies: usize = self.supplies.iter().map(Supply::remembered).sum();
        supplies + self.unpacked.len() + self.warehouse.len()
    }

    fn name(&self, kind: &str, n: u32) -> String {
        format!("{kind}-{:05}-{n:02}", self.number)
    }

    /// One panel and everything that is made of it.
    fn panel(&mut self, work: &mut Work<'_>) {
        self.panels += 1;
        let name = self.name("PNL", self.panels);
        let panel = lot(&name);
        let mut step =
            work.step(OperationKind::Produce, "PLACE", &format!("SMT-{name}"), 9 * MINUTE, ("A-SMT-1", 0));
        for (part, each) in SMT_PARTS {
            step = self.supplies[part].draw(each * BOARDS_PER_PANEL, step, work);
        }
        let peak = decimal(self.chance.between(2_420, 2_480), 1);
        let speed = decimal(self.chance.between(78, 92), 0);
        step = step.work_order(&format!("WO-{:05}", self.number)).make(output(
            &panel,
            "BOARD",
            whole(BOARDS_PER_PANEL, "H87"),
        ));
        work.say(step.parameter("peak temperature", &peak, "CEL").parameter("speed", &speed, "E33"));
        work.count_lots(1);
        work.now += 10 * MINUTE;
        let good = self.inspect(&panel, &name, work);
        let mut left = good;
        while left > 0 {
            let boards = left.min(BOARDS_PER_MODULE);
            self.module(&panel, boards, work);
            left -= boards;
        }
    }

    /// Inspects a panel in place; boards that fail are scrapped. Returns how many are good.
    fn inspect(&mut self, panel: &LotId, name: &str, work: &mut Work<'_>) -> i64 {
        let found = if self.chance.percent(30) { self.chance.between(1, 3) } else { 0 };
        let step =
            work.step(OperationKind::Process, "INSPECT", &format!("AOI-{name}"), MINUTE, ("A-AOI-1", 1));
        let found_text = found.to_string();
        work.say(step.on_lot(panel).parameter("boards failed", &found_text, "H87"));
        if found > 0 {
            let step =
                work.step(OperationKind::Scrap, "", &format!("SCR-{name}"), 2 * MINUTE, ("A-AOI-1", 1));
            work.say(step.reason("solder bridge").draw(panel, whole(found, "H87")));
        }
        BOARDS_PER_PANEL - found
    }

    fn module(&mut self, panel: &LotId, boards: i64, work: &mut Work<'_>) {
        self.modules += 1;
        let name = self.name("MOD", self.modules);
        let module = lot(&name);
        let id = format!("ASM-{name}");
        let mut step = work.step(OperationKind::Produce, "MODULE", &id, MINUTE, ("A-MOD-1", 2));
        step = step.draw(panel, whole(boards, "H87"));
        for (part, each) in MODULE_PARTS {
            step = self.supplies[part].draw(each * boards, step, work);
        }
        let torque = decimal(self.chance.between(58, 66), 2);
        step = step.parameter("torque", &torque, "NU");
        work.say(step.make(output(&module, "MODULE", whole(boards, "H87"))));
        work.count_lots(1);
        work.now += MINUTE;
        for _ in 0..boards {
            self.item(&module, work);
        }
        work.now += MINUTE;
        while self.unpacked.len() >= ITEMS_PER_CARTON {
            self.pack(work);
        }
    }

    fn item(&mut self, module: &LotId, work: &mut Work<'_>) {
        self.items += 1;
        let name = format!("SN-{:05}-{:04}", self.number, self.items);
        let item = lot(&name);
        let mut step =
            work.step(OperationKind::Produce, "ASSEMBLE", &format!("FIN-{name}"), 30, ("A-ITEM-1", 3));
        step = step.draw(module, whole(1, "H87"));
        for (part, each) in ITEM_PARTS {
            step = self.supplies[part].draw(each, step, work);
        }
        let voltage = decimal(self.chance.between(3_680, 3_790), 3);
        step = step.parameter("voltage", &voltage, "VLT");
        work.say(step.make(output(&item, "ITEM", whole(1, "H87"))));
        work.count_lots(1);
        if self.chance.percent(3) {
            self.rework(&item, &name, work);
        }
        self.unpacked.push(item);
    }

    /// Gives an item a new battery. It is consumed by the step and comes out of it as itself.
    fn rework(&mut self, item: &LotId, name: &str, work: &mut Work<'_>) {
        let id = format!("RWK-{name}");
        let mut step = work.step(OperationKind::Rework, "REWORK", &id, 50, ("A-ITEM-1", 3));
        step = step.reason("voltage out of range").draw(item, whole(1, "H87"));
        step = self.supplies[BATTERY].draw(1, step, work);
        work.say(step.make(output(item, "ITEM", whole(1, "H87"))));
    }

    fn pack(&mut self, work: &mut Work<'_>) {
        self.cartons += 1;
        let name = self.name("CTN", self.cartons);
        let carton = lot(&name);
        let mut step =
            work.step(OperationKind::Repack, "PACK", &format!("PCK-{name}"), MINUTE, ("A-PACK-1", 4));
        for item in self.unpacked.drain(..ITEMS_PER_CARTON) {
            step = step.draw(&item, whole(1, "H87"));
        }
        step = self.supplies[BOX].draw(1, step, work);
        let items = ITEMS_PER_CARTON as i64;
        work.say(step.make(output(&carton, "CARTON", whole(items, "H87"))));
        work.count_lots(1);
        self.warehouse.push_back((carton, items));
        self.ship(work, 6);
    }

    /// Ships a few cartons, once at least `cartons` of them wait.
    fn ship(&mut self, work: &mut Work<'_>, cartons: usize) {
        while self.warehouse.len() >= cartons {
            self.shipments += 1;
            let name = self.name("SHP", self.shipments);
            let customer = *self.chance.pick(&CUSTOMERS);
            let mut step =
                work.step(OperationKind::Ship, "", &name, 5 * MINUTE, ("A-PACK-1", 4)).party(customer);
            step = step.document(&format!("SO-{name}"));
            let size = (self.chance.between(1, 6) as usize).min(self.warehouse.len());
            for (carton, items) in self.warehouse.drain(..size) {
                step = step.draw(&carton, whole(items, "H87"));
            }
            work.say(step);
        }
    }
}
