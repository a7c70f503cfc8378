//! What the events so far have come to. The next event is judged against this state, and changes it.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;
use uuid::Uuid;

use lotgraph_domain::transfer::DOCUMENT_OPERATIONS_MAX;
use lotgraph_domain::{
    ErrorCode, Event, EventId, Fact, LotId, Master, MasterRef, Material, MaterialCode, Operation, Problem,
    Recording, Revision, Transfer,
};

use crate::facts::{Recordable, recordable};
use crate::holds::Holds;
use crate::log::Log;
use crate::lots::Lots;
use crate::naming::Naming;
use crate::records::Records;
use crate::state::{FirstLinks, Movement, State};
use crate::transfers::Transfers;
use crate::writes::{LinkKey, LinkRow, OperationRow, VoidRow, Writes};
use crate::{ahead, anomaly, first_links, imbalance, recall_touched, restating, stock, transfers};

/// The ledger and the graph as the events so far leave them. Only what the events touch is here.
pub(crate) struct Projection<'a> {
    /// Events.
    pub(crate) log: Log<'a>,
    /// Lots.
    pub(crate) lots: Lots,
    /// What receipts carry on of shipments.
    pub(crate) transfers: Transfers,
    /// What lots are called.
    pub(crate) naming: Naming,
    /// Records.
    pub(crate) records: Records,
    /// Holds and the lots that they mark.
    pub(crate) holds: Holds,
    /// The declarations of materials as they are by now.
    pub(crate) materials: HashMap<MaterialCode, Material>,
    /// The materials declared in another unit of which there were lots before the work.
    pub(crate) in_use: BTreeSet<MaterialCode>,
    /// Master data that the events declare; each declaration is complete in itself.
    pub(crate) masters: BTreeMap<MasterRef, Master>,
    /// Master data that the events name.
    pub(crate) mentions: BTreeSet<MasterRef>,
    /// Rows of operations.
    pub(crate) operations: Vec<OperationRow>,
    /// Recorded links that go to another lot.
    pub(crate) unlinks: Vec<LinkKey>,
    /// Rows of links.
    pub(crate) links: Vec<LinkRow>,
    /// Rows of voids.
    pub(crate) voids: Vec<VoidRow>,
    /// Lots that lost links in the revision under way, or were given links of other lots.
    pub(crate) withdrawn: BTreeSet<LotId>,
    /// The lots among which the revision under way moved links, each with the last event that did.
    pub(crate) renamed: BTreeMap<LotId, EventId>,
    /// How many operations were recorded under names of which the events say something.
    pub(crate) recorded_under: usize,
    first_links: HashMap<LotId, FirstLinks>,
    movements: HashMap<LotId, Vec<Movement>>,
    /// The operations that `first_links` leave aside: those that the voids of the work name, whether they are withdrawn yet or
    /// not, and those of which links may be moved.
    left_aside: BTreeSet<EventId>,
    revision: Revision,
}

impl<'a> Projection<'a> {
    /// The state before the first event. `events` are all those that may be recorded.
    pub(crate) fn new(state: State, current: Revision, events: impl Iterator<Item = &'a Event>) -> Self {
        let events: Vec<&'a Event> = events.collect();
        let mut count = 0;
        let mut left_aside: BTreeSet<EventId> = state.recorded_under.iter().cloned().collect();
        for event in &events {
            count += 1;
            if let Fact::Void(void) = &event.fact {
                left_aside.insert(void.event.clone());
            }
        }
        let same = transfers::into_the_same_lot(&events, &state).into_iter().map(|(id, _)| id.clone());
        left_aside.extend(same);
        let most = transfers::operations_read(&events);
        let holds = Holds::new(&state);
        let State {
            events,
            recorded_under,
            documents,
            meant,
            lots,
            namesakes,
            materials,
            in_use,
            records,
            movements,
            first_links,
            paths: _,
        } = state;
        let mut log = Log::new(events, meant, count);
        let lots = Lots::new(lots, count);
        let transfers = Transfers::new((documents, most), &mut log, &lots);
        Self {
            log,
            lots,
            transfers,
            naming: Naming::new(namesakes),
            records: Records::new(records),
            holds,
            materials,
            in_use,
            masters: BTreeMap::new(),
            mentions: BTreeSet::new(),
            operations: Vec::new(),
            unlinks: Vec::new(),
            links: Vec::new(),
            voids: Vec::new(),
            withdrawn: BTreeSet::new(),
            renamed: BTreeMap::new(),
            recorded_under: recorded_under.len(),
            first_links,
            movements,
            left_aside,
            revision: current,
        }
    }

    /// Opens the next revision.
    pub(crate) fn begin(&mut self, commit: Uuid, recording: Recording) {
        self.revision = Revision(self.revision.0 + 1);
        self.log.begin(self.revision, commit, recording.clone());
        self.records.begin(self.revision, recording);
    }

    /// Brings the marks of holds up to date before a fact that reads them.
    pub(crate) fn settle_before(&mut self, fact: &dyn Recordable) {
        if fact.reads_marks() {
            self.holds.settle(&mut self.lots);
        }
    }

