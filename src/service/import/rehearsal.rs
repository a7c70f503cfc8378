//! Judges events as a commit would, without writing: the dry run of an import.
//!
//! It reads what the store holds about each batch and asks the same planner that commits ask. What earlier batches of
//! the same file would have changed it knows only in part: ids and contents of events (24 bytes each, by hash) and
//! materials. docs/IMPORT.md says what it can therefore not see.

use std::sync::Arc;

use std::collections::HashMap;

use uuid::Uuid;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::domain::{
    ErrorCode, Event, EventId, Fact, Master, MasterRef, Material, MaterialCode, Node, NodeRef, Problem,
    RecordBody, RecordedOperation, Release, Void,
};
use crate::format::canonical::body;
use crate::store::planner::{self, RecordedEvent, State};
use crate::store::{Batch, EventOutcome, Result, Status, Store};

/// What the batches before would have recorded.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// Hash of an event's id to the hash of its content.
    seen: HashMap<u128, u64>,
    materials: HashMap<MaterialCode, Material>,
}

impl Rehearsal {
    /// What a commit of this batch would answer.
    pub async fn judge(&mut self, store: &dyn Store, batch: Batch) -> Result<Vec<EventOutcome>> {
        let known: Vec<Option<Status>> = batch.events.iter().map(|event| self.seen_before(event)).collect();
        let fresh = batch.events.iter().zip(&known).filter(|(_, known)| known.is_none());
        let fresh =
            Batch { events: Arc::new(fresh.map(|(event, _)| event.clone()).collect()), ..batch.clone() };
        let state = self.state(store, &fresh).await?;
        let mut judged = planner::plan(&fresh, planner::bodies(&fresh), state).outcomes.into_iter();
        let mut outcomes = Vec::with_capacity(known.len());
        for (event, known) in batch.events.iter().zip(known) {
            let status = match known {
                Some(status) => status,
                None => match judged.next() {
                    Some(outcome) => self.corrected(event, outcome.status),
                    None => Status::Withheld,
                },
            };
            if status == Status::Accepted {
                self.remember(event);
            }
            outcomes.push(EventOutcome { id: event.id.clone(), status });
        }
        Ok(outcomes)
    }

    fn seen_before(&self, event: &Event) -> Option<Status> {
        let content = *self.seen.get(&key(&event.id))?;
        if content == xxh3_64(body(&event.fact).as_bytes()) {
            return Some(Status::Duplicate);
        }
        let message = format!("id {} is taken by another event earlier in this file", event.id);
        Some(Status::Rejected(Problem::new(ErrorCode::IdConflict, "id", message)))
    }

    /// An event that an earlier batch would have recorded is not unknown.
    fn corrected(&self, event: &Event, status: Status) -> Status {
        match (&event.fact, &status) {
            (Fact::Void(void), Status::Rejected(problem))
                if problem.code == ErrorCode::EventUnknown && self.seen.contains_key(&key(&void.event)) =>
            {
                Status::Accepted
            }
            (Fact::Release(Release { hold: Some(hold), .. }), Status::Rejected(problem))
                if problem.code == ErrorCode::HoldUnknown && self.seen.contains_key(&key(hold)) =>
            {
                Status::Accepted
            }
            _ => status,
        }
    }

    fn remember(&mut self, event: &Event) {
        self.seen.insert(key(&event.id), xxh3_64(body(&event.fact).as_bytes()));
        if let Fact::Master(Master::Material(material)) = &event.fact {
            self.materials.insert(material.code.clone(), material.clone());
        }
    }

    /// The state that the planner needs, through the store's read side.
    async fn state(&self, store: &dyn Store, batch: &Batch) -> Result<State> {
        let mut state = State::default();
        let ids = planner::events_needed(batch).into_iter().map(NodeRef::Operation);
        for node in get(store, ids.collect()).await? {
            if let Node::Operation(operation) = node {
                add_operation(&mut state, *operation);
            }
        }
        // Holds to be released and alerts to be acknowledged; a hold's record tells of its event, too.
        let records = planner::records_needed(batch, &state).into_iter().map(NodeRef::Record);
        for node in get(store, records.collect()).await? {
            let Node::Record(record) = node else { continue };
            if let RecordBody::Hold(hold) = &record.body {
                let event = Event { id: hold.id.clone(), fact: Fact::Hold(hold.hold.clone()) };
                state.events.insert(hold.id.clone(), recorded(event, None));
            }
            state.records.insert(record.body.reference(), *record);
        }
        add_masters(&mut state, store, batch).await?;
        let lots = planner::lots_needed(batch, &state).into_iter().map(NodeRef::Lot);
        for node in get(store, lots.collect()).await? {
            if let Node::Lot(lot) = node {
                state.lots.insert(lot.id.clone(), *lot);
            }
        }
        let materials = planner::materials_needed(batch, &state);
        let refs = materials.into_iter().map(|code| NodeRef::Master(MasterRef::Material(code)));
        for node in get(store, refs.collect()).await? {
            if let Node::Master(Master::Material(material)) = node {
                state.materials.insert(material.code.clone(), material);
            }
        }
        state.materials.extend(self.materials.clone());
        Ok(state)
    }
}

fn key(id: &EventId) -> u128 {
    xxh3_128(id.as_str().as_bytes())
}

async fn get(store: &dyn Store, refs: Vec<NodeRef>) -> Result<Vec<Node>> {
    if refs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(store.get(&refs).await?.into_iter().flatten().collect())
}

fn recorded(event: Event, voided_by: Option<EventId>) -> RecordedEvent {
    let body = body(&event.fact);
    RecordedEvent { event, body, commit: Uuid::nil(), voided_by }
}

/// An operation tells of two events: its own, and the void that withdrew it.
fn add_operation(state: &mut State, recorded_operation: RecordedOperation) {
    let RecordedOperation { id, operation, voided } = recorded_operation;
    let by = voided.as_ref().map(|voided| voided.by.clone());
    if let Some(voided) = voided {
        let void = Void { event: id.clone(), reason: voided.reason, replaced_by: voided.replaced_by };
        let event = Event { id: voided.by.clone(), fact: Fact::Void(void) };
        state.events.insert(voided.by, recorded(event, None));
    }
    let event = Event { id: id.clone(), fact: Fact::Operation(operation) };
    state.events.insert(id, recorded(event, by));
}

/// A declaration equal to the one in force counts as recorded.
async fn add_masters(state: &mut State, store: &dyn Store, batch: &Batch) -> Result<()> {
    let mut refs: Vec<NodeRef> = Vec::new();
    for event in batch.events.iter() {
        if let Fact::Master(master) = &event.fact {
            refs.push(NodeRef::Master(master.reference()));
        }
    }
    let in_force = get(store, refs).await?;
    for event in batch.events.iter() {
        let Fact::Master(master) = &event.fact else { continue };
        let equal = |node: &Node| matches!(node, Node::Master(known) if known == master);
        if in_force.iter().any(equal) {
            state.events.insert(event.id.clone(), recorded(event.clone(), None));
        }
    }
    Ok(())
}
