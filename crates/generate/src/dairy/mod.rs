//! The demo plant: thirty days of an invented dairy, March 2026, about five thousand lots.
//!
//! Eight farms deliver raw milk several times a day into three silos, whose lots are refilled, drawn and
//! emptied every third day. Milk is pasteurised, separated, standardised and bottled, or blended, fermented,
//! flavoured and filled into cups; packaging is changed over while the lines run; pallets are sampled, split,
//! relabelled for export, shipped. Two deliveries are refused, pallets are damaged, start-up product is put
//! back, and once the wrong silo is scanned: that event is voided and replaced. An emptied silo is cleaned;
//! ingredients are counted twice a month. One delivery arrives warm and is pumped into a silo all the same:
//! docs/INVESTIGATE.md finds it from three complaints.
//!
//! Every quantity balances within the losses of the step. The plant is the same on every machine; [`story`]
//! names lots of it that make good questions.

mod catalog;
mod goods;
mod heat;
mod journal;
mod milk;
mod packing;
mod yoghurt;

pub use milk::{CORRECTED_EVENT, MISTAKEN_EVENT};

use std::collections::BTreeMap;

use chrono::NaiveDate;

use self::heat::Cream;
use self::journal::Journal;
use self::milk::Silo;
use super::calendar::{Calendar, DAY, HOUR, MINUTE, Second};
use super::chance::Chance;
use super::pool::Pool;
use super::record;
use super::stream::{Plant, Stream};
use lotgraph_domain::{Event, LotId};

/// How many days the dairy works.
pub const DAYS: i64 = 30;
/// The random seed of the dairy. It is fixed, because there is only one demo.
const SEED: u64 = 20_260_301;
/// How long it takes from the arrival of a tanker until it is empty.
const UNLOADED_AFTER: Second = 47 * MINUTE;

/// The events of the demo dairy, in the order in which they ended.
pub fn dairy() -> impl Iterator<Item = Event> + Send {
    Stream::new(Dairy::new())
}

/// Lots of the dairy that make good questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoStory {
    /// A delivery of raw milk: where did it go?
    pub forward_seed: LotId,
    /// A pallet that was shipped abroad: what went into it?
    pub backward_seed: LotId,
    /// A pallet that was shipped and that the delivery affects: why?
    pub affected_pallet: LotId,
    /// The silo lot that the delivery was pumped into: it is refilled, and on every path.
    pub silo: LotId,
    /// What is printed on [`DemoStory::backward_seed`].
    pub printed_number: String,
    /// Pallets that customers complain of: what do they have in common?
    pub complaints: [LotId; 3],
    /// The delivery that spoilt them, through a silo that is refilled: it arrived warm.
    pub culprit: LotId,
}

/// The lots of the demo dairy that make good questions.
#[must_use]
pub fn story() -> DemoStory {
    DemoStory {
        forward_seed: record::lot("MILK-0312-F02-1"),
        backward_seed: record::lot("EXP-0318-1"),
        affected_pallet: record::lot("PAL-0314-1-13"),
        silo: record::lot("SILO-2-0311"),
        printed_number: "批号20260318-1".to_owned(),
        complaints: ["PAL-0329-2-03", "PAL-0329-2-22", "PAL-0329-2-43"].map(record::lot),
        culprit: record::lot("MILK-0328-F05-2"),
    }
}

/// The dairy, day by day.
pub(super) struct Dairy {
    chance: Chance,
    calendar: Calendar,
    journal: Journal,
    day: i64,
    silos: [Silo; 3],
    cream: Option<Cream>,
    pasteurised: Pool,
    skim: Pool,
    fermented: Pool,
    /// Product to be put back, by the finished product that it came from.
    rework: BTreeMap<&'static str, Pool>,
    /// Ingredients and packaging by material.
    stock: BTreeMap<&'static str, Pool>,
    /// Pallets by product.
    goods: BTreeMap<&'static str, Pool>,
    /// For each line, when it is free.
    line_free: [Second; 2],
    /// For each line a day, and how many pallets it has filled on that day.
    pallets: [(i64, u32); 2],
    fillings: u32,
}

/// What is done at some moment of a day.
#[derive(Debug, Clone, Copy)]
enum Task {
    Deliver { farm: usize, trip: u32 },
    Pasteurise(i64),
    Separate(i64),
    Standardise(i64),
    BlendYoghurtMilk(i64),
    SplitBatches,
    Flavour(i64),
    Restock,
    SplitPallet,
    Ship(usize),
    Damage,
    PrepareExport,
    ShipExport,
    SellCream,
    CountIngredients,
}

