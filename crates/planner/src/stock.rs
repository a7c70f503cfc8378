//! What rule 9 says of the lots that a revision moves: which draws took more than can have been there, and which
//! fillings are lifted (docs/TRACE_RULES.md).
//!
//! What moves in order of time is compared with the sums that the lot carries. Only what was recorded late, and what a
//! void takes away, has the lot's movements read and compared again; [`needed`] says beforehand for which lots.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt};

use rust_decimal::Decimal;

use lotgraph_domain::operation::Link;
use lotgraph_domain::{
    Event, EventId, Fact, Lot, LotId, Master, Material, MaterialCode, Operation, OperationKind, Overdrawn,
    Quantity, Rate, Role, Stock, Timestamp, UnitCode,
};
use lotgraph_genealogy::stock::{Compared, Measure, Moved, StockMovement, Totals, compare, go_on};

use crate::aliases::{Aliases, concerned};
use crate::log::Log;
use crate::lots::Lots;
use crate::state::{Movement, State};
use crate::transfers;
use crate::unit_tracking::is_tracked;

/// What a link means for the stock; `None` for work in place that neither counts nor cleans.
fn moved(kind: OperationKind, role: Role, carried_on: bool) -> Option<Moved> {
    match (role, kind) {
        (Role::Produced, _) => Some(Moved::Filled),
        // It left with the shipment that is carried on.
        (Role::Consumed, _) if carried_on => None,
        (Role::Consumed, _) => Some(Moved::Drawn),
        (Role::InPlace, OperationKind::Count) => Some(Moved::Counted),
        (Role::InPlace, OperationKind::Clean) => Some(Moved::Cleaned),
        (Role::InPlace, _) => None,
    }
}

fn movement(
    id: &EventId,
    kind: OperationKind,
    (role, position, carried_on): (Role, u32, bool),
    quantity: Option<&Quantity>,
    (earliest, latest): (Timestamp, Timestamp),
    measure: &Measure<'_>,
) -> Option<StockMovement> {
    let moved = moved(kind, role, carried_on)?;
    let amount = quantity.and_then(|quantity| measure.amount(quantity));
    Some(StockMovement { operation: id.clone(), position, moved, earliest, latest, amount })
}

fn of_link(
    id: &EventId,
    operation: &Operation,
    link: Link<'_>,
    measure: &Measure<'_>,
) -> Option<StockMovement> {
    let times = (link.earliest, link.latest);
    movement(
        id,
        operation.kind,
        (link.role, link.position, link.sense.continues()),
        link.quantity,
        times,
        measure,
    )
}

fn material<'m>(lot: &Lot, materials: &'m HashMap<MaterialCode, Material>) -> Option<&'m Material> {
    lot.material.as_ref().and_then(|code| materials.get(code))
}

/// Compares the stock of every lot that the revision under way moved. Returns the lots of which other movements are
/// overdrawn or lifted than before.
pub(crate) fn settle(
    log: &Log<'_>,
    lots: &mut Lots,
    recorded: &HashMap<LotId, Vec<Movement>>,
    materials: &HashMap<MaterialCode, Material>,
    withdrawn: &BTreeSet<LotId>,
) -> Vec<LotId> {
    let mut news: Vec<News<'_>> = Vec::new();
    for event in log.accepted() {
        let Fact::Operation(operation) = event.fact else { continue };
        for link in operation.links() {
            if let Some(moved) = moved(operation.kind, link.role, link.sense.continues()) {
                news.push(News { event: event.id, operation, moved, link });
            }
        }
    }
    news.sort_unstable_by(|a, b| a.link.lot.cmp(b.link.lot));
    let mut again: Vec<LotId> = Vec::new();
    let mut changed = Vec::new();
    for links in news.chunk_by(|a, b| a.link.lot == b.link.lot) {
        let id = links[0].link.lot;
        let Some(lot) = lots.get(id).filter(|_| !withdrawn.contains(id)) else { continue };
        match gone_on(lot, links, materials) {
            Next::Fits { last, unit, rates } => {
                let stock = &mut lots.change(id).stock;
                (stock.last, stock.unit, stock.rates) = (Some(last), Some(unit), rates);
            }
            Next::Is(compared) => store(lots, id, compared, &mut changed),
            Next::CompareAgain => again.push(id.clone()),
        }
    }
    for id in withdrawn {
        let Some(lot) = lots.get(id) else { continue };
        match Measure::of(lot, material(lot, materials)) {
            Some(_) => again.push(id.clone()),
            None => {
                let last = last_moment(id, log, recorded);
                store(lots, id, unjudged(last), &mut changed);
            }
        }
    }
    if !again.is_empty() {
        for (id, compared) in compared_again(log, lots, recorded, materials, again) {
            store(lots, &id, compared, &mut changed);
        }
    }
    changed
}

