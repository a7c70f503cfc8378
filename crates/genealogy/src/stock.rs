//! Stock cannot be drawn before it is there: which draws of a lot took more than can have come in by then, and which
//! fillings must therefore have been there earlier than their records say (docs/TRACE_RULES.md, rule 9).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::periods::{Period, between};
use lotgraph_domain::{
    EventId, Flow, Lifted, Lot, Material, MovementKey, Overdrawn, Quantity, Rate, Scale, Shortage, Stock,
    Timestamp, UnitCode,
};

/// By how much more may have been drawn than came in before anybody asks: 0.5 % of what came in, unless the material
/// says otherwise. Meters and scales differ by that much.
pub const TOLERANCE: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// What a movement did to the stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moved {
    /// Some came in.
    Filled,
    /// Some left.
    Drawn,
    /// What was there was counted.
    Counted,
    /// What was there was cleaned away.
    Cleaned,
}

/// One movement of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMovement {
    /// Its operation.
    pub operation: EventId,
    /// Its place among the operation's links of its role.
    pub position: u32,
    /// What it did.
    pub moved: Moved,
    /// The first moment at which it can have happened.
    pub earliest: Timestamp,
    /// The last moment at which it can have happened.
    pub latest: Timestamp,
    /// How much, in the unit in which the lot is compared; `None` when that is not known.
    pub amount: Option<Decimal>,
}

impl StockMovement {
    /// The moment at which it counts: a filling as early as it can have been, everything else as late.
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        if self.moved == Moved::Filled { self.earliest } else { self.latest }
    }

    fn key(&self) -> MovementKey {
        MovementKey { operation: self.operation.clone(), position: self.position }
    }

    /// The order in which movements are compared: by moment; at one moment what comes in first, what is counted last.
    fn order(&self) -> (Timestamp, Moved, &EventId, u32) {
        (self.moment(), self.moved, &self.operation, self.position)
    }
}

/// What all movements of a lot sum up to by its flows, in the unit in which it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// What came in.
    pub came_in: Decimal,
    /// What left.
    pub left: Decimal,
}

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// How far it is.
    pub stock: Stock,
    /// What was overdrawn, and what is lifted.
    pub overdrawn: Overdrawn,
}

/// Compares all movements of a lot, in any order. `totals` are what its flows say. `None` when a sum leaves the range
/// of exact decimals; then the lot is not judged.
#[must_use]
pub fn compare(movements: Vec<StockMovement>, totals: Totals, tolerance: Decimal) -> Option<Compared> {
    let last = movements.iter().map(StockMovement::moment).max();
    let of = |moved: Moved| movements.iter().filter(move |movement| movement.moved == moved);
    let counted = of(Moved::Counted).map(|movement| movement.latest).max();
    let cleans: Vec<_> = of(Moved::Cleaned).map(|clean| (clean.earliest, clean.latest)).collect();
    let cleaned = cleans.iter().map(|(_, end)| *end).max();
    let mut overdrawn = Overdrawn::default();
    let mut level = Level::empty(tolerance);
    for period in between(&cleans) {
        let filled = level.filled;
        level = Level { filled, ..Level::empty(tolerance) };
        level.overdrawn = std::mem::take(&mut overdrawn);
        let mut inside: Vec<StockMovement> =
            movements.iter().filter_map(|movement| within(movement, period, &cleans)).collect();
        inside.sort_by(|a, b| a.order().cmp(&b.order()));
        level.go_on(&inside)?;
        overdrawn = std::mem::take(&mut level.overdrawn);
    }
    let mut stock = Stock {
        last,
        unit: None,
        rates: BTreeMap::new(),
        cleaned,
        counted,
        came_in_besides: level.came_in.checked_sub(totals.came_in)?,
        left_besides: level.left.checked_sub(totals.left)?,
        shortages: level.shortages,
        unlisted: false,
    };
    shorten(&mut stock);
    overdrawn.bound();
    Some(Compared { stock, overdrawn })
}

