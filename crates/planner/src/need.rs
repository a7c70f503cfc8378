//! What the planner must know. It asks in steps, because only the answer to one step says what to ask in the
//! next: a void names an event, the event names lots, and lots name the holds that mark them.

use std::collections::BTreeSet;

use lotgraph_domain::{
    AlertId, AlertKind, Anomalies, Event, EventId, Fact, Hold, Likeness, LotId, LotName, MaterialCode,
    Operation, RENAMED_OPERATIONS_MAX, RecordRef, Role, Text,
};

use crate::aliases::{self, Aliases, RecordedUnder};
use crate::facts::{Touches, recordable};
use crate::state::State;
use crate::{stock, transfers, units};

/// One question to the store. The keys in it are sorted, each once; the answer leaves out what does not
/// exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Events of the ledger. The answer goes into [`State::events`].
    Events(Vec<EventId>),
    /// Lots. The answer goes into [`State::lots`].
    Lots(Vec<LotId>),
    /// Lots by what they are called besides their id. The answer goes into [`State::namesakes`].
    Namesakes(Vec<LotName>),
    /// The operations not withdrawn that were recorded of lots under some of their names. The answer goes into
    /// [`State::recorded_under`].
    RecordedUnder {
        /// The lots, each with the names.
        names: Vec<RecordedUnder>,
        /// At how many operations the answer may end.
        limit: Option<usize>,
    },
    /// The shipments and receipts not withdrawn that bear a document. The answer goes into [`State::documents`].
    Documents {
        /// The documents.
        documents: Vec<Text>,
        /// At how many operations of one document the answer may end; which ones they are is not told.
        limit: usize,
    },
    /// Declared materials. The answer goes into [`State::materials`].
    Materials(Vec<MaterialCode>),
    /// Which of these materials any lot is of. The answer goes into [`State::in_use`].
    MaterialsInUse(Vec<MaterialCode>),
    /// All movements of lots: their links, with the kinds of the operations. Without work in place, but for cleans and
    /// counts. The answer goes into [`State::movements`].
    Movements(Vec<LotId>),
    /// The first links of lots. The answer goes into [`State::first_links`].
    FirstLinks(FirstLinksNeeds),
    /// Where holds lead, which is two closures: everything that was made of some lots, without any limit, and
    /// the operations that produce some others. The answer goes into [`State::paths`].
    HoldPaths {
        /// The seeds of the closure FORWARD.
        forward: Vec<LotId>,
        /// The seeds of the closure BACKWARD, whose depth is 1.
        producers: Vec<LotId>,
    },
    /// Records. The answer goes into [`State::records`].
    Records(Vec<RecordRef>),
}

/// What must be known about lots that lose links to a void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstLinksNeeds {
    /// The lots, sorted.
    pub lots: Vec<LotId>,
    /// Recorded operations whose links are left aside, because the events would void them. Sorted.
    pub without: Vec<EventId>,
}

impl Need {
    /// Whether there is nothing to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Events(keys) => keys.is_empty(),
            Self::Lots(keys) => keys.is_empty(),
            Self::Namesakes(keys) => keys.is_empty(),
            Self::Materials(keys) | Self::MaterialsInUse(keys) => keys.is_empty(),
            Self::RecordedUnder { names, limit: _ } => names.is_empty(),
            Self::Documents { documents, limit: _ } => documents.is_empty(),
            Self::Movements(keys) => keys.is_empty(),
            Self::FirstLinks(needs) => needs.lots.is_empty(),
            Self::HoldPaths { forward, producers } => forward.is_empty() && producers.is_empty(),
            Self::Records(keys) => keys.is_empty(),
        }
    }
}