impl Dairy {
    fn new() -> Self {
        let first = NaiveDate::from_ymd_opt(2026, 3, 1).expect("a date of the calendar");
        let calendar = Calendar::new(first, 2);
        Self {
            chance: Chance::new(SEED, 0),
            calendar,
            journal: Journal::new(calendar),
            day: 0,
            silos: Default::default(),
            cream: None,
            pasteurised: Pool::default(),
            skim: Pool::default(),
            fermented: Pool::default(),
            rework: BTreeMap::new(),
            stock: BTreeMap::new(),
            goods: BTreeMap::new(),
            line_free: [0; 2],
            pallets: [(0, 0); 2],
            fillings: 0,
        }
    }

    fn start_up(&mut self, events: &mut Vec<Event>) {
        catalog::declare(events);
        // Shifts from three days before the start, when the first packaging is received, to the night after
        // the last day.
        events.extend((-9..=DAYS * 3 + 3).map(|number| self.calendar.declare_shift(number)));
        self.restock(8 * HOUR - 3 * DAY);
    }

    fn tasks(&mut self) -> Vec<(Second, Task)> {
        let day = self.day;
        let mut tasks: Vec<(Second, Task)> = self
            .arrivals(day)
            .into_iter()
            // The delivery takes effect once the milk is in the silo, because only then can it be drawn.
            .map(|(arrival, farm, trip)| (arrival + UNLOADED_AFTER, Task::Deliver { farm, trip }))
            .collect();
        let mut add =
            |hour: i64, minute: i64, task| tasks.push((day * DAY + hour * HOUR + minute * MINUTE, task));
        for run in 0..6 {
            add(6, 30 + 90 * run, Task::Pasteurise(run));
        }
        add(10, 35, Task::Separate(1));
        add(14, 5, Task::Separate(2));
        for (number, (hour, minute)) in [(9, 10), (12, 0), (16, 20)].into_iter().enumerate() {
            add(hour, minute, Task::Standardise(number as i64 + 1));
        }
        for number in 0..4 {
            add(12, 20 + 90 * number, Task::BlendYoghurtMilk(number + 1));
        }
        add(3, 40, Task::SplitBatches);
        for number in 0..8 {
            add(4, 15 + 75 * number, Task::Flavour(number + 1));
        }
        add(9, 45, Task::Restock);
        for number in 0..4 {
            add(5, number * 20, Task::SplitPallet);
        }
        for (second, customer) in Self::loading_times() {
            add(0, second / MINUTE, Task::Ship(customer));
        }
        if day % 5 < 2 {
            add(17, 10, Task::Damage);
        }
        if day % 6 == 5 {
            add(13, 0, Task::PrepareExport);
        }
        if day % 6 == 0 {
            add(8, 20, Task::ShipExport);
        }
        if day % 4 == 3 {
            add(20, 30, Task::SellCream);
        }
        if day % 15 == goods::LAST_COUNT % 15 {
            add(22, 30, Task::CountIngredients);
        }
        // The sort is stable: tasks of the same second stay in the order above.
        tasks.sort_by_key(|(second, _)| *second);
        tasks
    }

    fn perform(&mut self, now: Second, task: Task) {
        match task {
            Task::Deliver { farm, trip } => self.deliver(now - UNLOADED_AFTER, farm, trip),
            Task::Pasteurise(run) => self.pasteurise(now, run),
            Task::Separate(number) => self.separate(now, number),
            Task::Standardise(number) => {
                if let Some(tank) = self.standardise(now, number) {
                    self.fill_bottles(&tank);
                }
            }
            Task::BlendYoghurtMilk(number) => {
                if let Some(milk) = self.blend_yoghurt_milk(now, number) {
                    let heated = milk.ready;
                    self.ferment(&milk, heated, number);
                }
            }
            Task::SplitBatches => self.split_batches(now),
            Task::Flavour(number) => {
                if let Some((batch, flavour)) = self.flavour(now, number) {
                    self.fill_cups(&batch, flavour);
                }
            }
            Task::Restock => self.restock(now),
            Task::SplitPallet => self.split_pallet(now),
            Task::Ship(customer) => self.ship(now, customer),
            Task::Damage => self.damage(now),
            Task::PrepareExport => self.prepare_export(now),
            Task::ShipExport => self.ship_export(now),
            Task::SellCream => self.sell_cream(now),
            Task::CountIngredients => self.count_ingredients(now),
        }
    }
}

impl Plant for Dairy {
    fn advance(&mut self, events: &mut Vec<Event>) -> bool {
        if self.day == DAYS {
            self.journal.flush(Second::MAX, events);
            return false;
        }
        if self.day == 0 {
            self.start_up(events);
        }
        for (now, task) in self.tasks() {
            self.perform(now, task);
        }
        self.day += 1;
        self.journal.flush(self.day * DAY, events);
        true
    }

    fn remembered(&self) -> usize {
        let pools = [&self.pasteurised, &self.skim, &self.fermented].into_iter();
        let more = self.rework.values().chain(self.stock.values()).chain(self.goods.values());
        3 + usize::from(self.cream.is_some()) + pools.chain(more).map(Pool::len).sum::<usize>()
    }
}
