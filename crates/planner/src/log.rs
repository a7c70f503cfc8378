//! The ledger, as far as it is needed: events recorded before, and those that are being recorded now.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt};
use uuid::Uuid;

use lotgraph_domain::{
    ErrorCode, Event, EventId, Fact, LotId, Operation, Problem, RecordedEvent, Recording, Revision, Status,
};
use lotgraph_format::canonical;

use crate::naming;
use crate::writes::{EventRow, RevisionRow};

/// An event that is being recorded now.
struct Sent<'a> {
    event: &'a Event,
    /// The revision and the row in it where the body of the event is, as places in `Log::rows`.
    row: (usize, usize),
    voided_by: Option<EventId>,
}

/// An event and what withdrew it, if anything did.
pub(crate) struct Known<'l> {
    pub(crate) fact: &'l Fact,
    pub(crate) voided_by: Option<&'l EventId>,
}

/// An event of the revision under way, with what it says of the lots that are meant.
#[derive(Clone, Copy)]
pub(crate) struct Accepted<'l> {
    pub(crate) id: &'l EventId,
    pub(crate) fact: &'l Fact,
}

/// The events that are needed, recorded before or now.
pub(crate) struct Log<'a> {
    recorded: HashMap<EventId, RecordedEvent>,
    /// What events that name lots by further names say of the lots that are meant.
    meant: HashMap<EventId, Fact>,
    /// Operations recorded before of which links were moved to another lot.
    moved: BTreeSet<EventId>,
    sent: HashMap<&'a EventId, Sent<'a>>,
    /// The events of the revision under way, in order.
    accepted: Vec<&'a Event>,
    rows: Vec<RevisionRow>,
}

impl<'a> Log<'a> {
    pub(crate) fn new(
        recorded: HashMap<EventId, RecordedEvent>,
        meant: HashMap<EventId, Fact>,
        events: usize,
    ) -> Self {
        let (moved, accepted, rows) = (BTreeSet::new(), Vec::new(), Vec::new());
        Self { recorded, meant, moved, sent: HashMap::with_capacity(events), accepted, rows }
    }

    /// Opens a revision.
    pub(crate) fn begin(&mut self, number: Revision, commit: Uuid, recording: Recording) {
        self.accepted.clear();
        self.rows.push(RevisionRow { number, commit, recording, events: Vec::new() });
    }

    /// Records an event in the revision under way.
    pub(crate) fn record(&mut self, event: &'a Event, body: String) {
        let revision = self.rows.len() - 1;
        let events = &mut self.rows[revision].events;
        let row = (revision, events.len());
        events.push(EventRow { id: event.id.clone(), event_type: event.fact.event_type(), body });
        self.sent.insert(&event.id, Sent { event, row, voided_by: None });
        self.accepted.push(event);
    }