/// The steps, in order. Each of them may use the answers to the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The events themselves, which may have been recorded before, and the events that they name.
    Events,
    /// The lots that any of those events names.
    Lots,
    /// What lots that do not exist may be taken for, when it is judged whether they may come to be.
    Namesakes,
    /// The lots that may be taken in their place.
    LotsTaken,
    /// What those lots are other names of, and their further names; again, until nothing is missing. There are nearly always
    /// none.
    LotsMeant,
    /// The operations that were recorded under names of which the events say something. There are nearly always none.
    RecordedUnder,
    /// The events of those operations.
    EventsMoved,
    /// The lots that those events name.
    LotsMoved,
    /// What those lots are other names of.
    LotsMovedMeant,
    /// What moved of lots that were shipped and that the events give a number. There are nearly always none.
    Renumbered,
    /// The shipments of those lots.
    ShipmentsRenumbered,
    /// Which shipments and receipts bear the documents of those that the events record or change.
    Documents,
    /// The events of the shipments and receipts that one of the other kind may carry on. There are nearly always none.
    Counterparts,
    /// The lots of those.
    LotsCounterpart,
    /// What these are other names of, and their further names.
    LotsCounterpartMeant,
    /// The materials of those lots and of the events.
    Materials,
    /// The materials that are declared in another unit. There are nearly always none.
    MaterialsInUse,
    /// The lots whose stock cannot be compared by their sums alone.
    Movements,
    /// The lots whose first production or first draw a void may take away.
    FirstLinks,
    /// The holds that mark any of the lots. There are nearly always none.
    Holds,
    /// The lots that those holds name.
    LotsHeld,
    /// What those lots are other names of.
    LotsHeldMeant,
    /// Where those holds lead that the events can change something about. It is nearly always nowhere.
    HoldPaths,
    /// The lots that the holds lead to, since their marks may change.
    LotsOnPaths,
    /// The records that the events can change. There are nearly always none.
    Records,
}

impl Step {
    /// The first step.
    pub(crate) const FIRST: Self = Self::Events;

    /// The step after this one.
    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Events => Some(Self::Lots),
            Self::Lots => Some(Self::Namesakes),
            Self::Namesakes => Some(Self::LotsTaken),
            Self::LotsTaken => Some(Self::LotsMeant),
            Self::LotsMeant => Some(Self::RecordedUnder),
            Self::RecordedUnder => Some(Self::EventsMoved),
            Self::EventsMoved => Some(Self::LotsMoved),
            Self::LotsMoved => Some(Self::LotsMovedMeant),
            Self::LotsMovedMeant => Some(Self::Renumbered),
            Self::Renumbered => Some(Self::ShipmentsRenumbered),
            Self::ShipmentsRenumbered => Some(Self::Documents),
            Self::Documents => Some(Self::Counterparts),
            Self::Counterparts => Some(Self::LotsCounterpart),
            Self::LotsCounterpart => Some(Self::LotsCounterpartMeant),
            Self::LotsCounterpartMeant => Some(Self::Materials),
            Self::Materials => Some(Self::MaterialsInUse),
            Self::MaterialsInUse => Some(Self::Movements),
            Self::Movements => Some(Self::FirstLinks),
            Self::FirstLinks => Some(Self::Holds),
            Self::Holds => Some(Self::LotsHeld),
            Self::LotsHeld => Some(Self::LotsHeldMeant),
            Self::LotsHeldMeant => Some(Self::HoldPaths),
            Self::HoldPaths => Some(Self::LotsOnPaths),
            Self::LotsOnPaths => Some(Self::Records),
            Self::Records => None,
        }
    }

    /// Whether an answer may lead to the same question about something else.
    pub(crate) fn asks_again(self) -> bool {
        matches!(
            self,
            Self::LotsMeant | Self::LotsMovedMeant | Self::LotsCounterpartMeant | Self::LotsHeldMeant
        )
    }

    /// What this step asks for.
    pub(crate) fn need(self, events: &[&Event], named: &mut Named, state: &State) -> Need {
        match self {
            Self::Events => Need::Events(std::mem::take(&mut named.events).into_iter().collect()),
            Self::Lots => Need::Lots(named.lots_to_load(state)),
            Self::Namesakes => Need::Namesakes(named.namesakes(state)),
            Self::LotsTaken => Need::Lots(lots_unknown(events, state)),
            Self::LotsMeant | Self::LotsMovedMeant | Self::LotsHeldMeant => {
                Need::Lots(aliases::missing(state))
            }
            Self::LotsMoved => Need::Lots(aliases::lots_moved(state)),
            Self::RecordedUnder => Need::RecordedUnder {
                names: aliases::recorded_under(events, state),
                limit: named.judged.then_some(RENAMED_OPERATIONS_MAX + 1),
            },
            Self::EventsMoved => Need::Events(aliases::events_moved(state)),
            Self::Renumbered => Need::Movements(transfers::renumbered(events, state)),
            Self::ShipmentsRenumbered => Need::Events(transfers::shipments_renumbered(events, state)),
            Self::Documents => Need::Documents {
                documents: transfers::documents(events, state),
                limit: transfers::operations_read(events),
            },
            Self::Counterparts => Need::Events(transfers::counterparts(events, state)),
            Self::LotsCounterpart => Need::Lots(transfers::lots_missing(state)),
            Self::LotsCounterpartMeant => Need::Lots(aliases::missing(state)),
            Self::Materials => Need::Materials(materials_named(std::mem::take(&mut named.materials), state)),
            Self::MaterialsInUse => Need::MaterialsInUse(units::changed(events, state)),
            Self::Movements => Need::Movements(stock::needed(events, state)),
            Self::FirstLinks => Need::FirstLinks(first_links(events, state)),
            Self::Holds => Need::Events(holds_met(state)),
            Self::LotsHeld => Need::Lots(lots_held(events, state)),
            Self::HoldPaths => hold_paths(events, state),
            Self::LotsOnPaths => Need::Lots(lots_on_paths(state)),
            Self::Records => Need::Records(records_touched(events, state)),
        }
    }
}

