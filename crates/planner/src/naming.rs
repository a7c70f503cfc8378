//! Ids that look like the ids of other lots, and numbers that stand where an id belongs: what is known of them while
//! events are judged. What is only projected is not asked about either.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt};

use lotgraph_domain::operation::Link;
use lotgraph_domain::{
    ErrorCode, Event, EventId, Fact, Likeness, LotId, LotName, Namesakes, NumberPolicy, Operation,
    OperationKind, Output, Problem, Resolved, Role, Text, Transfer,
};

use crate::facts::link_path;
use crate::lots::Lots;
use crate::state::State;

/// What is known of the names of lots.
#[derive(Default)]
pub(crate) struct Naming {
    /// The lots recorded before the batch that go by a name, for names that any goes by.
    recorded: HashMap<LotName, Namesakes>,
    /// Lots that the batch made, by their likeness.
    alike: HashMap<Likeness, Vec<LotId>>,
    /// Lots that the batch gave a number.
    numbered: HashMap<Text, BTreeSet<LotId>>,
}

impl Naming {
    pub(crate) fn new(recorded: HashMap<LotName, Namesakes>) -> Self {
        Self { recorded, alike: HashMap::new(), numbered: HashMap::new() }
    }

    /// The lots whose printed or supplier's number this is by now.
    fn bearers(&self, number: &LotId, lots: &Lots) -> Namesakes {
        let text = number.to_text();
        let known = self.recorded.get(&LotName::Numbered(text.clone()));
        let added = self.numbered.get(&text);
        if known.is_none() && added.is_none() {
            return Namesakes::default();
        }
        // A further name bears its number for the lot that it means.
        let bears = |id: &&LotId| {
            lots.get(id).is_none_or(|lot| {
                lot.number.as_ref() == Some(&text) || lot.supplier_lot.as_ref() == Some(&text)
            })
        };
        let first = known.map(|known| known.lots.as_slice()).unwrap_or_default();
        let beyond = known.map_or(0, Namesakes::beyond);
        let mut bearers = Namesakes::default();
        let all = first.iter().chain(added.into_iter().flatten()).filter(bears);
        let all: BTreeSet<&LotId> = all.map(|id| lots.aliases.meant(id)).collect();
        all.into_iter().for_each(|id| bearers.push(id.clone()));
        bearers.count += beyond;
        bearers
    }

    /// Why a lot that must be known is none: no event names it, or it is a number.
    pub(crate) fn unknown(&self, id: &LotId, lots: &Lots, path: String) -> Problem {
        let bearers = self.bearers(id, lots);
        match bearers.count {
            0 => {
                let message = format!("no event names lot {id}; record it first, or correct the id");
                Problem::new(ErrorCode::LotUnknown, path, message)
            }
            _ => by_number(id, &bearers, path, "name that lot"),
        }
    }

    /// The same fact with lots in the place of numbers; `None` when it has no numbers that are to be replaced. `received` are
    /// numbers that a receipt was told of this very shipment: they are its lots, and not those that the receipt made.
    ///
    /// # Errors
    /// The first number that must not stand there.
    pub(crate) fn resolve(
        &self,
        fact: &Fact,
        policy: NumberPolicy,
        received: &BTreeSet<LotId>,
        lots: &Lots,
    ) -> Result<Option<Fact>, Problem> {
        let asks = asks_to_resolve(fact);
        let takes = asks || policy == NumberPolicy::Resolve;
        let mut taken: BTreeMap<LotId, LotId> = BTreeMap::new();
        let unknown = drawn(fact).filter(|(_, id)| lots.get(id).is_none() && !received.contains(*id));
        for (path, id) in unknown {
            let bearers = self.bearers(id, lots);
            match bearers.lots.as_slice() {
                [] => {}
                [one] if takes && bearers.count == 1 => {
                    taken.insert(id.clone(), one.clone());
                }
                // A hold on an unknown lot would hold nothing.
                _ if policy == NumberPolicy::Create && !asks && !matches!(fact, Fact::Hold(_)) => {}
                _ => {
                    return Err(by_number(
                        id,
                        &bearers,
                        path,
                        "name that lot, or send resolve: true to have it taken",
                    ));
                }
            }
        }
        if taken.is_empty() {
            return Ok(None);
        }
        let resolved = taken.into_iter().map(|(number, lot)| Resolved { number, lot }).collect();
        Ok(Some(with_lots(fact, resolved)))
    }

    /// What is to be said of the lots that a fact makes, which is about to be recorded; `resolved` are the numbers in it that
    /// were taken for lots, `carried` is what it carries on of shipments.
    pub(crate) fn warnings(
        &mut self,
        event: &Event,
        resolved: &[Resolved],
        carried: &[Transfer],
        lots: &Lots,
    ) -> Vec<Problem> {
        let mut warnings: Vec<Problem> = resolved.iter().map(taken).collect();
        let Fact::Operation(operation) = &event.fact else { return warnings };
        warnings.extend(shipped_before(&event.id, operation, carried, lots, self));
        for link in operation.links().filter(|link| lots.get(link.lot).is_none()) {
            self.made(&event.id, (operation, link), lots, &mut warnings);
        }
        for output in &operation.outputs {
            for number in [&output.number, &output.supplier_lot].into_iter().flatten() {
                self.numbered.entry(number.clone()).or_default().insert(output.lot.clone());
            }
        }
        warnings
    }