    /// The events of the revision under way, in order, each with what it says of the lots that are meant.
    pub(crate) fn accepted(&self) -> impl Iterator<Item = Accepted<'_>> {
        self.accepted.iter().map(|event| {
            let fact = self.meant.get(&event.id).unwrap_or(&event.fact);
            Accepted { id: &event.id, fact }
        })
    }

    /// Notes what an event says of the lots that are meant; `None` when these are the lots that it names.
    pub(crate) fn say(&mut self, id: &EventId, meant: Option<Fact>) {
        match meant {
            Some(fact) => self.meant.insert(id.clone(), fact),
            None => self.meant.remove(id),
        };
    }

    /// Notes that links of an operation were moved to another lot.
    pub(crate) fn note_moved(&mut self, id: &EventId) {
        if self.recorded.contains_key(id) {
            self.moved.insert(id.clone());
        }
    }

    /// The operations recorded before of which links were moved, with their events; withdrawn ones are left out.
    pub(crate) fn moved(&self) -> impl Iterator<Item = (&RecordedEvent, &Operation)> {
        let live = self.moved.iter().filter(|id| !self.is_withdrawn(id));
        live.filter_map(|id| Some((self.recorded.get(id)?, self.operation(id)?)))
    }

    /// Whether an event was recorded before the work.
    pub(crate) fn is_recorded(&self, id: &EventId) -> bool {
        self.recorded.contains_key(id)
    }

    /// Whether the links that an operation had before the work are still its links.
    pub(crate) fn stands(&self, id: &EventId) -> bool {
        !self.moved.contains(id) && !self.is_withdrawn(id)
    }

    /// The operations that are needed and not withdrawn of which the events name any of these lots, as the events say it.
    pub(crate) fn named(&self, lots: &BTreeSet<LotId>) -> Vec<(EventId, Operation)> {
        let recorded = self.recorded.values().filter(|known| known.voided_by.is_none());
        let recorded = recorded.map(|known| (&known.event.id, &known.event.fact));
        let sent = self.sent.values().filter(|sent| sent.voided_by.is_none());
        let all = recorded.chain(sent.map(|sent| (&sent.event.id, &sent.event.fact)));
        let operations = all.filter_map(|(id, fact)| match fact {
            Fact::Operation(operation) => {
                operation.lots_named().any(|lot| lots.contains(lot)).then(|| (id.clone(), operation.clone()))
            }
            _ => None,
        });
        operations.collect()
    }

    /// An event, recorded before or now.
    pub(crate) fn get(&self, id: &EventId) -> Option<Known<'_>> {
        if let Some(recorded) = self.recorded.get(id) {
            let fact = self.meant.get(id).unwrap_or(&recorded.event.fact);
            return Some(Known { fact, voided_by: recorded.voided_by.as_ref() });
        }
        let sent = self.sent.get(id)?;
        let fact = self.meant.get(id).unwrap_or(&sent.event.fact);
        Some(Known { fact, voided_by: sent.voided_by.as_ref() })
    }

    /// An operation, recorded before or now.
    pub(crate) fn operation(&self, id: &EventId) -> Option<&Operation> {
        match self.get(id)?.fact {
            Fact::Operation(operation) => Some(operation),
            _ => None,
        }
    }

    /// Notes that an event was withdrawn, and by what.
    pub(crate) fn withdraw(&mut self, id: &EventId, by: &EventId) {
        if let Some(recorded) = self.recorded.get_mut(id) {
            recorded.voided_by = Some(by.clone());
        } else if let Some(sent) = self.sent.get_mut(id) {
            sent.voided_by = Some(by.clone());
        }
    }

    /// Whether an event was withdrawn.
    pub(crate) fn is_withdrawn(&self, id: &EventId) -> bool {
        self.get(id).is_some_and(|known| known.voided_by.is_some())
    }

    /// The operations whose links are new: those that are recorded now, and those of which links were moved. Withdrawn ones
    /// are left out.
    pub(crate) fn live_new(&self) -> impl Iterator<Item = (&EventId, &Operation)> {
        let sent = self.sent.values().map(|sent| &sent.event.id);
        let live = sent.chain(&self.moved).filter(|id| !self.is_withdrawn(id));
        live.filter_map(|id| Some((id, self.operation(id)?)))
    }

    /// The operations that must be added again to what the store read without them. These are the operations
    /// recorded now, and those recorded before that were left aside; of both only those that are not withdrawn so far.
    pub(crate) fn live_operations<'l>(
        &'l self,
        left_aside: &'l BTreeSet<EventId>,
    ) -> impl Iterator<Item = &'l Operation> {
        let spared = left_aside.iter().filter(|id| self.recorded.contains_key(*id));
        let sent = self.sent.values().map(|sent| &sent.event.id);
        spared.chain(sent).filter(|id| !self.is_withdrawn(id)).filter_map(|id| self.operation(id))
    }

    /// What becomes of an event whose id is known already; `None` when the id is new.
    pub(crate) fn judge_known(&self, event: &Event, body: &str, commit: Uuid) -> Option<Status> {
        if let Some(recorded) = self.recorded.get(&event.id) {
            // An event that an earlier attempt of the same commit recorded is accepted, since the caller only
            // repeats the attempt.
            let known = (&recorded.event.fact, recorded.body.as_str());
            return Some(judge_same_id(event, body, known, recorded.commit == commit));
        }
        let sent = self.sent.get(&event.id)?;
        let (revision, row) = sent.row;
        // An event that comes twice inside one batch is a duplicate; that is no second attempt.
        let known = (&sent.event.fact, self.rows[revision].events[row].body.as_str());
        Some(judge_same_id(event, body, known, false))
    }

    /// The rows of the ledger.
    pub(crate) fn into_rows(self) -> Vec<RevisionRow> {
        let mut rows = self.rows;
        rows.retain(|revision| !revision.events.is_empty());
        rows
    }
}

/// `known` is the fact that was recorded under the id, and its body.
fn judge_same_id(event: &Event, body: &str, known: (&Fact, &str), same_commit: bool) -> Status {
    let (fact, known) = known;
    if known == body || is_resolved(event, fact, known) {
        return if same_commit { Status::Accepted } else { Status::Duplicate };
    }
    let message = format!(
        "id {} is taken by another event; recorded: {}; sent: {}",
        event.id,
        shorten(known),
        shorten(body)
    );
    Status::Rejected(Problem::new(ErrorCode::IdConflict, "id", message))
}

/// Whether an event was recorded with lots in the place of the numbers that it is sent with.
fn is_resolved(event: &Event, fact: &Fact, known: &str) -> bool {
    let resolved = naming::resolved(fact);
    !resolved.is_empty() && canonical::body(&naming::with_lots(&event.fact, resolved.to_vec())) == known
}

/// Shortens the body of an event for a message. It may have a megabyte; the message shows its beginning.
fn shorten(body: &str) -> String {
    const CHARS_MAX: usize = 2_000;
    match body.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &body[..end], body.len()),
        None => body.to_owned(),
    }
}