/// What the events themselves name, taken once: the steps use it up.
#[derive(Debug, Default)]
pub(crate) struct Named {
    events: BTreeSet<EventId>,
    lots: BTreeSet<LotId>,
    /// Lots that may come to be; none when nothing is judged.
    new: Vec<LotId>,
    /// The printed and supplier's numbers of what is received; none when nothing is judged.
    numbers: BTreeSet<Text>,
    judged: bool,
    materials: BTreeSet<MaterialCode>,
}

impl Named {
    /// What these events name.
    pub(crate) fn by<'e>(events: impl Iterator<Item = &'e Event>) -> Self {
        let mut touches = Touches::default();
        for event in events {
            touches.events.insert(&event.id);
            recordable(&event.fact).touches(&mut touches);
        }
        Self {
            events: touches.events.into_iter().cloned().collect(),
            lots: touches.lots.into_iter().cloned().collect(),
            new: Vec::new(),
            numbers: BTreeSet::new(),
            judged: false,
            materials: touches.materials.into_iter().cloned().collect(),
        }
    }

    /// The same, of events that are judged.
    pub(crate) fn to_judge<'e>(events: impl Iterator<Item = &'e Event>) -> Self {
        let events: Vec<&Event> = events.collect();
        let numbers = transfers::numbers_received(&events);
        let mut named = Self { judged: true, ..Self::by(events.into_iter()) };
        named.lots.extend(numbers.iter().filter_map(|number| LotId::parse(number.as_str()).ok()));
        named.numbers = numbers;
        named
    }

    fn lots_to_load(&mut self, state: &State) -> Vec<LotId> {
        let mut lots = std::mem::take(&mut self.lots);
        if self.judged {
            self.new = lots.iter().cloned().collect();
        }
        let mut touches = Touches::default();
        for recorded in state.events.values() {
            recordable(&recorded.event.fact).touches(&mut touches);
        }
        lots.extend(touches.lots.into_iter().cloned());
        lots.into_iter().collect()
    }

    /// What the lots that do not exist may be called besides their id.
    fn namesakes(&mut self, state: &State) -> Vec<LotName> {
        let mut new = std::mem::take(&mut self.new);
        new.retain(|lot| !state.lots.contains_key(lot));
        // What is received may bear the number of what was shipped.
        let numbers = std::mem::take(&mut self.numbers).into_iter().map(LotName::Numbered);
        let alike = new.iter().map(|lot| LotName::Alike(Likeness::of(lot.as_str())));
        let mut names: Vec<LotName> = alike.chain(new.iter().map(LotName::numbered)).chain(numbers).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The lots that the events name and that are not loaded.
fn lots_unknown(events: &[&Event], state: &State) -> Vec<LotId> {
    if state.namesakes.is_empty() {
        return Vec::new();
    }
    let mut touches = Touches::default();
    events.iter().for_each(|event| recordable(&event.fact).touches(&mut touches));
    let bearers = transfers::bearers(events, state);
    let lots: BTreeSet<&LotId> = touches.lots.into_iter().chain(bearers).collect();
    lots.into_iter().filter(|lot| !state.lots.contains_key(*lot)).cloned().collect()
}

fn materials_named(mut codes: BTreeSet<MaterialCode>, state: &State) -> Vec<MaterialCode> {
    codes.extend(state.lots.values().filter_map(|lot| lot.material.clone()));
    codes.into_iter().collect()
}

fn holds_met(state: &State) -> Vec<EventId> {
    let marks = state.lots.values().flat_map(|lot| &lot.quarantine.marks);
    let holds: BTreeSet<&EventId> =
        marks.map(|mark| &mark.hold).filter(|hold| !state.events.contains_key(*hold)).collect();
    holds.into_iter().cloned().collect()
}

/// The lots that the holds name which spread and that are not known: a hold may name a lot by a further name.
fn lots_held(events: &[&Event], state: &State) -> Vec<LotId> {
    let recorded = state.events.values().map(|recorded| &recorded.event.fact);
    let facts = events.iter().map(|event| &event.fact).chain(recorded);
    let held = facts.filter_map(spreading).flat_map(|hold| &hold.lots);
    let unknown: BTreeSet<&LotId> = held.filter(|lot| !state.lots.contains_key(*lot)).collect();
    unknown.into_iter().cloned().collect()
}

/// Where holds lead. The events can change something about a hold only when one of them records or releases
/// it, or names a lot that it marks. It follows that asking about these holds is enough: every link that a
/// hold follows, or that bears on when it does, ends at a marked lot.
fn hold_paths(events: &[&Event], state: &State) -> Need {
    let recorded = state.events.values().map(|recorded| &recorded.event.fact);
    let facts = events.iter().map(|event| &event.fact).chain(recorded);
    let aliases = Aliases::among(&state.lots);
    let held = facts.filter_map(spreading).flat_map(|hold| &hold.lots);
    let mut forward: BTreeSet<&LotId> = held.map(|lot| aliases.meant(lot)).collect();
    if forward.is_empty() {
        return Need::HoldPaths { forward: Vec::new(), producers: Vec::new() };
    }
    // What is shipped leads on to where it was received.
    let received = transfers::receipts(state).flat_map(|(_, receipt)| outputs_of(receipt));
    forward.extend(received.filter(|lot| state.lots.contains_key(*lot)));
    let sent = events.iter().filter_map(|event| operation(&event.fact));
    forward.extend(sent.flat_map(outputs_of).filter(|lot| state.lots.contains_key(*lot)));
    let mut producers: BTreeSet<&LotId> =
        voided(events, state).flat_map(|(_, operation)| outputs_of(operation)).collect();
    producers.extend(transfers::into_the_same_lot(events, state).into_iter().map(|(_, lot)| lot));
    // Links that are moved are followed from the lot that they are moved to.
    let renamed = aliases::concerned(events, state);
    let renamed: Vec<&LotId> = renamed.iter().filter(|lot| state.lots.contains_key(*lot)).collect();
    forward.extend(&renamed);
    producers.extend(&renamed);
    Need::HoldPaths {
        forward: forward.into_iter().cloned().collect(),
        producers: producers.into_iter().cloned().collect(),
    }
}

fn lots_on_paths(state: &State) -> Vec<LotId> {
    let lots = state.paths.iter().flat_map(|paths| &paths.lots);
    let lots: BTreeSet<&LotId> = lots.filter(|lot| !state.lots.contains_key(*lot)).collect();
    lots.into_iter().cloned().collect()
}

fn records_touched(events: &[&Event], state: &State) -> Vec<RecordRef> {
    let mut records = BTreeSet::new();
    for (_, lot) in transfers::into_the_same_lot(events, state) {
        anomalies(state, lot, &mut records);
    }
    for event in events {
        recordable(&event.fact).records(state, &mut records);
    }
    records.into_iter().collect()
}

/// The lots whose first production or first draw a void may take away. A lot or an event that is not in the
/// state is skipped, because nothing is known about it that could be taken away.
fn first_links(events: &[&Event], state: &State) -> FirstLinksNeeds {
    let mut without: BTreeSet<EventId> = state.recorded_under.iter().cloned().collect();
    let mut lots = aliases::concerned(events, state);
    lots.retain(|lot| state.lots.contains_key(lot));
    for (id, lot) in transfers::into_the_same_lot(events, state) {
        without.insert(id.clone());
        lots.insert(lot.clone());
    }
    for (id, operation) in voided(events, state) {
        if state.events.get(id).is_none_or(|recorded| recorded.voided_by.is_some()) {
            continue;
        }
        without.insert(id.clone());
        for link in operation.links() {
            let Some(lot) = state.lots.get(link.lot) else { continue };
            let first = match link.role {
                Role::Produced => link.brings_into_being() && lot.earliest_production == Some(link.earliest),
                Role::Consumed => link.takes_away() && lot.earliest_draw == Some(link.latest),
                Role::InPlace => false,
            };
            if first {
                lots.insert(link.lot.clone());
            }
        }
    }
    FirstLinksNeeds { lots: lots.into_iter().collect(), without: without.into_iter().collect() }
}

/// The recorded operations that the voids among the events name.
fn voided<'a>(
    events: &'a [&'a Event],
    state: &'a State,
) -> impl Iterator<Item = (&'a EventId, &'a Operation)> {
    events.iter().filter_map(|event| {
        let Fact::Void(void) = &event.fact else { return None };
        Some((&void.event, operation(state.fact(&void.event)?)?))
    })
}

