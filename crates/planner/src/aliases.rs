//! Which lots the names in events mean. Events stay as they were sent; what they change, they change of the lot that is
//! meant, and when a name turns out to mean another lot, what was recorded under it is moved there.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt};

use lotgraph_domain::{
    Event, EventId, Fact, Lot, LotId, NamesMeant, Operation, RENAMED_OPERATIONS_MAX, SameLot,
};

use crate::state::State;

/// The names that mean another lot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Aliases {
    /// For each name what it was said to mean, which may be a name as well.
    of: HashMap<LotId, LotId>,
}

impl Aliases {
    /// The names among some lots.
    pub(crate) fn among(lots: &HashMap<LotId, Lot>) -> Self {
        let mut of = HashMap::new();
        for lot in lots.values() {
            if let Some(alias) = &lot.alias_of {
                of.insert(lot.id.clone(), alias.lot.clone());
            }
        }
        Self { of }
    }

    /// The lot that a name means; the name itself when it is a lot.
    pub(crate) fn meant<'l>(&'l self, name: &'l LotId) -> &'l LotId {
        let mut meant = name;
        // Names of names are judged to lead to a lot, so this ends. The bound is for ledgers that were tampered with.
        for _ in 0..=self.of.len() {
            match self.of.get(meant) {
                Some(further) => meant = further,
                None => break,
            }
        }
        meant
    }

    /// The steps from a name to the lot that it means, the name left out.
    pub(crate) fn chain(&self, name: &LotId) -> Vec<LotId> {
        let mut chain: Vec<LotId> = Vec::new();
        let mut here = name;
        while let Some(further) = self.of.get(here).filter(|further| !chain.contains(further)) {
            chain.push(further.clone());
            here = further;
        }
        chain
    }

    /// The name and all that are names of it.
    pub(crate) fn under(&self, name: &LotId) -> BTreeSet<LotId> {
        let names = self.of.keys().filter(|other| *other != name && self.chain(other).contains(name));
        std::iter::once(name).chain(names).cloned().collect()
    }

    /// Whether a name means another lot.
    pub(crate) fn is_alias(&self, name: &LotId) -> bool {
        self.of.contains_key(name)
    }

    /// Notes that a name means a lot from now on.
    pub(crate) fn insert(&mut self, name: LotId, of: LotId) {
        self.of.insert(name, of);
    }

    /// Notes that a name is a lot of its own from now on.
    pub(crate) fn remove(&mut self, name: &LotId) {
        self.of.remove(name);
    }

    /// An operation with the lots that are meant; `None` when it names them by their own names.
    pub(crate) fn operation(&self, operation: &Operation) -> Option<Operation> {
        let names = self.names(operation);
        (!names.is_empty()).then(|| names.applied(operation.clone()))
    }

    /// What the further names in an operation mean.
    pub(crate) fn names(&self, operation: &Operation) -> NamesMeant {
        if self.of.is_empty() {
            return NamesMeant::default();
        }
        NamesMeant::of(operation, |name| self.is_alias(name).then(|| self.meant(name).clone()))
    }

    /// The same of any fact. Only operations change what moved; every other fact looks up what its names mean.
    pub(crate) fn fact(&self, fact: &Fact) -> Option<Fact> {
        match fact {
            Fact::Operation(operation) => self.operation(operation).map(Fact::Operation),
            _ => None,
        }
    }
}

/// What the events and the voids among them say about names: each fact once, with the lots as they were recorded.
pub(crate) fn said<'a>(events: &'a [&'a Event], state: &'a State) -> impl Iterator<Item = SameLot<'a>> {
    events.iter().filter_map(|event| match &event.fact {
        Fact::Void(void) => SameLot::of(&state.events.get(&void.event)?.event.fact),
        fact => SameLot::of(fact),
    })
}

/// The lots that gain or lose links by what the events say about names: the names, the lots that they mean, and those that
/// the names mean as long as nothing else is said. There are nearly always none.
pub(crate) fn concerned(events: &[&Event], state: &State) -> BTreeSet<LotId> {
    let said: Vec<SameLot<'_>> = said(events, state).collect();
    if said.is_empty() {
        return BTreeSet::new();
    }
    let aliases = Aliases::among(&state.lots);
    let named: BTreeSet<&LotId> = said.into_iter().flat_map(SameLot::all).collect();
    let meant: BTreeSet<LotId> = named.iter().map(|name| aliases.meant(name).clone()).collect();
    named.into_iter().cloned().chain(meant).collect()
}

/// Names under which operations were recorded, and the lot that these are recorded of so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedUnder {
    /// The lot that the links end at.
    pub lot: LotId,
    /// The names that the events gave it, ordered.
    pub names: Vec<LotId>,
}

/// Under which names operations must be found, because the events say something about these names.
pub(crate) fn recorded_under(events: &[&Event], state: &State) -> Vec<RecordedUnder> {
    let names: BTreeSet<&LotId> = said(events, state).flat_map(|said| said.names).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let aliases = Aliases::among(&state.lots);
    let known = names.into_iter().filter(|name| state.lots.contains_key(*name));
    let under = |name: &LotId| RecordedUnder {
        lot: aliases.meant(name).clone(),
        names: aliases.under(name).into_iter().collect(),
    };
    known.map(under).collect()
}

/// The lots that must be known besides, because lots that are known name them: what names mean, and further names.
pub(crate) fn missing(state: &State) -> Vec<LotId> {
    let named = |lot: &Lot| {
        let meant = lot.alias_of.iter().map(|alias| alias.lot.clone());
        meant.chain(lot.aliases.keys().cloned()).collect::<Vec<LotId>>()
    };
    let named: BTreeSet<LotId> = state.lots.values().flat_map(named).collect();
    named.into_iter().filter(|lot| !state.lots.contains_key(lot)).collect()
}

/// Notes what loaded operations say in the names of the lots that they mean.
pub(crate) fn note_meant(state: &mut State) {
    let aliases = Aliases::among(&state.lots);
    if aliases.of.is_empty() {
        return;
    }
    for (id, recorded) in &state.events {
        if let Some(fact) = aliases.fact(&recorded.event.fact) {
            state.meant.insert(id.clone(), fact);
        }
    }
}

/// The sent events that name lots by other names, with the lots that they mean before anything else is said.
pub(crate) fn events_meant(events: &[&Event], state: &State) -> Vec<Event> {
    let aliases = Aliases::among(&state.lots);
    if aliases.of.is_empty() {
        return Vec::new();
    }
    let meant = |event: &&Event| Some(Event { id: event.id.clone(), fact: aliases.fact(&event.fact)? });
    events.iter().filter_map(meant).collect()
}

/// The events of the operations of which links may be moved. When they are more than may be, none: then whatever says so is
/// refused.
pub(crate) fn events_moved(state: &State) -> Vec<EventId> {
    if state.recorded_under.len() > RENAMED_OPERATIONS_MAX {
        return Vec::new();
    }
    let known = |id: &&EventId| !state.events.contains_key(*id);
    let events: BTreeSet<&EventId> = state.recorded_under.iter().filter(known).collect();
    events.into_iter().cloned().collect()
}

/// The lots that those events name and that are not known.
pub(crate) fn lots_moved(state: &State) -> Vec<LotId> {
    let operations = state.recorded_under.iter().filter_map(|id| match &state.events.get(id)?.event.fact {
        Fact::Operation(operation) => Some(operation),
        _ => None,
    });
    let named = operations.flat_map(Operation::lots_named);
    let unknown: BTreeSet<&LotId> = named.filter(|lot| !state.lots.contains_key(*lot)).collect();
    unknown.into_iter().cloned().collect()
}
