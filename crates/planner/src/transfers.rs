//! Transfers: receipts of what was shipped on record, by plants whose events are in the same ledger.
//!
//! Which shipments a receipt carries on follows from the two events and from the numbers of the lots, whichever of them was
//! recorded first. So whenever a shipment is recorded or withdrawn, or a lot that was shipped is given a number, the receipts
//! with the same document are looked at again.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use lotgraph_domain::operation::Link;
use lotgraph_domain::transfer::DOCUMENT_OPERATIONS_MAX;
use lotgraph_domain::{
    Event, EventId, Fact, LotId, LotName, Operation, OperationKind, Pairs, Role, Text, Timestamp, Transfer,
};

use crate::facts::link_rows;
use crate::flow::count_link;
use crate::log::Log;
use crate::lots::Lots;
use crate::projection::Projection;
use crate::state::State;
use crate::writes::{LinkKey, LinkRow, OperationRow};

/// The shipments and receipts that bear a document and are not withdrawn.
#[derive(Debug, Default)]
struct Document {
    shipments: BTreeSet<EventId>,
    receipts: BTreeSet<EventId>,
    /// Whether so many recorded ones bear it that they were not read.
    beyond: bool,
}

impl Document {
    fn of_kind(&mut self, kind: OperationKind) -> Option<&mut BTreeSet<EventId>> {
        match kind {
            OperationKind::Ship => Some(&mut self.shipments),
            OperationKind::Receive => Some(&mut self.receipts),
            _ => None,
        }
    }

    /// Whether too many operations bear it to tell one from the other.
    fn tells_nothing(&self) -> bool {
        self.beyond || self.shipments.len() + self.receipts.len() > DOCUMENT_OPERATIONS_MAX
    }
}

/// The documents that the work touches, and the receipts whose transfers it changes.
#[derive(Default)]
pub(crate) struct Transfers {
    documents: HashMap<Text, Document>,
    /// The receipts whose transfers the work changes, each with the links that were recorded of it before.
    changed: BTreeMap<EventId, Vec<LinkRow>>,
}

/// The document by which an operation can be a part of a transfer.
pub(crate) fn document_of(operation: &Operation) -> Option<&Text> {
    matches!(operation.kind, OperationKind::Ship | OperationKind::Receive).then_some(())?;
    operation.document.as_ref()
}

impl Transfers {
    /// The documents as they are recorded. The receipts among them are told what they carry on.
    pub(crate) fn new(
        (recorded, most): (HashMap<Text, Vec<(EventId, OperationKind)>>, usize),
        log: &mut Log<'_>,
        lots: &Lots,
    ) -> Self {
        let mut transfers = Self::default();
        for (text, operations) in recorded {
            let beyond = operations.len() >= most;
            let mut document = Document { beyond, ..Document::default() };
            for (id, kind) in operations.into_iter().filter(|_| !beyond) {
                document.of_kind(kind).map(|ids| ids.insert(id));
            }
            transfers.documents.insert(text, document);
        }
        let mut carrying: Vec<(EventId, Operation)> = Vec::new();
        for document in transfers.documents.values() {
            let shipped = Shipped::of(document, log, lots);
            for (id, receipt) in document.receipts.iter().filter_map(|id| Some((id, log.operation(id)?))) {
                let transfers = shipped.carried(receipt);
                if !transfers.is_empty() {
                    carrying.push((id.clone(), Operation { transfers, ..receipt.clone() }));
                }
            }
        }
        for (id, receipt) in carrying {
            log.say(&id, Some(Fact::Operation(receipt)));
        }
        transfers
    }

    /// What a receipt that is about to be recorded carries on.
    pub(crate) fn of(&self, receipt: &Operation, log: &Log<'_>, lots: &Lots) -> Vec<Transfer> {
        let document = document_of(receipt).filter(|_| receipt.kind == OperationKind::Receive);
        let document = document.and_then(|text| self.documents.get(text));
        document.map_or_else(Vec::new, |document| {
            // With the receipt itself there may be too many.
            let full = document.shipments.len() + document.receipts.len() >= DOCUMENT_OPERATIONS_MAX;
            if full { Vec::new() } else { Shipped::of(document, log, lots).carried(receipt) }
        })
    }