fn store(lots: &mut Lots, id: &LotId, mut compared: Compared, changed: &mut Vec<LotId>) {
    let lot = lots.change(id);
    lot.stock = compared.stock;
    // Operations that do not balance are no business of this comparison.
    compared.overdrawn.unbalanced.clone_from(&lot.overdrawn.unbalanced);
    if lot.overdrawn != compared.overdrawn {
        lot.overdrawn = compared.overdrawn;
        changed.push(id.clone());
    }
}

/// A movement that the revision under way records.
struct News<'a> {
    event: &'a EventId,
    operation: &'a Operation,
    moved: Moved,
    link: Link<'a>,
}

impl News<'_> {
    fn moment(&self) -> Timestamp {
        if self.moved == Moved::Filled { self.link.earliest } else { self.link.latest }
    }
}

/// What the comparison of a lot comes to.
enum Next {
    /// Everything in order of time, and never more drawn than was there: as it is with nearly every lot.
    Fits {
        last: Timestamp,
        unit: UnitCode,
        rates: BTreeMap<UnitCode, Rate>,
    },
    Is(Compared),
    CompareAgain,
}

/// The last moment of movements that nothing is compared of.
fn unjudged(last: Option<Timestamp>) -> Compared {
    Compared { stock: Stock { last, ..Stock::default() }, overdrawn: Overdrawn::default() }
}

/// The last moment of any movement of a lot, those that stand from before the work and those that are new.
fn last_moment(id: &LotId, log: &Log<'_>, recorded: &HashMap<LotId, Vec<Movement>>) -> Option<Timestamp> {
    let known = recorded.get(id).into_iter().flatten().filter(|known| log.stands(&known.link.operation));
    let known =
        known.filter(|known| moved(known.kind, known.link.role, known.link.sense.continues()).is_some());
    let new = log.live_new().flat_map(|(_, operation)| {
        let links = operation.links().filter(|link| link.lot == id);
        links
            .filter(|link| moved(operation.kind, link.role, link.sense.continues()).is_some())
            .map(|link| link.latest)
    });
    known.map(|known| known.link.latest).chain(new).max()
}