/// The movement as far as it belongs to a period between two cleans. A filling belongs to every period in which it can
/// have come in. Everything else belongs to the one in which it surely was, and to none when a clean may have been under
/// way meanwhile.
fn within(
    movement: &StockMovement,
    period: Period,
    cleans: &[(Timestamp, Timestamp)],
) -> Option<StockMovement> {
    match movement.moved {
        Moved::Filled => {
            let (earliest, latest) = period.clip(movement.earliest, movement.latest)?;
            Some(StockMovement { earliest, latest, ..movement.clone() })
        }
        Moved::Drawn | Moved::Counted => {
            let apart =
                |(start, end): &(Timestamp, Timestamp)| *end < movement.earliest || movement.latest < *start;
            let here = || period.clip(movement.earliest, movement.latest).is_some();
            (cleans.iter().all(apart) && here()).then(|| movement.clone())
        }
        Moved::Cleaned => None,
    }
}

fn shorten(stock: &mut Stock) {
    if stock.shortages.len() > Stock::SHORTAGES_MAX {
        stock.shortages.clear();
        stock.unlisted = true;
    }
}

/// Goes on from an earlier comparison with movements that came after it. `totals` are what the flows say with these
/// movements. Returns false, and changes nothing, when that is not enough: then all movements must be compared.
#[must_use]
pub fn go_on(
    compared: &mut Compared,
    mut movements: Vec<StockMovement>,
    totals: Totals,
    tolerance: Decimal,
) -> bool {
    movements.sort_by(|a, b| a.order().cmp(&b.order()));
    match try_go_on(compared, &movements, totals, tolerance) {
        Some(done) => {
            *compared = done;
            true
        }
        None => false,
    }
}

fn try_go_on(
    compared: &Compared,
    movements: &[StockMovement],
    totals: Totals,
    tolerance: Decimal,
) -> Option<Compared> {
    let Compared { stock, overdrawn } = compared;
    let brings = |moved: Moved| movements.iter().any(|movement| movement.moved == moved);
    if stock.unlisted && brings(Moved::Filled) {
        return None;
    }
    let sum = |moved: Moved| {
        let amounts = movements.iter().filter(|movement| movement.moved == moved).filter_map(|m| m.amount);
        amounts.into_iter().try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount))
    };
    let (came, left) = (sum(Moved::Filled)?, sum(Moved::Drawn)?);
    let filled = totals.came_in.checked_sub(came)?;
    let mut level = Level {
        came_in: filled.checked_add(stock.came_in_besides)?,
        left: totals.left.checked_sub(left)?.checked_add(stock.left_besides)?,
        filled,
        shortages: stock.shortages.clone(),
        overdrawn: overdrawn.clone(),
        ..Level::empty(tolerance)
    };
    let mut now = stock.clone();
    let mut rest = movements;
    while let Some(first) = rest.first() {
        let moment = first.moment();
        let (group, later) = rest.split_at(rest.partition_point(|movement| movement.moment() == moment));
        now = level.take_in_order(&now, group)?;
        rest = later;
    }
    now.came_in_besides = level.came_in.checked_sub(totals.came_in)?;
    now.left_besides = level.left.checked_sub(totals.left)?;
    now.shortages = level.shortages;
    shorten(&mut now);
    level.overdrawn.bound();
    // What is beyond the limit stays so until all movements are compared again.
    let beyond = overdrawn.beyond.then(|| overdrawn.clone());
    Some(Compared { stock: now, overdrawn: beyond.unwrap_or(level.overdrawn) })
}

/// What can have come in and what has left by a moment, in one period between cleans.
struct Level {
    /// One and the tolerance.
    factor: Decimal,
    came_in: Decimal,
    left: Decimal,
    /// What the fillings on record brought in, whatever counts found.
    filled: Decimal,
    shortages: Vec<Shortage>,
    overdrawn: Overdrawn,
}

impl Level {
    fn empty(tolerance: Decimal) -> Self {
        Self {
            factor: Decimal::ONE + tolerance,
            came_in: Decimal::ZERO,
            left: Decimal::ZERO,
            filled: Decimal::ZERO,
            shortages: Vec::new(),
            overdrawn: Overdrawn::default(),
        }
    }

    /// Takes movements that are in order.
    fn go_on(&mut self, movements: &[StockMovement]) -> Option<()> {
        let mut rest = movements;
        while let Some(first) = rest.first() {
            let moment = first.moment();
            let (group, later) = rest.split_at(rest.partition_point(|movement| movement.moment() == moment));
            self.take(group)?;
            rest = later;
        }
        Some(())
    }

