//! A process plant: refilled tanks in which some of the old content always stays (the heel), blends, splits
//! and rework.
//!
//! A campaign is [`BATCHES`] batches between two cleanings of the tanks: about 14,500 lots; the first has
//! [`FIRST_BATCHES`] and about 3,000, so that a small plant completes one, too. Deliveries refill a storage
//! tank; every batch draws from it and starts on the heel of the batch before; every batch tops up a blend
//! tank, which is both input and output of that step; the blend is split into containers and filled into
//! drums. So nearly everything that follows a delivery within its campaign is affected by it: closures have
//! thousands of lots, and hundreds of operations touch the same tank.

use chrono::NaiveDate;

use super::calendar::{Calendar, HOUR, MINUTE, Second};
use super::campaign::{Purchase, Roster, Supply, Work};
use super::chance::Chance;
use super::record::{self, Step, decimal, lot, output, whole};
use super::stream::Plant;
use lotgraph_domain::{Event, LotId, MaterialClass, OperationKind, PartyRole};

/// Batches of a campaign.
pub const BATCHES: u32 = 290;
/// Batches of the first campaign.
pub const FIRST_BATCHES: u32 = 60;
/// The time from one batch to the next. Reactors work in parallel.
const BATCH: Second = 20 * MINUTE;
/// How long a campaign takes. The steps of a batch overlap with the next batches, because several reactors
/// share the tanks.
const CAMPAIGN: Second = BATCH * BATCHES as Second + 2 * HOUR;

const DELIVERY_KG: i64 = 24_000;
const BATCH_KG: i64 = 8_000;
/// How much stays in a reactor for the next batch.
const HEEL_KG: i64 = 400;
const BLEND_HEEL_KG: i64 = 5_000;
const CONTAINER_KG: i64 = 1_000;
const DRUMS_PER_CONTAINER: i64 = 5;

const PURCHASES: [Purchase; 4] = [
    buy("ADDITIVE", 1_200, &["P-SUP-2", "P-SUP-3"]),
    buy("INHIBITOR", 90, &["P-SUP-4"]),
    buy("PIGMENT", 900, &["P-SUP-5"]),
    Purchase { material: "DRUM", unit: "H87", lot_size: 240, suppliers: &["P-SUP-6"] },
];
/// The supplies that go into each batch, and how much of each.
const BATCH_PARTS: [(usize, i64); 2] = [(0, 160), (1, 6)];
const PIGMENT: usize = 2;
const DRUM: usize = 3;

const HAULIERS: [&str; 2] = ["P-SUP-1", "P-SUP-7"];
const CUSTOMERS: [&str; 5] = ["P-CUS-1", "P-CUS-2", "P-CUS-3", "P-CUS-4", "P-CUS-5"];
const OPERATORS: &[(&str, &str)] = &[
    ("P-OP-01", "Ilka Kern"),
    ("P-OP-02", "Jonas Lund"),
    ("P-OP-03", "Karin Moss"),
    ("P-OP-04", "Lars Noll"),
    ("P-OP-05", "Mona Ott"),
    ("P-OP-06", "Nils Pauli"),
    ("P-OP-07", "Olga Quast"),
    ("P-OP-08", "Paul Reuter"),
    ("P-OP-09", "Rita Sommer"),
];
const EQUIPMENT: [(&str, &str, &str); 8] = [
    ("P-SITE", "Resin works", ""),
    ("P-TANKS", "Tank farm", "P-SITE"),
    ("P-TANK-1", "Storage tank", "P-TANKS"),
    ("P-BLEND-1", "Blend tank", "P-TANKS"),
    ("P-REACT", "Reactor hall", "P-SITE"),
    ("P-REACTOR-1", "Reactor 1", "P-REACT"),
    ("P-REACTOR-2", "Reactor 2", "P-REACT"),
    ("P-FILL-1", "Filling station", "P-SITE"),
];