/// Adds the alerts that something does not add up about a lot.
pub(crate) fn anomalies(state: &State, lot: &LotId, records: &mut BTreeSet<RecordRef>) {
    let Some(known) = state.lots.get(lot).filter(|lot| !lot.anomalies.is_clear()) else { return };
    let Anomalies { unknown_origin, quantity_gap, time_conflict, overdrawn, unit_conflict } =
        &known.anomalies;
    let kinds = [
        (AlertKind::UnknownOrigin, unknown_origin),
        (AlertKind::QuantityGap, quantity_gap),
        (AlertKind::TimeConflict, time_conflict),
        (AlertKind::Overdrawn, overdrawn),
        (AlertKind::UnitConflict, unit_conflict),
    ];
    records.extend(kinds.into_iter().filter_map(|(kind, since)| {
        Some(RecordRef::Alert(AlertId::derived(kind, lot.as_str(), since.as_ref()?)))
    }));
}

fn spreading(fact: &Fact) -> Option<&Hold> {
    match fact {
        Fact::Hold(hold) => Some(hold).filter(|hold| hold.propagate),
        _ => None,
    }
}

fn operation(fact: &Fact) -> Option<&Operation> {
    match fact {
        Fact::Operation(operation) => Some(operation),
        _ => None,
    }
}

pub(crate) fn outputs_of(operation: &Operation) -> impl Iterator<Item = &LotId> {
    operation.links().filter(|link| link.role == Role::Produced).map(|link| link.lot)
}