    /// The lots of a shipment that receipts with its document tell of: their numbers are ids of the plant that ships.
    pub(crate) fn received(&self, shipment: &Operation, log: &Log<'_>) -> BTreeSet<LotId> {
        let document = document_of(shipment).filter(|_| shipment.kind == OperationKind::Ship);
        let document = document.and_then(|text| self.documents.get(text));
        let receipts = document.into_iter().flat_map(|document| &document.receipts);
        let outputs = receipts.filter_map(|id| log.operation(id)).flat_map(Operation::made);
        let numbers = outputs.flat_map(|output| [&output.number, &output.supplier_lot]).flatten();
        numbers.filter_map(|number| LotId::parse(number.as_str()).ok()).collect()
    }

    /// Whether more operations bear the document of an operation than may, once it is recorded.
    pub(crate) fn tells_nothing(&self, operation: &Operation) -> bool {
        let document = document_of(operation).and_then(|text| self.documents.get(text));
        document.is_some_and(|document| {
            document.beyond || document.shipments.len() + document.receipts.len() >= DOCUMENT_OPERATIONS_MAX
        })
    }

    /// Puts the rows of the receipts whose transfers changed in the place of what the work had written of them so far.
    pub(crate) fn rewrite(
        self,
        log: &Log<'_>,
        operations: &mut [OperationRow],
        unlinks: &mut Vec<LinkKey>,
        links: &mut Vec<LinkRow>,
    ) {
        if self.changed.is_empty() {
            return;
        }
        unlinks.retain(|key| !self.changed.contains_key(&key.operation));
        links.retain(|row| !self.changed.contains_key(&row.operation));
        for (id, before) in &self.changed {
            let Some(operation) = log.operation(id) else { continue };
            let after: Vec<LinkRow> = link_rows(id, operation).collect();
            if log.is_withdrawn(id) && !before.is_empty() {
                continue;
            }
            if let Some(row) = operations.iter_mut().find(|row| row.id == *id) {
                row.pairs = Pairs::of(operation);
            }
            let gone = before.iter().filter(|row| !after.contains(row));
            unlinks.extend(gone.map(|row| LinkKey {
                operation: id.clone(),
                role: row.role,
                position: row.position,
                lot: row.lot.clone(),
            }));
            links.extend(after.into_iter().filter(|row| !before.contains(row)));
        }
    }
}

/// What the shipments with a document took away, by the lots' ids and printed numbers.
struct Shipped<'o>(BTreeMap<&'o str, Vec<(&'o EventId, Link<'o>)>>);

impl<'o> Shipped<'o> {
    fn of(document: &'o Document, log: &'o Log<'_>, lots: &'o Lots) -> Self {
        let mut shipped = Self(BTreeMap::new());
        if document.receipts.is_empty() && document.shipments.is_empty() || document.tells_nothing() {
            return shipped;
        }
        for (id, shipment) in document.shipments.iter().filter_map(|id| Some((id, log.operation(id)?))) {
            for link in shipment.links() {
                shipped.0.entry(link.lot.as_str()).or_default().push((id, link));
                let number = lots.get(link.lot).and_then(|lot| lot.number.as_ref());
                if let Some(number) = number.filter(|number| number.as_str() != link.lot.as_str()) {
                    shipped.0.entry(number.as_str()).or_default().push((id, link));
                }
            }
        }
        shipped
    }

    /// What a receipt carries on of that, by output, shipment and lot.
    ///
    /// A receipt tells of a shipped lot when it repeats the lot's id or printed number, as id, printed number or supplier's
    /// number. Into a lot of the very same id goods can come back only after they had left it: otherwise the shipment sent on
    /// what the receipt had brought before.
    fn carried(&self, receipt: &Operation) -> Vec<Transfer> {
        let mut carried: Vec<Transfer> = Vec::new();
        if self.0.is_empty() {
            return carried;
        }
        for made in receipt.links().filter(|link| link.role == Role::Produced) {
            let Some(output) = receipt.outputs.get(made.position as usize) else { continue };
            let numbers = [&output.number, &output.supplier_lot].into_iter().flatten().map(Text::as_str);
            let names: BTreeSet<&str> = std::iter::once(output.lot.as_str()).chain(numbers).collect();
            let mut found: BTreeMap<(&EventId, &LotId), (Timestamp, Timestamp)> = BTreeMap::new();
            for (id, link) in names.into_iter().filter_map(|name| self.0.get(name)).flatten() {
                if link.lot == made.lot && link.earliest > made.latest {
                    continue;
                }
                let times = found.entry((id, link.lot)).or_insert((link.earliest, link.latest));
                *times = (times.0.min(link.earliest), times.1.max(link.latest));
            }
            carried.extend(found.into_iter().map(|((shipment, lot), (earliest, latest))| Transfer {
                output: made.position,
                lot: lot.clone(),
                shipment: shipment.clone(),
                // What was received had left by then, whatever the clock of the shipment says.
                earliest: earliest.min(made.latest),
                latest,
            }));
        }
        carried
    }
}