fn gone_on(lot: &Lot, links: &[News<'_>], materials: &HashMap<MaterialCode, Material>) -> Next {
    let Some(measure) = Measure::of(lot, material(lot, materials)) else {
        let moments = links.iter().map(|news| news.link.latest);
        return Next::Is(unjudged(moments.chain(lot.stock.last).max()));
    };
    if measure.differs(&lot.stock) && lot.stock.last.is_some() {
        return Next::CompareAgain;
    }
    let Some(totals) = measure.totals(lot) else { return Next::Is(unjudged(lot.stock.last)) };
    if let Some(last) = fits(lot, links, totals, &measure) {
        return Next::Fits { last, unit: measure.unit.clone(), rates: measure.rates(lot) };
    }
    let movements = links.iter().filter_map(|news| of_link(news.event, news.operation, news.link, &measure));
    let stock = Stock { unit: Some(measure.unit.clone()), rates: measure.rates(lot), ..lot.stock.clone() };
    let mut compared = Compared { stock, overdrawn: lot.overdrawn.clone() };
    if go_on(&mut compared, movements.collect(), totals, measure.tolerance) {
        Next::Is(compared)
    } else {
        Next::CompareAgain
    }
}

/// The moment of the last movement, when all that is new comes after what was compared and never takes more than is
/// there; `None` when that is not so plain. This spares nearly every lot the comparison proper.
fn fits(lot: &Lot, links: &[News<'_>], totals: Totals, measure: &Measure<'_>) -> Option<Timestamp> {
    let Stock { cleaned, counted, shortages, unlisted, .. } = &lot.stock;
    let plain = cleaned.is_none() && counted.is_none() && shortages.is_empty() && !unlisted;
    if !plain || !lot.overdrawn.is_in_time() {
        return None;
    }
    let mut moves = Vec::with_capacity(links.len());
    let (mut came_in, mut left) = (totals.came_in, totals.left);
    for news in links {
        let amount = news.link.quantity.and_then(|quantity| measure.amount(quantity)).unwrap_or_default();
        match news.moved {
            Moved::Filled => came_in = came_in.checked_sub(amount)?,
            Moved::Drawn => left = left.checked_sub(amount)?,
            Moved::Counted | Moved::Cleaned => return None,
        }
        moves.push((news.moment(), news.moved, amount));
    }
    moves.sort_unstable();
    if lot.stock.last > moves.first().map(|(moment, ..)| *moment) {
        return None;
    }
    for (_, moved, amount) in &moves {
        if *moved == Moved::Filled {
            came_in = came_in.checked_add(*amount)?;
        } else {
            left = left.checked_add(*amount)?;
            if left > came_in {
                return None;
            }
        }
    }
    moves.last().map(|(moment, ..)| *moment)
}

/// Compares all movements of some lots: those recorded before the work and those that it records, as far as they are
/// not withdrawn.
fn compared_again(
    log: &Log<'_>,
    lots: &Lots,
    recorded: &HashMap<LotId, Vec<Movement>>,
    materials: &HashMap<MaterialCode, Material>,
    again: Vec<LotId>,
) -> Vec<(LotId, Compared)> {
    let mut found: BTreeMap<LotId, Vec<StockMovement>> =
        again.into_iter().map(|id| (id, Vec::new())).collect();
    let measure_of = |id: &LotId| lots.get(id).and_then(|lot| Measure::of(lot, material(lot, materials)));
    for (id, movements) in &mut found {
        let Some(measure) = measure_of(id) else { continue };
        let live = recorded.get(id).into_iter().flatten().filter(|known| log.stands(&known.link.operation));
        movements.extend(live.filter_map(|Movement { kind, link }| {
            let times = (link.earliest, link.latest);
            let place = (link.role, link.position, link.sense.continues());
            movement(&link.operation, *kind, place, link.quantity.as_ref(), times, &measure)
        }));
    }
    for (id, operation) in log.live_new() {
        for link in operation.links() {
            let Some(movements) = found.get_mut(link.lot) else { continue };
            let Some(measure) = measure_of(link.lot) else { continue };
            movements.extend(of_link(id, operation, link, &measure));
        }
    }
    let done = found.into_iter().filter_map(|(id, movements)| {
        let lot = lots.get(&id)?;
        let last = movements.iter().map(StockMovement::moment).max();
        let measure = measure_of(&id)?;
        let mut compared = measure
            .totals(lot)
            .and_then(|totals| compare(movements, totals, measure.tolerance))
            .unwrap_or_else(|| unjudged(last));
        (compared.stock.unit, compared.stock.rates) = (Some(measure.unit.clone()), measure.rates(lot));
        Some((id, compared))
    });
    done.collect()
}

/// The recorded lots whose movements must be read, because what the events say of them may not come after all that was
/// compared. It may be more lots than turn out to need it, never fewer.
pub(crate) fn needed(events: &[&Event], state: &State) -> Vec<LotId> {
    let mut lots: HashMap<&LotId, Coming> = HashMap::new();
    let mut sent: HashMap<&EventId, &Operation> = HashMap::new();
    // What is recorded under further names goes from one lot to the other.
    let aliases = LazyCell::new(|| Aliases::among(&state.lots));
    let renamed = concerned(events, state);
    let mut needed: BTreeSet<&LotId> = renamed.iter().filter(|lot| state.lots.contains_key(*lot)).collect();
    needed.extend(transfers::into_the_same_lot(events, state).into_iter().map(|(_, lot)| lot));
    for event in events {
        match &event.fact {
            Fact::Operation(operation) => {
                sent.insert(&event.id, operation);
                for link in operation.links() {
                    let Some(lot) = state.lots.get(link.lot) else { continue };
                    let Some(moved) = moved(operation.kind, link.role, link.sense.continues()) else {
                        continue;
                    };
                    let coming = lots.entry(&lot.id).or_insert_with(|| Coming::of(lot));
                    // What a single unit went through is looked at as a whole.
                    if coming.may_need_all(lot, moved, link, state) || is_tracked(lot, &state.materials) {
                        needed.insert(&lot.id);
                    }
                }
                // What is stated of a lot holds for all that was recorded of it before.
                for output in operation.made().filter(|output| !output.factors.is_empty()) {
                    let known = state.lots.get(&output.lot).filter(|lot| {
                        !output.factors.iter().all(|factor| lot.factors.contains_key(&factor.unit))
                    });
                    needed.extend(known.map(|lot| &lot.id));
                }
                let named = operation.used().map(|item| (&item.lot, &item.material));
                let named = named.chain(operation.made().map(|item| (&item.lot, &item.material)));
                for (lot, material) in named {
                    let known =
                        state.lots.get(lot).filter(|lot| material.is_some() && lot.material != *material);
                    needed.extend(known.map(|lot| &lot.id));
                }
            }
            Fact::Void(void) => {
                let operation = match state.fact(&void.event) {
                    Some(Fact::Operation(operation)) => Some(operation),
                    _ => sent.get(&void.event).copied(),
                };
                let lots = operation.into_iter().flat_map(Operation::links).map(|link| link.lot);
                let known: Vec<&Lot> = lots.filter_map(|lot| state.lots.get(lot)).collect();
                // An operation that is sent and voided at once may name lots by further names.
                let meant = known.iter().filter_map(|lot| state.lots.get(aliases.meant(&lot.id)));
                needed.extend(known.iter().copied().chain(meant).map(|lot| &lot.id));
            }
            Fact::Master(Master::Material(declared)) => {
                let known = state.materials.get(&declared.code);
                let now = declared.clone().after(known);
                let same = known.is_some_and(|known| {
                    known.unit == declared.unit
                        && known.conversions == now.conversions
                        && known.tolerance_percent == declared.tolerance_percent
                });
                if !same {
                    let of = state.lots.values().filter(|lot| lot.material.as_ref() == Some(&declared.code));
                    needed.extend(of.map(|lot| &lot.id));
                }
            }
            _ => {}
        }
    }
    // What was compared in another unit than would be now, or converted otherwise, is compared anew.
    let other = lots.keys().filter(|id| {
        let lot = &state.lots[**id];
        Measure::of(lot, material(lot, &state.materials)).is_some_and(|now| now.differs(&lot.stock))
    });
    needed.extend(other.copied());
    needed.into_iter().filter(|lot| state.lots[*lot].stock.last.is_some()).cloned().collect()
}

/// What the events so far bring to a lot that is recorded.
struct Coming {
    last: Option<Timestamp>,
    cleaned: Option<Timestamp>,
    counted: Option<Timestamp>,
    draws: usize,
    /// How much they draw; `None` when that is not known.
    drawn: Option<Decimal>,
}

fn amount(lot: &Lot, quantity: &Quantity, state: &State) -> Option<Decimal> {
    Measure::of(lot, material(lot, &state.materials))?.amount(quantity)
}

impl Coming {
    fn of(lot: &Lot) -> Self {
        let Stock { last, cleaned, counted, .. } = lot.stock;
        Self { last, cleaned, counted, draws: 0, drawn: Some(Decimal::ZERO) }
    }

    /// Takes a movement. Whether it may be one that the lot's sums do not suffice for.
    fn may_need_all(&mut self, lot: &Lot, moved: Moved, link: Link<'_>, state: &State) -> bool {
        let moment = if moved == Moved::Filled { link.earliest } else { link.latest };
        // At the very moment of what was compared it depends on whether the lot is overdrawn then.
        let late = self.last.is_some_and(|last| moment <= last)
            || self.cleaned.is_some_and(|cleaned| link.earliest <= cleaned)
            || self.counted.is_some_and(|counted| moment <= counted);
        let late = late && !self.surely_fits(lot, moved, link, moment, state);
        let enclosing = moved == Moved::Cleaned && self.last.is_some_and(|last| link.earliest <= last);
        let filled = moved == Moved::Filled
            && (lot.stock.unlisted || lot.stock.shortages.len() + self.draws > Stock::SHORTAGES_MAX);
        // Its first filling begins a comparison of what came before.
        let unmeasured = lot.came_in().into_iter().any(|flow| flow.unmeasured > 0);
        let begins = moved == Moved::Filled && lot.stock.unit.is_none() && !unmeasured;
        self.last = self.last.max(Some(moment));
        match moved {
            Moved::Drawn => {
                self.draws += 1;
                self.drawn = link
                    .quantity
                    .map_or(Some(Decimal::ZERO), |quantity| amount(lot, quantity, state))
                    .and_then(|amount| self.drawn?.checked_add(amount));
            }
            Moved::Cleaned => self.cleaned = self.cleaned.max(Some(link.latest)),
            Moved::Counted => self.counted = self.counted.max(Some(moment)),
            Moved::Filled => {}
        }
        late || enclosing || filled || begins
    }

    /// Whether a movement at the last moment compared cannot make the lot overdrawn. Many plants record days only.
    fn surely_fits(&self, lot: &Lot, moved: Moved, link: Link<'_>, moment: Timestamp, state: &State) -> bool {
        let together = self.last == Some(moment)
            && self.cleaned.is_none_or(|cleaned| link.earliest > cleaned)
            && self.counted.is_none_or(|counted| moment > counted);
        if !together || !lot.stock.shortages.is_empty() {
            return false;
        }
        let Some(measure) = Measure::of(lot, material(lot, &state.materials)) else { return false };
        let Some(totals) = measure.totals(lot) else { return false };
        let on_hand = || {
            let came_in = totals.came_in.checked_add(lot.stock.came_in_besides)?;
            came_in.checked_sub(totals.left.checked_add(lot.stock.left_besides)?)
        };
        match moved {
            Moved::Filled => lot.overdrawn.lifted.is_empty(),
            Moved::Drawn => {
                let amount = link.quantity.and_then(|quantity| measure.amount(quantity)).unwrap_or_default();
                let drawn = self.drawn.and_then(|drawn| drawn.checked_add(amount));
                on_hand().zip(drawn).is_some_and(|(on_hand, drawn)| drawn <= on_hand)
            }
            Moved::Counted | Moved::Cleaned => false,
        }
    }
}