const fn buy(material: &'static str, lot_size: i64, suppliers: &'static [&'static str]) -> Purchase {
    Purchase { material, unit: "KGM", lot_size, suppliers }
}

/// A process plant, batch by batch.
#[derive(Debug)]
pub struct Process {
    seed: u64,
    lots_wanted: u64,
    lots: u64,
    calendar: Calendar,
    roster: Roster,
    next_campaign: u64,
    campaign: Option<Campaign>,
}

/// A tank, silo or reactor: the lot in it and how much of it.
#[derive(Debug, Clone)]
struct Vessel {
    lot: LotId,
    level: i64,
}

/// What a campaign remembers from one batch to the next.
#[derive(Debug)]
struct Campaign {
    number: u64,
    chance: Chance,
    batches: u32,
    deliveries: u32,
    containers: u32,
    drums: u32,
    shipments: u32,
    storage: Vessel,
    blend: Vessel,
    heel: Option<Vessel>,
    off_spec: Option<Vessel>,
    supplies: Vec<Supply>,
    waiting: Vec<Vessel>,
}

impl Process {
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

    /// The n-th delivery (from 1) of a campaign (from 0). The first campaign has about 20, the others about
    /// 100. The first delivery reaches nearly all of its campaign, the one in the middle about half.
    #[must_use]
    pub fn delivery(campaign: u64, n: u32) -> LotId {
        lot(&delivery_name(campaign, n))
    }

    /// Lots so far.
    #[must_use]
    pub fn lots(&self) -> u64 {
        self.lots
    }
}

fn batches(campaign: u64) -> u32 {
    if campaign == 0 { FIRST_BATCHES } else { BATCHES }
}

fn delivery_name(campaign: u64, n: u32) -> String {
    format!("MONOMER-{campaign:05}-{n:03}")
}

impl Plant for Process {
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
        let start = 6 * HOUR + campaign.number as Second * CAMPAIGN;
        let mut work = Work {
            campaign: campaign.number,
            calendar: self.calendar,
            now: start + Second::from(campaign.batches) * BATCH,
            roster: &mut self.roster,
            events,
            lots: &mut self.lots,
        };
        campaign.batch(&mut work);
        if campaign.batches == batches(campaign.number) {
            self.campaign = None;
        }
        true
    }

    fn remembered(&self) -> usize {
        self.campaign.as_ref().map_or(0, Campaign::remembered)
    }
}

fn declare(events: &mut Vec<Event>) {
    use MaterialClass::{Finished, Intermediate, Packaging, Raw};
    for (code, name, unit, class) in [
        ("MONOMER", "Monomer, as delivered", "KGM", Raw),
        ("ADDITIVE", "Additive", "KGM", Raw),
        ("INHIBITOR", "Inhibitor", "KGM", Raw),
        ("PIGMENT", "Pigment", "KGM", Raw),
        ("DRUM", "Steel drum", "H87", Packaging),
        ("STORED", "Monomer in storage", "KGM", Intermediate),
        ("RESIN", "Resin, one batch", "KGM", Intermediate),
        ("BLEND", "Resin blend", "KGM", Intermediate),
        ("CONTAINER", "Resin in a container", "KGM", Intermediate),
        ("DRUMMED", "Resin in a drum", "KGM", Finished),
    ] {
        events.push(record::material(code, name, unit, class, &[]));
    }
    events.extend(EQUIPMENT.iter().map(|(code, name, parent)| record::equipment(code, name, parent)));
    events.extend(OPERATORS.iter().map(|(code, name)| record::operator(code, name)));
    for n in 1..=7 {
        let code = format!("P-SUP-{n}");
        events.push(record::party(&code, &format!("Chemicals supplier {n}"), PartyRole::Supplier));
    }
    for (n, code) in CUSTOMERS.iter().enumerate() {
        events.push(record::party(code, &format!("Paint maker {}", n + 1), PartyRole::Customer));
    }
}

impl Campaign {
    fn new(number: u64, seed: u64) -> Self {
        let empty = |kind: &str| Vessel { lot: lot(&format!("{kind}-{number:05}")), level: 0 };
        Self {
            number,
            chance: Chance::new(seed, number),
            batches: 0,
            deliveries: 0,
            containers: 0,
            drums: 0,
            shipments: 0,
            storage: empty("STORE"),
            blend: empty("BLEND"),
            heel: None,
            off_spec: None,
            supplies: PURCHASES.iter().map(|purchase| Supply::new(*purchase)).collect(),
            waiting: Vec::new(),
        }
    }

    fn remembered(&self) -> usize {
        let supplies: usize = self.supplies.iter().map(Supply::remembered).sum();
        let vessels = usize::from(self.heel.is_some()) + usize::from(self.off_spec.is_some());
        2 + supplies + vessels + self.waiting.len()
    }