/// Notes an operation that was recorded, and lets the receipts with its document carry it on if it is a shipment. So it does
/// for shipments of lots that it gave a number.
pub(crate) fn recorded(id: &EventId, so_far: &mut Projection<'_>) {
    let Some(operation) = so_far.log.operation(id) else { return };
    let was_shipped = |lot: &LotId| so_far.lots.get(lot).is_some_and(|lot| lot.shipped.count > 0);
    let numbered = operation.made().filter(|output| output.number.is_some() && was_shipped(&output.lot));
    let numbered: BTreeSet<LotId> = numbered.map(|output| output.lot.clone()).collect();
    let (kind, text) = (operation.kind, document_of(operation).cloned());
    if let Some(text) = text {
        let document = so_far.transfers.documents.entry(text.clone()).or_default();
        document.of_kind(kind).map(|ids| ids.insert(id.clone()));
        // A receipt changes others only when it is one too many.
        let one_too_many = document.shipments.len() + document.receipts.len() == DOCUMENT_OPERATIONS_MAX + 1;
        if kind == OperationKind::Ship || one_too_many {
            look_again(&text, id, so_far);
        }
    }
    for text in documents_of(&numbered, so_far) {
        look_again(&text, id, so_far);
    }
}

/// Forgets an operation that was withdrawn by an event.
pub(crate) fn withdrawn(id: &EventId, by: &EventId, so_far: &mut Projection<'_>) {
    let Some(operation) = so_far.log.operation(id) else { return };
    let kind = operation.kind;
    let Some(text) = document_of(operation).cloned() else { return };
    if let Some(document) = so_far.transfers.documents.get_mut(&text) {
        document.of_kind(kind).map(|ids| ids.remove(id));
        look_again(&text, by, so_far);
    }
}

/// Looks again at every document by which lots may be transferred that gained or lost links or numbers.
pub(crate) fn changed(lots: &BTreeSet<LotId>, by: &EventId, so_far: &mut Projection<'_>) {
    for text in documents_of(lots, so_far) {
        look_again(&text, by, so_far);
    }
}

/// The documents of the shipments of some lots, and of the receipts of them.
fn documents_of(lots: &BTreeSet<LotId>, so_far: &Projection<'_>) -> Vec<Text> {
    if lots.is_empty() {
        return Vec::new();
    }
    let of = |id: &EventId| {
        let operation = so_far.log.operation(id);
        operation.is_some_and(|operation| operation.links().any(|link| lots.contains(link.lot)))
    };
    let documents = so_far.transfers.documents.iter();
    let documents =
        documents.filter(|(_, document)| document.shipments.iter().chain(&document.receipts).any(of));
    let mut documents: Vec<Text> = documents.map(|(text, _)| text.clone()).collect();
    documents.sort_unstable();
    documents
}

/// Lets the receipts with a document carry on what they do by now.
fn look_again(text: &Text, by: &EventId, so_far: &mut Projection<'_>) {
    let Some(document) = so_far.transfers.documents.get(text) else { return };
    let mut other: Vec<(EventId, Operation, Operation)> = Vec::new();
    let shipped = Shipped::of(document, &so_far.log, &so_far.lots);
    for id in &document.receipts {
        let Some(before) = so_far.log.operation(id) else { continue };
        let transfers = shipped.carried(before);
        if transfers != before.transfers {
            other.push((id.clone(), before.clone(), Operation { transfers, ..before.clone() }));
        }
    }
    for (id, before, after) in other {
        carry_on(&id, &before, after, by, so_far);
    }
}