    /// Takes the movements of one moment after a comparison that is known by its stock alone; `None` when that does
    /// not tell enough.
    fn take_in_order(&mut self, stock: &Stock, group: &[StockMovement]) -> Option<Stock> {
        let moment = group.first()?.moment();
        let mut now = stock.clone();
        for movement in group {
            let after_clean = stock.cleaned.is_none_or(|cleaned| movement.earliest > cleaned);
            if !after_clean || stock.counted.is_some_and(|counted| moment <= counted) {
                return None;
            }
        }
        // What happens at the moment of earlier draws bears on them, and they are not known one by one. It is enough
        // to know that none of them is overdrawn, before and after.
        let together = stock.last == Some(moment);
        // Of fillings at one moment the first by its id is lifted first, so one more may take the place of another.
        let refilled = group.iter().any(|movement| movement.moved == Moved::Filled);
        if together && refilled && !self.overdrawn.lifted.is_empty() {
            return None;
        }
        if stock.last.is_some_and(|last| moment < last) || (together && !self.shortages.is_empty()) {
            return None;
        }
        for clean in group.iter().filter(|movement| movement.moved == Moved::Cleaned) {
            let apart = stock.last.is_none_or(|last| clean.earliest > last) && group.len() == 1;
            if !apart {
                return None;
            }
            let (factor, filled) = (self.factor, self.filled);
            let overdrawn = std::mem::take(&mut self.overdrawn);
            *self = Self { factor, filled, overdrawn, ..Self::empty(Decimal::ZERO) };
            now.cleaned = Some(clean.latest);
            now.unlisted = false;
        }
        self.take(group)?;
        if together && !self.shortages.is_empty() {
            return None;
        }
        if group.iter().any(|movement| movement.moved == Moved::Counted) {
            now.counted = Some(moment);
        }
        now.last = Some(moment);
        Some(now)
    }

    /// Takes the movements of one moment, in order.
    fn take(&mut self, group: &[StockMovement]) -> Option<()> {
        let of = |moved: Moved| group.iter().filter(move |movement| movement.moved == moved);
        for filling in of(Moved::Filled) {
            self.fill(filling)?;
        }
        let draws: Vec<&StockMovement> =
            of(Moved::Drawn).filter(|draw| draw.amount.is_some_and(|amount| !amount.is_zero())).collect();
        self.draw(&draws)?;
        for count in of(Moved::Counted) {
            self.count(count)?;
        }
        Some(())
    }

    fn fill(&mut self, filling: &StockMovement) -> Option<()> {
        let Some(amount) = filling.amount else { return Some(()) };
        let factor = self.factor;
        let missing = |shortage: &Shortage, filled: Decimal| -> Option<bool> {
            Some(shortage.excess > filled.checked_sub(shortage.filled)?.checked_mul(factor)?)
        };
        let mut since: Option<Timestamp> = None;
        for shortage in &self.shortages {
            if missing(shortage, self.filled)? {
                since = Some(since.map_or(shortage.first, |known| known.min(shortage.first)));
            }
        }
        if let Some(since) = since {
            self.overdrawn.lifted.push(Lifted { filling: filling.key(), since });
        }
        self.came_in = self.came_in.checked_add(amount)?;
        self.filled = self.filled.checked_add(amount)?;
        let mut left = Vec::with_capacity(self.shortages.len());
        for shortage in std::mem::take(&mut self.shortages) {
            if missing(&shortage, self.filled)? {
                left.push(shortage);
            }
        }
        self.shortages = left;
        Some(())
    }

    fn draw(&mut self, draws: &[&StockMovement]) -> Option<()> {
        let Some(first) = draws.iter().map(|draw| draw.earliest).min() else { return Some(()) };
        for amount in draws.iter().filter_map(|draw| draw.amount) {
            self.left = self.left.checked_add(amount)?;
        }
        let excess = self.left.checked_sub(self.came_in.checked_mul(self.factor)?)?;
        if excess > Decimal::ZERO {
            self.overdrawn.draws.extend(draws.iter().map(|draw| draw.key()));
            self.shortages.push(Shortage { excess, filled: self.filled, first });
        }
        Some(())
    }