    /// Notes a lot that a link makes, and warns of those that it may be taken for. A further link makes it no more.
    fn made(
        &mut self,
        event: &EventId,
        made: (&Operation, Link<'_>),
        lots: &Lots,
        warnings: &mut Vec<Problem>,
    ) {
        let (operation, link) = made;
        let id = link.lot;
        let likeness = Likeness::of(id.as_str());
        let made = self.alike.entry(likeness.clone()).or_default();
        if made.contains(id) {
            return;
        }
        let mut alike = self.recorded.get(&LotName::Alike(likeness)).cloned().unwrap_or_default();
        made.iter().for_each(|other| alike.push(other.clone()));
        made.push(id.clone());
        if alike.count > 0 {
            let message = format!(
                "lot {id} is new and looks like lot {}; if it is the same lot, correct the id and void event {}",
                alike.in_words(),
                event
            );
            warnings.push(Problem::new(ErrorCode::LotLooksAlike, lot_path(operation, link), message));
        }
        let bearers = self.bearers(id, lots);
        if bearers.count > 0 {
            let message = format!(
                "lot {id} is new, and {id} is the printed or supplier's number of lot {}; if that lot is meant, void event {} and name it",
                bearers.in_words(),
                event
            );
            warnings.push(Problem::new(ErrorCode::LotByNumber, lot_path(operation, link), message));
        }
    }
}

/// The warnings that lots are received which had been shipped, or that bear the numbers of such, and that the document of no
/// shipment tells of: what a customer sends back is a return, and only as a return is it taken off what the customer holds;
/// and what a sister plant receives repeats the document.
fn shipped_before<'o>(
    event: &'o EventId,
    operation: &'o Operation,
    carried: &'o [Transfer],
    lots: &'o Lots,
    naming: &'o Naming,
) -> impl Iterator<Item = Problem> + 'o {
    let received = operation.links().filter(|link| {
        operation.kind == OperationKind::Receive
            && !carried.iter().any(|transfer| transfer.output == link.position)
    });
    received.filter_map(move |link| {
        let output = operation.outputs.get(link.position as usize)?;
        let shipped = |id: &LotId| lots.get(id).filter(|lot| lot.shipped.count > 0);
        if let Some(lot) = shipped(link.lot) {
            let message = format!(
                "lot {} had been shipped from here; if a customer sent it back, void event {event} and record a return, which \
                 takes it off what the customer holds; if a plant of this ledger received it, record the receipt with the \
                 document of the shipment",
                lot.id
            );
            return Some(Problem::new(ErrorCode::LotShippedBefore, lot_path(operation, link), message));
        }
        let told = [("number", &output.number), ("supplierLot", &output.supplier_lot)];
        told.into_iter().find_map(|(field, number)| {
            let number = LotId::parse(number.as_ref()?.as_str()).ok()?;
            let bearers = naming.bearers(&number, lots).lots;
            let lot = std::iter::once(&number).chain(&bearers).find(|id| *id != link.lot && shipped(id).is_some())?;
            let message = format!(
                "{number} tells of lot {lot}, which had been shipped from here, and no shipment of it bears the document of \
                 this receipt, so nothing links them; if it is what was shipped, void event {event} and record it with the \
                 document of the shipment",
            );
            let path = format!("outputs[{}].{field}", link.position);
            Some(Problem::new(ErrorCode::LotShippedBefore, path, message))
        })
    })
}

/// The warning that a number was taken for a lot.
fn taken(resolved: &Resolved) -> Problem {
    let Resolved { number, lot } = resolved;
    let message = format!("no lot has the id {number}; lot {lot} was taken, which bears it as a number");
    Problem::new(ErrorCode::LotByNumber, String::new(), message)
}

fn by_number(id: &LotId, bearers: &Namesakes, path: String, remedy: &str) -> Problem {
    let lots = bearers.in_words();
    if bearers.count == 1 {
        let message = format!(
            "no lot has the id {id}, which is the printed or supplier's number of lot {lots}; {remedy}"
        );
        return Problem::new(ErrorCode::LotByNumber, path, message);
    }
    let message = format!(
        "no lot has the id {id}, which is the printed or supplier's number of {} lots: {lots}; name the one that is meant",
        bearers.count
    );
    Problem::new(ErrorCode::LotAmbiguous, path, message)
}

/// Whether whoever sent a fact asks to have numbers taken for lots.
pub(crate) fn asks_to_resolve(fact: &Fact) -> bool {
    match fact {
        Fact::Operation(operation) => operation.resolve,
        Fact::Hold(hold) => hold.resolve,
        _ => false,
    }
}

/// The numbers that were taken for lots when a fact was recorded.
pub(crate) fn resolved(fact: &Fact) -> &[Resolved] {
    match fact {
        Fact::Operation(operation) => &operation.resolved,
        Fact::Hold(hold) => &hold.resolved,
        _ => &[],
    }
}