/// Takes away from some receipts what they carry on, before what they name changes its meaning. [`changed`] gives it back.
pub(crate) fn lay_down(ids: impl Iterator<Item = EventId>, by: &EventId, so_far: &mut Projection<'_>) {
    for id in ids {
        let receipt = so_far.log.operation(&id);
        let receipt = receipt.filter(|receipt| receipt.kind == OperationKind::Receive);
        let Some(before) = receipt.filter(|receipt| receipt.document.is_some()).cloned() else { continue };
        let after = Operation { transfers: Vec::new(), ..before.clone() };
        carry_on(&id, &before, after, by, so_far);
    }
}

/// Puts a receipt that carries on other shipments in the place of what it was.
fn carry_on(id: &EventId, before: &Operation, after: Operation, by: &EventId, so_far: &mut Projection<'_>) {
    if !so_far.transfers.changed.contains_key(id) {
        let known = so_far.log.is_recorded(id);
        let rows = if known { link_rows(id, before).collect() } else { Vec::new() };
        so_far.transfers.changed.insert(id.clone(), rows);
    }
    so_far.holds.unfollow(id, before, &so_far.lots);
    let key = |link: Link<'_>| (link.role, link.position);
    let was: BTreeMap<(Role, u32), Link<'_>> = before.links().map(|link| (key(link), link)).collect();
    let is: BTreeMap<(Role, u32), Link<'_>> = after.links().map(|link| (key(link), link)).collect();
    for (place, link) in &was {
        if is.get(place) != Some(link) {
            count_link(so_far.lots.change(link.lot), before, *link, false);
        }
    }
    for (place, link) in &is {
        if was.get(place) != Some(link) {
            count_link(so_far.lots.change(link.lot), &after, *link, true);
            // What comes into the lot that it had left neither begins the lot nor moves it otherwise than before.
            if link.role == Role::Produced {
                so_far.withdrawn.insert(link.lot.clone());
                so_far.renamed.insert(link.lot.clone(), by.clone());
            }
        }
    }
    so_far.holds.follow(id, &after, &so_far.lots);
    so_far.log.say(id, Some(Fact::Operation(after)));
    so_far.log.note_moved(id);
}

/// The lots that were shipped and that the events give a number. There are nearly always none.
pub(crate) fn renumbered(events: &[&Event], state: &State) -> Vec<LotId> {
    let operations = events.iter().filter_map(|event| match &event.fact {
        Fact::Operation(operation) => Some(operation),
        _ => None,
    });
    let numbered = operations.flat_map(Operation::made).filter(|output| {
        let lot = state.lots.get(&output.lot).filter(|lot| lot.shipped.count > 0);
        output.number.is_some() && lot.is_some_and(|lot| lot.number != output.number)
    });
    let numbered: BTreeSet<&LotId> = numbered.map(|output| &output.lot).collect();
    numbered.into_iter().cloned().collect()
}

/// The shipments of those lots.
pub(crate) fn shipments_renumbered(events: &[&Event], state: &State) -> Vec<EventId> {
    let movements = renumbered(events, state).into_iter().filter_map(|lot| state.movements.get(&lot));
    let shipments = movements.flatten().filter(|movement| movement.kind == OperationKind::Ship);
    let shipments: BTreeSet<&EventId> = shipments.map(|movement| &movement.link.operation).collect();
    shipments.into_iter().filter(|id| !state.events.contains_key(*id)).cloned().collect()
}

/// The documents of the shipments and receipts that the events record, withdraw or give another meaning.
pub(crate) fn documents(events: &[&Event], state: &State) -> Vec<Text> {
    let recorded = state.events.values().map(|recorded| &recorded.event.fact);
    let facts = events.iter().map(|event| &event.fact).chain(recorded);
    let documents = facts.filter_map(|fact| match fact {
        Fact::Operation(operation) => document_of(operation),
        _ => None,
    });
    let documents: BTreeSet<&Text> = documents.collect();
    documents.into_iter().cloned().collect()
}

/// How many operations of a document are read at most: one more than may bear it once the events have withdrawn some.
pub(crate) fn operations_read(events: &[&Event]) -> usize {
    let voids = events.iter().filter(|event| matches!(event.fact, Fact::Void(_))).count();
    DOCUMENT_OPERATIONS_MAX + 1 + voids
}