    fn count(&mut self, count: &StockMovement) -> Option<()> {
        let Some(found) = count.amount else { return Some(()) };
        let book = self.came_in.checked_sub(self.left)?;
        let more = found.checked_sub(book)?;
        if more > Decimal::ZERO {
            self.came_in = self.came_in.checked_add(more)?;
        } else {
            self.left = self.left.checked_sub(more)?;
        }
        Some(())
    }
}

/// The tolerance of a material, as a part of what came in.
#[must_use]
pub fn tolerance_of(material: &Material) -> Decimal {
    material.tolerance_percent.map_or(TOLERANCE, |percent| percent.0 / Decimal::ONE_HUNDRED)
}

/// In what the movements of a lot are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure<'m> {
    /// The unit.
    pub unit: &'m UnitCode,
    scale: Option<Scale<'m>>,
    /// By how much more may have been drawn than came in, as a part of that.
    pub tolerance: Decimal,
}

impl<'m> Measure<'m> {
    /// The unit in which a lot is compared: that of its material, or else the only one that its movements use. `None`
    /// when there is no such unit; then the lot is not judged. Nor is it judged while nothing is on record by which it
    /// came in, or while how much that was is not known.
    #[must_use]
    pub fn of(lot: &'m Lot, material: Option<&'m Material>) -> Option<Self> {
        let declared = material.and_then(|material| material.unit.as_ref());
        let mut used = lot.came_in().into_iter().chain(lot.left()).flat_map(|flow| flow.sums.keys());
        let unit = match declared {
            Some(unit) => unit,
            None => {
                let first = used.next()?;
                used.all(|unit| unit == first).then_some(first)?
            }
        };
        let tolerance = material.map_or(TOLERANCE, tolerance_of);
        let scale = declared.map(|_| Scale::of(lot, material));
        let measure = Self { unit, scale, tolerance };
        let came_in = lot.came_in();
        let known = lot.received.count + lot.produced.count > 0
            && came_in.iter().all(|flow| flow.unmeasured == 0)
            && came_in.into_iter().flat_map(|flow| flow.sums.keys()).all(|unit| measure.rate(unit).is_some());
        known.then_some(measure)
    }

    fn rate(&self, unit: &UnitCode) -> Option<Rate> {
        match &self.scale {
            Some(scale) => scale.rate(unit),
            None => (unit == self.unit).then_some(Rate::ONE),
        }
    }

    /// How the other units that the movements of the lot use are converted.
    #[must_use]
    pub fn rates(&self, lot: &Lot) -> BTreeMap<UnitCode, Rate> {
        let used = lot.came_in().into_iter().chain(lot.left()).flat_map(|flow| flow.sums.keys());
        let others = used.filter(|unit| *unit != self.unit);
        others.filter_map(|unit| Some((unit.clone(), self.rate(unit)?))).collect()
    }

    /// Whether movements were compared before in another unit, or converted otherwise, than they are now.
    #[must_use]
    pub fn differs(&self, stock: &Stock) -> bool {
        let otherwise = |(unit, rate): (&UnitCode, &Rate)| self.rate(unit) != Some(*rate);
        stock.unit.as_ref() != Some(self.unit) || stock.rates.iter().any(otherwise)
    }

    /// A quantity in this unit; `None` when it cannot be converted.
    #[must_use]
    pub fn amount(&self, quantity: &Quantity) -> Option<Decimal> {
        self.rate(&quantity.unit)?.to_own(quantity.amount.value())
    }

    /// What the flows of the lot sum up to. What cannot be converted left nothing. `None` when a sum leaves the range of
    /// exact decimals.
    #[must_use]
    pub fn totals(&self, lot: &Lot) -> Option<Totals> {
        let sum = |flows: &[&Flow]| {
            let sums = flows.iter().flat_map(|flow| &flow.sums);
            let mut amounts = sums.filter_map(|(unit, sum)| Some((sum.0, self.rate(unit)?)));
            amounts.try_fold(Decimal::ZERO, |total, (sum, rate)| total.checked_add(rate.to_own(sum)?))
        };
        Some(Totals { came_in: sum(&lot.came_in())?, left: sum(&lot.left())? })
    }
}