/// The lots that a fact draws from, works on or holds, with their paths.
pub(crate) fn drawn(fact: &Fact) -> Box<dyn Iterator<Item = (String, &LotId)> + '_> {
    match fact {
        Fact::Operation(operation) => {
            let links = operation.links().filter(|link| link.role != Role::Produced);
            Box::new(links.map(|link| (lot_path(operation, link), link.lot)))
        }
        Fact::Hold(hold) => {
            Box::new((0..).zip(&hold.lots).map(|(n, lot): (usize, _)| (format!("lots[{n}]"), lot)))
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// Where a link names its lot, for people. Work in place lists ids only, unless it is a count.
fn lot_path(operation: &Operation, link: Link<'_>) -> String {
    if link.role == Role::Consumed && operation.kind == OperationKind::Return {
        let output = operation.outputs.get(link.position as usize);
        let field = output.and_then(|output| output.shipped_as.as_ref()).map_or("lot", |_| "shippedAs");
        return format!("outputs[{}].{field}", link.position);
    }
    let path = link_path(link.role, link.position);
    let plain = link.role == Role::InPlace && operation.kind != OperationKind::Count;
    if plain { path } else { format!("{path}.lot") }
}

/// A fact with lots in the place of numbers, where it draws from them, works on them or holds them. It says which.
pub(crate) fn with_lots(fact: &Fact, resolved: Vec<Resolved>) -> Fact {
    let lot = |id: &mut LotId| {
        if let Some(taken) = resolved.iter().find(|taken| taken.number == *id) {
            *id = taken.lot.clone();
        }
    };
    match fact {
        Fact::Operation(operation) => {
            let mut operation: Operation = operation.clone();
            operation.inputs.iter_mut().for_each(|input| lot(&mut input.lot));
            operation.lots.iter_mut().for_each(|item| lot(&mut item.lot));
            if operation.kind == OperationKind::Return {
                // What had been shipped is what the return draws on.
                let left = |output: &mut Output| lot(output.shipped_as.as_mut().unwrap_or(&mut output.lot));
                operation.outputs.iter_mut().for_each(left);
            }
            join(&mut operation.resolved, resolved);
            Fact::Operation(operation)
        }
        Fact::Hold(hold) => {
            let mut hold = hold.clone();
            hold.lots.iter_mut().for_each(lot);
            hold.lots.sort_unstable();
            hold.lots.dedup();
            join(&mut hold.resolved, resolved);
            Fact::Hold(hold)
        }
        other => other.clone(),
    }
}

/// Adds numbers that were taken, each once, ordered.
fn join(known: &mut Vec<Resolved>, more: Vec<Resolved>) {
    known.extend(more);
    known.sort_unstable();
    known.dedup();
}

/// The events that may be recorded in the place of events that name lots by numbers, one after the other for each lot that a
/// number may be taken for. They may be more than turn out to be needed, never fewer.
pub(crate) fn in_place(events: &[Event], policy: NumberPolicy, state: &State) -> Vec<Event> {
    let takes = |event: &&Event| policy == NumberPolicy::Resolve || asks_to_resolve(&event.fact);
    let mut given: Option<HashMap<&str, Vec<&LotId>>> = None;
    let mut found = Vec::new();
    for event in events.iter().filter(takes) {
        let unknown: BTreeSet<&LotId> =
            drawn(&event.fact).map(|(_, id)| id).filter(|id| !state.lots.contains_key(*id)).collect();
        if unknown.is_empty() {
            continue;
        }
        let given = given.get_or_insert_with(|| numbers_given(events));
        let bearers = |id: &LotId| {
            let recorded = state.namesakes.get(&LotName::numbered(id)).map(|known| known.lots.as_slice());
            let recorded = recorded.unwrap_or_default().iter();
            recorded.chain(given.get(id.as_str()).into_iter().flatten().copied()).cloned().collect()
        };
        let bearers: Vec<(&LotId, Vec<LotId>)> = unknown.into_iter().map(|id| (id, bearers(id))).collect();
        let most = bearers.iter().map(|(_, lots)| lots.len()).max().unwrap_or_default();
        for n in 0..most {
            let taken = bearers.iter().filter_map(|(number, lots)| {
                Some(Resolved { number: (*number).clone(), lot: lots.get(n).or(lots.last())?.clone() })
            });
            found.push(Event { id: event.id.clone(), fact: with_lots(&event.fact, taken.collect()) });
        }
    }
    found
}

/// The lots that events give a number, by the number.
fn numbers_given(events: &[Event]) -> HashMap<&str, Vec<&LotId>> {
    let mut given: HashMap<&str, Vec<&LotId>> = HashMap::new();
    for event in events {
        let Fact::Operation(operation) = &event.fact else { continue };
        for output in &operation.outputs {
            for number in [&output.number, &output.supplier_lot].into_iter().flatten() {
                given.entry(number.as_str()).or_default().push(&output.lot);
            }
        }
    }
    given
}