/// The recorded operations of documents that both shipments and receipts bear, but for documents that too many bear.
pub(crate) fn counterparts(events: &[&Event], state: &State) -> Vec<EventId> {
    let most = operations_read(events);
    let mut sent: BTreeMap<&Text, (bool, bool)> = BTreeMap::new();
    for event in events {
        let Fact::Operation(operation) = &event.fact else { continue };
        let Some(text) = document_of(operation) else { continue };
        let kinds = sent.entry(text).or_default();
        kinds.0 |= operation.kind == OperationKind::Ship;
        kinds.1 |= operation.kind == OperationKind::Receive;
    }
    let mut found = BTreeSet::new();
    for (text, operations) in state.documents.iter().filter(|(_, operations)| operations.len() < most) {
        let (shipped, received) = sent.get(text).copied().unwrap_or_default();
        let any = |kind| operations.iter().any(|(_, other)| *other == kind);
        if (shipped || any(OperationKind::Ship)) && (received || any(OperationKind::Receive)) {
            let missing = operations.iter().map(|(id, _)| id).filter(|id| !state.events.contains_key(*id));
            found.extend(missing.cloned());
        }
    }
    found.into_iter().collect()
}

/// The lots of operations that were read and are not known yet.
pub(crate) fn lots_missing(state: &State) -> Vec<LotId> {
    let operations = state.events.values().filter_map(|recorded| match &recorded.event.fact {
        Fact::Operation(operation) if document_of(operation).is_some() => Some(operation),
        _ => None,
    });
    let lots: BTreeSet<&LotId> = operations.flat_map(Operation::links).map(|link| link.lot).collect();
    lots.into_iter().filter(|lot| !state.lots.contains_key(*lot)).cloned().collect()
}

/// The recorded receipts that may carry on other shipments after the events, and what they bring.
pub(crate) fn receipts(state: &State) -> impl Iterator<Item = (&EventId, &Operation)> {
    let documents = state.documents.values().flatten();
    let receipts = documents.filter(|(_, kind)| *kind == OperationKind::Receive);
    receipts.filter_map(|(id, _)| match state.fact(id)? {
        Fact::Operation(operation) => Some((id, operation)),
        _ => None,
    })
}

/// The recorded receipts that may bring goods back into the very lot that they had left, each with the lot: after the events
/// that may be so, or not any more.
pub(crate) fn into_the_same_lot<'a>(
    events: &'a [&'a Event],
    state: &'a State,
) -> Vec<(&'a EventId, &'a LotId)> {
    if state.documents.is_empty() {
        return Vec::new();
    }
    let recorded = state.documents.values().flatten().filter_map(|(id, _)| state.fact(id));
    let shipments = events.iter().map(|event| &event.fact).chain(recorded).filter_map(|fact| match fact {
        Fact::Operation(operation) if operation.kind == OperationKind::Ship => Some(operation),
        _ => None,
    });
    let shipped: BTreeSet<&LotId> =
        shipments.flat_map(|shipment| shipment.links()).map(|link| link.lot).collect();
    let made = receipts(state).flat_map(|(id, receipt)| {
        receipt.links().filter(|link| link.role == Role::Produced).map(move |link| (id, link.lot))
    });
    made.filter(|(_, lot)| shipped.contains(lot) && state.lots.contains_key(*lot)).collect()
}

/// The printed and supplier's numbers of what the events receive.
pub(crate) fn numbers_received(events: &[&Event]) -> BTreeSet<Text> {
    let numbers = events.iter().filter_map(|event| match &event.fact {
        Fact::Operation(operation) if operation.kind == OperationKind::Receive => Some(operation),
        _ => None,
    });
    let numbers = numbers.flat_map(Operation::made).flat_map(|output| [&output.number, &output.supplier_lot]);
    numbers.flatten().cloned().collect()
}

/// The lots that bear those numbers, as far as their names were read.
pub(crate) fn bearers<'s>(events: &[&Event], state: &'s State) -> Vec<&'s LotId> {
    let numbers = numbers_received(events).into_iter();
    let bearers = numbers.filter_map(|number| state.namesakes.get(&LotName::Numbered(number)));
    bearers.flat_map(|namesakes| &namesakes.lots).collect()
}