    /// One batch and everything that is made of it.
    fn batch(&mut self, work: &mut Work<'_>) {
        self.batches += 1;
        while self.storage.level < BATCH_KG {
            self.deliver(work);
        }
        let batch = self.react(work);
        work.now += 2 * MINUTE;
        // The last batches always go into the blend: no batch comes after them into which they could be put
        // back.
        let is_off =
            self.batches + 5 < batches(self.number) && self.chance.percent(3) && self.off_spec.is_none();
        if is_off {
            self.off_spec = Some(batch);
            return;
        }
        self.top_up(&batch, work);
        if self.off_spec.is_some() && self.chance.percent(40) {
            self.put_back(work);
        }
        while self.blend.level >= BLEND_HEEL_KG + 4 * CONTAINER_KG {
            self.split(work);
        }
        self.ship(work);
    }

    fn deliver(&mut self, work: &mut Work<'_>) {
        self.deliveries += 1;
        let name = delivery_name(self.number, self.deliveries);
        let delivered = lot(&name);
        let at = work.calendar.at(work.now - 90 * MINUTE);
        let haulier = HAULIERS[self.deliveries as usize % HAULIERS.len()];
        let step = Step::new(OperationKind::Receive, "", &format!("REC-{name}"), at).party(haulier);
        let step = step.document(&format!("DN-{name}"));
        work.say(step.make(output(&delivered, "MONOMER", whole(DELIVERY_KG, "KGM"))));
        let lost = self.chance.between(5, 60);
        let id = format!("UNL-{name}");
        let mut step = work.step(OperationKind::Produce, "UNLOAD", &id, MINUTE, ("P-TANK-1", 0));
        step = step.draw(&delivered, whole(DELIVERY_KG, "KGM"));
        work.say(step.make(output(&self.storage.lot, "STORED", whole(DELIVERY_KG - lost, "KGM"))));
        // The first delivery of a campaign also creates the lot of the storage tank.
        work.count_lots(1 + u64::from(self.deliveries == 1));
        self.storage.level += DELIVERY_KG - lost;
        work.now += MINUTE;
    }

    /// One batch in a reactor. It starts on the heel of the batch before, and leaves a heel of its own.
    fn react(&mut self, work: &mut Work<'_>) -> Vessel {
        let name = format!("BATCH-{:05}-{:03}", self.number, self.batches);
        let batch = lot(&name);
        let reactor = ["P-REACTOR-1", "P-REACTOR-2"][self.batches as usize % 2];
        let id = format!("REA-{name}");
        let mut step = work.step(OperationKind::Produce, "REACT", &id, MINUTE, (reactor, 1));
        step = step.draw(&self.storage.lot, whole(BATCH_KG, "KGM"));
        self.storage.level -= BATCH_KG;
        let mut made = BATCH_KG;
        for (part, amount) in BATCH_PARTS {
            step = self.supplies[part].draw(amount, step, work);
            made += amount;
        }
        if let Some(heel) = self.heel.take() {
            step = step.draw(&heel.lot, whole(heel.level, "KGM"));
            made += heel.level;
        }
        made -= self.chance.between(10, 90);
        let temperature = decimal(self.chance.between(1_780, 1_860), 1);
        let pressure = decimal(self.chance.between(210, 260), 2);
        step = step.parameter("temperature", &temperature, "CEL").parameter("pressure", &pressure, "BAR");
        work.say(step.make(output(&batch, "RESIN", whole(made, "KGM"))));
        work.count_lots(1);
        let viscosity = decimal(self.chance.between(820, 990), 0);
        let id = format!("SMP-{name}");
        let step = work.step(OperationKind::Process, "SAMPLE", &id, 90, (reactor, 2));
        work.say(step.on_lot(&batch).parameter("viscosity", &viscosity, "C24"));
        self.heel = Some(Vessel { lot: batch.clone(), level: HEEL_KG });
        Vessel { lot: batch, level: made - HEEL_KG }
    }