    /// Adds an event to the ledger, and makes its changes. It cannot be refused any more.
    pub(crate) fn record(&mut self, event: &'a Event, body: String) {
        match self.meant(&event.fact) {
            None => recordable(&event.fact).project(&event.id, self),
            Some(meant) => {
                recordable(&meant).project(&event.id, self);
                if let (Fact::Operation(named), Some(row)) = (&event.fact, self.operations.last_mut()) {
                    row.names = self.lots.aliases.names(named);
                }
                self.log.say(&event.id, Some(meant));
            }
        }
        self.log.record(event, body);
        match &event.fact {
            Fact::Operation(_) => transfers::recorded(&event.id, self),
            Fact::Void(void) => transfers::withdrawn(&void.event, &event.id, self),
            _ => {}
        }
    }

    /// What a fact that is about to be recorded carries on of shipments on record.
    pub(crate) fn carried(&self, fact: &Fact) -> Vec<Transfer> {
        match self.meant(fact).as_ref() {
            Some(Fact::Operation(operation)) => operation.transfers.clone(),
            _ => Vec::new(),
        }
    }

    /// The lots of a shipment that receipts on record tell of.
    pub(crate) fn received(&self, fact: &Fact) -> BTreeSet<LotId> {
        match fact {
            Fact::Operation(operation) => self.transfers.received(operation, &self.log),
            _ => BTreeSet::new(),
        }
    }

    /// The warning that too many operations bear the document of one that is about to be recorded.
    pub(crate) fn document_tells_nothing(&self, fact: &Fact) -> Option<Problem> {
        let Fact::Operation(operation) = fact else { return None };
        let document = operation.document.as_ref().filter(|_| self.transfers.tells_nothing(operation))?;
        let message = format!(
            "more than {DOCUMENT_OPERATIONS_MAX} shipments and receipts bear the document {document}, so it does not tell which \
             receipt is of which shipment, and none is linked by it; give each its own document"
        );
        Some(Problem::new(ErrorCode::DocumentTellsNothing, "document", message))
    }

    /// What a fact says of the lots that are meant, and of the shipments that it carries on; `None` when that is what it says
    /// by itself.
    fn meant(&self, fact: &Fact) -> Option<Fact> {
        let meant = self.lots.aliases.fact(fact);
        let Fact::Operation(operation) = meant.as_ref().unwrap_or(fact) else { return meant };
        let transfers = self.transfers.of(operation, &self.log, &self.lots);
        if transfers.is_empty() {
            return meant;
        }
        Some(Fact::Operation(Operation { transfers, ..operation.clone() }))
    }

    /// Ends the revision, and settles what can be told only after all its events.
    pub(crate) fn end(&mut self) {
        let withdrawn = std::mem::take(&mut self.withdrawn);
        let restocked =
            stock::settle(&self.log, &mut self.lots, &self.movements, &self.materials, &withdrawn);
        self.holds.restock(&restocked, &self.lots);
        self.holds.settle(&mut self.lots);
        if !withdrawn.is_empty() {
            let live = self.log.live_operations(&self.left_aside);
            for (id, first) in first_links::settle(withdrawn, &self.first_links, live, &self.lots) {
                let lot = self.lots.change(&id);
                (lot.earliest_production, lot.earliest_draw) = (first.production, first.draw);
            }
        }
        if self.holds.any_of_recall() {
            recall_touched::tell(&self.log, &self.lots, &mut self.records);
        }
        ahead::tell(&self.log, &mut self.records);
        imbalance::settle(&self.log, &mut self.lots, &mut self.records, &self.materials);
        let renamed = std::mem::take(&mut self.renamed);
        let known =
            anomaly::Known { materials: &self.materials, movements: &self.movements, renamed: &renamed };
        anomaly::settle(&self.log, &mut self.lots, &mut self.records, known);
    }

    /// Goes on to another revision after [`Projection::end`]. How that one left the lots is now how they were
    /// before.
    pub(crate) fn turn_page(&mut self) {
        self.lots.end_revision();
    }

    /// The rows to write.
    pub(crate) fn into_writes(self) -> Writes {
        let Self { log, lots, transfers, records, masters, mentions, voids, .. } = self;
        let (mut operations, mut unlinks, mut links) = (self.operations, self.unlinks, self.links);
        transfers.rewrite(&log, &mut operations, &mut unlinks, &mut links);
        unlinks.sort_unstable();
        let moved = restating::moved_operations(&log, &lots);
        operations.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        links.sort_unstable_by(|a, b| {
            (&a.operation, a.role, a.position).cmp(&(&b.operation, b.role, b.position))
        });
        Writes {
            revisions: log.into_rows(),
            mentions: mentions.into_iter().filter(|mention| !masters.contains_key(mention)).collect(),
            masters: masters.into_values().collect(),
            lots: lots.into_rows(),
            operations,
            moved,
            unlinks,
            links,
            voids,
            records: records.into_rows(),
        }
    }

    /// Refuses lots that no event has named so far.
    pub(crate) fn must_know<'l>(
        &self,
        lots: impl IntoIterator<Item = &'l LotId>,
        field: &str,
        member: &str,
    ) -> Result<(), Problem> {
        for (n, lot) in lots.into_iter().enumerate() {
            if self.lots.get(lot).is_none() {
                return Err(self.naming.unknown(lot, &self.lots, format!("{field}[{n}]{member}")));
            }
        }
        Ok(())
    }
}