    /// Tops up the blend tank. What was in it goes into the step and comes out again as the same lot.
    fn top_up(&mut self, batch: &Vessel, work: &mut Work<'_>) {
        let id = format!("TOP-{}", batch.lot);
        let mut step = work.step(OperationKind::Merge, "TOP UP", &id, MINUTE, ("P-BLEND-1", 2));
        step = step.draw(&batch.lot, whole(batch.level, "KGM"));
        let mut level = batch.level;
        if self.blend.level > 0 {
            step = step.draw(&self.blend.lot, whole(self.blend.level, "KGM"));
            level += self.blend.level;
        } else {
            work.count_lots(1);
        }
        if self.batches.is_multiple_of(4) {
            step = self.supplies[PIGMENT].draw(30, step, work);
            level += 30;
        }
        work.say(step.make(output(&self.blend.lot, "BLEND", whole(level, "KGM"))));
        self.blend.level = level;
        work.now += 2 * MINUTE;
    }

    /// Works an off-spec batch into the blend.
    fn put_back(&mut self, work: &mut Work<'_>) {
        let Some(off) = self.off_spec.take() else { return };
        let id = format!("RWK-{}", off.lot);
        let step = work.step(OperationKind::Rework, "WORK IN", &id, MINUTE, ("P-BLEND-1", 2));
        let step = step.reason("viscosity out of range").draw(&off.lot, whole(off.level, "KGM"));
        let step = step.draw(&self.blend.lot, whole(self.blend.level, "KGM"));
        self.blend.level += off.level;
        work.say(step.make(output(&self.blend.lot, "BLEND", whole(self.blend.level, "KGM"))));
        work.now += MINUTE;
    }

    /// Splits a part of the blend into four containers and fills each into drums.
    fn split(&mut self, work: &mut Work<'_>) {
        let first = self.containers + 1;
        let id = format!("SPL-{:05}-{first:04}", self.number);
        let mut step = work.step(OperationKind::Split, "SPLIT", &id, MINUTE, ("P-FILL-1", 3));
        step = step.draw(&self.blend.lot, whole(4 * CONTAINER_KG, "KGM"));
        self.blend.level -= 4 * CONTAINER_KG;
        let mut containers = Vec::new();
        for _ in 0..4 {
            self.containers += 1;
            let container = lot(&format!("CONT-{:05}-{:04}", self.number, self.containers));
            step = step.make(output(&container, "CONTAINER", whole(CONTAINER_KG, "KGM")));
            containers.push(container);
        }
        work.say(step);
        work.count_lots(4);
        work.now += MINUTE;
        for container in containers {
            self.fill(&container, work);
        }
        work.now += MINUTE;
    }

    fn fill(&mut self, container: &LotId, work: &mut Work<'_>) {
        let id = format!("FIL-{container}");
        let mut step = work.step(OperationKind::Repack, "FILL", &id, MINUTE, ("P-FILL-1", 3));
        step = step.draw(container, whole(CONTAINER_KG, "KGM"));
        step = self.supplies[DRUM].draw(DRUMS_PER_CONTAINER, step, work);
        let each = CONTAINER_KG / DRUMS_PER_CONTAINER;
        for _ in 0..DRUMS_PER_CONTAINER {
            self.drums += 1;
            let drum = lot(&format!("DRUM-{:05}-{:05}", self.number, self.drums));
            // The first drum of a container holds less, by what stays in the hoses.
            let filled = each - i64::from(self.drums % DRUMS_PER_CONTAINER as u32 == 1);
            step = step.make(output(&drum, "DRUMMED", whole(filled, "KGM")));
            self.waiting.push(Vessel { lot: drum, level: filled });
        }
        work.say(step);
        work.count_lots(DRUMS_PER_CONTAINER as u64);
    }

    /// Sends what has been filled to two customers.
    fn ship(&mut self, work: &mut Work<'_>) {
        work.now += MINUTE;
        let half = self.waiting.len().div_ceil(2);
        while !self.waiting.is_empty() {
            self.shipments += 1;
            let id = format!("PSH-{:05}-{:04}", self.number, self.shipments);
            let customer = *self.chance.pick(&CUSTOMERS);
            let mut step = work.step(OperationKind::Ship, "", &id, MINUTE, ("P-FILL-1", 4));
            step = step.party(customer).document(&format!("SO-{id}"));
            for drum in self.waiting.drain(..half.min(self.waiting.len())) {
                step = step.draw(&drum.lot, whole(drum.level, "KGM"));
            }
            work.say(step);
        }
    }
}
